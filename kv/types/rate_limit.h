// RateLimit: the generic cell rate algorithm. It admits `count` units per `period` in the long run,
// and up to `max_burst` + 1 at once.
//
// All that is kept is one point of time, the theoretical arrival time: when the units admitted so
// far would all have arrived at the sustained rate. A request moves it by an emission interval for
// each unit, and is refused if that would put it further ahead than the tolerance:
//
//     ──────┬──────────────────────┬───────────────────────┬──────►  time
//          now    units admitted   TAT     still admitted   now + tolerance
//
// Times are in nanoseconds since any epoch. Cost: O(1).
//
// Source: ITU-T I.371, Traffic control and congestion control in B-ISDN, annex A.
#ifndef SOLOKV_KV_TYPES_RATE_LIMIT_H_
#define SOLOKV_KV_TYPES_RATE_LIMIT_H_

#include <algorithm>
#include <cstdint>
#include <optional>

namespace kv {

class RateLimit {
 public:
  static constexpr int64_t kNever = -1;

  struct Decision {
    bool limited;
    int64_t remaining;    // units that would be admitted now
    int64_t retry_after;  // until as many units would be admitted; kNever also if they were
    int64_t reset_after;  // until nothing is remembered
    int64_t theoretical_arrival;
  };

  // Nothing if the rate is too high or the burst too long to be told in nanoseconds.
  // Preconditions: max_burst >= 0, count > 0, period_seconds > 0.
  static std::optional<RateLimit> Create(int64_t max_burst, int64_t count, int64_t period_seconds) {
    __int128 interval = static_cast<__int128>(period_seconds) * kNanosPerSecond / count;
    const __int128 tolerance = interval * (static_cast<__int128>(max_burst) + 1);
    if (interval == 0 || tolerance > kMaxTolerance) return std::nullopt;
    return RateLimit(static_cast<int64_t>(interval), static_cast<int64_t>(tolerance));
  }

  // Units that are admitted at once after a time without any.
  int64_t limit() const { return tolerance_ / interval_; }

  // What happens to a request for `quantity` units, 0 to ask only. `arrival` is the theoretical
  // arrival time after the requests before, if there were any.
  Decision Decide(int64_t now, std::optional<int64_t> arrival, int64_t quantity) const {
    const int64_t before = std::max(now, arrival.value_or(now));
    const __int128 after = before + static_cast<__int128>(interval_) * quantity;
    const __int128 ahead = after - now - tolerance_;
    const bool limited = ahead > 0;
    const bool ever = static_cast<__int128>(interval_) * quantity <= tolerance_;
    const int64_t next = limited ? before : static_cast<int64_t>(after);
    const int64_t reset_after = next - now;
    return {.limited = limited,
            .remaining = std::max<int64_t>(0, (tolerance_ - reset_after) / interval_),
            .retry_after = limited && ever ? static_cast<int64_t>(ahead) : kNever,
            .reset_after = reset_after,
            .theoretical_arrival = next};
  }

 private:
  static constexpr int64_t kNanosPerSecond = 1'000'000'000;
  static constexpr int64_t kMaxTolerance = INT64_MAX / 8;  // 36 years

  RateLimit(int64_t interval, int64_t tolerance) : interval_(interval), tolerance_(tolerance) {}

  int64_t interval_;   // between units at the sustained rate
  int64_t tolerance_;  // how far ahead of the clock arrivals may be
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_RATE_LIMIT_H_
