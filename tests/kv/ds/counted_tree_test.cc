#include "kv/ds/counted_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kv {
namespace {

#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr size_t kScale = 3;  // tests are smaller under the sanitizers
#else
constexpr size_t kScale = 1;
#endif

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Key = std::pair<double, std::string>;  // orders as the tree does: -0.0 equals 0.0

Key KeyOf(const ScoredMember& element) {
  return {element.score(), std::string(element.member())};
}

class CountedTreeTest : public testing::Test {
 protected:
  ~CountedTreeTest() override {
    for (auto& [key, element] : elements_) ScoredMember::Free(memory_, element);
    tree_.Clear(memory_);
    EXPECT_EQ(memory_.used(), 0u);
    EXPECT_EQ(tree_.memory_bytes(), 0u);
  }

  ScoredMember* Create(const Key& key) {
    return ScoredMember::Create(memory_, key.second, key.first);
  }

  void Insert(const Key& key) {
    ScoredMember*& element = elements_[key];
    if (element != nullptr) return;
    element = Create(key);
    tree_.Insert(memory_, element);
  }

  void Erase(std::map<Key, ScoredMember*>::iterator at) {
    tree_.Erase(memory_, at->second);
    ScoredMember::Free(memory_, at->second);
    elements_.erase(at);
  }

  void EraseRange(size_t first, size_t count) {
    const auto begin = At(first);
    auto expected = begin;
    tree_.EraseRange(memory_, first, count, [&](ScoredMember* element) {
      EXPECT_EQ(element, expected->second);
      ++expected;
      ScoredMember::Free(memory_, element);
    });
    elements_.erase(begin, expected);
  }

  void SetScore(std::map<Key, ScoredMember*>::iterator at, double score) {
    ScoredMember* const element = at->second;
    const Key key = {score, at->first.second};
    if (elements_.contains(key)) return;
    elements_.erase(at);
    tree_.SetScore(memory_, element, score);
    elements_[key] = element;
  }

  std::map<Key, ScoredMember*>::iterator At(size_t rank) {
    return std::next(elements_.begin(), static_cast<ptrdiff_t>(rank));
  }
  size_t Below(size_t bound) { return random_() % bound; }

  // Everything the tree can be asked, against the model.
  void ExpectSameAsModel() {
    ASSERT_TRUE(tree_.IsValid());
    ASSERT_EQ(tree_.size(), elements_.size());
    size_t rank = 0;
    auto place = tree_.Seek(0);
    for (const auto& [key, element] : elements_) {
      ASSERT_TRUE(place);
      ASSERT_EQ(&*place, element);
      if (rank % 37 == 0) {
        ASSERT_EQ(tree_.RankOf(element), rank);
        ASSERT_EQ(&*tree_.Seek(rank), element);
      }
      ++place;
      ++rank;
    }
    EXPECT_FALSE(place);
    place = tree_.Seek(elements_.empty() ? 0 : elements_.size() - 1);
    for (auto it = elements_.rbegin(); it != elements_.rend(); ++it, --place) {
      ASSERT_TRUE(place);
      ASSERT_EQ(&*place, it->second);
    }
    EXPECT_FALSE(place);
    EXPECT_FALSE(tree_.Seek(elements_.size()));
  }

  void ExpectCounts(double score) {
    const auto below = [&](const auto& item) { return item.first.first < score; };
    const auto at_most = [&](const auto& item) { return item.first.first <= score; };
    EXPECT_EQ(tree_.CountBelow(score),
              static_cast<size_t>(std::count_if(elements_.begin(), elements_.end(), below)));
    EXPECT_EQ(tree_.CountAtMost(score),
              static_cast<size_t>(std::count_if(elements_.begin(), elements_.end(), at_most)));
  }

  // A random key: few different scores, so that many are equal, and members of any length.
  Key RandomKey(size_t scores, size_t members) {
    const size_t half = scores / 2;
    double score = static_cast<double>(Below(scores)) - static_cast<double>(half);
    if (Below(16) == 0) score = kInfinity;
    if (Below(16) == 0) score = -kInfinity;
    if (Below(16) == 0) score = -0.0;
    const size_t number = Below(members);
    std::string member = std::to_string(number);
    if (number % 50 == 0) member.resize(230 + number % 100, 'x');
    return {score, member};
  }

  SlabMemory memory_;
  CountedTree tree_;
  std::map<Key, ScoredMember*> elements_;
  std::mt19937_64 random_{42};
};

TEST_F(CountedTreeTest, AnEmptyTreeAllocatesNothing) {
  EXPECT_EQ(memory_.used(), 0u);
  EXPECT_EQ(tree_.CountBelow(1.0), 0u);
  EXPECT_FALSE(tree_.Seek(0));
  EXPECT_FALSE(tree_.FreeSome(memory_, 1));
  EXPECT_TRUE(tree_.IsValid());
}

TEST_F(CountedTreeTest, OrdersByScoreThenByBytes) {
  const std::vector<Key> keys = {{-kInfinity, "z"}, {-1, ""},     {-1, std::string("\0", 1)},
                                 {-1, "a"},         {-1, "aa"},   {-1, "b"},
                                 {-1, "\x7f"},      {-1, "\xff"}, {-0.0, "a"},
                                 {0.0, "b"},        {-0.0, "c"},  {5e-324, "a"},
                                 {kInfinity, "a"}};
  for (const size_t i : {7, 3, 12, 0, 11, 5, 1, 9, 4, 2, 10, 8, 6}) Insert(keys[i]);
  auto place = tree_.Seek(0);
  for (const Key& key : keys) {
    EXPECT_EQ(KeyOf(*place), key);
    ++place;
  }
  EXPECT_FALSE(place);
  EXPECT_EQ(tree_.CountBelow(0.0), 8u);
  EXPECT_EQ(tree_.CountAtMost(-0.0), 11u);
}

TEST_F(CountedTreeTest, RandomRunAgainstAModel) {
  for (const size_t scores : {1, 20, 100'000}) {
    for (size_t i = 0; i < 40'000 / kScale; ++i) {
      const bool grows = i / (8'000 / kScale) % 2 == 0;
      const size_t action = Below(100);
      if (elements_.empty() || action < (grows ? 70u : 20u)) {
        Insert(RandomKey(scores, 1'000'000));
      } else if (action < 85) {
        auto at = elements_.lower_bound(RandomKey(scores, 1'000'000));
        if (at == elements_.end()) at = elements_.begin();
        Erase(at);
      } else if (action < 99) {
        auto at = elements_.lower_bound(RandomKey(scores, 1'000'000));
        if (at == elements_.end()) at = elements_.begin();
        const double near = at->first.first + static_cast<double>(Below(3)) - 1;
        SetScore(at, Below(2) == 0 ? near : RandomKey(scores, 1).first);
      } else if (Below(10) == 0) {
        const size_t first = Below(elements_.size());
        EraseRange(first, Below(std::min<size_t>(500, elements_.size() - first) + 1));
      }
      if (i % (1000 / kScale) == 0) {
        ExpectSameAsModel();
        ExpectCounts(RandomKey(scores, 1).first);
      }
    }
    ExpectSameAsModel();
  }
}

TEST_F(CountedTreeTest, CountsByMember) {
  for (size_t i = 0; i < 5'000; ++i) Insert({0, std::to_string(Below(100'000))});
  for (size_t i = 0; i < 500; ++i) {
    const std::string member = i == 0 ? "" : std::to_string(Below(100'000));
    const auto lower = elements_.lower_bound({0, member});
    const auto upper = elements_.upper_bound({0, member});
    EXPECT_EQ(tree_.CountBelow(member),
              static_cast<size_t>(std::distance(elements_.begin(), lower)));
    EXPECT_EQ(tree_.CountAtMost(member),
              static_cast<size_t>(std::distance(elements_.begin(), upper)));
  }
}

TEST_F(CountedTreeTest, RandomInsertionsFillTheLeaves) {
  for (size_t i = 0; i < 200'000 / kScale; ++i) {
    Insert({static_cast<double>(random_()), std::to_string(i)});
    if (i > 2'000 && i % 500 == 0) {
      ASSERT_GE(tree_.fill(), 0.80) << i;
    }
  }
  EXPECT_LE(static_cast<double>(tree_.memory_bytes()), 8.2 * static_cast<double>(tree_.size()));
  ExpectSameAsModel();
}

TEST_F(CountedTreeTest, MixedErasureKeepsTheLeavesFilled) {
  const size_t size = 50'000 / kScale;
  for (size_t i = 0; i < size; ++i) Insert({static_cast<double>(random_()), std::to_string(i)});
  const auto erase_random = [&] {
    auto at = elements_.lower_bound({static_cast<double>(random_()), ""});
    if (at != elements_.end()) Erase(at);
  };
  while (elements_.size() > size / 4) erase_random();
  EXPECT_GE(tree_.fill(), 0.62);
  for (size_t i = 0; i < 2 * size; ++i) {
    Insert({static_cast<double>(random_()), std::to_string(i)});
    erase_random();
  }
  EXPECT_GE(tree_.fill(), 0.70);
  ExpectSameAsModel();
}

TEST_F(CountedTreeTest, ElementsInOrderLeaveFullLeaves) {
  const int size = static_cast<int>(50'000 / kScale);
  for (int i = 0; i < size; ++i) Insert({i, "up"});
  EXPECT_GE(tree_.fill(), 0.98);
  EXPECT_TRUE(tree_.IsValid());
  for (int i = 1; i < size; ++i) Insert({-i, "down"});
  EXPECT_GE(tree_.fill(), 0.98);
  for (int i = 0; i < size; ++i) {
    const Key key = {size + i, "appended"};
    elements_[key] = Create(key);
    tree_.Append(memory_, elements_[key]);
  }
  EXPECT_GE(tree_.fill(), 0.98);
  ExpectSameAsModel();
}

TEST_F(CountedTreeTest, ErasesFromEitherEndAndInRanges) {
  for (size_t i = 0; i < 60'000 / kScale; ++i) Insert(RandomKey(1000, 1'000'000'000));
  const size_t size = elements_.size();
  while (elements_.size() > size * 3 / 4) Erase(elements_.begin());
  ExpectSameAsModel();
  while (elements_.size() > size / 2) Erase(std::prev(elements_.end()));
  ExpectSameAsModel();
  EraseRange(0, 1);
  EraseRange(size / 8, size / 4);
  ExpectSameAsModel();
  EraseRange(elements_.size(), 0);
  EraseRange(elements_.size() - 100, 100);
  EraseRange(0, 300);
  ExpectSameAsModel();
  EraseRange(0, elements_.size());
  EXPECT_EQ(memory_.used(), 0u);
}

TEST_F(CountedTreeTest, FreesInSlicesWithoutReadingElements) {
  for (size_t i = 0; i < 20'000; ++i) Insert({static_cast<double>(random_()), std::to_string(i)});
  for (auto& [key, element] : elements_) ScoredMember::Free(memory_, element);
  elements_.clear();
  size_t before = tree_.memory_bytes();
  EXPECT_EQ(before, memory_.used());
  while (tree_.FreeSome(memory_, 5)) {
    EXPECT_LT(tree_.memory_bytes(), before);
    before = tree_.memory_bytes();
  }
  EXPECT_EQ(memory_.used(), 0u);
  EXPECT_TRUE(tree_.IsValid());
}

TEST_F(CountedTreeTest, CompactionEmptiesSparseSlabs) {
  for (size_t i = 0; i < 100'000 / kScale; ++i) {
    Insert({static_cast<double>(random_()), std::to_string(i)});
  }
  while (elements_.size() > 20'000 / kScale) {
    auto at = elements_.lower_bound({static_cast<double>(random_()), ""});
    if (at != elements_.end()) Erase(at);
  }
  const size_t unused = memory_.unused_bytes();
  const auto move_if_sparse = [&](ScoredMember* element) {
    if (!memory_.IsSparse(element, element->allocated_bytes())) return element;
    const Key key = KeyOf(*element);
    return elements_[key] = ScoredMember::Relocate(memory_, element);
  };
  for (int pass = 0; pass < 4; ++pass) {
    size_t rank = 0;
    do rank = tree_.Compact(memory_, rank, move_if_sparse);
    while (rank != 0);
  }
  if (kScale == 1) {
    EXPECT_LT(memory_.unused_bytes(), unused / 2);
  }
  ExpectSameAsModel();
}

// --- Epochs --------------------------------------------------------------------------------------

class Recorder : public CountedTree::LeafObserver {
 public:
  void Save(CountedTree::LeafView leaf) override {
    ++leaves;
    for (size_t i = 0; i < leaf.size(); ++i) keys.insert(KeyOf(leaf[i]));
  }
  std::multiset<Key> keys;
  size_t leaves = 0;
};

TEST_F(CountedTreeTest, AnObserverSeesEachElementOnceAsItWas) {
  for (size_t i = 0; i < 10'000; ++i) Insert(RandomKey(50, 1'000'000));
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::multiset<Key> expected;
    for (const auto& [key, element] : elements_) expected.insert(key);
    Recorder recorder;
    tree_.BeginEpoch(recorder);
    bool more = true;
    for (size_t i = 0; more; ++i) {
      Insert(RandomKey(50, 1'000'000));
      Erase(At(Below(100)));
      SetScore(At(Below(1000)), RandomKey(50, 1).first);
      SetScore(At(Below(1000)), kInfinity);
      if (i % 10 == 0) EraseRange(Below(elements_.size() - 200), 200);
      if (i == 20) {
        size_t rank = 0;  // moves every element
        do {
          rank = tree_.Compact(memory_, rank, [&](ScoredMember* element) {
            const Key key = KeyOf(*element);
            return elements_[key] = ScoredMember::Relocate(memory_, element);
          });
        } while (rank != 0);
      }
      more = tree_.SaveSome(2);
    }
    EXPECT_EQ(recorder.keys, expected);
    tree_.EndEpoch();
    const size_t leaves = recorder.leaves;
    for (size_t i = 0; i < 2'000; ++i) Insert(RandomKey(50, 1'000'000));
    EXPECT_EQ(recorder.leaves, leaves);
    ExpectSameAsModel();
  }
}

TEST_F(CountedTreeTest, AnObserverIsShownALeafOncePerEpoch) {
  Insert({1, "a"});
  Recorder recorder;
  tree_.BeginEpoch(recorder);
  Insert({2, "b"});
  Insert({3, "c"});
  EXPECT_EQ(recorder.leaves, 1u);
  EXPECT_EQ(recorder.keys, std::multiset<Key>({{1, "a"}}));
  tree_.BeginEpoch(recorder);
  Insert({4, "d"});
  EXPECT_EQ(recorder.leaves, 2u);
  EXPECT_FALSE(tree_.SaveSome(10));
  EXPECT_EQ(recorder.leaves, 2u);
}

}  // namespace
}  // namespace kv
