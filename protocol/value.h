// A reply as a tree: what a client of the server holds in its hands. For tests, tools and links to
// other servers; the server itself writes replies without building trees.
#ifndef SOLOKV_PROTOCOL_VALUE_H_
#define SOLOKV_PROTOCOL_VALUE_H_

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace resp {

struct Value {
  enum class Type : uint8_t {
    kNull,       // RESP3's null and RESP2's null bulk string
    kNullArray,  // RESP2 only
    kSimpleString,
    kError,
    kInteger,
    kBulk,
    kArray,
    kMap,  // elements: key, value, key, value …
    kSet,
    kPush,
    kDouble,  // its text
    kBoolean,
    kBigNumber,  // its digits
    kVerbatim,
  };

  static Value Simple(std::string text) {
    return {.type = Type::kSimpleString, .text = std::move(text)};
  }
  static Value Error(std::string text) { return {.type = Type::kError, .text = std::move(text)}; }
  static Value Bulk(std::string text) { return {.type = Type::kBulk, .text = std::move(text)}; }
  static Value Integer(int64_t value) { return {.type = Type::kInteger, .integer = value}; }
  static Value Null() { return {}; }
  static Value Array(std::vector<Value> elements) {
    return {.type = Type::kArray, .elements = std::move(elements)};
  }

  bool is_error() const { return type == Type::kError; }
  bool is_null() const { return type == Type::kNull || type == Type::kNullArray; }
  bool is_aggregate() const {
    return type == Type::kArray || type == Type::kMap || type == Type::kSet || type == Type::kPush;
  }

  // The value of a map's key, whose RESP2 form is an array; null if the map lacks it.
  const Value* Find(std::string_view key) const;

  // One line for messages: +OK  -ERR text  "bulk"  5  nil  [1, 2]  {"k": "v"}  ~[1]  >["message"]
  std::string ToString() const;

  friend bool operator==(const Value&, const Value&) = default;

  Type type = Type::kNull;
  std::string text = {};
  std::string format = {};  // of a verbatim string: "txt", "mkd"
  int64_t integer = 0;      // also of a boolean: 1 or 0
  std::vector<Value> elements = {};
  std::vector<Value> attributes = {};  // that came with the value: key, value, key, value …
};

std::ostream& operator<<(std::ostream& out, const Value& value);

}  // namespace resp

#endif  // SOLOKV_PROTOCOL_VALUE_H_
