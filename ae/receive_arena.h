// Memory for the bytes received in one tick.
//
//   chunks_   [ bytes of A | bytes of B | free ]  [ unused ] ...
//                                       ^ offset_ in chunk current_
//
// Small receives share a chunk, so that the memory a tick touches stays small and in cache. A
// receive gets at least half a chunk of room. Reset, at the end of the tick, makes all of it free.
// Chunks are allocated when first needed; after a burst those no longer used are freed one a tick.
#ifndef SOLOKV_AE_RECEIVE_ARENA_H_
#define SOLOKV_AE_RECEIVE_ARENA_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace ae {

class ReceiveArena {
 public:
  explicit ReceiveArena(size_t chunk_bytes) : chunk_bytes_(chunk_bytes) {}

  // Room for the next receive: between half a chunk and a whole one.
  std::span<char> Reserve() { return Reserve(chunk_bytes_ / 2); }

  // Room for at least `least` bytes, which are no more than a chunk has.
  std::span<char> Reserve(size_t least) {
    if (!chunks_.empty() && chunk_bytes_ - offset_ < least) {
      ++current_;
      offset_ = 0;
    }
    if (current_ == chunks_.size()) {
      chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_bytes_));
    }
    return {chunks_[current_].get() + offset_, chunk_bytes_ - offset_};
  }

  // Keeps the first `size` bytes of the room last reserved until Reset.
  void Commit(size_t size) { offset_ += size; }

  void Reset() {
    const bool mostly_unused = chunks_.size() > kKeptChunks && current_ + 1 <= chunks_.size() / 2;
    if (mostly_unused) chunks_.pop_back();
    current_ = 0;
    offset_ = 0;
  }

  // Chunks that hold bytes received since the last Reset.
  size_t used_chunks() const { return current_ + (offset_ > 0 ? 1 : 0); }

 private:
  static constexpr size_t kKeptChunks = 4;

  const size_t chunk_bytes_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  size_t current_ = 0;
  size_t offset_ = 0;
};

}  // namespace ae

#endif  // SOLOKV_AE_RECEIVE_ARENA_H_
