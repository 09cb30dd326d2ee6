#include "kv/server/server_impl.h"

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/command/acl_commands.h"
#include "kv/command/user_description.h"
#include "kv/commands/bitmap_commands.h"
#include "kv/commands/geo_commands.h"
#include "kv/commands/hash_commands.h"
#include "kv/commands/hyperloglog_commands.h"
#include "kv/commands/key_commands.h"
#include "kv/commands/list_commands.h"
#include "kv/commands/member_ttl_commands.h"
#include "kv/commands/set_commands.h"
#include "kv/commands/sort_commands.h"
#include "kv/commands/stream_commands.h"
#include "kv/commands/string_commands.h"
#include "kv/commands/throttle_commands.h"
#include "kv/commands/zset_commands.h"
#include "kv/persistence/dump_commands.h"
#include "kv/pubsub/pubsub_commands.h"
#include "kv/scripting/function_commands.h"
#include "kv/scripting/script_commands.h"
#include "kv/server/config_rewriter.h"
#include "kv/server/connection_commands.h"
#include "kv/server/observation_commands.h"
#include "kv/server/process_title.h"
#include "kv/server/server_commands.h"

namespace kv {
namespace {

constexpr std::chrono::milliseconds kListenPause{5};

bool IsAddressInUse(const absl::Status& status) {
  return status.code() == absl::ErrnoToStatusCode(EADDRINUSE);
}

}  // namespace

ServerImpl::ServerImpl(ServerOptions options, ServerDependencies dependencies)
    : options_(std::move(options)),
      dependencies_(std::move(dependencies)),
      own_random_(Random::FromSystem()),
      clock_(dependencies_.clock != nullptr ? *dependencies_.clock : system_clock_),
      random_(dependencies_.random != nullptr ? *dependencies_.random : own_random_),
      env_(dependencies_.env != nullptr ? *dependencies_.env : system_env_) {}

ServerImpl::~ServerImpl() {
  if (loop_ == nullptr) return;
  if (durability_ != nullptr) durability_->SetLog(nullptr);
  CloseConnections();
}

absl::StatusOr<std::unique_ptr<Server>> Server::Create(ServerOptions options,
                                                       ServerDependencies dependencies) {
  auto server = std::make_unique<ServerImpl>(std::move(options), std::move(dependencies));
  if (absl::Status status = server->Start(); !status.ok()) return status;
  return server;
}

absl::Status ServerImpl::Start() {
  AddServerDirectives(&config_, &options_);
  inert_directives_.AddTo(&config_);
  if (dependencies_.configure) {
    if (absl::Status status = dependencies_.configure(config_, options_); !status.ok())
      return status;
  }
  if (absl::Status status = OpenDirectory(); !status.ok()) return status;
  if (absl::Status status = CreateLoop(); !status.ok()) return status;

  const HashKey hash_key{random_.Next(), random_.Next()};
  store_ =
      std::make_unique<Store>(static_cast<int>(options_.databases), hash_key, clock_.WallMillis());
  store_->context().events = &removals_;
  store_->context().waiters = &blocked_;
  evictor_ = std::make_unique<Evictor>(*store_, random_);
  compaction_ = std::make_unique<Compaction>(*loop_, clock_, cycles_, *store_, options_.compaction);
  census_ = std::make_unique<KeyspaceCensus>(*store_, clock_, cycles_, options_);
  DispatchHooks& hooks = *this;
  dispatcher_ = std::make_unique<Dispatcher>(*store_, table_, effects_, blocked_, acl_, random_,
                                             cycles_, hooks);
  watched_ = std::make_unique<WatchedKeys>(*store_, key_changes_);
  transactions_ = std::make_unique<Transactions>(*dispatcher_, *watched_);
  durability_ = std::make_unique<Durability>(*loop_, effects_, *dispatcher_, watermark_,
                                             dependencies_.logger);
  connections_ = std::make_unique<Connections>(*loop_, options_, clock_, store_->memory(), acl_,
                                               dependencies_.logger);
  connections_->AddKeeper(transactions_.get());
  pubsub_ = std::make_unique<PubSub>(store_->memory(), hash_key, *connections_);
  notifier_ = std::make_unique<KeyspaceNotifier>(*pubsub_);
  tracking_ = std::make_unique<Tracking>(store_->memory(), hash_key, random_, *connections_,
                                         options_.tracking_table_max_keys);
  tracking_->OnActivity([this] { ApplyEventClasses(); });
  removals_.SetPushers(notifier_.get(), tracking_.get());
  runner_ = std::make_unique<RequestRunner>(*dispatcher_, table_, *store_, blocked_, hooks,
                                            watermark_, cycles_);
  restricted_runner_ = std::make_unique<RestrictedRunner>(*dispatcher_, table_);
  observation_ = std::make_unique<Observation>(options_, clock_, *connections_, *runner_, hash_key);
  runner_->SetHotKeys(&observation_->hot_keys);
  store_->context().uses = &observation_->hot_keys;
  blocking_ =
      std::make_unique<Blocking>(blocked_, *store_, *connections_, *runner_, dispatcher_->errors());
  connections_->SetRunner(runner_.get(), restricted_runner_.get());
  pause_ = std::make_unique<Pause>(*loop_, clock_, *runner_, store_->context());
  monitors_ = std::make_unique<Monitors>(clock_, *connections_, *runner_, watermark_, *dispatcher_);

  ScriptHost& script_host = *this;
  scripting_ = std::make_unique<Scripting>(*dispatcher_, table_, effects_, cycles_, script_host);

  debug_sessions_ = std::make_unique<DebugSessions>(
      DebugSessions::Surroundings{.connections = *connections_,
                                  .runner = *runner_,
                                  .dispatcher = *dispatcher_,
                                  .scripting = *scripting_,
                                  .store = *store_,
                                  .stats = stats_,
                                  .cycles = cycles_,
                                  .process = dependencies_.process,
                                  .logger = dependencies_.logger,
                                  .stopping = [this] { return IsAskedToEnd(); }});
  scripting_->debugging().SetHost(debug_sessions_.get());
  connections_->AddKeeper(&scripting_->debugging());
  connections_->AddKeeper(debug_sessions_.get());

  stats_.start_time = clock_.MonotonicMicros();
  ServerControl& control = *this;
  parts_.reset(new Parts{.options = options_,
                         .clock = clock_,
                         .cycles = cycles_,
                         .loop = *loop_,
                         .store = *store_,
                         .table = table_,
                         .acl = acl_,
                         .effects = effects_,
                         .dispatcher = *dispatcher_,
                         .connections = *connections_,
                         .runner = *runner_,
                         .pause = *pause_,
                         .observation = *observation_,
                         .stats = stats_,
                         .ticks = ticks_,
                         .config = config_,
                         .monitors = *monitors_,
                         .pubsub = *pubsub_,
                         .tracking = *tracking_,
                         .blocking = *blocking_,
                         .blocked = blocked_,
                         .transactions = *transactions_,
                         .compaction = *compaction_,
                         .census = *census_,
                         .scripting = *scripting_,
                         .control = control,
                         .run_id = random_.Hex(40),
                         .executable = dependencies_.executable,
                         .start_wall_seconds = clock_.WallMillis() / 1000});
  connections_->SetPushers(pubsub_.get(), tracking_.get());
  runner_->SetTracking(tracking_.get());
  RegisterCommands();
  http_ = std::make_unique<HttpServer>(*parts_);
  connections_->SetHttpListener(http_.get());
  if (absl::Status status = RenameCommands(); !status.ok()) return status;
  if (absl::Status status = LoadUsers(); !status.ok()) return status;
  ObserveConfig();
  ObserveWorld();
  ApplyOptions();
  loop_->SetTickHandler(this);
  connections_->BeginTick();
  if (absl::Status status = ListenPatiently(); !status.ok()) return status;
  ScheduleCron();
  return WritePortFile();
}

absl::Status ServerImpl::OpenDirectory() {
  auto directory = env_.OpenDirectory(options_.dir);
  if (!directory.ok()) return directory.status();
  directory_ = std::move(*directory);
  return absl::OkStatus();
}

absl::Status ServerImpl::WritePortFile() {
  if (options_.port_file.empty()) return absl::OkStatus();
  return directory_->WriteAtomically(options_.port_file, absl::StrCat(port_, "\n"));
}

absl::Status ServerImpl::CreateLoop() {
  ae::LoopOptions loop_options;
  const auto backend = ae::ParseBackendName(options_.event_backend);
  if (!backend) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown event backend '", options_.event_backend, "'"));
  }
  loop_options.backend = *backend;
  loop_options.uring_sqpoll = options_.io_uring_sqpoll;
  loop_options.cannot_watch_farewell =
      "-ERR max number of clients reached: the event backend cannot watch more\r\n";
  loop_options.now = [clock = &clock_] { return clock->MonotonicMicros(); };
  auto loop = ae::Loop::Create(loop_options);
  if (!loop.ok()) return loop.status();
  loop_ = std::move(*loop);
  return absl::OkStatus();
}

// A server that was killed may hold its addresses a moment longer than it lives, until the kernel
// has taken its io_uring apart.
absl::Status ServerImpl::ListenPatiently() {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::microseconds(options_.listen_patience);
  absl::Status status = Listen();
  while (IsAddressInUse(status) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kListenPause);
    status = Listen();
  }
  return status;
}

absl::Status ServerImpl::Listen() {
  if (absl::Status status = ListenTcp(); !status.ok()) return status;
  return ListenUnix();
}

// Opens the sockets that `bind` and `port` ask for and are not open yet, then closes those they no
// longer ask for. After an error everything is as it was.
absl::Status ServerImpl::ListenTcp() {
  std::map<TcpAddress, ae::ListenerId> wanted;
  std::vector<ae::ListenerId> opened;
  int port = options_.port_auto ? 0 : static_cast<int>(options_.port);
  const bool serves_tcp = options_.port_auto || options_.port != 0;
  for (size_t i = 0; serves_tcp && i < options_.bind.size(); ++i) {
    std::string address = options_.bind[i];
    const bool optional = address.starts_with('-');
    if (optional) address.erase(0, 1);
    const auto open = tcp_listeners_.find({address, port});
    if (open != tcp_listeners_.end()) {
      wanted.insert(*open);
      continue;
    }
    const auto listener = loop_->ListenTcp(
        {.address = address, .port = port, .backlog = static_cast<int>(options_.tcp_backlog)},
        connections_.get());
    if (listener.ok()) {
      port = loop_->BoundPort(*listener);
      wanted[{address, port}] = *listener;
      opened.push_back(*listener);
    } else if (!optional || (IsAddressInUse(listener.status()) && !options_.port_auto)) {
      for (const ae::ListenerId id : opened) loop_->CloseListener(id);
      return absl::Status(
          listener.status().code(),
          absl::StrCat("Failed listening on port ", port, " (tcp): ", listener.status().message()));
    }
  }
  for (const auto& [address, listener] : tcp_listeners_) {
    if (!wanted.contains(address)) loop_->CloseListener(listener);
  }
  tcp_listeners_ = std::move(wanted);
  port_ = tcp_listeners_.empty() ? 0 : tcp_listeners_.begin()->first.second;
  parts_->port = port_;
  ShowTitle();
  return absl::OkStatus();
}

absl::Status ServerImpl::ListenUnix() {
  if (options_.unixsocket.empty()) return absl::OkStatus();
  const auto listener =
      loop_->ListenUnix({.path = options_.unixsocket,
                         .permissions = static_cast<unsigned>(options_.unixsocketperm),
                         .backlog = static_cast<int>(options_.tcp_backlog)},
                        connections_.get());
  if (listener.ok()) unix_listener_ = *listener;
  return listener.status();
}

void ServerImpl::ShowTitle() {
  if (dependencies_.process == nullptr || !options_.set_proc_title) return;
  dependencies_.process->SetTitle(MakeProcessTitle(
      options_,
      {.program = dependencies_.process->program(), .port = port_, .config_file = config_.file()}));
}

void ServerImpl::RegisterCommands() {
  table_.Register(StringCommandSpecs());
  table_.Register(ThrottleCommandSpecs());
  table_.Register(BitmapCommandSpecs());
  table_.Register(HashCommandSpecs(), &options_.value_limits);
  table_.Register(HashTtlCommandSpecs(), &options_.value_limits);
  table_.Register(HyperLogLogCommandSpecs(), &options_.hyperloglog);
  table_.Register(ListCommandSpecs(), &options_.value_limits);
  for (const auto specs : {ZsetCommandSpecs(), ZsetRangeCommandSpecs(), ZsetPopCommandSpecs(),
                           ZsetAlgebraCommandSpecs(), ZsetTtlCommandSpecs(), GeoCommandSpecs()}) {
    table_.Register(specs, &options_.value_limits);
  }
  table_.Register(SetCommandSpecs(), &options_.value_limits);
  table_.Register(MemberTtlCommandSpecs(), &options_.value_limits);
  table_.Register(SortCommandSpecs(), &options_.value_limits);
  table_.Register(StreamCommandSpecs(), &options_.value_limits);
  table_.Register(StreamGroupCommandSpecs(), &options_.value_limits);
  table_.Register(KeyCommandSpecs());
  table_.Register(DumpCommandSpecs(), &dump_options_);
  table_.Register(TransactionCommandSpecs(), transactions_.get());
  table_.Register(AclCommandSpecs(), &acl_);
  table_.Register(PubSubCommandSpecs(), pubsub_.get());
  table_.Register(ScriptCommandSpecs(), scripting_.get());
  table_.Register(FunctionCommandSpecs(), scripting_.get());
  table_.Register(ConnectionCommandSpecs(), parts_.get());
  table_.Register(ServerCommandSpecs(), parts_.get());
  table_.Register(ObservationCommandSpecs(), parts_.get());
}

// What Redis has and solokv lacks may be named, too, but a slip of the pen must not pass in
// silence.
absl::Status ServerImpl::RenameCommands() {
  for (const CommandRename& rename : options_.rename_command) {
    if (table_.Find(rename.from) == nullptr) {
      Warn(absl::StrCat("rename-command: there is no command '", rename.from, "'"));
    } else if (!table_.Rename(rename.from, rename.to)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "rename-command ", rename.from, ": there is a command '", rename.to, "' already"));
    }
  }
  return absl::OkStatus();
}

void ServerImpl::ListenToKeys(KeyEvents* listener, uint32_t classes) {
  removals_.SetListener(listener, classes);
  ApplyEventClasses();
}

void ServerImpl::ApplyEventClasses() {
  notifier_->SetClasses(options_.notify_keyspace_events);
  StoreContext& context = store_->context();
  context.event_classes =
      notifier_->classes() | tracking_->classes() | removals_.listener_classes();
  context.told_value_bytes = static_cast<size_t>(options_.notify_expired_value_max_bytes);
}

// --- configuration ---

void ServerImpl::ObserveConfig() {
  config_.OnChange(
      {"maxmemory-policy", "maxmemory-samples", "maxmemory-clients", "lfu-log-factor",
       "lfu-decay-time", "slowlog-log-slower-than", "slowlog-max-len",
       "commandlog-request-larger-than", "commandlog-large-request-max-len",
       "commandlog-reply-larger-than", "commandlog-large-reply-max-len",
       "latency-monitor-threshold", "latency-tracking", "notify-keyspace-events",
       "notify-expired-value-max-bytes", "proto-max-bulk-len", "client-query-buffer-limit"},
      [this] {
        ApplyOptions();
        return absl::OkStatus();
      });
  config_.OnChange({"requirepass"}, [this] {
    acl_.SetDefaultPassword(options_.requirepass);
    return absl::OkStatus();
  });
  config_.OnChange({"memory-prefix-separator", "memory-prefix-depth"}, [this] {
    census_->Restart();
    return absl::OkStatus();
  });
  config_.OnChange({"maxmemory"}, [this] {
    ApplyOptions();
    EvictSoon();
    return absl::OkStatus();
  });
}

// Memory above a limit that was just lowered goes without waiting for a command.
void ServerImpl::EvictSoon() {
  loop_->SetTimer(clock_.MonotonicMicros(), [this] {
    if (options_.maxmemory == 0 || !MakeRoom()) return;
    if (CountedMemory() > static_cast<size_t>(options_.maxmemory)) EvictSoon();
  });
}

// What of the world directives name: the directory, which becomes a handle since the working
// directory belongs to the process, and the sockets.
void ServerImpl::ObserveWorld() {
  config_.OnChange({"proc-title-template"}, [this] {
    ShowTitle();
    return absl::OkStatus();
  });
  config_.OnChange({"dir"}, [this] { return OpenDirectory(); });
  config_.OnChange({"port"}, [this] {
    return ListenTcp().ok() ? absl::OkStatus()
                            : absl::UnavailableError("Unable to listen on this port");
  });
  config_.OnChange({"bind"}, [this] {
    return ListenTcp().ok() ? absl::OkStatus()
                            : absl::UnavailableError("Failed to bind to specified addresses.");
  });
}

void ServerImpl::ApplyOptions() {
  DispatchOptions& dispatch = dispatcher_->options();
  dispatch.max_string_bytes = options_.proto_max_bulk_len;
  dispatch.max_queued_bytes = options_.client_query_buffer_limit;
  dispatch.latency_tracking = options_.latency_tracking;
  observation_->ApplyOptions();
  ObserveCommands();
  dispatcher_->SetGate(kGateMemory, options_.maxmemory > 0);
  evictor_->SetLfuOptions({options_.lfu_log_factor, options_.lfu_decay_time});
  evictor_->SetSamples(static_cast<size_t>(options_.maxmemory_samples));
  evictor_->SetPolicy(ParseEvictionPolicy(options_.maxmemory_policy).value_or(EvictionPolicy()));
  connections_->ApplyOptions();
  ApplyEventClasses();
  loop_->SetBusyPoll(options_.busy_poll);
}

// The users stand in the configuration or in a file of their own.
absl::Status ServerImpl::LoadUsers() {
  if (!options_.requirepass.empty()) acl_.SetDefaultPassword(options_.requirepass);
  if (!acl_.has_file()) {
    std::string text;
    for (const std::string& user : options_.users) absl::StrAppend(&text, "user ", user, "\n");
    return text.empty() ? absl::OkStatus() : acl_.Add(text, "user directives");
  }
  if (!options_.users.empty()) {
    return absl::InvalidArgumentError(
        "Users are defined in the configuration and an ACL file is set as well: please define them "
        "in one place, or it is not clear who may do what.");
  }
  if (!options_.requirepass.empty()) {
    Warn("requirepass has no effect: the password of the default user is that of the ACL file.");
  }
  return acl_.Load();
}

absl::Status ServerImpl::RewriteConfig(RewriteScope scope) {
  if (!acl_.has_file() && !acl_.is_initial()) {
    std::vector<Words> lines;
    acl_.ForEach([&](const User& user) { lines.push_back({user.name, DescribeRules(user)}); });
    config_.Replace("user", lines);
  }
  return RewriteConfigFile(config_, *directory_, scope);
}

void ServerImpl::ObserveCommands() {
  dispatcher_->SetNotable(observation_->NotableCost());
}

void ServerImpl::Log(std::string_view message) {
  if (dependencies_.logger != nullptr) dependencies_.logger->Log(LogLevel::kNotice, message);
}

void ServerImpl::Warn(std::string_view message) {
  if (dependencies_.logger != nullptr) dependencies_.logger->Warning(message);
}

void ServerImpl::PollRestricted() {
  connections_->PollRestricted(scripting_->BusyError());
}

void ServerImpl::LogFromScript(int level, std::string_view message) {
  constexpr LogLevel kLevels[] = {LogLevel::kDebug, LogLevel::kVerbose, LogLevel::kNotice,
                                  LogLevel::kWarning};
  if (dependencies_.logger != nullptr) dependencies_.logger->Log(kLevels[level], message);
}

}  // namespace kv
