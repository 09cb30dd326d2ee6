// ValueOperations: what the store does with the object of a value whose inside it does not know.
// One row per encoding; a new encoding is a row in value_operations.cc.
#ifndef SOLOKV_KV_TYPES_VALUE_OPERATIONS_H_
#define SOLOKV_KV_TYPES_VALUE_OPERATIONS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "kv/base/slab_memory.h"
#include "kv/types/value.h"

namespace kv {

// Is passed an element whose deadline has come, right before that is removed; of a stream, the id
// of the first entry that stays.
using VisitExpired = absl::FunctionRef<void(std::string_view element, int64_t deadline)>;

struct ValueOperations {
  // What OBJECT ENCODING calls it.
  std::string_view (*name)(const void* object);
  // What freeing takes at most, in units of about 0.2 us: an element is about one.
  size_t (*free_cost)(const void* object);
  // Frees about `budget` units' worth and returns what that took; `*object` is null once all of it
  // is gone. Between two calls the object is good for nothing else.
  size_t (*free)(SlabMemory& memory, void** object, size_t budget);
  // The memory it takes, in bytes.
  size_t (*memory_bytes)(const void* object);
  // An object with the same content, for the caller to own: a copy, or the same one shared.
  void* (*copy)(SlabMemory& memory, void* object);
  // Moves those of its blocks that are sparse, some 100 us worth of them from `cursor` on, which is
  // 0 at first, and sets `*object` to where it is now. Returns the next cursor, 0 at the end; in
  // between the object may change.
  uint64_t (*compact)(SlabMemory& memory, void** object, uint64_t cursor, CompactionCount& count);

  // --- of encodings whose elements may have deadlines, else null ---
  // Elements, those that are due included; null if a value stays that has none.
  size_t (*size)(const void* object) = nullptr;
  // A time no later than the first deadline, in wall milliseconds; INT64_MAX if there is none.
  int64_t (*next_deadline)(const void* object) = nullptr;
  // Removes elements that are due at `now`, having passed each to `visit`, until about `budget`
  // units of work are done; returns the units done. There is more to do while next_deadline is not
  // after `now`.
  size_t (*expire)(SlabMemory& memory, void** object, int64_t now, size_t budget,
                   VisitExpired visit) = nullptr;

  // --- of encodings that find elements by hash, else null ---
  // Requests the memory that a search for `element` reads first; prefetch_element, given what this
  // returned, requests the rest some time later.
  uint64_t (*prefetch_index)(const void* object, std::string_view element) = nullptr;
  void (*prefetch_element)(const void* object, uint64_t hash) = nullptr;
};

// Precondition: IsObject(encoding).
const ValueOperations& OperationsOf(Encoding encoding);

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_VALUE_OPERATIONS_H_
