// CycleClock: the processor's time stamp counter, for durations of commands and ticks. Reading it
// costs a few nanoseconds; the scale is found by comparing it with the system's monotonic clock.
#ifndef SOLOKV_KV_BASE_CYCLE_CLOCK_H_
#define SOLOKV_KV_BASE_CYCLE_CLOCK_H_

#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace kv {

class CycleClock {
 public:
  static uint64_t Now() {
#if defined(__x86_64__)
    return __rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return static_cast<uint64_t>(SteadyNanoseconds());
#endif
  }

  // Measures the scale for about 20 microseconds; Recalibrate makes it exact as time goes by.
  CycleClock() : start_(Read()) {
    while (SteadyNanoseconds() - start_.nanoseconds < 20'000) {
    }
    Recalibrate();
  }
  void Recalibrate() {
    const Reading now = Read();
    const uint64_t cycles = now.cycles - start_.cycles;
    if (cycles == 0) return;
    nanoseconds_per_cycle_ =
        static_cast<double>(now.nanoseconds - start_.nanoseconds) / static_cast<double>(cycles);
    scale_ = static_cast<uint64_t>(nanoseconds_per_cycle_ * static_cast<double>(kOne));
  }

  uint64_t Nanoseconds(uint64_t cycles) const {
    return static_cast<uint64_t>(static_cast<unsigned __int128>(cycles) * scale_ / kOne);
  }
  uint64_t Cycles(uint64_t nanoseconds) const {
    return static_cast<uint64_t>(static_cast<double>(nanoseconds) / nanoseconds_per_cycle_);
  }

  // Repeats `step` while it returns true, for about that long. Reads no clock if the first one
  // finds nothing to do.
  template <class Step>
  void RunFor(uint64_t nanoseconds, Step step) const {
    if (!step()) return;
    const uint64_t start = Now();
    const uint64_t limit = Cycles(nanoseconds);
    while (Now() - start < limit && step()) {
    }
  }

 private:
  static constexpr uint64_t kOne = uint64_t{1} << 32;

  // Both clocks at one moment.
  struct Reading {
    uint64_t cycles;
    int64_t nanoseconds;
  };

  // The tightest of a few attempts: page faults of a process that just began, or other threads, may
  // come between the two clocks.
  static Reading Read() {
    Reading best = {};
    uint64_t best_gap = UINT64_MAX;
    for (int attempt = 0; attempt < 4; ++attempt) {
      const uint64_t before = Now();
      const int64_t nanoseconds = SteadyNanoseconds();
      const uint64_t gap = Now() - before;
      if (gap >= best_gap) continue;
      best_gap = gap;
      best = {before + gap / 2, nanoseconds};
    }
    return best;
  }

  static int64_t SteadyNanoseconds() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

  Reading start_;
  double nanoseconds_per_cycle_ = 1;
  uint64_t scale_ = kOne;  // nanoseconds per cycle, in fixed point
};

}  // namespace kv

#endif  // SOLOKV_KV_BASE_CYCLE_CLOCK_H_
