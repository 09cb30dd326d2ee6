#include "tools/load/generator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>

#include "kv/server/server.h"
#include "tests/support/resp_client.h"

namespace load {
namespace {

// A server in a thread of its own.
class GeneratorTest : public testing::Test {
 protected:
  GeneratorTest() {
    kv::ServerOptions options;
    options.port_auto = true;
    options.bind = {"127.0.0.1"};
    server_ = std::move(kv::Server::Create(options)).value();
    thread_ = std::thread([this] { server_->Run(); });
  }
  ~GeneratorTest() override {
    server_->Stop();
    thread_.join();
  }

  Report Run(GeneratorOptions options, WorkloadOptions workload) {
    options.port = server_->port();
    Generator generator(options, workload);
    EXPECT_EQ(generator.Connect(), "");
    return generator.Run();
  }
  std::string Ask(const tests::Arguments& arguments) {
    return tests::RespClient::ConnectTcp(server_->port()).Text(arguments);
  }

  std::unique_ptr<kv::Server> server_;
  std::thread thread_;
};

TEST_F(GeneratorTest, FillsEveryKey) {
  const Report report =
      Run({.clients = 7, .pipeline = 16, .requests = 1001},
          {.command = Command::kSet, .keys = 1001, .order = KeyOrder::kSequential});
  EXPECT_EQ(report.requests, 1001u);
  EXPECT_EQ(report.errors, 0u);
  EXPECT_EQ(report.latency.total(), 1001u);
  EXPECT_EQ(Ask({"dbsize"}), "1001");
}

TEST_F(GeneratorTest, TellsMissesFromHits) {
  const GeneratorOptions options = {.clients = 2, .pipeline = 10, .requests = 100};
  EXPECT_EQ(Run(options, {.command = Command::kGet, .keys = 100}).nulls, 100u);
  Run(options, {.command = Command::kSet, .keys = 100, .order = KeyOrder::kSequential});
  EXPECT_EQ(Run(options, {.command = Command::kGet, .keys = 100}).nulls, 0u);
}

TEST_F(GeneratorTest, EveryCommandIsAnsweredWithoutError) {
  Run({.clients = 2, .pipeline = 10, .requests = 100},
      {.command = Command::kSet, .keys = 100, .order = KeyOrder::kSequential});
  constexpr uint64_t kYear2096 = 4'000'000'000'000;
  for (const std::string_view name : {"set", "get", "incr", "mset", "mget", "exists", "setex",
                                      "setpxat", "expire", "del", "ping"}) {
    SCOPED_TRACE(name);
    const Report report =
        Run({.clients = 3, .pipeline = 7, .requests = 500},
            {.command = *ParseCommand(name), .keys = 100, .deadline_from = kYear2096});
    EXPECT_EQ(report.requests, 500u);
    EXPECT_EQ(report.errors, 0u);
    EXPECT_EQ(report.nulls, 0u);
  }
  EXPECT_EQ(ParseCommand("get "), std::nullopt);
}

TEST_F(GeneratorTest, DeadlinesAreSet) {
  Run({.clients = 1, .requests = 10}, {.command = Command::kSetPxAt,
                                       .keys = 10,
                                       .order = KeyOrder::kSequential,
                                       .deadline_from = 4'000'000'000'000});
  EXPECT_EQ(Ask({"pexpiretime", "key:000000000003"}), "4000000000000");
}

TEST_F(GeneratorTest, IdleConnectionsAreThereAndSilent) {
  GeneratorOptions options = {.clients = 1, .idle = 20, .requests = 10};
  options.port = server_->port();
  Generator generator(options, {.command = Command::kPing});
  ASSERT_EQ(generator.Connect(), "");
  const Report report = generator.Run();
  EXPECT_EQ(report.requests, 10u);
  // The idle ones, the active one, and the one that asks.
  EXPECT_THAT(Ask({"info", "clients"}), testing::HasSubstr("connected_clients:22"));
}

TEST_F(GeneratorTest, WarmupIsNotMeasured) {
  const Report report =
      Run({.clients = 1, .pipeline = 10, .requests = 200, .warmup = 100}, {.keys = 10});
  EXPECT_EQ(report.requests, 200u);
}

TEST_F(GeneratorTest, OffersAFixedRate) {
  const Report report =
      Run({.clients = 4, .requests = 500, .rate = 5000}, {.command = Command::kPing});
  EXPECT_EQ(report.requests, 500u);
  // The last request is due 99.8 ms after the first, however fast the server is.
  EXPECT_GE(report.seconds, 0.099);
}

TEST_F(GeneratorTest, AFixedRateStartsAfterTheWarmup) {
  // The server answers nothing for the first 100 ms, which are the warm-up's.
  ASSERT_EQ(Ask({"client", "pause", "100"}), "+OK");
  const Report report = Run({.clients = 1, .requests = 20, .rate = 1000, .warmup = 1},
                            {.command = Command::kIncr, .keys = 1});
  EXPECT_EQ(report.requests, 20u);
  // From then on the last request is due after 19 ms; had the rate started before the warm-up, all
  // would have been due at its end.
  EXPECT_GE(report.seconds, 0.019);
}

TEST_F(GeneratorTest, RequestsThatWaitForAConnectionCountFromWhenTheyWereDue) {
  // Twenty requests due 1 ms apart on one connection, which the first keeps busy for 500 ms.
  ASSERT_EQ(Ask({"client", "pause", "500"}), "+OK");
  const Report report =
      Run({.clients = 1, .requests = 20, .rate = 1000}, {.command = Command::kIncr, .keys = 1});
  EXPECT_EQ(report.requests, 20u);
  EXPECT_GE(report.latency.Percentile(0.5), 50'000'000u);
}

TEST_F(GeneratorTest, ReportsTheCpuTimeOfTheServer) {
  const Report report = Run({.clients = 1, .requests = 1000, .server_pid = getpid()}, {});
  EXPECT_GT(report.server_cpu_nanoseconds, 0u);
}

TEST_F(GeneratorTest, LargeRequestsAreSentWhole) {
  const Report report =
      Run({.clients = 2, .pipeline = 100, .requests = 200}, {.keys = 10, .value_bytes = 100'000});
  EXPECT_EQ(report.requests, 200u);
  EXPECT_EQ(report.errors, 0u);
}

}  // namespace
}  // namespace load
