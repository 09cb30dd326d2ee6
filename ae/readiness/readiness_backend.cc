#include "ae/readiness/readiness_backend.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace ae {
namespace {

// An event's token: what kind of object it belongs to, its slot, and its generation.
//   63 .. 32 generation | 31 .. 30 kind | 29 .. 0 slot
enum class TokenKind : uint32_t { kStream = 0, kListener = 1, kWatch = 2 };
constexpr uint32_t kSlotBits = 30;
constexpr uint32_t kSlotMask = (1u << kSlotBits) - 1;

uint64_t MakeToken(TokenKind kind, uint32_t slot, uint32_t generation) {
  assert(slot <= kSlotMask);
  return uint64_t{generation} << 32 | static_cast<uint32_t>(kind) << kSlotBits | slot;
}

// Parts gathered into one call when a send is continued; the first call of a send takes its parts
// as they are.
constexpr size_t kGatheredParts = 64;
// The kernel's limit (UIO_MAXIOV).
constexpr size_t kMostParts = 1024;
// ReceiveInto takes at most this many receive buffers of one stream in a tick.
constexpr size_t kTargetBuffersPerStep = 16;

ssize_t SendMessage(int fd, const iovec* parts, size_t count) {
  ssize_t sent;
  do {
    if (count == 1) {
      sent = send(fd, parts->iov_base, parts->iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message = {};
      message.msg_iov = const_cast<iovec*>(parts);
      message.msg_iovlen = count;
      sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    }
  } while (sent < 0 && errno == EINTR);
  return sent;
}

bool WouldBlock(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

ReadinessBackend::ReadinessBackend(const LoopOptions& options, std::unique_ptr<Poller> poller)
    : receive_bytes_(options.receive_buffer_bytes),
      receive_chunks_(std::max<size_t>(options.receive_buffer_count, 1)),
      max_accepts_(std::max<size_t>(options.max_accepts_per_tick, 1)),
      cannot_watch_farewell_(options.cannot_watch_farewell),
      poller_(std::move(poller)),
      edge_(poller_->edge_triggered() ? kEdge : 0),
      arena_(options.receive_buffer_bytes) {}

ReadinessBackend::~ReadinessBackend() {
  streams_.ForEach([](uint32_t, Stream& stream) {
    if (stream.fd >= 0) close(stream.fd);
  });
}

// --- listeners ---

absl::StatusOr<ListenerId> ReadinessBackend::AddListener(ListeningSocket socket,
                                                         Acceptor* acceptor) {
  const Handle handle = listeners_.Insert();
  const uint64_t token = MakeToken(TokenKind::kListener, handle.slot, handle.generation);
  const uint8_t interest = accept_pause_.active() ? 0 : kReadReady;
  const int error = poller_->Add(socket.fd(), interest, token);
  if (error != 0) {
    listeners_.Erase(handle.slot);
    return absl::ErrnoToStatus(error, absl::StrCat(std::string(BackendName(kind())),
                                                   " cannot watch descriptor ", socket.fd()));
  }
  Listener& listener = listeners_[handle.slot];
  listener.socket = std::move(socket);
  listener.acceptor = acceptor;
  return ListenerId{handle};
}

void ReadinessBackend::CloseListener(ListenerId id, std::function<void()> closed) {
  Listener* listener = listeners_.Find(id);
  if (listener == nullptr) return;
  poller_->Remove(listener->socket.fd());
  listeners_.Erase(id.slot);
  if (closed) closed_listeners_.push_back(std::move(closed));
  accept_pause_.CutShort();
}

int ReadinessBackend::ListenerDescriptor(ListenerId id) const {
  const Listener* listener = listeners_.Find(id);
  return listener == nullptr ? -1 : listener->socket.fd();
}

void ReadinessBackend::AcceptBatch(uint32_t slot) {
  const uint32_t generation = listeners_[slot].generation;
  for (size_t i = 0; i < max_accepts_; ++i) {
    const Listener& listener = listeners_[slot];
    if (listener.generation != generation) return;  // closed by its acceptor
    const int fd = AcceptConnection(listener.socket.fd(), /*nonblocking=*/true);
    if (fd >= 0) {
      ++counters_.accepts;
      Welcome(fd, listener.acceptor);
    } else if (IsOutOfDescriptors(errno)) {
      ++counters_.accept_failures;
      return PauseAccepting();
    } else if (errno != ECONNABORTED && errno != EINTR) {
      return;
    }
  }
}

void ReadinessBackend::Welcome(int fd, Acceptor* acceptor) {
  if (!poller_->CanWatch(fd)) {
    SendFarewell(fd, cannot_watch_farewell_);
    close(fd);
    return;
  }
  const Handle handle = streams_.Insert();
  Stream& stream = streams_[handle.slot];
  stream.fd = fd;
  stream.handler = WelcomeConnection(fd, StreamId{handle}, acceptor);
  if (stream.handler == nullptr) {
    streams_.Erase(handle.slot);
  } else if (!stream.closing) {
    UpdateInterest(handle.slot);
  }
}

void ReadinessBackend::PauseAccepting() {
  if (accept_pause_.active()) return;
  accept_pause_.Begin();
  listeners_.ForEach([this](uint32_t slot, Listener& listener) {
    poller_->Modify(listener.socket.fd(), 0,
                    MakeToken(TokenKind::kListener, slot, listener.generation));
  });
}

void ReadinessBackend::ResumeAccepting() {
  listeners_.ForEach([this](uint32_t slot, Listener& listener) {
    poller_->Modify(listener.socket.fd(), kReadReady,
                    MakeToken(TokenKind::kListener, slot, listener.generation));
  });
}

// --- streams ---

ReadinessBackend::Stream* ReadinessBackend::FindOpen(StreamId id) const {
  Stream* stream = streams_.Find(id);
  return stream == nullptr || stream->closing ? nullptr : stream;
}

absl::StatusOr<StreamId> ReadinessBackend::Adopt(int fd, StreamHandler* handler) {
  if (!poller_->CanWatch(fd)) {
    close(fd);
    return absl::ResourceExhaustedError(
        absl::StrCat(std::string(BackendName(kind())), " cannot watch descriptor ", fd));
  }
  SetBlocking(fd, false);
  SetNoDelay(fd);
  const Handle handle = streams_.Insert();
  Stream& stream = streams_[handle.slot];
  stream.fd = fd;
  stream.handler = handler;
  UpdateInterest(handle.slot);
  return StreamId{handle};
}

bool ReadinessBackend::WantsReceive(const Stream& stream) {
  return stream.receiving && !stream.ended && !stream.broken && !stream.closing;
}

void ReadinessBackend::Enqueue(uint32_t slot) {
  if (streams_[slot].queued) return;
  streams_[slot].queued = true;
  ready_.Push(slot);
}

// Brings the poller's view of the stream to what the stream wants.
void ReadinessBackend::UpdateInterest(uint32_t slot) {
  Stream& stream = streams_[slot];
  if (stream.broken || stream.closing) return;
  uint8_t interest = kReadReady | kWriteReady | kEdge;
  if (edge_ == 0) {
    interest = WantsReceive(stream) ? kReadReady : 0;
    if (!stream.unsent.empty()) interest |= kWriteReady;
  }
  if (stream.watched && stream.interest == interest) return;
  const uint64_t token = MakeToken(TokenKind::kStream, slot, stream.generation);
  const int error = stream.watched ? poller_->Modify(stream.fd, interest, token)
                                   : poller_->Add(stream.fd, interest, token);
  if (error != 0) return Break(slot, error);
  stream.watched = true;
  stream.interest = interest;
}

void ReadinessBackend::StopWatching(Stream* stream) {
  if (stream->watched) poller_->Remove(stream->fd);
  stream->watched = false;
}

// Takes the stream out of service; its OnError follows.
void ReadinessBackend::Break(uint32_t slot, int error) {
  Stream& stream = streams_[slot];
  if (stream.broken || stream.closing) return;
  stream.broken = true;
  stream.fault = error;
  StopWatching(&stream);
  Enqueue(slot);
}

void ReadinessBackend::Close(StreamId id) {
  Stream* stream = FindOpen(id);
  if (stream == nullptr) return;
  StopWatching(stream);
  close(stream->fd);
  stream->fd = -1;
  stream->closing = true;
  Enqueue(id.slot);
  accept_pause_.CutShort();
}

void ReadinessBackend::Detach(StreamId id) {
  Stream* stream = FindOpen(id);
  if (stream == nullptr) return;
  assert(stream->unsent.empty());
  StopWatching(stream);
  stream->closing = true;
  Enqueue(id.slot);
}

int ReadinessBackend::Descriptor(StreamId id) const {
  const Stream* stream = FindOpen(id);
  return stream == nullptr ? -1 : stream->fd;
}

void ReadinessBackend::SetReceiving(StreamId id, bool receiving) {
  Stream* stream = FindOpen(id);
  if (stream == nullptr || stream->receiving == receiving) return;
  stream->receiving = receiving;
  UpdateInterest(id.slot);
  // What was reported while the stream was paused will not be reported again.
  if (receiving && stream->ready & kReadReady) Enqueue(id.slot);
}

void ReadinessBackend::ReceiveInto(StreamId id, std::span<char> target) {
  Stream* stream = FindOpen(id);
  if (stream != nullptr) stream->target = target;
}

SendResult ReadinessBackend::Send(StreamId id, std::span<const iovec> parts) {
  Stream* stream = FindOpen(id);
  if (stream == nullptr || parts.empty()) return SendResult::kSent;
  assert(stream->unsent.empty());
  if (stream->broken) return SendResult::kPending;
  stream->unsent = parts;
  stream->unsent_offset = 0;
  if (SendParts(stream) < 0 && !WouldBlock(errno)) {
    Break(id.slot, errno);
    return SendResult::kPending;
  }
  if (stream->unsent.empty()) return SendResult::kSent;
  UpdateInterest(id.slot);
  return SendResult::kPending;
}

// Sends once and moves `unsent` on. Returns what the kernel took, or -1 with errno.
ssize_t ReadinessBackend::SendParts(Stream* stream) {
  iovec gathered[kGatheredParts];
  const iovec* parts = stream->unsent.data();
  size_t count = std::min(stream->unsent.size(), kMostParts);
  if (stream->unsent_offset > 0) {
    count = std::min(count, kGatheredParts);
    std::copy_n(parts, count, gathered);
    gathered[0].iov_base = static_cast<char*>(gathered[0].iov_base) + stream->unsent_offset;
    gathered[0].iov_len -= stream->unsent_offset;
    parts = gathered;
  }
  ++counters_.sends;
  const ssize_t sent = SendMessage(stream->fd, parts, count);
  if (sent < 0) return sent;
  counters_.bytes_sent += sent;
  stream->unsent_offset += sent;
  while (!stream->unsent.empty() && stream->unsent_offset >= stream->unsent.front().iov_len) {
    stream->unsent_offset -= stream->unsent.front().iov_len;
    stream->unsent = stream->unsent.subspan(1);
  }
  return sent;
}

void ReadinessBackend::ContinueSend(uint32_t slot) {
  Stream& stream = streams_[slot];
  const ssize_t sent = SendParts(&stream);
  if (sent < 0) {
    if (!WouldBlock(errno)) return Break(slot, errno);
    stream.ready &= static_cast<uint8_t>(~kWriteReady);
    return;
  }
  if (!stream.unsent.empty()) return;  // the mark stays: the next step tries again
  UpdateInterest(slot);
  stream.handler->OnSent();
}

// --- what a ready stream does in a tick ---

void ReadinessBackend::Step(uint32_t slot) {
  Stream& stream = streams_[slot];
  const uint32_t generation = stream.generation;
  stream.queued = false;
  if (stream.closing) return DeliverClosed(slot);
  if (stream.fault != 0) return DeliverError(slot);
  if (stream.ready & (kWriteReady | kHangup) && !stream.unsent.empty()) {
    ContinueSend(slot);
    if (stream.generation != generation || stream.closing || stream.broken) return;
  }
  if (stream.ready & (kReadReady | kHangup)) {
    if (WantsReceive(stream)) {
      Receive(slot);
    } else if (stream.ready & kHangup && stream.unsent.empty()) {
      HandleHangup(slot);
    }
    if (stream.generation != generation || stream.closing || stream.broken) return;
  }
  if (edge_ == 0 && !stream.queued) {
    stream.ready = 0;  // the poller reports again what is still so
  } else if (CanGoOn(stream)) {
    Enqueue(slot);
  }
}

bool ReadinessBackend::CanGoOn(const Stream& stream) {
  return (stream.ready & kReadReady && WantsReceive(stream)) ||
         (stream.ready & kWriteReady && !stream.unsent.empty());
}

void ReadinessBackend::DeliverClosed(uint32_t slot) {
  StreamHandler* handler = streams_[slot].handler;
  FileDescriptor detached(streams_[slot].fd);
  streams_.Erase(slot);
  if (handler == nullptr) return;
  if (!detached.valid()) return handler->OnClosed();
  SetBlocking(detached.get(), true);
  handler->OnDetached(std::move(detached), /*unread=*/{});
}

void ReadinessBackend::DeliverError(uint32_t slot) {
  Stream& stream = streams_[slot];
  const int error = std::exchange(stream.fault, 0);
  if (stream.handler != nullptr) stream.handler->OnError(error);
}

void ReadinessBackend::Receive(uint32_t slot) {
  if (!streams_[slot].target.empty()) {
    ReceiveToTarget(slot);
  } else if (arena_.used_chunks() >= arena_limit_) {
    Enqueue(slot);
  } else {
    ReceiveToArena(slot);
  }
}

void ReadinessBackend::ReceiveToArena(uint32_t slot) {
  const std::span<char> room = arena_.Reserve();
  const ssize_t received = recv(streams_[slot].fd, room.data(), room.size(), 0);
  if (!CheckReceived(slot, received, room.size())) return;
  arena_.Commit(received);
  streams_[slot].handler->OnReceive(room.first(received));
}

void ReadinessBackend::ReceiveToTarget(uint32_t slot) {
  Stream& stream = streams_[slot];
  const size_t room = std::min(stream.target.size(), kTargetBuffersPerStep * receive_bytes_);
  const ssize_t received = recv(stream.fd, stream.target.data(), room, 0);
  if (!CheckReceived(slot, received, room)) return;
  stream.target = stream.target.subspan(received);
  stream.handler->OnReceivedInto(received);
}

// Takes note of what a receive into `room` bytes returned; true if there are bytes to deliver.
bool ReadinessBackend::CheckReceived(uint32_t slot, ssize_t received, size_t room) {
  Stream& stream = streams_[slot];
  ++counters_.receives;
  if (received > 0) {
    counters_.bytes_received += received;
    // After a hang-up the end is still to be read, and no event will tell.
    const bool drained = static_cast<size_t>(received) < room && !(stream.ready & kHangup);
    if (drained) stream.ready &= static_cast<uint8_t>(~kReadReady);
    if (edge_ != 0 && !drained) stream.ready |= kReadReady;
    return true;
  }
  if (received == 0) {
    stream.ended = true;
    stream.ready &= static_cast<uint8_t>(~kReadReady);
    UpdateInterest(slot);
    stream.handler->OnEnd();
  } else if (WouldBlock(errno)) {
    stream.ready &= static_cast<uint8_t>(~(kReadReady | kHangup));
  } else if (errno != EINTR) {
    Break(slot, errno);
  }
  return false;
}

// The peer is gone and nothing is wanted of the stream: a level-triggered poller would report that
// for ever.
void ReadinessBackend::HandleHangup(uint32_t slot) {
  Stream& stream = streams_[slot];
  const int error = TakeSocketError(stream.fd);
  if (error != 0) return Break(slot, error);
  if (edge_ == 0) StopWatching(&stream);
}

// --- watches ---

absl::StatusOr<WatchId> ReadinessBackend::Watch(int fd, Interest interest,
                                                std::function<void(Interest)> ready) {
  const Handle handle = watchers_.Insert();
  const uint64_t token = MakeToken(TokenKind::kWatch, handle.slot, handle.generation);
  const int error = poller_->Add(fd, static_cast<uint8_t>(interest), token);
  if (error != 0) {
    watchers_.Erase(handle.slot);
    return absl::ErrnoToStatus(
        error, absl::StrCat(std::string(BackendName(kind())), " cannot watch descriptor ", fd));
  }
  watchers_[handle.slot].fd = fd;
  watchers_[handle.slot].ready = std::move(ready);
  return WatchId{handle};
}

void ReadinessBackend::Unwatch(WatchId id) {
  const Watcher* watcher = watchers_.Find(id);
  if (watcher == nullptr) return;
  poller_->Remove(watcher->fd);
  watchers_.Erase(id.slot);
}

void ReadinessBackend::CallWatch(uint32_t slot, uint32_t generation, uint8_t ready) {
  if (watchers_[slot].generation != generation) return;
  // A hang-up makes every direction ready: the next call on the descriptor tells more.
  const uint8_t both = kReadReady | kWriteReady;
  const uint8_t directions = ready & kHangup ? both : ready & both;
  const std::function<void(Interest)> callback = watchers_[slot].ready;
  callback(static_cast<Interest>(directions));
}

// --- events ---

bool ReadinessBackend::Wait(int64_t timeout) {
  const bool work_left = !ready_.empty() || !closed_listeners_.empty();
  ++counters_.waits;
  poller_->Wait(work_left ? 0 : accept_pause_.Limit(timeout), &events_);
  return work_left || !events_.empty();
}

void ReadinessBackend::Deliver(Scope scope) {
  if (accept_pause_.EndIfDue()) ResumeAccepting();
  if (!closed_listeners_.empty()) DeliverClosedListeners();
  std::vector<PollerEvent> events = std::exchange(events_, {});
  for (const PollerEvent& event : events) Dispatch(event, scope);
  events.clear();
  if (events_.capacity() < events.capacity() && events_.empty()) events_ = std::move(events);

  arena_limit_ = arena_.used_chunks() + receive_chunks_;
  // What is queued from here on waits for the next delivery.
  for (size_t steps = ready_.size(); steps > 0 && !ready_.empty(); --steps) Step(ready_.Pop());
}

void ReadinessBackend::Dispatch(const PollerEvent& event, Scope scope) {
  const auto low = static_cast<uint32_t>(event.token);
  const auto generation = static_cast<uint32_t>(event.token >> 32);
  const uint32_t slot = low & kSlotMask;
  switch (static_cast<TokenKind>(low >> kSlotBits)) {
    case TokenKind::kStream:
      return MarkReady(slot, generation, event.ready);
    case TokenKind::kListener:
      if (listeners_[slot].generation == generation) AcceptBatch(slot);
      return;
    case TokenKind::kWatch:
      if (scope == Scope::kAll) CallWatch(slot, generation, event.ready);
      return;
  }
}

void ReadinessBackend::MarkReady(uint32_t slot, uint32_t generation, uint8_t ready) {
  Stream& stream = streams_[slot];
  if (stream.generation != generation || stream.closing) return;
  stream.ready |= ready;
  Enqueue(slot);
}

void ReadinessBackend::DeliverClosedListeners() {
  const std::vector<std::function<void()>> closed = std::exchange(closed_listeners_, {});
  for (const std::function<void()>& callback : closed) callback();
}

void ReadinessBackend::CloseAll() {
  listeners_.ForEach([this](uint32_t slot, Listener& listener) {
    CloseListener(ListenerId{{slot, listener.generation}}, nullptr);
  });
  streams_.ForEach([this](uint32_t slot, Stream& stream) {
    Close(StreamId{{slot, stream.generation}});
  });
}

bool ReadinessBackend::HasOpen() const {
  return listeners_.size() > 0 || streams_.size() > 0 || !closed_listeners_.empty();
}

}  // namespace ae
