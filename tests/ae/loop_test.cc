#include "ae/loop.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "ae/file_descriptor.h"

namespace ae {
namespace {

TEST(BackendNames, RoundTrip) {
  for (BackendKind kind :
       {BackendKind::kAuto, BackendKind::kUring, BackendKind::kEpoll, BackendKind::kEpollEdge,
        BackendKind::kKqueue, BackendKind::kPoll, BackendKind::kSelect}) {
    EXPECT_EQ(ParseBackendName(BackendName(kind)), kind);
  }
  EXPECT_EQ(ParseBackendName("devpoll"), std::nullopt);
}

// Answers every byte with itself.
class Echo : public Acceptor, public StreamHandler {
 public:
  explicit Echo(Loop* loop) : loop_(loop) {}
  StreamHandler* OnAccept(StreamId stream, const Peer& peer, std::string*) override {
    stream_ = stream;
    peer_ = peer;
    return this;
  }
  void OnReceive(std::span<const char> bytes) override {
    reply_.assign(bytes.begin(), bytes.end());
    part_ = {reply_.data(), reply_.size()};
    loop_->Send(stream_, std::span(&part_, 1));
  }
  void OnReceivedInto(size_t) override {}
  void OnEnd() override { loop_->Close(stream_); }
  void OnSent() override {}
  void OnError(int) override { loop_->Close(stream_); }
  void OnClosed() override { closed_ = true; }

  Loop* loop_;
  StreamId stream_;
  Peer peer_;
  std::string reply_;
  iovec part_ = {};
  bool closed_ = false;
};

TEST(Loop, Echoes) {
  for (BackendKind kind : BuiltBackends()) {
    LoopOptions options;
    options.backend = kind;
    auto created = Loop::Create(options);
    ASSERT_TRUE(created.ok()) << created.status();
    Loop& loop = **created;
    Echo echo(&loop);
    auto listener = loop.ListenTcp({.address = "127.0.0.1"}, &echo);
    ASSERT_TRUE(listener.ok()) << listener.status();

    FileDescriptor client(socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(loop.BoundPort(*listener));
    ASSERT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(send(client.get(), "hello", 5, MSG_NOSIGNAL), 5);
    while (echo.reply_.empty()) loop.RunOnce(1'000'000);
    char reply[16];
    ASSERT_EQ(recv(client.get(), reply, sizeof(reply), 0), 5);
    EXPECT_EQ(std::string(reply, 5), "hello");
    EXPECT_EQ(echo.peer_.address, "127.0.0.1");
    EXPECT_TRUE(echo.peer_.is_loopback);

    shutdown(client.get(), SHUT_WR);
    while (!echo.closed_) loop.RunOnce(1'000'000);
    EXPECT_EQ(recv(client.get(), reply, sizeof(reply), 0), 0);
    loop.Shutdown();
  }
}

}  // namespace
}  // namespace ae
