// The set family.
#ifndef SOLOKV_KV_COMMANDS_SET_COMMANDS_H_
#define SOLOKV_KV_COMMANDS_SET_COMMANDS_H_

#include <cstdint>
#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

// To be registered with a ValueLimits as their owner.
std::span<const CommandSpec> SetCommandSpecs();

// Ids under which the options of this family are reported by ParseOptions.
enum class SetFamilyOption : int8_t { kMatch, kCount };

// set_commands.cc
void SaddCommand(Context& context);
void ScardCommand(Context& context);
void SismemberCommand(Context& context);
void SmembersCommand(Context& context);
void SmismemberCommand(Context& context);
void SmoveCommand(Context& context);
void SremCommand(Context& context);
void SscanCommand(Context& context);

// set_random_commands.cc
void SpopCommand(Context& context);
void SrandmemberCommand(Context& context);

// set_algebra_commands.cc
void SdiffCommand(Context& context);
void SdiffcardCommand(Context& context);
void SdiffstoreCommand(Context& context);
void SinterCommand(Context& context);
void SintercardCommand(Context& context);
void SinterstoreCommand(Context& context);
void SunionCommand(Context& context);
void SunioncardCommand(Context& context);
void SunionstoreCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_SET_COMMANDS_H_
