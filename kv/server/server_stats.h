// ServerStats: what is sampled over time for INFO: rates and peaks.
#ifndef SOLOKV_KV_SERVER_SERVER_STATS_H_
#define SOLOKV_KV_SERVER_SERVER_STATS_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace kv {

// The rate of a counter over the last samples.
class RateMeter {
 public:
  void Sample(uint64_t counter, int64_t now_micros) {
    if (last_time_ != 0 && now_micros > last_time_) {
      const auto change = static_cast<double>(counter - std::min(counter, last_counter_));
      rates_[next_++ % kSamples] = change * 1e6 / static_cast<double>(now_micros - last_time_);
    }
    last_counter_ = counter;
    last_time_ = now_micros;
  }
  double PerSecond() const {
    double sum = 0;
    for (const double rate : rates_) sum += rate;
    return sum / kSamples;
  }
  void Reset() { *this = RateMeter(); }

 private:
  static constexpr size_t kSamples = 16;
  std::array<double, kSamples> rates_{};
  size_t next_ = 0;
  uint64_t last_counter_ = 0;
  int64_t last_time_ = 0;
};

struct ServerStats {
  RateMeter commands;
  RateMeter input_bytes;
  RateMeter output_bytes;
  RateMeter ticks;
  RateMeter busy_micros;
  size_t peak_memory = 0;
  int64_t peak_memory_time = 0;  // Unix seconds
  int64_t start_time = 0;        // monotonic microseconds
  uint64_t forks = 0;
  uint64_t last_fork_micros = 0;  // what the last one took
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_SERVER_STATS_H_
