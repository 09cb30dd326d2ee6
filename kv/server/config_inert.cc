// The directives whose subsystem is not there, as data. When a subsystem comes, its rows move to
// the table of the directives that it reads.
#include <algorithm>
#include <cassert>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/server/config_table.h"

namespace kv {
namespace {

enum class InertKind : uint8_t {
  kSwitch,
  kInteger,
  kMemory,
  kText,
  kFileName,
  kList,
  kName,
  kSavePoints,
  kPrimary,
  kOomScores,
};

}  // namespace

struct InertRow : DirectiveRow {
  constexpr InertRow(std::string_view row_name, InertKind row_kind, std::string_view row_value,
                     int64_t row_min = 0, int64_t row_max = 0, std::string_view row_names = {})
      : DirectiveRow{row_name, kWithoutEffect},
        kind(row_kind),
        value(row_value),
        min(row_min),
        max(row_max),
        names(row_names) {}

  constexpr InertRow Alias(std::string_view other_name) const {
    InertRow row = *this;
    row.alias = other_name;
    return row;
  }
  constexpr InertRow With(uint32_t more_flags) const {
    InertRow row = *this;
    row.flags |= more_flags;
    return row;
  }
  // Accepts the default only; `reason` is why.
  constexpr InertRow Refuse(std::string_view reason) const {
    InertRow row = *this;
    row.refusal = reason;
    return row;
  }
  // Says `text` when anything but an empty value is assigned.
  constexpr InertRow Warn(std::string_view text) const {
    InertRow row = *this;
    row.flags &= ~uint32_t{kWithoutEffect};
    row.warning = text;
    return row;
  }

  InertKind kind;
  std::string_view value;  // the default
  int64_t min;
  int64_t max;
  std::string_view names;  // of kName, separated by blanks
  std::string_view refusal = {};
};

namespace {

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
constexpr std::string_view kNoModules = "modules are not supported";

constexpr InertRow kPersistence[] = {
    Switch("appendonly", "no").Refuse(kNoAof),
    FileName("appendfilename", "appendonly.aof").With(kImmutable),
    FileName("appenddirname", "appendonlydir").With(kImmutable),
    Name("appendfsync", "everysec", "everysec always no"),
    Switch("no-appendfsync-on-rewrite", "no"),
    Integer("auto-aof-rewrite-percentage", "100", 0, kIntMax),
    Memory("auto-aof-rewrite-min-size", "64mb", 0, kMax),
    Switch("aof-load-truncated", "yes"),
    Memory("aof-load-corrupt-tail-max-size", "0", 0, kMax),
    Switch("aof-use-rdb-preamble", "yes"),
    Switch("aof-timestamp-enabled", "no"),
    Switch("aof-rewrite-incremental-fsync", "yes"),
    Switch("aof-disable-auto-gc", "no").With(kHidden),
    FileName("dbfilename", "dump.rdb").With(kProtected),
    Switch("rdbchecksum", "yes").With(kImmutable),
    Switch("rdb-del-sync-files", "no"),
    Switch("rdb-save-incremental-fsync", "yes"),
    Integer("rdb-key-save-delay", "0", kIntMin, kIntMax).With(kHidden),
    Integer("key-load-delay", "0", kIntMin, kIntMax).With(kHidden),
    Memory("loading-process-events-interval-bytes", "2mb", 1024, kIntMax).With(kHidden),
    Name("sanitize-dump-payload", "no", "no yes clients"),
    Switch("stop-writes-on-bgsave-error", "yes"),
};

constexpr InertRow kReplication[] = {
    Text("masterauth").With(kSensitive).Alias("primaryauth"),
    Text("masteruser").With(kSensitive).Alias("primaryuser"),
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
    Switch("cluster-enabled", "no").With(kImmutable).Refuse(kNoCluster),
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
    Text("cluster-config-file", "nodes.conf").With(kImmutable),
    Memory("cluster-link-sendbuf-limit", "0", 0, kMax),
    Integer("cluster-migration-barrier", "1", 0, kIntMax),
    Integer("cluster-node-timeout", "15000", 0, kMax),
    Integer("cluster-ping-interval", "1000", 0, kIntMax).With(kHidden),
    Integer("cluster-port", "0", 0, 65535).With(kImmutable),
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
    Text("tls-client-key-file-pass").With(kSensitive),
    Switch("tls-cluster", "no").Refuse(kNoTls),
    Text("tls-dh-params-file"),
    Text("tls-key-file"),
    Text("tls-key-file-pass").With(kSensitive),
    Switch("tls-prefer-server-ciphers", "no"),
    Text("tls-protocols"),
    Switch("tls-replication", "no").Refuse(kNoTls),
    Integer("tls-session-cache-size", "20480", 0, kIntMax),
    Integer("tls-session-cache-timeout", "300", 0, kIntMax),
    Switch("tls-session-caching", "yes"),
    Integer("max-new-tls-connections-per-cycle", "1", 1, 1000),
};

constexpr InertRow kTypes[] = {
    Switch("lazyexpire-nested-arbitrary-keys", "yes").With(kHidden),
};

constexpr InertRow kAccess[] = {
    List("loadmodule").With(kImmutable | kHidden).Refuse(kNoModules),
    Name("enable-module-command", "no", "no yes local").With(kImmutable),
    Switch("lua-enable-deprecated-api", "no").With(kImmutable | kHidden),
    Text("locale-collate"),
    Integer("socket-mark-id", "0", 0, kUnsignedMax).With(kImmutable),
    Text("bind-source-addr"),
};

constexpr InertRow kRuntime[] = {
    Integer("active-defrag-max-scan-fields", "1000", 1, kMax),
    Switch("activerehashing", "yes"),
    Text("aof-rewrite-cpulist").With(kImmutable).Alias("aof_rewrite_cpulist"),
    Text("bgsave-cpulist").With(kImmutable).Alias("bgsave_cpulist"),
    Text("bio-cpulist").With(kImmutable).Alias("bio_cpulist"),
    Text("server-cpulist").With(kImmutable).Alias("server_cpulist"),
    Switch("crash-memcheck-enabled", "yes"),
    Switch("disable-thp", "yes").With(kImmutable),
    Text("ignore-warnings"),
    Integer("io-threads", "1", 1, 256).With(kImmutable),
    Switch("io-threads-do-reads", "no").With(kImmutable),
    Switch("jemalloc-bg-thread", "yes"),
    Integer("lookahead", "16", 1, kIntMax),
    Name("oom-score-adj", "no", "no yes relative absolute"),
    Integer("watchdog-period", "0", 0, kIntMax).With(kHidden),
};

// Names that only Valkey has.
constexpr InertRow kValkey[] = {
    Text("availability-zone"),
    Integer("cluster-blacklist-ttl", "60", 0, kIntMax),
    Integer("cluster-databases", "1", 1, kIntMax).With(kImmutable | kHidden),
    Integer("cluster-manual-failover-timeout", "5000", 1, kIntMax),
    Switch("dual-channel-replication-enabled", "no"),
    Integer("events-per-io-thread", "2", 0, kIntMax).With(kHidden),
    Switch("extended-redis-compatibility", "no"),
    Text("hash-seed").With(kImmutable | kHidden),
    Switch("import-mode", "no"),
    Switch("mptcp", "no").With(kImmutable | kHidden),
    Integer("prefetch-batch-max-size", "16", 0, 128),
};

// What is more than a value of a common kind.
constexpr InertRow kOthers[] = {
    InertRow("save", InertKind::kSavePoints, "3600 1 300 100 60 10000")
        .Warn("Save points are accepted, but no snapshot is saved yet."),
    InertRow("replicaof", InertKind::kPrimary, "").Alias("slaveof").With(kImmutable),
    {"oom-score-adj-values", InertKind::kOomScores, "0 200 800"},
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

// The fields that a kind is bound to while a value is read or written.
struct Scratch {
  bool yes = false;
  int64_t number = 0;
  std::string text;
  std::vector<SavePoint> save_points;
};

ValueKind MakeKind(const InertRow& row, Scratch* scratch) {
  switch (row.kind) {
    case InertKind::kSwitch:
      return BoolKind(&scratch->yes);
    case InertKind::kInteger:
      return IntegerKind(&scratch->number, row.min, row.max);
    case InertKind::kMemory:
      return MemoryKind(&scratch->number, row.min, row.max);
    case InertKind::kFileName:
      return CheckedStringKind(&scratch->text, PlainFileName(row.name));
    case InertKind::kList:
      return CheckedListKind(&scratch->text, [](const std::string& text) { return text; });
    case InertKind::kName:
      return NameKind(&scratch->text, SplitNames(row.names));
    case InertKind::kSavePoints:
      return SaveKind(&scratch->save_points);
    case InertKind::kPrimary:
      return CheckedListKind(&scratch->text, CanonicalReplicaOf);
    case InertKind::kOomScores:
      return CheckedListKind(&scratch->text, CanonicalOomScores);
    case InertKind::kText:
      break;
  }
  return StringKind(&scratch->text);
}

// The kind of `row`, bound to `scratch`, which gets the value that `text` says.
ValueKind Load(const InertRow& row, std::string_view text, Scratch* scratch) {
  ValueKind kind = MakeKind(row, scratch);
  Words words = {std::string(text)};
  if (kind.word_count == WordCount::kList) words = absl::StrSplit(words[0], ' ', absl::SkipEmpty());
  const absl::Status status = kind.set(words, Assignment::kReplace);
  assert(status.ok());
  status.IgnoreError();
  return kind;
}

}  // namespace

std::string_view InertDirectives::TextOf(const InertRow& row) const {
  const auto text = texts_.find(row.name);
  return text == texts_.end() ? row.value : text->second;
}

absl::Status InertDirectives::Set(const InertRow& row, const Words& words, Assignment assignment) {
  Scratch scratch;
  const ValueKind kind = Load(row, TextOf(row), &scratch);
  if (absl::Status status = kind.set(words, assignment); !status.ok()) return status;
  Scratch default_scratch;
  if (kind.get() == Load(row, row.value, &default_scratch).get()) {
    texts_.erase(row.name);
    return absl::OkStatus();
  }
  if (!row.refusal.empty()) return absl::InvalidArgumentError(std::string(row.refusal));
  texts_[row.name] = kind.get();
  return absl::OkStatus();
}

ValueKind InertDirectives::Bind(const InertRow& row) {
  Scratch unused;
  ValueKind bound;
  bound.word_count = MakeKind(row, &unused).word_count;
  bound.set = [this, &row](const Words& words, Assignment assignment) {
    return Set(row, words, assignment);
  };
  bound.get = [this, &row] {
    Scratch scratch;
    return Load(row, TextOf(row), &scratch).get();
  };
  bound.lines = [this, &row] {
    Scratch scratch;
    return Load(row, TextOf(row), &scratch).lines();
  };
  return bound;
}

void InertDirectives::AddTo(Config* config) {
  for (std::span<const InertRow> rows : std::initializer_list<std::span<const InertRow>>{
           kPersistence, kReplication, kCluster, kTls, kTypes, kAccess, kRuntime, kValkey,
           kOthers}) {
    config->Add(rows, [this](const InertRow& row) { return Bind(row); });
  }
}

}  // namespace kv
