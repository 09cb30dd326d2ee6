#include "kv/scripting/debug_command.h"

#include <charconv>
#include <cstddef>

#include "kv/base/text.h"

namespace kv {
namespace {

constexpr struct {
  std::string_view name;
  DebugVerb verb;
  size_t min_arguments = 0;
} kVerbs[] = {
    {"abort", DebugVerb::kAbort},       {"break", DebugVerb::kBreak},
    {"continue", DebugVerb::kContinue}, {"eval", DebugVerb::kEval},
    {"help", DebugVerb::kHelp},         {"list", DebugVerb::kList},
    {"maxlen", DebugVerb::kMaxlen},     {"next", DebugVerb::kStep},
    {"print", DebugVerb::kPrint},       {"redis", DebugVerb::kRedis, 1},
    {"step", DebugVerb::kStep},         {"trace", DebugVerb::kTrace},
    {"whole", DebugVerb::kWhole},
};

constexpr std::string_view kHelp[] = {
    "Commands of the script debugger:",
    "[s]tep                  Run this line, stop at the next one.",
    "[n]ext                  The same.",
    "[c]ontinue              Run to the next breakpoint.",
    "[l]ist                  Show the lines around this one.",
    "[l]ist <line> [<n>]     Show n lines, else 5, around a line; 0 is this one.",
    "[w]hole                 Show all lines.",
    "[p]rint                 Show the local variables.",
    "[p]rint <name>          Show a local variable of this or a calling function,",
    "                        KEYS or ARGV.",
    "[b]reak                 Show the breakpoints.",
    "[b]reak <line> ...      Set breakpoints: -<line> removes one, 0 all.",
    "[t]race                 Show the calls that led here.",
    "[e]val <code>           Run Lua code, which does not see local variables.",
    "[r]edis <command> ...   Run a command as redis.call does.",
    "[m]axlen [<bytes>]      Cut long values and replies there; 0 shows them whole.",
    "[a]bort                 End the script with an error. In a synchronous session",
    "                        what it has written stays.",
    "[h]elp                  Show this.",
    "",
    "Within the script:",
    "redis.debug(...)        Shows values here.",
    "redis.breakpoint()      Stops at the next line.",
};

}  // namespace

std::optional<DebugVerb> ParseDebugVerb(std::span<const std::string> words) {
  const std::string_view word = words[0];
  for (const auto& entry : kVerbs) {
    if (!EqualsIgnoreCase(word, entry.name) && !EqualsIgnoreCase(word, entry.name.substr(0, 1))) {
      continue;
    }
    if (words.size() - 1 < entry.min_arguments) return std::nullopt;
    return entry.verb;
  }
  return std::nullopt;
}

int LeadingNumber(std::string_view word) {
  int number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

std::span<const std::string_view> DebugHelp() {
  return kHelp;
}

}  // namespace kv
