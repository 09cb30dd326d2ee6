// The commands on groups of streams, as data. Handlers: stream_group_commands.cc,
// stream_readgroup_command.cc, stream_claim_commands.cc, stream_pending_commands.cc and
// stream_info_commands.cc.
#include "kv/commands/stream_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kUpdateKey[] = {KeySpec::Range(kKeyRW | kKeyUpdate, 1)};
constexpr KeySpec kDeleteKey[] = {KeySpec::Range(kKeyRW | kKeyDelete, 1)};
constexpr KeySpec kReadKey[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1)};
// Behind the name of a subcommand.
constexpr KeySpec kInsertSecond[] = {KeySpec::Range(kKeyRW | kKeyInsert, 2)};
constexpr KeySpec kUpdateSecond[] = {KeySpec::Range(kKeyRW | kKeyUpdate, 2)};
constexpr KeySpec kDeleteSecond[] = {KeySpec::Range(kKeyRW | kKeyDelete, 2)};
constexpr KeySpec kReadSecond[] = {KeySpec::Range(kKeyRO | kKeyAccess, 2)};

// Keys behind STREAMS: the first half of what follows.
constexpr KeySpec kKeysBehindStreams[] = {{.flags = kKeyRO | kKeyAccess,
                                           .begin = KeySpec::Begin::kKeyword,
                                           .index = 4,
                                           .keyword = "STREAMS",
                                           .last = -1,
                                           .step = 1,
                                           .limit = 2}};

constexpr Argument kKeyArgument = {.name = "key", .type = kKey, .key_spec = 0};
constexpr Argument kGroupArgument = {.name = "group"};
constexpr Argument kConsumerArgument = {.name = "consumer"};
constexpr Argument kCountArgument = {
    .name = "count", .type = kInteger, .token = "COUNT", .flags = kOptional};
constexpr Argument kIdsArgument = {.name = "id", .flags = kMultiple};

constexpr Argument kXackArguments[] = {kKeyArgument, kGroupArgument, kIdsArgument};

constexpr Argument kXautoclaimArguments[] = {
    kKeyArgument,
    kGroupArgument,
    kConsumerArgument,
    {.name = "min-idle-time"},
    {.name = "start"},
    kCountArgument,
    {.name = "justid", .type = kPureToken, .token = "JUSTID", .flags = kOptional},
};
constexpr HistoryItem kXautoclaimHistory[] = {
    {"7.0.0",
     "Added an element to the reply array, containing deleted entries the command cleared from the "
     "PEL"}};

constexpr Argument kXclaimArguments[] = {
    kKeyArgument,
    kGroupArgument,
    kConsumerArgument,
    {.name = "min-idle-time"},
    kIdsArgument,
    {.name = "ms", .type = kInteger, .token = "IDLE", .flags = kOptional},
    {.name = "unix-time-milliseconds", .type = kUnixTime, .token = "TIME", .flags = kOptional},
    {.name = "count", .type = kInteger, .token = "RETRYCOUNT", .flags = kOptional},
    {.name = "force", .type = kPureToken, .token = "FORCE", .flags = kOptional},
    {.name = "justid", .type = kPureToken, .token = "JUSTID", .flags = kOptional},
    {.name = "lastid", .token = "LASTID", .flags = kOptional},
};

constexpr Argument kReferenceChoices[] = {
    {.name = "keepref", .type = kPureToken, .token = "KEEPREF"},
    {.name = "delref", .type = kPureToken, .token = "DELREF"},
    {.name = "acked", .type = kPureToken, .token = "ACKED"},
};
constexpr Argument kIdsBlock[] = {{.name = "numids", .type = kInteger}, kIdsArgument};
constexpr Argument kXackdelArguments[] = {
    kKeyArgument,
    kGroupArgument,
    {.name = "condition", .type = kOneOf, .flags = kOptional, .children = kReferenceChoices},
    {.name = "ids", .type = kBlock, .token = "IDS", .children = kIdsBlock},
};

constexpr Argument kNackModes[] = {
    {.name = "silent", .type = kPureToken, .token = "SILENT"},
    {.name = "fail", .type = kPureToken, .token = "FAIL"},
    {.name = "fatal", .type = kPureToken, .token = "FATAL"},
};
constexpr Argument kXnackArguments[] = {
    kKeyArgument,
    kGroupArgument,
    {.name = "mode", .type = kOneOf, .children = kNackModes},
    {.name = "ids", .type = kBlock, .token = "IDS", .children = kIdsBlock},
    {.name = "count", .type = kInteger, .token = "RETRYCOUNT", .flags = kOptional},
    {.name = "force", .type = kPureToken, .token = "FORCE", .flags = kOptional},
};

constexpr Argument kPendingFilters[] = {
    {.name = "min-idle-time", .type = kInteger, .token = "IDLE", .flags = kOptional},
    {.name = "start"},
    {.name = "end"},
    {.name = "count", .type = kInteger},
    {.name = "consumer", .flags = kOptional},
};
constexpr Argument kXpendingArguments[] = {
    kKeyArgument,
    kGroupArgument,
    {.name = "filters", .type = kBlock, .flags = kOptional, .children = kPendingFilters},
};
constexpr HistoryItem kXpendingHistory[] = {
    {"6.2.0", "Added the `IDLE` option and exclusive range intervals."}};

constexpr Argument kGroupAndConsumer[] = {kGroupArgument, kConsumerArgument};
constexpr Argument kStreamsArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
    kIdsArgument,
};
constexpr Argument kXreadgroupArguments[] = {
    {.name = "group-block", .type = kBlock, .token = "GROUP", .children = kGroupAndConsumer},
    kCountArgument,
    {.name = "maxcount", .type = kInteger, .token = "MAXCOUNT", .flags = kOptional},
    {.name = "maxsize", .type = kInteger, .token = "MAXSIZE", .flags = kOptional},
    {.name = "milliseconds", .type = kInteger, .token = "BLOCK", .flags = kOptional},
    {.name = "min-idle-time", .type = kInteger, .token = "CLAIM", .flags = kOptional},
    {.name = "noack", .type = kPureToken, .token = "NOACK", .flags = kOptional},
    {.name = "streams", .type = kBlock, .token = "STREAMS", .children = kStreamsArguments},
};

constexpr HistoryItem kXreadgroupHistory[] = {
    {"8.4.0", "Added the `CLAIM` option."},
    {"8.10.0", "Added the `MAXCOUNT` and `MAXSIZE` options."},
};

constexpr Argument kIdChoices[] = {
    {.name = "id"},
    {.name = "new-id", .type = kPureToken, .token = "$"},
};
constexpr Argument kIdSelector = {.name = "id-selector", .type = kOneOf, .children = kIdChoices};
constexpr Argument kEntriesRead = {
    .name = "entriesread", .type = kInteger, .token = "ENTRIESREAD", .flags = kOptional};
constexpr Argument kCreateArguments[] = {
    kKeyArgument, kGroupArgument,
    kIdSelector,  {.name = "mkstream", .type = kPureToken, .token = "MKSTREAM", .flags = kOptional},
    kEntriesRead,
};
constexpr HistoryItem kCreateHistory[] = {{"7.0.0", "Added the `entries_read` named argument."}};
constexpr Argument kConsumerArguments[] = {kKeyArgument, kGroupArgument, kConsumerArgument};
constexpr Argument kGroupArguments[] = {kKeyArgument, kGroupArgument};
constexpr Argument kSetidArguments[] = {kKeyArgument, kGroupArgument, kIdSelector, kEntriesRead};
constexpr HistoryItem kSetidHistory[] = {{"7.0.0", "Added the optional `entries_read` argument."}};

constexpr Argument kFullArguments[] = {kCountArgument};
constexpr Argument kInfoStreamArguments[] = {
    kKeyArgument,
    {.name = "full-block",
     .type = kBlock,
     .token = "FULL",
     .flags = kOptional,
     .children = kFullArguments},
};
constexpr HistoryItem kInfoStreamHistory[] = {
    {"6.0.0", "Added the `FULL` modifier."},
    {"7.0.0",
     "Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, "
     "`entries-read` and `lag` fields"},
    {"7.2.0", "Added the `active-time` field, and changed the meaning of `seen-time`."},
};
constexpr HistoryItem kInfoGroupsHistory[] = {
    {"7.0.0", "Added the `entries-read` and `lag` fields"}};
constexpr HistoryItem kInfoConsumersHistory[] = {{"7.2.2", "Added the `inactive` field."}};
constexpr Argument kKeyArguments[] = {kKeyArgument};

constexpr std::string_view kNondeterministicOutput[] = {"nondeterministic_output"};

constexpr CommandSpec kXgroupCommands[] = {
    {.name = "create",
     .handler = XgroupCreateCommand,
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Creates a group of consumers.",
     .keys = kInsertSecond,
     .arguments = kCreateArguments,
     .history = kCreateHistory},
    {.name = "createconsumer",
     .handler = XgroupCreateconsumerCommand,
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Creates a consumer in a group.",
     .keys = kInsertSecond,
     .arguments = kConsumerArguments},
    {.name = "delconsumer",
     .handler = XgroupDelconsumerCommand,
     .arity = 5,
     .flags = kWrite,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(N) in the number of entries pending for the consumer.",
     .summary = "Removes a consumer from a group, with all that is pending for it.",
     .keys = kDeleteSecond,
     .arguments = kConsumerArguments},
    {.name = "destroy",
     .handler = XgroupDestroyCommand,
     .arity = 4,
     .flags = kWrite,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(1); what was pending is freed later.",
     .summary = "Removes a group of consumers.",
     .keys = kDeleteSecond,
     .arguments = kGroupArguments},
    {.name = "help",
     .handler = XgroupHelpCommand,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Returns helpful text about the subcommands."},
    {.name = "setid",
     .handler = XgroupSetidCommand,
     .arity = -5,
     .flags = kWrite,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Sets the id up to which a group was given entries.",
     .keys = kUpdateSecond,
     .arguments = kSetidArguments,
     .history = kSetidHistory},
};

constexpr CommandSpec kXinfoCommands[] = {
    {.name = "consumers",
     .handler = XinfoConsumersCommand,
     .arity = 4,
     .flags = kReadonly,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(N) in the number of consumers.",
     .summary = "Lists the consumers of a group.",
     .keys = kReadSecond,
     .arguments = kGroupArguments,
     .history = kInfoConsumersHistory,
     .tips = kNondeterministicOutput},
    {.name = "groups",
     .handler = XinfoGroupsCommand,
     .arity = 3,
     .flags = kReadonly,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(N) in the number of groups.",
     .summary = "Lists the groups of a stream.",
     .keys = kReadSecond,
     .arguments = kKeyArguments,
     .history = kInfoGroupsHistory},
    {.name = "help",
     .handler = XinfoHelpCommand,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Returns helpful text about the subcommands."},
    {.name = "stream",
     .handler = XinfoStreamCommand,
     .arity = -3,
     .flags = kReadonly,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(1), with FULL O(N) in what is shown.",
     .summary = "Describes a stream, with FULL its groups and consumers too.",
     .keys = kReadSecond,
     .arguments = kInfoStreamArguments,
     .history = kInfoStreamHistory},
};

constexpr CommandSpec kCommands[] = {
    {.name = "xack",
     .handler = XackCommand,
     .arity = -4,
     .flags = kWrite | kFast,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(log N) for each id, in the number of pending entries.",
     .summary = "Acknowledges entries: they are pending no more. Returns how many were.",
     .keys = kUpdateKey,
     .arguments = kXackArguments},
    {.name = "xackdel",
     .handler = XackdelCommand,
     .arity = -6,
     .flags = kWrite | kFast,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "8.2.0",
     .complexity = "O(log N) for each id, in the number of pending entries.",
     .summary = "Acknowledges entries, and removes them from the stream.",
     .keys = kDeleteKey,
     .arguments = kXackdelArguments},
    {.name = "xautoclaim",
     .handler = XautoclaimCommand,
     .arity = -6,
     .flags = kWrite | kFast,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "6.2.0",
     .complexity = "O(1) if COUNT is small.",
     .summary = "Makes a consumer the owner of entries that were pending for long.",
     .keys = kDeleteKey,
     .arguments = kXautoclaimArguments,
     .history = kXautoclaimHistory,
     .tips = kNondeterministicOutput},
    {.name = "xclaim",
     .handler = XclaimCommand,
     .arity = -6,
     .flags = kWrite | kFast,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(log N) for each id, in the number of pending entries.",
     .summary = "Makes a consumer the owner of entries that are pending for another one.",
     .keys = kUpdateKey,
     .arguments = kXclaimArguments,
     .tips = kNondeterministicOutput},
    {.name = "xgroup",
     .arity = -2,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "Depends on the subcommand.",
     .summary = "A container for commands on groups of consumers.",
     .subcommands = kXgroupCommands},
    {.name = "xinfo",
     .arity = -2,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "Depends on the subcommand.",
     .summary = "A container for commands that describe streams.",
     .subcommands = kXinfoCommands},
    {.name = "xnack",
     .handler = XnackCommand,
     .arity = -7,
     .flags = kWrite | kFast,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "8.8.0",
     .complexity = "O(log N) for each id, in the number of pending entries.",
     .summary = "Gives pending entries back to their group, for any consumer to claim.",
     .keys = kUpdateKey,
     .arguments = kXnackArguments},
    {.name = "xpending",
     .handler = XpendingCommand,
     .arity = -3,
     .flags = kReadonly,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(log N + M) for M rows; O(N) in the number of consumers without a range.",
     .summary = "Shows what is pending in a group.",
     .keys = kReadKey,
     .arguments = kXpendingArguments,
     .history = kXpendingHistory,
     .tips = kNondeterministicOutput},
    {.name = "xreadgroup",
     .handler = XreadgroupCommand,
     .arity = -7,
     .flags = kWrite | kBlocking | kMovableKeys,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(M) in the number of entries returned.",
     .summary = "Gives a consumer entries that its group was not given yet, waiting for some if "
                "there are none, or shows what is pending for it.",
     .keys = kKeysBehindStreams,
     .arguments = kXreadgroupArguments,
     .history = kXreadgroupHistory},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> StreamGroupCommandSpecs() {
  return kCommands;
}

}  // namespace kv
