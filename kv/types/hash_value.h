// HashValue: the value of a hash key. A small hash is one listpack, a large one a FieldTable;
// OBJECT ENCODING calls them "listpack", "listpackex" (once a field had a deadline) and
// "hashtable".
//
//   listpack:     ┌───────┬───────┬───────┬───────┬─ ─     in the order in which they were added
//                 │ field │ value │ field │ value │
//                 └───────┴───────┴───────┴───────┴─ ─
//   listpackex:   ┌───────┬───────┬──────────┬───────┬─ ─  deadline: wall milliseconds, 0 for none
//                 │ field │ value │ deadline │ field │
//                 └───────┴───────┴──────────┴───────┴─ ─
//
// A listpack becomes a table when it holds more fields, or is to hold a longer field or value, than
// ListpackLimits allow; a table stays one.
//
// A field whose deadline has come is there until Expire or Remove takes it away, but cannot be
// found: the handle is made for one moment, `hidden_until`.
//
// Cost: of a listpack O(n) for each field that is looked for, of a table O(1).
//
// Epochs: a listpack is part of its entry, and is saved with that.
#ifndef SOLOKV_KV_TYPES_HASH_VALUE_H_
#define SOLOKV_KV_TYPES_HASH_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "kv/base/hash.h"
#include "kv/base/slab_memory.h"
#include "kv/ds/listpack.h"
#include "kv/types/field_table.h"
#include "kv/types/value.h"
#include "kv/types/value_limits.h"
#include "kv/types/value_operations.h"

namespace kv {

// What every change of a hash needs. The memory must be the same one in every call.
struct HashContext {
  SlabMemory& memory;
  const HashKey& hash_key;
  ListpackLimits limits;
  int64_t now;  // wall milliseconds

  FieldContext fields() const { return {memory, now}; }
};

// Owns what it refers to, and is copied like a pointer. A change may change the handle. Texts that
// are added must not lie in the hash itself.
class HashValue {
 public:
  static constexpr int64_t kHideNothing = std::numeric_limits<int64_t>::min();
  // As a deadline to set: the present one.
  static constexpr int64_t kKeepDeadline = -1;

  struct Field {
    ListpackElement name;
    ListpackElement value;
    int64_t deadline;  // kNoFieldDeadline if it has none
  };

  static ValueObject Create(SlabMemory& memory) {
    return {Encoding::kListpack, Listpack::Create(memory).block()};
  }
  // Takes over what it is given. Fields with a deadline up to `hidden_until` are not found.
  explicit HashValue(ValueObject object, int64_t hidden_until = kHideNothing)
      : object_(object), hidden_until_(hidden_until) {}
  ValueObject object() const { return object_; }
  // Frees all of it at once.
  void Free(SlabMemory& memory);

  bool is_table() const { return object_.encoding == Encoding::kHashTable; }
  // Precondition: is_table().
  FieldTable& table() const { return *static_cast<FieldTable*>(object_.object); }

  // Fields, the hidden ones included.
  size_t size() const { return is_table() ? table().size() : listpack().size() / stride(); }
  bool empty() const { return size() == 0; }
  bool IsHidden(int64_t deadline) const {
    return deadline != kNoFieldDeadline && deadline <= hidden_until_;
  }
  // Whether any fields may be hidden.
  bool hides() const { return object_.encoding != Encoding::kListpack && HasDue(hidden_until_); }

  // The field of this name, if there is one.
  std::optional<Field> Find(std::string_view name) const;
  // Its value.
  std::optional<ListpackElement> Get(std::string_view name) const;
  // The field in a place of a listpack, hidden or not. Precondition: !is_table(), index < size().
  Field At(size_t index) const;

  // Calls visit(const ListpackElement& name, const ListpackElement& value) for every field.
  template <class Visit>
  void ForEach(Visit visit) const;
  // The same with the deadline behind the value.
  template <class Visit>
  void ForEachWithDeadline(Visit visit) const;

  // Before a command sets `pairs` (names and values): converts if they call for a table.
  void Reserve(const HashContext& context, std::span<const std::string_view> pairs);
  // Gives a field this value and deadline. Returns whether it is new, or was hidden.
  bool Set(const HashContext& context, std::string_view name, std::string_view value,
           int64_t deadline = kNoFieldDeadline);
  // Gives an existing field another deadline.
  void SetDeadline(const HashContext& context, std::string_view name, int64_t deadline);
  // Returns whether there was such a field, hidden or not.
  bool Remove(SlabMemory& memory, std::string_view name);

  // As ValueOperations.
  int64_t NextDeadline() const;
  size_t Expire(SlabMemory& memory, int64_t now, size_t budget, VisitExpired visit);

 private:
  using Position = Listpack::Position;
  static constexpr size_t kPair = 2;
  static constexpr size_t kTriple = 3;

  // Entries of the listpack for each field.
  size_t stride() const { return object_.encoding == Encoding::kListpackEx ? kTriple : kPair; }
  bool has_deadlines() const { return object_.encoding == Encoding::kListpackEx; }
  bool HasDue(int64_t time) const { return NextDeadline() <= time; }
  Listpack listpack() const { return Listpack::FromBlock(object_.object); }
  void set_listpack(Listpack listpack) { object_.object = listpack.block(); }
  Position FindInListpack(std::string_view name) const {
    const Listpack fields = listpack();
    return fields.Find(fields.First(), ListpackNeedle(name), stride());
  }
  Field FieldAt(Position position) const;
  bool SetInListpack(const HashContext& context, std::string_view name, std::string_view value,
                     int64_t deadline);
  size_t ExpireInListpack(SlabMemory& memory, int64_t now, VisitExpired visit);
  void AddDeadlines(SlabMemory& memory);
  void ConvertToTable(const HashContext& context);

  ValueObject object_;
  int64_t hidden_until_;
};

template <class Visit>
void HashValue::ForEachWithDeadline(Visit visit) const {
  if (is_table()) {
    table().ForEach([&](const HashField& field) {
      const int64_t deadline = field.deadline();
      if (IsHidden(deadline)) return;
      visit(ListpackElement(field.field()), ListpackElement(field.value()), deadline);
    });
    return;
  }
  const Listpack fields = listpack();
  const bool triples = has_deadlines();
  for (Position name = fields.First(); name != Listpack::kNone;) {
    const Position value = fields.Next(name);
    Position last = value;
    int64_t deadline = kNoFieldDeadline;
    if (triples) [[unlikely]] {
      last = fields.Next(value);
      deadline = fields.Get(last).integer();
    }
    if (!IsHidden(deadline)) visit(fields.Get(name), fields.Get(value), deadline);
    name = fields.Next(last);
  }
}

template <class Visit>
void HashValue::ForEach(Visit visit) const {
  ForEachWithDeadline([&](const ListpackElement& name, const ListpackElement& value, int64_t) {
    visit(name, value);
  });
}

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_HASH_VALUE_H_
