// Pause: CLIENT PAUSE and UNPAUSE. Pauses add up: the stricter mode holds until the later end.
#ifndef SOLOKV_KV_SERVER_PAUSE_H_
#define SOLOKV_KV_SERVER_PAUSE_H_

#include <algorithm>
#include <cstdint>

#include "ae/loop.h"
#include "kv/base/clock.h"
#include "kv/server/request_runner.h"
#include "kv/store/store_context.h"

namespace kv {

class Pause {
 public:
  Pause(ae::Loop& loop, const Clock& clock, RequestRunner& runner, StoreContext& store)
      : loop_(loop), clock_(clock), runner_(runner), store_(store) {}

  // Lets commands of `mode` wait for at least `milliseconds` from now.
  void Begin(PauseMode mode, int64_t milliseconds) {
    const int64_t now = clock_.MonotonicMicros();
    const int64_t room = (INT64_MAX - now) / 1000;
    end_ = std::max(end_, now + std::min(milliseconds, room) * 1000);
    loop_.CancelTimer(timer_);
    timer_ = loop_.SetTimer(end_, [this] { End(); });
    Apply(std::max(mode, runner_.pause()));
  }
  void End() {
    loop_.CancelTimer(timer_);
    timer_ = {};
    end_ = 0;
    Apply(PauseMode::kNone);
  }
  PauseMode mode() const { return runner_.pause(); }
  // Milliseconds until the end; 0 without a pause.
  int64_t Left() const { return std::max<int64_t>(0, (end_ - clock_.MonotonicMicros()) / 1000); }

 private:
  void Apply(PauseMode mode) {
    runner_.SetPause(mode);
    // Expiry writes, too: what is due stays hidden meanwhile.
    store_.expiry = mode == PauseMode::kNone ? ExpiryPolicy::kDelete : ExpiryPolicy::kHide;
  }

  ae::Loop& loop_;
  const Clock& clock_;
  RequestRunner& runner_;
  StoreContext& store_;
  ae::TimerId timer_;
  int64_t end_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_PAUSE_H_
