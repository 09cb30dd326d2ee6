// Intset: a set of integers in one block, sorted. Small sets whose members are all integers.
//
//   ┌────────┬───────┬─────────┬─────────┬─ ─ ─┐
//   │ width  │ count │ integer │ integer │     │      all numbers little endian
//   │ 4      │ 4     │ 2, 4, 8 │         │     │
//   └────────┴───────┴─────────┴─────────┴─ ─ ─┘
//
// Invariants:
//   - The block is what DUMP carries, byte for byte; nothing else is stored with it.
//   - Integers ascend strictly. All have `width` bytes, 2, 4 or 8: enough for the widest that was
//     ever in the set. An integer that needs more widens them all; none ever narrows.
//   - The block's capacity follows from its bytes: BlockBytes. It changes in steps of an eighth.
//
// Cost: Contains O(log n); Add and Remove O(log n) and a move of the bytes behind; widening O(n);
// At, Min, Max and Random O(1).
//
// Source: the set of integers of Redis's dump format; binary search after D. Knuth, The Art of
// Computer Programming, volume 3, section 6.2.1.
#ifndef SOLOKV_KV_DS_INTSET_H_
#define SOLOKV_KV_DS_INTSET_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "kv/base/random.h"
#include "kv/base/slab_memory.h"
#include "kv/ds/stepped_block.h"

namespace kv {

// Owns its block, which is all it is: pointer-sized, and copied like a pointer. The memory must be
// the same one in every call.
class Intset {
 public:
  static constexpr size_t kHeaderBytes = 8;

  static Intset Create(SlabMemory& memory);
  // Precondition: Validate(bytes).
  static Intset Copy(SlabMemory& memory, std::string_view bytes);
  // Takes over a block as block() returned it.
  static Intset FromBlock(void* block) { return Intset(static_cast<char*>(block)); }
  void* block() { return block_; }
  void Free(SlabMemory& memory) { memory.Free(block_, memory_bytes()); }

  // Whether `bytes` are an intset, and nothing but it. Never reads beyond them. Cost: O(n).
  static bool Validate(std::string_view bytes);

  size_t size() const { return LoadAt<uint32_t>(4); }
  bool empty() const { return size() == 0; }
  size_t bytes() const { return kHeaderBytes + size() * width(); }
  std::string_view view() const { return {block_, bytes()}; }
  size_t memory_bytes() const { return BlockBytes(bytes()); }

  bool Contains(int64_t integer) const {
    const size_t index = LowerBound(integer);
    return index < size() && At(index) == integer;
  }
  // False if it was there already, or wasn't.
  bool Add(SlabMemory& memory, int64_t integer);
  bool Remove(SlabMemory& memory, int64_t integer);
  // Removes the integers of indexes from `begin` to before `end`.
  void RemoveRange(SlabMemory& memory, size_t begin, size_t end);

  // The integer of this rank. Precondition: index < size().
  int64_t At(size_t index) const {
    assert(index < size());
    const size_t offset = kHeaderBytes + index * width();
    switch (width()) {
      case 2:
        return LoadAt<int16_t>(offset);
      case 4:
        return LoadAt<int32_t>(offset);
      default:
        return LoadAt<int64_t>(offset);
    }
  }
  // The index of the first integer that is not smaller; size() if there is none.
  size_t LowerBound(int64_t integer) const;
  // Precondition of these: not empty.
  int64_t Min() const { return At(0); }
  int64_t Max() const { return At(size() - 1); }
  int64_t Random(kv::Random& random) const { return At(random.Uniform(size())); }

  // Calls visit(int64_t) for all, in ascending order.
  template <class Visit>
  void ForEach(Visit visit) const;

  // Whether moving the block would help to empty its slab, and the move.
  bool IsSparse(const SlabMemory& memory) const { return memory.IsSparse(block_, memory_bytes()); }
  void Relocate(SlabMemory& memory);

 private:
  explicit Intset(char* block) : block_(block) {}

  static size_t WidthOf(int64_t integer);
  static constexpr size_t BlockBytes(size_t bytes) { return SteppedBlockBytes(bytes); }
  size_t width() const { return LoadAt<uint32_t>(0); }

  template <class T>
  T LoadAt(size_t offset) const {
    T value;
    std::memcpy(&value, block_ + offset, sizeof value);
    return value;
  }
  void StoreAt(size_t index, int64_t integer);
  void SetHeader(size_t width, size_t count);
  template <class T>
  size_t LowerBoundOf(int64_t integer) const;
  template <class T, class Visit>
  void ForEachOf(Visit& visit) const {
    const char* at = block_ + kHeaderBytes;
    for (size_t left = size(); left > 0; --left, at += sizeof(T)) {
      T value;
      std::memcpy(&value, at, sizeof value);
      visit(int64_t{value});
    }
  }
  void Widen(SlabMemory& memory, size_t width);

  char* block_;
};

static_assert(sizeof(Intset) == sizeof(void*));

template <class Visit>
void Intset::ForEach(Visit visit) const {
  switch (width()) {
    case 2:
      return ForEachOf<int16_t>(visit);
    case 4:
      return ForEachOf<int32_t>(visit);
    default:
      return ForEachOf<int64_t>(visit);
  }
}

}  // namespace kv

#endif  // SOLOKV_KV_DS_INTSET_H_
