// The commands on hashes, as data. Handlers: hash_commands.cc, hash_counter_commands.cc,
// hash_scan_commands.cc.
#include "kv/commands/hash_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr int8_t Id(HashOption option) {
  return static_cast<int8_t>(option);
}

constexpr KeySpec kReadKey[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1)};
constexpr KeySpec kReadShapeKey[] = {KeySpec::Range(kKeyRO, 1)};
constexpr KeySpec kUpdateKey[] = {KeySpec::Range(kKeyRW | kKeyUpdate, 1)};
constexpr KeySpec kInsertKey[] = {KeySpec::Range(kKeyRW | kKeyInsert, 1)};
constexpr KeySpec kDeleteKey[] = {KeySpec::Range(kKeyRW | kKeyDelete, 1)};
constexpr KeySpec kCountKey[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyUpdate, 1)};

constexpr std::string_view kAnyOrder[] = {"nondeterministic_output_order"};
constexpr std::string_view kAnyOutput[] = {"nondeterministic_output"};

constexpr Argument kKeyArgument{.name = "key", .type = kKey, .key_spec = 0};
constexpr Argument kFieldArgument{.name = "field"};
constexpr Argument kValueArgument{.name = "value"};

constexpr Argument kKeyOnly[] = {kKeyArgument};
constexpr Argument kKeyAndField[] = {kKeyArgument, kFieldArgument};
constexpr Argument kKeyAndFields[] = {kKeyArgument, {.name = "field", .flags = kMultiple}};
constexpr Argument kKeyFieldAndValue[] = {kKeyArgument, kFieldArgument, kValueArgument};
constexpr Argument kKeyFieldAndIncrement[] = {
    kKeyArgument, kFieldArgument, {.name = "increment", .type = kInteger}};
constexpr Argument kKeyFieldAndFloat[] = {
    kKeyArgument, kFieldArgument, {.name = "increment", .type = kDouble}};
constexpr Argument kPair[] = {kFieldArgument, kValueArgument};
constexpr Argument kKeyAndPairs[] = {
    kKeyArgument,
    {.name = "field_value", .type = kBlock, .flags = kMultiple, .children = kPair},
};
constexpr Argument kRandomOptions[] = {
    {.name = "count", .type = kInteger},
    {.name = "withvalues", .type = kPureToken, .token = "WITHVALUES", .flags = kOptional},
};
constexpr Argument kHrandfieldArguments[] = {
    kKeyArgument,
    {.name = "options", .type = kBlock, .flags = kOptional, .children = kRandomOptions},
};
constexpr Argument kHscanArguments[] = {
    kKeyArgument,
    {.name = "cursor", .type = kInteger},
    {.name = "pattern",
     .type = kPattern,
     .token = "MATCH",
     .flags = kOptional,
     .id = Id(HashOption::kMatch)},
    {.name = "count",
     .type = kInteger,
     .token = "COUNT",
     .flags = kOptional,
     .id = Id(HashOption::kCount)},
    {.name = "novalues",
     .type = kPureToken,
     .token = "NOVALUES",
     .flags = kOptional,
     .id = Id(HashOption::kNoValues)},
};

constexpr HistoryItem kHdelHistory[] = {{"2.4.0", "Several fields may be given."}};
constexpr HistoryItem kHsetHistory[] = {{"4.0.0", "Several fields and values may be given."}};

constexpr CommandSpec kCommands[] = {
    {.name = "hdel",
     .handler = HdelCommand,
     .arity = -3,
     .flags = kWrite | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.0.0",
     .complexity = "O(N) in the number of fields to remove.",
     .summary = "Removes fields from a hash, and the hash with its last field.",
     .keys = kDeleteKey,
     .arguments = kKeyAndFields,
     .history = kHdelHistory,
     .first_element = 2},
    {.name = "hexists",
     .handler = HexistsCommand,
     .arity = 3,
     .flags = kReadonly | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Tells whether a hash has a field.",
     .keys = kReadShapeKey,
     .arguments = kKeyAndField,
     .first_element = 2},
    {.name = "hget",
     .handler = HgetCommand,
     .arity = 3,
     .flags = kReadonly | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Returns the value of a field.",
     .keys = kReadKey,
     .arguments = kKeyAndField,
     .first_element = 2},
    {.name = "hgetall",
     .handler = HgetallCommand,
     .arity = 2,
     .flags = kReadonly | kBrief,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.0.0",
     .complexity = "O(N) in the size of the hash.",
     .summary = "Returns all fields and values of a hash.",
     .keys = kReadKey,
     .arguments = kKeyOnly,
     .tips = kAnyOrder},
    {.name = "hincrby",
     .handler = HincrbyCommand,
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Adds an integer to the value of a field; an absent one counts as 0.",
     .keys = kCountKey,
     .arguments = kKeyFieldAndIncrement,
     .first_element = 2},
    {.name = "hincrbyfloat",
     .handler = HincrbyfloatCommand,
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Adds a floating-point number to the value of a field; an absent one counts as 0.",
     .keys = kCountKey,
     .arguments = kKeyFieldAndFloat,
     .first_element = 2},
    {.name = "hkeys",
     .handler = HkeysCommand,
     .arity = 2,
     .flags = kReadonly,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.0.0",
     .complexity = "O(N) in the size of the hash.",
     .summary = "Returns all fields of a hash.",
     .keys = kReadKey,
     .arguments = kKeyOnly,
     .tips = kAnyOrder},
    {.name = "hlen",
     .handler = HlenCommand,
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Counts the fields of a hash.",
     .keys = kReadShapeKey,
     .arguments = kKeyOnly},
    {.name = "hmget",
     .handler = HmgetCommand,
     .arity = -3,
     .flags = kReadonly | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.0.0",
     .complexity = "O(N) in the number of fields asked for.",
     .summary = "Returns the values of the given fields.",
     .keys = kReadKey,
     .arguments = kKeyAndFields,
     .first_element = 2},
    {.name = "hmset",
     .handler = HmsetCommand,
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.0.0",
     .complexity = "O(N) in the number of fields to set.",
     .summary = "Sets fields of a hash, creating it if it is absent.",
     .keys = kUpdateKey,
     .arguments = kKeyAndPairs,
     .deprecated_since = "4.0.0",
     .replaced_by = "`HSET` with multiple field-value pairs",
     .first_element = 2},
    {.name = "hrandfield",
     .handler = HrandfieldCommand,
     .arity = -2,
     .flags = kReadonly,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "6.2.0",
     .complexity = "O(N) in the number of fields returned.",
     .summary = "Returns random fields of a hash, with their values if asked for.",
     .keys = kReadKey,
     .arguments = kHrandfieldArguments,
     .tips = kAnyOutput},
    {.name = "hscan",
     .handler = HscanCommand,
     .arity = -3,
     .flags = kReadonly,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.8.0",
     .complexity = "O(1) for a call, O(N) for a whole iteration.",
     .summary = "Iterates over the fields and values of a hash.",
     .keys = kReadKey,
     .arguments = kHscanArguments,
     .tips = kAnyOutput},
    {.name = "hset",
     .handler = HsetCommand,
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.0.0",
     .complexity = "O(N) in the number of fields to set.",
     .summary = "Sets fields of a hash, creating it if it is absent.",
     .keys = kUpdateKey,
     .arguments = kKeyAndPairs,
     .history = kHsetHistory,
     .first_element = 2},
    {.name = "hsetnx",
     .handler = HsetnxCommand,
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Sets a field of a hash unless the field exists.",
     .keys = kInsertKey,
     .arguments = kKeyFieldAndValue,
     .first_element = 2},
    {.name = "hstrlen",
     .handler = HstrlenCommand,
     .arity = 3,
     .flags = kReadonly | kFast,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "3.2.0",
     .complexity = "O(1)",
     .summary = "Returns the size of the value of a field.",
     .keys = kReadShapeKey,
     .arguments = kKeyAndField,
     .first_element = 2},
    {.name = "hvals",
     .handler = HvalsCommand,
     .arity = 2,
     .flags = kReadonly,
     .acl_categories = kAclHash,
     .group = CommandGroup::kHash,
     .since = "2.0.0",
     .complexity = "O(N) in the size of the hash.",
     .summary = "Returns all values of a hash.",
     .keys = kReadKey,
     .arguments = kKeyOnly,
     .tips = kAnyOrder},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> HashCommandSpecs() {
  return kCommands;
}

}  // namespace kv
