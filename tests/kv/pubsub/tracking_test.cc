#include "kv/pubsub/tracking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/store/store.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

using ::testing::HasSubstr;

class TrackingTest : public CommandTest {
 protected:
  TrackingTest() { reader_.Run({"hello", "3"}); }

  // Lets the reader track.
  void Track(const Arguments& options = {}) {
    Arguments request = {"client", "tracking", "on"};
    request.insert(request.end(), options.begin(), options.end());
    ASSERT_EQ(reader_.Text(request), "+OK");
  }
  std::string Push() { return reader_.ReceivePush().ToString(); }
  // Whether the reader has been told nothing.
  bool Silent() {
    server_.Settle();
    return !reader_.HasInput();
  }

  RespClient reader_ = server_.Connect();
};

TEST_F(TrackingTest, TheFirstChangeOfWhatWasReadIsTold) {
  Track();
  reader_.Run({"mget", "a", "b"});
  EXPECT_EQ(Info("tracking_total_keys"), 2);
  Run({"set", "a", "1"});
  EXPECT_EQ(Push(), R"(>["invalidate", ["a"]])");
  Run({"set", "a", "2"});
  Run({"set", "unread", "1"});
  EXPECT_TRUE(Silent());
  Run({"del", "b"});
  EXPECT_TRUE(Silent());  // there was none
  EXPECT_EQ(Info("tracking_total_keys"), 1);
  reader_.Run({"client", "tracking", "off"});
  Run({"set", "b", "1"});
  EXPECT_TRUE(Silent());
  EXPECT_EQ(Info("tracking_clients"), 0);
  EXPECT_EQ(Info("tracking_total_keys"), 0);
}

TEST_F(TrackingTest, NothingIsHeardWhileNobodyTracks) {
  EXPECT_EQ(server_.server().store().context().event_classes, 0u);
  Track();
  EXPECT_NE(server_.server().store().context().event_classes, 0u);
  reader_.Run({"reset"});
  EXPECT_EQ(server_.server().store().context().event_classes, 0u);
  reader_.Run({"hello", "3"});
  Track();
  reader_.Close();
  server_.Settle();
  EXPECT_EQ(server_.server().store().context().event_classes, 0u);
}

TEST_F(TrackingTest, TheWritersOwnComesBehindItsReply) {
  Track();
  reader_.Run({"get", "a"});
  reader_.Send({"set", "a", "1"});
  const std::string expected = "+OK\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n";
  EXPECT_EQ(reader_.ReceiveRaw(expected.size()), expected);
}

TEST_F(TrackingTest, NoLoopSparesTheWriter) {
  Track({"noloop"});
  reader_.Run({"get", "a"});
  reader_.Run({"set", "a", "1"});
  EXPECT_TRUE(Silent());
  reader_.Run({"get", "a"});
  Run({"set", "a", "2"});
  EXPECT_EQ(Push(), R"(>["invalidate", ["a"]])");
}

TEST_F(TrackingTest, ExpiryAndEvictionAreChanges) {
  Run({"set", "a", "1", "px", "100"});
  Run({"set", "b", "1"});
  Track({"noloop"});
  reader_.Run({"mget", "a", "b"});
  AdvanceTime(100);
  EXPECT_EQ(Push(), R"(>["invalidate", ["a"]])");
  Run({"config", "set", "maxmemory-policy", "allkeys-random", "maxmemory", "1"});
  EXPECT_EQ(Push(), R"(>["invalidate", ["b"]])");
}

TEST_F(TrackingTest, AnEvictionForACommandComesBeforeItsReply) {
  Run({"set", "a", "1"});
  Track();
  reader_.Run({"get", "a"});
  Run({"config", "set", "maxmemory-policy", "noeviction", "maxmemory", "1"});
  Run({"config", "set", "maxmemory-policy", "allkeys-random"});
  reader_.Send({"ping"});
  const std::string expected = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n+PONG\r\n";
  EXPECT_EQ(reader_.ReceiveRaw(expected.size()), expected);
}

TEST_F(TrackingTest, AFlushIsToldAsNull) {
  Track();
  reader_.Run({"get", "a"});
  Run({"flushall"});
  EXPECT_EQ(Push(), R"(>["invalidate", nil])");
  Run({"set", "a", "1"});
  EXPECT_TRUE(Silent());
}

TEST_F(TrackingTest, ABroadcastTellsTheKeysOfACommandAtOnce) {
  Track({"bcast", "prefix", "a:", "prefix", "b"});
  Run({"mset", "a:2", "2", "a:1", "1", "a", "0", "c", "3"});
  EXPECT_EQ(Push(), R"(>["invalidate", ["a:1", "a:2"]])");
  Run({"set", "b", "1"});
  EXPECT_EQ(Push(), R"(>["invalidate", ["b"]])");
  EXPECT_EQ(Info("tracking_total_prefixes"), 2);
  Track({"bcast", "prefix", "c"});
  Run({"set", "c", "1"});
  EXPECT_EQ(Push(), R"(>["invalidate", ["c"]])");
  EXPECT_EQ(Info("tracking_total_keys"), 0);
}

TEST_F(TrackingTest, ABroadcastWithoutPrefixTellsAllKeys) {
  Track({"bcast", "noloop"});
  reader_.Run({"set", "own", "1"});
  Run({"set", "any", "1"});
  EXPECT_EQ(Push(), R"(>["invalidate", ["any"]])");
  EXPECT_TRUE(Silent());
}

TEST_F(TrackingTest, OptingInAndOutConcernsTheNextCommand) {
  Track({"optin"});
  reader_.Run({"get", "a"});
  Run({"set", "a", "1"});
  EXPECT_TRUE(Silent());
  reader_.Run({"client", "caching", "yes"});
  EXPECT_THAT(reader_.Text({"client", "trackinginfo"}), HasSubstr("caching-yes"));
  reader_.Run({"get", "a"});
  reader_.Run({"get", "b"});
  Run({"mset", "a", "2", "b", "2"});
  EXPECT_EQ(Push(), R"(>["invalidate", ["a"]])");
  reader_.Run({"client", "tracking", "off"});
  Track({"optout"});
  reader_.Run({"client", "caching", "no"});
  reader_.Run({"get", "a"});
  reader_.Run({"get", "b"});
  Run({"mset", "a", "3", "b", "3"});
  EXPECT_EQ(Push(), R"(>["invalidate", ["b"]])");
  EXPECT_TRUE(Silent());
}

TEST_F(TrackingTest, WhatTransactionsAndScriptsReadIsTracked) {
  Track();
  reader_.Run({"multi"});
  reader_.Run({"get", "a"});
  reader_.Run({"exec"});
  reader_.Run({"eval", "redis.call('set', KEYS[2], '1') return redis.call('get', KEYS[1])", "2",
               "b", "written"});
  EXPECT_EQ(Info("tracking_total_keys"), 2);
  Run({"mset", "a", "1", "b", "1", "written", "1"});
  EXPECT_EQ(Push(), R"(>["invalidate", ["a"]])");
  EXPECT_EQ(Push(), R"(>["invalidate", ["b"]])");
  EXPECT_TRUE(Silent());
}

TEST_F(TrackingTest, WhatAScriptWasGivenAndDidNotReadIsNotTracked) {
  Track();
  for (const char* const command : {"eval", "eval_ro"}) {
    reader_.Run({command, "return redis.call('get', KEYS[2])", "2", "given", "read"});
  }
  EXPECT_EQ(Info("tracking_total_keys"), 1);
  Run({"mset", "given", "1", "read", "1"});
  EXPECT_EQ(Push(), R"(>["invalidate", ["read"]])");
  EXPECT_TRUE(Silent());
}

TEST_F(TrackingTest, OptingInConcernsAWholeTransaction) {
  Track({"optin"});
  reader_.Run({"client", "caching", "yes"});
  reader_.Run({"multi"});
  reader_.Run({"get", "a"});
  reader_.Run({"get", "b"});
  reader_.Run({"exec"});
  reader_.Run({"get", "c"});
  EXPECT_EQ(Info("tracking_total_keys"), 2);
}

TEST_F(TrackingTest, InvalidationsAreRedirected) {
  RespClient listener = server_.Connect();
  const std::string id = std::to_string(listener.Run({"client", "id"}).integer);
  listener.Run({"subscribe", "__redis__:invalidate"});
  Track({"redirect", id});
  EXPECT_EQ(reader_.Text({"client", "getredir"}), id);
  reader_.Run({"get", "a"});
  Run({"set", "a", "1"});
  EXPECT_EQ(listener.Receive().ToString(), R"(["message", "__redis__:invalidate", ["a"]])");
  EXPECT_TRUE(Silent());
  listener.Close();
  server_.Settle();
  reader_.Run({"get", "a"});
  Run({"set", "a", "2"});
  EXPECT_EQ(Push(), R"(>["tracking-redir-broken", )" + id + "]");
  EXPECT_THAT(reader_.Text({"client", "trackinginfo"}), HasSubstr("broken_redirect"));
}

TEST_F(TrackingTest, TheTableIsBounded) {
  ASSERT_EQ(Run({"config", "set", "tracking-table-max-keys", "100"}), "+OK");
  Track();
  for (int i = 0; i < 150; ++i) reader_.Run({"get", "key:" + std::to_string(i)});
  EXPECT_EQ(Info("tracking_total_keys"), 100);
  EXPECT_EQ(Info("tracking_total_items"), 100);
  // The client is told of what is tracked no more.
  for (int i = 0; i < 50; ++i) EXPECT_THAT(Push(), HasSubstr("key:"));
  ASSERT_EQ(Run({"config", "set", "tracking-table-max-keys", "1"}), "+OK");
  for (int i = 0; i < 99; ++i) EXPECT_THAT(Push(), HasSubstr("key:"));
  EXPECT_EQ(Info("tracking_total_keys"), 1);
}

TEST_F(TrackingTest, ClientsThatCameAndWentLeaveNothingBehind) {
  for (int i = 0; i < 100; ++i) {
    RespClient client = server_.Connect();
    client.Run({"client", "tracking", "on"});
    client.Run({"get", "a"});
    Track();  // so that somebody always tracks
  }
  server_.Settle();
  EXPECT_LE(Info("tracking_total_items"), 16);
}

TEST_F(TrackingTest, PrefixesMustNotOverlap) {
  const std::string tail = " Prefixes for a single client must not overlap.";
  EXPECT_EQ(reader_.Text({"client", "tracking", "on", "bcast", "prefix", "a", "prefix", "ab"}),
            "-ERR Prefix 'a' overlaps with another provided prefix 'ab'." + tail);
  Track({"bcast", "prefix", "b"});
  EXPECT_EQ(reader_.Text({"client", "tracking", "on", "bcast", "prefix", "bc"}),
            "-ERR Prefix 'bc' overlaps with an existing prefix 'b'." + tail);
  EXPECT_THAT(reader_.Text({"client", "tracking", "on"}), HasSubstr("can't switch BCAST mode"));
  EXPECT_THAT(reader_.Text({"client", "list"}), HasSubstr(" flags=tB "));
}

// What evictions make others be told takes memory, which is no reason to evict more.
TEST_F(TrackingTest, TellingOfEvictionsEvictsNothing) {
  std::vector<RespClient> readers;
  for (int i = 0; i < 10; ++i) {
    readers.push_back(server_.Connect());
    readers.back().Run({"hello", "3"});
    readers.back().Run({"client", "tracking", "on"});
  }
  for (int i = 0; i < 300; ++i) {
    const std::string key = absl::StrCat(i, std::string(1000, 'k'));
    Run({"set", key, "v"});
    for (RespClient& reader : readers) reader.Run({"get", key});
  }
  server_.Settle();
  Run({"config", "set", "maxmemory-policy", "allkeys-lru"});
  Run({"config", "set", "maxmemory", absl::StrCat(Info("used_memory") - 40'000)});
  const int64_t evicted = Info("evicted_keys");
  EXPECT_GT(evicted, 10);
  EXPECT_LT(evicted, 60);
  for (RespClient& reader : readers) {
    EXPECT_THAT(reader.ReceivePush().ToString(), HasSubstr("invalidate"));
  }
  server_.Settle();
  EXPECT_LT(Info("evicted_keys"), 60);
}

}  // namespace
}  // namespace tests
