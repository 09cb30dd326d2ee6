#include "kv/types/sorted_set_algebra.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kv {
namespace {

constexpr HashKey kHashKey = {1, 2};
constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Scores = std::map<std::string, double>;

// As a set offers its members.
class SetSource final : public ScoredSource {
 public:
  explicit SetSource(std::set<std::string> members) : members_(std::move(members)) {}
  size_t size() const override { return members_.size(); }
  void ForEachWhile(VisitWhile visit) const override {
    for (const std::string& member : members_) {
      if (!visit(member, 1)) return;
    }
  }
  std::optional<double> Score(std::string_view member, uint64_t) const override {
    if (!members_.contains(std::string(member))) return std::nullopt;
    return 1;
  }

 private:
  std::set<std::string> members_;
};

class SortedSetAlgebraTest : public testing::Test {
 protected:
  ~SortedSetAlgebraTest() override {
    for (SortedSet* const set : sets_) SortedSet::Free(memory_, set);
    EXPECT_EQ(memory_.used(), 0u);
  }

  const ScoredSource* Source(const Scores& scores) {
    SortedSet* const set = SortedSet::Create(memory_, kHashKey);
    for (const auto& [member, score] : scores) set->Add(memory_, member, score);
    sets_.push_back(set);
    return Own(std::make_unique<SortedSetSource>(*set));
  }
  const ScoredSource* Own(std::unique_ptr<ScoredSource> source) {
    sources_.push_back(std::move(source));
    return sources_.back().get();
  }

  Scores Take(SortedSet* result) {
    EXPECT_TRUE(result->IsValid());
    Scores scores;
    result->ForEach(
        {0, result->size()}, RankOrder::kAscending,
        [&](std::string_view member, double score) { scores[std::string(member)] = score; });
    SortedSet::Free(memory_, result);
    return scores;
  }
  Scores UnionOf(const std::vector<WeightedSource>& sources,
                 Aggregate aggregate = Aggregate::kSum) {
    return Take(Union(memory_, kHashKey, sources, aggregate));
  }
  Scores IntersectionOf(const std::vector<WeightedSource>& sources,
                        Aggregate aggregate = Aggregate::kSum) {
    return Take(Intersection(memory_, kHashKey, sources, aggregate));
  }
  Scores DifferenceOf(const std::vector<const ScoredSource*>& sources) {
    return Take(Difference(memory_, kHashKey, sources));
  }

  SlabMemory memory_;
  std::vector<SortedSet*> sets_;
  std::vector<std::unique_ptr<ScoredSource>> sources_;
};

TEST_F(SortedSetAlgebraTest, Aggregates) {
  const WeightedSource a = {Source({{"x", 1}, {"y", 2}, {"z", 3}}), 2};
  const WeightedSource b = {Source({{"y", 10}, {"z", -20}}), 3};
  EXPECT_EQ(UnionOf({a, b}), Scores({{"x", 2}, {"y", 34}, {"z", -54}}));
  EXPECT_EQ(UnionOf({a, b}, Aggregate::kMin), Scores({{"x", 2}, {"y", 4}, {"z", -60}}));
  EXPECT_EQ(UnionOf({a, b}, Aggregate::kMax), Scores({{"x", 2}, {"y", 30}, {"z", 6}}));
  EXPECT_EQ(UnionOf({a, b}, Aggregate::kCount), Scores({{"x", 2}, {"y", 5}, {"z", 5}}));
  EXPECT_EQ(IntersectionOf({a, b}), Scores({{"y", 34}, {"z", -54}}));
  EXPECT_EQ(IntersectionOf({a, b}, Aggregate::kMin), Scores({{"y", 4}, {"z", -60}}));
  EXPECT_EQ(IntersectionOf({a, b}, Aggregate::kMax), Scores({{"y", 30}, {"z", 6}}));
  EXPECT_EQ(IntersectionOf({a, b}, Aggregate::kCount), Scores({{"y", 5}, {"z", 5}}));
}

TEST_F(SortedSetAlgebraTest, WhatHasNoValueIsZero) {
  const ScoredSource* const up = Source({{"x", kInfinity}});
  const ScoredSource* const down = Source({{"x", -kInfinity}});
  EXPECT_EQ(UnionOf({{up, 1}, {down, 1}}), Scores({{"x", 0}}));
  EXPECT_EQ(IntersectionOf({{up, 1}, {down, 1}}), Scores({{"x", 0}}));
  EXPECT_EQ(UnionOf({{up, 0}}), Scores({{"x", 0}}));
  EXPECT_EQ(UnionOf({{up, 1}, {down, 1}}, Aggregate::kMin), Scores({{"x", -kInfinity}}));
  EXPECT_EQ(UnionOf({{up, -1}, {down, 1}}), Scores({{"x", -kInfinity}}));
}

TEST_F(SortedSetAlgebraTest, TheSameSourceTwice) {
  const ScoredSource* const a = Source({{"x", 1}, {"y", 2}});
  EXPECT_EQ(UnionOf({{a}, {a}}), Scores({{"x", 2}, {"y", 4}}));
  EXPECT_EQ(IntersectionOf({{a}, {a}}), Scores({{"x", 2}, {"y", 4}}));
  EXPECT_EQ(DifferenceOf({a, a}), Scores());
}

TEST_F(SortedSetAlgebraTest, SetsCountAsOne) {
  const ScoredSource* const a = Source({{"x", 5}, {"y", 6}});
  const ScoredSource* const set = Own(std::make_unique<SetSource>(std::set<std::string>{"y", "z"}));
  EXPECT_EQ(UnionOf({{a}, {set, 2}}), Scores({{"x", 5}, {"y", 8}, {"z", 2}}));
  EXPECT_EQ(IntersectionOf({{a}, {set}}), Scores({{"y", 7}}));
  EXPECT_EQ(DifferenceOf({a, set}), Scores({{"x", 5}}));
  EXPECT_EQ(DifferenceOf({set, a}), Scores({{"z", 1}}));
}

TEST_F(SortedSetAlgebraTest, EmptySources) {
  const ScoredSource* const a = Source({{"x", 5}});
  const ScoredSource* const none = Source({});
  EXPECT_EQ(UnionOf({{a}, {none}}), Scores({{"x", 5}}));
  EXPECT_EQ(IntersectionOf({{a}, {none}}), Scores());
  EXPECT_EQ(DifferenceOf({none, a}), Scores());
  EXPECT_EQ(DifferenceOf({a}), Scores({{"x", 5}}));
}

TEST_F(SortedSetAlgebraTest, SizeOfIntersectionStopsAtTheLimit) {
  const std::array<const ScoredSource*, 2> sources = {
      Source({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}}), Source({{"b", 1}, {"c", 1}, {"d", 1}})};
  constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();
  EXPECT_EQ(IntersectionSize(kHashKey, sources, kNoLimit), 3u);
  EXPECT_EQ(IntersectionSize(kHashKey, sources, 2), 2u);
  EXPECT_EQ(IntersectionSize(kHashKey, sources, 0), 0u);
}

TEST_F(SortedSetAlgebraTest, RandomSetsAgainstAModel) {
  std::mt19937_64 random(42);
  for (int round = 0; round < 20; ++round) {
    std::vector<Scores> models(3);
    for (Scores& model : models) {
      const size_t size = random() % 3'000;
      for (size_t i = 0; i < size; ++i) {
        model[std::to_string(random() % 4'000)] = static_cast<double>(random() % 100);
      }
    }
    const std::array<double, 3> weights = {1, 2, -3};
    std::vector<WeightedSource> weighted;
    std::vector<const ScoredSource*> sources;
    Scores sums;
    std::map<std::string, size_t> appearances;
    for (size_t i = 0; i < models.size(); ++i) {
      sources.push_back(Source(models[i]));
      weighted.push_back({sources[i], weights[i]});
      for (const auto& [member, score] : models[i]) {
        sums[member] += weights[i] * score;
        ++appearances[member];
      }
    }
    EXPECT_EQ(UnionOf(weighted), sums);
    Scores difference = models[0];
    std::erase_if(difference, [&](const auto& item) { return appearances[item.first] != 1; });
    EXPECT_EQ(DifferenceOf(sources), difference);
    std::erase_if(sums, [&](const auto& item) { return appearances[item.first] != 3; });
    EXPECT_EQ(IntersectionOf(weighted), sums);
    EXPECT_EQ(IntersectionSize(kHashKey, sources, 1'000'000), sums.size());
  }
}

}  // namespace
}  // namespace kv
