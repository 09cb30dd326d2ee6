// A descriptor that becomes readable when another thread, or a signal handler, calls Signal.
// An eventfd where there is one, else a pipe. Signals between two Drains cost one write in all.
#ifndef SOLOKV_AE_WAKEUP_CHANNEL_H_
#define SOLOKV_AE_WAKEUP_CHANNEL_H_

#include <atomic>

#include "absl/status/status.h"
#include "ae/file_descriptor.h"

namespace ae {

class WakeupChannel {
 public:
  absl::Status Open();
  // Readable from Signal to Drain.
  int fd() const { return reader_.get(); }
  // Thread-safe and async-signal-safe.
  void Signal();
  void Drain();

 private:
  int writing_end() const { return writer_.valid() ? writer_.get() : reader_.get(); }

  FileDescriptor reader_;
  FileDescriptor writer_;  // not with an eventfd
  std::atomic<bool> signalled_{false};
};

}  // namespace ae

#endif  // SOLOKV_AE_WAKEUP_CHANNEL_H_
