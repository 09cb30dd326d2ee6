// A command that takes long lets the loop breathe: a command that exists only here.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kv/command/context.h"
#include "tests/kv/server/backend_test.h"
#include "tests/support/test_server.h"

namespace tests {
namespace {

using resp::Value;
using ::testing::ElementsAre;

constexpr std::string_view kBusy =
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";

// BUSY text: works until RELEASE comes, then answers with the text.
struct Work {
  kv::Server* server = nullptr;
  std::function<void(int)> on_poll;  // with the number of polls so far
  bool released = false;
};

void BusyCommand(kv::Context& context) {
  constexpr int kMaxPolls = 100'000;
  Work& work = context.Owner<Work>();
  context.effects.AsGiven();
  for (int polls = 0; !work.released && polls < kMaxPolls; ++polls) {
    work.on_poll(polls);
    work.server->PollRestricted();
  }
  context.reply.Bulk(context.args[1]);
}

void ReleaseCommand(kv::Context& context) {
  context.Owner<Work>().released = true;
  context.reply.Ok();
}

constexpr kv::CommandSpec kCommands[] = {
    {.name = "busy", .handler = BusyCommand, .arity = 2, .flags = kv::kWrite},
    {.name = "release", .handler = ReleaseCommand, .arity = 1, .flags = kv::kAllowBusy},
};

class EffectRecorder : public kv::EffectObserver {
 public:
  void OnEffects(std::span<const kv::Effect> group) override {
    for (const kv::Effect& effect : group) names.push_back(effect.args[0]);
  }
  std::vector<std::string> names;
};

class RestrictedRunnerTest : public BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    if (IsSkipped()) return;
    server_ = std::make_unique<TestServer>(Options());
    work_.server = &server_->server();
    server_->server().table().Register(kCommands, &work_);
  }
  // A client whose waiting does not tick the server.
  RespClient ConnectWithoutTurn() { return RespClient::ConnectTcp(server_->port()); }

  std::unique_ptr<TestServer> server_;
  Work work_;
};

TEST_P(RestrictedRunnerTest, OthersAreAnsweredWhileACommandRuns) {
  const std::string text(20'000, 't');
  RespClient client = server_->Connect();
  RespClient idle = ConnectWithoutTurn();
  ASSERT_EQ(client.Text({"ping"}), "+PONG");
  std::unique_ptr<RespClient> late;
  std::vector<Value> answers;
  work_.on_poll = [&](int polls) {
    if (polls == 0) {
      idle.SendRaw(EncodeRequest({"get", "key"}) + EncodeRequest({"no-such-command"}));
      client.Send({"echo", "held"});
    }
    if (late == nullptr && answers.size() < 2) {
      if (!idle.HasInput()) return;
      answers.push_back(idle.Receive());
      answers.push_back(idle.Receive());
      late = std::make_unique<RespClient>(ConnectWithoutTurn());
      late->Send({"set", "key", "overwritten"});
    } else if (answers.size() == 2) {
      if (!late->HasInput()) return;
      answers.push_back(late->Receive());
      late->Send({"release"});
    }
  };
  EffectRecorder effects;
  server_->server().effects().AddObserver(&effects);
  client.SendRaw(EncodeRequest({"set", "key", "value"}) + EncodeRequest({"busy", text}) +
                 EncodeRequest({"get", "key"}));
  EXPECT_EQ(client.Receive(), Value::Simple("OK"));
  EXPECT_EQ(client.Receive(), Value::Bulk(text)) << "the arguments of the interrupted run changed";
  EXPECT_EQ(client.Receive(), Value::Bulk("value"));
  EXPECT_EQ(client.Receive(), Value::Bulk("held"));
  EXPECT_TRUE(work_.released);
  const Value busy = Value::Error(std::string(kBusy));
  EXPECT_THAT(answers, ElementsAre(busy, busy, busy));
  EXPECT_EQ(late->Receive(), Value::Simple("OK"));
  EXPECT_THAT(effects.names, ElementsAre("set", "busy"));
  server_->server().effects().RemoveObserver(&effects);
}

TEST_P(RestrictedRunnerTest, WhatArrivedInPartIsServedAfterwards) {
  RespClient client = server_->Connect();
  RespClient other = server_->Connect();
  ASSERT_EQ(client.Text({"ping"}), "+PONG");
  ASSERT_EQ(other.Text({"ping"}), "+PONG");
  const std::string request = EncodeRequest({"set", "key", std::string(50'000, 'v')});
  work_.on_poll = [&](int polls) {
    if (polls == 0) other.SendRaw(std::string_view(request).substr(0, 40'000));
    if (polls == 20) work_.released = true;
  };
  EXPECT_EQ(client.Run({"busy", "text"}), Value::Bulk("text"));
  other.SendRaw(std::string_view(request).substr(40'000));
  EXPECT_EQ(other.Receive(), Value::Simple("OK"));
  EXPECT_EQ(other.Text({"strlen", "key"}), "50000");
}

TEST_P(RestrictedRunnerTest, ATransactionThatWasRefusedACommandIsAborted) {
  RespClient client = server_->Connect();
  RespClient idle = ConnectWithoutTurn();
  ASSERT_EQ(client.Text({"ping"}), "+PONG");
  work_.on_poll = [&](int polls) {
    if (polls == 0) {
      idle.Send({"multi"});
      idle.Send({"set", "key", "1"});
    }
    if (polls == 20) work_.released = true;
  };
  EXPECT_EQ(client.Run({"busy", "text"}), Value::Bulk("text"));
  EXPECT_EQ(idle.Receive(), Value::Simple("OK"));
  EXPECT_EQ(idle.Receive(), Value::Error(std::string(kBusy)));
  idle.Send({"set", "key", "2"});
  idle.Send({"exec"});
  client.Text({"ping"});
  EXPECT_EQ(idle.Receive(), Value::Simple("QUEUED"));
  EXPECT_EQ(idle.Receive(),
            Value::Error("EXECABORT Transaction discarded because of previous errors."));
  EXPECT_EQ(client.Text({"get", "key"}), "nil");
}

TEST_P(RestrictedRunnerTest, ExecThatIsRefusedSaysWhyAndEndsTheTransaction) {
  RespClient client = server_->Connect();
  RespClient idle = server_->Connect();
  ASSERT_EQ(idle.Text({"watch", "key"}), "+OK");
  ASSERT_EQ(idle.Text({"multi"}), "+OK");
  ASSERT_EQ(idle.Text({"set", "key", "1"}), "+QUEUED");
  work_.on_poll = [&](int polls) {
    if (polls == 0) idle.Send({"exec"});
    if (polls == 20) work_.released = true;
  };
  EXPECT_EQ(client.Run({"busy", "text"}), Value::Bulk("text"));
  EXPECT_EQ(idle.Receive(),
            Value::Error("EXECABORT Transaction discarded because of: " + std::string(kBusy)));
  EXPECT_EQ(idle.Text({"exec"}), "-ERR EXEC without MULTI");
  EXPECT_THAT(idle.Text({"client", "info"}), testing::HasSubstr(" watch=0 "));
  EXPECT_EQ(client.Text({"get", "key"}), "nil");
}

// Whether the kernel lets anybody in there.
bool MayConnect(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

TEST_P(RestrictedRunnerTest, ShutdownIsAllowedOnlyWithoutSaving) {
  const int port = server_->port();
  RespClient client = server_->Connect();
  RespClient idle = ConnectWithoutTurn();
  ASSERT_EQ(client.Text({"ping"}), "+PONG");
  work_.on_poll = [&](int polls) {
    if (polls == 0) idle.Send({"shutdown"});
    if (polls == 20) idle.Send({"shutdown", "nosave"});
    work_.released = server_->server().stopping();
    if (work_.released) {
      EXPECT_FALSE(MayConnect(port));
    }
  };
  EXPECT_EQ(client.Run({"busy", "text"}), Value::Bulk("text"));
  EXPECT_EQ(idle.Receive(), Value::Error(std::string(kBusy)));
  EXPECT_TRUE(server_->server().stopping());
}

INSTANTIATE_BACKEND_TESTS(RestrictedRunnerTest);

}  // namespace
}  // namespace tests
