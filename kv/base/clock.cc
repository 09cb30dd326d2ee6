#include "kv/base/clock.h"

#include <cassert>
#include <ctime>

namespace kv {
namespace {

int64_t ReadMicros(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

int64_t SystemClock::WallMicros() const {
  return ReadMicros(CLOCK_REALTIME);
}

int64_t SystemClock::MonotonicMicros() const {
  return ReadMicros(CLOCK_MONOTONIC);
}

SettableClock::SettableClock(int64_t wall_millis)
    : wall_micros_(wall_millis * 1000), monotonic_micros_(0) {}

void SettableClock::AdvanceMicros(int64_t micros) {
  assert(micros >= 0);
  wall_micros_.fetch_add(micros);
  monotonic_micros_.fetch_add(micros);
}

}  // namespace kv
