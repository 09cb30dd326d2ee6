// HOTKEYS: which keys are used most, and which cost most.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "kv/base/numbers.h"
#include "kv/command/help.h"
#include "kv/server/observation_commands.h"
#include "kv/server/parts.h"

namespace kv {
namespace {

constexpr int64_t kMaxCount = 64;
constexpr int64_t kLastSlot = 16383;

// The session, ended if its duration is over; null if there is none.
HotKeysSession* SessionOf(Context& context) {
  Observation& observation = context.Owner<Parts>().observation;
  HotKeysSession* const session = observation.session.get();
  if (session != nullptr && !session->IsActive(context.now())) session->Stop(context.now());
  return session;
}

// args[index], whatever is not a whole number counting as 0.
int64_t NumberAt(const Context& context, size_t index) {
  return ParseInt64(context.args[index]).value_or(0);
}

// METRICS and the names behind it. Returns the index behind them, or nothing after an error.
// Metrics that are not known are passed over, as newer clients may ask for them.
std::optional<size_t> ParseMetrics(Context& context, HotKeysRequest* request) {
  constexpr size_t kFirst = 4;
  const auto fail = [&](std::string_view error) {
    context.Fail(error);
    return std::nullopt;
  };
  const ArgSpan args = context.args;
  if (args.size() < kFirst || !EqualsIgnoreCase(args[2], "metrics")) {
    return fail("ERR METRICS parameter is required");
  }
  const int64_t count = NumberAt(context, 3);
  if (count < 1 || count > 2) return fail("ERR METRICS count must be 1 or 2");
  size_t index = kFirst;
  for (; index < args.size() && index < kFirst + static_cast<size_t>(count); ++index) {
    const bool is_time = EqualsIgnoreCase(args[index], "cpu");
    if (!is_time && !EqualsIgnoreCase(args[index], "net")) continue;
    bool& wanted = is_time ? request->by_time : request->by_bytes;
    if (wanted && is_time) return fail("ERR METRICS CPU defined more than once");
    if (wanted) return fail("ERR METRICS NET defined more than once");
    wanted = true;
  }
  if (index < kFirst + static_cast<size_t>(count)) {
    return fail("ERR METRICS count does not match number of metric types provided");
  }
  if (!request->by_time && !request->by_bytes) {
    return fail("ERR METRICS no valid metrics passed");
  }
  return index;
}

// The options behind the metrics; false after an error reply.
bool ParseSessionOptions(Context& context, size_t index, HotKeysRequest* request) {
  const auto fail = [&](std::string_view error) {
    context.Fail(error);
    return false;
  };
  constexpr int64_t kMaxSeconds = 1'000'000'000;
  for (; index < context.args.size(); index += 2) {
    const std::string_view option = context.args[index];
    if (index + 1 == context.args.size()) return fail(kSyntaxError);
    const int64_t number = NumberAt(context, index + 1);
    if (EqualsIgnoreCase(option, "count")) {
      if (number < 1 || number > kMaxCount) return fail("ERR COUNT must be between 1 and 64");
      request->count = static_cast<size_t>(number);
    } else if (EqualsIgnoreCase(option, "duration")) {
      if (number < 0 || number > kMaxSeconds || !ParseInt64(context.args[index + 1])) {
        return fail("ERR DURATION must not be negative");
      }
      request->duration = number * 1000;
    } else if (EqualsIgnoreCase(option, "sample")) {
      if (number < 1) return fail("ERR SAMPLE ratio must be positive");
      request->sample_ratio = number;
    } else if (EqualsIgnoreCase(option, "slots")) {
      return fail("ERR SLOTS parameter cannot be used in non-cluster mode");
    } else {
      return fail(kSyntaxError);
    }
  }
  return true;
}

void ReplyHottest(resp::ReplyWriter& reply, const SpaceSaving& sketch, size_t count,
                  uint64_t divisor) {
  const auto hottest = sketch.Heaviest(count);
  reply.Array(2 * hottest.size());
  for (const SpaceSaving::Counter* counter : hottest) {
    reply.Bulk(counter->name);
    reply.Integer(static_cast<int64_t>(counter->weight / divisor));
  }
}

}  // namespace

void HotkeysStartCommand(Context& context) {
  Parts& parts = context.Owner<Parts>();
  HotKeysSession* const session = SessionOf(context);
  if (session != nullptr && session->IsActive(context.now())) {
    return context.Fail("ERR hotkey tracking session already in progress");
  }
  HotKeysRequest request;
  const std::optional<size_t> options = ParseMetrics(context, &request);
  if (!options || !ParseSessionOptions(context, *options, &request)) return;
  parts.observation.session =
      std::make_unique<HotKeysSession>(request, context.now(), context.store.context().hash_key);
  parts.control.ObserveCommands();
  context.reply.Ok();
}

void HotkeysStopCommand(Context& context) {
  HotKeysSession* const session = SessionOf(context);
  if (session == nullptr) return context.reply.NullBulk();
  session->Stop(context.now());
  context.Owner<Parts>().control.ObserveCommands();
  context.reply.Ok();
}

void HotkeysResetCommand(Context& context) {
  HotKeysSession* const session = SessionOf(context);
  if (session != nullptr && session->IsActive(context.now())) {
    return context.Fail("ERR hotkey tracking session in progress, stop tracking first");
  }
  context.Owner<Parts>().observation.session = nullptr;
  context.reply.Ok();
}

void HotkeysGetCommand(Context& context) {
  const HotKeysSession* const session = SessionOf(context);
  if (session == nullptr) return context.reply.NullBulk();
  const HotKeysRequest& request = session->request();
  resp::ReplyWriter& reply = context.reply;
  const auto field = [&reply](std::string_view name, int64_t value) {
    reply.Bulk(name);
    reply.Integer(value);
  };
  reply.Array(1);
  reply.Map(7 + (request.by_time ? 3 : 0) + (request.by_bytes ? 2 : 0));
  field("tracking-active", session->IsActive(context.now()) ? 1 : 0);
  field("sample-ratio", request.sample_ratio);
  reply.Bulk("selected-slots");
  reply.Array(1);
  reply.Array(2);
  reply.Integer(0);
  reply.Integer(kLastSlot);
  field("all-commands-all-slots-us", static_cast<int64_t>(session->nanoseconds() / 1000));
  field("net-bytes-all-commands-all-slots", static_cast<int64_t>(session->bytes()));
  field("collection-start-time-unix-ms", session->start());
  field("collection-duration-ms", session->Duration(context.now()));
  if (request.by_time) {
    const CpuTime cpu = session->Cpu();
    field("total-cpu-time-user-ms", std::llround(cpu.user * 1000));
    field("total-cpu-time-sys-ms", std::llround(cpu.system * 1000));
  }
  if (request.by_bytes) field("total-net-bytes", static_cast<int64_t>(session->bytes()));
  if (request.by_time) {
    reply.Bulk("by-cpu-time-us");
    ReplyHottest(reply, session->by_time(), request.count, 1000);
  }
  if (request.by_bytes) {
    reply.Bulk("by-net-bytes");
    ReplyHottest(reply, session->by_bytes(), request.count, 1);
  }
}

void HotkeysListCommand(Context& context) {
  const SpaceSaving& sketch = context.Owner<Parts>().observation.hot_keys.sketch();
  int64_t count = 10;
  if (context.args.size() > 2) {
    if (context.args.size() != 4 || !EqualsIgnoreCase(context.args[2], "count")) {
      return context.Fail(kSyntaxError);
    }
    if (!context.ParseInteger(3, &count)) return;
    if (count < 1) return context.Fail("ERR COUNT must be positive");
  }
  const auto hottest = sketch.Heaviest(static_cast<size_t>(count));
  resp::ReplyWriter& reply = context.reply;
  reply.Array(hottest.size());
  for (const SpaceSaving::Counter* counter : hottest) {
    reply.Map(5);
    reply.Bulk("key");
    reply.Bulk(counter->name);
    reply.Bulk("db");
    reply.Integer(counter->group);
    reply.Bulk("requests");
    reply.Integer(static_cast<int64_t>(counter->weight));
    reply.Bulk("error");
    reply.Integer(static_cast<int64_t>(counter->error));
    reply.Bulk("percent");
    reply.Double(100.0 * static_cast<double>(counter->certain()) /
                 static_cast<double>(std::max<uint64_t>(1, sketch.total())));
  }
}

void HotkeysHelpCommand(Context& context) {
  ReplyHelp(context);
}

}  // namespace kv
