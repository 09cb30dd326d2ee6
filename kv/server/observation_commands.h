// Commands that show what happens in the server: what was slow, what was large, which keys are hot.
#ifndef SOLOKV_KV_SERVER_OBSERVATION_COMMANDS_H_
#define SOLOKV_KV_SERVER_OBSERVATION_COMMANDS_H_

#include <cstddef>
#include <optional>
#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

// To be registered with a Parts as their owner.
std::span<const CommandSpec> ObservationCommandSpecs();

// How many of `available` entries the argument at `index`, a count or -1 for all, asks to see: 10
// without it. Nothing after an error reply.
std::optional<size_t> ParseShown(Context& context, size_t index, size_t available);

// command_log_commands.cc
void CommandlogGetCommand(Context& context);
void CommandlogHelpCommand(Context& context);
void CommandlogLenCommand(Context& context);
void CommandlogResetCommand(Context& context);
void SlowlogGetCommand(Context& context);
void SlowlogHelpCommand(Context& context);
void SlowlogLenCommand(Context& context);
void SlowlogResetCommand(Context& context);

// hot_keys_commands.cc
void HotkeysGetCommand(Context& context);
void HotkeysHelpCommand(Context& context);
void HotkeysListCommand(Context& context);
void HotkeysResetCommand(Context& context);
void HotkeysStartCommand(Context& context);
void HotkeysStopCommand(Context& context);

// latency_commands.cc
void LatencyDoctorCommand(Context& context);
void LatencyGraphCommand(Context& context);
void LatencyHelpCommand(Context& context);
void LatencyHistogramCommand(Context& context);
void LatencyHistoryCommand(Context& context);
void LatencyLatestCommand(Context& context);
void LatencyResetCommand(Context& context);
void LatencySlowticksCommand(Context& context);
void LatencyTicksCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_OBSERVATION_COMMANDS_H_
