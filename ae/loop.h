// The event loop: bytes, handles and timers; it knows neither RESP nor keys.
//
// The contract is that of the completion model, which readiness can imitate:
//
//   - Received bytes stay valid, unchanged, until the tick that delivered them ends (AfterWait of
//     its TickHandler returned). What a handler has not consumed by then it copies.
//   - Bytes and iovec arrays handed to Send belong to the stream until OnSent or OnClosed.
//     At most one send is in flight for a stream.
//   - A handle is slot + generation. Calls with a stale handle do nothing.
//   - The last call for a stream is OnClosed, or OnDetached if it was given away; from there on its
//     handler may be destroyed.
//
// One Loop belongs to the thread that first runs it; only Wakeup may be called from others.
// Many loops live in one process. Nothing here is global.
#ifndef SOLOKV_AE_LOOP_H_
#define SOLOKV_AE_LOOP_H_

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ae/file_descriptor.h"

namespace ae {

struct Handle {
  uint32_t slot = 0;
  uint32_t generation = 0;  // 0 names nothing
  bool valid() const { return generation != 0; }
  friend bool operator==(const Handle&, const Handle&) = default;
};
struct StreamId : Handle {};
struct ListenerId : Handle {};
struct TimerId : Handle {};
struct WatchId : Handle {};

// What one stream tells its owner. Calls come from Loop::RunOnce or Loop::PollStreams only,
// never from within Send, ReceiveInto or Close.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  // `bytes` (never empty) arrived, in order.
  virtual void OnReceive(std::span<const char> bytes) = 0;
  // `size` more bytes arrived in the memory given to ReceiveInto.
  virtual void OnReceivedInto(size_t size) = 0;
  // The peer has shut down its sending side; nothing more will be received. Sending still works.
  virtual void OnEnd() = 0;
  // The send that returned kPending has left whole: its memory is the owner's again.
  virtual void OnSent() = 0;
  // The stream is broken (`error` is an errno value). The owner is expected to call Close.
  virtual void OnError(int error) = 0;
  // Close is complete; all memory lent to the stream is free again. The last call.
  virtual void OnClosed() = 0;
  // Detach is complete: the socket, which blocks from now on, is the handler's, and so are the
  // bytes received and not delivered. Memory lent to the stream is free again. The last call.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): nothing is kept by default.
  virtual void OnDetached(FileDescriptor /*socket*/, std::string /*unread*/) {}
};

struct Peer {
  std::string address;        // "127.0.0.1", "::1", or the path of a UNIX socket
  int port = 0;               // 0 for a UNIX socket
  std::string local_address;  // the address the peer connected to
  int local_port = 0;
  bool is_unix = false;
  bool is_loopback = false;  // UNIX sockets count as loopback
};

// Decides about new connections of a listener.
class Acceptor {
 public:
  virtual ~Acceptor() = default;
  // Returns the handler of the new stream, not owned. Returning null refuses it: `farewell`, if the
  // acceptor set it, is sent as far as it goes without blocking, and the connection is closed.
  virtual StreamHandler* OnAccept(StreamId stream, const Peer& peer, std::string* farewell) = 0;
};

// Called by RunOnce around the blocking call.
class TickHandler {
 public:
  virtual ~TickHandler() = default;
  // Returns for how long the loop may block at most, in microseconds; 0 to poll only.
  virtual int64_t BeforeWait() = 0;
  // The wait is over; nothing was delivered yet.
  virtual void OnWoken() {}
  // The timers that were due have run; events come next.
  virtual void OnTimersRun() {}
  // All events of this tick were delivered: run, persist, send, free.
  virtual void AfterWait() = 0;
};

enum class BackendKind { kAuto, kUring, kEpoll, kEpollEdge, kKqueue, kPoll, kSelect };

// "auto", "io_uring", "epoll", "epoll-et", "kqueue", "poll", "select".
std::string_view BackendName(BackendKind kind);
std::optional<BackendKind> ParseBackendName(std::string_view name);
// Those that this build contains, in the order in which kAuto tries them.
std::vector<BackendKind> BuiltBackends();

struct LoopOptions {
  BackendKind backend = BackendKind::kAuto;
  bool uring_sqpoll = false;
  bool uring_single_shot = false;     // a request for each receive, instead of multishot
  size_t uring_registered_files = 0;  // room for descriptors known to the ring by number; 0: none
  size_t receive_buffer_bytes = size_t{16} * 1024;
  size_t receive_buffer_count = 64;
  size_t max_accepts_per_tick = 64;
  // Sent to a connection the backend cannot watch (select, beyond FD_SETSIZE) before it is closed.
  std::string cannot_watch_farewell;
  // Monotonic microseconds, for timers. Defaults to the system's monotonic clock.
  std::function<int64_t()> now;
};

enum class Interest : uint8_t { kReadable = 1, kWritable = 2, kBoth = 3 };

struct TcpListenOptions {
  std::string address;  // numeric IPv4 or IPv6, "*" or "::*" for any
  int port = 0;         // 0 takes a free one
  int backlog = 511;
};
struct UnixListenOptions {
  std::string path;
  unsigned permissions = 0;  // 0 leaves what umask gives
  int backlog = 511;
};

enum class SendResult {
  kSent,     // all bytes left already; no OnSent follows
  kPending,  // OnSent or OnError follows
};

class Loop {
 public:
  static absl::StatusOr<std::unique_ptr<Loop>> Create(const LoopOptions& options);
  virtual ~Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  virtual BackendKind backend() const = 0;
  // For each backend that kAuto would have preferred: "name: reason". Empty if none was refused.
  virtual std::string refused_backends() const = 0;

  // --- listeners ---
  // `acceptor` must outlive the listener.
  virtual absl::StatusOr<ListenerId> ListenTcp(const TcpListenOptions& options,
                                               Acceptor* acceptor) = 0;
  virtual absl::StatusOr<ListenerId> ListenUnix(const UnixListenOptions& options,
                                                Acceptor* acceptor) = 0;
  virtual int BoundPort(ListenerId listener) const = 0;
  // No peer gets in any more; those who wait to be accepted are turned away. The port is free again
  // when `closed` was called (or, without running the loop, at Shutdown).
  virtual void CloseListener(ListenerId listener, std::function<void()> closed = nullptr) = 0;

  // --- streams ---
  // Takes ownership of a connected socket.
  virtual absl::StatusOr<StreamId> Adopt(int fd, StreamHandler* handler) = 0;
  // Sends `parts` in order. Precondition: no send of this stream is pending.
  virtual SendResult Send(StreamId stream, std::span<const iovec> parts) = 0;
  // Lets the next bytes of the stream land in `target` until it is full; OnReceivedInto reports
  // them as they come (at most a bounded piece in a tick). Bytes that had been taken from the
  // kernel already are copied there. `target` is the stream's until full or
  // OnClosed.
  virtual void ReceiveInto(StreamId stream, std::span<char> target) = 0;
  // Stops or resumes delivery; the kernel's socket buffer then holds the peer back.
  virtual void SetReceiving(StreamId stream, bool receiving) = 0;
  // Enables TCP keepalive, the first probe after `seconds` of silence; 0 disables it.
  virtual void SetKeepAlive(StreamId stream, int seconds) = 0;
  // Tells the peer that nothing more will be sent; receiving goes on. Precondition: no send of this
  // stream is pending.
  virtual void EndSending(StreamId stream) = 0;
  // Drops what is unsent and closes. OnClosed follows from a later RunOnce or from Shutdown.
  virtual void Close(StreamId stream) = 0;
  // Gives the stream's socket away, as it is: the peer notices nothing. Nothing more is delivered
  // but OnDetached, which follows from a later RunOnce or from Shutdown; a Close meanwhile does
  // nothing. Precondition: no send of this stream is pending.
  virtual void Detach(StreamId stream) = 0;
  // The descriptor behind the stream, for display only; -1 if stale.
  virtual int Descriptor(StreamId stream) const = 0;

  // --- timers, wake-ups, watches, signals ---
  // Runs `callback` once, at or after `deadline` (in LoopOptions::now's microseconds). A callback
  // may set and cancel timers.
  virtual TimerId SetTimer(int64_t deadline, std::function<void()> callback) = 0;
  virtual void CancelTimer(TimerId timer) = 0;
  // Thread-safe and async-signal-safe: makes the blocking call of RunOnce return.
  virtual void Wakeup() = 0;
  // Thread-safe: runs `work` on the loop's thread, in a later tick.
  virtual void Post(std::function<void()> work) = 0;
  // Calls `ready` while `fd` (not owned) has the interest, level-triggered.
  virtual absl::StatusOr<WatchId> Watch(int fd, Interest interest,
                                        std::function<void(Interest)> ready) = 0;
  virtual void Unwatch(WatchId watch) = 0;
  // Delivers signals as events. The caller blocked them in every thread beforehand.
  virtual absl::Status WatchSignals(std::span<const int> signals,
                                    std::function<void(int)> callback) = 0;

  // --- running ---
  // Before it blocks, RunOnce polls for that long: an event is then noticed without the kernel
  // putting the thread to sleep and waking it, at the price of a busy core. 0, the default, blocks
  // at once.
  virtual void SetBusyPoll(int64_t microseconds) = 0;
  virtual void SetTickHandler(TickHandler* handler) = 0;  // not owned; may be null
  // One tick: BeforeWait, one blocking call of at most `max_wait` microseconds (shorter where a
  // timer, BeforeWait or left-over work asks for it), timers, deliveries, AfterWait.
  virtual void RunOnce(int64_t max_wait) = 0;
  // From inside a tick: delivers stream and accept events that are there, without blocking, timers
  // or tick handler. Bytes received before stay valid.
  virtual void PollStreams() = 0;
  // Closes all listeners and streams and returns when the last completion came (OnClosed was
  // called for each stream). Of what was handed to Send before, peers get what they take at once.
  virtual void Shutdown() = 0;

  struct Counters {
    uint64_t waits = 0;     // blocking calls
    uint64_t receives = 0;  // system calls or completions
    uint64_t sends = 0;
    uint64_t accepts = 0;
    uint64_t accept_failures = 0;  // descriptors ran out
    uint64_t bytes_received = 0;
    uint64_t bytes_sent = 0;
  };
  virtual const Counters& counters() const = 0;

 protected:
  Loop() = default;
};

}  // namespace ae

#endif  // SOLOKV_AE_LOOP_H_
