// SetValue: the value of a set's key, in one of three forms:
//
//   kIntset      Intset       few members, all integers     "intset"
//   kListpack    Listpack     few and short members         "listpack"
//   kHashTable   FieldTable   all others                    "hashtable"; its values are empty
//
// Conversions, with limits N members and B bytes a member (ListpackLimits) and I integers:
//   - An intset becomes a table when it gets more than I members. When it gets one that is no
//     integer, it becomes a listpack if that is within N and B, else a table.
//   - A listpack becomes a table when it is to hold more than N members or a longer one than B.
//   - None goes back.
//
// A member may have a deadline; its set is a table then. One whose deadline has come is there until
// it is taken away, but cannot be found: the handle is made for one moment, `hidden_until`.
//
// Cost: of an intset O(log n) for each member that is looked for, of a listpack O(n), of a table
// O(1). Taking a random member is O(1), O(n) from a listpack.
//
// Epochs: an intset and a listpack are part of their entry, and are saved with that.
#ifndef SOLOKV_KV_TYPES_SET_VALUE_H_
#define SOLOKV_KV_TYPES_SET_VALUE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kv/base/hash.h"
#include "kv/base/random.h"
#include "kv/base/slab_memory.h"
#include "kv/ds/intset.h"
#include "kv/ds/listpack.h"
#include "kv/types/field_table.h"
#include "kv/types/hash_value.h"
#include "kv/types/value.h"
#include "kv/types/value_limits.h"

namespace kv {

// What changes of a set need. The memory must be the same one in every call.
struct SetContext {
  SlabMemory& memory;
  const HashKey& hash_key;
  ListpackLimits limits;
  int64_t max_intset_entries;
  int64_t now;  // wall milliseconds

  FieldContext fields() const { return {memory, now}; }
};

// A member that is looked for: what it is as a text, and as an integer if it is the canonical text
// of one.
class SetMember {
 public:
  explicit SetMember(std::string_view text);
  // Views the element, which must outlive this.
  explicit SetMember(const ListpackElement& element);
  SetMember(const SetMember&) = delete;
  SetMember& operator=(const SetMember&) = delete;

  bool is_integer() const { return is_integer_; }
  int64_t integer() const { return integer_; }
  std::string_view text() const { return text_; }
  ListpackEntry entry() const { return is_integer_ ? ListpackEntry(integer_) : text_; }

 private:
  ListpackElement::Buffer buffer_;
  std::string_view text_;
  int64_t integer_ = 0;
  bool is_integer_;
};

// Members that are looked for together, and the elements they are. Views the texts of elements.
class SetMemberBlock {
 public:
  static constexpr size_t kSize = 32;
  using Mask = uint32_t;  // a bit for each member, the lowest for the first

  void Add(const ListpackElement& element) { items_[size_++].emplace(element); }
  void Clear() { size_ = 0; }
  size_t size() const { return size_; }
  bool full() const { return size_ == kSize; }
  const SetMember& operator[](size_t index) const { return items_[index]->member; }
  const ListpackElement& element(size_t index) const { return items_[index]->element; }
  Mask all() const { return static_cast<Mask>((uint64_t{1} << size_) - 1); }

 private:
  struct Item {
    explicit Item(const ListpackElement& element) : element(element), member(element) {}

    ListpackElement element;
    SetMember member;
  };

  std::array<std::optional<Item>, kSize> items_;
  size_t size_ = 0;
};

// Owns what it refers to, and is copied like a pointer. A change may change the handle. Texts that
// are added must not lie in the set itself; elements that are visited are good until it changes.
class SetValue {
 public:
  // An empty set in the form for `expected` members like this one.
  static SetValue Create(const SetContext& context, const SetMember& like, size_t expected = 1);
  // Takes over what it is given. Members with a deadline up to `hidden_until` are not found.
  explicit SetValue(ValueObject object, int64_t hidden_until = HashValue::kHideNothing)
      : object_(object), hidden_until_(hidden_until) {}
  ValueObject object() const { return object_; }
  // Frees all of it at once.
  void Free(SlabMemory& memory);

  bool is_intset() const { return object_.encoding == Encoding::kIntset; }
  bool is_listpack() const { return object_.encoding == Encoding::kListpack; }
  bool is_table() const { return object_.encoding == Encoding::kHashTable; }
  Intset intset() const { return Intset::FromBlock(object_.object); }
  Listpack listpack() const { return Listpack::FromBlock(object_.object); }
  FieldTable& table() const { return *static_cast<FieldTable*>(object_.object); }

  // Members, the hidden ones included.
  size_t size() const {
    if (is_table()) return table().size();
    return is_intset() ? intset().size() : listpack().size();
  }
  bool empty() const { return size() == 0; }
  // The members that are not hidden. Cost: O(1) if none may be.
  size_t visible_size() const;
  // Whether any members may be hidden.
  bool hides() const { return is_table() && table().NextDeadline() <= hidden_until_; }

  bool Contains(const SetMember& member) const;
  // Which of the members in `among` are there.
  SetMemberBlock::Mask Contains(const SetMemberBlock& block, SetMemberBlock::Mask among) const;
  // The deadline of a member, kNoFieldDeadline if it has none; nothing if it is not there.
  std::optional<int64_t> DeadlineOf(const SetMember& member) const;
  // Gives a member that is there another deadline.
  void SetDeadline(const SetContext& context, const SetMember& member, int64_t deadline);
  // Returns whether the member is new.
  bool Add(const SetContext& context, const SetMember& member);
  // Returns whether it was there.
  bool Remove(SlabMemory& memory, const SetMember& member);

  // Calls visit(const ListpackElement&) for the members until it returns false.
  template <class Visit>
  void ForEachWhile(Visit visit) const;
  template <class Visit>
  void ForEach(Visit visit) const {
    ForEachWhile([&](const ListpackElement& member) {
      visit(member);
      return true;
    });
  }
  // A step of a scan, as HashTable::Scan: calls visit(const ListpackElement&). A small set takes
  // one step.
  template <class Visit>
  uint64_t Scan(uint64_t cursor, Visit visit) const;

  // A member, each with the same probability. Precondition: there are any, and none is hidden.
  ListpackElement RandomMember(Random& random) const;

 private:
  void set_object(Intset set) { object_ = {Encoding::kIntset, set.block()}; }
  void set_object(Listpack set) { object_ = {Encoding::kListpack, set.block()}; }
  void AddToListpack(SlabMemory& memory, const SetMember& member);
  bool FitsListpack(const SetContext& context, const SetMember& more) const;
  void ConvertToListpack(SlabMemory& memory);
  void ConvertToTable(const SetContext& context);

  bool IsHidden(const HashField& member) const {
    return member.has_deadline() && member.deadline() <= hidden_until_;
  }

  ValueObject object_;
  int64_t hidden_until_;
};

template <class Visit>
void SetValue::ForEachWhile(Visit visit) const {
  if (is_table()) {
    table().ForEachWhile([&](const HashField& member) {
      return IsHidden(member) || visit(ListpackElement(member.field()));
    });
  } else if (is_intset()) {
    const Intset integers = intset();
    for (size_t i = 0; i < integers.size(); ++i) {
      if (!visit(ListpackElement(integers.At(i)))) return;
    }
  } else {
    const Listpack members = listpack();
    for (auto at = members.First(); at != members.kNone; at = members.Next(at)) {
      if (!visit(members.Get(at))) return;
    }
  }
}

template <class Visit>
uint64_t SetValue::Scan(uint64_t cursor, Visit visit) const {
  if (is_table()) {
    return table().Scan(cursor, [&](const HashField& member) {
      if (!IsHidden(member)) visit(ListpackElement(member.field()));
    });
  }
  ForEach(visit);
  return 0;
}

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_SET_VALUE_H_
