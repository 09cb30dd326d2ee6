#include "kv/server/observation.h"

#include <algorithm>
#include <string>

#include "kv/command/secrets.h"
#include "kv/server/client_filter.h"

namespace kv {
namespace {

constexpr uint64_t kNanosPerMicro = 1000;
constexpr uint64_t kNanosPerMilli = 1'000'000;

// The smallest number of bytes that is larger than a limit, which is negative if there is none.
size_t Above(int64_t bytes) {
  return bytes < 0 ? SIZE_MAX : static_cast<size_t>(bytes) + 1;
}

}  // namespace

CommandCost Observation::NotableCost() const {
  if (session != nullptr && session->IsActive(clock_.WallMillis())) return {0, 0, 0};
  CommandCost notable{UINT64_MAX, Above(options_.commandlog_request_larger_than),
                      Above(options_.commandlog_reply_larger_than)};
  if (options_.slowlog_log_slower_than >= 0) {
    notable.nanoseconds = static_cast<uint64_t>(options_.slowlog_log_slower_than) * kNanosPerMicro;
  }
  if (monitors_latency()) {
    const auto threshold = static_cast<uint64_t>(options_.latency_monitor_threshold);
    notable.nanoseconds = std::min(notable.nanoseconds, threshold * kNanosPerMilli);
  }
  return notable;
}

void Observation::OnCommand(const Client& client, const Command& command, ArgSpan args,
                            const CommandCost& cost) {
  if (!command.Is(kSkipSlowlog)) Log(client, command, args, cost);
  // The time of what a script calls is part of the script's.
  if (client.Is(kClientScript)) return;
  OnEvent(command.Is(kFast) ? "fast-command" : "command", cost.nanoseconds);
  if (session != nullptr && session->IsActive(clock_.WallMillis())) {
    session->Add(client.database, command, args, cost);
  }
}

void Observation::OnEvent(std::string_view event, uint64_t nanoseconds) {
  if (!monitors_latency()) return;
  const auto milliseconds = static_cast<int64_t>(nanoseconds / kNanosPerMilli);
  if (milliseconds < options_.latency_monitor_threshold) return;
  latency.Add(event, clock_.WallMillis() / 1000, milliseconds);
}

void Observation::Log(const Client& client, const Command& command, ArgSpan args,
                      const CommandCost& cost) {
  const auto add = [&](CommandLog& log, uint64_t amount, int64_t max_entries) {
    if (max_entries == 0) return;
    // What a script calls, its caller calls.
    const Connection* const connection =
        client.Is(kClientScript) ? runner_.running() : connections_.Find(client.id);
    const Client& caller = connection == nullptr ? client : connection->client;
    log.Add({.id = 0,
             .time = clock_.WallMillis() / 1000,
             .cost = static_cast<int64_t>(amount),
             .args = CommandLog::Shorten(Redact(command, args)),
             .peer = connection == nullptr ? "" : PeerName(*connection),
             .client_name = std::string(caller.name())},
            static_cast<size_t>(max_entries));
  };
  const uint64_t microseconds = cost.nanoseconds / kNanosPerMicro;
  if (options_.slowlog_log_slower_than >= 0 &&
      microseconds >= static_cast<uint64_t>(options_.slowlog_log_slower_than)) {
    add(logs.slow, microseconds, options_.slowlog_max_len);
  }
  if (cost.request_bytes >= Above(options_.commandlog_request_larger_than)) {
    add(logs.large_request, cost.request_bytes, options_.commandlog_large_request_max_len);
  }
  if (cost.reply_bytes >= Above(options_.commandlog_reply_larger_than)) {
    add(logs.large_reply, cost.reply_bytes, options_.commandlog_large_reply_max_len);
  }
}

void Observation::ApplyOptions() {
  logs.slow.Trim(static_cast<size_t>(options_.slowlog_max_len));
  logs.large_request.Trim(static_cast<size_t>(options_.commandlog_large_request_max_len));
  logs.large_reply.Trim(static_cast<size_t>(options_.commandlog_large_reply_max_len));
}

bool Observation::EndSessionIfDue() {
  const int64_t now = clock_.WallMillis();
  if (session == nullptr || session->is_stopped() || session->IsActive(now)) return false;
  session->Stop(now);
  return true;
}

}  // namespace kv
