// A fuzz target is one function that takes any bytes, in a file of its own. Two programs are made
// of it: one by libFuzzer, which looks for inputs that reach new code, and one that replays seeds
// and mutations of them (replay.cc) and runs with the tests.
#ifndef SOLOKV_TESTS_FUZZ_TARGET_H_
#define SOLOKV_TESTS_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
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

// The first byte of the input is the size of the pieces in which parse(stream, piece) is given the
// others; what it returns must not depend on that.
template <class Parse>
void RequireSameInPieces(std::string_view input, Parse parse) {
  if (input.empty()) return;
  const size_t piece = 1 + static_cast<uint8_t>(input[0]) % 32;
  const std::string_view stream = input.substr(1);
  Require(parse(stream, stream.size() + 1) == parse(stream, piece), "the same in pieces");
}

}  // namespace tests

#endif  // SOLOKV_TESTS_FUZZ_TARGET_H_
