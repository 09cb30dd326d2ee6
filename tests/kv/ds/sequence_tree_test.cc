// SequenceTree against std::map.
#include "kv/ds/sequence_tree.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <vector>

#include "kv/base/random.h"
#include "kv/base/slab_memory.h"

namespace tests {
namespace {

using Tree = kv::SequenceTree<uint64_t, uint64_t>;
using Model = std::map<uint64_t, uint64_t>;

class SequenceTreeTest : public testing::Test {
 protected:
  ~SequenceTreeTest() override {
    tree_.Clear(memory_);
    EXPECT_EQ(memory_.used(), 0u);
  }

  void Insert(uint64_t key) {
    const bool is_new = model_.emplace(key, key * 3).second;
    const auto [position, inserted] = tree_.Insert(memory_, key, key * 3);
    EXPECT_EQ(inserted, is_new);
    EXPECT_EQ(position.key(), key);
    EXPECT_EQ(position.record(), key * 3);
  }
  void Erase(uint64_t key) { EXPECT_EQ(tree_.Erase(memory_, key), model_.erase(key) == 1); }

  static std::vector<uint64_t> KeysOf(const Tree& tree) {
    std::vector<uint64_t> keys;
    for (auto at = tree.First(); at; at = at.Next()) keys.push_back(at.key());
    return keys;
  }
  static std::vector<uint64_t> KeysBackwards(const Tree& tree) {
    std::vector<uint64_t> keys;
    for (auto at = tree.Last(); at; at = at.Previous()) keys.push_back(at.key());
    return keys;
  }
  void ExpectEqualToModel() {
    std::vector<uint64_t> keys;
    for (const auto& [key, record] : model_) keys.push_back(key);
    EXPECT_TRUE(tree_.IsConsistent());
    EXPECT_EQ(tree_.size(), keys.size());
    EXPECT_EQ(KeysOf(tree_), keys);
    EXPECT_EQ(KeysBackwards(tree_), std::vector<uint64_t>(keys.rbegin(), keys.rend()));
    EXPECT_EQ(tree_.memory_bytes(), memory_.used());
  }
  void ExpectSameBounds(uint64_t key) {
    const auto lower = model_.lower_bound(key);
    const auto found = tree_.LowerBound(key);
    ASSERT_EQ(static_cast<bool>(found), lower != model_.end());
    if (found) {
      EXPECT_EQ(found.key(), lower->first);
    }
    auto upper = model_.upper_bound(key);
    const auto floor = tree_.Floor(key);
    ASSERT_EQ(static_cast<bool>(floor), upper != model_.begin());
    if (floor) {
      EXPECT_EQ(floor.key(), (--upper)->first);
    }
    EXPECT_EQ(static_cast<bool>(tree_.Find(key)), model_.contains(key));
  }

  kv::SlabMemory memory_;
  Tree tree_;
  Model model_;
};

TEST_F(SequenceTreeTest, EmptyHasNothingAndTakesNothing) {
  EXPECT_TRUE(tree_.empty());
  EXPECT_FALSE(tree_.First());
  EXPECT_FALSE(tree_.Last());
  EXPECT_FALSE(tree_.Floor(5));
  EXPECT_FALSE(tree_.LowerBound(5));
  EXPECT_FALSE(tree_.Erase(memory_, 5));
  EXPECT_EQ(memory_.used(), 0u);
}

TEST_F(SequenceTreeTest, KeysInOrderLeaveFullLeaves) {
  constexpr uint64_t kKeys = 100'000;
  for (uint64_t key = 0; key < kKeys; ++key) Insert(key);
  ExpectEqualToModel();
  EXPECT_LE(tree_.leaves(), (kKeys + 63) / 64);
  EXPECT_LT(static_cast<double>(memory_.used()) / kKeys, 17.0);
}

TEST_F(SequenceTreeTest, FewRecordsTakeLittle) {
  Insert(1);
  EXPECT_LE(memory_.used(), 64u);
  Insert(2);
  Insert(3);
  EXPECT_LE(memory_.used(), 96u);
}

TEST_F(SequenceTreeTest, LeavesFromTheFront) {
  for (uint64_t key = 0; key < 20'000; ++key) Insert(key);
  for (uint64_t key = 0; key < 20'000; ++key) {
    Erase(key);
    Insert(20'000 + key);
  }
  ExpectEqualToModel();
}

TEST_F(SequenceTreeTest, RandomKeysAsInAMap) {
  kv::Random random(7);
  for (const uint64_t range : {100u, 3'000u, 1'000'000u}) {
    for (int round = 0; round < 6; ++round) {
      const bool grows = round % 3 != 2;
      for (int i = 0; i < 6'000; ++i) {
        const uint64_t key = random.Uniform(range);
        const bool rare = random.Uniform(4) == 0;
        rare == grows ? Erase(key) : Insert(key);
        if (i % 16 == 0) ExpectSameBounds(random.Uniform(range));
      }
      ExpectEqualToModel();
    }
  }
}

TEST_F(SequenceTreeTest, FirstLeavesMoveToAnotherTree) {
  for (uint64_t key = 0; key < 10'000; ++key) Insert(key);
  for (uint64_t key = 3; key < 10'000; key += 7) Erase(key);
  const std::vector<uint64_t> before = KeysOf(tree_);
  Tree front;
  while (tree_.size() > 2'000) tree_.MoveFirstLeaf(memory_, front);
  EXPECT_TRUE(tree_.IsConsistent());
  EXPECT_TRUE(front.IsConsistent());
  std::vector<uint64_t> both = KeysOf(front);
  const std::vector<uint64_t> rest = KeysOf(tree_);
  both.insert(both.end(), rest.begin(), rest.end());
  EXPECT_EQ(both, before);
  while (!tree_.empty()) tree_.MoveFirstLeaf(memory_, front);
  EXPECT_EQ(KeysOf(front), before);
  front.Clear(memory_);
  EXPECT_EQ(memory_.used(), 0u);
}

TEST_F(SequenceTreeTest, IsFreedInSlicesAndMayBeUsedInBetween) {
  for (uint64_t key = 0; key < 5'000; ++key) Insert(key);
  uint64_t freed = 0;
  EXPECT_TRUE(tree_.FreeSome(memory_, 3, [&](uint64_t& record) { freed += record >= 3 * 4'800; }));
  EXPECT_TRUE(tree_.IsConsistent());
  EXPECT_EQ(freed, 5'000 - tree_.size());
  while (tree_.FreeSome(memory_, 3, [](uint64_t&) {})) {
  }
  EXPECT_EQ(memory_.used(), 0u);
  EXPECT_TRUE(tree_.Insert(memory_, 1, 1).second);
}

TEST_F(SequenceTreeTest, CompactionVisitsEachRecordOnceAndEmptiesSlabs) {
  std::vector<Tree> trees(40);
  for (uint64_t key = 0; key < 6'000; ++key) {
    for (Tree& tree : trees) tree.Insert(memory_, key, key * 3);
    Insert(key);
  }
  for (Tree& tree : trees) tree.Clear(memory_);
  kv::CompactionCount count;
  std::vector<uint64_t> visited;
  uint64_t cursor = 0;
  do {
    cursor = tree_.CompactLeaf(memory_, cursor, count,
                               [&](uint64_t key, uint64_t&) { visited.push_back(key); });
  } while (cursor != 0);
  EXPECT_EQ(visited, KeysOf(tree_));
  EXPECT_GT(count.moved, 20u);
  ExpectEqualToModel();
}

TEST_F(SequenceTreeTest, ASetHasNoRecords) {
  kv::SequenceTree<uint64_t, kv::NoRecord> set;
  for (uint64_t key = 10'000; key > 0; --key) set.Insert(memory_, key);
  EXPECT_TRUE(set.IsConsistent());
  EXPECT_EQ(set.size(), 10'000u);
  EXPECT_FALSE(set.Insert(memory_, 5).second);
  EXPECT_EQ(set.Floor(77).key(), 77u);
  set.Clear(memory_);
}

}  // namespace
}  // namespace tests
