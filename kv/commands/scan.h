// What SCAN, HSCAN, SSCAN and ZSCAN have in common: a cursor, MATCH and COUNT.
#ifndef SOLOKV_KV_COMMANDS_SCAN_H_
#define SOLOKV_KV_COMMANDS_SCAN_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kv/base/glob.h"
#include "kv/command/context.h"

namespace kv {

struct ScanRequest {
  uint64_t cursor = 0;
  int64_t count = 10;
  std::optional<std::string_view> pattern;  // nothing: admits all

  bool Matches(std::string_view text) const { return !pattern || GlobMatch(*pattern, text); }

  // Calls cursor = step(cursor) until about `count` elements were visited, or so many steps taken
  // that a sparse table cannot hold the client up. `step` adds what it visited to `*visited`.
  template <class Step>
  uint64_t Run(const int64_t* visited, Step step) const {
    constexpr int64_t kStepsPerElement = 10;
    int64_t steps = std::min(count, INT64_MAX / kStepsPerElement) * kStepsPerElement;
    uint64_t next = cursor;
    do {
      next = step(next);
    } while (next != 0 && *visited < count && --steps > 0);
    return next;
  }
};

// Reads args[index], or replies with an error and returns false.
bool ParseCursor(Context& context, size_t index, uint64_t* cursor);

// Parses the options from args[first] on, among which those with the ids `match` and `count`; or
// replies with an error and returns false.
bool ParseScanOptions(Context& context, size_t first, int match, int count, OptionValues* options,
                      ScanRequest* request);

// Begins the reply: the next cursor, then an array of `size` elements, which the caller writes.
void BeginScanReply(Context& context, uint64_t cursor, size_t size);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_SCAN_H_
