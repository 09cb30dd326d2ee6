// Letters of ASCII, whatever the locale of the process: names of commands and directives.
#ifndef SOLOKV_KV_BASE_TEXT_H_
#define SOLOKV_KV_BASE_TEXT_H_

#include <algorithm>
#include <string>
#include <string_view>

namespace kv {

constexpr char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr char UpperCase(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

inline std::string LowerCase(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = LowerCase(c);
  return result;
}

inline std::string UpperCase(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = UpperCase(c);
  return result;
}

constexpr bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return LowerCase(x) == LowerCase(y); });
}

}  // namespace kv

#endif  // SOLOKV_KV_BASE_TEXT_H_
