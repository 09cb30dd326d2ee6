// Parts: the parts of one server that the commands about it work on. The server owns them and hands
// this view to its command families.
#ifndef SOLOKV_KV_SERVER_PARTS_H_
#define SOLOKV_KV_SERVER_PARTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ae/loop.h"
#include "kv/base/clock.h"
#include "kv/base/cycle_clock.h"
#include "kv/command/acl.h"
#include "kv/command/command_table.h"
#include "kv/command/dispatcher.h"
#include "kv/command/effects.h"
#include "kv/command/transaction_commands.h"
#include "kv/pubsub/pubsub.h"
#include "kv/pubsub/tracking.h"
#include "kv/scripting/scripting.h"
#include "kv/server/blocking.h"
#include "kv/server/compaction.h"
#include "kv/server/config.h"
#include "kv/server/config_rewriter.h"
#include "kv/server/connections.h"
#include "kv/server/keyspace_census.h"
#include "kv/server/monitors.h"
#include "kv/server/observation.h"
#include "kv/server/pause.h"
#include "kv/server/request_runner.h"
#include "kv/server/server_options.h"
#include "kv/server/server_stats.h"
#include "kv/server/tick_profile.h"
#include "kv/store/store.h"

namespace kv {

// What only the server as a whole can do.
class ServerControl {
 public:
  virtual ~ServerControl() = default;
  // Ends the server after this tick.
  virtual void RequestShutdown() = 0;
  // Writes the configuration back to its file.
  virtual absl::Status RewriteConfig(RewriteScope scope) = 0;
  // What is observed of commands has changed.
  virtual void ObserveCommands() = 0;
  // Returns all memory without live data to the system, during the ticks that follow.
  virtual void PurgeMemory() = 0;
  // Writes a notice to the log.
  virtual void Log(std::string_view message) = 0;
};

struct Parts {
  ServerOptions& options;
  const Clock& clock;
  const CycleClock& cycles;
  ae::Loop& loop;
  Store& store;
  CommandTable& table;
  Acl& acl;
  Effects& effects;
  Dispatcher& dispatcher;
  Connections& connections;
  RequestRunner& runner;
  Pause& pause;
  Observation& observation;
  ServerStats& stats;
  TickProfile& ticks;
  Config& config;
  Monitors& monitors;
  PubSub& pubsub;
  Tracking& tracking;
  Blocking& blocking;
  BlockedClients& blocked;
  Transactions& transactions;
  Compaction& compaction;
  KeyspaceCensus& census;
  Scripting& scripting;
  ServerControl& control;
  std::string run_id;      // 40 hexadecimal digits, new for each server
  std::string executable;  // path, empty for an embedded server
  int port = 0;
  int64_t start_wall_seconds = 0;
  size_t startup_memory = 0;  // bytes
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_PARTS_H_
