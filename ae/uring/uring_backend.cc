#include "ae/uring/uring_backend.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"

namespace ae {
namespace {

// A request's token: what it does, for which slot and generation.
//   63 .. 32 generation | 31 .. 28 operation | 27 .. 0 slot
constexpr uint32_t kSlotBits = 28;
constexpr uint32_t kSlotMask = (1u << kSlotBits) - 1;

constexpr unsigned kSubmissionEntries = 256;
constexpr unsigned kCompletionEntries = 2048;
constexpr unsigned kPollThreadIdleMilliseconds = 100;
constexpr uint16_t kBufferGroup = 0;
// The kernel's limit (UIO_MAXIOV).
constexpr size_t kMostParts = 1024;
// So many small receives one by one, and a stream counts as one that sends little at a time again.
constexpr uint8_t kOneShots = 8;
// ReceiveInto takes at most this many receive buffers of one stream in a tick.
constexpr size_t kTargetBuffersPerReceive = 16;

absl::Status RefusedBecause(int error) {
  switch (error) {
    case ENOSYS:
      return absl::UnavailableError("the kernel has no io_uring");
    case EPERM:
      return absl::PermissionDeniedError(
          "not permitted (kernel.io_uring_disabled, or a seccomp filter)");
    case EINVAL:
      return absl::UnavailableError("the kernel is older than Linux 6.0");
    case ENOMEM:
      return absl::ResourceExhaustedError("no memory for the rings (see ulimit -l)");
    default:
      return absl::ErrnoToStatus(error, "io_uring_setup");
  }
}

// A send of up to so many bytes finds room unless the peer has fallen behind.
constexpr size_t kSureSendBytes = 64 * 1024;

bool HasAtMost(std::span<const iovec> parts, size_t bytes) {
  size_t total = 0;
  for (const iovec& part : parts) {
    total += part.iov_len;
    if (total > bytes) return false;
  }
  return true;
}

bool CanBeRetried(int error) {
  return error == EINTR || error == EAGAIN;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> UringBackend::Create(const LoopOptions& options) {
  std::unique_ptr<UringBackend> backend(new UringBackend(options));
  if (absl::Status status = backend->Open(options.uring_sqpoll); !status.ok()) return status;
  return backend;
}

UringBackend::UringBackend(const LoopOptions& options)
    : receive_bytes_(options.receive_buffer_bytes),
      max_accepts_(std::max<size_t>(options.max_accepts_per_tick, 1)),
      single_shot_(options.uring_single_shot),
      registered_files_(options.uring_registered_files),
      buffers_(std::max<size_t>(options.receive_buffer_count, 1), options.receive_buffer_bytes),
      arena_(options.receive_buffer_bytes) {}

UringBackend::~UringBackend() {
  streams_.ForEach([](uint32_t, Stream& stream) {
    if (stream.fd < 0) return;
    shutdown(stream.fd, SHUT_RDWR);
    close(stream.fd);
  });
  if (open_) io_uring_queue_exit(&ring_);
}

absl::Status UringBackend::Open(bool sqpoll) {
  const unsigned needed = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER |
                          IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE;
  int error = 0;
  if (sqpoll) {
    error = InitializeRing(needed | IORING_SETUP_SQPOLL);
  } else {
    const unsigned cooperative = needed | IORING_SETUP_COOP_TASKRUN;
    error = InitializeRing(cooperative | IORING_SETUP_DEFER_TASKRUN);
    if (error == EINVAL) error = InitializeRing(cooperative);
  }
  if (error != 0) return RefusedBecause(error);
  open_ = true;
  if ((ring_.features & IORING_FEAT_EXT_ARG) == 0) return RefusedBecause(EINVAL);
  if (registered_files_ > 0) {
    error = -io_uring_register_files_sparse(&ring_, static_cast<unsigned>(registered_files_));
    if (error != 0) return absl::ErrnoToStatus(error, "io_uring_register_files_sparse");
  }
  return buffers_.Register(&ring_, kBufferGroup);
}

int UringBackend::InitializeRing(unsigned flags) {
  io_uring_params parameters = {};
  parameters.flags = flags;
  parameters.cq_entries = kCompletionEntries;
  parameters.sq_thread_idle = kPollThreadIdleMilliseconds;
  return -io_uring_queue_init_params(kSubmissionEntries, &ring_, &parameters);
}

uint64_t UringBackend::MakeToken(Operation operation, Handle handle) {
  assert(handle.slot <= kSlotMask);
  return uint64_t{handle.generation} << 32 | static_cast<uint32_t>(operation) << kSlotBits |
         handle.slot;
}

io_uring_sqe* UringBackend::NextRequest() {
  assert(enabled_);
  io_uring_sqe* request = io_uring_get_sqe(&ring_);
  while (request == nullptr) {
    io_uring_submit(&ring_);
    if (ring_.flags & IORING_SETUP_SQPOLL) io_uring_sqring_wait(&ring_);
    request = io_uring_get_sqe(&ring_);
  }
  return request;
}

void UringBackend::Cancel(uint64_t token) {
  io_uring_sqe* request = NextRequest();
  io_uring_prep_cancel64(request, token, 0);
  io_uring_sqe_set_data64(request, MakeToken(Operation::kNone, Handle()));
}

// --- listeners ---

absl::StatusOr<ListenerId> UringBackend::AddListener(ListeningSocket socket, Acceptor* acceptor) {
  // A request on a non-blocking descriptor would fail instead of waiting.
  SetBlocking(socket.fd(), true);
  const Handle handle = listeners_.Insert();
  listeners_[handle.slot].socket = std::move(socket);
  listeners_[handle.slot].acceptor = acceptor;
  listeners_dirty_ = true;
  return ListenerId{handle};
}

void UringBackend::CloseListener(ListenerId id, std::function<void()> closed) {
  Listener* listener = listeners_.Find(id);
  if (listener == nullptr || listener->closing) return;
  listener->closing = true;
  listener->closed = std::move(closed);
  listeners_dirty_ = true;
  // The kernel holds the socket until the accept is cancelled, and would let peers in as long.
  shutdown(listener->socket.fd(), SHUT_RDWR);
}

int UringBackend::ListenerDescriptor(ListenerId id) const {
  const Listener* listener = listeners_.Find(id);
  return listener == nullptr || listener->closing ? -1 : listener->socket.fd();
}

void UringBackend::ReconcileListeners() {
  if (!std::exchange(listeners_dirty_, false)) return;
  listeners_.ForEach([this](uint32_t slot, Listener& listener) {
    const uint64_t token = MakeToken(Operation::kAccept, {slot, listener.generation});
    if (listener.closing) {
      if (!listener.armed) return FinishListener(slot);
      if (!std::exchange(listener.cancelled, true)) Cancel(token);
    } else if (!listener.armed && !accept_pause_.active()) {
      io_uring_sqe* request = NextRequest();
      io_uring_prep_multishot_accept(request, listener.socket.fd(), nullptr, nullptr, SOCK_CLOEXEC);
      io_uring_sqe_set_data64(request, token);
      listener.armed = true;
    }
  });
}

void UringBackend::FinishListener(uint32_t slot) {
  closed_listeners_.push_back(std::move(listeners_[slot].closed));
  listeners_.Erase(slot);
  accept_pause_.CutShort();
}

void UringBackend::OnAccepted(Handle handle, const io_uring_cqe& completion) {
  Listener* listener = listeners_.Find(handle);
  assert(listener != nullptr);
  if ((completion.flags & IORING_CQE_F_MORE) == 0) {
    listener->armed = false;
    listeners_dirty_ = true;
  }
  if (completion.res >= 0) {
    ++counters_.accepts;
    accepted_.Push({handle, completion.res});
  } else if (IsOutOfDescriptors(-completion.res)) {
    ++counters_.accept_failures;
    accept_pause_.Begin();
  } else if (completion.res == -EINVAL) {
    accept_pause_.Begin();  // whatever it is, trying again at once does not help
  }
}

void UringBackend::DeliverAccepted() {
  for (size_t left = std::min(accepted_.size(), max_accepts_); left > 0 && !accepted_.empty();
       --left) {
    Welcome(accepted_.Pop());
  }
}

void UringBackend::Welcome(const Accepted& accepted) {
  const Listener* listener = listeners_.Find(accepted.listener);
  if (listener == nullptr || listener->closing) {
    close(accepted.fd);
    return;
  }
  const Handle handle = streams_.Insert();
  Stream& stream = streams_[handle.slot];
  stream.fd = accepted.fd;
  stream.handler = WelcomeConnection(accepted.fd, StreamId{handle}, listener->acceptor);
  if (stream.handler == nullptr) {
    streams_.Erase(handle.slot);
  } else {
    MarkDirty(handle.slot);
  }
}

void UringBackend::DeliverClosedListeners() {
  const std::vector<std::function<void()>> closed = std::exchange(closed_listeners_, {});
  for (const std::function<void()>& callback : closed) {
    if (callback) callback();
  }
}

// --- streams: what is wanted ---

UringBackend::Stream* UringBackend::FindOpen(StreamId id) const {
  Stream* stream = streams_.Find(id);
  return stream == nullptr || stream->closing ? nullptr : stream;
}

absl::StatusOr<StreamId> UringBackend::Adopt(int fd, StreamHandler* handler) {
  SetBlocking(fd, true);
  SetNoDelay(fd);
  const Handle handle = streams_.Insert();
  streams_[handle.slot].fd = fd;
  streams_[handle.slot].handler = handler;
  MarkDirty(handle.slot);
  return StreamId{handle};
}

SendResult UringBackend::Send(StreamId id, std::span<const iovec> parts) {
  Stream* stream = FindOpen(id);
  while (!parts.empty() && parts.front().iov_len == 0) parts = parts.subspan(1);
  if (stream == nullptr || parts.empty()) return SendResult::kSent;
  assert(stream->unsent.empty());
  if (stream->broken) return SendResult::kPending;
  stream->unsent = parts;
  stream->unsent_offset = 0;
  stream->send_waits = false;
  MarkDirty(id.slot);
  return SendResult::kPending;
}

void UringBackend::ReceiveInto(StreamId id, std::span<char> target) {
  Stream* stream = FindOpen(id);
  if (stream == nullptr) return;
  stream->target = target;
  MarkDirty(id.slot);
}

void UringBackend::SetReceiving(StreamId id, bool receiving) {
  Stream* stream = FindOpen(id);
  if (stream == nullptr || stream->receiving == receiving) return;
  stream->receiving = receiving;
  MarkDirty(id.slot);
  if (receiving) Enqueue(id.slot);
}

void UringBackend::Close(StreamId id) {
  Stream* stream = FindOpen(id);
  if (stream == nullptr) return;
  stream->closing = true;
  stream->held.reset();
  if (InFlight(*stream)) shutdown(stream->fd, SHUT_RDWR);
  MarkDirty(id.slot);
}

void UringBackend::Detach(StreamId id) {
  Stream* stream = FindOpen(id);
  if (stream == nullptr) return;
  assert(stream->unsent.empty());
  stream->closing = true;
  stream->detaching = true;
  MarkDirty(id.slot);
}

int UringBackend::Descriptor(StreamId id) const {
  const Stream* stream = FindOpen(id);
  return stream == nullptr ? -1 : stream->fd;
}

bool UringBackend::InFlight(const Stream& stream) const {
  return stream.receive != ReceiveMode::kNone || stream.send_in_flight;
}

void UringBackend::MarkDirty(uint32_t slot) {
  if (streams_[slot].dirty) return;
  streams_[slot].dirty = true;
  dirty_.Push(slot);
}

void UringBackend::Enqueue(uint32_t slot) {
  if (streams_[slot].queued) return;
  streams_[slot].queued = true;
  ready_.Push(slot);
}

// Takes the stream out of service; its OnError follows.
void UringBackend::Break(uint32_t slot, int error) {
  Stream& stream = streams_[slot];
  if (stream.broken || stream.closing) return;
  stream.broken = true;
  stream.fault = error;
  Enqueue(slot);
}

// --- streams: from what is wanted to requests ---

void UringBackend::ReconcileAll() {
  ReconcileListeners();
  ReconcileWatchers();
  for (size_t left = dirty_.size(); left > 0; --left) {
    const uint32_t slot = dirty_.Pop();
    streams_[slot].dirty = false;
    if (streams_[slot].generation != 0) ReconcileStream(slot);
  }
}

void UringBackend::ReconcileStream(uint32_t slot) {
  Stream& stream = streams_[slot];
  if (stream.closing) return ReconcileClosing(slot);
  if (slot < registered_files_ && !stream.registered) RegisterFile(slot);
  if (!stream.unsent.empty() && !stream.send_in_flight && !stream.broken) {
    StartSend(slot, stream.send_waits);
  }
  const ReceiveMode wanted = WantedReceive(stream);
  if (stream.receive == wanted) return;
  if (stream.receive == ReceiveMode::kNone) {
    StartReceive(slot, wanted);
  } else {
    CancelReceive(slot);
  }
}

// The kernel then finds the file without the process's table of descriptors, at a system call for
// each connection.
void UringBackend::RegisterFile(uint32_t slot) {
  Stream& stream = streams_[slot];
  stream.registered = io_uring_register_files_update(&ring_, slot, &stream.fd, 1) == 1;
}

// A registered file stays open after close(2).
void UringBackend::UnregisterFile(uint32_t slot) {
  if (!streams_[slot].registered) return;
  streams_[slot].registered = false;
  int none = -1;
  io_uring_register_files_update(&ring_, slot, &none, 1);
}

void UringBackend::Aim(io_uring_sqe* request, uint32_t slot) const {
  if (!streams_[slot].registered) return;
  request->fd = static_cast<int>(slot);
  request->flags |= IOSQE_FIXED_FILE;
}

void UringBackend::CancelReceive(uint32_t slot) {
  Stream& stream = streams_[slot];
  if (stream.receive == ReceiveMode::kNone || stream.receive_cancelled) return;
  stream.receive_cancelled = true;
  Cancel(MakeToken(Operation::kReceive, IdOf(slot)));
}

void UringBackend::CancelSend(uint32_t slot) {
  Stream& stream = streams_[slot];
  if (!stream.send_in_flight || stream.send_cancelled) return;
  stream.send_cancelled = true;
  Cancel(MakeToken(Operation::kSend, IdOf(slot)));
}

void UringBackend::ReconcileClosing(uint32_t slot) {
  Stream& stream = streams_[slot];
  CancelReceive(slot);
  CancelSend(slot);
  if (InFlight(stream) || stream.released) return;
  stream.released = true;
  UnregisterFile(slot);
  if (!stream.detaching) {
    close(stream.fd);
    stream.fd = -1;
    accept_pause_.CutShort();
  }
  Enqueue(slot);
}

UringBackend::ReceiveMode UringBackend::WantedReceive(const Stream& stream) const {
  if (!stream.receiving || stream.end_seen || stream.broken || stream.held != nullptr) {
    return ReceiveMode::kNone;
  }
  if (!stream.target.empty()) return ReceiveMode::kInto;
  return stream.one_shots > 0 || single_shot_ ? ReceiveMode::kOneShot : ReceiveMode::kMultishot;
}

void UringBackend::StartReceive(uint32_t slot, ReceiveMode mode) {
  Stream& stream = streams_[slot];
  io_uring_sqe* request = NextRequest();
  if (mode == ReceiveMode::kInto) {
    const size_t room = std::min(stream.target.size(), kTargetBuffersPerReceive * receive_bytes_);
    io_uring_prep_recv(request, stream.fd, stream.target.data(), room, 0);
  } else {
    if (mode == ReceiveMode::kMultishot) {
      io_uring_prep_recv_multishot(request, stream.fd, nullptr, 0, 0);
    } else {
      io_uring_prep_recv(request, stream.fd, nullptr, 0, 0);
    }
    request->flags |= IOSQE_BUFFER_SELECT;
    request->buf_group = kBufferGroup;
  }
  Aim(request, slot);
  io_uring_sqe_set_data64(request, MakeToken(Operation::kReceive, IdOf(slot)));
  stream.receive = mode;
  stream.receive_cancelled = false;
}

// Sends what is left of the first part if it was begun, else all parts.
void UringBackend::StartSend(uint32_t slot, bool waits) {
  Stream& stream = streams_[slot];
  const int flags = MSG_NOSIGNAL | (waits ? MSG_WAITALL : MSG_DONTWAIT);
  io_uring_sqe* request = NextRequest();
  if (stream.unsent.size() == 1 || stream.unsent_offset > 0) {
    const iovec& part = stream.unsent.front();
    io_uring_prep_send(request, stream.fd,
                       static_cast<const char*>(part.iov_base) + stream.unsent_offset,
                       part.iov_len - stream.unsent_offset, flags);
  } else {
    stream.message = {};
    stream.message.msg_iov = const_cast<iovec*>(stream.unsent.data());
    stream.message.msg_iovlen = std::min(stream.unsent.size(), kMostParts);
    io_uring_prep_sendmsg(request, stream.fd, &stream.message, flags);
  }
  Aim(request, slot);
  io_uring_sqe_set_data64(request, MakeToken(Operation::kSend, IdOf(slot)));
  stream.send_in_flight = true;
  if (!waits && !stream.fills && HasAtMost(stream.unsent, kSureSendBytes)) ++sure_completions_;
}

// --- streams: from completions to handlers ---

void UringBackend::OnReceived(uint32_t slot, const io_uring_cqe& completion, Scope scope) {
  Stream& stream = streams_[slot];
  const ReceiveMode mode = stream.receive;
  const auto buffer = static_cast<uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
  const bool has_buffer = completion.flags & IORING_CQE_F_BUFFER;
  ++counters_.receives;
  if (has_buffer) buffers_.Taken();
  if ((completion.flags & IORING_CQE_F_MORE) == 0) {
    stream.receive = ReceiveMode::kNone;
    MarkDirty(slot);
  }
  const auto size = static_cast<size_t>(std::max(completion.res, 0));
  counters_.bytes_received += size;
  if (mode == ReceiveMode::kOneShot && size > 0 && size < receive_bytes_ && stream.one_shots > 0) {
    --stream.one_shots;
  }

  if (stream.detaching && has_buffer && size > 0) Hold(&stream, buffers_.Buffer(buffer, size));
  const bool wanted = !stream.closing && !stream.broken;
  if (wanted && size > 0 && has_buffer) return OnReceivedBytes(slot, buffer, size, scope);
  if (has_buffer) buffers_.Return(buffer);
  if (!wanted) return;
  if (size > 0) return OnReceivedIntoTarget(slot, size);
  OnReceiveStopped(slot, completion.res);
}

void UringBackend::OnReceivedBytes(uint32_t slot, uint16_t buffer, size_t size, Scope scope) {
  Stream& stream = streams_[slot];
  std::span<const char> bytes = buffers_.Buffer(buffer, size);
  const bool second = stream.round == round_;
  if (second || stream.held != nullptr || !stream.receiving) {
    if (second) stream.one_shots = kOneShots;
    Hold(&stream, bytes);
    buffers_.Return(buffer);
    MarkDirty(slot);
    if (stream.receiving) Enqueue(slot);
    return;
  }
  stream.round = round_;
  if (!stream.target.empty()) {
    const std::span<const char> rest = bytes.subspan(std::min(size, stream.target.size()));
    if (!rest.empty()) {
      Hold(&stream, rest);
      Enqueue(slot);
    }
    bytes = bytes.first(size - rest.size());
    buffers_.Return(buffer);  // filled again only after the next Publish
    return DeliverToTarget(slot, bytes);
  }
  if (scope == Scope::kAll) {
    lent_buffers_.push_back(buffer);
  } else {
    // The tick that is being interrupted may hold most buffers: give this one back at once.
    const std::span<char> copy = arena_.Reserve(size);
    std::memcpy(copy.data(), bytes.data(), size);
    arena_.Commit(size);
    bytes = copy.first(size);
    buffers_.Return(buffer);
    buffers_.Publish();
  }
  stream.handler->OnReceive(bytes);
}

void UringBackend::OnReceivedIntoTarget(uint32_t slot, size_t size) {
  Stream& stream = streams_[slot];
  stream.round = round_;
  stream.one_shots = kOneShots;
  stream.target = stream.target.subspan(size);
  stream.handler->OnReceivedInto(size);
}

void UringBackend::OnReceiveStopped(uint32_t slot, int result) {
  Stream& stream = streams_[slot];
  if (result == 0) {
    stream.end_seen = true;
    Enqueue(slot);
  } else if (result == -ENOBUFS) {
    buffers_ran_out_ = true;
  } else if (result != -ECANCELED && !CanBeRetried(-result)) {
    Break(slot, -result);
  }
}

void UringBackend::OnSendDone(uint32_t slot, const io_uring_cqe& completion) {
  Stream& stream = streams_[slot];
  ++counters_.sends;
  stream.send_in_flight = false;
  stream.send_cancelled = false;
  if (completion.res > 0) {
    counters_.bytes_sent += completion.res;
    stream.unsent_offset += completion.res;
  }
  if (stream.closing) return MarkDirty(slot);
  if (completion.res < 0 && !CanBeRetried(-completion.res)) return Break(slot, -completion.res);
  while (!stream.unsent.empty() && stream.unsent_offset >= stream.unsent.front().iov_len) {
    stream.unsent_offset -= stream.unsent.front().iov_len;
    stream.unsent = stream.unsent.subspan(1);
  }
  if (!stream.unsent.empty()) {
    stream.send_waits = true;
    MarkDirty(slot);
  } else if (!stream.broken) {
    stream.fills = stream.send_waits;
    stream.handler->OnSent();
  }
}

// --- streams with something left over ---

void UringBackend::Step(uint32_t slot) {
  Stream& stream = streams_[slot];
  stream.queued = false;
  if (stream.generation == 0) return;
  if (stream.closing) {
    if (stream.released) DeliverClosed(slot);
  } else if (stream.held != nullptr && stream.receiving) {
    DeliverHeld(slot);
  } else if (stream.fault != 0) {
    stream.handler->OnError(std::exchange(stream.fault, 0));
  } else if (stream.end_seen && !stream.end_delivered && stream.receiving && !stream.broken) {
    stream.end_delivered = true;
    stream.handler->OnEnd();
  }
}

void UringBackend::Hold(Stream* stream, std::span<const char> bytes) {
  if (stream->held == nullptr) stream->held = std::make_unique<Held>();
  stream->held->bytes.append(bytes.data(), bytes.size());
}

// Delivers one piece of what is held, and comes again for the rest and for what follows it.
void UringBackend::DeliverHeld(uint32_t slot) {
  Stream& stream = streams_[slot];
  Enqueue(slot);
  if (stream.round == round_) return;
  stream.round = round_;
  MarkDirty(slot);
  if (!stream.target.empty()) {
    const size_t size = TakeHeld(&stream, stream.target);
    stream.target = stream.target.subspan(size);
    stream.handler->OnReceivedInto(size);
  } else {
    const std::span<char> room = arena_.Reserve();
    const size_t size = TakeHeld(&stream, room);
    arena_.Commit(size);
    stream.handler->OnReceive(room.first(size));
  }
}

// Moves what fits into `room`, and returns how much that was.
size_t UringBackend::TakeHeld(Stream* stream, std::span<char> room) {
  Held& held = *stream->held;
  const size_t size = std::min(held.bytes.size() - held.delivered, room.size());
  std::memcpy(room.data(), held.bytes.data() + held.delivered, size);
  held.delivered += size;
  if (held.delivered == held.bytes.size()) stream->held.reset();
  return size;
}

void UringBackend::DeliverToTarget(uint32_t slot, std::span<const char> bytes) {
  Stream& stream = streams_[slot];
  std::memcpy(stream.target.data(), bytes.data(), bytes.size());
  stream.target = stream.target.subspan(bytes.size());
  stream.handler->OnReceivedInto(bytes.size());
}

void UringBackend::DeliverClosed(uint32_t slot) {
  Stream& stream = streams_[slot];
  StreamHandler* handler = stream.handler;
  FileDescriptor detached(stream.fd);
  std::string unread;
  if (stream.held != nullptr) unread = stream.held->bytes.substr(stream.held->delivered);
  streams_.Erase(slot);
  if (handler == nullptr) return;
  if (!detached.valid()) return handler->OnClosed();
  SetBlocking(detached.get(), true);
  handler->OnDetached(std::move(detached), std::move(unread));
}

// --- watches ---

absl::StatusOr<WatchId> UringBackend::Watch(int fd, Interest interest,
                                            std::function<void(Interest)> ready) {
  const Handle handle = watchers_.Insert();
  Watcher& watcher = watchers_[handle.slot];
  watcher.fd = fd;
  watcher.interest = interest;
  watcher.ready = std::move(ready);
  watchers_dirty_ = true;
  return WatchId{handle};
}

void UringBackend::Unwatch(WatchId id) {
  const Watcher* watcher = watchers_.Find(id);
  if (watcher == nullptr) return;
  if (watcher->armed) Cancel(MakeToken(Operation::kWatch, id));
  watchers_.Erase(id.slot);
}

// A poll request reports once; made again after each report it acts level-triggered.
void UringBackend::ReconcileWatchers() {
  if (!std::exchange(watchers_dirty_, false)) return;
  watchers_.ForEach([this](uint32_t slot, Watcher& watcher) {
    if (std::exchange(watcher.armed, true)) return;
    const auto interest = static_cast<uint8_t>(watcher.interest);
    unsigned events = 0;
    if (interest & static_cast<uint8_t>(Interest::kReadable)) events |= POLLIN;
    if (interest & static_cast<uint8_t>(Interest::kWritable)) events |= POLLOUT;
    io_uring_sqe* request = NextRequest();
    io_uring_prep_poll_add(request, watcher.fd, events);
    io_uring_sqe_set_data64(request, MakeToken(Operation::kWatch, {slot, watcher.generation}));
  });
}

void UringBackend::OnWatchReady(Handle handle, int result, Scope scope) {
  const WatchEvent event = {handle, result < 0 ? POLLERR : static_cast<unsigned>(result)};
  if (scope == Scope::kAll) {
    CallWatch(event);
  } else {
    watch_events_.push_back(event);
  }
}

void UringBackend::CallWatch(const WatchEvent& event) {
  Watcher* watcher = watchers_.Find(event.watcher);
  if (watcher == nullptr) return;
  watcher->armed = false;
  watchers_dirty_ = true;
  uint8_t directions = 0;
  if (event.events & (POLLIN | POLLHUP | POLLERR)) {
    directions |= static_cast<uint8_t>(Interest::kReadable);
  }
  if (event.events & (POLLOUT | POLLHUP | POLLERR)) {
    directions |= static_cast<uint8_t>(Interest::kWritable);
  }
  const std::function<void(Interest)> callback = watcher->ready;
  callback(static_cast<Interest>(directions));
}

void UringBackend::DeliverWatches() {
  const std::vector<WatchEvent> events = std::exchange(watch_events_, {});
  for (const WatchEvent& event : events) CallWatch(event);
}

// --- the tick ---

bool UringBackend::HasWorkLeft() const {
  return !ready_.empty() || !accepted_.empty() || !closed_listeners_.empty() ||
         !watch_events_.empty();
}

bool UringBackend::Wait(int64_t timeout) {
  if (!enabled_) Enable();
  buffers_.ProvideReserve();
  ReconcileAll();
  ++counters_.waits;
  EnterKernel(HasWorkLeft() ? 0 : accept_pause_.Limit(timeout));
  return HasWorkLeft() || io_uring_cq_ready(&ring_) > sure_completions_;
}

// From here on the ring belongs to the calling thread.
void UringBackend::Enable() {
  // io_uring_enable_rings is missing from the shared library of liburing 2.3.
  io_uring_register(ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  enabled_ = true;
}

void UringBackend::EnterKernel(int64_t timeout) {
  const unsigned awaited = sure_completions_ + 1;
  if (timeout == 0) {
    io_uring_submit_and_get_events(&ring_);
  } else if (timeout < 0) {
    io_uring_submit_and_wait(&ring_, awaited);
  } else {
    __kernel_timespec limit = {timeout / 1'000'000, timeout % 1'000'000 * 1000};
    io_uring_cqe* first = nullptr;
    io_uring_submit_and_wait_timeout(&ring_, &first, awaited, &limit, nullptr);
  }
}

void UringBackend::Deliver(Scope scope) {
  ++round_;
  sure_completions_ = 0;
  if (accept_pause_.EndIfDue()) listeners_dirty_ = true;
  if (!closed_listeners_.empty()) DeliverClosedListeners();
  if (scope == Scope::kAll && !watch_events_.empty()) DeliverWatches();
  // A handler may deliver in turn, so each completion is taken out before it is served.
  for (unsigned left = io_uring_cq_ready(&ring_); left > 0; --left) {
    io_uring_cqe* next = nullptr;
    if (io_uring_peek_cqe(&ring_, &next) != 0) break;
    const io_uring_cqe completion = *next;
    io_uring_cq_advance(&ring_, 1);
    Dispatch(completion, scope);
  }
  DeliverAccepted();
  for (size_t left = ready_.size(); left > 0 && !ready_.empty(); --left) Step(ready_.Pop());
}

void UringBackend::Dispatch(const io_uring_cqe& completion, Scope scope) {
  const auto low = static_cast<uint32_t>(completion.user_data);
  const auto generation = static_cast<uint32_t>(completion.user_data >> 32);
  const Handle handle = {low & kSlotMask, generation};
  switch (static_cast<Operation>(low >> kSlotBits)) {
    case Operation::kNone:
      return;
    case Operation::kAccept:
      return OnAccepted(handle, completion);
    case Operation::kReceive:
      return OnReceived(handle.slot, completion, scope);
    case Operation::kSend:
      return OnSendDone(handle.slot, completion);
    case Operation::kWatch:
      return OnWatchReady(handle, completion.res, scope);
  }
}

void UringBackend::ReleaseReceived() {
  arena_.Reset();
  if (std::exchange(buffers_ran_out_, false)) buffers_.Grow();
  for (const uint16_t buffer : lent_buffers_) buffers_.Return(buffer);
  lent_buffers_.clear();
  buffers_.Publish();
}

void UringBackend::CloseAll() {
  if (enabled_) {
    ReconcileAll();
    io_uring_submit(&ring_);  // sends go as far as their peers take them
  }
  listeners_.ForEach([this](uint32_t slot, Listener& listener) {
    CloseListener(ListenerId{{slot, listener.generation}}, nullptr);
  });
  streams_.ForEach([this](uint32_t slot, Stream&) { Close(IdOf(slot)); });
}

bool UringBackend::HasOpen() const {
  return listeners_.size() > 0 || streams_.size() > 0 || !closed_listeners_.empty() ||
         !accepted_.empty();
}

}  // namespace ae
