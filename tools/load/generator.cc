#include "tools/load/generator.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>

#include "tools/load/server_cpu.h"

namespace load {
namespace {

constexpr size_t kReceiveBytes = 256 * 1024;
constexpr int kMaxEvents = 256;
constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr int64_t kLongestWait = kNanosecondsPerSecond / 10;

int64_t Now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int ConnectUnix(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

int ConnectTcp(const std::string& host, int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return -1;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

Generator::Generator(const GeneratorOptions& options, const WorkloadOptions& workload)
    : options_(options),
      workload_(workload, options.pipeline),
      clients_(options.clients),
      receive_buffer_(kReceiveBytes, '\0'),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (options.rate > 0) {
    interval_ = static_cast<double>(kNanosecondsPerSecond) * static_cast<double>(options.pipeline) /
                options.rate;
  }
}

Generator::~Generator() {
  for (const Client& client : clients_) {
    if (client.fd >= 0) close(client.fd);
  }
  for (const int fd : quiet_) close(fd);
  close(epoll_);
}

int Generator::ConnectOne() const {
  return options_.unix_path.empty() ? ConnectTcp(options_.host, options_.port)
                                    : ConnectUnix(options_.unix_path);
}

// They are reset when they are closed: thousands of ports waiting out their time would be missed.
std::string Generator::ConnectIdle() {
  for (size_t i = 0; i < options_.idle; ++i) {
    const int fd = ConnectOne();
    if (fd < 0) return std::string("cannot connect: ") + std::strerror(errno);
    const linger reset = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    quiet_.push_back(fd);
  }
  return "";
}

std::string Generator::Connect() {
  if (std::string error = ConnectIdle(); !error.empty()) return error;
  for (Client& client : clients_) {
    client.fd = ConnectOne();
    if (client.fd < 0) return std::string("cannot connect: ") + std::strerror(errno);
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.ptr = &client;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event);
    idle_.push_back(&client);
  }
  return "";
}

Report Generator::Run() {
  start_ = Now();
  if (options_.warmup == 0) BeginMeasurement(start_);
  epoll_event events[kMaxEvents];
  for (int64_t now = start_; !lost_; now = Now()) {
    if (!finished(now)) SendDueBatches(now);
    if (in_flight_ == 0 && finished(now)) break;
    const int64_t wait = WaitNanoseconds(now);
    const timespec timeout = {wait / kNanosecondsPerSecond, wait % kNanosecondsPerSecond};
    const int count = epoll_pwait2(epoll_, events, kMaxEvents, &timeout, nullptr);
    for (int i = 0; i < count; ++i) {
      Client& client = *static_cast<Client*>(events[i].data.ptr);
      if (events[i].events & EPOLLOUT) Write(client, "");
      if (events[i].events & ~EPOLLOUT) Receive(client);
    }
  }
  report_.seconds =
      static_cast<double>(Now() - measured_from_) / static_cast<double>(kNanosecondsPerSecond);
  if (options_.server_pid != 0) {
    report_.server_cpu_nanoseconds = CpuNanoseconds(options_.server_pid) - cpu_before_;
  }
  for (const Client& client : clients_) {
    report_.errors += client.replies.errors();
    report_.nulls += client.replies.nulls();
    if (report_.first_error.empty()) report_.first_error = client.replies.first_error();
  }
  return report_;
}

void Generator::BeginMeasurement(int64_t now) {
  measuring_ = true;
  measured_from_ = now;
  start_ = now;
  batches_ = 0;
  if (options_.server_pid != 0) cpu_before_ = CpuNanoseconds(options_.server_pid);
}

bool Generator::finished(int64_t now) const {
  if (options_.requests > 0 && sent_ >= options_.requests + options_.warmup) return true;
  return options_.seconds > 0 && measuring_ &&
         static_cast<double>(now - measured_from_) >
             options_.seconds * static_cast<double>(kNanosecondsPerSecond);
}

void Generator::SendDueBatches(int64_t now) {
  while (!idle_.empty() && !finished(now)) {
    int64_t due = now;
    const bool paced = interval_ > 0 && measuring_;
    if (paced) {
      due = start_ + static_cast<int64_t>(interval_ * static_cast<double>(batches_));
      if (due > now) return;
    }
    Client& client = *idle_.front();
    idle_.pop_front();
    // Time goes by while many connections are served.
    SendBatch(client, paced ? due : Now());
  }
}

void Generator::SendBatch(Client& client, int64_t due) {
  size_t requests = options_.pipeline;
  if (options_.requests > 0) {
    requests = std::min<uint64_t>(requests, options_.requests + options_.warmup - sent_);
  }
  ++batches_;
  sent_ += requests;
  in_flight_ += requests;
  client.outstanding = requests;
  client.due = due;
  Write(client, workload_.Next(requests));
}

// Sends what is unsent and `bytes`; keeps what the socket does not take and waits until it can.
void Generator::Write(Client& client, std::string_view bytes) {
  const bool waiting = client.has_unsent();
  if (waiting) bytes = std::string_view(client.unsent.append(bytes)).substr(client.unsent_from);
  const ssize_t result = send(client.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (result < 0 && errno != EAGAIN) return Lose(client, std::strerror(errno));
  const auto written = static_cast<size_t>(std::max<ssize_t>(result, 0));
  if (waiting) {
    client.unsent_from += written;
  } else {
    client.unsent.assign(bytes.substr(written));
    client.unsent_from = 0;
  }
  if (waiting == client.has_unsent()) return;
  epoll_event event = {};
  event.events = EPOLLIN | (client.has_unsent() ? static_cast<uint32_t>(EPOLLOUT) : 0u);
  event.data.ptr = &client;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, client.fd, &event);
}

void Generator::Receive(Client& client) {
  const ssize_t size =
      recv(client.fd, receive_buffer_.data(), receive_buffer_.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return Lose(client, size == 0 ? "closed by the server" : std::strerror(errno));
  const size_t replies =
      client.replies.Feed(std::string_view(receive_buffer_).substr(0, static_cast<size_t>(size)));
  OnReplies(client, std::min(replies, client.outstanding));
}

void Generator::OnReplies(Client& client, size_t replies) {
  if (replies == 0) return;
  client.outstanding -= replies;
  in_flight_ -= replies;
  answered_ += replies;
  const int64_t now = Now();
  if (measuring_) {
    report_.requests += replies;
    report_.latency.Record(static_cast<uint64_t>(std::max<int64_t>(now - client.due, 0)), replies);
  } else if (answered_ >= options_.warmup) {
    BeginMeasurement(now);
  }
  if (client.outstanding == 0) idle_.push_back(&client);
}

// Until the next batch is due, if a connection is free for it; else until replies come.
int64_t Generator::WaitNanoseconds(int64_t now) const {
  if (interval_ == 0 || !measuring_ || idle_.empty() || finished(now)) return kLongestWait;
  const int64_t due = start_ + static_cast<int64_t>(interval_ * static_cast<double>(batches_));
  return std::clamp<int64_t>(due - now, 0, kLongestWait);
}

void Generator::Lose(Client& client, std::string_view why) {
  lost_ = true;
  ++report_.errors;
  if (report_.first_error.empty()) report_.first_error = why;
  close(client.fd);
  client.fd = -1;
}

}  // namespace load
