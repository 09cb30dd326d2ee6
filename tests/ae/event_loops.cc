#include "tests/ae/event_loops.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "ae/readiness/poller_loop.h"
#include "ae/readiness/pollers.h"

namespace ae {
namespace {

sockaddr_in LoopbackAddress(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

bool IsBuilt(BackendKind kind) {
  const std::vector<BackendKind> built = BuiltBackends();
  return std::find(built.begin(), built.end(), kind) != built.end();
}

}  // namespace

std::vector<BackendKind> TestedBackends() {
  std::vector<BackendKind> tested = BuiltBackends();
  if (!IsBuilt(BackendKind::kKqueue)) tested.push_back(BackendKind::kKqueue);
  return tested;
}

std::string TestName(BackendKind kind) {
  std::string name(BackendName(kind));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

absl::StatusOr<std::unique_ptr<Loop>> CreateTestedLoop(BackendKind kind, LoopOptions options) {
  options.backend = kind;
#ifdef SOLOKV_TEST_KQUEUE_SHIM
  if (kind == BackendKind::kKqueue) {
    absl::StatusOr<std::unique_ptr<Poller>> poller = CreateKqueuePoller();
    if (!poller.ok()) return poller.status();
    return CreatePollerLoop(options, *std::move(poller));
  }
#endif
  return Loop::Create(options);
}

// --- Client ---

Client Client::ConnectTcp(int port, bool ipv6) {
  Client client(socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int result;
  if (ipv6) {
    sockaddr_in6 address = {};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    address.sin6_port = htons(static_cast<uint16_t>(port));
    result = connect(client.fd(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
  } else {
    const sockaddr_in address = LoopbackAddress(port);
    result = connect(client.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }
  if (result != 0) client.Close();
  return client;
}

Client Client::ConnectUnix(const std::string& path) {
  Client client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof(address.sun_path) - 1));
  const auto* target = reinterpret_cast<const sockaddr*>(&address);
  if (connect(client.fd(), target, sizeof(address)) != 0) client.Close();
  return client;
}

void Client::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ASSERT_GT(sent, 0) << std::strerror(errno);
    bytes.remove_prefix(sent);
  }
}

size_t Client::SendSome(std::string_view bytes) {
  const ssize_t sent = send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? 0 : sent;
}

void Client::EndSending() {
  shutdown(fd(), SHUT_WR);
}

std::string Client::ReadSome() {
  std::string bytes(64 << 10, '\0');
  const ssize_t size = recv(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (size == 0 || (size < 0 && errno != EAGAIN)) ended_ = true;
  bytes.resize(size < 0 ? 0 : size);
  return bytes;
}

void Client::Reset() {
  const linger abort = {1, 0};
  setsockopt(fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  Close();
}

// --- Connection ---

void Connection::OnReceive(std::span<const char> bytes) {
  ++receives;
  received.append(bytes.data(), bytes.size());
  if (on_receive) on_receive(bytes);
  if (!echo) return;
  queued_.append(bytes.data(), bytes.size());
  if (!pending) Send(std::exchange(queued_, {}));
}

void Connection::OnSent() {
  EXPECT_TRUE(pending);
  pending = false;
  if (!queued_.empty()) Send(std::exchange(queued_, {}));
}

SendResult Connection::Send(std::string bytes) {
  EXPECT_FALSE(pending);
  sending_ = std::move(bytes);
  part_ = {sending_.data(), sending_.size()};
  const SendResult result = loop_->Send(id, std::span(&part_, 1));
  pending = result == SendResult::kPending;
  return result;
}

// --- LoopTest ---

void LoopTest::SetUp() {
  auto loop = CreateTestedLoop(GetParam());
  if (!loop.ok()) GTEST_SKIP() << BackendName(GetParam()) << ": " << loop.status().message();
  loop_ = *std::move(loop);
}

void LoopTest::TearDown() {
  if (loop_ == nullptr) return;
  loop_->Shutdown();
  for (const auto& connection : connections_) EXPECT_NE(connection->closed, connection->given_away);
}

void LoopTest::MakeLoop(LoopOptions options) {
  auto loop = CreateTestedLoop(GetParam(), std::move(options));
  ASSERT_TRUE(loop.ok()) << loop.status();
  loop_ = *std::move(loop);
}

int LoopTest::Listen() {
  auto listener = loop_->ListenTcp({.address = "127.0.0.1"}, this);
  EXPECT_TRUE(listener.ok()) << listener.status();
  if (!listener.ok()) return 0;
  listener_ = *listener;
  port_ = loop_->BoundPort(listener_);
  return port_;
}

StreamHandler* LoopTest::OnAccept(StreamId stream, const Peer& peer, std::string* farewell) {
  if (refuse_) {
    *farewell = farewell_;
    return nullptr;
  }
  connections_.push_back(std::make_unique<Connection>(loop_.get()));
  last().id = stream;
  last().peer = peer;
  last().echo = echo_;
  return connections_.back().get();
}

void LoopTest::RunUntil(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!done()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "nothing more happens";
    loop_->RunOnce(10'000);
  }
}

void LoopTest::RunTicks(int ticks) {
  for (int i = 0; i < ticks; ++i) loop_->RunOnce(0);
}

Client LoopTest::Connect() {
  if (port_ == 0) Listen();
  const size_t before = connections_.size();
  Client client = Client::ConnectTcp(port_);
  EXPECT_TRUE(client.connected()) << std::strerror(errno);
  RunUntil([&] { return connections_.size() > before; });
  return client;
}

std::string LoopTest::ReadFrom(Client* client, size_t size) {
  std::string all;
  RunUntil([&] {
    all += client->ReadSome();
    return all.size() >= size || client->ended();
  });
  return all;
}

}  // namespace ae
