// The commands of transactions, as data. Handlers: transaction_commands.cc.
#include "kv/command/transaction_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr Argument kComparison[] = {{.name = "key", .type = kKey}, {.name = "value"}};
constexpr Argument kConditions[] = {
    {.name = "equal", .type = kBlock, .token = "IFEQ", .children = kComparison},
    {.name = "not-equal", .type = kBlock, .token = "IFNE", .children = kComparison},
    {.name = "existing", .type = kKey, .token = "XX"},
    {.name = "absent", .type = kKey, .token = "NX"}};
constexpr Argument kExecArguments[] = {
    {.name = "condition", .type = kOneOf, .flags = kOptional | kMultiple, .children = kConditions}};
constexpr Argument kKeys[] = {{.name = "key", .type = kKey, .flags = kMultiple, .key_spec = 0}};
constexpr KeySpec kAllKeys[] = {KeySpec::Range(kKeyRO, 1, -1)};

constexpr uint64_t kAlways = kNoScript | kLoading | kStale | kFast | kAllowBusy;

constexpr CommandSpec kTransactionCommands[] = {
    {.name = "multi",
     .handler = MultiCommand,
     .arity = 1,
     .flags = kAlways | kNotQueued,
     .acl_categories = kAclTransaction,
     .group = CommandGroup::kTransactions,
     .since = "1.2.0",
     .complexity = "O(1)",
     .summary = "Begins a transaction: what follows is queued until EXEC."},
    {.name = "exec",
     .handler = ExecCommand,
     .arity = -1,
     .flags = kNoScript | kLoading | kStale | kSkipSlowlog | kNotQueued | kRunsTransaction,
     .acl_categories = kAclTransaction,
     .group = CommandGroup::kTransactions,
     .since = "1.2.0",
     .complexity = "That of the queued commands",
     .summary = "Runs all queued commands as one.",
     .arguments = kExecArguments},
    {.name = "discard",
     .handler = DiscardCommand,
     .arity = 1,
     .flags = kAlways | kNotQueued,
     .acl_categories = kAclTransaction,
     .group = CommandGroup::kTransactions,
     .since = "2.0.0",
     .complexity = "O(N) for N queued commands and watched keys",
     .summary = "Drops all queued commands and ends the transaction."},
    {.name = "watch",
     .handler = WatchCommand,
     .arity = -2,
     .flags = kAlways | kNotQueued,
     .acl_categories = kAclTransaction,
     .group = CommandGroup::kTransactions,
     .since = "2.2.0",
     .complexity = "O(1) for each key",
     .summary = "Lets the next EXEC run only if these keys stay as they are.",
     .keys = kAllKeys,
     .arguments = kKeys},
    {.name = "unwatch",
     .handler = UnwatchCommand,
     .arity = 1,
     .flags = kAlways,
     .acl_categories = kAclTransaction,
     .group = CommandGroup::kTransactions,
     .since = "2.2.0",
     .complexity = "O(N) for N watched keys",
     .summary = "Forgets all watched keys."},
};
static_assert(IsConsistent(kTransactionCommands));

}  // namespace

std::span<const CommandSpec> TransactionCommandSpecs() {
  return kTransactionCommands;
}

}  // namespace kv
