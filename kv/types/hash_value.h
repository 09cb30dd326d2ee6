// HashValue: the value of a hash key. A small hash is one listpack, a large one a FieldTable;
// OBJECT ENCODING calls them "listpack" and "hashtable".
//
//   listpack:   ┌───────┬───────┬───────┬───────┬─ ─      in the order in which they were added
//               │ field │ value │ field │ value │
//               └───────┴───────┴───────┴───────┴─ ─
//
// A listpack becomes a table when it holds more fields, or is to hold a longer field or value, than
// ListpackLimits allow; a table stays one.
//
// Cost: of a listpack O(n) for each field that is looked for, of a table O(1).
//
// Epochs: a listpack is part of its entry, and is saved with that.
#ifndef SOLOKV_KV_TYPES_HASH_VALUE_H_
#define SOLOKV_KV_TYPES_HASH_VALUE_H_

#include <cstddef>
#include <cstdint>
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

namespace kv {

// What every change of a hash needs. The memory must be the same one in every call.
struct HashContext {
  SlabMemory& memory;
  const HashKey& hash_key;
  ListpackLimits limits;
};

// Owns what it refers to, and is copied like a pointer. A change may change the handle. Texts that
// are added must not lie in the hash itself.
class HashValue {
 public:
  static HashValue Create(SlabMemory& memory) {
    return HashValue({Encoding::kListpack, Listpack::Create(memory).block()});
  }
  // Takes over what it is given.
  explicit HashValue(ValueObject object) : object_(object) {}
  ValueObject object() const { return object_; }

  bool is_table() const { return object_.encoding == Encoding::kHashTable; }
  // Precondition: is_table().
  FieldTable& table() const { return *static_cast<FieldTable*>(object_.object); }

  size_t size() const { return is_table() ? table().size() : listpack().size() / kPair; }
  bool empty() const { return size() == 0; }

  // The value of a field, if there is such a field.
  std::optional<ListpackElement> Get(std::string_view field) const;

  // The field and the value in a place of a listpack. Precondition: !is_table(), index < size().
  std::pair<ListpackElement, ListpackElement> At(size_t index) const;

  // Calls visit(const ListpackElement& field, const ListpackElement& value) for every field.
  template <class Visit>
  void ForEach(Visit visit) const;

  // Before a command sets `pairs` (fields and values): converts if they call for a table.
  void Reserve(const HashContext& context, std::span<const std::string_view> pairs);
  // Returns whether the field is new.
  bool Set(const HashContext& context, std::string_view field, std::string_view value);
  // Returns whether there was such a field.
  bool Remove(SlabMemory& memory, std::string_view field);

 private:
  using Position = Listpack::Position;
  static constexpr size_t kPair = 2;

  Listpack listpack() const { return Listpack::FromBlock(object_.object); }
  void set_listpack(Listpack listpack) { object_.object = listpack.block(); }
  Position FindInListpack(std::string_view field) const {
    const Listpack listpack = this->listpack();
    return listpack.Find(listpack.First(), ListpackNeedle(field), kPair);
  }
  bool SetInListpack(SlabMemory& memory, std::string_view field, std::string_view value);
  void ConvertToTable(const HashContext& context);

  ValueObject object_;
};

template <class Visit>
void HashValue::ForEach(Visit visit) const {
  if (is_table()) {
    table().ForEach([&](const HashField& field) {
      visit(ListpackElement(field.field()), ListpackElement(field.value()));
    });
    return;
  }
  const Listpack pairs = listpack();
  for (Position field = pairs.First(); field != Listpack::kNone;) {
    const Position value = pairs.Next(field);
    visit(pairs.Get(field), pairs.Get(value));
    field = pairs.Next(value);
  }
}

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_HASH_VALUE_H_
