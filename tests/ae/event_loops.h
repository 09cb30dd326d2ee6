// What the tests of the event loop share: every backend as a test parameter, peers that talk to the
// loop over real sockets, and handlers that record what they are told.
#ifndef SOLOKV_TESTS_AE_EVENT_LOOPS_H_
#define SOLOKV_TESTS_AE_EVENT_LOOPS_H_

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ae/file_descriptor.h"
#include "ae/loop.h"

namespace ae {

// The built backends, and kqueue (over a kevent made of epoll where the system has none).
std::vector<BackendKind> TestedBackends();
std::string TestName(BackendKind kind);
absl::StatusOr<std::unique_ptr<Loop>> CreateTestedLoop(BackendKind kind, LoopOptions options = {});

// The other end of a connection: a plain socket.
class Client {
 public:
  Client() = default;
  explicit Client(int fd) : socket_(fd) {}
  static Client ConnectTcp(int port, bool ipv6 = false);
  static Client ConnectUnix(const std::string& path);

  int fd() const { return socket_.get(); }
  bool connected() const { return socket_.valid(); }
  // Sends all of it, blocking.
  void Send(std::string_view bytes);
  // Sends as much as goes without blocking.
  size_t SendSome(std::string_view bytes);
  void EndSending();
  // Reads what is there without blocking; sets ended() at the end of input.
  std::string ReadSome();
  bool ended() const { return ended_; }
  // Closes the connection with a reset.
  void Reset();
  void Close() { socket_.Reset(); }

 private:
  FileDescriptor socket_;
  bool ended_ = false;
};

// One stream and what it was told.
class Connection : public StreamHandler {
 public:
  explicit Connection(Loop* loop) : loop_(loop) {}

  void OnReceive(std::span<const char> bytes) override;
  void OnReceivedInto(size_t size) override { received_into += size; }
  void OnEnd() override { ended = true; }
  void OnSent() override;
  void OnError(int error_number) override { error = error_number; }
  void OnClosed() override { closed = true; }
  void OnDetached(FileDescriptor socket, std::string rest) override {
    given_away = true;
    detached = std::move(socket);
    unread = std::move(rest);
  }

  // Sends a copy of `bytes`. Precondition: nothing is pending.
  SendResult Send(std::string bytes);
  void Close() { loop_->Close(id); }

  StreamId id;
  Peer peer;
  std::string received;
  size_t received_into = 0;
  size_t receives = 0;
  bool echo = false;
  bool ended = false;
  bool closed = false;
  bool given_away = false;
  FileDescriptor detached;
  std::string unread;
  bool pending = false;
  int error = 0;
  std::function<void(std::span<const char>)> on_receive;

 private:
  Loop* loop_;
  std::string sending_;
  std::string queued_;  // by echo, while a send is pending
  iovec part_ = {};
};

// A loop on one backend, with a listener on a free port.
class LoopTest : public ::testing::TestWithParam<BackendKind>, public Acceptor {
 protected:
  // Skips the test if the kernel refuses the backend.
  void SetUp() override;
  void TearDown() override;

  void MakeLoop(LoopOptions options = {});
  int Listen();
  StreamHandler* OnAccept(StreamId stream, const Peer& peer, std::string* farewell) override;

  // Runs the loop until `done`; fails the test after some seconds.
  void RunUntil(const std::function<bool()>& done);
  void RunTicks(int ticks);
  // Connects, and runs the loop until the connection is accepted.
  Client Connect();
  Connection& last() { return *connections_.back(); }
  // Runs the loop until `peer` has read `size` bytes or the end.
  std::string ReadFrom(Client* peer, size_t size);

  std::unique_ptr<Loop> loop_;
  ListenerId listener_;
  int port_ = 0;
  bool echo_ = false;
  bool refuse_ = false;
  std::string farewell_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace ae

#endif  // SOLOKV_TESTS_AE_EVENT_LOOPS_H_
