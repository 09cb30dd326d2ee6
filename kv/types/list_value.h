// ListValue: the value of a list key. A short list is one listpack, a long one a chain of nodes;
// OBJECT ENCODING calls them "listpack" and "quicklist".
//
//   bits of the handle:  | address of the listpack | 0 |     | address of the chain | 1 |
//
// Conversions, with limits L bytes and C elements (ListLimits):
//   - A listpack becomes a chain when what is added would take it above L or C. The bytes of all
//     texts that one command adds are counted together: Push.
//   - A chain of one listpack node becomes a listpack when elements are removed or replaced, and at
//     most L / 2 and C / 2 are left. In between it stays what it is.
//
// Cost: as of Listpack and ListChain; a conversion takes the listpack as it is.
//
// Epochs: a chain's nodes carry their own (see ListChain). A listpack is part of its entry, and is
// saved with that. The list's context says which epoch it is.
#ifndef SOLOKV_KV_TYPES_LIST_VALUE_H_
#define SOLOKV_KV_TYPES_LIST_VALUE_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kv/base/slab_memory.h"
#include "kv/ds/listpack.h"
#include "kv/types/list_chain.h"
#include "kv/types/value.h"

namespace kv {

// Pointer-sized; owns what it refers to, and is copied like a pointer. A change may change the
// handle. Texts that are added must not lie in the list itself. Indexes count from 0 at the front.
class ListValue {
 public:
  static ListValue Create(SlabMemory& memory) { return ListValue(Listpack::Create(memory)); }
  // Take over what they are given.
  explicit ListValue(Listpack listpack) : bits_(reinterpret_cast<uintptr_t>(listpack.block())) {}
  explicit ListValue(ListChain chain)
      : bits_(reinterpret_cast<uintptr_t>(chain.block()) | kChain) {}
  // Takes over a chain whose one node may be small enough for a list that is a listpack.
  static ListValue FromChain(const ListContext& context, ListChain chain);
  static ListValue FromBits(uintptr_t bits) { return ListValue(bits); }
  ValueObject object() const { return {Encoding::kList, reinterpret_cast<void*>(bits_)}; }

  // `epoch` is that of the nodes of the copy.
  ListValue Copy(SlabMemory& memory, uint64_t epoch) const;
  // Frees up to `budget` nodes. True while any are left; nothing else may be asked of the list once
  // this was called.
  bool FreeSome(SlabMemory& memory, size_t budget);

  size_t size() const { return is_chain() ? chain().size() : listpack().size(); }
  bool empty() const { return size() == 0; }
  size_t memory_bytes() const {
    return is_chain() ? chain().memory_bytes() : listpack().memory_bytes();
  }

  bool is_chain() const { return (bits_ & kChain) != 0; }
  ListChain chain() const { return ListChain::FromBlock(reinterpret_cast<void*>(bits_ & ~kChain)); }
  Listpack listpack() const { return Listpack::FromBlock(reinterpret_cast<void*>(bits_)); }
  std::string_view encoding() const { return is_chain() ? "quicklist" : "listpack"; }

  // Adds elements at one end, one after the other.
  void Push(const ListContext& context, ListEnd end, std::span<const std::string_view> texts);
  void Push(const ListContext& context, ListEnd end, std::string_view text) {
    Push(context, end, std::span(&text, 1));
  }

  // Visits up to `count` elements from `index` on, towards the back or towards the front.
  void Visit(size_t index, size_t count, ListEnd towards, VisitListElement visit) const;

  // Puts the text before the element at `index`, or at the back. Precondition: index <= size().
  void Insert(const ListContext& context, size_t index, std::string_view text);
  // Precondition: index < size().
  void Replace(const ListContext& context, size_t index, std::string_view text);
  // Precondition: index + count <= size().
  void Erase(const ListContext& context, size_t index, size_t count);
  // The element at one end, valid until the list changes. Precondition: not empty.
  ListpackElement Outermost(const ListContext& context, ListEnd end) const;
  // Takes it off. Precondition: not empty.
  void Pop(const ListContext& context, ListEnd end);
  // Removes up to `limit` elements that equal `text`, the first of them from `from` on. Returns how
  // many.
  size_t Remove(const ListContext& context, std::string_view text, size_t limit, ListEnd from);

  // Moves blocks where that helps to empty slabs, up to `budget` nodes from number `cursor` on.
  // Returns the next cursor, 0 at the end.
  size_t Compact(const ListContext& context, size_t cursor, size_t budget, CompactionCount& count);

 private:
  static constexpr uintptr_t kChain = 1;

  explicit ListValue(uintptr_t bits) : bits_(bits) {}

  // Before `count` elements whose texts take `text_bytes` are added or replaced: converts if
  // necessary.
  void Reserve(const ListContext& context, size_t count, size_t text_bytes);
  // Makes `changed` the list, as a listpack if it is small enough for that.
  void ShrinkToListpack(const ListContext& context, ListChain changed);

  uintptr_t bits_;
};

static_assert(sizeof(ListValue) == sizeof(void*));

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_LIST_VALUE_H_
