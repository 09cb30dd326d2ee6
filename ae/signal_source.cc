#include "ae/signal_source.h"

#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#ifdef __linux__
#include <sys/signalfd.h>
#endif

namespace ae {

absl::StatusOr<SignalSource> SignalSource::Create(std::span<const int> signals) {
  SignalSource source;
  sigemptyset(&source.signals_);
  for (int signal : signals) {
    if (sigaddset(&source.signals_, signal) != 0) return absl::ErrnoToStatus(errno, "sigaddset");
  }
#ifdef __linux__
  source.fd_.Reset(signalfd(-1, &source.signals_, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!source.fd_.valid()) return absl::ErrnoToStatus(errno, "signalfd");
#endif
  return source;
}

#ifdef __linux__

int SignalSource::Take() {
  signalfd_siginfo info;
  return read(fd_.get(), &info, sizeof(info)) == sizeof(info) ? static_cast<int>(info.ssi_signo)
                                                              : 0;
}

#else

int SignalSource::Take() {
  sigset_t pending;
  sigemptyset(&pending);
  sigpending(&pending);
  for (int signal = 1; signal < NSIG; ++signal) {
    if (sigismember(&signals_, signal) != 1 || sigismember(&pending, signal) != 1) continue;
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    int taken = 0;
    return sigwait(&one, &taken) == 0 ? taken : 0;
  }
  return 0;
}

#endif

}  // namespace ae
