// A server inside the test, driven by the test's own thread: it works while a client of the test
// waits, and its time is the test's.
//
//   TestServer server;
//   RespClient client = server.Connect();
//   EXPECT_EQ(client.Text({"set", "key", "value", "px", "100"}), "+OK");
//   server.AdvanceTime(100);
//   EXPECT_EQ(client.Text({"get", "key"}), "nil");
#ifndef SOLOKV_TESTS_SUPPORT_TEST_SERVER_H_
#define SOLOKV_TESTS_SUPPORT_TEST_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kv/base/clock.h"
#include "kv/base/logging.h"
#include "kv/base/random.h"
#include "kv/server/server.h"
#include "tests/support/resp_client.h"

namespace tests {

// Keeps the messages that were logged.
class RecordingSink : public kv::LogSink {
 public:
  void Write(kv::LogLevel, std::string_view, std::string_view message) override {
    messages_.emplace_back(message);
  }
  const std::vector<std::string>& messages() const { return messages_; }

 private:
  std::vector<std::string> messages_;
};

class TestServer {
 public:
  // Whatever `options` say, the port is a free one; of the loopback address, unless they bind.
  explicit TestServer(kv::ServerOptions options = {});

  RespClient Connect();
  kv::Server& server() { return *server_; }
  kv::SettableClock& clock() { return clock_; }
  const std::vector<std::string>& log() const { return log_.messages(); }
  int port() const { return server_->port(); }

  // Lets time go by; returns when all that became due was served.
  void AdvanceTime(int64_t milliseconds);
  // Runs ticks until nothing is left to do.
  void Settle();

 private:
  kv::SettableClock clock_;
  kv::Random random_{1};
  RecordingSink log_;
  kv::Logger logger_{&clock_, &log_};
  std::unique_ptr<kv::Server> server_;
};

}  // namespace tests

#endif  // SOLOKV_TESTS_SUPPORT_TEST_SERVER_H_
