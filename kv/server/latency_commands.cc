// LATENCY: what was slow, by event, by command and by tick of the event loop.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kv/command/help.h"
#include "kv/server/parts.h"
#include "kv/server/server_commands.h"

namespace kv {

void LatencyLatestCommand(Context& context) {
  const auto& all = context.Owner<Parts>().latency.series();
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
  const auto& all = context.Owner<Parts>().latency.series();
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
  LatencyMonitor& latency = context.Owner<Parts>().latency;
  size_t reset = 0;
  if (context.args.size() == 2) {
    reset = latency.ResetAll();
  } else {
    for (const std::string_view event : context.args.subspan(2)) reset += latency.Reset(event);
  }
  context.reply.Integer(static_cast<int64_t>(reset));
}

void LatencyGraphCommand(Context& context) {
  const auto& all = context.Owner<Parts>().latency.series();
  const auto found = all.find(std::string(context.args[2]));
  if (found == all.end()) {
    return context.Fail(
        absl::StrCat("ERR No samples available for event '", std::string(context.args[2]), "'"));
  }
  const LatencyMonitor::Series& series = found->second;
  int64_t low = INT64_MAX;
  int64_t high = 0;
  for (const auto& sample : series.samples) {
    low = std::min(low, sample.milliseconds);
    high = std::max(high, sample.milliseconds);
  }
  std::string graph = absl::StrFormat("%s - high %d ms, low %d ms (all time high %d ms)\n",
                                      found->first, high, low, series.max);
  absl::StrAppend(&graph, std::string(80, '-'), "\n");
  constexpr int64_t kLevels = 4;
  for (int64_t level = kLevels; level >= 1; --level) {
    for (const auto& sample : series.samples) {
      const int64_t range = std::max<int64_t>(1, high - low);
      const int64_t height = 1 + (sample.milliseconds - low) * (kLevels - 1) / range;
      graph.push_back(height >= level ? '#' : ' ');
    }
    graph.push_back('\n');
  }
  context.reply.Verbatim("txt", graph);
}

void LatencyDoctorCommand(Context& context) {
  Parts& parts = context.Owner<Parts>();
  std::string report;
  if (parts.options.latency_monitor_threshold == 0) {
    report =
        "Latency monitoring is off: 'CONFIG SET latency-monitor-threshold <milliseconds>' turns "
        "it on.\n";
  } else if (parts.latency.series().empty()) {
    report = "No latency spike was observed since monitoring began.\n";
  } else {
    int number = 0;
    for (const auto& [event, series] : parts.latency.series()) {
      absl::StrAppendFormat(&report, "%d. %s: %d spikes (average %d ms, worst %d ms).\n", ++number,
                            event, series.count, series.sum / series.count, series.max);
    }
    absl::StrAppend(&report,
                    "\nSLOWLOG GET names the slow commands behind 'command' and 'fast-command'.\n");
  }
  context.reply.Verbatim("txt", report);
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
    field(absl::StrCat(absl::string_view(name.data(), name.size()), "-usec"),
          tick.phase_nanos[i] / 1000);
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
  const std::vector<SlowTick>& slowest = context.Owner<Parts>().ticks.slowest();
  const std::optional<size_t> shown = ParseShown(context, slowest.size());
  if (!shown) return;
  context.reply.Array(*shown);
  for (size_t i = 0; i < *shown; ++i) ReplySlowTick(context.reply, slowest[i]);
}

void LatencyHelpCommand(Context& context) {
  ReplyHelp(context);
}

}  // namespace kv
