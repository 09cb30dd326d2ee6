#include "tests/support/test_server.h"

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
  constexpr int kMaxTicks = 100'000;
  for (int tick = 0; tick < kMaxTicks; ++tick) {
    server_->RunOnce(0);
    if (!server_->has_work()) return;
  }
}

}  // namespace tests
