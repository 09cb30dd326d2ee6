// The seam below the loop: what differs between readiness and completion.
//
//          Loop (ae/loop.h)             what the server sees
//            |
//          LoopFront                    timers, posted work, wake-ups, signals, the order of a tick
//            |
//          Backend                      accept, receive, send, close, wait            (this file)
//           /                \            .
//   ReadinessBackend       UringBackend
//     |
//   Poller                              add, modify, remove, wait
//     |
//   select  poll  epoll  kqueue
//
// A backend calls handlers from Deliver only, and the last call of a stream is its OnClosed or
// OnDetached.
// The functions that Loop has too mean here what they mean there.
#ifndef SOLOKV_AE_BACKEND_H_
#define SOLOKV_AE_BACKEND_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "absl/status/statusor.h"
#include "ae/loop.h"
#include "ae/socket.h"

namespace ae {

class Backend {
 public:
  enum class Scope {
    kAll,
    kStreams,  // streams and listeners, not watches
  };
  static constexpr int64_t kNoLimit = -1;

  virtual ~Backend() = default;

  virtual BackendKind kind() const = 0;
  virtual const Loop::Counters& counters() const = 0;

  virtual absl::StatusOr<ListenerId> AddListener(ListeningSocket socket, Acceptor* acceptor) = 0;
  virtual void CloseListener(ListenerId listener, std::function<void()> closed) = 0;
  virtual int ListenerDescriptor(ListenerId listener) const = 0;

  virtual absl::StatusOr<StreamId> Adopt(int fd, StreamHandler* handler) = 0;
  virtual SendResult Send(StreamId stream, std::span<const iovec> parts) = 0;
  virtual void ReceiveInto(StreamId stream, std::span<char> target) = 0;
  virtual void SetReceiving(StreamId stream, bool receiving) = 0;
  virtual void Close(StreamId stream) = 0;
  virtual void Detach(StreamId stream) = 0;
  virtual int Descriptor(StreamId stream) const = 0;

  virtual absl::StatusOr<WatchId> Watch(int fd, Interest interest,
                                        std::function<void(Interest)> ready) = 0;
  virtual void Unwatch(WatchId watch) = 0;

  // Blocks for at most `timeout` microseconds (kNoLimit: for ever) until there is something to
  // deliver; not at all if work is left over. Returns whether there is something.
  virtual bool Wait(int64_t timeout) = 0;
  // Calls the handlers of what Wait brought and of what was left over. May be called from within a
  // handler.
  virtual void Deliver(Scope scope) = 0;
  // The bytes delivered since the last call are no longer needed.
  virtual void ReleaseReceived() = 0;

  // Begins to close all listeners and streams.
  virtual void CloseAll() = 0;
  // Whether a listener or stream is left whose last completion has not been delivered.
  virtual bool HasOpen() const = 0;
};

}  // namespace ae

#endif  // SOLOKV_AE_BACKEND_H_
