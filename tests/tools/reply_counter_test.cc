#include "tools/load/reply_counter.h"

#include <gtest/gtest.h>

#include <string_view>

namespace load {
namespace {

constexpr std::string_view kStream =
    "+OK\r\n:12\r\n$3\r\nabc\r\n$-1\r\n-ERR no\r\n$0\r\n\r\n$2\r\n\r\n\r\n"
    "*3\r\n$1\r\na\r\n$-1\r\n:7\r\n*0\r\n*-1\r\n+PONG\r\n";
constexpr size_t kReplies = 11;

TEST(ReplyCounter, CountsEachKindOfReply) {
  ReplyCounter counter;
  EXPECT_EQ(counter.Feed(kStream), kReplies);
  EXPECT_EQ(counter.errors(), 1u);
  EXPECT_EQ(counter.first_error(), "-ERR no");
  EXPECT_EQ(counter.nulls(), 3u);
}

TEST(ReplyCounter, TheStreamMayBeCutAnywhere) {
  for (size_t first = 0; first <= kStream.size(); ++first) {
    for (size_t second = first; second <= kStream.size(); ++second) {
      ReplyCounter counter;
      const size_t replies = counter.Feed(kStream.substr(0, first)) +
                             counter.Feed(kStream.substr(first, second - first)) +
                             counter.Feed(kStream.substr(second));
      ASSERT_EQ(replies, kReplies) << "cut at " << first << " and " << second;
      ASSERT_EQ(counter.errors(), 1u);
      ASSERT_EQ(counter.nulls(), 3u);
    }
  }
}

TEST(ReplyCounter, AReplyCountsWhenItsLastByteCame) {
  ReplyCounter counter;
  EXPECT_EQ(counter.Feed("$3\r\nabc\r"), 0u);
  EXPECT_EQ(counter.Feed("\n"), 1u);
  EXPECT_EQ(counter.Feed("*2\r\n$1\r\na\r\n"), 0u);
  EXPECT_EQ(counter.Feed(":1\r\n:2\r\n"), 2u);
}

}  // namespace
}  // namespace load
