#include "kv/types/stream_operations.h"

#include <algorithm>

#include "kv/types/stream.h"

namespace kv {
namespace {

// Of a tree, with the 64 nodes or entries that each refers to.
constexpr size_t kLeavesCompactedAtOnce = 1;

Stream* AsStream(const void* object) {
  return static_cast<Stream*>(const_cast<void*>(object));
}

std::string_view Name(const void*) {
  return "stream";
}

size_t FreeCost(const void* object) {
  return AsStream(object)->blocks();
}

size_t FreeStream(SlabMemory& memory, void** object, size_t budget) {
  const size_t cost = FreeCost(*object);
  if (!AsStream(*object)->FreeSome(memory, budget)) *object = nullptr;
  return std::min(budget, cost);
}

size_t MemoryBytes(const void* object) {
  return AsStream(object)->memory_bytes();
}

void* CopyStream(SlabMemory& memory, void* object) {
  return AsStream(object)->Copy(memory, /*epoch=*/0);
}

uint64_t CompactStream(SlabMemory& memory, void** object, uint64_t cursor, CompactionCount& count) {
  Stream* stream = AsStream(*object);
  const uint64_t next = Stream::Compact({.memory = memory, .limits = {}}, &stream, cursor,
                                        kLeavesCompactedAtOnce, count);
  *object = stream;
  return next;
}

constexpr ValueOperations kOperations = {Name,        FreeCost,   FreeStream,
                                         MemoryBytes, CopyStream, CompactStream};

}  // namespace

const ValueOperations& StreamOperations() {
  return kOperations;
}

}  // namespace kv
