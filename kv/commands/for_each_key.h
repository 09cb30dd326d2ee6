// Visits the keys of a command that names many, with their entries on the way to the cache.
#ifndef SOLOKV_KV_COMMANDS_FOR_EACH_KEY_H_
#define SOLOKV_KV_COMMANDS_FOR_EACH_KEY_H_

#include <cstddef>

#include "kv/command/context.h"

namespace kv {

// Calls visit(key, index) for the keys at args[first], args[first + step], ... before `last`.
template <class Visit>
void ForEachKey(Context& context, size_t first, size_t last, size_t step, Visit&& visit) {
  if (first < last && first + step >= last) return visit(context.Key(first), first);
  constexpr size_t kGroup = 16;
  HashedKey keys[kGroup];
  for (size_t next = first; next < last;) {
    const size_t group = next;
    size_t count = 0;
    for (; next < last && count < kGroup; next += step) {
      keys[count] = context.Key(next);
      context.db.PrefetchBucket(keys[count++].hash);
    }
    for (size_t i = 0; i < count; ++i) context.db.PrefetchEntry(keys[i].hash);
    for (size_t i = 0; i < count; ++i) visit(keys[i], group + i * step);
  }
}

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_FOR_EACH_KEY_H_
