// The loops of the event-loop lab, the io_uring variants and one-shot epoll among them: streams are
// received whole, and closed for their peers.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/ae/event_loops.h"
#include "tools/lab_servers/models.h"

namespace lab {
namespace {

class LoopModelTest : public testing::TestWithParam<std::string_view>, public ae::Acceptor {
 protected:
  void SetUp() override {
    auto loop = CreateLoop(GetParam());
    if (!loop.ok()) GTEST_SKIP() << GetParam() << ": " << loop.status().message();
    loop_ = *std::move(loop);
    const auto listener = loop_->ListenTcp({.address = "127.0.0.1"}, this);
    ASSERT_TRUE(listener.ok()) << listener.status();
    port_ = loop_->BoundPort(*listener);
  }
  void TearDown() override {
    if (loop_ != nullptr) loop_->Shutdown();
  }

  ae::StreamHandler* OnAccept(ae::StreamId stream, const ae::Peer&, std::string*) override {
    connections_.push_back(std::make_unique<ae::Connection>(loop_.get()));
    connections_.back()->id = stream;
    connections_.back()->echo = true;
    return connections_.back().get();
  }

  ae::Client Connect() {
    ae::Client client = ae::Client::ConnectTcp(port_);
    EXPECT_TRUE(client.connected());
    return client;
  }

  // Runs the loop until it is done; fails after many ticks.
  template <typename Done>
  void RunUntil(Done done) {
    for (int i = 0; i < 20000 && !done(); ++i) loop_->RunOnce(500);
    EXPECT_TRUE(done());
  }

  std::unique_ptr<ae::Loop> loop_;
  int port_ = 0;
  std::vector<std::unique_ptr<ae::Connection>> connections_;
};

TEST_P(LoopModelTest, EchoesALongMessageWhole) {
  ae::Client client = Connect();
  std::string message(2'000'000, '\0');
  for (size_t i = 0; i < message.size(); ++i) message[i] = static_cast<char>('a' + i % 23);
  size_t sent = 0;
  std::string received;
  RunUntil([&] {
    sent += client.SendSome(std::string_view(message).substr(sent));
    received += client.ReadSome();
    return received.size() == message.size();
  });
  EXPECT_TRUE(received == message);
}

TEST_P(LoopModelTest, AnswersOneMessageAfterTheOther) {
  ae::Client client = Connect();
  for (int i = 0; i < 20; ++i) {
    const std::string message = "message " + std::to_string(i);
    client.Send(message);
    std::string received;
    RunUntil([&] { return (received += client.ReadSome()).size() >= message.size(); });
    EXPECT_EQ(received, message);
  }
}

TEST_P(LoopModelTest, ThePeerSeesTheCloseAndTheSlotIsUsedAgain) {
  for (int i = 0; i < 5; ++i) {
    ae::Client client = Connect();
    client.Send("x");
    std::string received;
    RunUntil([&] { return !(received += client.ReadSome()).empty(); });
    connections_.back()->Close();
    RunUntil([&] { return connections_.back()->closed; });
    RunUntil([&] {
      client.ReadSome();
      return client.ended();
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Models, LoopModelTest, testing::ValuesIn(LoopModels()), [](auto& info) {
  std::string name(info.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace lab
