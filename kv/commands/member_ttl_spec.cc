// The commands on times to live of members, as data. Handlers: member_ttl_commands.cc.
#include "kv/commands/member_ttl_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kUpdateKey[] = {KeySpec::Range(kKeyRW | kKeyUpdate, 1)};
constexpr KeySpec kAddKey[] = {KeySpec::Range(kKeyRW | kKeyInsert, 1)};
constexpr KeySpec kReadKey[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1)};

constexpr Argument kExpireArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "seconds", .type = kInteger},
    {.name = "field", .flags = kMultiple},
};
constexpr Argument kExpireAtArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "unix-time-milliseconds", .type = kUnixTime},
    {.name = "field", .flags = kMultiple},
};
constexpr Argument kTtlArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "field"},
};
constexpr Argument kAddArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "keepttl", .type = kPureToken, .token = "KEEPTTL", .flags = kOptional},
    {.name = "seconds", .type = kInteger},
    {.name = "member", .flags = kMultiple},
};

constexpr CommandSpec kCommands[] = {
    {.name = "fieldexpire",
     .handler = FieldexpireCommand,
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclKeyspace,
     .group = CommandGroup::kGeneric,
     .since = "1.0.0",
     .complexity = "O(N) for N members or fields.",
     .summary = "Sets the time to live of members of a set or fields of a hash, in seconds.",
     .keys = kUpdateKey,
     .arguments = kExpireArguments},
    {.name = "fieldpexpireat",
     .handler = FieldpexpireatCommand,
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclKeyspace,
     .group = CommandGroup::kGeneric,
     .since = "1.0.0",
     .complexity = "O(N) for N members or fields.",
     .summary = "Sets when members of a set or fields of a hash expire, in Unix milliseconds.",
     .keys = kUpdateKey,
     .arguments = kExpireAtArguments},
    {.name = "fieldttl",
     .handler = FieldttlCommand,
     .arity = 3,
     .flags = kReadonly | kFast,
     .acl_categories = kAclKeyspace,
     .group = CommandGroup::kGeneric,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Returns the time to live of a member of a set or a field of a hash, in seconds.",
     .keys = kReadKey,
     .arguments = kTtlArguments},
    {.name = "saddex",
     .handler = SaddexCommand,
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(1) for each member.",
     .summary = "Adds members that expire after some seconds to a set.",
     .keys = kAddKey,
     .arguments = kAddArguments},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> MemberTtlCommandSpecs() {
  return kCommands;
}

}  // namespace kv
