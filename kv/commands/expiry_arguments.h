// Arguments that the specs of all EXPIRE families share: keys, hash fields, members of sorted sets.
#ifndef SOLOKV_KV_COMMANDS_EXPIRY_ARGUMENTS_H_
#define SOLOKV_KV_COMMANDS_EXPIRY_ARGUMENTS_H_

#include "kv/command/spec.h"

namespace kv {

inline constexpr Argument kExpiryConditions[] = {
    {.name = "nx", .type = ArgumentType::kPureToken, .token = "NX"},
    {.name = "xx", .type = ArgumentType::kPureToken, .token = "XX"},
    {.name = "gt", .type = ArgumentType::kPureToken, .token = "GT"},
    {.name = "lt", .type = ArgumentType::kPureToken, .token = "LT"},
};
inline constexpr Argument kExpiryConditionArgument{.name = "condition",
                                                   .type = ArgumentType::kOneOf,
                                                   .flags = kOptional,
                                                   .children = kExpiryConditions};

inline constexpr Argument kSecondsArgument{.name = "seconds", .type = ArgumentType::kInteger};
inline constexpr Argument kMillisecondsArgument{.name = "milliseconds",
                                                .type = ArgumentType::kInteger};
inline constexpr Argument kUnixSecondsArgument{.name = "unix-time-seconds",
                                               .type = ArgumentType::kUnixTime};
inline constexpr Argument kUnixMillisecondsArgument{.name = "unix-time-milliseconds",
                                                    .type = ArgumentType::kUnixTime};

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_EXPIRY_ARGUMENTS_H_
