// Patterns of commands on strings, bitmaps and HyperLogLogs, for CommandGenerator.
#ifndef SOLOKV_TESTS_COMPAT_STRING_PATTERNS_H_
#define SOLOKV_TESTS_COMPAT_STRING_PATTERNS_H_

#include <string>
#include <vector>

namespace tests {

// With `relative_times` times to live are given, else the times when they end.
std::vector<std::string> StringPatterns(bool relative_times);
std::vector<std::string> BitmapPatterns();
std::vector<std::string> HyperLogLogPatterns();

}  // namespace tests

#endif  // SOLOKV_TESTS_COMPAT_STRING_PATTERNS_H_
