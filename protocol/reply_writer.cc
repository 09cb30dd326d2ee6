#include "protocol/reply_writer.h"

#include <algorithm>
#include <string>

#include "protocol/format_double.h"

namespace resp {

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
  char* start = out_->Reserve(kMaxHeader);
  char* p = start;
  *p++ = ':';
  p = std::to_chars(p, p + 20, value).ptr;
  *p++ = '\r';
  *p++ = '\n';
  out_->Commit(static_cast<size_t>(p - start));
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
