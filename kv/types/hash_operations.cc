#include "kv/types/hash_operations.h"

#include <algorithm>

#include "kv/types/field_table.h"
#include "kv/types/hash_value.h"

namespace kv {
namespace {

HashValue AsHash(Encoding encoding, const void* object) {
  return HashValue({encoding, const_cast<void*>(object)});
}

// --- Both encodings ---

template <Encoding kEncoding>
size_t Size(const void* object) {
  return AsHash(kEncoding, object).size();
}

template <Encoding kEncoding>
int64_t NextDeadline(const void* object) {
  return AsHash(kEncoding, object).NextDeadline();
}

template <Encoding kEncoding>
size_t Expire(SlabMemory& memory, void** object, int64_t now, size_t budget, VisitExpired visit) {
  HashValue hash = AsHash(kEncoding, *object);
  const size_t done = hash.Expire(memory, now, budget, visit);
  *object = hash.object().object;
  return done;
}

// --- Encoding::kHashTable ---

FieldTable* AsTable(const void* object) {
  return static_cast<FieldTable*>(const_cast<void*>(object));
}

std::string_view TableName(const void*) {
  return "hashtable";
}

size_t TableFreeCost(const void* object) {
  return 1 + AsTable(object)->size();
}

size_t FreeTable(SlabMemory& memory, void** object, size_t budget) {
  const size_t cost = TableFreeCost(*object);
  if (!FieldTable::FreeSome(memory, AsTable(*object), budget)) *object = nullptr;
  return std::min(budget, cost);
}

size_t TableMemory(const void* object) {
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

uint64_t PrefetchTableIndex(const void* object, std::string_view field) {
  return AsTable(object)->PrefetchIndex(field);
}

void PrefetchTableField(const void* object, uint64_t hash) {
  AsTable(object)->PrefetchField(hash);
}

constexpr ValueOperations kTableOperations = {
    .name = TableName,
    .free_cost = TableFreeCost,
    .free = FreeTable,
    .memory_bytes = TableMemory,
    .copy = CopyTable,
    .compact = CompactTable,
    .size = Size<Encoding::kHashTable>,
    .next_deadline = NextDeadline<Encoding::kHashTable>,
    .expire = Expire<Encoding::kHashTable>,
    .prefetch_index = PrefetchTableIndex,
    .prefetch_element = PrefetchTableField,
};

}  // namespace

const ValueOperations& FieldTableOperations() {
  return kTableOperations;
}

// --- Encoding::kListpackEx ---

std::string_view ListpackExName(const void*) {
  return "listpackex";
}

size_t ListpackExSize(const void* object) {
  return Size<Encoding::kListpackEx>(object);
}

int64_t ListpackExNextDeadline(const void* object) {
  return NextDeadline<Encoding::kListpackEx>(object);
}

size_t ExpireListpackEx(SlabMemory& memory, void** object, int64_t now, size_t budget,
                        VisitExpired visit) {
  return Expire<Encoding::kListpackEx>(memory, object, now, budget, visit);
}

}  // namespace kv
