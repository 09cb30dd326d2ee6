#include "kv/server/connection.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kv {
namespace {

// The memory a large argument gets at first, and with each growth at most twice what has come.
constexpr size_t kFirstLargeCapacity = 64 * 1024;

}  // namespace

Connection::Connection(ConnectionOwner& owner, ae::Loop& loop, ae::StreamId stream, uint64_t id,
                       ae::Peer peer)
    : client(id, owner.chunk_pool()),
      owner_(owner),
      loop_(loop),
      stream_(stream),
      peer_(std::move(peer)),
      created_(owner.now_micros()),
      last_active_(created_) {
  client.SetFlag(kClientUnixSocket, peer_.is_unix);
  client.SetFlag(kClientTrusted, peer_.is_loopback);
}

Connection::~Connection() {
  if (large_ != nullptr) Blob::Release(owner_.memory(), large_);
}

// --- input ---

void Connection::OnReceive(std::span<const char> bytes) {
  if (closing()) return;
  last_active_ = owner_.now_micros();
  bytes_received_ += bytes.size();
  if (owner_.polls_restricted() && MustHold()) {
    if (held_ == nullptr) held_ = std::make_unique<std::string>();
    held_->append(bytes.data(), bytes.size());
    return owner_.OnHeld(*this);
  }
  if (kept_.empty() && !has_input()) {
    input_ = std::string_view(bytes.data(), bytes.size());
    position_ = 0;
  } else {
    if (kept_.empty()) KeepInput();
    AppendKept(bytes);
  }
  TellReadable();
}

// Input is for the parser of RESP, unless the peer speaks HTTP.
void Connection::TellReadable() {
  if (speech == Speech::kUnknown) [[unlikely]] {
    speech = owner_.OnFirstBytes(*this, input_.substr(position_));
    // A peer that has ended sends no more of what it may have begun.
    if (speech == Speech::kUnknown && ended) speech = Speech::kResp;
  }
  if (speech == Speech::kResp) [[likely]]
    return owner_.OnReadable(*this);
  if (speech == Speech::kHttp) return DropInput();
  KeepInput();
}

// A connection that was idle when the long command began can be served meanwhile: no request of the
// interrupted run views its input.
bool Connection::MustHold() {
  if (!restricted) {
    restricted = !received && !ready && !postponed && kept_.empty() && large_ == nullptr;
  }
  return !restricted;
}

void Connection::ReleaseHeld() {
  const std::unique_ptr<std::string> held = std::move(held_);
  if (held == nullptr || closing()) return;
  AppendKept(*held);
  TellReadable();
}

void Connection::AppendKept(std::span<const char> bytes) {
  kept_.append(bytes.data(), bytes.size());
  input_ = std::string_view(kept_).substr(kept_begin_);
  CheckLimit();
}

void Connection::CheckLimit() {
  if (!closing() && kept_bytes() > owner_.query_buffer_limit()) owner_.OnQueryBufferLimit(*this);
}

resp::ParseResult Connection::NextRequest(resp::ArgVector* args) {
  while (true) {
    const resp::ParseResult result =
        parser_.Next(input_, &position_, owner_.request_limits(client.authenticated()), args);
    if (result != resp::ParseResult::kIncomplete) return result;
    const resp::LargeArgument* large = parser_.pending_large_argument();
    // A large argument is begun by KeepInput: requests parsed before it still view the input.
    if (large == nullptr || large_ == nullptr || large_filled_ < large_size_) return result;
    // Of several in one request the first is received elsewhere, the others among the input.
    if (large->body_offset != large_offset_) return result;
    parser_.SupplyLargeArgument({large_->data(), large_size_});
  }
}

void Connection::Rewind(Mark mark) {
  if (mark.position >= position_) return;
  parser_.Reset();
  position_ = mark.position;
  if (!holds_large_argument()) return;
  // The request is parsed again from its bytes alone, so its body goes back among them.
  kept_.insert(kept_begin_ + position_ + large_offset_, large_->data(), large_size_);
  input_ = std::string_view(kept_).substr(kept_begin_);
  DropLargeArgument();
}

void Connection::KeepInput() {
  parser_.ReleaseDecoded();
  if (closing()) return DropInput();
  if (kept_.empty()) {
    if (has_input()) kept_.assign(input_.substr(position_));
    kept_begin_ = 0;
  } else {
    kept_begin_ += position_;
    if (kept_begin_ == kept_.size()) {
      std::string().swap(kept_);  // an assignment would keep the memory
      kept_begin_ = 0;
    } else if (kept_begin_ > kept_.size() / 2) {
      kept_.erase(0, kept_begin_);
      kept_begin_ = 0;
    }
  }
  position_ = 0;
  if (large_ == nullptr) {
    if (const resp::LargeArgument* large = parser_.pending_large_argument()) {
      BeginLargeArgument(*large);
    }
  }
  input_ = std::string_view(kept_).substr(kept_begin_);
  CheckLimit();
  owner_.OnMemoryChanged(*this);
}

void Connection::DropInput() {
  std::string().swap(kept_);  // an assignment would keep the memory
  kept_begin_ = position_ = 0;
  input_ = {};
}

// Moves the part of the body that came from kept_ to a blob and has the rest received there. What
// stays in kept_ is the start of the request, up to the body.
void Connection::BeginLargeArgument(const resp::LargeArgument& argument) {
  const size_t body = kept_begin_ + argument.body_offset;
  const std::string_view arrived = std::string_view(kept_).substr(body);
  large_size_ = argument.size;
  large_offset_ = argument.body_offset;
  large_filled_ = arrived.size();
  // Memory that is resident already may be had at once, whatever has arrived.
  const bool ready = owner_.memory().HasReady(Blob::AllocationSize(large_size_));
  const size_t first = ready ? large_size_ : std::max(kFirstLargeCapacity, 2 * arrived.size());
  large_ = Blob::Create(owner_.memory(), 0, std::min(large_size_, first));
  std::memcpy(large_->data(), arrived.data(), arrived.size());
  kept_.resize(body);
  kept_.shrink_to_fit();
  ContinueLargeArgument();
}

void Connection::ContinueLargeArgument() {
  if (large_filled_ == large_size_) {
    large_->set_size(large_size_);
    owner_.OnReadable(*this);
    return;
  }
  if (large_filled_ == large_->capacity()) {
    large_->set_size(large_filled_);
    large_ = Blob::Unshare(owner_.memory(), large_, std::min(large_size_, 2 * large_filled_));
  }
  const size_t room = std::min(large_->capacity(), large_size_) - large_filled_;
  loop_.ReceiveInto(stream_, {large_->data() + large_filled_, room});
}

void Connection::OnReceivedInto(size_t size) {
  if (closing()) return;
  last_active_ = owner_.now_micros();
  bytes_received_ += size;
  large_filled_ += size;
  if (large_filled_ == std::min(large_->capacity(), large_size_)) ContinueLargeArgument();
  CheckLimit();
  owner_.OnMemoryChanged(*this);
}

Blob* Connection::Take(std::string_view argument) {
  if (large_ == nullptr || argument.data() != large_->data()) return nullptr;
  large_->AddReference();
  return large_;
}

void Connection::DropLargeArgument() {
  Blob::Release(owner_.memory(), std::exchange(large_, nullptr));
  large_size_ = large_filled_ = 0;
}

// --- output ---

void Connection::Flush() {
  if (!client.output.empty() && owner_.EnforceOutputLimit(*this)) return;
  while (in_flight_ == 0 && !client.output.empty() && !closing()) {
    iovec parts[kMaxParts];
    const size_t count = client.output.Gather(parts, std::min(kMaxSendBytes, FreeOutput()));
    if (count == 0) break;
    size_t bytes = 0;
    for (size_t i = 0; i < count; ++i) bytes += parts[i].iov_len;
    // A send that stays pending goes on using the array.
    parts_.assign(parts, parts + count);
    in_flight_ = bytes;
    if (loop_.Send(stream_, parts_) == ae::SendResult::kPending) return;
    NoteSent();
  }
  owner_.OnMemoryChanged(*this);
  if (client.output.empty() && client.Is(kClientCloseAfterReply)) Finish();
}

// How many bytes of the output are not held back.
size_t Connection::FreeOutput() const {
  return holds_ == nullptr ? SIZE_MAX : holds_->front().begin - bytes_sent_;
}

void Connection::HoldOutput(size_t begin, uint64_t offset) {
  if (holds_ == nullptr) holds_ = std::make_unique<std::vector<Hold>>();
  holds_->push_back({bytes_sent_ + begin, offset});
}

void Connection::ReleaseOutput(uint64_t durable) {
  if (holds_ == nullptr) return;
  std::erase_if(*holds_, [durable](const Hold& hold) { return hold.offset <= durable; });
  if (holds_->empty()) holds_ = nullptr;
}

void Connection::NoteSent() {
  const size_t sent = std::exchange(in_flight_, 0);
  bytes_sent_ += sent;
  last_active_ = owner_.now_micros();
  client.output.Consume(sent);
}

void Connection::OnSent() {
  NoteSent();
  Flush();
}

resp::ReplyBuffer& Connection::PushBuffer(PushOrder order) {
  if (!owner_.OnPush(*this, order)) {
    client.output.SetLimit(resp::ReplyBuffer::kNoLimit);
    return client.output;
  }
  if (pushes_ == nullptr) pushes_ = std::make_unique<resp::ReplyBuffer>(&owner_.chunk_pool());
  client.SetFlag(kClientPushed, true);
  return *pushes_;
}

void Connection::ReleasePushes() {
  client.SetFlag(kClientPushed, false);
  client.output.SetLimit(resp::ReplyBuffer::kNoLimit);
  client.output.Append(std::move(*pushes_));
  pushes_ = nullptr;
}

// --- end ---

// Closing while input is unread resets the connection, and replies on their way to the peer are
// lost; so it reads on until the peer has ended, too.
void Connection::Finish() {
  if (leaving()) return Detach();
  if (ended) return Close();
  if (closing()) return;
  lingering_ = true;
  owner_.OnClosing(*this);
  loop_.EndSending(stream_);
  owner_.OnLingering(*this);
}

void Connection::Leave(Heir* heir) {
  departure_ = std::make_unique<Departure>(Departure{heir, {}});
  client.SetFlag(kClientCloseAfterReply, true);
}

// What the peer has sent behind its last request goes along, but for the rest of a large argument.
void Connection::Detach() {
  if (closing()) return;
  departure_->unread = input_.substr(position_);
  lingering_ = true;
  owner_.OnClosing(*this);
  loop_.Detach(stream_);
}

void Connection::OnDetached(ae::FileDescriptor socket, std::string unread) {
  if (closing_) return owner_.OnGone(*this);
  departure_->heir->OnDetached(*this, std::move(socket), departure_->unread + unread);
}

void Connection::OnEnd() {
  ended = true;
  if (lingering_) return Close();
  TellReadable();
}

void Connection::OnError(int) {
  Close();
}

void Connection::Close() {
  if (std::exchange(closing_, true)) return;
  owner_.OnClosing(*this);
  loop_.Close(stream_);
}

void Connection::OnClosed() {
  if (!std::exchange(closing_, true)) owner_.OnClosing(*this);
  owner_.OnGone(*this);
}

}  // namespace kv
