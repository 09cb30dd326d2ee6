// Patterns of commands on keys of any type, connections and transactions, for CommandGenerator.
#ifndef SOLOKV_TESTS_COMPAT_KEY_PATTERNS_H_
#define SOLOKV_TESTS_COMPAT_KEY_PATTERNS_H_

#include <string>
#include <vector>

namespace tests {

// With `relative_times` times to live are given, else the times when they end.
std::vector<std::string> KeyPatterns(bool relative_times);
// Of a client that speaks this version of the protocol.
std::vector<std::string> ConnectionPatterns(int protocol);
std::vector<std::string> TransactionPatterns();

}  // namespace tests

#endif  // SOLOKV_TESTS_COMPAT_KEY_PATTERNS_H_
