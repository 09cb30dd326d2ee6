// The output of one client: bytes written here until they were sent, and bytes that are owned
// elsewhere and only referred to.
//
//   head                                  tail
//   +------------------------+            +------------------------+
//   | sent | text  ^  text   | ---------> | text        |   free   |
//   +--------------|---------+            +------------------------+
//                  pinned piece: a value sent from where the store keeps it
//
// A buffer of pinned pieces alone needs no room for text and gets bare chunks, of the header only:
// a thousand subscribers that wait for the same message hold a reference each and little more.
// Pieces of one owner that follow each other in memory become one.
//
// Invariants:
//   - Bytes never move and stay readable until Consume or Clear, whatever is appended meanwhile;
//     so they may be in flight while replies are written. (Bytes behind an open Slot move when it
//     is filled: no slot is open when output is gathered.)
//   - Chunks come from a pool that the clients of a server share, and go back when their last byte
//     was consumed. An empty buffer holds no memory.
//
// Appending is amortised constant time per chunk plus the copying; consuming is linear in the
// number of chunks and pieces it frees.
#ifndef SOLOKV_PROTOCOL_REPLY_BUFFER_H_
#define SOLOKV_PROTOCOL_REPLY_BUFFER_H_

#include <sys/uio.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace resp {

// Bytes owned elsewhere. `release(owner)` is called once, when they are no longer needed; `release`
// may be null for bytes that outlive the buffer.
struct Pin {
  const char* data = nullptr;
  size_t size = 0;
  void* owner = nullptr;
  void (*release)(void* owner) = nullptr;
};

class ReplyBuffer;

// A piece of a reply buffer: this header with the text behind it.
class Chunk {
 public:
  static constexpr size_t kCapacity = size_t{16} * 1024;
  static constexpr size_t kMaxPins = 256;
  // Of short shared pieces in a bare chunk.
  static constexpr size_t kMaxSharedPins = 16;
  static constexpr size_t kShortSharedBytes = 512;

 private:
  friend class ChunkPool;
  friend class ReplyBuffer;

  // Stands between the bytes before and from `position`.
  struct PinnedPiece {
    const char* position;
    Pin pin;
  };
  static constexpr size_t kFirstPinBytes = sizeof(PinnedPiece);

  char* text() { return reinterpret_cast<char*>(this + 1); }
  bool is_bare() { return limit == text(); }
  size_t allocated_bytes() {
    return sizeof(Chunk) + static_cast<size_t>(limit - text()) + (is_bare() ? kFirstPinBytes : 0);
  }

  Chunk* next;
  char* begin;  // the first byte that is not consumed
  char* end;    // behind the last byte written
  char* limit;  // behind the last byte there is room for
  std::vector<PinnedPiece> pins;
  size_t first_pin;  // the first piece that is not consumed
};

// Hands out chunks, the one returned last first, because it is still in the cache. Not thread-safe;
// must outlive the buffers that use it.
class ChunkPool {
 public:
  static constexpr size_t kMaxFreeBare = 1024;

  // Keeps up to `max_free` returned chunks for reuse, and kMaxFreeBare bare ones.
  explicit ChunkPool(size_t max_free = 64) : max_free_(max_free) {}
  ~ChunkPool();
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;

  Chunk* Take();
  // A chunk without room for text.
  Chunk* TakeBare();
  void Return(Chunk* chunk);
  // Gives chunks back to the system until at most `max_free` of either kind are kept.
  void Trim(size_t max_free);

  // Bare ones are not counted.
  size_t free_chunks() const { return text_.count; }
  size_t chunks_in_use() const { return text_.in_use; }

 private:
  struct Kind {
    size_t capacity;
    Chunk* free = nullptr;
    size_t count = 0;
    size_t in_use = 0;
  };
  static Chunk* TakeFrom(Kind& kind);
  static void TrimKind(Kind& kind, size_t max_free);

  Kind text_{Chunk::kCapacity};
  Kind bare_{0};
  size_t max_free_;
};

class ReplyBuffer {
 public:
  // The most that Reserve takes.
  static constexpr size_t kMaxReserve = Chunk::kCapacity;

  explicit ReplyBuffer(ChunkPool* pool) : pool_(pool) {}
  ~ReplyBuffer() { Clear(); }
  ReplyBuffer(ReplyBuffer&& other) noexcept;
  ReplyBuffer& operator=(ReplyBuffer&& other) noexcept;

  // Returns room for `size` contiguous bytes, of which Commit then appends the first. What was
  // reserved before and not committed is lost. Precondition: size <= kMaxReserve.
  char* Reserve(size_t size) {
    assert(size <= kMaxReserve);
    if (tail_ == nullptr || static_cast<size_t>(tail_->limit - tail_->end) < size) [[unlikely]] {
      AddChunk();
    }
    return tail_->end;
  }
  void Commit(size_t size) {
    tail_->end += size;
    size_ += size;
  }

  void Append(std::string_view bytes) {
    if (bytes.size() > kMaxReserve) return AppendLarge(bytes);
    memcpy(Reserve(bytes.size()), bytes.data(), bytes.size());
    Commit(bytes.size());
  }

  // Appends bytes without copying them.
  void AppendPinned(const Pin& pin);
  // Appends bytes that many buffers share. Short ones are copied where they would hold memory that
  // is much larger than they are, or make the output out of very many pieces.
  void AppendShared(const Pin& pin);
  // Appends all of `other`, which is empty afterwards and uses the same pool. Copies nothing.
  void Append(ReplyBuffer&& other);

  // A place for a short text that is known only after what follows it was written.
  class Slot {
    friend class ReplyBuffer;
    Chunk* chunk;
    char* position;
  };
  static constexpr size_t kSlotBytes = 24;
  Slot OpenSlot();
  // Puts `text` (of at most kSlotBytes) in the place of the slot. Slots are filled in the reverse
  // order of their opening, before anything is gathered or consumed. Moves at most one chunk.
  void FillSlot(Slot slot, std::string_view text);

  // Bytes not consumed, pinned ones included.
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t pinned_bytes() const { return pinned_bytes_; }
  // Memory held here: whole chunks, but not the pinned bytes.
  size_t allocated_bytes() const { return allocated_bytes_; }

  // Describes the first bytes, at most `max_bytes` of them, in `out`; returns how many of its
  // elements were used. Removes nothing.
  size_t Gather(std::span<iovec> out, size_t max_bytes) const;
  // Removes the first `bytes` bytes. Precondition: bytes <= size().
  void Consume(size_t bytes);
  // Empties it; nothing is dropped any more.
  void Clear();

  // From now on what would make it larger than `bytes` is dropped, to about a chunk: it is for
  // somebody who may not have so much. Once anything was dropped all is, until Clear; the output is
  // worth nothing then. Bounds the memory that one command can fill.
  void SetLimit(size_t bytes) { limit_ = std::min<uint64_t>(bytes, kNoLimit); }
  static constexpr uint64_t kNoLimit = (uint64_t{1} << 63) - 1;
  bool dropping() const { return dropping_; }

  // A copy of everything, for tests and cold paths.
  std::string ToString() const;

 private:
  void AddChunk();
  void Link(Chunk* chunk);
  bool MustDrop();
  bool ExtendsLastPin(const Pin& pin) const;
  void AppendLarge(std::string_view bytes);
  size_t ConsumeFrom(Chunk* chunk, size_t bytes);
  void ConsumePin(Chunk* chunk, size_t bytes);
  void RemoveHead();

  ChunkPool* pool_;
  Chunk* head_ = nullptr;
  Chunk* tail_ = nullptr;
  size_t size_ = 0;
  size_t pinned_bytes_ = 0;
  size_t allocated_bytes_ = 0;
  uint64_t limit_ : 63 = kNoLimit;
  // The last chunk is written again and again.
  uint64_t dropping_ : 1 = false;
};

static_assert(sizeof(ReplyBuffer) <= 56, "every idle connection has one");

}  // namespace resp

#endif  // SOLOKV_PROTOCOL_REPLY_BUFFER_H_
