#include "kv/persistence/effect_log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "kv/base/clock.h"
#include "kv/base/random.h"
#include "kv/store/store.h"
#include "protocol/request_parser.h"
#include "tests/support/slow_sync_env.h"
#include "tests/support/test_server.h"

namespace tests {
namespace {

using kv::EffectLog;
using kv::SyncPolicy;

constexpr int64_t kRetryMillis = 100;

std::vector<Arguments> ParseRequests(std::string_view bytes) {
  resp::RequestParser parser;
  std::vector<Arguments> requests;
  size_t position = 0;
  resp::ArgVector args;
  while (parser.Next(bytes, &position, {}, &args) == resp::ParseResult::kRequest) {
    requests.emplace_back(args.begin(), args.end());
    args.clear();
  }
  EXPECT_EQ(position, bytes.size()) << "a request is cut";
  return requests;
}

class EffectLogTest : public testing::Test {
 protected:
  void Open(SyncPolicy policy) {
    directory_ = *env_.OpenDirectory("");
    auto log = EffectLog::Open(*directory_, "log", policy, clock_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = std::move(*log);
  }
  void TearDown() override { env_.ReleaseSyncs(); }

  void Write(std::vector<kv::Effect> group) { log_->OnEffects(group); }
  void Set(const std::string& key) { Write({{0, {"SET", key, "1"}}}); }

  // Runs ticks until the log says that something has happened.
  void PersistUntilProgress() {
    for (int i = 0; i < 20'000; ++i) {
      if (log_->Persist()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    FAIL() << "nothing happens";
  }

  std::string File() { return env_.Contents("log"); }
  // "SELECT 0 | SET a 1".
  std::string Requests() {
    return absl::StrJoin(ParseRequests(File()), " | ", [](std::string* out, const Arguments& args) {
      out->append(absl::StrJoin(args, " "));
    });
  }

  SlowSyncEnv env_;
  kv::SettableClock clock_;
  std::unique_ptr<kv::Directory> directory_;
  std::unique_ptr<EffectLog> log_;
};

// --- encoding ---

TEST_F(EffectLogTest, WritesEffectsAsRequests) {
  Open(SyncPolicy::kNever);
  Write({{3, {"SET", "a\r\n", ""}}});
  EXPECT_EQ(File(), "");
  log_->Persist();
  EXPECT_EQ(File(),
            "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"
            "*3\r\n$3\r\nSET\r\n$3\r\na\r\n\r\n$0\r\n\r\n");
  EXPECT_EQ(log_->appended_offset(), File().size());
}

TEST_F(EffectLogTest, SelectsWhenTheDatabaseChanges) {
  Open(SyncPolicy::kNever);
  Write({{0, {"SET", "a", "1"}}});
  Write({{0, {"DEL", "a"}}});
  Write({{2, {"DEL", "b"}}});
  log_->Persist();
  Write({{2, {"DEL", "c"}}});
  Write({{0, {"DEL", "d"}}});
  log_->Persist();
  EXPECT_EQ(Requests(), "SELECT 0 | SET a 1 | DEL a | SELECT 2 | DEL b | DEL c | SELECT 0 | DEL d");
}

TEST_F(EffectLogTest, WrapsTheEffectsOfOneCommandInATransaction) {
  Open(SyncPolicy::kNever);
  Write({{0, {"DEL", "a"}}, {1, {"DEL", "b"}}, {1, {"SET", "c", "1"}}});
  Write({{1, {"DEL", "c"}}});
  log_->Persist();
  EXPECT_EQ(Requests(), "MULTI | SELECT 0 | DEL a | SELECT 1 | DEL b | SET c 1 | EXEC | DEL c");
}

TEST_F(EffectLogTest, ContinuesAFile) {
  Open(SyncPolicy::kAlways);
  Set("a");
  EXPECT_TRUE(log_->Finish().ok());
  Open(SyncPolicy::kAlways);
  EXPECT_EQ(log_->appended_offset(), 0u);
  Set("b");
  EXPECT_TRUE(log_->Finish().ok());
  EXPECT_EQ(Requests(), "SELECT 0 | SET a 1 | SELECT 0 | SET b 1");
}

TEST_F(EffectLogTest, OpeningReportsWhyItFailed) {
  const auto directory = *env_.OpenDirectory("");
  const auto log = EffectLog::Open(*directory, "absent/log", SyncPolicy::kNever, clock_);
  EXPECT_EQ(log.status().code(), absl::StatusCode::kNotFound);
}

// --- group commit ---

TEST_F(EffectLogTest, TheWatermarkMovesWhenASyncEnds) {
  Open(SyncPolicy::kAlways);
  env_.HoldSyncs();
  Set("a");
  EXPECT_GT(log_->appended_offset(), 0u);
  EXPECT_FALSE(log_->Persist());
  env_.WaitForSync();
  EXPECT_FALSE(log_->Persist());
  EXPECT_EQ(log_->durable_offset(), 0u);
  env_.ReleaseSyncs();
  PersistUntilProgress();
  EXPECT_EQ(log_->durable_offset(), log_->appended_offset());
}

TEST_F(EffectLogTest, WhatIsStatedDuringASyncGoesWithTheNext) {
  Open(SyncPolicy::kAlways);
  env_.HoldSyncs();
  Set("a");
  log_->Persist();
  env_.WaitForSync();
  const uint64_t first = log_->appended_offset();
  for (const char* key : {"b", "c", "d"}) {
    Set(key);
    log_->Persist();
  }
  EXPECT_EQ(File().size(), first);  // the file is the syncing thread's
  env_.ReleaseOneSync();
  PersistUntilProgress();
  EXPECT_EQ(log_->durable_offset(), first);
  env_.WaitForSync();
  EXPECT_EQ(File().size(), log_->appended_offset());
  env_.ReleaseOneSync();
  PersistUntilProgress();
  EXPECT_EQ(log_->durable_offset(), log_->appended_offset());
  EXPECT_EQ(env_.syncs_ended(), 2);
}

TEST_F(EffectLogTest, NoSyncWithoutEffects) {
  Open(SyncPolicy::kAlways);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(log_->Persist());
  EXPECT_TRUE(log_->Finish().ok());
  EXPECT_EQ(env_.syncs_ended(), 0);
}

TEST_F(EffectLogTest, ASyncASecond) {
  Open(SyncPolicy::kEverySecond);
  clock_.AdvanceMillis(10'000);
  Set("a");
  log_->Persist();
  PersistUntilProgress();
  EXPECT_EQ(env_.syncs_ended(), 1);
  Set("b");
  log_->Persist();
  clock_.AdvanceMillis(999);
  EXPECT_FALSE(log_->Persist());
  EXPECT_EQ(env_.syncs_ended(), 1);
  EXPECT_EQ(File().size(), log_->appended_offset());
  EXPECT_LT(log_->durable_offset(), log_->appended_offset());
  clock_.AdvanceMillis(1);
  log_->Persist();
  PersistUntilProgress();
  EXPECT_EQ(env_.syncs_ended(), 2);
  EXPECT_EQ(log_->durable_offset(), log_->appended_offset());
}

TEST_F(EffectLogTest, NeverSyncsButInTheEnd) {
  Open(SyncPolicy::kNever);
  Set("a");
  log_->Persist();
  clock_.AdvanceMillis(100'000);
  log_->Persist();
  EXPECT_EQ(env_.syncs_ended(), 0);
  EXPECT_EQ(log_->durable_offset(), 0u);
  EXPECT_TRUE(log_->Finish().ok());
  EXPECT_EQ(env_.syncs_ended(), 1);
  EXPECT_EQ(log_->durable_offset(), log_->appended_offset());
}

TEST_F(EffectLogTest, FinishWaitsForTheSyncUnderWayAndSyncsTheRest) {
  Open(SyncPolicy::kAlways);
  env_.SetSyncTime(std::chrono::milliseconds(5));
  Set("a");
  log_->Persist();
  Set("b");
  EXPECT_TRUE(log_->Finish().ok());
  EXPECT_EQ(env_.syncs_ended(), 2);
  EXPECT_EQ(log_->durable_offset(), log_->appended_offset());
  EXPECT_EQ(Requests(), "SELECT 0 | SET a 1 | SET b 1");
}

TEST_F(EffectLogTest, WakesWhenASyncEnds) {
  std::atomic<int> wakes = 0;
  Open(SyncPolicy::kAlways);
  log_->SetWake([&] { ++wakes; });
  Set("a");
  EXPECT_TRUE(log_->Finish().ok());
  while (wakes == 0) std::this_thread::yield();
  log_->SetWake(nullptr);
  Set("b");
  EXPECT_TRUE(log_->Finish().ok());
  log_ = nullptr;
  EXPECT_EQ(wakes, 1);
}

TEST_F(EffectLogTest, TheSyncingThreadTakesNoSignals) {
  // With the signal blocked here, it would be delivered to any thread that does not block it.
  static volatile sig_atomic_t delivered = 0;
  struct sigaction count = {};
  struct sigaction before = {};
  count.sa_handler = [](int) { delivered = 1; };
  sigaction(SIGUSR1, &count, &before);
  Open(SyncPolicy::kAlways);
  env_.HoldSyncs();
  Set("a");
  log_->Persist();
  env_.WaitForSync();
  sigset_t signal;
  sigset_t mask;
  sigemptyset(&signal);
  sigaddset(&signal, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &signal, &mask);
  kill(getpid(), SIGUSR1);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(delivered, 0);
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  EXPECT_EQ(delivered, 1);
  sigaction(SIGUSR1, &before, nullptr);
}

// --- errors ---

TEST_F(EffectLogTest, AFailedAppendIsCutOffAndRepeated) {
  Open(SyncPolicy::kAlways);
  Set("a");
  EXPECT_TRUE(log_->Finish().ok());
  const std::string before = File();
  env_.FailAppends(absl::ResourceExhaustedError("write log: No space left on device"));
  Set("b");
  EXPECT_TRUE(log_->Persist());
  EXPECT_EQ(log_->status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(File(), before);
  Set("c");
  env_.FailAppends(absl::OkStatus());
  EXPECT_FALSE(log_->Persist());  // not at each tick
  EXPECT_EQ(File(), before);
  clock_.AdvanceMillis(kRetryMillis);
  log_->Persist();
  EXPECT_FALSE(log_->status().ok());  // not before it is durable
  PersistUntilProgress();
  EXPECT_TRUE(log_->status().ok());
  EXPECT_EQ(log_->durable_offset(), log_->appended_offset());
  EXPECT_EQ(Requests(), "SELECT 0 | SET a 1 | SET b 1 | SET c 1");
}

TEST_F(EffectLogTest, WhatCannotBeCutOffAtOnceIsCutOffLater) {
  Open(SyncPolicy::kNever);
  env_.FailAppends(absl::ResourceExhaustedError("full"));
  env_.FailTruncations(absl::UnknownError("broken"));
  Set("a");
  log_->Persist();
  EXPECT_NE(File(), "");
  env_.FailAppends(absl::OkStatus());
  clock_.AdvanceMillis(kRetryMillis);
  log_->Persist();
  EXPECT_FALSE(log_->status().ok());
  env_.FailTruncations(absl::OkStatus());
  clock_.AdvanceMillis(kRetryMillis);
  EXPECT_TRUE(log_->Persist());
  EXPECT_TRUE(log_->status().ok());
  EXPECT_EQ(Requests(), "SELECT 0 | SET a 1");
}

// After a failed sync the system may forget what it could not write, and call the next a success.
TEST_F(EffectLogTest, AfterAFailedSyncTheBytesAreWrittenAnew) {
  Open(SyncPolicy::kAlways);
  Set("a");
  EXPECT_TRUE(log_->Finish().ok());
  const uint64_t durable = log_->durable_offset();
  const std::string durable_file = File();
  env_.FailSyncs(absl::UnknownError("sync log: Input/output error"));
  Set("b");
  log_->Persist();
  Set("c");
  PersistUntilProgress();
  EXPECT_FALSE(log_->status().ok());
  EXPECT_EQ(log_->durable_offset(), durable);
  env_.FailSyncs(absl::OkStatus());
  env_.FailAppends(absl::UnknownError("to see what is cut off"));
  clock_.AdvanceMillis(kRetryMillis);
  log_->Persist();
  EXPECT_EQ(File(), durable_file);
  env_.FailAppends(absl::OkStatus());
  clock_.AdvanceMillis(kRetryMillis);
  log_->Persist();
  PersistUntilProgress();
  EXPECT_TRUE(log_->status().ok());
  EXPECT_EQ(log_->durable_offset(), log_->appended_offset());
  EXPECT_EQ(Requests(), "SELECT 0 | SET a 1 | SET b 1 | SET c 1");
}

TEST_F(EffectLogTest, EverySecondAFailedSyncIsRepeated) {
  Open(SyncPolicy::kEverySecond);
  clock_.AdvanceMillis(10'000);
  env_.FailSyncs(absl::UnknownError("sync log: Input/output error"));
  Set("a");
  log_->Persist();
  PersistUntilProgress();
  EXPECT_FALSE(log_->status().ok());
  Set("b");
  env_.FailSyncs(absl::OkStatus());
  clock_.AdvanceMillis(kRetryMillis);
  log_->Persist();
  PersistUntilProgress();
  EXPECT_TRUE(log_->status().ok());
  EXPECT_EQ(log_->durable_offset(), log_->appended_offset());
  EXPECT_EQ(Requests(), "SELECT 0 | SET a 1 | SET b 1");
}

TEST_F(EffectLogTest, FinishReportsWhatCouldNotBeMadeDurable) {
  Open(SyncPolicy::kAlways);
  env_.FailSyncs(absl::UnknownError("sync log: Input/output error"));
  Set("a");
  EXPECT_FALSE(log_->Finish().ok());
  EXPECT_EQ(log_->durable_offset(), 0u);
  env_.FailSyncs(absl::OkStatus());
  EXPECT_TRUE(log_->Finish().ok());
  EXPECT_EQ(Requests(), "SELECT 0 | SET a 1");
}

// --- reading it back ---

kv::ServerOptions DebuggableOptions() {
  kv::ServerOptions options;
  options.enable_debug_command = kv::Permission::kEverybody;
  return options;
}

TEST_F(EffectLogTest, RepeatedOnAnEmptyServerItGivesEqualData) {
  Open(SyncPolicy::kEverySecond);
  TestServer server(DebuggableOptions());
  server.server().SetLog(log_.get());
  RespClient client = server.Connect();
  kv::Random random(7);
  const auto key = [&] { return absl::StrCat("key", random.Uniform(50)); };
  for (int i = 0; i < 3000; ++i) {
    switch (random.Uniform(7)) {
      case 0:
        client.Run({"select", absl::StrCat(random.Uniform(3))});
        break;
      case 1:
        client.Run({"set", key(), "v", "px", absl::StrCat(1 + random.Uniform(500))});
        break;
      case 2:
        client.Run({"append", key(), std::string(random.Uniform(200), 'x')});
        break;
      case 3:
        client.Run({"rename", key(), key()});
        break;
      case 4:
        client.Run({"incr", absl::StrCat("n", random.Uniform(5))});
        break;
      case 5:
        client.Run({"copy", key(), key(), "db", absl::StrCat(random.Uniform(3)), "replace"});
        break;
      default:
        server.AdvanceTime(static_cast<int64_t>(random.Uniform(20)));
        clock_.AdvanceMillis(50);
    }
  }
  server.AdvanceTime(0);
  EXPECT_GT(server.server().store().keys(), 10u);
  const std::string digest = client.Text({"debug", "digest"});
  server.server().SetLog(nullptr);
  EXPECT_EQ(File().size(), log_->durable_offset());

  TestServer copy(DebuggableOptions());
  copy.clock().AdvanceMillis(server.clock().WallMillis() - copy.clock().WallMillis());
  copy.server().store().context().expiry = kv::ExpiryPolicy::kShow;
  RespClient reader = copy.Connect();
  bool in_transaction = false;
  for (const Arguments& request : ParseRequests(File())) {
    if (request[0] == "MULTI" || request[0] == "EXEC") {
      EXPECT_EQ(in_transaction, request[0] == "EXEC");
      in_transaction = !in_transaction;
      continue;
    }
    const resp::Value reply = reader.Run(request);
    ASSERT_FALSE(reply.is_error()) << request[0] << reply;
  }
  EXPECT_FALSE(in_transaction);
  EXPECT_EQ(reader.Text({"debug", "digest"}), digest);
}

}  // namespace
}  // namespace tests
