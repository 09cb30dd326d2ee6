// The commands on times to live of hash fields, as data. Handlers: hash_expire_commands.cc,
// hash_ttl_commands.cc.
#include "kv/commands/element_ttl_spec.h"
#include "kv/commands/expiry_arguments.h"
#include "kv/commands/hash_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kReadAndUpdateKey[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyUpdate, 1)};
constexpr KeySpec kReadAndDeleteKey[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyDelete, 1)};

constexpr ElementTtlFamily kHashTtl{kAclHash, CommandGroup::kHash, "7.4.0",
                                    "O(N) in the number of fields."};

constexpr Argument kKeyArgument{.name = "key", .type = kKey, .key_spec = 0};
constexpr Argument kFieldsBlock[] = {
    {.name = "numfields", .type = kInteger},
    {.name = "field", .flags = kMultiple},
};
constexpr Argument kFields{
    .name = "fields", .type = kBlock, .token = "FIELDS", .children = kFieldsBlock};
constexpr Argument kPair[] = {{.name = "field"}, {.name = "value"}};
constexpr Argument kPairsBlock[] = {
    {.name = "numfields", .type = kInteger},
    {.name = "data", .type = kBlock, .flags = kMultiple, .children = kPair},
};
constexpr Argument kPairs{
    .name = "fields", .type = kBlock, .token = "FIELDS", .children = kPairsBlock};

constexpr Argument kKeyConditions[] = {
    {.name = "nx", .type = kPureToken, .token = "NX"},
    {.name = "xx", .type = kPureToken, .token = "XX"},
};
constexpr Argument kFieldConditions[] = {
    {.name = "fnx", .type = kPureToken, .token = "FNX"},
    {.name = "fxx", .type = kPureToken, .token = "FXX"},
};

constexpr Argument kSeconds{.name = "seconds", .type = kInteger, .token = "EX"};
constexpr Argument kMilliseconds{.name = "milliseconds", .type = kInteger, .token = "PX"};
constexpr Argument kUnixSeconds{.name = "unix-time-seconds", .type = kUnixTime, .token = "EXAT"};
constexpr Argument kUnixMilliseconds{
    .name = "unix-time-milliseconds", .type = kUnixTime, .token = "PXAT"};
constexpr Argument kExpireOrPersist[] = {
    kSeconds,
    kMilliseconds,
    kUnixSeconds,
    kUnixMilliseconds,
    {.name = "persist", .type = kPureToken, .token = "PERSIST"},
};
constexpr Argument kExpireOrKeep[] = {
    kSeconds,
    kMilliseconds,
    kUnixSeconds,
    kUnixMilliseconds,
    {.name = "keepttl", .type = kPureToken, .token = "KEEPTTL"},
};

constexpr Argument kKeyAndFields[] = {kKeyArgument, kFields};
constexpr Argument kHexpireArguments[] = {kKeyArgument, kSecondsArgument, kExpiryConditionArgument,
                                          kFields};
constexpr Argument kHpexpireArguments[] = {kKeyArgument, kMillisecondsArgument,
                                           kExpiryConditionArgument, kFields};
constexpr Argument kHexpireatArguments[] = {kKeyArgument, kUnixSecondsArgument,
                                            kExpiryConditionArgument, kFields};
constexpr Argument kHpexpireatArguments[] = {kKeyArgument, kUnixMillisecondsArgument,
                                             kExpiryConditionArgument, kFields};
constexpr Argument kHgetexArguments[] = {
    kKeyArgument,
    {.name = "expiration", .type = kOneOf, .flags = kOptional, .children = kExpireOrPersist},
    kFields,
};
constexpr Argument kHsetexArguments[] = {
    kKeyArgument,
    {.name = "key-condition", .type = kOneOf, .flags = kOptional, .children = kKeyConditions},
    {.name = "condition", .type = kOneOf, .flags = kOptional, .children = kFieldConditions},
    {.name = "expiration", .type = kOneOf, .flags = kOptional, .children = kExpireOrKeep},
    kPairs,
};

constexpr CommandSpec kCommands[] = {
    SetsDeadlines(kHashTtl, "hexpire", HexpireCommand, kHexpireArguments,
                  "Gives fields a time to live in seconds."),
    SetsDeadlines(kHashTtl, "hexpireat", HexpireatCommand, kHexpireatArguments,
                  "Gives fields a deadline, as a Unix time in seconds."),
    TellsDeadlines(kHashTtl, "hexpiretime", HexpiretimeCommand, kKeyAndFields,
                   "Returns the deadlines of fields as Unix times in seconds."),
    {.name = "hgetdel",
     .handler = HgetdelCommand,
     .arity = -5,
     .flags = kWrite | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "8.0.0",
     .complexity = "O(N) in the number of fields.",
     .summary = "Returns the values of fields and removes them.",
     .keys = kReadAndDeleteKey,
     .arguments = kKeyAndFields},
    {.name = "hgetex",
     .handler = HgetexCommand,
     .arity = -5,
     .flags = kWrite | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "8.0.0",
     .complexity = "O(N) in the number of fields.",
     .summary = "Returns the values of fields, and sets or removes their deadlines.",
     .keys = kReadAndUpdateKey,
     .arguments = kHgetexArguments},
    RemovesDeadlines(kHashTtl, "hpersist", HpersistCommand, kKeyAndFields,
                     "Removes the deadlines of fields."),
    SetsDeadlines(kHashTtl, "hpexpire", HpexpireCommand, kHpexpireArguments,
                  "Gives fields a time to live in milliseconds."),
    SetsDeadlines(kHashTtl, "hpexpireat", HpexpireatCommand, kHpexpireatArguments,
                  "Gives fields a deadline, as a Unix time in milliseconds."),
    TellsDeadlines(kHashTtl, "hpexpiretime", HpexpiretimeCommand, kKeyAndFields,
                   "Returns the deadlines of fields as Unix times in milliseconds."),
    TellsTimeLeft(kHashTtl, "hpttl", HpttlCommand, kKeyAndFields,
                  "Returns the time left to fields in milliseconds."),
    {.name = "hsetex",
     .handler = HsetexCommand,
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "8.0.0",
     .complexity = "O(N) in the number of fields.",
     .summary = "Sets fields, and their deadlines if asked for.",
     .keys = kUpdateElementsKey,
     .arguments = kHsetexArguments},
    TellsTimeLeft(kHashTtl, "httl", HttlCommand, kKeyAndFields,
                  "Returns the time left to fields in seconds."),
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> HashTtlCommandSpecs() {
  return kCommands;
}

}  // namespace kv
