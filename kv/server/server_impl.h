// ServerImpl: the composition root, the only place that knows every part of a server. What it does
// tick by tick stands in server_ticks.cc.
#ifndef SOLOKV_KV_SERVER_SERVER_IMPL_H_
#define SOLOKV_KV_SERVER_SERVER_IMPL_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ae/loop.h"
#include "kv/base/clock.h"
#include "kv/base/cycle_clock.h"
#include "kv/base/env.h"
#include "kv/base/logging.h"
#include "kv/base/process.h"
#include "kv/base/random.h"
#include "kv/command/blocked_clients.h"
#include "kv/command/command_table.h"
#include "kv/command/dispatcher.h"
#include "kv/command/effects.h"
#include "kv/command/key_changes.h"
#include "kv/command/transaction_commands.h"
#include "kv/command/watched_keys.h"
#include "kv/persistence/dump_commands.h"
#include "kv/persistence/effect_log.h"
#include "kv/pubsub/keyspace_notifier.h"
#include "kv/pubsub/pubsub.h"
#include "kv/pubsub/tracking.h"
#include "kv/scripting/scripting.h"
#include "kv/server/acl_connections.h"
#include "kv/server/blocking.h"
#include "kv/server/compaction.h"
#include "kv/server/config.h"
#include "kv/server/config_table.h"
#include "kv/server/connections.h"
#include "kv/server/debug_sessions.h"
#include "kv/server/durability.h"
#include "kv/server/http_server.h"
#include "kv/server/keyspace_census.h"
#include "kv/server/observation.h"
#include "kv/server/output_watermark.h"
#include "kv/server/parts.h"
#include "kv/server/request_runner.h"
#include "kv/server/server.h"
#include "kv/server/server_options.h"
#include "kv/server/store_removals.h"
#include "kv/server/tick_profile.h"
#include "kv/server/version.h"
#include "kv/store/evictor.h"
#include "kv/store/store.h"

namespace kv {

class ServerImpl final : public Server,
                         private ae::TickHandler,
                         private DispatchHooks,
                         private ServerControl,
                         private ScriptHost {
 public:
  ServerImpl(ServerOptions options, ServerDependencies dependencies);
  ~ServerImpl() override;
  // Makes the parts and begins to listen; to be called once, before anything else.
  absl::Status Start();

  int port() const override { return port_; }
  void Run() override;
  void RunOnce(int64_t max_wait) override { loop_->RunOnce(max_wait); }
  bool has_work() const override;
  void Stop() override;
  bool stopping() const override { return stopping_.load(std::memory_order_relaxed); }
  void Post(std::function<void()> work) override { loop_->Post(std::move(work)); }
  absl::Status WatchSignals(std::span<const int> signals,
                            std::function<void(int)> callback) override {
    return loop_->WatchSignals(signals, std::move(callback));
  }
  void PollRestricted() override;

  Store& store() override { return *store_; }
  CommandTable& table() override { return table_; }
  Effects& effects() override { return effects_; }
  Config& config() override { return config_; }
  const ServerOptions& options() const override { return options_; }
  void ListenToKeys(KeyEvents* listener, uint32_t classes) override;
  void SetLog(EffectLog* log) override { durability_->SetLog(log); }

 private:
  absl::Status OpenDirectory();
  absl::Status CreateLoop();
  absl::Status WritePortFile();
  absl::Status Listen();
  absl::Status ListenPatiently();
  absl::Status ListenTcp();
  absl::Status ListenUnix();
  void ShowTitle();
  void RegisterCommands();
  absl::Status RenameCommands();
  void ObserveConfig();
  void ObserveWorld();
  void ApplyOptions();
  void ApplyEventClasses();
  absl::Status LoadUsers();

  // --- periodic work ---
  void ScheduleCron();
  void Cron();
  void CloseIdleConnections();
  void TrimMemory();
  bool MemoryIsIdle() const;
  void WatchIdleMemory(int64_t now);

  // --- ae::TickHandler ---
  int64_t BeforeWait() override;
  void OnWoken() override;
  void OnTimersRun() override { ticks_.End(TickPhase::kTimers); }
  void AfterWait() override;
  void PrepareMemory();
  int64_t NextWallDeadline() const;
  uint64_t TakeRunBudget();
  void ServeTick();
  template <class Act>
  void Sampled(std::string_view event, Act act);
  TickWork CountWork() const;

  void ServeDebugSessions();
  bool IsAskedToEnd() const;
  void CloseConnections();

  // --- DispatchHooks ---
  bool MakeRoom() override;
  bool EvictDownTo(size_t limit);
  void EvictSoon();
  size_t CountedMemory() const;
  bool has_work_now() const;
  void OnMonitored(const Client& client, const Command& command, ArgSpan args) override;
  void OnNotable(const Client& client, const Command& command, ArgSpan args,
                 const CommandCost& cost) override;
  void OnCrossProtocol(const Client& client) override;
  void OnPartExecuted(const Client& client, const Command& command, ArgSpan args) override {
    runner_->OnPartExecuted(client, command, args);
  }
  void OnKeysReady() override { blocking_->ServeReady(); }
  void OnWaitAtEnd(Client& client) override { blocking_->End(client.id, /*with_error=*/false); }
  void OnExecRefused(Client& client) override { transactions_->Discard(client); }
  void RefreshTime() override;

  // --- ServerControl ---
  void RequestShutdown() override;
  absl::Status RewriteConfig(RewriteScope scope) override;
  void ObserveCommands() override;
  void PurgeMemory() override { trimming_ = purging_ = true; }
  void Log(std::string_view message) override;
  void Warn(std::string_view message);

  // --- ScriptHost, beside PollRestricted and stopping ---
  void LogFromScript(int level, std::string_view message) override;
  int64_t busy_threshold() const override { return options_.busy_reply_threshold; }
  size_t memory_limit() const override { return static_cast<size_t>(options_.script_memory_limit); }
  bool compresses_dumps() const override { return options_.rdbcompression; }
  std::string_view version() const override { return kRedisVersion; }
  int version_number() const override { return kRedisVersionNumber; }

  ServerOptions options_;
  DumpOptions dump_options_{options_.value_limits, options_.rdbcompression};
  ServerDependencies dependencies_;
  SystemClock system_clock_;
  PosixEnv system_env_;
  Random own_random_;
  const Clock& clock_;
  Random& random_;
  Env& env_;
  std::unique_ptr<Directory> directory_;  // `dir`
  CycleClock cycles_;
  Config config_;
  InertDirectives inert_directives_;
  ServerStats stats_;
  TickProfile ticks_{cycles_};
  CommandTable table_;
  Effects effects_;
  KeyChanges key_changes_{table_, effects_};
  StoreRemovals removals_{effects_};
  OutputWatermark watermark_;
  BlockedClients blocked_{clock_};

  AclConnections acl_connections_{connections_, pubsub_, directory_, clock_};
  Acl acl_{table_, options_.acl, options_.databases, clock_, acl_connections_};

  // In the order of their making; each may use those before it.
  std::unique_ptr<ae::Loop> loop_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Evictor> evictor_;
  std::unique_ptr<Compaction> compaction_;
  std::unique_ptr<KeyspaceCensus> census_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<WatchedKeys> watched_;
  std::unique_ptr<Transactions> transactions_;
  std::unique_ptr<Durability> durability_;
  std::unique_ptr<PubSub> pubsub_;
  std::unique_ptr<KeyspaceNotifier> notifier_;
  std::unique_ptr<Tracking> tracking_;
  std::unique_ptr<Connections> connections_;
  std::unique_ptr<RequestRunner> runner_;
  std::unique_ptr<RestrictedRunner> restricted_runner_;
  std::unique_ptr<Observation> observation_;
  std::unique_ptr<Blocking> blocking_;
  std::unique_ptr<Pause> pause_;
  std::unique_ptr<Monitors> monitors_;
  std::unique_ptr<Scripting> scripting_;
  std::unique_ptr<DebugSessions> debug_sessions_;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<HttpServer> http_;

  using TcpAddress = std::pair<std::string, int>;  // address and port
  std::map<TcpAddress, ae::ListenerId> tcp_listeners_;
  std::optional<ae::ListenerId> unix_listener_;
  int port_ = 0;
  uint64_t prepare_nanos_ = 0;  // spent on memory for the next requests
  int64_t idle_since_ = 0;      // monotonic microseconds, if MemoryIsIdle
  size_t unsent_chunks_ = 0;    // of output, when this tick began
  size_t last_mapped_ = 0;
  int64_t settled_since_ = 0;  // monotonic microseconds: when last_mapped_ was another
  bool trimming_ = false;      // memory is being returned down to what is kept
  bool purging_ = false;       // ... down to nothing
  int64_t cross_protocol_logged_ = INT64_MIN;  // monotonic microseconds
  std::atomic<bool> stopping_ = false;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_SERVER_IMPL_H_
