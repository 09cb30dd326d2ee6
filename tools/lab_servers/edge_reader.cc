#include "tools/lab_servers/edge_reader.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>

namespace lab {

EdgeReader::EdgeReader(int socket, Reading reading, size_t buffer_bytes)
    : socket_(socket),
      reading_(reading),
      buffer_(buffer_bytes),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLET;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket_, &event);
}

size_t EdgeReader::Read(size_t wanted, int patience) {
  size_t received = 0;
  epoll_event event;
  while (received < wanted && epoll_wait(epoll_.get(), &event, 1, patience) == 1) {
    ++edges_;
    received += OnEdge();
  }
  return received;
}

size_t EdgeReader::OnEdge() {
  size_t received = 0;
  while (true) {
    const ssize_t size = recv(socket_, buffer_.data(), buffer_.size(), 0);
    if (size <= 0) return received;
    received += static_cast<size_t>(size);
    if (reading_ == Reading::kOnce) return received;
  }
}

}  // namespace lab
