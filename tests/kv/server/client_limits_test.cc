// What the server lets its clients take: time without a word, output that is not read, memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/kv/server/backend_test.h"
#include "tests/support/test_server.h"

namespace tests {
namespace {

using resp::Value;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr size_t kValueBytes = 300'000;

class ClientLimitsTest : public BackendTest {
 protected:
  static void StoreValue(TestServer* server) {
    RespClient client = server->Connect();
    ASSERT_EQ(client.Text({"set", "key", std::string(kValueBytes, 'v')}), "+OK");
  }
  // Asks for the value so many times and reads no reply.
  static void Ask(TestServer* server, RespClient* client, size_t times) {
    ASSERT_TRUE(client->SendRaw(Repeat(EncodeRequest({"get", "key"}), times)));
    for (int tick = 0; tick < 5; ++tick) server->Settle();
  }
  // Begins to send an argument, and leaves it cut.
  static void SendCutArgument(TestServer* server, RespClient* client, size_t bytes) {
    ASSERT_TRUE(client->SendRaw("*3\r\n$3\r\nset\r\n$3\r\nkey\r\n$" + std::to_string(2 * bytes) +
                                "\r\n" + std::string(bytes, 'v')));
    for (int tick = 0; tick < 5; ++tick) server->Settle();
  }
};

TEST_P(ClientLimitsTest, OutputBeyondTheHardLimitClosesTheClient) {
  kv::ServerOptions options = Options();
  options.client_output_buffer_limit[kv::kNormalClients].hard_bytes = 1 << 20;
  TestServer server(options);
  StoreValue(&server);
  RespClient modest = server.Connect();
  RespClient greedy = server.Connect();
  ASSERT_EQ(greedy.Text({"client", "setname", "greedy"}), "+OK");
  Ask(&server, &modest, 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(modest.Receive().text.size(), kValueBytes);
  EXPECT_EQ(InfoNumber(&modest, "client_output_buffer_limit_disconnections"), 0);

  Ask(&server, &greedy, 200);
  EXPECT_LT(greedy.ReceiveRawUntilEnd().size(), 200 * kValueBytes);
  EXPECT_EQ(InfoNumber(&modest, "client_output_buffer_limit_disconnections"), 1);
  EXPECT_EQ(InfoNumber(&modest, "connected_clients"), 1);
  EXPECT_THAT(server.log(),
              Contains(AllOf(StartsWith("Client id="), HasSubstr(" name=greedy "),
                             HasSubstr("closed ASAP for overcoming of output buffer limits."))));
}

TEST_P(ClientLimitsTest, AReplyIsNotMadeBeyondTheHardLimit) {
  kv::ServerOptions options = Options();
  options.client_output_buffer_limit[kv::kNormalClients].hard_bytes = 1 << 20;
  TestServer server(options);
  RespClient modest = server.Connect();
  modest.Run({"sadd", "set", "member"});
  modest.Run({"hset", "hash", "field", "value"});
  modest.Run({"zadd", "zset", "1", "member"});
  for (const Request& endless : {Request{"srandmember", "set", "-999999999999"},
                                 Request{"hrandfield", "hash", "-999999999999", "withvalues"},
                                 Request{"zrandmember", "zset", "-999999999999"}}) {
    RespClient greedy = server.Connect();
    greedy.Send(endless);
    EXPECT_EQ(greedy.ReceiveRawUntilEnd(), "");
  }
  EXPECT_EQ(InfoNumber(&modest, "client_output_buffer_limit_disconnections"), 3);
  // What goes nowhere needs no limit.
  RespClient silent = server.Connect();
  silent.SendRaw(EncodeRequest({"client", "reply", "off"}) +
                 EncodeRequest({"srandmember", "set", "-999999999999"}) +
                 EncodeRequest({"client", "reply", "on"}) + EncodeRequest({"ping"}));
  EXPECT_EQ(silent.Receive().ToString(), "+OK");
  EXPECT_EQ(silent.Receive().ToString(), "+PONG");
}

TEST_P(ClientLimitsTest, WhatFitsIntoAChunkMayAlwaysBeSent) {
  kv::ServerOptions options = Options();
  options.client_output_buffer_limit[kv::kNormalClients].hard_bytes = 10;
  TestServer server(options);
  StoreValue(&server);
  RespClient client = server.Connect();
  EXPECT_EQ(client.Text({"echo", std::string(1000, 'x')}), '"' + std::string(1000, 'x') + '"');
  client.Send({"get", "key"});
  server.Settle();
  EXPECT_TRUE(client.AtEnd());
}

TEST_P(ClientLimitsTest, OutputBeyondTheSoftLimitIsToleratedForAWhile) {
  constexpr size_t kRequests = 100;
  kv::ServerOptions options = Options();
  options.client_output_buffer_limit[kv::kNormalClients] = {.soft_bytes = 1 << 20,
                                                            .soft_seconds = 5};
  TestServer server(options);
  StoreValue(&server);
  RespClient other = server.Connect();
  RespClient reader = server.Connect();
  RespClient sleeper = server.Connect();
  Ask(&server, &reader, kRequests);
  Ask(&server, &sleeper, kRequests);
  server.AdvanceTime(4000);
  EXPECT_EQ(InfoNumber(&other, "connected_clients"), 3);
  for (size_t i = 0; i < kRequests; ++i) ASSERT_EQ(reader.Receive().text.size(), kValueBytes);
  server.AdvanceTime(1100);
  server.Settle();
  EXPECT_EQ(InfoNumber(&other, "client_output_buffer_limit_disconnections"), 1);
  server.AdvanceTime(10'000);
  EXPECT_EQ(reader.Text({"ping"}), "+PONG");
}

TEST_P(ClientLimitsTest, SilenceEndsAtTheTimeout) {
  kv::ServerOptions options = Options();
  options.timeout = 10;
  TestServer server(options);
  RespClient silent = server.Connect();
  RespClient talker = server.Connect();
  RespClient monitor = server.Connect();
  ASSERT_EQ(silent.Text({"ping"}), "+PONG");
  ASSERT_EQ(talker.Text({"ping"}), "+PONG");
  ASSERT_EQ(monitor.Text({"monitor"}), "+OK");
  server.AdvanceTime(9000);
  EXPECT_EQ(talker.Text({"ping"}), "+PONG");
  EXPECT_FALSE(silent.HasInput());
  server.AdvanceTime(2000);
  EXPECT_TRUE(silent.AtEnd());
  EXPECT_EQ(talker.Text({"ping"}), "+PONG");
  EXPECT_EQ(InfoNumber(&talker, "connected_clients"), 2);
}

TEST_P(ClientLimitsTest, TheLargestClientIsEvictedFirst) {
  kv::ServerOptions options = Options();
  options.maxmemory_clients = 3 << 20;
  TestServer server(options);
  RespClient small = server.Connect();
  RespClient middle = server.Connect();
  RespClient large = server.Connect();
  ASSERT_EQ(large.Text({"client", "setname", "large"}), "+OK");
  SendCutArgument(&server, &middle, 500'000);
  EXPECT_EQ(InfoNumber(&small, "evicted_clients"), 0);
  SendCutArgument(&server, &large, 2'500'000);
  EXPECT_TRUE(large.AtEnd());
  EXPECT_EQ(InfoNumber(&small, "evicted_clients"), 1);
  EXPECT_EQ(InfoNumber(&small, "connected_clients"), 2);
  EXPECT_THAT(server.log(),
              Contains(AllOf(StartsWith("Evicting client: id="), HasSubstr(" name=large "))));
  // What the others sent is intact.
  ASSERT_TRUE(middle.SendRaw(std::string(500'000, 'v') + "\r\n"));
  EXPECT_EQ(middle.Receive(), Value::Simple("OK"));
}

TEST_P(ClientLimitsTest, PrefixesOfTrackingCount) {
  kv::ServerOptions options = Options();
  options.maxmemory_clients = 200'000;
  TestServer server(options);
  RespClient other = server.Connect();
  RespClient client = server.Connect();
  client.Run({"hello", "3"});
  std::string requests;
  for (int i = 0; i < 2000; ++i) {
    requests += EncodeRequest(
        {"client", "tracking", "on", "bcast", "prefix", std::to_string(1'000'000 + i)});
  }
  ASSERT_TRUE(client.SendRaw(requests));
  for (int tick = 0; tick < 200 && InfoNumber(&other, "evicted_clients") == 0; ++tick) {
    server.Settle();
  }
  EXPECT_EQ(InfoNumber(&other, "evicted_clients"), 1);
  EXPECT_EQ(InfoNumber(&other, "tracking_total_prefixes"), 0);
}

TEST_P(ClientLimitsTest, AClientMayBeExemptFromEviction) {
  kv::ServerOptions options = Options();
  options.maxmemory = 40 << 20;
  options.maxmemory_clients = -5;  // per cent of maxmemory
  TestServer server(options);
  RespClient exempt = server.Connect();
  ASSERT_EQ(exempt.Text({"client", "no-evict", "on"}), "+OK");
  SendCutArgument(&server, &exempt, 2'500'000);
  ASSERT_TRUE(exempt.SendRaw(std::string(2'500'000, 'v') + "\r\n"));
  EXPECT_EQ(exempt.Receive(), Value::Simple("OK"));
  ASSERT_EQ(exempt.Text({"client", "no-evict", "off"}), "+OK");
  SendCutArgument(&server, &exempt, 2'500'000);
  EXPECT_TRUE(exempt.AtEnd());
  RespClient other = server.Connect();
  EXPECT_EQ(InfoNumber(&other, "evicted_clients"), 1);
}

TEST_P(ClientLimitsTest, TheMemoryLimitCanBeSetLater) {
  TestServer server(Options());
  RespClient large = server.Connect();
  RespClient other = server.Connect();
  SendCutArgument(&server, &large, 2'500'000);
  ASSERT_EQ(other.Text({"config", "set", "maxmemory-clients", "2mb"}), "+OK");
  server.Settle();
  EXPECT_TRUE(large.AtEnd());
  EXPECT_EQ(InfoNumber(&other, "evicted_clients"), 1);
}

INSTANTIATE_BACKEND_TESTS(ClientLimitsTest);

}  // namespace
}  // namespace tests
