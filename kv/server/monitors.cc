#include "kv/server/monitors.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kv/server/client_filter.h"

namespace kv {
namespace {

void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '\\':
      case '"':
        out->append({'\\', c});
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      case '\a':
        out->append("\\a");
        break;
      case '\b':
        out->append("\\b");
        break;
      default:
        if (c >= ' ' && c <= '~') {
          out->push_back(c);
        } else {
          absl::StrAppendFormat(out, "\\x%02x", static_cast<unsigned char>(c));
        }
    }
  }
  out->push_back('"');
}

}  // namespace

bool IsSecret(const Command& command, ArgSpan args, size_t index) {
  if (index == 0) return false;
  const std::string_view name = command.spec->name;
  if (name == "auth") return true;
  if (name == "hello") {
    for (size_t i = 2; i + 2 < args.size(); ++i) {
      if (EqualsIgnoreCase(args[i], "auth") && (index == i + 1 || index == i + 2)) return true;
    }
  }
  if (command.full_name == "config|set") {
    constexpr std::string_view kSecrets[] = {"requirepass",
                                             "masterauth",
                                             "masteruser",
                                             "primaryauth",
                                             "primaryuser",
                                             "tls-key-file-pass",
                                             "tls-client-key-file-pass"};
    return index >= 3 && index % 2 == 1 &&
           std::any_of(std::begin(kSecrets), std::end(kSecrets), [&](std::string_view secret) {
             return EqualsIgnoreCase(args[index - 1], secret);
           });
  }
  return false;
}

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
    if (IsSecret(command, args, i)) {
      line.append("\"(redacted)\"");
    } else {
      AppendQuoted(args[i], &line);
    }
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
