#include "kv/ds/counted_tree.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <numeric>
#include <utility>

namespace kv {

using counted_tree_internal::Element;
using counted_tree_internal::Inner;
using counted_tree_internal::Leaf;

namespace {

// A sibling with less room is not worth shifting elements to.
constexpr size_t kWorthShifting = 8;

// A leaf below this looks for siblings to merge with, as far as those left stay within kWellFilled.
constexpr size_t kMergeBelow = Leaf::kCapacity * 2 / 3;
constexpr size_t kWellFilled = Leaf::kCapacity * 15 / 16;

// A leaf below this takes elements from a sibling if it found none to merge with.
constexpr size_t kEvenOutBelow = Leaf::kCapacity / 3;

// The same for inner nodes, which only merge.
constexpr size_t kMergeInnerBelow = Inner::kCapacity / 3;
constexpr size_t kWellFilledInner = Inner::kCapacity * 7 / 8;

constexpr size_t kMostOfGroup = 3;  // leaves that are split or merged together

// --- The orders a search may follow: whether an element lies before the place sought ------------

struct BeforeKey {
  double score;
  std::string_view member;
  bool operator()(double other, Element element) const {
    return other < score || (other == score && element->member() < member);
  }
};

struct BelowScore {
  double score;
  bool operator()(double other, Element) const { return other < score; }
};

struct AtMostScore {
  double score;
  bool operator()(double other, Element) const { return other <= score; }
};

struct BelowMember {
  std::string_view member;
  bool operator()(double, Element element) const { return element->member() < member; }
};

struct AtMostMember {
  std::string_view member;
  bool operator()(double, Element element) const { return element->member() <= member; }
};

// The first index whose element is not before the place. Asks for both elements that the next
// comparison may read, so that the waits for memory overlap.
template <class Before>
size_t SearchLeaf(const Leaf& leaf, Before before) {
  size_t low = 0;
  size_t high = leaf.count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    Prefetch(leaf.elements[(low + middle) / 2].get());
    Prefetch(leaf.elements[std::min<size_t>((middle + 1 + high) / 2, leaf.count - 1)].get());
    const Element element = leaf.elements[middle];
    if (before(element->score(), element)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// The child the place lies in: the last whose first element is before it.
template <class Before>
size_t SearchInner(const Inner& node, Before before) {
  size_t low = 1;
  size_t high = node.count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (before(node.scores[middle], node.firsts[middle])) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

Leaf* LeafAt(const Inner& node, size_t index) {
  return static_cast<Leaf*>(node.children[index].get());
}

Inner* InnerAt(const Inner& node, size_t index) {
  return static_cast<Inner*>(node.children[index].get());
}

// Copies the entries of `count` children; the places may overlap.
void MoveEntries(Inner& to, size_t to_index, const Inner& from, size_t from_index, size_t count) {
  const auto move = [=](auto& target, const auto& source) {
    std::memmove(&target[to_index], &source[from_index], count * sizeof source[0]);
  };
  if (count == 0) return;
  move(to.scores, from.scores);
  move(to.sizes, from.sizes);
  move(to.firsts, from.firsts);
  move(to.children, from.children);
}

void InsertEntry(Inner& node, size_t index, void* child) {
  assert(node.count < Inner::kCapacity);
  MoveEntries(node, index + 1, node, index, node.count - index);
  node.children[index] = child;
  ++node.count;
}

void RemoveEntry(Inner& node, size_t index) {
  MoveEntries(node, index, node, index + 1, node.count - index - 1);
  --node.count;
}

}  // namespace

CountedTree::CountedTree(CountedTree&& other) noexcept
    : root_(std::exchange(other.root_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      height_(std::exchange(other.height_, 0)),
      epoch_(other.epoch_),
      leaves_(std::exchange(other.leaves_, 0)),
      inners_(std::exchange(other.inners_, 0)),
      observer_(std::exchange(other.observer_, nullptr)),
      unsaved_(std::exchange(other.unsaved_, nullptr)) {}

size_t CountedTree::memory_bytes() const {
  return leaves_ * SlabMemory::GoodSize(sizeof(Leaf)) +
         inners_ * SlabMemory::GoodSize(sizeof(Inner));
}

double CountedTree::fill() const {
  if (empty()) return 1;
  return static_cast<double>(size_) / static_cast<double>(leaves_ * Leaf::kCapacity);
}

// --- Search --------------------------------------------------------------------------------------

// The way to the leaf in which the place lies; the index in it is left open.
template <class Before>
CountedTree::Path CountedTree::PathToLeaf(Before before) const {
  Path path;
  void* node = root_;
  for (uint32_t level = 0; level < height_; ++level) {
    auto* const inner = static_cast<Inner*>(node);
    const size_t index = SearchInner(*inner, before);
    path.steps[level] = {inner, index};
    node = inner->children[index].get();
  }
  path.leaf = static_cast<Leaf*>(node);
  return path;
}

template <class Before>
CountedTree::Path CountedTree::Find(Before before) const {
  Path path = PathToLeaf(before);
  path.index = SearchLeaf(*path.leaf, before);
  return path;
}

template <class Before>
size_t CountedTree::CountWhere(Before before) const {
  return empty() ? 0 : RankOfPath(Find(before));
}

size_t CountedTree::CountBelow(double score) const {
  return CountWhere(BelowScore{score});
}

size_t CountedTree::CountAtMost(double score) const {
  return CountWhere(AtMostScore{score});
}

size_t CountedTree::CountBelow(std::string_view member) const {
  return CountWhere(BelowMember{member});
}

size_t CountedTree::CountAtMost(std::string_view member) const {
  return CountWhere(AtMostMember{member});
}

size_t CountedTree::RankOf(const ScoredMember* element) const {
  return RankOfPath(PathTo(element));
}

CountedTree::Iterator CountedTree::Seek(size_t rank) const {
  if (rank >= size_) return {};
  const Path path = PathToRank(rank);
  const Iterator place(path.leaf, path.index);
  place.PrefetchAround();
  return place;
}

// The way to an element of the tree. In the leaf the reference itself is looked for, which reads no
// elements.
CountedTree::Path CountedTree::PathTo(const ScoredMember* element) const {
  const auto is_at_most = [before = BeforeKey{element->score(), element->member()}, element](
                              double score, Element other) {
    return other.get() == element || before(score, other);
  };
  Path path = PathToLeaf(is_at_most);
  const auto begin = path.leaf->elements.begin();
  const auto place =
      std::find(begin, begin + path.leaf->count, Element(const_cast<ScoredMember*>(element)));
  path.index = static_cast<size_t>(place - begin);
  assert(path.index < path.leaf->count);
  return path;
}

CountedTree::Path CountedTree::PathToRank(size_t rank) const {
  assert(rank < size_);
  Path path;
  void* node = root_;
  for (uint32_t level = 0; level < height_; ++level) {
    auto* const inner = static_cast<Inner*>(node);
    size_t index = 0;
    for (; rank >= inner->sizes[index]; ++index) rank -= inner->sizes[index];
    path.steps[level] = {inner, index};
    node = inner->children[index].get();
  }
  path.leaf = static_cast<Leaf*>(node);
  path.index = rank;
  return path;
}

// The place behind the last element. Precondition: not empty.
CountedTree::Path CountedTree::PathToEnd() const {
  Path path;
  void* node = root_;
  for (uint32_t level = 0; level < height_; ++level) {
    auto* const inner = static_cast<Inner*>(node);
    path.steps[level] = {inner, inner->count - 1};
    node = inner->children[inner->count - 1].get();
  }
  path.leaf = static_cast<Leaf*>(node);
  path.index = path.leaf->count;
  return path;
}

size_t CountedTree::RankOfPath(const Path& path) const {
  size_t rank = path.index;
  for (uint32_t level = 0; level < height_; ++level) {
    const auto& [node, index] = path.steps[level];
    rank = std::accumulate(node->sizes.begin(), node->sizes.begin() + index, rank);
  }
  return rank;
}

// --- Insertion -----------------------------------------------------------------------------------

void CountedTree::Insert(SlabMemory& memory, ScoredMember* element) {
  assert(!std::isnan(element->score()));
  if (root_ == nullptr) root_ = NewLeaf(memory, nullptr, nullptr);
  Path path = Find(BeforeKey{element->score(), element->member()});
  InsertAt(memory, path, element);
}

void CountedTree::Append(SlabMemory& memory, ScoredMember* element) {
  if (root_ == nullptr) root_ = NewLeaf(memory, nullptr, nullptr);
  Path path = PathToEnd();
  InsertAt(memory, path, element);
}

void CountedTree::InsertAt(SlabMemory& memory, Path& path, ScoredMember* element) {
  ++size_;
  Leaf* const leaf = path.leaf;
  if (leaf->count == Leaf::kCapacity) return InsertIntoFull(memory, path, element);
  BeforeChange(leaf);
  const auto place = leaf->elements.begin() + path.index;
  std::move_backward(place, leaf->elements.begin() + leaf->count,
                     leaf->elements.begin() + leaf->count + 1);
  *place = element;
  ++leaf->count;
  AddToSizes(path, 1);
  if (path.index == 0) RefreshFirst(path);
}

void CountedTree::InsertIntoFull(SlabMemory& memory, Path& path, ScoredMember* element) {
  if (height_ == 0) GrowRoot(memory, path);
  const int level = static_cast<int>(height_) - 1;
  const bool appends = path.leaf->next == nullptr && path.index == path.leaf->count;
  const bool prepends = path.leaf->previous == nullptr && path.index == 0;
  if (!appends && !prepends) {
    const auto& [parent, index] = path.steps[level];
    const Group left = {index - 1, 2};
    const Group right = {index, 2};
    constexpr size_t kMost = 2 * Leaf::kCapacity - kWorthShifting;
    const size_t left_size = index > 0 ? SizeOf(*parent, left) : SIZE_MAX;
    const size_t right_size = index + 1 < parent->count ? SizeOf(*parent, right) : SIZE_MAX;
    if (std::min(left_size, right_size) <= kMost) {
      return Regroup(memory, path, left_size < right_size ? left : right, 2, element);
    }
  }
  const int lowest = MakeRoom(memory, path, level);
  const auto& [parent, index] = path.steps[lowest];
  if (appends || prepends) {
    return InsertLeaf(memory, path, appends ? index + 1 : index, element);
  }
  const Group group = GroupAround(*parent, index, kMostOfGroup);
  Regroup(memory, path, group, group.count + 1, element);
}

// A leaf of its own for an element beyond the first or the last one.
void CountedTree::InsertLeaf(SlabMemory& memory, Path& path, size_t index, ScoredMember* element) {
  const bool appends = path.leaf->next == nullptr && path.index != 0;
  Leaf* const leaf =
      appends ? NewLeaf(memory, path.leaf, nullptr) : NewLeaf(memory, nullptr, path.leaf);
  leaf->elements[0] = element;
  leaf->count = 1;
  const int level = static_cast<int>(height_) - 1;
  Inner* const parent = path.steps[level].node;
  InsertEntry(*parent, index, leaf);
  RefreshEntry(parent, index, level);
  RefreshAbove(path, level);
}

// --- Removal -------------------------------------------------------------------------------------

void CountedTree::Erase(SlabMemory& memory, const ScoredMember* element) {
  Path path = PathTo(element);
  BeforeChange(path.leaf);
  EraseAt(memory, path, 1);
}

void CountedTree::EraseRange(SlabMemory& memory, size_t first, size_t count, Release release) {
  assert(first + count <= size_);
  while (count > 0) {
    Path path = PathToRank(first);
    Leaf* const leaf = path.leaf;
    const size_t taken = std::min<size_t>(count, leaf->count - path.index);
    BeforeChange(leaf);
    std::array<Element, Leaf::kCapacity> erased;
    std::copy_n(leaf->elements.begin() + path.index, taken, erased.begin());
    EraseAt(memory, path, taken);
    for (size_t i = 0; i < taken; ++i) Prefetch(erased[i].get());
    for (size_t i = 0; i < taken; ++i) release(erased[i].get());
    count -= taken;
  }
}

// The observer has seen the leaf.
void CountedTree::EraseAt(SlabMemory& memory, Path& path, size_t count) {
  Leaf* const leaf = path.leaf;
  const auto begin = leaf->elements.begin();
  std::move(begin + path.index + count, begin + leaf->count, begin + path.index);
  leaf->count = static_cast<uint16_t>(leaf->count - count);
  size_ -= count;
  AddToSizes(path, -static_cast<int64_t>(count));
  if (path.index == 0 && leaf->count > 0) RefreshFirst(path);
  if (leaf->count < kMergeBelow) ShrinkLeaf(memory, path);
}

// Merges a leaf that has become rather empty, or evens it out with a sibling.
void CountedTree::ShrinkLeaf(SlabMemory& memory, Path& path) {
  Leaf* const leaf = path.leaf;
  if (height_ == 0) {
    if (leaf->count > 0) return;
    FreeLeaf(memory, leaf);
    root_ = nullptr;
    return;
  }
  const int level = static_cast<int>(height_) - 1;
  const auto& [parent, index] = path.steps[level];
  const Group group = GroupAround(*parent, index, kMostOfGroup);
  if (leaf->count == 0 || SizeOf(*parent, group) <= (group.count - 1) * kWellFilled) {
    Regroup(memory, path, group, group.count - 1, nullptr);
    ShrinkInner(memory, path, level);
    ShrinkRoot(memory);
  } else if (leaf->count < kEvenOutBelow && group.count > 1) {
    const bool has_right = index + 1 < parent->count;
    const bool takes_left =
        index > 0 && (!has_right || parent->sizes[index - 1] > parent->sizes[index + 1]);
    Regroup(memory, path, {takes_left ? index - 1 : index, 2}, 2, nullptr);
  }
}

void CountedTree::SetScore(SlabMemory& memory, ScoredMember* element, double score) {
  assert(!std::isnan(score));
  Path path = PathTo(element);
  BeforeChange(path.leaf);
  const BeforeKey before = {score, element->member()};
  Iterator lower(path.leaf, path.index);
  Iterator higher = lower;
  const bool stays = (!--lower || before(lower->score(), &*lower)) &&
                     (!++higher || !before(higher->score(), &*higher));
  if (stays) {
    element->set_score(score);
    if (path.index == 0) RefreshFirst(path);
    return;
  }
  EraseAt(memory, path, 1);
  element->set_score(score);
  Insert(memory, element);
}

// --- Sizes and firsts ----------------------------------------------------------------------------

void CountedTree::AddToSizes(const Path& path, int64_t difference) {
  for (uint32_t level = 0; level < height_; ++level) {
    const auto& [node, index] = path.steps[level];
    node->sizes[index] += static_cast<uint64_t>(difference);
  }
}

// The leaf has a new first element.
void CountedTree::RefreshFirst(const Path& path) {
  const Element first = path.leaf->elements[0];
  for (int level = static_cast<int>(height_) - 1; level >= 0; --level) {
    const auto& [node, index] = path.steps[level];
    node->firsts[index] = first;
    node->scores[index] = first->score();
    if (index != 0) return;
  }
}

// The children of the node at `level` have changed: enters that into the nodes above.
void CountedTree::RefreshAbove(const Path& path, int level) {
  while (--level >= 0) RefreshEntry(path.steps[level].node, path.steps[level].index, level);
}

void CountedTree::RefreshEntry(Inner* node, size_t index, int level) const {
  if (level + 1 == static_cast<int>(height_)) {
    const Leaf& leaf = *LeafAt(*node, index);
    node->sizes[index] = leaf.count;
    node->firsts[index] = leaf.elements[0];
    node->scores[index] = leaf.elements[0]->score();
    return;
  }
  const Inner& child = *InnerAt(*node, index);
  const auto sizes = child.sizes.begin();
  node->sizes[index] = std::accumulate(sizes, sizes + child.count, uint64_t{0});
  node->firsts[index] = child.firsts[0];
  node->scores[index] = child.scores[0];
}

// --- Groups of leaves ----------------------------------------------------------------------------

CountedTree::Group CountedTree::GroupAround(const Inner& parent, size_t index, size_t most) {
  const size_t count = std::min(most, parent.count);
  const size_t before = std::min(index, count / 2);
  return {std::min(index - before, parent.count - count), count};
}

size_t CountedTree::SizeOf(const Inner& parent, Group group) {
  const auto begin = parent.sizes.begin() + group.begin;
  return std::accumulate(begin, begin + group.count, size_t{0});
}

// Spreads the elements of a group of leaves, and `inserted` at the place of the path unless it is
// null, evenly over `new_count` leaves: one more, as many, or one fewer. The parent must have room.
void CountedTree::Regroup(SlabMemory& memory, Path& path, Group group, size_t new_count,
                          ScoredMember* inserted) {
  const int level = static_cast<int>(height_) - 1;
  Inner* const parent = path.steps[level].node;
  std::array<Element, kMostOfGroup * Leaf::kCapacity + 1> elements;
  auto end = elements.begin();
  for (size_t i = 0; i < group.count; ++i) {
    Leaf* const leaf = LeafAt(*parent, group.begin + i);
    BeforeChange(leaf);
    const bool inserts = leaf == path.leaf && inserted != nullptr;
    const size_t before = inserts ? path.index : leaf->count;
    end = std::copy_n(leaf->elements.begin(), before, end);
    if (inserts) *end++ = inserted;
    end = std::copy_n(leaf->elements.begin() + before, leaf->count - before, end);
  }
  const size_t last = group.begin + group.count - 1;
  if (new_count > group.count) {
    Leaf* const leaf = LeafAt(*parent, last);
    InsertEntry(*parent, last + 1, NewLeaf(memory, leaf, leaf->next));
  } else if (new_count < group.count) {
    FreeLeaf(memory, LeafAt(*parent, last));
    RemoveEntry(*parent, last);
  }
  const auto size = static_cast<size_t>(end - elements.begin());
  size_t begin_of_share = 0;
  for (size_t i = 0; i < new_count; ++i) {
    Leaf* const leaf = LeafAt(*parent, group.begin + i);
    const size_t end_of_share = size * (i + 1) / new_count;
    leaf->count = static_cast<uint16_t>(end_of_share - begin_of_share);
    std::copy_n(elements.begin() + begin_of_share, leaf->count, leaf->elements.begin());
    RefreshEntry(parent, group.begin + i, level);
    begin_of_share = end_of_share;
  }
  if (parent->count > 0) RefreshAbove(path, level);
}

// --- Inner nodes ---------------------------------------------------------------------------------

void CountedTree::GrowRoot(SlabMemory& memory, Path& path) {
  assert(height_ < kMaxHeight);
  Inner* const root = NewInner(memory);
  root->count = 1;
  root->children[0] = root_;
  root_ = root;
  std::move_backward(path.steps.begin(), path.steps.begin() + height_,
                     path.steps.begin() + height_ + 1);
  path.steps[0] = {root, 0};
  ++height_;
  RefreshEntry(root, 0, 0);
}

void CountedTree::ShrinkRoot(SlabMemory& memory) {
  while (height_ > 0) {
    auto* const root = static_cast<Inner*>(root_);
    if (root->count > 1) return;
    root_ = root->children[0].get();
    FreeInner(memory, root);
    --height_;
  }
}

// Makes room for one more child in the node at `level` of the path. Returns the node's level from
// now on.
int CountedTree::MakeRoom(SlabMemory& memory, Path& path, int level) {
  if (path.steps[level].node->count < Inner::kCapacity) return level;
  if (level == 0) {
    GrowRoot(memory, path);
    level = 1;
  } else {
    level = MakeRoom(memory, path, level - 1) + 1;
  }
  SplitInner(memory, path, level);
  return level;
}

// Splits a full node, whose parent has room; the path follows its child. At either end of the tree
// all children but one stay together, as more will follow there.
void CountedTree::SplitInner(SlabMemory& memory, Path& path, int level) {
  auto& [node, index] = path.steps[level];
  auto& [parent, index_of_node] = path.steps[level - 1];
  bool is_first = true;
  bool is_last = true;
  for (int i = 0; i <= level; ++i) {
    is_first = is_first && path.steps[i].index == 0;
    is_last = is_last && path.steps[i].index + 1 == path.steps[i].node->count;
  }
  const size_t kept = is_last ? node->count - 1 : is_first ? 1 : node->count / 2;
  Inner* const right = NewInner(memory);
  right->count = node->count - kept;
  MoveEntries(*right, 0, *node, kept, right->count);
  node->count = kept;
  InsertEntry(*parent, index_of_node + 1, right);
  RefreshEntry(parent, index_of_node, level - 1);
  RefreshEntry(parent, index_of_node + 1, level - 1);
  if (index >= kept) {
    path.steps[level] = {right, index - kept};
    ++index_of_node;
  }
}

// Takes the node at `level` away if it is empty, or merges it if it has few children and a sibling
// has room for them.
void CountedTree::ShrinkInner(SlabMemory& memory, Path& path, int level) {
  Inner* const node = path.steps[level].node;
  if (level == 0 || node->count >= kMergeInnerBelow) return;
  Inner* const parent = path.steps[level - 1].node;
  const size_t index = path.steps[level - 1].index;
  const auto has_room = [&](size_t sibling) {
    return sibling < parent->count &&
           InnerAt(*parent, sibling)->count + node->count <= kWellFilledInner;
  };
  const bool was_empty = node->count == 0;
  size_t removed = index;
  if (!was_empty) {
    const bool merges_left = index > 0 && has_room(index - 1);
    if (!merges_left && !has_room(index + 1)) return;
    removed = merges_left ? index : index + 1;
    Inner* const left = InnerAt(*parent, removed - 1);
    const Inner* const right = InnerAt(*parent, removed);
    MoveEntries(*left, left->count, *right, 0, right->count);
    left->count += right->count;
  }
  FreeInner(memory, InnerAt(*parent, removed));
  RemoveEntry(*parent, removed);
  if (!was_empty) RefreshEntry(parent, removed - 1, level - 1);
  if (parent->count > 0) RefreshAbove(path, level - 1);
  ShrinkInner(memory, path, level - 1);
}

// --- Nodes ---------------------------------------------------------------------------------------

Leaf* CountedTree::NewLeaf(SlabMemory& memory, Leaf* previous, Leaf* next) {
  auto* const leaf = static_cast<Leaf*>(memory.Allocate(sizeof(Leaf)));
  leaf->previous = previous;
  leaf->next = next;
  leaf->epoch = epoch_;
  leaf->count = 0;
  if (previous != nullptr) previous->next = leaf;
  if (next != nullptr) next->previous = leaf;
  ++leaves_;
  return leaf;
}

void CountedTree::FreeLeaf(SlabMemory& memory, Leaf* leaf) {
  if (leaf->previous != nullptr) leaf->previous->next = leaf->next;
  if (leaf->next != nullptr) leaf->next->previous = leaf->previous;
  if (unsaved_ == leaf) unsaved_ = leaf->next;
  memory.Free(leaf, sizeof(Leaf));
  --leaves_;
}

Inner* CountedTree::NewInner(SlabMemory& memory) {
  auto* const inner = static_cast<Inner*>(memory.Allocate(sizeof(Inner)));
  inner->count = 0;
  ++inners_;
  return inner;
}

void CountedTree::FreeInner(SlabMemory& memory, Inner* inner) {
  memory.Free(inner, sizeof(Inner));
  --inners_;
}

void CountedTree::BeforeChange(Leaf* leaf) {
  if (observer_ == nullptr || leaf->epoch == epoch_) [[likely]]
    return;
  leaf->epoch = epoch_;
  observer_->Save(LeafView(*leaf));
}

}  // namespace kv
