#include "kv/types/hash_operations.h"

#include <algorithm>

#include "kv/types/field_table.h"

namespace kv {
namespace {

FieldTable* AsTable(const void* object) {
  return static_cast<FieldTable*>(const_cast<void*>(object));
}

std::string_view Name(const void*) {
  return "hashtable";
}

size_t FreeCost(const void* object) {
  return 1 + AsTable(object)->size();
}

size_t FreeTable(SlabMemory& memory, void** object, size_t budget) {
  const size_t cost = FreeCost(*object);
  if (!FieldTable::FreeSome(memory, AsTable(*object), budget)) *object = nullptr;
  return std::min(budget, cost);
}

size_t MemoryBytes(const void* object) {
  return AsTable(object)->memory_bytes();
}

void* CopyTable(SlabMemory& memory, void* object) {
  return AsTable(object)->Copy(memory);
}

// The object itself moves first, its fields and segments after it.
uint64_t CompactTable(SlabMemory& memory, void** object, uint64_t cursor, CompactionCount& count) {
  if (cursor == 0 && count.Count(memory.IsSparse(*object, sizeof(FieldTable)))) {
    *object = FieldTable::Relocate(memory, AsTable(*object));
  }
  return AsTable(*object)->Compact(memory, cursor, count);
}

constexpr ValueOperations kOperations = {Name,        FreeCost,  FreeTable,
                                         MemoryBytes, CopyTable, CompactTable};

}  // namespace

const ValueOperations& FieldTableOperations() {
  return kOperations;
}

}  // namespace kv
