// Numbers and their texts, as clients and configuration files write them. Nothing here depends on
// the locale of the process.
#ifndef SOLOKV_KV_BASE_NUMBERS_H_
#define SOLOKV_KV_BASE_NUMBERS_H_

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kv {

// Accepts exactly the texts that FormatInt64 writes: no blanks, no plus sign, no leading zeros, no
// "-0", nothing outside the range. So a value stored as an integer reads back byte for byte.
std::optional<int64_t> ParseInt64(std::string_view text);

// The same for unsigned numbers.
std::optional<uint64_t> ParseUint64(std::string_view text);

// Room for every text FormatInt64 writes.
inline constexpr size_t kMaxInt64Chars = 20;

// Writes the decimal text of `value` to `out`, which has kMaxInt64Chars bytes; returns its size.
inline size_t FormatInt64(int64_t value, char* out) {
  return static_cast<size_t>(std::to_chars(out, out + kMaxInt64Chars, value).ptr - out);
}

// Accept decimal and hexadecimal (0x) numbers with an optional sign, fraction and exponent, and
// "inf" and "infinity" in any case. Refuse blanks, "nan", and what over- or underflows.
std::optional<double> ParseDouble(std::string_view text);
// As ParseDouble, for at most 5,119 characters.
std::optional<long double> ParseLongDouble(std::string_view text);

// The text of a sum that was counted up in decimal steps: 17 digits behind the point, without
// exponent and trailing zeros. 3.0 is "3", 10.5 + 0.1 is "10.6".
std::string FormatLongDouble(long double value);

// A number of bytes: digits and, in any case, nothing or "b" (1), "k" (1000), "kb" (1024), "m",
// "mb", "g" or "gb".
std::optional<uint64_t> ParseMemorySize(std::string_view text);

}  // namespace kv

#endif  // SOLOKV_KV_BASE_NUMBERS_H_
