// Set operations on sorted sets, as data. Handlers: zset_algebra_commands.cc.
#include "kv/commands/zset_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kZdiffKeys[] = {KeySpec::Counted(kKeyRO | kKeyAccess, 1)};
constexpr Argument kZdiffArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
    {.name = "withscores", .type = kPureToken, .token = "WITHSCORES", .flags = kOptional}};
constexpr KeySpec kZdiffstoreKeys[] = {KeySpec::Range(kKeyOW | kKeyUpdate, 1),
                                       KeySpec::Counted(kKeyRO | kKeyAccess, 2)};
constexpr Argument kZdiffstoreArguments[] = {
    {.name = "destination", .type = kKey, .key_spec = 0},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 1}};
constexpr Argument kAggregateChoice[] = {{.name = "sum", .type = kPureToken, .token = "SUM"},
                                         {.name = "min", .type = kPureToken, .token = "MIN"},
                                         {.name = "max", .type = kPureToken, .token = "MAX"},
                                         {.name = "count", .type = kPureToken, .token = "COUNT"}};
constexpr Argument kZinterArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
    {.name = "weight", .type = kInteger, .token = "WEIGHTS", .flags = kOptional | kMultiple},
    {.name = "aggregate",
     .type = kOneOf,
     .token = "AGGREGATE",
     .flags = kOptional,
     .children = kAggregateChoice},
    {.name = "withscores", .type = kPureToken, .token = "WITHSCORES", .flags = kOptional}};
constexpr Argument kZintercardArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
    {.name = "limit", .type = kInteger, .token = "LIMIT", .flags = kOptional}};
constexpr Argument kZinterstoreArguments[] = {
    {.name = "destination", .type = kKey, .key_spec = 0},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 1},
    {.name = "weight", .type = kInteger, .token = "WEIGHTS", .flags = kOptional | kMultiple},
    {.name = "aggregate",
     .type = kOneOf,
     .token = "AGGREGATE",
     .flags = kOptional,
     .children = kAggregateChoice}};

constexpr CommandSpec kCommands[] = {
    {.name = "zdiff",
     .handler = ZdiffCommand,
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "6.2.0",
     .complexity = "O(K L + M log M) for K inputs, L members of the first and M of the result.",
     .summary = "Computes the members of a sorted set that others lack.",
     .keys = kZdiffKeys,
     .arguments = kZdiffArguments},
    {.name = "zdiffstore",
     .handler = ZdiffstoreCommand,
     .arity = -4,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "6.2.0",
     .complexity = "O(K L + M log M) for K inputs, L members of the first and M of the result.",
     .summary = "Stores the members of a sorted set that others lack.",
     .keys = kZdiffstoreKeys,
     .arguments = kZdiffstoreArguments},
    {.name = "zinter",
     .handler = ZinterCommand,
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "6.2.0",
     .complexity = "O(K S + M log M) for K inputs, S members of the smallest and M of the result.",
     .summary = "Computes the members that sorted sets have in common.",
     .keys = kZdiffKeys,
     .arguments = kZinterArguments},
    {.name = "zintercard",
     .handler = ZintercardCommand,
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "7.0.0",
     .complexity = "O(K S) for K inputs and S members of the smallest.",
     .summary = "Counts the members that sorted sets have in common.",
     .keys = kZdiffKeys,
     .arguments = kZintercardArguments},
    {.name = "zinterstore",
     .handler = ZinterstoreCommand,
     .arity = -4,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "2.0.0",
     .complexity = "O(K S + M log M) for K inputs, S members of the smallest and M of the result.",
     .summary = "Stores the members that sorted sets have in common.",
     .keys = kZdiffstoreKeys,
     .arguments = kZinterstoreArguments},
    {.name = "zunion",
     .handler = ZunionCommand,
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "6.2.0",
     .complexity = "O(N + M log M) for N members of the inputs and M of the result.",
     .summary = "Computes all members of several sorted sets.",
     .keys = kZdiffKeys,
     .arguments = kZinterArguments},
    {.name = "zunionstore",
     .handler = ZunionstoreCommand,
     .arity = -4,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "2.0.0",
     .complexity = "O(N + M log M) for N members of the inputs and M of the result.",
     .summary = "Stores all members of several sorted sets.",
     .keys = kZdiffstoreKeys,
     .arguments = kZinterstoreArguments},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> ZsetAlgebraCommandSpecs() {
  return kCommands;
}

}  // namespace kv
