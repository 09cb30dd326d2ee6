// What the floor servers share. A floor server is the least an event loop can do: it receives,
// counts requests, and answers each with +OK. Its cost is that of the kernel and of the loop, the
// limit for a server that does something.
//
// A request is counted at its header, '*', which occurs in no other place of the workloads. So a
// request that arrives in two pieces is answered at the first.
#ifndef SOLOKV_TOOLS_FLOOR_FLOOR_H_
#define SOLOKV_TOOLS_FLOOR_FLOOR_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace floor_server {

constexpr std::string_view kReply = "+OK\r\n";

inline size_t CountRequests(std::string_view bytes) {
  return static_cast<size_t>(std::count(bytes.begin(), bytes.end(), '*'));
}

// Replies to `requests` requests; at most kMaxReplies.
class Replies {
 public:
  // No receive buffer holds more requests.
  static constexpr size_t kMaxReplies = 16 * 1024;

  Replies() {
    for (size_t i = 0; i < kMaxReplies; ++i) bytes_.append(kReply);
  }
  std::string_view To(size_t requests) const {
    return std::string_view(bytes_).substr(0, std::min(requests, kMaxReplies) * kReply.size());
  }

 private:
  std::string bytes_;
};

// A listening socket on the loopback address, at the port that the first argument names.
inline int Listen(int argc, char** argv, int type_flags) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | type_flags, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, SOMAXCONN) != 0) {
    std::perror("floor");
    std::exit(1);
  }
  return fd;
}

inline void SetNoDelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace floor_server

#endif  // SOLOKV_TOOLS_FLOOR_FLOOR_H_
