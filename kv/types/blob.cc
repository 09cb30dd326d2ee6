#include "kv/types/blob.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace kv {

size_t Blob::AllocationSize(size_t capacity) {
  return SlabMemory::GoodSize((sizeof(Blob) + capacity + alignof(Blob) - 1) / alignof(Blob) *
                              alignof(Blob));
}

Blob* Blob::Create(SlabMemory& memory, size_t size, size_t capacity) {
  const size_t bytes = AllocationSize(std::max(size, capacity));
  Blob* blob = static_cast<Blob*>(memory.Allocate(bytes));
  blob->references_ = 1;
  blob->unused_ = 0;
  blob->size_ = size;
  blob->capacity_ = bytes - sizeof(Blob);
  return blob;
}

Blob* Blob::Copy(SlabMemory& memory, std::string_view bytes) {
  Blob* blob = Create(memory, bytes.size(), bytes.size());
  if (!bytes.empty()) std::memcpy(blob->data(), bytes.data(), bytes.size());
  return blob;
}

bool Blob::Release(SlabMemory& memory, Blob* blob) {
  assert(blob->references_ > 0);
  if (--blob->references_ > 0) return false;
  memory.Free(blob, blob->allocated_bytes());
  return true;
}

void Blob::set_size(size_t size) {
  assert(size <= capacity_);
  size_ = size;
}

Blob* Blob::Unshare(SlabMemory& memory, Blob* blob, size_t capacity) {
  capacity = std::max(capacity, blob->size_);
  if (blob->shared()) {
    Blob* copy = Create(memory, blob->size_, capacity);
    std::memcpy(copy->data(), blob->data(), blob->size_);
    Release(memory, blob);
    return copy;
  }
  if (capacity <= blob->capacity_) return blob;
  const size_t bytes = AllocationSize(capacity);
  blob = static_cast<Blob*>(memory.Reallocate(blob, blob->allocated_bytes(), bytes));
  blob->capacity_ = bytes - sizeof(Blob);
  return blob;
}

Blob* Blob::Relocate(SlabMemory& memory, Blob* blob) {
  assert(!blob->shared());
  void* const moved = memory.Allocate(blob->allocated_bytes());
  std::memcpy(moved, blob, sizeof(Blob) + blob->size_);
  memory.Free(blob, blob->allocated_bytes());
  return static_cast<Blob*>(moved);
}

}  // namespace kv
