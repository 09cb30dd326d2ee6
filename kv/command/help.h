// HELP of a container command: its subcommands with their arguments and summaries, from the table.
#ifndef SOLOKV_KV_COMMAND_HELP_H_
#define SOLOKV_KV_COMMAND_HELP_H_

#include <string>

#include "kv/command/context.h"

namespace kv {

// Replies with the help of the container whose HELP subcommand is running.
void ReplyHelp(Context& context);

// Replies that a subcommand was called with too many arguments.
void FailSubcommandArity(Context& context);

// "key value [NX | XX] [EX seconds]": the arguments as documentation writes them.
std::string DescribeArguments(std::span<const Argument> arguments);

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_HELP_H_
