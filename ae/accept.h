// Rests accepting after descriptors ran out, so that a connection waiting in the backlog makes the
// loop neither spin nor give up: it is tried again when a descriptor is freed or 100 ms have
// passed.
#ifndef SOLOKV_AE_ACCEPT_H_
#define SOLOKV_AE_ACCEPT_H_

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "ae/loop.h"

namespace ae {

// Introduces the connection `fd` to its acceptor. Returns the stream's handler; or null if it was
// refused, then the farewell was sent and `fd` is closed.
StreamHandler* WelcomeConnection(int fd, StreamId stream, Acceptor* acceptor);

// Rests accepting after descriptors ran out, so that a connection waiting in the backlog makes the
// loop neither spin nor give up: it is tried again when a descriptor is freed or 100 ms have
// passed.
class AcceptPause {
 public:
  void Begin() {
    active_ = true;
    until_ = std::chrono::steady_clock::now() + kPause;
  }
  // A descriptor was freed.
  void CutShort() {
    if (active_) until_ = std::chrono::steady_clock::time_point::min();
  }
  bool active() const { return active_; }

  // `timeout` (microseconds, negative: none), or less if the pause ends earlier.
  int64_t Limit(int64_t timeout) const {
    if (!active_) return timeout;
    const auto now = std::chrono::steady_clock::now();
    if (until_ <= now) return 0;
    const int64_t left =
        std::chrono::duration_cast<std::chrono::microseconds>(until_ - now).count() + 1;
    return timeout < 0 ? left : std::min(timeout, left);
  }

  // Ends the pause if its time has come; true if it did.
  bool EndIfDue() {
    if (!active_ || until_ > std::chrono::steady_clock::now()) return false;
    active_ = false;
    return true;
  }

 private:
  static constexpr std::chrono::milliseconds kPause{100};

  bool active_ = false;
  std::chrono::steady_clock::time_point until_;
};

}  // namespace ae

#endif  // SOLOKV_AE_ACCEPT_H_
