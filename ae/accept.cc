#include "ae/accept.h"

#include <unistd.h>

#include <string>

#include "ae/socket.h"

namespace ae {

StreamHandler* WelcomeConnection(int fd, StreamId stream, Acceptor* acceptor) {
  const Peer peer = DescribePeer(fd);
  if (!peer.is_unix) SetNoDelay(fd);
  std::string farewell;
  StreamHandler* handler = acceptor->OnAccept(stream, peer, &farewell);
  if (handler != nullptr) return handler;
  SendFarewell(fd, farewell);
  close(fd);
  return nullptr;
}

}  // namespace ae
