#include "kv/types/field_table.h"

#include <limits>
#include <new>
#include <utility>

namespace kv {

// --- Life ----------------------------------------------------------------------------------------

FieldTable* FieldTable::Create(SlabMemory& memory, const HashKey& hash_key) {
  return new (memory.Allocate(sizeof(FieldTable))) FieldTable(memory, hash_key);
}

bool FieldTable::FreeSome(SlabMemory& memory, FieldTable* table, size_t budget) {
  const bool more =
      table->fields_.DropSome(budget, [&](HashField* field) { HashField::Free(memory, field); });
  if (more) return true;
  table->~FieldTable();
  memory.Free(table, sizeof(FieldTable));
  return false;
}

void FieldTable::Free(SlabMemory& memory, FieldTable* table) {
  while (FreeSome(memory, table, std::numeric_limits<size_t>::max())) {
  }
}

FieldTable* FieldTable::Copy(SlabMemory& memory) const {
  FieldTable* const copy = Create(memory, fields_.traits().hash_key);
  ForEach([&](const HashField& field) {
    copy->Add(memory, field.field(), field.value(), field.deadline());
  });
  return copy;
}

FieldTable* FieldTable::Relocate(SlabMemory& memory, FieldTable* table) {
  auto* const moved = new (memory.Allocate(sizeof(FieldTable))) FieldTable(std::move(*table));
  table->~FieldTable();
  memory.Free(table, sizeof(FieldTable));
  return moved;
}

size_t FieldTable::memory_bytes() const {
  return SlabMemory::GoodSize(sizeof(FieldTable)) + fields_.memory_bytes() + field_bytes_;
}

// --- Fields --------------------------------------------------------------------------------------

HashField* FieldTable::NewField(SlabMemory& memory, std::string_view field, std::string_view value,
                                int64_t deadline) {
  HashField* const created = HashField::Create(memory, field, value, deadline);
  field_bytes_ += created->allocated_bytes();
  return created;
}

void FieldTable::FreeField(SlabMemory& memory, HashField* field) {
  field_bytes_ -= field->allocated_bytes();
  HashField::Free(memory, field);
}

bool FieldTable::Set(SlabMemory& memory, std::string_view field, std::string_view value,
                     int64_t deadline) {
  const uint64_t hash = HashOf(field);
  const Fields::Position position = fields_.Locate(field, hash);
  if (!position) {
    fields_.Insert(NewField(memory, field, value, deadline), hash);
    return true;
  }
  HashField* const old = fields_.At(position);
  const bool same_head = old->has_deadline() == (deadline != kNoFieldDeadline);
  if (same_head && old->TryReplaceValue(value)) {
    if (old->has_deadline()) old->set_deadline(deadline);
    return false;
  }
  fields_.Replace(position, NewField(memory, field, value, deadline));
  FreeField(memory, old);
  return false;
}

void FieldTable::Add(SlabMemory& memory, std::string_view field, std::string_view value,
                     int64_t deadline) {
  fields_.Insert(NewField(memory, field, value, deadline), HashOf(field));
}

bool FieldTable::Remove(SlabMemory& memory, std::string_view field) {
  const uint64_t hash = HashOf(field);
  const Fields::Position position = fields_.Locate(field, hash);
  if (!position) return false;
  HashField* const removed = fields_.At(position);
  fields_.Erase(position, hash);
  FreeField(memory, removed);
  return true;
}

uint64_t FieldTable::Compact(SlabMemory& memory, uint64_t position, CompactionCount& count) {
  return fields_.Compact(position, [&](HashField* field) {
    if (!count.Count(memory.IsSparse(field, field->allocated_bytes()))) return field;
    return HashField::Relocate(memory, field);
  });
}

}  // namespace kv
