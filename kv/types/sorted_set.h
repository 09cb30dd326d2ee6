// SortedSet: members with scores, found by member and ordered by score. The large form of the
// sorted set; OBJECT ENCODING calls it "skiplist".
//
//     index: HashTable                          order: CountedTree
//   member ──────────► ┌───────────────────────┐ ◄────────── (score, member), rank
//                      │ score | size | member │  one ScoredMember for each
//                      └───────────────────────┘
//
//   deadlines: a SortedSet of its own of those members that have one, which is their score there
//
// Scores are doubles other than NaN; infinities are scores like any other, and -0.0 equals 0.0.
// Members of equal score are in the order of their bytes. Rank 0 is the lowest.
//
// A member may have a deadline, in wall milliseconds. It stays until it is removed or Expire comes
// by, however long it is due, and has its rank as long.
//
// Invariants:
//   - Index and order hold the same elements.
//   - What is in the set of deadlines is a member; that set is not empty, if there is one.
//
// Cost, for n members: what finds by member is O(1), what finds by rank or score O(log n), what
// changes the order O(log n), a range of m members O(m) more.
// Memory: 19 to 22 bytes a member above those of member and score: 9.3 of the index, 7.9 of the
// order, and the element's size and rounding. A deadline costs as much as another member.
//
// A set belongs to whoever called Create; memory comes from the store's SlabMemory, the same one in
// every call. References to members end with the next change.
#ifndef SOLOKV_KV_TYPES_SORTED_SET_H_
#define SOLOKV_KV_TYPES_SORTED_SET_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "kv/base/hash.h"
#include "kv/base/random.h"
#include "kv/base/same_bytes.h"
#include "kv/base/slab_memory.h"
#include "kv/ds/counted_tree.h"
#include "kv/ds/hash_table.h"
#include "kv/ds/scored_member.h"
#include "kv/types/hash_field.h"
#include "kv/types/value_operations.h"

namespace kv {

// --- What to add, and what came of it ------------------------------------------------------------

struct ScoreConditions {
  bool if_absent = false;   // NX
  bool if_present = false;  // XX
  bool if_greater = false;  // GT: an existing member changes only upwards; a new one is added
  bool if_less = false;     // LT
  bool increment = false;   // INCR: the score is added to that of an existing member
};

enum class ScoreOutcome {
  // Something is other than before:
  kAdded,
  kUpdated,
  kPersisted,  // it had this score already, but also a deadline, which is gone
  // Nothing is:
  kUnchanged,   // it had this score already
  kNotApplied,  // a condition forbade it
  kNotANumber,  // the score, or the sum of infinities of opposite sign; nothing was changed
};

constexpr bool IsChange(ScoreOutcome outcome) {
  return outcome <= ScoreOutcome::kPersisted;
}

struct ScoreResult {
  ScoreOutcome outcome;
  double score;  // that the member has now; 0 if it was not applied
};

// The score that `score` makes of an existing member's `current` one.
ScoreResult ChangedScore(double current, double score, const ScoreConditions& conditions);
// The same for a member that is not there.
ScoreResult NewScore(double score, const ScoreConditions& conditions);

// --- Ranges --------------------------------------------------------------------------------------

struct ScoreRange {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool min_exclusive = false;
  bool max_exclusive = false;

  bool Contains(double score) const {
    return (min_exclusive ? score > min : score >= min) &&
           (max_exclusive ? score < max : score <= max);
  }
};

// One end of a range of members.
struct MemberBound {
  enum class Kind { kLowest, kInclusive, kExclusive, kHighest };
  Kind kind;
  std::string_view member = {};  // of kInclusive and kExclusive
};

struct MemberRange {
  MemberBound min = {MemberBound::Kind::kLowest};
  MemberBound max = {MemberBound::Kind::kHighest};

  bool Contains(std::string_view member) const;
};

// The ranks [first, first + count).
struct RankRange {
  size_t first = 0;
  size_t count = 0;
  friend bool operator==(const RankRange&, const RankRange&) = default;
};

enum class RankOrder { kAscending, kDescending };

// The part of `range` that is left behind the first `offset` members, as counted in `order`, and of
// that no more than `limit`.
RankRange Limited(RankRange range, RankOrder order, size_t offset, size_t limit);

// --- The set -------------------------------------------------------------------------------------

class SortedSet {
 public:
  // An empty set. `hash_key` is the secret of the server's hashes.
  static SortedSet* Create(SlabMemory& memory, const HashKey& hash_key);

  // Frees up to about `budget` members, and with the last the set. Returns true while any are left.
  // Once begun, only this may be called.
  static bool FreeSome(SlabMemory& memory, SortedSet* set, size_t budget);
  static void Free(SlabMemory& memory, SortedSet* set);

  SortedSet* Copy(SlabMemory& memory) const;
  // A set of the members of these ranks, without deadlines.
  SortedSet* CopyRange(SlabMemory& memory, RankRange range) const;

  // Moves the object itself, not its members, to a new block.
  static SortedSet* Relocate(SlabMemory& memory, SortedSet* set);

  size_t size() const { return order_.size(); }
  bool empty() const { return size() == 0; }

  // All bytes of the set, exactly as `memory` counts them.
  size_t memory_bytes() const;

  uint64_t HashOf(std::string_view member) const { return index_.traits().HashOf(member); }

  // Requests what Add, Remove and Score will read, some time ahead: first PrefetchIndex, then
  // PrefetchMember.
  void PrefetchIndex(uint64_t hash) const { index_.PrefetchBucket(hash); }
  void PrefetchMember(uint64_t hash) const { index_.PrefetchElement(hash); }

  // A member that is given a score loses its deadline, unless the score was added to its own.
  ScoreResult Add(SlabMemory& memory, std::string_view member, double score,
                  const ScoreConditions& conditions = {});

  // Returns whether it was a member.
  bool Remove(SlabMemory& memory, std::string_view member);

  std::optional<double> Score(std::string_view member) const;
  // The same where the caller has the hash of the member already.
  std::optional<double> Score(std::string_view member, uint64_t hash) const;

  // How many members come before this one.
  std::optional<size_t> Rank(std::string_view member,
                             RankOrder order = RankOrder::kAscending) const;

  // The ranks of the members within a range; that of members makes sense if all scores are equal.
  RankRange RanksOf(const ScoreRange& range) const;
  RankRange RanksOf(const MemberRange& range) const;

  // Calls visit(std::string_view member, double score) for the members of these ranks.
  template <class Visit>
  void ForEach(RankRange range, RankOrder order, Visit visit) const;

  // The same, until `visit` returns false.
  template <class Visit>
  void ForEachWhile(RankRange range, RankOrder order, Visit visit) const;

  // Removes the members of these ranks. The second form passes them to `visit` before, lowest
  // first.
  using VisitMember = absl::FunctionRef<void(std::string_view member, double score)>;
  void RemoveRange(SlabMemory& memory, RankRange range) {
    RemoveRange(memory, range, [](std::string_view, double) {});
  }
  void RemoveRange(SlabMemory& memory, RankRange range, VisitMember visit);

  // Removes up to `count` members from the low end (kAscending) or the high one, and passes them to
  // `visit`, the outermost first. Returns how many.
  size_t Pop(SlabMemory& memory, RankOrder order, size_t count, VisitMember visit);

  // A member, each with the same probability. Precondition: not empty.
  const ScoredMember& RandomMember(Random& random) const;

  // Calls visit(std::string_view member, double score) for all members, those with near hashes
  // together: quicker than by rank where other sets are then asked for the member.
  template <class Visit>
  void ForEachByHash(Visit visit) const;

  // A step of a scan, as HashTable::Scan: calls visit(std::string_view member, double score).
  template <class Visit>
  uint64_t Scan(uint64_t cursor, Visit visit) const;

  // --- deadlines ---
  // The latest that may be set: up to here a score is exact.
  static constexpr int64_t kMaxDeadline = int64_t{1} << 53;
  // Members that have one.
  size_t expiring() const { return deadlines_ == nullptr ? 0 : deadlines_->size(); }
  // The first of all; INT64_MAX if no member has one. O(log n).
  int64_t NextDeadline() const;
  // kNoFieldDeadline if the member has none.
  int64_t DeadlineOf(std::string_view member) const;
  // Precondition: it is a member. kNoFieldDeadline takes its deadline away.
  void SetDeadline(SlabMemory& memory, std::string_view member, int64_t deadline);
  // How many members are due at `now`. O(log n).
  size_t CountDue(int64_t now) const;
  // Removes members that are due at `now`, the earliest first, having passed each to `visit`, until
  // about `budget` units of work are done; see ValueOperations. Returns the units done.
  size_t Expire(SlabMemory& memory, int64_t now, size_t budget, VisitExpired visit);

  // Leaf epochs of the order; see CountedTree.
  void BeginEpoch(CountedTree::LeafObserver& observer) { order_.BeginEpoch(observer); }
  bool SaveSome(size_t leaves) { return order_.SaveSome(leaves); }
  void EndEpoch() { order_.EndEpoch(); }

  // Moves parts of the set out of sparse slabs: a segment of the index or of the deadlines, or a
  // leaf and its members.
  // Returns the position to go on from, 0 at the end. Starting from 0 until 0 comes back reaches
  // all that was there all the time.
  uint64_t Compact(SlabMemory& memory, uint64_t position, CompactionCount& count);

  // Whether the invariants hold. Linear; for tests.
  bool IsValid() const;

 private:
  friend class SortedSetBuilder;

  struct IndexTraits {
    using Element = ScoredMember;
    using Key = std::string_view;
    static constexpr size_t kLookupBytes = 28;  // score, size, a short member
    HashKey hash_key;

    uint64_t HashOf(std::string_view member) const { return kv::Hash(member, hash_key); }
    uint64_t Hash(const ScoredMember& element) const { return HashOf(element.member()); }
    bool Equal(const ScoredMember& element, std::string_view member) const {
      return SameBytes(element.member(), member);
    }
  };
  using Index = HashTable<IndexTraits>;

  SortedSet(SlabMemory& memory, const HashKey& hash_key) : index_(memory, IndexTraits{hash_key}) {}
  SortedSet(SortedSet&&) noexcept = default;

  ScoredMember* NewElement(SlabMemory& memory, std::string_view member, double score,
                           uint64_t hash);
  void FreeElement(SlabMemory& memory, ScoredMember* element);
  void RemoveFromIndex(ScoredMember* element);
  bool RemoveElement(SlabMemory& memory, std::string_view member);
  bool DropDeadline(SlabMemory& memory, std::string_view member);
  void FreeDeadlinesIfNone(SlabMemory& memory);
  uint64_t CompactDeadlines(SlabMemory& memory, uint64_t position, CompactionCount& count);

  Index index_;
  CountedTree order_;
  size_t element_bytes_ = 0;
  SortedSet* deadlines_ = nullptr;
};

template <class Visit>
void SortedSet::ForEachWhile(RankRange range, RankOrder order, Visit visit) const {
  if (range.count == 0) return;
  const bool ascends = order == RankOrder::kAscending;
  auto place = order_.Seek(ascends ? range.first : range.first + range.count - 1);
  for (size_t left = range.count; left > 0; --left) {
    if (!visit(place->member(), place->score())) return;
    ascends ? ++place : --place;
  }
}

template <class Visit>
void SortedSet::ForEach(RankRange range, RankOrder order, Visit visit) const {
  ForEachWhile(range, order, [&](std::string_view member, double score) {
    visit(member, score);
    return true;
  });
}

template <class Visit>
void SortedSet::ForEachByHash(Visit visit) const {
  index_.ForEach([&](const ScoredMember* element) { visit(element->member(), element->score()); });
}

template <class Visit>
uint64_t SortedSet::Scan(uint64_t cursor, Visit visit) const {
  return index_.Scan(
      cursor, [&](const ScoredMember* element) { visit(element->member(), element->score()); });
}

// Fills a new set fast: first come the members in any order, then all are put in order at once.
//
// Cost: O(1) for each member, and for Finish O(n log n).
class SortedSetBuilder {
 public:
  SortedSetBuilder(SlabMemory& memory, const HashKey& hash_key)
      : memory_(memory), set_(SortedSet::Create(memory, hash_key)) {}
  SortedSetBuilder(const SortedSetBuilder&) = delete;
  SortedSetBuilder& operator=(const SortedSetBuilder&) = delete;
  ~SortedSetBuilder();

  uint64_t HashOf(std::string_view member) const { return set_->HashOf(member); }

  // The element of this member; a new one has the given score, and `is_new` is set. Its score may
  // be changed until Finish.
  ScoredMember* FindOrAdd(std::string_view member, uint64_t hash, double score, bool* is_new);

  // Adds a member that was not added before.
  void Add(std::string_view member, uint64_t hash, double score);

  // Sorts, and gives the set away. The builder must not be used any more.
  SortedSet* Finish();

 private:
  SlabMemory& memory_;
  SortedSet* set_;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_SORTED_SET_H_
