#include "kv/types/set_algebra.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/random.h"

namespace kv {
namespace {

using Names = std::set<std::string>;

// Sets of all forms, each beside a plain model.
class SetAlgebra : public testing::Test {
 protected:
  // With limits of 0 the set is a table, whatever it holds.
  void Make(const Names& members, int64_t limit) {
    const SetContext context{memory_, hash_key_, {limit, 64}, limit, 0};
    SetValue set = SetValue::Create(context, SetMember(members.empty() ? "1" : *members.begin()));
    for (const std::string& member : members) set.Add(context, SetMember(member));
    sets_.push_back(set);
    models_.push_back(members);
  }
  void Clear() {
    for (SetValue& set : sets_) set.Free(memory_);
    sets_.clear();
    models_.clear();
  }
  void TearDown() override {
    Clear();
    EXPECT_EQ(memory_.used(), 0u);
  }

  using Operation = void (*)(std::span<const SetValue>, VisitSetMember);
  // The result, each member of which has to come once.
  Names ResultOf(Operation operation) {
    Names result;
    operation(sets_, [&](const ListpackElement& member) {
      ListpackElement::Buffer buffer;
      const std::string text(member.Text(buffer));
      EXPECT_TRUE(result.insert(text).second) << text;
      return true;
    });
    return result;
  }
  // How many members are seen by a visitor that has enough after `limit`.
  size_t SeenUpTo(size_t limit, Operation operation) {
    size_t seen = 0;
    operation(sets_, [&](const ListpackElement&) { return ++seen < limit; });
    return seen;
  }

  // The members that `admit`, given in how many sets each is and whether it is in the first.
  template <class Admit>
  Names Expected(Admit admit) const {
    Names all;
    for (const Names& model : models_) all.insert(model.begin(), model.end());
    Names expected;
    for (const std::string& member : all) {
      size_t sets = 0;
      for (const Names& model : models_) sets += model.count(member);
      if (admit(sets, models_.front().contains(member))) expected.insert(member);
    }
    return expected;
  }

  SlabMemory memory_;
  HashKey hash_key_ = {3, 4};
  std::vector<SetValue> sets_;
  std::vector<Names> models_;
};

TEST_F(SetAlgebra, RandomSetsOfAllForms) {
  Random random(99);
  for (int round = 0; round < 300; ++round) {
    const size_t count = 1 + random.Uniform(4);
    for (size_t i = 0; i < count; ++i) {
      Names members;
      const bool texts = random.Uniform(2) == 0;
      const uint64_t size = random.Uniform(30);
      for (uint64_t k = 0; k < size; ++k) {
        const uint64_t number = random.Uniform(40);
        members.insert(texts && number % 3 == 0 ? absl::StrCat("t", number) : absl::StrCat(number));
      }
      Make(members, random.Uniform(2) == 0 ? 0 : 1000);
    }
    EXPECT_EQ(ResultOf(VisitUnion), Expected([](size_t, bool) { return true; }));
    EXPECT_EQ(ResultOf(VisitIntersection),
              Expected([&](size_t sets, bool) { return sets == count; }));
    EXPECT_EQ(ResultOf(VisitDifference),
              Expected([](size_t sets, bool in_first) { return in_first && sets == 1; }));
    Clear();
  }
}

TEST_F(SetAlgebra, AVisitEndsWhenTheVisitorHasEnough) {
  Names many;
  for (int i = 0; i < 50; ++i) many.insert(absl::StrCat(i));
  Make(many, 1000);
  Make(many, 0);
  EXPECT_EQ(SeenUpTo(7, VisitUnion), 7u);
  EXPECT_EQ(SeenUpTo(7, VisitIntersection), 7u);
  sets_[1].Free(memory_);
  sets_.pop_back();
  EXPECT_EQ(SeenUpTo(7, VisitDifference), 7u);
}

TEST_F(SetAlgebra, ASetWithItself) {
  Make({"a", "1", "2"}, 1000);
  sets_.push_back(sets_[0]);
  EXPECT_EQ(ResultOf(VisitUnion), models_[0]);
  EXPECT_EQ(ResultOf(VisitIntersection), models_[0]);
  EXPECT_EQ(ResultOf(VisitDifference), Names());
  sets_.pop_back();
}

TEST_F(SetAlgebra, NoSetsGiveNothing) {
  EXPECT_EQ(ResultOf(VisitUnion), Names());
  EXPECT_EQ(ResultOf(VisitIntersection), Names());
}

}  // namespace
}  // namespace kv
