#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/store/store.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

class ZsetCommands : public CommandTest {
 protected:
  // Members m0, m1, ... with their numbers as scores.
  void Fill(const std::string& key, int members) {
    Arguments command = {"zadd", key};
    for (int i = 0; i < members; ++i) {
      command.push_back(absl::StrCat(i));
      command.push_back(absl::StrCat("m", i));
    }
    Run(command);
  }
  std::string Encoding(const std::string& key) {
    return client_.Run({"object", "encoding", key}).text;
  }
};

TEST_F(ZsetCommands, AddAndLookUp) {
  EXPECT_EQ(Run({"zadd", "z", "1", "a", "2", "b", "1", "c"}), "3");
  EXPECT_EQ(Run({"zadd", "z", "ch", "5", "a", "2", "b"}), "1");
  EXPECT_EQ(Run({"zadd", "z", "incr", "0.5", "a"}), "\"5.5\"");
  EXPECT_EQ(Run({"zadd", "z", "nx", "incr", "1", "a"}), "nil");
  EXPECT_EQ(Run({"zscore", "z", "a"}), "\"5.5\"");
  EXPECT_EQ(Run({"zmscore", "z", "c", "absent"}), "[\"1\", nil]");
  EXPECT_EQ(Run({"zcard", "z"}), "3");
  EXPECT_EQ(Run({"zrank", "z", "b"}), "1");
  EXPECT_EQ(Run({"zrevrank", "z", "b", "withscore"}), "[1, \"2\"]");
  EXPECT_EQ(Run({"zrank", "z", "absent"}), "nil");
  EXPECT_EQ(Run({"zrank", "z", "absent", "withscore"}), "nil array");
  EXPECT_EQ(Run({"zrem", "z", "a", "b", "c", "d"}), "3");
  EXPECT_EQ(Run({"exists", "z"}), "0");
}

TEST_F(ZsetCommands, AFailedAdditionChangesNothing) {
  EXPECT_EQ(Run({"zadd", "z", "1", "a", "x", "b"}), "-ERR value is not a valid float");
  EXPECT_EQ(Run({"zadd", "z", "xx", "1", "a"}), "0");
  EXPECT_EQ(Run({"exists", "z"}), "0");
  Run({"zadd", "z", "inf", "a"});
  EXPECT_EQ(Run({"zincrby", "z", "-inf", "a"}), "-ERR resulting score is not a number (NaN)");
  EXPECT_EQ(Run({"zscore", "z", "a"}), "\"inf\"");
}

TEST_F(ZsetCommands, RepliesInResp3AreDoublesAndPairs) {
  Run({"hello", "3"});
  Run({"zadd", "z", "1", "a", "2.5", "b"});
  EXPECT_EQ(Run({"zscore", "z", "b"}), ",2.5");
  EXPECT_EQ(Run({"zrange", "z", "0", "-1", "withscores"}), "[[\"a\", ,1], [\"b\", ,2.5]]");
  EXPECT_EQ(Run({"zrandmember", "z", "-1", "withscores"}).substr(0, 2), "[[");
  EXPECT_EQ(Run({"zunion", "1", "z", "withscores"}), "[[\"a\", ,1], [\"b\", ,2.5]]");
  EXPECT_EQ(Run({"zpopmin", "z"}), "[\"a\", ,1]");
  EXPECT_EQ(Run({"zpopmin", "z", "1"}), "[[\"b\", ,2.5]]");
}

TEST_F(ZsetCommands, EncodingsFollowTheLimits) {
  Fill("z", 128);
  EXPECT_EQ(Encoding("z"), "listpack");
  Run({"zadd", "z", "1", "more"});
  EXPECT_EQ(Encoding("z"), "skiplist");
  Run({"zremrangebyrank", "z", "0", "-2"});
  EXPECT_EQ(Encoding("z"), "skiplist");
  Run({"zrangestore", "copy", "z", "0", "-1"});
  EXPECT_EQ(Encoding("copy"), "listpack");
  Run({"zadd", "long", "1", std::string(65, 'x')});
  EXPECT_EQ(Encoding("long"), "skiplist");
  Run({"zunionstore", "union", "2", "z", "long"});
  EXPECT_EQ(Encoding("union"), "skiplist");
  Run({"config", "set", "zset-max-listpack-entries", "0"});
  Run({"zadd", "one", "1", "a"});
  EXPECT_EQ(Encoding("one"), "skiplist");
}

TEST_F(ZsetCommands, LargeSetsAnswerAsSmallOnes) {
  for (const int members : {100, 1000}) {
    const std::string key = absl::StrCat("z", members);
    Fill(key, members);
    EXPECT_EQ(Run({"zrange", key, "2", "3", "withscores"}), "[\"m2\", \"2\", \"m3\", \"3\"]");
    EXPECT_EQ(Run({"zrange", key, "7", "(5", "byscore", "rev"}), "[\"m7\", \"m6\"]");
    EXPECT_EQ(Run({"zrangebyscore", key, "-inf", "inf", "limit", "5", "2"}), "[\"m5\", \"m6\"]");
    EXPECT_EQ(Run({"zcount", key, "(10", "20"}), "10");
    EXPECT_EQ(Run({"zrank", key, "m42"}), "42");
    EXPECT_EQ(Run({"zremrangebyscore", key, "10", "19"}), "10");
    EXPECT_EQ(Run({"zcard", key}), absl::StrCat(members - 10));
    EXPECT_EQ(Run({"zremrangebyrank", key, "0", "-3"}), absl::StrCat(members - 12));
    EXPECT_EQ(client_.Run({"zrange", key, "0", "-1"}).elements.size(), 2u);
  }
}

TEST_F(ZsetCommands, AWholeScanVisitsEachMember) {
  for (const int members : {50, 3000}) {
    const std::string key = absl::StrCat("z", members);
    Fill(key, members);
    std::map<std::string, std::string> seen;
    std::string cursor = "0";
    int steps = 0;
    do {
      const resp::Value reply = client_.Run({"zscan", key, cursor, "count", "100"});
      cursor = reply.elements[0].text;
      const std::vector<resp::Value>& found = reply.elements[1].elements;
      for (size_t i = 0; i < found.size(); i += 2) seen[found[i].text] = found[i + 1].text;
      ++steps;
    } while (cursor != "0");
    EXPECT_EQ(seen.size(), static_cast<size_t>(members));
    EXPECT_EQ(seen["m17"], "17");
    EXPECT_EQ(steps == 1, members == 50);
  }
  EXPECT_EQ(Run({"zscan", "z50", "0", "match", "m1?", "count", "1000"}).substr(0, 13),
            "[\"0\", [\"m10\",");
}

TEST_F(ZsetCommands, RandomMembersAreFairAndDifferent) {
  Fill("z", 400);
  Run({"zremrangebyrank", "z", "10", "-1"});
  std::map<std::string, int> counts;
  constexpr int kDraws = 5000;
  for (const resp::Value& member :
       client_.Run({"zrandmember", "z", absl::StrCat(-kDraws)}).elements) {
    ++counts[member.text];
  }
  for (int draw = 0; draw < kDraws / 5; ++draw) {
    std::set<std::string> different;
    for (const resp::Value& member : client_.Run({"zrandmember", "z", "5"}).elements) {
      different.insert(member.text);
      ++counts[member.text];
    }
    ASSERT_EQ(different.size(), 5u);
  }
  ASSERT_EQ(counts.size(), 10u);
  double chi_square = 0;
  for (const auto& [member, count] : counts) {
    const double difference = count - 2 * kDraws / 10.0;
    chi_square += difference * difference / (2 * kDraws / 10.0);
  }
  EXPECT_LT(chi_square, 33.7);  // 9 degrees of freedom: exceeded by one seed in 10,000
  EXPECT_EQ(client_.Run({"zrandmember", "z", "100"}).elements.size(), 10u);
}

TEST_F(ZsetCommands, SetOperations) {
  Run({"zadd", "a", "1", "x", "2", "y"});
  Run({"zadd", "b", "10", "y", "20", "z"});
  EXPECT_EQ(Run({"zunion", "2", "a", "b", "withscores"}),
            "[\"x\", \"1\", \"y\", \"12\", \"z\", \"20\"]");
  EXPECT_EQ(Run({"zunion", "2", "a", "b", "aggregate", "count", "withscores"}),
            "[\"x\", \"1\", \"z\", \"1\", \"y\", \"2\"]");
  EXPECT_EQ(Run({"zinter", "2", "a", "b", "weights", "2", "3", "withscores"}), "[\"y\", \"34\"]");
  EXPECT_EQ(Run({"zdiff", "2", "a", "b", "withscores"}), "[\"x\", \"1\"]");
  EXPECT_EQ(Run({"zintercard", "2", "a", "b"}), "1");
  EXPECT_EQ(Run({"zunionstore", "a", "2", "a", "b", "aggregate", "max"}), "3");
  EXPECT_EQ(Run({"zscore", "a", "y"}), "\"10\"");
  EXPECT_EQ(Run({"zinterstore", "a", "2", "a", "absent"}), "0");
  EXPECT_EQ(Run({"exists", "a"}), "0");
}

TEST_F(ZsetCommands, MembersOfSetsCountOne) {
  Run({"zadd", "z", "5", "1", "6", "x"});
  Run({"sadd", "integers", "1", "2"});
  Run({"sadd", "texts", "x", "y"});
  EXPECT_EQ(Run({"zunion", "3", "z", "integers", "texts", "withscores"}),
            "[\"2\", \"1\", \"y\", \"1\", \"1\", \"6\", \"x\", \"7\"]");
  EXPECT_EQ(Run({"zinter", "2", "texts", "z", "weights", "10", "1", "withscores"}),
            "[\"x\", \"16\"]");
  EXPECT_EQ(Run({"zdiff", "2", "z", "integers"}), "[\"x\"]");
}

TEST_F(ZsetCommands, MembersAreDueWhenTheirScoreIsNotLaterThanNow) {
  const int64_t now = server_.clock().WallMillis();
  Run({"zadd", "z", absl::StrCat(now - 5), "first", absl::StrCat(now), "second",
       absl::StrCat(now + 1), "third"});
  EXPECT_EQ(Run({"zpopdue", "z", "count", "0"}), "[]");
  EXPECT_EQ(Run({"zpopdue", "z"}), absl::StrCat("[\"first\", \"", now - 5, "\"]"));
  EXPECT_EQ(Run({"zpopdue", "z", "count", "10"}), absl::StrCat("[\"second\", \"", now, "\"]"));
  EXPECT_EQ(Run({"zpopdue", "z", "count", "10"}), "[]");
  AdvanceTime(1);
  EXPECT_EQ(Run({"zpopdue", "z", "count", "10"}), absl::StrCat("[\"third\", \"", now + 1, "\"]"));
  EXPECT_EQ(Run({"exists", "z"}), "0");
  EXPECT_EQ(Run({"zpopdue", "z", "1"}), "-ERR syntax error");
  EXPECT_EQ(Run({"zpopdue", "z", "count", "-1"}), "-ERR value is out of range, must be positive");
}

TEST_F(ZsetCommands, AWaiterWakesExactlyWhenTheNextMemberIsDue) {
  const int64_t now = server_.clock().WallMillis();
  RespClient waiting = server_.Connect();
  waiting.Send({"bzpopdue", "a", "b", "0"});
  Run({"ping"});
  Run({"zadd", "b", absl::StrCat(now + 500), "late"});
  Run({"zadd", "b", absl::StrCat(now + 50), "early"});
  AdvanceTime(49);
  EXPECT_FALSE(waiting.HasInput());
  AdvanceTime(1);
  EXPECT_EQ(waiting.Receive().ToString(), absl::StrCat("[\"b\", \"early\", \"", now + 50, "\"]"));

  // The member that it was to be woken for is gone.
  waiting.Send({"bzpopdue", "a", "b", "0"});
  Run({"ping"});
  Run({"zrem", "b", "late"});
  AdvanceTime(1000);
  EXPECT_FALSE(waiting.HasInput());
  Run({"zadd", "a", "1", "long ago"});
  EXPECT_EQ(waiting.Receive().ToString(), "[\"a\", \"long ago\", \"1\"]");
}

TEST_F(ZsetCommands, WaitersForDueMembersTimeOutAndAreServedInOrder) {
  const int64_t now = server_.clock().WallMillis();
  RespClient first = server_.Connect();
  RespClient second = server_.Connect();
  first.Send({"bzpopdue", "z", "0"});
  Run({"ping"});
  second.Send({"bzpopdue", "z", "0.1"});
  Run({"ping"});
  Run({"zadd", "z", absl::StrCat(now + 20), "a", absl::StrCat(now + 200), "b"});
  AdvanceTime(20);
  EXPECT_EQ(first.Receive().ToString(), absl::StrCat("[\"z\", \"a\", \"", now + 20, "\"]"));
  EXPECT_FALSE(second.HasInput());
  AdvanceTime(80);
  EXPECT_EQ(second.Receive().ToString(), "nil array");
  EXPECT_EQ(Run({"zcard", "z"}), "1");
}

TEST_F(ZsetCommands, BlockingPopsAreServedInOrderOfArrival) {
  RespClient min = server_.Connect();
  RespClient max = server_.Connect();
  RespClient many = server_.Connect();
  min.Send({"bzpopmin", "z", "0"});
  Run({"ping"});
  max.Send({"bzpopmax", "other", "z", "0"});
  Run({"ping"});
  many.Send({"bzmpop", "0", "2", "other", "z", "min", "count", "2"});
  Run({"ping"});
  Run({"set", "other", "no sorted set"});
  const std::vector<resp::Value> replies = client_.Pipeline(
      {{"zadd", "z", "1", "a", "2", "b", "3", "c", "4", "d", "5", "e"}, {"zcard", "z"}});
  EXPECT_EQ(replies[1].ToString(), "1");
  EXPECT_EQ(min.Receive().ToString(), "[\"z\", \"a\", \"1\"]");
  EXPECT_EQ(max.Receive().ToString(), "[\"z\", \"e\", \"5\"]");
  EXPECT_EQ(many.Receive().ToString(), "[\"z\", [[\"b\", \"2\"], [\"c\", \"3\"]]]");
}

TEST_F(ZsetCommands, LargeResultsAndRemainsAreFreedLater) {
  Fill("z", 5000);
  Run({"zunion", "2", "z", "z"});
  Run({"zremrangebyrank", "z", "1", "-1"});
  Run({"zunionstore", "z", "1", "z"});
  Run({"del", "z"});
  server_.Settle();
  EXPECT_EQ(server_.server().store().reclaimer().pending(), 0u);
  EXPECT_EQ(server_.server().store().keys(), 0u);
}

}  // namespace
}  // namespace tests
