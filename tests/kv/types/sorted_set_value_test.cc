#include "kv/types/sorted_set_value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kv/base/random.h"
#include "kv/types/scored_sources.h"
#include "kv/types/value_operations.h"

namespace kv {
namespace {

constexpr HashKey kHashKey = {1, 2};
constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Scored = std::pair<double, std::string>;

class SortedSetValueTest : public testing::Test {
 protected:
  ~SortedSetValueTest() override {
    EXPECT_EQ(MemoryOf(set_), memory_.used());
    set_.Free(memory_);
    EXPECT_EQ(memory_.used(), 0u);
  }

  static size_t MemoryOf(const SortedSetValue& set) {
    const ValueObject object = set.object();
    return OperationsOf(object.encoding).memory_bytes(object.object);
  }
  ScoreOutcome Add(std::string_view member, double score, const ScoreConditions& conditions = {}) {
    return set_.Add(context_, member, score, conditions).outcome;
  }
  static std::vector<Scored> Content(const SortedSetValue& set) {
    std::vector<Scored> content;
    set.ForEach(
        [&](std::string_view member, double score) { content.emplace_back(score, member); });
    return content;
  }
  std::vector<Scored> Content() const { return Content(set_); }
  std::string Bytes() const { return std::string(set_.small().listpack().view()); }

  SlabMemory memory_;
  SortedSetContext context_{memory_, kHashKey, {.max_entries = 8, .max_value = 10}};
  SortedSetValue set_ = SortedSetValue::Create(context_);
};

TEST_F(SortedSetValueTest, SmallSetsAreListpacksInOrder) {
  Add("b", 2);
  Add("a", 2);
  Add("7", -0.5);
  Add("c", kInfinity);
  Add("d", -kInfinity);
  EXPECT_TRUE(set_.is_small());
  const std::vector<Scored> expected = {
      {-kInfinity, "d"}, {-0.5, "7"}, {2, "a"}, {2, "b"}, {kInfinity, "c"}};
  EXPECT_EQ(Content(), expected);
  EXPECT_TRUE(SmallSortedSet::IsValid(set_.small().listpack()));
}

TEST_F(SortedSetValueTest, TheListpackHasTheBytesOfRedis) {
  Add("a", 1);
  Add("b", 1.5);
  Add("c", -7);
  EXPECT_EQ(Bytes(), std::string("\x1a\0\0\0\6\0"
                                 "\x81"
                                 "c\2\xdf\xf9\2"
                                 "\x81"
                                 "a\2\1\1"
                                 "\x81"
                                 "b\2\x83"
                                 "1.5\4\xff",
                                 26));
}

TEST_F(SortedSetValueTest, ScoresOfAllKindsReadBackAsTheyWere) {
  const std::vector<double> scores = {0.1,
                                      -1.5,
                                      1e300,
                                      -1e-300,
                                      5e-324,
                                      9007199254740991.0,
                                      9007199254740993.0,
                                      std::numeric_limits<double>::max()};
  for (size_t i = 0; i < scores.size(); ++i) Add(std::to_string(i), scores[i]);
  ASSERT_TRUE(set_.is_small());
  for (size_t i = 0; i < scores.size(); ++i) {
    const std::optional<double> score = set_.Score(std::to_string(i));
    ASSERT_TRUE(score.has_value());
    EXPECT_EQ(*score, scores[i]);
  }
}

TEST_F(SortedSetValueTest, GrowsLargeAtItsLimitsAndStaysSo) {
  for (int i = 0; i < 8; ++i) Add(std::to_string(i), i);
  EXPECT_TRUE(set_.is_small());
  EXPECT_EQ(Add("7", 100), ScoreOutcome::kUpdated);
  EXPECT_TRUE(set_.is_small());
  EXPECT_EQ(Add("8", 8), ScoreOutcome::kAdded);
  EXPECT_FALSE(set_.is_small());
  EXPECT_TRUE(set_.large().IsValid());
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(set_.Remove(context_, std::to_string(i)));
  EXPECT_FALSE(set_.is_small());
  const std::vector<Scored> expected = {{8, "8"}};
  EXPECT_EQ(Content(), expected);
}

TEST_F(SortedSetValueTest, LongMembersMakeItLarge) {
  Add("0123456789", 1);
  EXPECT_TRUE(set_.is_small());
  EXPECT_EQ(Add("0123456789a", 1, {.if_present = true}), ScoreOutcome::kNotApplied);
  EXPECT_TRUE(set_.is_small());
  EXPECT_EQ(Add("0123456789a", 1), ScoreOutcome::kAdded);
  EXPECT_FALSE(set_.is_small());
  EXPECT_EQ(set_.size(), 2u);
}

TEST_F(SortedSetValueTest, WholeResultsAreAsSmallAsTheLimitsAllow) {
  const auto adopt = [&](size_t members, size_t length) {
    SortedSet* const large = SortedSet::Create(memory_, kHashKey);
    for (size_t i = 0; i < members; ++i) {
      large->Add(memory_, std::to_string(i) + std::string(length, 'x'), 1);
    }
    SortedSetValue value = SortedSetValue::Adopt(context_, large);
    const bool small = value.is_small();
    EXPECT_EQ(value.size(), members);
    value.Free(memory_);
    return small;
  };
  EXPECT_TRUE(adopt(0, 0));
  EXPECT_TRUE(adopt(8, 9));
  EXPECT_FALSE(adopt(9, 0));
  EXPECT_FALSE(adopt(1, 10));
}

TEST_F(SortedSetValueTest, ForeignListpacksAreChecked) {
  const auto is_valid = [&](const std::vector<std::string>& entries) {
    Listpack listpack = Listpack::Create(memory_);
    for (const std::string_view entry : entries) listpack.Append(memory_, entry);
    const bool valid = SmallSortedSet::IsValid(listpack);
    listpack.Free(memory_);
    return valid;
  };
  EXPECT_TRUE(is_valid({}));
  EXPECT_TRUE(is_valid({"a", "1", "b", "1", "c", "1e3"}));
  EXPECT_FALSE(is_valid({"a"}));
  EXPECT_FALSE(is_valid({"a", "x"}));
  EXPECT_FALSE(is_valid({"a", "nan"}));
  EXPECT_FALSE(is_valid({"a", "2", "b", "1"}));
  EXPECT_FALSE(is_valid({"b", "1", "a", "1"}));
  EXPECT_FALSE(is_valid({"a", "1", "a", "2"}));
}

TEST_F(SortedSetValueTest, BothFormsAreInputsOfSetOperations) {
  Add("a", 1);
  Add("b", 2);
  const auto small = ScoredSourceOf(ValueType::kZset, set_.object(), INT64_MIN);
  EXPECT_EQ(small->size(), 2u);
  EXPECT_EQ(small->Score("b", Hash("b", kHashKey)), 2);
  EXPECT_EQ(small->Score("c", Hash("c", kHashKey)), std::nullopt);
  for (int i = 0; i < 20; ++i) Add("m" + std::to_string(i), i);
  const auto large = ScoredSourceOf(ValueType::kZset, set_.object(), INT64_MIN);
  EXPECT_EQ(large->size(), 22u);
  EXPECT_EQ(large->Score("m7", Hash("m7", kHashKey)), 7);
  EXPECT_EQ(ScoredSourceOf(ValueType::kList, set_.object(), INT64_MIN), nullptr);
}

TEST_F(SortedSetValueTest, LargeOnesAreFreedAndCompactedInSlices) {
  for (int i = 0; i < 20'000; ++i) Add("m" + std::to_string(i), i % 100);
  for (int i = 0; i < 20'000; ++i) {
    if (i % 5 != 0) set_.Remove(context_, "m" + std::to_string(i));
  }
  const std::vector<Scored> content = Content();
  const ValueOperations& operations = OperationsOf(set_.object().encoding);
  void* object = set_.object().object;
  CompactionCount count;
  uint64_t cursor = 0;
  int slices = 0;
  do {
    cursor = operations.compact(memory_, &object, cursor, count);
    ++slices;
  } while (cursor != 0);
  // A cursor of something else is as good as any.
  for (const uint64_t stale : {uint64_t{1}, uint64_t{7}, uint64_t{4000}, ~uint64_t{0}}) {
    operations.compact(memory_, &object, stale, count);
  }
  EXPECT_GT(slices, 3);
  EXPECT_GT(count.moved, 0u);
  set_ = SortedSetValue({Encoding::kSortedSet, object});
  EXPECT_EQ(Content(), content);
  EXPECT_TRUE(set_.large().IsValid());

  void* copy = operations.copy(memory_, object);
  EXPECT_EQ(Content(SortedSetValue({Encoding::kSortedSet, copy})), content);
  EXPECT_GE(operations.free_cost(copy), content.size());
  slices = 0;
  while (copy != nullptr) {
    operations.free(memory_, &copy, 300);
    ++slices;
  }
  EXPECT_GT(slices, 5);
}

// --- both forms against a plain model ---

class SortedSetModel : public testing::TestWithParam<int64_t> {
 protected:
  ~SortedSetModel() override {
    set_.Free(memory_);
    EXPECT_EQ(memory_.used(), 0u);
  }
  double Score() {
    static constexpr double kScores[] = {0, -0.0, 1, -1, 0.5, kInfinity, -kInfinity};
    return random_.Uniform(2) == 0 ? kScores[random_.Uniform(7)]
                                   : static_cast<double>(random_.Uniform(40)) / 4;
  }
  std::string Member() {
    const uint64_t number = random_.Uniform(60);
    return number % 3 == 0 ? std::to_string(number) : "m" + std::to_string(number);
  }
  std::vector<Scored> Ordered() const {
    std::vector<Scored> ordered;
    for (const auto& [member, score] : model_) ordered.emplace_back(score, member);
    std::sort(ordered.begin(), ordered.end());
    return ordered;
  }
  void Step();
  void CheckRanges(const std::vector<Scored>& ordered);

  SlabMemory memory_;
  Random random_{7};
  SortedSetContext context_{memory_, kHashKey, {.max_entries = GetParam(), .max_value = 64}};
  SortedSetValue set_ = SortedSetValue::Create(context_);
  std::map<std::string, double> model_;
};

void SortedSetModel::Step() {
  const std::string member = Member();
  const auto found = model_.find(member);
  if (random_.Uniform(3) == 0) {
    EXPECT_EQ(set_.Remove(context_, member), found != model_.end());
    if (found != model_.end()) model_.erase(found);
    return;
  }
  const ScoreConditions conditions = {.if_absent = random_.Uniform(6) == 0,
                                      .if_present = random_.Uniform(6) == 0,
                                      .if_greater = random_.Uniform(6) == 0,
                                      .increment = random_.Uniform(4) == 0};
  const double score = Score();
  const ScoreResult expected = found == model_.end()
                                   ? NewScore(score, conditions)
                                   : ChangedScore(found->second, score, conditions);
  const ScoreResult result = set_.Add(context_, member, score, conditions);
  EXPECT_EQ(result.outcome, expected.outcome);
  EXPECT_EQ(result.score, expected.score);
  const bool changed =
      expected.outcome == ScoreOutcome::kAdded || expected.outcome == ScoreOutcome::kUpdated;
  if (changed) model_[member] = expected.score;
}

void SortedSetModel::CheckRanges(const std::vector<Scored>& ordered) {
  const ScoreRange range = {Score(), Score(), random_.Uniform(2) == 0, random_.Uniform(2) == 0};
  size_t contained = 0;
  for (const auto& [score, member] : ordered) contained += range.Contains(score);
  EXPECT_EQ(set_.RanksOf(range).count, contained);
  const size_t first = random_.Uniform(ordered.size() + 1);
  const size_t count = random_.Uniform(ordered.size() - first + 1);
  std::vector<Scored> visited;
  set_.ForEach({first, count}, RankOrder::kDescending,
               [&](std::string_view member, double score) { visited.emplace_back(score, member); });
  std::vector<Scored> expected(ordered.begin() + static_cast<ptrdiff_t>(first),
                               ordered.begin() + static_cast<ptrdiff_t>(first + count));
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(visited, expected);
  SortedSetValue copy = set_.CopyRange(context_, {first, count});
  EXPECT_EQ(copy.size(), count);
  EXPECT_EQ(copy.is_small(), static_cast<int64_t>(count) <= GetParam());
  copy.Free(memory_);
}

TEST_P(SortedSetModel, AgreesThroughALongRandomRun) {
  for (int step = 0; step < 4000; ++step) {
    Step();
    if (step % 20 != 0) continue;
    const std::vector<Scored> ordered = Ordered();
    ASSERT_EQ(set_.size(), ordered.size());
    for (size_t rank = 0; rank < ordered.size(); ++rank) {
      const auto found = set_.Rank(ordered[rank].second, RankOrder::kAscending);
      ASSERT_TRUE(found.has_value());
      ASSERT_EQ(found->rank, rank);
      ASSERT_EQ(found->score, ordered[rank].first);
    }
    CheckRanges(ordered);
    if (step % 400 == 0 && !ordered.empty()) {
      const size_t first = random_.Uniform(ordered.size());
      const size_t count = random_.Uniform(ordered.size() - first) + 1;
      set_.RemoveRange(context_, {first, count});
      for (size_t i = first; i < first + count; ++i) model_.erase(ordered[i].second);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Limits, SortedSetModel, testing::Values(0, 20, 1000));

}  // namespace
}  // namespace kv
