// The commands on sets, as data. Handlers: set_commands.cc, set_random_commands.cc,
// set_algebra_commands.cc.
#include "kv/commands/set_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr int8_t Id(SetFamilyOption option) {
  return static_cast<int8_t>(option);
}

constexpr KeySpec kAddKey[] = {
    KeySpec::Range(kKeyRW | kKeyInsert, 1),
};

constexpr Argument kMembersArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "member", .flags = kMultiple},
};

constexpr HistoryItem kMembersHistory[] = {
    {"2.4.0", "Takes several members."},
};

constexpr KeySpec kReadKey[] = {
    KeySpec::Range(kKeyRO, 1),
};

constexpr Argument kKeyOnly[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
};

constexpr KeySpec kReadKeys[] = {
    KeySpec::Range(kKeyRO | kKeyAccess, 1, -1),
};

constexpr Argument kKeyList[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
};

constexpr std::string_view kOrderTips[] = {
    "nondeterministic_output_order",
};

constexpr KeySpec kCountedKeys[] = {
    KeySpec::Counted(kKeyRO | kKeyAccess, 1),
};

constexpr Argument kCardinalityArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
    {.name = "limit", .type = kInteger, .token = "LIMIT", .flags = kOptional},
};

constexpr KeySpec kStoreKeys[] = {
    KeySpec::Range(kKeyOW | kKeyUpdate, 1),
    KeySpec::Range(kKeyRO | kKeyAccess, 2, -1),
};

constexpr Argument kStoreArguments[] = {
    {.name = "destination", .type = kKey, .key_spec = 0},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 1},
};

constexpr Argument kMemberArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "member"},
};

constexpr KeySpec kReadMembers[] = {
    KeySpec::Range(kKeyRO | kKeyAccess, 1),
};

constexpr KeySpec kSmoveKeys[] = {
    KeySpec::Range(kKeyRW | kKeyAccess | kKeyDelete, 1),
    KeySpec::Range(kKeyRW | kKeyInsert, 2),
};

constexpr Argument kSmoveArguments[] = {
    {.name = "source", .type = kKey, .key_spec = 0},
    {.name = "destination", .type = kKey, .key_spec = 1},
    {.name = "member"},
};

constexpr KeySpec kPopKey[] = {
    KeySpec::Range(kKeyRW | kKeyAccess | kKeyDelete, 1),
};

constexpr Argument kRandomArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "count", .type = kInteger, .flags = kOptional},
};

constexpr HistoryItem kCountHistory[] = {
    {"3.2.0", "Takes a count."},
};

constexpr std::string_view kRandomTips[] = {
    "nondeterministic_output",
};

constexpr HistoryItem kRandomHistory[] = {
    {"2.6.0", "Takes a count."},
};

constexpr KeySpec kSremKeys[] = {
    KeySpec::Range(kKeyRW | kKeyDelete, 1),
};

constexpr Argument kSscanArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "cursor", .type = kInteger},
    {.name = "pattern",
     .type = kPattern,
     .token = "MATCH",
     .flags = kOptional,
     .id = Id(SetFamilyOption::kMatch)},
    {.name = "count",
     .type = kInteger,
     .token = "COUNT",
     .flags = kOptional,
     .id = Id(SetFamilyOption::kCount)},
};

constexpr Argument kSunioncardArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
    {.name = "approx", .type = kPureToken, .token = "APPROX", .flags = kOptional},
    {.name = "limit", .type = kInteger, .token = "LIMIT", .flags = kOptional},
};

constexpr CommandSpec kCommands[] = {
    {.name = "sadd",
     .handler = SaddCommand,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast | kBrief,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(1) for each member.",
     .summary = "Adds members to a set, creating it if it is absent.",
     .keys = kAddKey,
     .arguments = kMembersArguments,
     .history = kMembersHistory,
     .first_element = 2},
    {.name = "scard",
     .handler = ScardCommand,
     .arity = 2,
     .flags = kReadonly | kFast | kBrief,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Returns how many members a set has.",
     .keys = kReadKey,
     .arguments = kKeyOnly},
    {.name = "sdiff",
     .handler = SdiffCommand,
     .arity = -2,
     .flags = kReadonly,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(N) in the members of all sets.",
     .summary = "Returns the members of the first set that are in none of the others.",
     .keys = kReadKeys,
     .arguments = kKeyList,
     .tips = kOrderTips},
    {.name = "sdiffcard",
     .handler = SdiffcardCommand,
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "8.10.0",
     .complexity = "O(N) in the members of all sets.",
     .summary = "Counts the members of the first set that are in none of the others.",
     .keys = kCountedKeys,
     .arguments = kCardinalityArguments},
    {.name = "sdiffstore",
     .handler = SdiffstoreCommand,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(N) in the members of all sets.",
     .summary = "Stores the members of the first set that are in none of the others.",
     .keys = kStoreKeys,
     .arguments = kStoreArguments},
    {.name = "sinter",
     .handler = SinterCommand,
     .arity = -2,
     .flags = kReadonly,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(N*M) for N members of the smallest of M sets.",
     .summary = "Returns the members that all sets have.",
     .keys = kReadKeys,
     .arguments = kKeyList,
     .tips = kOrderTips},
    {.name = "sintercard",
     .handler = SintercardCommand,
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "7.0.0",
     .complexity = "O(N*M) for N members of the smallest of M sets.",
     .summary = "Counts the members that all sets have.",
     .keys = kCountedKeys,
     .arguments = kCardinalityArguments},
    {.name = "sinterstore",
     .handler = SinterstoreCommand,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(N*M) for N members of the smallest of M sets.",
     .summary = "Stores the members that all sets have.",
     .keys = kStoreKeys,
     .arguments = kStoreArguments},
    {.name = "sismember",
     .handler = SismemberCommand,
     .arity = 3,
     .flags = kReadonly | kFast | kBrief,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Tells whether a set has a member.",
     .keys = kReadKey,
     .arguments = kMemberArguments,
     .first_element = 2},
    {.name = "smembers",
     .handler = SmembersCommand,
     .arity = 2,
     .flags = kReadonly,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(N) for N members.",
     .summary = "Returns all members of a set.",
     .keys = kReadMembers,
     .arguments = kKeyOnly,
     .tips = kOrderTips},
    {.name = "smismember",
     .handler = SmismemberCommand,
     .arity = -3,
     .flags = kReadonly | kFast,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "6.2.0",
     .complexity = "O(N) for N members asked for.",
     .summary = "Tells for each of several members whether a set has it.",
     .keys = kReadMembers,
     .arguments = kMembersArguments,
     .first_element = 2},
    {.name = "smove",
     .handler = SmoveCommand,
     .arity = 4,
     .flags = kWrite | kFast,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Moves a member from one set to another.",
     .keys = kSmoveKeys,
     .arguments = kSmoveArguments},
    {.name = "spop",
     .handler = SpopCommand,
     .arity = -2,
     .flags = kWrite | kFast,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(N) for N members removed.",
     .summary = "Removes random members of a set and returns them.",
     .keys = kPopKey,
     .arguments = kRandomArguments,
     .history = kCountHistory,
     .tips = kRandomTips},
    {.name = "srandmember",
     .handler = SrandmemberCommand,
     .arity = -2,
     .flags = kReadonly,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(N) for N members returned.",
     .summary = "Returns random members of a set.",
     .keys = kReadMembers,
     .arguments = kRandomArguments,
     .history = kRandomHistory,
     .tips = kRandomTips},
    {.name = "srem",
     .handler = SremCommand,
     .arity = -3,
     .flags = kWrite | kFast | kBrief,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(N) for N members given.",
     .summary = "Removes members from a set.",
     .keys = kSremKeys,
     .arguments = kMembersArguments,
     .history = kMembersHistory,
     .first_element = 2},
    {.name = "sscan",
     .handler = SscanCommand,
     .arity = -3,
     .flags = kReadonly,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "2.8.0",
     .complexity = "O(1) for each call, O(N) for all N members.",
     .summary = "Iterates over the members of a set.",
     .keys = kReadMembers,
     .arguments = kSscanArguments,
     .tips = kRandomTips},
    {.name = "sunion",
     .handler = SunionCommand,
     .arity = -2,
     .flags = kReadonly,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(N) in the members of all sets.",
     .summary = "Returns the members that any of several sets has.",
     .keys = kReadKeys,
     .arguments = kKeyList,
     .tips = kOrderTips},
    {.name = "sunioncard",
     .handler = SunioncardCommand,
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "8.10.0",
     .complexity = "O(N) in the members of all sets.",
     .summary = "Counts the members that any of several sets has.",
     .keys = kCountedKeys,
     .arguments = kSunioncardArguments},
    {.name = "sunionstore",
     .handler = SunionstoreCommand,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclSet,
     .group = CommandGroup::kSet,
     .since = "1.0.0",
     .complexity = "O(N) in the members of all sets.",
     .summary = "Stores the members that any of several sets has.",
     .keys = kStoreKeys,
     .arguments = kStoreArguments},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> SetCommandSpecs() {
  return kCommands;
}

}  // namespace kv
