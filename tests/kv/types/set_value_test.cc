#include "kv/types/set_value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/random.h"
#include "kv/types/value_operations.h"

namespace kv {
namespace {

#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr int kSteps = 3'000;
#else
constexpr int kSteps = 30'000;
#endif

constexpr int64_t kNow = 1'800'000'000'000;

std::string TextOf(const ListpackElement& element) {
  ListpackElement::Buffer buffer;
  return std::string(element.Text(buffer));
}

struct Limits {
  int64_t intset;
  int64_t listpack;
};

// A set beside a plain model of it.
class SetValueTest : public testing::TestWithParam<Limits> {
 protected:
  using Model = std::set<std::string>;

  static SetContext ContextWith(SlabMemory& memory, const HashKey& hash_key, Limits limits) {
    return {memory, hash_key, {limits.listpack, 64}, limits.intset, kNow};
  }
  SetContext Context() { return ContextWith(memory_, hash_key_, GetParam()); }
  const ValueOperations& Operations() { return OperationsOf(set_.object().encoding); }

  static Model Contents(const SetValue& set) {
    Model contents;
    set.ForEach([&](const ListpackElement& member) {
      EXPECT_TRUE(contents.insert(TextOf(member)).second) << TextOf(member);
    });
    return contents;
  }
  // What a whole iteration by cursor finds.
  static Model Scanned(const SetValue& set) {
    Model contents;
    uint64_t cursor = 0;
    do {
      cursor =
          set.Scan(cursor, [&](const ListpackElement& member) { contents.insert(TextOf(member)); });
    } while (cursor != 0);
    return contents;
  }

  void Add(const std::string& member) {
    EXPECT_EQ(set_.Add(Context(), SetMember(member)), model_.insert(member).second) << member;
  }
  void Remove(const std::string& member) {
    EXPECT_EQ(set_.Remove(memory_, SetMember(member)), model_.erase(member) == 1) << member;
  }
  void ExpectLikeModel() {
    EXPECT_EQ(set_.size(), model_.size());
    EXPECT_EQ(Contents(set_), model_);
    EXPECT_EQ(Scanned(set_), model_);
    for (const std::string& member : model_) {
      const SetMember prepared(member);
      EXPECT_TRUE(set_.Contains(prepared)) << member;
    }
  }

  // The form that a set has which never was larger, nor had other members.
  void ExpectSmallestForm(size_t most, bool ever_had_texts) {
    const auto limits = GetParam();
    const auto members = static_cast<int64_t>(most);
    if (!ever_had_texts && members <= limits.intset) {
      EXPECT_TRUE(set_.is_intset());
    } else if (members > limits.intset && members > limits.listpack) {
      EXPECT_TRUE(set_.is_table());
    }
  }

  void TearDown() override {
    void* object = set_.object().object;
    const ValueOperations& operations = Operations();
    while (object != nullptr) operations.free(memory_, &object, 3);
    EXPECT_EQ(memory_.used(), 0u);
  }

  SlabMemory memory_;
  HashKey hash_key_ = {1, 2};
  SetValue set_ = SetValue::Create(Context(), SetMember("1"));
  Model model_;
};

// Small forms only; tables only; the changes between all three.
INSTANTIATE_TEST_SUITE_P(Limits, SetValueTest,
                         testing::Values(Limits{100'000, 100'000}, Limits{0, 0}, Limits{20, 50},
                                         Limits{50, 20}));

TEST_P(SetValueTest, BehavesAsItsModel) {
  Random random(11);
  const auto member = [&]() -> std::string {
    const auto number = static_cast<int64_t>(random.Uniform(150)) - 20;
    switch (random.Uniform(8)) {
      case 0:
        return absl::StrCat("0", number);  // the text of no integer
      case 1:
        return absl::StrCat(number, std::string(number > 100 ? 100 : 3, 'x'));
      case 2:
        return absl::StrCat(number * 1'000'000'000'000'000);
      default:
        return absl::StrCat(number);
    }
  };
  for (int i = 0; i < kSteps; ++i) {
    // The set grows and shrinks in turns.
    const bool grows = i / 1000 % 2 == 0;
    if (random.Uniform(10) < (grows ? 7 : 3)) {
      Add(member());
    } else {
      Remove(member());
    }
    if (i % 500 == 0) ExpectLikeModel();
  }
  ExpectLikeModel();
}

TEST_P(SetValueTest, IntegersAreAnIntsetUpToTheLimit) {
  for (int i = 0; i < 60; ++i) {
    Add(absl::StrCat(i * 1000));
    ExpectSmallestForm(model_.size(), /*ever_had_texts=*/false);
  }
  ExpectLikeModel();
}

TEST_P(SetValueTest, AMemberThatIsNoIntegerEndsTheIntset) {
  for (int i = 0; i < 10; ++i) Add(absl::StrCat(i));
  Add("text");
  EXPECT_FALSE(set_.is_intset());
  EXPECT_EQ(set_.is_listpack(), GetParam().listpack > 10 && GetParam().intset >= 10);
  ExpectLikeModel();
  Remove("text");
  EXPECT_FALSE(set_.is_intset());
  ExpectLikeModel();
}

TEST_P(SetValueTest, ALongMemberCallsForATable) {
  Add("short");
  const bool small = GetParam().listpack > 0;
  EXPECT_EQ(set_.is_listpack(), small);
  Add(std::string(64, 'x'));
  EXPECT_EQ(set_.is_listpack(), small);
  Add(std::string(65, 'x'));
  EXPECT_TRUE(set_.is_table());
  Remove(std::string(65, 'x'));
  EXPECT_TRUE(set_.is_table());
  ExpectLikeModel();
}

TEST_P(SetValueTest, AnyBytesAreAMember) {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  for (const std::string& member :
       {std::string(), std::string(1, '\0'), std::string("\r\n"), all, std::string(5000, 'y'),
        std::string("-0"), std::string("+1"), std::string(" 1"), std::string("007"),
        std::string("9223372036854775807"), std::string("9223372036854775808"),
        std::string("-9223372036854775808")}) {
    Add(member);
    Add(member);
  }
  ExpectLikeModel();
}

TEST_P(SetValueTest, CopiesAreIndependent) {
  for (int i = 0; i < 40; ++i) Add(absl::StrCat("m", i));
  const SetValue copy({set_.object().encoding, Operations().copy(memory_, set_.object().object)});
  const Model before = model_;
  for (int i = 0; i < 40; i += 2) Remove(absl::StrCat("m", i));
  EXPECT_EQ(Contents(copy), before);
  ExpectLikeModel();
  SetValue(copy.object()).Free(memory_);
}

TEST_P(SetValueTest, CompactionKeepsTheContents) {
  for (int i = 0; i < 2000; ++i) {
    Add(absl::StrCat("member", i));
    if (set_.is_listpack() && i == 300) break;
  }
  const size_t size = model_.size();
  for (size_t i = 0; i < size; ++i) {
    if (i % 8 != 0) Remove(absl::StrCat("member", i));
  }
  const ValueOperations& operations = Operations();
  CompactionCount count;
  void* object = set_.object().object;
  uint64_t cursor = 0;
  do {
    cursor = operations.compact(memory_, &object, cursor, count);
  } while (cursor != 0);
  set_ = SetValue({set_.object().encoding, object});
  ExpectLikeModel();
  EXPECT_EQ(memory_.used(), operations.memory_bytes(object));
  EXPECT_GT(count.moved + count.kept, 0u);
}

// Chi-squared, counted over each member, stays below a bound that chance exceeds once in a million.
TEST_P(SetValueTest, RandomMembersAreFairAlsoAfterManyWereRemoved) {
  constexpr size_t kAtFirst = 1000;
  constexpr size_t kLeft = 20;
  for (size_t i = 0; i < kAtFirst; ++i) Add(absl::StrCat(i));
  for (size_t i = kLeft; i < kAtFirst; ++i) Remove(absl::StrCat(i));
  Random random(5);
  std::map<std::string, int> drawn;
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) ++drawn[TextOf(set_.RandomMember(random))];
  EXPECT_EQ(drawn.size(), kLeft);
  const double expected = static_cast<double>(kDraws) / kLeft;
  double chi_squared = 0;
  for (const auto& [member, times] : drawn) {
    EXPECT_TRUE(model_.contains(member)) << member;
    chi_squared += (times - expected) * (times - expected) / expected;
  }
  EXPECT_LT(chi_squared, 63);
}

}  // namespace
}  // namespace kv
