// Commands about the server: its databases, commands, configuration, statistics.
#ifndef SOLOKV_KV_SERVER_SERVER_COMMANDS_H_
#define SOLOKV_KV_SERVER_SERVER_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"
#include "kv/server/config_rewriter.h"

namespace kv {

// To be registered with a Parts as their owner.
std::span<const CommandSpec> ServerCommandSpecs();

// server_commands.cc
void DbsizeCommand(Context& context);
void FlushallCommand(Context& context);
void FlushdbCommand(Context& context);
void LolwutCommand(Context& context);
void MonitorCommand(Context& context);
void ShutdownCommand(Context& context);
void SwapdbCommand(Context& context);
void TimeCommand(Context& context);

// command_commands.cc
void CommandCommand(Context& context);
void CommandCountCommand(Context& context);
void CommandDocsCommand(Context& context);
void CommandGetkeysCommand(Context& context);
void CommandGetkeysandflagsCommand(Context& context);
void CommandHelpCommand(Context& context);
void CommandInfoCommand(Context& context);
void CommandListCommand(Context& context);

// info_commands.cc
void ConfigGetCommand(Context& context);
void ConfigHelpCommand(Context& context);
void ConfigResetstatCommand(Context& context);
// Writes the configuration back to its file and replies.
void RewriteConfig(Context& context, RewriteScope scope);
void ConfigRewriteCommand(Context& context);
void ConfigSetCommand(Context& context);
// The values of directives that are secrets.
bool IsSecretOfConfigSet(const Command& command, ArgSpan args, size_t index);
void InfoCommand(Context& context);

// census_commands.cc
void MemoryBigkeysCommand(Context& context);
void MemoryPrefixesCommand(Context& context);

// memory_commands.cc
void MemoryDoctorCommand(Context& context);
void MemoryHelpCommand(Context& context);
void MemoryMallocStatsCommand(Context& context);
void MemoryPurgeCommand(Context& context);
void MemoryStatsCommand(Context& context);
void MemoryUsageCommand(Context& context);

// debug_commands.cc
void DebugCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_SERVER_COMMANDS_H_
