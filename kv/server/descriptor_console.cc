#include "kv/server/descriptor_console.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"

namespace kv {
namespace {

constexpr int kWaitMilliseconds = 100;

constexpr resp::RequestLimits kLimits = {.max_bulk_bytes = 64 << 10, .max_args = 1024};

}  // namespace

DescriptorConsole::DescriptorConsole(int socket, std::string unread, std::function<bool()> stops)
    : socket_(socket), stops_(std::move(stops)), input_(std::move(unread)) {}

void DescriptorConsole::Send(const std::vector<std::string>& lines) {
  std::string bytes = absl::StrCat("*", lines.size(), "\r\n");
  for (const std::string& line : lines) {
    const size_t begin = bytes.size() + 1;
    absl::StrAppend(&bytes, "+", line);
    std::replace_if(
        bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.end(),
        [](char c) { return c == '\r' || c == '\n'; }, ' ');
    bytes.append("\r\n");
  }
  SendBytes(bytes);
}

void DescriptorConsole::SendBytes(std::string_view bytes) {
  while (!bytes.empty() && !broken_) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      broken_ = WaitFor(POLLOUT) == Wait::kStopped;
    } else {
      broken_ = errno != EINTR;
    }
  }
}

ConsoleInput DescriptorConsole::Read(std::vector<std::string>* words) {
  while (true) {
    if (!input_.empty() && input_.front() != '*') return ConsoleInput::kGarbage;
    resp::ArgVector args;
    size_t position = 0;
    const resp::ParseResult result = parser_.Next(input_, &position, kLimits, &args);
    if (result == resp::ParseResult::kRequest) words->assign(args.begin(), args.end());
    input_.erase(0, position);
    if (result == resp::ParseResult::kRequest) return ConsoleInput::kCommand;
    if (result == resp::ParseResult::kError || input_.size() > kMaxCommandBytes) {
      return ConsoleInput::kGarbage;
    }
    const ConsoleInput received = Receive();
    if (received != ConsoleInput::kCommand) return received;
  }
}

// Appends what comes next to the input; kCommand if something came.
ConsoleInput DescriptorConsole::Receive() {
  char buffer[4096];
  while (!broken_) {
    if (WaitFor(POLLIN) == Wait::kStopped) return ConsoleInput::kStopping;
    const ssize_t received = recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (received > 0) {
      input_.append(buffer, static_cast<size_t>(received));
      return ConsoleInput::kCommand;
    }
    const bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (received == 0 || !again) break;
  }
  return ConsoleInput::kEnd;
}

DescriptorConsole::Wait DescriptorConsole::WaitFor(short events) {
  pollfd waiting = {socket_, events, 0};
  while (poll(&waiting, 1, kWaitMilliseconds) <= 0) {
    if (stops_ && stops_()) return Wait::kStopped;
  }
  return Wait::kReady;
}

// A socket that is closed with input unread resets the connection.
void DescriptorConsole::Finish() {
  shutdown(socket_, SHUT_WR);
  char buffer[4096];
  while (recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT) > 0) {
  }
}

}  // namespace kv
