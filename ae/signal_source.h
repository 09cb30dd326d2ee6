// Blocked signals, turned into events.
//
// With signalfd the kernel makes a descriptor readable when one of the signals is pending.
// Elsewhere there is no descriptor, and the loop polls: a blocked signal stays pending until it is
// taken.
#ifndef SOLOKV_AE_SIGNAL_SOURCE_H_
#define SOLOKV_AE_SIGNAL_SOURCE_H_

#include <signal.h>

#include <span>

#include "absl/status/statusor.h"
#include "ae/file_descriptor.h"

namespace ae {

class SignalSource {
 public:
  // Precondition: the caller has blocked `signals` in every thread.
  static absl::StatusOr<SignalSource> Create(std::span<const int> signals);

  // Readable while a signal is pending; -1 if Take has to be called from time to time instead.
  int fd() const { return fd_.get(); }
  // The next pending signal, which is consumed; 0 if there is none.
  int Take();

 private:
  FileDescriptor fd_;
  sigset_t signals_;
};

}  // namespace ae

#endif  // SOLOKV_AE_SIGNAL_SOURCE_H_
