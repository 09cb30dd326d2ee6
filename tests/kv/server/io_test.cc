// The server as its peers see it through real sockets, on every event backend.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "kv/store/store.h"
#include "tests/kv/server/backend_test.h"
#include "tests/support/test_server.h"
#include "tests/support/threaded_server.h"

namespace tests {
namespace {

using resp::Value;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class IoTest : public BackendTest {};

// What the peer sends up to an orderly end; "reset" is appended if the connection broke instead.
std::string ReceiveUntilOrderlyEnd(TestServer* server, const RespClient& client) {
  std::string received;
  const auto deadline = std::chrono::steady_clock::now() + RespClient::kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    server->Settle();
    char bytes[64 * 1024];
    const ssize_t size = recv(client.fd(), bytes, sizeof(bytes), 0);
    if (size == 0) return received;
    if (size > 0) {
      received.append(bytes, static_cast<size_t>(size));
    } else if (errno != EAGAIN) {
      return received + "reset";
    }
  }
  return received + "timed out";
}

void ExpectIntegers(RespClient* client, int64_t first, int64_t last) {
  for (int64_t expected = first; expected <= last; ++expected) {
    ASSERT_EQ(client->Receive(), Value::Integer(expected));
  }
}

// --- input in every shape ---

TEST_P(IoTest, ServesAPeerThatSendsByteByByte) {
  TestServer server(Options());
  RespClient client = server.Connect();
  const std::string requests = EncodeRequest({"set", "key", "value"}) +
                               EncodeRequest({"get", "key"}) + "ECHO 'a b'\r\nping\n";
  for (const char byte : requests) {
    ASSERT_TRUE(client.SendRaw({&byte, 1}));
    server.server().RunOnce(0);
    server.server().RunOnce(0);
  }
  EXPECT_EQ(client.Receive(), Value::Simple("OK"));
  EXPECT_EQ(client.Receive(), Value::Bulk("value"));
  EXPECT_EQ(client.Receive(), Value::Bulk("a b"));
  EXPECT_EQ(client.Receive(), Value::Simple("PONG"));
}

TEST_P(IoTest, ServesABurstOfOneMegabyte) {
  TestServer server(Options());
  RespClient client = server.Connect();
  const std::string request = EncodeRequest({"incr", "counter"});
  const size_t requests = (size_t{1} << 20) / request.size() + 1;
  ASSERT_TRUE(client.SendRaw(Repeat(request, requests)));
  ExpectIntegers(&client, 1, static_cast<int64_t>(requests));
}

TEST_P(IoTest, APeerMayWriteALongPipelineBeforeItReads) {
  constexpr size_t kRequests = 20'000;
  constexpr size_t kValueBytes = 4096;
  ThreadedServer server(Options());
  RespClient client = server.Connect();
  const std::string value(kValueBytes, 'v');
  ASSERT_EQ(client.Text({"set", "key", value}), "+OK");
  ASSERT_TRUE(client.SendRaw(Repeat(EncodeRequest({"get", "key"}), kRequests)));
  client.ShutdownSending();
  const std::string reply = "$4096\r\n" + value + "\r\n";
  for (size_t i = 0; i < kRequests; ++i) {
    ASSERT_EQ(client.ReceiveRaw(reply.size()), reply) << "reply " << i;
  }
  EXPECT_TRUE(client.AtEnd());
}

TEST_P(IoTest, ALargeArgumentArrivesInPieces) {
  constexpr size_t kBytes = 40 << 20;
  TestServer server(Options());
  RespClient client = server.Connect();
  std::string value(kBytes, '\0');
  for (size_t i = 0; i < kBytes; ++i) value[i] = static_cast<char>(i * 2654435761u >> 24);
  const std::string request = EncodeRequest({"set", "key", value});
  constexpr size_t kPiece = 300'007;
  for (size_t sent = 0; sent < request.size(); sent += kPiece) {
    ASSERT_TRUE(client.SendRaw(std::string_view(request).substr(sent, kPiece)));
  }
  EXPECT_EQ(client.Receive(), Value::Simple("OK"));
  EXPECT_EQ(client.Text({"strlen", "key"}), std::to_string(kBytes));
  EXPECT_TRUE(client.Run({"get", "key"}).text == value) << "the value changed on its way";
}

TEST_P(IoTest, AnAnnouncedArgumentTakesNoMemoryBeforeItArrives) {
  TestServer server(Options());
  RespClient client = server.Connect();
  const size_t before = server.server().store().memory().used();
  client.SendRaw("*3\r\n$3\r\nset\r\n$3\r\nkey\r\n$500000000\r\n" + std::string(100'000, 'v'));
  server.Settle();
  RespClient other = server.Connect();
  EXPECT_EQ(other.Text({"ping"}), "+PONG");
  EXPECT_LT(server.server().store().memory().used() - before, 500'000u);
  EXPECT_LT(InfoNumber(&other, "mem_clients_normal"), 600'000);
}

TEST_P(IoTest, TheMemoryOfALargeRequestIsGivenBack) {
  TestServer server(Options());
  RespClient client = server.Connect();
  Arguments request = {"del"};
  for (int i = 0; i < 50'000; ++i) request.push_back(std::to_string(i));
  EXPECT_EQ(client.Text(request), "0");
  server.Settle();
  RespClient other = server.Connect();
  EXPECT_LT(InfoNumber(&other, "mem_clients_normal"), 100'000);
}

TEST_P(IoTest, OneRequestMayHaveSeveralLargeArguments) {
  TestServer server(Options());
  RespClient client = server.Connect();
  const std::string a(300'000, 'a');
  const std::string b(200'000, 'b');
  const std::string c(70'000, 'c');
  const std::string bytes = EncodeRequest({"echo", "before"}) +
                            EncodeRequest({"mset", "a", a, "b", b, "small", "x", "c", c}) +
                            EncodeRequest({"mget", "a", "b", "small", "c"});
  for (const size_t piece : {bytes.size(), size_t{100'000}, size_t{40'001}}) {
    client.Run({"flushall"});
    for (size_t at = 0; at < bytes.size(); at += piece) {
      ASSERT_TRUE(client.SendRaw(std::string_view(bytes).substr(at, piece)));
      server.Settle();
    }
    EXPECT_EQ(client.Receive(), Value::Bulk("before"));
    EXPECT_EQ(client.Receive(), Value::Simple("OK"));
    const Value values = client.Receive();
    ASSERT_EQ(values.elements.size(), 4u) << values;
    EXPECT_TRUE(values.elements[0].text == a);
    EXPECT_TRUE(values.elements[1].text == b);
    EXPECT_EQ(values.elements[2].text, "x");
    EXPECT_TRUE(values.elements[3].text == c);
  }
}

TEST_P(IoTest, TheQueryBufferIsLimited) {
  kv::ServerOptions options = Options();
  options.client_query_buffer_limit = 1 << 20;
  TestServer server(options);
  RespClient client = server.Connect();
  client.SendRaw("*3\r\n$3\r\nset\r\n$3\r\nkey\r\n$4000000\r\n" + std::string(2'000'000, 'v'));
  EXPECT_TRUE(client.AtEnd());
  RespClient other = server.Connect();
  EXPECT_EQ(InfoNumber(&other, "client_query_buffer_limit_disconnections"), 1);
  EXPECT_EQ(other.Text({"exists", "key"}), "0");
}

TEST_P(IoTest, AnUnauthenticatedPeerMayNotSendMuch) {
  kv::ServerOptions options = Options();
  options.requirepass = "secret";
  TestServer server(options);
  RespClient many = server.Connect();
  many.SendRaw("*11\r\n");
  EXPECT_EQ(ReceiveUntilOrderlyEnd(&server, many),
            "-ERR Protocol error: unauthenticated multibulk length\r\n");
  RespClient large = server.Connect();
  large.SendRaw("*2\r\n$4\r\nauth\r\n$16385\r\n");
  EXPECT_EQ(ReceiveUntilOrderlyEnd(&server, large),
            "-ERR Protocol error: unauthenticated bulk length\r\n");
  // The same request is read with the limits that hold behind the AUTH before it.
  RespClient friendly = server.Connect();
  friendly.SendRaw(EncodeRequest({"auth", "secret"}) +
                   EncodeRequest({"set", "key", std::string(20'000, 'v')}));
  EXPECT_EQ(friendly.Receive(), Value::Simple("OK"));
  EXPECT_EQ(friendly.Receive(), Value::Simple("OK"));
}

// --- the end of a connection ---

TEST_P(IoTest, AHalfClosedPeerGetsTheRepliesItIsOwed) {
  constexpr int kRequests = 5000;
  TestServer server(Options());
  RespClient client = server.Connect();
  ASSERT_TRUE(client.SendRaw(Repeat(EncodeRequest({"incr", "counter"}), kRequests) +
                             "*2\r\n$4\r\nincr\r\n$7\r\ncou"));
  client.ShutdownSending();
  ExpectIntegers(&client, 1, kRequests);
  EXPECT_TRUE(client.AtEnd());
}

TEST_P(IoTest, AProtocolErrorIsReportedAfterTheRepliesBeforeIt) {
  TestServer server(Options());
  RespClient client = server.Connect();
  const std::string value(1 << 20, 'v');
  ASSERT_EQ(client.Text({"set", "key", value}), "+OK");
  ASSERT_TRUE(client.SendRaw(Repeat(EncodeRequest({"get", "key"}), 8) + "*1\r\nping\r\n" +
                             std::string(200'000, 'x')));
  const std::string received = ReceiveUntilOrderlyEnd(&server, client);
  const std::string replies = Repeat("$1048576\r\n" + value + "\r\n", 8);
  const std::string_view error = "-ERR Protocol error: expected '$', got 'p'\r\n";
  ASSERT_EQ(received.size(), replies.size() + error.size());
  EXPECT_TRUE(received.starts_with(replies));
  EXPECT_TRUE(received.ends_with(error)) << received.substr(replies.size());
}

TEST_P(IoTest, APeerThatNeverEndsDoesNotLingerForEver) {
  TestServer server(Options());
  RespClient client = server.Connect();
  RespClient other = server.Connect();
  EXPECT_EQ(client.Text({"quit"}), "+OK");
  EXPECT_EQ(InfoNumber(&other, "connected_clients"), 2);
  server.AdvanceTime(3000);
  server.Settle();
  EXPECT_EQ(InfoNumber(&other, "connected_clients"), 1);
}

TEST_P(IoTest, NothingRunsBehindQuit) {
  TestServer server(Options());
  RespClient client = server.Connect();
  client.SendRaw(EncodeRequest({"set", "key", "1"}) + EncodeRequest({"quit"}) +
                 EncodeRequest({"set", "key", "2"}));
  EXPECT_EQ(ReceiveUntilOrderlyEnd(&server, client), "+OK\r\n+OK\r\n");
  RespClient other = server.Connect();
  EXPECT_EQ(other.Text({"get", "key"}), "\"1\"");
}

TEST_P(IoTest, ManyConnectionsComeAndGo) {
  constexpr size_t kConnections = 200;
  TestServer server(Options());
  for (int round = 0; round < 3; ++round) {
    std::vector<RespClient> clients;
    for (size_t i = 0; i < kConnections; ++i) clients.push_back(server.Connect());
    for (RespClient& client : clients) ASSERT_EQ(client.Text({"ping"}), "+PONG");
    EXPECT_EQ(InfoNumber(&clients[0], "connected_clients"), kConnections);
    clients.clear();
    for (int tick = 0; tick < 10; ++tick) server.server().RunOnce(1000);
  }
  RespClient last = server.Connect();
  EXPECT_EQ(InfoNumber(&last, "connected_clients"), 1);
  EXPECT_EQ(InfoNumber(&last, "total_connections_received"), 3 * kConnections + 1);
}

TEST_P(IoTest, AKilledClientRunsNothingMore) {
  constexpr int kRequests = 600;
  TestServer server(Options());
  RespClient victim = server.Connect();
  RespClient killer = server.Connect();
  const std::string id = victim.Text({"client", "id"});
  ASSERT_EQ(killer.Text({"ping"}), "+PONG");
  victim.SendRaw(Repeat(EncodeRequest({"incr", "counter"}), kRequests));
  killer.Send({"client", "kill", "id", id});
  EXPECT_EQ(killer.Receive(), Value::Integer(1));
  server.Settle();
  const int64_t run = std::stoll("0" + killer.Run({"get", "counter"}).text);
  EXPECT_LT(run, kRequests);
  EXPECT_EQ(InfoNumber(&killer, "connected_clients"), 1);
}

TEST_P(IoTest, AClientThatKillsItselfIsAnsweredFirst) {
  TestServer server(Options());
  RespClient client = server.Connect();
  const std::string id = client.Text({"client", "id"});
  client.SendRaw(EncodeRequest({"set", "key", "1"}) +
                 EncodeRequest({"client", "kill", "id", id, "skipme", "no"}) +
                 EncodeRequest({"set", "key", "2"}));
  EXPECT_EQ(ReceiveUntilOrderlyEnd(&server, client), "+OK\r\n:1\r\n");
  RespClient other = server.Connect();
  EXPECT_EQ(other.Text({"get", "key"}), "\"1\"");
}

TEST_P(IoTest, OneConnectionTooManyIsToldSo) {
  kv::ServerOptions options = Options();
  options.maxclients = 2;
  TestServer server(options);
  RespClient first = server.Connect();
  RespClient second = server.Connect();
  ASSERT_EQ(first.Text({"ping"}), "+PONG");
  ASSERT_EQ(second.Text({"ping"}), "+PONG");
  RespClient third = server.Connect();
  EXPECT_EQ(ReceiveUntilOrderlyEnd(&server, third), "-ERR max number of clients reached\r\n");
  EXPECT_EQ(InfoNumber(&first, "rejected_connections"), 1);
  second.Close();
  for (int tick = 0; tick < 5; ++tick) server.server().RunOnce(1000);
  RespClient fourth = server.Connect();
  EXPECT_EQ(fourth.Text({"ping"}), "+PONG");
}

// --- fairness ---

// A budget of nothing lets one client have its turn in a tick; the next is another's.
TEST_P(IoTest, AFloodDoesNotStarveAnotherClient) {
  kv::ServerOptions options = Options();
  options.tick_budget = 0;
  TestServer server(options);
  RespClient flood = server.Connect();
  RespClient other = server.Connect();
  ASSERT_EQ(flood.Text({"ping"}), "+PONG");
  ASSERT_EQ(other.Text({"ping"}), "+PONG");
  const std::string request = EncodeRequest({"incr", "counter"});
  constexpr size_t kRequests = 5000;
  ASSERT_EQ(send(flood.fd(), Repeat(request, kRequests).data(), request.size() * kRequests, 0),
            static_cast<ssize_t>(request.size() * kRequests));
  for (int tick = 0; tick < 3; ++tick) server.server().RunOnce(0);
  other.Send({"get", "counter"});
  for (int tick = 0; tick < 6; ++tick) server.server().RunOnce(0);
  pollfd poll_fd = {other.fd(), POLLIN, 0};
  ASSERT_EQ(poll(&poll_fd, 1, 0), 1) << "the other client waits for the flood to end";
  EXPECT_LT(std::stoul("0" + other.Receive().text), kRequests);
  ExpectIntegers(&flood, 1, kRequests);
}

// --- addresses ---

TEST_P(IoTest, ServesOnAUnixSocket) {
  kv::ServerOptions options = Options();
  options.unixsocket = ::testing::TempDir() + "solokv-io-test-" + std::to_string(getpid());
  TestServer server(options);
  RespClient client =
      RespClient::ConnectUnix(options.unixsocket, [&] { server.server().RunOnce(0); });
  EXPECT_EQ(client.Text({"set", "key", "value"}), "+OK");
  EXPECT_THAT(client.Run({"client", "list"}).text, HasSubstr("addr=" + options.unixsocket + ":0"));
  EXPECT_EQ(server.Connect().Text({"get", "key"}), "\"value\"");
}

bool HasIpv6() {
  const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return bound;
}

TEST_P(IoTest, ServesOnIpv6) {
  if (!HasIpv6()) GTEST_SKIP() << "the host has no IPv6";
  kv::ServerOptions options = Options();
  options.bind = {"127.0.0.1", "::1"};
  TestServer server(options);
  RespClient client = RespClient::ConnectTcp(
      server.port(), [&] { server.server().RunOnce(0); }, "::1");
  EXPECT_EQ(client.Text({"set", "key", "value"}), "+OK");
  EXPECT_THAT(client.Run({"client", "list"}).text, HasSubstr("addr=[::1]:"));
  EXPECT_EQ(server.Connect().Text({"get", "key"}), "\"value\"");
}

// --- which replies are wanted, and when ---

TEST_P(IoTest, RepliesAreSkippedOnDemand) {
  TestServer server(Options());
  RespClient client = server.Connect();
  client.SendRaw(EncodeRequest({"client", "reply", "skip"}) + EncodeRequest({"set", "a", "1"}) +
                 EncodeRequest({"get", "a"}));
  EXPECT_EQ(client.Receive(), Value::Bulk("1"));
  client.SendRaw(EncodeRequest({"client", "reply", "off"}) + EncodeRequest({"set", "a", "2"}) +
                 EncodeRequest({"nonsense"}) + EncodeRequest({"client", "reply", "skip"}) +
                 EncodeRequest({"get", "a"}) + EncodeRequest({"client", "reply", "on"}) +
                 EncodeRequest({"get", "a"}));
  EXPECT_EQ(client.Receive(), Value::Simple("OK"));
  EXPECT_EQ(client.Receive(), Value::Bulk("2"));
}

TEST_P(IoTest, APauseOfEverythingKeepsOrderAndLosesNothing) {
  TestServer server(Options());
  RespClient client = server.Connect();
  RespClient other = server.Connect();
  ASSERT_EQ(other.Text({"client", "pause", "1000"}), "+OK");
  client.SendRaw(Repeat(EncodeRequest({"incr", "counter"}), 300));
  server.Settle();
  client.SendRaw(Repeat(EncodeRequest({"incr", "counter"}), 300));
  other.Send({"ping"});
  server.AdvanceTime(999);
  EXPECT_FALSE(client.HasInput());
  EXPECT_FALSE(other.HasInput());
  server.AdvanceTime(2);
  ExpectIntegers(&client, 1, 600);
  EXPECT_EQ(other.Receive(), Value::Simple("PONG"));
}

TEST_P(IoTest, APauseOfWritesLetsReadsPass) {
  TestServer server(Options());
  RespClient writer = server.Connect();
  RespClient reader = server.Connect();
  ASSERT_EQ(reader.Text({"set", "key", "0"}), "+OK");
  ASSERT_EQ(reader.Text({"client", "pause", "100000", "write"}), "+OK");
  // The writer's pipeline stops at its first write, the reads behind it included.
  writer.SendRaw(EncodeRequest({"get", "key"}) + EncodeRequest({"set", "key", "1"}) +
                 EncodeRequest({"get", "key"}) +
                 EncodeRequest({"set", "key", std::string(100'000, 'v')}) +
                 EncodeRequest({"strlen", "key"}));
  EXPECT_EQ(writer.Receive(), Value::Bulk("0"));
  EXPECT_EQ(reader.Text({"get", "key"}), "\"0\"");
  EXPECT_FALSE(writer.HasInput());
  EXPECT_EQ(reader.Text({"client", "unpause"}), "+OK");
  EXPECT_EQ(writer.Receive(), Value::Simple("OK"));
  EXPECT_EQ(writer.Receive(), Value::Bulk("1"));
  EXPECT_EQ(writer.Receive(), Value::Simple("OK"));
  EXPECT_EQ(writer.Receive(), Value::Integer(100'000));
}

TEST_P(IoTest, APausedPeerThatLeavesGetsItsRepliesAfterwards) {
  TestServer server(Options());
  RespClient client = server.Connect();
  RespClient other = server.Connect();
  ASSERT_EQ(other.Text({"client", "pause", "1000", "write"}), "+OK");
  client.SendRaw(EncodeRequest({"set", "key", "value"}) + EncodeRequest({"get", "key"}));
  client.ShutdownSending();
  server.Settle();
  EXPECT_EQ(other.Text({"exists", "key"}), "0");
  server.AdvanceTime(1001);
  EXPECT_EQ(ReceiveUntilOrderlyEnd(&server, client), "+OK\r\n$5\r\nvalue\r\n");
}

TEST_P(IoTest, AMonitorSeesTheCommandsOfOthers) {
  TestServer server(Options());
  RespClient monitor = server.Connect();
  RespClient client = server.Connect();
  ASSERT_EQ(monitor.Text({"monitor"}), "+OK");
  ASSERT_EQ(client.Text({"set", "key", "a \"b\"\n"}), "+OK");
  const std::string line = monitor.Receive().text;
  EXPECT_THAT(line, StartsWith("1700000000.000000 [0 127.0.0.1:"));
  EXPECT_THAT(line, HasSubstr("] \"set\" \"key\" \"a \\\"b\\\"\\n\""));
  // One that goes without notice is forgotten.
  monitor.Close();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Text({"ping"}), "+PONG");
}

INSTANTIATE_BACKEND_TESTS(IoTest);

}  // namespace
}  // namespace tests
