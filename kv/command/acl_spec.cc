// The commands about users, as data. Handlers: acl_commands.cc.
#include "kv/command/acl_commands.h"
#include "kv/command/secrets.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr Argument kCategory[] = {{.name = "categoryname", .flags = kOptional}};
constexpr Argument kUserName[] = {{.name = "username"}};
constexpr Argument kUserNames[] = {{.name = "username", .flags = kMultiple}};
constexpr Argument kBits[] = {{.name = "bits", .type = kInteger, .flags = kOptional}};
constexpr Argument kDryRun[] = {
    {.name = "username"}, {.name = "command"}, {.name = "arg", .flags = kOptional | kMultiple}};
constexpr Argument kSetUser[] = {{.name = "username"},
                                 {.name = "rule", .flags = kOptional | kMultiple}};
constexpr Argument kLogOperations[] = {{.name = "count", .type = kInteger},
                                       {.name = "reset", .type = kPureToken, .token = "RESET"}};
constexpr Argument kLog[] = {
    {.name = "operation", .type = kOneOf, .flags = kOptional, .children = kLogOperations}};

constexpr HistoryItem kChannelsSince[] = {{"6.2.0", "Patterns of channels."},
                                          {"7.0.0",
                                           "Selectors, and patterns of keys to read or "
                                           "to write."}};
constexpr HistoryItem kLogHistory[] = {
    {"7.2.0", "Entries have an id and the times of their creation and last update."}};

constexpr uint64_t kForAll = kNoScript | kLoading | kStale;
constexpr uint64_t kForAdmins = kForAll | kAdmin;

constexpr CommandSpec kSubcommands[] = {
    {.name = "cat",
     .handler = AclCatCommand,
     .arity = -2,
     .flags = kForAll,
     .group = CommandGroup::kServer,
     .since = "6.0.0",
     .complexity = "O(N) in the number of commands.",
     .summary = "Lists the categories of commands, or the commands of one.",
     .arguments = kCategory},
    {.name = "deluser",
     .handler = AclDeluserCommand,
     .arity = -3,
     .flags = kForAdmins,
     .group = CommandGroup::kServer,
     .since = "6.0.0",
     .complexity = "O(N) in the number of clients, for each user.",
     .summary = "Deletes users, and closes their connections.",
     .arguments = kUserNames,
     .is_secret = IsSecretFrom<2>},
    {.name = "dryrun",
     .handler = AclDryrunCommand,
     .arity = -4,
     .flags = kForAdmins,
     .group = CommandGroup::kServer,
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Tells whether a user may make a call, without making it.",
     .arguments = kDryRun},
    {.name = "genpass",
     .handler = AclGenpassCommand,
     .arity = -2,
     .flags = kForAll,
     .group = CommandGroup::kServer,
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Makes a password that cannot be guessed.",
     .arguments = kBits},
    {.name = "getuser",
     .handler = AclGetuserCommand,
     .arity = 3,
     .flags = kForAdmins,
     .group = CommandGroup::kServer,
     .since = "6.0.0",
     .complexity = "O(N) in the number of the user's passwords and rules.",
     .summary = "Describes a user.",
     .arguments = kUserName,
     .history = kChannelsSince,
     .is_secret = IsSecretFrom<2>},
    {.name = "help",
     .handler = AclHelpCommand,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = CommandGroup::kServer,
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Lists the subcommands."},
    {.name = "list",
     .handler = AclListCommand,
     .arity = 2,
     .flags = kForAdmins,
     .group = CommandGroup::kServer,
     .since = "6.0.0",
     .complexity = "O(N) in the number of users.",
     .summary = "Describes all users, each as a line of a configuration file."},
    {.name = "load",
     .handler = AclLoadCommand,
     .arity = 2,
     .flags = kForAdmins,
     .group = CommandGroup::kServer,
     .since = "6.0.0",
     .complexity = "O(N) in the number of users.",
     .summary = "Takes the users from the ACL file."},
    {.name = "log",
     .handler = AclLogCommand,
     .arity = -2,
     .flags = kForAdmins,
     .group = CommandGroup::kServer,
     .since = "6.0.0",
     .complexity = "O(N) in the number of entries that are shown.",
     .summary = "Shows what clients were refused of late, or forgets it.",
     .arguments = kLog,
     .history = kLogHistory},
    {.name = "save",
     .handler = AclSaveCommand,
     .arity = 2,
     .flags = kForAdmins,
     .group = CommandGroup::kServer,
     .since = "6.0.0",
     .complexity = "O(N) in the number of users.",
     .summary = "Writes the users to the ACL file."},
    {.name = "setuser",
     .handler = AclSetuserCommand,
     .arity = -3,
     .flags = kForAdmins,
     .group = CommandGroup::kServer,
     .since = "6.0.0",
     .complexity = "O(N) in the number of rules.",
     .summary = "Makes or changes a user.",
     .arguments = kSetUser,
     .history = kChannelsSince,
     .is_secret = IsSecretFrom<2>},
    {.name = "users",
     .handler = AclUsersCommand,
     .arity = 2,
     .flags = kForAdmins,
     .group = CommandGroup::kServer,
     .since = "6.0.0",
     .complexity = "O(N) in the number of users.",
     .summary = "Lists the names of all users."},
    {.name = "whoami",
     .handler = AclWhoamiCommand,
     .arity = 2,
     .flags = kForAll,
     .group = CommandGroup::kServer,
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Returns the name of the user of this connection."},
};

constexpr CommandSpec kCommands[] = {
    {.name = "acl",
     .arity = -2,
     .group = CommandGroup::kServer,
     .since = "6.0.0",
     .complexity = "Depends on the subcommand.",
     .summary = "Users, and what they may do.",
     .subcommands = kSubcommands},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> AclCommandSpecs() {
  return kCommands;
}

}  // namespace kv
