// The commands of scripts as data. Handlers: script_commands.cc.
#include "kv/command/flush_mode.h"
#include "kv/command/help.h"
#include "kv/scripting/call_spec.h"
#include "kv/scripting/script_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr auto kEvalArguments = CallArguments("script");
constexpr auto kEvalshaArguments = CallArguments("sha1");

constexpr Argument kDebugModes[] = {
    {.name = "yes", .type = kPureToken, .token = "YES"},
    {.name = "sync", .type = kPureToken, .token = "SYNC"},
    {.name = "no", .type = kPureToken, .token = "NO"},
};
constexpr Argument kDebugArguments[] = {{.name = "mode", .type = kOneOf, .children = kDebugModes}};
constexpr Argument kDigests[] = {{.name = "sha1", .flags = kMultiple}};
constexpr Argument kDigest[] = {{.name = "sha1"}};
constexpr Argument kScript[] = {{.name = "script"}};

constexpr HistoryItem kFlushHistory[] = {{"6.2.0", "Knows `ASYNC` and `SYNC`."}};

constexpr std::string_view kExistsTips[] = {"request_policy:all_shards",
                                            "response_policy:agg_logical_and"};
constexpr std::string_view kAllNodesTips[] = {"request_policy:all_nodes",
                                              "response_policy:all_succeeded"};

constexpr CommandSpec kScriptSubcommands[] = {
    {.name = "debug",
     .handler = ScriptDebugCommand,
     .arity = 3,
     .flags = kNoScript,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "3.2.0",
     .complexity = "O(1)",
     .summary = "Has the scripts of this connection debugged, or not.",
     .arguments = kDebugArguments},
    {.name = "exists",
     .handler = ScriptExistsCommand,
     .arity = -3,
     .flags = kNoScript,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "2.6.0",
     .complexity = "O(N) in the number of digests.",
     .summary = "Tells which scripts are kept.",
     .arguments = kDigests,
     .tips = kExistsTips},
    {.name = "flush",
     .handler = ScriptFlushCommand,
     .arity = -2,
     .flags = kNoScript,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "2.6.0",
     .complexity = "O(N) in the number of scripts.",
     .summary = "Forgets all scripts.",
     .arguments = kFlushArguments,
     .history = kFlushHistory,
     .tips = kAllNodesTips},
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Lists the subcommands."},
    {.name = "kill",
     .handler = ScriptKillCommand,
     .arity = 2,
     .flags = kNoScript | kAllowBusy,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Ends the running script, unless it has changed data.",
     .tips = kKillTips},
    {.name = "load",
     .handler = ScriptLoadCommand,
     .arity = 3,
     .flags = kNoScript | kStale,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "2.6.0",
     .complexity = "O(N) in the length of the script.",
     .summary = "Keeps a script and returns its digest.",
     .arguments = kScript,
     .tips = kAllNodesTips},
    {.name = "show",
     .handler = ScriptShowCommand,
     .arity = 3,
     .flags = kNoScript,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "8.0.0",
     .complexity = "O(1)",
     .summary = "Returns the text of a script.",
     .arguments = kDigest},
};

constexpr CommandSpec kCommands[] = {
    CallSpec("eval", EvalCommand, "2.6.0", kEvalArguments, FlagsOfEval, "That of the script.",
             "Runs a script."),
    ReadOnlyCallSpec("eval_ro", EvalReadOnlyCommand, kEvalArguments, "That of the script.",
                     "Runs a script that only reads."),
    CallSpec("evalsha", EvalshaCommand, "2.6.0", kEvalshaArguments, FlagsOfEvalsha,
             "That of the script.", "Runs a script that is kept, by its digest."),
    ReadOnlyCallSpec("evalsha_ro", EvalshaReadOnlyCommand, kEvalshaArguments, "That of the script.",
                     "Runs a script that is kept and only reads, by its digest."),
    {.name = "script",
     .arity = -2,
     .group = CommandGroup::kScripting,
     .since = "2.6.0",
     .complexity = "Depends on the subcommand.",
     .summary = "Manages the scripts that are kept.",
     .subcommands = kScriptSubcommands},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> ScriptCommandSpecs() {
  return kCommands;
}

}  // namespace kv
