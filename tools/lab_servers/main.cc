// lab_server: an echo and PING server after one of the lab's models (see models.h).
#include <signal.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "tools/lab_servers/models.h"

namespace {

constexpr char kUsage[] =
    "usage: lab_server MODEL [PORT] | lab_server --remarks\n"
    "Prints its port, serves until SIGTERM, then prints what its loop counted as JSON.\n"
    "Exits with 3 and the reason if this build or kernel lacks the model.\n";
// What to know about the models of this build.
#ifdef SOLOKV_LAB_KQUEUE_SHIM
constexpr char kRemarks[] = "kqueue: runs over a kevent made of epoll, the system has none\n";
#else
constexpr char kRemarks[] = "";
#endif
constexpr int kBacklog = 4096;
constexpr int kUnavailable = 3;

void RaiseDescriptorLimit() {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Its thread takes SIGTERM as an event.
void BlockTermination() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return kUnavailable;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const std::string_view model = argv[1];
  if (model == "--remarks") {
    std::fputs(kRemarks, stdout);
    return 0;
  }
  const int port = argc > 2 ? std::atoi(argv[2]) : 0;
  RaiseDescriptorLimit();
  if (model == "threads" || model == "busy") {
    absl::StatusOr<ae::ListeningSocket> listener =
        ae::ListeningSocket::Tcp({.address = "127.0.0.1", .port = port, .backlog = kBacklog});
    if (!listener.ok()) return Fail(listener.status());
    lab::AnnouncePort(ae::LocalPort(listener->fd()));
    if (model == "threads") lab::ServeWithThreads(*std::move(listener));
    lab::ServeBusyPolling(*std::move(listener));
  }
  BlockTermination();
  absl::StatusOr<std::unique_ptr<ae::Loop>> loop = lab::CreateLoop(model);
  if (!loop.ok()) return Fail(loop.status());
  return lab::ServeWithLoop(loop->get(), port);
}
