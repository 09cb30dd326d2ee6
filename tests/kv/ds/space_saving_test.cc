#include "kv/ds/space_saving.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kv/base/hash.h"
#include "kv/base/random.h"

namespace kv {
namespace {

constexpr HashKey kHashKey{1, 2};

// Draws 0, 1, 2, ... with probabilities that fall as 1 / rank^exponent.
class Zipf {
 public:
  Zipf(size_t items, double exponent) {
    double sum = 0;
    for (size_t rank = 1; rank <= items; ++rank) {
      sum += 1 / std::pow(static_cast<double>(rank), exponent);
      sums_.push_back(sum);
    }
  }
  size_t Draw(Random& random) const {
    const double target = random.NextDouble() * sums_.back();
    return static_cast<size_t>(std::lower_bound(sums_.begin(), sums_.end(), target) -
                               sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

// A sketch beside the exact weights.
class SpaceSavingTest : public ::testing::TestWithParam<double> {
 protected:
  static std::string NameOf(size_t item) { return "item:" + std::to_string(item); }
  static uint64_t IdOf(const std::string& name) { return Hash(name, kHashKey); }

  void Add(size_t item, uint64_t weight) {
    for (size_t next = items_.size(); next <= item; ++next) {
      const std::string name = NameOf(next);
      items_.push_back({name, IdOf(name), 0});
    }
    sketch_.Add(items_[item].id, items_[item].name, weight);
    items_[item].weight += weight;
    total_ += weight;
  }
  void CheckBounds() const {
    ASSERT_EQ(sketch_.total(), total_);
    const uint64_t bound = total_ / sketch_.capacity();
    for (const Item& item : items_) {
      const SpaceSaving::Counter* const counter = sketch_.Find(item.id);
      if (counter == nullptr) {
        if (item.weight > bound) ADD_FAILURE() << item.name << " has no counter";
        continue;
      }
      EXPECT_EQ(counter->name, item.name);
      EXPECT_GE(counter->weight, item.weight) << item.name;
      EXPECT_LE(counter->certain(), item.weight) << item.name;
      EXPECT_LE(counter->error, bound) << item.name;
    }
  }

  struct Item {
    std::string name;
    uint64_t id;
    uint64_t weight;
  };
  SpaceSaving sketch_{64};
  std::vector<Item> items_;
  uint64_t total_ = 0;
};

TEST_P(SpaceSavingTest, KeepsItsBoundsOnZipfStreams) {
  Random random(7);
  const Zipf zipf(5000, GetParam());
  for (int i = 0; i < 40'000; ++i) {
    Add(zipf.Draw(random), 1);
    if (i % 10'000 == 0) CheckBounds();
  }
  CheckBounds();
}

TEST_P(SpaceSavingTest, KeepsItsBoundsWithWeights) {
  Random random(8);
  const Zipf zipf(2000, GetParam());
  for (int i = 0; i < 20'000; ++i) Add(zipf.Draw(random), random.Next() % 1000);
  CheckBounds();
}

INSTANTIATE_TEST_SUITE_P(Exponents, SpaceSavingTest, ::testing::Values(0.0, 0.5, 0.9, 1.1, 1.5));

TEST_F(SpaceSavingTest, NamesTheHottestInOrder) {
  Random random(9);
  const Zipf zipf(5000, 1.2);
  for (int i = 0; i < 100'000; ++i) Add(zipf.Draw(random), 1);
  const auto heaviest = sketch_.Heaviest(5);
  ASSERT_EQ(heaviest.size(), 5u);
  for (size_t rank = 0; rank < 5; ++rank) EXPECT_EQ(heaviest[rank]->name, NameOf(rank));
}

TEST_F(SpaceSavingTest, IsExactWhileThereIsRoom) {
  for (size_t item = 0; item < 64; ++item) Add(item, item + 1);
  for (size_t item = 0; item < 64; ++item) {
    const SpaceSaving::Counter* const counter = sketch_.Find(IdOf(NameOf(item)));
    ASSERT_NE(counter, nullptr);
    EXPECT_EQ(counter->weight, item + 1);
    EXPECT_EQ(counter->error, 0u);
  }
  EXPECT_EQ(sketch_.Heaviest(1)[0]->name, NameOf(63));
}

TEST_F(SpaceSavingTest, TheLightestCounterIsTakenOver) {
  for (size_t item = 0; item < 64; ++item) Add(item, 10 + item);
  Add(1000, 1);
  EXPECT_EQ(sketch_.Find(IdOf(NameOf(0))), nullptr);
  const SpaceSaving::Counter* const counter = sketch_.Find(IdOf(NameOf(1000)));
  ASSERT_NE(counter, nullptr);
  EXPECT_EQ(counter->weight, 11u);
  EXPECT_EQ(counter->error, 10u);
  EXPECT_EQ(counter->count, 1u);
  EXPECT_EQ(sketch_.size(), 64u);
}

TEST_F(SpaceSavingTest, WhatCameLongAgoCountsLess) {
  Add(1, 1000);
  for (int i = 0; i < 5; ++i) sketch_.Halve();
  Add(2, 100);
  EXPECT_EQ(sketch_.Find(IdOf(NameOf(1)))->weight, 31u);
  EXPECT_EQ(sketch_.Heaviest(1)[0]->name, NameOf(2));
  EXPECT_EQ(sketch_.total(), 131u);
}

TEST_F(SpaceSavingTest, LongNamesAreCutAndKeptApart) {
  const std::string prefix(1000, 'x');
  sketch_.Add(1, prefix + "1", 1);
  sketch_.Add(2, prefix + "2", 2);
  EXPECT_EQ(sketch_.size(), 2u);
  EXPECT_EQ(sketch_.Find(1)->name.size(), SpaceSaving::kMaxNameBytes);
  EXPECT_EQ(sketch_.Find(1)->name_size, 1001u);
  sketch_.Clear();
  EXPECT_EQ(sketch_.Find(1), nullptr);
  EXPECT_EQ(sketch_.total(), 0u);
}

}  // namespace
}  // namespace kv
