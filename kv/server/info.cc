#include "kv/server/info.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kv/base/absl_text.h"
#include "kv/base/resource_usage.h"
#include "kv/server/version.h"

namespace kv {
namespace {

// Writes the lines of one section.
class Section {
 public:
  explicit Section(std::string* out) : out_(out) {}

  void Text(std::string_view name, std::string_view value) {
    absl::StrAppend(out_, Absl(name), ":", Absl(value), "\r\n");
  }
  template <class Value>
  void Number(std::string_view name, Value value) {
    absl::StrAppend(out_, Absl(name), ":", value, "\r\n");
  }
  void Fixed(std::string_view name, double value, int decimals) {
    absl::StrAppendFormat(out_, "%s:%.*f\r\n", Absl(name), decimals, value);
  }
  void Bytes(const std::string& name, size_t bytes) {
    Number(name, bytes);
    Text(absl::StrCat(name, "_human"), HumanBytes(bytes));
  }

 private:
  std::string* out_;
};

double Ratio(double a, double b) {
  return b == 0 ? 0 : a / b;
}

void ServerSection(const Parts& parts, Section& out) {
  utsname system{};
  uname(&system);
  const int64_t uptime = (parts.clock.MonotonicMicros() - parts.stats.start_time) / 1'000'000;
  out.Text("redis_version", kRedisVersion);
  out.Text("redis_git_sha1", "00000000");
  out.Text("redis_git_dirty", "0");
  out.Text("redis_build_id", "0");
  out.Text("redis_mode", "standalone");
  out.Text("server_name", "solokv");
  out.Text("solokv_version", kSolokvVersion);
  out.Text("os", absl::StrCat(system.sysname, " ", system.release, " ", system.machine));
  out.Number("arch_bits", sizeof(void*) * 8);
  out.Text("monotonic_clock", "POSIX clock_gettime");
  out.Text("multiplexing_api", ae::BackendName(parts.loop.backend()));
  out.Text("event_backend_refused", parts.loop.refused_backends());
  out.Text("gcc_version", absl::StrCat(__GNUC__, ".", __GNUC_MINOR__, ".", __GNUC_PATCHLEVEL__));
  out.Number("process_id", getpid());
  out.Text("process_supervised", parts.options.supervised);
  out.Text("run_id", parts.run_id);
  out.Number("tcp_port", parts.port);
  out.Number("server_time_usec", parts.clock.WallMicros());
  out.Number("uptime_in_seconds", uptime);
  out.Number("uptime_in_days", uptime / 86400);
  out.Number("hz", parts.options.hz);
  out.Number("configured_hz", parts.options.hz);
  out.Number("lru_clock", parts.store.context().access_clock);
  out.Text("executable", parts.executable);
  out.Text("config_file", parts.config.file());
  out.Number("io_threads_active", 0);
  out.Number("shutdown_in_milliseconds", 0);
}

void ClientsSection(const Parts& parts, Section& out) {
  size_t max_input = 0;
  size_t max_output = 0;
  size_t blocked = parts.runner.postponed();
  parts.connections.ForEach([&](const Connection& connection) {
    max_input = std::max(max_input, connection.query_bytes());
    max_output = std::max(max_output, connection.client.output.size());
    blocked += connection.client.Is(kClientBlocked) ? 1 : 0;
  });
  out.Number("connected_clients", parts.connections.size());
  out.Number("cluster_connections", 0);
  out.Number("maxclients", parts.options.maxclients);
  out.Number("client_recent_max_input_buffer", max_input);
  out.Number("client_recent_max_output_buffer", max_output);
  out.Number("blocked_clients", blocked);
  out.Number("tracking_clients", parts.tracking.clients());
  out.Number("pubsub_clients", parts.pubsub.subscribers());
  out.Number("watching_clients", parts.transactions.watched().clients());
  out.Number("clients_in_timeout_table", 0);
  out.Number("total_watched_keys", parts.transactions.watched().keys());
  out.Number("total_blocking_keys", parts.blocked.keys());
  out.Number("total_blocking_keys_on_nokey", parts.blocked.keys_watched_for_end());
  const PauseMode pause = parts.pause.mode();
  if (pause != PauseMode::kNone) {
    out.Text("paused_reason", "client_pause");
    out.Text("paused_actions", pause == PauseMode::kAll ? "all" : "write");
    out.Number("paused_timeout_milliseconds", parts.pause.Left());
  } else {
    out.Text("paused_reason", "none");
    out.Text("paused_actions", "none");
    out.Number("paused_timeout_milliseconds", 0);
  }
}

void WriteScriptMemory(const Scripting& scripting, Section& out) {
  const auto used = [](const ScriptEngine* engine) {
    return engine == nullptr ? 0 : engine->memory_used();
  };
  const LibrarySet& libraries = scripting.functions().libraries();
  out.Number("used_memory_vm_eval", used(scripting.scripts().engine()));
  out.Bytes("used_memory_lua", used(scripting.scripts().engine()));
  out.Number("used_memory_scripts_eval", scripting.scripts().text_memory());
  out.Number("number_of_cached_scripts", scripting.scripts().size());
  out.Number("number_of_functions", libraries.functions());
  out.Number("number_of_libraries", libraries.size());
  out.Number("used_memory_vm_functions", used(scripting.functions().engine()));
  out.Bytes("used_memory_vm_total", scripting.engine_memory());
  out.Number("used_memory_functions", scripting.functions().text_memory());
  out.Bytes("used_memory_scripts", scripting.text_memory());
}

void MemorySection(const Parts& parts, Section& out) {
  const MemoryOverview memory = MeasureMemory(parts);
  const size_t resident = ResidentBytes();
  const size_t peak = std::max(parts.stats.peak_memory, memory.used);
  // Slabs and blocks that hold live data.
  const size_t active = parts.store.memory().mapped() - parts.store.memory().idle_bytes();
  out.Bytes("used_memory", memory.used);
  out.Bytes("used_memory_rss", resident);
  out.Bytes("used_memory_peak", peak);
  out.Number("used_memory_peak_time", parts.stats.peak_memory_time);
  out.Text("used_memory_peak_perc",
           absl::StrFormat(
               "%.2f%%", 100 * Ratio(static_cast<double>(memory.used), static_cast<double>(peak))));
  out.Number("used_memory_overhead", memory.overhead);
  out.Number("used_memory_startup", parts.startup_memory);
  out.Number("used_memory_dataset", memory.data);
  out.Text("used_memory_dataset_perc",
           absl::StrFormat("%.2f%%", 100 * Ratio(static_cast<double>(memory.data),
                                                 static_cast<double>(memory.used))));
  out.Number("allocator_allocated", parts.store.memory().used());
  out.Number("allocator_active", active);
  out.Number("allocator_resident", parts.store.memory().mapped());
  out.Number("allocator_muzzy", 0);
  out.Bytes("total_system_memory", SystemMemoryBytes());
  WriteScriptMemory(parts.scripting, out);
  out.Bytes("maxmemory", static_cast<size_t>(parts.options.maxmemory));
  out.Text("maxmemory_policy", parts.options.maxmemory_policy);
  out.Fixed("allocator_frag_ratio",
            Ratio(static_cast<double>(active), static_cast<double>(parts.store.memory().used())),
            2);
  out.Number("allocator_frag_bytes", active - parts.store.memory().used());
  out.Fixed("allocator_rss_ratio",
            Ratio(static_cast<double>(parts.store.memory().mapped()), static_cast<double>(active)),
            2);
  out.Number("allocator_rss_bytes", parts.store.memory().idle_bytes());
  out.Fixed(
      "rss_overhead_ratio",
      Ratio(static_cast<double>(resident), static_cast<double>(parts.store.memory().mapped())), 2);
  out.Number("rss_overhead_bytes",
             static_cast<int64_t>(resident) - static_cast<int64_t>(parts.store.memory().mapped()));
  out.Fixed("mem_fragmentation_ratio",
            Ratio(static_cast<double>(resident), static_cast<double>(memory.used)), 2);
  out.Number("mem_fragmentation_bytes",
             static_cast<int64_t>(resident) - static_cast<int64_t>(memory.used));
  out.Number("mem_not_counted_for_evict", 0);
  out.Number("mem_replication_backlog", 0);
  out.Number("mem_total_replication_buffers", 0);
  out.Number("mem_clients_slaves", 0);
  out.Number("mem_clients_normal", memory.clients);
  out.Number("mem_overhead_db_hashtable_rehashing", 0);
  out.Number("mem_cluster_links", 0);
  out.Number("mem_aof_buffer", 0);
  out.Text("mem_allocator", "solokv-slabs");
  out.Number("active_defrag_running", parts.compaction.effort());
  out.Number("lazyfree_pending_objects", parts.store.reclaimer().pending());
  out.Number("lazyfreed_objects",
             parts.store.reclaimer().freed() + parts.scripting.functions().freed_lazily());
}

void PersistenceSection(const Parts& parts, Section& out) {
  out.Number("loading", 0);
  out.Number("async_loading", 0);
  out.Number("current_cow_peak", 0);
  out.Number("current_cow_size", 0);
  out.Number("current_fork_perc", 0);
  out.Number("rdb_changes_since_last_save", parts.effects.changes());
  out.Number("rdb_bgsave_in_progress", 0);
  out.Number("rdb_last_save_time", parts.start_wall_seconds);
  out.Text("rdb_last_bgsave_status", "ok");
  out.Number("rdb_last_bgsave_time_sec", -1);
  out.Number("rdb_current_bgsave_time_sec", -1);
  out.Number("rdb_saves", 0);
  out.Number("aof_enabled", 0);
  out.Number("aof_rewrite_in_progress", 0);
  out.Number("aof_rewrite_scheduled", 0);
  out.Number("aof_last_rewrite_time_sec", -1);
  out.Number("aof_current_rewrite_time_sec", -1);
  out.Text("aof_last_bgrewrite_status", "ok");
  out.Text("aof_last_write_status", "ok");
}

void StatsSection(const Parts& parts, Section& out) {
  const ConnectionStats connections = parts.connections.Totals();
  const StoreStats& store = parts.store.stats();
  const ae::Loop::Counters& loop = parts.loop.counters();
  out.Number("total_connections_received", connections.accepted);
  out.Number("total_commands_processed", parts.dispatcher.commands());
  out.Number("instantaneous_ops_per_sec", static_cast<int64_t>(parts.stats.commands.PerSecond()));
  out.Number("instantaneous_eventloop_cycles_per_sec",
             static_cast<int64_t>(parts.stats.ticks.PerSecond()));
  out.Number("instantaneous_eventloop_duration_usec",
             static_cast<int64_t>(
                 Ratio(parts.stats.busy_micros.PerSecond(), parts.stats.ticks.PerSecond())));
  out.Number("total_net_input_bytes", connections.bytes_received);
  out.Number("total_net_output_bytes", connections.bytes_sent);
  out.Number("total_net_repl_input_bytes", 0);
  out.Number("total_net_repl_output_bytes", 0);
  out.Fixed("instantaneous_input_kbps", parts.stats.input_bytes.PerSecond() / 1024, 2);
  out.Fixed("instantaneous_output_kbps", parts.stats.output_bytes.PerSecond() / 1024, 2);
  out.Number("rejected_connections", connections.rejected + loop.accept_failures);
  out.Number("sync_full", 0);
  out.Number("sync_partial_ok", 0);
  out.Number("sync_partial_err", 0);
  out.Number("expired_subkeys", store.expired_elements);
  out.Number("expired_keys", store.expired);
  out.Fixed("expired_stale_perc", 0, 2);
  out.Number("expired_time_cap_reached_count", 0);
  out.Number("expire_cycle_cpu_milliseconds", 0);
  out.Number("expire_lag_msec_p50", parts.store.expiry_lag().Percentile(0.5));
  out.Number("expire_lag_msec_p99", parts.store.expiry_lag().Percentile(0.99));
  out.Number("expire_lag_msec_max", parts.store.expiry_lag().max());
  out.Number("evicted_keys", store.evicted);
  out.Number("evicted_clients", connections.evicted);
  out.Number("evicted_scripts", parts.scripting.scripts().evicted());
  out.Number("total_eviction_exceeded_time", 0);
  out.Number("current_eviction_exceeded_time", 0);
  out.Number("keyspace_hits", store.hits);
  out.Number("keyspace_misses", store.misses);
  out.Number("keyspace_misses_absent", store.misses_absent());
  out.Number("keyspace_misses_expired", store.misses_expired);
  out.Number("keyspace_misses_evicted", store.misses_evicted);
  out.Number("pubsub_channels", parts.pubsub.topics(TopicKind::kChannel));
  out.Number("pubsub_patterns", parts.pubsub.topics(TopicKind::kPattern));
  out.Number("pubsubshard_channels", parts.pubsub.topics(TopicKind::kShardChannel));
  out.Number("latest_fork_usec", parts.stats.last_fork_micros);
  out.Number("total_forks", parts.stats.forks);
  out.Number("migrate_cached_sockets", 0);
  out.Number("slave_expires_tracked_keys", 0);
  const CompactionStats& compaction = parts.compaction.stats();
  out.Number("active_defrag_hits", compaction.blocks.moved);
  out.Number("active_defrag_misses", compaction.blocks.kept);
  out.Number("active_defrag_key_hits", compaction.keys_moved);
  out.Number("active_defrag_key_misses", compaction.keys_kept);
  out.Number("total_active_defrag_time", parts.compaction.total_millis());
  out.Number("current_active_defrag_time", parts.compaction.current_millis());
  out.Number("tracking_total_keys", parts.tracking.keys());
  out.Number("tracking_total_items", parts.tracking.items());
  out.Number("tracking_total_prefixes", parts.tracking.prefixes());
  out.Number("unexpected_error_replies", 0);
  out.Number("total_error_replies", parts.dispatcher.errors().total());
  out.Number("dump_payload_sanitizations", 0);
  out.Number("total_reads_processed", loop.receives);
  out.Number("total_writes_processed", loop.sends);
  out.Number("io_threaded_reads_processed", 0);
  out.Number("io_threaded_writes_processed", 0);
  out.Number("client_query_buffer_limit_disconnections", connections.closed_query_limit);
  out.Number("client_output_buffer_limit_disconnections", connections.closed_output_limit);
  out.Number("reply_buffer_shrinks", 0);
  out.Number("reply_buffer_expands", 0);
  out.Number("eventloop_cycles", parts.ticks.ticks());
  out.Number("eventloop_duration_sum", parts.ticks.busy_nanos() / 1000);
  out.Number("eventloop_duration_cmd_sum", parts.ticks.total_nanos(TickPhase::kRun) / 1000);
  const AclStatistics& denials = parts.acl.statistics();
  out.Number("acl_access_denied_auth", denials.denied_authentications);
  out.Number("acl_access_denied_cmd", denials.denied_commands);
  out.Number("acl_access_denied_key", denials.denied_keys);
  out.Number("acl_access_denied_channel", denials.denied_channels);
  out.Number("acl_access_denied_db", denials.denied_databases);
}

void ReplicationSection(const Parts& parts, Section& out) {
  out.Text("role", "master");
  out.Number("connected_slaves", 0);
  out.Text("master_failover_state", "no-failover");
  out.Text("master_replid", parts.run_id);
  out.Text("master_replid2", std::string(40, '0'));
  out.Number("master_repl_offset", 0);
  out.Number("second_repl_offset", -1);
  out.Number("repl_backlog_active", 0);
  out.Number("repl_backlog_size", 1048576);
  out.Number("repl_backlog_first_byte_offset", 0);
  out.Number("repl_backlog_histlen", 0);
}

void CpuSection(const Parts&, Section& out) {
  const CpuTime process = ProcessCpuTime();
  const CpuTime children = ChildrenCpuTime();
  const CpuTime thread = ThreadCpuTime();
  out.Fixed("used_cpu_sys", process.system, 6);
  out.Fixed("used_cpu_user", process.user, 6);
  out.Fixed("used_cpu_sys_children", children.system, 6);
  out.Fixed("used_cpu_user_children", children.user, 6);
  out.Fixed("used_cpu_sys_main_thread", thread.system, 6);
  out.Fixed("used_cpu_user_main_thread", thread.user, 6);
}

void ModulesSection(const Parts&, Section&) {}

void CommandstatsSection(const Parts& parts, Section& out) {
  parts.table.ForEach([&](const Command& command) {
    if (command.calls == 0 && command.rejected == 0) return;
    const uint64_t microseconds = parts.cycles.Nanoseconds(command.cycles) / 1000;
    out.Text(absl::StrCat("cmdstat_", command.full_name),
             absl::StrFormat(
                 "calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,"
                 "failed_calls=%d",
                 command.calls, microseconds,
                 Ratio(static_cast<double>(microseconds), static_cast<double>(command.calls)),
                 command.rejected, command.failed));
  });
}

void ErrorstatsSection(const Parts& parts, Section& out) {
  for (const auto& [code, count] : parts.dispatcher.errors().counts()) {
    out.Text(absl::StrCat("errorstat_", code), absl::StrCat("count=", count));
  }
}

void LatencystatsSection(const Parts& parts, Section& out) {
  if (!parts.options.latency_tracking) return;
  parts.table.ForEach([&](const Command& command) {
    if (!command.latency || command.latency->total() == 0) return;
    std::string line;
    for (const double percentile : parts.options.latency_tracking_info_percentiles) {
      absl::StrAppendFormat(
          &line, "%sp%s=%.3f", line.empty() ? "" : ",", absl::StrCat(percentile),
          static_cast<double>(command.latency->Percentile(percentile / 100)) / 1000);
    }
    out.Text(absl::StrCat("latency_percentiles_usec_", command.full_name), line);
  });
}

void EventloopSection(const Parts& parts, Section& out) {
  const TickProfile& ticks = parts.ticks;
  const auto percentile = [&](double fraction) {
    return static_cast<int64_t>(ticks.wall().Percentile(fraction) / 1000);
  };
  out.Number("eventloop_ticks", ticks.ticks());
  out.Number("eventloop_tick_cpu_usec_max", ticks.cpu_max_nanos() / 1000);
  out.Number("eventloop_tick_wall_usec_p50", percentile(0.5));
  out.Number("eventloop_tick_wall_usec_p99", percentile(0.99));
  out.Number("eventloop_tick_wall_usec_p99_99", percentile(0.9999));
  out.Number("eventloop_tick_wall_usec_max", ticks.wall_max_nanos() / 1000);
  out.Number("eventloop_wall_usec_wait", ticks.total_nanos(TickPhase::kWait) / 1000);
  out.Number("eventloop_cpu_usec_wait", ticks.WaitCpuNanos() / 1000);
  for (size_t i = static_cast<size_t>(TickPhase::kTimers); i < kTickPhases; ++i) {
    const auto phase = static_cast<TickPhase>(i);
    out.Number(absl::StrCat("eventloop_cpu_usec_", Absl(TickPhaseName(phase))),
               ticks.total_nanos(phase) / 1000);
  }
}

// What Redis tells of its loop when asked for it by name.
void DebugSection(const Parts& parts, Section& out) {
  const TickProfile& ticks = parts.ticks;
  out.Number("eventloop_duration_aof_sum", ticks.total_nanos(TickPhase::kPersist) / 1000);
  out.Number("eventloop_duration_cron_sum", ticks.total_nanos(TickPhase::kTimers) / 1000);
  out.Number("eventloop_duration_max", ticks.wall_max_nanos() / 1000);
  out.Number("eventloop_cmd_per_cycle_max", ticks.most_commands());
}

void ClusterSection(const Parts&, Section& out) {
  out.Number("cluster_enabled", 0);
}

void KeyspaceSection(const Parts& parts, Section& out) {
  for (int i = 0; i < parts.store.size(); ++i) {
    const Database& database = parts.store.database(i);
    if (database.size() == 0) continue;
    out.Text(absl::StrCat("db", i),
             absl::StrCat("keys=", database.size(), ",expires=", database.expiring(), ",avg_ttl=",
                          database.mean_ttl(), ",subexpiry=", database.with_element_deadlines()));
  }
}

void KeysizesSection(const Parts& parts, Section& out) {
  for (int i = 0; i < parts.store.size(); ++i) {
    const Database::SizeBins& bins = parts.store.database(i).string_size_bins();
    std::string line;
    for (size_t bin = 0; bin < bins.size(); ++bin) {
      if (bins[bin] == 0) continue;
      const uint64_t low = bin == 0 ? 0 : uint64_t{1} << (bin - 1);
      constexpr std::string_view kUnits[] = {"", "K", "M", "G", "T"};
      uint64_t shown = low;
      size_t unit = 0;
      for (; shown >= 1024 && unit + 1 < std::size(kUnits); shown /= 1024) ++unit;
      absl::StrAppend(&line, line.empty() ? "" : ",", shown, Absl(kUnits[unit]), "=", bins[bin]);
    }
    if (!line.empty()) out.Text(absl::StrCat("db", i, "_distrib_strings_sizes"), line);
  }
}

struct SectionRow {
  std::string_view name;
  std::string_view title;
  void (*write)(const Parts&, Section&);
  bool by_default;
  bool in_all = true;
};

constexpr SectionRow kSections[] = {
    {"server", "Server", ServerSection, true},
    {"clients", "Clients", ClientsSection, true},
    {"memory", "Memory", MemorySection, true},
    {"persistence", "Persistence", PersistenceSection, true},
    {"stats", "Stats", StatsSection, true},
    {"replication", "Replication", ReplicationSection, true},
    {"cpu", "CPU", CpuSection, true},
    {"modules", "Modules", ModulesSection, true},
    {"commandstats", "Commandstats", CommandstatsSection, false},
    {"errorstats", "Errorstats", ErrorstatsSection, true},
    {"latencystats", "Latencystats", LatencystatsSection, false},
    {"cluster", "Cluster", ClusterSection, true},
    {"keyspace", "Keyspace", KeyspaceSection, true},
    {"keysizes", "Keysizes", KeysizesSection, true},
    {"eventloop", "Eventloop", EventloopSection, false},
    {"debug", "Debug", DebugSection, false, /*in_all=*/false},
};

bool IsWanted(const SectionRow& section, std::span<const std::string_view> names) {
  if (names.empty()) return section.by_default;
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    if (EqualsIgnoreCase(name, "all") || EqualsIgnoreCase(name, "everything")) {
      return section.in_all;
    }
    if (EqualsIgnoreCase(name, "default")) return section.by_default;
    return EqualsIgnoreCase(name, section.name);
  });
}

}  // namespace

std::string HumanBytes(size_t bytes) {
  constexpr std::string_view kUnits = "BKMGTP";
  if (bytes < 1024) return absl::StrCat(bytes, "B");
  size_t unit = 0;
  auto value = static_cast<double>(bytes);
  for (; value >= 1024 && unit + 1 < kUnits.size(); value /= 1024) ++unit;
  return absl::StrFormat("%.2f%c", value, kUnits[unit]);
}

MemoryOverview MeasureMemory(const Parts& parts) {
  MemoryOverview memory{};
  size_t stored_for_clients = 0;
  parts.connections.ForEach([&](const Connection& connection) {
    memory.clients += connection.memory_bytes();
    stored_for_clients += connection.stored_bytes();
  });
  size_t tables = 0;
  for (int i = 0; i < parts.store.size(); ++i) {
    const Database& database = parts.store.database(i);
    tables += database.table_bytes() + database.index_bytes();
  }
  const size_t stored = parts.store.memory().used();
  const size_t beside = memory.clients + parts.startup_memory + parts.scripting.engine_memory() +
                        parts.scripting.text_memory();
  memory.used = stored + beside - stored_for_clients;
  memory.overhead = tables + beside;
  memory.data = memory.used - memory.overhead;
  return memory;
}

std::string BuildInfo(const Parts& parts, std::span<const std::string_view> names) {
  std::string text;
  for (const SectionRow& section : kSections) {
    if (!IsWanted(section, names)) continue;
    absl::StrAppend(&text, text.empty() ? "" : "\r\n", "# ", Absl(section.title), "\r\n");
    Section out(&text);
    section.write(parts, out);
  }
  return text;
}

}  // namespace kv
