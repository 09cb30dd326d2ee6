// SequenceTree: an ordered map for keys that mostly arrive in ascending order, such as the ids of a
// stream: what is added goes to the end, what is removed mostly leaves from the front.
//
// It is a B+ tree. Records are small values that lie in the leaves, beside their keys.
//
//   inner node                      leaf
//   ┌───────┬──────────┬──────────┐ ┌──────────┬──────┬───────┬───────┬──────────┬──────┬─────────┐
//   │ count │ 64 firsts│ 64 nodes │ │ previous │ next │ epoch │ count │ capacity │ keys │ records │
//   └───────┴──────────┴──────────┘ └──────────┴──────┴───────┴───────┴──────────┴──────┴─────────┘
//   `first` is larger than all keys before its node, and, but for the leftmost node of each level,
//   no larger than any key below it.
//
// Invariants:
//   - Keys ascend strictly. All leaves have the same depth and are linked in order.
//   - No node is empty; the root is no inner node with one child.
//   - A full node at the right edge is followed by a new one, so keys that arrive in order leave
//     full nodes behind. Other full nodes are halved. Two neighbours are joined when a removal
//     leaves them with half a node together.
//   - While the root is a leaf, its capacity follows the number of records: a few records take
//     little memory. An empty tree allocates nothing.
//
// Cost, for n records: Find, Insert, Erase and the bounds O(log n); the ends, and a step of a
// position, O(1). Insert behind the last key O(1) but for the new nodes.
//
// Epochs: a leaf carries the epoch in which it was last changed. Whoever freezes the tree raises
// the epoch of the guards that it is changed under, and is shown each leaf of an earlier epoch
// before it changes for the first time. So each record that was there when the epoch began is seen
// once, as it was: there, or by walking over those in leaves of earlier epochs. Trees that nobody
// freezes are changed without guards. Moving leaves in memory is no change.
//
// A Position is good until the tree changes. Memory comes from the SlabMemory passed to each call,
// always the same one; the owner takes the tree apart by FreeSome or Clear.
//
// Source: R. Bayer, E. McCreight: Organization and Maintenance of Large Ordered Indices. Acta
// Informatica 1, 1972.
#ifndef SOLOKV_KV_DS_SEQUENCE_TREE_H_
#define SOLOKV_KV_DS_SEQUENCE_TREE_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "kv/base/slab_memory.h"

namespace kv {

// A record without content: the tree is a set of keys.
struct NoRecord {};

template <class Key, class Record>
class SequenceTree {
  static_assert(std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<Record>);

  static constexpr uint32_t kFirstCapacity = 2;
  static constexpr uint32_t kFanOut = 64;
  static constexpr uint32_t kMaxHeight = 8;  // of 32 children at least: 10^12 records
  static constexpr size_t kRecordBytes = std::is_empty_v<Record> ? 0 : sizeof(Record);

  struct Leaf {
    Leaf* previous;
    Leaf* next;
    uint64_t epoch;
    uint32_t count;
    uint32_t capacity;

    static constexpr size_t Bytes(uint32_t capacity) {
      return sizeof(Leaf) + capacity * (sizeof(Key) + kRecordBytes);
    }
    Key* keys() { return reinterpret_cast<Key*>(this + 1); }
    Record* records() { return reinterpret_cast<Record*>(keys() + capacity); }
    uint32_t LowerBound(const Key& key) {
      return static_cast<uint32_t>(std::lower_bound(keys(), keys() + count, key) - keys());
    }
  };
  struct Inner {
    uint32_t count;
    uint32_t unused;
    void* nodes[kFanOut];
    Key firsts[kFanOut];

    // The child that `key` belongs to.
    uint32_t ChildOf(const Key& key) const {
      const auto at = static_cast<uint32_t>(std::upper_bound(firsts, firsts + count, key) - firsts);
      return at == 0 ? 0 : at - 1;
    }
  };
  static_assert(alignof(Key) <= 8 && alignof(Record) <= 8);
  // 64 records and what else there is room for in a block of theirs.
  static constexpr uint32_t kLeafCapacity = static_cast<uint32_t>(
      (SlabMemory::GoodSize(Leaf::Bytes(64)) - sizeof(Leaf)) / (sizeof(Key) + kRecordBytes));

  // The inner nodes above a leaf, the root first.
  struct Path {
    std::array<std::pair<Inner*, uint32_t>, kMaxHeight> steps;
    uint32_t height = 0;
    Leaf* leaf = nullptr;
  };

 public:
  // A record of the tree, or the place behind the last and before the first.
  class Position {
   public:
    Position() = default;
    explicit operator bool() const { return leaf_ != nullptr; }
    // Precondition for key and record: it is not the place behind the last one.
    const Key& key() const { return leaf_->keys()[index_]; }
    // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage)
    Record& record() const { return leaf_->records()[index_]; }
    // The last one in which what lies beside it was changed.
    uint64_t epoch() const { return leaf_->epoch; }
    Position Next() const {
      if (index_ + 1 < leaf_->count) return Position(leaf_, index_ + 1);
      return Position(leaf_->next, 0);
    }
    Position Previous() const {
      if (index_ > 0) return Position(leaf_, index_ - 1);
      Leaf* const before = leaf_->previous;
      return before == nullptr ? Position() : Position(before, before->count - 1);
    }

   private:
    friend class SequenceTree;
    Position(Leaf* leaf, uint32_t index) : leaf_(leaf), index_(index) {}
    Leaf* leaf_ = nullptr;
    uint32_t index_ = 0;
  };

  class LeafObserver {
   public:
    virtual ~LeafObserver() = default;
    // So many records from `first` on are those of a leaf, as it was when the epoch began. The tree
    // must not be changed from here.
    virtual void BeforeChange(Position first, uint32_t count) = 0;
  };
  // What a change of a tree that may be frozen needs.
  struct Guard {
    uint64_t epoch = 0;
    LeafObserver* observer = nullptr;
  };

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Leaves and inner nodes.
  size_t nodes() const { return leaves_ + inners_; }
  size_t leaves() const { return leaves_; }
  size_t memory_bytes() const {
    if (leaves_ == 0) return 0;
    return inners_ * SlabMemory::GoodSize(sizeof(Inner)) +
           leaves_ * SlabMemory::GoodSize(Leaf::Bytes(first_->capacity));
  }

  Position First() const { return Position(first_, 0); }
  Position Last() const {
    return last_ == nullptr ? Position() : Position(last_, last_->count - 1);
  }
  Position Find(const Key& key) const {
    const Position position = LowerBound(key);
    return position && position.key() == key ? position : Position();
  }
  // The first key that is not less than `key`.
  Position LowerBound(const Key& key) const {
    if (leaves_ == 0) return Position();
    Leaf* const leaf = LeafOf(key);
    const uint32_t index = leaf->LowerBound(key);
    return index < leaf->count ? Position(leaf, index) : Position(leaf->next, 0);
  }
  // The last key that is not greater than `key`.
  Position Floor(const Key& key) const {
    if (leaves_ == 0) return Position();
    Leaf* const leaf = LeafOf(key);
    const uint32_t index = leaf->LowerBound(key);
    if (index < leaf->count && leaf->keys()[index] == key) return Position(leaf, index);
    return index > 0 ? Position(leaf, index - 1) : Position(leaf, 0).Previous();
  }

  // Adds the key, or finds it. Returns its place, and whether it is new.
  std::pair<Position, bool> Insert(SlabMemory& memory, const Key& key, const Record& record = {},
                                   const Guard& guard = {});
  // Removes the record at `position`, which is one of the tree.
  void Erase(SlabMemory& memory, Position position, const Guard& guard = {}) {
    const Path path = PathTo(position.key());
    assert(path.leaf == position.leaf_);
    Announce(path.leaf, guard);
    EraseAt(memory, path, position.index_, guard);
  }
  bool Erase(SlabMemory& memory, const Key& key) {
    const Position position = Find(key);
    if (position) Erase(memory, position);
    return static_cast<bool>(position);
  }
  // The record at `position`, to be changed.
  Record& Edit(Position position, const Guard& guard) {
    Announce(position.leaf_, guard);
    return position.record();
  }
  // Shows all leaves that were not changed yet: all of them are about to go.
  void AnnounceAll(const Guard& guard) {
    if (guard.observer == nullptr) return;
    for (Leaf* leaf = first_; leaf != nullptr; leaf = leaf->next) Announce(leaf, guard);
  }
  // Moves the first leaf with all its records to the end of `target`, whose keys are all less.
  // Cost: that of one insertion.
  void MoveFirstLeaf(SlabMemory& memory, SequenceTree& target);
  size_t records_of_first_leaf() const { return first_ == nullptr ? 0 : first_->count; }

  // A tree with the same keys. `copy` makes a record from a record.
  template <class CopyRecord>
  SequenceTree Copy(SlabMemory& memory, CopyRecord&& copy) const {
    SequenceTree result;
    for (Position at = First(); at; at = at.Next()) {
      result.Insert(memory, at.key(), copy(at.record()));
    }
    return result;
  }

  // Frees up to `leaves` leaves from the end on, calling free(Record&) for each record in them.
  // True while any are left.
  template <class FreeRecord>
  bool FreeSome(SlabMemory& memory, size_t leaves, FreeRecord&& free) {
    for (; leaves > 0 && leaves_ > 0; --leaves) {
      for (uint32_t i = 0; i < last_->count; ++i) free(last_->records()[i]);
      size_ -= last_->count;
      const Path path = PathTo(last_->keys()[0]);
      Unlink(path.leaf);
      FreeLeaf(memory, path.leaf);
      RemoveChild(memory, path);
    }
    return leaves_ > 0;
  }
  void Clear(SlabMemory& memory) {
    while (FreeSome(memory, SIZE_MAX, [](Record&) {})) {
    }
  }

  // Visits the leaf at `cursor`, which is 0 at first: calls visit(Record&) for each record, then
  // moves the leaf if that helps to empty its slab. Returns the next cursor, 0 at the end. In
  // between the tree may change: leaves may then be left out or visited twice.
  template <class Visit>
  uint64_t CompactLeaf(SlabMemory& memory, uint64_t cursor, CompactionCount& count, Visit&& visit);

  // Whether the invariants hold. Cost: O(n).
  bool IsConsistent() const;

 private:
  Leaf* LeafOf(const Key& key) const {
    if (!(key < last_->keys()[0])) return last_;
    void* node = root_;
    for (uint32_t level = 0; level < height_; ++level) {
      auto* const inner = static_cast<Inner*>(node);
      node = inner->nodes[inner->ChildOf(key)];
    }
    return static_cast<Leaf*>(node);
  }
  Path PathTo(const Key& key) const {
    Path path;
    path.height = height_;
    void* node = root_;
    for (uint32_t level = 0; level < height_; ++level) {
      auto* const inner = static_cast<Inner*>(node);
      path.steps[level] = {inner, inner->ChildOf(key)};
      node = inner->nodes[path.steps[level].second];
    }
    path.leaf = static_cast<Leaf*>(node);
    return path;
  }

  static void Announce(Leaf* leaf, const Guard& guard) {
    if (leaf->epoch == guard.epoch) return;
    if (guard.observer != nullptr) guard.observer->BeforeChange(Position(leaf, 0), leaf->count);
    leaf->epoch = guard.epoch;
  }

  Leaf* NewLeaf(SlabMemory& memory, uint32_t capacity, uint64_t epoch) {
    ++leaves_;
    return new (memory.Allocate(Leaf::Bytes(capacity))) Leaf{nullptr, nullptr, epoch, 0, capacity};
  }
  void FreeLeaf(SlabMemory& memory, Leaf* leaf) {
    --leaves_;
    memory.Free(leaf, Leaf::Bytes(leaf->capacity));
  }
  Inner* NewInner(SlabMemory& memory) {
    ++inners_;
    auto* const inner = static_cast<Inner*>(memory.Allocate(sizeof(Inner)));
    inner->count = 0;
    inner->unused = 0;
    return inner;
  }
  void FreeInner(SlabMemory& memory, Inner* inner) {
    --inners_;
    memory.Free(inner, sizeof(Inner));
  }

  static void CopyRecords(Leaf* from, uint32_t begin, uint32_t end, Leaf* to, uint32_t at) {
    std::copy(from->keys() + begin, from->keys() + end, to->keys() + at);
    if constexpr (kRecordBytes > 0) {
      std::copy(from->records() + begin, from->records() + end, to->records() + at);
    }
  }
  static void InsertInLeaf(Leaf* leaf, uint32_t index, const Key& key, const Record& record) {
    Key* const keys = leaf->keys();
    std::copy_backward(keys + index, keys + leaf->count, keys + leaf->count + 1);
    keys[index] = key;
    if constexpr (kRecordBytes > 0) {
      Record* const records = leaf->records();
      std::copy_backward(records + index, records + leaf->count, records + leaf->count + 1);
      records[index] = record;
    }
    ++leaf->count;
  }

  void LinkBehind(Leaf* leaf, Leaf* added) {
    added->previous = leaf;
    added->next = leaf == nullptr ? nullptr : leaf->next;
    (leaf == nullptr ? first_ : leaf->next) = added;
    (added->next == nullptr ? last_ : added->next->previous) = added;
  }
  void Unlink(Leaf* leaf) {
    (leaf->previous == nullptr ? first_ : leaf->previous->next) = leaf->next;
    (leaf->next == nullptr ? last_ : leaf->next->previous) = leaf->previous;
  }
  // The only leaf, with more room.
  Leaf* GrowRoot(SlabMemory& memory) {
    Leaf* const old = first_;
    Leaf* const grown = NewLeaf(memory, std::min(old->capacity * 2, kLeafCapacity), old->epoch);
    CopyRecords(old, 0, old->count, grown, 0);
    grown->count = old->count;
    FreeLeaf(memory, old);
    root_ = first_ = last_ = grown;
    return grown;
  }

  static void InsertChild(Inner* inner, uint32_t at, const Key& first, void* node) {
    const uint32_t count = inner->count++;
    std::copy_backward(inner->nodes + at, inner->nodes + count, inner->nodes + count + 1);
    std::copy_backward(inner->firsts + at, inner->firsts + count, inner->firsts + count + 1);
    inner->nodes[at] = node;
    inner->firsts[at] = first;
  }
  // Puts a leaf, linked already, into the tree behind the one of `path`.
  void AddLeaf(SlabMemory& memory, Path& path, Leaf* added) {
    AddChild(memory, path, path.height, added->keys()[0], added);
  }
  void AddChild(SlabMemory& memory, Path& path, uint32_t level, const Key& first, void* node);
  // Makes a root above the present one and `node`.
  void AddRoot(SlabMemory& memory, const Key& first, void* node);
  // Takes the node at the end of the path out of the inner nodes.
  void RemoveChild(SlabMemory& memory, const Path& path);
  void EraseAt(SlabMemory& memory, const Path& path, uint32_t index, const Guard& guard);
  void JoinNeighbours(SlabMemory& memory, const Path& path, const Guard& guard);

  void* root_ = nullptr;
  Leaf* first_ = nullptr;
  Leaf* last_ = nullptr;
  uint64_t size_ = 0;
  uint32_t leaves_ = 0;
  uint32_t inners_ = 0;
  uint32_t height_ = 0;  // inner nodes above each leaf
  uint32_t unused_ = 0;
};

template <class Key, class Record>
auto SequenceTree<Key, Record>::Insert(SlabMemory& memory, const Key& key, const Record& record,
                                       const Guard& guard) -> std::pair<Position, bool> {
  if (leaves_ == 0) {
    Leaf* const leaf = NewLeaf(memory, kFirstCapacity, guard.epoch);
    LinkBehind(nullptr, leaf);
    root_ = leaf;
  }
  Leaf* leaf = size_ == 0 ? last_ : LeafOf(key);
  const uint32_t index = leaf->LowerBound(key);
  if (index < leaf->count && leaf->keys()[index] == key) return {Position(leaf, index), false};
  Announce(leaf, guard);
  ++size_;
  if (leaf->count == leaf->capacity && leaf->capacity < kLeafCapacity) leaf = GrowRoot(memory);
  if (leaf->count < leaf->capacity) {
    InsertInLeaf(leaf, index, key, record);
    return {Position(leaf, index), true};
  }
  Path path = PathTo(key);
  Leaf* const added = NewLeaf(memory, kLeafCapacity, guard.epoch);
  const bool at_end = leaf == last_ && index == leaf->count;
  const uint32_t kept = at_end ? leaf->count : leaf->count / 2;
  CopyRecords(leaf, kept, leaf->count, added, 0);
  added->count = leaf->count - kept;
  leaf->count = kept;
  LinkBehind(leaf, added);
  const bool in_added = at_end || index > kept;
  Leaf* const target = in_added ? added : leaf;
  const uint32_t at = in_added ? index - kept : index;
  InsertInLeaf(target, at, key, record);
  AddLeaf(memory, path, added);
  return {Position(target, at), true};
}

template <class Key, class Record>
void SequenceTree<Key, Record>::AddRoot(SlabMemory& memory, const Key& first, void* node) {
  assert(height_ + 1 < kMaxHeight);
  Inner* const root = NewInner(memory);
  const Key& old_first =
      height_ == 0 ? static_cast<Leaf*>(root_)->keys()[0] : static_cast<Inner*>(root_)->firsts[0];
  InsertChild(root, 0, old_first, root_);
  InsertChild(root, 1, first, node);
  root_ = root;
  ++height_;
}

template <class Key, class Record>
void SequenceTree<Key, Record>::AddChild(SlabMemory& memory, Path& path, uint32_t level,
                                         const Key& first, void* node) {
  if (level == 0) return AddRoot(memory, first, node);
  auto [inner, child] = path.steps[level - 1];
  const uint32_t at = child + 1;
  if (inner->count < kFanOut) return InsertChild(inner, at, first, node);
  Inner* const added = NewInner(memory);
  const uint32_t kept = at == kFanOut ? kFanOut : kFanOut / 2;
  std::copy(inner->nodes + kept, inner->nodes + kFanOut, added->nodes);
  std::copy(inner->firsts + kept, inner->firsts + kFanOut, added->firsts);
  added->count = kFanOut - kept;
  inner->count = kept;
  const bool in_added = at > kept || kept == kFanOut;
  InsertChild(in_added ? added : inner, in_added ? at - kept : at, first, node);
  AddChild(memory, path, level - 1, added->firsts[0], added);
}

template <class Key, class Record>
void SequenceTree<Key, Record>::RemoveChild(SlabMemory& memory, const Path& path) {
  uint32_t level = path.height;
  for (; level > 0; --level) {
    auto [inner, child] = path.steps[level - 1];
    std::copy(inner->nodes + child + 1, inner->nodes + inner->count, inner->nodes + child);
    std::copy(inner->firsts + child + 1, inner->firsts + inner->count, inner->firsts + child);
    if (--inner->count > 0) break;
    FreeInner(memory, inner);
  }
  if (level == 0) {  // everything is gone
    root_ = nullptr;
    height_ = 0;
  }
  while (height_ > 0 && static_cast<Inner*>(root_)->count == 1) {
    auto* const root = static_cast<Inner*>(root_);
    root_ = root->nodes[0];
    FreeInner(memory, root);
    --height_;
  }
}

template <class Key, class Record>
void SequenceTree<Key, Record>::EraseAt(SlabMemory& memory, const Path& path, uint32_t index,
                                        const Guard& guard) {
  Leaf* const leaf = path.leaf;
  std::copy(leaf->keys() + index + 1, leaf->keys() + leaf->count, leaf->keys() + index);
  if constexpr (kRecordBytes > 0) {
    std::copy(leaf->records() + index + 1, leaf->records() + leaf->count, leaf->records() + index);
  }
  --leaf->count;
  --size_;
  if (leaf->count == 0) {
    Unlink(leaf);
    FreeLeaf(memory, leaf);
    RemoveChild(memory, path);
  } else if (path.height > 0 && leaf->count < kLeafCapacity / 4) {
    JoinNeighbours(memory, path, guard);
  }
}

// Joins the leaf at the end of the path with its successor below the same inner node, or with its
// predecessor, if the two fill half a leaf at most.
template <class Key, class Record>
void SequenceTree<Key, Record>::JoinNeighbours(SlabMemory& memory, const Path& path,
                                               const Guard& guard) {
  auto [inner, child] = path.steps[path.height - 1];
  for (const bool with_next : {true, false}) {
    if (with_next ? child + 1 == inner->count : child == 0) continue;
    Path right_path = path;
    if (with_next) ++right_path.steps[path.height - 1].second;
    Leaf* const right = with_next ? path.leaf->next : path.leaf;
    Leaf* const left = right->previous;
    if (left->count + right->count > kLeafCapacity / 2) continue;
    Announce(left, guard);
    Announce(right, guard);
    CopyRecords(right, 0, right->count, left, left->count);
    left->count += right->count;
    Unlink(right);
    FreeLeaf(memory, right);
    return RemoveChild(memory, right_path);
  }
}

template <class Key, class Record>
void SequenceTree<Key, Record>::MoveFirstLeaf(SlabMemory& memory, SequenceTree& target) {
  assert(leaves_ > 0 && (target.leaves_ == 0 || target.last_->capacity == kLeafCapacity));
  const Path path = PathTo(first_->keys()[0]);
  Leaf* const leaf = path.leaf;
  Unlink(leaf);
  --leaves_;
  size_ -= leaf->count;
  RemoveChild(memory, path);
  ++target.leaves_;
  target.size_ += leaf->count;
  if (target.last_ == nullptr) {
    target.LinkBehind(nullptr, leaf);
    target.root_ = leaf;
    return;
  }
  Path target_path = target.PathTo(target.last_->keys()[0]);
  target.LinkBehind(target.last_, leaf);
  target.AddLeaf(memory, target_path, leaf);
}

// A cursor is the path to the leaf: for each level, from the lowest, 7 bits of child, and the
// number of the next leaf as a child counted on.
template <class Key, class Record>
template <class Visit>
uint64_t SequenceTree<Key, Record>::CompactLeaf(SlabMemory& memory, uint64_t cursor,
                                                CompactionCount& count, Visit&& visit) {
  constexpr uint64_t kBits = 7;
  if (leaves_ == 0) return 0;
  // Down to the leaf.
  Path path;
  path.height = height_;
  void** place = &root_;
  for (uint32_t level = 0; level < height_; ++level) {
    auto* inner = static_cast<Inner*>(*place);
    if (count.Count(memory.IsSparse(inner, sizeof(Inner)))) {
      auto* const moved = static_cast<Inner*>(memory.Allocate(sizeof(Inner)));
      std::memcpy(static_cast<void*>(moved), inner, sizeof(Inner));
      memory.Free(inner, sizeof(Inner));
      *place = inner = moved;
    }
    const uint64_t wanted = cursor >> (kBits * (height_ - 1 - level)) & ((1u << kBits) - 1);
    const auto child = static_cast<uint32_t>(std::min<uint64_t>(wanted, inner->count - 1));
    path.steps[level] = {inner, child};
    place = &inner->nodes[child];
  }
  auto* leaf = static_cast<Leaf*>(*place);
  for (uint32_t i = 0; i < leaf->count; ++i) visit(leaf->keys()[i], leaf->records()[i]);
  if (count.Count(memory.IsSparse(leaf, Leaf::Bytes(leaf->capacity)))) {
    auto* const moved = static_cast<Leaf*>(memory.Allocate(Leaf::Bytes(leaf->capacity)));
    std::memcpy(static_cast<void*>(moved), leaf, Leaf::Bytes(leaf->capacity));
    (moved->previous == nullptr ? first_ : moved->previous->next) = moved;
    (moved->next == nullptr ? last_ : moved->next->previous) = moved;
    memory.Free(leaf, Leaf::Bytes(leaf->capacity));
    *place = leaf = moved;
  }
  // On to the next.
  uint32_t level = height_;
  while (level > 0 && path.steps[level - 1].second + 1 == path.steps[level - 1].first->count) {
    --level;
  }
  if (level == 0) return 0;
  uint64_t next = 0;
  for (uint32_t i = 0; i < height_; ++i) {
    const uint64_t child = path.steps[i].second;
    next = next << kBits | (i + 1 < level ? child : i + 1 == level ? child + 1 : 0);
  }
  return next;
}

template <class Key, class Record>
bool SequenceTree<Key, Record>::IsConsistent() const {
  size_t records = 0;
  size_t leaves = 0;
  const Key* before = nullptr;
  for (Leaf* leaf = first_; leaf != nullptr; leaf = leaf->next, ++leaves) {
    if (leaf->count == 0 || leaf->count > leaf->capacity) return false;
    if (leaf->next == nullptr ? leaf != last_ : leaf->next->previous != leaf) return false;
    if (PathTo(leaf->keys()[0]).leaf != leaf) return false;
    for (uint32_t i = 0; i < leaf->count; ++i, ++records) {
      if (before != nullptr && !(*before < leaf->keys()[i])) return false;
      before = &leaf->keys()[i];
    }
  }
  return records == size_ && leaves == leaves_ && (leaves > 0 || inners_ == 0);
}

}  // namespace kv

#endif  // SOLOKV_KV_DS_SEQUENCE_TREE_H_
