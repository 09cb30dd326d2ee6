#include "kv/base/slab_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <optional>
#include <utility>

namespace kv {

using namespace slab_internal;  // NOLINT(google-build-using-namespace)

namespace {

constexpr uint32_t kHugePageSlabs = (size_t{2} << 20) / kSlabBytes;
constexpr uint32_t kSmallStoreSlabs = (size_t{8} << 20) / kSlabBytes;

}  // namespace

// Stands in the place of the header of slab 0, which holds the headers and no blocks.
struct alignas(64) SlabMemory::Region {
  uint32_t fresh = 1;         // slabs from here on were not handed out since ReleaseAll
  uint32_t resident_end = 1;  // slabs from here on never were
  uint32_t in_use = 0;        // slabs with live blocks, and current ones
  uint32_t prepared_end = 1;  // fresh slabs before this one are resident
  uint32_t settled = 0;       // `fresh` when ReturnPrepared was called last
  uint32_t divided = 0;       // first slab of the huge page that is kept divided; 0: none
  bool huge_pages = false;

  char* memory() { return reinterpret_cast<char*>(this); }
  void UseHugePages(size_t first_slab);
  void StopUsingHugePages();
  void DivideHugePage(uint32_t first_slab);
  void UniteHugePage();
  Slab* slab(size_t index) { return reinterpret_cast<Slab*>(this) + index; }

  static Region* Of(const void* address) {
    return reinterpret_cast<Region*>(reinterpret_cast<uintptr_t>(address) & ~(kRegionBytes - 1));
  }
};

// Random access to many megabytes misses the TLB at every step; huge pages spare most of that.
void SlabMemory::Region::UseHugePages(size_t first_slab) {
#ifdef MADV_HUGEPAGE
  const size_t offset = first_slab * kSlabBytes;
  huge_pages = madvise(memory() + offset, kRegionBytes - offset, MADV_HUGEPAGE) == 0;
#endif
}

// Where slabs are returned: or the system would fill the holes to make huge pages again.
void SlabMemory::Region::StopUsingHugePages() {
#ifdef MADV_NOHUGEPAGE
  if (huge_pages) madvise(memory(), kRegionBytes, MADV_NOHUGEPAGE);
  huge_pages = false;
  divided = 0;
#endif
}

// The page that is in use up to its middle when the store grows no more, for the same reason.
void SlabMemory::Region::DivideHugePage(uint32_t first_slab) {
#ifdef MADV_NOHUGEPAGE
  UniteHugePage();
  if (!huge_pages) return;
  madvise(memory() + first_slab * kSlabBytes, kHugePageSlabs * kSlabBytes, MADV_NOHUGEPAGE);
  divided = first_slab;
#endif
}

void SlabMemory::Region::UniteHugePage() {
#ifdef MADV_HUGEPAGE
  if (divided == 0) return;
  madvise(memory() + divided * kSlabBytes, kHugePageSlabs * kSlabBytes, MADV_HUGEPAGE);
  divided = 0;
#endif
}

namespace {

constexpr size_t kMaxCachedBytes = size_t{64} << 20;  // in all
constexpr size_t kMaxCachedBlockBytes = size_t{4} << 20;

static_assert(sizeof(Slab) * kSlabsOfRegion == kSlabBytes, "the headers fill slab 0");

char* Map(size_t bytes) {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  return static_cast<char*>(memory);
}

void Unmap(char* memory, size_t bytes) {
  if (bytes == 0) return;
  Unpoison(memory, bytes);
  munmap(memory, bytes);
}

char* MapAligned(size_t bytes) {
  char* const memory = Map(2 * bytes);
  const size_t before = -reinterpret_cast<uintptr_t>(memory) & (bytes - 1);
  munmap(memory, before);
  munmap(memory + before + bytes, bytes - before);
  return memory + before;
}

char* MemoryOf(Slab* slab) {
  char* const headers = reinterpret_cast<char*>(slab);
  const uintptr_t offset = reinterpret_cast<uintptr_t>(slab) & (kRegionBytes - 1);
  return headers - offset + offset / sizeof(Slab) * kSlabBytes;
}

size_t RoundToPages(size_t bytes) {
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

constexpr uint32_t RoundToHugePages(uint32_t slabs) {
  return (slabs + kHugePageSlabs - 1) / kHugePageSlabs * kHugePageSlabs;
}

// The fewest live blocks of a slab in this quarter of fullness; at least one, as a slab without
// any is in no quarter.
uint32_t QuarterFloor(uint32_t quarter, uint32_t capacity) {
  return std::max<uint32_t>(1, (quarter * capacity + 3) / 4);
}

}  // namespace

SlabMemory::SlabMemory() {
  for (SizeClass& size_class : classes_) size_class.current = &none_;
}

SlabMemory::~SlabMemory() {
  returner_.Finish();
  for (Region* region : regions_) Unmap(region->memory(), kRegionBytes);
  for (auto [memory, bytes] : large_) Unmap(memory, bytes);
  for (const MappedBlock& block : cached_) Unmap(block.memory, block.bytes);
  for (const MappedBlock& block : detached_) Unmap(block.memory, block.bytes);
}

size_t SlabMemory::mapped() const {
  return resident_slabs_ * kSlabBytes + regions_.size() * kPageBytes + large_bytes_;
}

size_t SlabMemory::idle_bytes() const {
  size_t slabs = 0;
  size_t live_in_slabs = 0;
  for (size_t i = 0; i < classes_.size(); ++i) {
    slabs += classes_[i].slabs;
    live_in_slabs += classes_[i].live * ClassBytes(i);
  }
  const size_t live_large = used_ - live_in_slabs;
  return (resident_slabs_ - slabs) * kSlabBytes + large_bytes_ - live_large;
}

size_t SlabMemory::unused_bytes() const {
  size_t unused = 0;
  for (size_t i = 0; i < classes_.size(); ++i) {
    const size_t capacity = classes_[i].slabs * (kSlabBytes / std::max<size_t>(1, ClassBytes(i)));
    unused += (capacity - classes_[i].live) * ClassBytes(i);
  }
  return unused;
}

void* SlabMemory::Reallocate(void* block, size_t old_bytes, size_t new_bytes) {
  if (GoodSize(old_bytes) == GoodSize(new_bytes)) return block;
  if (std::min(old_bytes, new_bytes) > kMaxSlabBlockBytes) {
    return ReallocateLarge(block, GoodSize(old_bytes), GoodSize(new_bytes));
  }
  void* const moved = Allocate(new_bytes);
  std::memcpy(moved, block, std::min(old_bytes, new_bytes));
  Free(block, old_bytes);
  return moved;
}

bool SlabMemory::IsSparse(const void* block, size_t bytes) const {
  if (bytes > kMaxSlabBlockBytes) return false;
  const Slab* const slab = SlabOf(block);
  if (slab->place == kCurrent || slab->live >= slab->capacity - slab->capacity / 16) return false;
  const SizeClass& size_class = classes_[slab->size_class];
  const bool one_could_go = size_class.slabs * slab->capacity - size_class.live >= slab->capacity;
  const bool below_average =
      slab->live * (size_class.slabs - 1) <= size_class.live - size_class.current->live;
  return one_could_go && below_average;
}

void SlabMemory::ReleaseAll() {
  FinishReturns();
  for (SizeClass& size_class : classes_) {
    size_class = SizeClass();
    size_class.current = &none_;
  }
  resident_pool_ = returned_pool_ = nullptr;
  resident_slabs_ = 0;
  fresh_region_ = 0;
  for (Region* region : regions_) {
    region->resident_end = std::max(region->resident_end, region->fresh);
    Poison(region->memory() + kSlabBytes, (region->resident_end - 1) * kSlabBytes);
    region->fresh = 1;
    region->in_use = 0;
    resident_slabs_ += region->resident_end - 1;
  }
  for (auto [memory, bytes] : large_) DetachLarge({memory, bytes});
  large_.clear();
  used_ = 0;
}

bool SlabMemory::Prepare() {
  if (regions_.empty() || returned_pool_ != nullptr || resident_pool_ != nullptr) return false;
  if (fresh_region_ + 1 == regions_.size()) {
    const size_t left = kSlabsOfRegion - regions_.back()->fresh;
    if (left < kHugePageSlabs) {
      AddRegion();
      return true;
    }
  }
  Region* const region = regions_[fresh_region_];
  const size_t next = region->fresh / kHugePageSlabs * kHugePageSlabs + kHugePageSlabs;
  const bool soon = region->fresh + kHugePageSlabs / 4 >= next;
  if (!soon || next >= kSlabsOfRegion || next < region->resident_end ||
      next < region->prepared_end || region->fresh == region->settled || !region->huge_pages) {
    return false;
  }
  region->UniteHugePage();
  region->prepared_end = static_cast<uint32_t>(next + kHugePageSlabs);
  char* const page = region->memory() + next * kSlabBytes;
  if (!fetcher_.Fetch({page, kHugePageSlabs * kSlabBytes})) *static_cast<volatile char*>(page) = 0;
  return true;
}

// The store has not grown for a while, so that nothing is being fetched any more.
void SlabMemory::ReturnPrepared() {
  if (fresh_region_ == regions_.size()) return;
  Region* const region = regions_[fresh_region_];
  if (region->fresh == region->settled) return;
  region->settled = region->fresh;
  const uint32_t begin = std::max(region->fresh, region->resident_end);
  const uint32_t end = std::max<uint32_t>(region->prepared_end, RoundToHugePages(region->fresh));
  region->prepared_end = region->fresh;
  if (begin >= end) return;
  madvise(region->memory() + begin * kSlabBytes, (end - begin) * kSlabBytes, MADV_DONTNEED);
  const uint32_t page = begin / kHugePageSlabs * kHugePageSlabs;
  const bool may_be_huge = fresh_region_ > 0 || page >= kSmallStoreSlabs;
  if (may_be_huge && page < begin) region->DivideHugePage(page);
}

size_t SlabMemory::Trim(size_t max_bytes) {
  if (max_bytes == 0) return 0;
  max_bytes = std::min(max_bytes, SIZE_MAX / 2);  // so that it can be rounded up
  if (resident_pool_ == nullptr) RetireEmptyCurrentSlabs();
  TakeReturnedSlabs();
  size_t sent = TrimLarge(max_bytes);
  if (sent < max_bytes) sent += TrimPool(max_bytes - sent);
  if (sent < max_bytes) sent += TrimFresh(max_bytes - sent);
  if (sent == 0) sent = DropCachedBlock();
  if (sent == 0 && UnmapEmptyRegion()) sent = kPageBytes;
  return sent;
}

void SlabMemory::FinishReturns() {
  returner_.Finish();
  TakeReturnedSlabs();
}

// --- Slabs ---------------------------------------------------------------------------------------

void* SlabMemory::AllocateFromOtherSlab(size_t size_class) {
  SizeClass& state = classes_[size_class];
  if (Slab* const full = state.current; full != &none_) {
    full->place = kFull;
    // A few blocks must come free before it is looked at again, or each would cost a change of
    // lists.
    full->live_floor = full->capacity - full->capacity / 64;
  }
  Slab* slab = nullptr;
  for (int quarter = kQuarters - 1; quarter >= 0 && slab == nullptr; --quarter) {
    slab = state.partial[quarter];
  }
  if (slab != nullptr) {
    Unlink(slab);
  } else {
    slab = TakeEmptySlab(size_class);
    StartSlab(slab, size_class);
  }
  slab->place = kCurrent;
  slab->live_floor = 0;
  state.current = slab;
  return Allocate(slab->block_bytes);
}

void SlabMemory::OnFewerLive(Slab* slab) {
  if (slab->place < kQuarters) Unlink(slab);
  if (slab->live == 0) {
    RetireSlab(slab);
    return;
  }
  const auto quarter = static_cast<uint16_t>(slab->live * kQuarters / slab->capacity);
  slab->live_floor = QuarterFloor(quarter, slab->capacity);
  Link(slab, quarter);
}

void SlabMemory::StartSlab(Slab* slab, size_t size_class) {
  slab->block_bytes = static_cast<uint32_t>(ClassBytes(size_class));
  slab->capacity = static_cast<uint32_t>(kSlabBytes / slab->block_bytes);
  slab->size_class = static_cast<uint16_t>(size_class);
  slab->live = 0;
  slab->free = nullptr;
  slab->fresh = MemoryOf(slab);
  slab->end = slab->fresh + slab->capacity * slab->block_bytes;
  Poison(slab->fresh, kSlabBytes);
  ++classes_[size_class].slabs;
  ++Region::Of(slab)->in_use;
}

// Puts a slab without live blocks, which is on no list, into the pool.
void SlabMemory::RetireSlab(Slab* slab) {
  --classes_[slab->size_class].slabs;
  --Region::Of(slab)->in_use;
  Link(slab, kResidentPool);
}

SlabMemory::Slab*& SlabMemory::ListOf(const Slab* slab) {
  if (slab->place == kResidentPool) return resident_pool_;
  if (slab->place == kReturnedPool) return returned_pool_;
  assert(slab->place < kQuarters);
  return classes_[slab->size_class].partial[slab->place];
}

void SlabMemory::Link(Slab* slab, uint16_t place) {
  slab->place = place;
  Slab*& head = ListOf(slab);
  slab->previous = nullptr;
  slab->next = head;
  if (head != nullptr) head->previous = slab;
  head = slab;
}

void SlabMemory::Unlink(Slab* slab) {
  Slab*& head = ListOf(slab);
  if (slab->previous != nullptr) slab->previous->next = slab->next;
  if (slab->next != nullptr) slab->next->previous = slab->previous;
  if (head == slab) head = slab->next;
}

SlabMemory::Slab* SlabMemory::TakeEmptySlab(size_t for_class) {
  const auto pools_are_empty = [this] {
    return resident_pool_ == nullptr && returned_pool_ == nullptr;
  };
  if (pools_are_empty()) TakeReturnedSlabs();
  if (pools_are_empty()) RetireEmptyCurrentSlabBelow(for_class);
  Slab* const slab = resident_pool_ != nullptr ? resident_pool_ : returned_pool_;
  if (slab == nullptr) return TakeFreshSlab();
  if (slab->place == kReturnedPool) ++resident_slabs_;
  Unlink(slab);
  return slab;
}

SlabMemory::Slab* SlabMemory::TakeFreshSlab() {
  while (fresh_region_ < regions_.size() && regions_[fresh_region_]->fresh == kSlabsOfRegion) {
    ++fresh_region_;
  }
  if (fresh_region_ == regions_.size()) AddRegion();
  Region* const region = regions_[fresh_region_];
  if (region->fresh >= region->resident_end) ++resident_slabs_;
  return new (region->slab(region->fresh++)) Slab();
}

// The first megabytes go without huge pages, so that a small store stays small.
void SlabMemory::AddRegion() {
  auto* const region = new (MapAligned(kRegionBytes)) Region();
  region->UseHugePages(regions_.empty() ? kSmallStoreSlabs : 0);
  regions_.push_back(region);
}

bool SlabMemory::RetireIfEmpty(size_t size_class) {
  Slab* const slab = classes_[size_class].current;
  if (slab == &none_ || slab->live != 0) return false;
  classes_[size_class].current = &none_;
  RetireSlab(slab);
  return true;
}

void SlabMemory::RetireEmptyCurrentSlabs() {
  for (size_t i = 0; i < classes_.size(); ++i) RetireIfEmpty(i);
}

// The nearest smaller class is looked at first, then the largest ones. A block that grows step by
// step leaves an empty slab in each class it passes; the one it left last is wanted again last.
bool SlabMemory::RetireEmptyCurrentSlabBelow(size_t size_class) {
  for (size_t i = 1; i < classes_.size(); ++i) {
    if (RetireIfEmpty((size_class + classes_.size() - i) % classes_.size())) return true;
  }
  return false;
}

size_t SlabMemory::TrimPool(size_t max_bytes) {
  size_t sent = 0;
  while (resident_pool_ != nullptr && sent < max_bytes) {
    Slab* const slab = resident_pool_;
    Unlink(slab);
    if (!SendPages(slab)) {
      Link(slab, kResidentPool);
      break;
    }
    sent += kSlabBytes;
  }
  return sent;
}

// Sends what ReleaseAll dropped and nobody has used since.
size_t SlabMemory::TrimFresh(size_t max_bytes) {
  size_t sent = 0;
  for (Region* region : regions_) {
    while (region->fresh < region->resident_end && sent < max_bytes) {
      if (!SendPages(new (region->slab(region->fresh)) Slab())) return sent;
      ++region->fresh;
      sent += kSlabBytes;
    }
  }
  return sent;
}

// Hands the pages of an empty slab, which is on no list, to the returner; false if it takes no
// more.
bool SlabMemory::SendPages(Slab* slab) {
  Region* const region = Region::Of(slab);
  region->StopUsingHugePages();
  if (!returner_.Return({MemoryOf(slab), kSlabBytes, /*stays_mapped=*/true})) return false;
  slab->place = kReturning;
  ++region->in_use;
  --resident_slabs_;
  return true;
}

void SlabMemory::TakeReturnedSlabs() {
  while (const std::optional<PageRange> range = returner_.TakeReturned()) {
    Region* const region = Region::Of(range->memory);
    const auto offset = static_cast<size_t>(range->memory - region->memory());
    Link(region->slab(offset / kSlabBytes), kReturnedPool);
    --region->in_use;
  }
}

// Keeps the first region, since a store that is empty now will not stay so.
bool SlabMemory::UnmapEmptyRegion() {
  if (resident_pool_ != nullptr || !returner_.has_room()) return false;
  const auto is_empty = [this](const Region* region) {
    return region != regions_.front() && region->in_use == 0 &&
           region->fresh >= region->resident_end;
  };
  const auto found = std::find_if(regions_.begin(), regions_.end(), is_empty);
  if (found == regions_.end()) return false;
  Region* const region = *found;
  for (size_t i = 1; i < region->fresh; ++i) Unlink(region->slab(i));
  Unpoison(region->memory(), kRegionBytes);
  returner_.Return({region->memory(), kRegionBytes});
  regions_.erase(found);
  fresh_region_ = 0;
  return true;
}

// --- Large blocks --------------------------------------------------------------------------------

void* SlabMemory::AllocateLarge(size_t bytes) {
  const size_t size = GoodSize(bytes);
  used_ += size;
  for (MappedBlock& cached : cached_) {
    if (cached.bytes != size) continue;
    char* const memory = std::exchange(cached, MappedBlock()).memory;
    Unpoison(memory, size);
    large_.emplace(memory, size);
    return memory;
  }
  char* memory = TakeDetached(size);
  if (memory == nullptr) {
    // Whoever keeps replacing large blocks by larger ones has them returned.
    TrimLarge(2 * size);
    memory = Map(size);
    large_bytes_ += size;
  }
  large_.emplace(memory, size);
  return memory;
}

// Cuts a block from the end of the detached one that was freed last; null if that is too small.
char* SlabMemory::TakeDetached(size_t bytes) {
  if (detached_.empty() || detached_.back().bytes < bytes) return nullptr;
  MappedBlock& block = detached_.back();
  block.bytes -= bytes;
  char* const memory = block.memory + block.bytes;
  if (block.bytes == 0) detached_.pop_back();
  Unpoison(memory, bytes);
  return memory;
}

void SlabMemory::FreeLarge(void* block, size_t bytes) {
  MappedBlock freed = {static_cast<char*>(block), GoodSize(bytes)};
  assert(large_.contains(freed.memory) && large_[freed.memory] == freed.bytes);
  large_.erase(freed.memory);
  used_ -= freed.bytes;
  if (freed.bytes > kMaxCachedBlockBytes) return DetachLarge(freed);
  Poison(freed.memory, freed.bytes);
  // The oldest of the cached blocks makes place, and others do while they are too many.
  do {
    const MappedBlock oldest = std::exchange(cached_[next_cached_], std::exchange(freed, {}));
    next_cached_ = (next_cached_ + 1) % cached_.size();
    if (oldest.bytes > 0) DetachLarge(oldest);
  } while (cached_bytes() > kMaxCachedBytes);
}

size_t SlabMemory::cached_bytes() const {
  size_t bytes = 0;
  for (const MappedBlock& cached : cached_) bytes += cached.bytes;
  return bytes;
}

bool SlabMemory::HasReady(size_t bytes) const {
  const size_t size = GoodSize(bytes);
  return size > kMaxSlabBlockBytes &&
         std::any_of(cached_.begin(), cached_.end(),
                     [size](const MappedBlock& cached) { return cached.bytes == size; });
}

// Unmaps freed pages, or leaves them for later if that would take too long.
void SlabMemory::DetachLarge(MappedBlock block) {
  if (block.bytes > kMaxUnmapBytes) {
    Poison(block.memory, block.bytes);
    detached_.push_back(block);
    return;
  }
  Unmap(block.memory, block.bytes);
  large_bytes_ -= block.bytes;
}

void* SlabMemory::ReallocateLarge(void* block, size_t old_bytes, size_t new_bytes) {
  used_ += new_bytes - old_bytes;
  if (new_bytes < old_bytes) {
    large_[static_cast<char*>(block)] = new_bytes;
    DetachLarge({static_cast<char*>(block) + new_bytes, old_bytes - new_bytes});
    return block;
  }
  void* const moved = mremap(block, old_bytes, new_bytes, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) std::abort();
  large_.erase(static_cast<char*>(block));
  large_.emplace(static_cast<char*>(moved), new_bytes);
  large_bytes_ += new_bytes - old_bytes;
  return moved;
}

size_t SlabMemory::TrimLarge(size_t max_bytes) {
  size_t sent = 0;
  while (!detached_.empty() && sent < max_bytes) {
    MappedBlock& block = detached_.back();
    const size_t piece = std::min(block.bytes, RoundToPages(max_bytes - sent));
    char* const memory = block.memory + block.bytes - piece;
    if (!returner_.has_room()) break;
    Unpoison(memory, piece);
    returner_.Return({memory, piece});
    block.bytes -= piece;
    sent += piece;
    if (block.bytes == 0) detached_.pop_back();
  }
  large_bytes_ -= sent;
  return sent;
}

size_t SlabMemory::DropCachedBlock() {
  for (MappedBlock& cached : cached_) {
    if (cached.bytes == 0) continue;
    const MappedBlock dropped = std::exchange(cached, MappedBlock());
    DetachLarge(dropped);
    return dropped.bytes;
  }
  return 0;
}

}  // namespace kv
