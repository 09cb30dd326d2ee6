#include <sys/epoll.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "ae/file_descriptor.h"
#include "tools/lab_servers/models.h"

namespace lab {
namespace {

constexpr int kMostEvents = 256;

class OneShotPoller final : public ae::Poller {
 public:
  explicit OneShotPoller(ae::FileDescriptor epoll) : epoll_(std::move(epoll)) {}

  ae::BackendKind kind() const override { return ae::BackendKind::kEpoll; }

  int Add(int fd, uint8_t interest, uint64_t token) override {
    watched_[fd] = {interest, token};
    return Arm(EPOLL_CTL_ADD, fd);
  }
  int Modify(int fd, uint8_t interest, uint64_t token) override {
    watched_[fd] = {interest, token};
    return Arm(EPOLL_CTL_MOD, fd);
  }
  void Remove(int fd) override {
    watched_.erase(fd);
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  }

  void Wait(int64_t timeout, std::vector<ae::PollerEvent>* events) override {
    for (const int fd : std::exchange(reported_, {})) {
      if (watched_.contains(fd)) Arm(EPOLL_CTL_MOD, fd);
    }
    const int64_t milliseconds = timeout < 0 ? -1 : (timeout + 999) / 1000;
    epoll_event found[kMostEvents];
    const int count = epoll_wait(epoll_.get(), found, kMostEvents, static_cast<int>(milliseconds));
    for (int i = 0; i < count; ++i) {
      const int fd = found[i].data.fd;
      reported_.push_back(fd);
      events->push_back({watched_[fd].token, FromEpoll(found[i].events)});
    }
  }

 private:
  struct Watched {
    uint8_t interest;
    uint64_t token;
  };

  static uint8_t FromEpoll(uint32_t bits) {
    uint8_t ready = 0;
    if (bits & EPOLLIN) ready |= ae::kReadReady;
    if (bits & EPOLLOUT) ready |= ae::kWriteReady;
    if (bits & (EPOLLERR | EPOLLHUP)) ready |= ae::kHangup;
    return ready;
  }

  int Arm(int operation, int fd) {
    const uint8_t interest = watched_[fd].interest;
    epoll_event event = {};
    event.events = EPOLLONESHOT;
    if (interest & ae::kReadReady) event.events |= EPOLLIN;
    if (interest & ae::kWriteReady) event.events |= EPOLLOUT;
    event.data.fd = fd;
    return epoll_ctl(epoll_.get(), operation, fd, &event) == 0 ? 0 : errno;
  }

  const ae::FileDescriptor epoll_;
  std::unordered_map<int, Watched> watched_;
  std::vector<int> reported_;  // silent since the last wait
};

}  // namespace

absl::StatusOr<std::unique_ptr<ae::Poller>> CreateOneShotPoller() {
  ae::FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return absl::ErrnoToStatus(errno, "epoll_create1");
  return std::make_unique<OneShotPoller>(std::move(epoll));
}

}  // namespace lab
