// What is done to a counted tree as a whole, beside changes of its elements: moving it out of
// sparse slabs, freeing it in steps, showing it to an observer, checking it.
#include <array>
#include <cmath>

#include "kv/ds/counted_tree.h"

namespace kv {

using counted_tree_internal::Inner;
using counted_tree_internal::Leaf;

namespace {

bool Ascend(const ScoredMember& a, const ScoredMember& b) {
  return a.score() < b.score() || (a.score() == b.score() && a.member() < b.member());
}

template <class Node>
Node* MoveNode(SlabMemory& memory, Node* node) {
  void* const moved = memory.Allocate(sizeof(Node));
  std::memcpy(moved, static_cast<void*>(node), sizeof(Node));
  memory.Free(node, sizeof(Node));
  return static_cast<Node*>(moved);
}

}  // namespace

// --- Memory --------------------------------------------------------------------------------------

Leaf* CountedTree::MoveLeaf(SlabMemory& memory, Leaf* leaf) {
  Leaf* const moved = MoveNode(memory, leaf);
  if (moved->previous != nullptr) moved->previous->next = moved;
  if (moved->next != nullptr) moved->next->previous = moved;
  if (unsaved_ == leaf) unsaved_ = moved;
  return moved;
}

// Moves the nodes of the path out of sparse slabs.
void CountedTree::CompactPath(SlabMemory& memory, Path& path) {
  for (uint32_t level = 0; level <= height_; ++level) {
    void* moved;
    if (level < height_) {
      Inner*& node = path.steps[level].node;
      if (!memory.IsSparse(node, sizeof(Inner))) continue;
      moved = node = MoveNode(memory, node);
    } else {
      if (!memory.IsSparse(path.leaf, sizeof(Leaf))) continue;
      moved = path.leaf = MoveLeaf(memory, path.leaf);
    }
    if (level == 0) {
      root_ = moved;
    } else {
      path.steps[level - 1].node->children[path.steps[level - 1].index] = moved;
    }
  }
}

size_t CountedTree::Compact(SlabMemory& memory, size_t rank, Move move) {
  if (rank >= size_) return 0;
  Path path = PathToRank(rank);
  const size_t next = rank - path.index + path.leaf->count;
  CompactPath(memory, path);
  Leaf* const leaf = path.leaf;
  for (size_t i = 0; i < leaf->count; ++i) Prefetch(leaf->elements[i].get());
  for (size_t i = 0; i < leaf->count; ++i) leaf->elements[i] = move(leaf->elements[i].get());
  RefreshFirst(path);
  return next == size_ ? 0 : next;
}

bool CountedTree::FreeSome(SlabMemory& memory, size_t budget) {
  size_ = 0;
  for (; budget > 0 && root_ != nullptr; --budget) {
    std::array<Inner*, kMaxHeight> nodes;
    void* node = root_;
    for (uint32_t level = 0; level < height_; ++level) {
      nodes[level] = static_cast<Inner*>(node);
      node = nodes[level]->children[nodes[level]->count - 1].get();
    }
    FreeLeaf(memory, static_cast<Leaf*>(node));
    uint32_t level = height_;
    while (level > 0 && --nodes[level - 1]->count == 0) FreeInner(memory, nodes[--level]);
    if (level == 0) {
      root_ = nullptr;
      height_ = 0;
    }
  }
  return root_ != nullptr;
}

// --- Epochs --------------------------------------------------------------------------------------

Leaf* CountedTree::FirstLeaf() const {
  void* node = root_;
  for (uint32_t level = 0; level < height_; ++level) {
    node = static_cast<Inner*>(node)->children[0].get();
  }
  return static_cast<Leaf*>(node);
}

void CountedTree::BeginEpoch(LeafObserver& observer) {
  ++epoch_;
  observer_ = &observer;
  unsaved_ = FirstLeaf();
}

bool CountedTree::SaveSome(size_t leaves) {
  for (; leaves > 0 && unsaved_ != nullptr; --leaves) {
    BeforeChange(unsaved_);
    unsaved_ = unsaved_->next;
  }
  return unsaved_ != nullptr;
}

// --- Validation ----------------------------------------------------------------------------------

bool CountedTree::IsValid() const {
  if (root_ == nullptr) return size_ == 0 && height_ == 0 && leaves_ == 0 && inners_ == 0;
  if (height_ > 0 && static_cast<const Inner*>(root_)->count < 2) return false;
  const Leaf* last = nullptr;
  size_t inners = 0;
  const Subtree all = Check(root_, 0, last, inners);
  return all.valid && last->next == nullptr && all.size == size_ && inners == inners_ &&
         static_cast<size_t>(all.leaves) == leaves_;
}

// Checks what lies below `node`; `last` is the leaf before, then the last one below.
CountedTree::Subtree CountedTree::Check(const void* node, int level, const Leaf*& last,
                                        size_t& inners) const {
  if (level == static_cast<int>(height_)) {
    const auto& leaf = *static_cast<const Leaf*>(node);
    bool valid = leaf.count > 0 && leaf.count <= Leaf::kCapacity && leaf.previous == last &&
                 (last == nullptr || last->next == &leaf);
    const ScoredMember* before = last == nullptr ? nullptr : last->elements[last->count - 1].get();
    for (size_t i = 0; i < leaf.count; ++i) {
      const ScoredMember* const element = leaf.elements[i].get();
      valid = valid && !std::isnan(element->score()) &&
              (before == nullptr || Ascend(*before, *element));
      before = element;
    }
    last = &leaf;
    return {leaf.count, 1, valid};
  }
  const auto& inner = *static_cast<const Inner*>(node);
  ++inners;
  Subtree sum = {0, 0, inner.count > 0 && inner.count <= Inner::kCapacity};
  for (size_t i = 0; i < inner.count; ++i) {
    const Leaf* const before = last;
    const Subtree child = Check(inner.children[i].get(), level + 1, last, inners);
    const Leaf* const first = before == nullptr ? FirstLeaf() : before->next;
    sum.size += child.size;
    sum.leaves += child.leaves;
    sum.valid = sum.valid && child.valid && child.size == inner.sizes[i] &&
                inner.firsts[i].get() == first->elements[0].get() &&
                inner.scores[i] == first->elements[0]->score();
  }
  return sum;
}

}  // namespace kv
