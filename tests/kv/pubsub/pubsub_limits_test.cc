// What subscribers may cost: output that is not read, and subscriptions without end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "kv/store/store.h"
#include "tests/kv/server/backend_test.h"
#include "tests/support/test_server.h"

namespace tests {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class PubSubLimitsTest : public BackendTest {
 protected:
  static void Publish(RespClient* publisher, size_t times, size_t bytes) {
    const std::string message(bytes, 'm');
    for (size_t i = 0; i < times; ++i) publisher->Run({"publish", "a", message});
  }
  // Subscribes to `count` channels and reads the confirmations.
  static void SubscribeToMany(RespClient* client, size_t count) {
    constexpr size_t kAtOnce = 10'000;
    for (size_t first = 0; first < count; first += kAtOnce) {
      Arguments request = {"subscribe"};
      for (size_t i = 0; i < kAtOnce; ++i) request.push_back("ch:" + std::to_string(first + i));
      client->Send(request);
      for (size_t i = 0; i < kAtOnce; ++i) client->Receive();
    }
  }
};

TEST_P(PubSubLimitsTest, ASlowSubscriberIsClosedAtTheHardLimitOfItsClass) {
  kv::ServerOptions options = Options();
  options.client_output_buffer_limit[kv::kPubsubClients] = {.hard_bytes = 8 << 20};
  TestServer server(options);
  RespClient slow = server.Connect();
  RespClient quick = server.Connect();
  RespClient publisher = server.Connect();
  slow.Run({"subscribe", "a"});
  quick.Run({"subscribe", "a"});
  for (int i = 0; i < 200; ++i) {
    Publish(&publisher, 1, 100'000);
    ASSERT_EQ(quick.Receive().elements.size(), 3u);
  }
  EXPECT_EQ(publisher.Text({"pubsub", "numsub", "a"}), R"(["a", 1])");
  EXPECT_EQ(InfoNumber(&publisher, "client_output_buffer_limit_disconnections"), 1);
  EXPECT_THAT(server.log(), Contains(HasSubstr("overcoming of output buffer limits")));
}

TEST_P(PubSubLimitsTest, ASlowSubscriberIsClosedAtTheSoftLimitOfItsClass) {
  kv::ServerOptions options = Options();
  options.client_output_buffer_limit[kv::kPubsubClients] = {.soft_bytes = 2 << 20,
                                                            .soft_seconds = 5};
  TestServer server(options);
  RespClient slow = server.Connect();
  RespClient publisher = server.Connect();
  slow.Run({"subscribe", "a"});
  Publish(&publisher, 120, 100'000);
  EXPECT_EQ(InfoNumber(&publisher, "connected_clients"), 2);
  server.AdvanceTime(4000);
  EXPECT_EQ(InfoNumber(&publisher, "connected_clients"), 2);
  server.AdvanceTime(2000);
  server.Settle();
  EXPECT_EQ(InfoNumber(&publisher, "connected_clients"), 1);
}

TEST_P(PubSubLimitsTest, AMessageIsHeldOnceForAllWhoAreSlow) {
  constexpr size_t kSlow = 20;
  constexpr size_t kBytes = 12 << 20;
  TestServer server(Options());
  std::vector<RespClient> slow;
  for (size_t i = 0; i < kSlow; ++i) {
    slow.push_back(server.Connect());
    slow.back().Run({"subscribe", "a"});
  }
  RespClient publisher = server.Connect();
  const size_t used = server.server().store().memory().used();
  Publish(&publisher, 1, kBytes);
  EXPECT_GE(server.server().store().memory().used(), used + kBytes);
  EXPECT_LT(server.server().store().memory().used(), used + 2 * kBytes);
  for (RespClient& client : slow) {
    ASSERT_EQ(client.Receive().elements.at(2).text.size(), kBytes);
  }
  server.Settle();
  EXPECT_LT(server.server().store().memory().used(), used + 100'000);
}

TEST_P(PubSubLimitsTest, ASubscriberThatIsSilentIsNotTimedOut) {
  kv::ServerOptions options = Options();
  options.timeout = 10;
  TestServer server(options);
  RespClient subscriber = server.Connect();
  subscriber.Run({"subscribe", "a"});
  server.AdvanceTime(60'000);
  RespClient publisher = server.Connect();
  EXPECT_EQ(publisher.Text({"publish", "a", "x"}), "1");
}

TEST_P(PubSubLimitsTest, SubscriptionsCountAsMemoryOfTheClient) {
  kv::ServerOptions options = Options();
  options.maxmemory_clients = 4 << 20;
  TestServer server(options);
  RespClient greedy = server.Connect();
  RespClient other = server.Connect();
  SubscribeToMany(&greedy, 20'000);
  EXPECT_EQ(InfoNumber(&other, "evicted_clients"), 0);
  Arguments request = {"subscribe"};
  for (size_t i = 0; i < 40'000; ++i) request.push_back("more:" + std::to_string(i));
  greedy.Send(request);
  greedy.ReceiveRawUntilEnd();
  EXPECT_EQ(InfoNumber(&other, "evicted_clients"), 1);
  server.Settle();
  EXPECT_EQ(InfoNumber(&other, "pubsub_channels"), 0);
}

INSTANTIATE_BACKEND_TESTS(PubSubLimitsTest);

TEST(ManySubscriptionsTest, AMillionOfOneClientTakeBoundedMemoryAndAreFreedInSlices) {
  constexpr size_t kCount = 1'000'000;
  constexpr size_t kMostBytesEach = 160;
  TestServer server;
  RespClient greedy = server.Connect();
  RespClient other = server.Connect();
  const size_t used = server.server().store().memory().used();
  // Confirmations pile up until they are read, here in few large gulps.
  constexpr size_t kAtOnce = 50'000;
  for (size_t first = 0; first < kCount; first += kAtOnce) {
    std::string expected;
    Arguments request = {"subscribe"};
    for (size_t i = first; i < first + kAtOnce; ++i) {
      request.push_back("channel:" + std::to_string(i));
      const std::string request_text = EncodeRequest({"subscribe", request.back()});
      expected += "*3" + request_text.substr(2) + ":" + std::to_string(i + 1) + "\r\n";
    }
    greedy.Send(request);
    ASSERT_EQ(greedy.ReceiveRaw(expected.size()).size(), expected.size());
  }
  EXPECT_EQ(InfoNumber(&other, "pubsub_channels"), static_cast<int64_t>(kCount));
  EXPECT_LT(server.server().store().memory().used() - used, kCount * kMostBytesEach);
  EXPECT_EQ(other.Text({"publish", "channel:77", "x"}), "1");
  greedy.Close();
  // Others are served while it is taken apart.
  server.server().RunOnce(0);
  EXPECT_EQ(other.Text({"ping"}), "+PONG");
  EXPECT_EQ(other.Text({"publish", "channel:77", "x"}), "0");
  EXPECT_GT(InfoNumber(&other, "pubsub_channels"), 0);
  server.Settle();
  EXPECT_EQ(InfoNumber(&other, "pubsub_channels"), 0);
  EXPECT_LT(server.server().store().memory().used() - used, 1'000'000u);
}

}  // namespace
}  // namespace tests
