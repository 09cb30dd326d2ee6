// The fixture of script tests: one server, one client, and scripts by their text.
#ifndef SOLOKV_TESTS_KV_SCRIPTING_SCRIPT_TEST_H_
#define SOLOKV_TESTS_KV_SCRIPTING_SCRIPT_TEST_H_

#include <string>

#include "tests/kv/commands/command_test.h"

namespace tests {

class ScriptTest : public CommandTest {
 protected:
  // The reply of EVAL without keys and arguments.
  std::string Eval(const std::string& script) { return Run({"eval", script, "0"}); }
};

}  // namespace tests

#endif  // SOLOKV_TESTS_KV_SCRIPTING_SCRIPT_TEST_H_
