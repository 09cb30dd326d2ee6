#include "kv/scripting/shebang.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "kv/base/text.h"
#include "protocol/quoted_words.h"

#include "kv/command/spec.h"

namespace kv {
namespace {

constexpr std::string_view kMark = "#!";
constexpr std::string_view kLua = "lua";
constexpr std::string_view kFlagsOption = "flags=";
constexpr std::string_view kNameOption = "name=";

constexpr ScriptFlagName kFlags[] = {
    {"no-writes", kScriptNoWrites},
    {"allow-oom", kScriptAllowOom},
    {"allow-stale", kScriptAllowStale},
    {"no-cluster", kScriptNoCluster},
    {"allow-cross-slot-keys", kScriptAllowCrossSlotKeys},
};

std::string Unexpected(std::string_view what, std::string_view name) {
  return std::string(what).append(name);
}

// Names of flags between commas; the error reply to the first that is none, or an empty text.
std::string ReadFlags(std::string_view names, uint32_t* flags) {
  while (!names.empty()) {
    const size_t comma = names.find(',');
    const std::string_view name = names.substr(0, comma);
    const uint32_t flag = FindScriptFlag(name);
    if (flag == 0) return Unexpected("ERR Unexpected flag in script shebang: ", name);
    *flags |= flag;
    if (comma == std::string_view::npos) break;
    names.remove_prefix(comma + 1);
    if (names.empty()) return "ERR Unexpected flag in script shebang: ";
  }
  return "";
}

// The first line of a script: the mark and the name of the engine in one word, and further words.
class FirstLine {
 public:
  // Precondition: the script begins with the mark.
  explicit FirstLine(std::string_view script) {
    const size_t end = script.find('\n');
    ends_ = end != std::string_view::npos;
    if (!ends_) return;
    rest_ = script.substr(end);
    const std::string_view line = script.substr(kMark.size(), end - kMark.size());
    balanced_ = line.find('\0') == std::string_view::npos &&
                resp::SplitQuotedWords(line, &decoded_, &words_);
    has_engine_ = !words_.empty() && line.front() > ' ';
  }

  bool ends() const { return ends_; }
  bool balanced() const { return balanced_; }  // its quotes are
  std::string_view engine() const { return has_engine_ ? words_[0] : std::string_view(); }
  std::span<const std::string_view> words() const {
    return std::span(words_).subspan(has_engine_ ? 1 : 0);
  }
  // The script behind it, from the line's end on.
  std::string_view rest() const { return rest_; }

 private:
  resp::DecodedWords decoded_;
  std::vector<std::string_view> words_;
  std::string_view rest_;
  bool ends_ = false;
  bool balanced_ = false;
  bool has_engine_ = false;
};

// The name of a library, as the words of its first line say; nothing and the error reply in *error
// if they do not.
std::optional<std::string_view> ReadLibraryName(std::span<const std::string_view> words,
                                                std::string* error) {
  std::optional<std::string_view> name;
  for (const std::string_view word : words) {
    if (!EqualsIgnoreCase(word.substr(0, kNameOption.size()), kNameOption)) {
      *error = Unexpected("ERR Invalid metadata value given: ", word);
      return std::nullopt;
    }
    if (name) {
      *error = "ERR Invalid metadata value, name argument was given multiple times";
      return std::nullopt;
    }
    name = word.substr(kNameOption.size());
  }
  if (!name) *error = "ERR Library name was not given";
  return name;
}

}  // namespace

std::span<const ScriptFlagName> ScriptFlagNames() {
  return kFlags;
}

uint32_t FindScriptFlag(std::string_view name) {
  const auto* const known = std::find_if(std::begin(kFlags), std::end(kFlags),
                                         [&](const auto& flag) { return flag.name == name; });
  return known == std::end(kFlags) ? 0 : uint32_t{known->flag};
}

bool IsFunctionName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

LibraryHeader ParseLibraryHeader(std::string_view code) {
  LibraryHeader header;
  if (!code.starts_with(kMark)) {
    header.error = "ERR Missing library metadata";
    return header;
  }
  const FirstLine line(code);
  if (!line.balanced()) {
    header.error = "ERR Invalid library metadata";
    return header;
  }
  header.source = line.rest();
  const std::optional<std::string_view> name = ReadLibraryName(line.words(), &header.error);
  if (!name) return header;
  header.name = *name;
  if (!IsFunctionName(header.name)) {
    header.error = kBadFunctionName;
  } else if (!EqualsIgnoreCase(line.engine(), kLua)) {
    header.error = Unexpected("ERR Engine '", line.engine()).append("' not found");
  }
  return header;
}

Shebang ParseShebang(std::string_view script) {
  Shebang shebang;
  shebang.source = script;
  if (!script.starts_with(kMark)) return shebang;
  shebang.present = true;
  const FirstLine line(script);
  if (!line.balanced()) {
    shebang.error =
        line.ends() ? "ERR Invalid engine in script shebang" : "ERR Invalid script shebang";
    return shebang;
  }
  shebang.source = line.rest();
  if (line.engine() != kLua) {
    shebang.error = Unexpected("ERR Unexpected engine in script shebang: #!", line.engine());
    return shebang;
  }
  for (const std::string_view word : line.words()) {
    shebang.error = word.starts_with(kFlagsOption)
                        ? ReadFlags(word.substr(kFlagsOption.size()), &shebang.flags)
                        : Unexpected("ERR Unknown lua shebang option: ", word);
    if (!shebang.error.empty()) break;
  }
  return shebang;
}

uint64_t CommandFlagsOfScript(bool declared, uint32_t flags) {
  if (!declared) return kMayReplicate;
  if ((flags & kScriptNoWrites) != 0) return 0;
  return (flags & kScriptAllowOom) != 0 ? kWrite : kWrite | kDenyOom;
}

}  // namespace kv
