// A server inside the test process, on a thread and a clock of its own, as a program embeds it. For
// tests whose own thread must be free to block.
#ifndef SOLOKV_TESTS_SUPPORT_THREADED_SERVER_H_
#define SOLOKV_TESTS_SUPPORT_THREADED_SERVER_H_

#include <memory>
#include <thread>

#include "kv/server/server.h"
#include "tests/support/resp_client.h"

namespace tests {

class ThreadedServer {
 public:
  // Serves on a free port of the loopback address.
  explicit ThreadedServer(kv::ServerOptions options = {});
  // Stops the server and waits for its thread.
  ~ThreadedServer();

  RespClient Connect() { return RespClient::ConnectTcp(server_->port()); }
  // Only for calls that are thread-safe.
  kv::Server& server() { return *server_; }

 private:
  std::unique_ptr<kv::Server> server_;
  std::thread thread_;
};

}  // namespace tests

#endif  // SOLOKV_TESTS_SUPPORT_THREADED_SERVER_H_
