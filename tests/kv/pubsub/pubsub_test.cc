// Publishing and subscribing as clients see it, in both versions of the protocol.
#include "kv/pubsub/pubsub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kRefusal =
    ": only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";

class PubSubTest : public CommandTest {
 protected:
  RespClient Subscriber(const Request& request) {
    RespClient client = server_.Connect();
    client.Run(request);
    return client;
  }
  // A client that speaks RESP3.
  RespClient Modern() { return Subscriber({"hello", "3"}); }
  static std::string Push(RespClient& client) { return client.ReceivePush().ToString(); }
  static std::string Next(RespClient& client) { return client.Receive().ToString(); }
  static void ExpectBytes(RespClient& client, std::string_view bytes) {
    EXPECT_EQ(client.ReceiveRaw(bytes.size()), bytes);
  }
  std::string Publish(std::string_view channel, std::string_view message) {
    return Run({"publish", channel, message});
  }
};

TEST_F(PubSubTest, AMessageGoesToAllSubscribersOfItsChannel) {
  RespClient first = server_.Connect();
  RespClient second = server_.Connect();
  RespClient other = server_.Connect();
  EXPECT_EQ(first.Text({"subscribe", "news", "logs"}), R"(["subscribe", "news", 1])");
  EXPECT_EQ(Next(first), R"(["subscribe", "logs", 2])");
  EXPECT_EQ(second.Text({"subscribe", "news"}), R"(["subscribe", "news", 1])");
  EXPECT_EQ(other.Text({"subscribe", "other"}), R"(["subscribe", "other", 1])");
  EXPECT_EQ(Publish("news", "hello"), "2");
  EXPECT_EQ(Publish("logs", "line"), "1");
  EXPECT_EQ(Publish("nobody", "listens"), "0");
  EXPECT_EQ(Next(first), R"(["message", "news", "hello"])");
  EXPECT_EQ(Next(first), R"(["message", "logs", "line"])");
  EXPECT_EQ(Next(second), R"(["message", "news", "hello"])");
  EXPECT_FALSE(other.HasInput());
}

TEST_F(PubSubTest, PatternsGetTheChannelToo) {
  RespClient client = server_.Connect();
  EXPECT_EQ(client.Text({"psubscribe", "n?ws.*"}), R"(["psubscribe", "n?ws.*", 1])");
  EXPECT_EQ(client.Text({"subscribe", "news.a"}), R"(["subscribe", "news.a", 2])");
  EXPECT_EQ(Publish("news.a", "both"), "2");
  EXPECT_EQ(Publish("news.b", "one"), "1");
  EXPECT_EQ(Publish("nws.a", "none"), "0");
  EXPECT_EQ(Next(client), R"(["message", "news.a", "both"])");
  EXPECT_EQ(Next(client), R"(["pmessage", "n?ws.*", "news.a", "both"])");
  EXPECT_EQ(Next(client), R"(["pmessage", "n?ws.*", "news.b", "one"])");
}

TEST_F(PubSubTest, ShardChannelsAreApart) {
  RespClient client = server_.Connect();
  EXPECT_EQ(client.Text({"subscribe", "a"}), R"(["subscribe", "a", 1])");
  EXPECT_EQ(client.Text({"ssubscribe", "a"}), R"(["ssubscribe", "a", 1])");
  EXPECT_EQ(Run({"spublish", "a", "shard"}), "1");
  EXPECT_EQ(Publish("a", "plain"), "1");
  EXPECT_EQ(Next(client), R"(["smessage", "a", "shard"])");
  EXPECT_EQ(Next(client), R"(["message", "a", "plain"])");
  EXPECT_EQ(client.Text({"psubscribe", "*"}), R"(["psubscribe", "*", 2])");
  EXPECT_EQ(Run({"spublish", "a", "x"}), "1");
  EXPECT_EQ(Run({"pubsub", "shardnumsub", "a", "b"}), R"(["a", 1, "b", 0])");
  EXPECT_EQ(Run({"pubsub", "shardchannels"}), R"(["a"])");
}

TEST_F(PubSubTest, WhatIsSubscribedTwiceIsDeliveredOnce) {
  RespClient client = server_.Connect();
  EXPECT_EQ(client.Text({"subscribe", "a", "a"}), R"(["subscribe", "a", 1])");
  EXPECT_EQ(Next(client), R"(["subscribe", "a", 1])");
  EXPECT_EQ(Publish("a", "x"), "1");
  EXPECT_EQ(client.Text({"unsubscribe", "a"}), R"(["message", "a", "x"])");
  EXPECT_EQ(Next(client), R"(["unsubscribe", "a", 0])");
  EXPECT_EQ(Publish("a", "x"), "0");
}

TEST_F(PubSubTest, UnsubscribingWithoutNamesEndsAllOfTheKind) {
  RespClient client = server_.Connect();
  EXPECT_EQ(client.Text({"unsubscribe"}), R"(["unsubscribe", nil, 0])");
  EXPECT_EQ(client.Text({"punsubscribe", "a", "b"}), R"(["punsubscribe", "a", 0])");
  EXPECT_EQ(Next(client), R"(["punsubscribe", "b", 0])");
  client.Send({"subscribe", "a", "b"});
  client.Send({"psubscribe", "*"});
  for (int i = 0; i < 3; ++i) Next(client);
  EXPECT_EQ(client.Text({"unsubscribe"}), R"(["unsubscribe", "a", 2])");
  EXPECT_EQ(Next(client), R"(["unsubscribe", "b", 1])");
  EXPECT_EQ(client.Text({"sunsubscribe"}), R"(["sunsubscribe", nil, 0])");
  EXPECT_EQ(client.Text({"unsubscribe"}), R"(["unsubscribe", nil, 1])");
  EXPECT_EQ(client.Text({"punsubscribe"}), R"(["punsubscribe", "*", 0])");
  EXPECT_EQ(client.Text({"get", "a"}), "nil");
}

TEST_F(PubSubTest, ASubscribedClientOfResp2MayRunFewCommands) {
  RespClient client = Subscriber({"subscribe", "a"});
  for (const auto& [request, name] :
       {std::pair(Arguments{"get", "a"}, "get"), std::pair(Arguments{"hello", "3"}, "hello"),
        std::pair(Arguments{"publish", "a", "b"}, "publish"),
        std::pair(Arguments{"client", "id"}, "client|id")}) {
    EXPECT_EQ(client.Text(request),
              "-ERR Can't execute '" + std::string(name) + "'" + std::string(kRefusal));
  }
  EXPECT_EQ(client.Text({"ping"}), R"(["pong", ""])");
  EXPECT_EQ(client.Text({"ping", "x"}), R"(["pong", "x"])");
  EXPECT_EQ(client.Text({"psubscribe", "a*"}), R"(["psubscribe", "a*", 2])");
  EXPECT_EQ(client.Text({"reset"}), "+RESET");
  EXPECT_EQ(client.Text({"ping"}), "+PONG");
  EXPECT_EQ(Publish("a", "x"), "0");
  EXPECT_EQ(client.Text({"subscribe", "a"}), R"(["subscribe", "a", 1])");
  EXPECT_EQ(client.Text({"quit"}), "+OK");
}

TEST_F(PubSubTest, ASubscribedClientOfResp3MayRunAllCommands) {
  RespClient client = Modern();
  client.Send({"subscribe", "a"});
  EXPECT_EQ(Push(client), R"(>["subscribe", "a", 1])");
  EXPECT_EQ(client.Text({"get", "a"}), "nil");
  EXPECT_EQ(client.Text({"ping"}), "+PONG");
  EXPECT_EQ(Publish("a", "x"), "1");
  EXPECT_EQ(Push(client), R"(>["message", "a", "x"])");
  EXPECT_THAT(client.Text({"hello", "2"}), HasSubstr("proto"));
  EXPECT_THAT(client.Text({"get", "a"}), StartsWith("-ERR Can't execute 'get'"));
}

TEST_F(PubSubTest, EachReceiverGetsItsVersionOfTheProtocol) {
  RespClient old = Subscriber({"subscribe", "a"});
  RespClient modern = Modern();
  modern.Send({"subscribe", "a"});
  Push(modern);
  EXPECT_EQ(Publish("a", "x"), "2");
  ExpectBytes(old, "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n");
  ExpectBytes(modern, ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n");
}

TEST_F(PubSubTest, AMessageToOneselfComesBehindTheReply) {
  RespClient client = Modern();
  client.Send({"subscribe", "a"});
  Push(client);
  client.Send({"publish", "a", "x"});
  client.Send({"ping"});
  ExpectBytes(client, ":1\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n+PONG\r\n");
}

TEST_F(PubSubTest, MessagesReachAClientWhoseRepliesAreOff) {
  RespClient client = Modern();
  client.Send({"client", "reply", "off"});
  client.Send({"subscribe", "a"});
  EXPECT_EQ(Push(client), R"(>["subscribe", "a", 1])");
  EXPECT_EQ(Publish("a", "x"), "1");
  EXPECT_EQ(Push(client), R"(>["message", "a", "x"])");
  client.Send({"unsubscribe", "a"});
  EXPECT_EQ(Push(client), R"(>["unsubscribe", "a", 0])");
}

TEST_F(PubSubTest, MessagesOfAnySizeArriveWhole) {
  RespClient old = Subscriber({"subscribe", "a"});
  RespClient by_pattern = Subscriber({"psubscribe", "*"});
  for (const size_t size : {0, 1, 100, 2047, 2048, 2049, 5000, 100'000, 3'000'000}) {
    const std::string message(size, 'm');
    ASSERT_EQ(Publish("a", message), "2");
    ASSERT_EQ(old.Receive().elements.at(2).text, message);
    ASSERT_EQ(by_pattern.Receive().elements.at(3).text, message);
  }
  // Many short ones at once, so that they span blocks and pieces.
  std::vector<Arguments> requests;
  for (int i = 0; i < 1000; ++i) requests.push_back({"publish", "a", std::to_string(i)});
  client_.Pipeline(requests);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(old.Receive().elements.at(2).text, std::to_string(i));
    ASSERT_EQ(by_pattern.Receive().elements.at(3).text, std::to_string(i));
  }
}

TEST_F(PubSubTest, PubsubTellsWhatIsListenedTo) {
  RespClient client = Subscriber({"subscribe", "a", "ab", "b"});
  RespClient other = Subscriber({"psubscribe", "x*", "y*"});
  RespClient again = Subscriber({"psubscribe", "x*"});
  EXPECT_EQ(Run({"pubsub", "numpat"}), "2");
  EXPECT_EQ(Run({"pubsub", "numsub"}), "[]");
  EXPECT_EQ(Run({"pubsub", "numsub", "a", "z", "x*"}), R"(["a", 1, "z", 0, "x*", 0])");
  EXPECT_EQ(Run({"pubsub", "channels", "b*"}), R"(["b"])");
  EXPECT_EQ(client_.Run({"pubsub", "channels"}).elements.size(), 3u);
  EXPECT_EQ(Run({"pubsub", "channels", "a", "b"}),
            "-ERR unknown subcommand or wrong number of arguments for 'channels'. Try PUBSUB "
            "HELP.");
  EXPECT_EQ(client_.Run({"pubsub", "help"}).elements.size(), 13u);
  EXPECT_EQ(Info("pubsub_channels"), 3);
  EXPECT_EQ(Info("pubsub_patterns"), 2);
  EXPECT_EQ(Info("pubsubshard_channels"), 0);
  EXPECT_EQ(Info("pubsub_clients"), 3);
}

TEST_F(PubSubTest, AClientThatIsGoneSubscribesToNothing) {
  RespClient client = Subscriber({"subscribe", "a"});
  RespClient killed = Subscriber({"subscribe", "a"});
  EXPECT_EQ(Publish("a", "x"), "2");
  client.Close();
  server_.Settle();
  EXPECT_EQ(Run({"pubsub", "numsub", "a"}), R"(["a", 1])");
  // From the moment it is killed, within the same tick.
  const auto replies =
      client_.Pipeline({{"client", "kill", "type", "pubsub"}, {"publish", "a", "x"}});
  EXPECT_EQ(replies[0].ToString(), "1");
  EXPECT_EQ(replies[1].ToString(), "0");
  EXPECT_EQ(Info("pubsub_clients"), 0);
}

TEST_F(PubSubTest, AClientThatQuitsGetsNothingMore) {
  RespClient client = Subscriber({"subscribe", "a"});
  ASSERT_TRUE(client.SendRaw(std::string(EncodeRequest({"quit"}))));
  EXPECT_EQ(client.ReceiveRawUntilEnd(), "+OK\r\n");
  EXPECT_EQ(Publish("a", "x"), "0");
}

TEST_F(PubSubTest, ClientListShowsSubscriptions) {
  RespClient client = server_.Connect();
  client.Send({"subscribe", "a", "b"});
  client.Send({"psubscribe", "x*"});
  client.Send({"ssubscribe", "s"});
  for (int i = 0; i < 4; ++i) Next(client);
  const std::string line = client_.Run({"client", "list", "type", "pubsub"}).text;
  EXPECT_THAT(line, HasSubstr(" flags=P "));
  EXPECT_THAT(line, HasSubstr(" sub=2 psub=1 ssub=1 "));
  EXPECT_THAT(client_.Run({"client", "list", "type", "normal"}).text, HasSubstr(" sub=0 psub=0 "));
}

}  // namespace
}  // namespace tests
