#include "kv/store/recent_removals.h"

#include <gtest/gtest.h>

#include "kv/base/random.h"

namespace kv {
namespace {

TEST(RecentRemovalsTest, TellsWhyAKeyWent) {
  RecentRemovals removals;
  EXPECT_EQ(removals.Find(0, 1), RemovalReason::kNone);
  removals.Note(0, 1, RemovalReason::kExpired);
  removals.Note(0, 2, RemovalReason::kEvicted);
  EXPECT_EQ(removals.Find(0, 1), RemovalReason::kExpired);
  EXPECT_EQ(removals.Find(0, 2), RemovalReason::kEvicted);
  EXPECT_EQ(removals.Find(0, 3), RemovalReason::kNone);
  EXPECT_EQ(removals.Find(1, 1), RemovalReason::kNone);
}

TEST(RecentRemovalsTest, TheLatestReasonCounts) {
  RecentRemovals removals;
  for (int i = 0; i < 10; ++i) {
    removals.Note(0, 1, RemovalReason::kExpired);
    removals.Note(0, 1, RemovalReason::kEvicted);
  }
  EXPECT_EQ(removals.Find(0, 1), RemovalReason::kEvicted);
  removals.Note(0, 1, RemovalReason::kExpired);
  EXPECT_EQ(removals.Find(0, 1), RemovalReason::kExpired);
}

// The shares the header states.
TEST(RecentRemovalsTest, ForgetsAfterManyOthers) {
  constexpr size_t kKeys = 1000;
  const auto forgotten = [](size_t others) {
    Random random(5);
    RecentRemovals removals;
    std::vector<uint64_t> keys(kKeys);
    for (uint64_t& key : keys) {
      key = random.Next();
      removals.Note(0, key, RemovalReason::kExpired);
    }
    for (size_t i = kKeys; i < others; ++i) {
      removals.Note(0, random.Next(), RemovalReason::kEvicted);
    }
    size_t count = 0;
    for (const uint64_t key : keys) count += removals.Find(0, key) == RemovalReason::kNone ? 1 : 0;
    return static_cast<double>(count) / kKeys;
  };
  EXPECT_NEAR(forgotten(4096), 0.02, 0.02);
  EXPECT_NEAR(forgotten(8192), 0.14, 0.05);
  EXPECT_NEAR(forgotten(16'384), 0.57, 0.05);
}

TEST(RecentRemovalsTest, TakesNoKeyForAnother) {
  Random random(6);
  RecentRemovals removals;
  for (int i = 0; i < 20'000; ++i) removals.Note(0, random.Next(), RemovalReason::kExpired);
  for (int i = 0; i < 200'000; ++i) {
    ASSERT_EQ(removals.Find(0, random.Next()), RemovalReason::kNone);
  }
}

}  // namespace
}  // namespace kv
