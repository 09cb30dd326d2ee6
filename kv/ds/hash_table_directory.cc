// The directory of a hash table: pages that tell which segment holds the hashes of a region. They
// are doubled as regions get smaller, and halved when no region needs their last bit.
#include <algorithm>
#include <memory>

#include "kv/ds/hash_table_core.h"

namespace kv::hash_table_internal {

// The region must be empty, or hold one segment alone.
void Core::SetRegion(uint64_t hash, int depth, DirectorySlot content) {
  DirectorySlot* slot = &root_;
  for (int consumed = 0; consumed < depth;) {
    const int missing = depth - consumed;
    const int wanted_bits = std::min(missing, kMaxPageBits);
    if (!slot->is_page()) *slot = NewPage(wanted_bits);
    while (slot->page_bits() < wanted_bits) DoublePage(*slot);
    const int bits = slot->page_bits();
    const size_t index = hash << consumed >> (64 - bits);
    if (missing <= bits) {
      const size_t width = size_t{1} << (bits - missing);
      std::fill_n(slot->page() + (index & ~(width - 1)), width, content);
      return;
    }
    slot = &slot->page()[index];
    consumed += bits;
  }
  *slot = content;
}

// Empties a region of pages. It may hold no segments.
void Core::ClearRegion(uint64_t hash, int depth) {
  DirectorySlot* slot = &root_;
  for (int consumed = 0; consumed < depth;) {
    if (!slot->is_page()) return;
    const int missing = depth - consumed;
    const int bits = slot->page_bits();
    const size_t index = hash << consumed >> (64 - bits);
    if (missing <= bits) {
      const size_t width = size_t{1} << (bits - missing);
      DirectorySlot* const first = slot->page() + (index & ~(width - 1));
      std::for_each(first, first + width, [this](DirectorySlot inner) { FreePageTree(inner); });
      std::fill_n(first, width, DirectorySlot());
      return;
    }
    slot = &slot->page()[index];
    consumed += bits;
  }
  FreePageTree(*slot);
  *slot = DirectorySlot();
}

// True if the whole region belongs to one segment or is empty; `content` says which.
bool Core::RegionIsUniform(uint64_t hash, int depth, DirectorySlot* content) const {
  DirectorySlot slot = root_;
  for (int consumed = 0; slot.is_page();) {
    const int missing = depth - consumed;
    const int bits = slot.page_bits();
    const size_t index = hash << consumed >> (64 - bits);
    if (missing <= bits) {
      const size_t width = size_t{1} << (bits - missing);
      const DirectorySlot* const first = slot.page() + (index & ~(width - 1));
      *content = *first;
      return !first->is_page() &&
             std::all_of(first, first + width, [=](DirectorySlot s) { return s == *first; });
    }
    slot = slot.page()[index];
    consumed += bits;
  }
  *content = slot;
  return true;
}

void Core::DoublePage(DirectorySlot& slot) {
  const DirectorySlot doubled = NewPage(slot.page_bits() + 1);
  for (size_t i = 0; i < doubled.page_slots(); ++i) doubled.page()[i] = slot.page()[i / 2];
  FreePage(slot);
  slot = doubled;
}

// Halves the pages on the way to `hash` while no region in them needs their last bit.
void Core::CompactPath(DirectorySlot& slot, uint64_t hash, int consumed) {
  if (!slot.is_page()) return;
  if (slot.page_bits() == kMaxPageBits) {
    const size_t index = hash << consumed >> (64 - kMaxPageBits);
    CompactPath(slot.page()[index], hash, consumed + kMaxPageBits);
  }
  while (slot.is_page()) {
    const DirectorySlot* const slots = slot.page();
    for (size_t i = 0; i < slot.page_slots(); i += 2) {
      if (slots[i] != slots[i + 1]) return;
    }
    DirectorySlot halved = slots[0];
    if (slot.page_bits() > 1) {
      halved = NewPage(slot.page_bits() - 1);
      for (size_t i = 0; i < halved.page_slots(); ++i) halved.page()[i] = slots[2 * i];
    }
    FreePage(slot);
    slot = halved;
  }
}

DirectorySlot Core::NewPage(int bits) {
  const size_t bytes = sizeof(DirectorySlot) << bits;
  auto* const slots = static_cast<DirectorySlot*>(memory_->Allocate(bytes));
  std::uninitialized_fill_n(slots, size_t{1} << bits, DirectorySlot());
  directory_bytes_ += SlabMemory::GoodSize(bytes);
  return DirectorySlot::OfPage(slots, bits);
}

void Core::FreePage(DirectorySlot page) {
  const size_t bytes = sizeof(DirectorySlot) << page.page_bits();
  directory_bytes_ -= SlabMemory::GoodSize(bytes);
  memory_->Free(page.page(), bytes);
}

// Frees the pages from `slot` down; segments stay.
void Core::FreePageTree(DirectorySlot slot) {
  if (!slot.is_page()) return;
  for (size_t i = 0; i < slot.page_slots(); ++i) FreePageTree(slot.page()[i]);
  FreePage(slot);
}

}  // namespace kv::hash_table_internal
