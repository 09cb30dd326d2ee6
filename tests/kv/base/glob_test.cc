#include "kv/base/glob.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace kv {
namespace {

TEST(GlobTest, LiteralsMatchThemselves) {
  EXPECT_TRUE(GlobMatch("abc", "abc"));
  EXPECT_TRUE(GlobMatch("", ""));
  EXPECT_FALSE(GlobMatch("abc", "ab"));
  EXPECT_FALSE(GlobMatch("abc", "abcd"));
  EXPECT_FALSE(GlobMatch("", "a"));
}

TEST(GlobTest, AStarMatchesAnyBytes) {
  EXPECT_TRUE(GlobMatch("*", ""));
  EXPECT_TRUE(GlobMatch("*", "abc"));
  EXPECT_TRUE(GlobMatch("a*c", "ac"));
  EXPECT_TRUE(GlobMatch("a*c", "abcbc"));
  EXPECT_TRUE(GlobMatch("*a**b*", "xxaxxbxx"));
  EXPECT_FALSE(GlobMatch("a*c", "abcd"));
  EXPECT_FALSE(GlobMatch("*a*a*", "xxaxx"));
  EXPECT_TRUE(GlobMatch("h*", std::string_view("h\0\n", 3)));
}

TEST(GlobTest, AQuestionMarkMatchesOneByte) {
  EXPECT_TRUE(GlobMatch("h?llo", "hello"));
  EXPECT_FALSE(GlobMatch("h?llo", "hllo"));
  EXPECT_FALSE(GlobMatch("?", ""));
}

TEST(GlobTest, ClassesMatchOneOfTheirMembers) {
  EXPECT_TRUE(GlobMatch("h[ae]llo", "hallo"));
  EXPECT_FALSE(GlobMatch("h[ae]llo", "hillo"));
  EXPECT_TRUE(GlobMatch("h[^e]llo", "hallo"));
  EXPECT_FALSE(GlobMatch("h[^e]llo", "hello"));
  EXPECT_TRUE(GlobMatch("[a-c]x", "bx"));
  EXPECT_TRUE(GlobMatch("[c-a]x", "bx"));
  EXPECT_FALSE(GlobMatch("[a-c]x", "dx"));
  EXPECT_TRUE(GlobMatch("[\\]-]", "]"));
  EXPECT_TRUE(GlobMatch("[a-z0-9_]", "_"));
  EXPECT_FALSE(GlobMatch("[]", "a"));
  EXPECT_TRUE(GlobMatch("[^]", "a"));
  EXPECT_FALSE(GlobMatch("[a]", ""));
}

TEST(GlobTest, AnOpenClassExtendsToTheEnd) {
  EXPECT_TRUE(GlobMatch("[abc", "b"));
  EXPECT_FALSE(GlobMatch("[abc", "x"));
  EXPECT_FALSE(GlobMatch("[", "["));
  EXPECT_TRUE(GlobMatch("[^", "x"));
  EXPECT_TRUE(GlobMatch("[a\\", "\\"));
}

TEST(GlobTest, ABackslashTakesTheMeaningAway) {
  EXPECT_TRUE(GlobMatch("a\\*b", "a*b"));
  EXPECT_FALSE(GlobMatch("a\\*b", "axb"));
  EXPECT_TRUE(GlobMatch("\\[a]", "[a]"));
  EXPECT_TRUE(GlobMatch("a\\", "a\\"));
}

TEST(GlobTest, CaseMayBeIgnored) {
  EXPECT_FALSE(GlobMatch("MAX*", "maxmemory"));
  EXPECT_TRUE(GlobMatch("MAX*", "maxmemory", GlobCase::kIgnored));
  EXPECT_TRUE(GlobMatch("[A-C]", "b", GlobCase::kIgnored));
  EXPECT_TRUE(GlobMatch("\\A", "a", GlobCase::kIgnored));
}

// With backtracking into every star this takes longer than anybody waits.
TEST(GlobTest, ManyStarsTakeNoExponentialTime) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(GlobMatch(pattern + "b", std::string(2000, 'a')));
  EXPECT_TRUE(GlobMatch(pattern, std::string(2000, 'a')));
}

TEST(GlobTest, TooManyStarsMatchNothing) {
  std::string pattern;
  for (int i = 0; i < kMaxGlobStars; ++i) pattern += "**?";
  const std::string text(static_cast<size_t>(2 * kMaxGlobStars), 'a');
  EXPECT_TRUE(GlobMatch(pattern, text));
  EXPECT_TRUE(GlobMatch(pattern + "**", text));
  EXPECT_FALSE(GlobMatch(pattern + "*a", text));
}

// The definition, word by word.
bool SlowMatch(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return SlowMatch(pattern.substr(1), text) ||
           (!text.empty() && SlowMatch(pattern, text.substr(1)));
  }
  if (text.empty() || (pattern[0] != '?' && pattern[0] != text[0])) return false;
  return SlowMatch(pattern.substr(1), text.substr(1));
}

TEST(GlobTest, AgreesWithTheDefinition) {
  std::mt19937 random(5);
  int matches = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string pattern(random() % 8, '\0');
    std::string text(random() % 10, '\0');
    for (char& c : pattern) c = "**?ab"[random() % 5];
    for (char& c : text) c = "ab"[random() % 2];
    ASSERT_EQ(GlobMatch(pattern, text), SlowMatch(pattern, text)) << pattern << " on " << text;
    matches += GlobMatch(pattern, text);
  }
  EXPECT_GT(matches, 1000);
}

}  // namespace
}  // namespace kv
