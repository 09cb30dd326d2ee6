// MEMORY: what takes how much.
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kv/base/numbers.h"
#include "kv/base/resource_usage.h"
#include "kv/command/help.h"
#include "kv/server/info.h"
#include "kv/server/server_commands.h"

namespace kv {

void MemoryUsageCommand(Context& context) {
  if (context.args.size() > 3) {
    if (context.args.size() != 5 || !EqualsIgnoreCase(context.args[3], "samples")) {
      return context.Fail(kSyntaxError);
    }
    const std::optional<int64_t> samples = ParseInt64(context.args[4]);
    if (!samples) return context.Fail(kNotAnInteger);
    if (*samples < 0) return context.Fail(kSyntaxError);
  }
  const EntryRef ref = context.db.Peek(context.Key(2));
  if (!ref) return context.reply.NullBulk();
  context.reply.Integer(static_cast<int64_t>(context.db.MemoryUsage(*ref)));
}

void MemoryStatsCommand(Context& context) {
  const Parts& parts = context.Owner<Parts>();
  resp::ReplyWriter& reply = context.reply;
  const MemoryOverview memory = MeasureMemory(parts);
  const size_t keys = parts.store.keys();
  const size_t resident = ResidentBytes();
  const size_t peak = std::max(parts.stats.peak_memory, memory.used);
  const auto percent = [](size_t part, size_t whole) {
    return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  size_t databases = 0;
  size_t tables = 0;
  for (int i = 0; i < parts.store.size(); ++i) {
    if (parts.store.database(i).size() > 0) ++databases;
    tables += parts.store.database(i).table_bytes();
  }
  reply.Map(21 + databases);
  const auto number = [&](std::string_view name, int64_t value) {
    reply.Bulk(name);
    reply.Integer(value);
  };
  const auto bytes = [&](std::string_view name, size_t value) {
    number(name, static_cast<int64_t>(value));
  };
  const auto real = [&](std::string_view name, double value) {
    reply.Bulk(name);
    reply.Double(value);
  };
  bytes("peak.allocated", peak);
  bytes("total.allocated", memory.used);
  bytes("startup.allocated", parts.startup_memory);
  number("replication.backlog", 0);
  number("clients.slaves", 0);
  bytes("clients.normal", memory.clients);
  number("cluster.links", 0);
  number("aof.buffer", 0);
  bytes("lua.caches", parts.scripting.scripts().text_memory());
  bytes("functions.caches", parts.scripting.functions().text_memory());
  for (int i = 0; i < parts.store.size(); ++i) {
    const Database& database = parts.store.database(i);
    if (database.size() == 0) continue;
    reply.Bulk(absl::StrCat("db.", i));
    reply.Map(2);
    bytes("overhead.hashtable.main", database.table_bytes());
    bytes("overhead.hashtable.expires", database.index_bytes());
  }
  bytes("overhead.db.hashtable.lut", tables);
  bytes("overhead.total", memory.overhead);
  bytes("keys.count", keys);
  bytes("keys.bytes-per-key", keys == 0 ? 0 : (memory.used - parts.startup_memory) / keys);
  bytes("dataset.bytes", memory.data);
  real("dataset.percentage", percent(memory.data, memory.used));
  real("peak.percentage", percent(memory.used, peak));
  bytes("allocator.allocated", parts.store.memory().used());
  bytes("allocator.active", parts.store.memory().mapped());
  bytes("allocator.resident", parts.store.memory().mapped());
  real("fragmentation", percent(resident, memory.used) / 100);
}

void MemoryDoctorCommand(Context& context) {
  const Parts& parts = context.Owner<Parts>();
  const MemoryOverview memory = MeasureMemory(parts);
  const size_t resident = ResidentBytes();
  constexpr size_t kTooSmallToJudge = 5 << 20;
  std::string report;
  if (memory.used < kTooSmallToJudge) {
    report = "This server holds too little data to say anything about its use of memory.\n";
  } else {
    if (parts.stats.peak_memory > memory.used + memory.used / 2) {
      absl::StrAppend(&report, "* Peak: at its peak the server used ",
                      HumanBytes(parts.stats.peak_memory), ", now it uses ",
                      HumanBytes(memory.used), ".\n");
    }
    if (resident > memory.used + memory.used * 2 / 5) {
      absl::StrAppend(&report, "* Fragmentation: ", HumanBytes(resident), " are resident for ",
                      HumanBytes(memory.used), " in use.\n");
    }
    if (memory.clients > memory.used / 3) {
      absl::StrAppend(&report, "* Clients: their buffers take ", HumanBytes(memory.clients),
                      "; CLIENT LIST shows whose.\n");
    }
    if (report.empty()) report = "No problem with memory was found.\n";
  }
  context.reply.Verbatim("txt", report);
}

void MemoryPurgeCommand(Context& context) {
  context.Owner<Parts>().control.PurgeMemory();
  context.Owner<Parts>().connections.chunk_pool().Trim(0);
  context.reply.Ok();
}

void MemoryMallocStatsCommand(Context& context) {
  const SlabMemory& memory = context.store.memory();
  context.reply.Verbatim("txt", absl::StrFormat("slabs: used %d bytes, mapped %d bytes\n",
                                                memory.used(), memory.mapped()));
}

void MemoryHelpCommand(Context& context) {
  ReplyHelp(context);
}

}  // namespace kv
