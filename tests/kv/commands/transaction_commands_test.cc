// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/store/store.h"
#include "tests/kv/commands/command_test.h"
#include "tests/kv/commands/replay_test.h"

namespace tests {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class TransactionCommands : public CommandTest {
 protected:
  // Watches `key`, lets the other client run `request`, and tells whether a transaction runs then.
  bool RunsAfter(const std::string& key, const Request& request) {
    Run({"watch", key});
    other_.Text(request);
    return RunsNow();
  }
  bool RunsNow() {
    Run({"multi"});
    Run({"ping"});
    const std::string reply = Run({"exec"});
    EXPECT_TRUE(reply == "[+PONG]" || reply == "nil array") << reply;
    return reply == "[+PONG]";
  }

  RespClient other_ = server_.Connect();
};

TEST_F(TransactionCommands, ExecRunsWhatWasQueuedAsOne) {
  EXPECT_EQ(Run({"multi"}), "+OK");
  EXPECT_EQ(Run({"set", "key", "1"}), "+QUEUED");
  EXPECT_EQ(Run({"incr", "key"}), "+QUEUED");
  EXPECT_EQ(Run({"lpush", "key", "x"}), "+QUEUED");
  EXPECT_EQ(other_.Text({"get", "key"}), "nil") << "nothing has run";
  EXPECT_THAT(Run({"exec"}), StartsWith("[+OK, 2, -WRONGTYPE"));
  EXPECT_EQ(other_.Text({"get", "key"}), "\"2\"");
  EXPECT_EQ(Run({"exec"}), "-ERR EXEC without MULTI");
}

TEST_F(TransactionCommands, AnEmptyTransactionRepliesAnEmptyArray) {
  Run({"multi"});
  EXPECT_EQ(Run({"exec"}), "[]");
}

TEST_F(TransactionCommands, WhatCannotBeNested) {
  EXPECT_EQ(Run({"discard"}), "-ERR DISCARD without MULTI");
  Run({"multi"});
  EXPECT_EQ(Run({"multi"}), "-ERR MULTI calls can not be nested");
  EXPECT_EQ(Run({"watch", "key"}), "-ERR WATCH inside MULTI is not allowed");
  EXPECT_EQ(Run({"exec"}), "[]") << "these errors do not abort it";
  Run({"multi"});
  EXPECT_EQ(Run({"shutdown"}), "-ERR Command not allowed inside a transaction");
  EXPECT_EQ(Run({"exec"}), "-EXECABORT Transaction discarded because of previous errors.");
}

TEST_F(TransactionCommands, AnErrorWhileQueuingAborts) {
  for (const Arguments& request : std::vector<Arguments>{{"nosuch"}, {"get"}, {"client", "x"}}) {
    Run({"multi"});
    Run({"set", "key", "1"});
    EXPECT_THAT(Run(request), StartsWith("-ERR"));
    EXPECT_EQ(Run({"set", "key", "2"}), "+QUEUED");
    EXPECT_EQ(Run({"exec"}), "-EXECABORT Transaction discarded because of previous errors.");
    EXPECT_EQ(Run({"get", "key"}), "nil");
  }
}

TEST_F(TransactionCommands, DiscardAndResetForgetIt) {
  for (const char* end : {"discard", "reset"}) {
    Run({"set", "watched", "1"});
    Run({"watch", "watched"});
    Run({"multi"});
    Run({"set", "key", "1"});
    other_.Text({"incr", "watched"});
    EXPECT_THAT(Run({end}), StartsWith("+"));
    EXPECT_EQ(Run({"get", "key"}), "nil");
    EXPECT_TRUE(RunsNow()) << "nothing is watched any more";
  }
}

TEST_F(TransactionCommands, BlockingCommandsDoNotWait) {
  Run({"multi"});
  Run({"blpop", "l", "0"});
  Run({"brpoplpush", "l", "m", "0"});
  Run({"xread", "block", "0", "streams", "s", "$"});
  Run({"bzpopdue", "z", "0"});
  Run({"monitor"});
  EXPECT_EQ(Run({"exec"}),
            "[nil array, nil, nil array, nil array, "
            "-ERR MONITOR isn't allowed for DENY BLOCKING client]");
  EXPECT_EQ(Info("blocked_clients"), 0);
}

TEST_F(TransactionCommands, WaitersAreServedAfterAllOfIt) {
  other_.Send({"blpop", "l", "0"});
  server_.Settle();
  Run({"multi"});
  Run({"rpush", "l", "a", "b"});
  Run({"lpop", "l"});
  EXPECT_EQ(Run({"exec"}), "[2, \"a\"]");
  EXPECT_EQ(other_.Receive().ToString(), R"(["l", "b"])");
}

TEST_F(TransactionCommands, TimeStandsStillInIt) {
  Run({"set", "key", "1", "px", "5"});
  Run({"multi"});
  Run({"get", "key"});
  Run({"pttl", "key"});
  EXPECT_EQ(Run({"exec"}), "[\"1\", 5]");
  Run({"multi"});
  Run({"get", "key"});
  AdvanceTime(5);
  EXPECT_EQ(Run({"exec"}), "[nil]");
}

TEST_F(TransactionCommands, MemoryIsCheckedForAllOfIt) {
  Run({"set", "big", std::string(100'000, 'x')});
  Run({"multi"});
  Run({"set", "key", "1"});
  other_.Text({"config", "set", "maxmemory", "1"});
  EXPECT_EQ(Run({"exec"}),
            "-EXECABORT Transaction discarded because of: "
            "OOM command not allowed when used memory > 'maxmemory'.");
  Run({"multi"});
  EXPECT_THAT(Run({"set", "key", "1"}), StartsWith("-OOM"));
  EXPECT_EQ(Run({"exec"}), "-EXECABORT Transaction discarded because of previous errors.");
  Run({"config", "set", "maxmemory", "0"});
  Run({"multi"});
  Run({"config", "set", "maxmemory", "1"});
  Run({"set", "key", "1"});
  EXPECT_EQ(Run({"exec"}), "[+OK, +OK]") << "what has begun is finished";
}

TEST_F(TransactionCommands, WhatIsQueuedIsLimited) {
  Run({"config", "set", "client-query-buffer-limit", "1mb"});
  Run({"multi"});
  const std::string value(300'000, 'x');
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Run({"set", absl::StrCat(i), value}), "+QUEUED");
  EXPECT_THAT(other_.Text({"client", "list"}), HasSubstr("multi=3 "));
  EXPECT_EQ(Run({"set", "3", value}),
            "-ERR Transaction is larger than client-query-buffer-limit allows");
  EXPECT_THAT(other_.Text({"client", "list"}), HasSubstr("multi-mem=0 ")) << "nothing is kept";
  EXPECT_THAT(Run({"exec"}), StartsWith("-EXECABORT"));
}

TEST_F(TransactionCommands, LargeArgumentsRunAsTheyCame) {
  const std::string large(200'000, 'x');
  const std::string other(300'000, 'y');
  const size_t used = server_.server().store().memory().used();
  Run({"multi"});
  Run({"set", "a", large});
  Run({"append", "a", other});
  Run({"mset", "b", other, "c", large, "d", "small"});
  Run({"echo", large});
  Run({"discard"});
  server_.Settle();
  EXPECT_LE(server_.server().store().memory().used(), used);
  Run({"multi"});
  Run({"set", "a", large});
  Run({"append", "a", other});
  Run({"mset", "b", other, "c", large, "d", "small"});
  Run({"echo", large});
  EXPECT_EQ(Run({"exec"}), "[+OK, 500000, +OK, \"" + large + "\"]");
  EXPECT_EQ(client_.Run({"get", "a"}).text, large + other);
  EXPECT_EQ(client_.Run({"get", "b"}).text, other);
  EXPECT_EQ(client_.Run({"get", "c"}).text, large);
  EXPECT_EQ(client_.Run({"get", "d"}).text, "small");
}

TEST_F(TransactionCommands, PausedWritesWaitWithTheirTransaction) {
  Run({"multi"});
  Run({"set", "key", "1"});
  other_.Text({"client", "pause", "100", "write"});
  client_.Send({"exec"});
  server_.Settle();
  EXPECT_EQ(other_.Text({"get", "key"}), "nil");
  AdvanceTime(100);
  EXPECT_EQ(client_.Receive().ToString(), "[+OK]");
}

TEST_F(TransactionCommands, MonitorShowsTheCommandsAndThenExec) {
  other_.Text({"monitor"});
  Run({"multi"});
  Run({"set", "key", "1"});
  Run({"exec"});
  for (const char* shown : {"\"multi\"", "\"set\" \"key\" \"1\"", "\"exec\""}) {
    EXPECT_THAT(other_.Receive().text, HasSubstr(shown));
  }
}

// --- WATCH ---

TEST_F(TransactionCommands, AChangedKeyBreaksAWatch) {
  EXPECT_FALSE(RunsAfter("a", {"set", "a", "1"}));
  EXPECT_FALSE(RunsAfter("a", {"set", "a", "1"})) << "though the value is the same";
  EXPECT_FALSE(RunsAfter("a", {"expire", "a", "100"}));
  EXPECT_FALSE(RunsAfter("a", {"mset", "b", "1", "a", "1"}));
  EXPECT_FALSE(RunsAfter("a", {"rename", "a", "c"}));
  EXPECT_FALSE(RunsAfter("a", {"rename", "c", "a"}));
  EXPECT_FALSE(RunsAfter("a", {"del", "a"}));
  EXPECT_FALSE(RunsAfter("l", {"rpush", "l", "3", "1"}));
  EXPECT_FALSE(RunsAfter("d", {"sort", "l", "store", "d"}));
  EXPECT_FALSE(RunsAfter("d", {"copy", "l", "d", "replace"}));
  EXPECT_TRUE(RunsAfter("l", {"copy", "l", "d", "replace"})) << "it was read";
  Run({"sadd", "s", "1"});
  Run({"sadd", "t", "1"});
  EXPECT_TRUE(RunsAfter("t", {"smove", "s", "t", "1"})) << "it has the member";
  EXPECT_TRUE(RunsAfter("a", {"del", "a"})) << "it was not there";
  EXPECT_TRUE(RunsAfter("l", {"lrange", "l", "0", "-1"}));
  EXPECT_TRUE(RunsAfter("l", {"set", "other", "1"}));
  EXPECT_TRUE(RunsNow()) << "a watch ends with EXEC";
}

TEST_F(TransactionCommands, OwnWritesBreakAWatchAndUnwatchEndsIt) {
  Run({"watch", "key"});
  Run({"set", "key", "1"});
  EXPECT_THAT(Run({"client", "info"}), HasSubstr("flags=d "));
  EXPECT_FALSE(RunsNow());
  Run({"watch", "key"});
  Run({"incr", "key"});
  EXPECT_EQ(Run({"unwatch"}), "+OK");
  EXPECT_TRUE(RunsNow());
}

TEST_F(TransactionCommands, WatchesAreOfOneDatabase) {
  Run({"watch", "key"});
  other_.Text({"select", "1"});
  other_.Text({"set", "key", "1"});
  EXPECT_TRUE(RunsNow());
  Run({"select", "2"});
  EXPECT_FALSE(RunsAfter("key", {"move", "key", "2"}));
  Run({"select", "1"});
  other_.Text({"set", "key", "1"});
  EXPECT_FALSE(RunsAfter("key", {"move", "key", "3"}));
  other_.Text({"set", "source", "1"});
  Run({"select", "4"});
  EXPECT_FALSE(RunsAfter("key", {"copy", "source", "key", "db", "4"}));
}

TEST_F(TransactionCommands, ExpiryBreaksAWatch) {
  Run({"set", "key", "1", "px", "5"});
  Run({"watch", "key"});
  AdvanceTime(5);
  EXPECT_FALSE(RunsNow());
  Run({"watch", "key"});
  EXPECT_TRUE(RunsNow()) << "it was gone already";
}

TEST_F(TransactionCommands, ExpiryWithoutRemovalBreaksAWatch) {
  server_.server().store().set_active_expire(false);
  Run({"set", "key", "1", "px", "5"});
  Run({"set", "stale", "1", "px", "1"});
  AdvanceTime(1);
  Run({"watch", "stale"});
  other_.Text({"get", "stale"});
  EXPECT_TRUE(RunsNow());
  Run({"watch", "key"});
  AdvanceTime(5);
  EXPECT_FALSE(RunsNow());
}

TEST_F(TransactionCommands, EvictionBreaksAWatch) {
  Run({"config", "set", "maxmemory-policy", "allkeys-random"});
  Run({"set", "key", std::string(1000, 'x')});
  Run({"watch", "key"});
  Run({"config", "set", "maxmemory", "1"});
  EXPECT_EQ(Run({"exists", "key"}), "0");
  Run({"config", "set", "maxmemory", "0"});
  EXPECT_FALSE(RunsNow());
}

TEST_F(TransactionCommands, FlushesBreakWatchesOfKeysThatWereThere) {
  for (const char* flush : {"flushdb", "flushall"}) {
    Run({"set", "key", "1"});
    EXPECT_FALSE(RunsAfter("key", {flush}));
    EXPECT_TRUE(RunsAfter("key", {flush}));
  }
  Run({"set", "key", "1"});
  Run({"select", "1"});
  Run({"set", "key", "1"});
  EXPECT_TRUE(RunsAfter("key", {"flushdb"})) << "of another database";
  EXPECT_FALSE(RunsAfter("key", {"flushall"}));
}

TEST_F(TransactionCommands, SwapdbBreaksWatchesOfKeysThatAreOrWereThere) {
  EXPECT_TRUE(RunsAfter("key", {"swapdb", "0", "1"}));
  Run({"set", "key", "1"});
  EXPECT_FALSE(RunsAfter("key", {"swapdb", "0", "1"})) << "gone";
  EXPECT_FALSE(RunsAfter("key", {"swapdb", "0", "1"})) << "there";
  EXPECT_TRUE(RunsAfter("key", {"swapdb", "1", "2"}));
}

TEST_F(TransactionCommands, RenamedCommandsBreakWatchesToo) {
  kv::ServerOptions options;
  options.rename_command = {{"set", "put"}};
  TestServer server(options);
  RespClient client = server.Connect();
  client.Text({"watch", "key"});
  EXPECT_EQ(client.Text({"put", "key", "1"}), "+OK");
  client.Text({"multi"});
  EXPECT_EQ(client.Text({"exec"}), "nil array");
}

TEST_F(TransactionCommands, ManyWatchesAreCountedAndEndWithTheirClient) {
  constexpr int kKeys = 100'000;
  Arguments watch = {"watch"};
  for (int i = 0; i < kKeys; ++i) watch.push_back(absl::StrCat("key", i));
  {
    RespClient watcher = server_.Connect();
    EXPECT_EQ(watcher.Text(watch), "+OK");
    EXPECT_EQ(watcher.Text({"watch", "key0"}), "+OK") << "is watched already";
    EXPECT_EQ(Info("total_watched_keys"), kKeys);
    EXPECT_EQ(Info("watching_clients"), 1);
    EXPECT_THAT(Run({"client", "list"}), HasSubstr("watch=100000 "));
    EXPECT_EQ(Run({"set", "key99999", "1"}), "+OK");
  }
  server_.Settle();
  EXPECT_EQ(Run({"set", "key0", "1"}), "+OK");
  EXPECT_EQ(Info("total_watched_keys"), 0);
}

// --- conditions ---

TEST_F(TransactionCommands, ExecRunsIfItsConditionsHold) {
  const auto runs = [&](const Arguments& exec) {
    Run({"multi"});
    Run({"ping"});
    return Run(exec);
  };
  Run({"set", "key", "1"});
  EXPECT_EQ(runs({"exec", "ifeq", "key", "1"}), "[+PONG]");
  EXPECT_EQ(runs({"exec", "IFEQ", "key", "2"}), "nil array");
  EXPECT_EQ(runs({"exec", "ifeq", "none", "1"}), "nil array");
  EXPECT_EQ(runs({"exec", "ifne", "key", "2"}), "[+PONG]");
  EXPECT_EQ(runs({"exec", "ifne", "key", "1"}), "nil array");
  EXPECT_EQ(runs({"exec", "ifne", "none", "1"}), "[+PONG]");
  EXPECT_EQ(runs({"exec", "xx", "key"}), "[+PONG]");
  EXPECT_EQ(runs({"exec", "xx", "none"}), "nil array");
  EXPECT_EQ(runs({"exec", "nx", "none"}), "[+PONG]");
  EXPECT_EQ(runs({"exec", "nx", "key"}), "nil array");
  EXPECT_EQ(runs({"exec", "nx", "none", "ifeq", "key", "1", "xx", "key"}), "[+PONG]");
  EXPECT_EQ(runs({"exec", "nx", "none", "ifeq", "key", "2"}), "nil array");
  Run({"rpush", "list", "1"});
  EXPECT_THAT(runs({"exec", "ifeq", "list", "1"}), StartsWith("-WRONGTYPE"));
  EXPECT_EQ(Run({"exec"}), "-ERR EXEC without MULTI") << "it was discarded";
  for (const Arguments& exec : std::vector<Arguments>{
           {"exec", "ifeq", "key"}, {"exec", "xx"}, {"exec", "key"}, {"exec", "xx", "a", "b"}}) {
    EXPECT_EQ(runs(exec),
              "-EXECABORT Transaction discarded because of: invalid check condition syntax");
  }
}

// --- effects ---

TEST_F(Replay, ATransactionIsOneGroup) {
  EXPECT_EQ(EffectsOf("multi"), "");
  EXPECT_EQ(EffectsOf("set a 1 ex 10"), "");
  Run("select 1");
  Run("incr b");
  Run("get b");
  EXPECT_EQ(EffectsOf("exec"), "0: SET a 1 PXAT " + At(10'000) + "; 1: incr b");
  EXPECT_EQ(EffectsOf("set c 1"), "1: set c 1");
  ExpectEqualAfterReplay();
}

}  // namespace
}  // namespace tests
