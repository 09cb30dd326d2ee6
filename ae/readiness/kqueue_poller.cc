// kqueue, level-triggered. Each direction of a descriptor is a filter of its own, so a change costs
// at most one system call of two entries; Wait costs O(ready filters). A descriptor ready in both
// directions gives two events.
#include <sys/types.h>
// After sys/types.h, which it needs on some systems.
#include <sys/event.h>

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

constexpr size_t kMostEvents = 256;

class KqueuePoller final : public Poller {
 public:
  explicit KqueuePoller(FileDescriptor queue) : queue_(std::move(queue)), found_(kMostEvents) {}

  BackendKind kind() const override { return BackendKind::kKqueue; }

  int Add(int fd, uint8_t interest, uint64_t token) override {
    if (static_cast<size_t>(fd) >= watched_.size()) watched_.resize(fd + 1);
    watched_[fd] = Watched();
    return Modify(fd, interest, token);
  }

  int Modify(int fd, uint8_t interest, uint64_t token) override {
    struct kevent changes[2];
    int count = 0;
    const uint8_t before = watched_[fd].interest;
    if ((interest ^ before) & kReadReady) {
      Change(&changes[count++], fd, EVFILT_READ, interest & kReadReady);
    }
    if ((interest ^ before) & kWriteReady) {
      Change(&changes[count++], fd, EVFILT_WRITE, interest & kWriteReady);
    }
    if (count > 0 && kevent(queue_.get(), changes, count, nullptr, 0, nullptr) < 0) return errno;
    watched_[fd] = {token, interest};
    return 0;
  }

  void Remove(int fd) override { Modify(fd, 0, 0); }

  void Wait(int64_t timeout, std::vector<PollerEvent>* events) override {
    const timespec limit = {static_cast<time_t>(timeout / 1'000'000),
                            static_cast<long>(timeout % 1'000'000 * 1000)};
    const int count = kevent(queue_.get(), nullptr, 0, found_.data(),
                             static_cast<int>(found_.size()), timeout < 0 ? nullptr : &limit);
    for (int i = 0; i < count; ++i) {
      const struct kevent& event = found_[i];
      events->push_back(
          {watched_[event.ident].token, event.filter == EVFILT_READ ? kReadReady : kWriteReady});
    }
  }

 private:
  struct Watched {
    uint64_t token = 0;
    uint8_t interest = 0;
  };

  static void Change(struct kevent* change, int fd, int filter, bool wanted) {
    EV_SET(change, static_cast<uintptr_t>(fd), filter, wanted ? EV_ADD : EV_DELETE, 0, 0, nullptr);
  }

  const FileDescriptor queue_;
  std::vector<Watched> watched_;  // by descriptor
  std::vector<struct kevent> found_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Poller>> CreateKqueuePoller() {
  FileDescriptor queue(kqueue());
  if (!queue.valid()) return absl::ErrnoToStatus(errno, "kqueue");
  return std::make_unique<KqueuePoller>(std::move(queue));
}

}  // namespace ae
