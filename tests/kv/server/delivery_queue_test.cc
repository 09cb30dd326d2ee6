// Messages to many subscribers leave in shares, over several ticks.
#include "kv/server/delivery_queue.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/kv/server/backend_test.h"
#include "tests/support/test_server.h"

namespace tests {
namespace {

class DeliveryQueueTest : public BackendTest {
 protected:
  static constexpr size_t kSubscribers = 400;

  static std::vector<RespClient> Subscribe(TestServer* server) {
    std::vector<RespClient> subscribers;
    for (size_t i = 0; i < kSubscribers; ++i) {
      subscribers.push_back(server->Connect());
      subscribers.back().Run({"subscribe", "news"});
    }
    return subscribers;
  }

  // Whether something has come for the client, as things are: the server does not run.
  static bool IsReached(const RespClient& client) {
    char byte;
    return recv(client.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
  }
  static size_t Reached(const std::vector<RespClient>& subscribers) {
    return static_cast<size_t>(std::count_if(subscribers.begin(), subscribers.end(), IsReached));
  }
};

TEST_P(DeliveryQueueTest, ThePublisherDoesNotWaitUntilAllAreReached) {
  TestServer server(Options());
  std::vector<RespClient> subscribers = Subscribe(&server);
  RespClient publisher = server.Connect();
  publisher.Send({"publish", "news", "1"});
  for (int tick = 0; tick < 10 && !IsReached(publisher); ++tick) server.server().RunOnce(0);
  EXPECT_TRUE(IsReached(publisher));
  EXPECT_LT(Reached(subscribers), kSubscribers / 2);
  EXPECT_TRUE(server.server().has_work());
  server.Settle();
  server.server().RunOnce(0);  // a completion backend begins to send when the loop turns
  EXPECT_EQ(Reached(subscribers), kSubscribers);
}

TEST_P(DeliveryQueueTest, EveryoneGetsWhatIsPublishedMeanwhileInOrder) {
  TestServer server(Options());
  std::vector<RespClient> subscribers = Subscribe(&server);
  RespClient publisher = server.Connect();
  for (const char* message : {"1", "2", "3", "4", "5"}) publisher.Run({"publish", "news", message});
  for (RespClient& subscriber : subscribers) {
    for (const char* message : {"1", "2", "3", "4", "5"}) {
      ASSERT_EQ(subscriber.Receive().elements[2].text, message);
    }
  }
}

TEST_P(DeliveryQueueTest, ARequestOfASubscriberIsAnsweredBehindItsMessages) {
  TestServer server(Options());
  std::vector<RespClient> subscribers = Subscribe(&server);
  RespClient publisher = server.Connect();
  subscribers.back().Send({"ping"});
  publisher.Send({"publish", "news", "1"});
  EXPECT_EQ(publisher.Receive().integer, static_cast<int64_t>(kSubscribers));
  subscribers.back().Send({"ping", "again"});
  std::string received;
  for (int i = 0; i < 3; ++i) received += subscribers.back().Receive().ToString();
  EXPECT_EQ(received, R"(["pong", ""]["message", "news", "1"]["pong", "again"])");
}

TEST_P(DeliveryQueueTest, ASubscriberMayGoWhileItWaits) {
  TestServer server(Options());
  std::vector<RespClient> subscribers = Subscribe(&server);
  RespClient publisher = server.Connect();
  publisher.Run({"publish", "news", "1"});
  for (size_t i = 0; i < kSubscribers; i += 2) subscribers[i].Close();
  publisher.Run({"publish", "news", "2"});
  server.Settle();
  EXPECT_EQ(publisher.Text({"publish", "news", "3"}), "200");
  EXPECT_EQ(subscribers.back().Receive().elements[2].text, "1");
  EXPECT_EQ(subscribers.back().Receive().elements[2].text, "2");
  EXPECT_EQ(subscribers.back().Receive().elements[2].text, "3");
}

TEST_P(DeliveryQueueTest, AllIsSentBeforeAShutdown) {
  TestServer server(Options());
  std::vector<RespClient> subscribers = Subscribe(&server);
  RespClient publisher = server.Connect();
  publisher.SendRaw(EncodeRequest({"publish", "news", "last"}) +
                    EncodeRequest({"shutdown", "nosave"}));
  server.server().Run();
  for (RespClient& subscriber : subscribers) {
    ASSERT_EQ(subscriber.Receive().ToString(), R"(["message", "news", "last"])");
  }
}

TEST_P(DeliveryQueueTest, AllIsSentBeforeTheServerIsStopped) {
  TestServer server(Options());
  std::vector<RespClient> subscribers = Subscribe(&server);
  RespClient publisher = server.Connect();
  EXPECT_EQ(publisher.Text({"publish", "news", "last"}), std::to_string(subscribers.size()));
  server.server().Stop();
  server.server().Run();
  for (RespClient& subscriber : subscribers) {
    ASSERT_EQ(subscriber.Receive().ToString(), R"(["message", "news", "last"])");
  }
}

INSTANTIATE_BACKEND_TESTS(DeliveryQueueTest);

}  // namespace
}  // namespace tests
