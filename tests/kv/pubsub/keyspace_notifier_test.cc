#include "kv/pubsub/keyspace_notifier.h"

#include <gtest/gtest.h>

#include <string>

#include "kv/store/store.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

class KeyspaceNotifierTest : public CommandTest {
 protected:
  void Listen(std::string_view classes) {
    ASSERT_EQ(Run({"config", "set", "notify-keyspace-events", classes}), "+OK");
    listener_.Run({"psubscribe", "__key*"});
  }
  // The next message, as "channel message".
  std::string Heard() {
    const resp::Value message = listener_.Receive();
    if (message.elements.size() != 4) return message.ToString();
    return message.elements[2].text + " " + message.elements[3].text;
  }
  bool Silent() {
    server_.Settle();
    return !listener_.HasInput();
  }

  RespClient listener_ = server_.Connect();
};

TEST_F(KeyspaceNotifierTest, NothingIsToldByDefault) {
  EXPECT_EQ(server_.server().store().context().event_classes, 0u);
  listener_.Run({"psubscribe", "*"});
  Run({"set", "k", "v"});
  EXPECT_TRUE(Silent());
  // Classes without a kind of channel are as good as none.
  Run({"config", "set", "notify-keyspace-events", "A"});
  EXPECT_EQ(server_.server().store().context().event_classes, 0u);
}

TEST_F(KeyspaceNotifierTest, TheKeysChannelTellsTheEvent) {
  Listen("KA");
  Run({"set", "k", "v"});
  EXPECT_EQ(Heard(), "__keyspace@0__:k set");
  EXPECT_TRUE(Silent());
}

TEST_F(KeyspaceNotifierTest, TheEventsChannelTellsTheKey) {
  Listen("EA");
  Run({"select", "3"});
  Run({"set", "k", "v"});
  EXPECT_EQ(Heard(), "__keyevent@3__:set k");
  EXPECT_TRUE(Silent());
}

TEST_F(KeyspaceNotifierTest, OtherClassesAreMasked) {
  Listen("KEl");
  Run({"set", "k", "v"});
  Run({"rpush", "l", "a"});
  EXPECT_EQ(Heard(), "__keyspace@0__:l rpush");
  EXPECT_EQ(Heard(), "__keyevent@0__:rpush l");
  EXPECT_TRUE(Silent());
}

TEST_F(KeyspaceNotifierTest, MissesAndNewKeysAreToldOnlyIfNamed) {
  Listen("EAmn");
  Run({"get", "k"});
  EXPECT_EQ(Heard(), "__keyevent@0__:keymiss k");
  Run({"set", "k", "v"});
  EXPECT_EQ(Heard(), "__keyevent@0__:new k");
  EXPECT_EQ(Heard(), "__keyevent@0__:set k");
  Run({"config", "set", "notify-keyspace-events", "EA"});
  Run({"get", "none"});
  EXPECT_TRUE(Silent());
}

TEST_F(KeyspaceNotifierTest, ExpiryIsToldWhenItIsDue) {
  Listen("Ex");
  Run({"set", "k", "v", "px", "100"});
  Run({"set", "other", "v", "px", "5000"});
  AdvanceTime(99);
  EXPECT_TRUE(Silent());
  AdvanceTime(1);
  EXPECT_EQ(Heard(), "__keyevent@0__:expired k");
  EXPECT_TRUE(Silent());
}

TEST_F(KeyspaceNotifierTest, EvictionIsTold) {
  Run({"set", "k", "v"});
  Listen("Ee");
  Run({"config", "set", "maxmemory-policy", "allkeys-lru"});
  // No further command is needed.
  Run({"config", "set", "maxmemory", "1"});
  EXPECT_EQ(Heard(), "__keyevent@0__:evicted k");
  EXPECT_EQ(Run({"set", "k", "v"}).substr(0, 4), "-OOM");
  Run({"config", "set", "maxmemory", "0"});
  EXPECT_EQ(Run({"set", "k", "v"}), "+OK");
}

TEST_F(KeyspaceNotifierTest, TheValueThatExpiresIsToldIfItIsShortEnough) {
  Listen("Ex");
  ASSERT_EQ(Run({"config", "set", "notify-expired-value-max-bytes", "5"}), "+OK");
  Run({"set", "short", "12345", "px", "100"});
  Run({"set", "number", "17", "px", "200"});
  Run({"set", "long", "123456", "px", "300"});
  Run({"rpush", "list", "a"});
  Run({"pexpire", "list", "400"});
  for (int i = 0; i < 4; ++i) AdvanceTime(100);
  EXPECT_EQ(Heard(), "__keyvalue@0__:short 12345");
  EXPECT_EQ(Heard(), "__keyevent@0__:expired short");
  EXPECT_EQ(Heard(), "__keyvalue@0__:number 17");
  EXPECT_EQ(Heard(), "__keyevent@0__:expired number");
  EXPECT_EQ(Heard(), "__keyevent@0__:expired long");
  EXPECT_EQ(Heard(), "__keyevent@0__:expired list");
  EXPECT_EQ(Run({"config", "set", "notify-expired-value-max-bytes", "0"}), "+OK");
  Run({"set", "short", "12345", "px", "100"});
  AdvanceTime(100);
  EXPECT_EQ(Heard(), "__keyevent@0__:expired short");
}

TEST_F(KeyspaceNotifierTest, EventsDoNotBreakTheReplyOfTheirCause) {
  Run({"config", "set", "notify-keyspace-events", "KEA"});
  RespClient client = server_.Connect();
  client.Run({"hello", "3"});
  client.Send({"psubscribe", "__keyevent*"});
  client.ReceivePush();
  client.Run({"sadd", "s", "a", "b", "c"});
  EXPECT_EQ(client.Run({"spop", "s", "3"}).elements.size(), 3u);
  EXPECT_EQ(client.ReceivePush().elements.at(2).text, "__keyevent@0__:sadd");
  EXPECT_EQ(client.ReceivePush().elements.at(2).text, "__keyevent@0__:spop");
  EXPECT_EQ(client.ReceivePush().elements.at(2).text, "__keyevent@0__:del");
}

}  // namespace
}  // namespace tests
