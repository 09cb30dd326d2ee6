// Server: a whole solokv server as an object. Many live in one process, each on a thread of its own
// or driven tick by tick by its caller; nothing is shared between them.
//
//     kv::ServerOptions options;
//     options.port_auto = true;
//     auto server = kv::Server::Create(options);     // absl::StatusOr<std::unique_ptr<Server>>
//     std::thread thread([&] { (*server)->Run(); });
//     ... connect to (*server)->port() ...
//     (*server)->Stop();                             // from any thread
//     thread.join();
//
// This is the composition root: the only place that knows every part.
#ifndef SOLOKV_KV_SERVER_SERVER_H_
#define SOLOKV_KV_SERVER_SERVER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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
#include "kv/server/server_options.h"
#include "kv/server/store_removals.h"
#include "kv/server/tick_profile.h"
#include "kv/server/version.h"
#include "kv/store/evictor.h"
#include "kv/store/store.h"

namespace kv {

// The world as a server sees it. What is null is made by the server: the system's clock and files,
// a random generator seeded by the system, a log that goes nowhere. What is given is not owned and
// outlives the server.
struct ServerDependencies {
  const Clock* clock = nullptr;
  Random* random = nullptr;
  Logger* logger = nullptr;
  Env* env = nullptr;
  Process* process = nullptr;  // null: the process is somebody else's and left alone
  // Sets directives, and prepares the world as they say, before the loop is made.
  std::function<absl::Status(Config&, ServerOptions&)> configure = nullptr;
  std::string executable = {};  // for INFO
};

class Server final : private ae::TickHandler,
                     private DispatchHooks,
                     private ServerControl,
                     private ScriptHost {
 public:
  // Builds the server and begins to listen; it serves once Run or RunOnce is called.
  static absl::StatusOr<std::unique_ptr<Server>> Create(ServerOptions options,
                                                        ServerDependencies dependencies = {});
  ~Server() override;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The TCP port served; 0 without TCP.
  int port() const { return port_; }

  // Serves until Stop or SHUTDOWN; returns when every connection and listener is closed.
  void Run();
  // Serves one tick, blocking for at most `max_wait` microseconds.
  void RunOnce(int64_t max_wait) { loop_->RunOnce(max_wait); }
  // True if a tick could do something without waiting for the world: requests, expiry, frees.
  bool has_work() const;
  // Makes Run return. Thread-safe, and safe in a signal handler.
  void Stop();
  // True once Stop or SHUTDOWN was called.
  bool stopping() const override { return stopping_.load(std::memory_order_relaxed); }
  // Runs `work` on the thread of the loop. Thread-safe.
  void Post(std::function<void()> work) { loop_->Post(std::move(work)); }

  // Lets the world in while a command takes long: receives, and answers the few commands that are
  // allowed at such a time (see RestrictedRunner). Legal only from within a command's handler.
  void PollRestricted() override;

  ae::Loop& loop() { return *loop_; }
  Store& store() { return *store_; }
  CommandTable& table() { return table_; }
  Effects& effects() { return effects_; }
  Config& config() { return config_; }
  const ServerOptions& options() const { return options_; }
  // Hands `listener` the key events of `classes` (KeyEventClass bits) and all removals by the
  // store. It is not owned and outlives the server or a later call with null.
  void ListenToKeys(KeyEvents* listener, uint32_t classes);
  // Has the effects of all writes logged. If the log syncs always, replies that depend on the data
  // leave when they are durable (OutputWatermark); while it fails, writes are refused. It is
  // finished when the server ends. Not owned; outlives the server or a later call with null, which
  // finishes it, too. On the loop's thread, outside of ticks.
  void SetLog(EffectLog* log) { durability_->SetLog(log); }

 private:
  Server(ServerOptions options, ServerDependencies dependencies);
  absl::Status Start();
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
  size_t last_mapped_ = 0;
  int64_t settled_since_ = 0;  // monotonic microseconds: when last_mapped_ was another
  bool trimming_ = false;      // memory is being returned down to what is kept
  bool purging_ = false;       // ... down to nothing
  int64_t cross_protocol_logged_ = INT64_MIN;  // monotonic microseconds
  std::atomic<bool> stopping_ = false;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_SERVER_H_
