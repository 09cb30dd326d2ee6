#include "protocol/quoted_words.h"

#include <cstddef>
#include <optional>
#include <utility>

namespace resp {
namespace {

constexpr bool EndsWord(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
constexpr bool IsBlank(char c) {
  return EndsWord(c) || c == '\v' || c == '\f';
}
constexpr bool IsQuote(char c) {
  return c == '"' || c == '\'';
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char Unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Reads one word that contains quotes, from its first byte on.
class WordDecoder {
 public:
  explicit WordDecoder(std::string_view text) : text_(text) {}

  // Returns the word; nothing if its quotes are not balanced.
  std::optional<std::string> Decode() {
    while (!AtEnd() && !EndsWord(text_[position_])) {
      const char c = text_[position_++];
      if (!IsQuote(c)) {
        word_.push_back(c);
        continue;
      }
      if (!(c == '"' ? ReadDoubleQuoted() : ReadSingleQuoted())) return std::nullopt;
      if (!AtEnd() && !IsBlank(text_[position_])) return std::nullopt;
      break;
    }
    return std::move(word_);
  }

  size_t position() const { return position_; }

 private:
  bool AtEnd() const { return position_ == text_.size(); }

  bool ReadDoubleQuoted() {
    while (!AtEnd()) {
      const char c = text_[position_++];
      if (c == '"') return true;
      if (c == '\\' && !AtEnd()) {
        ReadEscape();
      } else {
        word_.push_back(c);
      }
    }
    return false;
  }

  void ReadEscape() {
    if (text_[position_] == 'x' && position_ + 2 < text_.size()) {
      const int high = HexDigit(text_[position_ + 1]);
      const int low = HexDigit(text_[position_ + 2]);
      if (high >= 0 && low >= 0) {
        word_.push_back(static_cast<char>(high * 16 + low));
        position_ += 3;
        return;
      }
    }
    word_.push_back(Unescape(text_[position_++]));
  }

  bool ReadSingleQuoted() {
    while (!AtEnd()) {
      const char c = text_[position_++];
      if (c == '\'') return true;
      if (c == '\\' && !AtEnd() && text_[position_] == '\'') {
        word_.push_back(text_[position_++]);
      } else {
        word_.push_back(c);
      }
    }
    return false;
  }

  std::string_view text_;
  size_t position_ = 0;
  std::string word_;
};

}  // namespace

bool SplitQuotedWords(std::string_view line, DecodedWords* decoded,
                      std::vector<std::string_view>* words) {
  const size_t words_before = words->size();
  for (;;) {
    while (!line.empty() && IsBlank(line.front())) line.remove_prefix(1);
    if (line.empty()) return true;
    size_t end = 0;
    while (end < line.size() && !EndsWord(line[end]) && !IsQuote(line[end])) ++end;
    if (end == line.size() || EndsWord(line[end])) {
      words->push_back(line.substr(0, end));
      line.remove_prefix(end);
      continue;
    }
    WordDecoder decoder(line);
    std::optional<std::string> word = decoder.Decode();
    if (!word) {
      words->resize(words_before);
      return false;
    }
    words->push_back(decoded->emplace_front(std::move(*word)));
    line.remove_prefix(decoder.position());
  }
}

}  // namespace resp
