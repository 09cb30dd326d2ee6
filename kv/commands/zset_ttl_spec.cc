// The commands on times to live of members of sorted sets, as data. Handlers: zset_ttl_commands.cc.
#include "kv/commands/element_ttl_spec.h"
#include "kv/commands/expiry_arguments.h"
#include "kv/commands/zset_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr ElementTtlFamily kZsetTtl{kAclSortedSet, CommandGroup::kSortedSet, "1.0.0",
                                    "O(N) in the number of members."};

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
    SetsDeadlines(kZsetTtl, "zexpire", ZexpireCommand, kZexpireArguments,
                  "Gives members of a sorted set a time to live in seconds."),
    SetsDeadlines(kZsetTtl, "zexpireat", ZexpireatCommand, kZexpireatArguments,
                  "Gives members of a sorted set a deadline, as a Unix time in seconds."),
    TellsDeadlines(kZsetTtl, "zexpiretime", ZexpiretimeCommand, kKeyAndMembers,
                   "Returns the deadlines of members of a sorted set as Unix times in seconds."),
    RemovesDeadlines(kZsetTtl, "zpersist", ZpersistCommand, kKeyAndMembers,
                     "Removes the deadlines of members of a sorted set."),
    SetsDeadlines(kZsetTtl, "zpexpire", ZpexpireCommand, kZpexpireArguments,
                  "Gives members of a sorted set a time to live in milliseconds."),
    SetsDeadlines(kZsetTtl, "zpexpireat", ZpexpireatCommand, kZpexpireatArguments,
                  "Gives members of a sorted set a deadline, as a Unix time in milliseconds."),
    TellsDeadlines(
        kZsetTtl, "zpexpiretime", ZpexpiretimeCommand, kKeyAndMembers,
        "Returns the deadlines of members of a sorted set as Unix times in milliseconds."),
    TellsTimeLeft(kZsetTtl, "zpttl", ZpttlCommand, kKeyAndMembers,
                  "Returns the time left to members of a sorted set in milliseconds."),
    TellsTimeLeft(kZsetTtl, "zttl", ZttlCommand, kKeyAndMembers,
                  "Returns the time left to members of a sorted set in seconds."),
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> ZsetTtlCommandSpecs() {
  return kCommands;
}

}  // namespace kv
