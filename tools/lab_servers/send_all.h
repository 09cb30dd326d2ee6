// Sends all of something, for the servers that do not leave that to a loop.
#ifndef SOLOKV_TOOLS_LAB_SERVERS_SEND_ALL_H_
#define SOLOKV_TOOLS_LAB_SERVERS_SEND_ALL_H_

#include <sys/socket.h>

#include <cerrno>
#include <string_view>

namespace lab {

// Asks again while the socket has no room: a blocking one waits, another one spins. False if the
// connection is broken.
inline bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    bytes.remove_prefix(static_cast<size_t>(sent < 0 ? 0 : sent));
  }
  return true;
}

}  // namespace lab

#endif  // SOLOKV_TOOLS_LAB_SERVERS_SEND_ALL_H_
