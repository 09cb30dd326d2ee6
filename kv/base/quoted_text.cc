#include "kv/base/quoted_text.h"

#include "absl/strings/str_format.h"

namespace kv {

void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '\\':
      case '"':
        out->append({'\\', c});
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      case '\a':
        out->append("\\a");
        break;
      case '\b':
        out->append("\\b");
        break;
      default:
        if (c >= ' ' && c <= '~') {
          out->push_back(c);
        } else {
          absl::StrAppendFormat(out, "\\x%02x", static_cast<unsigned char>(c));
        }
    }
  }
  out->push_back('"');
}

}  // namespace kv
