// The commands on lists, as data. Handlers: list_commands.cc, list_pop_commands.cc,
// list_move_commands.cc.
#include "kv/commands/list_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kMoveKeys[] = {
    KeySpec::Range(kKeyRW | kKeyAccess | kKeyDelete, 1),
    KeySpec::Range(kKeyRW | kKeyInsert, 2),
};

constexpr Argument kLeftOrRight[] = {
    {.name = "left", .type = kPureToken, .token = "LEFT"},
    {.name = "right", .type = kPureToken, .token = "RIGHT"},
};

constexpr Argument kBlmoveArguments[] = {
    {.name = "source", .type = kKey, .key_spec = 0},
    {.name = "destination", .type = kKey, .key_spec = 1},
    {.name = "wherefrom", .type = kOneOf, .children = kLeftOrRight},
    {.name = "whereto", .type = kOneOf, .children = kLeftOrRight},
    {.name = "timeout", .type = kDouble},
};

constexpr Argument kSelector[] = {
    {.name = "count", .type = kInteger, .token = "COUNT"},
    {.name = "exactly", .type = kInteger, .token = "EXACTLY"},
};

constexpr Argument kOrdering[] = {
    {.name = "obo", .type = kPureToken, .token = "OBO"},
    {.name = "bulk", .type = kPureToken, .token = "BULK"},
};

constexpr Argument kHowMany[] = {
    {.name = "selector", .type = kOneOf, .children = kSelector},
    {.name = "ordering", .type = kOneOf, .children = kOrdering},
};

constexpr Argument kBlmovemArguments[] = {
    {.name = "source", .type = kKey, .key_spec = 0},
    {.name = "destination", .type = kKey, .key_spec = 1},
    {.name = "wherefrom", .type = kOneOf, .children = kLeftOrRight},
    {.name = "whereto", .type = kOneOf, .children = kLeftOrRight},
    {.name = "timeout", .type = kDouble},
    {.name = "how-many", .type = kBlock, .flags = kOptional, .children = kHowMany},
};

constexpr KeySpec kBlockingCountedKeys[] = {
    KeySpec::Counted(kKeyRW | kKeyAccess | kKeyDelete, 2),
};

constexpr Argument kBlmpopArguments[] = {
    {.name = "timeout", .type = kDouble},
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
    {.name = "where", .type = kOneOf, .children = kLeftOrRight},
    {.name = "count", .type = kInteger, .token = "COUNT", .flags = kOptional},
};

constexpr KeySpec kBlockingPopKeys[] = {
    KeySpec::Range(kKeyRW | kKeyAccess | kKeyDelete, 1, -2),
};

constexpr Argument kBlockingPopArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
    {.name = "timeout", .type = kDouble},
};

constexpr HistoryItem kTimeoutHistory[] = {
    {"6.0.0", "The timeout may have a fraction."},
};

constexpr Argument kBrpoplpushArguments[] = {
    {.name = "source", .type = kKey, .key_spec = 0},
    {.name = "destination", .type = kKey, .key_spec = 1},
    {.name = "timeout", .type = kDouble},
};

constexpr KeySpec kReadElements[] = {
    KeySpec::Range(kKeyRO | kKeyAccess, 1),
};

constexpr Argument kLindexArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "index", .type = kInteger},
};

constexpr KeySpec kInsertKey[] = {
    KeySpec::Range(kKeyRW | kKeyInsert, 1),
};

constexpr Argument kBeforeOrAfter[] = {
    {.name = "before", .type = kPureToken, .token = "BEFORE"},
    {.name = "after", .type = kPureToken, .token = "AFTER"},
};

constexpr Argument kLinsertArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "where", .type = kOneOf, .children = kBeforeOrAfter},
    {.name = "pivot"},
    {.name = "element"},
};

constexpr KeySpec kReadKey[] = {
    KeySpec::Range(kKeyRO, 1),
};

constexpr Argument kKeyOnly[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
};

constexpr Argument kLmoveArguments[] = {
    {.name = "source", .type = kKey, .key_spec = 0},
    {.name = "destination", .type = kKey, .key_spec = 1},
    {.name = "wherefrom", .type = kOneOf, .children = kLeftOrRight},
    {.name = "whereto", .type = kOneOf, .children = kLeftOrRight},
};

constexpr Argument kLmovemArguments[] = {
    {.name = "source", .type = kKey, .key_spec = 0},
    {.name = "destination", .type = kKey, .key_spec = 1},
    {.name = "wherefrom", .type = kOneOf, .children = kLeftOrRight},
    {.name = "whereto", .type = kOneOf, .children = kLeftOrRight},
    {.name = "how-many", .type = kBlock, .flags = kOptional, .children = kHowMany},
};

constexpr KeySpec kCountedKeys[] = {
    KeySpec::Counted(kKeyRW | kKeyAccess | kKeyDelete, 1),
};

constexpr Argument kLmpopArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
    {.name = "where", .type = kOneOf, .children = kLeftOrRight},
    {.name = "count", .type = kInteger, .token = "COUNT", .flags = kOptional},
};

constexpr KeySpec kLpopKeys[] = {
    KeySpec::Range(kKeyRW | kKeyAccess | kKeyDelete, 1),
};

constexpr Argument kLpopArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "count", .type = kInteger, .flags = kOptional},
};

constexpr HistoryItem kCountHistory[] = {
    {"6.2.0", "Takes a count."},
};

constexpr Argument kLposArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "element"},
    {.name = "rank", .type = kInteger, .token = "RANK", .flags = kOptional},
    {.name = "num-matches", .type = kInteger, .token = "COUNT", .flags = kOptional},
    {.name = "len", .type = kInteger, .token = "MAXLEN", .flags = kOptional},
};

constexpr Argument kLpushArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "element", .flags = kMultiple},
};

constexpr HistoryItem kLpushHistory[] = {
    {"2.4.0", "Takes several elements."},
};

constexpr HistoryItem kLpushxHistory[] = {
    {"4.0.0", "Takes several elements."},
};

constexpr Argument kLrangeArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "start", .type = kInteger},
    {.name = "stop", .type = kInteger},
};

constexpr KeySpec kLremKeys[] = {
    KeySpec::Range(kKeyRW | kKeyDelete, 1),
};

constexpr Argument kLremArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "count", .type = kInteger},
    {.name = "element"},
};

constexpr KeySpec kLsetKeys[] = {
    KeySpec::Range(kKeyRW | kKeyUpdate, 1),
};

constexpr Argument kLsetArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "index", .type = kInteger},
    {.name = "element"},
};

constexpr Argument kRpoplpushArguments[] = {
    {.name = "source", .type = kKey, .key_spec = 0},
    {.name = "destination", .type = kKey, .key_spec = 1},
};

constexpr CommandSpec kCommands[] = {
    {.name = "blmove",
     .handler = BlmoveCommand,
     .arity = 6,
     .flags = kWrite | kDenyOom | kBlocking,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Moves an element from one list to another, waiting for it if need be.",
     .keys = kMoveKeys,
     .arguments = kBlmoveArguments},
    {.name = "blmovem",
     .handler = BlmovemCommand,
     .arity = -6,
     .flags = kWrite | kDenyOom | kBlocking,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "8.10.0",
     .complexity = "O(N) in the elements moved.",
     .summary = "Moves several elements from one list to another, waiting for them if need be.",
     .keys = kMoveKeys,
     .arguments = kBlmovemArguments},
    {.name = "blmpop",
     .handler = BlmpopCommand,
     .arity = -5,
     .flags = kWrite | kBlocking | kMovableKeys,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "7.0.0",
     .complexity = "O(N+M) for N keys and M elements taken.",
     .summary =
         "Takes elements off the first of several lists that has any, waiting for one if need be.",
     .keys = kBlockingCountedKeys,
     .arguments = kBlmpopArguments},
    {.name = "blpop",
     .handler = BlpopCommand,
     .arity = -3,
     .flags = kWrite | kBlocking,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "2.0.0",
     .complexity = "O(N) in the number of keys.",
     .summary =
         "Takes the first element of the first list that has any, waiting for one if need be.",
     .keys = kBlockingPopKeys,
     .arguments = kBlockingPopArguments,
     .history = kTimeoutHistory},
    {.name = "brpop",
     .handler = BrpopCommand,
     .arity = -3,
     .flags = kWrite | kBlocking,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "2.0.0",
     .complexity = "O(N) in the number of keys.",
     .summary =
         "Takes the last element of the first list that has any, waiting for one if need be.",
     .keys = kBlockingPopKeys,
     .arguments = kBlockingPopArguments,
     .history = kTimeoutHistory},
    {.name = "brpoplpush",
     .handler = BrpoplpushCommand,
     .arity = 4,
     .flags = kWrite | kDenyOom | kBlocking,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary =
         "Moves the last element of a list to the front of another, waiting for it if need be.",
     .keys = kMoveKeys,
     .arguments = kBrpoplpushArguments,
     .history = kTimeoutHistory,
     .deprecated_since = "6.2.0",
     .replaced_by = "`BLMOVE` with `RIGHT` and `LEFT`"},
    {.name = "lindex",
     .handler = LindexCommand,
     .arity = 3,
     .flags = kReadonly,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "1.0.0",
     .complexity = "O(N) in the distance from the nearer end; O(1) at the ends.",
     .summary = "Returns the element at an index of a list.",
     .keys = kReadElements,
     .arguments = kLindexArguments},
    {.name = "linsert",
     .handler = LinsertCommand,
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "2.2.0",
     .complexity = "O(N) in the elements before the pivot.",
     .summary = "Puts an element before or after another one of a list.",
     .keys = kInsertKey,
     .arguments = kLinsertArguments},
    {.name = "llen",
     .handler = LlenCommand,
     .arity = 2,
     .flags = kReadonly | kFast | kBrief,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Returns how many elements a list has.",
     .keys = kReadKey,
     .arguments = kKeyOnly},
    {.name = "lmove",
     .handler = LmoveCommand,
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary =
         "Moves an element from either end of a list to either end of another, and returns it.",
     .keys = kMoveKeys,
     .arguments = kLmoveArguments},
    {.name = "lmovem",
     .handler = LmovemCommand,
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "8.10.0",
     .complexity = "O(N) in the elements moved.",
     .summary = "Moves several elements from either end of a list to either end of another, and "
                "returns them.",
     .keys = kMoveKeys,
     .arguments = kLmovemArguments},
    {.name = "lmpop",
     .handler = LmpopCommand,
     .arity = -4,
     .flags = kWrite | kMovableKeys,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "7.0.0",
     .complexity = "O(N+M) for N keys and M elements taken.",
     .summary = "Takes elements off the first of several lists that has any.",
     .keys = kCountedKeys,
     .arguments = kLmpopArguments},
    {.name = "lpop",
     .handler = LpopCommand,
     .arity = -2,
     .flags = kWrite | kFast | kBrief,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "1.0.0",
     .complexity = "O(N) in the elements taken.",
     .summary = "Takes elements off the front of a list and returns them.",
     .keys = kLpopKeys,
     .arguments = kLpopArguments,
     .history = kCountHistory},
    {.name = "lpos",
     .handler = LposCommand,
     .arity = -3,
     .flags = kReadonly,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "6.0.6",
     .complexity = "O(N) in the elements compared.",
     .summary = "Finds the indexes at which an element stands in a list.",
     .keys = kReadElements,
     .arguments = kLposArguments},
    {.name = "lpush",
     .handler = LpushCommand,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast | kBrief,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "1.0.0",
     .complexity = "O(1) for each element.",
     .summary = "Adds elements to the front of a list, creating it if it is absent.",
     .keys = kInsertKey,
     .arguments = kLpushArguments,
     .history = kLpushHistory},
    {.name = "lpushx",
     .handler = LpushxCommand,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast | kBrief,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "2.2.0",
     .complexity = "O(1) for each element.",
     .summary = "Adds elements to the front of a list that exists.",
     .keys = kInsertKey,
     .arguments = kLpushArguments,
     .history = kLpushxHistory},
    {.name = "lrange",
     .handler = LrangeCommand,
     .arity = 4,
     .flags = kReadonly,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "1.0.0",
     .complexity = "O(S+N) for a start S away from the nearer end and N elements.",
     .summary = "Returns a range of the elements of a list.",
     .keys = kReadElements,
     .arguments = kLrangeArguments},
    {.name = "lrem",
     .handler = LremCommand,
     .arity = 4,
     .flags = kWrite,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "1.0.0",
     .complexity = "O(N+M) for a list of N elements and M removed ones.",
     .summary = "Removes elements of a list that equal a value.",
     .keys = kLremKeys,
     .arguments = kLremArguments},
    {.name = "lset",
     .handler = LsetCommand,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "1.0.0",
     .complexity = "O(N) in the distance from the nearer end; O(1) at the ends.",
     .summary = "Replaces the element at an index of a list.",
     .keys = kLsetKeys,
     .arguments = kLsetArguments},
    {.name = "ltrim",
     .handler = LtrimCommand,
     .arity = 4,
     .flags = kWrite,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "1.0.0",
     .complexity = "O(N) in the elements removed.",
     .summary = "Removes all elements of a list but a range.",
     .keys = kLremKeys,
     .arguments = kLrangeArguments},
    {.name = "rpop",
     .handler = RpopCommand,
     .arity = -2,
     .flags = kWrite | kFast | kBrief,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "1.0.0",
     .complexity = "O(N) in the elements taken.",
     .summary = "Takes elements off the back of a list and returns them.",
     .keys = kLpopKeys,
     .arguments = kLpopArguments,
     .history = kCountHistory},
    {.name = "rpoplpush",
     .handler = RpoplpushCommand,
     .arity = 3,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "1.2.0",
     .complexity = "O(1)",
     .summary = "Moves the last element of a list to the front of another, and returns it.",
     .keys = kMoveKeys,
     .arguments = kRpoplpushArguments,
     .deprecated_since = "6.2.0",
     .replaced_by = "`LMOVE` with `RIGHT` and `LEFT`"},
    {.name = "rpush",
     .handler = RpushCommand,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast | kBrief,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "1.0.0",
     .complexity = "O(1) for each element.",
     .summary = "Adds elements to the back of a list, creating it if it is absent.",
     .keys = kInsertKey,
     .arguments = kLpushArguments,
     .history = kLpushHistory},
    {.name = "rpushx",
     .handler = RpushxCommand,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast | kBrief,
     .acl_categories = kAclList,
     .group = CommandGroup::kList,
     .since = "2.2.0",
     .complexity = "O(1) for each element.",
     .summary = "Adds elements to the back of a list that exists.",
     .keys = kInsertKey,
     .arguments = kLpushArguments,
     .history = kLpushxHistory},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> ListCommandSpecs() {
  return kCommands;
}

}  // namespace kv
