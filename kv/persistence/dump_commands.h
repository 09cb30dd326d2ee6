// DUMP and RESTORE.
#ifndef SOLOKV_KV_PERSISTENCE_DUMP_COMMANDS_H_
#define SOLOKV_KV_PERSISTENCE_DUMP_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"
#include "kv/types/value_limits.h"

namespace kv {

struct DumpOptions {
  const ValueLimits& limits;
  const bool& compress;
};

// To be registered with a DumpOptions as their owner.
std::span<const CommandSpec> DumpCommandSpecs();

void DumpCommand(Context& context);
void RestoreCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_PERSISTENCE_DUMP_COMMANDS_H_
