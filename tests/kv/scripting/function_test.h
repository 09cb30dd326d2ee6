// The fixture of function tests: libraries by their text, functions by their bodies.
#ifndef SOLOKV_TESTS_KV_SCRIPTING_FUNCTION_TEST_H_
#define SOLOKV_TESTS_KV_SCRIPTING_FUNCTION_TEST_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/kv/commands/command_test.h"

namespace tests {

class FunctionTest : public CommandTest {
 protected:
  // The text of a library with one function.
  static std::string Library(const std::string& name, const std::string& function,
                             const std::string& body) {
    return absl::StrCat("#!lua name=", name, "\nredis.register_function('", function,
                        "', function(keys, args) ", body, " end)");
  }
  // The reply of FUNCTION LOAD REPLACE.
  std::string Load(const std::string& code) { return Run({"function", "load", "replace", code}); }
  // The reply of a function with this body.
  std::string Call(const std::string& body) {
    const std::string loaded = Load(Library("lib", "f", body));
    return loaded == "\"lib\"" ? Run({"fcall", "f", "0"}) : loaded;
  }
};

}  // namespace tests

#endif  // SOLOKV_TESTS_KV_SCRIPTING_FUNCTION_TEST_H_
