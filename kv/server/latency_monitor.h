// LatencyMonitor: spikes of named events above a threshold, as LATENCY reports them: for each event
// the worst of each of the latest seconds in which it was slow.
#ifndef SOLOKV_KV_SERVER_LATENCY_MONITOR_H_
#define SOLOKV_KV_SERVER_LATENCY_MONITOR_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace kv {

class LatencyMonitor {
 public:
  static constexpr size_t kMaxSamples = 160;

  struct Sample {
    int64_t time;          // Unix seconds
    int64_t milliseconds;  // the worst of this second
  };
  struct Series {
    std::deque<Sample> samples;  // the latest last
    int64_t max = 0;             // milliseconds, since the last reset
    int64_t sum = 0;
    int64_t count = 0;
  };

  // Notes that `event` took this long; the caller has compared it with the threshold.
  void Add(std::string_view event, int64_t time, int64_t milliseconds) {
    Series& series = series_[std::string(event)];
    series.max = std::max(series.max, milliseconds);
    series.sum += milliseconds;
    ++series.count;
    if (!series.samples.empty() && series.samples.back().time == time) {
      Sample& last = series.samples.back();
      last.milliseconds = std::max(last.milliseconds, milliseconds);
      return;
    }
    series.samples.push_back({time, milliseconds});
    if (series.samples.size() > kMaxSamples) series.samples.pop_front();
  }
  // Forgets one event; returns whether it was known.
  bool Reset(std::string_view event) { return series_.erase(std::string(event)) > 0; }
  size_t ResetAll() {
    const size_t count = series_.size();
    series_.clear();
    return count;
  }
  const std::map<std::string, Series>& series() const { return series_; }

 private:
  std::map<std::string, Series> series_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_LATENCY_MONITOR_H_
