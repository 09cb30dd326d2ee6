#include "kv/commands/stream_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class StreamCommandsTest : public CommandTest {
 protected:
  using CommandTest::Run;
  // Splits at spaces.
  std::string Run(std::string_view line) { return Run(Words(line)); }
  static Arguments Words(std::string_view line) {
    return absl::StrSplit(absl::string_view(line.data(), line.size()), ' ');
  }
  // A client whose request waits.
  RespClient Waiting(std::string_view line) {
    RespClient client = server_.Connect();
    client.Send(Words(line));
    server_.Settle();
    EXPECT_FALSE(client.HasInput()) << line;
    return client;
  }
  std::string ReplyOf(RespClient& client) { return client.Receive().ToString(); }
};

// --- XADD ---

TEST_F(StreamCommandsTest, AnIdIsTheTimeOrFollowsTheLastOne) {
  const std::string now = absl::StrCat(server_.clock().WallMillis());
  EXPECT_EQ(Run("xadd s * a b"), "\"" + now + "-0\"");
  EXPECT_EQ(Run("xadd s * a b"), "\"" + now + "-1\"");
  EXPECT_EQ(Run("xadd s 99999999999999-* a b"), "\"99999999999999-0\"");
  EXPECT_EQ(Run("xadd s * a b"), "\"99999999999999-1\"");
  EXPECT_EQ(Run("xadd t 0-* a b"), "\"0-1\"");
  EXPECT_EQ(Run("xadd t 5-18446744073709551615 a b"), "\"5-18446744073709551615\"");
  EXPECT_THAT(Run("xadd t 5-* a b"), HasSubstr("equal or smaller"));
  Run("xadd t 18446744073709551615-18446744073709551615 a b");
  EXPECT_THAT(Run("xadd t * a b"), HasSubstr("exhausted the last possible ID"));
}

TEST_F(StreamCommandsTest, WrongRequestsChangeNothing) {
  EXPECT_THAT(Run("xadd s 0-0 a b"), HasSubstr("must be greater than 0-0"));
  EXPECT_THAT(Run("xadd s 1-1 a b c"), HasSubstr("wrong number of arguments for 'xadd'"));
  EXPECT_THAT(Run("xadd s maxlen -1 * a b"), HasSubstr("MAXLEN argument must be >= 0"));
  EXPECT_THAT(Run("xadd s maxlen 1 limit 5 * a b"), HasSubstr("without the special ~ option"));
  EXPECT_EQ(Run("exists s"), "0");
  Run("set text 1");
  EXPECT_THAT(Run("xadd text * a b"), StartsWith("-WRONGTYPE"));
}

TEST_F(StreamCommandsTest, AStreamMayBeEmpty) {
  EXPECT_EQ(Run("xadd s nomkstream 1-1 a b"), "nil");
  EXPECT_EQ(Run("xadd s maxlen 0 1-1 a b"), "\"1-1\"");
  EXPECT_EQ(Run("xlen s"), "0");
  EXPECT_EQ(Run("type s"), "+stream");
  EXPECT_EQ(Run("object encoding s"), "\"stream\"");
  EXPECT_THAT(Run("xadd s 1-1 a b"), HasSubstr("equal or smaller"));
}

TEST_F(StreamCommandsTest, NodesFollowTheSettings) {
  Run("config set stream-node-max-entries 5");
  for (int i = 1; i <= 12; ++i) Run(absl::StrCat("xadd s ", i, "-1 a b"));
  EXPECT_THAT(Run("xinfo stream s"), HasSubstr("\"radix-tree-keys\", 3"));
  EXPECT_EQ(Run("xtrim s maxlen ~ 3"), "5");
  EXPECT_EQ(Run("xtrim s maxlen ~ 0 limit 4"), "0");
}

// --- ranges ---

TEST_F(StreamCommandsTest, RangesMayLeaveOutTheirEnds) {
  for (const char* id : {"1-1", "1-2", "2-1", "3-0"}) Run({"xadd", "s", id, "a", id});
  EXPECT_EQ(Run("xrange s (1-1 2"), "[[\"1-2\", [\"a\", \"1-2\"]], [\"2-1\", [\"a\", \"2-1\"]]]");
  EXPECT_EQ(Run("xrevrange s (3-0 2"), "[[\"2-1\", [\"a\", \"2-1\"]]]");
  EXPECT_EQ(Run("xrange s - + count 1"), "[[\"1-1\", [\"a\", \"1-1\"]]]");
  EXPECT_THAT(Run("xrange s (18446744073709551615-18446744073709551615 +"),
              HasSubstr("invalid start ID"));
  EXPECT_THAT(Run("xrange s - (0-0"), HasSubstr("invalid end ID"));
}

// --- XREAD ---

TEST_F(StreamCommandsTest, OneEntryServesAllWhoWaitForIt) {
  Run("xadd s 1-1 a b");
  RespClient first = Waiting("xread block 0 streams s $");
  RespClient second = Waiting("xread block 0 streams t s 0 $");
  RespClient third = Waiting("xread block 0 streams s 5-5");
  Run("xadd s 2-1 c d");
  const std::string reply = "[[\"s\", [[\"2-1\", [\"c\", \"d\"]]]]]";
  EXPECT_EQ(ReplyOf(first), reply);
  EXPECT_EQ(ReplyOf(second), reply);
  EXPECT_FALSE(third.HasInput());
  Run("xadd s 6-1 e f");
  EXPECT_EQ(ReplyOf(third), "[[\"s\", [[\"6-1\", [\"e\", \"f\"]]]]]");
  EXPECT_THAT(Run("info clients"), HasSubstr("blocked_clients:0"));
}

TEST_F(StreamCommandsTest, ReadersGoOnWaitingWhileTheKeyIsGoneOrAnotherType) {
  Run("xadd s 1-1 a b");
  RespClient reader = Waiting("xread block 0 streams s $");
  Run("set s text");
  Run("del s");
  Run("lpush s element");
  Run("del s");
  EXPECT_FALSE(reader.HasInput());
  Run("xadd s 2-1 c d");
  EXPECT_EQ(ReplyOf(reader), "[[\"s\", [[\"2-1\", [\"c\", \"d\"]]]]]");
}

TEST_F(StreamCommandsTest, ReadingTimesOut) {
  RespClient reader = Waiting("xread block 50 streams s 0");
  AdvanceTime(49);
  EXPECT_FALSE(reader.HasInput());
  AdvanceTime(1);
  EXPECT_EQ(ReplyOf(reader), "nil array");
}

TEST_F(StreamCommandsTest, RepliesAreMapsInResp3) {
  Run("hello 3");
  Run("xadd s 1-1 a b");
  EXPECT_EQ(Run("xread streams s 0"), "{\"s\": [[\"1-1\", [\"a\", \"b\"]]]}");
  EXPECT_EQ(Run("xread streams s 5"), "nil");
}

// --- groups ---

TEST_F(StreamCommandsTest, EachEntryGoesToOneConsumer) {
  Run("xgroup create s g $ mkstream");
  RespClient alice = Waiting("xreadgroup group g alice block 0 streams s >");
  RespClient bob = Waiting("xreadgroup group g bob block 0 streams s >");
  Run("xadd s 1-1 a b");
  EXPECT_EQ(ReplyOf(alice), "[[\"s\", [[\"1-1\", [\"a\", \"b\"]]]]]");
  EXPECT_FALSE(bob.HasInput());
  Run("xadd s 2-1 c d");
  EXPECT_EQ(ReplyOf(bob), "[[\"s\", [[\"2-1\", [\"c\", \"d\"]]]]]");
  EXPECT_EQ(Run("xpending s g"), "[2, \"1-1\", \"2-1\", [[\"alice\", \"1\"], [\"bob\", \"1\"]]]");
  EXPECT_EQ(Run("xack s g 1-1"), "1");
  EXPECT_EQ(Run("xpending s g - + 10"), "[[\"2-1\", \"bob\", 0, 1]]");
}

TEST_F(StreamCommandsTest, GroupReadersLearnThatTheirGroupIsGone) {
  const auto waiting = [&] {
    Run("xgroup create s g $ mkstream");
    return Waiting("xreadgroup group g c block 0 streams s >");
  };
  for (const char* end : {"del s", "xgroup destroy s g", "flushall", "rename s t", "unlink s"}) {
    RespClient reader = waiting();
    Run(end);
    EXPECT_THAT(ReplyOf(reader), StartsWith("-NOGROUP")) << end;
    Run("del s");
  }
  RespClient reader = waiting();
  Run("set s text");
  EXPECT_THAT(ReplyOf(reader), StartsWith("-WRONGTYPE"));
  Run("del s");
  RespClient expiring = waiting();
  Run("pexpire s 10");
  AdvanceTime(10);
  EXPECT_THAT(ReplyOf(expiring), StartsWith("-NOGROUP"));
  EXPECT_THAT(Run("info clients"), HasSubstr("total_blocking_keys_on_nokey:0"));
}

TEST_F(StreamCommandsTest, ThePastIsShownWithWhatWasDeleted) {
  for (const char* id : {"1-1", "2-1", "3-1"}) Run({"xadd", "s", id, "a", "b"});
  Run("xgroup create s g 0");
  Run("xreadgroup group g c streams s >");
  Run("xdel s 2-1");
  AdvanceTime(7);
  EXPECT_EQ(Run("xreadgroup group g c count 2 streams s 0"),
            "[[\"s\", [[\"1-1\", [\"a\", \"b\"]], [\"2-1\", nil array]]]]");
  EXPECT_EQ(Run("xpending s g - + 2"), "[[\"1-1\", \"c\", 0, 2], [\"2-1\", \"c\", 7, 1]]");
  EXPECT_EQ(Run("xreadgroup group g c streams s 3"), "[[\"s\", [[\"3-1\", [\"a\", \"b\"]]]]]");
  EXPECT_EQ(Run("xreadgroup group g other streams s 0"), "[[\"s\", []]]");
}

TEST_F(StreamCommandsTest, OnlyWhatIsIdleIsClaimed) {
  for (const char* id : {"1-1", "2-1", "3-1"}) Run({"xadd", "s", id, "a", "b"});
  Run("xgroup create s g 0");
  Run("xreadgroup group g alice count 1 streams s >");
  AdvanceTime(100);
  Run("xreadgroup group g alice streams s >");
  EXPECT_EQ(Run("xclaim s g bob 50 1-1 2-1 justid"), "[\"1-1\"]");
  EXPECT_EQ(Run("xautoclaim s g bob 50 0"), "[\"0-0\", [], []]");
  AdvanceTime(50);
  EXPECT_EQ(Run("xautoclaim s g bob 50 0 count 2 justid"), "[\"3-1\", [\"1-1\", \"2-1\"], []]");
  EXPECT_EQ(Run("xpending s g - + 10 bob"), "[[\"1-1\", \"bob\", 0, 1], [\"2-1\", \"bob\", 0, 1]]");
  EXPECT_EQ(Run("xgroup delconsumer s g bob"), "2");
  EXPECT_EQ(Run("xpending s g"), "[1, \"3-1\", \"3-1\", [[\"alice\", \"1\"]]]");
}

TEST_F(StreamCommandsTest, IdleEntriesComeBeforeNewOnes) {
  for (const char* id : {"1-1", "2-1", "3-1"}) Run({"xadd", "s", id, "a", "b"});
  Run("xgroup create s g 0");
  Run("xreadgroup group g alice count 1 streams s >");
  AdvanceTime(100);
  Run("xreadgroup group g alice count 1 streams s >");
  EXPECT_EQ(Run("xreadgroup group g bob claim 50 count 2 streams s >"),
            "[[\"s\", [[\"1-1\", [\"a\", \"b\"], 100, 1], [\"3-1\", [\"a\", \"b\"]]]]]");
  EXPECT_EQ(Run("xreadgroup group g bob claim 50 streams s >"), "nil array");
  EXPECT_EQ(Run("xpending s g - + 10"),
            "[[\"1-1\", \"bob\", 0, 2], [\"2-1\", \"alice\", 0, 1], [\"3-1\", \"bob\", 0, 1]]");
}

TEST_F(StreamCommandsTest, WhatIsGivenBackBelongsToNobody) {
  for (const char* id : {"1-1", "2-1", "3-1"}) Run({"xadd", "s", id, "a", "b"});
  Run("xgroup create s g 0");
  Run("xreadgroup group g alice count 2 streams s >");
  EXPECT_THAT(Run("xnack s h fail ids 1 1-1"), StartsWith("-NOGROUP"));
  EXPECT_EQ(Run("xnack s g soft ids 1 1-1"), "-ERR syntax error");
  EXPECT_EQ(Run("xnack s g silent ids 2 1-1 3-1"), "1");
  EXPECT_EQ(Run("xnack s g fatal ids 1 2-1"), "1");
  EXPECT_EQ(Run("xnack s g fail ids 2 3-1 9-1 force retrycount 7"), "1");
  EXPECT_EQ(Run("xpending s g - + 10"),
            "[[\"1-1\", \"\", -1, 0], [\"2-1\", \"\", -1, 9223372036854775807], "
            "[\"3-1\", \"\", -1, 7]]");
  EXPECT_EQ(Run("xpending s g"), "[3, \"1-1\", \"3-1\", []]");
  EXPECT_EQ(Run("xclaim s g bob 100000 1-1 justid"), "[\"1-1\"]");
  EXPECT_EQ(Run("xautoclaim s g bob 100000 - justid"), "[\"0-0\", [\"2-1\", \"3-1\"], []]");
}

TEST_F(StreamCommandsTest, DeletionKeepsRemovesOrRespectsReferences) {
  for (const char* id : {"1-1", "2-1", "3-1", "4-1"}) Run({"xadd", "s", id, "a", "b"});
  Run("xgroup create s g 0");
  Run("xgroup create s h 0");
  Run("xreadgroup group g c count 3 streams s >");
  Run("xreadgroup group h c count 3 streams s >");
  EXPECT_EQ(Run("xdelex absent ids 2 1-1 2-1"), "[-1, -1]");
  EXPECT_EQ(Run("xdelex s ids 3 1-1 2-1"),
            "-ERR The `numids` parameter must match the number of arguments");
  EXPECT_EQ(Run("xdelex s acked ids 3 1-1 4-1 9-1"), "[2, 2, -1]");
  EXPECT_EQ(Run("xack s h 1-1"), "1");
  EXPECT_EQ(Run("xackdel s g acked ids 2 1-1 2-1"), "[1, 2]");
  EXPECT_EQ(Run("xackdel s g acked ids 1 2-1"), "[-1]");
  EXPECT_EQ(Run("xdelex s keepref ids 1 2-1"), "[1]");
  EXPECT_EQ(Run("xpending s h"), "[2, \"2-1\", \"3-1\", [[\"c\", \"2\"]]]");
  EXPECT_EQ(Run("xdelex s ids 2 2-1 3-1 delref"), "[-1, 1]");
  EXPECT_EQ(Run("xpending s h"), "[0, nil, nil, nil array]");
  EXPECT_EQ(Run("xlen s"), "1");
}

TEST_F(StreamCommandsTest, TrimmingMayRespectOrRemoveReferences) {
  for (int i = 1; i <= 6; ++i) Run(absl::StrCat("xadd s ", i, "-1 a b"));
  Run("xgroup create s g 0");
  Run("xreadgroup group g c count 4 streams s >");
  Run("xack s g 1-1 3-1");
  EXPECT_EQ(Run("xtrim s maxlen 1 acked"), "2");
  EXPECT_EQ(Run("xrange s - + count 2"), "[[\"2-1\", [\"a\", \"b\"]], [\"4-1\", [\"a\", \"b\"]]]");
  EXPECT_EQ(Run("xadd s delref minid 4 7-1 a b"), "\"7-1\"");
  EXPECT_EQ(Run("xpending s g"), "[1, \"4-1\", \"4-1\", [[\"c\", \"1\"]]]");
}

// --- memory ---

TEST_F(StreamCommandsTest, LargeStreamsAreDroppedInSlices) {
  const size_t before = server_.server().store().memory().used();
  std::vector<Arguments> adds(1000, {"xadd", "s", "*", "field", std::string(100, 'v')});
  for (int i = 0; i < 20; ++i) client_.Pipeline(adds);
  Run("xgroup create s g 0");
  client_.Run({"xreadgroup", "group", "g", "c", "streams", "s", ">"});
  EXPECT_GT(server_.server().store().memory().used(), before + 2'000'000);
  EXPECT_EQ(Run("del s"), "1");
  server_.Settle();
  EXPECT_LT(server_.server().store().memory().used(), before + 10'000);
}

}  // namespace
}  // namespace tests
