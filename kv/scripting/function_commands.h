// FCALL and FUNCTION. They are bound to a Scripting.
#ifndef SOLOKV_KV_SCRIPTING_FUNCTION_COMMANDS_H_
#define SOLOKV_KV_SCRIPTING_FUNCTION_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

std::span<const CommandSpec> FunctionCommandSpecs();

// What the function may do that a call runs.
uint64_t FlagsOfFcall(const Command& command, ArgSpan args);

void FcallCommand(Context& context);
void FcallReadOnlyCommand(Context& context);
void FunctionDeleteCommand(Context& context);
void FunctionDumpCommand(Context& context);
void FunctionFlushCommand(Context& context);
void FunctionKillCommand(Context& context);
void FunctionListCommand(Context& context);
void FunctionLoadCommand(Context& context);
void FunctionRestoreCommand(Context& context);
void FunctionStatsCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_FUNCTION_COMMANDS_H_
