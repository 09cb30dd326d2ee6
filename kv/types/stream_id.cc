#include "kv/types/stream_id.h"

#include <charconv>
#include <system_error>

#include "kv/base/numbers.h"

namespace kv {
namespace {

constexpr size_t kMaxIdChars = 127;

bool IsSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// A number in the form that C's strtoull takes: spaces and a sign come first, zeros may lead, and
// less than nothing counts down from 2^64.
std::optional<uint64_t> ParseLoosely(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  uint64_t number;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return negative ? 0 - number : number;
}

std::optional<uint64_t> ParsePart(std::string_view text) {
  if (const std::optional<uint64_t> number = ParseUint64(text)) return number;
  return ParseInt64(text) ? std::nullopt : ParseLoosely(text);
}

}  // namespace

std::optional<StreamId> StreamId::Next() const {
  if (sequence < UINT64_MAX) return StreamId{milliseconds, sequence + 1};
  if (milliseconds < UINT64_MAX) return StreamId{milliseconds + 1, 0};
  return std::nullopt;
}

std::optional<StreamId> StreamId::Previous() const {
  if (sequence > 0) return StreamId{milliseconds, sequence - 1};
  if (milliseconds > 0) return StreamId{milliseconds - 1, UINT64_MAX};
  return std::nullopt;
}

std::optional<StreamId> StreamId::Parse(std::string_view text, uint64_t default_sequence) {
  if (text.size() > kMaxIdChars) return std::nullopt;
  text = text.substr(0, text.find('\0'));
  const size_t dash = text.find('-');
  const std::optional<uint64_t> milliseconds = ParsePart(text.substr(0, dash));
  if (!milliseconds) return std::nullopt;
  if (dash == std::string_view::npos) return StreamId{*milliseconds, default_sequence};
  const std::optional<uint64_t> sequence = ParsePart(text.substr(dash + 1));
  if (!sequence) return std::nullopt;
  return StreamId{*milliseconds, *sequence};
}

std::string_view StreamId::Text(Buffer& buffer) const {
  constexpr size_t kMaxDigits = 20;
  char* const begin = buffer.data();
  char* const dash = std::to_chars(begin, begin + kMaxDigits, milliseconds).ptr;
  *dash = '-';
  const char* const end = std::to_chars(dash + 1, dash + 1 + kMaxDigits, sequence).ptr;
  return {begin, static_cast<size_t>(end - begin)};
}

std::string StreamId::ToString() const {
  Buffer buffer;
  return std::string(Text(buffer));
}

}  // namespace kv
