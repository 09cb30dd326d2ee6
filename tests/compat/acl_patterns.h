// Patterns of the commands on users, for CommandGenerator.
#ifndef SOLOKV_TESTS_COMPAT_ACL_PATTERNS_H_
#define SOLOKV_TESTS_COMPAT_ACL_PATTERNS_H_

#include <string>
#include <vector>

namespace tests {

// What users may do is asked by ACL DRYRUN; their names are none that a client is.
std::vector<std::string> AclPatterns();

}  // namespace tests

#endif  // SOLOKV_TESTS_COMPAT_ACL_PATTERNS_H_
