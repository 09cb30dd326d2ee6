// Listeners, over every backend: binding, accepting, running out, and closing.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "tests/ae/event_loops.h"

namespace ae {
namespace {

class ListenerTest : public LoopTest {
 protected:
  // The undefined behaviour sanitizer needs a descriptor when it checks a type for the first time.
  void MeetEveryType() {
    Client client = Connect();
    client.Send("x");
    RunUntil([&] { return last().received == "x"; });
    last().Close();
    RunUntil([&] { return last().closed; });
    loop_->Shutdown();
    MakeLoop();
    connections_.clear();
  }
};

// Lowers the limit of descriptors, and restores it.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t limit) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit lowered = before_;
    lowered.rlim_cur = limit;
    setrlimit(RLIMIT_NOFILE, &lowered);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

int LowestFreeDescriptor() {
  const int fd = dup(STDERR_FILENO);
  close(fd);
  return fd;
}

// Takes descriptors until the next one would be `first`.
std::vector<FileDescriptor> OccupyDescriptorsBelow(int first) {
  std::vector<FileDescriptor> taken;
  for (int fd = dup(STDERR_FILENO); fd < first; fd = dup(STDERR_FILENO)) taken.emplace_back(fd);
  close(first);
  return taken;
}

TEST_P(ListenerTest, TellsThePeer) {
  Client client = Connect();
  sockaddr_storage unused;
  socklen_t size = sizeof(unused);
  ASSERT_EQ(getsockname(client.fd(), reinterpret_cast<sockaddr*>(&unused), &size), 0);
  const Peer& peer = last().peer;
  EXPECT_EQ(peer.address, "127.0.0.1");
  EXPECT_NE(peer.port, 0);
  EXPECT_EQ(peer.local_address, "127.0.0.1");
  EXPECT_EQ(peer.local_port, port_);
  EXPECT_TRUE(peer.is_loopback);
  EXPECT_FALSE(peer.is_unix);
}

TEST_P(ListenerTest, Ipv6AndTwoBindsOnOnePort) {
  auto ipv6 = loop_->ListenTcp({.address = "::1"}, this);
  if (!ipv6.ok()) GTEST_SKIP() << "no IPv6: " << ipv6.status().message();
  const int port = loop_->BoundPort(*ipv6);
  auto ipv4 = loop_->ListenTcp({.address = "*", .port = port}, this);
  ASSERT_TRUE(ipv4.ok()) << ipv4.status();
  Client first = Client::ConnectTcp(port, /*ipv6=*/true);
  ASSERT_TRUE(first.connected());
  RunUntil([&] { return connections_.size() == 1; });
  EXPECT_EQ(last().peer.address, "::1");
  EXPECT_TRUE(last().peer.is_loopback);
  Client second = Client::ConnectTcp(port);
  RunUntil([&] { return connections_.size() == 2; });
  EXPECT_EQ(last().peer.address, "127.0.0.1");
}

TEST_P(ListenerTest, RefusesABadAddressAndATakenPort) {
  EXPECT_FALSE(loop_->ListenTcp({.address = "not.numeric.example"}, this).ok());
  Listen();
  EXPECT_FALSE(loop_->ListenTcp({.address = "127.0.0.1", .port = port_}, this).ok());
}

TEST_P(ListenerTest, UnixSocketWithPermissions) {
  const std::string path =
      ::testing::TempDir() + "/ae_listener_test_" + TestName(GetParam()) + ".sock";
  auto stale = loop_->ListenUnix({.path = path}, this);
  ASSERT_TRUE(stale.ok()) << stale.status();
  auto listener = loop_->ListenUnix({.path = path, .permissions = 0700}, this);  // takes it over
  ASSERT_TRUE(listener.ok()) << listener.status();
  struct stat made = {};
  ASSERT_EQ(stat(path.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0700u);
  echo_ = true;
  Client client = Client::ConnectUnix(path);
  ASSERT_TRUE(client.connected());
  client.Send("ping");
  EXPECT_EQ(ReadFrom(&client, 4), "ping");
  EXPECT_TRUE(last().peer.is_unix);
  EXPECT_TRUE(last().peer.is_loopback);
  EXPECT_EQ(last().peer.address, path);
  EXPECT_EQ(loop_->BoundPort(*listener), 0);

  bool closed = false;
  loop_->CloseListener(*stale, [&] { closed = true; });
  RunUntil([&] { return closed; });
  EXPECT_EQ(stat(path.c_str(), &made), 0);  // the path is another's by now
  closed = false;
  loop_->CloseListener(*listener, [&] { closed = true; });
  RunUntil([&] { return closed; });
  EXPECT_NE(stat(path.c_str(), &made), 0);
}

TEST_P(ListenerTest, RefusedConnectionGetsTheFarewell) {
  Listen();
  refuse_ = true;
  farewell_ = "-ERR max number of clients reached\r\n";
  Client client = Client::ConnectTcp(port_);
  EXPECT_EQ(ReadFrom(&client, 100), farewell_);
  EXPECT_TRUE(client.ended());
  refuse_ = false;
  echo_ = true;
  Client next = Connect();
  next.Send("x");
  EXPECT_EQ(ReadFrom(&next, 1), "x");
}

TEST_P(ListenerTest, ClosingFreesThePort) {
  Listen();
  RunTicks(2);  // the listener is armed
  bool closed = false;
  loop_->CloseListener(listener_, [&] { closed = true; });
  EXPECT_FALSE(closed);
  RunUntil([&] { return closed; });
  EXPECT_FALSE(Client::ConnectTcp(port_).connected());
  auto again = loop_->ListenTcp({.address = "127.0.0.1", .port = port_}, this);
  EXPECT_TRUE(again.ok()) << again.status();
  loop_->CloseListener(listener_, nullptr);  // stale
}

TEST_P(ListenerTest, StopsAndStartsOnOnePortAHundredTimes) {
  Listen();
  for (int i = 0; i < 100; ++i) {
    Client client = Connect();
    client.Send("x");
    RunUntil([&] { return last().received == "x"; });
    loop_->Shutdown();
    MakeLoop();
    auto listener = loop_->ListenTcp({.address = "127.0.0.1", .port = port_}, this);
    ASSERT_TRUE(listener.ok()) << i << ": " << listener.status();
    connections_.clear();
  }
}

TEST_P(ListenerTest, AcceptsAreBoundedInATick) {
  LoopOptions options;
  options.max_accepts_per_tick = 5;
  MakeLoop(options);
  Listen();
  std::vector<Client> clients;
  clients.reserve(50);
  for (int i = 0; i < 50; ++i) clients.push_back(Client::ConnectTcp(port_));
  RunUntil([&] {
    const size_t before = connections_.size();
    loop_->RunOnce(0);
    EXPECT_LE(connections_.size() - before, 5u);
    const size_t between = connections_.size();
    loop_->RunOnce(0);
    EXPECT_LE(connections_.size() - between, 5u);
    return connections_.size() == clients.size();
  });
}

// Neither spins nor loses the listener, and what waits in the backlog is served when there is room.
TEST_P(ListenerTest, DescriptorsRunOut) {
  MeetEveryType();
  constexpr size_t kClients = 6;
  Listen();
  std::vector<Client> clients;
  clients.reserve(kClients);
  for (size_t i = 0; i < kClients; ++i) clients.push_back(Client::ConnectTcp(port_));
  {
    const DescriptorLimit limit(LowestFreeDescriptor() + 1);
    RunUntil([&] { return loop_->counters().accept_failures > 0; });
    const uint64_t failures = loop_->counters().accept_failures;
    const uint64_t waits = loop_->counters().waits;
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(50)) {
      loop_->RunOnce(25'000);
    }
    EXPECT_LE(loop_->counters().waits - waits, 10u);
    EXPECT_LE(loop_->counters().accept_failures - failures, 2u);
    EXPECT_EQ(connections_.size(), 1u);
    clients[0].Send("still served");
    RunUntil([&] { return last().received == "still served"; });

    last().Close();  // which frees a descriptor
    RunUntil([&] { return connections_.size() == 2; });
  }
  RunUntil([&] { return connections_.size() == kClients; });
}

class SelectTest : public LoopTest {};

TEST_P(SelectTest, ConnectionBeyondFdSetSizeIsToldAndClosed) {
  LoopOptions options;
  options.cannot_watch_farewell = "-ERR this server cannot watch more\r\n";
  MakeLoop(options);
  echo_ = true;
  Client within = Connect();
  Client beyond = Client::ConnectTcp(port_);
  Client behind = Client::ConnectTcp(port_);
  {
    const auto taken = OccupyDescriptorsBelow(FD_SETSIZE);
    EXPECT_EQ(ReadFrom(&beyond, 100), options.cannot_watch_farewell);
    EXPECT_TRUE(beyond.ended());
    EXPECT_EQ(connections_.size(), 1u);
    within.Send("still served");
    EXPECT_EQ(ReadFrom(&within, 12), "still served");
    EXPECT_EQ(ReadFrom(&behind, 100), options.cannot_watch_farewell);

    const int fd = dup(within.fd());
    ASSERT_GE(fd, FD_SETSIZE);
    EXPECT_FALSE(loop_->Watch(fd, Interest::kReadable, [](Interest) {}).ok());
    EXPECT_FALSE(loop_->Adopt(fd, connections_.back().get()).ok());  // closes it
    EXPECT_FALSE(loop_->ListenTcp({.address = "127.0.0.1"}, this).ok());
  }
  Client after = Connect();
  after.Send("x");
  EXPECT_EQ(ReadFrom(&after, 1), "x");
}

TEST_P(SelectTest, DoesNotStartBeyondFdSetSize) {
  const auto taken = OccupyDescriptorsBelow(FD_SETSIZE);
  const auto loop = CreateTestedLoop(GetParam());
  ASSERT_FALSE(loop.ok());
  EXPECT_NE(loop.status().message().find("cannot watch descriptor"), absl::string_view::npos);
}

class HighDescriptorTest : public LoopTest {};

TEST_P(HighDescriptorTest, ConnectionBeyondFdSetSizeIsServed) {
  echo_ = true;
  Listen();
  const auto taken = OccupyDescriptorsBelow(FD_SETSIZE);
  Client client = Connect();
  EXPECT_GE(loop_->Descriptor(last().id), FD_SETSIZE);
  client.Send("high up");
  EXPECT_EQ(ReadFrom(&client, 7), "high up");
}

std::vector<BackendKind> AllButSelect() {
  std::vector<BackendKind> kinds = TestedBackends();
  kinds.erase(std::remove(kinds.begin(), kinds.end(), BackendKind::kSelect), kinds.end());
  return kinds;
}

const auto name_of = [](const auto& info) { return TestName(info.param); };
INSTANTIATE_TEST_SUITE_P(Backends, ListenerTest, ::testing::ValuesIn(TestedBackends()), name_of);
INSTANTIATE_TEST_SUITE_P(Backends, SelectTest, ::testing::Values(BackendKind::kSelect), name_of);
INSTANTIATE_TEST_SUITE_P(Backends, HighDescriptorTest, ::testing::ValuesIn(AllButSelect()),
                         name_of);

}  // namespace
}  // namespace ae
