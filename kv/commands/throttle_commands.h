// CL.THROTTLE, as the redis-cell module has it: a rate limiter at a key.
//
// The key holds a string, the theoretical arrival time in nanoseconds since 1970, and expires when
// nothing more is to be remembered. Effects say so with absolute times.
#ifndef SOLOKV_KV_COMMANDS_THROTTLE_COMMANDS_H_
#define SOLOKV_KV_COMMANDS_THROTTLE_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

void ThrottleCommand(Context& context);

std::span<const CommandSpec> ThrottleCommandSpecs();

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_THROTTLE_COMMANDS_H_
