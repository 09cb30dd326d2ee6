#include "kv/store/store.h"

#include <gtest/gtest.h>

#include <string>

namespace kv {
namespace {

constexpr int64_t kStart = 1'800'000'000'000;

class StoreTest : public testing::Test {
 protected:
  void Put(int database, const std::string& key, int64_t deadline) {
    Database& db = store_.database(database);
    const HashedKey hashed = db.Hash(key);
    EntryRef ref = db.Peek(hashed);
    db.PutString(hashed, ref, "value", deadline);
  }

  Store store_{4, HashKey{1, 2}, kStart};
};

TEST_F(StoreTest, TheNextDeadlineIsThatOfAnyDatabase) {
  EXPECT_EQ(store_.NextDeadline(), INT64_MAX);
  Put(1, "late", kStart + 200);
  Put(3, "early", kStart + 100);
  EXPECT_LE(store_.NextDeadline(), kStart + 100);
  EXPECT_GT(store_.NextDeadline(), kStart);
}

TEST_F(StoreTest, ExpiryServesTheDatabasesInTurnWithinOneBudget) {
  for (int i = 0; i < 4000; ++i) Put(i % 4, std::to_string(i), kStart + 1);
  store_.SetNow(kStart + 1);
  for (size_t before = store_.keys(); before > 0; before = store_.keys()) {
    ASSERT_LE(store_.ExpireDue(100), 100u);
    ASSERT_LE(before - store_.keys(), 100u);
    ASSERT_GT(before, store_.keys());
  }
  EXPECT_EQ(store_.stats().expired, 4000u);
}

TEST_F(StoreTest, WithoutActiveExpiryNothingGoesUntouched) {
  store_.set_active_expire(false);
  Put(0, "key", kStart + 1);
  store_.SetNow(kStart + 1);
  EXPECT_EQ(store_.NextDeadline(), INT64_MAX);
  EXPECT_EQ(store_.ExpireDue(100), 0u);
  EXPECT_EQ(store_.keys(), 1u);
  EXPECT_FALSE(store_.database(0).Peek(store_.database(0).Hash("key")));
  EXPECT_EQ(store_.keys(), 0u);
}

TEST_F(StoreTest, LagIsMeasuredFromTheDeadline) {
  Put(0, "a", kStart + 10);
  Put(0, "b", kStart + 30);
  store_.SetNow(kStart + 35);
  store_.ExpireDue(100);
  EXPECT_EQ(store_.expiry_lag().max(), 25);
  EXPECT_EQ(store_.expiry_lag().Percentile(0.1), 5);
  store_.ResetStats();
  EXPECT_EQ(store_.expiry_lag().max(), 0);
  EXPECT_EQ(store_.stats().expired, 0u);
}

TEST_F(StoreTest, SwappedDatabasesKeepTheirDeadlines) {
  Put(0, "key", kStart + 10);
  store_.database(0).Swap(store_.database(2));
  EXPECT_EQ(store_.database(2).expiring(), 1u);
  EXPECT_EQ(store_.database(0).expiring(), 0u);
  store_.SetNow(kStart + 10);
  store_.ExpireDue(100);
  EXPECT_EQ(store_.keys(), 0u);
}

TEST_F(StoreTest, RebuildingIndexesSharesOneBudget) {
  for (int database = 0; database < 4; ++database) {
    for (int i = 0; i < 5000; ++i) Put(database, std::to_string(i), kStart + 1000);
    for (int i = 0; i < 5000; ++i) Put(database, std::to_string(i), kNoDeadline);
  }
  size_t work = 0;
  while (const size_t done = store_.RebuildDeadlineIndexes(500)) {
    ASSERT_LE(done, 500u);
    work += done;
  }
  EXPECT_EQ(work, 20'000u);
}

}  // namespace
}  // namespace kv
