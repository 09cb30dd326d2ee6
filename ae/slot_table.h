// A table of objects named by handles of slot and generation.
//
//   pages    [ N x T ] [ N x T ] ...       addresses never move while an object lives
//   handle   slot = page * N + offset,  generation = how often the slot was taken, never 0
//
// A slot that is released takes its next generation, so an old handle to it finds nothing.
// Insert, Find and Erase cost O(1). Pages are kept until the table is destroyed.
//
// T has a member `uint32_t generation` that belongs to the table: 0 while the slot is free.
#ifndef SOLOKV_AE_SLOT_TABLE_H_
#define SOLOKV_AE_SLOT_TABLE_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "ae/loop.h"

namespace ae {

template <typename T, uint32_t kSlotsPerPage = 64>
class SlotTable {
 public:
  // Takes a free slot and resets its object.
  Handle Insert() {
    if (free_.empty()) AddPage();
    const FreeSlot free = free_.back();
    free_.pop_back();
    T& object = (*this)[free.slot];
    object = T();
    object.generation = free.generation;
    ++size_;
    return Handle{free.slot, free.generation};
  }

  // The object of `handle`, or null if the handle is stale.
  T* Find(Handle handle) const {
    if (!handle.valid() || handle.slot >= capacity()) return nullptr;
    T& object = (*this)[handle.slot];
    return object.generation == handle.generation ? &object : nullptr;
  }

  void Erase(uint32_t slot) {
    T& object = (*this)[slot];
    assert(object.generation != 0);
    uint32_t next = object.generation + 1;
    if (next == 0) next = 1;
    object = T();
    free_.push_back({slot, next});
    --size_;
  }

  T& operator[](uint32_t slot) const { return pages_[slot / kSlotsPerPage][slot % kSlotsPerPage]; }
  size_t size() const { return size_; }
  uint32_t capacity() const { return static_cast<uint32_t>(pages_.size() * kSlotsPerPage); }

  // Calls visit(slot, object) for every object; objects inserted meanwhile may be left out.
  template <typename Visitor>
  void ForEach(Visitor visit) const {
    const uint32_t slots = capacity();
    for (uint32_t slot = 0; slot < slots; ++slot) {
      if ((*this)[slot].generation != 0) visit(slot, (*this)[slot]);
    }
  }

 private:
  struct FreeSlot {
    uint32_t slot;
    uint32_t generation;
  };

  void AddPage() {
    const uint32_t first = capacity();
    pages_.push_back(std::make_unique<T[]>(kSlotsPerPage));
    for (uint32_t i = kSlotsPerPage; i-- > 0;) free_.push_back({first + i, 1});
  }

  std::vector<std::unique_ptr<T[]>> pages_;
  std::vector<FreeSlot> free_;
  size_t size_ = 0;
};

}  // namespace ae

#endif  // SOLOKV_AE_SLOT_TABLE_H_
