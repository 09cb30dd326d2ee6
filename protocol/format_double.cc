#include "protocol/format_double.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace resp {
namespace {

size_t Copy(std::string_view text, char* out) {
  memcpy(out, text.data(), text.size());
  return text.size();
}

// |value| = 0.d1d2d3… * 10^point, the digits d being the fewest that identify it.
struct Decimal {
  char digits[20];
  int count = 0;
  int point = 0;
};

Decimal ToDecimal(double magnitude) {
  char text[kMaxDoubleChars];
  const char* end =
      std::to_chars(text, text + sizeof(text), magnitude, std::chars_format::scientific).ptr;
  Decimal decimal;
  const char* p = text;
  for (; *p != 'e'; ++p) {
    if (*p != '.') decimal.digits[decimal.count++] = *p;
  }
  p += p[1] == '+' ? 2 : 1;
  std::from_chars(p, end, decimal.point);
  ++decimal.point;
  return decimal;
}

char* WriteInteger(const Decimal& decimal, char* out) {
  out = std::copy_n(decimal.digits, decimal.count, out);
  return std::fill_n(out, decimal.point - decimal.count, '0');
}

char* WriteFraction(const Decimal& decimal, char* out) {
  if (decimal.point <= 0) {
    *out++ = '0';
    *out++ = '.';
    out = std::fill_n(out, -decimal.point, '0');
    return std::copy_n(decimal.digits, decimal.count, out);
  }
  out = std::copy_n(decimal.digits, decimal.point, out);
  *out++ = '.';
  return std::copy_n(decimal.digits + decimal.point, decimal.count - decimal.point, out);
}

char* WriteScientific(const Decimal& decimal, char* out) {
  *out++ = decimal.digits[0];
  if (decimal.count > 1) {
    *out++ = '.';
    out = std::copy_n(decimal.digits + 1, decimal.count - 1, out);
  }
  const int exponent = decimal.point - 1;
  *out++ = 'e';
  *out++ = exponent < 0 ? '-' : '+';
  return std::to_chars(out, out + 4, std::abs(exponent)).ptr;
}

}  // namespace

size_t FormatDouble(double value, char out[kMaxDoubleChars]) {
  constexpr double kIntegerLimit = 4611686018427387904.0;  // 2^62
  if (std::isnan(value)) return Copy("nan", out);
  if (std::isinf(value)) return Copy(value < 0 ? "-inf" : "inf", out);
  if (value == 0) return Copy(std::signbit(value) ? "-0" : "0", out);
  if (std::abs(value) < kIntegerLimit && value == std::trunc(value)) {
    char* end = std::to_chars(out, out + kMaxDoubleChars, static_cast<int64_t>(value)).ptr;
    return static_cast<size_t>(end - out);
  }
  char* p = out;
  if (value < 0) *p++ = '-';
  const Decimal decimal = ToDecimal(std::abs(value));
  const int trailing_zeros = decimal.point - decimal.count;
  const int exponent = std::abs(decimal.point - 1);
  if (trailing_zeros >= 0 && exponent < decimal.count + 7) {
    p = WriteInteger(decimal, p);
  } else if (trailing_zeros < 0 && (trailing_zeros > -7 || exponent < 4)) {
    p = WriteFraction(decimal, p);
  } else {
    p = WriteScientific(decimal, p);
  }
  return static_cast<size_t>(p - out);
}

std::string FormatDouble(double value) {
  char text[kMaxDoubleChars];
  return std::string(text, FormatDouble(value, text));
}

}  // namespace resp
