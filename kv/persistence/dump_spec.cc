// DUMP and RESTORE as data. Handlers: dump_commands.cc.
#include "kv/persistence/dump_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kDumpKeys[] = {
    KeySpec::Range(kKeyRO | kKeyAccess, 1),
};

constexpr Argument kDumpArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
};

constexpr std::string_view kDumpTips[] = {
    "nondeterministic_output",
};

constexpr KeySpec kRestoreKeys[] = {
    KeySpec::Range(kKeyOW | kKeyUpdate, 1),
};

constexpr Argument kRestoreArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "ttl", .type = kInteger},
    {.name = "serialized-value"},
    {.name = "replace", .type = kPureToken, .token = "REPLACE", .flags = kOptional},
    {.name = "absttl", .type = kPureToken, .token = "ABSTTL", .flags = kOptional},
    {.name = "seconds", .type = kInteger, .token = "IDLETIME", .flags = kOptional},
    {.name = "frequency", .type = kInteger, .token = "FREQ", .flags = kOptional},
};

constexpr HistoryItem kRestoreHistory[] = {
    {"3.0.0", "Knows `REPLACE`."},
    {"5.0.0", "Knows `ABSTTL`, `IDLETIME` and `FREQ`."},
};

constexpr CommandSpec kCommands[] = {
    {.name = "dump",
     .handler = DumpCommand,
     .arity = 2,
     .flags = kReadonly,
     .acl_categories = kAclKeyspace,
     .group = CommandGroup::kGeneric,
     .since = "2.6.0",
     .complexity = "O(N) in the size of the value.",
     .summary = "Returns the value of a key as bytes that RESTORE reads.",
     .keys = kDumpKeys,
     .arguments = kDumpArguments,
     .tips = kDumpTips},
    {.name = "restore",
     .handler = RestoreCommand,
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclKeyspace | kAclDangerous,
     .group = CommandGroup::kGeneric,
     .since = "2.6.0",
     .complexity = "O(N) in the size of the value; O(N*log(N)) for a sorted set.",
     .summary = "Makes a key of bytes that DUMP returned.",
     .keys = kRestoreKeys,
     .arguments = kRestoreArguments,
     .history = kRestoreHistory},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> DumpCommandSpecs() {
  return kCommands;
}

}  // namespace kv
