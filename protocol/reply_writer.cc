#include "protocol/reply_writer.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "protocol/format_double.h"

namespace resp {
namespace {

constexpr uint64_t kEightDigits = 100'000'000;

// The eight digits of a number below kEightDigits, the first in the lowest byte: cut into halves by
// fewer and fewer digits, all pieces of a size at once.
uint64_t Digits(uint64_t value) {
  uint64_t digits = value / 10'000 | value % 10'000 << 32;
  const uint64_t hundreds = digits * 10'486 >> 20 & 0x7f'0000'007f;
  digits = hundreds | (digits - hundreds * 100) << 16;
  const uint64_t tens = digits * 103 >> 10 & 0x0f'000f'000f'000f;
  return tens | (digits - tens * 10) << 8;
}

// Writes up to 20 digits, and may write over the eight bytes behind `out`.
char* WriteDecimal(char* out, uint64_t value) {
  static_assert(std::endian::native == std::endian::little);
  uint64_t digits;
  int zeros = 0;
  if (value < kEightDigits) [[likely]] {
    digits = Digits(value);
    zeros = std::countr_zero(digits | uint64_t{1} << 56) / 8;
  } else {
    out = WriteDecimal(out, value / kEightDigits);
    digits = Digits(value % kEightDigits);
  }
  const uint64_t text = (digits | 0x3030303030303030) >> 8 * zeros;
  memcpy(out, &text, sizeof text);
  return out + sizeof text - zeros;
}

}  // namespace

void ReplyWriter::SimpleString(std::string_view text) {
  out_->Append("+");
  out_->Append(text);
  out_->Append("\r\n");
}

void ReplyWriter::Error(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  out_->Append("-");
  out_->Append(line);
  out_->Append("\r\n");
}

void ReplyWriter::LongInteger(int64_t value) {
  char* const start = out_->Reserve(kMaxHeader);
  char* p = start;
  *p++ = ':';
  if (value < 0) *p++ = '-';
  const auto bits = static_cast<uint64_t>(value);
  p = WriteDecimal(p, value < 0 ? -bits : bits);
  p[0] = '\r';
  p[1] = '\n';
  out_->Commit(static_cast<size_t>(p + 2 - start));
}

void ReplyWriter::Double(double value) {
  char text[kMaxDoubleChars];
  const std::string_view digits(text, FormatDouble(value, text));
  if (!IsResp3()) return Bulk(digits);
  out_->Append(",");
  out_->Append(digits);
  out_->Append("\r\n");
}

void ReplyWriter::BigNumber(std::string_view digits) {
  if (!IsResp3()) return Bulk(digits);
  out_->Append("(");
  out_->Append(digits);
  out_->Append("\r\n");
}

void ReplyWriter::LongBulk(std::string_view bytes) {
  Header('$', bytes.size());
  out_->Append(bytes);
  out_->Append("\r\n");
}

void ReplyWriter::BulkPinned(const Pin& pin) {
  Header('$', pin.size);
  out_->AppendPinned(pin);
  out_->Append("\r\n");
}

void ReplyWriter::BulkInteger(int64_t value) {
  char text[20];
  const char* end = std::to_chars(text, text + sizeof(text), value).ptr;
  Bulk({text, static_cast<size_t>(end - text)});
}

void ReplyWriter::Verbatim(std::string_view format, std::string_view text) {
  assert(format.size() == 3);
  if (!IsResp3()) return Bulk(text);
  Header('=', format.size() + 1 + text.size());
  out_->Append(format);
  out_->Append(":");
  out_->Append(text);
  out_->Append("\r\n");
}

void ReplyWriter::EndDeferred(Deferred deferred, char kind, size_t size) {
  char header[kMaxHeader];
  const char* end = WriteHeader(header, kind, size);
  out_->FillSlot(deferred.slot_, {header, static_cast<size_t>(end - header)});
}

}  // namespace resp
