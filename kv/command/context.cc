#include "kv/command/context.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "kv/base/numbers.h"

namespace kv {

void ReplyTimeout(resp::ReplyWriter& reply, TimeoutReply timeout_reply) {
  timeout_reply == TimeoutReply::kNullArray ? reply.NullArray() : reply.NullBulk();
}

bool Context::ParseInteger(size_t index, int64_t* number, std::string_view error) {
  const std::optional<int64_t> parsed = ParseInt64(args[index]);
  if (!parsed) {
    Fail(error);
    return false;
  }
  *number = *parsed;
  return true;
}

void Context::Block(size_t first, size_t last, int64_t timeout, TimeoutReply timeout_reply,
                    ServedWhen served_when) {
  if (!may_block()) return ReplyTimeout(reply, timeout_reply);
  waits = true;
  client.SetFlag(kClientBlocked, true);
  if (retried()) return;  // it keeps its place
  Waiter waiter{.client = client.id,
                .command = &command,
                .database = client.database,
                .timeout_reply = timeout_reply,
                .served_when = served_when};
  waiter.args.assign(args.begin(), args.end());
  absl::flat_hash_set<std::string_view> seen;
  for (const std::string_view key : args.subspan(first, last - first)) {
    if (seen.insert(key).second) waiter.keys.emplace_back(key);
  }
  blocked.Block(std::move(waiter), timeout);
}

bool Context::ParseTimeout(size_t index, int64_t* microseconds) {
  constexpr long double kMicrosPerSecond = 1'000'000;
  const std::optional<long double> seconds = ParseLongDouble(args[index]);
  if (!seconds) {
    Fail("ERR timeout is not a float or out of range");
  } else if (*seconds < 0) {
    Fail("ERR timeout is negative");
  } else if (*seconds * kMicrosPerSecond >= static_cast<long double>(INT64_MAX)) {
    Fail("ERR timeout is out of range");
  } else {
    *microseconds = static_cast<int64_t>(std::ceil(*seconds * kMicrosPerSecond));
    return true;
  }
  return false;
}

std::optional<int> Context::ParseDatabase(std::string_view text) {
  const std::optional<int64_t> index = ParseInt64(text);
  if (index && *index >= 0 && *index < store.size()) return static_cast<int>(*index);
  if (!index) {
    Fail(kNotAnInteger);
  } else if (*index < INT32_MIN || *index > INT32_MAX) {
    Fail("ERR value is out of range, value must between -2147483648 and 2147483647");
  } else {
    Fail(kDbIndexOutOfRange);
  }
  return std::nullopt;
}

}  // namespace kv
