// The lab's server on libevent's buffered events: libevent_echo [PORT].
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>

#include <cstdlib>
#include <span>
#include <string_view>

#include "ae/socket.h"
#include "tools/lab_servers/models.h"
#include "tools/lab_servers/responder.h"

namespace {

constexpr int kBacklog = 4096;

// Echoed bytes move from buffer to buffer without a copy.
void OnRead(bufferevent* connection, void* argument) {
  const auto* responder = static_cast<const lab::Responder*>(argument);
  evbuffer* input = bufferevent_get_input(connection);
  const size_t size = evbuffer_get_length(input);
  const auto* bytes = reinterpret_cast<const char*>(evbuffer_pullup(input, -1));
  const std::string_view answer = responder->To(std::span(bytes, size));
  if (!responder->Owns(answer)) {
    bufferevent_write_buffer(connection, input);
    return;
  }
  bufferevent_write(connection, answer.data(), answer.size());
  evbuffer_drain(input, size);
}

void OnEvent(bufferevent* connection, short, void*) {
  bufferevent_free(connection);
}

void OnConnection(evconnlistener* listener, evutil_socket_t fd, sockaddr*, int, void* argument) {
  ae::SetNoDelay(fd);
  bufferevent* connection =
      bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(connection, OnRead, nullptr, OnEvent, argument);
  bufferevent_enable(connection, EV_READ | EV_WRITE);
}

}  // namespace

int main(int argc, char** argv) {
  lab::Responder responder;
  event_base* base = event_base_new();
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  evconnlistener* listener = evconnlistener_new_bind(
      base, OnConnection, &responder, LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE, kBacklog,
      reinterpret_cast<sockaddr*>(&address), sizeof address);
  if (listener == nullptr) return 1;
  lab::AnnouncePort(ae::LocalPort(evconnlistener_get_fd(listener)));
  return event_base_dispatch(base);
}
