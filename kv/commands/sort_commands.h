// SORT and SORT_RO: the elements of a list, a set or a sorted set in another order.
//
// The order:
//   - Elements compare by their numbers, or with ALPHA by their bytes; with BY, by what a pattern
//     finds for them (see SortPattern), where an absent number is 0 and an absent text comes first.
//   - Equal numbers compare by the bytes of the elements. Equal texts found by a pattern leave the
//     elements in the order of the collection; a set that is no intset has none, and goes by bytes.
//   - DESC reverses all but the order of the collection.
//   - BY with a constant pattern sorts nothing: lists and sorted sets are read from either end, and
//     only as far as LIMIT says. A set that is to be stored is sorted by its bytes nevertheless.
// The result of SORT ... STORE thus depends on nothing but the data, and can be replicated as
// given.
//
// Cost: O(n log m) for n elements of which the first m are wanted; without sorting O(m), of a set
// O(n). All elements that are read are copied.
#ifndef SOLOKV_KV_COMMANDS_SORT_COMMANDS_H_
#define SOLOKV_KV_COMMANDS_SORT_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

// To be registered with a ValueLimits as their owner.
std::span<const CommandSpec> SortCommandSpecs();

void SortCommand(Context& context);
void SortRoCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_SORT_COMMANDS_H_
