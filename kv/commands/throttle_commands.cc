#include "kv/commands/throttle_commands.h"

#include <optional>
#include <string_view>

#include "kv/base/numbers.h"
#include "kv/types/rate_limit.h"

namespace kv {
namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;
constexpr int64_t kNanosPerSecond = 1'000'000'000;

struct Request {
  RateLimit limit;
  int64_t quantity;
};

// Reads args[index] as a number from `least` on, or replies with an error and returns false.
bool ParseAtLeast(Context& context, size_t index, int64_t least, std::string_view error,
                  int64_t* number) {
  if (!context.ParseInteger(index, number)) return false;
  if (*number < least) context.Fail(error);
  return *number >= least;
}

// Nothing after an error reply.
std::optional<Request> ParseRequest(Context& context) {
  int64_t max_burst;
  int64_t count;
  int64_t period;
  int64_t quantity = 1;
  if (context.args.size() > 6) {
    context.Fail(kSyntaxError);
    return std::nullopt;
  }
  if (!ParseAtLeast(context, 2, 0, "ERR max_burst must not be negative", &max_burst) ||
      !ParseAtLeast(context, 3, 1, "ERR count must be positive", &count) ||
      !ParseAtLeast(context, 4, 1, "ERR period must be positive", &period) ||
      (context.args.size() == 6 &&
       !ParseAtLeast(context, 5, 0, "ERR quantity must not be negative", &quantity))) {
    return std::nullopt;
  }
  const std::optional<RateLimit> limit = RateLimit::Create(max_burst, count, period);
  if (!limit) {
    context.Fail("ERR rate or burst is out of range");
    return std::nullopt;
  }
  return Request{*limit, quantity};
}

int64_t RoundUp(int64_t nanoseconds, int64_t unit) {
  return (nanoseconds + unit - 1) / unit;
}

// A client that waits for so many whole seconds is admitted.
int64_t WholeSeconds(int64_t nanoseconds) {
  return nanoseconds < 0 ? nanoseconds : RoundUp(nanoseconds, kNanosPerSecond);
}

void StoreArrival(Context& context, const HashedKey& key, EntryRef& ref, int64_t arrival) {
  char digits[kMaxInt64Chars];
  const std::string_view value(digits, FormatInt64(arrival, digits));
  const int64_t deadline = RoundUp(arrival, kNanosPerMilli);
  char deadline_digits[kMaxInt64Chars];
  context.db.PutString(key, ref, value, deadline);
  context.Notify(kEventString, "set", key.bytes);
  context.effects.Instead(
      {"SET", key.bytes, value, "PXAT",
       std::string_view(deadline_digits, FormatInt64(deadline, deadline_digits))});
}

}  // namespace

void ThrottleCommand(Context& context) {
  const std::optional<Request> request = ParseRequest(context);
  if (!request) return;
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kString, ref)) return;
  std::optional<int64_t> arrival;
  if (ref) {
    arrival = ParseInt64(ref->string().view());
    if (!arrival || *arrival < 0) return context.Fail(kNotAnInteger);
  }
  const int64_t now = context.now() * kNanosPerMilli;
  const RateLimit::Decision decision = request->limit.Decide(now, arrival, request->quantity);
  if (!decision.limited && request->quantity > 0) {
    StoreArrival(context, key, ref, decision.theoretical_arrival);
  }
  context.reply.Array(5);
  context.reply.Integer(decision.limited ? 1 : 0);
  context.reply.Integer(request->limit.limit());
  context.reply.Integer(decision.remaining);
  context.reply.Integer(WholeSeconds(decision.retry_after));
  context.reply.Integer(WholeSeconds(decision.reset_after));
}

}  // namespace kv
