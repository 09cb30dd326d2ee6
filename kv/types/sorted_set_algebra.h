// Union, intersection and difference of sorted sets, and of sets, whose members count as having the
// score 1.
//
// A member's score in the result is its scores in the inputs, each multiplied by the weight of the
// input, aggregated. Where that has no value (0 times infinity, or the sum of infinities of
// opposite sign) the score is 0. Inputs are aggregated in the order of their sizes.
//
// Cost, for inputs of n members together, k of them, and a result of m: a union O(n + m log m), an
// intersection O(k * smallest + m log m), a difference O(k * first + m log m).
#ifndef SOLOKV_KV_TYPES_SORTED_SET_ALGEBRA_H_
#define SOLOKV_KV_TYPES_SORTED_SET_ALGEBRA_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "kv/base/hash.h"
#include "kv/base/slab_memory.h"
#include "kv/types/sorted_set.h"

namespace kv {

// What offers members with scores: a sorted set in any form, or a set.
class ScoredSource {
 public:
  virtual ~ScoredSource() = default;
  virtual size_t size() const = 0;

  // Passes the members to `visit`, each once and in any order, until it returns false.
  using VisitWhile = absl::FunctionRef<bool(std::string_view member, double score)>;
  virtual void ForEachWhile(VisitWhile visit) const = 0;

  // Passes all members, each once: best in the order of their hashes.
  using Visit = absl::FunctionRef<void(std::string_view member, double score)>;
  virtual void ForEach(Visit visit) const;

  // The score of a member. `hash` is its hash by the server's key.
  virtual std::optional<double> Score(std::string_view member, uint64_t hash) const = 0;
};

// A large sorted set as a source; it must outlive this.
class SortedSetSource final : public ScoredSource {
 public:
  explicit SortedSetSource(const SortedSet& set) : set_(set) {}
  size_t size() const override { return set_.size(); }
  void ForEachWhile(VisitWhile visit) const override;
  void ForEach(Visit visit) const override;
  std::optional<double> Score(std::string_view member, uint64_t hash) const override {
    return set_.Score(member, hash);
  }

 private:
  const SortedSet& set_;
};

struct WeightedSource {
  const ScoredSource* source;
  double weight = 1;
};

// kCount takes every score for 1, so that the sum is the sum of the weights.
enum class Aggregate { kSum, kMin, kMax, kCount };

double WeightedScore(double score, double weight, Aggregate aggregate);
double AggregatedScore(double a, double b, Aggregate aggregate);

// The results belong to the caller, and may be empty. `sources` is not.
SortedSet* Union(SlabMemory& memory, const HashKey& hash_key,
                 std::span<const WeightedSource> sources, Aggregate aggregate);
SortedSet* Intersection(SlabMemory& memory, const HashKey& hash_key,
                        std::span<const WeightedSource> sources, Aggregate aggregate);

// The members of the first source that are in none of the others, with their scores.
SortedSet* Difference(SlabMemory& memory, const HashKey& hash_key,
                      std::span<const ScoredSource* const> sources);

// The number of members that all sources have, counted no further than `limit`.
size_t IntersectionSize(const HashKey& hash_key, std::span<const ScoredSource* const> sources,
                        size_t limit);

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_SORTED_SET_ALGEBRA_H_
