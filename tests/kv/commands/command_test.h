// The fixture of command tests: one server, one client, and the two speak in the domain's words.
#ifndef SOLOKV_TESTS_KV_COMMANDS_COMMAND_TEST_H_
#define SOLOKV_TESTS_KV_COMMANDS_COMMAND_TEST_H_

#include <gtest/gtest.h>

#include <string>

#include "tests/support/test_server.h"

namespace tests {

class CommandTest : public testing::Test {
 protected:
  // The reply as text: `+OK`, `1`, `"value"`, `["a", nil]`, as Value::ToString writes it.
  std::string Run(const Arguments& arguments) { return client_.Text(arguments); }
  void AdvanceTime(int64_t milliseconds) { server_.AdvanceTime(milliseconds); }

  TestServer server_;
  RespClient client_ = server_.Connect();
};

}  // namespace tests

#endif  // SOLOKV_TESTS_KV_COMMANDS_COMMAND_TEST_H_
