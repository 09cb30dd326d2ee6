#include "kv/store/reclaimer.h"

#include <gtest/gtest.h>

#include <string>

#include "kv/store/store.h"

namespace kv {
namespace {

constexpr int64_t kStart = 1'800'000'000'000;
// The most entries of one segment of a table, the grain of the work.
constexpr size_t kSegment = 567;

class ReclaimerTest : public testing::Test {
 protected:
  void Put(const std::string& key, std::string_view value, int64_t deadline = kNoDeadline) {
    Database& database = store_.database(0);
    const HashedKey hashed = database.Hash(key);
    EntryRef ref = database.Peek(hashed);
    database.PutString(hashed, ref, value, deadline);
  }
  // Large enough to cost the more to free the larger it is, and not so large that it is left to
  // SlabMemory::Trim: 60 pages, so that a thousand units are some sixteen strings.
  static std::string LargeString() { return std::string(size_t{240} << 10, 'x'); }
  static constexpr size_t kUnitsOfAString = 65;
  static constexpr size_t kStringsOfAStep = 18;
  void Remove(const std::string& key) {
    EntryRef ref = store_.database(0).Peek(store_.database(0).Hash(key));
    store_.database(0).Remove(ref);
  }
  // Frees everything in slices and returns their number; each keeps to its budget.
  size_t StepToTheEnd(size_t budget, size_t grain) {
    size_t slices = 0;
    while (const size_t done = reclaimer_.Step(budget)) {
      EXPECT_LE(done, budget + grain);
      ++slices;
    }
    EXPECT_FALSE(reclaimer_.has_work());
    return slices;
  }

  Store store_{1, HashKey{1, 2}, kStart};
  Reclaimer& reclaimer_ = store_.reclaimer();
};

TEST_F(ReclaimerTest, FreesADroppedDatabaseInSlices) {
  constexpr size_t kKeys = 100'000;
  for (size_t i = 0; i < kKeys; ++i) Put(std::to_string(i), "value", kStart + 1000);
  store_.database(0).Clear();
  EXPECT_EQ(store_.keys(), 0u);
  EXPECT_EQ(reclaimer_.pending(), kKeys);
  EXPECT_GE(StepToTheEnd(1000, kSegment), kKeys / (1000 + kSegment));
  EXPECT_EQ(reclaimer_.freed(), kKeys);
  EXPECT_EQ(store_.memory().used(), 0u);
}

TEST_F(ReclaimerTest, DropsTheDeadlineIndexWithoutVisitingIt) {
  Put("key", "value", kStart + 1000);
  store_.database(0).Clear();
  EXPECT_EQ(store_.NextDeadline(), INT64_MAX);
  EXPECT_GT(store_.memory().used(), 0u);
  // Deadlines of new keys are not confused with those that wait for their end.
  Put("new", "value", kStart + 10);
  EXPECT_LE(store_.NextDeadline(), kStart + 10);
  store_.SetNow(kStart + 10);
  store_.ExpireDue(100);
  EXPECT_EQ(store_.keys(), 0u);
}

TEST_F(ReclaimerTest, LargeStringsWaitForTheirTurn) {
  constexpr size_t kStrings = 256;
  for (size_t i = 0; i < kStrings; ++i) Put(std::to_string(i), LargeString());
  for (size_t i = 0; i < kStrings; ++i) Remove(std::to_string(i));
  EXPECT_EQ(reclaimer_.pending(), kStrings);
  EXPECT_GT(store_.memory().used(), kStrings * LargeString().size());
  EXPECT_GE(StepToTheEnd(1000, kUnitsOfAString), kStrings / kStringsOfAStep);
  EXPECT_EQ(reclaimer_.freed(), kStrings);
  EXPECT_EQ(store_.memory().used(), store_.database(0).table_bytes());
}

TEST_F(ReclaimerTest, LargeStringsOfADroppedDatabaseWaitToo) {
  constexpr size_t kStrings = 256;
  for (size_t i = 0; i < kStrings; ++i) Put(std::to_string(i), LargeString());
  store_.database(0).Clear();
  EXPECT_EQ(reclaimer_.pending(), kStrings);
  EXPECT_GE(StepToTheEnd(1000, kSegment), kStrings / kStringsOfAStep);
  EXPECT_EQ(reclaimer_.freed(), kStrings);
  EXPECT_EQ(store_.memory().used(), 0u);
}

TEST_F(ReclaimerTest, SmallStringsAreFreedAtOnce) {
  Put("key", std::string(10'000, 'x'));
  Remove("key");
  EXPECT_FALSE(reclaimer_.has_work());
}

TEST_F(ReclaimerTest, AVeryLargeStringGoesBackInPieces) {
  constexpr size_t kBytes = size_t{256} << 20;
  Database& database = store_.database(0);
  const HashedKey key = database.Hash("key");
  EntryRef ref = database.Peek(key);
  database.PutBlob(key, ref, Blob::Create(store_.memory(), 1, kBytes), kNoDeadline);
  Remove("key");
  EXPECT_EQ(StepToTheEnd(1000, 0), 1u);
  SlabMemory& memory = store_.memory();
  EXPECT_LT(memory.used(), kBytes);
  EXPECT_GE(memory.idle_bytes(), kBytes);
  constexpr size_t kSlice = size_t{1} << 20;
  size_t slices = 0;
  for (size_t before = memory.mapped(); memory.idle_bytes() > kSlice; before = memory.mapped()) {
    if (memory.Trim(kSlice) == 0) {
      memory.FinishReturns();
      continue;
    }
    ASSERT_LT(memory.mapped(), before);
    ASSERT_LE(before - memory.mapped(), kSlice);
    ++slices;
  }
  EXPECT_GE(slices, kBytes / kSlice - 1);
}

TEST_F(ReclaimerTest, IdleBytesAreWhatTrimReturns) {
  for (int i = 0; i < 100'000; ++i) Put(std::to_string(i), "value");
  SlabMemory& memory = store_.memory();
  const size_t idle_before = memory.idle_bytes();
  EXPECT_LT(idle_before, memory.mapped() / 10);
  store_.database(0).Clear();
  StepToTheEnd(1000, kSegment);
  const size_t mapped = memory.mapped();
  EXPECT_GT(memory.idle_bytes(), mapped / 2);
  size_t returned = 0;
  while (const size_t bytes = memory.Trim(SIZE_MAX)) {
    returned += bytes;
    memory.FinishReturns();
  }
  EXPECT_GT(returned, mapped / 2);
  EXPECT_EQ(memory.idle_bytes(), 0u);
}

}  // namespace
}  // namespace kv
