// Busy polling: asks the listener and every connection for bytes, round and round, and never
// blocks. Each round costs a system call for each connection, whether it has something to say or
// not.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "tools/lab_servers/models.h"
#include "tools/lab_servers/responder.h"
#include "tools/lab_servers/send_all.h"

namespace lab {
namespace {

constexpr size_t kReceiveBytes = size_t{16} * 1024;

// Serves what there is; false when the connection has ended.
bool ServeOnce(int fd, const Responder& responder, std::span<char> buffer) {
  const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  return size > 0 && SendAll(fd, responder.To(buffer.first(static_cast<size_t>(size))));
}

void AcceptWaiting(int listener, std::vector<int>* connections) {
  for (int fd; (fd = ae::AcceptConnection(listener, /*nonblocking=*/true)) >= 0;) {
    ae::SetNoDelay(fd);
    connections->push_back(fd);
  }
}

}  // namespace

void ServeBusyPolling(ae::ListeningSocket listener) {
  const Responder responder;
  std::vector<char> buffer(kReceiveBytes);
  std::vector<int> connections;
  while (true) {
    AcceptWaiting(listener.fd(), &connections);
    std::erase_if(connections, [&](int fd) {
      if (ServeOnce(fd, responder, buffer)) return false;
      close(fd);
      return true;
    });
  }
}

}  // namespace lab
