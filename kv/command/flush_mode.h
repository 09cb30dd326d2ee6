// SYNC or ASYNC, the one option of commands that flush. Both free memory in slices.
#ifndef SOLOKV_KV_COMMAND_FLUSH_MODE_H_
#define SOLOKV_KV_COMMAND_FLUSH_MODE_H_

#include "kv/base/text.h"
#include "kv/command/arguments.h"
#include "kv/command/spec.h"

namespace kv {

inline constexpr Argument kFlushModes[] = {
    {.name = "async", .type = ArgumentType::kPureToken, .token = "ASYNC"},
    {.name = "sync", .type = ArgumentType::kPureToken, .token = "SYNC"},
};
inline constexpr Argument kFlushArguments[] = {{.name = "flush-type",
                                                .type = ArgumentType::kOneOf,
                                                .flags = kOptional,
                                                .children = kFlushModes}};

// Whether `options` is what kFlushArguments says.
inline bool IsFlushMode(ArgSpan options) {
  return options.empty() || (options.size() == 1 && (EqualsIgnoreCase(options[0], "sync") ||
                                                     EqualsIgnoreCase(options[0], "async")));
}

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_FLUSH_MODE_H_
