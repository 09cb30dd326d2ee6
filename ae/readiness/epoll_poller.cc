// epoll, level- or edge-triggered. Add, Modify and Remove are one system call each; Wait costs
// O(ready descriptors), however many are watched.
#include <sys/epoll.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "ae/file_descriptor.h"
#include "ae/readiness/pollers.h"

namespace ae {
namespace {

constexpr size_t kFirstEvents = 64;
constexpr size_t kMostEvents = 1024;

class EpollPoller final : public Poller {
 public:
  EpollPoller(FileDescriptor epoll, bool edge_triggered)
      : epoll_(std::move(epoll)), edge_triggered_(edge_triggered), found_(kFirstEvents) {}

  BackendKind kind() const override {
    return edge_triggered_ ? BackendKind::kEpollEdge : BackendKind::kEpoll;
  }
  bool edge_triggered() const override { return edge_triggered_; }

  int Add(int fd, uint8_t interest, uint64_t token) override {
    return Control(EPOLL_CTL_ADD, fd, interest, token);
  }
  int Modify(int fd, uint8_t interest, uint64_t token) override {
    return Control(EPOLL_CTL_MOD, fd, interest, token);
  }
  void Remove(int fd) override { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

  void Wait(int64_t timeout, std::vector<PollerEvent>* events) override {
    const int count = WaitForEvents(timeout);
    for (int i = 0; i < count; ++i) {
      events->push_back({found_[i].data.u64, FromEpoll(found_[i].events)});
    }
    if (static_cast<size_t>(count < 0 ? 0 : count) == found_.size() && count < int{kMostEvents}) {
      found_.resize(found_.size() * 2);
    }
  }

 private:
  static uint32_t ToEpoll(uint8_t interest) {
    uint32_t bits = 0;
    if (interest & kReadReady) bits |= EPOLLIN;
    if (interest & kWriteReady) bits |= EPOLLOUT;
    if (interest & kEdge) bits |= EPOLLET | EPOLLRDHUP;
    return bits;
  }

  static uint8_t FromEpoll(uint32_t bits) {
    uint8_t ready = 0;
    if (bits & EPOLLIN) ready |= kReadReady;
    if (bits & EPOLLOUT) ready |= kWriteReady;
    if (bits & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) ready |= kHangup;
    return ready;
  }

  int Control(int operation, int fd, uint8_t interest, uint64_t token) {
    epoll_event event = {};
    event.events = ToEpoll(interest);
    event.data.u64 = token;
    return epoll_ctl(epoll_.get(), operation, fd, &event) == 0 ? 0 : errno;
  }

  int WaitForEvents(int64_t timeout) {
    const int capacity = static_cast<int>(found_.size());
    if (timeout <= 0) {
      return epoll_wait(epoll_.get(), found_.data(), capacity, timeout == 0 ? 0 : -1);
    }
    if (has_microseconds_) {
      const timespec limit = {static_cast<time_t>(timeout / 1'000'000),
                              static_cast<long>(timeout % 1'000'000 * 1000)};
      const int count = epoll_pwait2(epoll_.get(), found_.data(), capacity, &limit, nullptr);
      if (count >= 0 || errno != ENOSYS) return count;
      has_microseconds_ = false;
    }
    const int64_t milliseconds = (timeout + 999) / 1000;
    return epoll_wait(epoll_.get(), found_.data(), capacity,
                      static_cast<int>(milliseconds > INT32_MAX ? INT32_MAX : milliseconds));
  }

  const FileDescriptor epoll_;
  const bool edge_triggered_;
  bool has_microseconds_ = true;  // whether the kernel has epoll_pwait2
  std::vector<epoll_event> found_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Poller>> CreateEpollPoller(bool edge_triggered) {
  FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return absl::ErrnoToStatus(errno, "epoll_create1");
  return std::make_unique<EpollPoller>(std::move(epoll), edge_triggered);
}

}  // namespace ae
