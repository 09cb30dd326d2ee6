// The commands on the entries of streams, as data. Handlers: stream_commands.cc and
// stream_read_commands.cc.
#include "kv/commands/stream_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kUpdateKey[] = {KeySpec::Range(kKeyRW | kKeyUpdate, 1)};
constexpr KeySpec kDeleteKey[] = {KeySpec::Range(kKeyRW | kKeyDelete, 1)};
constexpr KeySpec kReadKey[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1)};
constexpr KeySpec kLengthKey[] = {KeySpec::Range(kKeyRO, 1)};

// Keys behind STREAMS: the first half of what follows.
constexpr KeySpec kKeysBehindStreams[] = {{.flags = kKeyRO | kKeyAccess,
                                           .begin = KeySpec::Begin::kKeyword,
                                           .index = 1,
                                           .keyword = "STREAMS",
                                           .last = -1,
                                           .step = 1,
                                           .limit = 2}};

constexpr Argument kStrategies[] = {
    {.name = "maxlen", .type = kPureToken, .token = "MAXLEN"},
    {.name = "minid", .type = kPureToken, .token = "MINID"},
};
constexpr Argument kOperators[] = {
    {.name = "equal", .type = kPureToken, .token = "="},
    {.name = "approximately", .type = kPureToken, .token = "~"},
};
constexpr Argument kTrimArguments[] = {
    {.name = "strategy", .type = kOneOf, .children = kStrategies},
    {.name = "operator", .type = kOneOf, .flags = kOptional, .children = kOperators},
    {.name = "threshold"},
    {.name = "count", .type = kInteger, .token = "LIMIT", .flags = kOptional},
};
constexpr Argument kReferenceChoices[] = {
    {.name = "keepref", .type = kPureToken, .token = "KEEPREF"},
    {.name = "delref", .type = kPureToken, .token = "DELREF"},
    {.name = "acked", .type = kPureToken, .token = "ACKED"},
};
constexpr Argument kReferences = {
    .name = "condition", .type = kOneOf, .flags = kOptional, .children = kReferenceChoices};
constexpr Argument kIdSelectors[] = {
    {.name = "auto-id", .type = kPureToken, .token = "*"},
    {.name = "id"},
};
constexpr Argument kFieldAndValue[] = {{.name = "field"}, {.name = "value"}};
constexpr Argument kProducerArgument[] = {
    {.name = "idmpauto-token", .type = kPureToken, .token = "IDMPAUTO"},
    {.name = "pid"},
};
constexpr Argument kMessageArguments[] = {
    {.name = "idmp-token", .type = kPureToken, .token = "IDMP"},
    {.name = "pid"},
    {.name = "iid"},
};
constexpr Argument kMessageChoices[] = {
    {.name = "idmpauto-with-pid", .type = kBlock, .children = kProducerArgument},
    {.name = "idmp-with-pid-iid", .type = kBlock, .children = kMessageArguments},
};
constexpr Argument kXaddArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "nomkstream", .type = kPureToken, .token = "NOMKSTREAM", .flags = kOptional},
    kReferences,
    {.name = "idmp", .type = kOneOf, .flags = kOptional, .children = kMessageChoices},
    {.name = "trim", .type = kBlock, .flags = kOptional, .children = kTrimArguments},
    {.name = "id-selector", .type = kOneOf, .children = kIdSelectors},
    {.name = "data", .type = kBlock, .flags = kMultiple, .children = kFieldAndValue},
};
constexpr HistoryItem kXaddHistory[] = {
    {"6.2.0", "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option."},
    {"7.0.0", "Added support for the `<ms>-*` explicit ID form."},
    {"8.2.0", "Added the `KEEPREF`, `DELREF` and `ACKED` options."},
    {"8.6.0", "Added the `IDMP` and `IDMPAUTO` options."},
};

constexpr Argument kXcfgsetArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "idmp-duration", .type = kInteger, .token = "IDMP-DURATION", .flags = kOptional},
    {.name = "idmp-maxsize", .type = kInteger, .token = "IDMP-MAXSIZE", .flags = kOptional},
    {.name = "milliseconds", .type = kInteger, .token = "RETENTION", .flags = kOptional},
};
constexpr Argument kXidmprecordArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "pid"},
    {.name = "iid"},
    {.name = "stream-id"},
};

constexpr Argument kXdelArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "id", .flags = kMultiple},
};
constexpr Argument kKeyArgument[] = {{.name = "key", .type = kKey, .key_spec = 0}};

constexpr Argument kCountArgument = {
    .name = "count", .type = kInteger, .token = "COUNT", .flags = kOptional};
constexpr Argument kXrangeArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "start"},
    {.name = "end"},
    kCountArgument,
};
constexpr Argument kXrevrangeArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "end"},
    {.name = "start"},
    kCountArgument,
};
constexpr HistoryItem kRangeHistory[] = {{"6.2.0", "Added exclusive ranges."}};

constexpr Argument kStreamsArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0},
    {.name = "id", .flags = kMultiple},
};
constexpr Argument kXreadArguments[] = {
    kCountArgument,
    {.name = "maxcount", .type = kInteger, .token = "MAXCOUNT", .flags = kOptional},
    {.name = "maxsize", .type = kInteger, .token = "MAXSIZE", .flags = kOptional},
    {.name = "milliseconds", .type = kInteger, .token = "BLOCK", .flags = kOptional},
    {.name = "streams", .type = kBlock, .token = "STREAMS", .children = kStreamsArguments},
};

constexpr HistoryItem kXreadHistory[] = {{"8.10.0", "Added the `MAXCOUNT` and `MAXSIZE` options."}};

constexpr Argument kXsetidArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "last-id"},
    {.name = "entries-added", .type = kInteger, .token = "ENTRIESADDED", .flags = kOptional},
    {.name = "max-deleted-id", .token = "MAXDELETEDID", .flags = kOptional},
};
constexpr HistoryItem kXsetidHistory[] = {
    {"7.0.0", "Added the `entries_added` and `max_deleted_entry_id` arguments."}};

constexpr Argument kXtrimArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "trim", .type = kBlock, .children = kTrimArguments},
    kReferences,
};
constexpr Argument kIdsBlock[] = {
    {.name = "numids", .type = kInteger},
    {.name = "id", .flags = kMultiple},
};
constexpr Argument kXdelexArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    kReferences,
    {.name = "ids", .type = kBlock, .token = "IDS", .children = kIdsBlock},
};
constexpr HistoryItem kXtrimHistory[] = {
    {"6.2.0", "Added the `MINID` trimming strategy and the `LIMIT` option."},
    {"8.2.0", "Added the `KEEPREF`, `DELREF` and `ACKED` options."}};

constexpr std::string_view kNondeterministicOutput[] = {"nondeterministic_output"};

constexpr CommandSpec kCommands[] = {
    {.name = "xadd",
     .handler = XaddCommand,
     .arity = -5,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(1) for each entry added, O(N) for the N entries that trimming removes.",
     .summary = "Adds an entry to the end of a stream, creating it if it is absent.",
     .keys = kUpdateKey,
     .arguments = kXaddArguments,
     .history = kXaddHistory,
     .tips = kNondeterministicOutput},
    {.name = "xcfgset",
     .handler = XcfgsetCommand,
     .arity = -2,
     .flags = kWrite | kFast,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "8.6.0",
     .complexity = "O(1)",
     .summary = "Sets how long a stream remembers the messages of producers and keeps entries.",
     .keys = kUpdateKey,
     .arguments = kXcfgsetArguments},
    {.name = "xdel",
     .handler = XdelCommand,
     .arity = -3,
     .flags = kWrite | kFast,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(1) for each entry, whatever the size of the stream.",
     .summary = "Removes entries from a stream and returns how many there were.",
     .keys = kDeleteKey,
     .arguments = kXdelArguments},
    {.name = "xdelex",
     .handler = XdelexCommand,
     .arity = -5,
     .flags = kWrite | kFast,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "8.2.0",
     .complexity = "O(1) for each entry, whatever the size of the stream.",
     .summary = "Removes entries from a stream, and says what becomes of them in groups.",
     .keys = kDeleteKey,
     .arguments = kXdelexArguments},
    {.name = "xidmprecord",
     .handler = XidmprecordCommand,
     .arity = 5,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "8.8.0",
     .complexity = "O(1)",
     .summary = "Records which message of a producer an entry was; for replication.",
     .keys = kUpdateKey,
     .arguments = kXidmprecordArguments},
    {.name = "xlen",
     .handler = XlenCommand,
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Returns how many entries a stream has.",
     .keys = kLengthKey,
     .arguments = kKeyArgument},
    {.name = "xrange",
     .handler = XrangeCommand,
     .arity = -4,
     .flags = kReadonly,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(N) in the number of entries returned.",
     .summary = "Returns the entries of a stream whose ids lie in a range.",
     .keys = kReadKey,
     .arguments = kXrangeArguments,
     .history = kRangeHistory},
    {.name = "xread",
     .handler = XreadCommand,
     .arity = -4,
     .flags = kReadonly | kBlocking | kMovableKeys,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(N) in the number of entries returned.",
     .summary = "Returns entries of streams behind given ids, waiting for some if there are none.",
     .keys = kKeysBehindStreams,
     .arguments = kXreadArguments,
     .history = kXreadHistory},
    {.name = "xrevrange",
     .handler = XrevrangeCommand,
     .arity = -4,
     .flags = kReadonly,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(N) in the number of entries returned.",
     .summary = "Returns the entries of a stream whose ids lie in a range, the last one first.",
     .keys = kReadKey,
     .arguments = kXrevrangeArguments,
     .history = kRangeHistory},
    {.name = "xsetid",
     .handler = XsetidCommand,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Sets the last id of a stream and its counters; for replication.",
     .keys = kUpdateKey,
     .arguments = kXsetidArguments,
     .history = kXsetidHistory},
    {.name = "xtrim",
     .handler = XtrimCommand,
     .arity = -4,
     .flags = kWrite,
     .acl_categories = kAclStream,
     .group = CommandGroup::kStream,
     .since = "5.0.0",
     .complexity = "O(N) in the number of entries removed, which go in whole nodes.",
     .summary = "Removes the first entries of a stream.",
     .keys = kDeleteKey,
     .arguments = kXtrimArguments,
     .history = kXtrimHistory,
     .tips = kNondeterministicOutput},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> StreamCommandSpecs() {
  return kCommands;
}

}  // namespace kv
