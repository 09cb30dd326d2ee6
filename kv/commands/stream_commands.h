// The stream family.
#ifndef SOLOKV_KV_COMMANDS_STREAM_COMMANDS_H_
#define SOLOKV_KV_COMMANDS_STREAM_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

// To be registered with ValueLimits as their owner: those on entries, and those on groups.
std::span<const CommandSpec> StreamCommandSpecs();
std::span<const CommandSpec> StreamGroupCommandSpecs();

// stream_commands.cc
void XaddCommand(Context& context);
void XdelCommand(Context& context);
void XlenCommand(Context& context);
void XsetidCommand(Context& context);
void XtrimCommand(Context& context);

// stream_claim_commands.cc
void XautoclaimCommand(Context& context);
void XclaimCommand(Context& context);

// stream_delete_commands.cc
void XackdelCommand(Context& context);
void XdelexCommand(Context& context);
void XnackCommand(Context& context);

// stream_group_commands.cc
void XackCommand(Context& context);
void XgroupCreateCommand(Context& context);
void XgroupCreateconsumerCommand(Context& context);
void XgroupDelconsumerCommand(Context& context);
void XgroupDestroyCommand(Context& context);
void XgroupHelpCommand(Context& context);
void XgroupSetidCommand(Context& context);

// stream_info_commands.cc
void XinfoConsumersCommand(Context& context);
void XinfoGroupsCommand(Context& context);
void XinfoHelpCommand(Context& context);
void XinfoStreamCommand(Context& context);

// stream_message_commands.cc
void XcfgsetCommand(Context& context);
void XidmprecordCommand(Context& context);

// stream_pending_commands.cc
void XpendingCommand(Context& context);

// stream_readgroup_command.cc
void XreadgroupCommand(Context& context);

// stream_read_commands.cc
void XrangeCommand(Context& context);
void XreadCommand(Context& context);
void XrevrangeCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_STREAM_COMMANDS_H_
