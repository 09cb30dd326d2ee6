// Tells which descriptors are ready: the four verbs that select, poll, epoll and kqueue share.
//
// To add a poller: implement this class in one file of this folder, and name it in
// readiness/pollers.cc. The test suite picks it up.
#ifndef SOLOKV_AE_READINESS_POLLER_H_
#define SOLOKV_AE_READINESS_POLLER_H_

#include <cstdint>
#include <vector>

#include "ae/loop.h"

namespace ae {

// Bits of what is wanted of a descriptor and of what it is ready for.
enum Readiness : uint8_t {
  kReadReady = 1,   // a read will not block; at the end of input too
  kWriteReady = 2,  // a write will not block
  kHangup = 4,      // reported unasked: an error, or the peer has ended its side
  kEdge = 8,        // in an interest only: report changes, not states, if the poller can
};

struct PollerEvent {
  uint64_t token;
  uint8_t ready;
};

class Poller {
 public:
  virtual ~Poller() = default;

  virtual BackendKind kind() const = 0;
  // Whether an interest with kEdge is honoured. If so every stream is watched for both directions
  // from Add to Remove.
  virtual bool edge_triggered() const { return false; }
  // Whether Add accepts `fd` at all.
  virtual bool CanWatch(int fd) const {
    (void)fd;
    return true;
  }

  // Watches `fd`; its events carry `token`. An interest of 0 asks for kHangup alone, which a poller
  // may be unable to report. Returns 0 or an errno value.
  virtual int Add(int fd, uint8_t interest, uint64_t token) = 0;
  virtual int Modify(int fd, uint8_t interest, uint64_t token) = 0;
  // Precondition: `fd` was added and is still open.
  virtual void Remove(int fd) = 0;

  // Blocks until a descriptor is ready or `timeout` microseconds have passed (-1: for ever) and
  // appends what is ready to `events`. A signal may end it early.
  virtual void Wait(int64_t timeout, std::vector<PollerEvent>* events) = 0;
};

}  // namespace ae

#endif  // SOLOKV_AE_READINESS_POLLER_H_
