// ValueLimits: up to which size a collection keeps its small encoding. The settings of all types in
// one place, since some commands (SORT, GEORADIUS, RESTORE) make values of other types than theirs.
#ifndef SOLOKV_KV_TYPES_VALUE_LIMITS_H_
#define SOLOKV_KV_TYPES_VALUE_LIMITS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace kv {

// Of a list: how large a node may be, and which are compressed.
struct ListLimits {
  int64_t max_listpack_size = -2;  // -1 ... -5: 4 ... 64 KiB; positive: elements, in at most 8 KiB
  int64_t compress_depth = 0;      // nodes from either end that stay as they are; 0: all

  size_t MaxBytes() const {
    if (max_listpack_size >= 0) return size_t{8} << 10;
    return size_t{2} << 10 << std::min<int64_t>(-max_listpack_size, 5);
  }
  size_t MaxCount() const {
    if (max_listpack_size < 0) return kMaxNodeCount;
    return std::clamp<size_t>(static_cast<size_t>(max_listpack_size), 1, kMaxNodeCount);
  }

  static constexpr size_t kMaxNodeCount = UINT16_MAX;
};

// Of a listpack of pairs or members: how many, and the bytes of the longest.
struct ListpackLimits {
  int64_t max_entries;
  int64_t max_value;
};

struct StreamLimits {
  int64_t node_max_bytes = 4096;   // 0: no limit
  int64_t node_max_entries = 100;  // 0: no limit
  // Of new streams: how long, and how many, messages of a producer are remembered.
  int64_t message_seconds = 100;
  int64_t max_messages = 100;
};

struct ValueLimits {
  ListLimits list;
  ListpackLimits hash = {512, 64};
  ListpackLimits set = {128, 64};
  int64_t set_max_intset_entries = 512;
  ListpackLimits sorted_set = {128, 64};
  StreamLimits stream;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_VALUE_LIMITS_H_
