#include "protocol/reply_buffer.h"

#include <algorithm>
#include <new>
#include <utility>

namespace resp {

ChunkPool::~ChunkPool() {
  assert(text_.in_use == 0 && bare_.in_use == 0);
  Trim(0);
}

Chunk* ChunkPool::Take() {
  return TakeFrom(text_);
}

Chunk* ChunkPool::TakeBare() {
  return TakeFrom(bare_);
}

// Chunks are a little larger than a power of two, so that the first bytes of many chunks, which is
// where short replies are, spread over the sets of the cache.
Chunk* ChunkPool::TakeFrom(Kind& kind) {
  Chunk* chunk = kind.free;
  if (chunk != nullptr) {
    kind.free = chunk->next;
    --kind.count;
  } else {
    chunk = new (::operator new(sizeof(Chunk) + kind.capacity)) Chunk;
  }
  ++kind.in_use;
  chunk->next = nullptr;
  chunk->begin = chunk->end = chunk->text();
  chunk->limit = chunk->text() + kind.capacity;
  chunk->first_pin = 0;
  return chunk;
}

void ChunkPool::Return(Chunk* chunk) {
  Kind& kind = chunk->is_bare() ? bare_ : text_;
  const size_t max_free = chunk->is_bare() ? kMaxFreeBare : max_free_;
  --kind.in_use;
  chunk->pins.clear();
  chunk->next = kind.free;
  kind.free = chunk;
  ++kind.count;
  if (kind.count > max_free) TrimKind(kind, max_free);
}

void ChunkPool::Trim(size_t max_free) {
  TrimKind(text_, max_free);
  TrimKind(bare_, max_free);
}

void ChunkPool::TrimKind(Kind& kind, size_t max_free) {
  while (kind.count > max_free) {
    Chunk* chunk = std::exchange(kind.free, kind.free->next);
    chunk->~Chunk();
    ::operator delete(chunk);
    --kind.count;
  }
}

ReplyBuffer::ReplyBuffer(ReplyBuffer&& other) noexcept
    : pool_(other.pool_),
      head_(std::exchange(other.head_, nullptr)),
      tail_(std::exchange(other.tail_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      pinned_bytes_(std::exchange(other.pinned_bytes_, 0)),
      allocated_bytes_(std::exchange(other.allocated_bytes_, 0)),
      limit_(other.limit_),
      dropping_(other.dropping_) {
  other.dropping_ = false;
}

ReplyBuffer& ReplyBuffer::operator=(ReplyBuffer&& other) noexcept {
  if (this == &other) return *this;
  Clear();
  pool_ = other.pool_;
  head_ = std::exchange(other.head_, nullptr);
  tail_ = std::exchange(other.tail_, nullptr);
  size_ = std::exchange(other.size_, 0);
  pinned_bytes_ = std::exchange(other.pinned_bytes_, 0);
  allocated_bytes_ = std::exchange(other.allocated_bytes_, 0);
  limit_ = other.limit_;
  dropping_ = other.dropping_;
  other.dropping_ = false;
  return *this;
}

// The first time, links the chunk that takes what is dropped.
bool ReplyBuffer::MustDrop() {
  if (dropping_) return true;
  if (size_ < limit_) [[likely]]
    return false;
  dropping_ = true;
  Link(pool_->Take());
  return true;
}

void ReplyBuffer::AddChunk() {
  if (!MustDrop() || tail_ == nullptr) [[likely]]
    return Link(pool_->Take());
  size_ -= static_cast<size_t>(tail_->end - tail_->begin);
  tail_->end = tail_->begin;
}

void ReplyBuffer::Link(Chunk* chunk) {
  (tail_ == nullptr ? head_ : tail_->next) = chunk;
  tail_ = chunk;
  allocated_bytes_ += chunk->allocated_bytes();
}

void ReplyBuffer::AppendLarge(std::string_view bytes) {
  while (!bytes.empty()) {
    Reserve(1);
    const size_t room = static_cast<size_t>(tail_->limit - tail_->end);
    const size_t size = std::min(room, bytes.size());
    memcpy(tail_->end, bytes.data(), size);
    Commit(size);
    bytes.remove_prefix(size);
  }
}

void ReplyBuffer::AppendPinned(const Pin& pin) {
  if (pin.size == 0 || MustDrop()) {
    if (pin.release != nullptr) pin.release(pin.owner);
    return;
  }
  size_ += pin.size;
  pinned_bytes_ += pin.size;
  if (ExtendsLastPin(pin)) {
    tail_->pins.back().pin.size += pin.size;
    if (pin.release != nullptr) pin.release(pin.owner);
    return;
  }
  if (tail_ == nullptr || tail_->pins.size() == Chunk::kMaxPins) Link(pool_->TakeBare());
  tail_->pins.push_back({tail_->end, pin});
}

void ReplyBuffer::AppendShared(const Pin& pin) {
  const bool few =
      tail_ == nullptr || (tail_->is_bare() && tail_->pins.size() < Chunk::kMaxSharedPins);
  if (few || pin.size > Chunk::kShortSharedBytes || ExtendsLastPin(pin)) return AppendPinned(pin);
  Append({pin.data, pin.size});
  if (pin.release != nullptr) pin.release(pin.owner);
}

// Whether the bytes of `pin` follow those of the last piece, in memory and in the output.
bool ReplyBuffer::ExtendsLastPin(const Pin& pin) const {
  if (tail_ == nullptr || tail_->first_pin == tail_->pins.size()) return false;
  const Chunk::PinnedPiece& last = tail_->pins.back();
  return last.position == tail_->end && last.pin.owner == pin.owner && pin.owner != nullptr &&
         last.pin.data + last.pin.size == pin.data;
}

void ReplyBuffer::Append(ReplyBuffer&& other) {
  assert(pool_ == other.pool_);
  if (other.head_ == nullptr) return;
  if (MustDrop()) return other.Clear();
  (tail_ == nullptr ? head_ : tail_->next) = other.head_;
  tail_ = std::exchange(other.tail_, nullptr);
  other.head_ = nullptr;
  size_ += std::exchange(other.size_, 0);
  pinned_bytes_ += std::exchange(other.pinned_bytes_, 0);
  allocated_bytes_ += std::exchange(other.allocated_bytes_, 0);
}

ReplyBuffer::Slot ReplyBuffer::OpenSlot() {
  Slot slot;
  slot.position = Reserve(kSlotBytes);
  slot.chunk = tail_;
  Commit(kSlotBytes);
  return slot;
}

void ReplyBuffer::FillSlot(Slot slot, std::string_view text) {
  assert(text.size() <= kSlotBytes);
  Chunk* chunk = slot.chunk;
  if (dropping_ && chunk == tail_) return;
  const char* behind = slot.position + kSlotBytes;
  const size_t gap = kSlotBytes - text.size();
  memcpy(slot.position, text.data(), text.size());
  memmove(slot.position + text.size(), behind, static_cast<size_t>(chunk->end - behind));
  for (auto piece = chunk->pins.rbegin(); piece != chunk->pins.rend() && piece->position >= behind;
       ++piece) {
    piece->position -= gap;
  }
  chunk->end -= gap;
  size_ -= gap;
}

size_t ReplyBuffer::Gather(std::span<iovec> out, size_t max_bytes) const {
  size_t used = 0;
  auto add = [&](const char* data, size_t size) {
    size = std::min(size, max_bytes);
    if (size == 0 || used == out.size()) return;
    out[used++] = {const_cast<char*>(data), size};
    max_bytes -= size;
  };
  for (Chunk* chunk = head_; chunk != nullptr && max_bytes > 0 && used < out.size();
       chunk = chunk->next) {
    const char* text = chunk->begin;
    for (size_t i = chunk->first_pin; i < chunk->pins.size(); ++i) {
      const Chunk::PinnedPiece& piece = chunk->pins[i];
      add(text, static_cast<size_t>(piece.position - text));
      add(piece.pin.data, piece.pin.size);
      text = piece.position;
    }
    add(text, static_cast<size_t>(chunk->end - text));
  }
  return used;
}

void ReplyBuffer::Consume(size_t bytes) {
  assert(bytes <= size_);
  size_ -= bytes;
  while (head_ != nullptr) {
    bytes -= ConsumeFrom(head_, bytes);
    const bool used_up = head_->begin == head_->end && head_->first_pin == head_->pins.size();
    if (!used_up) break;
    RemoveHead();
  }
  assert(bytes == 0);
}

// Consumes up to `bytes` bytes of the chunk and returns how many.
size_t ReplyBuffer::ConsumeFrom(Chunk* chunk, size_t bytes) {
  size_t left = bytes;
  while (left > 0) {
    const bool has_pin = chunk->first_pin < chunk->pins.size();
    const char* text_end = has_pin ? chunk->pins[chunk->first_pin].position : chunk->end;
    const size_t text = std::min(left, static_cast<size_t>(text_end - chunk->begin));
    chunk->begin += text;
    left -= text;
    if (!has_pin || chunk->begin != text_end) break;
    const size_t pinned = std::min(left, chunk->pins[chunk->first_pin].pin.size);
    ConsumePin(chunk, pinned);
    left -= pinned;
  }
  return bytes - left;
}

void ReplyBuffer::ConsumePin(Chunk* chunk, size_t bytes) {
  Pin& pin = chunk->pins[chunk->first_pin].pin;
  pin.data += bytes;
  pin.size -= bytes;
  pinned_bytes_ -= bytes;
  if (pin.size > 0) return;
  ++chunk->first_pin;
  if (pin.release != nullptr) pin.release(pin.owner);
}

void ReplyBuffer::RemoveHead() {
  Chunk* chunk = std::exchange(head_, head_->next);
  if (head_ == nullptr) tail_ = nullptr;
  allocated_bytes_ -= chunk->allocated_bytes();
  pool_->Return(chunk);
}

void ReplyBuffer::Clear() {
  while (head_ != nullptr) {
    for (size_t i = head_->first_pin; i < head_->pins.size(); ++i) {
      const Pin& pin = head_->pins[i].pin;
      if (pin.release != nullptr) pin.release(pin.owner);
    }
    RemoveHead();
  }
  size_ = 0;
  pinned_bytes_ = 0;
  dropping_ = false;
}

std::string ReplyBuffer::ToString() const {
  std::string bytes;
  for (Chunk* chunk = head_; chunk != nullptr; chunk = chunk->next) {
    const char* text = chunk->begin;
    for (size_t i = chunk->first_pin; i < chunk->pins.size(); ++i) {
      const Chunk::PinnedPiece& piece = chunk->pins[i];
      bytes.append(text, piece.position).append(piece.pin.data, piece.pin.size);
      text = piece.position;
    }
    bytes.append(text, static_cast<const char*>(chunk->end));
  }
  return bytes;
}

}  // namespace resp
