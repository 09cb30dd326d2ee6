// Patterns of commands on sorted sets and on places, for CommandGenerator.
#ifndef SOLOKV_TESTS_COMPAT_ZSET_PATTERNS_H_
#define SOLOKV_TESTS_COMPAT_ZSET_PATTERNS_H_

#include <string>
#include <vector>

namespace tests {

std::vector<std::string> ZsetPatterns();
std::vector<std::string> GeoPatterns();

}  // namespace tests

#endif  // SOLOKV_TESTS_COMPAT_ZSET_PATTERNS_H_
