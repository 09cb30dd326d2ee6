// LATENCY: what was slow, by event, by command and by tick of the event loop.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"
#include "kv/command/help.h"
#include "kv/server/latency_report.h"
#include "kv/server/observation_commands.h"
#include "kv/server/parts.h"

namespace kv {

void LatencyLatestCommand(Context& context) {
  const auto& all = context.Owner<Parts>().observation.latency.series();
  context.reply.Array(all.size());
  for (const auto& [event, series] : all) {
    context.reply.Array(6);
    context.reply.Bulk(event);
    context.reply.Integer(series.samples.back().time);
    context.reply.Integer(series.samples.back().milliseconds);
    context.reply.Integer(series.max);
    context.reply.Integer(series.sum);
    context.reply.Integer(series.count);
  }
}

void LatencyHistoryCommand(Context& context) {
  const auto& all = context.Owner<Parts>().observation.latency.series();
  const auto found = all.find(std::string(context.args[2]));
  if (found == all.end()) return context.reply.Array(0);
  context.reply.Array(found->second.samples.size());
  for (const LatencyMonitor::Sample& sample : found->second.samples) {
    context.reply.Array(2);
    context.reply.Integer(sample.time);
    context.reply.Integer(sample.milliseconds);
  }
}

void LatencyResetCommand(Context& context) {
  LatencyMonitor& latency = context.Owner<Parts>().observation.latency;
  size_t reset = 0;
  if (context.args.size() == 2) {
    reset = latency.ResetAll();
  } else {
    for (const std::string_view event : context.args.subspan(2)) reset += latency.Reset(event);
  }
  context.reply.Integer(static_cast<int64_t>(reset));
}

void LatencyGraphCommand(Context& context) {
  const auto& all = context.Owner<Parts>().observation.latency.series();
  const auto found = all.find(std::string(context.args[2]));
  if (found == all.end()) {
    return context.Fail(
        absl::StrCat("ERR No samples available for event '", std::string(context.args[2]), "'"));
  }
  const int64_t now = context.Owner<Parts>().clock.WallMillis() / 1000;
  context.reply.Verbatim("txt", DrawLatencyGraph(found->first, found->second, now));
}

void LatencyDoctorCommand(Context& context) {
  const Parts& parts = context.Owner<Parts>();
  context.reply.Verbatim(
      "txt", DescribeLatency(parts.observation.latency, parts.options.latency_monitor_threshold,
                             parts.options.slowlog_log_slower_than));
}

namespace {

void ReplyHistogram(resp::ReplyWriter& reply, std::string_view name,
                    const LatencyHistogram& histogram) {
  // Powers of two of a microsecond, cumulative.
  std::vector<std::pair<int64_t, int64_t>> buckets;
  int64_t seen = 0;
  int64_t bound = 1;
  histogram.ForEach([&](uint64_t upper, uint64_t count) {
    const auto microseconds = static_cast<int64_t>((upper + 999) / 1000);
    while (bound < microseconds) bound *= 2;
    seen += static_cast<int64_t>(count);
    if (!buckets.empty() && buckets.back().first == bound) {
      buckets.back().second = seen;
    } else {
      buckets.emplace_back(bound, seen);
    }
  });
  reply.Bulk(name);
  reply.Map(2);
  reply.Bulk("calls");
  reply.Integer(seen);
  reply.Bulk("histogram_usec");
  reply.Map(buckets.size());
  for (const auto& [upper, count] : buckets) {
    reply.Integer(upper);
    reply.Integer(count);
  }
}

}  // namespace

void LatencyHistogramCommand(Context& context) {
  CommandTable& table = context.Owner<Parts>().table;
  std::vector<const Command*> commands;
  const auto add = [&](const Command& command) {
    if (command.latency && command.latency->total() > 0) commands.push_back(&command);
  };
  if (context.args.size() == 2) {
    table.ForEach(add);
  } else {
    for (const std::string_view name : context.args.subspan(2)) {
      const Command* command = table.FindFullName(name);
      if (command == nullptr) continue;
      add(*command);
      for (const Command* subcommand : command->subcommands) add(*subcommand);
    }
  }
  context.reply.Map(commands.size());
  for (const Command* command : commands) {
    ReplyHistogram(context.reply, command->full_name, *command->latency);
  }
}

void LatencyTicksCommand(Context& context) {
  const TickProfile& ticks = context.Owner<Parts>().ticks;
  context.reply.Map(kTickPhases + 1);
  ReplyHistogram(context.reply, "tick", ticks.wall());
  for (size_t i = 0; i < kTickPhases; ++i) {
    const auto phase = static_cast<TickPhase>(i);
    ReplyHistogram(context.reply, TickPhaseName(phase), ticks.phase(phase));
  }
}

namespace {

void ReplySlowTick(resp::ReplyWriter& reply, const SlowTick& tick) {
  const auto field = [&reply](std::string_view name, int64_t value) {
    reply.Bulk(name);
    reply.Integer(value);
  };
  constexpr size_t kOtherFields = 11;
  reply.Map(kOtherFields + kTickPhases);
  field("id", tick.id);
  field("time-msec", tick.time);
  field("wall-usec", tick.wall_nanos / 1000);
  field("cpu-usec", tick.cpu_nanos / 1000);
  for (size_t i = 0; i < kTickPhases; ++i) {
    const std::string_view name = TickPhaseName(static_cast<TickPhase>(i));
    field(absl::StrCat(Absl(name), "-usec"), tick.phase_nanos[i] / 1000);
  }
  field("commands", static_cast<int64_t>(tick.work.commands));
  field("expired", static_cast<int64_t>(tick.work.expired));
  field("evicted", static_cast<int64_t>(tick.work.evicted));
  field("freed", static_cast<int64_t>(tick.work.freed));
  field("accepted", static_cast<int64_t>(tick.work.accepted));
  field("bytes-received", static_cast<int64_t>(tick.work.bytes_received));
  field("bytes-sent", static_cast<int64_t>(tick.work.bytes_sent));
}

}  // namespace

void LatencySlowticksCommand(Context& context) {
  if (context.args.size() > 3) return FailSubcommandArity(context);
  const std::vector<SlowTick>& slowest = context.Owner<Parts>().ticks.slowest();
  const std::optional<size_t> shown = ParseShown(context, 2, slowest.size());
  if (!shown) return;
  context.reply.Array(*shown);
  for (size_t i = 0; i < *shown; ++i) ReplySlowTick(context.reply, slowest[i]);
}

void LatencyHelpCommand(Context& context) {
  ReplyHelp(context);
}

}  // namespace kv
