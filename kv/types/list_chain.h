// ListChain: a long list, the encoding that clients know as quicklist. Elements stand in nodes of
// some KiB (ListNode); a directory, an array with room at both ends, holds the nodes in order.
//
//   ┌────────────────┬──────┬──────┬──────┬──────┬─ ─ ─┬──────┬──────┐
//   │ size, begin,   │ room │ node │ node │ node │     │ node │ room │   24 bytes a node
//   │ end, capacity  │      │      │      │      │     │      │      │
//   └────────────────┴──────┴──┼───┴──┼───┴──┼───┴─ ─ ─┴──┼───┴──────┘
//                          listpack  plain  compressed   listpack
//
// Invariants:
//   - No node is empty, and no listpack exceeds the limits of the time at which it was changed.
//   - An element that alone exceeds them stands in a plain node of its own.
//   - With a compress depth of d, the d nodes at either end are not compressed. Those further in
//     are where that pays, from the first time on that they get there or are changed there.
//   - Neighbours that are changed and together fill less than half a node become one.
//
// Cost: n elements in m nodes. Push and erasing at the ends O(1), amortised for the directory.
// Locating an element O(m), 24 bytes a node read in order, plus O(node); inserting and erasing in
// the middle as well. Removing by value O(n). Memory beyond the elements: 2 bytes for each short
// one, 24 to 48 for each node, and the last node's slack.
//
// Epochs: a node carries the epoch in which it was last changed, and so does the chain. Whoever
// freezes the list raises the epoch, and is called before a chain and before each node of an
// earlier epoch changes for the first time.
//
// Source: the unrolled linked list: Z. Shao, J. Reppy, A. Appel: Unrolling Lists. LFP 1994.
#ifndef SOLOKV_KV_TYPES_LIST_CHAIN_H_
#define SOLOKV_KV_TYPES_LIST_CHAIN_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "kv/base/slab_memory.h"
#include "kv/ds/listpack.h"
#include "kv/types/list_node.h"

namespace kv {

class ListChain;

// Is told before what belongs to an earlier epoch changes. Must not change the list.
class ListObserver {
 public:
  virtual ~ListObserver() = default;
  // The chain and all its nodes are still as they were when the epoch began. Their order is only
  // known now; a node's block identifies it until BeforeChange.
  virtual void BeforeFirstChange(const ListChain& chain) = 0;
  // This node is about to be changed, moved or freed.
  virtual void BeforeChange(const ListNode& node) = 0;
};

// Takes what a change left over and is too much to be freed at once.
class ListReclaimer {
 public:
  virtual ~ListReclaimer() = default;
  // Now owns the chain: FreeSome.
  virtual void Reclaim(ListChain detached) = 0;
};

// What every change of a list needs. The memory must be the same one in every call.
struct ListContext {
  SlabMemory& memory;
  ListLimits limits;
  uint64_t epoch = 0;
  ListObserver* observer = nullptr;
  ListReclaimer* reclaimer = nullptr;  // without one everything is freed at once
};

// Sees an element, which is valid during the call. Returns false to end the visit.
using VisitListElement = absl::FunctionRef<bool(const ListpackElement&)>;

// Owns what it refers to, and is copied like a pointer. Indexes count from 0 at the front.
class ListChain {
 public:
  static ListChain Create(const ListContext& context);
  static ListChain FromBlock(void* block) { return ListChain(static_cast<Directory*>(block)); }
  void* block() const { return directory_; }
  ListChain Copy(SlabMemory& memory, uint64_t epoch) const;
  // Frees up to `budget` nodes, and with the last of them the chain. True while any are left;
  // nothing else may be asked of the chain once this was called.
  bool FreeSome(SlabMemory& memory, size_t budget);

  size_t size() const { return directory_->size; }
  std::span<const ListNode> nodes() const {
    return {nodes_begin(), directory_->end - directory_->begin};
  }
  // Exact up to kMaxCountedNodes nodes; of more so many are looked at.
  size_t memory_bytes() const;
  static constexpr size_t kMaxCountedNodes = 1024;

  // Adds elements at one end, one after the other.
  void Push(const ListContext& context, ListEnd end, std::span<const std::string_view> texts);
  void Push(const ListContext& context, ListEnd end, std::string_view text) {
    Push(context, end, std::span(&text, 1));
  }
  // The element at one end, valid until the list changes. Precondition: not empty.
  ListpackElement Outermost(const ListContext& context, ListEnd end);
  // Takes it off. Precondition: not empty.
  void Pop(const ListContext& context, ListEnd end);
  // Adds a node at the back, which the chain then owns.
  void AppendNode(const ListContext& context, ListNode node);

  // Visits up to `count` elements from `index` on, towards the back or towards the front.
  void Visit(size_t index, size_t count, ListEnd towards, VisitListElement visit) const;

  // Puts the text before the element at `index`, or at the back. Precondition: index <= size().
  void Insert(const ListContext& context, size_t index, std::string_view text);
  // Precondition: index < size().
  void Replace(const ListContext& context, size_t index, std::string_view text);
  // Precondition: index + count <= size().
  void Erase(const ListContext& context, size_t index, size_t count);
  // Removes up to `limit` elements that equal `text`, the first of them from `from` on. Returns how
  // many.
  size_t Remove(const ListContext& context, std::string_view text, size_t limit, ListEnd from);

  // Takes the only node out of the chain and frees the chain. Precondition: one listpack node.
  Listpack TakeListpack(const ListContext& context);

  // Moves the blocks of up to `budget` nodes from number `cursor` on, where that helps to empty
  // slabs; with the last nodes, the directory. Returns the next cursor, 0 at the end.
  size_t Compact(const ListContext& context, size_t cursor, size_t budget, CompactionCount& count);

 private:
  struct Directory {
    uint64_t size;   // elements
    uint64_t epoch;  // the last one the chain was changed in
    uint32_t begin;  // nodes, from begin to before end
    uint32_t end;
    uint32_t capacity;
    uint32_t unused;
  };
  struct Place {
    size_t node;
    size_t offset;  // of the element in its node
  };

  explicit ListChain(Directory* directory) : directory_(directory) {}

  static size_t DirectoryBytes(size_t capacity) {
    return sizeof(Directory) + capacity * sizeof(ListNode);
  }
  static Directory* NewDirectory(SlabMemory& memory, size_t capacity);
  ListNode* slots() const { return reinterpret_cast<ListNode*>(directory_ + 1); }
  ListNode* nodes_begin() const { return slots() + directory_->begin; }
  ListNode& node(size_t index) const { return nodes_begin()[index]; }
  size_t IndexOf(ListEnd end) const { return end == ListEnd::kFront ? 0 : node_count() - 1; }
  size_t node_count() const { return directory_->end - directory_->begin; }

  Place Locate(size_t index) const;

  // The directory.
  void MoveDirectory(SlabMemory& memory, size_t capacity);
  void InsertNode(const ListContext& context, size_t index, const ListNode& node);
  void EraseNodes(SlabMemory& memory, size_t index, size_t count);

  // Changes of one node.
  void BeginChange(const ListContext& context);
  void Announce(const ListContext& context, size_t index);
  void PushOne(const ListContext& context, ListEnd end, std::string_view text);
  ListNode& Unpack(const ListContext& context, size_t index);
  ListNode& Open(const ListContext& context, size_t index);
  static bool Fits(const ListContext& context, const ListNode& node, const ListpackEntry& entry);
  void AddToNode(const ListContext& context, size_t index, size_t offset,
                 const ListpackEntry& entry);
  void InsertNewNode(const ListContext& context, size_t index, std::string_view text);
  void InsertBetween(const ListContext& context, size_t index, std::string_view text);
  void Split(const ListContext& context, Place place);
  void EraseInNode(const ListContext& context, Place place, size_t count);
  void EraseWholeNodes(const ListContext& context, size_t index, size_t count);
  void DropNodes(const ListContext& context, size_t index, size_t count);
  size_t RemoveInNode(const ListContext& context, size_t index, const ListpackNeedle& needle,
                      size_t limit, ListEnd from);

  // What follows a change.
  bool MergeWithNext(const ListContext& context, size_t index);
  void MergeAround(const ListContext& context, size_t index);
  void SettleAround(const ListContext& context, size_t index);
  void SettleInner(const ListContext& context, size_t index);
  void SettleEnds(const ListContext& context);

  Directory* directory_;
};

static_assert(sizeof(ListChain) == sizeof(void*));

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_LIST_CHAIN_H_
