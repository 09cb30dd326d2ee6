#include "kv/types/field_table.h"

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <span>
#include <utility>

namespace kv {
namespace {

// Records of deadlines that a change of one field takes along in a renewal.
constexpr size_t kRecordsPerChange = 4;

constexpr size_t kFieldsAtOnce = 32;

constexpr size_t kRecordsPerChunk = 64;  // about, where there are many

}  // namespace

// --- Life ----------------------------------------------------------------------------------------

FieldTable* FieldTable::Create(SlabMemory& memory, const HashKey& hash_key) {
  return new (memory.Allocate(sizeof(FieldTable))) FieldTable(memory, hash_key);
}

bool FieldTable::FreeSome(SlabMemory& memory, FieldTable* table, size_t budget) {
  if (table->fields_.DropSome(budget, [&](HashField* field) { HashField::Free(memory, field); })) {
    return true;
  }
  if (table->deadlines_ != nullptr) {
    const size_t chunks = 1 + budget / kRecordsPerChunk;
    if (ElementDeadlines::FreeSome(memory, table->deadlines_, chunks)) return true;
    table->deadlines_ = nullptr;
  }
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
  const FieldContext context = {memory, deadlines_ == nullptr ? 0 : deadlines_->now()};
  ForEach([&](const HashField& field) {
    copy->Add(context, field.field(), field.value(), field.deadline());
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
  return SlabMemory::GoodSize(sizeof(FieldTable)) + fields_.memory_bytes() + field_bytes_ +
         (deadlines_ == nullptr ? 0 : deadlines_->memory_bytes());
}

// --- Fields --------------------------------------------------------------------------------------

void FieldTable::FindEach(std::span<const std::string_view> fields,
                          std::span<const HashField*> found) const {
  std::array<uint64_t, kFieldsAtOnce> hashes;
  for (size_t begin = 0; begin < fields.size(); begin += kFieldsAtOnce) {
    const auto some = fields.subspan(begin, std::min(kFieldsAtOnce, fields.size() - begin));
    for (size_t i = 0; i < some.size(); ++i) hashes[i] = PrefetchIndex(some[i]);
    for (size_t i = 0; i < some.size(); ++i) {
      fields_.PrefetchElement(hashes[i], /*may_insert=*/false);
    }
    for (size_t i = 0; i < some.size(); ++i) found[begin + i] = fields_.Find(some[i], hashes[i]);
  }
}

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

bool FieldTable::Set(const FieldContext& context, std::string_view field, std::string_view value,
                     int64_t deadline) {
  const uint64_t hash = HashOf(field);
  const Fields::Position position = fields_.Locate(field, hash);
  if (!position) {
    Insert(context, NewField(context.memory, field, value, deadline), hash);
    return true;
  }
  fields_.BeforeChange(hash);
  const int64_t before = fields_.At(position)->deadline();
  HashField* const changed = ReplaceField(context.memory, position, value, deadline);
  CountDeadline(context, before, changed, hash);
  return false;
}

bool FieldTable::AddIfAbsent(const FieldContext& context, std::string_view field) {
  const uint64_t hash = HashOf(field);
  if (fields_.Locate(field, hash)) return false;
  Insert(context, NewField(context.memory, field, {}, kNoFieldDeadline), hash);
  return true;
}

void FieldTable::Add(const FieldContext& context, std::string_view field, std::string_view value,
                     int64_t deadline) {
  Insert(context, NewField(context.memory, field, value, deadline), HashOf(field));
}

void FieldTable::Insert(const FieldContext& context, HashField* field, uint64_t hash) {
  fields_.Insert(field, hash);
  CountDeadline(context, kNoFieldDeadline, field, hash);
}

void FieldTable::SetDeadline(const FieldContext& context, std::string_view field,
                             int64_t deadline) {
  const uint64_t hash = HashOf(field);
  const Fields::Position position = fields_.Locate(field, hash);
  fields_.BeforeChange(hash);
  HashField* changed = fields_.At(position);
  const int64_t before = changed->deadline();
  if (changed->has_deadline() && deadline != kNoFieldDeadline) {
    changed->set_deadline(deadline);
  } else {
    HashField* const old = changed;
    changed = NewField(context.memory, field, old->value(), deadline);
    fields_.Replace(position, changed);
    FreeField(context.memory, old);
  }
  CountDeadline(context, before, changed, hash);
}

HashField* FieldTable::ReplaceField(SlabMemory& memory, Fields::Position position,
                                    std::string_view value, int64_t deadline) {
  HashField* const old = fields_.At(position);
  const bool has_deadline = deadline != kNoFieldDeadline;
  const bool same_head = old->has_deadline() == has_deadline;
  if (same_head && old->TryReplaceValue(value)) {
    if (has_deadline) old->set_deadline(deadline);
    return old;
  }
  HashField* const changed = NewField(memory, old->field(), value, deadline);
  if (same_head && has_deadline) changed->set_index_parity(old->index_parity());
  fields_.Replace(position, changed);
  FreeField(memory, old);
  return changed;
}

bool FieldTable::Remove(SlabMemory& memory, std::string_view field) {
  const uint64_t hash = HashOf(field);
  const Fields::Position position = fields_.Locate(field, hash);
  if (!position) return false;
  HashField* const removed = fields_.At(position);
  fields_.Erase(position, hash);
  if (removed->has_deadline()) {
    --expiring_;
    RenewRecords(memory, kRecordsPerChange);
  }
  FreeField(memory, removed);
  return true;
}

// --- Deadlines -----------------------------------------------------------------------------------

// The deadline of `field` was another one before.
void FieldTable::CountDeadline(const FieldContext& context, int64_t before, HashField* field,
                               uint64_t hash) {
  const int64_t after = field->deadline();
  if (before == after) [[likely]]
    return;
  if (before != kNoFieldDeadline) --expiring_;
  if (after != kNoFieldDeadline) {
    ++expiring_;
    if (before == kNoFieldDeadline || after < before) {
      RecordDeadline(context.memory, context.now, field, hash);
    }
  }
  RenewRecords(context.memory, kRecordsPerChange);
}

void FieldTable::RecordDeadline(SlabMemory& memory, int64_t now, HashField* field, uint64_t hash) {
  if (deadlines_ == nullptr) deadlines_ = ElementDeadlines::Create(memory, now);
  deadlines_->Add(field->deadline(), hash);
  field->set_index_parity(deadlines_->parity());
}

// Keeps stale records few; frees them when no field has a deadline any more.
size_t FieldTable::RenewRecords(SlabMemory& memory, size_t budget) {
  if (deadlines_ == nullptr) return 0;
  const auto renew = [&](uint64_t fingerprint) {
    fields_.ForEachWithFingerprint(fingerprint, [&](HashField* field) {
      if (!field->has_deadline() || field->index_parity() == deadlines_->parity()) return;
      RecordDeadline(memory, deadlines_->now(), field, HashOf(field->field()));
    });
  };
  const size_t done = deadlines_->Renew(expiring_, budget, renew);
  if (expiring_ == 0 && done < budget) {
    ElementDeadlines::FreeSome(memory, deadlines_, std::numeric_limits<size_t>::max());
    deadlines_ = nullptr;
  }
  return done;
}

size_t FieldTable::FireDue(SlabMemory& memory, int64_t now, size_t budget, VisitExpired visit) {
  size_t done = RenewRecords(memory, budget);
  if (deadlines_ == nullptr || done >= budget) return done;
  done += deadlines_->Advance(now, budget - done, [&](int64_t, uint64_t fingerprint) {
    RemoveDue(memory, now, fingerprint, visit);
  });
  if (expiring_ == 0) RenewRecords(memory, kRecordsPerChange);
  return done;
}

// At most a bucket's worth of fields share these bits of the hash, nearly always one.
void FieldTable::RemoveDue(SlabMemory& memory, int64_t now, uint64_t fingerprint,
                           VisitExpired visit) {
  constexpr size_t kMaxMatches = 16;
  HashField* matches[kMaxMatches];
  size_t count = 0;
  fields_.ForEachWithFingerprint(fingerprint, [&](HashField* field) {
    if (field->has_deadline() && count < kMaxMatches) matches[count++] = field;
  });
  for (HashField* field : std::span(matches, count)) {
    const uint64_t hash = HashOf(field->field());
    if (field->deadline() > now) {
      RecordDeadline(memory, now, field, hash);
      continue;
    }
    visit(field->field(), field->deadline());
    fields_.Erase(fields_.Locate(field->field(), hash), hash);
    FreeField(memory, field);
    --expiring_;
  }
}

// --- Compaction ----------------------------------------------------------------------------------

uint64_t FieldTable::Compact(SlabMemory& memory, uint64_t position, CompactionCount& count) {
  return fields_.Compact(position, [&](HashField* field) {
    if (!count.Count(memory.IsSparse(field, field->allocated_bytes()))) return field;
    return HashField::Relocate(memory, field);
  });
}

}  // namespace kv
