// Commands on the members of one sorted set, as data. Handlers: zset_commands.cc.
#include "kv/commands/zset_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr int8_t Id(ZsetOption option) {
  return static_cast<int8_t>(option);
}

constexpr KeySpec kZaddKeys[] = {KeySpec::Range(kKeyRW | kKeyUpdate, 1)};
constexpr Argument kConditionChoice[] = {{.name = "nx", .type = kPureToken, .token = "NX"},
                                         {.name = "xx", .type = kPureToken, .token = "XX"}};
constexpr Argument kComparisonChoice[] = {{.name = "gt", .type = kPureToken, .token = "GT"},
                                          {.name = "lt", .type = kPureToken, .token = "LT"}};
constexpr Argument kScoreMemberParts[] = {{.name = "score", .type = kDouble}, {.name = "member"}};
constexpr Argument kZaddArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "condition", .type = kOneOf, .flags = kOptional, .children = kConditionChoice},
    {.name = "comparison", .type = kOneOf, .flags = kOptional, .children = kComparisonChoice},
    {.name = "change", .type = kPureToken, .token = "CH", .flags = kOptional},
    {.name = "increment", .type = kPureToken, .token = "INCR", .flags = kOptional},
    {.name = "score_member", .type = kBlock, .flags = kMultiple, .children = kScoreMemberParts}};
constexpr KeySpec kZcardKeys[] = {KeySpec::Range(kKeyRO, 1)};
constexpr Argument kZcardArguments[] = {{.name = "key", .type = kKey, .key_spec = 0}};
constexpr KeySpec kZincrbyKeys[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyUpdate, 1)};
constexpr Argument kZincrbyArguments[] = {{.name = "key", .type = kKey, .key_spec = 0},
                                          {.name = "increment", .type = kInteger},
                                          {.name = "member"}};
constexpr KeySpec kZmscoreKeys[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1)};
constexpr Argument kZmscoreArguments[] = {{.name = "key", .type = kKey, .key_spec = 0},
                                          {.name = "member", .flags = kMultiple}};
constexpr Argument kOptionsParts[] = {
    {.name = "count", .type = kInteger},
    {.name = "withscores", .type = kPureToken, .token = "WITHSCORES", .flags = kOptional}};
constexpr Argument kZrandmemberArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "options", .type = kBlock, .flags = kOptional, .children = kOptionsParts}};
constexpr Argument kZrankArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "member"},
    {.name = "withscore", .type = kPureToken, .token = "WITHSCORE", .flags = kOptional}};
constexpr KeySpec kZremKeys[] = {KeySpec::Range(kKeyRW | kKeyDelete, 1)};
constexpr Argument kZscanArguments[] = {{.name = "key", .type = kKey, .key_spec = 0},
                                        {.name = "cursor", .type = kInteger},
                                        {.name = "pattern",
                                         .type = kPattern,
                                         .token = "MATCH",
                                         .flags = kOptional,
                                         .id = Id(ZsetOption::kMatch)},
                                        {.name = "count",
                                         .type = kInteger,
                                         .token = "COUNT",
                                         .flags = kOptional,
                                         .id = Id(ZsetOption::kCount)}};
constexpr Argument kZscoreArguments[] = {{.name = "key", .type = kKey, .key_spec = 0},
                                         {.name = "member"}};

constexpr CommandSpec kCommands[] = {
    {.name = "zadd",
     .handler = ZaddCommand,
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.2.0",
     .complexity = "O(log N) for each member, N being the size of the sorted set.",
     .summary = "Adds members to a sorted set, or changes the scores of those that it has.",
     .keys = kZaddKeys,
     .arguments = kZaddArguments,
     .first_element = 3},
    {.name = "zcard",
     .handler = ZcardCommand,
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.2.0",
     .complexity = "O(1)",
     .summary = "Counts the members of a sorted set.",
     .keys = kZcardKeys,
     .arguments = kZcardArguments},
    {.name = "zincrby",
     .handler = ZincrbyCommand,
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.2.0",
     .complexity = "O(log N) for N members.",
     .summary = "Adds to the score of a member of a sorted set.",
     .keys = kZincrbyKeys,
     .arguments = kZincrbyArguments,
     .first_element = 3},
    {.name = "zmscore",
     .handler = ZmscoreCommand,
     .arity = -3,
     .flags = kReadonly | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "6.2.0",
     .complexity = "O(1) for each member.",
     .summary = "Tells the scores of members of a sorted set.",
     .keys = kZmscoreKeys,
     .arguments = kZmscoreArguments,
     .first_element = 2},
    {.name = "zrandmember",
     .handler = ZrandmemberCommand,
     .arity = -2,
     .flags = kReadonly,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "6.2.0",
     .complexity = "O(log N) for each member picked out of N.",
     .summary = "Picks members of a sorted set at random.",
     .keys = kZmscoreKeys,
     .arguments = kZrandmemberArguments},
    {.name = "zrank",
     .handler = ZrankCommand,
     .arity = -3,
     .flags = kReadonly | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "2.0.0",
     .complexity = "O(log N) for N members.",
     .summary = "Tells how many members of a sorted set come before one.",
     .keys = kZmscoreKeys,
     .arguments = kZrankArguments,
     .first_element = 2},
    {.name = "zrem",
     .handler = ZremCommand,
     .arity = -3,
     .flags = kWrite | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.2.0",
     .complexity = "O(log N) for each member, N being the size of the sorted set.",
     .summary = "Removes members from a sorted set.",
     .keys = kZremKeys,
     .arguments = kZmscoreArguments,
     .first_element = 2},
    {.name = "zrevrank",
     .handler = ZrevrankCommand,
     .arity = -3,
     .flags = kReadonly | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "2.0.0",
     .complexity = "O(log N) for N members.",
     .summary =
         "Tells how many members of a sorted set come before one, counted from the highest score.",
     .keys = kZmscoreKeys,
     .arguments = kZrankArguments,
     .first_element = 2},
    {.name = "zscan",
     .handler = ZscanCommand,
     .arity = -3,
     .flags = kReadonly,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "2.8.0",
     .complexity = "O(1) for each call, O(N) for all N members.",
     .summary = "Visits the members of a sorted set step by step.",
     .keys = kZmscoreKeys,
     .arguments = kZscanArguments},
    {.name = "zscore",
     .handler = ZscoreCommand,
     .arity = 3,
     .flags = kReadonly | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "1.2.0",
     .complexity = "O(1)",
     .summary = "Tells the score of a member of a sorted set.",
     .keys = kZmscoreKeys,
     .arguments = kZscoreArguments,
     .first_element = 2},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> ZsetCommandSpecs() {
  return kCommands;
}

}  // namespace kv
