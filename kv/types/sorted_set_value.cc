#include "kv/types/sorted_set_value.h"

#include <algorithm>

namespace kv {
namespace {

bool FitsSmall(const ListpackLimits& limits, size_t count) {
  return static_cast<int64_t>(count) <= limits.max_entries;
}

bool FitsSmall(const ListpackLimits& limits, std::string_view member) {
  return static_cast<int64_t>(member.size()) <= limits.max_value;
}

size_t LongestMember(const SortedSet& set) {
  size_t longest = 0;
  set.ForEachByHash(
      [&](std::string_view member, double) { longest = std::max(longest, member.size()); });
  return longest;
}

}  // namespace

SortedSetValue SortedSetValue::Create(const SortedSetContext& context) {
  return SortedSetValue(Listpack::Create(context.memory));
}

SortedSetValue SortedSetValue::Adopt(const SortedSetContext& context, SortedSet* set) {
  const SortedSetValue large(set);
  if (!FitsSmall(context.limits, set->size()) ||
      static_cast<int64_t>(LongestMember(*set)) > context.limits.max_value) {
    return large;
  }
  const SortedSetValue small = large.CopyRange(context, {0, set->size()});
  SortedSet::Free(context.memory, set);
  return small;
}

void SortedSetValue::Free(SlabMemory& memory) {
  is_small() ? small().listpack().Free(memory) : SortedSet::Free(memory, &large());
}

// --- Members -------------------------------------------------------------------------------------

ScoreResult SortedSetValue::Add(const SortedSetContext& context, std::string_view member,
                                double score, const ScoreConditions& conditions) {
  if (!is_small()) return large().Add(context.memory, member, score, conditions);
  return AddToSmall(context, member, score, conditions);
}

ScoreResult SortedSetValue::AddToSmall(const SortedSetContext& context, std::string_view member,
                                       double score, const ScoreConditions& conditions) {
  SmallSortedSet set = small();
  const SmallSortedSet::Position at = set.Find(member);
  if (at != SmallSortedSet::kNone) {
    const ScoreResult result = ChangedScore(set.ScoreAt(at), score, conditions);
    if (result.outcome != ScoreOutcome::kUpdated) return result;
    set.Erase(context.memory, at);
    set.Insert(context.memory, member, result.score);
    *this = SortedSetValue(set.listpack());
    return result;
  }
  const ScoreResult result = NewScore(score, conditions);
  if (result.outcome != ScoreOutcome::kAdded) return result;
  if (!FitsSmall(context.limits, set.size() + 1) || !FitsSmall(context.limits, member)) {
    MakeLarge(context);
    return large().Add(context.memory, member, score);
  }
  set.Insert(context.memory, member, score);
  *this = SortedSetValue(set.listpack());
  return result;
}

bool SortedSetValue::Remove(const SortedSetContext& context, std::string_view member) {
  if (!is_small()) return large().Remove(context.memory, member);
  SmallSortedSet set = small();
  const SmallSortedSet::Position at = set.Find(member);
  if (at == SmallSortedSet::kNone) return false;
  set.Erase(context.memory, at);
  *this = SortedSetValue(set.listpack());
  return true;
}

std::optional<double> SortedSetValue::Score(std::string_view member) const {
  if (!is_small()) return large().Score(member);
  const SmallSortedSet::Position at = small().Find(member);
  if (at == SmallSortedSet::kNone) return std::nullopt;
  return small().ScoreAt(at);
}

std::optional<ScoredRank> SortedSetValue::Rank(std::string_view member, RankOrder order) const {
  if (!is_small()) {
    const std::optional<size_t> rank = large().Rank(member, order);
    if (!rank) return std::nullopt;
    return ScoredRank{*rank, *large().Score(member)};
  }
  const SmallSortedSet set = small();
  const SmallSortedSet::Position at = set.Find(member);
  if (at == SmallSortedSet::kNone) return std::nullopt;
  const size_t rank = set.RankAt(at);
  return ScoredRank{order == RankOrder::kAscending ? rank : set.size() - 1 - rank, set.ScoreAt(at)};
}

std::optional<int64_t> SortedSetValue::DeadlineOf(std::string_view member) const {
  if (!Score(member)) return std::nullopt;
  return is_small() ? kNoFieldDeadline : large().DeadlineOf(member);
}

void SortedSetValue::SetDeadline(const SortedSetContext& context, std::string_view member,
                                 int64_t deadline) {
  if (is_small()) {
    if (deadline == kNoFieldDeadline) return;
    MakeLarge(context);
  }
  large().SetDeadline(context.memory, member, deadline);
}

// --- Ranges --------------------------------------------------------------------------------------

SortedSetValue SortedSetValue::CopyRange(const SortedSetContext& context, RankRange range) const {
  if (!is_small() && !FitsSmall(context.limits, range.count)) {
    return SortedSetValue(large().CopyRange(context.memory, range));
  }
  SortedSetValue copy = Create(context);
  ForEach(range, RankOrder::kAscending,
          [&](std::string_view member, double score) { copy.Add(context, member, score); });
  return copy;
}

void SortedSetValue::RemoveRange(const SortedSetContext& context, RankRange range) {
  if (!is_small()) return large().RemoveRange(context.memory, range);
  SmallSortedSet set = small();
  set.EraseRange(context.memory, range);
  *this = SortedSetValue(set.listpack());
}

void SortedSetValue::MakeLarge(const SortedSetContext& context) {
  const Listpack former = small().listpack();
  SortedSetBuilder builder(context.memory, context.hash_key);
  ForEach([&](std::string_view member, double score) {
    builder.Add(member, builder.HashOf(member), score);
  });
  *this = SortedSetValue(builder.Finish());
  Listpack(former).Free(context.memory);
}

// --- As an input ---------------------------------------------------------------------------------

std::optional<double> SmallSortedSetSource::Score(std::string_view member, uint64_t) const {
  const SmallSortedSet::Position at = set_.Find(member);
  if (at == SmallSortedSet::kNone) return std::nullopt;
  return set_.ScoreAt(at);
}

}  // namespace kv
