// accept_storm: two event loops in two threads take the connections of one port, each by epoll, and
// count how often they were woken for that.
//
//   shared      both watch one listener: a connection wakes whoever waits
//   exclusive   both watch one listener with EPOLLEXCLUSIVE: a connection wakes one of them
//   reuseport   each has a listener of its own, bound to the same port by SO_REUSEPORT
//
// An accepted connection is closed at once. Wake-ups are counted as the times a thread has slept:
// the kernel puts one that it woke in vain back to sleep within the same epoll_wait.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <thread>

#include "ae/file_descriptor.h"
#include "ae/socket.h"
#include "tools/lab_servers/models.h"

namespace {

constexpr int kBacklog = 4096;
constexpr int kStopCheckMilliseconds = 200;

ae::FileDescriptor Listen(int port, bool reuse_port) {
  ae::FileDescriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse_port) setsockopt(listener.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener.get(), kBacklog) != 0) {
    listener.Reset();
  }
  return listener;
}

// One of the loops.
class AcceptLoop {
 public:
  void Watch(int listener, bool exclusive) {
    listener_ = listener;
    epoll_event event = {};
    event.events = EPOLLIN;
    if (exclusive) event.events |= EPOLLEXCLUSIVE;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener, &event);
  }

  void Run(const std::atomic<bool>& stopped) {
    while (!stopped) {
      epoll_event event;
      if (epoll_wait(epoll_.get(), &event, 1, kStopCheckMilliseconds) > 0) AcceptOne();
    }
    rusage usage = {};
    getrusage(RUSAGE_THREAD, &usage);
    wakeups_ = static_cast<uint64_t>(usage.ru_nvcsw);
  }

  uint64_t wakeups() const { return wakeups_; }
  uint64_t accepts() const { return accepts_; }

 private:
  // Closed by a reset, so that no port is left waiting for its time to pass.
  void AcceptOne() {
    const ae::FileDescriptor connection(ae::AcceptConnection(listener_, /*nonblocking=*/true));
    if (!connection.valid()) return;
    ++accepts_;
    const linger reset = {1, 0};
    setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }

  const ae::FileDescriptor epoll_{epoll_create1(EPOLL_CLOEXEC)};
  int listener_ = -1;
  uint64_t wakeups_ = 0;
  uint64_t accepts_ = 0;
};

void WaitForTermination(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode != "shared" && mode != "exclusive" && mode != "reuseport") {
    std::fputs("usage: accept_storm shared|exclusive|reuseport\n", stderr);
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);

  const bool reuse_port = mode == "reuseport";
  const ae::FileDescriptor first = Listen(0, reuse_port);
  const int port = ae::LocalPort(first.get());
  const ae::FileDescriptor second = reuse_port ? Listen(port, true) : ae::FileDescriptor();
  std::array<AcceptLoop, 2> loops;
  loops[0].Watch(first.get(), mode == "exclusive");
  loops[1].Watch(reuse_port ? second.get() : first.get(), mode == "exclusive");

  std::atomic<bool> stopped = false;
  std::thread threads[] = {std::thread([&] { loops[0].Run(stopped); }),
                           std::thread([&] { loops[1].Run(stopped); })};
  lab::AnnouncePort(port);
  WaitForTermination(signals);
  stopped = true;
  for (std::thread& thread : threads) thread.join();
  const uint64_t wakeups = loops[0].wakeups() + loops[1].wakeups();
  std::printf("{\"wakeups\": %llu, \"accepts\": [%llu, %llu]}\n",
              static_cast<unsigned long long>(wakeups),
              static_cast<unsigned long long>(loops[0].accepts()),
              static_cast<unsigned long long>(loops[1].accepts()));
  return 0;
}
