// The backend over a readiness poller: it is told which descriptors are ready and does the reading,
// writing and accepting itself.
//
//   poller -> events_ -> marks in Stream::ready, and its slot in ready_ -> one step for each slot
//
// Invariants:
//   - A stream is in ready_ exactly while Stream::queued is set, and at most once.
//   - A closing stream is in ready_ until its OnClosed (or OnDetached, if it still has its
//     descriptor) is delivered; only then its slot is free.
//   - One step receives once, so a flooding peer gets no more than a quiet one in a tick.
//   - A receive that fills less than the room it was given has drained the socket.
//   - Level-triggered: the interest registered is what the stream wants now. Edge-triggered: it is
//     fixed, the marks outlive the tick, and a stream that is not drained stays in ready_.
//   - While ready_ is not empty, Wait does not block.
//
// In the steady state a tick of n ready streams costs one wait, n receives, and the sends.
#ifndef SOLOKV_AE_READINESS_READINESS_BACKEND_H_
#define SOLOKV_AE_READINESS_READINESS_BACKEND_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ae/accept.h"
#include "ae/backend.h"
#include "ae/readiness/poller.h"
#include "ae/receive_arena.h"
#include "ae/slot_table.h"
#include "ae/work_queue.h"

namespace ae {

class ReadinessBackend final : public Backend {
 public:
  ReadinessBackend(const LoopOptions& options, std::unique_ptr<Poller> poller);
  ~ReadinessBackend() override;

  BackendKind kind() const override { return poller_->kind(); }
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
  void ReleaseReceived() override { arena_.Reset(); }

  void CloseAll() override;
  bool HasOpen() const override;

 private:
  struct Stream {
    uint32_t generation = 0;
    int fd = -1;
    StreamHandler* handler = nullptr;
    std::span<char> target;         // of ReceiveInto, what is left of it
    std::span<const iovec> unsent;  // of the pending send; empty if there is none
    size_t unsent_offset = 0;       // bytes of unsent[0] that have left
    int fault = 0;                  // errno to report
    uint8_t ready = 0;              // Readiness bits seen and not used up
    uint8_t interest = 0;           // what the poller knows
    bool watched : 1 = false;       // the poller knows the descriptor
    bool queued : 1 = false;        // in ready_
    bool receiving : 1 = true;      // SetReceiving
    bool ended : 1 = false;         // OnEnd was delivered
    bool broken : 1 = false;        // OnError is due or was delivered
    bool closing : 1 = false;       // OnClosed or OnDetached is due
  };
  static_assert(sizeof(Stream) <= 80);

  struct Listener {
    uint32_t generation = 0;
    ListeningSocket socket;
    Acceptor* acceptor = nullptr;
  };

  struct Watcher {
    uint32_t generation = 0;
    int fd = -1;
    std::function<void(Interest)> ready;
  };

  // Streams.
  Stream* FindOpen(StreamId stream) const;
  static bool WantsReceive(const Stream& stream);
  static bool CanGoOn(const Stream& stream);
  void Enqueue(uint32_t slot);
  void UpdateInterest(uint32_t slot);
  void StopWatching(Stream* stream);
  void Break(uint32_t slot, int error);
  void Step(uint32_t slot);
  void DeliverClosed(uint32_t slot);
  void DeliverError(uint32_t slot);
  void ContinueSend(uint32_t slot);
  void Receive(uint32_t slot);
  void ReceiveToArena(uint32_t slot);
  void ReceiveToTarget(uint32_t slot);
  bool CheckReceived(uint32_t slot, ssize_t received, size_t room);
  void HandleHangup(uint32_t slot);
  ssize_t SendParts(Stream* stream);

  // Listeners.
  void AcceptBatch(uint32_t slot);
  void Welcome(int fd, Acceptor* acceptor);
  void PauseAccepting();
  void ResumeAccepting();

  // Events.
  void Dispatch(const PollerEvent& event, Scope scope);
  void MarkReady(uint32_t slot, uint32_t generation, uint8_t ready);
  void CallWatch(uint32_t slot, uint32_t generation, uint8_t ready);
  void DeliverClosedListeners();

  const size_t receive_bytes_;
  const size_t receive_chunks_;
  const size_t max_accepts_;
  const std::string cannot_watch_farewell_;
  const std::unique_ptr<Poller> poller_;
  const uint8_t edge_;  // kEdge or 0

  SlotTable<Stream> streams_;
  SlotTable<Listener, 4> listeners_;
  SlotTable<Watcher, 4> watchers_;
  WorkQueue<uint32_t> ready_;
  std::vector<PollerEvent> events_;
  std::vector<std::function<void()>> closed_listeners_;
  ReceiveArena arena_;
  size_t arena_limit_ = 0;  // used_chunks at which this delivery stops receiving
  AcceptPause accept_pause_;
  Loop::Counters counters_;
};

}  // namespace ae

#endif  // SOLOKV_AE_READINESS_READINESS_BACKEND_H_
