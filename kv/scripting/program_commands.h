// What the commands of scripts and those of functions have in common.
#ifndef SOLOKV_KV_SCRIPTING_PROGRAM_COMMANDS_H_
#define SOLOKV_KV_SCRIPTING_PROGRAM_COMMANDS_H_

#include <optional>
#include <string_view>

#include "kv/command/context.h"
#include "kv/scripting/scripting.h"

namespace kv {

inline Scripting& ScriptingOf(const Context& context) {
  return context.Owner<Scripting>();
}

// A script neither runs another nor changes which there are, even if it may call every command.
// Returns true after an error reply.
bool FailWithinScript(Context& context);

// Of a command NAME what numkeys [key ...] [arg ...], how many are keys; null after an error reply.
std::optional<size_t> ParseKeyCount(Context& context, std::string_view not_a_number);

// Ends what runs, if it is of that kind, and replies.
void KillProgram(Context& context, ScriptKind kind);

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_PROGRAM_COMMANDS_H_
