#include "ae/wakeup_channel.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "ae/socket.h"
#ifdef __linux__
#include <sys/eventfd.h>
#endif

namespace ae {

absl::Status WakeupChannel::Open() {
#ifdef __linux__
  reader_.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!reader_.valid()) return absl::ErrnoToStatus(errno, "eventfd");
#else
  int ends[2];
  if (pipe(ends) != 0) return absl::ErrnoToStatus(errno, "pipe");
  for (int end : ends) {
    fcntl(end, F_SETFD, FD_CLOEXEC);
    SetBlocking(end, false);
  }
  reader_.Reset(ends[0]);
  writer_.Reset(ends[1]);
#endif
  return absl::OkStatus();
}

void WakeupChannel::Signal() {
  if (signalled_.exchange(true)) return;
  const int saved_errno = errno;
  const uint64_t one = 1;  // an eventfd takes exactly eight bytes
  [[maybe_unused]] const ssize_t written = write(writing_end(), &one, sizeof(one));
  errno = saved_errno;
}

void WakeupChannel::Drain() {
  uint64_t drained;
  while (read(reader_.get(), &drained, sizeof(drained)) > 0 && writer_.valid()) {
  }
  // From here on a Signal writes again; one that came before found the loop awake already.
  signalled_.store(false);
}

}  // namespace ae
