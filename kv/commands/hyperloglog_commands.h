// The HyperLogLog family.
#ifndef SOLOKV_KV_COMMANDS_HYPERLOGLOG_COMMANDS_H_
#define SOLOKV_KV_COMMANDS_HYPERLOGLOG_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

// To be registered with a hyperloglog::Options as their owner.
std::span<const CommandSpec> HyperLogLogCommandSpecs();

void PfaddCommand(Context& context);
void PfcountCommand(Context& context);
void PfdebugCommand(Context& context);
void PfmergeCommand(Context& context);
void PfselftestCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_HYPERLOGLOG_COMMANDS_H_
