#include "protocol/value.h"

#include <cstddef>
#include <ostream>

namespace resp {
namespace {

std::string Quote(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string quoted = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\r') {
      quoted += "\\r";
    } else if (byte >= 0x20 && byte < 0x7f) {
      quoted += c;
    } else {
      quoted += {'\\', 'x', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
    }
  }
  return quoted + '"';
}

std::string Join(const std::vector<Value>& elements) {
  std::string text = "[";
  for (const Value& element : elements) {
    if (text.size() > 1) text += ", ";
    text += element.ToString();
  }
  return text + ']';
}

std::string JoinPairs(const std::vector<Value>& elements) {
  std::string text = "{";
  for (size_t i = 0; i + 1 < elements.size(); i += 2) {
    if (i > 0) text += ", ";
    text += elements[i].ToString() + ": " + elements[i + 1].ToString();
  }
  return text + '}';
}

}  // namespace

const Value* Value::Find(std::string_view key) const {
  for (size_t i = 0; i + 1 < elements.size(); i += 2) {
    if (elements[i].text == key) return &elements[i + 1];
  }
  return nullptr;
}

std::string Value::ToString() const {
  switch (type) {
    case Type::kNull:
      return "nil";
    case Type::kNullArray:
      return "nil array";
    case Type::kSimpleString:
      return "+" + text;
    case Type::kError:
      return "-" + text;
    case Type::kInteger:
      return std::to_string(integer);
    case Type::kBulk:
      return Quote(text);
    case Type::kArray:
      return Join(elements);
    case Type::kMap:
      return JoinPairs(elements);
    case Type::kSet:
      return "~" + Join(elements);
    case Type::kPush:
      return ">" + Join(elements);
    case Type::kDouble:
      return "," + text;
    case Type::kBoolean:
      return integer != 0 ? "true" : "false";
    case Type::kBigNumber:
      return "(" + text;
    case Type::kVerbatim:
      return format + ":" + Quote(text);
  }
  return "?";
}

std::ostream& operator<<(std::ostream& out, const Value& value) {
  return out << value.ToString();
}

}  // namespace resp
