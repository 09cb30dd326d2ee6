#include "kv/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace kv {
namespace {

TEST(RandomTest, EqualSeedsGiveEqualSequences) {
  Random a(1), b(1), c(2);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint64_t value = a.Next();
    EXPECT_EQ(value, b.Next());
    differs |= value != c.Next();
  }
  EXPECT_TRUE(differs);
}

TEST(RandomTest, TheSystemSeedsDiffer) {
  EXPECT_NE(Random::FromSystem().Next(), Random::FromSystem().Next());
}

TEST(RandomTest, UniformIsUniform) {
  constexpr int kBuckets = 10;
  constexpr int kDraws = 100'000;
  constexpr double kExpected = double{kDraws} / kBuckets;
  Random random(42);
  std::vector<int> counts(kBuckets);
  for (int i = 0; i < kDraws; ++i) ++counts[random.Uniform(kBuckets)];
  double chi_squared = 0;
  for (int count : counts) {
    const double difference = count - kExpected;
    chi_squared += difference * difference / kExpected;
  }
  EXPECT_LT(chi_squared, 27.9);  // 9 degrees of freedom, one in a thousand
}

TEST(RandomTest, UniformStaysBelowItsBound) {
  Random random(1);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(random.Uniform(1), 0u);
  const uint64_t bound = (uint64_t{1} << 63) + 1;
  for (int i = 0; i < 1000; ++i) EXPECT_LT(random.Uniform(bound), bound);
}

TEST(RandomTest, DoublesLieBetweenZeroAndOne) {
  Random random(1);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.NextDouble();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(RandomTest, FillsEveryByte) {
  Random random(1);
  for (size_t size : {0, 1, 7, 8, 9, 300}) {
    std::vector<bool> changed(size);
    for (int round = 0; round < 20; ++round) {
      std::vector<char> drawn(size), from_system(size);
      random.Fill(drawn);
      FillFromSystem(from_system);
      for (size_t i = 0; i < size; ++i)
        changed[i] = changed[i] || (drawn[i] != 0 && from_system[i] != 0);
    }
    EXPECT_TRUE(std::all_of(changed.begin(), changed.end(), [](bool b) { return b; })) << size;
  }
}

TEST(RandomTest, HexWritesDigits) {
  Random random(1);
  const std::string id = random.Hex(40);
  EXPECT_EQ(id.size(), 40u);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(id, random.Hex(40));
}

}  // namespace
}  // namespace kv
