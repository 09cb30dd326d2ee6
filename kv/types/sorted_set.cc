#include "kv/types/sorted_set.h"

#include <cassert>
#include <cmath>
#include <new>
#include <utility>
#include <vector>

namespace kv {

// --- Conditions ----------------------------------------------------------------------------------

ScoreResult NewScore(double score, const ScoreConditions& conditions) {
  if (std::isnan(score)) return {ScoreOutcome::kNotANumber, 0};
  if (conditions.if_present) return {ScoreOutcome::kNotApplied, 0};
  return {ScoreOutcome::kAdded, score};
}

ScoreResult ChangedScore(double current, double score, const ScoreConditions& conditions) {
  if (std::isnan(score)) return {ScoreOutcome::kNotANumber, 0};
  if (conditions.if_absent) return {ScoreOutcome::kNotApplied, 0};
  if (conditions.increment) score += current;
  if (std::isnan(score)) return {ScoreOutcome::kNotANumber, 0};
  const bool forbidden =
      (conditions.if_greater && score <= current) || (conditions.if_less && score >= current);
  if (forbidden) return {ScoreOutcome::kNotApplied, 0};
  if (score == current) return {ScoreOutcome::kUnchanged, current};
  return {ScoreOutcome::kUpdated, score};
}

// --- Ranges --------------------------------------------------------------------------------------

bool MemberRange::Contains(std::string_view member) const {
  using Kind = MemberBound::Kind;
  const auto is_before = [](std::string_view a, std::string_view b, Kind bound) {
    return bound == Kind::kExclusive ? a < b : a <= b;
  };
  const bool above_min = min.kind == Kind::kLowest ||
                         (min.kind != Kind::kHighest && is_before(min.member, member, min.kind));
  const bool below_max = max.kind == Kind::kHighest ||
                         (max.kind != Kind::kLowest && is_before(member, max.member, max.kind));
  return above_min && below_max;
}

RankRange Limited(RankRange range, RankOrder order, size_t offset, size_t limit) {
  offset = std::min(offset, range.count);
  const size_t count = std::min(range.count - offset, limit);
  if (order == RankOrder::kAscending) return {range.first + offset, count};
  return {range.first + range.count - offset - count, count};
}

RankRange SortedSet::RanksOf(const ScoreRange& range) const {
  const size_t begin =
      range.min_exclusive ? order_.CountAtMost(range.min) : order_.CountBelow(range.min);
  const size_t end =
      range.max_exclusive ? order_.CountBelow(range.max) : order_.CountAtMost(range.max);
  return {begin, end > begin ? end - begin : 0};
}

RankRange SortedSet::RanksOf(const MemberRange& range) const {
  const auto count_before = [this](const MemberBound& bound, bool with_bound) {
    if (bound.kind == MemberBound::Kind::kLowest) return size_t{0};
    if (bound.kind == MemberBound::Kind::kHighest) return size();
    return with_bound ? order_.CountAtMost(bound.member) : order_.CountBelow(bound.member);
  };
  const size_t begin = count_before(range.min, range.min.kind == MemberBound::Kind::kExclusive);
  const size_t end = count_before(range.max, range.max.kind == MemberBound::Kind::kInclusive);
  return {begin, end > begin ? end - begin : 0};
}

// --- Life ----------------------------------------------------------------------------------------

SortedSet* SortedSet::Create(SlabMemory& memory, const HashKey& hash_key) {
  return new (memory.Allocate(sizeof(SortedSet))) SortedSet(memory, hash_key);
}

bool SortedSet::FreeSome(SlabMemory& memory, SortedSet* set, size_t budget) {
  constexpr size_t kMembersOfLeaf = 64;  // about; a leaf costs no more to free than a member
  const auto free = [&](ScoredMember* element) { ScoredMember::Free(memory, element); };
  if (!set->index_.empty() && set->index_.DropSome(budget, free)) return true;
  if (set->order_.FreeSome(memory, std::max<size_t>(1, budget / kMembersOfLeaf))) return true;
  if (set->deadlines_ != nullptr) {
    if (FreeSome(memory, set->deadlines_, budget)) return true;
    set->deadlines_ = nullptr;
  }
  set->~SortedSet();
  memory.Free(set, sizeof(SortedSet));
  return false;
}

void SortedSet::Free(SlabMemory& memory, SortedSet* set) {
  while (FreeSome(memory, set, std::numeric_limits<size_t>::max())) {
  }
}

SortedSet* SortedSet::Copy(SlabMemory& memory) const {
  SortedSet* const copy = CopyRange(memory, {0, size()});
  if (deadlines_ != nullptr) copy->deadlines_ = deadlines_->Copy(memory);
  return copy;
}

SortedSet* SortedSet::CopyRange(SlabMemory& memory, RankRange range) const {
  SortedSet* const copy = Create(memory, index_.traits().hash_key);
  ForEach(range, RankOrder::kAscending, [&](std::string_view member, double score) {
    copy->order_.Append(memory, copy->NewElement(memory, member, score, HashOf(member)));
  });
  return copy;
}

SortedSet* SortedSet::Relocate(SlabMemory& memory, SortedSet* set) {
  auto* const moved = new (memory.Allocate(sizeof(SortedSet))) SortedSet(std::move(*set));
  set->~SortedSet();
  memory.Free(set, sizeof(SortedSet));
  return moved;
}

size_t SortedSet::memory_bytes() const {
  return SlabMemory::GoodSize(sizeof(SortedSet)) + index_.memory_bytes() + order_.memory_bytes() +
         element_bytes_ + (deadlines_ == nullptr ? 0 : deadlines_->memory_bytes());
}

// --- Members -------------------------------------------------------------------------------------

// An element that the index knows, but not yet the order.
ScoredMember* SortedSet::NewElement(SlabMemory& memory, std::string_view member, double score,
                                    uint64_t hash) {
  ScoredMember* const element = ScoredMember::Create(memory, member, score);
  element_bytes_ += element->allocated_bytes();
  index_.Insert(element, hash);
  return element;
}

void SortedSet::FreeElement(SlabMemory& memory, ScoredMember* element) {
  element_bytes_ -= element->allocated_bytes();
  ScoredMember::Free(memory, element);
}

void SortedSet::RemoveFromIndex(ScoredMember* element) {
  const uint64_t hash = HashOf(element->member());
  index_.Erase(index_.Locate(element->member(), hash), hash);
}

ScoreResult SortedSet::Add(SlabMemory& memory, std::string_view member, double score,
                           const ScoreConditions& conditions) {
  const uint64_t hash = HashOf(member);
  ScoredMember* const element = index_.Find(member, hash);
  ScoreResult result = element == nullptr ? NewScore(score, conditions)
                                          : ChangedScore(element->score(), score, conditions);
  if (result.outcome == ScoreOutcome::kAdded) {
    order_.Insert(memory, NewElement(memory, member, score, hash));
  } else if (result.outcome == ScoreOutcome::kUpdated) {
    order_.SetScore(memory, element, result.score);
  }
  if (deadlines_ != nullptr && !conditions.increment) [[unlikely]] {
    const bool updated = result.outcome == ScoreOutcome::kUpdated;
    if (!updated && result.outcome != ScoreOutcome::kUnchanged) return result;
    if (DropDeadline(memory, member) && !updated) result.outcome = ScoreOutcome::kPersisted;
  }
  return result;
}

bool SortedSet::Remove(SlabMemory& memory, std::string_view member) {
  if (deadlines_ != nullptr) [[unlikely]]
    DropDeadline(memory, member);
  return RemoveElement(memory, member);
}

// Leaves the deadline.
bool SortedSet::RemoveElement(SlabMemory& memory, std::string_view member) {
  const uint64_t hash = HashOf(member);
  const auto position = index_.Locate(member, hash);
  if (!position) return false;
  ScoredMember* const element = index_.At(position);
  index_.Erase(position, hash);
  order_.Erase(memory, element);
  FreeElement(memory, element);
  return true;
}

std::optional<double> SortedSet::Score(std::string_view member) const {
  return Score(member, HashOf(member));
}

std::optional<double> SortedSet::Score(std::string_view member, uint64_t hash) const {
  const ScoredMember* const element = index_.Find(member, hash);
  if (element == nullptr) return std::nullopt;
  return element->score();
}

std::optional<size_t> SortedSet::Rank(std::string_view member, RankOrder order) const {
  const ScoredMember* const element = index_.Find(member, HashOf(member));
  if (element == nullptr) return std::nullopt;
  const size_t rank = order_.RankOf(element);
  return order == RankOrder::kAscending ? rank : size() - 1 - rank;
}

void SortedSet::RemoveRange(SlabMemory& memory, RankRange range, VisitMember visit) {
  order_.EraseRange(memory, range.first, range.count, [&](ScoredMember* element) {
    visit(element->member(), element->score());
    if (deadlines_ != nullptr) [[unlikely]]
      DropDeadline(memory, element->member());
    RemoveFromIndex(element);
    FreeElement(memory, element);
  });
}

size_t SortedSet::Pop(SlabMemory& memory, RankOrder order, size_t count, VisitMember visit) {
  count = std::min(count, size());
  if (order == RankOrder::kAscending) {
    RemoveRange(memory, {0, count}, visit);
    return count;
  }
  const RankRange range = {size() - count, count};
  ForEach(range, RankOrder::kDescending, visit);
  RemoveRange(memory, range);
  return count;
}

const ScoredMember& SortedSet::RandomMember(Random& random) const {
  assert(!empty());
  return *index_.RandomElement([&] { return random.Next(); });
}

// --- Deadlines -----------------------------------------------------------------------------------

int64_t SortedSet::NextDeadline() const {
  if (deadlines_ == nullptr) return std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(deadlines_->order_.Seek(0)->score());
}

int64_t SortedSet::DeadlineOf(std::string_view member) const {
  if (deadlines_ == nullptr) return kNoFieldDeadline;
  const std::optional<double> deadline = deadlines_->Score(member);
  return deadline ? static_cast<int64_t>(*deadline) : kNoFieldDeadline;
}

void SortedSet::SetDeadline(SlabMemory& memory, std::string_view member, int64_t deadline) {
  assert(Score(member).has_value() && deadline <= kMaxDeadline);
  if (deadline == kNoFieldDeadline) {
    if (deadlines_ != nullptr) DropDeadline(memory, member);
    return;
  }
  if (deadlines_ == nullptr) deadlines_ = Create(memory, index_.traits().hash_key);
  deadlines_->Add(memory, member, static_cast<double>(deadline));
}

size_t SortedSet::CountDue(int64_t now) const {
  if (deadlines_ == nullptr) return 0;
  return deadlines_->order_.CountAtMost(static_cast<double>(now));
}

size_t SortedSet::Expire(SlabMemory& memory, int64_t now, size_t budget, VisitExpired visit) {
  constexpr size_t kUnitsPerMember = 4;  // it leaves two indexes and two orders
  if (deadlines_ == nullptr) return 0;
  const size_t share = std::max<size_t>(1, budget / kUnitsPerMember);
  const auto remove = [&](std::string_view member, double deadline) {
    visit(member, static_cast<int64_t>(deadline));
    RemoveElement(memory, member);
  };
  const size_t removed =
      deadlines_->Pop(memory, RankOrder::kAscending, std::min(share, CountDue(now)), remove);
  FreeDeadlinesIfNone(memory);
  return kUnitsPerMember * removed;
}

// Returns whether there was one. Precondition: any member has a deadline.
bool SortedSet::DropDeadline(SlabMemory& memory, std::string_view member) {
  if (!deadlines_->Remove(memory, member)) return false;
  FreeDeadlinesIfNone(memory);
  return true;
}

void SortedSet::FreeDeadlinesIfNone(SlabMemory& memory) {
  if (deadlines_->size() > 0) return;
  Free(memory, deadlines_);
  deadlines_ = nullptr;
}

// --- Compaction ----------------------------------------------------------------------------------

namespace {

// A position says by its two low bits what it is in, and by the others where. Where a segment of an
// index begins they are 0 themselves.
constexpr uint64_t kInIndex = 0;
constexpr uint64_t kInOrder = 1;      // the others: a rank
constexpr uint64_t kInDeadlines = 2;  // beside one of the two above
constexpr uint64_t kIn = 3;

}  // namespace

uint64_t SortedSet::Compact(SlabMemory& memory, uint64_t position, CompactionCount& count) {
  if ((position & kInDeadlines) != 0) {
    return CompactDeadlines(memory, position & ~kInDeadlines, count);
  }
  if ((position & kIn) == kInIndex) {
    const uint64_t next = index_.Compact(position, [](ScoredMember* element) { return element; });
    assert((next & kIn) == kInIndex);
    return next == 0 ? kInOrder : next;
  }
  const size_t rank = order_.Compact(memory, position >> 2, [&](ScoredMember* element) {
    if (!count.Count(memory.IsSparse(element, element->allocated_bytes()))) return element;
    const uint64_t hash = HashOf(element->member());
    const auto place = index_.Locate(element->member(), hash);
    ScoredMember* const moved = ScoredMember::Relocate(memory, element);
    index_.Replace(place, moved);
    return moved;
  });
  if (rank > 0) return rank << 2 | kInOrder;
  return deadlines_ == nullptr ? 0 : kInDeadlines;
}

uint64_t SortedSet::CompactDeadlines(SlabMemory& memory, uint64_t position,
                                     CompactionCount& count) {
  if (deadlines_ == nullptr) return 0;
  if (position == 0 && count.Count(memory.IsSparse(deadlines_, sizeof(SortedSet)))) {
    deadlines_ = Relocate(memory, deadlines_);
  }
  const uint64_t next = deadlines_->Compact(memory, position, count);
  return next == 0 ? 0 : next | kInDeadlines;
}

bool SortedSet::IsValid() const {
  size_t bytes = 0;
  bool same = index_.size() == order_.size();
  for (auto place = order_.Seek(0); place; ++place) {
    bytes += place->allocated_bytes();
    same = same && index_.Find(place->member(), HashOf(place->member())) == &*place;
  }
  if (deadlines_ != nullptr) {
    same = same && !deadlines_->empty() && deadlines_->IsValid();
    deadlines_->ForEachByHash(
        [&](std::string_view member, double) { same = same && Score(member).has_value(); });
  }
  return same && bytes == element_bytes_ && order_.IsValid();
}

// --- Building ------------------------------------------------------------------------------------

SortedSetBuilder::~SortedSetBuilder() {
  if (set_ != nullptr) SortedSet::Free(memory_, set_);
}

ScoredMember* SortedSetBuilder::FindOrAdd(std::string_view member, uint64_t hash, double score,
                                          bool* is_new) {
  ScoredMember* const found = set_->index_.Find(member, hash);
  *is_new = found == nullptr;
  return found != nullptr ? found : set_->NewElement(memory_, member, score, hash);
}

void SortedSetBuilder::Add(std::string_view member, uint64_t hash, double score) {
  set_->NewElement(memory_, member, score, hash);
}

SortedSet* SortedSetBuilder::Finish() {
  struct Item {
    double score;
    ScoredMember* element;
  };
  std::vector<Item> items;
  items.reserve(set_->index_.size());
  set_->index_.ForEach([&](ScoredMember* element) {
    items.push_back({element->score(), element});
  });
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    if (a.score != b.score) return a.score < b.score;
    return a.element->member() < b.element->member();
  });
  for (const Item& item : items) set_->order_.Append(memory_, item.element);
  return std::exchange(set_, nullptr);
}

}  // namespace kv
