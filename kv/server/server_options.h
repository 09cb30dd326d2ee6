// ServerOptions: what a server can be told, by configuration file, arguments, CONFIG SET or the
// program that embeds it. The directives that set them, with ranges and mutability, stand in the
// configuration table.
#ifndef SOLOKV_KV_SERVER_SERVER_OPTIONS_H_
#define SOLOKV_KV_SERVER_SERVER_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace kv {

struct ServerOptions {
  // --- network ---
  std::vector<std::string> bind = {"*", "-::*"};  // a leading '-': no error if it cannot be bound
  bool bind_is_default = true;
  int64_t port = 6379;     // 0: no TCP
  bool port_auto = false;  // take a free port
  std::string port_file;   // where to write the port, if not empty
  std::string unixsocket;
  int64_t unixsocketperm = 0;
  int64_t tcp_backlog = 511;
  int64_t tcp_keepalive = 300;  // seconds; 0: off
  int64_t timeout = 0;          // seconds of silence after which a client is closed; 0: never
  int64_t maxclients = 10000;
  bool protected_mode = true;
  std::string requirepass;
  std::string event_backend = "auto";
  bool io_uring_sqpoll = false;

  // --- limits ---
  int64_t proto_max_bulk_len = 512 << 20;       // bytes
  int64_t client_query_buffer_limit = 1 << 30;  // bytes

  // --- store ---
  int64_t databases = 16;
  int64_t maxmemory = 0;  // bytes; 0: no limit

  // --- running ---
  int64_t hz = 10;
  std::string dir = ".";
  int64_t tick_budget = 500;  // microseconds of the run phase
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_SERVER_OPTIONS_H_
