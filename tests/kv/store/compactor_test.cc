#include "kv/store/compactor.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/same_bytes.h"

namespace kv {
namespace {

#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr size_t kKeys = 100'000;  // fewer steps under the sanitizers
#else
constexpr size_t kKeys = 300'000;
#endif

class CompactorTest : public testing::Test {
 protected:
  CompactorTest() { options_.ignore_bytes = 1; }

  static std::string Key(size_t i) { return absl::StrCat("key:", i); }
  // Short strings inline, longer ones in blobs, and numbers.
  static std::string Value(size_t i) {
    if (i % 5 == 0) return absl::StrCat(i);
    return std::string(i % 7 == 0 ? 300 : i % 4 * 10, static_cast<char>('a' + i % 26));
  }
  void Put(Database& database, size_t i) {
    const std::string key = Key(i);
    const HashedKey hashed = database.Hash(key);
    EntryRef ref = database.Peek(hashed);
    database.PutString(hashed, ref, Value(i), i % 3 == 0 ? kDeadline : kNoDeadline);
  }
  void Remove(Database& database, size_t i) {
    const std::string key = Key(i);
    EntryRef ref = database.Peek(database.Hash(key));
    ASSERT_TRUE(ref);
    database.Remove(ref);
  }
  void ExpectHolds(Database& database, size_t i) {
    const std::string key = Key(i);
    const EntryRef ref = database.Peek(database.Hash(key));
    ASSERT_TRUE(ref) << key;
    ASSERT_TRUE(SameBytes(ref->string().view(), Value(i))) << key;
    ASSERT_EQ(ref->deadline(), i % 3 == 0 ? kDeadline : kNoDeadline);
  }
  size_t RunToTheEnd() {
    size_t steps = 0;
    for (compactor_.Begin(); compactor_.running(); ++steps) compactor_.Step();
    return steps;
  }

  static constexpr int64_t kDeadline = 2'000'000'000'000;
  CompactorOptions options_;
  Store store_{2, HashKey{1, 2}, 1'800'000'000'000};
  Compactor compactor_{store_, options_};
};

TEST_F(CompactorTest, EmptiesWhatRandomDeletionLeftSparse) {
  for (size_t i = 0; i < kKeys; ++i) Put(store_.database(i % 2), i);
  std::mt19937_64 random(7);
  std::vector<size_t> kept;
  for (size_t i = 0; i < kKeys; ++i) {
    if (random() % 10 == 0) {
      kept.push_back(i);
    } else {
      Remove(store_.database(i % 2), i);
    }
  }
  while (store_.reclaimer().Step(1000) > 0) {
  }
  const size_t used = store_.memory().used();
  const size_t unused = store_.memory().unused_bytes();
  ASSERT_GT(unused, 2 * used);

  EXPECT_GT(RunToTheEnd(), 0u);
  EXPECT_EQ(store_.memory().used(), used);
  EXPECT_LT(store_.memory().unused_bytes(), unused / 4);
  EXPECT_GT(compactor_.stats().keys_moved, kept.size() / 2);
  for (const size_t i : kept) ExpectHolds(store_.database(i % 2), i);
  EXPECT_EQ(store_.keys(), kept.size());
}

TEST_F(CompactorTest, WritesBetweenItsStepsAreKept) {
  for (size_t i = 0; i < kKeys; ++i) Put(store_.database(0), i);
  for (size_t i = 0; i < kKeys; ++i) {
    if (i % 8 != 0) Remove(store_.database(0), i);
  }
  size_t next = 0;
  for (compactor_.Begin(); compactor_.running(); compactor_.Step()) {
    if (next < kKeys / 2) Put(store_.database(0), next);
    if (next % 8 == 0 && next < kKeys / 2) Remove(store_.database(0), kKeys / 2 + next);
    ++next;
  }
  for (size_t i = 0; i < std::min(next, kKeys / 2); ++i) ExpectHolds(store_.database(0), i);
}

TEST_F(CompactorTest, ResettingTheFiguresUnderWayDoesNotKeepItGoing) {
  for (size_t i = 0; i < kKeys; ++i) Put(store_.database(0), i);
  for (size_t i = 0; i < kKeys; ++i) {
    if (i % 8 != 0) Remove(store_.database(0), i);
  }
  size_t steps = 0;
  for (compactor_.Begin(); compactor_.running() && steps < kKeys; ++steps) {
    compactor_.Step();
    if (steps % 10 == 0) compactor_.ResetStats();
  }
  EXPECT_LT(steps, kKeys);
}

TEST_F(CompactorTest, LeavesASharedStringWhereItIs) {
  for (size_t i = 0; i < kKeys; ++i) Put(store_.database(0), 7 * i);
  const std::string pinned_key = Key(7 * 9);
  Blob* const pinned = store_.database(0).Peek(store_.database(0).Hash(pinned_key))->blob();
  pinned->AddReference();
  for (size_t i = 10; i < kKeys; ++i) {
    if (i % 10 != 0) Remove(store_.database(0), 7 * i);
  }
  RunToTheEnd();
  EXPECT_EQ(store_.database(0).Peek(store_.database(0).Hash(pinned_key))->blob(), pinned);
  Blob::Release(store_.memory(), pinned);
}

TEST_F(CompactorTest, DoesNotBeginBelowItsThresholds) {
  for (size_t i = 0; i < kKeys; ++i) Put(store_.database(0), i);
  for (size_t i = 0; i < kKeys; i += 2) Remove(store_.database(0), i);
  const auto unused = static_cast<int64_t>(store_.memory().unused_bytes());

  options_.ignore_bytes = unused + 1;
  compactor_.Begin();
  EXPECT_FALSE(compactor_.running());

  options_.ignore_bytes = unused;
  options_.threshold_lower = 1000;
  compactor_.Begin();
  EXPECT_FALSE(compactor_.running());

  options_.threshold_lower = 10;
  options_.enabled = false;
  compactor_.Begin();
  EXPECT_FALSE(compactor_.running());

  options_.enabled = true;
  compactor_.Begin();
  EXPECT_TRUE(compactor_.running());
}

TEST_F(CompactorTest, EffortGrowsWithWhatThereIsToWin) {
  EXPECT_EQ(compactor_.effort(), 0);
  for (size_t i = 0; i < kKeys; ++i) Put(store_.database(0), i);
  for (size_t i = 0; i < kKeys; ++i) {
    if (i % 10 != 0) Remove(store_.database(0), i);
  }
  compactor_.Begin();
  EXPECT_EQ(compactor_.effort(), options_.cycle_max);
  options_.threshold_upper = 100'000;
  EXPECT_GE(compactor_.effort(), options_.cycle_min);
  EXPECT_LT(compactor_.effort(), options_.cycle_max);
}

}  // namespace
}  // namespace kv
