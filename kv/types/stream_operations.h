// What the store does with a stream.
#ifndef SOLOKV_KV_TYPES_STREAM_OPERATIONS_H_
#define SOLOKV_KV_TYPES_STREAM_OPERATIONS_H_

#include "kv/types/value_operations.h"

namespace kv {

// Of Encoding::kStream.
const ValueOperations& StreamOperations();

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_STREAM_OPERATIONS_H_
