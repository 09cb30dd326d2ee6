// Patterns of commands on streams, for CommandGenerator.
#ifndef SOLOKV_TESTS_COMPAT_STREAM_PATTERNS_H_
#define SOLOKV_TESTS_COMPAT_STREAM_PATTERNS_H_

#include <string>
#include <vector>

namespace tests {

// Ids are chosen so that two servers come by the same ones at any time.
std::vector<std::string> StreamPatterns();

}  // namespace tests

#endif  // SOLOKV_TESTS_COMPAT_STREAM_PATTERNS_H_
