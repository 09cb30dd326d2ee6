// What a crash could take back is not told before it is on the disk. On every event backend.
#include "kv/server/durability.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/persistence/effect_log.h"
#include "tests/kv/server/backend_test.h"
#include "tests/support/slow_sync_env.h"
#include "tests/support/test_server.h"

namespace tests {
namespace {

using kv::SyncPolicy;

class DurabilityTest : public BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    if (IsSkipped()) return;
    directory_ = *env_.OpenDirectory("");
    Start(SyncPolicy::kAlways);
  }
  void TearDown() override {
    env_.ReleaseSyncs();
    if (server_ != nullptr) End();
  }

  void Start(SyncPolicy policy, kv::ServerOptions options = {}) {
    if (server_ != nullptr) End();
    options.event_backend = Options().event_backend;
    server_ = std::make_unique<TestServer>(options);
    log_ = *kv::EffectLog::Open(*directory_, "log", policy, server_->clock());
    server_->server().SetLog(log_.get());
  }
  void End() {
    server_->server().SetLog(nullptr);
    log_ = nullptr;
    server_ = nullptr;
  }
  RespClient Connect() { return server_->Connect(); }
  void Tick(int times) {
    for (int i = 0; i < times; ++i) server_->server().RunOnce(0);
  }

  // Whether a reply has come, after time enough for one that is not held.
  bool IsAnswered(RespClient& client) {
    Tick(8);
    RespClient other = Connect();
    EXPECT_EQ(other.Text({"ping"}), "+PONG");
    return client.HasInput();
  }
  // Begins a write by another client whose sync is held.
  void BeginHeldWrite() {
    env_.HoldSyncs();
    writer_ = std::make_unique<RespClient>(Connect());
    writer_->Send({"set", "held", "1"});
    Tick(4);
    env_.WaitForSync();
  }
  bool HasWritten(const std::string& key) {
    return env_.Contents("log").find("\r\n" + key + "\r\n") != std::string::npos;
  }

  SlowSyncEnv env_;
  std::unique_ptr<kv::Directory> directory_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<kv::EffectLog> log_;
  std::unique_ptr<RespClient> writer_;
};

INSTANTIATE_BACKEND_TESTS(DurabilityTest);

// --- what waits ---

TEST_P(DurabilityTest, AWriteIsAnsweredWhenItIsOnTheDisk) {
  BeginHeldWrite();
  EXPECT_FALSE(IsAnswered(*writer_));
  EXPECT_TRUE(HasWritten("held"));
  env_.ReleaseSyncs();
  EXPECT_EQ(writer_->Receive(), resp::Value::Simple("OK"));
}

TEST_P(DurabilityTest, ReadsThatCouldSeeTheWriteWait) {
  BeginHeldWrite();
  RespClient reader = Connect();
  RespClient counter = Connect();
  reader.Send({"get", "held"});
  counter.Send({"dbsize"});
  EXPECT_FALSE(IsAnswered(reader));
  EXPECT_FALSE(IsAnswered(counter));
  env_.ReleaseSyncs();
  EXPECT_EQ(reader.Receive().text, "1");
  EXPECT_EQ(counter.Receive().ToString(), "1");
}

TEST_P(DurabilityTest, ReadsAreAnsweredAtOnceWhenAllIsOnTheDisk) {
  BeginHeldWrite();
  env_.ReleaseSyncs();
  writer_->Receive();
  env_.HoldSyncs();
  RespClient reader = Connect();
  EXPECT_EQ(reader.Run({"get", "held"}).text, "1");
  EXPECT_EQ(env_.syncs_ended(), 1);
}

TEST_P(DurabilityTest, WhoAsksForNoDataNeverWaits) {
  RespClient idle = Connect();
  BeginHeldWrite();
  EXPECT_EQ(idle.Text({"ping"}), "+PONG");
  EXPECT_EQ(idle.Text({"select", "1"}), "+OK");
  EXPECT_EQ(idle.Text({"config", "set", "maxmemory", "0"}), "+OK");
  EXPECT_EQ(InfoNumber(&idle, "connected_clients"), 2);
  EXPECT_TRUE(idle.Run({"get"}).is_error());
  EXPECT_TRUE(idle.Run({"nonsense"}).is_error());
  EXPECT_FALSE(IsAnswered(*writer_));
}

TEST_P(DurabilityTest, APipelineLeavesUpToTheFirstReplyThatWaits) {
  RespClient client = Connect();
  env_.HoldSyncs();
  for (const Arguments& request :
       std::vector<Arguments>{{"ping"}, {"get", "a"}, {"set", "a", "1"}, {"ping"}, {"get", "a"}}) {
    client.Send(request);
  }
  EXPECT_EQ(client.ReceiveRaw(12), "+PONG\r\n$-1\r\n");
  env_.WaitForSync();
  EXPECT_FALSE(IsAnswered(client));
  env_.ReleaseSyncs();
  EXPECT_EQ(client.ReceiveRaw(19), "+OK\r\n+PONG\r\n$1\r\n1\r\n");
}

TEST_P(DurabilityTest, EachSyncReleasesExactlyWhatItCovers) {
  RespClient client = Connect();
  env_.HoldSyncs();
  client.Send({"set", "a", "1"});
  Tick(4);
  env_.WaitForSync();
  client.SendRaw(EncodeRequest({"get", "a"}) + EncodeRequest({"append", "a", "2"}) +
                 EncodeRequest({"append", "a", "3"}) + EncodeRequest({"ping"}));
  EXPECT_FALSE(IsAnswered(client));
  env_.ReleaseOneSync();
  EXPECT_EQ(client.ReceiveRaw(12), "+OK\r\n$1\r\n1\r\n");
  env_.WaitForSync();
  EXPECT_FALSE(IsAnswered(client));
  env_.ReleaseOneSync();
  EXPECT_EQ(client.ReceiveRaw(15), ":2\r\n:3\r\n+PONG\r\n");
}

TEST_P(DurabilityTest, LargeRepliesWaitToo) {
  const std::string value(3'000'000, 'v');
  RespClient client = Connect();
  EXPECT_EQ(client.Text({"set", "large", value}), "+OK");
  BeginHeldWrite();
  client.Send({"ping"});
  client.Send({"get", "large"});
  client.Send({"get", "large"});
  EXPECT_EQ(client.Receive().text, "PONG");
  EXPECT_FALSE(IsAnswered(client));
  env_.ReleaseSyncs();
  EXPECT_EQ(client.Receive().text, value);
  EXPECT_EQ(client.Receive().text, value);
}

TEST_P(DurabilityTest, ADeletionByExpiryIsWaitedForAsWell) {
  EXPECT_EQ(Connect().Text({"set", "a", "1", "px", "10"}), "+OK");
  env_.HoldSyncs();
  server_->AdvanceTime(10);
  env_.WaitForSync();
  RespClient reader = Connect();
  reader.Send({"get", "a"});
  EXPECT_FALSE(IsAnswered(reader));
  env_.ReleaseSyncs();
  EXPECT_TRUE(reader.Receive().is_null());
}

TEST_P(DurabilityTest, MonitorsLearnOfAWriteWhenItsClientDoes) {
  RespClient monitor = Connect();
  EXPECT_EQ(monitor.Text({"monitor"}), "+OK");
  BeginHeldWrite();
  EXPECT_FALSE(monitor.HasInput());
  Tick(8);
  EXPECT_FALSE(monitor.HasInput());
  env_.ReleaseSyncs();
  EXPECT_NE(monitor.Receive().text.find("\"set\" \"held\" \"1\""), std::string::npos);
}

TEST_P(DurabilityTest, SubscribersLearnOfAWriteWhenItsClientDoes) {
  RespClient listener = Connect();
  EXPECT_EQ(listener.Text({"config", "set", "notify-keyspace-events", "KEA"}), "+OK");
  listener.Run({"subscribe", "__keyevent@0__:set"});
  BeginHeldWrite();
  EXPECT_FALSE(IsAnswered(listener));
  env_.ReleaseSyncs();
  EXPECT_EQ(listener.Receive().ToString(), R"(["message", "__keyevent@0__:set", "held"])");
}

TEST_P(DurabilityTest, OnlyALogThatSyncsAlwaysHoldsAnythingBack) {
  for (const SyncPolicy policy : {SyncPolicy::kEverySecond, SyncPolicy::kNever}) {
    Start(policy);
    server_->AdvanceTime(2000);
    env_.HoldSyncs();
    RespClient client = Connect();
    EXPECT_EQ(client.Text({"set", "a", "1"}), "+OK");
    EXPECT_EQ(client.Text({"get", "a"}), "\"1\"");
    env_.ReleaseSyncs();
  }
}

// --- in the words of the requirement ---

TEST_P(DurabilityTest, SyncsOf100MillisecondsHoldBackExactlyWhatDependsOnThem) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kSyncTime = std::chrono::milliseconds(100);
  env_.SetSyncTime(kSyncTime);
  RespClient writer = Connect();
  RespClient reader = Connect();
  const auto begin = Clock::now();
  writer.Send({"set", "a", "1"});
  Tick(4);
  reader.Send({"get", "a"});
  EXPECT_EQ(reader.Receive().text, "1");
  EXPECT_GE(Clock::now() - begin, kSyncTime);
  EXPECT_EQ(env_.syncs_ended(), 1);
  EXPECT_EQ(writer.Receive().text, "OK");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(reader.Run({"get", "a"}).text, "1");
  EXPECT_EQ(env_.syncs_ended(), 1);
}

TEST_P(DurabilityTest, ManyClientsShareASync) {
  constexpr int kClients = 20;
  std::vector<RespClient> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(Connect());
  BeginHeldWrite();
  for (int i = 0; i < kClients; ++i) clients[i].Send({"set", absl::StrCat("key", i), "1"});
  Tick(4);
  env_.ReleaseSyncs();
  for (RespClient& client : clients) EXPECT_EQ(client.Receive().text, "OK");
  EXPECT_EQ(env_.syncs_ended(), 2);
}

// --- failures ---

TEST_P(DurabilityTest, AfterAFailedSyncNothingIsToldBeforeItSucceeded) {
  env_.FailSyncs(absl::UnknownError("sync log: Input/output error"));
  BeginHeldWrite();
  RespClient reader = Connect();
  reader.Send({"get", "held"});
  Tick(4);
  env_.ReleaseOneSync();
  RespClient other = Connect();
  std::string refusal;
  for (int i = 0; i < 10'000 && refusal.empty(); ++i) {
    const std::string reply = other.Text({"ping"});
    if (reply != "+PONG") refusal = reply;
  }
  EXPECT_EQ(refusal, "-MISCONF Errors writing to the AOF file: Input/output error");
  EXPECT_EQ(other.Text({"set", "b", "1"}), refusal);
  EXPECT_EQ(other.Text({"select", "0"}), "+OK");
  Tick(8);
  EXPECT_FALSE(writer_->HasInput());
  EXPECT_FALSE(reader.HasInput());
  EXPECT_EQ(server_->log().back(),
            "Writes are refused until the log of effects can be written: sync log: Input/output "
            "error");

  env_.FailSyncs(absl::OkStatus());
  env_.ReleaseSyncs();
  server_->AdvanceTime(100);
  EXPECT_EQ(writer_->Receive().text, "OK");
  EXPECT_EQ(reader.Receive().text, "1");
  EXPECT_EQ(other.Text({"set", "b", "1"}), "+OK");
  EXPECT_TRUE(HasWritten("held"));
  EXPECT_TRUE(HasWritten("b"));
}

TEST_P(DurabilityTest, AFullDiskRefusesWritesUntilThereIsRoom) {
  Start(SyncPolicy::kEverySecond);
  RespClient client = Connect();
  env_.FailAppends(absl::ResourceExhaustedError("write log: No space left on device"));
  EXPECT_EQ(client.Text({"set", "a", "1"}), "+OK");
  const std::string refusal = "-MISCONF Errors writing to the AOF file: No space left on device";
  EXPECT_EQ(client.Text({"set", "b", "1"}), refusal);
  EXPECT_EQ(client.Text({"get", "a"}), "\"1\"");
  env_.FailAppends(absl::OkStatus());
  server_->AdvanceTime(100);
  std::string reply = refusal;
  for (int i = 0; i < 10'000 && reply == refusal; ++i) reply = client.Text({"set", "b", "1"});
  EXPECT_EQ(reply, "+OK");
  EXPECT_TRUE(HasWritten("a"));
}

// --- the end of connections and of the server ---

TEST_P(DurabilityTest, QuitClosesAfterTheHeldReplies) {
  BeginHeldWrite();
  writer_->Send({"quit"});
  EXPECT_FALSE(IsAnswered(*writer_));
  env_.ReleaseSyncs();
  EXPECT_EQ(writer_->ReceiveRawUntilEnd(), "+OK\r\n+OK\r\n");
}

TEST_P(DurabilityTest, AHalfClosedPeerIsAnsweredWhenItIsDurable) {
  BeginHeldWrite();
  writer_->ShutdownSending();
  EXPECT_FALSE(IsAnswered(*writer_));
  env_.ReleaseSyncs();
  EXPECT_EQ(writer_->ReceiveRawUntilEnd(), "+OK\r\n");
}

TEST_P(DurabilityTest, AKilledClientGetsNothing) {
  BeginHeldWrite();
  RespClient other = Connect();
  EXPECT_EQ(other.Text({"client", "kill", "type", "normal"}), "1");
  Tick(8);
  EXPECT_EQ(writer_->ReceiveRawUntilEnd(), "");
  EXPECT_EQ(server_->server().store().keys(), 1u);
  env_.ReleaseSyncs();
  EXPECT_EQ(other.Run({"get", "held"}).text, "1");
}

TEST_P(DurabilityTest, APeerThatBreaksOffIsForgotten) {
  BeginHeldWrite();
  const linger reset = {.l_onoff = 1, .l_linger = 0};
  ASSERT_EQ(setsockopt(writer_->fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  writer_->Close();
  RespClient other = Connect();
  for (int i = 0; i < 1000 && InfoNumber(&other, "connected_clients") != 1; ++i) Tick(1);
  EXPECT_EQ(InfoNumber(&other, "connected_clients"), 1);
  env_.ReleaseSyncs();
  EXPECT_EQ(other.Run({"get", "held"}).text, "1");
}

TEST_P(DurabilityTest, HeldOutputCountsForItsLimits) {
  kv::ServerOptions options;
  options.client_output_buffer_limit[kv::kNormalClients].hard_bytes = 100'000;
  Start(SyncPolicy::kAlways, options);
  BeginHeldWrite();
  RespClient reader = Connect();
  RespClient other = Connect();
  other.Send({"set", "value", std::string(1000, 'v')});
  for (int i = 0; i < 200; ++i) reader.Send({"get", "value"});
  Tick(8);
  EXPECT_EQ(reader.ReceiveRawUntilEnd(), "");
}

TEST_P(DurabilityTest, AClientWhoseReplyIsHeldIsNotIdle) {
  kv::ServerOptions options;
  options.timeout = 1;
  Start(SyncPolicy::kAlways, options);
  BeginHeldWrite();
  server_->AdvanceTime(10'000);
  server_->AdvanceTime(1'000);
  env_.ReleaseSyncs();
  EXPECT_EQ(writer_->Receive().text, "OK");
}

TEST_P(DurabilityTest, ShutdownSyncsThenAnswers) {
  BeginHeldWrite();
  RespClient other = Connect();
  other.SendRaw(EncodeRequest({"set", "last", "1"}) + EncodeRequest({"shutdown"}));
  Tick(8);
  EXPECT_TRUE(server_->server().stopping());
  env_.SetSyncTime(std::chrono::milliseconds(5));
  env_.ReleaseSyncs();
  End();
  EXPECT_EQ(writer_->ReceiveRawUntilEnd(), "+OK\r\n");
  EXPECT_EQ(other.ReceiveRawUntilEnd(), "+OK\r\n");
  EXPECT_TRUE(HasWritten("last"));
}

TEST_P(DurabilityTest, AServerThatCannotSyncEndsWithoutAnAnswer) {
  env_.FailSyncs(absl::UnknownError("sync log: Input/output error"));
  BeginHeldWrite();
  env_.ReleaseSyncs();
  End();
  EXPECT_EQ(writer_->ReceiveRawUntilEnd(), "");
}

// On its own thread the server sleeps while nothing comes; the end of a sync wakes it.
TEST_P(DurabilityTest, TheEndOfASyncWakesTheLoop) {
  kv::ServerOptions options = Options();
  options.port_auto = true;
  options.bind = {"127.0.0.1"};
  options.hz = 1;
  kv::SystemClock clock;
  env_.SetSyncTime(std::chrono::milliseconds(10));
  const auto log = *kv::EffectLog::Open(*directory_, "own", SyncPolicy::kAlways, clock);
  const auto server = *kv::Server::Create(options);
  server->SetLog(log.get());
  std::thread thread([&] { server->Run(); });
  {
    RespClient client = RespClient::ConnectTcp(server->port());
    for (int i = 0; i < 10; ++i) EXPECT_EQ(client.Text({"incr", "n"}), absl::StrCat(i + 1));
    client.Send({"incr", "n"});
    client.Send({"shutdown"});
    EXPECT_EQ(client.ReceiveRawUntilEnd(), ":11\r\n");
  }
  thread.join();
  EXPECT_EQ(env_.syncs_ended(), 11);
}

}  // namespace
}  // namespace tests
