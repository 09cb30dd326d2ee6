#include "kv/persistence/rdb_writer.h"

#include <lzf.h>

#include <algorithm>
#include <optional>

#include "kv/base/numbers.h"

namespace kv {
namespace {

constexpr uint64_t kMax6Bits = (1 << 6) - 1;
constexpr uint64_t kMax14Bits = (1 << 14) - 1;
constexpr uint8_t kLength32 = 0x80;
constexpr uint8_t kLength64 = 0x81;
constexpr uint8_t kEncoded = 0xc0;

constexpr size_t kMaxShortIntegerChars = 11;
constexpr size_t kMinCompressed = 21;  // shorter strings never pay

uint8_t Encoded(RdbStringEncoding encoding) {
  return static_cast<uint8_t>(kEncoded | static_cast<uint8_t>(encoding));
}

}  // namespace

void RdbWriter::Type(RdbType type) {
  version_ = std::max(version_, RdbVersionOf(type));
  Byte(static_cast<uint8_t>(type));
}

void RdbWriter::Length(uint64_t length) {
  if (length <= kMax6Bits) {
    Byte(static_cast<uint8_t>(length));
  } else if (length <= kMax14Bits) {
    BigEndian(uint64_t{1} << 14 | length, 2);
  } else if (length <= UINT32_MAX) {
    Byte(kLength32);
    BigEndian(length, 4);
  } else {
    Byte(kLength64);
    BigEndian(length, 8);
  }
}

void RdbWriter::String(std::string_view text) {
  if (text.size() <= kMaxShortIntegerChars) {
    const std::optional<int64_t> number = ParseInt64(text);
    if (number && ShortInteger(*number)) return;
  }
  if (compress_ && text.size() >= kMinCompressed && Compressed(text)) return;
  Length(text.size());
  Raw(text);
}

void RdbWriter::Integer(int64_t number) {
  if (ShortInteger(number)) return;
  char digits[kMaxInt64Chars];
  const size_t size = FormatInt64(number, digits);
  Length(size);
  Raw({digits, size});
}

void RdbWriter::LittleEndian(uint64_t number, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) Byte(static_cast<uint8_t>(number >> 8 * i));
}

void RdbWriter::BigEndian(uint64_t number, size_t bytes) {
  for (size_t i = bytes; i > 0; --i) Byte(static_cast<uint8_t>(number >> 8 * (i - 1)));
}

bool RdbWriter::ShortInteger(int64_t number) {
  const auto fits = [number](int64_t bits) {
    return number >= -(int64_t{1} << (bits - 1)) && number < int64_t{1} << (bits - 1);
  };
  const auto write = [&](RdbStringEncoding encoding, size_t bytes) {
    Byte(Encoded(encoding));
    LittleEndian(static_cast<uint64_t>(number), bytes);
    return true;
  };
  if (fits(8)) return write(RdbStringEncoding::kInt8, 1);
  if (fits(16)) return write(RdbStringEncoding::kInt16, 2);
  return fits(32) && write(RdbStringEncoding::kInt32, 4);
}

bool RdbWriter::Compressed(std::string_view text) {
  if (text.size() > UINT32_MAX) return false;
  const auto size = static_cast<unsigned>(text.size());
  std::string packed(size - 4, '\0');
  const unsigned packed_size = lzf_compress(text.data(), size, packed.data(), size - 4);
  if (packed_size == 0) return false;
  Byte(Encoded(RdbStringEncoding::kLzf));
  Length(packed_size);
  Length(text.size());
  Raw({packed.data(), packed_size});
  return true;
}

}  // namespace kv
