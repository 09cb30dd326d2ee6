// NameTable: few objects in the order of their names, such as the groups of a stream. The table
// refers to them, and the caller owns them; each has a `std::string_view name() const`.
//
// It is a sorted array. Cost: Find O(log n); Insert and Remove O(n) moves of a pointer. An empty
// table allocates nothing. The memory must be the same one in every call; Clear before the end.
#ifndef SOLOKV_KV_TYPES_NAME_TABLE_H_
#define SOLOKV_KV_TYPES_NAME_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kv/base/slab_memory.h"

namespace kv {

template <class Named>
class NameTable {
 public:
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // In the order of their names.
  std::span<Named* const> items() const { return {items_, size_}; }
  size_t memory_bytes() const {
    return capacity_ == 0 ? 0 : SlabMemory::GoodSize(capacity_ * sizeof(Named*));
  }

  // Null if there is none.
  Named* Find(std::string_view name) const {
    Named** const place = LowerBound(name);
    return place != items_ + size_ && (*place)->name() == name ? *place : nullptr;
  }
  // Precondition: there is none of this name.
  void Insert(SlabMemory& memory, Named* added) {
    if (size_ == capacity_) Resize(memory, std::max<uint32_t>(1, 2 * capacity_));
    Named** const place = LowerBound(added->name());
    std::copy_backward(place, items_ + size_, items_ + size_ + 1);
    *place = added;
    ++size_;
  }
  // Precondition: it is there.
  void Remove(SlabMemory& memory, Named* removed) {
    Named** const place = LowerBound(removed->name());
    std::copy(place + 1, items_ + size_, place);
    --size_;
    if (size_ == 0) return Clear(memory);
    if (size_ <= capacity_ / 4) Resize(memory, size_);
  }
  // The last one; takes it out. Precondition: not empty.
  Named* last() const { return items_[size_ - 1]; }
  void RemoveLast() { --size_; }
  void Clear(SlabMemory& memory) {
    if (capacity_ > 0) memory.Free(items_, capacity_ * sizeof(Named*));
    items_ = nullptr;
    size_ = capacity_ = 0;
  }

 private:
  Named** LowerBound(std::string_view name) const {
    return std::lower_bound(
        items_, items_ + size_, name,
        [](const Named* item, std::string_view wanted) { return item->name() < wanted; });
  }
  void Resize(SlabMemory& memory, uint32_t capacity) {
    auto** const moved = static_cast<Named**>(memory.Allocate(capacity * sizeof(Named*)));
    if (size_ > 0) std::copy(items_, items_ + size_, moved);
    if (capacity_ > 0) memory.Free(items_, capacity_ * sizeof(Named*));
    items_ = moved;
    capacity_ = capacity;
  }

  Named** items_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_NAME_TABLE_H_
