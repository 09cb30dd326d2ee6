#include "protocol/quoted_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace resp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::optional<std::vector<std::string>> Split(std::string_view line) {
  DecodedWords decoded;
  std::vector<std::string_view> words;
  if (!SplitQuotedWords(line, &decoded, &words)) {
    EXPECT_THAT(words, IsEmpty());
    return std::nullopt;
  }
  return std::vector<std::string>(words.begin(), words.end());
}

TEST(QuotedWordsTest, SplitsAtBlanks) {
  EXPECT_THAT(*Split(""), IsEmpty());
  EXPECT_THAT(*Split(" \t "), IsEmpty());
  EXPECT_THAT(*Split("get key"), ElementsAre("get", "key"));
  EXPECT_THAT(*Split("  set\tk  v\r"), ElementsAre("set", "k", "v"));
}

TEST(QuotedWordsTest, DoubleQuotesTakeEscapes) {
  EXPECT_THAT(*Split(R"("a b" "\n\r\t\b\a" "\x41\x0a\xfF" "\"\\\q")"),
              ElementsAre("a b", "\n\r\t\b\a", "A\n\xff", "\"\\q"));
  EXPECT_THAT(*Split(R"("\xZZ\x4")"), ElementsAre("xZZx4"));
  EXPECT_THAT(*Split(R"("")"), ElementsAre(""));
}

TEST(QuotedWordsTest, SingleQuotesAreLiteral) {
  EXPECT_THAT(*Split(R"('a b' '\n' '\'' '"')"), ElementsAre("a b", "\\n", "'", "\""));
}

TEST(QuotedWordsTest, AQuoteOpensWithinAWordAndEndsIt) {
  EXPECT_THAT(*Split(R"(a"b c" d'e')"), ElementsAre("ab c", "de"));
  EXPECT_EQ(Split(R"("a"b)"), std::nullopt);
  EXPECT_EQ(Split(R"('a'b)"), std::nullopt);
  EXPECT_EQ(Split(R"("a""b")"), std::nullopt);
}

TEST(QuotedWordsTest, RefusesUnclosedQuotes) {
  EXPECT_EQ(Split(R"(set k "v)"), std::nullopt);
  EXPECT_EQ(Split("set k 'v"), std::nullopt);
  EXPECT_EQ(Split(R"("\)"), std::nullopt);
  EXPECT_EQ(Split(R"("\x4)"), std::nullopt);
}

TEST(QuotedWordsTest, NulIsAByteLikeAnyOther) {
  EXPECT_THAT(*Split(std::string_view("a\0b c", 5)), ElementsAre(std::string_view("a\0b", 3), "c"));
}

TEST(QuotedWordsTest, UnquotedWordsAreViewsOfTheLine) {
  const std::string line = "set k \"v\"";
  DecodedWords decoded;
  std::vector<std::string_view> words;
  ASSERT_TRUE(SplitQuotedWords(line, &decoded, &words));
  ASSERT_EQ(words.size(), 3u);
  EXPECT_EQ(words[0].data(), line.data());
  EXPECT_EQ(words[1].data(), line.data() + 4);
  EXPECT_EQ(words[2].data(), decoded.front().data());
}

}  // namespace
}  // namespace resp
