#include "kv/types/sorted_set_algebra.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace kv {
namespace {

template <class Source, class SizeOf>
std::vector<Source> SortedBySize(std::span<const Source> sources, SizeOf size_of) {
  std::vector<Source> sorted(sources.begin(), sources.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const Source& a, const Source& b) { return size_of(a) < size_of(b); });
  return sorted;
}

std::vector<WeightedSource> SortedBySize(std::span<const WeightedSource> sources) {
  return SortedBySize(sources, [](const WeightedSource& input) { return input.source->size(); });
}

std::vector<const ScoredSource*> SortedBySize(std::span<const ScoredSource* const> sources) {
  return SortedBySize(sources, [](const ScoredSource* source) { return source->size(); });
}

// The member's score in the intersection, given what it has in the first source.
std::optional<double> ScoreInAll(std::span<const WeightedSource> sources, std::string_view member,
                                 uint64_t hash, double first_score, Aggregate aggregate) {
  double score = WeightedScore(first_score, sources[0].weight, aggregate);
  for (const auto& [source, weight] : sources.subspan(1)) {
    const std::optional<double> other = source->Score(member, hash);
    if (!other.has_value()) return std::nullopt;
    score = AggregatedScore(score, WeightedScore(*other, weight, aggregate), aggregate);
  }
  return score;
}

}  // namespace

void ScoredSource::ForEach(Visit visit) const {
  ForEachWhile([&](std::string_view member, double score) {
    visit(member, score);
    return true;
  });
}

void SortedSetSource::ForEachWhile(VisitWhile visit) const {
  set_.ForEachWhile({0, set_.size()}, RankOrder::kAscending, visit);
}

void SortedSetSource::ForEach(Visit visit) const {
  set_.ForEachByHash(visit);
}

double WeightedScore(double score, double weight, Aggregate aggregate) {
  const double weighted = aggregate == Aggregate::kCount ? weight : score * weight;
  return std::isnan(weighted) ? 0 : weighted;
}

double AggregatedScore(double a, double b, Aggregate aggregate) {
  if (aggregate == Aggregate::kMin) return std::min(a, b);
  if (aggregate == Aggregate::kMax) return std::max(a, b);
  return std::isnan(a + b) ? 0 : a + b;
}

SortedSet* Union(SlabMemory& memory, const HashKey& hash_key,
                 std::span<const WeightedSource> sources, Aggregate aggregate) {
  SortedSetBuilder builder(memory, hash_key);
  for (const auto& [source, weight] : SortedBySize(sources)) {
    source->ForEach([&, weight = weight](std::string_view member, double score) {
      const double weighted = WeightedScore(score, weight, aggregate);
      bool is_new;
      ScoredMember* const element =
          builder.FindOrAdd(member, Hash(member, hash_key), weighted, &is_new);
      if (!is_new) element->set_score(AggregatedScore(element->score(), weighted, aggregate));
    });
  }
  return builder.Finish();
}

SortedSet* Intersection(SlabMemory& memory, const HashKey& hash_key,
                        std::span<const WeightedSource> sources, Aggregate aggregate) {
  SortedSetBuilder builder(memory, hash_key);
  const std::vector<WeightedSource> sorted = SortedBySize(sources);
  sorted[0].source->ForEach([&](std::string_view member, double first_score) {
    const uint64_t hash = Hash(member, hash_key);
    const auto score = ScoreInAll(sorted, member, hash, first_score, aggregate);
    if (score.has_value()) builder.Add(member, hash, *score);
  });
  return builder.Finish();
}

SortedSet* Difference(SlabMemory& memory, const HashKey& hash_key,
                      std::span<const ScoredSource* const> sources) {
  SortedSetBuilder builder(memory, hash_key);
  const auto others = sources.subspan(1);
  sources[0]->ForEach([&](std::string_view member, double score) {
    const uint64_t hash = Hash(member, hash_key);
    const auto has_it = [&](const ScoredSource* other) {
      return other->Score(member, hash).has_value();
    };
    if (std::none_of(others.begin(), others.end(), has_it)) builder.Add(member, hash, score);
  });
  return builder.Finish();
}

size_t IntersectionSize(const HashKey& hash_key, std::span<const ScoredSource* const> sources,
                        size_t limit) {
  const std::vector<const ScoredSource*> sorted = SortedBySize(sources);
  size_t size = 0;
  if (limit == 0) return 0;
  sorted[0]->ForEachWhile([&](std::string_view member, double) {
    const uint64_t hash = Hash(member, hash_key);
    const auto has_it = [&](const ScoredSource* other) {
      return other->Score(member, hash).has_value();
    };
    if (std::all_of(sorted.begin() + 1, sorted.end(), has_it)) ++size;
    return size < limit;
  });
  return size;
}

}  // namespace kv
