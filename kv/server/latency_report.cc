#include "kv/server/latency_report.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kv/base/absl_text.h"

namespace kv {
namespace {

// "7s", "12m", "3h", "2d".
std::string Age(int64_t seconds) {
  struct Unit {
    int64_t seconds;
    std::string_view name;
  };
  constexpr Unit kUnits[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
  for (const Unit& unit : kUnits) {
    if (seconds >= unit.seconds) return absl::StrCat(seconds / unit.seconds, Absl(unit.name));
  }
  return "0s";
}

// Each text in a column of its own, downwards.
void AppendColumns(const std::vector<std::string>& texts, std::string* out) {
  size_t rows = 0;
  for (const std::string& text : texts) rows = std::max(rows, text.size());
  for (size_t row = 0; row < rows; ++row) {
    for (const std::string& text : texts) out->push_back(row < text.size() ? text[row] : ' ');
    out->push_back('\n');
  }
}

// How far the samples lie from their mean, on average.
double MeanDeviation(const LatencyMonitor::Series& series, double mean) {
  double sum = 0;
  for (const auto& sample : series.samples) {
    sum += std::abs(static_cast<double>(sample.milliseconds) - mean);
  }
  return sum / static_cast<double>(series.samples.size());
}

std::string_view AdviceFor(std::string_view event) {
  if (event == "command") {
    return "Commands took long: SLOWLOG GET names them. Those that are linear in the size of a key "
           "(KEYS, SMEMBERS, LRANGE, SORT, scripts that loop) are better done in parts: SCAN and "
           "its relatives, ranges, smaller keys.";
  }
  if (event == "fast-command") {
    return "Commands that take constant time took long, so the processor or memory was somebody "
           "else's: look for other processes on this machine, a busy hypervisor, swapping.";
  }
  if (event == "expire-cycle") {
    return "Many keys expired at one time: spread their deadlines.";
  }
  if (event == "eviction-cycle") {
    return "Room had to be made for writes: maxmemory is too low for what is written, or single "
           "values are very large.";
  }
  if (event == "aof-write") {
    return "The disk was slow to take the log of writes: let nothing else write to it, or have the "
           "log synced less often.";
  }
  return "";
}

}  // namespace

std::string DrawLatencyGraph(std::string_view event, const LatencyMonitor::Series& series,
                             int64_t now) {
  constexpr size_t kWidth = 80;
  constexpr int64_t kLevels = 4;
  const size_t first = series.samples.size() - std::min(series.samples.size(), kWidth);
  int64_t low = INT64_MAX;
  int64_t high = 0;
  for (size_t i = first; i < series.samples.size(); ++i) {
    low = std::min(low, series.samples[i].milliseconds);
    high = std::max(high, series.samples[i].milliseconds);
  }
  std::string graph = absl::StrFormat("%s - high %d ms, low %d ms (all time high %d ms)\n",
                                      Absl(event), high, low, series.max);
  absl::StrAppend(&graph, std::string(kWidth, '-'), "\n");
  std::vector<std::string> columns;
  std::vector<std::string> ages;
  for (size_t i = first; i < series.samples.size(); ++i) {
    const LatencyMonitor::Sample& sample = series.samples[i];
    const int64_t range = std::max<int64_t>(1, high - low);
    const int64_t height = 1 + (sample.milliseconds - low) * (kLevels - 1) / range;
    columns.push_back(std::string(static_cast<size_t>(kLevels - height), ' ') +
                      std::string(static_cast<size_t>(height), '#'));
    ages.push_back(Age(now - sample.time));
  }
  AppendColumns(columns, &graph);
  graph.push_back('\n');
  AppendColumns(ages, &graph);
  return graph;
}

std::string DescribeLatency(const LatencyMonitor& latency, int64_t threshold_millis,
                            int64_t slow_log_micros) {
  if (threshold_millis == 0) {
    return "Latency monitoring is off. 'CONFIG SET latency-monitor-threshold <milliseconds>' turns "
           "it on.\n";
  }
  if (latency.series().empty()) {
    return absl::StrFormat(
        "No latency spike was observed: nothing took %d ms or more since monitoring began.\n",
        threshold_millis);
  }
  std::string report = absl::StrFormat("Latency spikes of %d ms or more:\n\n", threshold_millis);
  std::string advice;
  int number = 0;
  for (const auto& [event, series] : latency.series()) {
    const double mean = static_cast<double>(series.sum) / static_cast<double>(series.count);
    const int64_t span = series.samples.back().time - series.samples.front().time;
    absl::StrAppendFormat(&report,
                          "%d. %s: %d latency spikes (average %.0f ms, mean deviation %.0f ms, "
                          "worst %d ms",
                          ++number, event, series.count, mean, MeanDeviation(series, mean),
                          series.max);
    if (series.samples.size() > 1) {
      absl::StrAppendFormat(
          &report, ", one each %.0f s",
          static_cast<double>(span) / static_cast<double>(series.samples.size() - 1));
    }
    absl::StrAppend(&report, ").\n");
    if (const std::string_view text = AdviceFor(event); !text.empty()) {
      absl::StrAppend(&advice, "- ", Absl(text), "\n");
    }
  }
  if (latency.series().contains("command") &&
      (slow_log_micros < 0 || slow_log_micros > threshold_millis * 1000)) {
    absl::StrAppendFormat(&advice,
                          "- The slow log misses such commands: 'CONFIG SET "
                          "slowlog-log-slower-than %d' has it name them.\n",
                          threshold_millis * 1000);
  }
  if (!advice.empty()) absl::StrAppend(&report, "\nWhat helps:\n\n", advice);
  return report;
}

}  // namespace kv
