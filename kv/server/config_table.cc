#include "kv/server/config_table.h"

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string_view>

#include "kv/types/stream.h"

namespace kv {
namespace {

constexpr int64_t kMaxInt = std::numeric_limits<int32_t>::max();
constexpr int64_t kMinInt = std::numeric_limits<int32_t>::min();
constexpr int64_t kMaxUnsigned = std::numeric_limits<uint32_t>::max();
constexpr int64_t kMaxInt64 = std::numeric_limits<int64_t>::max();
constexpr int64_t kMegabyte = 1 << 20;

using Options = ServerOptions;

// A directive whose value is a field of the options.
struct OptionRow : DirectiveRow {
  using Bind = ValueKind (*)(Options& options);

  constexpr OptionRow(std::string_view name, Bind bind_field, uint32_t flags = 0,
                      std::string_view alias = {})
      : DirectiveRow{name, flags, alias}, bind(bind_field) {}

  Bind bind;
};

template <auto kField>
constexpr OptionRow Bool(std::string_view name, uint32_t flags = 0) {
  return {name, [](Options& options) { return BoolKind(&(options.*kField)); }, flags};
}

template <auto kField>
constexpr OptionRow String(std::string_view name, uint32_t flags = 0) {
  return {name, [](Options& options) { return StringKind(&(options.*kField)); }, flags};
}

template <auto kField, int64_t kMin, int64_t kMax>
constexpr OptionRow Integer(std::string_view name, uint32_t flags = 0,
                            std::string_view alias = {}) {
  return {name, [](Options& options) { return IntegerKind(&(options.*kField), kMin, kMax); }, flags,
          alias};
}

template <auto kField, int64_t kMin, int64_t kMax>
constexpr OptionRow Memory(std::string_view name, uint32_t flags = 0) {
  return {name, [](Options& options) { return MemoryKind(&(options.*kField), kMin, kMax); }, flags};
}

// Fields of the options' parts: `kField` takes the options and returns the field's address.
template <auto kField, int64_t kMin, int64_t kMax>
constexpr OptionRow IntegerOf(std::string_view name, std::string_view alias = {}) {
  return {name, [](Options& options) { return IntegerKind(kField(options), kMin, kMax); }, 0,
          alias};
}

template <auto kField>
constexpr OptionRow MemoryOf(std::string_view name, std::string_view alias = {}) {
  return {name, [](Options& options) { return MemoryKind(kField(options), 0, kMaxInt64); }, 0,
          alias};
}

ValueKind PermissionKind(Permission* field) {
  return EnumKind<Permission>(field, {{"no", Permission::kNobody},
                                      {"yes", Permission::kEverybody},
                                      {"local", Permission::kLocalClients}});
}

constexpr OptionRow kNetwork[] = {
    {"bind", [](Options& options) { return WordsKind(&options.bind); }},
    {"port", [](Options& options) { return PortKind(&options.port, &options.port_auto); }},
    String<&Options::port_file>("port-file", kImmutable | kHidden),
    String<&Options::unixsocket>("unixsocket", kImmutable),
    {"unixsocketperm", [](Options& options) { return OctalKind(&options.unixsocketperm, 0, 0777); },
     kImmutable},
    Integer<&Options::tcp_backlog, 0, kMaxInt>("tcp-backlog", kImmutable),
    Integer<&Options::tcp_keepalive, 0, kMaxInt>("tcp-keepalive"),
    Integer<&Options::timeout, 0, kMaxInt>("timeout"),
    Integer<&Options::maxclients, 1, kMaxUnsigned>("maxclients"),
    Integer<&Options::max_new_connections_per_cycle, 1, 1000>("max-new-connections-per-cycle"),
    Bool<&Options::protected_mode>("protected-mode"),
    Bool<&Options::http_enabled>("http-enabled"),
    {"event-backend",
     [](Options& options) {
       return NameKind(&options.event_backend,
                       {"auto", "io_uring", "epoll", "epoll-et", "kqueue", "poll", "select"});
     },
     kImmutable | kHidden},
    Bool<&Options::io_uring_sqpoll>("io-uring-sqpoll", kImmutable | kHidden),
};

constexpr OptionRow kUsers[] = {
    String<&Options::requirepass>("requirepass", kSensitive),
    {"user", [](Options& options) { return LinesKind(&options.users); }, kImmutable | kHidden},
    {"aclfile", [](Options& options) { return StringKind(&options.acl.file); }, kImmutable},
    {"acllog-max-len",
     [](Options& options) { return IntegerKind(&options.acl.log_max_length, 0, kMaxInt64); }},
    {"acl-pubsub-default",
     [](Options& options) {
       return EnumKind<bool>(&options.acl.grants_channels,
                             {{"allchannels", true}, {"resetchannels", false}});
     }},
};

constexpr OptionRow kLimit[] = {
    Memory<&Options::proto_max_bulk_len, kMegabyte, kMaxInt64>("proto-max-bulk-len"),
    Memory<&Options::client_query_buffer_limit, kMegabyte, kMaxInt64>("client-query-buffer-limit"),
    {"client-output-buffer-limit",
     [](Options& options) { return OutputLimitsKind(&options.client_output_buffer_limit); }},
    {"maxmemory-clients",
     [](Options& options) {
       return MemoryOrPercentKind(&options.maxmemory_clients, 0, kMaxInt64);
     }},
};

constexpr OptionRow kStore[] = {
    Integer<&Options::databases, 1, kMaxInt>("databases", kImmutable),
    Memory<&Options::maxmemory, 0, kMaxInt64>("maxmemory"),
    {"maxmemory-policy",
     [](Options& options) {
       return NameKind(
           &options.maxmemory_policy,
           {"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "allkeys-lru",
            "allkeys-lfu", "allkeys-random", "allkeys-slru", "volatile-slru", "noeviction"});
     }},
    Integer<&Options::maxmemory_samples, 1, kMaxInt>("maxmemory-samples"),
    Integer<&Options::maxmemory_eviction_tenacity, 0, 100>("maxmemory-eviction-tenacity"),
    Integer<&Options::lfu_log_factor, 0, kMaxInt>("lfu-log-factor"),
    Integer<&Options::lfu_decay_time, 0, kMaxInt>("lfu-decay-time"),
    Integer<&Options::active_expire_effort, 1, 10>("active-expire-effort"),
    Bool<&Options::lazyfree_lazy_eviction>("lazyfree-lazy-eviction"),
    Bool<&Options::lazyfree_lazy_expire>("lazyfree-lazy-expire"),
    Bool<&Options::lazyfree_lazy_server_del>("lazyfree-lazy-server-del"),
    Bool<&Options::lazyfree_lazy_user_del>("lazyfree-lazy-user-del"),
    Bool<&Options::lazyfree_lazy_user_flush>("lazyfree-lazy-user-flush"),
    {"notify-keyspace-events",
     [](Options& options) {
       return CheckedStringKind(&options.notify_keyspace_events, CanonicalEventClasses);
     }},
    Integer<&Options::tracking_table_max_keys, 0, kMaxInt64>("tracking-table-max-keys"),
    Memory<&Options::notify_expired_value_max_bytes, 0, kMaxInt64>("notify-expired-value-max-bytes",
                                                                   kHidden),
};

constexpr OptionRow kTypes[] = {
    IntegerOf<[](Options& o) { return &o.value_limits.hash.max_entries; }, 0, kMaxInt64>(
        "hash-max-listpack-entries", "hash-max-ziplist-entries"),
    MemoryOf<[](Options& o) { return &o.value_limits.hash.max_value; }>("hash-max-listpack-value",
                                                                        "hash-max-ziplist-value"),
    MemoryOf<[](Options& o) { return &o.hyperloglog.sparse_max_bytes; }>("hll-sparse-max-bytes"),
    IntegerOf<[](Options& o) { return &o.value_limits.list.compress_depth; }, 0, kMaxInt>(
        "list-compress-depth"),
    IntegerOf<[](Options& o) { return &o.value_limits.list.max_listpack_size; }, kMinInt, kMaxInt>(
        "list-max-listpack-size", "list-max-ziplist-size"),
    IntegerOf<[](Options& o) { return &o.value_limits.set_max_intset_entries; }, 0, kMaxInt64>(
        "set-max-intset-entries"),
    IntegerOf<[](Options& o) { return &o.value_limits.set.max_entries; }, 0, kMaxInt64>(
        "set-max-listpack-entries"),
    MemoryOf<[](Options& o) { return &o.value_limits.set.max_value; }>("set-max-listpack-value"),
    IntegerOf<[](Options& o) { return &o.value_limits.stream.message_seconds; }, 1,
              StreamSettings::kMaxMessageSeconds>("stream-idmp-duration"),
    IntegerOf<[](Options& o) { return &o.value_limits.stream.max_messages; }, 1,
              StreamSettings::kMaxMessages>("stream-idmp-maxsize"),
    MemoryOf<[](Options& o) { return &o.value_limits.stream.node_max_bytes; }>(
        "stream-node-max-bytes"),
    IntegerOf<[](Options& o) { return &o.value_limits.stream.node_max_entries; }, 0, kMaxInt64>(
        "stream-node-max-entries"),
    IntegerOf<[](Options& o) { return &o.value_limits.sorted_set.max_entries; }, 0, kMaxInt64>(
        "zset-max-listpack-entries", "zset-max-ziplist-entries"),
    MemoryOf<[](Options& o) { return &o.value_limits.sorted_set.max_value; }>(
        "zset-max-listpack-value", "zset-max-ziplist-value"),
};

constexpr OptionRow kPersistence[] = {
    Bool<&Options::rdbcompression>("rdbcompression"),
};

constexpr OptionRow kCompaction[] = {
    {"activedefrag", [](Options& options) { return BoolKind(&options.compaction.enabled); }},
    {"active-defrag-ignore-bytes",
     [](Options& options) { return MemoryKind(&options.compaction.ignore_bytes, 1, kMaxInt64); }},
    {"active-defrag-threshold-lower",
     [](Options& options) { return IntegerKind(&options.compaction.threshold_lower, 0, 1000); }},
    {"active-defrag-threshold-upper",
     [](Options& options) { return IntegerKind(&options.compaction.threshold_upper, 0, 1000); }},
    {"active-defrag-cycle-min",
     [](Options& options) { return IntegerKind(&options.compaction.cycle_min, 1, 99); }},
    {"active-defrag-cycle-max",
     [](Options& options) { return IntegerKind(&options.compaction.cycle_max, 1, 99); }},
};

constexpr OptionRow kCommand[] = {
    {"rename-command", [](Options& options) { return RenamesKind(&options.rename_command); },
     kImmutable | kHidden},
    {"enable-debug-command",
     [](Options& options) { return PermissionKind(&options.enable_debug_command); }, kImmutable},
    {"enable-protected-configs",
     [](Options& options) { return PermissionKind(&options.enable_protected_configs); },
     kImmutable},
    Integer<&Options::busy_reply_threshold, 0, kMaxInt64>("busy-reply-threshold", 0,
                                                          "lua-time-limit"),
    Memory<&Options::script_memory_limit, kMegabyte, kMaxInt64>("script-memory-limit"),
};

constexpr OptionRow kObservation[] = {
    Integer<&Options::slowlog_log_slower_than, -1, kMaxInt64>("slowlog-log-slower-than", 0,
                                                              "commandlog-execution-slower-than"),
    Integer<&Options::slowlog_max_len, 0, kMaxInt64>("slowlog-max-len", 0,
                                                     "commandlog-slow-execution-max-len"),
    Integer<&Options::commandlog_request_larger_than, -1, kMaxInt64>(
        "commandlog-request-larger-than"),
    Integer<&Options::commandlog_large_request_max_len, 0, kMaxInt64>(
        "commandlog-large-request-max-len"),
    Integer<&Options::commandlog_reply_larger_than, -1, kMaxInt64>("commandlog-reply-larger-than"),
    Integer<&Options::commandlog_large_reply_max_len, 0, kMaxInt64>(
        "commandlog-large-reply-max-len"),
    String<&Options::memory_prefix_separator>("memory-prefix-separator"),
    Integer<&Options::memory_prefix_depth, 0, 16>("memory-prefix-depth"),
    Integer<&Options::latency_monitor_threshold, 0, kMaxInt64>("latency-monitor-threshold"),
    Bool<&Options::latency_tracking>("latency-tracking"),
    {"latency-tracking-info-percentiles",
     [](Options& options) { return PercentilesKind(&options.latency_tracking_info_percentiles); }},
    Bool<&Options::hide_user_data_from_log>("hide-user-data-from-log"),
};

constexpr OptionRow kRunning[] = {
    Integer<&Options::hz, 0, kMaxInt>("hz"),
    Bool<&Options::dynamic_hz>("dynamic-hz"),
    String<&Options::dir>("dir", kProtected),
    Integer<&Options::tick_budget, 10, 1'000'000>("tick-budget"),
    Integer<&Options::busy_poll, 0, 1'000'000>("busy-poll"),
    Integer<&Options::shutdown_timeout, 0, kMaxInt>("shutdown-timeout"),
    {"shutdown-on-sigint",
     [](Options& options) {
       return CheckedListKind(&options.shutdown_on_sigint, CanonicalShutdownFlags);
     }},
    {"shutdown-on-sigterm",
     [](Options& options) {
       return CheckedListKind(&options.shutdown_on_sigterm, CanonicalShutdownFlags);
     }},
};

constexpr OptionRow kLogging[] = {
    {"loglevel",
     [](Options& options) {
       return EnumKind<LogLevel>(&options.loglevel, {{"debug", LogLevel::kDebug},
                                                     {"verbose", LogLevel::kVerbose},
                                                     {"notice", LogLevel::kNotice},
                                                     {"warning", LogLevel::kWarning},
                                                     {"nothing", LogLevel::kNothing}});
     }},
    String<&Options::logfile>("logfile", kImmutable),
    Bool<&Options::syslog_enabled>("syslog-enabled", kImmutable),
    String<&Options::syslog_ident>("syslog-ident", kImmutable),
    {"syslog-facility",
     [](Options& options) {
       return NameKind(&options.syslog_facility, {"user", "local0", "local1", "local2", "local3",
                                                  "local4", "local5", "local6", "local7"});
     },
     kImmutable},
    Bool<&Options::always_show_logo>("always-show-logo", kImmutable),
    Bool<&Options::crash_log_enabled>("crash-log-enabled"),
};

constexpr OptionRow kProcess[] = {
    Bool<&Options::daemonize>("daemonize", kImmutable),
    String<&Options::pidfile>("pidfile", kImmutable),
    {"supervised",
     [](Options& options) {
       return NameKind(&options.supervised, {"upstart", "systemd", "auto", "no"});
     },
     kImmutable},
    Bool<&Options::set_proc_title>("set-proc-title", kImmutable),
    {"proc-title-template",
     [](Options& options) {
       return CheckedStringKind(&options.proc_title_template, CanonicalTitleTemplate);
     }},
};

}  // namespace

void AddServerDirectives(Config* config, ServerOptions* options) {
  for (std::span<const OptionRow> rows : std::initializer_list<std::span<const OptionRow>>{
           kNetwork, kUsers, kLimit, kStore, kTypes, kPersistence, kCompaction, kCommand,
           kObservation, kRunning, kLogging, kProcess}) {
    config->Add(rows, [options](const OptionRow& row) { return row.bind(*options); });
  }
}

}  // namespace kv
