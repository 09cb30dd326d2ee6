// Bytes as requests: however they are cut, the parser finds the same requests and the same error.
// The first byte of the input is the size of the pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/request_parser.h"
#include "tests/fuzz/target.h"

namespace tests {
namespace {

// What came of a stream, up to its end or its first error.
struct Parsed {
  std::vector<std::vector<std::string>> requests;
  std::string error;
  friend bool operator==(const Parsed&, const Parsed&) = default;
};

// Small ones, that short inputs get at.
resp::RequestLimits Limits() {
  resp::RequestLimits limits;
  limits.max_bulk_bytes = 1000;
  limits.max_args = 100;
  limits.max_inline_bytes = 200;
  limits.large_argument_bytes = 50;
  return limits;
}

Parsed Parse(std::string_view stream, size_t piece) {
  const resp::RequestLimits limits = Limits();
  resp::RequestParser parser;
  Parsed parsed;
  size_t begin = 0;  // of the cut request
  for (size_t end = 0; end < stream.size();) {
    end = end + std::min(piece, stream.size() - end);
    // A block of its own, so that nothing is read beyond what has arrived.
    const std::string input(stream.substr(begin, end - begin));
    size_t position = 0;
    while (true) {
      resp::ArgVector arguments;
      const resp::ParseResult result = parser.Next(input, &position, limits, &arguments);
      if (result == resp::ParseResult::kError) {
        parsed.error = parser.error();
        return parsed;
      }
      if (result == resp::ParseResult::kIncomplete) break;
      Require(!arguments.empty(), "a request has an argument");
      parsed.requests.emplace_back(arguments.begin(), arguments.end());
      parser.ReleaseDecoded();
    }
    Require(position <= input.size(), "position");
    begin += position;
  }
  return parsed;
}

}  // namespace

void RunFuzzTarget(std::string_view input) {
  RequireSameInPieces(input, Parse);
}

}  // namespace tests
