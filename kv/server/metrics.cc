#include "kv/server/metrics.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"
#include "kv/base/resource_usage.h"
#include "kv/server/info.h"
#include "kv/server/version.h"

namespace kv {
namespace {

constexpr double kNanosPerSecond = 1e9;

// Writes families of metrics, each with its samples.
class Exposition {
 public:
  using Label = std::pair<std::string_view, std::string_view>;

  void Family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    absl::StrAppend(&text_, "# HELP ", Absl(name), " ", Absl(help), "\n# TYPE ", Absl(name), " ",
                    Absl(type), "\n");
  }
  template <class Value>
  void Sample(std::initializer_list<Label> labels, Value value) {
    absl::StrAppend(&text_, Absl(name_));
    char separator = '{';
    for (const auto& [name, text] : labels) {
      text_.push_back(separator);
      absl::StrAppend(&text_, Absl(name), "=\"");
      AppendEscaped(text);
      text_.push_back('"');
      separator = ',';
    }
    if (labels.size() > 0) text_.push_back('}');
    absl::StrAppend(&text_, " ", value, "\n");
  }
  template <class Value>
  void Gauge(std::string_view name, std::string_view help, Value value) {
    Family(name, "gauge", help);
    Sample({}, value);
  }
  template <class Value>
  void Counter(std::string_view name, std::string_view help, Value value) {
    Family(name, "counter", help);
    Sample({}, value);
  }
  std::string Take() { return std::move(text_); }

 private:
  void AppendEscaped(std::string_view text) {
    for (const char c : text) {
      if (c == '"' || c == '\\') text_.push_back('\\');
      if (c == '\n') {
        text_.append("\\n");
      } else {
        text_.push_back(c);
      }
    }
  }

  std::string text_;
  std::string_view name_;
};

void AddServer(const Parts& parts, Exposition& out) {
  out.Gauge("redis_up", "Always 1: the server answers.", 1);
  out.Family("redis_instance_info", "gauge", "What serves.");
  out.Sample({{"redis_version", kRedisVersion},
              {"solokv_version", kSolokvVersion},
              {"role", "master"},
              {"maxmemory_policy", parts.options.maxmemory_policy}},
             1);
  out.Gauge("redis_uptime_in_seconds", "Seconds since the start.",
            (parts.clock.MonotonicMicros() - parts.stats.start_time) / 1'000'000);
  const CpuTime cpu = ProcessCpuTime();
  out.Counter("redis_cpu_user_seconds_total", "Processor time of the process.", cpu.user);
  out.Counter("redis_cpu_sys_seconds_total", "Processor time of the system for the process.",
              cpu.system);
}

void AddClients(const Parts& parts, Exposition& out) {
  const ConnectionStats connections = parts.connections.Totals();
  out.Gauge("redis_connected_clients", "Connections.", parts.connections.size());
  out.Gauge("redis_config_maxclients", "Connections that are allowed.", parts.options.maxclients);
  out.Counter("redis_connections_received_total", "Connections accepted.", connections.accepted);
  out.Counter("redis_rejected_connections_total", "Connections rejected.",
              connections.rejected + parts.loop.counters().accept_failures);
  out.Counter("redis_net_input_bytes_total", "Bytes received.", connections.bytes_received);
  out.Counter("redis_net_output_bytes_total", "Bytes sent.", connections.bytes_sent);
}

void AddMemory(const Parts& parts, Exposition& out) {
  const MemoryOverview memory = MeasureMemory(parts);
  out.Gauge("redis_memory_used_bytes", "Memory in use.", memory.used);
  out.Gauge("redis_memory_used_dataset_bytes", "Memory of keys and values.", memory.data);
  out.Gauge("redis_memory_used_overhead_bytes", "Memory of tables and buffers.", memory.overhead);
  out.Gauge("redis_memory_used_peak_bytes", "The most that was in use.",
            std::max(parts.stats.peak_memory, memory.used));
  out.Gauge("redis_memory_used_rss_bytes", "Memory that is resident.", ResidentBytes());
  out.Gauge("redis_memory_max_bytes", "maxmemory; 0: no limit.", parts.options.maxmemory);
}

void AddKeys(const Parts& parts, Exposition& out) {
  const StoreStats& store = parts.store.stats();
  out.Family("redis_db_keys", "gauge", "Keys.");
  for (int i = 0; i < parts.store.size(); ++i) {
    out.Sample({{"db", absl::StrCat("db", i)}}, parts.store.database(i).size());
  }
  out.Family("redis_db_keys_expiring", "gauge", "Keys with a deadline.");
  for (int i = 0; i < parts.store.size(); ++i) {
    out.Sample({{"db", absl::StrCat("db", i)}}, parts.store.database(i).expiring());
  }
  out.Counter("redis_keyspace_hits_total", "Reads that found their key.", store.hits);
  out.Counter("redis_keyspace_misses_total", "Reads that did not.", store.misses);
  out.Family("solokv_keyspace_misses_by_reason_total", "counter",
             "Misses, by what became of the key.");
  out.Sample({{"reason", "absent"}}, store.misses_absent());
  out.Sample({{"reason", "expired"}}, store.misses_expired);
  out.Sample({{"reason", "evicted"}}, store.misses_evicted);
  out.Counter("redis_expired_keys_total", "Keys that expired.", store.expired);
  out.Counter("redis_evicted_keys_total", "Keys that made room for others.", store.evicted);
  out.Family("solokv_expire_lag_seconds", "gauge", "How late keys expire.");
  const LagHistogram& lag = parts.store.expiry_lag();
  out.Sample({{"quantile", "0.5"}}, static_cast<double>(lag.Percentile(0.5)) / 1000);
  out.Sample({{"quantile", "0.99"}}, static_cast<double>(lag.Percentile(0.99)) / 1000);
}

// The commands that were called.
template <class Visit>
void ForEachUsed(const Parts& parts, Visit&& visit) {
  parts.table.ForEach([&](const Command& command) {
    if (command.calls > 0 || command.rejected > 0) visit(command);
  });
}

void AddCommands(const Parts& parts, Exposition& out) {
  out.Counter("redis_commands_processed_total", "Commands run.", parts.dispatcher.commands());
  out.Family("redis_commands_total", "counter", "Calls, by command.");
  ForEachUsed(parts, [&](const Command& command) {
    out.Sample({{"cmd", command.full_name}}, command.calls);
  });
  out.Family("redis_commands_duration_seconds_total", "counter", "Time taken, by command.");
  ForEachUsed(parts, [&](const Command& command) {
    out.Sample({{"cmd", command.full_name}},
               static_cast<double>(parts.cycles.Nanoseconds(command.cycles)) / kNanosPerSecond);
  });
  out.Family("redis_commands_failed_calls_total", "counter", "Calls that failed, by command.");
  ForEachUsed(parts, [&](const Command& command) {
    out.Sample({{"cmd", command.full_name}}, command.failed);
  });
  out.Family("redis_commands_rejected_calls_total", "counter", "Calls rejected, by command.");
  ForEachUsed(parts, [&](const Command& command) {
    out.Sample({{"cmd", command.full_name}}, command.rejected);
  });
  out.Family("redis_latency_percentiles_usec", "gauge", "Microseconds of a call, by command.");
  ForEachUsed(parts, [&](const Command& command) {
    if (!command.latency || command.latency->total() == 0) return;
    for (const double percentile : parts.options.latency_tracking_info_percentiles) {
      out.Sample({{"cmd", command.full_name}, {"quantile", absl::StrCat(percentile)}},
                 static_cast<double>(command.latency->Percentile(percentile / 100)) / 1000);
    }
  });
  out.Family("redis_errors_total", "counter", "Error replies, by code.");
  for (const auto& [code, count] : parts.dispatcher.errors().counts()) {
    out.Sample({{"err", code}}, count);
  }
}

void AddLoop(const Parts& parts, Exposition& out) {
  const TickProfile& ticks = parts.ticks;
  out.Counter("solokv_ticks_total", "Ticks of the event loop.", ticks.ticks());
  out.Family("solokv_tick_seconds", "gauge", "Length of a tick, without its wait.");
  for (const auto& [name, fraction] :
       {std::pair<std::string_view, double>{"0.5", 0.5}, {"0.99", 0.99}, {"0.9999", 0.9999}}) {
    out.Sample({{"quantile", name}},
               static_cast<double>(ticks.wall().Percentile(fraction)) / kNanosPerSecond);
  }
  out.Family("solokv_phase_seconds_total", "counter", "Time of the event loop, by phase.");
  for (size_t i = 0; i < kTickPhases; ++i) {
    const auto phase = static_cast<TickPhase>(i);
    out.Sample({{"phase", TickPhaseName(phase)}},
               static_cast<double>(ticks.total_nanos(phase)) / kNanosPerSecond);
  }
  const CommandLogs& logs = parts.observation.logs;
  out.Gauge("redis_slowlog_length", "Entries of the slow log.", logs.slow.entries().size());
  out.Family("solokv_commandlog_length", "gauge", "Entries of the logs of commands.");
  out.Sample({{"type", "slow"}}, logs.slow.entries().size());
  out.Sample({{"type", "large-request"}}, logs.large_request.entries().size());
  out.Sample({{"type", "large-reply"}}, logs.large_reply.entries().size());
}

}  // namespace

std::string BuildMetrics(const Parts& parts) {
  Exposition out;
  AddServer(parts, out);
  AddClients(parts, out);
  AddMemory(parts, out);
  AddKeys(parts, out);
  AddCommands(parts, out);
  AddLoop(parts, out);
  return out.Take();
}

}  // namespace kv
