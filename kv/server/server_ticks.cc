// What a server does tick by tick: when it waits, the phases of a tick, and what is done from time
// to time. What commands ask of it while they run (DispatchHooks) is here as well.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kv/server/client_filter.h"
#include "kv/server/info.h"
#include "kv/server/server_impl.h"

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

// Attacks are logged no more often than this.
constexpr int64_t kCrossProtocolLogPause = 60 * kMicrosPerSecond;

}  // namespace

// --- periodic work ---

void ServerImpl::ScheduleCron() {
  const int64_t period = kMicrosPerSecond / std::max<int64_t>(1, options_.hz);
  loop_->SetTimer(clock_.MonotonicMicros() + period, [this] {
    ticks_.End(TickPhase::kReceive);
    if (!options_.cron_paused) Cron();
    ticks_.End(TickPhase::kTimers);
    ScheduleCron();
  });
}

void ServerImpl::Cron() {
  connections_->BeginTick();
  const int64_t now = clock_.MonotonicMicros();
  const ConnectionStats totals = connections_->Totals();
  stats_.commands.Sample(dispatcher_->commands(), now);
  stats_.input_bytes.Sample(totals.bytes_received, now);
  stats_.output_bytes.Sample(totals.bytes_sent, now);
  stats_.ticks.Sample(ticks_.ticks(), now);
  stats_.busy_micros.Sample(static_cast<uint64_t>(ticks_.busy_nanos()) / 1000, now);
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
  observation_->hot_keys.Adapt(dispatcher_->commands(), now);
  if (observation_->EndSessionIfDue()) ObserveCommands();
  census_->Run(effects_.changes());
  debug_sessions_->Reap();
  WatchIdleMemory(now);
}

// What large values leave behind one moment, the next ones take: only memory that was idle for
// kIdleMicros is returned, and what was got in advance when the store has not grown for as long.
void ServerImpl::WatchIdleMemory(int64_t now) {
  SlabMemory& memory = store_->memory();
  if (const size_t mapped = memory.mapped(); mapped != last_mapped_) {
    last_mapped_ = mapped;
    settled_since_ = now;
  } else if (now - settled_since_ >= kIdleMicros) {
    memory.ReturnPrepared();
  }
  if (!MemoryIsIdle()) {
    idle_since_ = now;
  } else if (now - idle_since_ >= kIdleMicros) {
    trimming_ = true;
  }
}

bool ServerImpl::MemoryIsIdle() const {
  const SlabMemory& memory = store_->memory();
  return memory.idle_bytes() > kIdleBytesKept + memory.used() / kIdleShareKept;
}

void ServerImpl::TrimMemory() {
  SlabMemory& memory = store_->memory();
  const size_t sent = memory.Trim(kTrimBytes);
  const bool done = sent == 0 && memory.returning_bytes() == 0;
  if (done) purging_ = false;
  trimming_ = !done && (purging_ || MemoryIsIdle());
}

void ServerImpl::CloseIdleConnections() {
  const int64_t deadline = clock_.MonotonicMicros() - options_.timeout * kMicrosPerSecond;
  connections_->ForEach([&](Connection& connection) {
    if (connection.last_active() < deadline && !connection.postponed &&
        !connection.holds_output() && connection.subscriptions.total() == 0 &&
        !connection.client.Is(kClientMonitor | kClientBlocked)) {
      connection.Close();
    }
  });
}

// --- ticks ---

void ServerImpl::Run() {
  while (!stopping()) loop_->RunOnce(kMaxWaitMicros);
  debug_sessions_->EndForked();
  durability_->Finish();
  CloseConnections();
}

// What is ready for them leaves before.
void ServerImpl::CloseConnections() {
  if (runner_ != nullptr) runner_->FlushDeliveries();
  loop_->Shutdown();
  if (connections_ != nullptr) connections_->Bury();
}

// The tick goes on to its end, and what is logged to the disk; nobody new comes in meanwhile.
void ServerImpl::RequestShutdown() {
  stopping_.store(true, std::memory_order_relaxed);
  for (const auto& [address, listener] : std::exchange(tcp_listeners_, {})) {
    loop_->CloseListener(listener);
  }
  if (unix_listener_) loop_->CloseListener(*std::exchange(unix_listener_, std::nullopt));
}

void ServerImpl::Stop() {
  stopping_.store(true, std::memory_order_relaxed);
  loop_->Wakeup();
}

bool ServerImpl::has_work() const {
  return has_work_now() || NextWallDeadline() <= clock_.WallMillis() || blocked_.TimeLeft() == 0 ||
         trimming_;
}

// Whether something is left to do that waits for no time to come.
bool ServerImpl::has_work_now() const {
  return runner_->has_work() || store_->reclaimer().has_work() || pubsub_->has_work() ||
         tracking_->is_over_limit() || connections_->eviction_is_due();
}

// In wall milliseconds, when the first key expires or the first waiter is to be tried again.
int64_t ServerImpl::NextWallDeadline() const {
  return std::min(store_->NextDeadline(), blocked_.NextWakeUp());
}

int64_t ServerImpl::BeforeWait() {
  // Memory that is needed soon is better got now than while commands run: their time is measured.
  PrepareMemory();
  if (has_work_now()) return 0;
  const int64_t most = std::min(trimming_ ? kTrimPauseMicros : kMaxWaitMicros, blocked_.TimeLeft());
  const int64_t next = NextWallDeadline();
  int64_t wait = most;
  if (next != INT64_MAX) {
    const int64_t left = next - clock_.WallMillis();
    wait = left <= 0 ? 0 : std::min(most, std::min(left, kMaxWaitMicros / 1000) * 1000);
  }
  return wait;
}

void ServerImpl::PrepareMemory() {
  const uint64_t start = CycleClock::Now();
  if (store_->memory().Prepare()) prepare_nanos_ = cycles_.Nanoseconds(CycleClock::Now() - start);
}

// Nanoseconds for the run phase, of which those spent on memory in this tick are taken.
uint64_t ServerImpl::TakeRunBudget() {
  const uint64_t budget = static_cast<uint64_t>(options_.tick_budget) * 1000;
  return budget - std::min(std::exchange(prepare_nanos_, 0), budget - budget / 4);
}

void ServerImpl::OnWoken() {
  ticks_.End(TickPhase::kWait);
}

void ServerImpl::AfterWait() {
  ticks_.End(TickPhase::kReceive);
  ServeTick();
  if (ticks_.EndTick()) [[unlikely]]
    ticks_.KeepSlow(clock_.WallMillis(), CountWork());
  ticks_.SetWork(CountWork());
}

// Does `act`, which is an event for the latency monitor if it takes long.
template <class Act>
void ServerImpl::Sampled(std::string_view event, Act act) {
  if (!observation_->monitors_latency()) return act();
  const uint64_t start = CycleClock::Now();
  act();
  observation_->OnEvent(event, cycles_.Nanoseconds(CycleClock::Now() - start));
}

void ServerImpl::ServeTick() {
  unsent_chunks_ = connections_->chunk_pool().chunks_in_use();
  connections_->BeginTick();
  connections_->Evict();
  RefreshTime();
  store_->RebuildDeadlineIndexes(kRebuildBudget);
  Sampled("expire-cycle", [this] {
    cycles_.RunFor(kSliceNanos, [this] { return store_->ExpireDue(kStepUnits) > 0; });
  });
  effects_.Close();
  blocking_->EndDue();
  blocked_.SignalDue(store_->now());
  if (blocked_.has_ready()) blocking_->ServeReady();
  ticks_.End(TickPhase::kTimers);
  if (tracking_->has_broadcasts()) tracking_->SendBroadcasts();
  runner_->HoldPushes();
  runner_->Run(TakeRunBudget());
  ServeDebugSessions();
  http_->Serve();
  if (tracking_->is_over_limit()) {
    cycles_.RunFor(kSliceNanos, [this] { return tracking_->Step(kStepUnits) > 0; });
  }
  ticks_.End(TickPhase::kRun);
  if (durability_->active()) {
    Sampled("aof-write", [this] { durability_->Persist(); });
    ticks_.End(TickPhase::kPersist);
  }
  runner_->Flush();
  runner_->EndTick();
  connections_->EndRestricted();
  ticks_.End(TickPhase::kSend);
  cycles_.RunFor(kSliceNanos, [this] { return store_->reclaimer().Step(kStepUnits) > 0; });
  if (pubsub_->has_work()) {
    cycles_.RunFor(kSliceNanos, [this] { return pubsub_->Step(kStepUnits) > 0; });
  }
  if (trimming_) TrimMemory();
  connections_->Bury();
  ticks_.End(TickPhase::kFree);
}

// A session that wrote may have made keys ready.
void ServerImpl::ServeDebugSessions() {
  debug_sessions_->Serve();
  if (blocked_.has_ready()) blocking_->ServeReady();
}

// While a session holds the server, the loop takes no signals.
bool ServerImpl::IsAskedToEnd() const {
  Process* const process = dependencies_.process;
  return stopping() || (process != nullptr && process->IsAskedToEnd());
}

TickWork ServerImpl::CountWork() const {
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

void ServerImpl::RefreshTime() {
  store_->SetNow(clock_.WallMillis());
}

// Of the output it counts what earlier ticks could not send: what this one writes is about to go,
// and no reason to evict.
size_t ServerImpl::CountedMemory() const {
  return store_->memory().used() + scripting_->engine_memory() + scripting_->text_memory() +
         connections_->heap_bytes() + unsent_chunks_ * resp::Chunk::kCapacity;
}

bool ServerImpl::MakeRoom() {
  const auto limit = static_cast<size_t>(options_.maxmemory);
  bool enough = false;
  Sampled("eviction-cycle", [&] { runner_->ActBeforeReply([&] { enough = EvictDownTo(limit); }); });
  effects_.Close();
  return enough;
}

// What is to go is fixed at the start and counted in what the store frees: telling those who track
// the evicted keys takes memory too, which would have further keys evicted.
bool ServerImpl::EvictDownTo(size_t limit) {
  const size_t counted = CountedMemory();
  if (counted <= limit) return true;
  const SlabMemory& memory = store_->memory();
  const size_t excess = counted - limit;
  const bool suffices = memory.used() >= excess;
  const size_t goal = suffices ? memory.used() - excess : 0;
  for (size_t units = 0; memory.used() > goal;) {
    if (units >= kMaxUnitsPerCommand) return true;
    // What was dropped but not freed yet makes room without an eviction.
    const size_t freed = store_->reclaimer().Step(kStepUnits);
    if (freed == 0 && !evictor_->EvictOne()) return false;
    units += std::max(freed, kUnitsPerEviction);
  }
  return suffices;
}

void ServerImpl::OnMonitored(const Client& client, const Command& command, ArgSpan args) {
  monitors_->Feed(client, command, args);
}

void ServerImpl::OnNotable(const Client& client, const Command& command, ArgSpan args,
                           const CommandCost& cost) {
  observation_->OnCommand(client, command, args, cost);
}

void ServerImpl::OnCrossProtocol(const Client& client) {
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
