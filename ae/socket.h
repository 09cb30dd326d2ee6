// Sockets as the backends need them: made, described and configured, never waited for.
#ifndef SOLOKV_AE_SOCKET_H_
#define SOLOKV_AE_SOCKET_H_

#include <sys/socket.h>
#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ae/file_descriptor.h"
#include "ae/loop.h"

namespace ae {

// A socket that listens, without blocking. A UNIX socket's path is removed with it, unless another
// socket has taken the path since.
class ListeningSocket {
 public:
  static absl::StatusOr<ListeningSocket> Tcp(const TcpListenOptions& options);
  static absl::StatusOr<ListeningSocket> Unix(const UnixListenOptions& options);

  ListeningSocket() = default;
  ListeningSocket(ListeningSocket&&) = default;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket() { Close(); }

  int fd() const { return fd_.get(); }
  void Close();

 private:
  FileDescriptor fd_;
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// Accepts one connection, or returns -1 with errno.
int AcceptConnection(int listener, bool nonblocking);

// Turns off Nagle's algorithm, if `fd` is a TCP socket.
void SetNoDelay(int fd);
// Probes a silent TCP peer after `seconds`, three times; 0 disables that.
void SetKeepAlive(int fd, int seconds);
void SetBlocking(int fd, bool blocking);

// The error the socket holds, which is cleared; 0 for none.
int TakeSocketError(int fd);

// The port a TCP socket is bound to; 0 for others.
int LocalPort(int fd);

// Who is at the other end of a connected socket.
Peer DescribePeer(int fd);

// Sends what leaves without blocking; the rest is dropped.
void SendFarewell(int fd, std::string_view farewell);

// Whether accept() failed because no descriptor or memory was left.
bool IsOutOfDescriptors(int error);

}  // namespace ae

#endif  // SOLOKV_AE_SOCKET_H_
