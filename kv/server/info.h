// INFO: the state of the server as text, in sections of "name:value" lines.
#ifndef SOLOKV_KV_SERVER_INFO_H_
#define SOLOKV_KV_SERVER_INFO_H_

#include <span>
#include <string>
#include <string_view>

#include "kv/server/parts.h"

namespace kv {

// The sections that `names` ask for ("all", "default", "everything" and none included), in their
// fixed order.
std::string BuildInfo(const Parts& parts, std::span<const std::string_view> names);

// Bytes in the notation of people: "1.50M".
std::string HumanBytes(size_t bytes);

// Memory of a server beyond its data.
struct MemoryOverview {
  size_t used;      // data, and the buffers of clients
  size_t data;      // entries and values
  size_t overhead;  // tables, indexes, buffers
  size_t clients;
};
MemoryOverview MeasureMemory(const Parts& parts);

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_INFO_H_
