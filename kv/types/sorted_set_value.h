// SortedSetValue: the value of a sorted set's key, in one of two forms:
//
//   kListpack    SmallSortedSet   few and short members         "listpack"
//   kSortedSet   SortedSet        all others                    "skiplist"
//
// Conversions, with limits N members and B bytes a member (ListpackLimits):
//   - A small set becomes a large one when a member is added that is longer than B or would be
//     member N + 1. It never goes back by itself.
//   - A small set becomes a large one when a member gets a deadline.
//   - A set made as a whole (Adopt, CopyRange) is as small as the limits allow.
//
// Cost: as of the form; a conversion is O(N log N).
//
// Pointer-sized objects, owned by whoever holds the handle, which is copied like a pointer. A
// change may change the handle. Members that are visited are good during the call only.
#ifndef SOLOKV_KV_TYPES_SORTED_SET_VALUE_H_
#define SOLOKV_KV_TYPES_SORTED_SET_VALUE_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kv/base/hash.h"
#include "kv/base/slab_memory.h"
#include "kv/types/small_sorted_set.h"
#include "kv/types/sorted_set.h"
#include "kv/types/sorted_set_algebra.h"
#include "kv/types/value.h"
#include "kv/types/value_limits.h"

namespace kv {

// What changes of a sorted set need.
struct SortedSetContext {
  SlabMemory& memory;
  const HashKey& hash_key;
  ListpackLimits limits;
};

struct ScoredRank {
  size_t rank;
  double score;
};

class SortedSetValue {
 public:
  SortedSetValue() = default;
  // Precondition: the object of a sorted set.
  explicit SortedSetValue(ValueObject object) : object_(object) {}
  // An empty one.
  static SortedSetValue Create(const SortedSetContext& context);
  // Takes over `set`, and makes it small if it can be.
  static SortedSetValue Adopt(const SortedSetContext& context, SortedSet* set);
  ValueObject object() const { return object_; }

  bool is_small() const { return object_.encoding == Encoding::kListpack; }
  SmallSortedSet small() const {
    assert(is_small());
    return SmallSortedSet(Listpack::FromBlock(object_.object));
  }
  SortedSet& large() const {
    assert(!is_small());
    return *static_cast<SortedSet*>(object_.object);
  }

  size_t size() const { return is_small() ? small().size() : large().size(); }
  bool empty() const { return size() == 0; }
  // The members that have no deadline up to `hidden_until`.
  size_t VisibleSize(int64_t hidden_until) const {
    return is_small() ? small().size() : large().size() - large().CountDue(hidden_until);
  }
  void Free(SlabMemory& memory);

  ScoreResult Add(const SortedSetContext& context, std::string_view member, double score,
                  const ScoreConditions& conditions = {});
  // Returns whether it was a member.
  bool Remove(const SortedSetContext& context, std::string_view member);

  std::optional<double> Score(std::string_view member) const;
  std::optional<ScoredRank> Rank(std::string_view member, RankOrder order) const;

  RankRange RanksOf(const ScoreRange& range) const {
    return is_small() ? small().RanksOf(range) : large().RanksOf(range);
  }
  RankRange RanksOf(const MemberRange& range) const {
    return is_small() ? small().RanksOf(range) : large().RanksOf(range);
  }

  // Calls visit(std::string_view member, double score) for the members of these ranks.
  template <class Visit>
  void ForEach(RankRange range, RankOrder order, Visit visit) const {
    ForEachWhile(range, order, [&](std::string_view member, double score) {
      visit(member, score);
      return true;
    });
  }
  template <class Visit>
  void ForEach(Visit visit) const {
    ForEach({0, size()}, RankOrder::kAscending, visit);
  }
  // The same, until `visit` returns false.
  template <class Visit>
  void ForEachWhile(RankRange range, RankOrder order, Visit visit) const {
    is_small() ? small().ForEachWhile(range, order, visit)
               : large().ForEachWhile(range, order, visit);
  }

  // The deadline of a member, kNoFieldDeadline if it has none; nothing if it is not there.
  std::optional<int64_t> DeadlineOf(std::string_view member) const;
  // Whether the member has a deadline up to `hidden_until`.
  bool IsHidden(std::string_view member, int64_t hidden_until) const {
    const int64_t deadline = is_small() ? kNoFieldDeadline : large().DeadlineOf(member);
    return deadline != kNoFieldDeadline && deadline <= hidden_until;
  }
  // Gives a member that is there another deadline.
  void SetDeadline(const SortedSetContext& context, std::string_view member, int64_t deadline);

  // A set of the members of these ranks, without deadlines.
  SortedSetValue CopyRange(const SortedSetContext& context, RankRange range) const;
  void RemoveRange(const SortedSetContext& context, RankRange range);

  // A step of a scan, as HashTable::Scan: calls visit(std::string_view member, double score). A
  // small set takes one step.
  template <class Visit>
  uint64_t Scan(uint64_t cursor, Visit visit) const {
    if (!is_small()) return large().Scan(cursor, visit);
    ForEach(visit);
    return 0;
  }

 private:
  explicit SortedSetValue(Listpack listpack) : object_{Encoding::kListpack, listpack.block()} {}
  explicit SortedSetValue(SortedSet* set) : object_{Encoding::kSortedSet, set} {}

  ScoreResult AddToSmall(const SortedSetContext& context, std::string_view member, double score,
                         const ScoreConditions& conditions);
  void MakeLarge(const SortedSetContext& context);

  ValueObject object_{Encoding::kListpack, nullptr};
};

// A small sorted set as an input of the set operations; it must outlive this.
class SmallSortedSetSource final : public ScoredSource {
 public:
  explicit SmallSortedSetSource(SmallSortedSet set) : set_(set) {}
  size_t size() const override { return set_.size(); }
  void ForEachWhile(VisitWhile visit) const override {
    set_.ForEachWhile({0, set_.size()}, RankOrder::kAscending, visit);
  }
  std::optional<double> Score(std::string_view member, uint64_t hash) const override;

 private:
  SmallSortedSet set_;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_SORTED_SET_VALUE_H_
