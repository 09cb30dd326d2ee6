#include "kv/types/value_operations.h"

#include <cassert>

#include "kv/types/blob.h"

namespace kv {
namespace {

// --- Encoding::kBlob ---

constexpr size_t kBytesPerUnit = size_t{4} << 10;

Blob* AsBlob(void* object) {
  return static_cast<Blob*>(object);
}

size_t BlobMemory(const void* object) {
  return static_cast<const Blob*>(object)->allocated_bytes();
}

size_t BlobFreeCost(const void* object) {
  return 1 + BlobMemory(object) / kBytesPerUnit;
}

size_t FreeBlob(SlabMemory& memory, void** object, size_t) {
  const size_t unmapped = SlabMemory::UnmapBytes(BlobMemory(*object));
  const bool freed = Blob::Release(memory, AsBlob(*object));
  *object = nullptr;
  return freed ? 1 + unmapped / kBytesPerUnit : 1;
}

void* ShareBlob(SlabMemory&, void* object) {
  AsBlob(object)->AddReference();
  return object;
}

void* RelocateBlob(SlabMemory& memory, void* object, ValueOperations::IsSparse is_sparse) {
  Blob* const blob = AsBlob(object);
  if (blob->shared() || !is_sparse(blob, blob->allocated_bytes())) return blob;
  return Blob::Relocate(memory, blob);
}

constexpr ValueOperations kBlobOperations = {BlobFreeCost, FreeBlob, BlobMemory, ShareBlob,
                                             RelocateBlob};

}  // namespace

const ValueOperations& OperationsOf(Encoding encoding) {
  assert(encoding == Encoding::kBlob);
  (void)encoding;
  return kBlobOperations;
}

}  // namespace kv
