#include "kv/server/server.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
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
#include "kv/commands/zset_commands.h"
#include "kv/persistence/dump_commands.h"
#include "kv/server/client_filter.h"
#include "kv/server/config_rewriter.h"
#include "kv/server/connection_commands.h"
#include "kv/server/info.h"
#include "kv/server/process_title.h"
#include "kv/server/server_commands.h"

namespace kv {
namespace {

// Expiry and the freeing of what was dropped get so much of a tick each, in nanoseconds, and are
// done in steps of so many units of work. So many records of deadlines are renewed in a tick.
constexpr uint64_t kSliceNanos = 250'000;
constexpr size_t kStepUnits = 64;
constexpr size_t kRebuildBudget = 500;

// Wall clocks are stepped, so the loop does not rely on one for longer than this.
constexpr int64_t kMaxWaitMicros = 100'000;

// After a limit was lowered, commands go on while memory shrinks towards it.
constexpr size_t kMaxUnitsPerCommand = 4000;
constexpr size_t kUnitsPerEviction = 4;

// Memory without live data that the store keeps for what comes: this, and a share of what it uses.
// Above that it is returned to the system, a slice in each tick, and a tick at least each
// millisecond.
constexpr size_t kIdleBytesKept = size_t{8} << 20;
constexpr size_t kIdleShareKept = 16;
constexpr int64_t kIdleMicros = 1'000'000;
constexpr size_t kTrimBytes = size_t{512} << 10;
constexpr int64_t kTrimPauseMicros = 1000;

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr size_t kMaxFreeChunks = 64;

constexpr std::chrono::milliseconds kListenPause{5};

// Attacks are logged no more often than this.
constexpr int64_t kCrossProtocolLogPause = 60 * kMicrosPerSecond;

bool IsAddressInUse(const absl::Status& status) {
  return status.code() == absl::ErrnoToStatusCode(EADDRINUSE);
}

}  // namespace

Server::Server(ServerOptions options, ServerDependencies dependencies)
    : options_(std::move(options)),
      dependencies_(std::move(dependencies)),
      own_random_(Random::FromSystem()),
      clock_(dependencies_.clock != nullptr ? *dependencies_.clock : system_clock_),
      random_(dependencies_.random != nullptr ? *dependencies_.random : own_random_),
      env_(dependencies_.env != nullptr ? *dependencies_.env : system_env_) {}

Server::~Server() {
  if (loop_ == nullptr) return;
  if (durability_ != nullptr) durability_->SetLog(nullptr);
  loop_->Shutdown();
  if (connections_ != nullptr) connections_->Bury();
}

absl::StatusOr<std::unique_ptr<Server>> Server::Create(ServerOptions options,
                                                       ServerDependencies dependencies) {
  std::unique_ptr<Server> server(new Server(std::move(options), std::move(dependencies)));
  if (absl::Status status = server->Start(); !status.ok()) return status;
  return server;
}

absl::Status Server::Start() {
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
  DispatchHooks& hooks = *this;
  dispatcher_ =
      std::make_unique<Dispatcher>(*store_, table_, effects_, blocked_, random_, cycles_, hooks);
  durability_ = std::make_unique<Durability>(*loop_, effects_, *dispatcher_, watermark_,
                                             dependencies_.logger);
  connections_ = std::make_unique<Connections>(*loop_, options_, clock_, store_->memory(),
                                               dependencies_.logger);
  runner_ = std::make_unique<RequestRunner>(*dispatcher_, table_, *store_, blocked_, hooks,
                                            watermark_, cycles_);
  restricted_runner_ = std::make_unique<RestrictedRunner>(*dispatcher_, table_);
  blocking_ = std::make_unique<Blocking>(blocked_, *store_, *connections_, *runner_);
  connections_->SetRunner(runner_.get(), restricted_runner_.get());
  pause_ = std::make_unique<Pause>(*loop_, clock_, *runner_, store_->context());
  monitors_ = std::make_unique<Monitors>(clock_, *connections_, *runner_, watermark_, *dispatcher_);

  stats_.start_time = clock_.MonotonicMicros();
  ServerControl& control = *this;
  parts_.reset(new Parts{.options = options_,
                         .clock = clock_,
                         .cycles = cycles_,
                         .loop = *loop_,
                         .store = *store_,
                         .table = table_,
                         .effects = effects_,
                         .dispatcher = *dispatcher_,
                         .connections = *connections_,
                         .runner = *runner_,
                         .pause = *pause_,
                         .slow_log = slow_log_,
                         .latency = latency_,
                         .stats = stats_,
                         .ticks = ticks_,
                         .config = config_,
                         .monitors = *monitors_,
                         .blocking = *blocking_,
                         .blocked = blocked_,
                         .compaction = *compaction_,
                         .control = control,
                         .run_id = random_.Hex(40),
                         .executable = dependencies_.executable,
                         .start_wall_seconds = clock_.WallMillis() / 1000});
  RegisterCommands();
  if (absl::Status status = RenameCommands(); !status.ok()) return status;
  ObserveConfig();
  ObserveWorld();
  ApplyOptions();
  loop_->SetTickHandler(this);
  connections_->BeginTick();
  if (absl::Status status = ListenPatiently(); !status.ok()) return status;
  ScheduleCron();
  return WritePortFile();
}

absl::Status Server::OpenDirectory() {
  auto directory = env_.OpenDirectory(options_.dir);
  if (!directory.ok()) return directory.status();
  directory_ = std::move(*directory);
  return absl::OkStatus();
}

absl::Status Server::WritePortFile() {
  if (options_.port_file.empty()) return absl::OkStatus();
  return directory_->WriteAtomically(options_.port_file, absl::StrCat(port_, "\n"));
}

absl::Status Server::CreateLoop() {
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
absl::Status Server::ListenPatiently() {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::microseconds(options_.listen_patience);
  absl::Status status = Listen();
  while (IsAddressInUse(status) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kListenPause);
    status = Listen();
  }
  return status;
}

absl::Status Server::Listen() {
  if (absl::Status status = ListenTcp(); !status.ok()) return status;
  return ListenUnix();
}

// Opens the sockets that `bind` and `port` ask for and are not open yet, then closes those they no
// longer ask for. After an error everything is as it was.
absl::Status Server::ListenTcp() {
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

absl::Status Server::ListenUnix() {
  if (options_.unixsocket.empty()) return absl::OkStatus();
  return loop_
      ->ListenUnix({.path = options_.unixsocket,
                    .permissions = static_cast<unsigned>(options_.unixsocketperm),
                    .backlog = static_cast<int>(options_.tcp_backlog)},
                   connections_.get())
      .status();
}

void Server::ShowTitle() {
  if (dependencies_.process == nullptr || !options_.set_proc_title) return;
  dependencies_.process->SetTitle(MakeProcessTitle(
      options_,
      {.program = dependencies_.process->program(), .port = port_, .config_file = config_.file()}));
}

void Server::RegisterCommands() {
  table_.Register(StringCommandSpecs());
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
  table_.Register(ConnectionCommandSpecs(), parts_.get());
  table_.Register(ServerCommandSpecs(), parts_.get());
}

// What Redis has and solokv lacks may be named, too, but a slip of the pen must not pass in
// silence.
absl::Status Server::RenameCommands() {
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

void Server::ListenToKeys(KeyEvents* listener, uint32_t classes) {
  removals_.SetListener(listener);
  store_->context().event_classes = listener == nullptr ? 0 : classes;
}

// --- configuration ---

void Server::ObserveConfig() {
  config_.OnChange(
      {"maxmemory", "maxmemory-policy", "maxmemory-samples", "maxmemory-clients", "lfu-log-factor",
       "lfu-decay-time", "slowlog-log-slower-than", "slowlog-max-len", "latency-monitor-threshold",
       "latency-tracking", "proto-max-bulk-len", "requirepass"},
      [this] {
        ApplyOptions();
        return absl::OkStatus();
      });
}

// What of the world directives name: the directory, which becomes a handle since the working
// directory belongs to the process, and the sockets.
void Server::ObserveWorld() {
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

void Server::ApplyOptions() {
  DispatchOptions& dispatch = dispatcher_->options();
  dispatch.max_string_bytes = options_.proto_max_bulk_len;
  dispatch.latency_tracking = options_.latency_tracking;
  uint64_t slow = UINT64_MAX;
  if (options_.slowlog_log_slower_than >= 0) {
    slow = static_cast<uint64_t>(options_.slowlog_log_slower_than) * 1000;
  }
  if (options_.latency_monitor_threshold > 0) {
    slow = std::min(slow, static_cast<uint64_t>(options_.latency_monitor_threshold) * 1'000'000);
  }
  dispatch.slow_nanoseconds = slow;
  slow_log_.Trim(static_cast<size_t>(options_.slowlog_max_len));
  dispatcher_->SetGate(kGateMemory, options_.maxmemory > 0);
  evictor_->SetLfuOptions({options_.lfu_log_factor, options_.lfu_decay_time});
  evictor_->SetSamples(static_cast<size_t>(options_.maxmemory_samples));
  evictor_->SetPolicy(ParseEvictionPolicy(options_.maxmemory_policy).value_or(EvictionPolicy()));
  connections_->ApplyOptions();
  loop_->SetBusyPoll(options_.busy_poll);
  if (options_.requirepass.empty()) {
    connections_->ForEach(
        [](Connection& connection) { connection.client.SetGate(kGateAuthentication, false); });
  }
}

absl::Status Server::RewriteConfig(RewriteScope scope) {
  return RewriteConfigFile(config_, *directory_, scope);
}

void Server::Log(std::string_view message) {
  if (dependencies_.logger != nullptr) dependencies_.logger->Log(LogLevel::kNotice, message);
}

void Server::Warn(std::string_view message) {
  if (dependencies_.logger != nullptr) dependencies_.logger->Warning(message);
}

// --- periodic work ---

void Server::ScheduleCron() {
  const int64_t period = kMicrosPerSecond / std::max<int64_t>(1, options_.hz);
  loop_->SetTimer(clock_.MonotonicMicros() + period, [this] {
    if (!options_.cron_paused) Cron();
    ScheduleCron();
  });
}

void Server::Cron() {
  connections_->BeginTick();
  const int64_t now = clock_.MonotonicMicros();
  const ConnectionStats totals = connections_->Totals();
  stats_.commands.Sample(dispatcher_->commands(), now);
  stats_.input_bytes.Sample(totals.bytes_received, now);
  stats_.output_bytes.Sample(totals.bytes_sent, now);
  const size_t used = MeasureMemory(*parts_).used;
  if (used > stats_.peak_memory) {
    stats_.peak_memory = used;
    stats_.peak_memory_time = clock_.WallMillis() / 1000;
  }
  cycles_.Recalibrate();
  if (options_.reply_chunks_trimmed) connections_->chunk_pool().Trim(kMaxFreeChunks);
  connections_->CloseLingering();
  connections_->EnforceSoftOutputLimits();
  if (options_.timeout > 0) CloseIdleConnections();
  compaction_->Begin();
  WatchIdleMemory(now);
}

// What large values leave behind one moment, the next ones take: only memory that was idle for
// kIdleMicros is returned.
void Server::WatchIdleMemory(int64_t now) {
  if (!MemoryIsIdle()) {
    idle_since_ = now;
  } else if (now - idle_since_ >= kIdleMicros) {
    trimming_ = true;
  }
}

bool Server::MemoryIsIdle() const {
  const SlabMemory& memory = store_->memory();
  return memory.idle_bytes() > kIdleBytesKept + memory.used() / kIdleShareKept;
}

void Server::TrimMemory() {
  SlabMemory& memory = store_->memory();
  const size_t sent = memory.Trim(kTrimBytes);
  const bool done = sent == 0 && memory.returning_bytes() == 0;
  if (done) purging_ = false;
  trimming_ = !done && (purging_ || MemoryIsIdle());
}

void Server::CloseIdleConnections() {
  const int64_t deadline = clock_.MonotonicMicros() - options_.timeout * kMicrosPerSecond;
  connections_->ForEach([&](Connection& connection) {
    if (connection.last_active() < deadline && !connection.postponed &&
        !connection.holds_output() && !connection.client.Is(kClientMonitor | kClientBlocked)) {
      connection.Close();
    }
  });
}

// --- ticks ---

void Server::Run() {
  while (!stopping()) loop_->RunOnce(kMaxWaitMicros);
  durability_->Finish();
  loop_->Shutdown();
  connections_->Bury();
}

void Server::Stop() {
  stopping_.store(true, std::memory_order_relaxed);
  loop_->Wakeup();
}

bool Server::has_work() const {
  return runner_->has_work() || NextWallDeadline() <= clock_.WallMillis() ||
         blocked_.TimeLeft() == 0 || store_->reclaimer().has_work() || trimming_;
}

// In wall milliseconds, when the first key expires or the first waiter is to be tried again.
int64_t Server::NextWallDeadline() const {
  return std::min(store_->NextDeadline(), blocked_.NextWakeUp());
}

int64_t Server::BeforeWait() {
  if (runner_->has_work() || store_->reclaimer().has_work()) return 0;
  const int64_t most = std::min(trimming_ ? kTrimPauseMicros : kMaxWaitMicros, blocked_.TimeLeft());
  const int64_t next = NextWallDeadline();
  int64_t wait = most;
  if (next != INT64_MAX) {
    const int64_t left = next - clock_.WallMillis();
    wait = left <= 0 ? 0 : std::min(most, std::min(left, kMaxWaitMicros / 1000) * 1000);
  }
  // Nobody waits for an answer now: the moment to get memory for the next ones.
  if (wait > 0) PrepareMemory();
  return wait;
}

void Server::PrepareMemory() {
  const uint64_t start = CycleClock::Now();
  if (store_->memory().Prepare()) prepare_nanos_ = cycles_.Nanoseconds(CycleClock::Now() - start);
}

// Nanoseconds for the run phase, of which those spent on memory in this tick are taken.
uint64_t Server::TakeRunBudget() {
  const uint64_t budget = static_cast<uint64_t>(options_.tick_budget) * 1000;
  return budget - std::min(std::exchange(prepare_nanos_, 0), budget - budget / 4);
}

void Server::OnWoken() {
  ticks_.End(TickPhase::kWait);
}

void Server::AfterWait() {
  ticks_.End(TickPhase::kReceive);
  ServeTick();
  if (ticks_.EndTick()) [[unlikely]]
    ticks_.KeepSlow(clock_.WallMillis(), CountWork());
  ticks_.SetWork(CountWork());
}

void Server::ServeTick() {
  connections_->BeginTick();
  RefreshTime();
  store_->RebuildDeadlineIndexes(kRebuildBudget);
  cycles_.RunFor(kSliceNanos, [this] { return store_->ExpireDue(kStepUnits) > 0; });
  effects_.Close();
  blocking_->EndDue();
  blocked_.SignalDue(store_->now());
  if (blocked_.has_ready()) blocking_->ServeReady();
  ticks_.End(TickPhase::kTimers);
  runner_->Run(TakeRunBudget());
  ticks_.End(TickPhase::kRun);
  if (durability_->active()) {
    durability_->Persist();
    ticks_.End(TickPhase::kPersist);
  }
  runner_->Flush();
  runner_->EndTick();
  connections_->EndRestricted();
  ticks_.End(TickPhase::kSend);
  cycles_.RunFor(kSliceNanos, [this] { return store_->reclaimer().Step(kStepUnits) > 0; });
  connections_->Evict();
  if (trimming_) TrimMemory();
  connections_->Bury();
  ticks_.End(TickPhase::kFree);
}

TickWork Server::CountWork() const {
  const StoreStats& store = store_->stats();
  const ae::Loop::Counters& loop = loop_->counters();
  return {.commands = dispatcher_->commands(),
          .expired = store.expired,
          .evicted = store.evicted,
          .freed = store_->reclaimer().freed(),
          .accepted = loop.accepts,
          .bytes_received = loop.bytes_received,
          .bytes_sent = loop.bytes_sent};
}

// --- DispatchHooks ---

void Server::RefreshTime() {
  store_->SetNow(clock_.WallMillis());
}

size_t Server::CountedMemory() const {
  return store_->memory().used() +
         connections_->chunk_pool().chunks_in_use() * resp::Chunk::kCapacity;
}

bool Server::MakeRoom() {
  const auto limit = static_cast<size_t>(options_.maxmemory);
  const bool enough = EvictDownTo(limit);
  effects_.Close();
  return enough;
}

bool Server::EvictDownTo(size_t limit) {
  for (size_t units = 0; CountedMemory() > limit;) {
    if (units >= kMaxUnitsPerCommand) return true;
    // What was dropped but not freed yet makes room without an eviction.
    const size_t freed = store_->reclaimer().Step(kStepUnits);
    if (freed == 0 && !evictor_->EvictOne()) return false;
    units += std::max(freed, kUnitsPerEviction);
  }
  return true;
}

void Server::OnMonitored(const Client& client, const Command& command, ArgSpan args) {
  monitors_->Feed(client, command, args);
}

void Server::OnSlow(const Client& client, const Command& command, ArgSpan args,
                    uint64_t nanoseconds) {
  const auto microseconds = static_cast<int64_t>(nanoseconds / 1000);
  const int64_t now = clock_.WallMillis() / 1000;
  if (options_.slowlog_log_slower_than >= 0 && microseconds >= options_.slowlog_log_slower_than &&
      !command.Is(kSkipSlowlog)) {
    std::vector<std::string_view> shown(args.begin(), args.end());
    for (size_t i = 0; i < shown.size(); ++i) {
      if (IsSecret(command, args, i)) shown[i] = "(redacted)";
    }
    const Connection* connection = connections_->Find(client.id);
    slow_log_.Add(now, microseconds, shown, connection == nullptr ? "" : PeerName(*connection),
                  client.name(), static_cast<size_t>(options_.slowlog_max_len));
  }
  const int64_t milliseconds = microseconds / 1000;
  if (options_.latency_monitor_threshold > 0 &&
      milliseconds >= options_.latency_monitor_threshold) {
    latency_.Add(command.Is(kFast) ? "fast-command" : "command", now, milliseconds);
  }
}

void Server::OnCrossProtocol(const Client& client) {
  const int64_t now = clock_.MonotonicMicros();
  if (cross_protocol_logged_ > now - kCrossProtocolLogPause) return;
  cross_protocol_logged_ = now;
  const Connection* connection = connections_->Find(client.id);
  Warn(absl::StrCat(
      "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands "
      "to Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to "
      "compromise your Redis instance. Connection from ",
      connection == nullptr ? "nowhere" : PeerName(*connection), " aborted."));
}

}  // namespace kv
