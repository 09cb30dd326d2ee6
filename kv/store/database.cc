#include "kv/store/database.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "kv/base/numbers.h"
#include "kv/types/value_operations.h"

namespace kv {
namespace {

// Room to grow that an edited blob gets: as much again, up to 1 MiB.
constexpr size_t kMaxSpareCapacity = 1 << 20;

size_t SizeBin(size_t size) {
  return static_cast<size_t>(std::bit_width(size));
}

}  // namespace

Database::Database(StoreContext& context, Reclaimer& reclaimer, int index)
    : context_(context),
      reclaimer_(reclaimer),
      index_(index),
      table_(context.memory, EntryTraits{context.hash_key}),
      deadlines_(context.memory, context.now),
      former_deadlines_(context.memory, context.now) {}

Database::~Database() {
  Clear();
}

ValueObject Database::ObjectOf(const HashedKey& key) const {
  const Entry* const entry = table_.Find(key.bytes, key.hash);
  if (entry == nullptr || !IsObject(entry->encoding())) return {Encoding::kInline, nullptr};
  return {entry->encoding(), entry->object()};
}

void Database::SaveLeafOf(const Entry& entry) {
  table_.BeforeChange(table_.traits().Hash(entry));
}

// --- finding ---

EntryRef Database::FindExpired(EntryRef& ref) {
  if (context_.expiry == ExpiryPolicy::kDelete) Expire(ref);
  return {};
}

void Database::ExpireEntry(uint64_t hash) {
  EntryRef ref = RefTo(hash);
  if (ref && IsExpired(*ref)) Expire(ref);
}

EntryRef Database::Peek(const HashedKey& key) {
  EntryRef ref = Locate(key);
  if (ref && IsHidden(*ref)) [[unlikely]]
    return FindExpired(ref);
  return EntryRef(ref.entry_, ref.position_);
}

EntryRef Database::FindForRead(const HashedKey& key) {
  EntryRef ref = Locate(key);
  if (!ref) {
    CountMiss(context_.removals.Find(index_, key.hash));
    context_.Notify(kEventKeyMiss, "keymiss", index_, key.bytes);
    return {};
  }
  if (IsHidden(*ref)) [[unlikely]] {
    CountMiss(RemovalReason::kExpired);
    FindExpired(ref);
    context_.Notify(kEventKeyMiss, "keymiss", index_, key.bytes);
    return {};
  }
  ++context_.stats.hits;
  if (context_.touch) ref->set_access(context_.TouchedAccess(ref->access()));
  return EntryRef(ref.entry_, ref.position_);
}

EntryRef Database::FindUntouched(const HashedKey& key) {
  const bool touch = std::exchange(context_.touch, false);
  EntryRef ref = FindForRead(key);
  context_.touch = touch;
  return EntryRef(ref.entry_, ref.position_);
}

EntryRef Database::FindForWrite(const HashedKey& key) {
  EntryRef ref = Locate(key);
  if (!ref) return {};
  if (IsHidden(*ref)) [[unlikely]]
    return FindExpired(ref);
  BeforeChange(*ref);
  if (context_.touch) ref->set_access(context_.TouchedAccess(ref->access()));
  return EntryRef(ref.entry_, ref.position_);
}

EntryRef Database::RefTo(const Entry& entry) {
  return Locate({entry.key(), table_.traits().Hash(entry)});
}

// --- strings ---

void Database::PutString(const HashedKey& key, EntryRef& ref, std::string_view value,
                         int64_t deadline) {
  if (value.size() <= kMaxInt64Chars) {
    if (const std::optional<int64_t> number = ParseInt64(value)) {
      PutNumber(key, ref, *number, deadline);
      return;
    }
  }
  if (value.size() > Entry::kMaxInlineSize) {
    PutBlob(key, ref, Blob::Copy(context_.memory, value), deadline);
    return;
  }
  Entry* entry = Shape(key, ref, ValueType::kString, Encoding::kInline, value.size(), deadline);
  if (!value.empty()) std::memcpy(entry->value(), value.data(), value.size());
  CountSize(*entry, +1);
}

void Database::PutNumber(const HashedKey& key, EntryRef& ref, int64_t number, int64_t deadline) {
  Entry* entry = Shape(key, ref, ValueType::kString, Encoding::kInt, 0, deadline);
  entry->set_number(number);
  CountSize(*entry, +1);
}

void Database::ChangeNumber(EntryRef& ref, int64_t number) {
  BeforeChange(*ref);
  CountSize(*ref, -1);
  ref->set_number(number);
  CountSize(*ref, +1);
}

void Database::PutObject(const HashedKey& key, EntryRef& ref, ValueType type, ValueObject value,
                         int64_t deadline) {
  Entry* entry = Shape(key, ref, type, value.encoding, 0, deadline);
  entry->set_object(value.object);
  CountSize(*entry, +1);
  UpdateElementDeadlines(ref, INT64_MAX);
  if (type != ValueType::kString) context_.SignalReady(index_, key.bytes);
}

char* Database::EditString(EntryRef& ref, size_t size) {
  BeforeChange(*ref);
  CountSize(*ref, -1);
  Entry* entry = ref.entry_;
  const size_t old_size = entry->string_size();
  if (entry->encoding() == Encoding::kBlob) {
    const size_t capacity = size > old_size ? size + std::min(size, kMaxSpareCapacity) : old_size;
    Blob* blob = entry->blob();
    if (size > blob->capacity() || blob->shared()) {
      blob = Blob::Unshare(context_.memory, blob, capacity);
      entry->set_object(blob);
    }
    blob->set_size(size);
  } else {
    char text[Entry::kMaxInlineSize];
    {
      const StringView old = entry->string();
      std::memcpy(text, old.view().data(), old_size);
    }
    if (size <= Entry::kMaxInlineSize) {
      Reshape(ref, Encoding::kInline, size, entry->deadline());
      std::memcpy(ref->value(), text, std::min(size, old_size));
    } else {
      Reshape(ref, Encoding::kBlob, 0, entry->deadline());
      Blob* blob = Blob::Create(context_.memory, size, size);
      std::memcpy(blob->data(), text, old_size);
      ref->set_object(blob);
    }
    entry = ref.entry_;
  }
  entry->set_edited(true);
  CountSize(*entry, +1);
  char* bytes = entry->encoding() == Encoding::kBlob ? entry->blob()->data() : entry->value();
  if (size > old_size) std::memset(bytes + old_size, 0, size - old_size);
  return bytes;
}

// --- entries ---

Entry* Database::Allocate(std::string_view key, ValueType type, Encoding encoding,
                          size_t inline_size, int64_t deadline) {
  const size_t value_size = encoding == Encoding::kInline ? inline_size : sizeof(int64_t);
  void* place =
      context_.memory.Allocate(Entry::SizeFor(key.size(), deadline != kNoDeadline, value_size));
  return Entry::Construct(place, key, deadline, type, encoding, inline_size);
}

// Gives `key` an entry of this shape, its value still undefined; the former value is released.
Entry* Database::Shape(const HashedKey& key, EntryRef& ref, ValueType type, Encoding encoding,
                       size_t inline_size, int64_t deadline) {
  if (!ref && context_.expiry == ExpiryPolicy::kHide) [[unlikely]] {
    EntryRef hidden = Locate(key);
    ref.entry_ = hidden.entry_;
    ref.position_ = hidden.position_;
  }
  if (!ref) {
    Entry* entry = Allocate(key.bytes, type, encoding, inline_size, deadline);
    entry->set_access(context_.InitialAccess());
    table_.Insert(entry, key.hash);
    CountDeadline(*entry, kNoDeadline, deadline, key.hash);
    ref.entry_ = entry;
    ref.position_ = {};
    context_.Notify(kEventNew, "new", index_, key.bytes);
    return entry;
  }
  BeforeChange(*ref);
  CountSize(*ref, -1);
  MarkElementDeadlines(*ref.entry_, false);
  CountDeadline(*ref.entry_, ref->deadline(), deadline, key.hash);
  DropValue(*ref.entry_);
  ref->set_encoding(type, ref->encoding());
  Reshape(ref, encoding, inline_size, deadline);
  ref->set_edited(false);
  return ref.entry_;
}

// Moves an existing entry to another shape. Its key and access bits stay, its value is undefined.
void Database::Reshape(EntryRef& ref, Encoding encoding, size_t inline_size, int64_t deadline) {
  Entry* entry = ref.entry_;
  const bool has_deadline = deadline != kNoDeadline;
  const size_t key_size = entry->key().size();
  const size_t value_size = encoding == Encoding::kInline ? inline_size : sizeof(int64_t);
  const size_t old_size = entry->size();
  const size_t new_size = Entry::SizeFor(key_size, has_deadline, value_size);
  if (has_deadline == entry->has_deadline() &&
      SlabMemory::GoodSize(new_size) == SlabMemory::GoodSize(old_size)) {
    entry->set_encoding(entry->type(), encoding);
    entry->set_inline_size(inline_size);
    if (has_deadline) entry->set_deadline(deadline);
    return;
  }
  Entry* moved = Allocate(entry->key(), entry->type(), encoding, inline_size, deadline);
  moved->set_access(entry->access());
  moved->set_edited(entry->edited());
  moved->set_index_parity(entry->index_parity());
  moved->set_element_deadlines(entry->has_element_deadlines());
  ref.position_ = PositionOf(ref);
  table_.Replace(ref.position_, moved);
  context_.memory.Free(entry, old_size);
  ref.entry_ = moved;
}

void Database::DropValue(Entry& entry) {
  SignalEnd(entry);
  if (IsObject(entry.encoding())) reclaimer_.Drop({entry.encoding(), entry.object()});
}

void Database::SignalEnd(const Entry& entry) {
  if (entry.type() == ValueType::kStream) context_.SignalReady(index_, entry.key());
}

void Database::Remove(EntryRef& ref) {
  Entry* entry = ref.entry_;
  const uint64_t hash = table_.traits().Hash(*entry);
  CountSize(*entry, -1);
  MarkElementDeadlines(*entry, false);
  CountDeadline(*entry, entry->deadline(), kNoDeadline, hash);
  table_.Erase(PositionOf(ref), hash);
  DropValue(*entry);
  context_.memory.Free(entry, entry->size());
  ref.entry_ = nullptr;
}

void Database::SetDeadline(EntryRef& ref, int64_t deadline) {
  BeforeChange(*ref);
  Entry* entry = ref.entry_;
  CountDeadline(*entry, entry->deadline(), deadline, table_.traits().Hash(*entry));
  if (entry->has_deadline() && deadline != kNoDeadline) {
    entry->set_deadline(deadline);
    return;
  }
  char value[Entry::kMaxInlineSize];
  const size_t value_size = entry->value_size();
  const size_t inline_size = entry->inline_size();
  std::memcpy(value, entry->value(), value_size);
  Reshape(ref, entry->encoding(), inline_size, deadline);
  std::memcpy(ref->value(), value, value_size);
}

Entry* Database::InsertMoved(Database& target, const HashedKey& key, const Entry& from,
                             int64_t deadline) {
  Entry* entry =
      target.Allocate(key.bytes, from.type(), from.encoding(), from.inline_size(), deadline);
  entry->set_access(from.access());
  entry->set_edited(from.edited());
  std::memcpy(entry->value(), from.value(), from.value_size());
  target.table_.Insert(entry, key.hash);
  target.MarkElementDeadlines(*entry, from.has_element_deadlines());
  target.CountDeadline(*entry, kNoDeadline, deadline, key.hash);
  if (entry->has_element_deadlines()) {
    target.RecordDeadline(*entry, target.FirstDeadline(*entry), key.hash);
  }
  target.CountSize(*entry, +1);
  if (entry->type() != ValueType::kString) context_.SignalReady(target.index_, key.bytes);
  context_.Notify(kEventNew, "new", target.index_, key.bytes);
  return entry;
}

void Database::Rename(EntryRef& ref, Database& target, const HashedKey& key) {
  Entry* entry = ref.entry_;
  const uint64_t hash = table_.traits().Hash(*entry);
  CountSize(*entry, -1);
  CountDeadline(*entry, entry->deadline(), kNoDeadline, hash);
  table_.Erase(PositionOf(ref), hash);
  InsertMoved(target, key, *entry, entry->deadline());
  MarkElementDeadlines(*entry, false);
  SignalEnd(*entry);
  context_.memory.Free(entry, entry->size());
  ref.entry_ = nullptr;
}

void Database::Copy(const EntryRef& ref, Database& target, const HashedKey& key, int64_t deadline) {
  Entry* const copy = InsertMoved(target, key, *ref, deadline);
  if (!IsObject(copy->encoding())) return;
  copy->set_object(OperationsOf(copy->encoding()).copy(context_.memory, ref->object()));
}

size_t Database::MemoryUsage(const Entry& entry) const {
  size_t bytes = SlabMemory::GoodSize(entry.size());
  if (IsObject(entry.encoding())) {
    bytes += OperationsOf(entry.encoding()).memory_bytes(entry.object());
  }
  return bytes;
}

// --- the whole keyspace ---

EntryRef Database::RandomEntry(Random& random) {
  // Keys that are all hidden rather than removed would make this search for ever.
  constexpr int kMaxHiddenDraws = 100;
  for (int hidden = 0; !table_.empty();) {
    const Entry* entry = table_.RandomElement([&] { return random.Next(); });
    if (!IsExpired(*entry) || context_.expiry == ExpiryPolicy::kShow) return RefTo(*entry);
    if (context_.expiry == ExpiryPolicy::kDelete) {
      EntryRef ref = RefTo(*entry);
      Expire(ref);
    } else if (++hidden == kMaxHiddenDraws) {
      return RefTo(*entry);
    }
  }
  return {};
}

size_t Database::Sample(Random& random, std::span<Entry*> out) {
  return table_.Sample([&] { return random.Next(); }, out);
}

size_t Database::SampleExpiring(Random& random, bool soonest, std::span<Entry*> out) {
  size_t count = 0;
  const auto add = [&](uint64_t fingerprint) {
    table_.ForEachWithFingerprint(fingerprint, [&](Entry* entry) {
      if (entry->has_deadline() && count < out.size()) out[count++] = entry;
    });
  };
  if (soonest) {
    former_deadlines_.VisitEarliest(out.size() / 2, add);
    deadlines_.VisitEarliest(out.size() - count, add);
  } else {
    deadlines_.VisitRandom(random.Next(), out.size(), add);
    former_deadlines_.VisitRandom(random.Next(), out.size() - count, add);
  }
  return count;
}

EntryRef Database::RefTo(uint64_t hash) {
  const Entry* found = nullptr;
  table_.ForEachWithFingerprint(Fingerprint(hash), [&](const Entry* entry) {
    if (table_.traits().Hash(*entry) == hash) found = entry;
  });
  if (found == nullptr) return {};
  return RefTo(*found);
}

uint64_t Database::Compact(uint64_t position, CompactionStats& stats) {
  return table_.Compact(position, [&](Entry* entry) { return MoveIfSparse(entry, stats); });
}

Entry* Database::MoveIfSparse(Entry* entry, CompactionStats& stats) {
  SlabMemory& memory = context_.memory;
  const uint64_t moved_before = stats.blocks.moved;
  const size_t size = entry->size();
  if (stats.blocks.Count(memory.IsSparse(entry, size))) {
    void* const moved = memory.Allocate(size);
    std::memcpy(moved, entry, size);
    memory.Free(entry, size);
    entry = static_cast<Entry*>(moved);
  }
  if (IsObject(entry->encoding())) {
    const uint64_t cursor = CompactValue(entry, 0, stats);
    if (cursor != 0) partly_compacted_.push_back({table_.traits().Hash(*entry), cursor});
  }
  ++(stats.blocks.moved > moved_before ? stats.keys_moved : stats.keys_kept);
  return entry;
}

uint64_t Database::CompactValue(Entry* entry, uint64_t cursor, CompactionStats& stats) {
  void* object = entry->object();
  const ValueOperations& operations = OperationsOf(entry->encoding());
  const uint64_t next = operations.compact(context_.memory, &object, cursor, stats.blocks);
  entry->set_object(object);
  return next;
}

// The value may have become another one since, for which any cursor is as good as 0.
void Database::CompactLargeValue(CompactionStats& stats) {
  const PartlyCompacted next = partly_compacted_.back();
  partly_compacted_.pop_back();
  const EntryRef ref = RefTo(next.hash);
  if (!ref || !IsObject(ref->encoding())) return;
  const uint64_t cursor = CompactValue(ref.entry_, next.cursor, stats);
  if (cursor != 0) partly_compacted_.push_back({next.hash, cursor});
}

void Database::Clear() {
  EntryTable detached(context_.memory, EntryTraits{context_.hash_key});
  detached.Swap(table_);
  reclaimer_.Take(std::move(detached));
  for (DeadlineIndex* index : {&deadlines_, &former_deadlines_}) {
    reclaimer_.Take(std::move(*index));
    *index = DeadlineIndex(context_.memory, context_.now);
  }
  expiring_ = 0;
  with_element_deadlines_ = 0;
  due_elements_.clear();
  deadline_sum_ = 0;
  string_sizes_ = {};
}

void Database::Swap(Database& other) {
  table_.Swap(other.table_);
  deadlines_.Swap(other.deadlines_);
  former_deadlines_.Swap(other.former_deadlines_);
  std::swap(index_parity_, other.index_parity_);
  std::swap(new_records_, other.new_records_);
  std::swap(expiring_, other.expiring_);
  std::swap(with_element_deadlines_, other.with_element_deadlines_);
  std::swap(due_elements_, other.due_elements_);
  std::swap(deadline_sum_, other.deadline_sum_);
  std::swap(string_sizes_, other.string_sizes_);
  std::swap(partly_compacted_, other.partly_compacted_);
}

void Database::CountSize(const Entry& entry, int64_t sign) {
  if (entry.type() != ValueType::kString) return;
  string_sizes_[SizeBin(entry.string_size())] += static_cast<uint64_t>(sign);
}

}  // namespace kv
