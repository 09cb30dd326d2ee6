// TickProfile: where the time of the event loop's ticks goes, measured always.
//
// A tick is cut into phases; whoever runs one says when it is over. Each duration is counted in a
// histogram of its phase, and what is not waiting in one of whole ticks. The slowest ticks are kept
// with what was done in them.
//
//   wait │ timers │ receive │ run │ persist │ send │ free     next tick
//        └────────────── wall time of a tick ───────────┘
//   └──────────────── processor time of a tick ─────────┘
//
// Processor time is what the system charged to the thread, the kernel's work for the wait included.
// Asking costs a system call, so ticks of less than 50 us are not asked about; of a long one
// behind a short one it is known only that it is no more than its wall time.
//
// Cost: a reading of the cycle counter for each phase, about 0.1 us a tick, and for ticks of 50 us
// and more another 0.2 us.
#ifndef SOLOKV_KV_SERVER_TICK_PROFILE_H_
#define SOLOKV_KV_SERVER_TICK_PROFILE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kv/base/cycle_clock.h"
#include "kv/command/latency_histogram.h"

namespace kv {

enum class TickPhase : uint8_t { kWait, kTimers, kReceive, kRun, kPersist, kSend, kFree };
inline constexpr size_t kTickPhases = 7;
// "wait", "timers" ...
std::string_view TickPhaseName(TickPhase phase);

// What ticks do, as counters that only grow.
struct TickWork {
  uint64_t commands = 0;
  uint64_t expired = 0;
  uint64_t evicted = 0;
  uint64_t freed = 0;     // objects of the reclaimer
  uint64_t accepted = 0;  // connections
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;

  TickWork Since(const TickWork& before) const;
};

struct SlowTick {
  int64_t id;
  int64_t time;        // Unix milliseconds
  int64_t wall_nanos;  // without the wait
  int64_t cpu_nanos;   // with what the wait cost: system calls, memory for the next requests
  std::array<int64_t, kTickPhases> phase_nanos;
  TickWork work;

  // What it is ranked by.
  int64_t nanos() const { return std::max(wall_nanos, cpu_nanos); }
};

class TickProfile {
 public:
  static constexpr size_t kMaxSlowTicks = 32;

  explicit TickProfile(const CycleClock& cycles) : cycles_(cycles) {}

  // The phase that took all time since the last call is over.
  void End(TickPhase phase) {
    const uint64_t now = CycleClock::Now();
    phases_[static_cast<size_t>(phase)] += now - mark_;
    mark_ = now;
  }
  // The tick is over. True if it is among the slowest: KeepSlow should follow.
  bool EndTick();
  // Keeps the tick that has just ended. `time`: Unix milliseconds; `work`: the counters by now.
  void KeepSlow(int64_t time, const TickWork& work);
  // Notes the counters before a tick, for the case that it becomes one of the slowest.
  void SetWork(const TickWork& work) {
    // The counter may have been reset.
    if (work.commands > work_before_.commands) {
      most_commands_ = std::max(most_commands_, work.commands - work_before_.commands);
    }
    work_before_ = work;
  }

  uint64_t ticks() const { return wall_.total(); }
  // Of ticks without their waits.
  const LatencyHistogram& wall() const { return wall_; }
  const LatencyHistogram& phase(TickPhase phase) const {
    return histograms_[static_cast<size_t>(phase)];
  }
  int64_t wall_max_nanos() const { return wall_max_; }
  // The most commands that ran in one tick.
  uint64_t most_commands() const { return most_commands_; }
  int64_t cpu_max_nanos() const { return cpu_max_; }
  // Wall time spent in a phase; but for the wait this is processor time, unless the thread was
  // kept from running.
  int64_t total_nanos(TickPhase phase) const { return totals_[static_cast<size_t>(phase)]; }
  // All phases but the wait.
  int64_t busy_nanos() const;
  // Processor time of the waits: the kernel's work for sockets and timers. To be asked by the
  // thread of the loop.
  int64_t WaitCpuNanos() const;
  // The slowest first.
  const std::vector<SlowTick>& slowest() const { return slowest_; }

  // To be called by the thread of the loop.
  void Reset();

 private:
  static constexpr int64_t kMinMeasuredNanos = 50'000;

  int64_t MeasureCpu(int64_t wall_nanos);

  const CycleClock& cycles_;
  uint64_t mark_ = CycleClock::Now();
  std::array<uint64_t, kTickPhases> phases_{};  // cycles of the tick under way
  std::array<int64_t, kTickPhases> last_{};     // nanoseconds of the last tick
  int64_t last_wall_ = 0;
  int64_t last_cpu_ = 0;
  int64_t cpu_reading_ = -1;     // of the thread, when it was last read
  bool cpu_is_current_ = false;  // it was read at the end of the last tick
  TickWork work_before_;
  uint64_t most_commands_ = 0;

  LatencyHistogram wall_;
  std::array<LatencyHistogram, kTickPhases> histograms_;
  std::array<int64_t, kTickPhases> totals_{};
  int64_t wall_max_ = 0;
  int64_t cpu_max_ = 0;
  std::vector<SlowTick> slowest_;
  int64_t next_id_ = 0;
  int64_t cpu_at_reset_ = -1;  // of the thread; -1: before the first tick
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_TICK_PROFILE_H_
