// The commands on times to live of members of sorted sets, as data. Handlers: zset_ttl_commands.cc.
#include "kv/commands/expiry_arguments.h"
#include "kv/commands/zset_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kReadKey[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1)};
constexpr KeySpec kUpdateKey[] = {KeySpec::Range(kKeyRW | kKeyUpdate, 1)};

constexpr std::string_view kAnyOutput[] = {"nondeterministic_output"};

constexpr Argument kKeyArgument{.name = "key", .type = kKey, .key_spec = 0};
constexpr Argument kMembersBlock[] = {
    {.name = "nummembers", .type = kInteger},
    {.name = "member", .flags = kMultiple},
};
constexpr Argument kMembers{
    .name = "members", .type = kBlock, .token = "MEMBERS", .children = kMembersBlock};
constexpr Argument kKeyAndMembers[] = {kKeyArgument, kMembers};
constexpr Argument kZexpireArguments[] = {kKeyArgument, kSecondsArgument, kExpiryConditionArgument,
                                          kMembers};
constexpr Argument kZpexpireArguments[] = {kKeyArgument, kMillisecondsArgument,
                                           kExpiryConditionArgument, kMembers};
constexpr Argument kZexpireatArguments[] = {kKeyArgument, kUnixSecondsArgument,
                                            kExpiryConditionArgument, kMembers};
constexpr Argument kZpexpireatArguments[] = {kKeyArgument, kUnixMillisecondsArgument,
                                             kExpiryConditionArgument, kMembers};

constexpr CommandSpec kCommands[] = {
    {.name = "zexpire",
     .handler = ZexpireCommand,
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.0.0",
     .complexity = "O(N) in the number of members.",
     .summary = "Gives members of a sorted set a time to live in seconds.",
     .keys = kUpdateKey,
     .arguments = kZexpireArguments},
    {.name = "zexpireat",
     .handler = ZexpireatCommand,
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.0.0",
     .complexity = "O(N) in the number of members.",
     .summary = "Gives members of a sorted set a deadline, as a Unix time in seconds.",
     .keys = kUpdateKey,
     .arguments = kZexpireatArguments},
    {.name = "zexpiretime",
     .handler = ZexpiretimeCommand,
     .arity = -5,
     .flags = kReadonly | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.0.0",
     .complexity = "O(N) in the number of members.",
     .summary = "Returns the deadlines of members of a sorted set as Unix times in seconds.",
     .keys = kReadKey,
     .arguments = kKeyAndMembers},
    {.name = "zpersist",
     .handler = ZpersistCommand,
     .arity = -5,
     .flags = kWrite | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.0.0",
     .complexity = "O(N) in the number of members.",
     .summary = "Removes the deadlines of members of a sorted set.",
     .keys = kUpdateKey,
     .arguments = kKeyAndMembers},
    {.name = "zpexpire",
     .handler = ZpexpireCommand,
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.0.0",
     .complexity = "O(N) in the number of members.",
     .summary = "Gives members of a sorted set a time to live in milliseconds.",
     .keys = kUpdateKey,
     .arguments = kZpexpireArguments},
    {.name = "zpexpireat",
     .handler = ZpexpireatCommand,
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.0.0",
     .complexity = "O(N) in the number of members.",
     .summary = "Gives members of a sorted set a deadline, as a Unix time in milliseconds.",
     .keys = kUpdateKey,
     .arguments = kZpexpireatArguments},
    {.name = "zpexpiretime",
     .handler = ZpexpiretimeCommand,
     .arity = -5,
     .flags = kReadonly | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.0.0",
     .complexity = "O(N) in the number of members.",
     .summary = "Returns the deadlines of members of a sorted set as Unix times in milliseconds.",
     .keys = kReadKey,
     .arguments = kKeyAndMembers},
    {.name = "zpttl",
     .handler = ZpttlCommand,
     .arity = -5,
     .flags = kReadonly | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.0.0",
     .complexity = "O(N) in the number of members.",
     .summary = "Returns the time left to members of a sorted set in milliseconds.",
     .keys = kReadKey,
     .arguments = kKeyAndMembers,
     .tips = kAnyOutput},
    {.name = "zttl",
     .handler = ZttlCommand,
     .arity = -5,
     .flags = kReadonly | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.0.0",
     .complexity = "O(N) in the number of members.",
     .summary = "Returns the time left to members of a sorted set in seconds.",
     .keys = kReadKey,
     .arguments = kKeyAndMembers,
     .tips = kAnyOutput},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> ZsetTtlCommandSpecs() {
  return kCommands;
}

}  // namespace kv
