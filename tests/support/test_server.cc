#include "tests/support/test_server.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace tests {

TestServer::TestServer(kv::ServerOptions options) {
  options.port_auto = true;
  if (options.bind == kv::ServerOptions().bind) options.bind = {"127.0.0.1"};
  auto server = kv::Server::Create(std::move(options),
                                   {.clock = &clock_, .random = &random_, .logger = &logger_});
  if (!server.ok()) {
    std::fprintf(stderr, "TestServer: %s\n", server.status().ToString().c_str());
    std::abort();
  }
  server_ = std::move(*server);
}

RespClient TestServer::Connect() {
  return RespClient::ConnectTcp(server_->port(), [this] { server_->RunOnce(0); });
}

void TestServer::AdvanceTime(int64_t milliseconds) {
  clock_.AdvanceMillis(milliseconds);
  Settle();
}

void TestServer::Settle() {
  // Part of the work is other threads', which may have to wait for a processor.
  const auto deadline = std::chrono::steady_clock::now() + RespClient::kPatience;
  do {
    server_->RunOnce(0);
  } while (server_->has_work() && std::chrono::steady_clock::now() < deadline);
}

}  // namespace tests
