// Blob: the bytes of one long string, counted by reference.
//
// A string too long to stand inside its entry lives in a blob. The entry holds one reference;
// every reply that still has to send the bytes holds another (it has "pinned" the blob). Who wants
// to change the bytes calls Unshare first, so that what was promised to a peer never changes under
// way.
//
//     | references 4 | - 4 | size 8 | capacity 8 | bytes ... |
//
// Memory comes from the store's SlabMemory, which must be the same one in every call for a blob.
#ifndef SOLOKV_KV_TYPES_BLOB_H_
#define SOLOKV_KV_TYPES_BLOB_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kv/base/slab_memory.h"

namespace kv {

class Blob {
 public:
  // A blob of `size` zeroed or undefined bytes with room for at least `capacity`, one reference.
  static Blob* Create(SlabMemory& memory, size_t size, size_t capacity);
  static Blob* Copy(SlabMemory& memory, std::string_view bytes);

  // The bytes that Create(memory, _, capacity) takes from memory.
  static size_t AllocationSize(size_t capacity);

  std::string_view view() const { return {data(), size_}; }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  char* data() { return reinterpret_cast<char*>(this + 1); }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  bool shared() const { return references_ > 1; }
  size_t allocated_bytes() const { return sizeof(Blob) + capacity_; }

  void AddReference() { ++references_; }
  // Drops one reference; frees the blob with the last. Returns true if it was freed.
  static bool Release(SlabMemory& memory, Blob* blob);

  // Sets the size, within the capacity. New bytes are undefined.
  void set_size(size_t size);

  // Returns a blob that only the caller references, with the same bytes and room for `capacity`.
  // Consumes the caller's reference to `blob`. Cost: a copy if shared or if it has to move.
  static Blob* Unshare(SlabMemory& memory, Blob* blob, size_t capacity);

  // Moves the blob to a new block of the same size. Precondition: it is not shared.
  static Blob* Relocate(SlabMemory& memory, Blob* blob);

 private:
  uint32_t references_;
  uint32_t unused_;
  size_t size_;
  size_t capacity_;
};

static_assert(sizeof(Blob) == 24);

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_BLOB_H_
