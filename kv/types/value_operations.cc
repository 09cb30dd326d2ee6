#include "kv/types/value_operations.h"

#include <algorithm>
#include <cassert>

#include "kv/ds/intset.h"
#include "kv/ds/listpack.h"
#include "kv/types/blob.h"
#include "kv/types/hash_operations.h"
#include "kv/types/list_value.h"
#include "kv/types/sorted_set.h"
#include "kv/types/stream_operations.h"

namespace kv {
namespace {

// --- Encoding::kBlob ---

constexpr size_t kBytesPerUnit = size_t{4} << 10;

Blob* AsBlob(void* object) {
  return static_cast<Blob*>(object);
}

std::string_view BlobName(const void*) {
  return "raw";
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

uint64_t CompactBlob(SlabMemory& memory, void** object, uint64_t, CompactionCount& count) {
  Blob* const blob = AsBlob(*object);
  if (!blob->shared() && count.Count(memory.IsSparse(blob, blob->allocated_bytes()))) {
    *object = Blob::Relocate(memory, blob);
  }
  return 0;
}

constexpr ValueOperations kBlobOperations = {BlobName,   BlobFreeCost, FreeBlob,
                                             BlobMemory, ShareBlob,    CompactBlob};

// --- Encoding::kList ---

// Freeing a node is a few blocks.
constexpr size_t kUnitsPerNode = 2;
constexpr size_t kNodesCompactedAtOnce = 64;

ListValue AsList(const void* object) {
  return ListValue::FromBits(reinterpret_cast<uintptr_t>(object));
}

void* ObjectOf(ListValue list) {
  return list.object().object;
}

std::string_view ListName(const void* object) {
  return AsList(object).encoding();
}

size_t ListFreeCost(const void* object) {
  const ListValue list = AsList(object);
  return list.is_chain() ? 1 + kUnitsPerNode * list.chain().nodes().size() : 1;
}

size_t FreeList(SlabMemory& memory, void** object, size_t budget) {
  ListValue list = AsList(*object);
  const size_t cost = ListFreeCost(*object);
  const bool more = list.FreeSome(memory, 1 + budget / kUnitsPerNode);
  *object = more ? ObjectOf(list) : nullptr;
  return std::min(budget, cost);
}

size_t ListMemory(const void* object) {
  return AsList(object).memory_bytes();
}

void* CopyList(SlabMemory& memory, void* object) {
  return ObjectOf(AsList(object).Copy(memory, /*epoch=*/0));
}

uint64_t CompactList(SlabMemory& memory, void** object, uint64_t cursor, CompactionCount& count) {
  ListValue list = AsList(*object);
  const uint64_t next =
      list.Compact({.memory = memory, .limits = {}}, cursor, kNodesCompactedAtOnce, count);
  *object = ObjectOf(list);
  return next;
}

constexpr ValueOperations kListOperations = {ListName,   ListFreeCost, FreeList,
                                             ListMemory, CopyList,     CompactList};

// --- Encoding::kListpack ---

Listpack AsListpack(const void* object) {
  return Listpack::FromBlock(const_cast<void*>(object));
}

std::string_view ListpackName(const void*) {
  return "listpack";
}

size_t ListpackFreeCost(const void*) {
  return 1;
}

size_t FreeListpack(SlabMemory& memory, void** object, size_t) {
  AsListpack(*object).Free(memory);
  *object = nullptr;
  return 1;
}

size_t ListpackMemory(const void* object) {
  return AsListpack(object).memory_bytes();
}

void* CopyListpack(SlabMemory& memory, void* object) {
  return Listpack::Copy(memory, AsListpack(object).view()).block();
}

uint64_t CompactListpack(SlabMemory& memory, void** object, uint64_t, CompactionCount& count) {
  Listpack listpack = AsListpack(*object);
  if (count.Count(listpack.IsSparse(memory))) listpack.Relocate(memory);
  *object = listpack.block();
  return 0;
}

constexpr ValueOperations kListpackOperations = {ListpackName,   ListpackFreeCost, FreeListpack,
                                                 ListpackMemory, CopyListpack,     CompactListpack};

// --- Encoding::kListpackEx ---

constexpr ValueOperations kListpackExOperations = {
    .name = ListpackExName,
    .free_cost = ListpackFreeCost,
    .free = FreeListpack,
    .memory_bytes = ListpackMemory,
    .copy = CopyListpack,
    .compact = CompactListpack,
    .size = ListpackExSize,
    .next_deadline = ListpackExNextDeadline,
    .expire = ExpireListpackEx,
};

// --- Encoding::kSortedSet ---

constexpr int kSortedSetStepsAtOnce = 8;  // each a segment or a leaf

SortedSet* AsSortedSet(void* object) {
  return static_cast<SortedSet*>(object);
}

std::string_view SortedSetName(const void*) {
  return "skiplist";
}

size_t SortedSetFreeCost(const void* object) {
  const auto* const set = static_cast<const SortedSet*>(object);
  return 1 + set->size() + set->expiring();
}

size_t FreeSortedSet(SlabMemory& memory, void** object, size_t budget) {
  if (!SortedSet::FreeSome(memory, AsSortedSet(*object), budget)) *object = nullptr;
  return budget;
}

size_t SortedSetMemory(const void* object) {
  return static_cast<const SortedSet*>(object)->memory_bytes();
}

void* CopySortedSet(SlabMemory& memory, void* object) {
  return AsSortedSet(object)->Copy(memory);
}

uint64_t CompactSortedSet(SlabMemory& memory, void** object, uint64_t cursor,
                          CompactionCount& count) {
  if (cursor == 0 && count.Count(memory.IsSparse(*object, sizeof(SortedSet)))) {
    *object = SortedSet::Relocate(memory, AsSortedSet(*object));
  }
  for (int step = 0; step < kSortedSetStepsAtOnce; ++step) {
    cursor = AsSortedSet(*object)->Compact(memory, cursor, count);
    if (cursor == 0) break;
  }
  return cursor;
}

size_t SortedSetSize(const void* object) {
  return static_cast<const SortedSet*>(object)->size();
}

int64_t SortedSetNextDeadline(const void* object) {
  return static_cast<const SortedSet*>(object)->NextDeadline();
}

size_t ExpireSortedSet(SlabMemory& memory, void** object, int64_t now, size_t budget,
                       VisitExpired visit) {
  return AsSortedSet(*object)->Expire(memory, now, budget, visit);
}

uint64_t PrefetchSortedSetIndex(const void* object, std::string_view member) {
  const auto* const set = static_cast<const SortedSet*>(object);
  const uint64_t hash = set->HashOf(member);
  set->PrefetchIndex(hash);
  return hash;
}

void PrefetchSortedSetMember(const void* object, uint64_t hash) {
  static_cast<const SortedSet*>(object)->PrefetchMember(hash);
}

constexpr ValueOperations kSortedSetOperations = {
    .name = SortedSetName,
    .free_cost = SortedSetFreeCost,
    .free = FreeSortedSet,
    .memory_bytes = SortedSetMemory,
    .copy = CopySortedSet,
    .compact = CompactSortedSet,
    .size = SortedSetSize,
    .next_deadline = SortedSetNextDeadline,
    .expire = ExpireSortedSet,
    .prefetch_index = PrefetchSortedSetIndex,
    .prefetch_element = PrefetchSortedSetMember,
};

// --- Encoding::kIntset ---

Intset AsIntset(const void* object) {
  return Intset::FromBlock(const_cast<void*>(object));
}

std::string_view IntsetName(const void*) {
  return "intset";
}

size_t IntsetFreeCost(const void*) {
  return 1;
}

size_t FreeIntset(SlabMemory& memory, void** object, size_t) {
  AsIntset(*object).Free(memory);
  *object = nullptr;
  return 1;
}

size_t IntsetMemory(const void* object) {
  return AsIntset(object).memory_bytes();
}

void* CopyIntset(SlabMemory& memory, void* object) {
  return Intset::Copy(memory, AsIntset(object).view()).block();
}

uint64_t CompactIntset(SlabMemory& memory, void** object, uint64_t, CompactionCount& count) {
  Intset integers = AsIntset(*object);
  if (count.Count(integers.IsSparse(memory))) integers.Relocate(memory);
  *object = integers.block();
  return 0;
}

constexpr ValueOperations kIntsetOperations = {IntsetName,   IntsetFreeCost, FreeIntset,
                                               IntsetMemory, CopyIntset,     CompactIntset};

}  // namespace

const ValueOperations& OperationsOf(Encoding encoding) {
  switch (encoding) {
    case Encoding::kList:
      return kListOperations;
    case Encoding::kListpack:
      return kListpackOperations;
    case Encoding::kListpackEx:
      return kListpackExOperations;
    case Encoding::kStream:
      return StreamOperations();
    case Encoding::kHashTable:
      return FieldTableOperations();
    case Encoding::kSortedSet:
      return kSortedSetOperations;
    case Encoding::kIntset:
      return kIntsetOperations;
    default:
      assert(encoding == Encoding::kBlob);
      return kBlobOperations;
  }
}

}  // namespace kv
