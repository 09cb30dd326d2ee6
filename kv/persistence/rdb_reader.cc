#include "kv/persistence/rdb_reader.h"

#include <lzf.h>

#include <bit>
#include <cmath>
#include <limits>

#include "kv/base/numbers.h"

namespace kv {
namespace {

// Three bytes of LZF unpack to 264 at the most.
constexpr uint64_t kMaxExpansion = 88;

}  // namespace

std::optional<std::string_view> RdbReader::Take(size_t bytes) {
  if (bytes > rest_.size()) return std::nullopt;
  const std::string_view taken = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  return taken;
}

std::optional<uint8_t> RdbReader::Byte() {
  const auto byte = Take(1);
  if (!byte) return std::nullopt;
  return static_cast<uint8_t>(byte->front());
}

std::optional<uint64_t> RdbReader::LittleEndian(size_t bytes) {
  const auto taken = Take(bytes);
  if (!taken) return std::nullopt;
  uint64_t number = 0;
  for (size_t i = bytes; i > 0; --i) number = number << 8 | static_cast<uint8_t>((*taken)[i - 1]);
  return number;
}

std::optional<uint64_t> RdbReader::BigEndian(size_t bytes) {
  const auto taken = Take(bytes);
  if (!taken) return std::nullopt;
  uint64_t number = 0;
  for (const char byte : *taken) number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

std::optional<uint64_t> RdbReader::Length(bool* encoded) {
  *encoded = false;
  const auto first = Byte();
  if (!first) return std::nullopt;
  const uint64_t low = *first & 0x3f;
  switch (*first >> 6) {
    case 0:
      return low;
    case 1: {
      const auto second = Byte();
      if (!second) return std::nullopt;
      return low << 8 | *second;
    }
    case 2:
      if (low > 1) return std::nullopt;
      return BigEndian(low == 0 ? 4 : 8);
    default:
      *encoded = true;
      return low;
  }
}

std::optional<uint64_t> RdbReader::Length() {
  bool encoded;
  const auto length = Length(&encoded);
  return encoded ? std::nullopt : length;
}

std::optional<size_t> RdbReader::Count(size_t min_bytes) {
  const auto count = Length();
  if (!count || *count > rest_.size() / min_bytes) return std::nullopt;
  return static_cast<size_t>(*count);
}

std::optional<std::string_view> RdbReader::String() {
  bool encoded;
  const auto length = Length(&encoded);
  if (!length) return std::nullopt;
  if (encoded) return Encoded(static_cast<RdbStringEncoding>(*length));
  return Take(*length);
}

std::optional<std::string_view> RdbReader::Encoded(RdbStringEncoding encoding) {
  switch (encoding) {
    case RdbStringEncoding::kInt8:
      return Integer(1);
    case RdbStringEncoding::kInt16:
      return Integer(2);
    case RdbStringEncoding::kInt32:
      return Integer(4);
    case RdbStringEncoding::kLzf:
      return Unpacked();
  }
  return std::nullopt;
}

std::optional<std::string_view> RdbReader::Integer(size_t bytes) {
  const auto raw = LittleEndian(bytes);
  if (!raw) return std::nullopt;
  const auto unused_bits = static_cast<int>(64 - 8 * bytes);
  const int64_t number = static_cast<int64_t>(*raw << unused_bits) >> unused_bits;
  unpacked_.resize(kMaxInt64Chars);
  unpacked_.resize(FormatInt64(number, unpacked_.data()));
  return unpacked_;
}

std::optional<std::string_view> RdbReader::Unpacked() {
  const auto packed_size = Length();
  if (!packed_size) return std::nullopt;
  const auto size = Length();
  if (!size) return std::nullopt;
  const auto packed = Take(*packed_size);
  if (!packed || *size > packed->size() * kMaxExpansion || *size > UINT32_MAX) return std::nullopt;
  unpacked_.resize(*size);
  const unsigned unpacked = lzf_decompress(packed->data(), static_cast<unsigned>(packed->size()),
                                           unpacked_.data(), static_cast<unsigned>(*size));
  if (unpacked != *size || *size == 0) return std::nullopt;
  return unpacked_;
}

std::optional<double> RdbReader::Double() {
  const auto bits = LittleEndian(8);
  if (!bits) return std::nullopt;
  return std::bit_cast<double>(*bits);
}

std::optional<double> RdbReader::TextDouble() {
  constexpr uint8_t kNegativeInfinity = 255;
  constexpr uint8_t kInfinity = 254;
  constexpr uint8_t kNotANumber = 253;
  const auto size = Byte();
  if (!size) return std::nullopt;
  switch (*size) {
    case kNegativeInfinity:
      return -std::numeric_limits<double>::infinity();
    case kInfinity:
      return std::numeric_limits<double>::infinity();
    case kNotANumber:
      return std::numeric_limits<double>::quiet_NaN();
    default:
      break;
  }
  const auto text = Take(*size);
  return text ? ParseDouble(*text) : std::nullopt;
}

}  // namespace kv
