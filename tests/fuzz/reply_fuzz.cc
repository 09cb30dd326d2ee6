// Bytes as replies: however they are cut, the parser finds the same values and the same error. The
// first byte of the input is the size of the pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/reply_parser.h"
#include "tests/fuzz/target.h"

namespace tests {
namespace {

// The values as text, and what was wrong at the end.
std::vector<std::string> Parse(std::string_view stream, size_t piece) {
  resp::ReplyParser parser({.max_depth = 16, .max_line_bytes = 200, .max_bulk_bytes = 1000});
  std::vector<std::string> parsed;
  for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size()))) {
    const std::string input(stream.substr(0, piece));  // a block of exactly these bytes
    size_t position = 0;
    resp::Value value;
    resp::ReplyResult result;
    while ((result = parser.Next(input, &position, &value)) == resp::ReplyResult::kValue) {
      parsed.push_back(value.ToString());
    }
    if (result == resp::ReplyResult::kError) {
      parsed.emplace_back(parser.error());
      break;
    }
    Require(position == input.size(), "all consumed");
  }
  return parsed;
}

}  // namespace

void RunFuzzTarget(std::string_view input) {
  RequireSameInPieces(input, Parse);
}

}  // namespace tests
