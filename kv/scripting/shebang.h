// The first line of a script may name the engine and what the script promises or asks for; that of
// a library of functions must, and names the library:
//
//     #!lua flags=no-writes,allow-stale
//     #!lua name=accounts
//
// https://redis.io/docs/latest/develop/programmability/lua-api/#script-flags
#ifndef SOLOKV_KV_SCRIPTING_SHEBANG_H_
#define SOLOKV_KV_SCRIPTING_SHEBANG_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kv {

enum ScriptFlag : uint32_t {
  kScriptNoWrites = 1u << 0,
  kScriptAllowOom = 1u << 1,
  kScriptAllowStale = 1u << 2,
  kScriptNoCluster = 1u << 3,
  kScriptAllowCrossSlotKeys = 1u << 4,
};

struct ScriptFlagName {
  std::string_view name;
  ScriptFlag flag;
};
// All of them, in the order in which they are listed.
std::span<const ScriptFlagName> ScriptFlagNames();
// The flag of this name, 0 if there is none.
uint32_t FindScriptFlag(std::string_view name);

struct Shebang {
  bool present = false;
  uint32_t flags = 0;  // ScriptFlag bits
  // The script without the line, but with its end: lines keep their numbers.
  std::string_view source;
  std::string error;  // a whole error reply; empty if there is none
};

// What a script may do, in CommandFlag bits, going by its first line. Of one without that line only
// its commands tell.
uint64_t CommandFlagsOfScript(bool declared, uint32_t flags);

// Cost: O(length of the first line). The result views `script`.
Shebang ParseShebang(std::string_view script);

struct LibraryHeader {
  std::string name;
  std::string_view source;  // as that of a script
  std::string error;
};

// The same of a library. Its words may be quoted (protocol/quoted_words.h).
LibraryHeader ParseLibraryHeader(std::string_view code);

// Whether libraries and functions may have that name: letters, digits and underscores.
bool IsFunctionName(std::string_view name);
inline constexpr char kBadFunctionName[] =
    "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least "
    "one character long";

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_SHEBANG_H_
