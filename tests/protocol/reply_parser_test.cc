#include "protocol/reply_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/reply_writer.h"

namespace resp {
namespace {

using ::testing::ElementsAre;

// Parses a stream that comes in pieces of `piece` bytes. An error is the last value.
std::vector<Value> Parse(std::string_view bytes, size_t piece = SIZE_MAX, ReplyLimits limits = {}) {
  ReplyParser parser(limits);
  std::vector<Value> values;
  while (!bytes.empty()) {
    const std::string_view input = bytes.substr(0, piece);
    bytes.remove_prefix(input.size());
    size_t position = 0;
    for (Value value;;) {
      const ReplyResult result = parser.Next(input, &position, &value);
      if (result == ReplyResult::kValue) {
        values.push_back(value);
        continue;
      }
      if (result == ReplyResult::kError) {
        values.push_back(Value::Simple("failed: " + std::string(parser.error())));
        return values;
      }
      EXPECT_EQ(position, input.size());
      break;
    }
  }
  EXPECT_FALSE(parser.in_reply());
  return values;
}

std::vector<std::string> Texts(const std::vector<Value>& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const Value& value : values) texts.push_back(value.ToString());
  return texts;
}

TEST(ReplyParserTest, KnowsTheTypesOfResp2) {
  EXPECT_THAT(Texts(Parse("+OK\r\n-ERR no\r\n:-5\r\n$3\r\na\r\n\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n"
                          "*2\r\n:1\r\n*1\r\n$1\r\nx\r\n")),
              ElementsAre("+OK", "-ERR no", "-5", "\"a\\r\\n\"", "\"\"", "nil", "nil array", "[]",
                          "[1, [\"x\"]]"));
}

TEST(ReplyParserTest, KnowsTheTypesOfResp3) {
  EXPECT_THAT(Texts(Parse("_\r\n#t\r\n#f\r\n,1.5\r\n,inf\r\n(12345678901234567890\r\n"
                          "=7\r\ntxt:a b\r\n!5\r\nERR x\r\n%1\r\n+k\r\n:1\r\n~1\r\n:2\r\n"
                          ">2\r\n+message\r\n:3\r\n%0\r\n")),
              ElementsAre("nil", "true", "false", ",1.5", ",inf", "(12345678901234567890",
                          "txt:\"a b\"", "-ERR x", "{+k: 1}", "~[2]", ">[+message, 3]", "{}"));
}

TEST(ReplyParserTest, AttributesBelongToTheValueThatFollows) {
  const auto values = Parse("|1\r\n+ttl\r\n:9\r\n*2\r\n:1\r\n|1\r\n+a\r\n+b\r\n:2\r\n");
  ASSERT_EQ(values.size(), 1u);
  EXPECT_EQ(values[0].ToString(), "[1, 2]");
  EXPECT_THAT(Texts(values[0].attributes), ElementsAre("+ttl", "9"));
  EXPECT_TRUE(values[0].elements[0].attributes.empty());
  EXPECT_THAT(Texts(values[0].elements[1].attributes), ElementsAre("+a", "+b"));
}

TEST(ReplyParserTest, ReadsWhatTheWriterWrites) {
  for (Version version : {Version::kResp2, Version::kResp3}) {
    ChunkPool pool;
    ReplyBuffer buffer(&pool);
    ReplyWriter writer(&buffer, version);
    writer.Map(2);
    writer.Bulk("a");
    writer.Double(1.5);
    writer.Bulk("b");
    writer.Set(1);
    writer.NullBulk();
    const bool resp3 = version == Version::kResp3;
    const auto values = Parse(buffer.ToString());
    EXPECT_THAT(Texts(values), ElementsAre(resp3 ? "{\"a\": ,1.5, \"b\": ~[nil]}"
                                                 : "[\"a\", \"1.5\", \"b\", [nil]]"));
    ASSERT_NE(values[0].Find("b"), nullptr);
    EXPECT_EQ(values[0].Find("b")->elements.size(), 1u);
    EXPECT_EQ(values[0].Find("c"), nullptr);
  }
}

TEST(ReplyParserTest, AnyPiecesGiveTheSameValues) {
  const std::string bytes =
      "*3\r\n$5\r\nhello\r\n%1\r\n+k\r\n~2\r\n:1\r\n,2.5\r\n_\r\n|1\r\n+a\r\n:1\r\n"
      "=8\r\nmkd:text\r\n>1\r\n$0\r\n\r\n-ERR x\r\n?\r\n";
  const auto whole = Parse(bytes);
  ASSERT_EQ(whole.size(), 5u);
  EXPECT_EQ(whole.back().text, "failed: unknown type '?'");
  for (size_t piece = 1; piece < bytes.size(); ++piece) EXPECT_EQ(Parse(bytes, piece), whole);
}

TEST(ReplyParserTest, RefusesWhatIsNoReply) {
  EXPECT_THAT(Texts(Parse("\r\n")), ElementsAre("+failed: line without type or CR"));
  EXPECT_THAT(Texts(Parse("+OK\n")), ElementsAre("+failed: line without type or CR"));
  EXPECT_THAT(Texts(Parse(":x\r\n")), ElementsAre("+failed: invalid integer"));
  EXPECT_THAT(Texts(Parse("#x\r\n")), ElementsAre("+failed: invalid boolean"));
  EXPECT_THAT(Texts(Parse("$-2\r\n")), ElementsAre("+failed: invalid string size"));
  EXPECT_THAT(Texts(Parse("$?\r\n")), ElementsAre("+failed: invalid string size"));
  EXPECT_THAT(Texts(Parse("$1\r\nabc")), ElementsAre("+failed: string without CRLF"));
  EXPECT_THAT(Texts(Parse("=3\r\ntxt\r\n")),
              ElementsAre("+failed: verbatim string without format"));
  EXPECT_THAT(Texts(Parse("*-2\r\n")), ElementsAre("+failed: invalid aggregate size"));
}

TEST(ReplyParserTest, BoundsDepthAndSizes) {
  const ReplyLimits limits = {.max_depth = 2, .max_line_bytes = 10, .max_bulk_bytes = 3};
  EXPECT_THAT(Texts(Parse("*1\r\n*1\r\n:1\r\n", 1, limits)), ElementsAre("[[1]]"));
  EXPECT_THAT(Texts(Parse("*1\r\n*1\r\n*1\r\n", 1, limits)),
              ElementsAre("+failed: nested too deeply"));
  EXPECT_THAT(Texts(Parse("+123456789\r\n", 1, limits)), ElementsAre("+failed: line too long"));
  EXPECT_THAT(Texts(Parse("$4\r\n", 1, limits)), ElementsAre("+failed: invalid string size"));
}

TEST(ReplyParserTest, ResetBeginsANewStream) {
  ReplyParser parser;
  Value value;
  size_t position = 0;
  ASSERT_EQ(parser.Next("*2\r\n:1\r\n?\r\n", &position, &value), ReplyResult::kError);
  parser.Reset();
  EXPECT_FALSE(parser.in_reply());
  position = 0;
  ASSERT_EQ(parser.Next(":1\r\n", &position, &value), ReplyResult::kValue);
  EXPECT_EQ(value, Value::Integer(1));
}

}  // namespace
}  // namespace resp
