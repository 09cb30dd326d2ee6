// Commands that take members off sorted sets, as data. Handlers: zset_pop_commands.cc.
#include "kv/commands/zset_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kBzmpopKeys[] = {KeySpec::Counted(kKeyRW | kKeyAccess | kKeyDelete, 2)};
constexpr Argument kWhereChoice[] = {{.name = "min", .type = kPureToken, .token = "MIN"},
                                     {.name = "max", .type = kPureToken, .token = "MAX"}};
constexpr Argument kBzmpopArguments[] = {
    {.name = "timeout", .type = kDouble},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
    {.name = "where", .type = kOneOf, .children = kWhereChoice},
    {.name = "count", .type = kInteger, .token = "COUNT", .flags = kOptional}};
constexpr KeySpec kBzpopmaxKeys[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyDelete, 1, -2)};
constexpr Argument kBzpopmaxArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
    {.name = "timeout", .type = kDouble}};
constexpr KeySpec kZmpopKeys[] = {KeySpec::Counted(kKeyRW | kKeyAccess | kKeyDelete, 1)};
constexpr Argument kZmpopArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
    {.name = "where", .type = kOneOf, .children = kWhereChoice},
    {.name = "count", .type = kInteger, .token = "COUNT", .flags = kOptional}};
constexpr KeySpec kZpopmaxKeys[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyDelete, 1)};
constexpr Argument kZpopmaxArguments[] = {{.name = "key", .type = kKey, .key_spec = 0},
                                          {.name = "count", .type = kInteger, .flags = kOptional}};
constexpr Argument kZpopdueArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "count", .type = kInteger, .token = "COUNT", .flags = kOptional}};

constexpr CommandSpec kCommands[] = {
    {.name = "bzmpop",
     .handler = BzmpopCommand,
     .arity = -5,
     .flags = kWrite | kBlocking | kMovableKeys,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "7.0.0",
     .complexity = "O(K + M log N) for K keys and M out of N members.",
     .summary =
         "Takes members off one end of the first sorted set that has any; waits until one has.",
     .keys = kBzmpopKeys,
     .arguments = kBzmpopArguments},
    {.name = "bzpopmax",
     .handler = BzpopmaxCommand,
     .arity = -3,
     .flags = kWrite | kNoScript | kBlocking | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "5.0.0",
     .complexity = "O(log N) for N members.",
     .summary = "Takes the member of the highest score off the first sorted set that has any; "
                "waits until one has.",
     .keys = kBzpopmaxKeys,
     .arguments = kBzpopmaxArguments},
    {.name = "bzpopmin",
     .handler = BzpopminCommand,
     .arity = -3,
     .flags = kWrite | kNoScript | kBlocking | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "5.0.0",
     .complexity = "O(log N) for N members.",
     .summary = "Takes the member of the lowest score off the first sorted set that has any; waits "
                "until one has.",
     .keys = kBzpopmaxKeys,
     .arguments = kBzpopmaxArguments},
    {.name = "zmpop",
     .handler = ZmpopCommand,
     .arity = -4,
     .flags = kWrite | kMovableKeys,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "7.0.0",
     .complexity = "O(K + M log N) for K keys and M out of N members.",
     .summary = "Takes members off one end of the first sorted set that has any.",
     .keys = kZmpopKeys,
     .arguments = kZmpopArguments},
    {.name = "zpopmax",
     .handler = ZpopmaxCommand,
     .arity = -2,
     .flags = kWrite | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "5.0.0",
     .complexity = "O(M log N) for M out of N members.",
     .summary = "Takes the members of the highest scores off a sorted set.",
     .keys = kZpopmaxKeys,
     .arguments = kZpopmaxArguments},
    {.name = "zpopmin",
     .handler = ZpopminCommand,
     .arity = -2,
     .flags = kWrite | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "5.0.0",
     .complexity = "O(M log N) for M out of N members.",
     .summary = "Takes the members of the lowest scores off a sorted set.",
     .keys = kZpopmaxKeys,
     .arguments = kZpopmaxArguments},
    {.name = "bzpopdue",
     .handler = BzpopdueCommand,
     .arity = -3,
     .flags = kWrite | kNoScript | kBlocking,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "8.0.0",
     .complexity = "O(log N) for N members.",
     .summary = "Takes a member whose score, a time in Unix milliseconds, has come off the first "
                "sorted set that has one; waits until one is due.",
     .keys = kBzpopmaxKeys,
     .arguments = kBzpopmaxArguments},
    {.name = "zpopdue",
     .handler = ZpopdueCommand,
     .arity = -2,
     .flags = kWrite | kFast,
     .acl_categories = kAclSortedSet,
     .group = CommandGroup::kSortedSet,
     .since = "8.0.0",
     .complexity = "O(M log N) for M out of N members.",
     .summary =
         "Takes the members whose scores, times in Unix milliseconds, have come off a sorted set.",
     .keys = kZpopmaxKeys,
     .arguments = kZpopdueArguments},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> ZsetPopCommandSpecs() {
  return kCommands;
}

}  // namespace kv
