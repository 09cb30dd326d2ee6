#include "kv/server/config_table.h"

#include <limits>

namespace kv {
namespace {

constexpr int64_t kMaxInt = std::numeric_limits<int32_t>::max();
constexpr int64_t kMaxUnsigned = std::numeric_limits<uint32_t>::max();
constexpr int64_t kMaxInt64 = std::numeric_limits<int64_t>::max();
constexpr int64_t kMegabyte = 1 << 20;

ValueKind PermissionKind(Permission* field) {
  return EnumKind<Permission>(field, {{"no", Permission::kNobody},
                                      {"yes", Permission::kEverybody},
                                      {"local", Permission::kLocalClients}});
}

void AddNetworkDirectives(Config& config, ServerOptions& options) {
  config.Add("bind", WordsKind(&options.bind));
  config.Add("port", PortKind(&options.port, &options.port_auto));
  config.Add("port-file", StringKind(&options.port_file)).Immutable();
  config.Add("unixsocket", StringKind(&options.unixsocket)).Immutable();
  config.Add("unixsocketperm", OctalKind(&options.unixsocketperm, 0, 0777)).Immutable();
  config.Add("tcp-backlog", IntegerKind(&options.tcp_backlog, 0, kMaxInt)).Immutable();
  config.Add("tcp-keepalive", IntegerKind(&options.tcp_keepalive, 0, kMaxInt));
  config.Add("timeout", IntegerKind(&options.timeout, 0, kMaxInt));
  config.Add("maxclients", IntegerKind(&options.maxclients, 1, kMaxUnsigned));
  config.Add("max-new-connections-per-cycle",
             IntegerKind(&options.max_new_connections_per_cycle, 1, 1000));
  config.Add("protected-mode", BoolKind(&options.protected_mode));
  config.Add("requirepass", StringKind(&options.requirepass)).Sensitive();
  config
      .Add("event-backend",
           NameKind(&options.event_backend,
                    {"auto", "io_uring", "epoll", "epoll-et", "kqueue", "poll", "select"}))
      .Immutable();
  config.Add("io-uring-sqpoll", BoolKind(&options.io_uring_sqpoll)).Immutable();
}

void AddLimitDirectives(Config& config, ServerOptions& options) {
  config.Add("proto-max-bulk-len", MemoryKind(&options.proto_max_bulk_len, kMegabyte, kMaxInt64));
  config.Add("client-query-buffer-limit",
             MemoryKind(&options.client_query_buffer_limit, kMegabyte, kMaxInt64));
  config.Add("client-output-buffer-limit", OutputLimitsKind(&options.client_output_buffer_limit));
  config.Add("maxmemory-clients", MemoryOrPercentKind(&options.maxmemory_clients, 0, kMaxInt64));
}

void AddStoreDirectives(Config& config, ServerOptions& options) {
  config.Add("databases", IntegerKind(&options.databases, 1, kMaxInt)).Immutable();
  config.Add("maxmemory", MemoryKind(&options.maxmemory, 0, kMaxInt64));
  config.Add(
      "maxmemory-policy",
      NameKind(&options.maxmemory_policy,
               {"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "allkeys-lru",
                "allkeys-lfu", "allkeys-random", "allkeys-slru", "volatile-slru", "noeviction"}));
  config.Add("maxmemory-samples", IntegerKind(&options.maxmemory_samples, 1, kMaxInt));
  config.Add("maxmemory-eviction-tenacity",
             IntegerKind(&options.maxmemory_eviction_tenacity, 0, 100));
  config.Add("lfu-log-factor", IntegerKind(&options.lfu_log_factor, 0, kMaxInt));
  config.Add("lfu-decay-time", IntegerKind(&options.lfu_decay_time, 0, kMaxInt));
  config.Add("active-expire-effort", IntegerKind(&options.active_expire_effort, 1, 10));
  config.Add("lazyfree-lazy-eviction", BoolKind(&options.lazyfree_lazy_eviction));
  config.Add("lazyfree-lazy-expire", BoolKind(&options.lazyfree_lazy_expire));
  config.Add("lazyfree-lazy-server-del", BoolKind(&options.lazyfree_lazy_server_del));
  config.Add("lazyfree-lazy-user-del", BoolKind(&options.lazyfree_lazy_user_del));
  config.Add("lazyfree-lazy-user-flush", BoolKind(&options.lazyfree_lazy_user_flush));
  config.Add("notify-keyspace-events",
             CheckedStringKind(&options.notify_keyspace_events, CanonicalEventClasses));
}

void AddCompactionDirectives(Config& config, CompactorOptions& options) {
  config.Add("activedefrag", BoolKind(&options.enabled));
  config.Add("active-defrag-ignore-bytes", MemoryKind(&options.ignore_bytes, 1, kMaxInt64));
  config.Add("active-defrag-threshold-lower", IntegerKind(&options.threshold_lower, 0, 1000));
  config.Add("active-defrag-threshold-upper", IntegerKind(&options.threshold_upper, 0, 1000));
  config.Add("active-defrag-cycle-min", IntegerKind(&options.cycle_min, 1, 99));
  config.Add("active-defrag-cycle-max", IntegerKind(&options.cycle_max, 1, 99));
}

void AddCommandDirectives(Config& config, ServerOptions& options) {
  config.Add("rename-command", RenamesKind(&options.rename_command)).Immutable().Hidden();
  config.Add("enable-debug-command", PermissionKind(&options.enable_debug_command)).Immutable();
  config.Add("enable-protected-configs", PermissionKind(&options.enable_protected_configs))
      .Immutable();
  config.Add("busy-reply-threshold", IntegerKind(&options.busy_reply_threshold, 0, kMaxInt64))
      .Alias("lua-time-limit");
}

void AddObservationDirectives(Config& config, ServerOptions& options) {
  config
      .Add("slowlog-log-slower-than", IntegerKind(&options.slowlog_log_slower_than, -1, kMaxInt64))
      .Alias("commandlog-execution-slower-than");
  config.Add("slowlog-max-len", IntegerKind(&options.slowlog_max_len, 0, kMaxInt64))
      .Alias("commandlog-slow-execution-max-len");
  config.Add("latency-monitor-threshold",
             IntegerKind(&options.latency_monitor_threshold, 0, kMaxInt64));
  config.Add("latency-tracking", BoolKind(&options.latency_tracking));
  config.Add("latency-tracking-info-percentiles",
             PercentilesKind(&options.latency_tracking_info_percentiles));
  config.Add("hide-user-data-from-log", BoolKind(&options.hide_user_data_from_log));
}

void AddRunningDirectives(Config& config, ServerOptions& options) {
  config.Add("hz", IntegerKind(&options.hz, 0, kMaxInt));
  config.Add("dynamic-hz", BoolKind(&options.dynamic_hz));
  config.Add("dir", StringKind(&options.dir)).Protected();
  config.Add("tick-budget", IntegerKind(&options.tick_budget, 10, 1'000'000));
  config.Add("shutdown-timeout", IntegerKind(&options.shutdown_timeout, 0, kMaxInt));
  config.Add("shutdown-on-sigint",
             CheckedListKind(&options.shutdown_on_sigint, CanonicalShutdownFlags));
  config.Add("shutdown-on-sigterm",
             CheckedListKind(&options.shutdown_on_sigterm, CanonicalShutdownFlags));
}

void AddLoggingDirectives(Config& config, ServerOptions& options) {
  config.Add("loglevel", EnumKind<LogLevel>(&options.loglevel, {{"debug", LogLevel::kDebug},
                                                                {"verbose", LogLevel::kVerbose},
                                                                {"notice", LogLevel::kNotice},
                                                                {"warning", LogLevel::kWarning},
                                                                {"nothing", LogLevel::kNothing}}));
  config.Add("logfile", StringKind(&options.logfile)).Immutable();
  config.Add("syslog-enabled", BoolKind(&options.syslog_enabled)).Immutable();
  config.Add("syslog-ident", StringKind(&options.syslog_ident)).Immutable();
  config
      .Add("syslog-facility",
           NameKind(&options.syslog_facility, {"user", "local0", "local1", "local2", "local3",
                                               "local4", "local5", "local6", "local7"}))
      .Immutable();
  config.Add("always-show-logo", BoolKind(&options.always_show_logo)).Immutable();
  config.Add("crash-log-enabled", BoolKind(&options.crash_log_enabled));
}

void AddProcessDirectives(Config& config, ServerOptions& options) {
  config.Add("daemonize", BoolKind(&options.daemonize)).Immutable();
  config.Add("pidfile", StringKind(&options.pidfile)).Immutable();
  config.Add("supervised", NameKind(&options.supervised, {"upstart", "systemd", "auto", "no"}))
      .Immutable();
  config.Add("set-proc-title", BoolKind(&options.set_proc_title)).Immutable();
  config.Add("proc-title-template",
             CheckedStringKind(&options.proc_title_template, CanonicalTitleTemplate));
}

}  // namespace

void AddServerDirectives(Config* config, ServerOptions* options) {
  AddNetworkDirectives(*config, *options);
  AddLimitDirectives(*config, *options);
  AddStoreDirectives(*config, *options);
  AddCompactionDirectives(*config, options->compaction);
  AddCommandDirectives(*config, *options);
  AddObservationDirectives(*config, *options);
  AddRunningDirectives(*config, *options);
  AddLoggingDirectives(*config, *options);
  AddProcessDirectives(*config, *options);
}

}  // namespace kv
