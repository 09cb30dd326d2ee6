// What the store does with hashes that are more than a listpack of pairs.
#ifndef SOLOKV_KV_TYPES_HASH_OPERATIONS_H_
#define SOLOKV_KV_TYPES_HASH_OPERATIONS_H_

#include "kv/types/value_operations.h"

namespace kv {

// Of Encoding::kHashTable.
const ValueOperations& FieldTableOperations();
// Of Encoding::kListpackEx what is not as of any listpack.
std::string_view ListpackExName(const void* object);
size_t ListpackExSize(const void* object);
int64_t ListpackExNextDeadline(const void* object);
size_t ExpireListpackEx(SlabMemory& memory, void** object, int64_t now, size_t budget,
                        VisitExpired visit);

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_HASH_OPERATIONS_H_
