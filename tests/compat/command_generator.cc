#include "tests/compat/command_generator.h"

#include <cctype>

namespace tests {
namespace {

// Splits at spaces, or at '|', outside braces.
std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t start = 0;
  int depth = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '{') ++depth;
    if (i < text.size() && text[i] == '}') --depth;
    if (i < text.size() && (text[i] != separator || depth > 0)) continue;
    if (i > start) parts.push_back(text.substr(start, i - start));
    start = i + 1;
  }
  return parts;
}

// Commands that might wait for ever if their timeout were damaged, as BLPOP, BRPOP, BZPOPMIN; and
// EXEC, where later versions take conditions.
bool IsLeftWhole(std::string_view name) {
  return name.starts_with("bl") || name.starts_with("br") || name.starts_with("bz") ||
         name == "exec";
}

}  // namespace

Arguments CommandGenerator::Next(const std::vector<std::string>& patterns) {
  Arguments arguments = Expand(Pick(patterns));
  if (IsLeftWhole(arguments[0])) return arguments;
  if (damage_one_in_ != 0 && OneIn(damage_one_in_)) Damage(&arguments);
  return arguments;
}

Arguments CommandGenerator::Expand(std::string_view pattern) {
  constexpr std::string_view kOne = "@one{";
  constexpr std::string_view kAny = "@any{";
  Arguments out;
  for (std::string_view word : Split(pattern, ' ')) {
    if (word.starts_with(kOne)) {
      ExpandChoice(word.substr(kOne.size(), word.size() - kOne.size() - 1), false, &out);
    } else if (word.starts_with(kAny)) {
      ExpandChoice(word.substr(kAny.size(), word.size() - kAny.size() - 1), true, &out);
    } else if (word.starts_with('@')) {
      out.push_back(Word(word.substr(1)));
    } else {
      out.emplace_back(word);
    }
  }
  return out;
}

void CommandGenerator::ExpandChoice(std::string_view alternatives, bool several, Arguments* out) {
  std::vector<std::string_view> choices = Split(alternatives, '|');
  uint64_t count = several ? random_.Uniform(3) : 1;
  if (several && OneIn(8)) count += 2;
  for (; count > 0 && !choices.empty(); --count) {
    const auto choice = choices.begin() + static_cast<ptrdiff_t>(random_.Uniform(choices.size()));
    const Arguments words = Expand(*choice);
    // An option with a value is not repeated: nothing says which of two values counts.
    if (words.size() > 1) choices.erase(choice);
    out->insert(out->end(), words.begin(), words.end());
  }
}

void CommandGenerator::Damage(Arguments* arguments) {
  const size_t index = random_.Uniform(arguments->size());
  std::string& word = (*arguments)[index];
  switch (random_.Uniform(5)) {
    case 0:
      if (arguments->size() > 1) arguments->pop_back();
      break;
    case 1:
      arguments->push_back(Pick({"nx", "", "1", "extra", "GET", "-1"}));
      break;
    case 2:
      if (index > 0) word = Pick({"", "x", "-1", "0", "99999999999999999999", "1.5", " 1", "nx"});
      break;
    case 3:
      if (index > 0) arguments->insert(arguments->begin() + static_cast<ptrdiff_t>(index), word);
      break;
    default:
      for (char& c : (*arguments)[0]) {
        if (OneIn(2)) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      }
  }
}

std::string CommandGenerator::Key() {
  static constexpr uint64_t kKeys = 24;
  const uint64_t key = random_.Uniform(kKeys);
  if (key == 0) return "";
  if (key == 1) return std::string("\0bin\r\n\xff", 7);
  return "k" + std::to_string(key);
}

std::string CommandGenerator::Integer() {
  if (OneIn(3)) return std::to_string(static_cast<int64_t>(random_.Uniform(200)) - 100);
  return Pick({"0",
               "1",
               "-1",
               "10",
               "9223372036854775807",
               "-9223372036854775808",
               "9223372036854775808",
               "-9223372036854775809",
               "4294967296",
               "2147483648",
               "1e3",
               "007",
               "+5",
               "-0",
               " 7",
               "7 ",
               "",
               "abc",
               "1.0",
               "123456789012"});
}

std::string CommandGenerator::Value() {
  switch (random_.Uniform(8)) {
    case 0:
      return Integer();
    case 1:
      return std::to_string(static_cast<int64_t>(random_.Next()));
    case 2: {
      std::string bytes(random_.Uniform(70), '\0');
      for (char& byte : bytes) byte = static_cast<char>(random_.Uniform(256));
      return bytes;
    }
    case 3:
      return std::string(random_.Uniform(64), static_cast<char>('a' + random_.Uniform(26)));
    case 4:
      return Word("float");
    case 5: {
      std::string text(random_.Uniform(40), '\0');
      for (char& letter : text) letter = "acgt"[random_.Uniform(4)];
      return text;
    }
    case 6:
      if (OneIn(8)) return std::string(1000 + random_.Uniform(9000), 'L');
      return "short";
    default:
      return std::to_string(random_.Uniform(1000));
  }
}

// A time to live or an absolute time, in units of `unit` milliseconds.
std::string CommandGenerator::Lifetime(int64_t unit, bool absolute) {
  if (OneIn(12)) {
    return Pick({"0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775",
                 "9223372036854776", "-9223372036854776", "9223372036854775808", "abc", "1.5", "",
                 " 1"});
  }
  const auto range = static_cast<uint64_t>(longest_ - shortest_);
  int64_t milliseconds = shortest_ + static_cast<int64_t>(random_.Uniform(range));
  if (absolute) milliseconds += origin_;
  return std::to_string(milliseconds / unit);
}

std::string CommandGenerator::Word(std::string_view name) {
  if (name == "key") return Key();
  if (name == "value") return Value();
  if (name == "integer") return Integer();
  if (name == "seconds") return Lifetime(1000, false);
  if (name == "milliseconds") return Lifetime(1, false);
  if (name == "at_seconds") return Lifetime(1000, true);
  if (name == "at_milliseconds") return Lifetime(1, true);
  if (name == "database") {
    if (!OneIn(10)) return std::to_string(random_.Uniform(4));
    return Pick({"-1", "16", "99999999999", "one", "", "15"});
  }
  if (name == "offset") {
    if (!OneIn(10)) return std::to_string(random_.Uniform(120));
    return Pick({"-1", "536870912", "9223372036854775807", "x", "4294967296"});
  }
  if (name == "bit") {
    if (!OneIn(10)) return std::to_string(random_.Uniform(900));
    return Pick({"-1", "4294967296", "9223372036854775807", "x", "", "1.0"});
  }
  if (name == "index") {
    if (!OneIn(10)) return std::to_string(static_cast<int64_t>(random_.Uniform(60)) - 30);
    return Pick({"9223372036854775807", "-9223372036854775808", "x", "", "1.0", "-0"});
  }
  if (name == "float") {
    return Pick({"0.1",
                 "-0.1",
                 "3.14159",
                 "1e5",
                 "-1e-5",
                 "1e17",
                 "1e308",
                 "-1e308",
                 "1e4000",
                 "5",
                 "-7",
                 "0",
                 "-0.0",
                 "inf",
                 "-inf",
                 "nan",
                 "0x10",
                 "1.",
                 ".5",
                 "1e",
                 " 1",
                 "1 ",
                 "",
                 "abc",
                 "123456789.987654321",
                 "0.00000000000000000001",
                 "1e20",
                 "3.0e3"});
  }
  if (name == "pattern") {
    return Pick({"*", "k*", "k?", "k[1-5]", "k[^1]", "*1*", "", "[", "\\k1", "k\\*", "?*?",
                 "k[5-1]", "k[12", "[^", "*[0-9][0-9]", "k1[", "K*", "k[a\\]b]*"});
  }
  if (name == "cursor") return Pick({"0", "x", "-1", "", "99999999999999999999", "1.5", " 0"});
  return "@" + std::string(name);
}

}  // namespace tests
