// Debugging sessions as the server sees them: the peer leaves the event loop, and the server goes
// on whatever the peer does. On every backend.
#include "kv/server/debug_sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/kv/server/backend_test.h"
#include "tests/support/threaded_server.h"

namespace tests {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kScript[] = "redis.breakpoint()\nredis.call('set', 'key', 'value')\nreturn 1";

class DebugSessionsTest : public BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    if (IsSkipped()) return;
    kv::ServerOptions options = Options();
    options.busy_reply_threshold = 20;
    server_ = std::make_unique<ThreadedServer>(options);
  }
  // A client in a session that has stopped before the first line.
  RespClient Debug(const std::string& script = kScript) {
    RespClient client = server_->Connect();
    EXPECT_EQ(client.Text({"script", "debug", "sync"}), "+OK");
    EXPECT_THAT(client.Text({"eval", script, "0"}), StartsWith("[+* Stopped at 1,"));
    return client;
  }
  std::string Get(const std::string& key) { return server_->Connect().Text({"get", key}); }

  std::unique_ptr<ThreadedServer> server_;
};

TEST_P(DebugSessionsTest, HoldTheServer) {
  RespClient other = server_->Connect();
  ASSERT_EQ(other.Text({"ping"}), "+PONG");
  RespClient client = Debug("redis.call('set', 'key', 'value')\nreturn 1");
  other.Send({"get", "key"});
  EXPECT_EQ(client.Text({"p"}), "[+No local variables in the current context.]");
  EXPECT_FALSE(other.HasInput());
  EXPECT_EQ(client.Text({"c"}), "[+<endsession>]");
  EXPECT_EQ(client.Receive().ToString(), "1");
  EXPECT_TRUE(client.AtEnd());
  EXPECT_EQ(other.Receive().ToString(), "\"value\"");
}

// What follows EVAL is for the session.
TEST_P(DebugSessionsTest, TakeWhatWasSentAhead) {
  RespClient client = server_->Connect();
  ASSERT_EQ(client.Text({"script", "debug", "sync"}), "+OK");
  client.SendRaw(EncodeRequest({"eval", "local a = 1\nlocal b = 2\nreturn 3", "0"}) +
                 EncodeRequest({"s"}) + EncodeRequest({"p", "a"}) + EncodeRequest({"c"}));
  EXPECT_THAT(client.Receive().ToString(), StartsWith("[+* Stopped at 1,"));
  EXPECT_THAT(client.Receive().ToString(), StartsWith("[+* Stopped at 2,"));
  EXPECT_EQ(client.Receive().ToString(), "[+<value> 1]");
  EXPECT_EQ(client.Receive().ToString(), "[+<endsession>]");
  EXPECT_EQ(client.ReceiveRawUntilEnd(), ":3\r\n");
}

TEST_P(DebugSessionsTest, RepliesComeBeforeThem) {
  RespClient client = server_->Connect();
  client.SendRaw(EncodeRequest({"script", "debug", "sync"}) + EncodeRequest({"ping"}) +
                 EncodeRequest({"eval", "return 1", "0"}) + EncodeRequest({"c"}) +
                 EncodeRequest({"ping"}));
  EXPECT_EQ(client.Receive().ToString(), "+OK");
  EXPECT_EQ(client.Receive().ToString(), "+PONG");
  EXPECT_THAT(client.Receive().ToString(), StartsWith("[+* Stopped at 1,"));
  EXPECT_EQ(client.ReceiveRawUntilEnd(), "*1\r\n+<endsession>\r\n:1\r\n");
}

TEST_P(DebugSessionsTest, AScriptMayBeLarge) {
  RespClient client = server_->Connect();
  ASSERT_EQ(client.Text({"script", "debug", "sync"}), "+OK");
  const std::string script = "local a = 1\n" + Repeat("-- a comment\n", 20'000) + "return 2";
  client.Send({"eval", script, "0"});
  EXPECT_THAT(client.Receive().ToString(), StartsWith("[+* Stopped at 1,"));
  EXPECT_THAT(client.Text({"s"}), StartsWith("[+* Stopped at 20002,"));
  EXPECT_EQ(client.Text({"c"}), "[+<endsession>]");
  EXPECT_EQ(client.Receive().ToString(), "2");
}

TEST_P(DebugSessionsTest, AScriptRunsOnWhenItsPeerIsGone) {
  Debug().Close();
  EXPECT_EQ(Get("key"), "\"value\"");

  RespClient half = Debug("redis.call('set', 'half', 'value')\nreturn 1");
  half.ShutdownSending();
  EXPECT_EQ(half.ReceiveRawUntilEnd(), "*1\r\n+<endsession>\r\n:1\r\n");
  EXPECT_EQ(Get("half"), "\"value\"");

  RespClient torn = Debug("redis.call('set', 'torn', 'value')\nreturn 1");
  torn.SendRaw("*2\r\n$1\r\ne\r\n$100\r\nreturn");
  torn.Close();
  EXPECT_EQ(Get("torn"), "\"value\"");
}

// Then it is a script as any other: others are served around it, and may end it.
TEST_P(DebugSessionsTest, AnEndlessScriptWithoutItsPeerIsKilled) {
  RespClient other = server_->Connect();
  ASSERT_EQ(other.Text({"ping"}), "+PONG");
  Debug("local a = 1\nwhile true do end").Close();
  std::string reply;
  do {
    reply = other.Text({"script", "kill"});
  } while (reply.starts_with("-NOTBUSY"));
  EXPECT_EQ(reply, "+OK");
  EXPECT_EQ(Get("key"), "nil");
}

TEST_P(DebugSessionsTest, GarbageEndsTheScript) {
  for (const std::string& garbage :
       {std::string("s\r\n"), std::string("*x\r\n"), std::string("*1\r\ns\r\n"),
        std::string("*2000000\r\n"), std::string("*1\r\n$100000000\r\n"), std::string("\r\n")}) {
    RespClient client = Debug();
    client.SendRaw(garbage);
    EXPECT_EQ(client.Receive().ToString(), "[+<endsession>]") << garbage;
    EXPECT_THAT(client.Receive().ToString(), StartsWith("-ERR protocol error script: "));
    EXPECT_EQ(Get("key"), "nil");
  }
}

// A command is bounded as a whole, too.
TEST_P(DebugSessionsTest, AHugeCommandEndsTheScript) {
  RespClient client = Debug();
  client.SendRaw("*1000\r\n");
  const std::string word = "$60000\r\n" + std::string(60'000, 'x') + "\r\n";
  for (int i = 0; i < 30 && client.SendRaw(word); ++i) {
  }
  EXPECT_THAT(client.ReceiveRawUntilEnd(), HasSubstr("protocol error"));
  EXPECT_EQ(Get("key"), "nil");
}

TEST_P(DebugSessionsTest, EndWithTheServer) {
  RespClient client = Debug();
  server_->server().Stop();
  EXPECT_EQ(client.Receive().ToString(), "[+<endsession>]");
  EXPECT_THAT(client.Receive().ToString(), StartsWith("-ERR script aborted"));
}

TEST_P(DebugSessionsTest, WaitersAreServedBehindThem) {
  RespClient waiter = server_->Connect();
  waiter.Send({"blpop", "list", "0"});
  RespClient client = Debug("redis.call('rpush', 'list', 'x')\nreturn 1");
  EXPECT_EQ(client.Text({"c"}), "[+<endsession>]");
  EXPECT_EQ(waiter.Receive().ToString(), R"(["list", "x"])");
}

TEST_P(DebugSessionsTest, OneAfterTheOther) {
  std::vector<RespClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(server_->Connect());
    ASSERT_EQ(clients.back().Text({"script", "debug", "sync"}), "+OK");
  }
  for (RespClient& client : clients) client.Send({"eval", "return redis.call('incr', 'n')", "0"});
  for (RespClient& client : clients) client.Send({"c"});
  int sum = 0;
  for (RespClient& client : clients) {
    EXPECT_THAT(client.Receive().ToString(), StartsWith("[+* Stopped at 1,"));
    EXPECT_EQ(client.Receive().ToString(), "[+<endsession>]");
    sum += static_cast<int>(client.Receive().integer);
  }
  EXPECT_EQ(sum, 6);
  RespClient last = server_->Connect();
  EXPECT_EQ(InfoNumber(&last, "connected_clients"), 1);
}

INSTANTIATE_BACKEND_TESTS(DebugSessionsTest);

}  // namespace
}  // namespace tests
