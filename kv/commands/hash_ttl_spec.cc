// The commands on times to live of hash fields, as data. Handlers: hash_expire_commands.cc,
// hash_ttl_commands.cc.
#include "kv/commands/expiry_arguments.h"
#include "kv/commands/hash_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kReadKey[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1)};
constexpr KeySpec kUpdateKey[] = {KeySpec::Range(kKeyRW | kKeyUpdate, 1)};
constexpr KeySpec kReadAndUpdateKey[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyUpdate, 1)};
constexpr KeySpec kReadAndDeleteKey[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyDelete, 1)};

constexpr std::string_view kAnyOutput[] = {"nondeterministic_output"};

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
    {.name = "hexpire",
     .handler = HexpireCommand,
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "7.4.0",
     .complexity = "O(N) in the number of fields.",
     .summary = "Gives fields a time to live in seconds.",
     .keys = kUpdateKey,
     .arguments = kHexpireArguments},
    {.name = "hexpireat",
     .handler = HexpireatCommand,
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "7.4.0",
     .complexity = "O(N) in the number of fields.",
     .summary = "Gives fields a deadline, as a Unix time in seconds.",
     .keys = kUpdateKey,
     .arguments = kHexpireatArguments},
    {.name = "hexpiretime",
     .handler = HexpiretimeCommand,
     .arity = -5,
     .flags = kReadonly | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "7.4.0",
     .complexity = "O(N) in the number of fields.",
     .summary = "Returns the deadlines of fields as Unix times in seconds.",
     .keys = kReadKey,
     .arguments = kKeyAndFields},
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
    {.name = "hpersist",
     .handler = HpersistCommand,
     .arity = -5,
     .flags = kWrite | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "7.4.0",
     .complexity = "O(N) in the number of fields.",
     .summary = "Removes the deadlines of fields.",
     .keys = kUpdateKey,
     .arguments = kKeyAndFields},
    {.name = "hpexpire",
     .handler = HpexpireCommand,
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "7.4.0",
     .complexity = "O(N) in the number of fields.",
     .summary = "Gives fields a time to live in milliseconds.",
     .keys = kUpdateKey,
     .arguments = kHpexpireArguments},
    {.name = "hpexpireat",
     .handler = HpexpireatCommand,
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "7.4.0",
     .complexity = "O(N) in the number of fields.",
     .summary = "Gives fields a deadline, as a Unix time in milliseconds.",
     .keys = kUpdateKey,
     .arguments = kHpexpireatArguments},
    {.name = "hpexpiretime",
     .handler = HpexpiretimeCommand,
     .arity = -5,
     .flags = kReadonly | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "7.4.0",
     .complexity = "O(N) in the number of fields.",
     .summary = "Returns the deadlines of fields as Unix times in milliseconds.",
     .keys = kReadKey,
     .arguments = kKeyAndFields},
    {.name = "hpttl",
     .handler = HpttlCommand,
     .arity = -5,
     .flags = kReadonly | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "7.4.0",
     .complexity = "O(N) in the number of fields.",
     .summary = "Returns the time left to fields in milliseconds.",
     .keys = kReadKey,
     .arguments = kKeyAndFields,
     .tips = kAnyOutput},
    {.name = "hsetex",
     .handler = HsetexCommand,
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "8.0.0",
     .complexity = "O(N) in the number of fields.",
     .summary = "Sets fields, and their deadlines if asked for.",
     .keys = kUpdateKey,
     .arguments = kHsetexArguments},
    {.name = "httl",
     .handler = HttlCommand,
     .arity = -5,
     .flags = kReadonly | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "7.4.0",
     .complexity = "O(N) in the number of fields.",
     .summary = "Returns the time left to fields in seconds.",
     .keys = kReadKey,
     .arguments = kKeyAndFields,
     .tips = kAnyOutput},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> HashTtlCommandSpecs() {
  return kCommands;
}

}  // namespace kv
