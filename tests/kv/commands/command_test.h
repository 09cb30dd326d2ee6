// The fixture of command tests: one server, one client, and the two speak in the domain's words.
#ifndef SOLOKV_TESTS_KV_COMMANDS_COMMAND_TEST_H_
#define SOLOKV_TESTS_KV_COMMANDS_COMMAND_TEST_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "tests/support/test_server.h"

namespace tests {

class CommandTest : public testing::Test {
 protected:
  // The reply as text: `+OK`, `1`, `"value"`, `["a", nil]`, as Value::ToString writes it.
  std::string Run(const Request& request) { return client_.Text(request); }
  void AdvanceTime(int64_t milliseconds) { server_.AdvanceTime(milliseconds); }

  // A number of INFO, -1 if it has no such field.
  int64_t Info(const std::string& field) {
    const std::string text = Run({"info", "everything"});
    const size_t at = text.find(field + ":");
    if (at == std::string::npos) return -1;
    int64_t number = -1;
    const size_t begin = at + field.size() + 1;
    EXPECT_TRUE(absl::SimpleAtoi(
        text.substr(begin, text.find_first_not_of("0123456789", begin) - begin), &number));
    return number;
  }

  TestServer server_;
  RespClient client_ = server_.Connect();
};

}  // namespace tests

#endif  // SOLOKV_TESTS_KV_COMMANDS_COMMAND_TEST_H_
