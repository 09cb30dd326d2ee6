#include "protocol/reply_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "protocol/format_double.h"

namespace resp {
namespace {

constexpr auto kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

constexpr auto kPowersOfTen = [] {
  std::array<uint64_t, 20> powers{1};
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

size_t DecimalDigits(uint64_t value) {
  // 1233 / 4096 is the logarithm of two to the base of ten, nearly.
  const size_t estimate = static_cast<size_t>(std::bit_width(value | 1)) * 1233 >> 12;
  return estimate + ((value | 1) >= kPowersOfTen[estimate] ? 1 : 0);
}

// Two digits at a time, from behind: half the instructions of std::to_chars.
char* WriteDecimal(char* out, uint64_t value) {
  const size_t digits = DecimalDigits(value);
  char* at = out + digits;
  for (; value >= 10; value /= 100) {
    at -= 2;
    memcpy(at, &kDigitPairs[value % 100 * 2], 2);
  }
  if (at != out) *out = static_cast<char>('0' + value);
  return out + digits;
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
