// A fuzz target is one function that takes any bytes, in a file of its own. Two programs are made
// of it: one by libFuzzer, which looks for inputs that reach new code, and one that replays seeds
// and mutations of them (replay.cc) and runs with the tests.
#ifndef SOLOKV_TESTS_FUZZ_TARGET_H_
#define SOLOKV_TESTS_FUZZ_TARGET_H_

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace tests {

// Aborts, says what is wrong, or is stopped by a sanitizer if it finds a fault. What it keeps
// between two calls must not depend on their order.
void RunFuzzTarget(std::string_view input);

// What must hold, whatever the input is; in release builds, too.
inline void Require(bool condition, const char* what, std::string_view details = "") {
  if (condition) [[likely]]
    return;
  std::fprintf(stderr, "fuzz: wrong: %s\n%.*s\n", what, static_cast<int>(details.size()),
               details.data());
  std::abort();
}

}  // namespace tests

#endif  // SOLOKV_TESTS_FUZZ_TARGET_H_
