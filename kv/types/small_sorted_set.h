// SmallSortedSet: a sorted set of few members, as one listpack of members and scores in turn, the
// lowest first. OBJECT ENCODING calls it "listpack".
//
//   ┌─────────────┬─────────┬────────┬───────┬────────┬───────┬─ ─ ─┬──────┐
//   │ total bytes │ entries │ member │ score │ member │ score │     │ 0xff │
//   └─────────────┴─────────┴────────┴───────┴────────┴───────┴─ ─ ─┴──────┘
//
// A score is stored as an integer where it is one (so that -0.0 becomes 0.0), otherwise as the
// shortest decimal text that reads back as the same number; "inf" and "-inf" are such texts. The
// block is what DUMP carries, so what RESTORE brings may hold other texts of numbers; what is no
// number counts as 0.
//
// Invariant: pairs ascend strictly by score, those of equal score by the bytes of the member, and
// no member is there twice.
//
// Cost: everything is O(n).
//
// The listpack belongs to the entry. Texts that are visited are good during the call only; those
// that are added must not lie in the listpack.
#ifndef SOLOKV_KV_TYPES_SMALL_SORTED_SET_H_
#define SOLOKV_KV_TYPES_SMALL_SORTED_SET_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kv/base/slab_memory.h"
#include "kv/ds/listpack.h"
#include "kv/types/sorted_set.h"

namespace kv {

class SmallSortedSet {
 public:
  using Position = Listpack::Position;
  static constexpr Position kNone = Listpack::kNone;

  explicit SmallSortedSet(Listpack listpack) : listpack_(listpack) {}
  Listpack listpack() const { return listpack_; }

  // Whether a listpack that came from elsewhere fulfils the invariant.
  static bool IsValid(ListpackView listpack);

  size_t size() const { return listpack_.size() / 2; }

  // The position of a member, kNone if it is none.
  Position Find(std::string_view member) const;
  // Precondition: `at` is the position of a member.
  double ScoreAt(Position at) const;
  size_t RankAt(Position at) const;

  // Precondition: it is no member.
  void Insert(SlabMemory& memory, std::string_view member, double score);
  void Erase(SlabMemory& memory, Position at) { listpack_.Erase(memory, at, 2); }
  void EraseRange(SlabMemory& memory, RankRange range);

  RankRange RanksOf(const ScoreRange& range) const;
  RankRange RanksOf(const MemberRange& range) const;

  // Calls visit(std::string_view member, double score) for the members of these ranks, until it
  // returns false.
  template <class Visit>
  void ForEachWhile(RankRange range, RankOrder order, Visit visit) const;

 private:
  static double ScoreOf(const ListpackElement& element);
  // The ranks of the members for which contains(member, score); they are adjacent.
  template <class Contains>
  RankRange RanksWhere(Contains contains) const;

  Listpack listpack_;
};

template <class Visit>
void SmallSortedSet::ForEachWhile(RankRange range, RankOrder order, Visit visit) const {
  if (range.count == 0) return;
  const bool ascends = order == RankOrder::kAscending;
  const size_t first = ascends ? range.first : range.first + range.count - 1;
  ListpackElement::Buffer buffer;
  Position at = listpack_.Seek(static_cast<int64_t>(2 * first));
  for (size_t left = range.count;;) {
    const Position score = listpack_.Next(at);
    if (!visit(listpack_.Get(at).Text(buffer), ScoreOf(listpack_.Get(score)))) return;
    if (--left == 0) return;
    at = ascends ? listpack_.Next(score) : listpack_.Previous(listpack_.Previous(at));
  }
}

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_SMALL_SORTED_SET_H_
