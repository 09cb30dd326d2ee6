#include "ae/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace ae {
namespace {

int OpenSocket(int family) {
#ifdef SOCK_CLOEXEC
  return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#else
  const int fd = socket(family, SOCK_STREAM, 0);
  if (fd >= 0) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    SetBlocking(fd, false);
  }
  return fd;
#endif
}

void SetOption(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof(value));
}

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = sizeof(sockaddr_storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

SocketAddress AnyAddress(int family, int port) {
  SocketAddress address;
  if (family == AF_INET6) {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    in6->sin6_family = AF_INET6;
    in6->sin6_addr = in6addr_any;
    in6->sin6_port = htons(static_cast<uint16_t>(port));
    address.size = sizeof(sockaddr_in6);
  } else {
    auto* in4 = reinterpret_cast<sockaddr_in*>(&address.storage);
    in4->sin_family = AF_INET;
    in4->sin_addr.s_addr = htonl(INADDR_ANY);
    in4->sin_port = htons(static_cast<uint16_t>(port));
    address.size = sizeof(sockaddr_in);
  }
  return address;
}

absl::StatusOr<SocketAddress> ResolveNumeric(const std::string& text, int port) {
  if (text == "*") return AnyAddress(AF_INET, port);
  if (text == "::*") return AnyAddress(AF_INET6, port);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(text.c_str(), absl::StrCat(port).c_str(), &hints, &found);
  if (error != 0) return absl::InvalidArgumentError(absl::StrCat(text, ": ", gai_strerror(error)));
  SocketAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

absl::Status Failure(const char* what, const std::string& where) {
  return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", where));
}

void Describe(const SocketAddress& address, std::string* text, int* port) {
  char buffer[INET6_ADDRSTRLEN] = "";
  if (address.family() == AF_INET) {
    const auto* in4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    inet_ntop(AF_INET, &in4->sin_addr, buffer, sizeof(buffer));
    *port = ntohs(in4->sin_port);
  } else if (address.family() == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    inet_ntop(AF_INET6, &in6->sin6_addr, buffer, sizeof(buffer));
    *port = ntohs(in6->sin6_port);
  }
  *text = buffer;
}

std::string UnixPath(const SocketAddress& address) {
  const auto* un = reinterpret_cast<const sockaddr_un*>(&address.storage);
  const size_t header = offsetof(sockaddr_un, sun_path);
  if (address.size <= header) return "";
  return std::string(un->sun_path, strnlen(un->sun_path, address.size - header));
}

bool IsLoopback(const SocketAddress& address) {
  if (address.family() == AF_INET) {
    const auto* in4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    return ntohl(in4->sin_addr.s_addr) >> 24 == 127;
  }
  const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
  if (IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr)) return true;
  return IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) && in6->sin6_addr.s6_addr[12] == 127;
}

SocketAddress LocalAddress(int fd) {
  SocketAddress address;
  if (getsockname(fd, address.get(), &address.size) != 0) address = SocketAddress();
  return address;
}

SocketAddress PeerAddress(int fd) {
  SocketAddress address;
  if (getpeername(fd, address.get(), &address.size) != 0) address = SocketAddress();
  return address;
}

}  // namespace

absl::StatusOr<ListeningSocket> ListeningSocket::Tcp(const TcpListenOptions& options) {
  absl::StatusOr<SocketAddress> address = ResolveNumeric(options.address, options.port);
  if (!address.ok()) return address.status();
  const std::string where = absl::StrCat(options.address, ":", options.port);
  ListeningSocket socket;
  socket.fd_.Reset(OpenSocket(address->family()));
  if (!socket.fd_.valid()) return Failure("socket", where);
  SetOption(socket.fd(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address->family() == AF_INET6) SetOption(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (bind(socket.fd(), address->get(), address->size) != 0) return Failure("bind", where);
  if (listen(socket.fd(), options.backlog) != 0) return Failure("listen", where);
  return socket;
}

absl::StatusOr<ListeningSocket> ListeningSocket::Unix(const UnixListenOptions& options) {
  sockaddr_un address = {};
  if (options.path.empty() || options.path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("bad UNIX socket path '", options.path, "'"));
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, options.path.data(), options.path.size());
  ListeningSocket socket;
  socket.fd_.Reset(OpenSocket(AF_UNIX));
  if (!socket.fd_.valid()) return Failure("socket", options.path);
  unlink(options.path.c_str());
  if (bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return Failure("bind", options.path);
  }
  socket.path_ = options.path;
  struct stat made = {};
  if (stat(options.path.c_str(), &made) == 0) {
    socket.device_ = made.st_dev;
    socket.inode_ = made.st_ino;
  }
  if (options.permissions != 0 && chmod(options.path.c_str(), options.permissions) != 0) {
    return Failure("chmod", options.path);
  }
  if (listen(socket.fd(), options.backlog) != 0) return Failure("listen", options.path);
  return socket;
}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  if (this == &other) return *this;
  Close();
  fd_ = std::move(other.fd_);
  path_ = std::exchange(other.path_, std::string());
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

void ListeningSocket::Close() {
  fd_.Reset();
  if (path_.empty()) return;
  struct stat now = {};
  const bool ours = stat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_;
  if (ours) unlink(path_.c_str());
  path_.clear();
}

int AcceptConnection(int listener, bool nonblocking) {
#ifdef __linux__
  return accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0));
#else
  const int fd = accept(listener, nullptr, nullptr);
  if (fd >= 0) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    SetBlocking(fd, !nonblocking);
  }
  return fd;
#endif
}

void SetNoDelay(int fd) {
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

void SetKeepAlive(int fd, int seconds) {
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, seconds > 0 ? 1 : 0);
  if (seconds <= 0) return;
#if defined(TCP_KEEPIDLE)
  SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
#elif defined(TCP_KEEPALIVE)
  SetOption(fd, IPPROTO_TCP, TCP_KEEPALIVE, seconds);
#endif
#if defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT)
  SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, seconds / 3));
  SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
#endif
}

void SetBlocking(int fd, bool blocking) {
  const int flags = fcntl(fd, F_GETFL);
  const int wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
  if (wanted != flags) fcntl(fd, F_SETFL, wanted);
}

int TakeSocketError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

int LocalPort(int fd) {
  std::string address;
  int port = 0;
  Describe(LocalAddress(fd), &address, &port);
  return port;
}

Peer DescribePeer(int fd) {
  Peer peer;
  const SocketAddress local = LocalAddress(fd);
  if (local.family() == AF_UNIX) {
    peer.is_unix = true;
    peer.is_loopback = true;
    peer.address = UnixPath(local);
    peer.local_address = peer.address;
    return peer;
  }
  const SocketAddress remote = PeerAddress(fd);
  Describe(remote, &peer.address, &peer.port);
  Describe(local, &peer.local_address, &peer.local_port);
  peer.is_loopback = IsLoopback(remote);
  return peer;
}

void SendFarewell(int fd, std::string_view farewell) {
  if (farewell.empty()) return;
  send(fd, farewell.data(), farewell.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool IsOutOfDescriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace ae
