// The commands on bitmaps, as data. Handlers: bitmap_commands.cc, bitfield_commands.cc.
#include "kv/base/text.h"
#include "kv/commands/bitmap_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kReadKey[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1)};
constexpr KeySpec kChangeKey[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyUpdate, 1)};
constexpr KeySpec kMayChangeKey[] = {
    KeySpec::Range(kKeyRW | kKeyAccess | kKeyUpdate | kKeyVariableFlags, 1)};
constexpr KeySpec kCombineKeys[] = {KeySpec::Range(kKeyOW | kKeyUpdate, 2),
                                    KeySpec::Range(kKeyRO | kKeyAccess, 3, -1)};

constexpr Argument kKeyArgument{.name = "key", .type = kKey, .key_spec = 0};
constexpr Argument kUnits[] = {{.name = "byte", .type = kPureToken, .token = "BYTE"},
                               {.name = "bit", .type = kPureToken, .token = "BIT"}};
constexpr Argument kUnit{.name = "unit", .type = kOneOf, .flags = kOptional, .children = kUnits};
constexpr Argument kEndAndUnit[] = {{.name = "end", .type = kInteger}, kUnit};
constexpr Argument kOptionalEnd{
    .name = "end-unit-block", .type = kBlock, .flags = kOptional, .children = kEndAndUnit};
constexpr Argument kStartAndEnd[] = {{.name = "start", .type = kInteger}, kOptionalEnd};
constexpr Argument kOptionalRange{
    .name = "range", .type = kBlock, .flags = kOptional, .children = kStartAndEnd};

constexpr Argument kBitcountArguments[] = {kKeyArgument, kOptionalRange};
constexpr Argument kBitposArguments[] = {
    kKeyArgument, {.name = "bit", .type = kInteger}, kOptionalRange};
constexpr Argument kGetbitArguments[] = {kKeyArgument, {.name = "offset", .type = kInteger}};
constexpr Argument kSetbitArguments[] = {
    kKeyArgument, {.name = "offset", .type = kInteger}, {.name = "value", .type = kInteger}};

constexpr Argument kOperations[] = {
    {.name = "and", .type = kPureToken, .token = "AND"},
    {.name = "or", .type = kPureToken, .token = "OR"},
    {.name = "xor", .type = kPureToken, .token = "XOR"},
    {.name = "not", .type = kPureToken, .token = "NOT"},
    {.name = "diff", .type = kPureToken, .token = "DIFF"},
    {.name = "diff1", .type = kPureToken, .token = "DIFF1"},
    {.name = "andor", .type = kPureToken, .token = "ANDOR"},
    {.name = "one", .type = kPureToken, .token = "ONE"},
};
constexpr Argument kBitopArguments[] = {
    {.name = "operation", .type = kOneOf, .children = kOperations},
    {.name = "destkey", .type = kKey, .key_spec = 0},
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 1},
};

constexpr Argument kField[] = {{.name = "encoding"}, {.name = "offset", .type = kInteger}};
constexpr Argument kFieldAndValue[] = {{.name = "encoding"},
                                       {.name = "offset", .type = kInteger},
                                       {.name = "value", .type = kInteger}};
constexpr Argument kFieldAndIncrement[] = {{.name = "encoding"},
                                           {.name = "offset", .type = kInteger},
                                           {.name = "increment", .type = kInteger}};
constexpr Argument kOverflows[] = {{.name = "wrap", .type = kPureToken, .token = "WRAP"},
                                   {.name = "sat", .type = kPureToken, .token = "SAT"},
                                   {.name = "fail", .type = kPureToken, .token = "FAIL"}};
constexpr Argument kWriteOperations[] = {
    {.name = "set-block", .type = kBlock, .token = "SET", .children = kFieldAndValue},
    {.name = "incrby-block", .type = kBlock, .token = "INCRBY", .children = kFieldAndIncrement},
};
constexpr Argument kWriteBlock[] = {
    {.name = "overflow-block",
     .type = kOneOf,
     .token = "OVERFLOW",
     .flags = kOptional,
     .children = kOverflows},
    {.name = "write-operation", .type = kOneOf, .children = kWriteOperations},
};
constexpr Argument kFieldOperations[] = {
    {.name = "get-block", .type = kBlock, .token = "GET", .children = kField},
    {.name = "write", .type = kBlock, .children = kWriteBlock},
};
constexpr Argument kBitfieldArguments[] = {
    kKeyArgument,
    {.name = "operation",
     .type = kOneOf,
     .flags = kOptional | kMultiple,
     .children = kFieldOperations},
};
constexpr Argument kBitfieldRoArguments[] = {
    kKeyArgument,
    {.name = "get-block",
     .type = kBlock,
     .token = "GET",
     .flags = kOptional | kMultiple | kMultipleToken,
     .children = kField},
};

constexpr HistoryItem kBitcountHistory[] = {{"7.0.0", "Added BYTE and BIT."},
                                            {"8.0.0", "The end may be left out."}};
constexpr HistoryItem kBitposHistory[] = {{"7.0.0", "Added BYTE and BIT."}};
constexpr HistoryItem kBitopHistory[] = {{"8.2.0", "Added DIFF, DIFF1, ANDOR and ONE."}};

// A call that only gets leaves the key alone.
uint16_t KeyFlagsOfBitfield(std::span<const std::string_view> args) {
  for (size_t i = 2; i < args.size(); ++i) {
    if (EqualsIgnoreCase(args[i], "set") || EqualsIgnoreCase(args[i], "incrby")) {
      return kKeyRW | kKeyAccess | kKeyUpdate;
    }
  }
  return kKeyRO | kKeyAccess;
}

constexpr CommandSpec kCommands[] = {
    {.name = "bitcount",
     .handler = BitcountCommand,
     .arity = -2,
     .flags = kReadonly,
     .acl_categories = kAclBitmap,
     .group = CommandGroup::kBitmap,
     .since = "2.6.0",
     .complexity = "O(N) in the number of bytes looked at.",
     .summary = "Counts the set bits of a string, or of a part of it.",
     .keys = kReadKey,
     .arguments = kBitcountArguments,
     .history = kBitcountHistory},
    {.name = "bitfield",
     .handler = BitfieldCommand,
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclBitmap,
     .group = CommandGroup::kBitmap,
     .since = "3.2.0",
     .complexity = "O(1) for each operation.",
     .summary = "Reads, sets and increments integers of any width inside a string.",
     .keys = kMayChangeKey,
     .arguments = kBitfieldArguments,
     .key_flags = KeyFlagsOfBitfield},
    {.name = "bitfield_ro",
     .handler = BitfieldRoCommand,
     .arity = -2,
     .flags = kReadonly | kFast,
     .acl_categories = kAclBitmap,
     .group = CommandGroup::kBitmap,
     .since = "6.0.0",
     .complexity = "O(1) for each operation.",
     .summary = "Reads integers of any width inside a string.",
     .keys = kReadKey,
     .arguments = kBitfieldRoArguments},
    {.name = "bitop",
     .handler = BitopCommand,
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclBitmap,
     .group = CommandGroup::kBitmap,
     .since = "2.6.0",
     .complexity = "O(N) in the bytes of all strings.",
     .summary = "Combines strings bit by bit and stores the result.",
     .keys = kCombineKeys,
     .arguments = kBitopArguments,
     .history = kBitopHistory},
    {.name = "bitpos",
     .handler = BitposCommand,
     .arity = -3,
     .flags = kReadonly,
     .acl_categories = kAclBitmap,
     .group = CommandGroup::kBitmap,
     .since = "2.8.7",
     .complexity = "O(N) in the number of bytes looked at.",
     .summary = "Finds the first bit that is set, or clear, in a string or a part of it.",
     .keys = kReadKey,
     .arguments = kBitposArguments,
     .history = kBitposHistory},
    {.name = "getbit",
     .handler = GetbitCommand,
     .arity = 3,
     .flags = kReadonly | kFast,
     .acl_categories = kAclBitmap,
     .group = CommandGroup::kBitmap,
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Returns one bit of a string.",
     .keys = kReadKey,
     .arguments = kGetbitArguments},
    {.name = "setbit",
     .handler = SetbitCommand,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclBitmap,
     .group = CommandGroup::kBitmap,
     .since = "2.2.0",
     .complexity = "O(1), but for the growth of the string.",
     .summary = "Sets or clears one bit of a string and returns what it was.",
     .keys = kChangeKey,
     .arguments = kSetbitArguments},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> BitmapCommandSpecs() {
  return kCommands;
}

}  // namespace kv
