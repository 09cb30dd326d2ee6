// Clients that wait for keys: with commands that exist only here, on every backend.
#include "kv/server/blocking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "kv/command/context.h"
#include "tests/kv/server/backend_test.h"
#include "tests/support/test_server.h"

namespace tests {
namespace {

using ::testing::HasSubstr;

// TAKE key ... milliseconds: removes the first of the strings that exists and replies with it.
void TakeCommand(kv::Context& context) {
  const size_t last = context.args.size() - 1;
  for (size_t i = 1; i < last; ++i) {
    kv::EntryRef ref = context.db.FindForWrite(context.Key(i));
    if (!ref) continue;
    context.reply.Bulk(ref->string().view());
    context.db.Remove(ref);
    context.effects.Instead({"del", context.args[i]});
    return;
  }
  int64_t milliseconds;
  if (!context.ParseInteger(last, &milliseconds)) return;
  context.Block(1, last, milliseconds * 1000, kv::TimeoutReply::kNullArray);
}

// GIVE key value: SET, which tells those who wait.
void GiveCommand(kv::Context& context) {
  const kv::HashedKey key = context.Key(1);
  kv::EntryRef ref = context.db.FindForWrite(key);
  context.db.PutString(key, ref, context.args[2], kv::kNoDeadline);
  context.store.context().SignalReady(context.db.index(), key.bytes);
  context.effects.AsGiven();
  context.reply.Ok();
}

// HURRY: from here on this client never waits.
void HurryCommand(kv::Context& context) {
  context.client.SetFlag(kv::kClientNeverWaits, true);
  context.reply.Ok();
}

constexpr kv::CommandSpec kCommands[] = {
    {.name = "take", .handler = TakeCommand, .arity = -3, .flags = kv::kWrite | kv::kBlocking},
    {.name = "give", .handler = GiveCommand, .arity = 3, .flags = kv::kWrite},
    {.name = "hurry", .handler = HurryCommand, .arity = 1},
};

class BlockingTest : public BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    if (IsSkipped()) return;
    server_ = std::make_unique<TestServer>(Options());
    server_->server().table().Register(kCommands);
    control_ = std::make_unique<RespClient>(server_->Connect());
  }
  std::string Run(const Request& request) { return control_->Text(request); }
  // A client whose request waits.
  RespClient Waiting(const Arguments& request) {
    RespClient client = server_->Connect();
    client.Send(request);
    RunTicks();
    return client;
  }
  // Enough of them for what was sent to be received and run.
  void RunTicks() {
    for (int tick = 0; tick < 5; ++tick) server_->server().RunOnce(0);
  }
  std::string IdOf(RespClient* client) { return client->Text({"client", "id"}); }

  std::unique_ptr<TestServer> server_;
  std::unique_ptr<RespClient> control_;
};

TEST_P(BlockingTest, AreServedInOrderRightBehindTheCommandThatGives) {
  RespClient first = Waiting({"take", "key", "0"});
  RespClient second = Waiting({"take", "other", "key", "0"});
  EXPECT_THAT(Run({"info", "clients"}), HasSubstr("blocked_clients:2"));
  EXPECT_THAT(Run({"info", "clients"}), HasSubstr("total_blocking_keys:2"));
  const std::vector<resp::Value> replies = control_->Pipeline(
      {{"give", "key", "1"}, {"exists", "key"}, {"give", "key", "2"}, {"give", "key", "3"}});
  EXPECT_EQ(replies[1].ToString(), "0");
  EXPECT_EQ(first.Receive().ToString(), "\"1\"");
  EXPECT_EQ(second.Receive().ToString(), "\"2\"");
  EXPECT_EQ(Run({"get", "key"}), "\"3\"");
  EXPECT_THAT(Run({"info", "clients"}), HasSubstr("blocked_clients:0"));
  EXPECT_THAT(Run({"info", "commandstats"}), HasSubstr("cmdstat_take:calls=2,"));
}

TEST_P(BlockingTest, RequestsBehindTheWaitingOneRunAfterIt) {
  RespClient client = server_->Connect();
  client.SendRaw(EncodeRequest({"incr", "before"}) + EncodeRequest({"take", "key", "0"}) +
                 EncodeRequest({"get", "key"}) + EncodeRequest({"ping"}));
  EXPECT_EQ(client.Receive().ToString(), "1");
  RunTicks();
  client.Send({"echo", "later"});
  RunTicks();
  EXPECT_FALSE(client.HasInput());
  Run({"give", "key", "value"});
  EXPECT_EQ(client.Receive().ToString(), "\"value\"");
  EXPECT_EQ(client.Receive().ToString(), "nil");
  EXPECT_EQ(client.Receive().ToString(), "+PONG");
  EXPECT_EQ(client.Receive().ToString(), "\"later\"");
}

TEST_P(BlockingTest, AMonitorSeesTheRequestOnceWhenItBeginsToWait) {
  RespClient monitor = server_->Connect();
  ASSERT_EQ(monitor.Text({"monitor"}), "+OK");
  RespClient waiting = Waiting({"take", "key", "0"});
  EXPECT_THAT(monitor.Receive().text, HasSubstr("\"take\" \"key\""));
  Run({"give", "key", "1"});
  EXPECT_EQ(waiting.Receive().ToString(), "\"1\"");
  Run({"exists", "key"});
  EXPECT_THAT(monitor.Receive().text, HasSubstr("\"give\" \"key\""));
  EXPECT_THAT(monitor.Receive().text, HasSubstr("\"exists\" \"key\""));
}

TEST_P(BlockingTest, TimesOutToTheMillisecond) {
  RespClient client = Waiting({"take", "key", "100"});
  server_->AdvanceTime(99);
  EXPECT_FALSE(client.HasInput());
  server_->AdvanceTime(1);
  EXPECT_EQ(client.Receive().ToString(), "nil array");
  EXPECT_EQ(Run({"give", "key", "value"}), "+OK");
  EXPECT_EQ(Run({"exists", "key"}), "1");
  EXPECT_EQ(client.Text({"ping"}), "+PONG");
}

TEST_P(BlockingTest, AClientThatNeverWaitsIsAnsweredAtOnce) {
  ASSERT_EQ(Run({"hurry"}), "+OK");
  EXPECT_EQ(Run({"take", "key", "0"}), "nil array");
  EXPECT_EQ(Run({"bzpopdue", "key", "0"}), "nil array");
  EXPECT_THAT(Run({"info", "clients"}), HasSubstr("blocked_clients:0"));
  Run({"give", "key", "value"});
  EXPECT_EQ(Run({"take", "key", "0"}), "\"value\"");
}

TEST_P(BlockingTest, ClientUnblockEndsTheWait) {
  RespClient client = server_->Connect();
  const std::string id = IdOf(&client);
  EXPECT_EQ(Run({"client", "unblock", id}), "0");
  for (const std::string reason : {"", "timeout", "error"}) {
    client.Send({"take", "key", "0"});
    RunTicks();
    Arguments request = {"client", "unblock", id};
    if (!reason.empty()) request.push_back(reason);
    EXPECT_EQ(Run(request), "1");
    EXPECT_EQ(client.Receive().ToString(),
              reason == "error" ? "-UNBLOCKED client unblocked via CLIENT UNBLOCK" : "nil array");
  }
  EXPECT_EQ(Run({"client", "unblock", id}), "0");
  EXPECT_THAT(Run({"info", "errorstats"}), HasSubstr("errorstat_UNBLOCKED:count=1"));
}

TEST_P(BlockingTest, NothingIsTakenForAPeerThatIsGone) {
  {
    RespClient gone = Waiting({"take", "key", "0"});
    RespClient killed = server_->Connect();
    const std::string id = IdOf(&killed);
    killed.Send({"take", "key", "0"});
    RunTicks();
    EXPECT_EQ(Run({"client", "kill", "id", id}), "1");
  }
  Run({"give", "key", "value"});
  EXPECT_EQ(Run({"get", "key"}), "\"value\"");
  EXPECT_THAT(Run({"info", "clients"}), HasSubstr("blocked_clients:0"));
  EXPECT_THAT(Run({"info", "clients"}), HasSubstr("total_blocking_keys:0"));
}

TEST_P(BlockingTest, AtTheEndOfInputItAnswersAsTimedOut) {
  RespClient before = server_->Connect();
  before.SendRaw(EncodeRequest({"take", "key", "0"}) + EncodeRequest({"ping"}));
  before.ShutdownSending();
  EXPECT_EQ(before.Receive().ToString(), "nil array");
  EXPECT_EQ(before.Receive().ToString(), "+PONG");
  EXPECT_TRUE(before.AtEnd());

  RespClient later = Waiting({"take", "key", "0"});
  later.ShutdownSending();
  EXPECT_EQ(later.Receive().ToString(), "nil array");
  EXPECT_TRUE(later.AtEnd());
}

TEST_P(BlockingTest, AnErrorOnTheSecondTryIsAnAnswer) {
  RespClient client = Waiting({"take", "key", "0"});
  Run({"give", "key", ""});
  EXPECT_EQ(client.Receive().ToString(), "\"\"");
  EXPECT_EQ(client.Text({"take", "key", "no number"}),
            "-ERR value is not an integer or out of range");
}

TEST_P(BlockingTest, APauseHoldsServingUp) {
  RespClient client = Waiting({"take", "key", "0"});
  Run({"client", "pause", "100", "write"});
  control_->Send({"give", "key", "value"});
  RunTicks();
  EXPECT_FALSE(client.HasInput());
  server_->AdvanceTime(100);
  EXPECT_EQ(control_->Receive().ToString(), "+OK");
  EXPECT_EQ(client.Receive().ToString(), "\"value\"");
}

TEST_P(BlockingTest, SwappedDatabasesServeTheirWaiters) {
  RespClient client = Waiting({"take", "key", "0"});
  ASSERT_EQ(Run({"select", "1"}), "+OK");
  Run({"give", "key", "value"});
  EXPECT_FALSE(client.HasInput());
  EXPECT_EQ(Run({"swapdb", "0", "1"}), "+OK");
  EXPECT_EQ(client.Receive().ToString(), "\"value\"");
}

TEST_P(BlockingTest, AKeyNamedTwiceIsWaitedForOnce) {
  RespClient client = Waiting({"take", "key", "key", "0"});
  EXPECT_THAT(Run({"info", "clients"}), HasSubstr("total_blocking_keys:1"));
  Run({"give", "key", "value"});
  EXPECT_EQ(client.Receive().ToString(), "\"value\"");
}

INSTANTIATE_BACKEND_TESTS(BlockingTest);

}  // namespace
}  // namespace tests
