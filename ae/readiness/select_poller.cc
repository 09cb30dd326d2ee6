// select(2). It knows only descriptors below FD_SETSIZE; others are refused by CanWatch and Add,
// and no bitmap is ever touched for them. Wait costs O(largest descriptor).
#include <sys/select.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <memory>
#include <vector>

#include "ae/readiness/pollers.h"

namespace ae {
namespace {

class SelectPoller final : public Poller {
 public:
  SelectPoller() {
    FD_ZERO(&readers_);
    FD_ZERO(&writers_);
  }

  BackendKind kind() const override { return BackendKind::kSelect; }
  bool CanWatch(int fd) const override { return fd >= 0 && fd < FD_SETSIZE; }

  int Add(int fd, uint8_t interest, uint64_t token) override { return Modify(fd, interest, token); }

  int Modify(int fd, uint8_t interest, uint64_t token) override {
    if (!CanWatch(fd)) return EINVAL;
    if (static_cast<size_t>(fd) >= tokens_.size()) tokens_.resize(fd + 1);
    Mark(&readers_, fd, interest & kReadReady);
    Mark(&writers_, fd, interest & kWriteReady);
    tokens_[fd] = token;
    return 0;
  }

  void Remove(int fd) override {
    if (!CanWatch(fd)) return;
    FD_CLR(fd, &readers_);
    FD_CLR(fd, &writers_);
    while (!tokens_.empty() && !IsMarked(static_cast<int>(tokens_.size()) - 1)) tokens_.pop_back();
  }

  void Wait(int64_t timeout, std::vector<PollerEvent>* events) override {
    fd_set readable = readers_;
    fd_set writable = writers_;
    const timespec limit = {static_cast<time_t>(timeout / 1'000'000),
                            static_cast<long>(timeout % 1'000'000 * 1000)};
    const int size = static_cast<int>(tokens_.size());
    int left =
        pselect(size, &readable, &writable, nullptr, timeout < 0 ? nullptr : &limit, nullptr);
    for (int fd = 0; left > 0 && fd < size; ++fd) {
      uint8_t ready = 0;
      if (FD_ISSET(fd, &readable)) ready |= kReadReady;
      if (FD_ISSET(fd, &writable)) ready |= kWriteReady;
      if (ready == 0) continue;
      events->push_back({tokens_[fd], ready});
      left -= (ready & kReadReady ? 1 : 0) + (ready & kWriteReady ? 1 : 0);
    }
  }

 private:
  static void Mark(fd_set* set, int fd, bool wanted) {
    if (wanted) {
      FD_SET(fd, set);
    } else {
      FD_CLR(fd, set);
    }
  }

  bool IsMarked(int fd) const { return FD_ISSET(fd, &readers_) || FD_ISSET(fd, &writers_); }

  fd_set readers_;
  fd_set writers_;
  std::vector<uint64_t> tokens_;  // by descriptor
};

}  // namespace

absl::StatusOr<std::unique_ptr<Poller>> CreateSelectPoller() {
  return std::make_unique<SelectPoller>();
}

}  // namespace ae
