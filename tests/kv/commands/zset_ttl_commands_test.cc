// Members of sorted sets with a time to live, from a listpack and from the large form.
#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "kv/store/store.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

constexpr char kMembersMissing[] =
    "-ERR Mandatory argument MEMBERS is missing or not at the right position";
constexpr char kNumMembersMismatch[] =
    "-ERR The `nummembers` parameter must match the number of arguments";

class ZsetTtlCommands : public CommandTest, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    Run({"config", "set", "zset-max-listpack-entries", GetParam() ? "0" : "512"});
  }
  std::string At(int64_t milliseconds_from_now) {
    return absl::StrCat(server_.clock().WallMillis() + milliseconds_from_now);
  }
  // The line of INFO about database 0.
  std::string Keyspace() {
    const std::string text = client_.Run({"info", "keyspace"}).text;
    const size_t begin = text.find("db0:");
    return begin == std::string::npos ? "" : text.substr(begin, text.find('\r', begin) - begin);
  }
  // Members a to e with scores 1 to 5, of which all but c are due now, though nobody removed them.
  void FillWithDue(const std::string& key = "z") {
    Run({"zadd", key, "1", "a", "2", "b", "3", "c", "4", "d", "5", "e"});
    Run({"zpexpire", key, "100", "members", "4", "a", "b", "d", "e"});
    server_.server().store().set_active_expire(false);
    AdvanceTime(100);
  }
  void Hide() { server_.server().store().context().expiry = kv::ExpiryPolicy::kHide; }
};

INSTANTIATE_TEST_SUITE_P(, ZsetTtlCommands, testing::Bool(),
                         [](const auto& info) { return info.param ? "Large" : "Listpack"; });

TEST_P(ZsetTtlCommands, MembersExpireExactlyOnTime) {
  Run({"zadd", "z", "1", "a", "2", "b", "3", "c"});
  EXPECT_EQ(Run({"object", "encoding", "z"}), GetParam() ? "\"skiplist\"" : "\"listpack\"");
  EXPECT_EQ(Run({"zpexpire", "z", "1000", "members", "3", "a", "b", "absent"}), "[1, 1, -2]");
  EXPECT_EQ(Run({"object", "encoding", "z"}), "\"skiplist\"");
  AdvanceTime(999);
  EXPECT_EQ(Run({"zpttl", "z", "members", "4", "a", "b", "c", "x"}), "[1, 1, -1, -2]");
  EXPECT_EQ(Run({"zcard", "z"}), "3");
  AdvanceTime(1);
  EXPECT_EQ(Run({"zcard", "z"}), "1");
  EXPECT_EQ(Run({"zrange", "z", "0", "-1", "withscores"}), R"(["c", "3"])");
  EXPECT_EQ(Info("expired_subkeys"), 2);
}

TEST_P(ZsetTtlCommands, TheKeyVanishesWithItsLastMember) {
  Run({"zadd", "z", "1", "a", "2", "b"});
  EXPECT_EQ(Run({"zexpire", "z", "10", "members", "1", "a"}), "[1]");
  EXPECT_EQ(Run({"zexpire", "z", "20", "members", "1", "b"}), "[1]");
  AdvanceTime(10'000);
  EXPECT_EQ(Run({"zrange", "z", "0", "-1"}), R"(["b"])");
  AdvanceTime(10'000);
  EXPECT_EQ(Run({"exists", "z"}), "0");
  EXPECT_EQ(Run({"dbsize"}), "0");
  EXPECT_EQ(Info("expired_keys"), 0);
}

TEST_P(ZsetTtlCommands, ManyDeadlinesInAnyOrder) {
  constexpr int kMembers = 200;
  for (int i = 0; i < kMembers; ++i) {
    const std::string member = absl::StrCat(i);
    Run({"zadd", "z", absl::StrCat(i % 7), member});
    Run({"zpexpire", "z", absl::StrCat(1 + i * 37 % kMembers), "members", "1", member});
  }
  for (int left = kMembers; left > 0; left -= 50) {
    EXPECT_EQ(Run({"zcard", "z"}), absl::StrCat(left));
    AdvanceTime(50);
  }
  EXPECT_EQ(Run({"exists", "z"}), "0");
}

TEST_P(ZsetTtlCommands, Conditions) {
  Run({"zadd", "z", "1", "a", "2", "b"});
  EXPECT_EQ(Run({"zpexpire", "z", "1000", "xx", "members", "1", "a"}), "[0]");
  EXPECT_EQ(Run({"zpexpire", "z", "1000", "gt", "members", "1", "a"}), "[0]");
  EXPECT_EQ(Run({"zpexpire", "z", "1000", "nx", "members", "2", "a", "a"}), "[1, 0]");
  EXPECT_EQ(Run({"zpexpire", "z", "900", "gt", "members", "1", "a"}), "[0]");
  EXPECT_EQ(Run({"zpexpire", "z", "1100", "lt", "members", "2", "a", "b"}), "[0, 1]");
  EXPECT_EQ(Run({"zpexpire", "z", "1100", "gt", "members", "1", "a"}), "[1]");
  EXPECT_EQ(Run({"zpexpire", "z", "500", "xx", "members", "1", "a"}), "[1]");
  EXPECT_EQ(Run({"zpttl", "z", "members", "2", "a", "b"}), "[500, 1100]");
}

TEST_P(ZsetTtlCommands, LaterDeadlinesCount) {
  Run({"zadd", "z", "1", "a"});
  Run({"zpexpire", "z", "100", "members", "1", "a"});
  Run({"zpexpire", "z", "300", "members", "1", "a"});
  AdvanceTime(299);
  EXPECT_EQ(Run({"zscore", "z", "a"}), "\"1\"");
  AdvanceTime(1);
  EXPECT_EQ(Run({"exists", "z"}), "0");
}

TEST_P(ZsetTtlCommands, UnitsAreRoundedUp) {
  Run({"zadd", "z", "1", "a"});
  const std::string deadline = At(1500);
  EXPECT_EQ(Run({"zpexpireat", "z", deadline, "members", "1", "a"}), "[1]");
  EXPECT_EQ(Run({"zttl", "z", "members", "1", "a"}), "[2]");
  EXPECT_EQ(Run({"zpexpiretime", "z", "members", "1", "a"}), "[" + deadline + "]");
  const int64_t seconds = (std::stoll(deadline) + 999) / 1000;
  EXPECT_EQ(Run({"zexpiretime", "z", "members", "1", "a"}), absl::StrCat("[", seconds, "]"));
  EXPECT_EQ(Run({"zexpireat", "z", absl::StrCat(seconds + 5), "members", "1", "a"}), "[1]");
  EXPECT_EQ(Run({"zexpiretime", "z", "members", "1", "a"}), absl::StrCat("[", seconds + 5, "]"));
  for (const std::string command : {"zttl", "zpttl", "zexpiretime", "zpexpiretime", "zpersist"}) {
    EXPECT_EQ(Run({command, "absent", "members", "2", "a", "b"}), "[-2, -2]");
  }
}

TEST_P(ZsetTtlCommands, ADeadlineInThePastRemoves) {
  Run({"zadd", "z", "1", "a", "2", "b"});
  EXPECT_EQ(Run({"zpexpire", "z", "0", "members", "2", "a", "a"}), "[2, -2]");
  EXPECT_EQ(Run({"zrange", "z", "0", "-1"}), R"(["b"])");
  EXPECT_EQ(Run({"zexpireat", "z", "1", "members", "2", "b", "x"}), "[2, -2]");
  EXPECT_EQ(Run({"exists", "z"}), "0");
}

TEST_P(ZsetTtlCommands, WritingAScoreTakesTheDeadlineAway) {
  Run({"zadd", "z", "1", "a", "2", "b", "3", "c", "4", "d", "5", "e", "6", "f"});
  Run({"zpexpire", "z", "100", "members", "6", "a", "b", "c", "d", "e", "f"});
  EXPECT_EQ(Run({"zpersist", "z", "members", "3", "a", "a", "x"}), "[1, -1, -2]");
  EXPECT_EQ(Run({"zadd", "z", "ch", "2", "b"}), "0");
  EXPECT_EQ(Run({"zadd", "z", "7", "c"}), "0");
  EXPECT_EQ(Run({"zadd", "z", "nx", "8", "d"}), "0");
  EXPECT_EQ(Run({"zincrby", "z", "1", "e"}), "\"6\"");
  EXPECT_EQ(Run({"zadd", "z", "incr", "0", "f"}), "\"6\"");
  EXPECT_EQ(Run({"zpttl", "z", "members", "6", "a", "b", "c", "d", "e", "f"}),
            "[-1, -1, -1, 100, 100, 100]");
  AdvanceTime(100);
  EXPECT_EQ(Run({"zrange", "z", "0", "-1"}), R"(["a", "b", "c"])");
}

TEST_P(ZsetTtlCommands, APlaceThatIsAddedAgainStays) {
  Run({"geoadd", "g", "13", "38", "a", "15", "37", "b"});
  Run({"zpexpire", "g", "100", "members", "2", "a", "b"});
  EXPECT_EQ(Run({"geoadd", "g", "ch", "13", "38", "a"}), "0");
  AdvanceTime(100);
  EXPECT_EQ(Run({"geohash", "g", "a", "b"}).substr(0, 3), "[\"s");
  EXPECT_EQ(Run({"zrange", "g", "0", "-1"}), R"(["a"])");
}

TEST_P(ZsetTtlCommands, WhatIsTakenOffLeavesNoDeadline) {
  Run({"zadd", "z", "1", "a", "2", "b", "3", "c", "4", "d"});
  Run({"zpexpire", "z", "100", "members", "3", "a", "b", "d"});
  EXPECT_EQ(Run({"zpopmin", "z"}), R"(["a", "1"])");
  EXPECT_EQ(Run({"zpopmax", "z"}), R"(["d", "4"])");
  EXPECT_EQ(Run({"zrem", "z", "b"}), "1");
  EXPECT_EQ(Keyspace(), "db0:keys=1,expires=0,avg_ttl=0,subexpiry=0");
  Run({"zadd", "z", "1", "a", "2", "b", "4", "d"});
  EXPECT_EQ(Run({"zpttl", "z", "members", "3", "a", "b", "d"}), "[-1, -1, -1]");
  AdvanceTime(100);
  EXPECT_EQ(Run({"zcard", "z"}), "4");
  EXPECT_EQ(Info("expired_subkeys"), 0);
}

TEST_P(ZsetTtlCommands, Errors) {
  EXPECT_EQ(Run({"zexpire", "z", "x", "members", "1", "a"}),
            "-ERR value is not an integer or out of range");
  EXPECT_EQ(Run({"zexpire", "z", "-1", "members", "1", "a"}),
            "-ERR invalid expire time, must be >= 0");
  EXPECT_EQ(Run({"zexpire", "z", absl::StrCat(int64_t{1} << 46), "members", "1", "a"}),
            "-ERR invalid expire time in 'zexpire' command");
  EXPECT_EQ(Run({"zpexpireat", "z", absl::StrCat(int64_t{1} << 46), "members", "1", "a"}),
            "-ERR invalid expire time in 'zpexpireat' command");
  EXPECT_EQ(Run({"zexpire", "z", "1", "member", "1", "a"}), kMembersMissing);
  EXPECT_EQ(Run({"zexpire", "z", "1", "nx", "gt", "members", "1", "a"}), kMembersMissing);
  EXPECT_EQ(Run({"zexpire", "z", "1", "members", "0", "a"}),
            "-ERR Parameter `numMembers` should be greater than 0");
  EXPECT_EQ(Run({"zexpire", "z", "1", "members", "2", "a"}), kNumMembersMismatch);
  EXPECT_EQ(Run({"zttl", "z", "members", "1", "a", "b"}), kNumMembersMismatch);
  EXPECT_EQ(Run({"zexpire", "z", "1", "members", "1"}),
            "-ERR wrong number of arguments for 'zexpire' command");
  Run({"set", "s", "v"});
  for (const Arguments& command : {Arguments{"zexpire", "s", "1", "members", "1", "a"},
                                   {"zttl", "s", "members", "1", "a"},
                                   {"zpersist", "s", "members", "1", "a"}}) {
    EXPECT_THAT(Run(command), testing::StartsWith("-WRONGTYPE")) << command[0];
  }
}

// --- members that are due, but still there ---

constexpr char kOnlyC[] = R"(["c"])";

TEST_P(ZsetTtlCommands, NoReadSeesWhatIsDue) {
  const std::vector<std::pair<std::string, std::string>> reads = {
      {"zttl z members 2 a c", "[-2, -1]"},
      {"zcard z", "1"},
      {"zrange z 0 -1", kOnlyC},
      {"zrevrange z 0 0", kOnlyC},
      {"zrangebyscore z 0 9", kOnlyC},
      {"zcount z 0 9", "1"},
      {"zlexcount z - +", "1"},
      {"zrank z c", "0"},
      {"zrevrank z c", "0"},
      {"zrank z a", "nil"},
      {"zscore z a", "nil"},
      {"zmscore z a c", R"([nil, "3"])"},
      {"zscan z 0", R"(["0", ["c", "3"]])"},
      {"zrandmember z -3", R"(["c", "c", "c"])"},
      {"geopos z a", "[nil array]"},
      {"georadius_ro z 0 0 40000 km", kOnlyC},
      {"sort z alpha", kOnlyC},
      {"sort z by nosort", kOnlyC},
  };
  for (const bool hide : {false, true}) {
    for (const auto& [command, reply] : reads) {
      FillWithDue("z");
      if (hide) Hide();
      const Arguments request = absl::StrSplit(command, ' ');
      EXPECT_EQ(Run(request), reply) << command << (hide ? ", hiding" : "");
      if (hide) {
        server_.server().store().context().expiry = kv::ExpiryPolicy::kShow;
        EXPECT_EQ(Run({"zcard", "z"}), "5") << command;
      }
      server_.server().store().context().expiry = kv::ExpiryPolicy::kDelete;
      Run({"del", "z"});
    }
  }
}

TEST_P(ZsetTtlCommands, NoSetOperationSeesWhatIsDue) {
  for (const bool hide : {false, true}) {
    FillWithDue("z");
    Run({"sadd", "s", "a", "b", "c", "x"});
    if (hide) Hide();
    EXPECT_EQ(Run({"zunion", "1", "z"}), kOnlyC) << hide;
    EXPECT_EQ(Run({"zinter", "2", "s", "z", "withscores"}), R"(["c", "4"])");
    EXPECT_EQ(Run({"zintercard", "2", "s", "z"}), "1");
    EXPECT_EQ(Run({"zdiff", "2", "s", "z"}), R"(["a", "b", "x"])");
    EXPECT_EQ(Run({"zdiff", "2", "z", "s"}), "[]");
    EXPECT_EQ(Run({"zunionstore", "d", "2", "z", "z"}), "1");
    EXPECT_EQ(Run({"zrange", "d", "0", "-1", "withscores"}), R"(["c", "6"])");
    EXPECT_EQ(Run({"zrangestore", "d", "z", "0", "0"}), "1");
    EXPECT_EQ(Run({"zrange", "d", "0", "-1"}), kOnlyC);
    server_.server().store().context().expiry = kv::ExpiryPolicy::kDelete;
    Run({"del", "z"});
  }
}

TEST_P(ZsetTtlCommands, ASourceOfWhichAllIsDueIsNone) {
  Run({"zadd", "z", "1", "a"});
  Run({"zpexpire", "z", "100", "members", "1", "a"});
  server_.server().store().set_active_expire(false);
  AdvanceTime(100);
  EXPECT_EQ(Run({"zunion", "2", "z", "z"}), "[]");
  EXPECT_EQ(Run({"exists", "z"}), "0");
}

TEST_P(ZsetTtlCommands, NoWriteSeesWhatIsDue) {
  for (const bool hide : {false, true}) {
    for (const std::string key : {"pop", "incr", "add", "range", "all", "many"}) FillWithDue(key);
    if (hide) Hide();
    EXPECT_EQ(Run({"zpopmin", "pop"}), R"(["c", "3"])") << hide;
    EXPECT_EQ(Run({"exists", "pop"}), "0");
    EXPECT_EQ(Run({"zincrby", "incr", "5", "a"}), "\"5\"");
    EXPECT_EQ(Run({"zadd", "add", "xx", "ch", "9", "a", "9", "c"}), "1");
    EXPECT_EQ(Run({"zremrangebyrank", "range", "0", "1"}), "1");
    EXPECT_EQ(Run({"zexpire", "all", "100", "members", "2", "a", "c"}), "[-2, 1]");
    EXPECT_EQ(Run({"zmpop", "2", "absent", "many", "max", "count", "9"}),
              R"(["many", [["c", "3"]]])");
    EXPECT_EQ(Run({"bzpopmax", "many", "incr", "1"}), R"(["incr", "a", "5"])");
    EXPECT_EQ(Run({"zpttl", "incr", "members", "1", "c"}), "[-1]");
    server_.server().store().context().expiry = kv::ExpiryPolicy::kDelete;
    Run({"flushall"});
  }
}

TEST_P(ZsetTtlCommands, AMemberThatExpiresIsNotPoppedForWhoWaits) {
  Run({"zadd", "z", "1", "a"});
  Run({"zpexpire", "z", "100", "members", "1", "a"});
  AdvanceTime(100);
  RespClient waiting = server_.Connect();
  waiting.Send({"bzpopmin", "z", "0"});
  server_.Settle();
  Run({"zadd", "z", "2", "b"});
  EXPECT_EQ(waiting.Receive().ToString(), R"(["z", "b", "2"])");
}

// --- deadlines and keys ---

TEST_P(ZsetTtlCommands, DeadlinesMoveWithTheKey) {
  for (const std::string key : {"renamed", "copied", "moved", "dumped"}) {
    Run({"zadd", key, "1", "a", "2", "b"});
    Run({"zpexpire", key, "100", "members", "1", "a"});
  }
  Run({"rename", "renamed", "r"});
  Run({"copy", "copied", "c"});
  Run({"move", "moved", "1"});
  const std::string payload = client_.Run({"dump", "dumped"}).text;
  EXPECT_EQ(Run({"restore", "restored", "0", payload}), "+OK");
  EXPECT_EQ(Keyspace(), "db0:keys=5,expires=0,avg_ttl=0,subexpiry=5");
  AdvanceTime(99);
  for (const std::string key : {"r", "copied", "c", "dumped", "restored"}) {
    EXPECT_EQ(Run({"zpttl", key, "members", "2", "a", "b"}), "[1, -1]") << key;
  }
  AdvanceTime(1);
  for (const std::string key : {"r", "copied", "c", "dumped", "restored"}) {
    EXPECT_EQ(Run({"zrange", key, "0", "-1"}), R"(["b"])") << key;
  }
  EXPECT_EQ(Keyspace(), "db0:keys=5,expires=0,avg_ttl=0,subexpiry=0");
  Run({"select", "1"});
  EXPECT_EQ(Run({"zrange", "moved", "0", "-1"}), R"(["b"])");
}

TEST_P(ZsetTtlCommands, ResultsHaveNoDeadlines) {
  Run({"zadd", "z", "1", "a", "2", "b"});
  Run({"zpexpire", "z", "100", "members", "1", "a"});
  Run({"zunionstore", "union", "1", "z"});
  Run({"zrangestore", "range", "z", "0", "-1"});
  AdvanceTime(100);
  for (const std::string key : {"union", "range"}) EXPECT_EQ(Run({"zcard", key}), "2") << key;
}

TEST_P(ZsetTtlCommands, OtherValuesTakeTheKeyOver) {
  Run({"zadd", "z", "1", "a"});
  Run({"zpexpire", "z", "100", "members", "1", "a"});
  Run({"set", "z", "text"});
  EXPECT_EQ(Keyspace(), "db0:keys=1,expires=0,avg_ttl=0,subexpiry=0");
  AdvanceTime(100);
  EXPECT_EQ(Run({"get", "z"}), "\"text\"");
  EXPECT_EQ(Info("expired_subkeys"), 0);
}

}  // namespace
}  // namespace tests
