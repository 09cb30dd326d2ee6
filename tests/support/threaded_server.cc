#include "tests/support/threaded_server.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace tests {

ThreadedServer::ThreadedServer(kv::ServerOptions options) {
  options.port_auto = true;
  options.bind = {"127.0.0.1"};
  auto server = kv::Server::Create(std::move(options));
  if (!server.ok()) {
    std::fprintf(stderr, "ThreadedServer: %s\n", server.status().ToString().c_str());
    std::abort();
  }
  server_ = std::move(*server);
  thread_ = std::thread([this] { server_->Run(); });
}

ThreadedServer::~ThreadedServer() {
  server_->Stop();
  thread_.join();
}

}  // namespace tests
