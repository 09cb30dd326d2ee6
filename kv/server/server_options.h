// ServerOptions: what a server can be told, by configuration file, arguments, CONFIG SET or the
// program that embeds it. The directives that set them, with ranges and mutability, stand in the
// configuration table.
#ifndef SOLOKV_KV_SERVER_SERVER_OPTIONS_H_
#define SOLOKV_KV_SERVER_SERVER_OPTIONS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kv/base/logging.h"
#include "kv/command/acl_options.h"
#include "kv/store/compactor_options.h"
#include "kv/types/hyperloglog.h"
#include "kv/types/value_limits.h"

namespace kv {

// A snapshot is due when `seconds` passed and `changes` keys were written.
struct SavePoint {
  int64_t seconds = 0;
  int64_t changes = 0;
  friend bool operator==(const SavePoint&, const SavePoint&) = default;
};

// A client is closed when its output exceeds the hard limit, or the soft one for that long.
// 0: no limit.
struct OutputLimit {
  int64_t hard_bytes = 0;
  int64_t soft_bytes = 0;
  int64_t soft_seconds = 0;
  friend bool operator==(const OutputLimit&, const OutputLimit&) = default;
};
enum ClientClass : size_t { kNormalClients, kReplicaClients, kPubsubClients };
inline constexpr size_t kClientClasses = 3;

// Gives a command another name; an empty one disables it.
struct CommandRename {
  std::string from;
  std::string to;
};

// Who may use what is dangerous.
enum class Permission : uint8_t { kNobody, kLocalClients, kEverybody };

struct ServerOptions {
  // --- network ---
  std::vector<std::string> bind = {"*", "-::*"};  // a leading '-': no error if it cannot be bound
  int64_t port = 6379;                            // 0: no TCP
  bool port_auto = false;                         // take a free port
  std::string port_file;                          // where to write the port, if not empty
  int64_t listen_patience = 0;  // microseconds to try again while an address is in use at the start
  std::string unixsocket;
  int64_t unixsocketperm = 0;
  int64_t tcp_backlog = 511;
  int64_t tcp_keepalive = 300;  // seconds; 0: off
  int64_t timeout = 0;          // seconds of silence after which a client is closed; 0: never
  int64_t maxclients = 10000;
  int64_t max_new_connections_per_cycle = 10;
  bool protected_mode = true;
  bool http_enabled = false;  // a page and metrics by HTTP on the same port
  std::string event_backend = "auto";
  bool io_uring_sqpoll = false;

  // --- users ---
  std::string requirepass;         // of the default user
  std::vector<std::string> users;  // name and rules of each
  AclOptions acl;

  // --- limits ---
  int64_t proto_max_bulk_len = 512 << 20;                // bytes
  int64_t client_query_buffer_limit = int64_t{1} << 30;  // bytes
  std::array<OutputLimit, kClientClasses> client_output_buffer_limit = {
      OutputLimit{}, OutputLimit{256 << 20, 64 << 20, 60}, OutputLimit{32 << 20, 8 << 20, 60}};
  int64_t maxmemory_clients = 0;  // bytes; -5: 5 % of maxmemory; 0: no limit

  // --- store ---
  int64_t databases = 16;
  int64_t maxmemory = 0;  // bytes; 0: no limit
  std::string maxmemory_policy = "noeviction";
  int64_t maxmemory_samples = 5;
  int64_t maxmemory_eviction_tenacity = 10;
  int64_t lfu_log_factor = 10;
  int64_t lfu_decay_time = 1;  // minutes
  CompactorOptions compaction;
  hyperloglog::Options hyperloglog;
  ValueLimits value_limits;
  bool rdbcompression = true;
  int64_t active_expire_effort = 1;
  bool lazyfree_lazy_eviction = false;
  bool lazyfree_lazy_expire = false;
  bool lazyfree_lazy_server_del = false;
  bool lazyfree_lazy_user_del = false;
  bool lazyfree_lazy_user_flush = false;
  std::string notify_keyspace_events;  // letters in canonical order
  // Strings of up to so many bytes are published when they expire; 0: none. Those who listen get
  // them however the keys were protected.
  int64_t notify_expired_value_max_bytes = 0;
  int64_t tracking_table_max_keys = 1'000'000;  // 0: no limit

  // --- commands ---
  std::vector<CommandRename> rename_command;
  Permission enable_debug_command = Permission::kNobody;
  Permission enable_protected_configs = Permission::kNobody;
  int64_t busy_reply_threshold = 5000;             // milliseconds
  int64_t script_memory_limit = int64_t{1} << 30;  // bytes that an interpreter may take

  // --- observation ---
  int64_t slowlog_log_slower_than = 10000;  // microseconds; negative: off
  int64_t slowlog_max_len = 128;
  int64_t commandlog_request_larger_than = 1 << 20;  // bytes; negative: off
  int64_t commandlog_large_request_max_len = 128;
  int64_t commandlog_reply_larger_than = 1 << 20;  // bytes; negative: off
  int64_t commandlog_large_reply_max_len = 128;
  int64_t latency_monitor_threshold = 0;  // milliseconds; 0: off
  bool latency_tracking = true;
  std::vector<double> latency_tracking_info_percentiles = {50, 99, 99.9};
  bool hide_user_data_from_log = false;
  std::string memory_prefix_separator = ":";  // what ends a part of a key's prefix
  int64_t memory_prefix_depth = 1;            // parts of a prefix; 0: keys are not counted by them

  // --- tuning at run time, by DEBUG alone ---
  int64_t quicklist_packed_threshold = 1 << 30;  // bytes
  bool cron_paused = false;
  bool reply_chunks_trimmed = true;
  int64_t reply_chunks_idle = 5000;  // milliseconds

  // --- running ---
  int64_t hz = 10;
  bool dynamic_hz = true;
  std::string dir = ".";
  int64_t tick_budget = 400;  // microseconds of the run phase
  int64_t busy_poll = 0;      // microseconds of polling before the loop blocks
  int64_t shutdown_timeout = 10;
  std::string shutdown_on_sigint = "default";
  std::string shutdown_on_sigterm = "default";

  // --- logging ---
  LogLevel loglevel = LogLevel::kNotice;
  std::string logfile;  // empty: standard output
  bool syslog_enabled = false;
  std::string syslog_ident = "solokv";
  std::string syslog_facility = "local0";
  bool always_show_logo = false;
  bool crash_log_enabled = true;

  // --- the process, which only the executable has ---
  bool daemonize = false;
  std::string pidfile;
  std::string supervised = "no";
  bool set_proc_title = true;
  std::string proc_title_template = "{title} {listen-addr} {server-mode}";
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_SERVER_OPTIONS_H_
