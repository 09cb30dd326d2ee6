// CL.THROTTLE as data. Handler: throttle_commands.cc.
#include "kv/commands/throttle_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kOneKey[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyUpdate, 1)};
constexpr Argument kArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "max_burst", .type = kInteger},
    {.name = "count", .type = kInteger},
    {.name = "period", .type = kInteger},
    {.name = "quantity", .type = kInteger, .flags = kOptional},
};

constexpr CommandSpec kThrottleCommands[] = {
    {.name = "cl.throttle",
     .handler = ThrottleCommand,
     .arity = -5,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Admits a request or not, so that no more than a given rate pass in the long run.",
     .keys = kOneKey,
     .arguments = kArguments},
};
static_assert(IsConsistent(kThrottleCommands));

}  // namespace

std::span<const CommandSpec> ThrottleCommandSpecs() {
  return kThrottleCommands;
}

}  // namespace kv
