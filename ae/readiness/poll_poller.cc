// poll(2). Add, Modify and Remove cost O(1); Wait costs O(watched descriptors).
//
//   polled_   [ fd, events ] [ fd, events ] ...      dense, in no order
//   tokens_   [ token      ] [ token      ] ...      beside it
//   place_    fd -> index in both, -1 if not watched
#include <poll.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <vector>

#include "ae/readiness/pollers.h"

namespace ae {
namespace {

class PollPoller final : public Poller {
 public:
  BackendKind kind() const override { return BackendKind::kPoll; }

  int Add(int fd, uint8_t interest, uint64_t token) override {
    if (static_cast<size_t>(fd) >= place_.size()) place_.resize(fd + 1, -1);
    if (place_[fd] >= 0) return EEXIST;
    place_[fd] = static_cast<int>(polled_.size());
    polled_.push_back({fd, ToPoll(interest), 0});
    tokens_.push_back(token);
    return 0;
  }

  int Modify(int fd, uint8_t interest, uint64_t token) override {
    if (!IsWatched(fd)) return ENOENT;
    polled_[place_[fd]].events = ToPoll(interest);
    tokens_[place_[fd]] = token;
    return 0;
  }

  void Remove(int fd) override {
    if (!IsWatched(fd)) return;
    const int place = place_[fd];
    polled_[place] = polled_.back();
    tokens_[place] = tokens_.back();
    place_[polled_[place].fd] = place;
    place_[fd] = -1;
    polled_.pop_back();
    tokens_.pop_back();
  }

  void Wait(int64_t timeout, std::vector<PollerEvent>* events) override {
    int left = Poll(timeout);
    for (size_t i = 0; left > 0 && i < polled_.size(); ++i) {
      if (polled_[i].revents == 0) continue;
      events->push_back({tokens_[i], FromPoll(polled_[i].revents)});
      --left;
    }
  }

 private:
  static short ToPoll(uint8_t interest) {
    int bits = 0;
    if (interest & kReadReady) bits |= POLLIN;
    if (interest & kWriteReady) bits |= POLLOUT;
    return static_cast<short>(bits);
  }

  static uint8_t FromPoll(short bits) {
    uint8_t ready = 0;
    if (bits & POLLIN) ready |= kReadReady;
    if (bits & POLLOUT) ready |= kWriteReady;
    if (bits & (POLLERR | POLLHUP | POLLNVAL)) ready |= kHangup;
    return ready;
  }

  bool IsWatched(int fd) const {
    return static_cast<size_t>(fd) < place_.size() && place_[fd] >= 0;
  }

  int Poll(int64_t timeout) {
#ifdef __linux__
    const timespec limit = {static_cast<time_t>(timeout / 1'000'000),
                            static_cast<long>(timeout % 1'000'000 * 1000)};
    return ppoll(polled_.data(), polled_.size(), timeout < 0 ? nullptr : &limit, nullptr);
#else
    const int64_t milliseconds = timeout < 0 ? -1 : (timeout + 999) / 1000;
    return poll(polled_.data(), static_cast<nfds_t>(polled_.size()),
                static_cast<int>(milliseconds > INT32_MAX ? INT32_MAX : milliseconds));
#endif
  }

  std::vector<pollfd> polled_;
  std::vector<uint64_t> tokens_;
  std::vector<int> place_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Poller>> CreatePollPoller() {
  return std::make_unique<PollPoller>();
}

}  // namespace ae
