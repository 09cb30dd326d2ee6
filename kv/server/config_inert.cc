// The directives whose subsystem is not there, as data. When a subsystem comes, its rows move to
// the table of the directives that it reads.
#include <algorithm>
#include <cassert>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "absl/strings/str_split.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/server/config_table.h"

namespace kv {
namespace {

enum class InertKind : uint8_t { kSwitch, kInteger, kMemory, kText, kFileName, kList, kName };

struct InertRow {
  constexpr InertRow Alias(std::string_view other_name) const {
    InertRow row = *this;
    row.alias = other_name;
    return row;
  }
  // Accepts the default only; `reason` is why.
  constexpr InertRow Refuse(std::string_view reason) const {
    InertRow row = *this;
    row.refusal = reason;
    return row;
  }
  constexpr InertRow Immutable() const { return WithFlag(&InertRow::immutable); }
  constexpr InertRow Protected() const { return WithFlag(&InertRow::is_protected); }
  constexpr InertRow Hidden() const { return WithFlag(&InertRow::hidden); }
  constexpr InertRow Sensitive() const { return WithFlag(&InertRow::sensitive); }
  constexpr InertRow WithFlag(bool InertRow::*flag) const {
    InertRow row = *this;
    row.*flag = true;
    return row;
  }

  std::string_view name;
  InertKind kind;
  std::string_view value;  // the default
  int64_t min = 0;
  int64_t max = 0;
  std::string_view names = {};  // of kName, separated by blanks
  std::string_view alias = {};
  std::string_view refusal = {};
  bool immutable = false;
  bool is_protected = false;
  bool hidden = false;
  bool sensitive = false;
};

constexpr InertRow Switch(std::string_view name, std::string_view value) {
  return {name, InertKind::kSwitch, value};
}
constexpr InertRow Integer(std::string_view name, std::string_view value, int64_t min,
                           int64_t max) {
  return {name, InertKind::kInteger, value, min, max};
}
constexpr InertRow Memory(std::string_view name, std::string_view value, int64_t min, int64_t max) {
  return {name, InertKind::kMemory, value, min, max};
}
constexpr InertRow Text(std::string_view name, std::string_view value = "") {
  return {name, InertKind::kText, value};
}
constexpr InertRow FileName(std::string_view name, std::string_view value) {
  return {name, InertKind::kFileName, value};
}
constexpr InertRow List(std::string_view name) {
  return {name, InertKind::kList, ""};
}
constexpr InertRow Name(std::string_view name, std::string_view value, std::string_view names) {
  return {name, InertKind::kName, value, 0, 0, names};
}

constexpr int64_t kIntMin = std::numeric_limits<int32_t>::min();
constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();
constexpr int64_t kUnsignedMax = std::numeric_limits<uint32_t>::max();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

constexpr std::string_view kNoAof = "the append-only file is not supported yet";
constexpr std::string_view kNoCluster = "cluster mode is not supported yet";
constexpr std::string_view kNoTls = "TLS is not supported yet";
constexpr std::string_view kNoAcl = "ACL users are not supported yet";
constexpr std::string_view kNoModules = "modules are not supported";

constexpr InertRow kPersistence[] = {
    Switch("appendonly", "no").Refuse(kNoAof),
    FileName("appendfilename", "appendonly.aof").Immutable(),
    FileName("appenddirname", "appendonlydir").Immutable(),
    Name("appendfsync", "everysec", "everysec always no"),
    Switch("no-appendfsync-on-rewrite", "no"),
    Integer("auto-aof-rewrite-percentage", "100", 0, kIntMax),
    Memory("auto-aof-rewrite-min-size", "64mb", 0, kMax),
    Switch("aof-load-truncated", "yes"),
    Memory("aof-load-corrupt-tail-max-size", "0", 0, kMax),
    Switch("aof-use-rdb-preamble", "yes"),
    Switch("aof-timestamp-enabled", "no"),
    Switch("aof-rewrite-incremental-fsync", "yes"),
    Switch("aof-disable-auto-gc", "no").Hidden(),
    FileName("dbfilename", "dump.rdb").Protected(),
    Switch("rdbcompression", "yes"),
    Switch("rdbchecksum", "yes").Immutable(),
    Switch("rdb-del-sync-files", "no"),
    Switch("rdb-save-incremental-fsync", "yes"),
    Integer("rdb-key-save-delay", "0", kIntMin, kIntMax).Hidden(),
    Integer("key-load-delay", "0", kIntMin, kIntMax).Hidden(),
    Memory("loading-process-events-interval-bytes", "2mb", 1024, kIntMax).Hidden(),
    Name("sanitize-dump-payload", "no", "no yes clients"),
    Switch("stop-writes-on-bgsave-error", "yes"),
};

constexpr InertRow kReplication[] = {
    Text("masterauth").Sensitive().Alias("primaryauth"),
    Text("masteruser").Alias("primaryuser"),
    Integer("min-replicas-max-lag", "10", 0, kIntMax).Alias("min-slaves-max-lag"),
    Integer("min-replicas-to-write", "0", 0, kIntMax).Alias("min-slaves-to-write"),
    Memory("repl-backlog-size", "1mb", 1, kMax),
    Integer("repl-backlog-ttl", "3600", 0, kMax),
    Switch("repl-disable-tcp-nodelay", "no"),
    Name("repl-diskless-load", "disabled", "disabled on-empty-db swapdb flush-before-load"),
    Switch("repl-diskless-sync", "yes"),
    Integer("repl-diskless-sync-delay", "5", 0, kIntMax),
    Integer("repl-diskless-sync-max-replicas", "0", 0, kIntMax),
    Integer("repl-ping-replica-period", "10", 1, kIntMax).Alias("repl-ping-slave-period"),
    Switch("repl-rdb-channel", "no"),
    Integer("repl-timeout", "60", 1, kIntMax),
    Text("replica-announce-ip").Alias("slave-announce-ip"),
    Integer("replica-announce-port", "0", 0, 65535).Alias("slave-announce-port"),
    Switch("replica-announced", "yes"),
    Memory("replica-full-sync-buffer-limit", "0", 0, kMax),
    Switch("replica-ignore-disk-write-errors", "no"),
    Switch("replica-ignore-maxmemory", "yes").Alias("slave-ignore-maxmemory"),
    Switch("replica-lazy-flush", "no").Alias("slave-lazy-flush"),
    Integer("replica-priority", "100", 0, kIntMax).Alias("slave-priority"),
    Switch("replica-read-only", "yes").Alias("slave-read-only"),
    Switch("replica-serve-stale-data", "yes").Alias("slave-serve-stale-data"),
    Name("propagation-error-behavior", "ignore", "ignore panic panic-on-replicas"),
};

constexpr InertRow kCluster[] = {
    Switch("cluster-enabled", "no").Immutable().Refuse(kNoCluster),
    Switch("cluster-allow-pubsubshard-when-down", "yes"),
    Switch("cluster-allow-reads-when-down", "no"),
    Switch("cluster-allow-replica-migration", "yes"),
    Integer("cluster-announce-bus-port", "0", 0, 65535),
    Text("cluster-announce-hostname"),
    Text("cluster-announce-human-nodename"),
    Text("cluster-announce-ip"),
    Integer("cluster-announce-port", "0", 0, 65535),
    Integer("cluster-announce-tls-port", "0", 0, 65535),
    Integer("cluster-compatibility-sample-ratio", "0", 0, 100),
    Text("cluster-config-file", "nodes.conf").Immutable(),
    Memory("cluster-link-sendbuf-limit", "0", 0, kMax),
    Integer("cluster-migration-barrier", "1", 0, kIntMax),
    Integer("cluster-node-timeout", "15000", 0, kMax),
    Integer("cluster-ping-interval", "1000", 0, kIntMax).Hidden(),
    Integer("cluster-port", "0", 0, 65535).Immutable(),
    Name("cluster-preferred-endpoint-type", "ip", "ip hostname unknown-endpoint"),
    Switch("cluster-replica-no-failover", "no").Alias("cluster-slave-no-failover"),
    Integer("cluster-replica-validity-factor", "10", 0, kIntMax)
        .Alias("cluster-slave-validity-factor"),
    Switch("cluster-require-full-coverage", "yes"),
    Switch("cluster-slot-stats-enabled", "no"),
};

constexpr InertRow kTls[] = {
    Integer("tls-port", "0", 0, 65535).Refuse(kNoTls),
    Name("tls-auth-clients", "yes", "no yes optional"),
    Text("tls-ca-cert-dir"),
    Text("tls-ca-cert-file"),
    Text("tls-cert-file"),
    Text("tls-ciphers"),
    Text("tls-ciphersuites"),
    Text("tls-client-cert-file"),
    Text("tls-client-key-file"),
    Text("tls-client-key-file-pass").Sensitive(),
    Switch("tls-cluster", "no").Refuse(kNoTls),
    Text("tls-dh-params-file"),
    Text("tls-key-file"),
    Text("tls-key-file-pass").Sensitive(),
    Switch("tls-prefer-server-ciphers", "no"),
    Text("tls-protocols"),
    Switch("tls-replication", "no").Refuse(kNoTls),
    Integer("tls-session-cache-size", "20480", 0, kIntMax),
    Integer("tls-session-cache-timeout", "300", 0, kIntMax),
    Switch("tls-session-caching", "yes"),
    Integer("max-new-tls-connections-per-cycle", "1", 1, 1000),
};

constexpr InertRow kTypes[] = {
    Integer("hash-max-listpack-entries", "512", 0, kMax).Alias("hash-max-ziplist-entries"),
    Memory("hash-max-listpack-value", "64", 0, kMax).Alias("hash-max-ziplist-value"),
    Memory("hll-sparse-max-bytes", "3000", 0, kMax),
    Integer("list-compress-depth", "0", 0, kIntMax),
    Integer("list-max-listpack-size", "-2", kIntMin, kIntMax).Alias("list-max-ziplist-size"),
    Integer("set-max-intset-entries", "512", 0, kMax),
    Integer("set-max-listpack-entries", "128", 0, kMax),
    Memory("set-max-listpack-value", "64", 0, kMax),
    Memory("stream-node-max-bytes", "4kb", 0, kMax),
    Integer("stream-node-max-entries", "100", 0, kMax),
    Integer("zset-max-listpack-entries", "128", 0, kMax).Alias("zset-max-ziplist-entries"),
    Memory("zset-max-listpack-value", "64", 0, kMax).Alias("zset-max-ziplist-value"),
    Switch("lazyexpire-nested-arbitrary-keys", "yes").Hidden(),
};

constexpr InertRow kAccess[] = {
    Name("acl-pubsub-default", "resetchannels", "allchannels resetchannels"),
    Text("aclfile").Immutable().Refuse(kNoAcl),
    Integer("acllog-max-len", "128", 0, kMax),
    List("user").Immutable().Hidden().Refuse(kNoAcl),
    List("loadmodule").Immutable().Hidden().Refuse(kNoModules),
    Name("enable-module-command", "no", "no yes local").Immutable(),
    Integer("tracking-table-max-keys", "1000000", 0, kMax),
    Switch("lua-enable-deprecated-api", "no").Immutable().Hidden(),
    Text("locale-collate"),
    Integer("socket-mark-id", "0", 0, kUnsignedMax).Immutable(),
    Text("bind-source-addr"),
};

constexpr InertRow kRuntime[] = {
    Integer("active-defrag-max-scan-fields", "1000", 1, kMax),
    Switch("activerehashing", "yes"),
    Text("aof-rewrite-cpulist").Immutable().Alias("aof_rewrite_cpulist"),
    Text("bgsave-cpulist").Immutable().Alias("bgsave_cpulist"),
    Text("bio-cpulist").Immutable().Alias("bio_cpulist"),
    Text("server-cpulist").Immutable().Alias("server_cpulist"),
    Switch("crash-memcheck-enabled", "yes"),
    Switch("disable-thp", "yes").Immutable(),
    Text("ignore-warnings"),
    Integer("io-threads", "1", 1, 256).Immutable(),
    Switch("io-threads-do-reads", "no").Immutable(),
    Switch("jemalloc-bg-thread", "yes"),
    Integer("lookahead", "16", 1, kIntMax),
    Name("oom-score-adj", "no", "no yes relative absolute"),
    Integer("watchdog-period", "0", 0, kIntMax).Hidden(),
};

// Names that only Valkey has.
constexpr InertRow kValkey[] = {
    Text("availability-zone"),
    Integer("cluster-blacklist-ttl", "60", 0, kIntMax),
    Integer("cluster-databases", "1", 1, kIntMax).Immutable(),
    Integer("cluster-manual-failover-timeout", "5000", 1, kIntMax),
    Integer("commandlog-large-reply-max-len", "128", 0, kMax),
    Integer("commandlog-large-request-max-len", "128", 0, kMax),
    Integer("commandlog-reply-larger-than", "1048576", -1, kMax),
    Integer("commandlog-request-larger-than", "1048576", -1, kMax),
    Switch("dual-channel-replication-enabled", "no"),
    Integer("events-per-io-thread", "2", 0, kIntMax).Hidden(),
    Switch("extended-redis-compatibility", "no"),
    Text("hash-seed").Immutable(),
    Switch("import-mode", "no"),
    Switch("mptcp", "no").Immutable(),
    Integer("prefetch-batch-max-size", "16", 0, 128),
};

std::vector<std::string_view> SplitNames(std::string_view names) {
  std::vector<std::string_view> list;
  while (!names.empty()) {
    const size_t end = std::min(names.find(' '), names.size());
    list.push_back(names.substr(0, end));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return list;
}

// "no one", or an address and a port.
absl::StatusOr<std::string> CanonicalReplicaOf(const std::string& text) {
  const std::vector<std::string> words = absl::StrSplit(text, ' ', absl::SkipEmpty());
  if (words.empty()) return std::string();
  if (words.size() != 2) return absl::InvalidArgumentError("wrong number of arguments");
  if (EqualsIgnoreCase(words[0], "no") && EqualsIgnoreCase(words[1], "one")) return std::string();
  const std::optional<int64_t> port = ParseInt64(words[1]);
  if (!port || *port < 0 || *port > 65535) return absl::InvalidArgumentError("Invalid master port");
  return absl::InvalidArgumentError("replication is not supported yet");
}

}  // namespace

class InertDirectives::Builder {
 public:
  Builder(InertDirectives& values, Config& config) : values_(values), config_(config) {}

  void Add(std::span<const InertRow> rows) {
    for (const InertRow& row : rows) Add(row);
  }

 private:
  void Add(const InertRow& row) {
    ValueKind kind = MakeKind(row);
    const absl::Status status = kind.set({std::string(row.value)}, Assignment::kReplace);
    assert(status.ok());
    status.IgnoreError();
    if (!row.refusal.empty()) {
      const std::string inert = kind.get();
      kind = OnlyKind(kind, inert, std::string(row.refusal));
    }
    Directive& directive = config_.Add(std::string(row.name), std::move(kind));
    if (!row.alias.empty()) directive.Alias(std::string(row.alias));
    if (row.immutable) directive.Immutable();
    if (row.is_protected) directive.Protected();
    if (row.hidden) directive.Hidden();
    if (row.sensitive) directive.Sensitive();
    directive.WithoutEffect();
  }

  ValueKind MakeKind(const InertRow& row) {
    switch (row.kind) {
      case InertKind::kSwitch:
        return BoolKind(&values_.switches_.emplace_back());
      case InertKind::kInteger:
        return IntegerKind(&values_.numbers_.emplace_back(), row.min, row.max);
      case InertKind::kMemory:
        return MemoryKind(&values_.numbers_.emplace_back(), row.min, row.max);
      case InertKind::kFileName:
        return CheckedStringKind(&values_.texts_.emplace_back(), PlainFileName(row.name));
      case InertKind::kList:
        return CheckedListKind(&values_.texts_.emplace_back(),
                               [](const std::string& text) { return text; });
      case InertKind::kName:
        return NameKind(&values_.texts_.emplace_back(), SplitNames(row.names));
      case InertKind::kText:
        break;
    }
    return StringKind(&values_.texts_.emplace_back());
  }

  InertDirectives& values_;
  Config& config_;
};

void InertDirectives::AddTo(Config* config) {
  Builder builder(*this, *config);
  for (std::span<const InertRow> rows : std::initializer_list<std::span<const InertRow>>{
           kPersistence, kReplication, kCluster, kTls, kTypes, kAccess, kRuntime, kValkey}) {
    builder.Add(rows);
  }
  config->Add("save", SaveKind(&save_))
      .WithoutEffect("", "Save points are accepted, but no snapshot is saved yet.");
  config->Add("replicaof", CheckedListKind(&texts_.emplace_back(), CanonicalReplicaOf))
      .Alias("slaveof")
      .Immutable();
  texts_.emplace_back("0 200 800");
  config->Add("oom-score-adj-values", CheckedListKind(&texts_.back(), CanonicalOomScores))
      .WithoutEffect();
}

}  // namespace kv
