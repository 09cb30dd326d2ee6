// SlabMemory: the memory of one store.
//
// All data of a store comes from here, so that `used()` is exact and costs nothing, allocation on
// the hot path neither locks nor maps, sparse memory can be found and emptied, and everything can
// be dropped at once.
//
//   region, 64 MiB of address space, aligned to its size
//   ┌──────────────┬────────┬────────┬────────┬─────────────────────┐
//   │ Region, Slab │ slab 1 │ slab 2 │ slab 3 │ ... fresh: untouched │
//   │ headers      │ 64 KiB │        │        │                      │
//   └──────────────┴────────┴────────┴────────┴─────────────────────┘
//   slab: blocks of one size class, without headers of their own
//   ┌───────┬───────┬───────┬────────────┐     Slab header: free list through the freed blocks,
//   │ block │ freed │ block │ ... fresh  │     start of the fresh part, number of live blocks
//   └───────┴───────┴───────┴────────────┘
//
// A block's Slab header is found by masking its address. Headers stand side by side in the first
// slab of the region, so that slabs are whole powers of two, and headers don't compete for the
// same cache sets. Only memory that was handed out is ever touched: a small store stays small.
//
// Size classes: multiples of 4 from 8 to 256 bytes, of 8 up to 1 KiB, from there to 32 KiB the
// sizes that divide a slab with little waste, at steps of about an eighth. A block whose size is a
// multiple of 64, and every block above 1 KiB, is aligned to 64 bytes; the others are aligned to 8
// if their size is a multiple of 8, else to 4. Larger blocks are mapped on their
// own in multiples of 4 KiB.
//
// Allocation takes from the class's current slab, then from the fullest slabs that have room, so
// that sparse ones drain. A slab without live blocks goes back to the pool, for any class; a
// current one stays where it is until another class wants for a slab. Slabs come from the pool,
// else from such a class, else from the region's fresh part; a new region is mapped each 64 MiB.
// From 8 MiB on the system is asked for huge pages.
//
// Invariants:
//   - used() is the sum of GoodSize over the live blocks.
//   - A slab is in one place: current of its class, full (on no list), on the list of its class
//     and fullness, empty in the pool, or empty and on its way to the system (on no list).
//   - Addresses fit in 48 bits.
//
// Freed large blocks are kept for other large ones, up to 1 MiB whole, beyond that to be cut. What
// no live block uses goes back to the system by Trim, on a thread (PageReturner) that exists only
// while there is something to return; a slab on its way belongs to it until its pages are gone.
//
// Cost: Allocate and Free are O(1), a few nanoseconds; neither unmaps more than 256 KiB. ReleaseAll
// is linear in regions and large blocks. Out of memory ends the process, as no command could go on.
//
// One thread at a time. Under AddressSanitizer whatever isn't live is poisoned.
//
// Source: J. Bonwick: The Slab Allocator: An Object-Caching Kernel Memory Allocator. USENIX 1994.
#ifndef SOLOKV_KV_BASE_SLAB_MEMORY_H_
#define SOLOKV_KV_BASE_SLAB_MEMORY_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/container/btree_map.h"
#include "kv/base/page_fetcher.h"
#include "kv/base/page_returner.h"

#if defined(__SANITIZE_ADDRESS__)
#define SOLOKV_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SOLOKV_ADDRESS_SANITIZER 1
#endif
#endif
#ifdef SOLOKV_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace kv {

namespace slab_internal {

inline constexpr size_t kSlabBytes = size_t{64} << 10;
inline constexpr size_t kRegionBytes = size_t{64} << 20;
inline constexpr size_t kSlabsOfRegion = kRegionBytes / kSlabBytes;
inline constexpr size_t kPageBytes = 4096;

inline constexpr size_t kMaxDenseBytes = 256;  // up to here classes are 4 bytes apart
inline constexpr size_t kMaxFineBytes = 1024;  // and up to here 8
inline constexpr size_t kMinBlockBytes = 8;    // a freed block holds a pointer
inline constexpr size_t kDenseClasses = kMaxDenseBytes / 4 + 1;
inline constexpr size_t kFineClasses = kDenseClasses + (kMaxFineBytes - kMaxDenseBytes) / 8;
inline constexpr size_t kMaxSlabBlockBytes = kSlabBytes / 2;
inline constexpr size_t kMaxUnmapBytes = size_t{256} << 10;  // at once, by the owner
// How many blocks of the coarse classes fill a slab.
inline constexpr std::array<size_t, 25> kCoarseBlocks = {
    56, 50, 45, 40, 36, 32, 28, 25, 22, 20, 18, 16, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
// The bytes of each: whole cache lines.
inline constexpr auto kCoarseBytes = [] {
  std::array<uint32_t, kCoarseBlocks.size()> table{};
  for (size_t i = 0; i < table.size(); ++i) table[i] = kSlabBytes / kCoarseBlocks[i] / 64 * 64;
  return table;
}();
inline constexpr size_t kClasses = kFineClasses + kCoarseBytes.size();

constexpr size_t ClassBytes(size_t size_class) {
  if (size_class < kDenseClasses) return size_class * 4;
  if (size_class < kFineClasses) return kMaxDenseBytes + (size_class - kDenseClasses + 1) * 8;
  return kCoarseBytes[size_class - kFineClasses];
}

// For each 128 bytes above kMaxFineBytes the smallest class with room for the first of them.
// A class may begin in between, so the right one is this or the next.
inline constexpr size_t kCoarseStep = 128;
inline constexpr auto kFirstCoarseClass = [] {
  std::array<uint8_t, (kMaxSlabBlockBytes - kMaxFineBytes) / kCoarseStep> table{};
  size_t size_class = kFineClasses;
  for (size_t i = 0; i < table.size(); ++i) {
    while (ClassBytes(size_class) <= kMaxFineBytes + i * kCoarseStep) ++size_class;
    table[i] = static_cast<uint8_t>(size_class);
  }
  return table;
}();

constexpr size_t ClassOf(size_t bytes) {
  if (bytes <= kMaxDenseBytes) [[likely]]
    return (std::max(bytes, kMinBlockBytes) + 3) / 4;
  if (bytes <= kMaxFineBytes) return kDenseClasses + (bytes - kMaxDenseBytes - 1) / 8;
  const size_t size_class = kFirstCoarseClass[(bytes - 1 - kMaxFineBytes) / kCoarseStep];
  return ClassBytes(size_class) >= bytes ? size_class : size_class + 1;
}

static_assert(ClassBytes(kClasses - 1) == kMaxSlabBlockBytes);

inline void Poison([[maybe_unused]] const void* at, [[maybe_unused]] size_t bytes) {
#ifdef SOLOKV_ADDRESS_SANITIZER
  __asan_poison_memory_region(at, bytes);
#endif
}
inline void Unpoison([[maybe_unused]] const void* at, [[maybe_unused]] size_t bytes) {
#ifdef SOLOKV_ADDRESS_SANITIZER
  __asan_unpoison_memory_region(at, bytes);
#endif
}

// A freed block holds the address of the next one, not aligned to it.
inline void* NextFree(const void* block) {
  void* next;
  std::memcpy(&next, block, sizeof next);
  return next;
}
inline void SetNextFree(void* block, void* next) {
  std::memcpy(block, &next, sizeof next);
}

struct alignas(64) Slab {
  void* free = nullptr;   // freed blocks
  char* fresh = nullptr;  // from here to `end` nothing was ever handed out
  char* end = nullptr;
  uint32_t live = 0;        // blocks handed out
  uint32_t live_floor = 0;  // below this number of live blocks the slab changes its list
  uint32_t block_bytes = 0;
  uint32_t capacity = 0;  // blocks
  uint16_t size_class = 0;
  uint16_t place = 0;  // see SlabMemory::Place
  Slab* previous = nullptr;
  Slab* next = nullptr;
};
static_assert(sizeof(Slab) == 64);

}  // namespace slab_internal

// What the compaction of a structure did with its blocks.
struct CompactionCount {
  uint64_t moved = 0;
  uint64_t kept = 0;

  // Counts a block; returns whether it is to be moved.
  bool Count(bool sparse) {
    ++(sparse ? moved : kept);
    return sparse;
  }
};

class SlabMemory {
 public:
  SlabMemory();
  ~SlabMemory();  // returns everything to the system, live or not
  SlabMemory(const SlabMemory&) = delete;
  SlabMemory& operator=(const SlabMemory&) = delete;

  // Uninitialised memory of at least `bytes`, never null.
  void* Allocate(size_t bytes);

  // Takes back the block at `block`. `bytes` is the size it was allocated with, or any other of
  // the same GoodSize.
  void Free(void* block, size_t bytes);

  // Moves the block to one of `new_bytes`, keeping the content they have in common; does nothing
  // where GoodSize stays the same. Large blocks are remapped instead of copied.
  void* Reallocate(void* block, size_t old_bytes, size_t new_bytes);

  // The bytes a block of `bytes` really has; all of them may be used.
  static constexpr size_t GoodSize(size_t bytes);

  // The sum of GoodSize over all live blocks.
  size_t used() const { return used_; }

  // Whether a large block of `bytes` would be one that was freed lately and whose pages are there.
  bool HasReady(size_t bytes) const;

  // Of a block of `bytes`, how many freeing it may give back to the system at once: nothing for
  // blocks of slabs, and for very large ones, which are left to Trim.
  static constexpr size_t UnmapBytes(size_t bytes);

  // The resident bytes without any live block: empty slabs, and freed large blocks. Trim returns
  // them. Cost: linear in size classes.
  size_t idle_bytes() const;

  // The bytes of slabs in use that no live block takes. Compaction can win most of them back, but
  // for what is left over in the last slab of each class. Cost: linear in size classes.
  size_t unused_bytes() const;

  // The bytes that may be resident: slabs in use or kept ready, and large blocks. Fresh parts of
  // slabs count although they may not be touched yet; what is on its way to the system does not.
  size_t mapped() const;

  // The bytes on their way to the system.
  size_t returning_bytes() const { return returner_.pending_bytes(); }

  // True if moving this block elsewhere helps to empty its slab: the slab is not the one that
  // allocation takes from, is filled no more than the average of those of its class and clearly
  // not full, and the class could do with a slab less.
  bool IsSparse(const void* block, size_t bytes) const;

  // Drops every block at once. Pages stay resident until Trim or reuse.
  void ReleaseAll();

  // Gets the next piece of memory from the system before it is needed: a huge page at most, on a
  // thread (PageFetcher) that exists only while the memory grows, or where there is none at once,
  // in some tenths of a millisecond. False if there was nothing to do. For moments when nobody
  // waits.
  bool Prepare();

  // Returns to the system at once what it gave ahead of need: the page that Prepare got, and the
  // end of the huge page that is in use in part. For when the store has stopped growing: only the
  // next fresh slab makes Prepare get a page again. Cost: some tenths of a millisecond where there
  // is something to return, else nothing.
  void ReturnPrepared();

  // Sends memory that no live block uses to the system, `max_bytes` and a slab at most, and no more
  // than may be on its way at once. The bytes sent; 0 means that nothing can be sent now, because
  // idle_bytes() is 0 or because so much is on its way.
  size_t Trim(size_t max_bytes);
  // Waits until all that was sent has arrived.
  void FinishReturns();

 private:
  using Slab = slab_internal::Slab;
  struct Region;

  // Where a slab is: on a list of its class, by quarters of fullness, or elsewhere.
  static constexpr uint16_t kQuarters = 4;
  enum Place : uint16_t { kFull = kQuarters, kCurrent, kResidentPool, kReturnedPool, kReturning };

  struct SizeClass {
    Slab* current = nullptr;
    std::array<Slab*, kQuarters> partial = {};
    uint64_t live = 0;   // blocks in all slabs
    uint64_t slabs = 0;  // in use
  };

  struct MappedBlock {
    char* memory = nullptr;
    size_t bytes = 0;
  };

  static Slab* SlabOf(const void* block);

  // Slabs.
  void* AllocateFromOtherSlab(size_t size_class);
  void OnFewerLive(Slab* slab);
  void StartSlab(Slab* slab, size_t size_class);
  void RetireSlab(Slab* slab);
  Slab*& ListOf(const Slab* slab);
  void Link(Slab* slab, uint16_t place);
  void Unlink(Slab* slab);
  Slab* TakeEmptySlab(size_t for_class);
  Slab* TakeFreshSlab();
  void AddRegion();
  void RetireEmptyCurrentSlabs();
  bool RetireIfEmpty(size_t size_class);
  bool RetireEmptyCurrentSlabBelow(size_t size_class);
  size_t TrimPool(size_t max_bytes);
  size_t TrimFresh(size_t max_bytes);
  bool SendPages(Slab* slab);
  void TakeReturnedSlabs();
  bool UnmapEmptyRegion();

  // Large blocks.
  void* AllocateLarge(size_t bytes);
  void FreeLarge(void* block, size_t bytes);
  void* ReallocateLarge(void* block, size_t old_bytes, size_t new_bytes);
  char* TakeDetached(size_t bytes);
  void DetachLarge(MappedBlock block);
  size_t TrimLarge(size_t max_bytes);
  size_t DropCachedBlock();
  size_t cached_bytes() const;

  size_t used_ = 0;
  std::array<SizeClass, slab_internal::kClasses> classes_;
  Slab none_;                      // stands for "no current slab": has nothing to give
  Slab* resident_pool_ = nullptr;  // empty slabs whose pages may be resident
  Slab* returned_pool_ = nullptr;  // empty slabs whose pages went back to the system
  size_t resident_slabs_ = 0;      // in use, in resident_pool_, or dropped by ReleaseAll
  std::vector<Region*> regions_;
  size_t fresh_region_ = 0;  // regions before this one have no fresh slabs

  absl::btree_map<char*, size_t> large_;  // live blocks and their bytes
  size_t large_bytes_ = 0;                // live, cached and detached
  std::array<MappedBlock, 64> cached_ = {};
  size_t next_cached_ = 0;
  std::vector<MappedBlock> detached_;  // freed, waiting for reuse or for their return to the system

  PageFetcher fetcher_;
  PageReturner returner_;
};

constexpr size_t SlabMemory::GoodSize(size_t bytes) {
  using namespace slab_internal;
  if (bytes <= kMaxSlabBlockBytes) [[likely]]
    return ClassBytes(ClassOf(bytes));
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

constexpr size_t SlabMemory::UnmapBytes(size_t bytes) {
  using namespace slab_internal;
  return bytes <= kMaxSlabBlockBytes || bytes > kMaxUnmapBytes ? 0 : bytes;
}

inline SlabMemory::Slab* SlabMemory::SlabOf(const void* block) {
  using namespace slab_internal;
  const uintptr_t address = reinterpret_cast<uintptr_t>(block);
  const uintptr_t region = address & ~(kRegionBytes - 1);
  const uintptr_t index = (address - region) / kSlabBytes;
  return reinterpret_cast<Slab*>(region + index * sizeof(Slab));
}

inline void* SlabMemory::Allocate(size_t bytes) {
  using namespace slab_internal;
  if (bytes > kMaxSlabBlockBytes) [[unlikely]]
    return AllocateLarge(bytes);
  const size_t size_class = ClassOf(bytes);
  Slab* const slab = classes_[size_class].current;
  void* block;
  if (slab->free != nullptr) {
    block = slab->free;
    Unpoison(block, slab->block_bytes);
    slab->free = NextFree(block);
  } else if (slab->fresh != slab->end) {
    block = slab->fresh;
    Unpoison(block, slab->block_bytes);
    slab->fresh += slab->block_bytes;
  } else {
    return AllocateFromOtherSlab(size_class);
  }
  ++slab->live;
  ++classes_[size_class].live;
  used_ += slab->block_bytes;
  return block;
}

inline void SlabMemory::Free(void* block, size_t bytes) {
  using namespace slab_internal;
  if (bytes > kMaxSlabBlockBytes) [[unlikely]]
    return FreeLarge(block, bytes);
  Slab* const slab = SlabOf(block);
  assert(slab->size_class == ClassOf(bytes) && slab->live > 0);
  SetNextFree(block, slab->free);
  slab->free = block;
  Poison(block, slab->block_bytes);
  --classes_[slab->size_class].live;
  used_ -= slab->block_bytes;
  if (--slab->live < slab->live_floor) [[unlikely]]
    OnFewerLive(slab);
}

}  // namespace kv

#endif  // SOLOKV_KV_BASE_SLAB_MEMORY_H_
