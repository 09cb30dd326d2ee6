// Patterns of the commands of scripts and of functions, for CommandGenerator.
#ifndef SOLOKV_TESTS_COMPAT_SCRIPT_PATTERNS_H_
#define SOLOKV_TESTS_COMPAT_SCRIPT_PATTERNS_H_

#include <string>
#include <vector>

namespace tests {

std::vector<std::string> ScriptPatterns();
std::vector<std::string> FunctionPatterns();

}  // namespace tests

#endif  // SOLOKV_TESTS_COMPAT_SCRIPT_PATTERNS_H_
