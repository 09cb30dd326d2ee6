// kv::Server as an object in its user's process: many at once, each on its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kv/server/config.h"
#include "tests/kv/server/backend_test.h"
#include "tests/support/test_server.h"
#include "tests/support/threaded_server.h"

namespace tests {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

// A field of /proc/self/status: "VmRSS" in KiB, "Threads".
int64_t ProcessStatus(std::string_view field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::stoll(line.substr(field.size() + 1));
  }
  return -1;
}

// A new directory that is removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = ::testing::TempDir() + "solokv-server-test-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  std::string Read(const std::string& name) const {
    std::ifstream file(path_ + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
};

class ServerTest : public BackendTest {};

TEST_P(ServerTest, TwoHundredServersLiveInOneProcess) {
  constexpr int kServers = 200;
  constexpr int64_t kMaxKibPerServer = 256;
  { ThreadedServer first(Options()); }  // what the first one brings into the process is not theirs
  malloc_trim(0);                       // so that memory freed before does not hide what is taken
  const int64_t resident = ProcessStatus("VmRSS");
  const int64_t threads = ProcessStatus("Threads");
  std::vector<std::unique_ptr<ThreadedServer>> servers;
  for (int i = 0; i < kServers; ++i) servers.push_back(std::make_unique<ThreadedServer>(Options()));
  for (int i = 0; i < kServers; ++i) {
    RespClient client = servers[i]->Connect();
    ASSERT_EQ(client.Text({"set", "key", std::to_string(i)}), "+OK");
  }
  const int64_t each = (ProcessStatus("VmRSS") - resident) / kServers;
  std::cout << "resident KiB of one of " << kServers << " servers: " << each << "\n";
  EXPECT_THAT(ProcessStatus("Threads") - threads, Le(kServers));
#ifndef __SANITIZE_ADDRESS__
  EXPECT_THAT(each, Le(kMaxKibPerServer));
#else
  (void)kMaxKibPerServer;  // the sanitizer's own memory counts
#endif
  for (int i = 0; i < kServers; ++i) {
    ASSERT_EQ(servers[i]->Connect().Text({"get", "key"}), "\"" + std::to_string(i) + "\"");
  }
}

TEST_P(ServerTest, EachServerHasItsOwnDirectory) {
  TemporaryDirectory directories[2];
  std::vector<std::unique_ptr<TestServer>> servers;
  for (const TemporaryDirectory& directory : directories) {
    kv::ServerOptions options = Options();
    options.dir = directory.path();
    options.port_file = "port";
    servers.push_back(std::make_unique<TestServer>(options));
  }
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(directories[i].Read("port"), std::to_string(servers[i]->port()) + "\n");
    servers[i]->server().config().set_file("solokv.conf");
    RespClient client = servers[i]->Connect();
    ASSERT_EQ(client.Text({"config", "set", "maxclients", std::to_string(100 + i)}), "+OK");
    ASSERT_EQ(client.Text({"config", "rewrite"}), "+OK");
    EXPECT_THAT(directories[i].Read("solokv.conf"),
                HasSubstr("maxclients " + std::to_string(100 + i) + "\n"));
  }
}

TEST_P(ServerTest, EachServerCountsItsOwnMemory) {
  constexpr size_t kBytes = 1'000'000;
  TestServer full(Options());
  TestServer empty(Options());
  RespClient full_client = full.Connect();
  RespClient empty_client = empty.Connect();
  const int64_t full_before = InfoNumber(&full_client, "used_memory");
  const int64_t empty_before = InfoNumber(&empty_client, "used_memory");
  ASSERT_EQ(full_client.Text({"set", "key", std::string(kBytes, 'v')}), "+OK");
  EXPECT_THAT(InfoNumber(&full_client, "used_memory") - full_before, Ge(int64_t{kBytes}));
  EXPECT_THAT(InfoNumber(&empty_client, "used_memory") - empty_before, Le(int64_t{kBytes} / 10));
  EXPECT_EQ(empty_client.Text({"dbsize"}), "0");
}

TEST_P(ServerTest, StartsAndStopsOnOnePortAHundredTimes) {
  kv::ServerOptions options = Options();
  options.bind = {"127.0.0.1"};
  options.port_auto = true;
  for (int round = 0; round < 100; ++round) {
    auto server = kv::Server::Create(options);
    ASSERT_TRUE(server.ok()) << "round " << round << ": " << server.status().ToString();
    if (round > 0) {
      ASSERT_EQ((*server)->port(), options.port);
    }
    options.port_auto = false;
    options.port = (*server)->port();
    RespClient client = RespClient::ConnectTcp((*server)->port(), [&] { (*server)->RunOnce(0); });
    ASSERT_EQ(client.Text({"ping"}), "+PONG");
  }
}

TEST_P(ServerTest, TheStartWaitsPatientlyForAnAddressInUse) {
  auto before = std::make_unique<TestServer>(Options());
  kv::ServerOptions options = Options();
  options.bind = {"127.0.0.1"};
  options.port = before->port();
  EXPECT_THAT(kv::Server::Create(options).status().message(), HasSubstr("in use"));

  options.listen_patience = 10'000'000;
  std::thread end([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    before.reset();
  });
  const auto server = kv::Server::Create(options);
  end.join();
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ((*server)->port(), options.port);
}

TEST_P(ServerTest, AnOptionalAddressMayBeMissingButNotInUse) {
  kv::ServerOptions options = Options();
  options.bind = {"127.0.0.1", "-198.51.100.1"};  // an address for documentation, which nobody has
  TestServer server(options);
  options.port = server.port();
  options.bind = {"127.0.0.2", "-127.0.0.1"};
  EXPECT_THAT(kv::Server::Create(options).status().message(), HasSubstr("in use"));
}

TEST_P(ServerTest, TheWholeConfigurationIsWrittenOnDemand) {
  TemporaryDirectory directory;
  kv::ServerOptions options = Options();
  options.dir = directory.path();
  options.enable_debug_command = kv::Permission::kEverybody;
  TestServer server(options);
  RespClient client = server.Connect();
  EXPECT_THAT(client.Text({"debug", "config-rewrite-force-all"}), HasSubstr("without a config"));
  server.server().config().set_file("solokv.conf");
  EXPECT_EQ(client.Text({"config", "rewrite"}), "+OK");
  EXPECT_THAT(directory.Read("solokv.conf"), Not(HasSubstr("maxmemory-policy")));
  EXPECT_EQ(client.Text({"debug", "config-rewrite-force-all"}), "+OK");
  EXPECT_THAT(directory.Read("solokv.conf"), HasSubstr("maxmemory-policy noeviction"));
}

TEST_P(ServerTest, ASlowLogWithoutRoomCountsNothing) {
  TestServer server(Options());
  RespClient client = server.Connect();
  client.Run({"config", "set", "slowlog-log-slower-than", "0", "slowlog-max-len", "0"});
  client.Run({"ping"});
  EXPECT_EQ(client.Text({"slowlog", "len"}), "0");
  client.Run({"config", "set", "slowlog-max-len", "10"});
  const resp::Value entries = client.Run({"slowlog", "get"});
  ASSERT_FALSE(entries.elements.empty());
  EXPECT_EQ(entries.elements.back().elements[0].ToString(), "0");
}

TEST_P(ServerTest, RefusesBrowsersThatAreMadeToPost) {
  TestServer server(Options());
  for (const std::string line : {"POST / HTTP/1.1\r\n", "ping\r\nhOsT: localhost\r\n"}) {
    RespClient client = server.Connect();
    client.SendRaw(line + "\r\nset key value\r\n");
    if (line.starts_with("ping")) {
      EXPECT_EQ(client.Receive().ToString(), "+PONG");
    }
    EXPECT_TRUE(client.AtEnd());
  }
  EXPECT_THAT(server.log(), ElementsAre(AllOf(HasSubstr("Possible SECURITY ATTACK detected"),
                                              HasSubstr("Connection from 127.0.0.1:"))));
  RespClient client = server.Connect();
  EXPECT_EQ(client.Text({"dbsize"}), "0");
}

TEST_P(ServerTest, RenamesCommandsButNotToNamesThatAreTaken) {
  kv::ServerOptions options = Options();
  options.rename_command = {{"flushall", ""}, {"set", "put"}, {"flushal", ""}};
  TestServer server(options);
  EXPECT_THAT(server.log(), ElementsAre("rename-command: there is no command 'flushal'"));
  RespClient client = server.Connect();
  EXPECT_THAT(client.Text({"flushall"}), HasSubstr("unknown command"));
  EXPECT_THAT(client.Text({"set", "key", "value"}), HasSubstr("unknown command"));
  EXPECT_EQ(client.Text({"put", "key", "value"}), "+OK");

  options.rename_command = {{"set", "get"}};
  EXPECT_EQ(kv::Server::Create(options).status().message(),
            "rename-command set: there is a command 'get' already");
}

TEST_P(ServerTest, RunEndsWithShutdown) {
  ThreadedServer server(Options());
  RespClient client = server.Connect();
  ASSERT_EQ(client.Text({"set", "key", "value"}), "+OK");
  client.Send({"shutdown", "nosave"});
  EXPECT_TRUE(client.AtEnd());
  EXPECT_TRUE(server.server().stopping());
}

TEST_P(ServerTest, WorkIsPostedToTheServersThread) {
  ThreadedServer server(Options());
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<bool> done = false;
  std::thread::id worker;
  server.server().Post([&] {
    worker = std::this_thread::get_id();
    done = true;
    done.notify_one();
  });
  done.wait(false);
  EXPECT_NE(worker, caller);
}

TEST_P(ServerTest, ServesOnlyWhileItIsTicked) {
  TestServer server(Options());
  RespClient client = RespClient::ConnectTcp(server.port());  // without turns of the server's
  client.Send({"ping"});
  EXPECT_FALSE(client.HasInput());
  for (int tick = 0; tick < 5; ++tick) server.server().RunOnce(1000);
  EXPECT_EQ(client.Receive().text, "PONG");
}

TEST_P(ServerTest, TimeGoesByWhenTheTestSaysSo) {
  TestServer server(Options());
  RespClient client = server.Connect();
  ASSERT_EQ(client.Text({"set", "key", "value", "px", "100"}), "+OK");
  server.AdvanceTime(99);
  EXPECT_EQ(client.Text({"pttl", "key"}), "1");
  EXPECT_EQ(InfoNumber(&client, "expired_keys"), 0);
  server.AdvanceTime(1);
  EXPECT_EQ(InfoNumber(&client, "expired_keys"), 1) << "it expires without being asked for";
  EXPECT_EQ(client.Text({"get", "key"}), "nil");
}

TEST_P(ServerTest, StartsFast) {
  using Clock = std::chrono::steady_clock;
  auto best = Clock::duration::max();
  for (int round = 0; round < 20; ++round) {
    const auto start = Clock::now();
    TestServer server(Options());
    RespClient client = server.Connect();
    ASSERT_EQ(client.Text({"ping"}), "+PONG");
    best = std::min(best, Clock::now() - start);
  }
  std::cout << "microseconds from nothing to the first PONG: "
            << std::chrono::duration_cast<std::chrono::microseconds>(best).count() << "\n";
}

INSTANTIATE_BACKEND_TESTS(ServerTest);

}  // namespace
}  // namespace tests
