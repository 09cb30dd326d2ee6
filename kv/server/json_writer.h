// JsonWriter: builds a JSON text (RFC 8259) front to back.
//
//   JsonWriter json;
//   json.BeginObject().Key("name").String("x").Key("list").BeginArray().Number(1).End().End();
#ifndef SOLOKV_KV_SERVER_JSON_WRITER_H_
#define SOLOKV_KV_SERVER_JSON_WRITER_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace kv {

class JsonWriter {
 public:
  JsonWriter& BeginObject() { return Begin('{', '}'); }
  JsonWriter& BeginArray() { return Begin('[', ']'); }
  // Ends the innermost object or array.
  JsonWriter& End();
  JsonWriter& Key(std::string_view name);
  // Any bytes. Those that are no UTF-8 are taken for Latin-1, so that nothing is lost or invalid.
  JsonWriter& String(std::string_view text);
  template <class Value>
  JsonWriter& Number(Value value) {
    Separate();
    absl::StrAppend(&text_, value);
    return *this;
  }
  // The whole text.
  std::string Take() { return std::move(text_); }

 private:
  JsonWriter& Begin(char open, char close);
  void Separate();
  void AppendQuoted(std::string_view text);

  std::string text_;
  std::string closing_;   // what ends the open ones, the innermost last
  bool is_first_ = true;  // nothing stands in the innermost one
  bool after_key_ = false;
};

// Whether `text` is well-formed UTF-8 (RFC 3629).
bool IsUtf8(std::string_view text);

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_JSON_WRITER_H_
