// The commands on strings, as data. Handlers: string_commands.cc, counter_commands.cc.
#include "kv/commands/string_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr int8_t Id(StringOption option) {
  return static_cast<int8_t>(option);
}

constexpr KeySpec kReadKey[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1)};
constexpr KeySpec kReadKeys[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1, -1)};
constexpr KeySpec kReadTwoKeys[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1, 1)};
constexpr KeySpec kReadSize[] = {KeySpec::Range(kKeyRO, 1)};
constexpr KeySpec kUpdateKey[] = {KeySpec::Range(kKeyRW | kKeyUpdate, 1)};
constexpr KeySpec kInsertKey[] = {KeySpec::Range(kKeyRW | kKeyInsert, 1)};
constexpr KeySpec kCountKey[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyUpdate, 1)};
constexpr KeySpec kReplaceAndReadKey[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyUpdate, 1)};
constexpr KeySpec kSetKey[] = {
    KeySpec::Range(kKeyRW | kKeyAccess | kKeyUpdate | kKeyVariableFlags, 1)};
constexpr KeySpec kOverwriteKey[] = {KeySpec::Range(kKeyOW | kKeyUpdate, 1)};
constexpr KeySpec kOverwriteKeys[] = {KeySpec::Range(kKeyOW | kKeyUpdate, 1, -1, 2)};
constexpr KeySpec kInsertOnlyKey[] = {KeySpec::Range(kKeyOW | kKeyInsert, 1)};
constexpr KeySpec kInsertOnlyKeys[] = {KeySpec::Range(kKeyOW | kKeyInsert, 1, -1, 2)};
constexpr KeySpec kCountedPairs[] = {KeySpec::Counted(kKeyOW | kKeyUpdate, 1, 2)};
constexpr KeySpec kReadAndDeleteKey[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyDelete, 1)};
constexpr KeySpec kDeleteIfKey[] = {KeySpec::Range(kKeyRW | kKeyDelete | kKeyVariableFlags, 1)};

constexpr Argument kKeyArgument{.name = "key", .type = kKey, .key_spec = 0};
constexpr Argument kValueArgument{.name = "value"};

constexpr Argument kKeyOnly[] = {kKeyArgument};
constexpr Argument kKeyAndValue[] = {kKeyArgument, kValueArgument};
constexpr Argument kKeyList[] = {{.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0}};
constexpr Argument kKeyAndIncrement[] = {kKeyArgument, {.name = "increment", .type = kInteger}};
constexpr Argument kKeyAndFloat[] = {kKeyArgument, {.name = "increment", .type = kDouble}};
constexpr Argument kKeyAndDecrement[] = {kKeyArgument, {.name = "decrement", .type = kInteger}};
constexpr Argument kKeyAndRange[] = {
    kKeyArgument, {.name = "start", .type = kInteger}, {.name = "end", .type = kInteger}};
constexpr Argument kSetrangeArguments[] = {
    kKeyArgument, {.name = "offset", .type = kInteger}, kValueArgument};
constexpr Argument kSetexArguments[] = {
    kKeyArgument, {.name = "seconds", .type = kInteger}, kValueArgument};
constexpr Argument kPsetexArguments[] = {
    kKeyArgument, {.name = "milliseconds", .type = kInteger}, kValueArgument};

constexpr Argument kSeconds{
    .name = "seconds", .type = kInteger, .token = "EX", .id = Id(StringOption::kEx)};
constexpr Argument kMilliseconds{
    .name = "milliseconds", .type = kInteger, .token = "PX", .id = Id(StringOption::kPx)};
constexpr Argument kUnixSeconds{
    .name = "unix-time-seconds", .type = kUnixTime, .token = "EXAT", .id = Id(StringOption::kExAt)};
constexpr Argument kUnixMilliseconds{.name = "unix-time-milliseconds",
                                     .type = kUnixTime,
                                     .token = "PXAT",
                                     .id = Id(StringOption::kPxAt)};
constexpr Argument kKeepTtlToken{
    .name = "keepttl", .type = kPureToken, .token = "KEEPTTL", .id = Id(StringOption::kKeepTtl)};
constexpr Argument kPersistToken{
    .name = "persist", .type = kPureToken, .token = "PERSIST", .id = Id(StringOption::kPersist)};
constexpr Argument kNxToken{
    .name = "nx", .type = kPureToken, .token = "NX", .id = Id(StringOption::kNx)};
constexpr Argument kXxToken{
    .name = "xx", .type = kPureToken, .token = "XX", .id = Id(StringOption::kXx)};

constexpr Argument kExpireOrKeep[] = {kSeconds, kMilliseconds, kUnixSeconds, kUnixMilliseconds,
                                      kKeepTtlToken};
constexpr Argument kExpireOrPersist[] = {kSeconds, kMilliseconds, kUnixSeconds, kUnixMilliseconds,
                                         kPersistToken};

constexpr Argument kIfEq{.name = "ifeq-value", .token = "IFEQ", .id = Id(StringOption::kIfEq)};
constexpr Argument kIfNe{.name = "ifne-value", .token = "IFNE", .id = Id(StringOption::kIfNe)};
constexpr Argument kIfDeq{.name = "ifdeq-digest", .token = "IFDEQ", .id = Id(StringOption::kIfDeq)};
constexpr Argument kIfDne{.name = "ifdne-digest", .token = "IFDNE", .id = Id(StringOption::kIfDne)};
constexpr Argument kExistence[] = {kNxToken, kXxToken};
constexpr Argument kComparison[] = {kIfEq, kIfNe, kIfDeq, kIfDne};
constexpr Argument kSetCondition[] = {kNxToken, kXxToken, kIfEq, kIfNe, kIfDeq, kIfDne};

constexpr Argument kSetArguments[] = {
    kKeyArgument,
    kValueArgument,
    {.name = "condition", .type = kOneOf, .flags = kOptional, .children = kSetCondition},
    {.name = "get",
     .type = kPureToken,
     .token = "GET",
     .flags = kOptional,
     .id = Id(StringOption::kGet)},
    {.name = "expiration", .type = kOneOf, .flags = kOptional, .children = kExpireOrKeep},
};
constexpr Argument kGetexArguments[] = {
    kKeyArgument,
    {.name = "expiration", .type = kOneOf, .flags = kOptional, .children = kExpireOrPersist},
};
constexpr Argument kDelexArguments[] = {
    kKeyArgument,
    {.name = "condition", .type = kOneOf, .flags = kOptional, .children = kComparison},
};
constexpr Argument kPair[] = {kKeyArgument, kValueArgument};
constexpr Argument kMsetArguments[] = {
    {.name = "data", .type = kBlock, .flags = kMultiple, .children = kPair}};
constexpr Argument kMsetexArguments[] = {
    {.name = "numkeys", .type = kInteger},
    {.name = "data", .type = kBlock, .flags = kMultiple, .children = kPair},
    {.name = "condition", .type = kOneOf, .flags = kOptional, .children = kExistence},
    {.name = "expiration", .type = kOneOf, .flags = kOptional, .children = kExpireOrKeep},
};
constexpr Argument kIncrement[] = {
    {.name = "float", .type = kDouble, .token = "BYFLOAT", .id = Id(StringOption::kByFloat)},
    {.name = "integer", .type = kInteger, .token = "BYINT", .id = Id(StringOption::kByInt)},
};
// PERSIST and ENX exclude each other, but ENX goes with any of the expirations.
constexpr Argument kIncrexArguments[] = {
    kKeyArgument,
    {.name = "condition", .type = kOneOf, .flags = kOptional, .children = kExistence},
    {.name = "increment", .type = kOneOf, .flags = kOptional, .children = kIncrement},
    {.name = "saturate",
     .type = kPureToken,
     .token = "SATURATE",
     .flags = kOptional,
     .id = Id(StringOption::kSaturate)},
    {.name = "lowerbound",
     .token = "LBOUND",
     .flags = kOptional,
     .id = Id(StringOption::kLowerBound)},
    {.name = "upperbound",
     .token = "UBOUND",
     .flags = kOptional,
     .id = Id(StringOption::kUpperBound)},
    {.name = "expiration", .type = kOneOf, .flags = kOptional, .children = kExpireOrPersist},
    {.name = "enx",
     .type = kPureToken,
     .token = "ENX",
     .flags = kOptional,
     .id = Id(StringOption::kEnx)},
};
constexpr Argument kDelifeqArguments[] = {kKeyArgument, kValueArgument};
constexpr Argument kLcsArguments[] = {
    {.name = "key1", .type = kKey, .key_spec = 0},
    {.name = "key2", .type = kKey, .key_spec = 0},
    {.name = "len",
     .type = kPureToken,
     .token = "LEN",
     .flags = kOptional,
     .id = Id(StringOption::kLen)},
    {.name = "idx",
     .type = kPureToken,
     .token = "IDX",
     .flags = kOptional,
     .id = Id(StringOption::kIdx)},
    {.name = "min-match-len",
     .type = kInteger,
     .token = "MINMATCHLEN",
     .flags = kOptional,
     .id = Id(StringOption::kMinMatchLen)},
    {.name = "withmatchlen",
     .type = kPureToken,
     .token = "WITHMATCHLEN",
     .flags = kOptional,
     .id = Id(StringOption::kWithMatchLen)},
};

constexpr HistoryItem kSetHistory[] = {
    {"2.6.12", "Added EX, PX, NX and XX."},          {"6.0.0", "Added KEEPTTL."},
    {"6.2.0", "Added GET, EXAT and PXAT."},          {"7.0.0", "NX and GET may be used together."},
    {"8.4.0", "Added IFEQ, IFNE, IFDEQ and IFDNE."},
};

// With GET, or with a comparison, SET reads the key.
uint16_t KeyFlagsOfSet(ArgSpan args) {
  for (size_t i = 3; i < args.size(); ++i) {
    for (const std::string_view reads : {"get", "ifeq", "ifne", "ifdeq", "ifdne"}) {
      if (EqualsIgnoreCase(args[i], reads)) return kKeyRW | kKeyAccess | kKeyUpdate;
    }
  }
  return kKeyOW | kKeyUpdate;
}

// Without a condition DELEX only removes.
uint16_t KeyFlagsOfDelex(ArgSpan args) {
  return args.size() > 2 ? kKeyRW | kKeyDelete : kKeyRM | kKeyDelete;
}

constexpr CommandSpec kCommands[] = {
    {.name = "append",
     .handler = AppendCommand,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "2.0.0",
     .complexity = "O(1) amortized, since the room a string gets doubles as it grows.",
     .summary = "Adds bytes to the end of a string, creating it if it is absent.",
     .keys = kInsertKey,
     .arguments = kKeyAndValue},
    {.name = "decr",
     .handler = DecrCommand,
     .arity = 2,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Subtracts one from the integer at a key, which counts as 0 if it is absent.",
     .keys = kCountKey,
     .arguments = kKeyOnly},
    {.name = "decrby",
     .handler = DecrbyCommand,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Subtracts a number from the integer at a key, 0 if it is absent.",
     .keys = kCountKey,
     .arguments = kKeyAndDecrement},
    {.name = "delex",
     .handler = DelexCommand,
     .arity = -2,
     .flags = kWrite | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "8.4.0",
     .complexity = "O(1); O(N) in the length of the string to compare digests.",
     .summary = "Deletes a key if its string compares as asked with a value or a digest.",
     .keys = kDeleteIfKey,
     .arguments = kDelexArguments,
     .key_flags = KeyFlagsOfDelex},
    {.name = "delifeq",
     .handler = DelifeqCommand,
     .arity = 3,
     .flags = kWrite | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "9.0.0",
     .complexity = "O(1)",
     .summary = "Deletes a key if its string equals the given one.",
     .keys = kDeleteIfKey,
     .arguments = kDelifeqArguments},
    {.name = "digest",
     .handler = DigestCommand,
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "8.4.0",
     .complexity = "O(N) in the length of the string.",
     .summary = "Returns the XXH3 digest of a string in hexadecimal digits.",
     .keys = kReadKey,
     .arguments = kKeyOnly},
    {.name = "get",
     .handler = GetCommand,
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Returns the string at a key.",
     .keys = kReadKey,
     .arguments = kKeyOnly},
    {.name = "getdel",
     .handler = GetdelCommand,
     .arity = 2,
     .flags = kWrite | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Returns the string at a key and deletes the key.",
     .keys = kReadAndDeleteKey,
     .arguments = kKeyOnly},
    {.name = "getex",
     .handler = GetexCommand,
     .arity = -2,
     .flags = kWrite | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Returns the string at a key and sets or removes its time to live.",
     .keys = kReplaceAndReadKey,
     .arguments = kGetexArguments},
    {.name = "getpxt",
     .handler = GetpxtCommand,
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "9.0.0",
     .complexity = "O(1)",
     .summary =
         "Returns the string at a key and the Unix time in milliseconds at which it expires.",
     .keys = kReadKey,
     .arguments = kKeyOnly},
    {.name = "getrange",
     .handler = GetrangeCommand,
     .arity = 4,
     .flags = kReadonly,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "2.4.0",
     .complexity = "O(N) in the number of bytes returned.",
     .summary = "Returns a part of a string, from one position to another.",
     .keys = kReadKey,
     .arguments = kKeyAndRange},
    {.name = "getset",
     .handler = GetsetCommand,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Replaces the string at a key and returns the former one.",
     .keys = kReplaceAndReadKey,
     .arguments = kKeyAndValue,
     .deprecated_since = "6.2.0",
     .replaced_by = "`SET` with the `GET` option"},
    {.name = "incr",
     .handler = IncrCommand,
     .arity = 2,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Adds one to the integer at a key, which counts as 0 if it is absent.",
     .keys = kCountKey,
     .arguments = kKeyOnly},
    {.name = "incrby",
     .handler = IncrbyCommand,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Adds a number to the integer at a key, 0 if it is absent.",
     .keys = kCountKey,
     .arguments = kKeyAndIncrement},
    {.name = "incrbyfloat",
     .handler = IncrbyfloatCommand,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Adds a floating-point number to the number at a key, 0 if it is absent.",
     .keys = kCountKey,
     .arguments = kKeyAndFloat},
    {.name = "increx",
     .handler = IncrexCommand,
     .arity = -2,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "8.8.0",
     .complexity = "O(1)",
     .summary = "Adds to the number at a key within bounds, and sets its time to live.",
     .keys = kCountKey,
     .arguments = kIncrexArguments},
    {.name = "lcs",
     .handler = LcsCommand,
     .arity = -3,
     .flags = kReadonly,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "7.0.0",
     .complexity = "O(N*M) in the lengths of the two strings.",
     .summary = "Finds the longest subsequence that two strings have in common.",
     .keys = kReadTwoKeys,
     .arguments = kLcsArguments},
    {.name = "mget",
     .handler = MgetCommand,
     .arity = -2,
     .flags = kReadonly | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "1.0.0",
     .complexity = "O(N) in the number of keys.",
     .summary = "Returns the strings at several keys.",
     .keys = kReadKeys,
     .arguments = kKeyList},
    {.name = "mgetpxt",
     .handler = MgetpxtCommand,
     .arity = -2,
     .flags = kReadonly | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "9.0.0",
     .complexity = "O(N) in the number of keys.",
     .summary = "Returns the strings at several keys and the times at which they expire.",
     .keys = kReadKeys,
     .arguments = kKeyList},
    {.name = "mset",
     .handler = MsetCommand,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "1.0.1",
     .complexity = "O(N) in the number of keys.",
     .summary = "Sets several keys to their strings, all at once.",
     .keys = kOverwriteKeys,
     .arguments = kMsetArguments},
    {.name = "msetex",
     .handler = MsetexCommand,
     .arity = -4,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "8.4.0",
     .complexity = "O(N) in the number of keys.",
     .summary = "Sets several keys, all or none, with one time to live for all.",
     .keys = kCountedPairs,
     .arguments = kMsetexArguments},
    {.name = "msetnx",
     .handler = MsetnxCommand,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "1.0.1",
     .complexity = "O(N) in the number of keys.",
     .summary = "Sets several keys to their strings, unless any of them exists.",
     .keys = kInsertOnlyKeys,
     .arguments = kMsetArguments},
    {.name = "psetex",
     .handler = PsetexCommand,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Sets a string with a time to live in milliseconds.",
     .keys = kOverwriteKey,
     .arguments = kPsetexArguments,
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with the `PX` option"},
    {.name = "set",
     .handler = SetCommand,
     .arity = -3,
     .flags = kWrite | kDenyOom | kBrief,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Sets the string at a key, whatever it held before.",
     .keys = kSetKey,
     .arguments = kSetArguments,
     .history = kSetHistory,
     .key_flags = KeyFlagsOfSet},
    {.name = "setex",
     .handler = SetexCommand,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Sets a string with a time to live in seconds.",
     .keys = kOverwriteKey,
     .arguments = kSetexArguments,
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with the `EX` option"},
    {.name = "setnx",
     .handler = SetnxCommand,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Sets the string at a key that does not exist yet.",
     .keys = kInsertOnlyKey,
     .arguments = kKeyAndValue,
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with the `NX` option"},
    {.name = "setrange",
     .handler = SetrangeCommand,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "2.2.0",
     .complexity = "O(N) in the number of bytes written.",
     .summary = "Overwrites a part of a string from a position on, with zero bytes before it "
                "if it was shorter.",
     .keys = kUpdateKey,
     .arguments = kSetrangeArguments},
    {.name = "strlen",
     .handler = StrlenCommand,
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Returns the length of a string in bytes.",
     .keys = kReadSize,
     .arguments = kKeyOnly},
    {.name = "substr",
     .handler = GetrangeCommand,
     .arity = 4,
     .flags = kReadonly,
     .acl_categories = kAclString,
     .group = CommandGroup::kString,
     .since = "1.0.0",
     .complexity = "O(N) in the number of bytes returned.",
     .summary = "Returns a part of a string, from one position to another.",
     .keys = kReadKey,
     .arguments = kKeyAndRange,
     .deprecated_since = "2.0.0",
     .replaced_by = "`GETRANGE`"},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> StringCommandSpecs() {
  return kCommands;
}

}  // namespace kv
