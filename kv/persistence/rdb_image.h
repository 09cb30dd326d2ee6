// The whole keyspace, and the libraries of functions, as one RDB image.
//
//   "REDIS" version 4 | libraries | databases | 0xff | CRC-64 of all before it 8
//   library:   kRdbFunction | code
//   database:  0xfe number | 0xfb keys, keys with a deadline | keys
//   key:       [0xfc deadline in milliseconds 8] type, key, value
#ifndef SOLOKV_KV_PERSISTENCE_RDB_IMAGE_H_
#define SOLOKV_KV_PERSISTENCE_RDB_IMAGE_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "kv/store/store.h"
#include "kv/types/value_limits.h"

namespace kv {

// `libraries`: the code of each. Cost: linear, in one go.
std::string WriteRdbImage(Store& store, std::span<const std::string_view> libraries, bool compress);

// Adds the keys of an image; those that are there already are replaced. The code of its libraries
// is left in *libraries. An image that is not whole is refused before anything changes, one whose
// checksum is right and whose content is not, where that shows.
absl::Status ReadRdbImage(std::string_view image, const ValueLimits& limits, Store& store,
                          std::vector<std::string>* libraries);

}  // namespace kv

#endif  // SOLOKV_KV_PERSISTENCE_RDB_IMAGE_H_
