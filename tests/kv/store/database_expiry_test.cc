// Entries of a database with a deadline, and the index that finds them.
#include <limits>
#include <random>
#include <vector>

#include "tests/kv/store/database_test.h"

namespace kv {
namespace {

// --- expiry ---

TEST_F(DatabaseTest, AnEntryIsGoneInTheMillisecondOfItsDeadline) {
  Put("key", "value", kStart + 100);
  context_.SetNow(kStart + 99);
  EXPECT_EQ(Get("key"), "value");
  EXPECT_EQ(database_->ExpireDue(100), 0u);
  context_.SetNow(kStart + 100);
  EXPECT_EQ(Get("key"), "(none)");
  EXPECT_EQ(database_->size(), 0u);
  EXPECT_EQ(context_.stats.expired, 1u);
}

TEST_F(DatabaseTest, DueEntriesAreRemovedUntouched) {
  for (int i = 0; i < 1000; ++i) Put("key" + std::to_string(i), "value", kStart + i);
  for (int64_t now = kStart; now < kStart + 1000; now += 50) {
    context_.SetNow(now);
    EXPECT_LE(database_->NextDeadline(), now);
    ExpireAll();
    EXPECT_EQ(database_->size(), static_cast<size_t>(kStart + 999 - now));
  }
}

TEST_F(DatabaseTest, HiddenEntriesStayAndCannotBeFound) {
  Put("key", "value", kStart + 100);
  context_.expiry = ExpiryPolicy::kHide;
  context_.SetNow(kStart + 100);
  EXPECT_EQ(Get("key"), "(none)");
  EXPECT_EQ(database_->ExpireDue(100), 0u);
  EXPECT_EQ(database_->Scan(0, [](const Entry&) { FAIL(); }), 0u);
  EXPECT_EQ(database_->size(), 1u);
  // Writing to the key replaces what is hidden.
  Put("key", "new");
  EXPECT_EQ(Get("key"), "new");
  EXPECT_EQ(database_->size(), 1u);
  EXPECT_EQ(context_.stats.expired, 0u);
}

TEST_F(DatabaseTest, HiddenEntriesGoWhenThePolicyDeletesAgain) {
  Put("key", "value", kStart + 100);
  context_.expiry = ExpiryPolicy::kHide;
  context_.SetNow(kStart + 200);
  database_->ExpireDue(100);
  context_.expiry = ExpiryPolicy::kDelete;
  ExpireAll();
  EXPECT_EQ(database_->size(), 0u);
}

TEST_F(DatabaseTest, ShownEntriesAreFoundPastTheirDeadline) {
  Put("key", "value", kStart + 100);
  context_.expiry = ExpiryPolicy::kShow;
  context_.SetNow(kStart + 200);
  EXPECT_EQ(database_->ExpireDue(100), 0u);
  EXPECT_EQ(Get("key"), "value");
  size_t visited = 0;
  database_->Scan(0, [&](const Entry&) { ++visited; });
  EXPECT_EQ(visited, 1u);
}

TEST_F(DatabaseTest, ADeadlineCanBeBroughtForwardPutOffAndCancelled) {
  for (const char* key : {"forward", "off", "cancelled"}) Put(key, "value", kStart + 100);
  SetDeadline("forward", kStart + 50);
  SetDeadline("off", kStart + 200);
  SetDeadline("cancelled", kNoDeadline);
  EXPECT_EQ(database_->expiring(), 2u);
  context_.SetNow(kStart + 50);
  ExpireAll();
  EXPECT_EQ(database_->size(), 2u);
  context_.SetNow(kStart + 199);
  ExpireAll();
  EXPECT_EQ(Get("off"), "value");
  context_.SetNow(kStart + 200);
  ExpireAll();
  EXPECT_EQ(database_->size(), 1u);
  EXPECT_EQ(Get("cancelled"), "value");
}

TEST_F(DatabaseTest, AMillionDeadlinesInOneSecondAreWorkedOffWithinTheBudget) {
  constexpr size_t kKeys = 1'000'000 / kScale;
  constexpr size_t kBudget = 1000;
  for (size_t i = 0; i < kKeys; ++i) {
    Put(std::to_string(i) + "key", "v", kStart + kDay + static_cast<int64_t>(i % 1000));
  }
  context_.SetNow(kStart + kDay + 1000);
  size_t calls = 0;
  for (size_t before = database_->size(); before > 0; before = database_->size()) {
    EXPECT_LE(database_->ExpireDue(kBudget), kBudget);
    EXPECT_LE(before - database_->size(), kBudget);
    // Each record is filed once for each level at most: the work is bounded as a whole, too.
    ASSERT_LE(++calls, 5 * kKeys / kBudget);
  }
  EXPECT_EQ(context_.stats.expired, kKeys);
}

TEST_F(DatabaseTest, MeanTtlIsExact) {
  Put("a", "value", kStart + 1000);
  Put("b", "value", kStart + 3000);
  EXPECT_EQ(database_->mean_ttl(), 2000);
  context_.SetNow(kStart + 500);
  EXPECT_EQ(database_->mean_ttl(), 1500);
  Remove("b");
  EXPECT_EQ(database_->mean_ttl(), 500);
}

TEST_F(DatabaseTest, MeanTtlOfDeadlinesAtTheEndOfTheRange) {
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  for (const char* key : {"a", "b", "c"}) Put(key, "value", kLast);
  EXPECT_EQ(database_->mean_ttl(), kLast - kStart);
  Put("b", "value", kLast - 3);
  EXPECT_EQ(database_->mean_ttl(), kLast - 1 - kStart);
}

// --- the deadline index ---

class DeadlineRebuildTest : public DatabaseTest {
 protected:
  // As a server's tick does.
  void Tick() {
    database_->RebuildDeadlineIndex(500);
    database_->ExpireDue(1000);
  }
  void Rebuild() {
    while (database_->RebuildDeadlineIndex(500) > 0) {
    }
  }
  // Leaves `count` stale records behind that are due late.
  void LeaveStaleRecords(size_t count) {
    Put("victim", "value");
    for (size_t i = 0; i < count; ++i) {
      SetDeadline("victim", kStart + 100 * kDay);
      SetDeadline("victim", kNoDeadline);
    }
  }
};

TEST_F(DeadlineRebuildTest, ShorteningAndLengtheningOverAndOverStaysBounded) {
  constexpr size_t kKeys = 100;
  constexpr size_t kCycles = 1'000'000 / kScale;
  for (size_t i = 0; i < kKeys; ++i) Put(std::to_string(i), "value", kStart + kDay);
  size_t most = 0;
  for (size_t i = 0; i < kCycles; ++i) {
    const std::string key = std::to_string(i % kKeys);
    SetDeadline(key, kStart + kDay / 2);
    SetDeadline(key, kStart + 2 * kDay);
    if (i % 100 == 0) Tick();
    most = std::max(most, database_->deadline_records());
  }
  EXPECT_LT(most, 4 * kKeys + 3000);
  Rebuild();
  EXPECT_EQ(database_->expiring(), kKeys);
  context_.SetNow(kStart + 2 * kDay - 1);
  ExpireAll();
  EXPECT_EQ(database_->size(), kKeys);
  context_.SetNow(kStart + 2 * kDay);
  ExpireAll();
  EXPECT_EQ(database_->size(), 0u);
}

TEST_F(DeadlineRebuildTest, KeepsOneRecordForEachDeadline) {
  for (int i = 0; i < 2000; ++i) Put(std::to_string(i), "value", kStart + kDay + i);
  LeaveStaleRecords(10'000);
  EXPECT_EQ(database_->deadline_records(), 12'000u);
  EXPECT_EQ(database_->RebuildDeadlineIndex(500), 500u);
  Rebuild();
  EXPECT_EQ(database_->deadline_records(), 2000u);
  EXPECT_EQ(database_->RebuildDeadlineIndex(500), 0u);
}

TEST_F(DeadlineRebuildTest, RemovedKeysLeaveNoRecordsForLong) {
  for (int i = 0; i < 20'000; ++i) Put(std::to_string(i), "value", kStart + kDay);
  for (int i = 0; i < 20'000; ++i) Remove(std::to_string(i));
  EXPECT_EQ(database_->deadline_records(), 20'000u);
  Rebuild();
  EXPECT_EQ(database_->deadline_records(), 0u);
  EXPECT_EQ(database_->index_bytes(), 0u);
}

TEST_F(DeadlineRebuildTest, DeadlinesFireOnTimeMeanwhile) {
  constexpr int kKeys = 5000;
  for (int i = 0; i < kKeys; ++i) Put(std::to_string(i), "value", kStart + 1 + i);
  LeaveStaleRecords(20'000);
  size_t ticks_of_rebuilding = 0;
  for (int64_t now = kStart; now <= kStart + kKeys; now += 10) {
    context_.SetNow(now);
    const size_t before = database_->deadline_records();
    // Fewer than the lead needed to drain everything at once, so that both indexes are at work.
    database_->RebuildDeadlineIndex(100);
    database_->ExpireDue(1000);
    if (before > 3 * database_->expiring()) ++ticks_of_rebuilding;
    ASSERT_EQ(database_->expiring(), static_cast<size_t>(kStart + kKeys - now));
  }
  EXPECT_GT(ticks_of_rebuilding, 50u);
}

TEST_F(DeadlineRebuildTest, ChangesMeanwhileAreKept) {
  for (int i = 0; i < 3000; ++i) Put("key" + std::to_string(i), "v", kStart + kDay);
  LeaveStaleRecords(20'000);
  int next = 0;
  std::map<std::string, int64_t> expected;
  while (database_->RebuildDeadlineIndex(100) > 0) {
    for (int i = 0; i < 9; ++i, ++next) {
      const std::string key = "key" + std::to_string(next * 7 % 3000);
      const int64_t deadline = kStart + kDay + (next % 3 - 1) * 1000;
      // A value of another size class moves the entry.
      if (next % 2 == 0) Put(key, std::string(static_cast<size_t>(next % 200), 'x'), deadline);
      SetDeadline(key, deadline);
      expected[key] = deadline;
    }
  }
  ASSERT_GT(next, 1000);
  for (const int64_t now : {kStart + kDay - 1000, kStart + kDay, kStart + kDay + 1000}) {
    context_.SetNow(now);
    ExpireAll();
    size_t left = 0;
    for (const auto& [key, deadline] : expected) left += deadline > now ? 1 : 0;
    if (now < kStart + kDay) left += 3000 - expected.size();
    ASSERT_EQ(database_->expiring(), left);
  }
}

}  // namespace
}  // namespace kv
