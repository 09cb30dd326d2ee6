// The state of the server for its page.
#include <algorithm>
#include <string_view>
#include <vector>

#include "kv/base/resource_usage.h"
#include "kv/server/info.h"
#include "kv/server/json_writer.h"
#include "kv/server/metrics.h"
#include "kv/server/version.h"

namespace kv {
namespace {

constexpr size_t kShownKeys = 12;
constexpr size_t kShownCommands = 12;
constexpr size_t kShownSlow = 8;

void AddTotals(const Parts& parts, JsonWriter& json) {
  const ConnectionStats connections = parts.connections.Totals();
  const MemoryOverview memory = MeasureMemory(parts);
  const StoreStats& store = parts.store.stats();
  const CpuTime cpu = ProcessCpuTime();
  size_t expiring = 0;
  for (int i = 0; i < parts.store.size(); ++i) expiring += parts.store.database(i).expiring();
  json.Key("version").String(kSolokvVersion);
  json.Key("port").Number(parts.port);
  json.Key("time_usec").Number(parts.clock.WallMicros());
  json.Key("uptime_usec").Number(parts.clock.MonotonicMicros() - parts.stats.start_time);
  json.Key("cpu_seconds").Number(cpu.user + cpu.system);
  json.Key("clients").Number(parts.connections.size());
  json.Key("commands").Number(parts.dispatcher.commands());
  json.Key("errors").Number(parts.dispatcher.errors().total());
  json.Key("received_bytes").Number(connections.bytes_received);
  json.Key("sent_bytes").Number(connections.bytes_sent);
  json.Key("keys").Number(parts.store.keys());
  json.Key("expiring").Number(expiring);
  json.Key("hits").Number(store.hits);
  json.Key("misses_absent").Number(store.misses_absent());
  json.Key("misses_expired").Number(store.misses_expired);
  json.Key("misses_evicted").Number(store.misses_evicted);
  json.Key("expired").Number(store.expired);
  json.Key("evicted").Number(store.evicted);
  json.Key("memory_used").Number(memory.used);
  json.Key("memory_data").Number(memory.data);
  json.Key("memory_resident").Number(ResidentBytes());
  json.Key("memory_max").Number(parts.options.maxmemory);
  json.Key("tick_p50").Number(parts.ticks.wall().Percentile(0.5) / 1000);
  json.Key("tick_p99").Number(parts.ticks.wall().Percentile(0.99) / 1000);
  json.Key("slow").Number(parts.observation.logs.slow.entries().size());
}

void AddHotKeys(const Parts& parts, JsonWriter& json) {
  const SpaceSaving& sketch = parts.observation.hot_keys.sketch();
  json.Key("hot_requests").Number(sketch.total());
  json.Key("hot_keys").BeginArray();
  for (const SpaceSaving::Counter* key : sketch.Heaviest(kShownKeys)) {
    json.BeginObject().Key("key").String(key->name).Key("db").Number(key->group);
    json.Key("requests").Number(key->certain()).End();
  }
  json.End();
}

void AddPrefixes(const Parts& parts, JsonWriter& json) {
  const KeyspaceCensus::Result* const census = parts.census.published();
  json.Key("prefixes").BeginArray();
  if (census != nullptr) {
    for (const SpaceSaving::Counter* row : census->prefixes.Heaviest(kShownKeys)) {
      json.BeginObject().Key("prefix").String(row->name).Key("db").Number(row->group);
      json.Key("keys").Number(row->count).Key("bytes").Number(row->weight).End();
    }
  }
  json.End();
}

void AddCommands(const Parts& parts, JsonWriter& json) {
  std::vector<const Command*> commands;
  parts.table.ForEach([&](const Command& command) {
    if (command.calls > 0) commands.push_back(&command);
  });
  std::sort(commands.begin(), commands.end(),
            [](const Command* a, const Command* b) { return a->cycles > b->cycles; });
  if (commands.size() > kShownCommands) commands.resize(kShownCommands);
  json.Key("by_command").BeginArray();
  for (const Command* command : commands) {
    const bool timed = command->latency != nullptr && command->latency->total() > 0;
    json.BeginObject().Key("name").String(command->full_name).Key("calls").Number(command->calls);
    json.Key("usec").Number(static_cast<double>(parts.cycles.Nanoseconds(command->cycles)) / 1000);
    json.Key("p99").Number(timed ? static_cast<double>(command->latency->Percentile(0.99)) / 1000
                                 : 0.0);
    json.End();
  }
  json.End();
}

void AddSlow(const Parts& parts, JsonWriter& json) {
  const auto& entries = parts.observation.logs.slow.entries();
  json.Key("slow_commands").BeginArray();
  for (size_t i = 0; i < std::min(entries.size(), kShownSlow); ++i) {
    json.BeginObject().Key("time").Number(entries[i].time).Key("usec").Number(entries[i].cost);
    json.Key("args").BeginArray();
    for (const std::string& arg : entries[i].args) json.String(arg);
    json.End().End();
  }
  json.End();
}

}  // namespace

std::string BuildMetricsJson(const Parts& parts) {
  JsonWriter json;
  json.BeginObject();
  AddTotals(parts, json);
  AddHotKeys(parts, json);
  AddPrefixes(parts, json);
  AddCommands(parts, json);
  AddSlow(parts, json);
  json.End();
  return json.Take();
}

}  // namespace kv
