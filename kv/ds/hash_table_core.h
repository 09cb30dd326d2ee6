// The part of HashTable that does not depend on the type of its elements: buckets, segments, the
// directory, and the rebuilding of segments. hash_table.h explains the structure.
#ifndef SOLOKV_KV_DS_HASH_TABLE_CORE_H_
#define SOLOKV_KV_DS_HASH_TABLE_CORE_H_

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "kv/base/slab_memory.h"

namespace kv::hash_table_internal {

// One cache line:
//
//    0        9  10       16       22                58       64
//   ┌──────────┬──┬────────┬────────┬── ─ ─ ─ ──┬────────┐
//   │ 9 tags   │ov│ ptr 0  │ ptr 1  │           │ ptr 8  │
//   └──────────┴──┴────────┴────────┴── ─ ─ ─ ──┴────────┘
//
// A tag is the low byte of the hash, with 1 in the place of 0, which marks a free slot. The
// overflow byte counts the entries whose home is this bucket but which live elsewhere: the low
// half those in the next bucket, the high half those in the stash. A count that reached its limit
// stays there until the segment is rebuilt.
class alignas(64) Bucket {
 public:
  static constexpr int kSlots = 9;
  static constexpr uint32_t kAllSlots = (1u << kSlots) - 1;

  static uint8_t TagOf(uint64_t hash) {
    const auto tag = static_cast<uint8_t>(hash);
    return tag == 0 ? 1 : tag;
  }

  // The slots with this tag, as a bit mask.
  uint32_t Match(uint8_t tag) const;
  uint32_t Free() const { return Match(0); }
  uint32_t Occupied() const { return ~Free() & kAllSlots; }

  void* pointer(int slot) const {
    uint64_t word;
    std::memcpy(&word, PointerBytes(slot) - 2, sizeof word);
    return reinterpret_cast<void*>(word >> 16);
  }
  void set_pointer(int slot, const void* pointer) {
    const auto word = reinterpret_cast<uintptr_t>(pointer);
    assert(word >> 48 == 0);
    std::memcpy(const_cast<char*>(PointerBytes(slot)), &word, 6);
  }
  void Set(int slot, uint8_t tag, const void* pointer) {
    tags_[slot] = tag;
    set_pointer(slot, pointer);
  }
  void Clear(int slot) { tags_[slot] = 0; }

  bool overflows() const { return overflow_ != 0; }
  bool overflows_to_next() const { return (overflow_ & 0x0f) != 0; }
  bool overflows_to_stash() const { return (overflow_ & 0xf0) != 0; }
  void AddToNext() { Add(0x0f, 0x01); }
  void AddToStash() { Add(0xf0, 0x10); }
  void RemoveFromNext() { Remove(0x0f, 0x01); }
  void RemoveFromStash() { Remove(0xf0, 0x10); }

 private:
  const char* PointerBytes(int slot) const {
    return reinterpret_cast<const char*>(this) + 10 + 6 * slot;
  }
  void Add(int half, int one) {
    if ((overflow_ & half) != half) overflow_ = static_cast<uint8_t>(overflow_ + one);
  }
  void Remove(int half, int one) {
    assert((overflow_ & half) != 0);
    if ((overflow_ & half) != half) overflow_ = static_cast<uint8_t>(overflow_ - one);
  }

  std::array<uint8_t, kSlots> tags_;
  uint8_t overflow_;
  std::array<uint8_t, 6 * kSlots> pointers_;
};
static_assert(sizeof(Bucket) == 64 && alignof(Bucket) == 64);

inline uint32_t Bucket::Match(uint8_t tag) const {
#ifdef __SSE2__
  const __m128i line = _mm_load_si128(reinterpret_cast<const __m128i*>(this));
  // Not _mm_set1_epi8: GCC stores the byte and loads a word of it, which waits for the store.
  const __m128i tags = _mm_set1_epi32(static_cast<int>(tag * 0x01010101u));
  const __m128i equal = _mm_cmpeq_epi8(line, tags);
  return static_cast<uint32_t>(_mm_movemask_epi8(equal)) & kAllSlots;
#else
  uint32_t mask = 0;
  for (int slot = 0; slot < kSlots; ++slot) mask |= uint32_t{tags_[slot] == tag} << slot;
  return mask;
#endif
}

// A header line, the home buckets, the stash buckets.
struct alignas(64) Segment {
  uint64_t first_hash;    // the region's lowest hash
  uint32_t count;         // entries
  uint32_t shrink_below;  // with fewer entries than this the segment is made smaller or merged
  uint32_t index;         // in the list of segments
  uint32_t stash_buckets;
  uint32_t epoch;        // in which it was made or last shown to an observer
  uint8_t depth;         // bits of the hash that all entries share by their place in the directory
  uint8_t home_buckets;  // at most kMaxHomeBuckets

  Bucket* home(size_t index) { return reinterpret_cast<Bucket*>(this + 1) + index; }
  Bucket* stash(size_t index) { return home(home_buckets + index); }
  std::span<Bucket> buckets() { return {home(0), home_buckets + size_t{stash_buckets}}; }
  size_t bytes() const { return 64 * (1 + home_buckets + size_t{stash_buckets}); }
};
static_assert(sizeof(Segment) == 64);

inline constexpr size_t kMaxLines = 64;  // of a segment, unless its stash had to be extended
inline constexpr size_t kMaxHomeBuckets = 57;
inline constexpr int kMaxDepth = 56;
inline constexpr int kMaxPageBits = 9;

// The regular number of stash buckets: a tenth of the segment. Bounds how full a segment gets
// before an entry finds no place (94 % on average) and how many entries live away from home.
constexpr size_t StashBuckets(size_t home_buckets) {
  if (home_buckets < 4) return 0;
  return home_buckets < 15 ? 1 : (home_buckets + 5) / 10;
}
static_assert(1 + kMaxHomeBuckets + StashBuckets(kMaxHomeBuckets) == kMaxLines);

// One slot of the directory: nothing, a segment, or a page of 2^page_bits slots.
//
//   63    62..61  60        59..54        53..48         47..0
//   page          extended  home_buckets  depth          pointer
//   page                                  page_bits      pointer
class DirectorySlot {
 public:
  DirectorySlot() = default;

  static DirectorySlot OfSegment(const Segment* segment) {
    const bool extended = segment->stash_buckets != StashBuckets(segment->home_buckets);
    const uint64_t depth = segment->depth;
    const uint64_t home_buckets = segment->home_buckets;
    return DirectorySlot(reinterpret_cast<uint64_t>(segment) | depth << 48 | home_buckets << 54 |
                         uint64_t{extended} << 60);
  }
  static DirectorySlot OfPage(const DirectorySlot* page, int bits) {
    return DirectorySlot(reinterpret_cast<uint64_t>(page) | static_cast<uint64_t>(bits) << 48 |
                         kPage);
  }

  bool is_null() const { return word_ == 0; }
  bool is_page() const { return (word_ & kPage) != 0; }
  bool is_segment() const { return !is_null() && !is_page(); }
  friend bool operator==(DirectorySlot, DirectorySlot) = default;

  DirectorySlot* page() const { return reinterpret_cast<DirectorySlot*>(word_ & kPointer); }
  int page_bits() const { return static_cast<int>(word_ >> 48 & 0x3f); }
  size_t page_slots() const { return size_t{1} << page_bits(); }

  Segment* segment() const { return reinterpret_cast<Segment*>(word_ & kPointer); }
  int depth() const { return static_cast<int>(word_ >> 48 & 0x3f); }
  size_t home_buckets() const { return word_ >> 54 & 0x3f; }
  size_t stash_buckets() const {
    const bool extended = (word_ >> 60 & 1) != 0;
    return extended ? segment()->stash_buckets : StashBuckets(home_buckets());
  }

  // The hash bits behind the segment's prefix, scaled to its home buckets: keeps their order.
  size_t HomeIndex(uint64_t hash) const { return (hash << depth() >> 48) * home_buckets() >> 16; }
  Bucket* Home(uint64_t hash) const { return segment()->home(HomeIndex(hash)); }

 private:
  static constexpr uint64_t kPointer = (uint64_t{1} << 48) - 1;
  static constexpr uint64_t kPage = uint64_t{1} << 63;
  explicit DirectorySlot(uint64_t word) : word_(word) {}
  uint64_t word_ = 0;
};
static_assert(sizeof(DirectorySlot) == 8);

// The segments of a table in no order, so that one can be picked at random. The chunks double in
// size, so that growing copies nothing; a single segment needs no chunk.
class SegmentList {
 public:
  size_t size() const { return size_; }
  Segment* at(size_t index) const;
  void Add(Segment* segment, SlabMemory& memory);
  void Remove(Segment* segment, SlabMemory& memory);
  // A segment of the list has moved to `segment`.
  void Replace(Segment* segment);
  size_t memory_bytes() const;
  // Empties the list; the segments stay.
  void Free(SlabMemory& memory);

 private:
  void FreeChunks(SlabMemory& memory);
  static constexpr size_t kFirstChunk = 8;
  using Chunks = std::array<Segment**, 32>;
  static size_t ChunkOf(size_t index) { return std::bit_width(index + kFirstChunk) - 4; }
  static size_t ChunkSize(size_t chunk) { return kFirstChunk << chunk; }
  static size_t ChunkStart(size_t chunk) { return ChunkSize(chunk) - kFirstChunk; }
  Segment*& Place(size_t index) const {
    const size_t chunk = ChunkOf(index);
    return (*chunks_)[chunk][index - ChunkStart(chunk)];
  }

  size_t size_ = 0;
  union {
    Segment* only_ = nullptr;  // while size() <= 1
    Chunks* chunks_;
  };
};

struct Item {
  uint64_t hash;
  void* element;
};
using Items = absl::InlinedVector<Item, kMaxLines * Bucket::kSlots>;

// Where an entry is: a bucket and the slot in it.
struct Position {
  Bucket* bucket = nullptr;  // null: nowhere
  int slot = 0;
  explicit operator bool() const { return bucket != nullptr; }
};

// Sees segments as they were when an epoch began.
class SegmentObserver {
 public:
  virtual ~SegmentObserver() = default;
  virtual void SaveSegment(Segment& segment) = 0;
};

// Calls visit(void*) for each element of the segment.
template <class Visit>
void ForEachElement(Segment& segment, Visit visit) {
  for (const Bucket& bucket : segment.buckets()) {
    for (uint32_t mask = bucket.Occupied(); mask != 0; mask &= mask - 1) {
      visit(bucket.pointer(std::countr_zero(mask)));
    }
  }
}

class Core {
 public:
  using HashOf = absl::FunctionRef<uint64_t(const void*)>;
  using RandomWord = absl::FunctionRef<uint64_t()>;
  using Visit = absl::FunctionRef<void(void*)>;
  using Move = absl::FunctionRef<void*(void*)>;

  explicit Core(SlabMemory& memory) : memory_(&memory) {}
  Core(Core&& other) noexcept : Core(*other.memory_) { Swap(other); }
  Core& operator=(Core&& other) noexcept {
    Swap(other);
    return *this;
  }
  ~Core() { FreeAll(); }

  size_t size() const { return size_; }
  size_t segment_count() const { return segments_.size(); }
  size_t memory_bytes() const { return directory_bytes_ + segments_.memory_bytes(); }

  // The segment whose region holds `hash`, or a null slot; `depth` is the number of bits of the
  // hash that led there.
  DirectorySlot SlotOf(uint64_t hash, int* depth) const {
    DirectorySlot slot = root_;
    int consumed = 0;
    while (slot.is_page()) {
      const int bits = slot.page_bits();
      slot = slot.page()[hash << consumed >> (64 - bits)];
      consumed += bits;
    }
    *depth = consumed;
    return slot;
  }
  DirectorySlot SlotOf(uint64_t hash) const {
    int depth;
    return SlotOf(hash, &depth);
  }

  void Insert(void* element, uint64_t hash, HashOf hash_of) {
    BeforeChange(hash);
    const DirectorySlot slot = SlotOf(hash);
    if (slot.is_null() || !TryPlace(slot, hash, element)) [[unlikely]] {
      InsertByRebuilding(slot, {hash, element}, hash_of);
    }
    ++size_;
  }

  void Erase(Position position, uint64_t hash, HashOf hash_of);

  // Visits the entries whose home is the bucket that `hash` belongs to, those with this tag unless
  // it is 0. Returns the first hash behind that bucket's range, 0 if there is none.
  uint64_t VisitHome(uint64_t hash, HashOf hash_of, Visit visit, uint8_t tag = 0) const;
  // Visits all entries, segment by segment, until `visit` returns false.
  void VisitWhile(absl::FunctionRef<bool(void*)> visit) const;

  // Passes each element of the segment that `hash` belongs to to `move`, which returns where it is
  // from now on, and moves the segment itself out of a sparse slab. Returns the first hash behind
  // the segment's region, 0 if there is none.
  uint64_t Compact(uint64_t hash, Move move);

  bool in_epoch() const { return observer_ != nullptr; }
  void BeginEpoch(SegmentObserver& observer) {
    ++epoch_;
    observer_ = &observer;
  }
  void EndEpoch() { observer_ = nullptr; }
  // The segment that `hash` belongs to is about to change.
  void BeforeChange(uint64_t hash) {
    if (in_epoch()) [[unlikely]]
      SaveSegmentOf(hash);
  }
  // Shows that segment unless it was. Returns the first hash behind its region, 0 if there is none.
  [[gnu::cold]] uint64_t SaveSegmentOf(uint64_t hash);

  void* RandomElement(RandomWord random) const;
  size_t Sample(RandomWord random, size_t wanted, Visit visit) const;

  // Takes whole segments out until `budget` entries were passed to `visit` or none is left.
  bool DropSome(size_t budget, Visit visit);
  void FreeAll();
  // Forgets everything without touching it: the memory was released as a whole.
  void Abandon();
  void Swap(Core& other) noexcept;

 private:
  static bool TryPlace(DirectorySlot slot, uint64_t hash, void* element);

  // Rebuilding.
  void InsertByRebuilding(DirectorySlot slot, Item item, HashOf hash_of);
  void Install(uint64_t hash, int depth, std::span<Item> items, size_t min_lines);
  bool TryBuild(int depth, size_t lines, std::span<const Item> items);
  void BuildExtended(int depth, std::span<const Item> items);
  void ExtendStash(Segment* segment);
  void Shrink(Segment* segment, HashOf hash_of);
  Segment* NewSegment(uint64_t hash, int depth, size_t home_buckets, size_t stash_buckets);
  Segment* MoveSegment(Segment* segment);
  void Attach(Segment* segment);
  void Retire(Segment* segment);
  void Save(Segment* segment);
  void FreeSegment(Segment* segment);

  // The directory. A region is all hashes that share the first `depth` bits with `hash`.
  void SetRegion(uint64_t hash, int depth, DirectorySlot content);
  void ClearRegion(uint64_t hash, int depth);
  bool RegionIsUniform(uint64_t hash, int depth, DirectorySlot* content) const;
  void DoublePage(DirectorySlot& slot);
  void CompactPath(DirectorySlot& slot, uint64_t hash, int consumed);
  DirectorySlot NewPage(int bits);
  void FreePage(DirectorySlot page);
  void FreePageTree(DirectorySlot slot);
  Segment* DetachLastSegment(DirectorySlot& slot);

  SlabMemory* memory_;
  DirectorySlot root_;
  size_t size_ = 0;
  SegmentList segments_;
  size_t directory_bytes_ = 0;  // pages and segments
  uint32_t most_slots_ = 0;     // no segment has more
  uint32_t epoch_ = 0;
  SegmentObserver* observer_ = nullptr;  // null outside of an epoch
};

inline bool Core::TryPlace(DirectorySlot slot, uint64_t hash, void* element) {
  Segment* const segment = slot.segment();
  const size_t index = slot.HomeIndex(hash);
  Bucket* const home = segment->home(index);
  const uint8_t tag = Bucket::TagOf(hash);
  const auto place = [&](Bucket* bucket) {
    const uint32_t free = bucket->Free();
    if (free == 0) return false;
    bucket->Set(std::countr_zero(free), tag, element);
    ++segment->count;
    return true;
  };
  if (place(home)) [[likely]]
    return true;
  const size_t homes = slot.home_buckets();
  if (homes > 1 && place(segment->home(index + 1 == homes ? 0 : index + 1))) {
    home->AddToNext();
    return true;
  }
  const size_t stash_buckets = slot.stash_buckets();
  for (size_t i = 0; i < stash_buckets; ++i) {
    if (!place(segment->home(homes + (tag + i) % stash_buckets))) continue;
    home->AddToStash();
    return true;
  }
  return false;
}

}  // namespace kv::hash_table_internal

#endif  // SOLOKV_KV_DS_HASH_TABLE_CORE_H_
