#include "kv/base/numbers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <system_error>

#include "kv/base/text.h"

namespace kv {
namespace {

// The largest value has 4,933 digits before the point.
constexpr size_t kMaxLongDoubleChars = 5119;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

template <class Integer>
std::optional<Integer> ParseCanonical(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !IsDigit(digits[0])) return std::nullopt;
  if (digits[0] == '0' && text.size() > 1) return std::nullopt;
  Integer value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class Float>
std::optional<Float> ParseFloat(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  auto format = std::chars_format::general;
  if (EqualsIgnoreCase(text.substr(0, 2), "0x")) {
    format = std::chars_format::hex;
    text.remove_prefix(2);
  }
  // A second sign is not part of the number.
  if (text.empty() || text[0] == '-') return std::nullopt;
  Float value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, format);
  if (error != std::errc() || end != text.data() + text.size() || std::isnan(value)) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

std::optional<uint64_t> UnitBytes(std::string_view unit) {
  struct Unit {
    std::string_view name;
    uint64_t bytes;
  };
  constexpr Unit kUnits[] = {
      {"", 1},         {"b", 1},           {"k", 1000},         {"kb", 1ull << 10},
      {"m", 1000'000}, {"mb", 1ull << 20}, {"g", 1000'000'000}, {"gb", 1ull << 30},
  };
  for (const Unit& known : kUnits) {
    if (EqualsIgnoreCase(known.name, unit)) return known.bytes;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> ParseInt64(std::string_view text) {
  return ParseCanonical<int64_t>(text);
}

std::optional<uint64_t> ParseUint64(std::string_view text) {
  return ParseCanonical<uint64_t>(text);
}

std::optional<double> ParseDouble(std::string_view text) {
  return ParseFloat<double>(text);
}

std::optional<long double> ParseLongDouble(std::string_view text) {
  // libstdc++ looks for a zero byte behind what it is given, so it is given a copy that has one.
  char copy[kMaxLongDoubleChars + 1];
  if (text.size() > kMaxLongDoubleChars) return std::nullopt;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return ParseFloat<long double>({copy, text.size()});
}

std::string FormatLongDouble(long double value) {
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char text[kMaxLongDoubleChars];
  const char* end =
      std::to_chars(text, text + sizeof(text), value, std::chars_format::fixed, 17).ptr;
  while (end[-1] == '0') --end;
  if (end[-1] == '.') --end;
  const std::string_view trimmed(text, static_cast<size_t>(end - text));
  return std::string(trimmed == "-0" ? "0" : trimmed);
}

std::optional<uint64_t> ParseMemorySize(std::string_view text) {
  const auto* digits_end = std::find_if_not(text.begin(), text.end(), IsDigit);
  const auto digits = static_cast<size_t>(digits_end - text.begin());
  uint64_t number;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (digits == 0 || error != std::errc()) return std::nullopt;
  const std::optional<uint64_t> unit = UnitBytes(text.substr(digits));
  uint64_t bytes;
  if (!unit || __builtin_mul_overflow(number, *unit, &bytes)) return std::nullopt;
  return bytes;
}

}  // namespace kv
