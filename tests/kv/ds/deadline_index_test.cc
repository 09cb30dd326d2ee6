#include "kv/ds/deadline_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "kv/base/hash.h"

namespace kv {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kHour = 3600 * kSecond;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kYear = 365 * kDay;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr size_t kUnlimited = std::numeric_limits<size_t>::max();

// An index driven as a store drives it: elements with deadlines stand beside it, and a record that
// fires early is added again.
class DeadlineIndexTest : public testing::Test {
 protected:
  void Expire(uint64_t element, int64_t deadline) {
    deadlines_[element] = deadline;
    index_.Add(deadline, HashOf(element));
  }

  static uint64_t HashOf(uint64_t element) { return element << 32; }
  static uint64_t ElementOf(uint64_t fingerprint) { return fingerprint >> 8; }

  size_t Advance(int64_t now, size_t budget = kUnlimited) {
    now_ = now;
    return index_.Advance(now, budget, [&](int64_t time, uint64_t fingerprint) {
      EXPECT_LE(time, now);
      ++fired_;
      const auto found = deadlines_.find(ElementOf(fingerprint));
      if (found == deadlines_.end()) return;
      if (found->second <= now) {
        deadlines_.erase(found);
        return;
      }
      ++early_;
      index_.Add(found->second, HashOf(found->first));
    });
  }

  // Nothing whose deadline has passed is left.
  bool NothingIsLate() const {
    return std::all_of(deadlines_.begin(), deadlines_.end(),
                       [&](const auto& element) { return element.second > now_; });
  }

  SlabMemory memory_;
  int64_t now_ = 1'800'000'000'000;
  DeadlineIndex index_{memory_, now_};
  std::map<uint64_t, int64_t> deadlines_;
  size_t fired_ = 0;
  size_t early_ = 0;
  std::mt19937_64 random_{11};
};

TEST_F(DeadlineIndexTest, AnEmptyIndexAllocatesNothing) {
  EXPECT_EQ(memory_.used(), 0u);
  EXPECT_EQ(index_.NextDueMillis(), kNever);
  EXPECT_EQ(Advance(now_ + kYear), 0u);
  EXPECT_EQ(memory_.used(), 0u);
}

TEST_F(DeadlineIndexTest, FiresInTheMillisecond) {
  Expire(1, now_ + 5000);
  Advance(now_ + 4999);
  EXPECT_EQ(fired_, 0u);
  Advance(now_ + 1);
  EXPECT_EQ(fired_, 1u);
  EXPECT_TRUE(deadlines_.empty());
  EXPECT_EQ(memory_.used(), 0u);
}

TEST_F(DeadlineIndexTest, ReportsDeadlineAndFingerprint) {
  const uint64_t hash = 0x0123456789abcdef;
  index_.Add(now_ + 77, hash);
  index_.Advance(now_ + 1000, kUnlimited, [&](int64_t deadline, uint64_t fingerprint) {
    EXPECT_EQ(deadline, now_ + 77);
    EXPECT_EQ(fingerprint, Fingerprint(hash));
    ++fired_;
  });
  EXPECT_EQ(fired_, 1u);
}

TEST_F(DeadlineIndexTest, ThePastIsDueAtOnce) {
  Expire(1, now_ - kDay);
  Expire(2, -5);
  Expire(3, now_);
  EXPECT_LE(index_.NextDueMillis(), now_);
  Advance(now_);
  EXPECT_EQ(fired_, 3u);
}

TEST_F(DeadlineIndexTest, NothingIsLateAndNearDeadlinesAreExact) {
  for (uint64_t element = 0; element < 30'000; ++element) {
    const int64_t range = int64_t{1} << (random_() % 31);
    Expire(element, now_ + static_cast<int64_t>(random_()) % range);
  }
  int64_t step = 1;
  while (!deadlines_.empty()) {
    Advance(now_ + static_cast<int64_t>(random_() % static_cast<uint64_t>(step)));
    ASSERT_TRUE(NothingIsLate());
    if (random_() % 8 == 0) step = std::min<int64_t>(step * 2, kDay);
  }
  // Only those that crossed a boundary of 2^32 ms were rounded.
  EXPECT_EQ(early_, 0u);
  EXPECT_EQ(index_.size(), 0u);
}

TEST_F(DeadlineIndexTest, FarDeadlinesFireAtMost256MillisecondsEarly) {
  for (uint64_t element = 0; element < 2'000; ++element) {
    Expire(element, now_ + static_cast<int64_t>(random_() % (10 * kYear)));
  }
  int64_t most_early = 0;
  while (!deadlines_.empty()) {
    const int64_t now = index_.NextDueMillis();
    ASSERT_NE(now, kNever);
    index_.Advance(now, kUnlimited, [&](int64_t, uint64_t fingerprint) {
      const auto found = deadlines_.find(ElementOf(fingerprint));
      ASSERT_NE(found, deadlines_.end());
      most_early = std::max(most_early, found->second - now);
      if (found->second > now) {
        index_.Add(found->second, HashOf(found->first));
      } else {
        ASSERT_EQ(found->second, now);
        deadlines_.erase(found);
      }
    });
  }
  EXPECT_GT(most_early, 0);
  EXPECT_LT(most_early, 256);
}

TEST_F(DeadlineIndexTest, SleepingUntilTheNextDueTimeMissesNothing) {
  for (uint64_t element = 0; element < 500; ++element) {
    Expire(element, now_ + static_cast<int64_t>(random_() % (100 * kDay)));
  }
  std::vector<int64_t> expected;
  for (const auto& [element, deadline] : deadlines_) expected.push_back(deadline);
  std::sort(expected.begin(), expected.end());
  std::vector<int64_t> expired;
  size_t wakeups = 0;
  while (!deadlines_.empty()) {
    const size_t before = deadlines_.size();
    const int64_t next = index_.NextDueMillis();
    ASSERT_LE(next, expected[expired.size()]);
    Advance(std::max(next, now_));
    expired.insert(expired.end(), before - deadlines_.size(), now_);
    ++wakeups;
  }
  EXPECT_EQ(expired, expected);
  EXPECT_LT(wakeups, 500u * 8);
}

TEST_F(DeadlineIndexTest, ManyDueAtOnceAreWorkedOffInSlices) {
  const uint64_t elements = 200'000;
  for (uint64_t element = 0; element < elements; ++element) Expire(element, now_ + 70 * kSecond);
  int64_t now = now_ + 70 * kSecond;
  while (!deadlines_.empty()) {
    const size_t before = fired_;
    EXPECT_LE(index_.NextDueMillis(), now);
    ASSERT_LE(Advance(now, 1000), 1000u);
    ASSERT_LE(fired_ - before, 1000u);
    ++now;
  }
  EXPECT_EQ(fired_, elements);
}

TEST_F(DeadlineIndexTest, AddingWhileWorkIsUnfinished) {
  for (uint64_t element = 0; element < 10'000; ++element) Expire(element, now_ + 90 * kSecond);
  uint64_t element = 10'000;
  while (!deadlines_.empty()) {
    Advance(now_ + 500, 100);
    if (element < 20'000) Expire(element++, now_ + static_cast<int64_t>(random_() % 2'000));
  }
  Advance(now_);
  EXPECT_EQ(index_.size(), 0u);
}

TEST_F(DeadlineIndexTest, ClockJumpsForwardByYears) {
  for (uint64_t element = 0; element < 10'000; ++element) {
    Expire(element, now_ + static_cast<int64_t>(random_() % (20 * kYear)));
  }
  const size_t steps = Advance(now_ + 40 * kYear);
  EXPECT_TRUE(deadlines_.empty());
  EXPECT_LT(steps, 2u * 10'000);
}

TEST_F(DeadlineIndexTest, ClockJumpsBackward) {
  const int64_t start = now_;
  for (uint64_t element = 0; element < 5'000; ++element) {
    Expire(element, start + static_cast<int64_t>(random_() % (2 * kHour)));
  }
  Advance(start + kHour, 3'000);  // leaves work undone
  const size_t left = deadlines_.size();
  Advance(start + kHour / 2, 10);
  Advance(start - kDay, 10);
  for (uint64_t element = 10'000; element < 11'000; ++element) {
    Expire(element, now_ + static_cast<int64_t>(random_() % kHour));
  }
  Advance(start - kDay + 1);
  EXPECT_EQ(index_.size(), deadlines_.size());
  EXPECT_GE(deadlines_.size(), left);
  while (!deadlines_.empty()) {
    Advance(now_ + static_cast<int64_t>(random_() % (10 * kSecond)));
    ASSERT_TRUE(NothingIsLate());
    ASSERT_LT(now_, start + 3 * kHour);
  }
}

TEST_F(DeadlineIndexTest, BackAndForthByOneMillisecond) {
  for (uint64_t element = 0; element < 1'000; ++element) {
    Expire(element, now_ + static_cast<int64_t>(element));
  }
  for (int i = 0; i < 1'500; ++i) {
    Advance(now_ + 2);
    ASSERT_TRUE(NothingIsLate());
    Advance(now_ - 1);
  }
  EXPECT_TRUE(deadlines_.empty());
  EXPECT_EQ(index_.size(), 0u);
}

TEST_F(DeadlineIndexTest, StartsAtAnyTime) {
  DeadlineIndex index(memory_);  // at time 0
  index.Add(now_ + 1000, 1);
  size_t fired = 0;
  for (int64_t now = now_; now <= now_ + 1000; ++now) {
    index.Advance(now, kUnlimited, [&](int64_t, uint64_t) {
      ++fired;
      if (now < now_ + 1000) index.Add(now_ + 1000, 1);
    });
  }
  EXPECT_GE(fired, 1u);
  EXPECT_EQ(index.size(), 0u);
}

TEST_F(DeadlineIndexTest, ExtremeDeadlines) {
  Expire(1, kNever);
  Expire(2, kNever - 1);
  Expire(3, now_ + 1);
  Advance(now_ + 100);
  EXPECT_EQ(deadlines_.size(), 2u);
  EXPECT_GT(index_.NextDueMillis(), now_);
  Advance(kNever);
  EXPECT_TRUE(deadlines_.empty());
}

TEST_F(DeadlineIndexTest, ARecordCostsAboutEightBytes) {
  for (const int64_t range : {kSecond * 60, kHour, kDay, 30 * kDay, kYear}) {
    index_.Clear();
    for (uint64_t element = 0; element < 1'000'000; ++element) {
      index_.Add(now_ + static_cast<int64_t>(random_() % static_cast<uint64_t>(range)),
                 HashOf(element));
    }
    const double bytes = static_cast<double>(index_.memory_bytes()) / 1e6;
    RecordProperty("bytes_" + std::to_string(range), std::to_string(bytes));
    EXPECT_LE(bytes, 8.5) << range;
    EXPECT_EQ(index_.memory_bytes(), memory_.used());
  }
  index_.Clear();
  EXPECT_EQ(memory_.used(), 0u);
}

TEST_F(DeadlineIndexTest, VisitsTheEarliestRecords) {
  for (uint64_t element = 0; element < 100; ++element) Expire(element, now_ + kHour);
  for (uint64_t element = 100; element < 105; ++element) Expire(element, now_ + 7);
  std::vector<uint64_t> seen;
  index_.VisitEarliest(3, [&](uint64_t fingerprint) { seen.push_back(ElementOf(fingerprint)); });
  EXPECT_EQ(seen.size(), 3u);
  for (const uint64_t element : seen) EXPECT_GE(element, 100u);
}

TEST_F(DeadlineIndexTest, VisitsRandomRecordsOfAllSlots) {
  index_.VisitRandom(random_(), 3, [](uint64_t) { FAIL(); });
  for (uint64_t element = 0; element < 300; ++element) {
    Expire(element, now_ + (int64_t{1} << (element % 30)));
  }
  std::map<uint64_t, int> seen;
  for (int i = 0; i < 20'000; ++i) {
    index_.VisitRandom(random_(), 1000, [&](uint64_t fingerprint) { ++seen[fingerprint]; });
  }
  EXPECT_EQ(seen.size(), 300u);
}

TEST_F(DeadlineIndexTest, AFewRecordsAreSmall) {
  for (uint64_t element = 0; element < 10; ++element) Expire(element, now_ + 60 * kSecond);
  EXPECT_LE(memory_.used(), 4096u);
}

TEST_F(DeadlineIndexTest, MovesSwapsAndForgets) {
  Expire(1, now_ + 10);
  DeadlineIndex other(memory_, now_);
  other.Add(now_ + 3, 2);
  other.Swap(index_);
  EXPECT_EQ(index_.NextDueMillis(), now_ + 3);
  DeadlineIndex moved = std::move(other);
  EXPECT_EQ(moved.size(), 1u);
  EXPECT_EQ(other.size(), 0u);  // NOLINT: moving leaves an empty index
  memory_.ReleaseAll();
  index_.Abandon();
  moved.Abandon();
  EXPECT_EQ(index_.NextDueMillis(), kNever);
  EXPECT_EQ(index_.memory_bytes(), 0u);
}

TEST_F(DeadlineIndexTest, ClearKeepsTheTime) {
  Expire(1, now_ + kYear);
  index_.Clear();
  EXPECT_EQ(memory_.used(), 0u);
  deadlines_.clear();
  Expire(2, now_ + 10);
  Advance(now_ + 10);
  EXPECT_EQ(fired_, 1u);
  EXPECT_TRUE(NothingIsLate());
}

TEST_F(DeadlineIndexTest, DrainTakesEveryRecordOnceTheEarlierSlotsFirst) {
  for (uint64_t element = 0; element < 3000; ++element) {
    index_.Add(now_ + static_cast<int64_t>(element) * kHour, HashOf(element));
  }
  std::vector<uint64_t> taken;
  const auto take = [&](uint64_t fingerprint) { taken.push_back(ElementOf(fingerprint)); };
  EXPECT_EQ(index_.Drain(100, take), 100u);
  EXPECT_EQ(index_.size(), 2900u);
  while (index_.Drain(700, take) > 0) {
  }
  EXPECT_EQ(index_.memory_bytes(), 0u);
  // Slots that wide hold records of some fifty days, in any order.
  for (size_t i = 0; i < taken.size(); ++i) EXPECT_LE(taken[i], i + 50 * kDay / kHour);
  std::sort(taken.begin(), taken.end());
  EXPECT_EQ(taken.size(), 3000u);
  EXPECT_EQ(std::unique(taken.begin(), taken.end()), taken.end());
}

TEST_F(DeadlineIndexTest, DropSomeFreesWithinItsBudget) {
  constexpr size_t kRecords = 100'000;
  for (uint64_t element = 0; element < kRecords; ++element) {
    index_.Add(now_ + static_cast<int64_t>(element % 1000), HashOf(element));
  }
  constexpr size_t kMostRecordsOfAChunk = 2048 / sizeof(uint64_t);
  size_t slices = 0;
  for (size_t before = kRecords; index_.DropSome(10); before = index_.size(), ++slices) {
    ASSERT_LT(index_.size(), before);
    ASSERT_LE(before - index_.size(), 10 * kMostRecordsOfAChunk);
  }
  EXPECT_GT(slices, kRecords / kMostRecordsOfAChunk / 10);
  EXPECT_EQ(index_.size(), 0u);
  index_.Clear();
  EXPECT_EQ(memory_.used(), 0u);
}

}  // namespace
}  // namespace kv
