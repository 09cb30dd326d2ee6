// Commands about the server and its databases as a whole.
#include "kv/server/server_commands.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kv/base/numbers.h"
#include "kv/command/flush_mode.h"
#include "kv/server/parts.h"
#include "kv/server/version.h"

namespace kv {
namespace {

// False after an error reply.
bool CheckFlushMode(Context& context) {
  if (IsFlushMode(context.args.subspan(1))) return true;
  context.Fail(kSyntaxError);
  return false;
}

// args[index] as a number, whether or not there is such a database; nothing after an error reply.
std::optional<int> ParseSwapIndex(Context& context, size_t index, std::string_view error) {
  const std::optional<int64_t> number = ParseInt64(context.args[index]);
  if (!number || *number < INT32_MIN || *number > INT32_MAX) {
    context.Fail(error);
    return std::nullopt;
  }
  return static_cast<int>(*number);
}

}  // namespace

void DbsizeCommand(Context& context) {
  context.reply.Integer(static_cast<int64_t>(context.db.size()));
}

void FlushdbCommand(Context& context) {
  if (!CheckFlushMode(context)) return;
  context.db.Clear();
  context.blocked.SignalDatabase(context.db.index());
  context.Owner<Parts>().tracking.OnFlush();
  context.effects.Instead({"FLUSHDB"});
  context.reply.Ok();
}

void FlushallCommand(Context& context) {
  if (!CheckFlushMode(context)) return;
  for (int i = 0; i < context.store.size(); ++i) {
    context.store.database(i).Clear();
    context.blocked.SignalDatabase(i);
  }
  context.Owner<Parts>().tracking.OnFlush();
  context.effects.Instead({"FLUSHALL"});
  context.reply.Ok();
}

void SwapdbCommand(Context& context) {
  const std::optional<int> first = ParseSwapIndex(context, 1, "ERR invalid first DB index");
  if (!first) return;
  const std::optional<int> second = ParseSwapIndex(context, 2, "ERR invalid second DB index");
  if (!second) return;
  const int databases = context.store.size();
  if (*first < 0 || *first >= databases || *second < 0 || *second >= databases) {
    return context.Fail(kDbIndexOutOfRange);
  }
  if (*first != *second) {
    context.store.database(*first).Swap(context.store.database(*second));
    context.blocked.SignalDatabase(*first);
    context.blocked.SignalDatabase(*second);
  }
  context.effects.AsGiven();
  context.reply.Ok();
}

void TimeCommand(Context& context) {
  // A script's time stands still.
  const int64_t now = context.client.Is(kClientScript) ? context.now() * 1000
                                                       : context.Owner<Parts>().clock.WallMicros();
  context.reply.Array(2);
  context.reply.Bulk(absl::StrCat(now / 1'000'000));
  context.reply.Bulk(absl::StrCat(now % 1'000'000));
}

void MonitorCommand(Context& context) {
  if (!context.may_block()) {
    return context.Fail("ERR MONITOR isn't allowed for DENY BLOCKING client");
  }
  context.Owner<Parts>().monitors.Add(context.client);
  context.reply.Ok();
}

void ShutdownCommand(Context& context) {
  bool abort = false;
  bool other = false;
  for (const std::string_view word : context.args.subspan(1)) {
    if (EqualsIgnoreCase(word, "abort")) {
      abort = true;
    } else if (EqualsIgnoreCase(word, "nosave") || EqualsIgnoreCase(word, "save") ||
               EqualsIgnoreCase(word, "now") || EqualsIgnoreCase(word, "force")) {
      other = true;
    } else {
      return context.Fail(kSyntaxError);
    }
  }
  if (abort && other) return context.Fail(kSyntaxError);
  if (abort) return context.Fail("ERR No shutdown in progress.");
  context.Owner<Parts>().control.RequestShutdown();
}

void LolwutCommand(Context& context) {
  // A field of waves whose phase and length are drawn anew for each call.
  int64_t columns = 60;
  int64_t rows = 12;
  size_t next = 1;
  if (context.args.size() >= 3 && EqualsIgnoreCase(context.args[1], "version")) {
    if (!ParseInt64(context.args[2])) return context.Fail(kNotAnInteger);
    next = 3;
  }
  if (next < context.args.size() && !context.ParseInteger(next++, &columns)) return;
  if (next < context.args.size() && !context.ParseInteger(next++, &rows)) return;
  columns = std::clamp<int64_t>(columns, 1, 1000);
  rows = std::clamp<int64_t>(rows, 1, 200);
  constexpr std::string_view kShades = " .:-=+*#%@";
  const double phase = context.random.NextDouble() * 6.28;
  const double length = 4 + context.random.NextDouble() * 12;
  std::string picture;
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t x = 0; x < columns; ++x) {
      const double height = std::sin(static_cast<double>(x) / length + phase) +
                            std::cos(static_cast<double>(y) * 2 / length - phase);
      const double shade = (height + 2) / 4 * static_cast<double>(kShades.size() - 1);
      picture.push_back(kShades[static_cast<size_t>(std::lround(shade))]);
    }
    picture.push_back('\n');
  }
  absl::StrAppend(&picture, "\nRedis ver. ", std::string(kRedisVersion), "\n");
  context.reply.Verbatim("txt", picture);
}

}  // namespace kv
