// The commands on HyperLogLogs, as data. Handlers: hyperloglog_commands.cc.
#include "kv/commands/hyperloglog_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kAddKey[] = {KeySpec::Range(kKeyRW | kKeyInsert, 1)};
// Counting may change the cached cardinality.
constexpr KeySpec kCountKeys[] = {KeySpec::Range(kKeyRW | kKeyAccess, 1, -1)};
constexpr KeySpec kMergeKeys[] = {KeySpec::Range(kKeyRW | kKeyAccess | kKeyInsert, 1),
                                  KeySpec::Range(kKeyRO | kKeyAccess, 2, -1)};
constexpr KeySpec kDebugKey[] = {KeySpec::Range(kKeyRW | kKeyAccess, 2)};

constexpr Argument kAddArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "element", .flags = kOptional | kMultiple},
};
constexpr Argument kCountArguments[] = {
    {.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0}};
constexpr Argument kMergeArguments[] = {
    {.name = "destkey", .type = kKey, .key_spec = 0},
    {.name = "sourcekey", .type = kKey, .flags = kOptional | kMultiple, .key_spec = 1},
};
constexpr Argument kDebugArguments[] = {
    {.name = "subcommand"},
    {.name = "key", .type = kKey, .key_spec = 0},
};

constexpr CommandSpec kCommands[] = {
    {.name = "pfadd",
     .handler = PfaddCommand,
     .arity = -2,
     .flags = kWrite | kDenyOom | kFast,
     .acl_categories = kAclHyperLogLog,
     .group = CommandGroup::kHyperLogLog,
     .since = "2.8.9",
     .complexity = "O(1) for each element.",
     .summary = "Adds elements to a HyperLogLog, creating it if it is absent.",
     .keys = kAddKey,
     .arguments = kAddArguments},
    {.name = "pfcount",
     .handler = PfcountCommand,
     .arity = -2,
     .flags = kReadonly | kMayReplicate,
     .acl_categories = kAclHyperLogLog,
     .group = CommandGroup::kHyperLogLog,
     .since = "2.8.9",
     .complexity = "O(1) while nothing is added to a single key; O(N) in the number of keys.",
     .summary = "Estimates how many different elements one or more HyperLogLogs have together.",
     .keys = kCountKeys,
     .arguments = kCountArguments},
    {.name = "pfdebug",
     .handler = PfdebugCommand,
     .arity = 3,
     .flags = kWrite | kDenyOom | kAdmin,
     .acl_categories = kAclHyperLogLog,
     .group = CommandGroup::kHyperLogLog,
     .since = "2.8.9",
     .complexity = "O(1), as a HyperLogLog has a fixed number of registers.",
     .summary = "Shows or changes how a HyperLogLog is encoded.",
     .keys = kDebugKey,
     .arguments = kDebugArguments},
    {.name = "pfmerge",
     .handler = PfmergeCommand,
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclHyperLogLog,
     .group = CommandGroup::kHyperLogLog,
     .since = "2.8.9",
     .complexity = "O(N) in the number of keys.",
     .summary = "Adds to a HyperLogLog whatever was added to others.",
     .keys = kMergeKeys,
     .arguments = kMergeArguments},
    {.name = "pfselftest",
     .handler = PfselftestCommand,
     .arity = 1,
     .flags = kAdmin,
     .acl_categories = kAclHyperLogLog,
     .group = CommandGroup::kHyperLogLog,
     .since = "2.8.9",
     .complexity = "O(1)",
     .summary = "Checks the implementation of HyperLogLogs."},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> HyperLogLogCommandSpecs() {
  return kCommands;
}

}  // namespace kv
