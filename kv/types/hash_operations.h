// What the store does with a large hash.
#ifndef SOLOKV_KV_TYPES_HASH_OPERATIONS_H_
#define SOLOKV_KV_TYPES_HASH_OPERATIONS_H_

#include "kv/types/value_operations.h"

namespace kv {

// Of Encoding::kHashTable.
const ValueOperations& FieldTableOperations();

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_HASH_OPERATIONS_H_
