// The list family.
#ifndef SOLOKV_KV_COMMANDS_LIST_COMMANDS_H_
#define SOLOKV_KV_COMMANDS_LIST_COMMANDS_H_

#include <cstdint>
#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

// To be registered with a ValueLimits as their owner.
std::span<const CommandSpec> ListCommandSpecs();

// list_commands.cc
void LindexCommand(Context& context);
void LinsertCommand(Context& context);
void LlenCommand(Context& context);
void LposCommand(Context& context);
void LpushCommand(Context& context);
void LpushxCommand(Context& context);
void LrangeCommand(Context& context);
void LremCommand(Context& context);
void LsetCommand(Context& context);
void LtrimCommand(Context& context);
void RpushCommand(Context& context);
void RpushxCommand(Context& context);

// list_pop_commands.cc
void BlmpopCommand(Context& context);
void BlpopCommand(Context& context);
void BrpopCommand(Context& context);
void LmpopCommand(Context& context);
void LpopCommand(Context& context);
void RpopCommand(Context& context);

// list_move_commands.cc
void BlmoveCommand(Context& context);
void BlmovemCommand(Context& context);
void BrpoplpushCommand(Context& context);
void LmoveCommand(Context& context);
void LmovemCommand(Context& context);
void RpoplpushCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_LIST_COMMANDS_H_
