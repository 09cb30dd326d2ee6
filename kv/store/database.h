// Database: one numbered keyspace. It finds, replaces and removes entries, and keeps them exact in
// time: an entry whose deadline has passed is never found (but see ExpiryPolicy).
//
// Each entry with a deadline has a record in the deadline index that fires no later. A deadline
// that is brought forward or cancelled leaves a record behind, so the index is rebuilt when more
// than half of it is stale: a new one begins, which serves from then on, while the records of the
// former one are taken out in slices and those still needed are written anew. A bit in each entry,
// its index parity, tells whether its record is in the new index already. Records thus number at
// most about four times the entries with a deadline, and the work is O(1) for each record ever
// made.
//
// Elements of a value may have deadlines of their own, which the value knows best (see
// ValueOperations): the record of such an entry fires no later than its first element is due. The
// due elements are then removed in slices; whoever reads a value hides those that are left.
//
// The value of a key is reached through an EntryRef, which is good until the next call that changes
// the database and cannot be stored.
#ifndef SOLOKV_KV_STORE_DATABASE_H_
#define SOLOKV_KV_STORE_DATABASE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/numeric/int128.h"
#include "kv/base/hash.h"
#include "kv/base/random.h"
#include "kv/base/slab_memory.h"
#include "kv/ds/deadline_index.h"
#include "kv/store/entry.h"
#include "kv/store/entry_table.h"
#include "kv/store/reclaimer.h"
#include "kv/store/store_context.h"

namespace kv {

// A key beside its hash, which is computed once for a command.
struct HashedKey {
  std::string_view bytes;
  uint64_t hash = 0;
};

// A found entry and its place. Neither copyable nor assignable, so that it cannot outlive the
// expression of a command that asked for it.
class EntryRef {
 public:
  EntryRef() = default;
  EntryRef(Entry* entry, EntryTable::Position position) : entry_(entry), position_(position) {}
  EntryRef(const EntryRef&) = delete;
  EntryRef& operator=(const EntryRef&) = delete;

  explicit operator bool() const { return entry_ != nullptr; }
  Entry* operator->() const { return entry_; }
  const Entry& operator*() const { return *entry_; }

 private:
  friend class Database;
  Entry* entry_ = nullptr;
  EntryTable::Position position_{};
};

// What compaction looked at.
struct CompactionStats {
  CompactionCount blocks;
  uint64_t keys_moved = 0;  // keys of which a block was moved
  uint64_t keys_kept = 0;
};

class Database {
 public:
  Database(StoreContext& context, Reclaimer& reclaimer, int index);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  int index() const { return index_; }
  size_t size() const { return table_.size(); }
  // Entries that have a deadline, and the mean of what is left to them in milliseconds.
  size_t expiring() const { return expiring_; }
  int64_t mean_ttl() const;
  size_t table_bytes() const { return table_.memory_bytes(); }
  size_t index_bytes() const {
    return deadlines_.memory_bytes() + former_deadlines_.memory_bytes();
  }
  // Records of deadlines, stale ones included.
  size_t deadline_records() const { return deadlines_.size() + former_deadlines_.size(); }

  HashedKey Hash(std::string_view key) const { return {key, kv::Hash(key, context_.hash_key)}; }
  void PrefetchBucket(uint64_t hash) const { table_.PrefetchBucket(hash); }
  // Returns true if PrefetchAwayEntry should follow, after other entries.
  bool PrefetchEntry(uint64_t hash, bool may_insert = true) const {
    return table_.PrefetchElement(hash, may_insert);
  }
  void PrefetchAwayEntry(uint64_t hash) const { table_.PrefetchAwayElement(hash); }

  // The object that the entry of `key` holds, null if it holds none: only for prefetching what a
  // command will read of it, since neither deadline nor use is heeded.
  ValueObject ObjectOf(const HashedKey& key) const;

  // --- finding ---
  // The live entry of `key`, if any: counts neither as a hit nor as a use.
  EntryRef Peek(const HashedKey& key);
  // For commands that read: counts a hit or a miss, and a use for the eviction policy.
  EntryRef FindForRead(const HashedKey& key);
  // For commands that look at a key without using its value: counts a hit or a miss only.
  EntryRef FindUntouched(const HashedKey& key);
  // For commands that write: counts a use. What they change in place, they find by this.
  EntryRef FindForWrite(const HashedKey& key);

  // --- strings ---
  // Makes `value` the string of `key`. `ref` is what a Find of `key` returned (possibly nothing);
  // it refers to the new entry afterwards. Any earlier value, of whatever type, is gone.
  void PutString(const HashedKey& key, EntryRef& ref, std::string_view value, int64_t deadline);
  void PutNumber(const HashedKey& key, EntryRef& ref, int64_t number, int64_t deadline);
  // Replaces the number of a kInt entry in place.
  void ChangeNumber(EntryRef& ref, int64_t number);
  // Takes over the caller's reference to `blob`, whatever its size.
  void PutBlob(const HashedKey& key, EntryRef& ref, Blob* blob, int64_t deadline) {
    PutObject(key, ref, ValueType::kString, {Encoding::kBlob, blob}, deadline);
  }
  // Makes the string of `ref` `size` bytes long (new ones are zero) and returns them for writing.
  // The entry counts as edited. Precondition: ref refers to a string.
  char* EditString(EntryRef& ref, size_t size);

  // --- any value ---
  // Makes an object, which the database then owns, the value of `key`; otherwise as PutString.
  void PutObject(const HashedKey& key, EntryRef& ref, ValueType type, ValueObject value,
                 int64_t deadline);
  // The object of `ref`, found by FindForWrite and changed in place, is this one from now on; the
  // former one is not freed. Precondition: ref refers to an object.
  void SetObject(EntryRef& ref, ValueObject value) {
    ref->set_encoding(ref->type(), value.encoding);
    ref->set_object(value.object);
  }
  // --- elements with a deadline ---
  // A time no later than the first deadline of an element; INT64_MAX if there is none.
  int64_t NextElementDeadline(const EntryRef& ref) const {
    return ref ? NextElementDeadline(*ref) : INT64_MAX;
  }
  // To be called after SetObject if elements got or lost deadlines. `before` is what
  // NextElementDeadline was before the change.
  void UpdateElementDeadlines(EntryRef& ref, int64_t before);
  // Tells that an element of `ref` is about to be removed because its deadline has come.
  void NoteExpired(const EntryRef& ref, std::string_view element, int64_t deadline);
  // Removes elements that are due, doing about `budget` units of work; `ref` is empty afterwards if
  // none is left. Returns the units done.
  size_t ExpireElements(EntryRef& ref, size_t budget);
  // Entries that have elements with a deadline.
  size_t with_element_deadlines() const { return with_element_deadlines_; }

  // Removes the entry; `ref` is empty afterwards. A large value is freed later, in slices.
  void Remove(EntryRef& ref);
  // Sets a deadline (wall milliseconds) or, with kNoDeadline, removes it.
  void SetDeadline(EntryRef& ref, int64_t deadline);
  // Gives the value of `ref`, of this database, the name `key` in `target`, with `deadline`;
  // `key` must be absent there. Rename consumes the old entry, Copy keeps it and shares its blob.
  void Rename(EntryRef& ref, Database& target, const HashedKey& key);
  void Copy(const EntryRef& ref, Database& target, const HashedKey& key, int64_t deadline);
  // The bytes the entry and its value take.
  size_t MemoryUsage(const Entry& entry) const;

  // --- the whole keyspace ---
  // Visits at least one bucket's live entries and returns the next cursor, 0 at the end. Each entry
  // present throughout an iteration is visited at least once. `visit` must not change the database.
  template <class Visit>
  uint64_t Scan(uint64_t cursor, Visit&& visit) {
    return table_.Scan(cursor, [&](Entry* entry) {
      if (!IsHidden(*entry)) visit(*entry);
    });
  }
  // The same, and removes what it meets that has expired and is_wanted(entry).
  template <class IsWanted, class Visit>
  uint64_t ScanAndExpire(uint64_t cursor, IsWanted&& is_wanted, Visit&& visit) {
    std::vector<uint64_t> expired;
    const uint64_t next = table_.Scan(cursor, [&](Entry* entry) {
      if (!IsHidden(*entry)) {
        visit(*entry);
      } else if (context_.expiry == ExpiryPolicy::kDelete && is_wanted(*entry)) {
        expired.push_back(table_.traits().Hash(*entry));
      }
    });
    for (const uint64_t hash : expired) ExpireEntry(hash);
    return next;
  }
  // A live entry, each with the same probability; removes expired ones it meets.
  EntryRef RandomEntry(Random& random);
  // Fills `out` with entries to choose a victim from; returns how many.
  size_t Sample(Random& random, std::span<Entry*> out);
  // The same among the entries that have a deadline, found through their deadlines: for tables in
  // which those are few. With `soonest`, those that are due next.
  size_t SampleExpiring(Random& random, bool soonest, std::span<Entry*> out);
  EntryRef RefTo(const Entry& entry);
  // The entry whose key has this hash, expired or not.
  EntryRef RefTo(uint64_t hash);
  // Removes the entry to make room; `ref` is empty afterwards.
  void Evict(EntryRef& ref);
  // Moves what lies in sparse slabs among the entries from `position` on, a segment of the table at
  // most; returns the next position, 0 at the end. Large values are left behind half way:
  // CompactLargeValue.
  uint64_t Compact(uint64_t position, CompactionStats& stats);
  bool has_large_values_to_compact() const { return !partly_compacted_.empty(); }
  // Goes on with one of them.
  void CompactLargeValue(CompactionStats& stats);
  // --- epochs ---
  // As those of HashTable: an observer sees the entries as they were when the epoch began, with
  // what of their values lies in one block. It follows the entries where Swap takes them, and is
  // shown nothing of what Clear detaches.
  void BeginEpoch(EntryTable::LeafObserver& observer) { table_.BeginEpoch(observer); }
  uint64_t SaveLeaf(uint64_t position) { return table_.SaveLeaf(position); }
  void EndEpoch() { table_.EndEpoch(); }

  // Detaches all entries at once. The reclaimer frees their memory.
  void Clear();
  void Swap(Database& other);

  // --- expiry ---
  // A time no later than the first deadline; INT64_MAX if there is none. Now while the index is
  // being rebuilt.
  int64_t NextDeadline() const;
  // Removes what is due, doing at most `budget` units of work; returns the units done.
  size_t ExpireDue(size_t budget);
  // Does a slice of the rebuilding of the deadline index, if that is under way or necessary.
  // Returns the units of work done: about `budget`, or twice the number of deadlines set since the
  // last slice if that is more, so that the work outruns its cause.
  size_t RebuildDeadlineIndex(size_t budget);

  // Key counts by the power of two of the value's size: bins[b] counts sizes below 2^b and not
  // below 2^(b-1); bins[0] counts empty strings.
  using SizeBins = std::array<uint64_t, 48>;
  const SizeBins& string_size_bins() const { return string_sizes_; }

  const EntryTable& table() const { return table_; }

 private:
  // The entry that is physically there, expired or not.
  EntryRef Locate(const HashedKey& key) {
    const EntryTable::Position position = table_.Locate(key.bytes, key.hash);
    return EntryRef(position ? table_.At(position) : nullptr, position);
  }
  // The place of an entry, also of one that was inserted since it was looked up.
  EntryTable::Position PositionOf(const EntryRef& ref) const {
    return ref.position_ ? ref.position_ : table_.Locate(ref->key(), table_.traits().Hash(*ref));
  }
  bool IsExpired(const Entry& entry) const {
    return entry.has_deadline() && entry.deadline() <= context_.now;
  }
  bool IsHidden(const Entry& entry) const {
    return IsExpired(entry) && context_.expiry != ExpiryPolicy::kShow;
  }
  // To be called before the content of an entry changes.
  void BeforeChange(const Entry& entry) {
    if (table_.in_epoch()) [[unlikely]]
      SaveLeafOf(entry);
  }
  [[gnu::cold]] void SaveLeafOf(const Entry& entry);
  EntryRef FindExpired(EntryRef& ref);
  void ExpireEntry(uint64_t hash);
  void Expire(EntryRef& ref);
  void RemoveByStore(EntryRef& ref, KeyEventClass event_class, std::string_view event,
                     RemovalReason reason);
  void CountMiss(RemovalReason reason) {
    ++context_.stats.misses;
    context_.stats.misses_expired += reason == RemovalReason::kExpired ? 1 : 0;
    context_.stats.misses_evicted += reason == RemovalReason::kEvicted ? 1 : 0;
  }
  Entry* Shape(const HashedKey& key, EntryRef& ref, ValueType type, Encoding encoding,
               size_t inline_size, int64_t deadline);
  void Reshape(EntryRef& ref, Encoding encoding, size_t inline_size, int64_t deadline);
  Entry* Allocate(std::string_view key, ValueType type, Encoding encoding, size_t inline_size,
                  int64_t deadline);
  Entry* InsertMoved(Database& target, const HashedKey& key, const Entry& from, int64_t deadline);
  void DropValue(Entry& entry);
  void SignalEnd(const Entry& entry);
  Entry* MoveIfSparse(Entry* entry, CompactionStats& stats);
  uint64_t CompactValue(Entry* entry, uint64_t cursor, CompactionStats& stats);
  int64_t NextElementDeadline(const Entry& entry) const;
  void MarkElementDeadlines(Entry& entry, bool has);
  int64_t FirstDeadline(const Entry& entry) const;
  void FireRecord(uint64_t fingerprint, size_t budget, size_t* work);
  size_t ExpireDueElements(EntryRef& ref, size_t budget);
  void Rearm(const EntryRef& ref);
  void CountDeadline(Entry& entry, int64_t before, int64_t after, uint64_t hash);
  void RecordDeadline(Entry& entry, int64_t deadline, uint64_t hash);
  void CountSize(const Entry& entry, int64_t sign);

  StoreContext& context_;
  Reclaimer& reclaimer_;
  int index_;
  EntryTable table_;
  DeadlineIndex deadlines_;
  // While it is rebuilt, the records from before, on their way out.
  DeadlineIndex former_deadlines_;
  // The parity of entries whose record is in deadlines_.
  bool index_parity_ = false;
  // Records made since the last slice of rebuilding.
  size_t new_records_ = 0;
  size_t expiring_ = 0;
  size_t with_element_deadlines_ = 0;
  // The hashes of keys whose record has fired, but not all of whose due elements are removed.
  std::vector<uint64_t> due_elements_;
  // Sum of (deadline - context's birth) over the entries that have one. Two deadlines at the end of
  // the range already exceed 64 bits.
  absl::int128 deadline_sum_ = 0;
  SizeBins string_sizes_{};
  // Values whose compaction goes on: the hash of the key, and where.
  struct PartlyCompacted {
    uint64_t hash;
    uint64_t cursor;
  };
  std::vector<PartlyCompacted> partly_compacted_;
};

}  // namespace kv

#endif  // SOLOKV_KV_STORE_DATABASE_H_
