// CountedTree: the order of a sorted set, by score and then by member. Answers which member has
// which rank, and which rank a member or a bound has.
//
// It is a B+ tree whose inner nodes know how many elements lie below each child. The elements
// belong to the caller; the tree refers to them by 6-byte references.
//
//   inner node, 2 KiB                             leaf, 512 bytes
//   ┌───────┬────────────┬───────────┐            ┌──────────┬──────┬───────┬───────┬─────────────┐
//   │ count │ 72 scores  │ 72 sizes  │            │ previous │ next │ epoch │ count │ 81 elements │
//   ├───────┴────┬───────┴─────┬─────┘            └──────────┴──────┴───────┴───────┴─────────────┘
//   │ 72 firsts  │ 72 children │
//   └────────────┴─────────────┘
//
//   For each child: `first` is the lowest element below it, `score` a copy of its score, so that a
//   search reads elements of inner nodes only where scores are equal; `size` counts the elements.
//
// A full leaf shifts elements to a sibling with room; where there is none, three full leaves become
// four. Elements that arrive in order, up or down, leave full leaves behind. A leaf that gets empty
// is evened out with its siblings, or three leaves become two.
//
// Invariants:
//   - Elements ascend strictly by (score, member bytes), where -0.0 equals 0.0; no score is NaN.
//   - All leaves have the same depth; no node is empty; the root is no inner node with one child.
//   - Sizes, firsts and scores of an inner node agree with the elements below.
//   - Leaves are linked in order.
//
// Epochs. An observer may ask to see each leaf as it was when an epoch began: it is shown a leaf
// before this changes for the first time, and the others as SaveSome walks over them. So each
// element that was there when the epoch began is seen exactly once, as it was. Moving nodes or
// elements in memory is no change.
//
// Cost, for n elements: Insert, Erase, RankOf, CountBelow and the like and Seek are O(log n): some
// 3 inner nodes for a million elements and about 6 elements of a leaf. EraseRange of m is O(m) and
// O(log n) for each leaf it touches. A step of an iterator is O(1). No operation copies more than
// four leaves and an inner node for each level.
// Memory: about 86 % of the leaves' places are taken after insertions in random order, 7.9 bytes an
// element all in all. An empty tree allocates nothing.
//
// Memory comes from the SlabMemory passed to each call, always the same one. The owner must take
// the tree apart by Clear or FreeSome before it is destroyed.
//
// Source: R. Bayer, E. McCreight: Organization and Maintenance of Large Ordered Indices. Acta
// Informatica 1, 1972. Splitting of full neighbours together: D. Knuth, The Art of Computer
// Programming 3, 6.2.4 (B* trees).
#ifndef SOLOKV_KV_DS_COUNTED_TREE_H_
#define SOLOKV_KV_DS_COUNTED_TREE_H_

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "kv/base/prefetch.h"
#include "kv/base/slab_memory.h"
#include "kv/ds/scored_member.h"

namespace kv {

namespace counted_tree_internal {

// A pointer in 6 bytes.
template <class Target>
class Reference {
 public:
  Reference() = default;
  Reference(Target* target) {  // NOLINT(google-explicit-constructor): stands for the pointer
    const auto word = reinterpret_cast<uintptr_t>(target);
    assert(word >> 48 == 0);
    std::memcpy(bytes_, &word, sizeof bytes_);
  }
  Target* get() const {
    // Two loads joined in registers: bytes gathered in a word of the stack would be read back
    // before they are stored, which the processor waits for.
    uint32_t low;
    uint16_t high;
    std::memcpy(&low, bytes_, sizeof low);
    std::memcpy(&high, bytes_ + sizeof low, sizeof high);
    return reinterpret_cast<Target*>(uintptr_t{high} << 32 | low);
  }
  Target* operator->() const { return get(); }
  friend bool operator==(const Reference& a, const Reference& b) {
    return std::memcmp(a.bytes_, b.bytes_, sizeof a.bytes_) == 0;
  }

 private:
  unsigned char bytes_[6];
};

using Element = Reference<ScoredMember>;

struct Leaf {
  static constexpr size_t kCapacity = 81;

  Leaf* previous;
  Leaf* next;
  uint32_t epoch;
  uint16_t count;
  std::array<Element, kCapacity> elements;
};
static_assert(sizeof(Leaf) == 512);

struct Inner {
  static constexpr size_t kCapacity = 72;

  size_t count;
  std::array<double, kCapacity> scores;
  std::array<uint64_t, kCapacity> sizes;
  std::array<Element, kCapacity> firsts;
  std::array<Reference<void>, kCapacity> children;  // leaves on the lowest level, else inner nodes
};
static_assert(sizeof(Inner) <= 2048);

}  // namespace counted_tree_internal

class CountedTree {
  using Leaf = counted_tree_internal::Leaf;
  using Inner = counted_tree_internal::Inner;
  using Element = counted_tree_internal::Element;

 public:
  // The elements of a leaf, lowest first.
  class LeafView {
   public:
    explicit LeafView(const Leaf& leaf) : leaf_(leaf) {}
    size_t size() const { return leaf_.count; }
    const ScoredMember& operator[](size_t index) const { return *leaf_.elements[index].get(); }

   private:
    const Leaf& leaf_;
  };

  class LeafObserver {
   public:
    virtual ~LeafObserver() = default;
    // The leaf is as it was when the epoch began. The tree must not be changed from here.
    virtual void Save(LeafView leaf) = 0;
  };

  // A place in the order. Any change of the tree makes it invalid.
  class Iterator {
   public:
    Iterator() = default;
    // False behind the last and before the first element.
    explicit operator bool() const { return leaf_ != nullptr; }
    ScoredMember& operator*() const { return *leaf_->elements[index_].get(); }
    ScoredMember* operator->() const { return leaf_->elements[index_].get(); }
    Iterator& operator++();
    Iterator& operator--();

   private:
    friend class CountedTree;
    static constexpr size_t kAhead = 16;  // elements that are requested early
    Iterator(const Leaf* leaf, size_t index) : leaf_(leaf), index_(index) {}
    void PrefetchAround() const;
    const Leaf* leaf_ = nullptr;
    size_t index_ = 0;
  };

  CountedTree() = default;
  CountedTree(CountedTree&& other) noexcept;
  CountedTree& operator=(CountedTree&&) = delete;
  ~CountedTree() { assert(root_ == nullptr); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Bytes of the nodes, exactly as the SlabMemory counts them.
  size_t memory_bytes() const;

  // The share of the leaves' places that is taken; 1 for an empty tree.
  double fill() const;

  // No element of the tree may equal it in score and member.
  void Insert(SlabMemory& memory, ScoredMember* element);

  // Inserts an element that is higher than all others, without comparing. O(height).
  void Append(SlabMemory& memory, ScoredMember* element);

  // The element must be in the tree; it stays with the caller.
  void Erase(SlabMemory& memory, const ScoredMember* element);

  // Sets the score of an element of the tree, and moves it to where it then belongs.
  void SetScore(SlabMemory& memory, ScoredMember* element, double score);

  // Takes out the elements of ranks [first, first + count), lowest first, and passes each to
  // `release`, which may free it. Precondition: first + count <= size().
  using Release = absl::FunctionRef<void(ScoredMember*)>;
  void EraseRange(SlabMemory& memory, size_t first, size_t count, Release release);

  // The number of elements lower than this one of the tree.
  size_t RankOf(const ScoredMember* element) const;

  // The number of elements with a score below, or at most, `score`.
  size_t CountBelow(double score) const;
  size_t CountAtMost(double score) const;

  // The number of elements with a member before, or at most, `member`. Meaningful if all scores are
  // equal; else some number up to size().
  size_t CountBelow(std::string_view member) const;
  size_t CountAtMost(std::string_view member) const;

  // The element of this rank; the false iterator if rank >= size().
  Iterator Seek(size_t rank) const;

  // Begins an epoch, which lasts until EndEpoch. `observer` must live as long.
  void BeginEpoch(LeafObserver& observer);
  // Shows the observer up to `leaves` leaves which it might not have seen. Returns true while any
  // are left.
  bool SaveSome(size_t leaves);
  void EndEpoch() { observer_ = nullptr; }

  // Lets the elements of the leaf at `rank` move: passes each to `move`, which returns where it is
  // from now on, and moves the leaf and the nodes above out of sparse slabs. Returns the rank of
  // the next leaf, 0 at the end.
  using Move = absl::FunctionRef<ScoredMember*(ScoredMember*)>;
  size_t Compact(SlabMemory& memory, size_t rank, Move move);

  // Frees up to `budget` leaves, from the highest down, without reading any element or showing it
  // to the observer. Returns true while any are left. Once begun, only this and memory_bytes() may
  // be called until it returned false.
  bool FreeSome(SlabMemory& memory, size_t budget);
  void Clear(SlabMemory& memory) {
    while (FreeSome(memory, SIZE_MAX)) {
    }
  }

  // Whether the invariants hold. Linear; for tests.
  bool IsValid() const;

 private:
  static constexpr int kMaxHeight = 16;

  // The way to a place in a leaf: from the root down a node and the index of its child.
  struct Path {
    struct Step {
      Inner* node;
      size_t index;
    };
    std::array<Step, kMaxHeight> steps;
    Leaf* leaf;
    size_t index;  // maybe leaf->count
  };

  struct Subtree {
    uint64_t size = 0;
    int leaves = 0;
    bool valid = true;
  };

  // Search.
  template <class Before>
  Path PathToLeaf(Before before) const;
  template <class Before>
  Path Find(Before before) const;
  template <class Before>
  size_t CountWhere(Before before) const;
  Path PathTo(const ScoredMember* element) const;
  Path PathToRank(size_t rank) const;
  Path PathToEnd() const;
  size_t RankOfPath(const Path& path) const;

  // Change.
  void InsertAt(SlabMemory& memory, Path& path, ScoredMember* element);
  void InsertIntoFull(SlabMemory& memory, Path& path, ScoredMember* element);
  void EraseAt(SlabMemory& memory, Path& path, size_t count);
  void ShrinkLeaf(SlabMemory& memory, Path& path);
  void AddToSizes(const Path& path, int64_t difference);
  void RefreshFirst(const Path& path);
  void RefreshAbove(const Path& path, int level);
  void RefreshEntry(Inner* node, size_t index, int level) const;

  // Leaves that are siblings.
  struct Group {
    size_t begin;  // among the children of their parent
    size_t count;
  };
  static Group GroupAround(const Inner& parent, size_t index, size_t most);
  static size_t SizeOf(const Inner& parent, Group group);
  void Regroup(SlabMemory& memory, Path& path, Group group, size_t new_count,
               ScoredMember* inserted);
  void InsertLeaf(SlabMemory& memory, Path& path, size_t index, ScoredMember* element);

  // Inner nodes.
  void GrowRoot(SlabMemory& memory, Path& path);
  void ShrinkRoot(SlabMemory& memory);
  int MakeRoom(SlabMemory& memory, Path& path, int level);
  void SplitInner(SlabMemory& memory, Path& path, int level);
  void ShrinkInner(SlabMemory& memory, Path& path, int level);

  // Nodes.
  Leaf* NewLeaf(SlabMemory& memory, Leaf* previous, Leaf* next);
  void FreeLeaf(SlabMemory& memory, Leaf* leaf);
  Inner* NewInner(SlabMemory& memory);
  void FreeInner(SlabMemory& memory, Inner* inner);
  Leaf* MoveLeaf(SlabMemory& memory, Leaf* leaf);
  void CompactPath(SlabMemory& memory, Path& path);
  Leaf* FirstLeaf() const;
  void BeforeChange(Leaf* leaf);
  Subtree Check(const void* node, int level, const Leaf*& last, size_t& inners) const;

  void* root_ = nullptr;  // a leaf if height_ is 0, else an inner node
  size_t size_ = 0;
  uint32_t height_ = 0;  // levels of inner nodes
  uint32_t epoch_ = 0;
  size_t leaves_ = 0;
  size_t inners_ = 0;
  LeafObserver* observer_ = nullptr;  // null outside of an epoch
  Leaf* unsaved_ = nullptr;           // where SaveSome goes on
};

inline void CountedTree::Iterator::PrefetchAround() const {
  const size_t begin = index_ < kAhead ? 0 : index_ - kAhead;
  const size_t end = index_ + kAhead < leaf_->count ? index_ + kAhead : leaf_->count;
  for (size_t i = begin; i < end; ++i) Prefetch(leaf_->elements[i].get());
}

inline CountedTree::Iterator& CountedTree::Iterator::operator++() {
  if (++index_ == leaf_->count) {
    leaf_ = leaf_->next;
    index_ = 0;
    if (leaf_ != nullptr) PrefetchAround();
  } else if (index_ + kAhead < leaf_->count) {
    Prefetch(leaf_->elements[index_ + kAhead].get());
  }
  return *this;
}

inline CountedTree::Iterator& CountedTree::Iterator::operator--() {
  if (index_ == 0) {
    leaf_ = leaf_->previous;
    index_ = leaf_ == nullptr ? 0 : leaf_->count - 1;
    if (leaf_ != nullptr) PrefetchAround();
    return *this;
  }
  --index_;
  if (index_ >= kAhead) Prefetch(leaf_->elements[index_ - kAhead].get());
  return *this;
}

}  // namespace kv

#endif  // SOLOKV_KV_DS_COUNTED_TREE_H_
