#include "kv/server/json_writer.h"

#include <cstdint>

#include "absl/strings/str_format.h"

namespace kv {

bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
    const uint8_t lead = byte(i);
    const size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length == 0 || lead > 0xf4 || i + length > text.size()) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    }
    // Neither overlong forms nor surrogates, and nothing above U+10FFFF.
    if (lead == 0xe0 && byte(i + 1) < 0xa0) return false;
    if (lead == 0xed && byte(i + 1) > 0x9f) return false;
    if (lead == 0xf0 && byte(i + 1) < 0x90) return false;
    if (lead == 0xf4 && byte(i + 1) > 0x8f) return false;
    i += length;
  }
  return true;
}

JsonWriter& JsonWriter::Begin(char open, char close) {
  Separate();
  text_.push_back(open);
  closing_.push_back(close);
  is_first_ = true;
  return *this;
}

JsonWriter& JsonWriter::End() {
  text_.push_back(closing_.back());
  closing_.pop_back();
  is_first_ = false;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view name) {
  Separate();
  AppendQuoted(name);
  text_.push_back(':');
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view text) {
  Separate();
  AppendQuoted(text);
  return *this;
}

void JsonWriter::Separate() {
  if (!is_first_ && !after_key_) text_.push_back(',');
  is_first_ = after_key_ = false;
}

void JsonWriter::AppendQuoted(std::string_view text) {
  const bool is_utf8 = IsUtf8(text);
  text_.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      text_.append({'\\', c});
    } else if (byte < 0x20 || (byte >= 0x7f && !is_utf8)) {
      absl::StrAppendFormat(&text_, "\\u%04x", byte);
    } else {
      text_.push_back(c);
    }
  }
  text_.push_back('"');
}

}  // namespace kv
