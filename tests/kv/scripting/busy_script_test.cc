// A script that takes long: others are answered meanwhile, and may kill it. On every backend.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/kv/server/backend_test.h"
#include "tests/support/test_server.h"

namespace tests {
namespace {

using resp::Value;
using ::testing::StartsWith;

class BusyScriptTest : public BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    if (IsSkipped()) return;
    kv::ServerOptions options = Options();
    options.busy_reply_threshold = 1;
    server_ = std::make_unique<TestServer>(options);
    client_ = std::make_unique<RespClient>(server_->Connect());
    ASSERT_EQ(client_->Text({"ping"}), "+PONG");
  }
  // A client that was connected before the script, and whose waiting does not tick the server. What
  // it sends is answered while the script runs.
  RespClient Other() {
    RespClient other = server_->Connect();
    EXPECT_EQ(other.Text({"ping"}), "+PONG");
    return other;
  }
  std::string Eval(const std::string& script) { return client_->Text({"eval", script, "0"}); }

  std::unique_ptr<TestServer> server_;
  std::unique_ptr<RespClient> client_;
};

TEST_P(BusyScriptTest, AnEndlessLoopIsKilled) {
  for (const char* script :
       {"while true do end", "while true do pcall(function() while true do end end) end",
        "local function f() while true do end end while true do coroutine.wrap(f)() end"}) {
    RespClient other = RespClient::ConnectTcp(server_->port());
    client_->Send({"eval", script, "0"});
    other.SendRaw(EncodeRequest({"get", "key"}) + EncodeRequest({"script", "kill"}));
    EXPECT_THAT(client_->Receive().ToString(),
                StartsWith("-ERR Script killed by user with SCRIPT KILL... script: "))
        << script;
    EXPECT_THAT(other.Receive().ToString(), StartsWith("-BUSY ")) << script;
    EXPECT_EQ(other.Receive().ToString(), "+OK") << script;
  }
  EXPECT_EQ(client_->Text({"script", "kill"}), "-NOTBUSY No scripts in execution right now.");
  EXPECT_EQ(Eval("return 1"), "1");
}

TEST_P(BusyScriptTest, WhatHasWrittenIsNotKilled) {
  RespClient other = RespClient::ConnectTcp(server_->port());
  client_->Send({"eval", "redis.call('set', 'key', 1) while true do end", "0"});
  other.SendRaw(EncodeRequest({"script", "kill"}) + EncodeRequest({"shutdown", "nosave"}));
  EXPECT_THAT(client_->Receive().ToString(), StartsWith("-ERR Script killed"));
  EXPECT_THAT(other.Receive().ToString(), StartsWith("-UNKILLABLE "));
  EXPECT_TRUE(server_->server().stopping());
}

// Others may ask meanwhile what runs, and kill it as what it is.
TEST_P(BusyScriptTest, AFunctionIsKilledByItsOwnCommand) {
  ASSERT_EQ(client_->Text({"function", "load",
                           "#!lua name=lib\n"
                           "redis.register_function('loop', function() while true do end end)"}),
            "\"lib\"");
  RespClient other = RespClient::ConnectTcp(server_->port());
  client_->Send({"fcall", "Loop", "1", "key", "arg"});
  other.SendRaw(EncodeRequest({"get", "key"}) + EncodeRequest({"script", "kill"}) +
                EncodeRequest({"function", "stats"}) + EncodeRequest({"function", "kill"}));
  EXPECT_THAT(
      client_->Receive().ToString(),
      StartsWith("-ERR Script killed by user with SCRIPT KILL... script: loop, on @user_f"));
  const std::string busy =
      "-BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";
  EXPECT_EQ(other.Receive().ToString(), busy);
  EXPECT_EQ(other.Receive().ToString(), busy);
  EXPECT_THAT(other.Receive().ToString(),
              StartsWith(R"(["running_script", ["name", "loop", "command", )"
                         R"(["fcall", "Loop", "1", "key", "arg"], "duration_ms", )"));
  EXPECT_EQ(other.Receive().ToString(), "+OK");
  EXPECT_EQ(client_->Text({"function", "kill"}), "-NOTBUSY No scripts in execution right now.");
}

TEST_P(BusyScriptTest, AScriptIsNotKilledAsAFunction) {
  RespClient other = RespClient::ConnectTcp(server_->port());
  client_->Send({"eval", "while true do end", "0"});
  other.SendRaw(EncodeRequest({"function", "kill"}) + EncodeRequest({"function", "stats"}) +
                EncodeRequest({"script", "kill"}));
  EXPECT_THAT(client_->Receive().ToString(), StartsWith("-ERR Script killed by user"));
  EXPECT_THAT(other.Receive().ToString(), StartsWith("-BUSY "));
  EXPECT_THAT(other.Receive().ToString(), StartsWith("-BUSY "));
  EXPECT_EQ(other.Receive().ToString(), "+OK");
}

INSTANTIATE_BACKEND_TESTS(BusyScriptTest);

}  // namespace
}  // namespace tests
