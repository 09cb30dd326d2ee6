// Observation: what a server notes of the commands it runs: which were slow or large, which keys
// are hot, what else took long.
#ifndef SOLOKV_KV_SERVER_OBSERVATION_H_
#define SOLOKV_KV_SERVER_OBSERVATION_H_

#include <memory>
#include <string_view>

#include "kv/base/clock.h"
#include "kv/base/hash.h"
#include "kv/command/dispatcher.h"
#include "kv/server/command_log.h"
#include "kv/server/connections.h"
#include "kv/server/hot_keys.h"
#include "kv/server/hot_keys_session.h"
#include "kv/server/latency_monitor.h"
#include "kv/server/request_runner.h"
#include "kv/server/server_options.h"

namespace kv {

class Observation {
 public:
  // All outlive it.
  Observation(const ServerOptions& options, const Clock& clock, const Connections& connections,
              const RequestRunner& runner, HashKey hash_key)
      : hot_keys(hash_key),
        options_(options),
        clock_(clock),
        connections_(connections),
        runner_(runner) {}

  // The costs from which on a command is to be told by OnCommand.
  CommandCost NotableCost() const;
  void OnCommand(const Client& client, const Command& command, ArgSpan args,
                 const CommandCost& cost);
  // Notes that `event` of the latency monitor took so long, if that is over its threshold.
  void OnEvent(std::string_view event, uint64_t nanoseconds);
  bool monitors_latency() const { return options_.latency_monitor_threshold > 0; }
  // Drops entries of logs that have become shorter.
  void ApplyOptions();
  // Ends a session of HOTKEYS whose time is over; true if one ended.
  bool EndSessionIfDue();

  CommandLogs logs;
  LatencyMonitor latency;
  HotKeys hot_keys;
  std::unique_ptr<HotKeysSession> session;  // null before HOTKEYS START and after its RESET

 private:
  void Log(const Client& client, const Command& command, ArgSpan args, const CommandCost& cost);

  const ServerOptions& options_;
  const Clock& clock_;
  const Connections& connections_;
  const RequestRunner& runner_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_OBSERVATION_H_
