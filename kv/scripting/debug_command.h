// The commands of the script debugger: their names, of which the first letter alone will do, and
// what they say about themselves.
#ifndef SOLOKV_KV_SCRIPTING_DEBUG_COMMAND_H_
#define SOLOKV_KV_SCRIPTING_DEBUG_COMMAND_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kv {

enum class DebugVerb : uint8_t {
  kAbort,
  kBreak,
  kContinue,
  kEval,
  kHelp,
  kList,
  kMaxlen,
  kPrint,
  kRedis,
  kStep,
  kTrace,
  kWhole,
};

// What the command `words` asks for; nothing if there is no such command, or it lacks arguments.
// Precondition: there is a word.
std::optional<DebugVerb> ParseDebugVerb(std::span<const std::string> words);

// The number that a word begins with, 0 if it begins with none.
int LeadingNumber(std::string_view word);

// The lines of help.
std::span<const std::string_view> DebugHelp();

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_DEBUG_COMMAND_H_
