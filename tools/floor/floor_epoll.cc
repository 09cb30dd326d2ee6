// The floor over epoll, level-triggered: floor_epoll PORT.
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>

#include "tools/floor/floor.h"

namespace {

void Add(int epoll, int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

void Serve(int fd, const floor_server::Replies& replies) {
  char buffer[16 * 1024];
  const ssize_t size = recv(fd, buffer, sizeof buffer, 0);
  if (size <= 0) {
    if (size == 0 || (errno != EAGAIN && errno != EINTR)) close(fd);
    return;
  }
  const size_t requests =
      floor_server::CountRequests(std::string_view(buffer, static_cast<size_t>(size)));
  const std::string_view reply = replies.To(requests);
  if (!reply.empty() && send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = floor_server::Listen(argc, argv, SOCK_NONBLOCK);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const floor_server::Replies replies;
  Add(epoll, listener);
  epoll_event events[256];
  while (true) {
    const int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd != listener) {
        Serve(events[i].data.fd, replies);
        continue;
      }
      const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) continue;
      floor_server::SetNoDelay(fd);
      Add(epoll, fd);
    }
  }
}
