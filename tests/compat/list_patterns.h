// Patterns of commands on lists and hashes, for CommandGenerator.
#ifndef SOLOKV_TESTS_COMPAT_LIST_PATTERNS_H_
#define SOLOKV_TESTS_COMPAT_LIST_PATTERNS_H_

#include <string>
#include <vector>

namespace tests {

std::vector<std::string> ListPatterns();
// Hashes small enough for a listpack, whose order is that of insertion, and one (o5) that is not.
std::vector<std::string> HashPatterns();

}  // namespace tests

#endif  // SOLOKV_TESTS_COMPAT_LIST_PATTERNS_H_
