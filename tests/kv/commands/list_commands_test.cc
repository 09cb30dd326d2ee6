#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

constexpr char kWrongType[] = "-WRONGTYPE Operation against a key holding the wrong kind of value";

class ListCommands : public CommandTest {
 protected:
  std::string All(const std::string& key) { return Run({"lrange", key, "0", "-1"}); }
  std::string Encoding(const std::string& key) { return Run({"object", "encoding", key}); }
  void Fill(const std::string& key, int elements) {
    Arguments push = {"rpush", key};
    for (int i = 0; i < elements; ++i) push.push_back(absl::StrCat("element ", i));
    Run(push);
  }
};

TEST_F(ListCommands, PushAndPopAtBothEnds) {
  EXPECT_EQ(Run({"rpush", "l", "b", "c"}), "2");
  EXPECT_EQ(Run({"lpush", "l", "a", "0"}), "4");
  EXPECT_EQ(All("l"), R"(["0", "a", "b", "c"])");
  EXPECT_EQ(Run({"lpop", "l"}), "\"0\"");
  EXPECT_EQ(Run({"rpop", "l", "2"}), R"(["c", "b"])");
  EXPECT_EQ(Run({"lpop", "l", "100"}), R"(["a"])");
  EXPECT_EQ(Run({"exists", "l"}), "0");
  EXPECT_EQ(Run({"rpushx", "l", "x"}), "0");
  EXPECT_EQ(Run({"llen", "l"}), "0");
}

TEST_F(ListCommands, OtherTypesAreRejected) {
  Run({"set", "s", "1"});
  Run({"rpush", "l", "1"});
  for (const Arguments& command : {Arguments{"rpush", "s", "1"},
                                   Arguments{"lpushx", "s", "1"},
                                   Arguments{"lpop", "s"},
                                   Arguments{"lpop", "s", "2"},
                                   Arguments{"llen", "s"},
                                   Arguments{"lindex", "s", "0"},
                                   Arguments{"lrange", "s", "0", "1"},
                                   Arguments{"lset", "s", "0", "x"},
                                   Arguments{"linsert", "s", "before", "x", "y"},
                                   Arguments{"lrem", "s", "0", "x"},
                                   Arguments{"ltrim", "s", "0", "1"},
                                   Arguments{"lpos", "s", "x"},
                                   Arguments{"lmove", "s", "l", "left", "left"},
                                   Arguments{"lmove", "l", "s", "left", "left"},
                                   Arguments{"lmpop", "2", "absent", "s", "left"},
                                   Arguments{"blpop", "s", "0"},
                                   Arguments{"get", "l"},
                                   Arguments{"incr", "l"},
                                   Arguments{"append", "l", "x"},
                                   Arguments{"setbit", "l", "0", "1"},
                                   Arguments{"pfadd", "l", "x"}}) {
    EXPECT_EQ(Run(command), kWrongType) << command[0];
  }
  EXPECT_EQ(All("l"), R"(["1"])");
  EXPECT_EQ(Run({"set", "l", "now a string"}), "+OK");
  EXPECT_EQ(Run({"get", "l"}), "\"now a string\"");
}

TEST_F(ListCommands, ConvertsAtItsLimitsBothWays) {
  Fill("l", 128);
  EXPECT_EQ(Encoding("l"), "\"listpack\"");
  Run({"config", "set", "list-max-listpack-size", "128"});
  Run({"rpush", "l", "one more"});
  EXPECT_EQ(Encoding("l"), "\"quicklist\"");
  Run({"ltrim", "l", "0", "64"});
  EXPECT_EQ(Encoding("l"), "\"quicklist\"");
  Run({"ltrim", "l", "0", "63"});
  EXPECT_EQ(Encoding("l"), "\"listpack\"");
  Run({"rpush", "l", std::string(9000, 'x')});
  EXPECT_EQ(Encoding("l"), "\"quicklist\"");
}

TEST_F(ListCommands, LongListsKeepTheirOrder) {
  Fill("l", 5000);
  EXPECT_EQ(Run({"llen", "l"}), "5000");
  EXPECT_EQ(Run({"lindex", "l", "2500"}), "\"element 2500\"");
  EXPECT_EQ(Run({"lindex", "l", "-1"}), "\"element 4999\"");
  EXPECT_EQ(Run({"lindex", "l", "5000"}), "nil");
  EXPECT_EQ(Run({"lrange", "l", "4998", "10000"}), R"(["element 4998", "element 4999"])");
  EXPECT_EQ(Run({"linsert", "l", "before", "element 3000", "new"}), "5001");
  EXPECT_EQ(Run({"lpos", "l", "new"}), "3000");
  EXPECT_EQ(Run({"lset", "l", "3000", "newer"}), "+OK");
  EXPECT_EQ(Run({"lrem", "l", "0", "newer"}), "1");
  EXPECT_EQ(Run({"lrem", "l", "-1", "element 0"}), "1");
  EXPECT_EQ(Run({"lpop", "l"}), "\"element 1\"");
  EXPECT_EQ(Run({"copy", "l", "copy"}), "1");
  EXPECT_EQ(Run({"del", "l"}), "1");
  EXPECT_EQ(Run({"lindex", "copy", "4997"}), "\"element 4999\"");
  EXPECT_EQ(Run({"type", "copy"}), "+list");
}

TEST_F(ListCommands, MemoryIsGivenBack) {
  server_.Settle();
  const int64_t before = Info("used_memory_dataset");
  Fill("l", 20000);
  EXPECT_GT(Info("used_memory_dataset"), before + 200'000);
  EXPECT_GT(client_.Run({"memory", "usage", "l"}).integer, 200'000);
  Run({"ltrim", "l", "0", "2"});
  server_.Settle();
  EXPECT_LT(Info("used_memory_dataset"), before + 10'000);
  Fill("l", 20000);
  Run({"del", "l"});
  server_.Settle();
  EXPECT_LT(Info("used_memory_dataset"), before + 10'000);
}

TEST_F(ListCommands, Lpos) {
  Run({"rpush", "l", "a", "b", "c", "1", "2", "3", "c", "c"});
  EXPECT_EQ(Run({"lpos", "l", "c"}), "2");
  EXPECT_EQ(Run({"lpos", "l", "c", "rank", "2"}), "6");
  EXPECT_EQ(Run({"lpos", "l", "c", "rank", "-1"}), "7");
  EXPECT_EQ(Run({"lpos", "l", "c", "count", "0"}), "[2, 6, 7]");
  EXPECT_EQ(Run({"lpos", "l", "c", "count", "2", "rank", "-2"}), "[6, 2]");
  EXPECT_EQ(Run({"lpos", "l", "c", "count", "0", "maxlen", "7"}), "[2, 6]");
  EXPECT_EQ(Run({"lpos", "l", "3", "rank", "-1", "maxlen", "2"}), "nil");
  EXPECT_EQ(Run({"lpos", "l", "x", "count", "1"}), "[]");
}

TEST_F(ListCommands, MovesKeepTheTimeToLive) {
  Run({"rpush", "l", "1"});
  Run({"pexpire", "l", "1000"});
  EXPECT_EQ(Run({"lmove", "l", "l", "left", "right"}), "\"1\"");
  EXPECT_EQ(Run({"pttl", "l"}), "1000");
  Run({"lpop", "l"});
  Run({"rpush", "l", "1"});
  EXPECT_EQ(Run({"pttl", "l"}), "-1");
}

// --- LMOVEM ---

TEST_F(ListCommands, LmovemOneByOneAndInBulk) {
  const auto moved = [&](const char* from, const char* to, const char* order) {
    Run({"del", "a", "b"});
    Run({"rpush", "a", "1", "2", "3"});
    Run({"rpush", "b", "x"});
    const std::string reply = Run({"lmovem", "a", "b", from, to, "count", "2", order});
    return reply + " " + All("a") + " " + All("b");
  };
  EXPECT_EQ(moved("left", "left", "obo"), R"(["2", "1"] ["3"] ["2", "1", "x"])");
  EXPECT_EQ(moved("left", "left", "bulk"), R"(["1", "2"] ["3"] ["1", "2", "x"])");
  EXPECT_EQ(moved("left", "right", "obo"), R"(["1", "2"] ["3"] ["x", "1", "2"])");
  EXPECT_EQ(moved("left", "right", "bulk"), R"(["1", "2"] ["3"] ["x", "1", "2"])");
  EXPECT_EQ(moved("right", "left", "obo"), R"(["2", "3"] ["1"] ["2", "3", "x"])");
  EXPECT_EQ(moved("right", "left", "bulk"), R"(["2", "3"] ["1"] ["2", "3", "x"])");
  EXPECT_EQ(moved("right", "right", "obo"), R"(["3", "2"] ["1"] ["x", "3", "2"])");
  EXPECT_EQ(moved("right", "right", "bulk"), R"(["2", "3"] ["1"] ["x", "2", "3"])");
}

TEST_F(ListCommands, LmovemWithinOneList) {
  const auto rotated = [&](const char* from, const char* to, const char* order) {
    Run({"del", "a"});
    Run({"rpush", "a", "1", "2", "3", "4"});
    Run({"lmovem", "a", "a", from, to, "count", "2", order});
    return All("a");
  };
  EXPECT_EQ(rotated("left", "right", "obo"), R"(["3", "4", "1", "2"])");
  EXPECT_EQ(rotated("left", "right", "bulk"), R"(["3", "4", "1", "2"])");
  EXPECT_EQ(rotated("right", "left", "bulk"), R"(["3", "4", "1", "2"])");
  EXPECT_EQ(rotated("left", "left", "obo"), R"(["1", "2", "3", "4"])");
  EXPECT_EQ(rotated("left", "left", "bulk"), R"(["1", "2", "3", "4"])");
  EXPECT_EQ(rotated("right", "right", "bulk"), R"(["1", "2", "3", "4"])");
}

TEST_F(ListCommands, LmovemCounts) {
  Run({"rpush", "a", "1", "2"});
  EXPECT_EQ(Run({"lmovem", "a", "b", "left", "left"}), R"(["1"])");
  EXPECT_EQ(Run({"lmovem", "a", "b", "left", "left", "exactly", "2", "obo"}), "nil array");
  EXPECT_EQ(Run({"lmovem", "a", "b", "left", "left", "count", "2", "obo"}), R"(["2"])");
  EXPECT_EQ(Run({"lmovem", "a", "b", "left", "left", "count", "2", "obo"}), "nil array");
  EXPECT_EQ(Run({"lmovem", "a", "b", "left", "left", "count", "2"}), "-ERR syntax error");
  EXPECT_EQ(Run({"lmovem", "a", "b", "left", "left", "count", "0", "obo"}),
            "-ERR value is out of range, must be positive");
}

// --- waiting ---

class BlockingListCommands : public ListCommands {
 protected:
  void Send(RespClient& client, const Arguments& arguments) {
    client.Send(arguments);
    RunTicks();
  }
  // Enough of them for what was sent to be received and run.
  void RunTicks() {
    for (int tick = 0; tick < 5; ++tick) server_.server().RunOnce(0);
  }
  RespClient waiter_ = server_.Connect();
  RespClient second_ = server_.Connect();
};

TEST_F(BlockingListCommands, AreServedBehindTheCommandThatGave) {
  Send(waiter_, {"blpop", "l", "0"});
  client_.Send({"rpush", "l", "1"});
  client_.Send({"llen", "l"});
  client_.Send({"lpop", "l"});
  RunTicks();
  EXPECT_EQ(client_.Receive().ToString(), "1");
  EXPECT_EQ(client_.Receive().ToString(), "0");
  EXPECT_EQ(client_.Receive().ToString(), "nil");
  EXPECT_EQ(waiter_.Receive().ToString(), R"(["l", "1"])");
}

TEST_F(BlockingListCommands, AreServedInTurnAndThroughChains) {
  Send(waiter_, {"blmove", "a", "b", "left", "right", "0"});
  Send(second_, {"brpop", "b", "0"});
  EXPECT_EQ(Run({"rpush", "a", "x"}), "1");
  RunTicks();
  EXPECT_EQ(waiter_.Receive().ToString(), "\"x\"");
  EXPECT_EQ(second_.Receive().ToString(), R"(["b", "x"])");
  EXPECT_EQ(Run({"exists", "a", "b"}), "0");
}

TEST_F(BlockingListCommands, WaitForAsManyAsAreAskedFor) {
  Send(waiter_, {"blmovem", "a", "b", "left", "right", "0", "exactly", "3", "bulk"});
  Send(second_, {"blmpop", "0", "2", "c", "d", "right", "count", "2"});
  Run({"rpush", "a", "1", "2"});
  Run({"rpush", "d", "1", "2", "3"});
  Run({"rpush", "a", "3", "4"});
  RunTicks();
  EXPECT_EQ(waiter_.Receive().ToString(), R"(["1", "2", "3"])");
  EXPECT_EQ(second_.Receive().ToString(), R"(["d", ["3", "2"]])");
  EXPECT_EQ(All("a"), R"(["4"])");
}

TEST_F(BlockingListCommands, PassOverOtherTypesAndGoOnWaiting) {
  Send(waiter_, {"blpop", "l", "0"});
  Run({"set", "l", "a string"});
  Run({"rpush", "other", "1"});
  Run({"rename", "other", "l"});
  RunTicks();
  EXPECT_EQ(waiter_.Receive().ToString(), R"(["l", "1"])");
}

TEST_F(BlockingListCommands, EndInTime) {
  Send(waiter_, {"brpoplpush", "l", "m", "0.05"});
  Send(second_, {"blpop", "l", "0.0001"});
  AdvanceTime(1);
  EXPECT_EQ(second_.Receive().ToString(), "nil array");
  AdvanceTime(49);
  EXPECT_EQ(waiter_.Receive().ToString(), "nil array");
  EXPECT_EQ(Run({"rpush", "l", "kept"}), "1");
}

}  // namespace
}  // namespace tests
