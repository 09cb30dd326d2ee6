// Parses requests: arrays of bulk strings as clients send them, and inline commands as people type
// them.
//
//   *3\r\n $3\r\nSET\r\n $3\r\nkey\r\n $5\r\nvalue\r\n          SET key value\r\n
//
// A request that is whole in the input, the normal case, is parsed in one pass, nothing allocated
// and nothing copied: its arguments are views of the input. A request that is cut leaves a record
// of how far parsing came, so that however the bytes arrive each of them is looked at a bounded
// number of times. The record exists only while a request is cut; an idle parser is 16 bytes.
//
// The caller owns the input. It passes the bytes from the start of the cut request on again, at any
// address, with more appended, until the request is whole.
//
// Announced numbers reserve nothing: memory grows with the bytes that came.
#ifndef SOLOKV_PROTOCOL_REQUEST_PARSER_H_
#define SOLOKV_PROTOCOL_REQUEST_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/quoted_words.h"

namespace resp {

using ArgVector = std::vector<std::string_view>;

struct RequestLimits {
  int64_t max_bulk_bytes = 512 << 20;
  int64_t max_args = 1048576;
  // Of an inline request without its line end, and of the text of an announced number.
  size_t max_inline_bytes = 64 << 10;
  // False: at most 10 arguments of 16,384 bytes each, so that strangers cannot make the server
  // hold much.
  bool authenticated = true;
  // From this size on an argument whose body is incomplete is offered as a LargeArgument.
  int64_t large_argument_bytes = 32 << 10;
};

enum class ParseResult : uint8_t {
  kRequest,     // a request is complete
  kIncomplete,  // more bytes are needed, none being left also if no request has begun
  kError,       // the stream is broken for good; error() says how
};

// An argument whose body has not arrived whole, so that the rest may be received elsewhere.
struct LargeArgument {
  size_t size;         // of the body
  size_t body_offset;  // where the body begins, from the start of the request
};

class RequestParser {
 public:
  RequestParser() noexcept;
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;

  // Parses the request that begins at input[*position], passing over empty ones.
  //   kRequest      its arguments (one at least) are appended to `args`; *position is behind it
  //   kIncomplete   *position is at the start of the cut request, or at the end of the input
  //   kError        *position is at the start of the broken request; only Reset helps
  // The arguments are views of `input`, of bodies given to SupplyLargeArgument, or (quoted words of
  // inline requests) of memory that the parser holds until ReleaseDecoded.
  ParseResult Next(std::string_view input, size_t* position, const RequestLimits& limits,
                   ArgVector* args);

  // What a kError was, as the client is told: "Protocol error: invalid bulk length".
  std::string_view error() const;

  // The argument whose body is awaited, if it is large and the last result was kIncomplete; null
  // otherwise. Valid until the next call of Next, SupplyLargeArgument or Reset. The caller may just
  // as well ignore it and append to the input.
  const LargeArgument* pending_large_argument() const;

  // Gives the pending large argument its body, which the caller has received elsewhere and which
  // must live as long as the views are used. In the input of the next call the body's bytes are cut
  // out: the CRLF behind it stands at body_offset.
  void SupplyLargeArgument(std::string_view body);

  // True while a request is cut.
  bool in_request() const { return partial_ != nullptr; }

  // Frees the decoded words of inline requests; no argument of an earlier request may be used after
  // it.
  void ReleaseDecoded() { decoded_.clear(); }

  // Forgets everything: a new stream begins.
  void Reset();

 private:
  struct Partial;
  enum class Step : uint8_t { kDone, kNeedMore, kFailed };

  ParseResult NextSlowly(std::string_view input, size_t* position, const RequestLimits& limits,
                         ArgVector* args);
  Step ParseInline(std::string_view request, const RequestLimits& limits, size_t* size,
                   ArgVector* args);
  Step ParseMultibulk(std::string_view request, const RequestLimits& limits);
  Step ParseCount(std::string_view request, const RequestLimits& limits);
  Step ParseBulkHeader(std::string_view request, const RequestLimits& limits);
  Step ParseBody(std::string_view request, const RequestLimits& limits);
  Step ReadLine(std::string_view request, const RequestLimits& limits, std::string_view too_big,
                std::string_view* line);
  Step Fail(std::string_view reason);
  Partial& partial();

  std::unique_ptr<Partial> partial_;  // only while a request is cut or broken
  DecodedWords decoded_;
};

static_assert(sizeof(RequestParser) <= 32, "every idle connection has one");

}  // namespace resp

#endif  // SOLOKV_PROTOCOL_REQUEST_PARSER_H_
