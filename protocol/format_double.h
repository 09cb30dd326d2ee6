// The text of a double in replies, and wherever else clients compare texts of scores.
#ifndef SOLOKV_PROTOCOL_FORMAT_DOUBLE_H_
#define SOLOKV_PROTOCOL_FORMAT_DOUBLE_H_

#include <cstddef>
#include <string>

namespace resp {

// Room for every text FormatDouble writes.
inline constexpr size_t kMaxDoubleChars = 32;

// Writes the shortest decimal text that reads back as `value` and returns its size: "3.1", "-0",
// "1e-7", "1.5e+300", "inf", "-inf", "nan". Integers below 2^62 are written without an exponent.
size_t FormatDouble(double value, char out[kMaxDoubleChars]);
std::string FormatDouble(double value);

}  // namespace resp

#endif  // SOLOKV_PROTOCOL_FORMAT_DOUBLE_H_
