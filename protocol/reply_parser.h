// Parses replies of RESP2 and RESP3 into values, from bytes that come in any pieces.
//
// Every byte is consumed and looked at once: what is unfinished is kept in the parser, aggregates
// as a stack of those that are open. Announced sizes reserve nothing; depth, line and string sizes
// are bounded.
#ifndef SOLOKV_PROTOCOL_REPLY_PARSER_H_
#define SOLOKV_PROTOCOL_REPLY_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/value.h"

namespace resp {

struct ReplyLimits {
  size_t max_depth = 128;
  size_t max_line_bytes = 1 << 20;
  int64_t max_bulk_bytes = int64_t{1} << 32;
};

enum class ReplyResult : uint8_t { kValue, kIncomplete, kError };

class ReplyParser {
 public:
  explicit ReplyParser(ReplyLimits limits = {}) : limits_(limits) {}

  // Parses from input[*position] on and moves *position behind what it consumed.
  //   kValue        a reply is complete, in `value`; there may be more in the input
  //   kIncomplete   the input is consumed
  //   kError        what came is no reply; error() says why, and only Reset helps
  ReplyResult Next(std::string_view input, size_t* position, Value* value);

  std::string_view error() const { return error_; }
  // True while a reply has begun and is not complete.
  bool in_reply() const { return !line_.empty() || awaits_body_ || !open_.empty(); }
  void Reset();

 private:
  struct Aggregate {
    Value value;
    size_t elements_left;
    bool is_attribute;
  };

  bool TakeLine(std::string_view input, size_t* position);
  bool TakeBody(std::string_view input, size_t* position);
  bool ParseLine(std::string_view line);
  bool ParseBulk(char kind, std::string_view size);
  bool ParseAggregate(char kind, std::string_view size);
  bool FinishBody();
  bool Complete(Value value);
  bool Fail(std::string_view reason);

  ReplyLimits limits_;
  std::string line_;  // a cut line
  bool awaits_body_ = false;
  bool body_is_verbatim_ = false;
  bool body_is_error_ = false;
  size_t body_size_ = 0;
  std::string body_;  // as much of it, and of its CRLF, as came
  std::vector<Aggregate> open_;
  std::vector<Value> attributes_;  // of the value that comes next
  bool complete_ = false;
  Value result_;
  std::string error_;
};

}  // namespace resp

#endif  // SOLOKV_PROTOCOL_REPLY_PARSER_H_
