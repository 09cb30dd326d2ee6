// FieldTable: the fields of a large hash. OBJECT ENCODING calls it "hashtable".
//
//                 ┌───────────┐      ┌───────────────────┐      ┌──────────────────┐
//   field ──────► │ HashTable │ ───► │ HashField: field, │ ◄╌╌╌ │ ElementDeadlines │ ◄── time
//                 └───────────┘      │ value, deadline   │      └──────────────────┘
//                                    └───────────────────┘
//
// Invariants:
//   - There are ElementDeadlines from when a field gets a deadline until none has one, or a little
//     longer. They lead to a field by the fingerprint of its hash.
//   - A field stays until it is removed or FireDue comes by, however long it is due: who reads
//     compares deadlines.
//
// Cost, for n fields: what concerns one field is O(1), the rest O(n).
// Memory: 11 to 15 bytes a field above those of field and value: 9.3 of the table, 2 of the sizes,
// and rounding to 4. A deadline takes 8, and 8.3 of its record.
//
// A table belongs to whoever called Create; memory comes from the store's SlabMemory, the same one
// in every call. References to fields end with the next change.
#ifndef SOLOKV_KV_TYPES_FIELD_TABLE_H_
#define SOLOKV_KV_TYPES_FIELD_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "kv/base/hash.h"
#include "kv/base/random.h"
#include "kv/base/same_bytes.h"
#include "kv/base/slab_memory.h"
#include "kv/ds/element_deadlines.h"
#include "kv/ds/hash_table.h"
#include "kv/types/hash_field.h"
#include "kv/types/value_operations.h"

namespace kv {

// What every change of a table needs.
struct FieldContext {
  SlabMemory& memory;
  int64_t now = 0;  // wall milliseconds; matters only to deadlines
};

// How the hash table sees fields.
struct FieldTraits {
  using Element = HashField;
  using Key = std::string_view;
  static constexpr size_t kLookupBytes = 32;  // sizes, a short field, a short value
  HashKey hash_key;

  uint64_t HashOf(std::string_view field) const { return kv::Hash(field, hash_key); }
  uint64_t Hash(const HashField& element) const { return HashOf(element.field()); }
  bool Equal(const HashField& element, std::string_view field) const {
    return SameBytes(element.field(), field);
  }
};

class FieldTable {
 public:
  // An empty table. `hash_key` is the secret of the server's hashes.
  static FieldTable* Create(SlabMemory& memory, const HashKey& hash_key);

  // Frees up to about `budget` fields, and with the last the table. Returns true while any are
  // left. Once begun, only this may be called.
  static bool FreeSome(SlabMemory& memory, FieldTable* table, size_t budget);
  static void Free(SlabMemory& memory, FieldTable* table);

  FieldTable* Copy(SlabMemory& memory) const;

  // Moves the object itself, not its fields, to a new block.
  static FieldTable* Relocate(SlabMemory& memory, FieldTable* table);

  size_t size() const { return fields_.size(); }
  // All bytes of the table, exactly as `memory` counts them.
  size_t memory_bytes() const;

  // Null if there is no such field.
  const HashField* Find(std::string_view field) const { return fields_.Find(field, HashOf(field)); }

  // Searches for many fields at once, so that what they read comes from memory at the same time:
  // found[i] is fields[i], or null.
  void FindEach(std::span<const std::string_view> fields, std::span<const HashField*> found) const;

  // Requests what a search for the field will read, some time ahead: first the bucket, then, by
  // the hash that this returned, the field.
  uint64_t PrefetchIndex(std::string_view field) const {
    const uint64_t hash = HashOf(field);
    fields_.PrefetchBucket(hash);
    return hash;
  }
  void PrefetchField(uint64_t hash) const { fields_.PrefetchElement(hash); }

  // Gives the field this value and deadline. Returns whether it is new.
  bool Set(const FieldContext& context, std::string_view field, std::string_view value,
           int64_t deadline);
  // Adds the field, without value and deadline, if there is none of the name. Returns whether.
  bool AddIfAbsent(const FieldContext& context, std::string_view field);
  // As Set, for a field that is known to be new.
  void Add(const FieldContext& context, std::string_view field, std::string_view value,
           int64_t deadline);
  // Precondition: there is such a field.
  void SetDeadline(const FieldContext& context, std::string_view field, int64_t deadline);
  // Returns whether there was such a field.
  bool Remove(SlabMemory& memory, std::string_view field);

  // Calls visit(const HashField&) for every field.
  template <class Visit>
  void ForEach(Visit visit) const {
    fields_.ForEach([&](const HashField* field) { visit(*field); });
  }
  // The same, until `visit` returns false.
  template <class Visit>
  void ForEachWhile(Visit visit) const {
    fields_.ForEachWhile([&](const HashField* field) { return visit(*field); });
  }
  // A step of a scan, as HashTable::Scan: calls visit(const HashField&).
  template <class Visit>
  uint64_t Scan(uint64_t cursor, Visit visit) const {
    return fields_.Scan(cursor, [&](const HashField* field) { visit(*field); });
  }
  // A field, each with the same probability. Precondition: not empty.
  const HashField& RandomField(Random& random) const {
    return *fields_.RandomElement([&] { return random.Next(); });
  }

  // --- deadlines ---
  // Fields that have one.
  size_t expiring() const { return expiring_; }
  // A time no later than the first deadline; INT64_MAX if no field has one.
  int64_t NextDeadline() const {
    return expiring_ == 0 ? std::numeric_limits<int64_t>::max() : deadlines_->NextDue();
  }
  // Removes fields that are due at `now`, having passed each to `visit`, until about `budget` units
  // of work are done. Returns the units done.
  size_t FireDue(SlabMemory& memory, int64_t now, size_t budget, VisitExpired visit);

  // --- epochs ---
  // As those of HashTable: an observer sees the fields as they were when the epoch began.
  using LeafObserver = HashTable<FieldTraits>::LeafObserver;
  using LeafView = HashTable<FieldTraits>::LeafView;
  void BeginEpoch(LeafObserver& observer) { fields_.BeginEpoch(observer); }
  uint64_t SaveLeaf(uint64_t position) { return fields_.SaveLeaf(position); }
  void EndEpoch() { fields_.EndEpoch(); }

  // Moves parts of the table out of sparse slabs. Returns the position to go on from, 0 at the end.
  // Starting from 0 until 0 comes back reaches all that was there all the time.
  uint64_t Compact(SlabMemory& memory, uint64_t position, CompactionCount& count);

 private:
  using Fields = HashTable<FieldTraits>;

  FieldTable(SlabMemory& memory, const HashKey& hash_key)
      : fields_(memory, FieldTraits{hash_key}) {}
  FieldTable(FieldTable&&) noexcept = default;

  uint64_t HashOf(std::string_view field) const { return fields_.traits().HashOf(field); }
  HashField* NewField(SlabMemory& memory, std::string_view field, std::string_view value,
                      int64_t deadline);
  void FreeField(SlabMemory& memory, HashField* field);
  HashField* ReplaceField(SlabMemory& memory, Fields::Position position, std::string_view value,
                          int64_t deadline);
  void Insert(const FieldContext& context, HashField* field, uint64_t hash);
  void CountDeadline(const FieldContext& context, int64_t before, HashField* field, uint64_t hash);
  void RecordDeadline(SlabMemory& memory, int64_t now, HashField* field, uint64_t hash);
  size_t RenewRecords(SlabMemory& memory, size_t budget);
  void RemoveDue(SlabMemory& memory, int64_t now, uint64_t fingerprint, VisitExpired visit);

  Fields fields_;
  ElementDeadlines* deadlines_ = nullptr;
  size_t expiring_ = 0;
  size_t field_bytes_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_FIELD_TABLE_H_
