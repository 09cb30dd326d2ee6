#include "kv/types/sorted_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kv {
namespace {

#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr size_t kScale = 5;  // tests are smaller under the sanitizers
#else
constexpr size_t kScale = 1;
#endif

constexpr HashKey kHashKey = {1, 2};
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using Scored = std::pair<double, std::string>;

class SortedSetTest : public testing::Test {
 protected:
  ~SortedSetTest() override {
    EXPECT_TRUE(set_->IsValid());
    EXPECT_EQ(set_->memory_bytes(), memory_.used());
    SortedSet::Free(memory_, set_);
    EXPECT_EQ(memory_.used(), 0u);
  }

  ScoreOutcome Add(std::string_view member, double score, const ScoreConditions& conditions = {}) {
    return set_->Add(memory_, member, score, conditions).outcome;
  }

  // The members of a range, in order.
  std::vector<std::string> Members(RankRange range, RankOrder order = RankOrder::kAscending) {
    std::vector<std::string> members;
    set_->ForEach(range, order,
                  [&](std::string_view member, double) { members.emplace_back(member); });
    return members;
  }
  std::vector<std::string> Members() { return Members({0, set_->size()}); }

  std::vector<Scored> Pop(RankOrder order, size_t count) {
    std::vector<Scored> popped;
    const size_t number = set_->Pop(
        memory_, order, count,
        [&](std::string_view member, double score) { popped.emplace_back(score, member); });
    EXPECT_EQ(number, popped.size());
    return popped;
  }

  void Fill(size_t members) {
    for (size_t i = 0; i < members; ++i) Add(std::to_string(i), static_cast<double>(i % 1000));
  }

  size_t Below(size_t bound) { return random_() % bound; }

  SlabMemory memory_;
  SortedSet* set_ = SortedSet::Create(memory_, kHashKey);
  std::mt19937_64 random_{42};
};

using Strings = std::vector<std::string>;

TEST_F(SortedSetTest, AddsUpdatesAndRemoves) {
  EXPECT_EQ(Add("a", 1), ScoreOutcome::kAdded);
  EXPECT_EQ(Add("a", 1), ScoreOutcome::kUnchanged);
  EXPECT_EQ(Add("a", 2), ScoreOutcome::kUpdated);
  EXPECT_EQ(Add("b", 1.5), ScoreOutcome::kAdded);
  EXPECT_EQ(Add("", 9), ScoreOutcome::kAdded);
  EXPECT_EQ(Members(), Strings({"b", "a", ""}));
  EXPECT_EQ(set_->Score("a"), 2);
  EXPECT_EQ(set_->Rank("a"), 1u);
  EXPECT_EQ(set_->Rank("b", RankOrder::kDescending), 2u);
  EXPECT_EQ(set_->Score("c"), std::nullopt);
  EXPECT_EQ(set_->Rank("c"), std::nullopt);
  EXPECT_TRUE(set_->Remove(memory_, "a"));
  EXPECT_FALSE(set_->Remove(memory_, "a"));
  EXPECT_EQ(Members(), Strings({"b", ""}));
}

TEST_F(SortedSetTest, ConditionsOnNewAndOldMembers) {
  EXPECT_EQ(Add("a", 1, {.if_present = true}), ScoreOutcome::kNotApplied);
  EXPECT_EQ(Add("a", 1, {.if_present = true, .increment = true}), ScoreOutcome::kNotApplied);
  EXPECT_EQ(Add("a", 5, {.if_absent = true}), ScoreOutcome::kAdded);
  EXPECT_EQ(Add("a", 6, {.if_absent = true}), ScoreOutcome::kNotApplied);
  EXPECT_EQ(Add("a", 6, {.if_present = true}), ScoreOutcome::kUpdated);
  EXPECT_EQ(Add("g", 1, {.if_greater = true}), ScoreOutcome::kAdded);
  EXPECT_EQ(Add("a", 5, {.if_greater = true}), ScoreOutcome::kNotApplied);
  EXPECT_EQ(Add("a", 6, {.if_greater = true}), ScoreOutcome::kNotApplied);
  EXPECT_EQ(Add("a", 7, {.if_greater = true}), ScoreOutcome::kUpdated);
  EXPECT_EQ(Add("a", 8, {.if_less = true}), ScoreOutcome::kNotApplied);
  EXPECT_EQ(Add("a", 3, {.if_less = true}), ScoreOutcome::kUpdated);
  EXPECT_EQ(set_->Score("a"), 3);
  EXPECT_EQ(set_->size(), 2u);
}

TEST_F(SortedSetTest, Increments) {
  const ScoreConditions increment = {.increment = true};
  EXPECT_EQ(set_->Add(memory_, "a", 2.5, increment).score, 2.5);
  EXPECT_EQ(set_->Add(memory_, "a", 2, increment).score, 4.5);
  EXPECT_EQ(Add("a", 0, increment), ScoreOutcome::kUnchanged);
  EXPECT_EQ(Add("a", -1, {.if_greater = true, .increment = true}), ScoreOutcome::kNotApplied);
  EXPECT_EQ(Add("a", 1, {.if_absent = true, .increment = true}), ScoreOutcome::kNotApplied);
  EXPECT_EQ(set_->Score("a"), 4.5);
}

TEST_F(SortedSetTest, NotANumberChangesNothing) {
  const ScoreConditions increment = {.increment = true};
  EXPECT_EQ(Add("a", kNan), ScoreOutcome::kNotANumber);
  EXPECT_EQ(set_->size(), 0u);
  EXPECT_EQ(Add("a", kInfinity), ScoreOutcome::kAdded);
  EXPECT_EQ(Add("a", kInfinity, increment), ScoreOutcome::kUnchanged);
  EXPECT_EQ(Add("a", -kInfinity, increment), ScoreOutcome::kNotANumber);
  EXPECT_EQ(Add("a", kNan), ScoreOutcome::kNotANumber);
  EXPECT_EQ(set_->Score("a"), kInfinity);
}

TEST_F(SortedSetTest, NegativeZeroEqualsZero) {
  Add("b", 0.0);
  EXPECT_EQ(Add("b", -0.0), ScoreOutcome::kUnchanged);
  EXPECT_FALSE(std::signbit(*set_->Score("b")));
  Add("a", 0.0);
  Add("c", -0.0);
  EXPECT_EQ(Members(), Strings({"a", "b", "c"}));
  EXPECT_EQ(set_->RanksOf(ScoreRange{.min = -0.0, .max = 0.0}), (RankRange{0, 3}));
  EXPECT_EQ(set_->RanksOf(ScoreRange{.min = -0.0, .min_exclusive = true}), (RankRange{3, 0}));
}

TEST_F(SortedSetTest, RangesOfScores) {
  Add("low", -kInfinity);
  Add("one", 1);
  Add("two", 2);
  Add("deux", 2);
  Add("three", 3);
  Add("high", kInfinity);
  const auto in = [&](ScoreRange range) { return Members(set_->RanksOf(range)); };
  EXPECT_EQ(in({}), Strings({"low", "one", "deux", "two", "three", "high"}));
  EXPECT_EQ(in({.min_exclusive = true, .max_exclusive = true}),
            Strings({"one", "deux", "two", "three"}));
  EXPECT_EQ(in({.min = 1, .max = 2}), Strings({"one", "deux", "two"}));
  EXPECT_EQ(in({.min = 1, .max = 2, .min_exclusive = true}), Strings({"deux", "two"}));
  EXPECT_EQ(in({.min = 1, .max = 2, .max_exclusive = true}), Strings({"one"}));
  EXPECT_EQ(in({.min = 2, .max = 2, .max_exclusive = true}), Strings());
  EXPECT_EQ(in({.min = 3, .max = 1}), Strings());
  EXPECT_TRUE((ScoreRange{.min = 1, .max = 2}).Contains(2));
  EXPECT_FALSE((ScoreRange{.min = 1, .max = 2, .max_exclusive = true}).Contains(2));
  EXPECT_FALSE((ScoreRange{.min = 1, .max = 2, .min_exclusive = true}).Contains(1));
}

TEST_F(SortedSetTest, RangesOfMembers) {
  using Kind = MemberBound::Kind;
  for (const char* member : {"a", "b", "ba", "c"}) Add(member, 0);
  const auto expect = [&](const MemberRange& range, const Strings& expected) {
    EXPECT_EQ(Members(set_->RanksOf(range)), expected);
    for (const std::string& member : Members()) {
      EXPECT_EQ(range.Contains(member),
                std::find(expected.begin(), expected.end(), member) != expected.end());
    }
  };
  expect({}, {"a", "b", "ba", "c"});
  expect({{Kind::kInclusive, "b"}, {Kind::kHighest}}, {"b", "ba", "c"});
  expect({{Kind::kExclusive, "b"}, {Kind::kInclusive, "c"}}, {"ba", "c"});
  expect({{Kind::kExclusive, "b"}, {Kind::kExclusive, "c"}}, {"ba"});
  expect({{Kind::kLowest}, {Kind::kExclusive, "b"}}, {"a"});
  expect({{Kind::kInclusive, "c"}, {Kind::kInclusive, "a"}}, {});
  expect({{Kind::kHighest}, {Kind::kLowest}}, {});
  expect({{Kind::kHighest}, {Kind::kHighest}}, {});
}

TEST_F(SortedSetTest, LimitsCountFromTheSideTheOrderBegins) {
  const RankRange range = {10, 5};
  EXPECT_EQ(Limited(range, RankOrder::kAscending, 1, 2), (RankRange{11, 2}));
  EXPECT_EQ(Limited(range, RankOrder::kDescending, 1, 2), (RankRange{12, 2}));
  EXPECT_EQ(Limited(range, RankOrder::kDescending, 4, 9), (RankRange{10, 1}));
  EXPECT_EQ(Limited(range, RankOrder::kAscending, 9, 9).count, 0u);
}

TEST_F(SortedSetTest, PopsFromEitherEnd) {
  for (const char* member : {"a", "b", "c", "d", "e"}) Add(member, member[0]);
  EXPECT_EQ(Pop(RankOrder::kAscending, 2), std::vector<Scored>({{'a', "a"}, {'b', "b"}}));
  EXPECT_EQ(Pop(RankOrder::kDescending, 2), std::vector<Scored>({{'e', "e"}, {'d', "d"}}));
  EXPECT_EQ(Pop(RankOrder::kDescending, 2), std::vector<Scored>({{'c', "c"}}));
  EXPECT_TRUE(Pop(RankOrder::kAscending, 2).empty());
}

TEST_F(SortedSetTest, RandomRunAgainstAModel) {
  std::map<std::string, double> scores;
  std::set<Scored> order;
  const auto forget = [&](const std::string& member) {
    order.erase({scores.at(member), member});
    scores.erase(member);
  };
  for (size_t i = 0; i < 100'000 / kScale; ++i) {
    std::string member = std::to_string(Below(20'000 / kScale));
    if (member.size() > 3 && member.back() == '7') member.resize(240 + Below(2) * 100, 'm');
    const size_t action = Below(100);
    if (action < 60) {
      const double score = Below(50) == 0 ? -kInfinity : static_cast<double>(Below(300));
      Add(member, score);
      if (scores.contains(member)) forget(member);
      scores[member] = score;
      order.insert({score, member});
    } else if (action < 85) {
      ASSERT_EQ(set_->Remove(memory_, member), scores.contains(member));
      if (scores.contains(member)) forget(member);
    } else if (action < 95) {
      const auto at = scores.find(member);
      ASSERT_EQ(set_->Score(member).has_value(), at != scores.end());
      if (at == scores.end()) continue;
      ASSERT_EQ(set_->Score(member), at->second);
      if (i % 16 != 0) continue;
      const auto place = order.find({at->second, member});
      ASSERT_EQ(set_->Rank(member), static_cast<size_t>(std::distance(order.begin(), place)));
    } else if (action == 95 && Below(5) == 0) {
      const double min = static_cast<double>(Below(300));
      const ScoreRange range = {.min = min, .max = min + 2, .max_exclusive = true};
      set_->RemoveRange(memory_, set_->RanksOf(range), [&](std::string_view gone, double score) {
        EXPECT_TRUE(range.Contains(score));
        forget(std::string(gone));
      });
      ASSERT_EQ(set_->RanksOf(range).count, 0u);
    } else if (action == 96) {
      for (const auto& [score, gone] :
           Pop(Below(2) == 0 ? RankOrder::kAscending : RankOrder::kDescending, 1)) {
        ASSERT_EQ(scores.at(gone), score);
        forget(gone);
      }
    }
    if (i % (10'000 / kScale) != 0) continue;
    ASSERT_TRUE(set_->IsValid());
    ASSERT_EQ(set_->memory_bytes(), memory_.used());
    Strings expected;
    for (const auto& [score, name] : order) expected.push_back(name);
    ASSERT_EQ(Members(), expected);
    std::reverse(expected.begin(), expected.end());
    ASSERT_EQ(Members({0, set_->size()}, RankOrder::kDescending), expected);
  }
}

TEST_F(SortedSetTest, RandomMembersAreFairAfterMassDeletion) {
  Fill(20'000);
  set_->RemoveRange(memory_, {10, set_->size() - 20});
  ASSERT_EQ(set_->size(), 20u);
  std::map<std::string, int> seen;
  Random random(1);
  constexpr int kDraws = 20'000;
  for (int i = 0; i < kDraws; ++i) ++seen[std::string(set_->RandomMember(random).member())];
  EXPECT_EQ(seen.size(), 20u);
  double chi_squared = 0;
  for (const auto& [member, count] : seen) {
    chi_squared += std::pow(count - kDraws / 20.0, 2) / (kDraws / 20.0);
  }
  EXPECT_LT(chi_squared, 43.8);  // 19 degrees of freedom: exceeded once in a thousand
}

TEST_F(SortedSetTest, ScanVisitsWhatIsThereAllTheTime) {
  Fill(5'000);
  std::set<std::string> seen;
  uint64_t cursor = 0;
  size_t next = 5'000;
  do {
    cursor = set_->Scan(cursor, [&](std::string_view member, double score) {
      seen.emplace(member);
      EXPECT_EQ(score, set_->Score(member));
    });
    Add(std::to_string(next++), 1);
  } while (cursor != 0);
  for (size_t i = 0; i < 5'000; ++i) ASSERT_TRUE(seen.contains(std::to_string(i)));
}

TEST_F(SortedSetTest, CopyIsEqualAndApart) {
  Fill(3'000);
  const size_t used = memory_.used();
  SortedSet* copy = set_->Copy(memory_);
  EXPECT_TRUE(copy->IsValid());
  EXPECT_EQ(copy->memory_bytes(), memory_.used() - used);
  const Strings members = Members();
  set_->RemoveRange(memory_, {0, 3'000});
  std::swap(set_, copy);
  EXPECT_EQ(Members(), members);
  SortedSet::Free(memory_, copy);
}

TEST_F(SortedSetTest, FreesInSlices) {
  Fill(20'000);
  SortedSet* const large = set_;
  set_ = SortedSet::Create(memory_, kHashKey);
  size_t before = memory_.used();
  size_t slices = 1;
  for (; SortedSet::FreeSome(memory_, large, 500); ++slices) {
    EXPECT_LT(memory_.used(), before);
    before = memory_.used();
  }
  EXPECT_GT(slices, 20u);
}

TEST_F(SortedSetTest, CompactionEmptiesSparseSlabs) {
  Fill(100'000 / kScale);
  for (size_t i = 0; i < 100'000 / kScale; ++i) {
    if (Below(5) != 0) set_->Remove(memory_, std::to_string(i));
  }
  const Strings members = Members();
  const size_t unused = memory_.unused_bytes();
  CompactionCount count;
  for (int pass = 0; pass < 4; ++pass) {
    uint64_t position = 0;
    do position = set_->Compact(memory_, position, count);
    while (position != 0);
    set_ = SortedSet::Relocate(memory_, set_);
  }
  EXPECT_GT(count.moved, 0u);
  EXPECT_GE(count.kept, set_->size());
  if (kScale == 1) {
    EXPECT_LT(memory_.unused_bytes(), unused / 2);
  }
  EXPECT_EQ(Members(), members);
}

TEST_F(SortedSetTest, OverheadIsAtMost24BytesAMember) {
  const size_t members = 1'000'000 / kScale;
  size_t payload = 0;
  for (size_t i = 0; i < members; ++i) {
    const std::string member = "member:" + std::to_string(i);
    payload += member.size() + sizeof(double);
    Add(member, static_cast<double>(random_()));
  }
  const double overhead =
      static_cast<double>(memory_.used() - payload) / static_cast<double>(members);
  RecordProperty("overhead", std::to_string(overhead));
  EXPECT_LE(overhead, 24);
}

class Recorder : public CountedTree::LeafObserver {
 public:
  void Save(CountedTree::LeafView leaf) override {
    for (size_t i = 0; i < leaf.size(); ++i) {
      members.emplace(leaf[i].score(), leaf[i].member());
    }
  }
  std::multiset<Scored> members;
};

TEST_F(SortedSetTest, AnObserverSeesTheSetAsItWas) {
  Fill(5'000);
  std::multiset<Scored> expected;
  set_->ForEach({0, set_->size()}, RankOrder::kAscending,
                [&](std::string_view member, double score) { expected.emplace(score, member); });
  Recorder recorder;
  set_->BeginEpoch(recorder);
  bool more = true;
  for (size_t i = 0; more; ++i) {
    Add(std::to_string(Below(10'000)), static_cast<double>(Below(1000)));
    set_->Remove(memory_, std::to_string(Below(10'000)));
    Pop(RankOrder::kDescending, 2);
    more = set_->SaveSome(1);
  }
  set_->EndEpoch();
  EXPECT_EQ(recorder.members, expected);
}

}  // namespace
}  // namespace kv
