// Union, intersection and difference of sets.
//
// Cost, for inputs of n members together, k of them: a union O(n), an intersection O(k * smallest),
// a difference O(k * first). A union of five sets or more takes 16 to 40 bytes of memory for each
// member of the result while it runs; all else takes none.
//
// Members are looked up in blocks: a search misses the cache twice, at a place nobody can foresee,
// and many can miss at the same time.
#ifndef SOLOKV_KV_TYPES_SET_ALGEBRA_H_
#define SOLOKV_KV_TYPES_SET_ALGEBRA_H_

#include <span>

#include "absl/functional/function_ref.h"
#include "kv/types/set_value.h"

namespace kv {

// Sees a member of the result, each once; returns false to end the visit. It is good as long as no
// input changes.
using VisitSetMember = absl::FunctionRef<bool(const ListpackElement& member)>;

void VisitUnion(std::span<const SetValue> sets, VisitSetMember visit);
// The members that all sets have.
void VisitIntersection(std::span<const SetValue> sets, VisitSetMember visit);
// The members of the first set that are in none of the others.
void VisitDifference(std::span<const SetValue> sets, VisitSetMember visit);

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_SET_ALGEBRA_H_
