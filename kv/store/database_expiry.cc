// Database: what the store removes by itself, and when.
#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "kv/store/database.h"
#include "kv/types/value_operations.h"

namespace kv {
namespace {

// What is raised when elements of a value expired.
struct ElementEvent {
  KeyEventClass event_class;
  std::string_view name;
};

ElementEvent ExpiryOfElements(ValueType type) {
  if (type == ValueType::kSet) return {kEventSet, "sexpired"};
  if (type == ValueType::kZset) return {kEventZset, "zexpired"};
  if (type == ValueType::kStream) return {kEventStream, "xtrim"};
  return {kEventHash, "hexpired"};
}

// Stale records of deadlines that are never worth a rebuild.
constexpr size_t kFewRecords = 1024;

void TellValue(StoreContext& context, int database, const Entry& entry) {
  if (context.events == nullptr || entry.type() != ValueType::kString) return;
  if (entry.string_size() > context.told_value_bytes) return;
  context.events->OnStringExpired(database, entry.key(), entry.string().view());
}

}  // namespace

int64_t Database::mean_ttl() const {
  if (expiring_ == 0) return 0;
  const absl::int128 mean_age = deadline_sum_ / static_cast<int64_t>(expiring_);
  return std::max<int64_t>(0, static_cast<int64_t>(mean_age + context_.birth - context_.now));
}

void Database::Expire(EntryRef& ref) {
  ++context_.stats.expired;
  context_.expiry_lag.Record(context_.now - ref->deadline());
  if (context_.told_value_bytes > 0) [[unlikely]]
    TellValue(context_, index_, *ref);
  RemoveByStore(ref, kEventExpired, "expired", RemovalReason::kExpired);
}

void Database::Evict(EntryRef& ref) {
  ++context_.stats.evicted;
  RemoveByStore(ref, kEventEvicted, "evicted", RemovalReason::kEvicted);
}

void Database::RemoveByStore(EntryRef& ref, KeyEventClass event_class, std::string_view event,
                             RemovalReason reason) {
  // The events name the key, which Remove frees: they come first.
  const std::string_view key = ref->key();
  if (context_.events != nullptr) context_.events->OnKeyRemovedByStore(index_, key);
  context_.Notify(event_class, event, index_, key);
  context_.removals.Note(index_, table_.traits().Hash(*ref), reason);
  Remove(ref);
}

// The deadline of `entry` changes.
void Database::CountDeadline(Entry& entry, int64_t before, int64_t after, uint64_t hash) {
  if (before == after) return;
  if (before != kNoDeadline) {
    --expiring_;
    deadline_sum_ -= absl::int128(before) - context_.birth;
  }
  if (after != kNoDeadline) {
    ++expiring_;
    deadline_sum_ += absl::int128(after) - context_.birth;
    if (before == kNoDeadline || after < before) {
      RecordDeadline(entry, std::min(after, NextElementDeadline(entry)), hash);
    }
  }
}

void Database::RecordDeadline(Entry& entry, int64_t deadline, uint64_t hash) {
  deadlines_.Add(deadline, hash);
  entry.set_index_parity(index_parity_);
  ++new_records_;
}

// The time at which the entry or the first of its elements is due; INT64_MAX if none ever is.
int64_t Database::FirstDeadline(const Entry& entry) const {
  const int64_t of_elements = NextElementDeadline(entry);
  return entry.has_deadline() ? std::min(entry.deadline(), of_elements) : of_elements;
}

int64_t Database::NextDeadline() const {
  if (former_deadlines_.size() > 0 || !due_elements_.empty()) return context_.now;
  return deadlines_.NextDueMillis();
}

size_t Database::ExpireDue(size_t budget) {
  if (context_.expiry != ExpiryPolicy::kDelete) return 0;
  const auto prefetch = [this](uint64_t fingerprint, bool far) {
    const uint64_t hash = HashWithFingerprint(fingerprint);
    if (far) {
      table_.PrefetchBucket(hash);
    } else {
      table_.PrefetchElement(hash);
    }
  };
  size_t work = 0;  // beyond the steps of the index
  while (work < budget && !due_elements_.empty()) {
    const uint64_t hash = due_elements_.back();
    due_elements_.pop_back();
    EntryRef ref = RefTo(hash);
    ++work;
    if (!ref) continue;
    if (IsExpired(*ref)) {
      Expire(ref);
    } else {
      work += ExpireDueElements(ref, budget - std::min(work, budget));
    }
  }
  if (work >= budget) return work;
  const size_t steps = deadlines_.Advance(
      context_.now, budget - work,
      [&](int64_t, uint64_t fingerprint) { FireRecord(fingerprint, budget, &work); }, prefetch);
  return work + steps;
}

// What takes `*work` above `budget` is left for later.
void Database::FireRecord(uint64_t fingerprint, size_t budget, size_t* work) {
  // At most a bucket's worth of entries share these bits of the hash, nearly always one.
  constexpr size_t kMaxMatches = 16;
  Entry* matches[kMaxMatches];
  size_t count = 0;
  table_.ForEachWithFingerprint(fingerprint, [&](Entry* entry) {
    const bool expires = entry->has_deadline() || entry->has_element_deadlines();
    if (expires && count < kMaxMatches) matches[count++] = entry;
  });
  for (Entry* entry : std::span(matches, count)) {
    EntryRef ref = RefTo(*entry);
    if (IsExpired(*entry)) {
      Expire(ref);
    } else if (entry->has_element_deadlines() && *work < budget) {
      *work += ExpireDueElements(ref, budget - *work);
    } else {
      Rearm(ref);
    }
  }
}

// Removes elements of an entry whose record has fired. Returns the units of work done.
size_t Database::ExpireDueElements(EntryRef& ref, size_t budget) {
  if (NextElementDeadline(*ref) > context_.now) {
    Rearm(ref);
    return 0;
  }
  const size_t done = ExpireElements(ref, budget);
  if (ref) Rearm(ref);
  return done;
}

// Makes the record of an entry that has fired anew, or notes that there is more to do at once.
void Database::Rearm(const EntryRef& ref) {
  const int64_t next = FirstDeadline(*ref);
  const uint64_t hash = table_.traits().Hash(*ref);
  if (next <= context_.now) {
    due_elements_.push_back(hash);
  } else if (next != INT64_MAX) {
    RecordDeadline(*ref.entry_, next, hash);
  }
}

// --- elements with a deadline ---

int64_t Database::NextElementDeadline(const Entry& entry) const {
  if (!entry.has_element_deadlines()) return INT64_MAX;
  return OperationsOf(entry.encoding()).next_deadline(entry.object());
}

void Database::MarkElementDeadlines(Entry& entry, bool has) {
  if (has == entry.has_element_deadlines()) return;
  has ? ++with_element_deadlines_ : --with_element_deadlines_;
  entry.set_element_deadlines(has);
}

void Database::UpdateElementDeadlines(EntryRef& ref, int64_t before) {
  const auto next_deadline = OperationsOf(ref->encoding()).next_deadline;
  if (next_deadline == nullptr) return;
  const int64_t after = next_deadline(ref->object());
  MarkElementDeadlines(*ref.entry_, after != INT64_MAX);
  if (after >= before) return;
  RecordDeadline(*ref.entry_, FirstDeadline(*ref), table_.traits().Hash(*ref));
}

void Database::NoteExpired(const EntryRef& ref, std::string_view element, int64_t deadline) {
  ++context_.stats.expired_elements;
  context_.expiry_lag.Record(context_.now - deadline);
  if (context_.events == nullptr) return;
  context_.events->OnElementRemovedByStore(index_, ref->key(), ref->type(), element);
}

size_t Database::ExpireElements(EntryRef& ref, size_t budget) {
  BeforeChange(*ref);
  const ValueOperations& operations = OperationsOf(ref->encoding());
  void* object = ref->object();
  bool any = false;
  const auto note = [&](std::string_view element, int64_t deadline) {
    NoteExpired(ref, element, deadline);
    any = true;
  };
  const size_t done = operations.expire(context_.memory, &object, context_.now, budget, note);
  ref->set_object(object);
  MarkElementDeadlines(*ref.entry_, operations.next_deadline(object) != INT64_MAX);
  if (any) {
    const ElementEvent event = ExpiryOfElements(ref->type());
    context_.Notify(event.event_class, event.name, index_, ref->key());
  }
  if (operations.size != nullptr && operations.size(object) == 0) {
    context_.Notify(kEventGeneric, "del", index_, ref->key());
    Remove(ref);
  }
  return done;
}

size_t Database::RebuildDeadlineIndex(size_t budget) {
  size_t new_records = std::exchange(new_records_, 0);
  if (former_deadlines_.size() == 0) {
    if (deadlines_.size() <= 2 * (expiring_ + with_element_deadlines_) + kFewRecords) return 0;
    former_deadlines_.Swap(deadlines_);
    deadlines_ = DeadlineIndex(context_.memory, context_.now);
    index_parity_ = !index_parity_;
    new_records = 0;
  }
  const auto renew = [this](uint64_t fingerprint) {
    table_.ForEachWithFingerprint(fingerprint, [this](Entry* entry) {
      const int64_t deadline = FirstDeadline(*entry);
      if (deadline == INT64_MAX || entry->index_parity() == index_parity_) return;
      deadlines_.Add(deadline, table_.traits().Hash(*entry));
      entry->set_index_parity(index_parity_);
    });
  };
  const size_t done = former_deadlines_.Drain(std::max(budget, 2 * new_records), renew);
  if (former_deadlines_.size() == 0) former_deadlines_.Clear();
  return done;
}

}  // namespace kv
