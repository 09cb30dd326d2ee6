// Patterns of the commands on sets and of SORT, for CommandGenerator.
#ifndef SOLOKV_TESTS_COMPAT_SET_PATTERNS_H_
#define SOLOKV_TESTS_COMPAT_SET_PATTERNS_H_

#include <string>
#include <vector>

namespace tests {

std::vector<std::string> SetPatterns();
// Leaves out what Redis returns in an order that it does not define: sets that are not sorted, and
// texts found by BY of which several are equal.
std::vector<std::string> SortPatterns();

}  // namespace tests

#endif  // SOLOKV_TESTS_COMPAT_SET_PATTERNS_H_
