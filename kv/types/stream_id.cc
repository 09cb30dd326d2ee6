#include "kv/types/stream_id.h"

#include <charconv>

#include "kv/base/numbers.h"

namespace kv {

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
  const size_t dash = text.find('-');
  const std::optional<uint64_t> milliseconds = ParseUint64(text.substr(0, dash));
  if (!milliseconds) return std::nullopt;
  if (dash == std::string_view::npos) return StreamId{*milliseconds, default_sequence};
  const std::optional<uint64_t> sequence = ParseUint64(text.substr(dash + 1));
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
