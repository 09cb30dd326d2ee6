#include "kv/server/tick_profile.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kv/base/resource_usage.h"

namespace kv {

std::string_view TickPhaseName(TickPhase phase) {
  constexpr std::string_view kNames[kTickPhases] = {"wait",    "timers", "receive", "run",
                                                    "persist", "send",   "free"};
  return kNames[static_cast<size_t>(phase)];
}

TickWork TickWork::Since(const TickWork& before) const {
  return {commands - before.commands,    expired - before.expired,
          evicted - before.evicted,      freed - before.freed,
          accepted - before.accepted,    bytes_received - before.bytes_received,
          bytes_sent - before.bytes_sent};
}

int64_t TickProfile::busy_nanos() const {
  return std::accumulate(totals_.begin() + 1, totals_.end(), int64_t{0});
}

int64_t TickProfile::WaitCpuNanos() const {
  if (cpu_at_reset_ < 0) return 0;
  return std::max<int64_t>(0, ThreadCpuNanos() - cpu_at_reset_ - busy_nanos());
}

bool TickProfile::EndTick() {
  if (cpu_at_reset_ < 0) [[unlikely]]
    cpu_at_reset_ = ThreadCpuNanos();
  last_wall_ = 0;
  for (size_t i = 0; i < kTickPhases; ++i) {
    const uint64_t cycles = std::exchange(phases_[i], 0);
    last_[i] = static_cast<int64_t>(cycles_.Nanoseconds(cycles));
    if (cycles == 0) continue;
    totals_[i] += last_[i];
    histograms_[i].Record(static_cast<uint64_t>(last_[i]));
    if (i != static_cast<size_t>(TickPhase::kWait)) last_wall_ += last_[i];
  }
  wall_.Record(static_cast<uint64_t>(last_wall_));
  wall_max_ = std::max(wall_max_, last_wall_);
  last_cpu_ = MeasureCpu(last_wall_);
  cpu_max_ = std::max(cpu_max_, last_cpu_);
  return slowest_.size() < kMaxSlowTicks ||
         std::max(last_wall_, last_cpu_) > slowest_.back().nanos();
}

int64_t TickProfile::MeasureCpu(int64_t wall_nanos) {
  if (wall_nanos < kMinMeasuredNanos) {
    cpu_is_current_ = false;
    return wall_nanos;
  }
  const int64_t reading = ThreadCpuNanos();
  const int64_t spent = std::max<int64_t>(0, reading - std::exchange(cpu_reading_, reading));
  return std::exchange(cpu_is_current_, true) ? spent : std::min(spent, wall_nanos);
}

void TickProfile::KeepSlow(int64_t time, const TickWork& work) {
  if (slowest_.size() == kMaxSlowTicks) slowest_.pop_back();
  const SlowTick tick{next_id_++, time, last_wall_, last_cpu_, last_, work.Since(work_before_)};
  const auto place =
      std::upper_bound(slowest_.begin(), slowest_.end(), tick,
                       [](const auto& a, const auto& b) { return a.nanos() > b.nanos(); });
  slowest_.insert(place, tick);
}

void TickProfile::Reset() {
  most_commands_ = 0;
  wall_.Reset();
  for (LatencyHistogram& histogram : histograms_) histogram.Reset();
  totals_.fill(0);
  wall_max_ = cpu_max_ = 0;
  slowest_.clear();
  cpu_at_reset_ = ThreadCpuNanos();
}

}  // namespace kv
