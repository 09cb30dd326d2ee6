#include "tests/support/resp_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace tests {
namespace {

[[noreturn]] void Die(const char* what) {
  perror(what);
  abort();
}

int ConnectSocket(int family, const sockaddr* address, socklen_t size) {
  const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  if (connect(fd, address, size) != 0) Die("connect");
  return fd;
}

}  // namespace

namespace {

template <class Texts>
std::string Encode(const Texts& arguments) {
  std::string bytes = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string_view argument : arguments) {
    bytes += "$" + std::to_string(argument.size()) + "\r\n";
    bytes.append(argument).append("\r\n");
  }
  return bytes;
}

}  // namespace

std::string EncodeRequest(const Arguments& arguments) {
  return Encode(arguments);
}

Request::Request(std::initializer_list<std::string_view> arguments) : bytes_(Encode(arguments)) {}
Request::Request(const Arguments& arguments) : bytes_(Encode(arguments)) {}
Request::~Request() = default;

RespClient RespClient::ConnectTcp(int port, Turn turn, const std::string& address) {
  sockaddr_in in = {};
  sockaddr_in6 in6 = {};
  if (inet_pton(AF_INET, address.c_str(), &in.sin_addr) == 1) {
    in.sin_family = AF_INET;
    in.sin_port = htons(static_cast<uint16_t>(port));
    return RespClient(ConnectSocket(AF_INET, reinterpret_cast<sockaddr*>(&in), sizeof(in)),
                      std::move(turn));
  }
  if (inet_pton(AF_INET6, address.c_str(), &in6.sin6_addr) != 1) Die("address");
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(static_cast<uint16_t>(port));
  return RespClient(ConnectSocket(AF_INET6, reinterpret_cast<sockaddr*>(&in6), sizeof(in6)),
                    std::move(turn));
}

RespClient RespClient::ConnectUnix(const std::string& path, Turn turn) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) Die("path too long");
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return RespClient(ConnectSocket(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
                    std::move(turn));
}

RespClient::RespClient(int fd, Turn turn) : fd_(fd), turn_(std::move(turn)) {
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  // fails on a UNIX socket
}

RespClient::~RespClient() {
  Close();
}

RespClient::RespClient(RespClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      turn_(std::move(other.turn_)),
      parser_(std::move(other.parser_)),
      input_(std::move(other.input_)),
      position_(std::exchange(other.position_, 0)),
      replies_(std::move(other.replies_)),
      pushes_(std::move(other.pushes_)) {}

RespClient& RespClient::operator=(RespClient&& other) noexcept {
  if (this == &other) return *this;
  Close();
  fd_ = std::exchange(other.fd_, -1);
  turn_ = std::move(other.turn_);
  parser_ = std::move(other.parser_);
  input_ = std::move(other.input_);
  position_ = std::exchange(other.position_, 0);
  replies_ = std::move(other.replies_);
  pushes_ = std::move(other.pushes_);
  return *this;
}

resp::Value RespClient::Run(const Request& request) {
  if (!SendRaw(request.bytes())) return resp::Value::Error("client: cannot send");
  return Receive();
}

std::vector<resp::Value> RespClient::Pipeline(const std::vector<Arguments>& requests) {
  std::string bytes;
  for (const Arguments& request : requests) bytes += EncodeRequest(request);
  SendRaw(bytes);
  std::vector<resp::Value> replies;
  for (size_t i = 0; i < requests.size(); ++i) replies.push_back(Receive());
  return replies;
}

bool RespClient::SendRaw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!WaitUntil(POLLOUT)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

// Waits until the socket has one of `events`; false if patience ends first.
bool RespClient::WaitUntil(short events) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  do {
    if (turn_) turn_();
    pollfd poll_fd = {fd_, events, 0};
    if (poll(&poll_fd, 1, turn_ ? 0 : 1000) > 0) return true;
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

RespClient::Wait RespClient::WaitForBytes() {
  if (fd_ < 0) return Wait::kEnd;
  for (;;) {
    char bytes[64 * 1024];
    const ssize_t size = recv(fd_, bytes, sizeof(bytes), 0);
    if (size > 0) {
      input_.erase(0, position_);
      position_ = 0;
      input_.append(bytes, static_cast<size_t>(size));
      return Wait::kBytes;
    }
    if (size == 0) return Wait::kEnd;
    if (errno == EAGAIN) {
      if (!WaitUntil(POLLIN)) return Wait::kTimeout;
    } else if (errno != EINTR) {
      return Wait::kEnd;
    }
  }
}

// Parses one reply from what has arrived into the queue it belongs to, or into `value` what is
// wrong with it. Returns false if more bytes are needed.
bool RespClient::TakeValue(resp::Value* value) {
  switch (parser_.Next(input_, &position_, value)) {
    case resp::ReplyResult::kValue:
      (value->type == resp::Value::Type::kPush ? pushes_ : replies_).push_back(std::move(*value));
      return true;
    case resp::ReplyResult::kIncomplete:
      return false;
    case resp::ReplyResult::kError:
      replies_.push_back(resp::Value::Error("client: " + std::string(parser_.error())));
      return true;
  }
  return false;
}

resp::Value RespClient::ReceiveInto(std::deque<resp::Value>* wanted) {
  while (wanted->empty()) {
    resp::Value value;
    if (TakeValue(&value)) continue;
    const Wait wait = WaitForBytes();
    if (wait == Wait::kEnd) return resp::Value::Error("client: connection closed");
    if (wait == Wait::kTimeout) return resp::Value::Error("client: timed out");
  }
  resp::Value value = std::move(wanted->front());
  wanted->pop_front();
  return value;
}

resp::Value RespClient::Receive() {
  return ReceiveInto(&replies_);
}

resp::Value RespClient::ReceivePush() {
  return ReceiveInto(&pushes_);
}

std::string RespClient::ReceiveRaw(size_t size) {
  while (input_.size() - position_ < size && WaitForBytes() == Wait::kBytes) {
  }
  std::string bytes = input_.substr(position_, size);
  position_ += bytes.size();
  return bytes;
}

std::string RespClient::ReceiveRawUntilEnd() {
  return ReceiveRaw(SIZE_MAX);
}

bool RespClient::AtEnd() {
  resp::Value value;
  for (;;) {
    if (!replies_.empty() || !pushes_.empty() || TakeValue(&value)) return false;
    const Wait wait = WaitForBytes();
    if (wait != Wait::kBytes) return wait == Wait::kEnd;
  }
}

bool RespClient::HasInput() {
  if (turn_) turn_();
  if (!replies_.empty() || !pushes_.empty() || position_ < input_.size()) return true;
  pollfd poll_fd = {fd_, POLLIN, 0};
  return poll(&poll_fd, 1, 0) > 0;
}

void RespClient::ShutdownSending() {
  shutdown(fd_, SHUT_WR);
}

void RespClient::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

}  // namespace tests
