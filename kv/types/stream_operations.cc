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

int64_t NextDeadline(const void* object) {
  return AsStream(object)->NextDeadline();
}

size_t ExpireStream(SlabMemory& memory, void** object, int64_t now, size_t budget,
                    VisitExpired visit) {
  return AsStream(*object)->Expire({.memory = memory, .limits = {}}, now, budget,
                                   [&](const StreamId& kept, int64_t deadline) {
                                     StreamId::Buffer buffer;
                                     visit(kept.Text(buffer), deadline);
                                   });
}

constexpr ValueOperations kOperations = {
    .name = Name,
    .free_cost = FreeCost,
    .free = FreeStream,
    .memory_bytes = MemoryBytes,
    .copy = CopyStream,
    .compact = CompactStream,
    .next_deadline = NextDeadline,
    .expire = ExpireStream,
};

}  // namespace

const ValueOperations& StreamOperations() {
  return kOperations;
}

}  // namespace kv
