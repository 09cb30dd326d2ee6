#include "kv/server/monitors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kv/base/quoted_text.h"
#include "kv/command/secrets.h"
#include "kv/server/client_filter.h"

namespace kv {
void Monitors::Add(Client& client) {
  if (client.Is(kClientMonitor)) return;
  client.SetFlag(kClientMonitor, true);
  ids_.push_back(client.id);
  UpdateGate();
}

void Monitors::Remove(Client& client) {
  if (!client.Is(kClientMonitor)) return;
  client.SetFlag(kClientMonitor, false);
  std::erase(ids_, client.id);
  UpdateGate();
}

void Monitors::UpdateGate() {
  dispatcher_.SetGate(kGateMonitored, !ids_.empty());
}

void Monitors::Feed(const Client& client, const Command& command, ArgSpan args) {
  const Connection* source = connections_.Find(client.id);
  const int64_t now = clock_.WallMicros();
  std::string line = absl::StrFormat(
      "%d.%06d [%d %s]", now / 1'000'000, now % 1'000'000, client.database,
      source == nullptr              ? "lua"
      : client.Is(kClientUnixSocket) ? absl::StrCat("unix:", source->peer().local_address)
                                     : PeerName(*source));
  for (size_t i = 0; i < args.size(); ++i) {
    line.push_back(' ');
    AppendQuoted(IsSecret(command, args, i) ? kRedacted : args[i], &line);
  }
  std::vector<uint64_t> gone;
  for (const uint64_t id : ids_) {
    Connection* monitor = connections_.Find(id);
    if (monitor == nullptr || monitor->closing()) {
      gone.push_back(id);
      continue;
    }
    const size_t begin = monitor->client.output.size();
    resp::ReplyWriter(&monitor->client.output, monitor->client.protocol).SimpleString(line);
    if (OutputWatermark::Concerns(command)) watermark_.Hold(*monitor, begin);
    runner_.AddDirty(*monitor);
  }
  for (const uint64_t id : gone) std::erase(ids_, id);
  if (!gone.empty()) UpdateGate();
}

}  // namespace kv
