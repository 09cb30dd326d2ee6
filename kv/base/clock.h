// The two clocks of a server.
//
//   wall        what people's clocks show: TTLs, LRU, TIME. It may step in either direction.
//   monotonic   only ever advances: timeouts, durations. Its zero is arbitrary.
#ifndef SOLOKV_KV_BASE_CLOCK_H_
#define SOLOKV_KV_BASE_CLOCK_H_

#include <atomic>
#include <cstdint>

namespace kv {

class Clock {
 public:
  virtual ~Clock() = default;
  // Since 1970-01-01 00:00 UTC.
  virtual int64_t WallMicros() const = 0;
  virtual int64_t MonotonicMicros() const = 0;

  int64_t WallMillis() const { return WallMicros() / 1000; }
};

// The system's clocks. Thread-safe.
class SystemClock : public Clock {
 public:
  int64_t WallMicros() const override;
  int64_t MonotonicMicros() const override;
};

// Stands still until it is told otherwise. Thread-safe.
class SettableClock : public Clock {
 public:
  explicit SettableClock(int64_t wall_millis = 1'700'000'000'000);

  int64_t WallMicros() const override { return wall_micros_.load(); }
  int64_t MonotonicMicros() const override { return monotonic_micros_.load(); }

  // Both clocks advance.
  void AdvanceMicros(int64_t micros);
  void AdvanceMillis(int64_t millis) { AdvanceMicros(millis * 1000); }
  // The wall clock steps; the monotonic one does not notice.
  void SetWallMillis(int64_t millis) { wall_micros_.store(millis * 1000); }

 private:
  std::atomic<int64_t> wall_micros_;
  std::atomic<int64_t> monotonic_micros_;
};

}  // namespace kv

#endif  // SOLOKV_KV_BASE_CLOCK_H_
