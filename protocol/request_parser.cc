#include "protocol/request_parser.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <charconv>
#include <cstring>

namespace resp {
namespace {

constexpr int64_t kMaxArgsUnauthenticated = 10;
constexpr int64_t kMaxBulkBytesUnauthenticated = 16384;
constexpr std::ptrdiff_t kSmallestBulk = 6;  // $0\r\n\r\n
constexpr std::ptrdiff_t kSmallestArray = 10;

// A decimal number in canonical form: no plus sign, no leading zeros, no blanks.
bool ParseNumber(std::string_view text, int64_t* number) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return false;
  if (digits[0] == '0' && text.size() > 1) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

// Reads a line like "$123\r\n", which begins with `kind`, at `p`. At least kSmallestBulk bytes lie
// before `end`, so numbers of one and two digits need no further check. Returns the address behind
// the line; null if it is cut, wrong, or so unusual that the slow parser shall look at it.
inline const char* ReadShortNumber(char kind, const char* p, const char* end, int64_t* number) {
  static_assert(std::endian::native == std::endian::little);
  constexpr uint32_t kLineEnd = '\r' << 16 | '\n' << 24;
  uint32_t line;
  memcpy(&line, p, sizeof line);
  const uint32_t first = (line >> 8 & 0xff) - '0';
  if (first > 9) return nullptr;
  *number = first;
  if ((line & 0xffff00ff) == (kLineEnd | static_cast<uint32_t>(kind))) [[likely]] {
    return p + 4;
  }
  const uint32_t second = (line >> 16 & 0xff) - '0';
  if (*p != kind || (second <= 9 && first == 0)) return nullptr;
  if (second <= 9 && line >> 24 == '\r') [[likely]] {
    *number = first * 10 + second;
    return p + 5;
  }
  p += 2;
  for (int digits = 1; digits < 10 && p < end; ++digits, ++p) {
    const unsigned digit = static_cast<unsigned char>(*p) - '0';
    if (digit > 9) break;
    *number = *number * 10 + digit;
  }
  return end - p >= 2 && *p == '\r' ? p + 2 : nullptr;
}

// Parses a request that is whole in [p, end) and within the limits. Returns the address behind it,
// its arguments appended; null, with nothing appended, in every other case.
const char* ParseWhole(const char* p, const char* end, const RequestLimits& limits,
                       ArgVector* args) {
  if (end - p < kSmallestArray || !limits.authenticated) return nullptr;
  int64_t count;
  p = ReadShortNumber('*', p, end, &count);
  if (p == nullptr || count == 0 || count > limits.max_args) return nullptr;
  // More arguments than the input has room for cannot be whole in it.
  if (end - p < count * kSmallestBulk) return nullptr;
  const int64_t max_bulk_bytes = limits.max_bulk_bytes;
  const size_t args_before = args->size();
  args->resize(args_before + static_cast<size_t>(count));
  std::string_view* argument = args->data() + args_before;
  for (std::string_view* last = argument + count; argument != last; ++argument) {
    int64_t size;
    if (end - p < kSmallestBulk || (p = ReadShortNumber('$', p, end, &size)) == nullptr ||
        size > max_bulk_bytes || end - p < size + 2) [[unlikely]] {
      args->resize(args_before);
      return nullptr;
    }
    *argument = {p, static_cast<size_t>(size)};
    p += size + 2;
  }
  return p;
}

}  // namespace

// How far the parsing of a cut request came. Offsets count from the start of the request.
struct RequestParser::Partial {
  enum class Awaited : uint8_t { kCount, kBulkHeader, kBody, kEndOfSuppliedBody };

  struct Argument {
    const char* supplied;  // the body if it is not in the input, else null
    size_t offset;
    size_t size;
  };

  std::string_view View(std::string_view request, const Argument& argument) const {
    if (argument.supplied != nullptr) return {argument.supplied, argument.size};
    return request.substr(argument.offset, argument.size);
  }

  Awaited awaited = Awaited::kCount;
  bool failed = false;
  bool offers_large_argument = false;
  size_t offset = 0;    // everything before it is parsed
  size_t searched = 0;  // no line end was found before it
  int64_t arguments_left = 0;
  LargeArgument body = {};  // the argument that is awaited in kBody
  std::vector<Argument> arguments;
  std::string error;
};

RequestParser::RequestParser() noexcept = default;
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

ParseResult RequestParser::Next(std::string_view input, size_t* position,
                                const RequestLimits& limits, ArgVector* args) {
  assert(*position <= input.size());
  if (partial_ == nullptr) [[likely]] {
    if (*position == input.size()) return ParseResult::kIncomplete;
    const char* start = input.data() + *position;
    if (*start == '*') [[likely]] {
      const char* behind = ParseWhole(start, input.data() + input.size(), limits, args);
      if (behind != nullptr) [[likely]] {
        *position = static_cast<size_t>(behind - input.data());
        return ParseResult::kRequest;
      }
    }
  }
  return NextSlowly(input, position, limits, args);
}

ParseResult RequestParser::NextSlowly(std::string_view input, size_t* position,
                                      const RequestLimits& limits, ArgVector* args) {
  if (partial_ != nullptr && partial_->failed) return ParseResult::kError;
  const size_t args_before = args->size();
  while (*position < input.size()) {
    const std::string_view request = input.substr(*position);
    size_t size = 0;
    Step step;
    if (request[0] == '*') {
      step = ParseMultibulk(request, limits);
      size = partial_->offset;
    } else {
      step = ParseInline(request, limits, &size, args);
    }
    if (step == Step::kNeedMore) return ParseResult::kIncomplete;
    if (step == Step::kFailed) return ParseResult::kError;
    *position += size;
    if (partial_ != nullptr) {
      for (const Partial::Argument& argument : partial_->arguments) {
        args->push_back(partial_->View(request, argument));
      }
      partial_.reset();
    }
    if (args->size() > args_before) return ParseResult::kRequest;
  }
  return ParseResult::kIncomplete;
}

std::string_view RequestParser::error() const {
  return partial_ != nullptr ? std::string_view(partial_->error) : std::string_view();
}

const LargeArgument* RequestParser::pending_large_argument() const {
  return partial_ != nullptr && partial_->offers_large_argument ? &partial_->body : nullptr;
}

void RequestParser::SupplyLargeArgument(std::string_view body) {
  assert(pending_large_argument() != nullptr && body.size() == partial_->body.size);
  partial_->arguments.push_back({body.data(), 0, body.size()});
  partial_->offers_large_argument = false;
  partial_->awaited = Partial::Awaited::kEndOfSuppliedBody;
}

void RequestParser::Reset() {
  partial_.reset();
  decoded_.clear();
}

RequestParser::Partial& RequestParser::partial() {
  if (partial_ == nullptr) partial_ = std::make_unique<Partial>();
  return *partial_;
}

RequestParser::Step RequestParser::Fail(std::string_view reason) {
  partial().error = "Protocol error: ";
  partial().error += reason;
  partial().failed = true;
  partial().offers_large_argument = false;
  return Step::kFailed;
}

RequestParser::Step RequestParser::ParseInline(std::string_view request,
                                               const RequestLimits& limits, size_t* size,
                                               ArgVector* args) {
  const size_t searched = partial_ != nullptr ? partial_->searched : 0;
  const size_t window = std::min(request.size(), limits.max_inline_bytes + 1);
  const size_t newline = request.substr(0, window).find('\n', searched);
  if (newline == std::string_view::npos) {
    if (request.size() > limits.max_inline_bytes) return Fail("too big inline request");
    partial().searched = window;
    return Step::kNeedMore;
  }
  std::string_view line = request.substr(0, newline);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!SplitQuotedWords(line, &decoded_, args)) return Fail("unbalanced quotes in request");
  *size = newline + 1;
  return Step::kDone;
}

RequestParser::Step RequestParser::ParseMultibulk(std::string_view request,
                                                  const RequestLimits& limits) {
  Partial& state = partial();
  state.offers_large_argument = false;
  do {
    Step step = Step::kDone;
    switch (state.awaited) {
      case Partial::Awaited::kCount:
        step = ParseCount(request, limits);
        break;
      case Partial::Awaited::kBulkHeader:
        step = ParseBulkHeader(request, limits);
        break;
      case Partial::Awaited::kBody:
      case Partial::Awaited::kEndOfSuppliedBody:
        step = ParseBody(request, limits);
        break;
    }
    if (step != Step::kDone) return step;
  } while (state.arguments_left > 0);
  return Step::kDone;
}

// Takes the line at `offset`, without its end. Only the carriage return is searched for; the byte
// behind it is passed over unseen, as clients have come to rely on.
RequestParser::Step RequestParser::ReadLine(std::string_view request, const RequestLimits& limits,
                                            std::string_view too_big, std::string_view* line) {
  Partial& state = *partial_;
  const std::string_view rest = request.substr(state.offset);
  const std::string_view window = rest.substr(0, limits.max_inline_bytes + 1);
  const size_t end = window.find('\r', std::max(state.searched, state.offset) - state.offset);
  if (end == std::string_view::npos) {
    if (rest.size() > limits.max_inline_bytes) return Fail(too_big);
    state.searched = request.size();
    return Step::kNeedMore;
  }
  state.searched = state.offset + end;
  if (end + 2 > rest.size()) return Step::kNeedMore;
  *line = rest.substr(0, end);
  return Step::kDone;
}

RequestParser::Step RequestParser::ParseCount(std::string_view request,
                                              const RequestLimits& limits) {
  Partial& state = *partial_;
  std::string_view line;
  const Step step = ReadLine(request, limits, "too big mbulk count string", &line);
  if (step != Step::kDone) return step;
  int64_t count;
  if (!ParseNumber(line.substr(1), &count) || count > limits.max_args) {
    return Fail("invalid multibulk length");
  }
  if (!limits.authenticated && count > kMaxArgsUnauthenticated) {
    return Fail("unauthenticated multibulk length");
  }
  state.offset += line.size() + 2;
  state.arguments_left = std::max<int64_t>(count, 0);
  state.awaited = Partial::Awaited::kBulkHeader;
  return Step::kDone;
}

RequestParser::Step RequestParser::ParseBulkHeader(std::string_view request,
                                                   const RequestLimits& limits) {
  Partial& state = *partial_;
  std::string_view line;
  const Step step = ReadLine(request, limits, "too big bulk count string", &line);
  if (step != Step::kDone) return step;
  const char kind = request[state.offset];
  if (kind != '$') return Fail(std::string("expected '$', got '") + kind + "'");
  int64_t size;
  if (!ParseNumber(line.substr(1), &size) || size < 0 || size > limits.max_bulk_bytes) {
    return Fail("invalid bulk length");
  }
  if (!limits.authenticated && size > kMaxBulkBytesUnauthenticated) {
    return Fail("unauthenticated bulk length");
  }
  state.offset += line.size() + 2;
  state.body = {static_cast<size_t>(size), state.offset};
  state.awaited = Partial::Awaited::kBody;
  return Step::kDone;
}

RequestParser::Step RequestParser::ParseBody(std::string_view request,
                                             const RequestLimits& limits) {
  Partial& state = *partial_;
  const size_t available = request.size() - state.offset;
  const bool supplied = state.awaited == Partial::Awaited::kEndOfSuppliedBody;
  const size_t in_input = supplied ? 0 : state.body.size;
  if (available < in_input + 2) {
    state.offers_large_argument =
        available < in_input && static_cast<int64_t>(in_input) >= limits.large_argument_bytes;
    return Step::kNeedMore;
  }
  if (!supplied) state.arguments.push_back({nullptr, state.offset, state.body.size});
  state.offset += in_input + 2;
  --state.arguments_left;
  state.awaited = Partial::Awaited::kBulkHeader;
  return Step::kDone;
}

}  // namespace resp
