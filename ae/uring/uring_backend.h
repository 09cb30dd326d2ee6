// The backend over io_uring: it tells the kernel what to do and is told what was done.
//
//   calls -> wanted state of a stream -> dirty_ -> Reconcile makes requests   } Wait
//                                                  one system call for all    }
//   completions -> Dispatch -> handlers, or what is left over -> ready_ -> Step } Deliver
//
// A call only changes what a stream wants and puts it in dirty_; Reconcile compares that with the
// requests in flight. So whatever a tick asks for costs one system call, the one that waits too.
//
// Invariants:
//   - A slot is free only after the last completion of its stream: no request outlives its memory.
//   - At most one receive and one send of a stream are in flight.
//   - Closing: shutdown, cancel what is in flight, last completion, close(2), OnClosed. Closing the
//     descriptor earlier would hide the end from the peer.
//   - Detaching: cancel what is in flight, last completion, OnDetached. What is received until then
//     is held, and goes with the socket.
//   - Received bytes go to the handler straight from the provided buffer, which returns to the
//     kernel at the end of the tick. What may not be delivered yet (a second buffer in one tick, a
//     paused stream) is copied to Stream::held, and comes before anything newer.
//   - A stream that outruns one buffer a tick, or is received into a target, is received one shot
//     at a time from then on, until some of these were small: a multishot receive would fill
//     buffer after buffer, each to be copied.
//   - A first send never waits in the kernel, so each completes while it is submitted. Wait asks
//     for one completion more than there are sends sure to leave whole: small ones to peers that
//     keep up. A send that did not leave whole is made again, waiting, as soon as Wait returned.
//   - The ring is enabled by the thread that first waits, and belongs to it.
//
// Literature: Axboe, "Efficient IO with io_uring", 2019.
#ifndef SOLOKV_AE_URING_URING_BACKEND_H_
#define SOLOKV_AE_URING_URING_BACKEND_H_

#include <liburing.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ae/accept.h"
#include "ae/backend.h"
#include "ae/receive_arena.h"
#include "ae/slot_table.h"
#include "ae/uring/uring_buffers.h"
#include "ae/work_queue.h"

namespace ae {

class UringBackend final : public Backend {
 public:
  // Fails with the reason if the kernel refuses io_uring or lacks what is needed (Linux 6.0).
  static absl::StatusOr<std::unique_ptr<Backend>> Create(const LoopOptions& options);
  ~UringBackend() override;

  BackendKind kind() const override { return BackendKind::kUring; }
  const Loop::Counters& counters() const override { return counters_; }

  absl::StatusOr<ListenerId> AddListener(ListeningSocket socket, Acceptor* acceptor) override;
  void CloseListener(ListenerId listener, std::function<void()> closed) override;
  int ListenerDescriptor(ListenerId listener) const override;

  absl::StatusOr<StreamId> Adopt(int fd, StreamHandler* handler) override;
  SendResult Send(StreamId stream, std::span<const iovec> parts) override;
  void ReceiveInto(StreamId stream, std::span<char> target) override;
  void SetReceiving(StreamId stream, bool receiving) override;
  void Close(StreamId stream) override;
  void Detach(StreamId stream) override;
  int Descriptor(StreamId stream) const override;

  absl::StatusOr<WatchId> Watch(int fd, Interest interest,
                                std::function<void(Interest)> ready) override;
  void Unwatch(WatchId watch) override;

  bool Wait(int64_t timeout) override;
  void Deliver(Scope scope) override;
  void ReleaseReceived() override;

  void CloseAll() override;
  bool HasOpen() const override;

 private:
  enum class Operation : uint32_t { kNone, kAccept, kReceive, kSend, kWatch };
  enum class ReceiveMode : uint8_t { kNone, kMultishot, kOneShot, kInto };

  struct Held {
    std::string bytes;
    size_t delivered = 0;
  };

  struct Stream {
    uint32_t generation = 0;
    int fd = -1;
    StreamHandler* handler = nullptr;
    std::span<char> target;                    // of ReceiveInto, what is left of it
    std::span<const iovec> unsent;             // of the pending send; empty if there is none
    size_t unsent_offset = 0;                  // bytes of unsent[0] that have left
    std::unique_ptr<Held> held;                // received but not delivered
    msghdr message = {};                       // of a send of several parts in flight
    int fault = 0;                             // errno to report
    uint32_t round = 0;                        // the delivery in which bytes were last delivered
    ReceiveMode receive = ReceiveMode::kNone;  // in flight
    bool send_in_flight : 1 = false;
    bool send_waits : 1 = false;         // the send in flight waits for room
    bool fills : 1 = false;              // the last send had to wait for room
    bool receive_cancelled : 1 = false;  // the receive in flight was told to end
    bool send_cancelled : 1 = false;     // likewise
    bool dirty : 1 = false;              // in dirty_
    bool queued : 1 = false;             // in ready_
    bool receiving : 1 = true;           // SetReceiving
    uint8_t one_shots : 4 = 0;           // small receives until it is received multishot again
    bool end_seen : 1 = false;           // the end was received
    bool end_delivered : 1 = false;      // OnEnd was delivered
    bool broken : 1 = false;             // OnError is due or was delivered
    bool closing : 1 = false;            // OnClosed or OnDetached is due
    bool detaching : 1 = false;          // ... OnDetached
    bool released : 1 = false;           // the kernel has nothing more to do with it
    bool registered : 1 = false;         // requests name the file by the slot
  };
  static_assert(sizeof(Stream) <= 152);

  struct Listener {
    uint32_t generation = 0;
    ListeningSocket socket;
    Acceptor* acceptor = nullptr;
    std::function<void()> closed;
    bool armed = false;      // an accept is in flight
    bool closing = false;    // closed when the accept has ended
    bool cancelled = false;  // the accept was told to end
  };

  struct Watcher {
    uint32_t generation = 0;
    int fd = -1;
    std::function<void(Interest)> ready;
    Interest interest = Interest::kReadable;
    bool armed = false;
  };

  struct Accepted {
    Handle listener;
    int fd = -1;
  };
  struct WatchEvent {
    Handle watcher;
    uint32_t events = 0;
  };

  explicit UringBackend(const LoopOptions& options);
  absl::Status Open(bool sqpoll);
  int InitializeRing(unsigned flags);
  void Enable();

  static uint64_t MakeToken(Operation operation, Handle handle);
  io_uring_sqe* NextRequest();
  void Cancel(uint64_t token);
  void EnterKernel(int64_t timeout);
  bool HasWorkLeft() const;

  // From what is wanted to requests.
  void ReconcileAll();
  void ReconcileStream(uint32_t slot);
  void ReconcileClosing(uint32_t slot);
  void ReconcileListeners();
  void ReconcileWatchers();
  ReceiveMode WantedReceive(const Stream& stream) const;
  void StartReceive(uint32_t slot, ReceiveMode mode);
  void StartSend(uint32_t slot, bool waits);
  void RegisterFile(uint32_t slot);
  void UnregisterFile(uint32_t slot);
  void Aim(io_uring_sqe* request, uint32_t slot) const;
  void CancelReceive(uint32_t slot);
  void CancelSend(uint32_t slot);

  // From completions to handlers.
  void Dispatch(const io_uring_cqe& completion, Scope scope);
  void OnAccepted(Handle handle, const io_uring_cqe& completion);
  void OnReceived(uint32_t slot, const io_uring_cqe& completion, Scope scope);
  void OnReceivedBytes(uint32_t slot, uint16_t buffer, size_t size, Scope scope);
  void OnReceivedIntoTarget(uint32_t slot, size_t size);
  void OnReceiveStopped(uint32_t slot, int result);
  void OnSendDone(uint32_t slot, const io_uring_cqe& completion);
  void OnWatchReady(Handle handle, int result, Scope scope);
  void CallWatch(const WatchEvent& event);
  void Welcome(const Accepted& accepted);
  void DeliverAccepted();
  void DeliverClosedListeners();
  void DeliverWatches();

  // Streams with something left over.
  Stream* FindOpen(StreamId stream) const;
  StreamId IdOf(uint32_t slot) const { return StreamId{{slot, streams_[slot].generation}}; }
  void MarkDirty(uint32_t slot);
  void Enqueue(uint32_t slot);
  void Break(uint32_t slot, int error);
  bool InFlight(const Stream& stream) const;
  void Step(uint32_t slot);
  void Hold(Stream* stream, std::span<const char> bytes);
  void DeliverHeld(uint32_t slot);
  static size_t TakeHeld(Stream* stream, std::span<char> room);
  void DeliverToTarget(uint32_t slot, std::span<const char> bytes);
  void DeliverClosed(uint32_t slot);
  void FinishListener(uint32_t slot);

  const size_t receive_bytes_;
  const size_t max_accepts_;
  const bool single_shot_;
  const size_t registered_files_;
  io_uring ring_ = {};
  bool open_ = false;
  bool enabled_ = false;
  UringBuffers buffers_;
  std::vector<uint16_t> lent_buffers_;  // hold bytes delivered in this tick
  bool buffers_ran_out_ = false;
  ReceiveArena arena_;

  SlotTable<Stream> streams_;
  SlotTable<Listener, 4> listeners_;
  SlotTable<Watcher, 4> watchers_;
  WorkQueue<uint32_t> dirty_;
  WorkQueue<uint32_t> ready_;
  WorkQueue<Accepted> accepted_;
  std::vector<WatchEvent> watch_events_;  // that came while only streams were delivered
  std::vector<std::function<void()>> closed_listeners_;  // to be told; null asks for nothing
  bool listeners_dirty_ = false;
  bool watchers_dirty_ = false;
  unsigned sure_completions_ = 0;  // sends that leave whole as they are submitted
  uint32_t round_ = 0;             // counts deliveries
  AcceptPause accept_pause_;
  Loop::Counters counters_;
};

}  // namespace ae

#endif  // SOLOKV_AE_URING_URING_BACKEND_H_
