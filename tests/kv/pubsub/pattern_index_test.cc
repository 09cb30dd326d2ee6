#include "kv/pubsub/pattern_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace kv {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class PatternIndexTest : public ::testing::Test {
 protected:
  ~PatternIndexTest() override {
    for (Pattern* pattern : patterns_) Drop(pattern);
    EXPECT_EQ(index_.groups(), 0u);
  }

  Pattern* Add(std::string_view text) {
    auto* const pattern =
        static_cast<Pattern*>(Topic::Create(memory_, TopicKind::kPattern, text, Hash(text, key_)));
    index_.Add(pattern);
    patterns_.push_back(pattern);
    return pattern;
  }
  void Remove(Pattern* pattern) {
    std::erase(patterns_, pattern);
    Drop(pattern);
  }
  std::vector<std::string> Matches(std::string_view channel) const {
    std::vector<std::string> names;
    index_.ForEachMatch(channel,
                        [&](const Pattern& pattern) { names.emplace_back(pattern.name()); });
    return names;
  }

  SlabMemory memory_;
  HashKey key_{1, 2};
  PatternIndex index_{memory_, key_};
  std::vector<Pattern*> patterns_;

 private:
  void Drop(Pattern* pattern) {
    index_.Remove(pattern);
    Topic::Destroy(memory_, pattern);
  }
};

TEST_F(PatternIndexTest, ALiteralPrefixEndsAtTheFirstSpecialByte) {
  EXPECT_EQ(PatternIndex::LiteralPrefix("news.*"), "news.");
  EXPECT_EQ(PatternIndex::LiteralPrefix("n?ws"), "n");
  EXPECT_EQ(PatternIndex::LiteralPrefix("a[bc]"), "a");
  EXPECT_EQ(PatternIndex::LiteralPrefix("a\\*b"), "a");
  EXPECT_EQ(PatternIndex::LiteralPrefix("*"), "");
  EXPECT_EQ(PatternIndex::LiteralPrefix("plain"), "plain");
  EXPECT_EQ(PatternIndex::LiteralPrefix(std::string(1000, 'a') + "*").size(),
            PatternIndex::kMaxPrefix);
}

TEST_F(PatternIndexTest, FindsPatternsOfEveryPrefix) {
  for (const char* pattern : {"*", "news.*", "news.[ab]", "n*", "news.a", "news.b", "log.*", ""}) {
    Add(pattern);
  }
  EXPECT_THAT(Matches("news.a"), UnorderedElementsAre("*", "news.*", "news.[ab]", "n*", "news.a"));
  EXPECT_THAT(Matches("log.x"), UnorderedElementsAre("*", "log.*"));
  EXPECT_THAT(Matches(""), UnorderedElementsAre("*", ""));
}

TEST_F(PatternIndexTest, ARemovedPatternMatchesNoMore) {
  Pattern* const first = Add("a*");
  Add("a?");
  Remove(first);
  EXPECT_THAT(Matches("ab"), ElementsAre("a?"));
  Remove(patterns_.front());
  EXPECT_THAT(Matches("ab"), IsEmpty());
  EXPECT_EQ(index_.groups(), 0u);
}

TEST_F(PatternIndexTest, PrefixesLongerThanTheIndexKnowsAreCompared) {
  const std::string start(PatternIndex::kMaxPrefix, 'x');
  Add(start + "a*");
  Add(start + "b*");
  Add(start);
  EXPECT_THAT(Matches(start + "a1"), ElementsAre(start + "a*"));
  EXPECT_THAT(Matches(start), ElementsAre(start));
}

TEST_F(PatternIndexTest, AgreesWithTryingEveryPattern) {
  std::mt19937 random(7);
  const auto text = [&](std::string_view letters, size_t most) {
    std::string made;
    for (size_t size = random() % (most + 1); size > 0; --size) {
      made += letters[random() % letters.size()];
    }
    return made;
  };
  for (int round = 0; round < 2000; ++round) {
    if (patterns_.size() > 40) {
      Remove(patterns_[random() % patterns_.size()]);
    } else {
      Add(text("ab*?\\[]", 5));
    }
    const std::string channel = text("ab*[", 5);
    std::vector<std::string> expected;
    for (const Pattern* pattern : patterns_) {
      if (GlobMatch(pattern->name(), channel)) expected.emplace_back(pattern->name());
    }
    ASSERT_THAT(Matches(channel), ::testing::UnorderedElementsAreArray(expected)) << channel;
  }
}

}  // namespace
}  // namespace kv
