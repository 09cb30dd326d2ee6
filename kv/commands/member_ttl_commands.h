// Times to live of members of sets, and of fields of hashes by the same commands.
#ifndef SOLOKV_KV_COMMANDS_MEMBER_TTL_COMMANDS_H_
#define SOLOKV_KV_COMMANDS_MEMBER_TTL_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

// To be registered with a ValueLimits as their owner.
std::span<const CommandSpec> MemberTtlCommandSpecs();

void FieldexpireCommand(Context& context);
void FieldpexpireatCommand(Context& context);
void FieldttlCommand(Context& context);
void SaddexCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_MEMBER_TTL_COMMANDS_H_
