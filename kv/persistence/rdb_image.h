// The whole keyspace as one RDB image.
//
//   "REDIS" version 4 | databases | 0xff | CRC-64 of all before it 8
//   database:  0xfe number | 0xfb keys, keys with a deadline | keys
//   key:       [0xfc deadline in milliseconds 8] type, key, value
#ifndef SOLOKV_KV_PERSISTENCE_RDB_IMAGE_H_
#define SOLOKV_KV_PERSISTENCE_RDB_IMAGE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "kv/store/store.h"
#include "kv/types/value_limits.h"

namespace kv {

// Cost: linear, in one go.
std::string WriteRdbImage(Store& store, bool compress);

// Adds the keys of an image; those that are there already are replaced. An image that is not
// whole is refused before anything changes, one whose checksum is right and whose content is not,
// where that shows.
absl::Status ReadRdbImage(std::string_view image, const ValueLimits& limits, Store& store);

}  // namespace kv

#endif  // SOLOKV_KV_PERSISTENCE_RDB_IMAGE_H_
