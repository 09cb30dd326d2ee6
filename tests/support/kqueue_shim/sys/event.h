// As much of BSD's <sys/event.h> as the kqueue poller uses, for systems without it: the poller's
// source is then compiled against this header and run over epoll.
#ifndef SOLOKV_TESTS_SUPPORT_KQUEUE_SHIM_SYS_EVENT_H_
#define SOLOKV_TESTS_SUPPORT_KQUEUE_SHIM_SYS_EVENT_H_

#include <cstdint>
#include <ctime>

struct kevent {
  uintptr_t ident;
  int16_t filter;
  uint16_t flags;
  uint32_t fflags;
  int64_t data;
  void* udata;
};

#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_EOF 0x8000

inline void EV_SET(struct kevent* event, uintptr_t ident, int filter, int flags, uint32_t fflags,
                   int64_t data, void* udata) {
  *event = {ident, static_cast<int16_t>(filter), static_cast<uint16_t>(flags), fflags, data, udata};
}

int kqueue();
int kevent(int queue, const struct kevent* changes, int change_count, struct kevent* events,
           int event_count, const timespec* timeout);

#endif  // SOLOKV_TESTS_SUPPORT_KQUEUE_SHIM_SYS_EVENT_H_
