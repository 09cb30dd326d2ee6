// kqueue and kevent over epoll: level-triggered read and write filters of descriptors.
#include <sys/epoll.h>
#include <sys/event.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <vector>

namespace {

constexpr uint32_t kHangup = EPOLLHUP | EPOLLERR | EPOLLRDHUP;

// Which filters each queue has: epoll knows only whole descriptors.
class FilterTable {
 public:
  void Reset(int queue) {
    const std::lock_guard<std::mutex> lock(mutex_);
    queues_[queue].clear();
  }
  uint32_t Get(int queue, int fd) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return queues_[queue][fd];
  }
  void Set(int queue, int fd, uint32_t filters) {
    const std::lock_guard<std::mutex> lock(mutex_);
    queues_[queue][fd] = filters;
  }

 private:
  std::mutex mutex_;
  std::map<int, std::map<int, uint32_t>> queues_;
};

FilterTable& Filters() {
  static FilterTable filters;
  return filters;
}

int Apply(int queue, const struct kevent& change) {
  const int fd = static_cast<int>(change.ident);
  const uint32_t filter = change.filter == EVFILT_READ ? EPOLLIN : EPOLLOUT;
  const uint32_t before = Filters().Get(queue, fd);
  const bool adds = (change.flags & EV_ADD) != 0;
  if (!adds && (before & filter) == 0) {
    errno = ENOENT;
    return -1;
  }
  const uint32_t after = adds ? before | filter : before & ~filter;
  epoll_event event = {};
  event.events = after | EPOLLRDHUP;
  event.data.fd = fd;
  const int operation = before == 0 ? EPOLL_CTL_ADD : after == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  if (epoll_ctl(queue, operation, fd, &event) != 0) return -1;
  Filters().Set(queue, fd, after);
  return 0;
}

int Report(const epoll_event& ready, uint32_t filters, struct kevent* events) {
  const uint16_t flags = ready.events & kHangup ? EV_EOF : 0;
  int count = 0;
  if (filters & EPOLLIN && ready.events & (EPOLLIN | kHangup)) {
    EV_SET(&events[count++], static_cast<uintptr_t>(ready.data.fd), EVFILT_READ, flags, 0, 0,
           nullptr);
  }
  if (filters & EPOLLOUT && ready.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) {
    EV_SET(&events[count++], static_cast<uintptr_t>(ready.data.fd), EVFILT_WRITE, flags, 0, 0,
           nullptr);
  }
  return count;
}

}  // namespace

int kqueue() {
  const int queue = epoll_create1(EPOLL_CLOEXEC);
  if (queue >= 0) Filters().Reset(queue);
  return queue;
}

int kevent(int queue, const struct kevent* changes, int change_count, struct kevent* events,
           int event_count, const timespec* timeout) {
  for (int i = 0; i < change_count; ++i) {
    if (Apply(queue, changes[i]) != 0) return -1;
  }
  if (event_count < 2) return 0;
  std::vector<epoll_event> ready(event_count / 2);  // each may give two
  const int found =
      epoll_pwait2(queue, ready.data(), static_cast<int>(ready.size()), timeout, nullptr);
  int count = 0;
  for (int i = 0; i < found; ++i) {
    count += Report(ready[i], Filters().Get(queue, ready[i].data.fd), events + count);
  }
  return found < 0 ? -1 : count;
}
