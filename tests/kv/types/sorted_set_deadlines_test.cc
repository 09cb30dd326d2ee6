// Sorted sets whose members have deadlines.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kv/base/random.h"
#include "kv/types/scored_sources.h"
#include "kv/types/sorted_set_value.h"
#include "kv/types/value_operations.h"

namespace kv {
namespace {

constexpr HashKey kHashKey = {1, 2};
constexpr int64_t kStart = 1'800'000'000'000;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

struct Member {
  double score;
  int64_t deadline = kNoFieldDeadline;
};
using Model = std::map<std::string, Member>;

class SortedSetDeadlines : public testing::Test {
 protected:
  ~SortedSetDeadlines() override {
    EXPECT_EQ(operations().memory_bytes(object()), memory_.used());
    EXPECT_TRUE(set_.is_small() || set_.large().IsValid());
    set_.Free(memory_);
    EXPECT_EQ(memory_.used(), 0u);
  }

  const ValueOperations& operations() const { return OperationsOf(set_.object().encoding); }
  void* object() const { return set_.object().object; }

  ScoreOutcome Add(std::string_view member, double score, const ScoreConditions& conditions = {}) {
    return set_.Add(context_, member, score, conditions).outcome;
  }
  void SetDeadline(std::string_view member, int64_t deadline) {
    set_.SetDeadline(context_, member, deadline);
  }
  std::optional<int64_t> DeadlineOf(std::string_view member) const {
    return set_.DeadlineOf(member);
  }
  // `members` members m0, m1, ... of scores 0, 1, ... which are due one after the other.
  void Fill(int members, int64_t deadline, int64_t step) {
    for (int i = 0; i < members; ++i) {
      const std::string member = "m" + std::to_string(i);
      Add(member, i);
      SetDeadline(member, deadline + i * step);
    }
  }
  // Goes on to `now` and removes what is due, in slices. Returns the names of what went, in order.
  std::vector<std::string> ExpireAt(int64_t now, size_t budget = 16);
  Model Content(const SortedSetValue& set) const {
    Model content;
    set.ForEach([&](std::string_view member, double score) {
      content[std::string(member)] = {score, *set.DeadlineOf(member)};
    });
    return content;
  }

  SlabMemory memory_;
  SortedSetContext context_{memory_, kHashKey, {.max_entries = 8, .max_value = 64}};
  int64_t now_ = kStart;
  SortedSetValue set_ = SortedSetValue::Create(context_);
};

bool operator==(const Member& a, const Member& b) {
  return a.score == b.score && a.deadline == b.deadline;
}

std::vector<std::string> SortedSetDeadlines::ExpireAt(int64_t now, size_t budget) {
  now_ = now;
  std::vector<std::string> expired;
  const auto note = [&](std::string_view member, int64_t deadline) {
    EXPECT_EQ(DeadlineOf(member), deadline) << "is passed before it goes";
    expired.emplace_back(member);
  };
  void* set = object();
  while (operations().next_deadline(set) <= now) {
    const size_t before = expired.size();
    operations().expire(memory_, &set, now, budget, note);
    EXPECT_LE(expired.size() - before, budget);
  }
  std::sort(expired.begin(), expired.end());
  return expired;
}

using Strings = std::vector<std::string>;

TEST_F(SortedSetDeadlines, ADeadlineMakesASmallSetLarge) {
  Add("a", 1);
  Add("b", 2);
  SetDeadline("a", kNoFieldDeadline);
  EXPECT_TRUE(set_.is_small());
  EXPECT_EQ(DeadlineOf("a"), kNoFieldDeadline);
  SetDeadline("a", kStart + 10);
  EXPECT_FALSE(set_.is_small());
  EXPECT_EQ(DeadlineOf("a"), kStart + 10);
  EXPECT_EQ(DeadlineOf("b"), kNoFieldDeadline);
  EXPECT_EQ(DeadlineOf("c"), std::nullopt);
  EXPECT_EQ(set_.Score("a"), 1);
}

TEST_F(SortedSetDeadlines, MembersGoInTheirMillisecond) {
  Fill(5, kStart + 10, 7);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ExpireAt(kStart + 9 + 7 * i), Strings{});
    EXPECT_EQ(ExpireAt(kStart + 10 + 7 * i), Strings{"m" + std::to_string(i)});
    EXPECT_EQ(set_.size(), 4u - static_cast<size_t>(i));
  }
  EXPECT_EQ(operations().next_deadline(object()), kNever);
}

TEST_F(SortedSetDeadlines, AWrittenScoreTakesTheDeadlineAway) {
  Fill(6, kStart + 10, 0);
  EXPECT_EQ(Add("m0", 7), ScoreOutcome::kUpdated);
  EXPECT_EQ(Add("m1", 1), ScoreOutcome::kPersisted);
  EXPECT_EQ(Add("m1", 1), ScoreOutcome::kUnchanged);
  EXPECT_EQ(Add("m2", 1, {.increment = true}), ScoreOutcome::kUpdated);
  EXPECT_EQ(Add("m3", 0, {.increment = true}), ScoreOutcome::kUnchanged);
  EXPECT_EQ(Add("m4", 9, {.if_absent = true}), ScoreOutcome::kNotApplied);
  EXPECT_EQ(Add("m5", 5, {.if_greater = true}), ScoreOutcome::kNotApplied);
  EXPECT_EQ(ExpireAt(kStart + 10), (Strings{"m2", "m3", "m4", "m5"}));
}

TEST_F(SortedSetDeadlines, RemovedMembersLeaveNone) {
  Fill(6, kStart + 10, 0);
  EXPECT_TRUE(set_.Remove(context_, "m0"));
  set_.RemoveRange(context_, {1, 2});
  EXPECT_EQ(set_.large().expiring(), 3u);
  for (const char* member : {"m0", "m2", "m3"}) Add(member, 1);
  EXPECT_EQ(ExpireAt(kStart + 10), (Strings{"m1", "m4", "m5"}));
  EXPECT_EQ(set_.size(), 3u);
}

TEST_F(SortedSetDeadlines, DeadlinesMayBeTakenAway) {
  Fill(3, kStart + 10, 10);
  const size_t with_deadlines = memory_.used();
  for (const char* member : {"m0", "m1", "m2"}) SetDeadline(member, kNoFieldDeadline);
  EXPECT_EQ(set_.large().expiring(), 0u);
  EXPECT_EQ(operations().next_deadline(object()), kNever);
  EXPECT_LT(memory_.used(), with_deadlines);
  EXPECT_EQ(ExpireAt(kStart + 100), Strings{});
}

TEST_F(SortedSetDeadlines, CopiesHaveThemRangesDoNot) {
  Fill(300, kStart + 10, 1);
  const Model content = Content(set_);
  void* const copied = operations().copy(memory_, object());
  SortedSetValue copy({Encoding::kSortedSet, copied});
  SortedSetValue range = set_.CopyRange(context_, {0, 300});
  EXPECT_EQ(range.large().expiring(), 0u);
  range.Free(memory_);
  ExpireAt(kStart + 1000);
  EXPECT_TRUE(set_.empty());
  EXPECT_EQ(Content(copy), content);
  copy.Free(memory_);
}

TEST_F(SortedSetDeadlines, FreesAndCompactsInSlices) {
  Fill(20'000, kStart + 10, 1);
  for (int i = 0; i < 20'000; ++i) {
    if (i % 5 != 0) set_.Remove(context_, "m" + std::to_string(i));
  }
  const Model content = Content(set_);
  void* set = object();
  CompactionCount count;
  int slices = 0;
  for (uint64_t cursor = 0; slices == 0 || cursor != 0; ++slices) {
    cursor = operations().compact(memory_, &set, cursor, count);
  }
  EXPECT_GT(slices, 3);
  EXPECT_GT(count.moved, 500u);
  // A cursor of something else is as good as any.
  for (uint64_t stale = 1; stale < 16; ++stale) operations().compact(memory_, &set, stale, count);
  set_ = SortedSetValue({Encoding::kSortedSet, set});
  EXPECT_EQ(Content(set_), content);

  void* copy = operations().copy(memory_, set);
  EXPECT_GE(operations().free_cost(copy), 2 * content.size());
  for (slices = 0; copy != nullptr; ++slices) operations().free(memory_, &copy, 300);
  EXPECT_GT(slices, 20);
}

TEST_F(SortedSetDeadlines, AsAnInputItIsWithoutWhatIsHidden) {
  Fill(20, kStart, 1);
  Add("x", 7);
  const auto source = [&](int64_t hidden_until) {
    return ScoredSourceOf(ValueType::kZset, set_.object(), hidden_until);
  };
  const auto score = [&](const ScoredSource& from, std::string_view member) {
    return from.Score(member, Hash(member, kHashKey));
  };
  EXPECT_EQ(source(kStart - 1)->size(), 21u);
  const auto hiding = source(kStart + 4);
  EXPECT_EQ(hiding->size(), 16u);
  EXPECT_EQ(score(*hiding, "m4"), std::nullopt);
  EXPECT_EQ(score(*hiding, "m5"), 5);
  EXPECT_EQ(score(*hiding, "x"), 7);
  size_t visited = 0;
  hiding->ForEach([&](std::string_view member, double) {
    EXPECT_NE(member, "m4");
    ++visited;
  });
  EXPECT_EQ(visited, 16u);
}

// --- against a plain model ---

class SortedSetDeadlinesModel : public SortedSetDeadlines {
 protected:
  std::string AMember() { return "m" + std::to_string(random_.Uniform(80)); }
  double AScore() { return static_cast<double>(random_.Uniform(30)); }
  void Step();
  void AddOne(const std::string& member);
  void ExpireSome();

  Random random_{11};
  Model model_;
};

void SortedSetDeadlinesModel::AddOne(const std::string& member) {
  const ScoreConditions conditions = {.if_absent = random_.Uniform(6) == 0,
                                      .if_greater = random_.Uniform(6) == 0,
                                      .increment = random_.Uniform(4) == 0};
  const double score = AScore();
  const auto found = model_.find(member);
  if (found == model_.end()) {
    EXPECT_EQ(Add(member, score, conditions), ScoreOutcome::kAdded);
    model_[member] = {score};
    return;
  }
  ScoreResult expected = ChangedScore(found->second.score, score, conditions);
  const bool written =
      expected.outcome == ScoreOutcome::kUpdated || expected.outcome == ScoreOutcome::kUnchanged;
  if (written) {
    found->second.score = expected.score;
    const int64_t kept = conditions.increment ? found->second.deadline : kNoFieldDeadline;
    const int64_t before = std::exchange(found->second.deadline, kept);
    if (before != kept && expected.outcome == ScoreOutcome::kUnchanged) {
      expected.outcome = ScoreOutcome::kPersisted;
    }
  }
  EXPECT_EQ(Add(member, score, conditions), expected.outcome);
}

void SortedSetDeadlinesModel::ExpireSome() {
  const int64_t now = now_ + static_cast<int64_t>(random_.Uniform(60));
  Strings expected;
  for (const auto& [member, state] : model_) {
    if (state.deadline != kNoFieldDeadline && state.deadline <= now) expected.push_back(member);
  }
  for (const std::string& member : expected) model_.erase(member);
  EXPECT_EQ(ExpireAt(now, 1 + random_.Uniform(40)), expected);
}

void SortedSetDeadlinesModel::Step() {
  const std::string member = AMember();
  switch (random_.Uniform(6)) {
    case 0:
      EXPECT_EQ(set_.Remove(context_, member), model_.erase(member) > 0);
      return;
    case 1:
      if (random_.Uniform(8) == 0) ExpireSome();
      return;
    case 2:
    case 3: {
      if (!model_.contains(member)) return;
      const auto later = static_cast<int64_t>(random_.Uniform(2000));
      const int64_t deadline = random_.Uniform(5) == 0 ? kNoFieldDeadline : now_ + later;
      model_[member].deadline = deadline;
      SetDeadline(member, deadline);
      return;
    }
    default:
      return AddOne(member);
  }
}

TEST_F(SortedSetDeadlinesModel, AgreesThroughALongRandomRun) {
  for (int step = 0; step < 40'000; ++step) {
    Step();
    if (step % 1000 == 0) {
      ASSERT_EQ(Content(set_), model_);
    }
    if (step % 500 == 0 && set_.size() > 10) {
      const RankRange range = {random_.Uniform(set_.size() - 4), 4};
      set_.ForEach(range, RankOrder::kAscending,
                   [&](std::string_view member, double) { model_.erase(std::string(member)); });
      set_.RemoveRange(context_, range);
    }
  }
  EXPECT_EQ(Content(set_), model_);
}

}  // namespace
}  // namespace kv
