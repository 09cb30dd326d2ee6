// HashTable: the table of keyspaces, hashes, sets and indexes. It holds pointers to elements that
// the caller owns, and never grows all at once.
//
// It is extendible hashing whose order is the order of the hashes: the table cuts the space of
// 64-bit hashes into regions by their top bits, each region held by one segment of at most 4 KiB.
// A full segment grows or splits into two, an emptied one shrinks or merges with its neighbour, and
// nothing else changes.
//
//   directory: pages of up to 512 slots        segment: cache lines
//   ┌────────┐                                 ┌────────┬────────┬─ ─ ─┬────────┬───────┬─ ─
//   │ 000    ├──── segment, depth 2 ────────── │ header │ home 0 │     │ home n │ stash │
//   │ 001    ├──────┘                          └────────┴────────┴─ ─ ─┴────────┴───────┴─ ─
//   │ 010    ├──── segment, depth 3            home buckets are ranges of hashes, in order
//   │ 011    ├──── page ── segment, depth 12
//   │ 1..    │     empty region                bucket: 9 tags │ overflow │ 9 pointers of 6 bytes
//   └────────┘
//
// A page doubles, up to 512 slots, when a segment in it needs one bit more; beyond, the slot holds
// a page of its own. Hashes that share many top bits thus make a chain of pages, never a large
// array. A slot also holds the segment's depth and number of home buckets, so that a lookup reads
// the directory, the bucket and the element, and nothing of the segment's header.
//
// Invariants:
//   - An entry lives in its home bucket, the next one of the segment (cyclically), or the segment's
//     stash. The home's overflow byte says how many live in each of the latter two; a lookup reads
//     on only where it says so.
//   - A home bucket covers one interval of hashes; buckets and segments tile the hash space.
//   - Two neighbours in the tree that together are far from filling a segment are merged as soon as
//     one of them has become too empty.
//
// Scan. A cursor is a position in the hash space, the hash's top 47 bits. A step with cursor c
// visits every entry whose position is in [c, c') and returns c', or 0 at the end. It takes whole
// home buckets, so some entries before c may be visited again. Why nothing is missed: the steps of
// a full scan tile the space of positions whatever happens between them, as each begins where the
// one before ended; the position of an entry depends on its key alone; so the step whose interval
// holds an entry's position visits it, given that it is present then. Splits, merges, growth and
// moved elements change where an entry is stored, which no step remembers.
//
// Epochs. An observer may ask to see each leaf, a segment, as it was when an epoch began: it is
// shown a leaf before this changes for the first time, and the others as SaveLeaf walks over them.
// So each element that was there when the epoch began is seen exactly once, as it was. Splits and
// merges count as changes; moving elements or segments in memory does not. The table knows of the
// changes that it makes itself; who changes an element, or replaces it, says so before, by
// BeforeChange.
//
// Cost, for n elements: Find, Insert, Erase and Scan are O(1): a walk of the directory (one page
// for each 9 bits), a bucket, an element. No operation does more than the work of one segment (at
// most 567 elements hashed again, about 10 us) or copies more than a page of 4 KiB; one that holds
// many entries equal in the top 56 bits of the hash is the exception. About 9 bytes an element.
// An empty table allocates nothing.
//
// Traits is an object, kept in the table:
//
//   struct Traits {
//     using Element = ...;  // what the pointers point to
//     using Key = ...;      // cheap to copy, e.g. std::string_view
//     // What a lookup reads of an element, about; prefetched even where it straddles two lines.
//     static constexpr size_t kLookupBytes = ...;
//     uint64_t Hash(const Element&) const;
//     bool Equal(const Element&, Key) const;
//   };
//
// The hash must be unpredictable to whoever chooses the keys. Callbacks must not change the table.
//
// Source: R. Fagin, J. Nievergelt, N. Pippenger, H. R. Strong: Extendible Hashing - A Fast Access
// Method for Dynamic Files. ACM TODS 4(3), 1979. Buckets with tags and overflow into a neighbour
// and a stash: B. Lu, X. Hao, T. Wang, E. Lo: Dash: Scalable Hashing on Persistent Memory. VLDB
// 2020.
#ifndef SOLOKV_KV_DS_HASH_TABLE_H_
#define SOLOKV_KV_DS_HASH_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "kv/base/hash.h"
#include "kv/base/prefetch.h"
#include "kv/base/slab_memory.h"
#include "kv/ds/hash_table_core.h"

namespace kv {

template <class Traits>
class HashTable {
 public:
  using Element = typename Traits::Element;
  using Key = typename Traits::Key;

  // Names the place of an entry until the next Insert or Erase. False where there is none.
  using Position = hash_table_internal::Position;

  // The elements of a segment, in no order.
  class LeafView {
   public:
    explicit LeafView(hash_table_internal::Segment& segment) : segment_(segment) {}
    size_t size() const { return segment_.count; }
    // Calls visit(const Element&).
    template <class Visitor>
    void ForEach(Visitor visit) const {
      hash_table_internal::ForEachElement(
          segment_, [&](void* element) { visit(*static_cast<const Element*>(element)); });
    }

   private:
    hash_table_internal::Segment& segment_;
  };

  class LeafObserver : private hash_table_internal::SegmentObserver {
   public:
    // The leaf is as it was when the epoch began. The table must not be changed from here.
    virtual void Save(LeafView leaf) = 0;

   private:
    friend class HashTable;
    void SaveSegment(hash_table_internal::Segment& segment) final { Save(LeafView(segment)); }
  };

  // Cursors are below 2^kCursorBits.
  static constexpr int kCursorBits = 47;

  // Pages and segments come from `memory`, which must outlive the table.
  explicit HashTable(SlabMemory& memory, Traits traits = Traits())
      : core_(memory), traits_(std::move(traits)) {}
  HashTable(HashTable&&) noexcept = default;
  HashTable& operator=(HashTable&&) noexcept = default;

  void Swap(HashTable& other) noexcept {
    core_.Swap(other.core_);
    std::swap(traits_, other.traits_);
  }

  size_t size() const { return core_.size(); }
  bool empty() const { return size() == 0; }
  const Traits& traits() const { return traits_; }

  // Bytes of pages and segments, exactly as `memory` counts them.
  size_t memory_bytes() const { return core_.memory_bytes(); }

  // The element with this key, null if there is none. `hash` is the hash of the key, here and
  // below.
  Element* Find(Key key, uint64_t hash) const { return At(Locate(key, hash)); }

  Position Locate(Key key, uint64_t hash) const;

  // Null for the position that is nowhere.
  Element* At(Position position) const {
    if (!position) return nullptr;
    return static_cast<Element*>(position.bucket->pointer(position.slot));
  }

  // The entry is from now on `element`, which has the same key.
  void Replace(Position position, Element* element) {
    position.bucket->set_pointer(position.slot, element);
  }

  // No element of the table may have the same key.
  void Insert(Element* element, uint64_t hash) { core_.Insert(element, hash, HashOf()); }

  // The element itself stays with the caller, and must still be readable.
  void Erase(Position position, uint64_t hash) { core_.Erase(position, hash, HashOf()); }

  // Requests the lines that a lookup or an insertion will read, a block of them ahead: first the
  // buckets of all, then the elements of all. PrefetchElement returns true for the few elements
  // that may be away from home, having requested the bucket they are in: those want a third round.
  void PrefetchBucket(uint64_t hash) const;
  bool PrefetchElement(uint64_t hash, bool may_insert = true) const;
  void PrefetchAwayElement(uint64_t hash) const;

  // Visits the entries of at least one home bucket, from any 64-bit cursor (its low 47 bits count).
  // Returns the next cursor, 0 at the end. Starting from 0 until 0 comes back visits every entry
  // that was in the table all the time at least once.
  template <class Visitor>
  uint64_t Scan(uint64_t cursor, Visitor visit) const;

  // Visits the entries whose hash has this fingerprint: nearly always one at most. Reads no other
  // elements but about one in thirty.
  template <class Visitor>
  void ForEachWithFingerprint(uint64_t fingerprint, Visitor visit) const;

  template <class Visitor>
  void ForEach(Visitor visit) const {
    core_.VisitWhile([&](void* element) {
      visit(static_cast<Element*>(element));
      return true;
    });
  }

  // The same, until `visit` returns false.
  template <class Visitor>
  void ForEachWhile(Visitor visit) const {
    core_.VisitWhile([&](void* element) { return visit(static_cast<Element*>(element)); });
  }

  // An element, each with the same probability; null if the table is empty. `random()` returns
  // uniform 64-bit numbers. Expected O(1).
  template <class Random>
  Element* RandomElement(Random&& random) const {
    return static_cast<Element*>(core_.RandomElement([&] { return uint64_t{random()}; }));
  }

  // Fills `out` with elements from neighbouring slots at random places: cheap, and not exactly
  // uniform. Returns how many it found, maybe fewer than asked for, maybe some twice.
  template <class Random>
  size_t Sample(Random&& random, std::span<Element*> out) const {
    size_t count = 0;
    core_.Sample([&] { return uint64_t{random()}; }, out.size(),
                 [&](void* element) { out[count++] = static_cast<Element*>(element); });
    return count;
  }

  // Begins an epoch, which lasts until EndEpoch. `observer` must live as long.
  void BeginEpoch(LeafObserver& observer) { core_.BeginEpoch(observer); }
  bool in_epoch() const { return core_.in_epoch(); }
  // To be called before the element with this hash changes, or another takes its place.
  void BeforeChange(uint64_t hash) { core_.BeforeChange(hash); }
  // Shows the observer the leaf at `position`, any 64-bit number, which it might not have seen.
  // Returns the next one, 0 at the end. Starting from 0 until 0 comes back shows all.
  uint64_t SaveLeaf(uint64_t position) { return core_.SaveSegmentOf(position); }
  void EndEpoch() { core_.EndEpoch(); }

  // Lets the elements of one segment move: passes each to `move`, which returns where it is from
  // now on, and moves the segment itself if its slab is sparse. `position` is any 64-bit number;
  // returns the next one, 0 at the end. Starting from 0 until 0 comes back reaches every element
  // that was in the table all the time.
  template <class Mover>
  uint64_t Compact(uint64_t position, Mover move) {
    return core_.Compact(
        position, [&](void* element) -> void* { return move(static_cast<Element*>(element)); });
  }

  // Takes the table apart: passes elements to `visit`, which may free them, until about `budget`
  // are gone. An observer is shown nothing of it, here and below. Returns true while any are left.
  // Once begun, nothing but this, size() and the destructor may be called until it returned false.
  template <class Visitor>
  bool DropSome(size_t budget, Visitor visit) {
    return core_.DropSome(budget, [&](void* element) { visit(static_cast<Element*>(element)); });
  }

  // Removes all entries at once; the elements stay with the caller. Linear in segments.
  void Clear() { core_.FreeAll(); }

  // Empties the table after SlabMemory::ReleaseAll, without touching what is gone. O(1).
  void Abandon() { core_.Abandon(); }

 private:
  static void PrefetchElements(const hash_table_internal::Bucket& bucket, uint32_t slots);
  // Visits the buckets besides home in which a lookup of `hash` is most likely to end.
  template <class Visitor>
  static void ForEachOverflowBucket(hash_table_internal::DirectorySlot slot, uint64_t hash,
                                    Visitor visit);
  auto HashOf() const {
    return
        [this](const void* element) { return traits_.Hash(*static_cast<const Element*>(element)); };
  }

  hash_table_internal::Core core_;
  [[no_unique_address]] Traits traits_;
};

template <class Traits>
inline auto HashTable<Traits>::Locate(Key key, uint64_t hash) const -> Position {
  using hash_table_internal::Bucket;
  const auto slot = core_.SlotOf(hash);
  if (slot.is_null()) return {};
  const uint8_t tag = Bucket::TagOf(hash);
  const auto find_in = [&](Bucket* bucket) -> Position {
    for (uint32_t mask = bucket->Match(tag); mask != 0; mask &= mask - 1) {
      const int i = std::countr_zero(mask);
      if (traits_.Equal(*static_cast<Element*>(bucket->pointer(i)), key)) return {bucket, i};
    }
    return {};
  };
  const size_t index = slot.HomeIndex(hash);
  Bucket* const home = slot.segment()->home(index);
  if (const Position found = find_in(home)) return found;
  if (!home->overflows()) [[likely]]
    return {};
  const size_t homes = slot.home_buckets();
  if (home->overflows_to_next()) {
    Bucket* const next = slot.segment()->home(index + 1 == homes ? 0 : index + 1);
    if (const Position found = find_in(next)) return found;
  }
  if (home->overflows_to_stash()) {
    const size_t stash_buckets = slot.stash_buckets();
    for (size_t i = 0; i < stash_buckets; ++i) {
      Bucket* const stash = slot.segment()->home(homes + (tag + i) % stash_buckets);
      if (const Position found = find_in(stash)) return found;
    }
  }
  return {};
}

template <class Traits>
inline void HashTable<Traits>::PrefetchBucket(uint64_t hash) const {
  const auto slot = core_.SlotOf(hash);
  if (!slot.is_null()) Prefetch(slot.Home(hash));
}

template <class Traits>
inline bool HashTable<Traits>::PrefetchElement(uint64_t hash, bool may_insert) const {
  using hash_table_internal::Bucket;
  const auto slot = core_.SlotOf(hash);
  if (slot.is_null()) return false;
  const Bucket* const home = slot.Home(hash);
  const uint32_t mask = home->Match(Bucket::TagOf(hash));
  if (mask != 0) {
    PrefetchElements(*home, mask);
    return false;
  }
  if (!home->overflows()) {
    if (may_insert) Prefetch(slot.segment());  // for its count
    return false;
  }
  ForEachOverflowBucket(slot, hash, [](const Bucket& bucket) { Prefetch(&bucket); });
  return true;
}

template <class Traits>
inline void HashTable<Traits>::PrefetchAwayElement(uint64_t hash) const {
  using hash_table_internal::Bucket;
  const auto slot = core_.SlotOf(hash);
  if (slot.is_null()) return;
  ForEachOverflowBucket(slot, hash, [hash](const Bucket& bucket) {
    PrefetchElements(bucket, bucket.Match(Bucket::TagOf(hash)));
  });
}

template <class Traits>
inline void HashTable<Traits>::PrefetchElements(const hash_table_internal::Bucket& bucket,
                                                uint32_t slots) {
  for (; slots != 0; slots &= slots - 1) {
    const char* const element = static_cast<const char*>(bucket.pointer(std::countr_zero(slots)));
    Prefetch(element);
    Prefetch(element + Traits::kLookupBytes - 1);
  }
}

template <class Traits>
template <class Visitor>
inline void HashTable<Traits>::ForEachOverflowBucket(hash_table_internal::DirectorySlot slot,
                                                     uint64_t hash, Visitor visit) {
  using hash_table_internal::Bucket;
  const size_t index = slot.HomeIndex(hash);
  const size_t homes = slot.home_buckets();
  const Bucket& home = *slot.segment()->home(index);
  if (home.overflows_to_next()) visit(*slot.segment()->home(index + 1 == homes ? 0 : index + 1));
  const size_t stash_buckets = slot.stash_buckets();
  if (stash_buckets > 0 && home.overflows_to_stash()) {
    visit(*slot.segment()->home(homes + Bucket::TagOf(hash) % stash_buckets));
  }
}

template <class Traits>
template <class Visitor>
uint64_t HashTable<Traits>::Scan(uint64_t cursor, Visitor visit) const {
  constexpr int kHashBitsBehind = 64 - kCursorBits;
  const auto visit_element = [&](void* element) { visit(static_cast<Element*>(element)); };
  const uint64_t begin = cursor << kHashBitsBehind;
  const uint64_t last = begin + ((uint64_t{1} << kHashBitsBehind) - 1);
  uint64_t next = core_.VisitHome(begin, HashOf(), visit_element);
  // Buckets smaller than a position: takes all of them.
  while (next != 0 && next <= last) next = core_.VisitHome(next, HashOf(), visit_element);
  return next >> kHashBitsBehind;
}

template <class Traits>
template <class Visitor>
void HashTable<Traits>::ForEachWithFingerprint(uint64_t fingerprint, Visitor visit) const {
  const uint64_t begin = fingerprint >> 8 << 32;
  const uint64_t last = begin + 0xffffffff;
  const auto tag = hash_table_internal::Bucket::TagOf(fingerprint);
  const auto visit_element = [&](void* pointer) {
    auto* const element = static_cast<Element*>(pointer);
    if (Fingerprint(traits_.Hash(*element)) == fingerprint) visit(element);
  };
  uint64_t next = core_.VisitHome(begin, HashOf(), visit_element, tag);
  while (next != 0 && next <= last) next = core_.VisitHome(next, HashOf(), visit_element, tag);
}

}  // namespace kv

#endif  // SOLOKV_KV_DS_HASH_TABLE_H_
