#include "kv/base/glob.h"

#include <cstddef>
#include <utility>

#include "kv/base/text.h"

namespace kv {
namespace {

class Matcher {
 public:
  Matcher(std::string_view pattern, GlobCase letter_case)
      : pattern_(pattern), ignore_case_(letter_case == GlobCase::kIgnored) {}

  bool Match(std::string_view text) {
    size_t at = 0;
    size_t position = 0;
    size_t behind_star = std::string_view::npos;
    size_t star_position = 0;
    int stars = 0;
    while (position < text.size()) {
      if (at < pattern_.size() && pattern_[at] == '*') {
        while (at < pattern_.size() && pattern_[at] == '*') ++at;
        if (at == pattern_.size()) return true;
        if (++stars > kMaxGlobStars) return false;
        behind_star = at;
        star_position = position;
      } else if (at < pattern_.size() && MatchOne(text[position], &at)) {
        ++position;
      } else if (behind_star != std::string_view::npos) {
        at = behind_star;
        position = ++star_position;
      } else {
        return false;
      }
    }
    while (at < pattern_.size() && pattern_[at] == '*') ++at;
    return at == pattern_.size();
  }

 private:
  unsigned char Fold(char c) const {
    return static_cast<unsigned char>(ignore_case_ ? LowerCase(c) : c);
  }

  // Matches one byte against the element at pattern_[*at], which is not a star. Moves *at behind
  // the element.
  bool MatchOne(char c, size_t* at) const {
    const char element = pattern_[(*at)++];
    if (element == '?') return true;
    if (element == '[') return MatchClass(c, at);
    if (element == '\\' && *at < pattern_.size()) return Fold(pattern_[(*at)++]) == Fold(c);
    return Fold(element) == Fold(c);
  }

  bool MatchClass(char c, size_t* at) const {
    const bool negated = *at < pattern_.size() && pattern_[*at] == '^';
    if (negated) ++*at;
    bool found = false;
    while (*at < pattern_.size() && pattern_[*at] != ']') found |= MatchMember(c, at);
    if (*at < pattern_.size()) ++*at;
    return found != negated;
  }

  // Matches one byte against the member of a class at pattern_[*at]: a byte, an escaped byte or a
  // range, whose ends may stand in either order.
  bool MatchMember(char c, size_t* at) const {
    const std::string_view rest = pattern_.substr(*at);
    if (rest[0] == '\\' && rest.size() >= 2) {
      *at += 2;
      return Fold(rest[1]) == Fold(c);
    }
    if (rest.size() >= 3 && rest[1] == '-') {
      *at += 3;
      unsigned char low = Fold(rest[0]);
      unsigned char high = Fold(rest[2]);
      if (low > high) std::swap(low, high);
      return Fold(c) >= low && Fold(c) <= high;
    }
    *at += 1;
    return Fold(rest[0]) == Fold(c);
  }

  std::string_view pattern_;
  bool ignore_case_;
};

}  // namespace

bool GlobMatch(std::string_view pattern, std::string_view text, GlobCase letter_case) {
  return Matcher(pattern, letter_case).Match(text);
}

}  // namespace kv
