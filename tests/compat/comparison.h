// How far the replies of solokv and of redis-server may differ, and why.
#ifndef SOLOKV_TESTS_COMPAT_COMPARISON_H_
#define SOLOKV_TESTS_COMPAT_COMPARISON_H_

#include <string_view>

#include "protocol/value.h"
#include "tests/support/resp_client.h"

namespace tests {

enum class Comparison {
  kExact,            // byte for byte
  kUnordered,        // the same elements in any order
  kScores,           // the same numbers, maybe written in other ways
  kUnorderedScores,  // both
  kNear,       // numbers at most kTolerance apart in their unit: the servers' clocks read apart
  kShape,      // the same type
  kKeysOfMap,  // a map with the same keys
  kStream,     // the same but for times, and for what later versions tell besides or otherwise
};

// How the replies to a command are compared. With `relative_times` the commands give times to live
// from the server's own clock.
Comparison ComparisonFor(const Arguments& arguments, bool relative_times);
bool AreAlike(Comparison comparison, const Arguments& arguments, const resp::Value& redis,
              const resp::Value& solokv);
// Whether the replies differ because solokv follows a later Redis than the one compared with.
bool IsLaterBehaviour(const Arguments& arguments, const resp::Value& redis,
                      const resp::Value& solokv);

}  // namespace tests

#endif  // SOLOKV_TESTS_COMPAT_COMPARISON_H_
