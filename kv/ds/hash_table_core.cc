#include "kv/ds/hash_table_core.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "kv/base/prefetch.h"

namespace kv::hash_table_internal {

namespace {

// A segment is built with room for a ninth more entries than it holds.
constexpr size_t LinesFor(size_t entries) {
  const size_t buckets = (entries * 10 / 9 + Bucket::kSlots - 1) / Bucket::kSlots;
  return 1 + std::max<size_t>(1, buckets);
}

constexpr size_t kMaxItemsOfSegment = (kMaxLines - 1) * Bucket::kSlots * 9 / 10;
static_assert(LinesFor(kMaxItemsOfSegment) <= kMaxLines);

// Neighbours are merged when together they fill no more than this: well below the split.
constexpr size_t kMaxItemsOfMerge = kMaxItemsOfSegment * 6 / 10;

// The most home buckets of a segment of `lines` lines.
constexpr size_t HomeBucketsFor(size_t lines) {
  size_t home = std::min(lines - 1, kMaxHomeBuckets);
  while (1 + home + StashBuckets(home) > lines) --home;
  return home;
}
static_assert(HomeBucketsFor(kMaxLines) == kMaxHomeBuckets);

// A segment that is full grows by a factor of about 1.4 or, at its largest, splits.
constexpr size_t GrownLines(size_t lines) {
  return lines + std::max<size_t>(1, lines * 2 / 5);
}

// Spreads the sizes of segments over a factor of 1.4 by their place, so that at any number of keys
// some have just grown while others are about to, and the bytes per key stay level.
size_t StaggeredLines(size_t lines, uint64_t hash, int depth) {
  if (lines < 16) return lines;
  const uint64_t prefix = depth == 0 ? 0 : hash >> (64 - depth);
  const uint64_t dice = (prefix + static_cast<uint64_t>(depth) + 1) * 0x9e3779b97f4a7c15 >> 32;
  return lines + (lines * 2 / 5 * dice >> 32);
}

// Block sizes come in steps: uses the whole block.
size_t WholeBlockLines(size_t lines) {
  return std::min(kMaxLines, SlabMemory::GoodSize(lines * 64) / 64);
}

uint64_t FirstHashOf(uint64_t hash, int depth) {
  return depth == 0 ? 0 : hash >> (64 - depth) << (64 - depth);
}

// The first hash behind a region, 0 if the region is the last.
uint64_t EndOfRegion(uint64_t hash, int depth) {
  return depth == 0 ? 0 : FirstHashOf(hash, depth) + (uint64_t{1} << (64 - depth));
}

// The first hash behind the range of a home bucket.
uint64_t EndOfHome(const Segment& segment, size_t index) {
  if (index + 1 == segment.home_buckets) return EndOfRegion(segment.first_hash, segment.depth);
  const uint64_t scaled = ((index + 1) << 16) / segment.home_buckets +
                          (((index + 1) << 16) % segment.home_buckets != 0 ? 1 : 0);
  const uint64_t behind_prefix = scaled << 48;
  uint64_t offset = behind_prefix >> segment.depth;
  if (offset << segment.depth != behind_prefix) ++offset;
  return segment.first_hash + offset;
}

// The first bit, counted from the top, in which the hashes differ; 64 if they are equal.
int FirstDifferingBit(std::span<const Item> items) {
  uint64_t differing = 0;
  for (const Item& item : items) differing |= item.hash ^ items[0].hash;
  return std::countl_zero(differing);
}

template <class Function>
void ForEachSlot(uint32_t mask, Function function) {
  for (; mask != 0; mask &= mask - 1) function(std::countr_zero(mask));
}

void PrefetchElements(const Bucket& bucket) {
  ForEachSlot(bucket.Occupied(), [&](int slot) { Prefetch(bucket.pointer(slot)); });
}

void PrefetchElements(Segment& segment) {
  for (const Bucket& bucket : segment.buckets()) PrefetchElements(bucket);
}

// Requests elements some buckets before they are visited. Returns false if `visit` has enough.
bool VisitElementsWhile(Segment& segment, absl::FunctionRef<bool(void*)> visit) {
  constexpr size_t kBucketsAhead = 2;
  const std::span<Bucket> buckets = segment.buckets();
  const auto prefetch = [buckets](size_t index) {
    if (index < buckets.size()) PrefetchElements(buckets[index]);
  };
  for (size_t i = 0; i < kBucketsAhead; ++i) prefetch(i);
  for (size_t i = 0; i < buckets.size(); ++i) {
    prefetch(i + kBucketsAhead);
    for (uint32_t slots = buckets[i].Occupied(); slots != 0; slots &= slots - 1) {
      if (!visit(buckets[i].pointer(std::countr_zero(slots)))) return false;
    }
  }
  return true;
}

// Appends the segment's entries with their hashes. Reading elements misses the cache, so they are
// requested all before the first is looked at.
void Collect(Segment* segment, Core::HashOf hash_of, Items& items) {
  const size_t first = items.size();
  for (const Bucket& bucket : segment->buckets()) {
    ForEachSlot(bucket.Occupied(), [&](int slot) {
      void* const element = bucket.pointer(slot);
      Prefetch(element);
      items.push_back({0, element});
    });
  }
  for (size_t i = first; i < items.size(); ++i) items[i].hash = hash_of(items[i].element);
}

}  // namespace

// --- Entries -------------------------------------------------------------------------------------

void Core::Erase(Position position, uint64_t hash, HashOf hash_of) {
  BeforeChange(hash);
  const DirectorySlot slot = SlotOf(hash);
  Segment* const segment = slot.segment();
  Bucket* const home = slot.Home(hash);
  if (position.bucket != home) {
    const bool in_stash = position.bucket >= segment->stash(0);
    in_stash ? home->RemoveFromStash() : home->RemoveFromNext();
  }
  position.bucket->Clear(position.slot);
  --size_;
  if (--segment->count < segment->shrink_below) [[unlikely]]
    Shrink(segment, hash_of);
}

uint64_t Core::Compact(uint64_t hash, Move move) {
  int depth = 0;
  const DirectorySlot slot = SlotOf(hash, &depth);
  if (slot.is_null()) return EndOfRegion(hash, depth);

  Segment* segment = slot.segment();
  if (memory_->IsSparse(segment, segment->bytes())) segment = MoveSegment(segment);
  PrefetchElements(*segment);
  for (Bucket& bucket : segment->buckets()) {
    ForEachSlot(bucket.Occupied(), [&](int i) { bucket.set_pointer(i, move(bucket.pointer(i))); });
  }
  return EndOfRegion(segment->first_hash, segment->depth);
}

uint64_t Core::VisitHome(uint64_t hash, HashOf hash_of, Visit visit, uint8_t tag) const {
  int depth = 0;
  const DirectorySlot slot = SlotOf(hash, &depth);
  if (slot.is_null()) return EndOfRegion(hash, depth);

  Segment* const segment = slot.segment();
  const size_t index = slot.HomeIndex(hash);
  const auto visit_in = [&](const Bucket& bucket) {
    ForEachSlot(tag == 0 ? bucket.Occupied() : bucket.Match(tag), [&](int i) {
      void* const element = bucket.pointer(i);
      if (slot.HomeIndex(hash_of(element)) == index) visit(element);
    });
  };
  const Bucket& home = *segment->home(index);
  visit_in(home);
  if (home.overflows_to_next()) visit_in(*segment->home((index + 1) % segment->home_buckets));
  if (home.overflows_to_stash()) {
    for (size_t i = 0; i < segment->stash_buckets; ++i) visit_in(*segment->stash(i));
  }
  return EndOfHome(*segment, index);
}

void Core::VisitWhile(absl::FunctionRef<bool(void*)> visit) const {
  for (size_t i = 0; i < segments_.size(); ++i) {
    if (!VisitElementsWhile(*segments_.at(i), visit)) return;
  }
}

// --- Epochs --------------------------------------------------------------------------------------

uint64_t Core::SaveSegmentOf(uint64_t hash) {
  int depth = 0;
  const DirectorySlot slot = SlotOf(hash, &depth);
  if (slot.is_null()) return EndOfRegion(hash, depth);
  Save(slot.segment());
  return EndOfRegion(slot.segment()->first_hash, slot.depth());
}

void Core::Save(Segment* segment) {
  if (observer_ == nullptr || segment->epoch == epoch_) return;
  segment->epoch = epoch_;
  observer_->SaveSegment(*segment);
}

// --- At random -----------------------------------------------------------------------------------

namespace {

// Uniform below `bound`; the bias of about bound / 2^64 is of no account.
size_t Below(size_t bound, Core::RandomWord random) {
  return static_cast<size_t>(static_cast<unsigned __int128>(random()) * bound >> 64);
}

}  // namespace

// A place is picked uniformly, as if all segments were as large as the largest one, until there is
// an entry. Whether the place is one of its segment is in the header, which comes from memory at
// the same time as the bucket.
void* Core::RandomElement(RandomWord random) const {
  if (size_ == 0) return nullptr;
  const size_t segments = segments_.size();
  const size_t places =
      segments > 1 ? most_slots_ : segments_.at(0)->buckets().size() * Bucket::kSlots;
  while (true) {
    Segment* const segment = segments > 1 ? segments_.at(Below(segments, random)) : segments_.at(0);
    const size_t place = Below(places, random);
    Bucket* const bucket = segment->home(place / Bucket::kSlots);
    Prefetch(bucket);
    if (place / Bucket::kSlots >= segment->buckets().size()) continue;
    const int slot = static_cast<int>(place % Bucket::kSlots);
    if ((bucket->Occupied() >> slot & 1) != 0) return bucket->pointer(slot);
  }
}

size_t Core::Sample(RandomWord random, size_t wanted, Visit visit) const {
  constexpr size_t kNeighbours = 2;  // buckets read at one place
  if (size_ == 0) return 0;
  size_t taken = 0;
  for (size_t tries = 0; tries < wanted && taken < wanted; ++tries) {
    const std::span<Bucket> buckets = segments_.at(Below(segments_.size(), random))->buckets();
    const size_t start = Below(buckets.size(), random);
    for (size_t i = 0; i < std::min(kNeighbours, buckets.size()); ++i) {
      const Bucket& bucket = buckets[(start + i) % buckets.size()];
      ForEachSlot(bucket.Occupied(), [&](int slot) {
        if (taken++ < wanted) visit(bucket.pointer(slot));
      });
    }
  }
  return std::min(taken, wanted);
}

// --- Rebuilding segments -------------------------------------------------------------------------

void Core::InsertByRebuilding(DirectorySlot slot, Item item, HashOf hash_of) {
  Items items;
  if (slot.is_null()) {
    DirectorySlot content;
    int depth = 0;
    while (!RegionIsUniform(item.hash, depth, &content)) ++depth;
    items.push_back(item);
    Install(item.hash, depth, std::span(items), 0);
    return;
  }
  Segment* const segment = slot.segment();
  const int depth = segment->depth;
  const size_t lines = segment->bytes() / 64;
  Collect(segment, hash_of, items);
  items.push_back(item);
  if (FirstDifferingBit(items) >= kMaxDepth) {
    ExtendStash(segment);
    TryPlace(SlotOf(item.hash), item.hash, item.element);
    return;
  }
  Retire(segment);
  Install(item.hash, depth, std::span(items), GrownLines(lines));
}

// Builds one segment for the region, of at least `min_lines`, or as many as the entries need.
void Core::Install(uint64_t hash, int depth, std::span<Item> items, size_t min_lines) {
  if (items.empty()) return;
  if (items.size() <= kMaxItemsOfSegment && min_lines <= kMaxLines + kMaxLines / 8) {
    size_t lines = StaggeredLines(LinesFor(items.size()), hash, depth);
    lines = std::min(std::max(lines, min_lines), kMaxLines);
    if (TryBuild(depth, WholeBlockLines(lines), items)) return;
    lines = std::min(GrownLines(lines), kMaxLines);
    if (TryBuild(depth, WholeBlockLines(lines), items)) return;
  }
  const int bit = FirstDifferingBit(items);
  if (bit >= kMaxDepth) return BuildExtended(depth, items);
  const auto is_zero = [bit](const Item& item) { return (item.hash << bit >> 63) == 0; };
  const auto middle = std::partition(items.begin(), items.end(), is_zero);
  Install(items.front().hash, bit + 1, {items.begin(), middle}, 0);
  Install(items.back().hash, bit + 1, {middle, items.end()}, 0);
}

bool Core::TryBuild(int depth, size_t lines, std::span<const Item> items) {
  const size_t home = HomeBucketsFor(lines);
  Segment* const segment = NewSegment(items[0].hash, depth, home, StashBuckets(home));
  const DirectorySlot slot = DirectorySlot::OfSegment(segment);
  for (const Item& item : items) {
    if (TryPlace(slot, item.hash, item.element)) continue;
    FreeSegment(segment);
    return false;
  }
  Attach(segment);
  return true;
}

// For hashes that agree down to the depth limit: one home bucket, as much stash as it takes.
void Core::BuildExtended(int depth, std::span<const Item> items) {
  const size_t stash = std::bit_ceil(LinesFor(items.size()));
  Segment* const segment = NewSegment(items[0].hash, depth, 1, stash);
  const DirectorySlot slot = DirectorySlot::OfSegment(segment);
  for (const Item& item : items) TryPlace(slot, item.hash, item.element);
  Attach(segment);
}

void Core::ExtendStash(Segment* segment) {
  const size_t stash = std::max<size_t>(4, 2 * segment->stash_buckets);
  Segment* const extended =
      NewSegment(segment->first_hash, segment->depth, segment->home_buckets, stash);
  const std::span<Bucket> buckets = segment->buckets();
  std::copy(buckets.begin(), buckets.end(), extended->buckets().begin());
  extended->count = segment->count;
  Retire(segment);
  Attach(extended);
}

// Called when a segment has become too empty: joins it with its neighbours as far as together they
// stay well below a full segment, else makes it smaller.
void Core::Shrink(Segment* segment, HashOf hash_of) {
  absl::InlinedVector<Segment*, 16> parts = {segment};
  size_t entries = segment->count;
  const uint64_t hash = segment->first_hash;
  int depth = segment->depth;
  for (; depth > 0; --depth) {
    const uint64_t buddy = FirstHashOf(hash, depth) ^ uint64_t { 1 } << (64 - depth);
    DirectorySlot content;
    if (!RegionIsUniform(buddy, depth, &content)) break;
    if (content.is_null()) continue;
    if (entries + content.segment()->count > kMaxItemsOfMerge) break;
    entries += content.segment()->count;
    parts.push_back(content.segment());
  }
  const bool merges = depth < segment->depth;
  if (!merges && entries > 0 && GrownLines(LinesFor(entries)) >= segment->bytes() / 64) {
    segment->shrink_below = segment->count * 3 / 4;
    return;
  }
  Items items;
  for (Segment* part : parts) Save(part);
  for (Segment* part : parts) Collect(part, hash_of, items);
  for (Segment* part : parts) Retire(part);
  ClearRegion(hash, depth);
  Install(hash, depth, std::span(items), 0);
  CompactPath(root_, hash, 0);
}

Segment* Core::NewSegment(uint64_t hash, int depth, size_t home_buckets, size_t stash_buckets) {
  const size_t bytes = 64 * (1 + home_buckets + stash_buckets);
  auto* const segment = static_cast<Segment*>(memory_->Allocate(bytes));
  std::memset(static_cast<void*>(segment), 0, bytes);
  segment->first_hash = FirstHashOf(hash, depth);
  segment->depth = static_cast<uint8_t>(depth);
  segment->home_buckets = static_cast<uint8_t>(home_buckets);
  segment->stash_buckets = static_cast<uint32_t>(stash_buckets);
  segment->epoch = epoch_;
  directory_bytes_ += SlabMemory::GoodSize(bytes);
  return segment;
}

Segment* Core::MoveSegment(Segment* segment) {
  const size_t bytes = segment->bytes();
  void* const place = memory_->Allocate(bytes);
  std::memcpy(place, segment, bytes);
  memory_->Free(segment, bytes);
  auto* const moved = static_cast<Segment*>(place);
  segments_.Replace(moved);
  SetRegion(moved->first_hash, moved->depth, DirectorySlot::OfSegment(moved));
  return moved;
}

void Core::Attach(Segment* segment) {
  const auto slots = static_cast<uint32_t>(segment->buckets().size() * Bucket::kSlots);
  if (segments_.size() == 0) most_slots_ = 0;
  most_slots_ = std::max(most_slots_, slots);
  segment->shrink_below = std::max<uint32_t>(1, std::min(slots * 9 / 25, segment->count * 3 / 4));
  segments_.Add(segment, *memory_);
  SetRegion(segment->first_hash, segment->depth, DirectorySlot::OfSegment(segment));
}

void Core::Retire(Segment* segment) {
  segments_.Remove(segment, *memory_);
  SetRegion(segment->first_hash, segment->depth, DirectorySlot());
  FreeSegment(segment);
}

void Core::FreeSegment(Segment* segment) {
  const size_t bytes = segment->bytes();
  directory_bytes_ -= SlabMemory::GoodSize(bytes);
  memory_->Free(segment, bytes);
}

// --- Taking the whole table down -----------------------------------------------------------------

// Takes the segment of the highest hashes below `slot` out of the directory, null if there is none.
Segment* Core::DetachLastSegment(DirectorySlot& slot) {
  if (slot.is_null()) return nullptr;
  if (slot.is_segment()) return std::exchange(slot, DirectorySlot()).segment();
  DirectorySlot* const slots = slot.page();
  for (size_t i = slot.page_slots(); i-- > 0;) {
    const DirectorySlot content = slots[i];
    if (Segment* const segment = DetachLastSegment(slots[i]); segment != nullptr) {
      while (i > 0 && content.is_segment() && slots[i - 1] == content) slots[--i] = {};
      return segment;
    }
  }
  FreePage(slot);
  slot = DirectorySlot();
  return nullptr;
}

bool Core::DropSome(size_t budget, Visit visit) {
  size_t dropped = 0;
  while (dropped < budget) {
    Segment* const segment = DetachLastSegment(root_);
    if (segment == nullptr) break;
    PrefetchElements(*segment);
    ForEachElement(*segment, visit);
    dropped += segment->count;
    size_ -= segment->count;
    segments_.Remove(segment, *memory_);
    FreeSegment(segment);
  }
  return size_ > 0;
}

void Core::FreeAll() {
  for (size_t i = 0; i < segments_.size(); ++i) FreeSegment(segments_.at(i));
  segments_.Free(*memory_);
  FreePageTree(root_);
  root_ = DirectorySlot();
  size_ = 0;
}

void Core::Abandon() {
  root_ = DirectorySlot();
  segments_ = SegmentList();
  size_ = directory_bytes_ = 0;
}

void Core::Swap(Core& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(root_, other.root_);
  std::swap(size_, other.size_);
  std::swap(segments_, other.segments_);
  std::swap(directory_bytes_, other.directory_bytes_);
  std::swap(most_slots_, other.most_slots_);
  std::swap(epoch_, other.epoch_);
  std::swap(observer_, other.observer_);
}

}  // namespace kv::hash_table_internal
