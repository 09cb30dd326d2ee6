// The commands of functions as data. Handlers: function_commands.cc.
#include "kv/command/flush_mode.h"
#include "kv/command/help.h"
#include "kv/scripting/call_spec.h"
#include "kv/scripting/function_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr auto kFcallArguments = CallArguments("function");

constexpr Argument kLibraryName[] = {{.name = "library-name"}};
constexpr Argument kLoadArguments[] = {
    {.name = "replace", .type = kPureToken, .token = "REPLACE", .flags = kOptional},
    {.name = "function-code"},
};
constexpr Argument kListArguments[] = {
    {.name = "library-name-pattern", .token = "LIBRARYNAME", .flags = kOptional},
    {.name = "withcode", .type = kPureToken, .token = "WITHCODE", .flags = kOptional},
};
constexpr Argument kPolicies[] = {
    {.name = "flush", .type = kPureToken, .token = "FLUSH"},
    {.name = "append", .type = kPureToken, .token = "APPEND"},
    {.name = "replace", .type = kPureToken, .token = "REPLACE"},
};
constexpr Argument kRestoreArguments[] = {
    {.name = "serialized-value"},
    {.name = "policy", .type = kOneOf, .flags = kOptional, .children = kPolicies},
};

constexpr std::string_view kListTips[] = {"nondeterministic_output_order"};
constexpr std::string_view kStatsTips[] = {"nondeterministic_output", "request_policy:all_shards",
                                           "response_policy:special"};

constexpr CommandSpec kFunctionSubcommands[] = {
    {.name = "delete",
     .handler = FunctionDeleteCommand,
     .arity = 3,
     .flags = kNoScript | kWrite,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "7.0.0",
     .complexity = "O(N) in the number of its functions.",
     .summary = "Removes a library.",
     .arguments = kLibraryName,
     .tips = kAllShardsTips},
    {.name = "dump",
     .handler = FunctionDumpCommand,
     .arity = 2,
     .flags = kNoScript,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "7.0.0",
     .complexity = "O(N) in the length of all libraries.",
     .summary = "Returns all libraries in the form in which they are restored."},
    {.name = "flush",
     .handler = FunctionFlushCommand,
     .arity = -2,
     .flags = kNoScript | kWrite,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "7.0.0",
     .complexity = "O(N) in the number of functions.",
     .summary = "Removes all libraries.",
     .arguments = kFlushArguments,
     .tips = kAllShardsTips},
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Lists the subcommands."},
    {.name = "kill",
     .handler = FunctionKillCommand,
     .arity = 2,
     .flags = kNoScript | kAllowBusy,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Ends the running function, unless it has changed data.",
     .tips = kKillTips},
    {.name = "list",
     .handler = FunctionListCommand,
     .arity = -2,
     .flags = kNoScript,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "7.0.0",
     .complexity = "O(N) in the number of functions.",
     .summary = "Lists the libraries and their functions.",
     .arguments = kListArguments,
     .tips = kListTips},
    {.name = "load",
     .handler = FunctionLoadCommand,
     .arity = -3,
     .flags = kNoScript | kWrite | kDenyOom,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "7.0.0",
     .complexity = "That of the library's text.",
     .summary = "Keeps a library and returns its name.",
     .arguments = kLoadArguments,
     .tips = kAllShardsTips},
    {.name = "restore",
     .handler = FunctionRestoreCommand,
     .arity = -3,
     .flags = kNoScript | kWrite | kDenyOom,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "7.0.0",
     .complexity = "That of the libraries' texts.",
     .summary = "Keeps the libraries of a dump.",
     .arguments = kRestoreArguments,
     .tips = kAllShardsTips},
    {.name = "stats",
     .handler = FunctionStatsCommand,
     .arity = 2,
     .flags = kNoScript | kAllowBusy,
     .acl_categories = kAclScripting,
     .group = CommandGroup::kScripting,
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Tells which function runs, and how many there are.",
     .tips = kStatsTips},
};

constexpr CommandSpec kCommands[] = {
    CallSpec("fcall", FcallCommand, "7.0.0", kFcallArguments, FlagsOfFcall, "That of the function.",
             "Runs a function."),
    ReadOnlyCallSpec("fcall_ro", FcallReadOnlyCommand, kFcallArguments, "That of the function.",
                     "Runs a function that only reads."),
    {.name = "function",
     .arity = -2,
     .group = CommandGroup::kScripting,
     .since = "7.0.0",
     .complexity = "Depends on the subcommand.",
     .summary = "Manages the libraries of functions.",
     .subcommands = kFunctionSubcommands},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> FunctionCommandSpecs() {
  return kCommands;
}

}  // namespace kv
