// EVAL and its relatives, and SCRIPT. They are bound to a Scripting.
#ifndef SOLOKV_KV_SCRIPTING_SCRIPT_COMMANDS_H_
#define SOLOKV_KV_SCRIPTING_SCRIPT_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

std::span<const CommandSpec> ScriptCommandSpecs();

// What the script may do that a call runs.
uint64_t FlagsOfEval(const Command& command, ArgSpan args);
uint64_t FlagsOfEvalsha(const Command& command, ArgSpan args);

void EvalCommand(Context& context);
void EvalReadOnlyCommand(Context& context);
void EvalshaCommand(Context& context);
void EvalshaReadOnlyCommand(Context& context);
void ScriptDebugCommand(Context& context);
void ScriptExistsCommand(Context& context);
void ScriptFlushCommand(Context& context);
void ScriptKillCommand(Context& context);
void ScriptLoadCommand(Context& context);
void ScriptShowCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_SCRIPT_COMMANDS_H_
