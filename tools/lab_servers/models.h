// The models of the event-loop lab: ways to serve many connections on one core.
//
//   threads            a thread for each connection, which blocks
//   busy               one thread asks every connection again and again
//   select, poll, epoll, epoll-et, kqueue, io_uring        the event loop over that backend
//   epoll-oneshot      the event loop over epoll that is armed anew after each event
//   io_uring-single    the event loop over io_uring, a request for each receive
//   io_uring-files     the event loop over io_uring, descriptors registered
//   io_uring-sqpoll    the event loop over io_uring, a kernel thread takes the requests
#ifndef SOLOKV_TOOLS_LAB_SERVERS_MODELS_H_
#define SOLOKV_TOOLS_LAB_SERVERS_MODELS_H_

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ae/loop.h"
#include "ae/readiness/poller.h"
#include "ae/socket.h"

namespace lab {

// Serves the connections of `listener` until the process is terminated.
[[noreturn]] void ServeWithThreads(ae::ListeningSocket listener);
[[noreturn]] void ServeBusyPolling(ae::ListeningSocket listener);

// The names of the models that run on an event loop.
std::vector<std::string_view> LoopModels();
// The event loop of the model; fails with the reason if this build or kernel lacks it.
absl::StatusOr<std::unique_ptr<ae::Loop>> CreateLoop(std::string_view model);
// Serves on `port` (0: a free one, which is printed) until SIGTERM, then prints what the loop
// counted. The caller has blocked SIGTERM. Returns the exit code.
int ServeWithLoop(ae::Loop* loop, int port);

// epoll with EPOLLONESHOT: a descriptor that was reported is silent until it is armed again, which
// Wait does for all that the last one reported, at a system call each.
absl::StatusOr<std::unique_ptr<ae::Poller>> CreateOneShotPoller();

// Prints the port of a listener, for whoever started the server.
void AnnouncePort(int port);

}  // namespace lab

#endif  // SOLOKV_TOOLS_LAB_SERVERS_MODELS_H_
