#include "kv/types/value.h"

#include <cstddef>

namespace kv {

std::string_view TypeName(ValueType type) {
  constexpr std::string_view kNames[] = {"string", "list", "set", "zset", "hash", "stream"};
  return kNames[static_cast<size_t>(type)];
}

}  // namespace kv
