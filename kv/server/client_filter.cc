#include "kv/server/client_filter.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"
#include "kv/base/numbers.h"
#include "kv/pubsub/tracking.h"
#include "kv/server/parts.h"

namespace kv {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

std::string AddressAndPort(const std::string& address, int port) {
  const bool is_ipv6 = absl::StrContains(address, ":");
  return is_ipv6 ? absl::StrCat("[", address, "]:", port) : absl::StrCat(address, ":", port);
}

std::optional<std::string_view> ParseType(std::string_view word) {
  if (EqualsIgnoreCase(word, "slave")) return "replica";
  for (const std::string_view type : {"normal", "replica", "pubsub", "master"}) {
    if (EqualsIgnoreCase(word, type)) return type;
  }
  return std::nullopt;
}

// -1 outside of a transaction.
int64_t QueuedCommands(const Client& client) {
  return client.transaction() == nullptr ? -1 : static_cast<int64_t>(client.transaction()->size());
}

// The client that is told of changes for this one; -1 if it does not track, 0 if it is itself.
int64_t RedirectOf(const Connection& connection) {
  if (connection.tracking == nullptr) return -1;
  return static_cast<int64_t>(connection.tracking->options.redirect);
}

std::string TrackingLetters(const TrackingState& state) {
  std::string letters = "t";
  if (state.redirect_is_broken) letters += 'R';
  if (state.options.broadcast) letters += 'B';
  return letters;
}

}  // namespace

std::string PeerName(const Connection& connection) {
  const ae::Peer& peer = connection.peer();
  return peer.is_unix ? absl::StrCat(peer.local_address, ":0")
                      : AddressAndPort(peer.address, peer.port);
}

std::string LocalName(const Connection& connection) {
  const ae::Peer& peer = connection.peer();
  return peer.is_unix ? absl::StrCat(peer.local_address, ":0")
                      : AddressAndPort(peer.local_address, peer.local_port);
}

std::string ClientFlagLetters(const Connection& connection) {
  const Client& client = connection.client;
  std::string letters;
  if (client.Is(kClientMonitor)) letters += 'O';
  if (connection.subscriptions.total() > 0) letters += 'P';
  if (connection.tracking != nullptr) letters += TrackingLetters(*connection.tracking);
  if (client.Is(kClientBlocked) || connection.postponed) letters += 'b';
  if (client.transaction() != nullptr) letters += 'x';
  if (client.Is(kClientWatchBroken)) letters += 'd';
  if (client.Is(kClientCloseAfterReply)) letters += 'c';
  if (connection.closing()) letters += 'A';
  if (client.Is(kClientUnixSocket)) letters += 'U';
  if (client.Is(kClientNoEvict)) letters += 'e';
  if (client.Is(kClientNoTouch)) letters += 'T';
  return letters.empty() ? "N" : letters;
}

std::string DescribeClient(const Connection& connection, int64_t now_micros) {
  const Client& client = connection.client;
  const size_t output = client.output.allocated_bytes() + client.output.pinned_bytes();
  const size_t query = connection.query_bytes();
  const size_t query_free =
      connection.kept_capacity() - std::min(connection.kept_capacity(), query);
  return absl::StrCat(
      "id=", client.id, " addr=", PeerName(connection), " laddr=", LocalName(connection),
      " fd=", connection.descriptor(), " name=", Absl(client.name()),
      " age=", (now_micros - connection.created()) / kMicrosPerSecond,
      " idle=", (now_micros - connection.last_active()) / kMicrosPerSecond,
      " flags=", ClientFlagLetters(connection), " db=", client.database,
      " sub=", connection.subscriptions[TopicKind::kChannel],
      " psub=", connection.subscriptions[TopicKind::kPattern],
      " ssub=", connection.subscriptions[TopicKind::kShardChannel],
      " multi=", QueuedCommands(client), " watch=", client.watched_keys, " qbuf=", query,
      " qbuf-free=", query_free, " argv-mem=", connection.argument_bytes(),
      " multi-mem=", client.transaction() == nullptr ? 0 : client.transaction()->bytes(),
      " rbs=0 rbp=0 obl=0 oll=", client.output.empty() ? 0 : 1, " omem=", output,
      " tot-mem=", connection.memory_bytes(), " events=", connection.sending() ? "rw" : "r",
      " cmd=", client.last_command == nullptr ? "NULL" : client.last_command->full_name,
      " user=", client.user->name, " redir=", RedirectOf(connection),
      " resp=", static_cast<int>(client.protocol), " lib-name=", Absl(client.library_name()),
      " lib-ver=", Absl(client.library_version()),
      " io-thread=0 tot-net-in=", connection.bytes_received(),
      " tot-net-out=", connection.bytes_sent(), " tot-cmds=", client.commands);
}

bool ClientFilter::Parse(Context& context, size_t first, ClientFilter* filter) {
  struct Name {
    std::string_view name;
    Field field;
  };
  constexpr Name kNames[] = {
      {"id", Field::kId},
      {"addr", Field::kAddress},
      {"laddr", Field::kLocalAddress},
      {"type", Field::kType},
      {"user", Field::kUser},
      {"maxage", Field::kMaxAge},
      {"idle", Field::kIdle},
      {"flags", Field::kFlags},
      {"name", Field::kName},
      {"lib-name", Field::kLibName},
      {"lib-ver", Field::kLibVer},
      {"db", Field::kDb},
      {"ip", Field::kIp},
      {"capa", Field::kCapa},
  };
  constexpr std::string_view kNot = "not-";
  for (size_t i = first; i < context.args.size();) {
    std::string_view word = context.args[i];
    if (i + 1 >= context.args.size()) {
      context.Fail(kSyntaxError);
      return false;
    }
    if (EqualsIgnoreCase(word, "skipme")) {
      const std::string_view value = context.args[i + 1];
      if (!EqualsIgnoreCase(value, "yes") && !EqualsIgnoreCase(value, "no")) {
        context.Fail(kSyntaxError);
        return false;
      }
      filter->skip_me_ = EqualsIgnoreCase(value, "yes");
      i += 2;
      continue;
    }
    const bool negated = EqualsIgnoreCase(word.substr(0, kNot.size()), kNot);
    if (negated) word.remove_prefix(kNot.size());
    const auto* found = std::find_if(std::begin(kNames), std::end(kNames), [&](const Name& name) {
      return EqualsIgnoreCase(name.name, word);
    });
    if (found == std::end(kNames)) {
      context.Fail(kSyntaxError);
      return false;
    }
    Condition condition{found->field, negated, std::string(context.args[i + 1]), {}};
    size_t next = i + 2;
    switch (found->field) {
      case Field::kId:
        // One id, or several of them one after the other.
        for (next = i + 1; next < context.args.size(); ++next) {
          const std::optional<int64_t> id = ParseInt64(context.args[next]);
          if (!id && next > i + 1) break;
          const bool lists = context.command.name() == "client|list";
          if (!id && lists) {
            context.Fail("ERR Invalid client ID");
            return false;
          }
          if (!lists && (!id || *id <= 0)) {
            context.Fail("ERR client-id should be greater than 0");
            return false;
          }
          condition.numbers.push_back(*id);
        }
        break;
      case Field::kMaxAge:
      case Field::kIdle:
      case Field::kDb: {
        const std::optional<int64_t> number = ParseInt64(condition.text);
        if (!number) {
          context.Fail(found->field == Field::kMaxAge
                           ? "ERR maxage is not an integer or out of range"
                           : kNotAnInteger);
          return false;
        }
        if (found->field == Field::kMaxAge && *number <= 0) {
          context.Fail("ERR maxage should be greater than 0");
          return false;
        }
        condition.numbers.push_back(*number);
        break;
      }
      case Field::kType: {
        const auto type = ParseType(condition.text);
        if (!type) {
          context.Fail(absl::StrCat("ERR Unknown client type '", condition.text, "'"));
          return false;
        }
        condition.text = std::string(*type);
        break;
      }
      case Field::kUser:
        if (context.Owner<Parts>().acl.Find(condition.text) == nullptr) {
          context.Fail(absl::StrCat("ERR No such user '", condition.text, "'"));
          return false;
        }
        break;
      default:
        break;
    }
    filter->conditions_.push_back(std::move(condition));
    i = next;
  }
  return true;
}

bool ClientFilter::Holds(const Condition& condition, const Connection& connection,
                         int64_t now_micros) {
  const Client& client = connection.client;
  const auto seconds_since = [&](int64_t time) { return (now_micros - time) / kMicrosPerSecond; };
  switch (condition.field) {
    case Field::kId:
      return std::find(condition.numbers.begin(), condition.numbers.end(),
                       static_cast<int64_t>(client.id)) != condition.numbers.end();
    case Field::kAddress:
      return condition.text == PeerName(connection);
    case Field::kLocalAddress:
      return condition.text == LocalName(connection);
    case Field::kType:
      return condition.text == (connection.subscriptions.total() > 0 ? "pubsub" : "normal");
    case Field::kUser:
      return condition.text == client.user->name;
    case Field::kMaxAge:
      return seconds_since(connection.created()) >= condition.numbers[0];
    case Field::kIdle:
      return seconds_since(connection.last_active()) >= condition.numbers[0];
    case Field::kFlags: {
      const std::string letters = ClientFlagLetters(connection);
      return std::all_of(condition.text.begin(), condition.text.end(),
                         [&](char c) { return absl::StrContains(letters, std::string(1, c)); });
    }
    case Field::kName:
      return condition.text == client.name();
    case Field::kLibName:
      return condition.text == client.library_name();
    case Field::kLibVer:
      return condition.text == client.library_version();
    case Field::kDb:
      return condition.numbers[0] == client.database;
    case Field::kIp:
      return condition.text == connection.peer().address;
    case Field::kCapa:
      return condition.text == "r" && client.Is(kClientRedirects);
  }
  return false;
}

bool ClientFilter::Admits(const Connection& connection, int64_t now_micros) const {
  return std::all_of(conditions_.begin(), conditions_.end(), [&](const Condition& condition) {
    return Holds(condition, connection, now_micros) != condition.negated;
  });
}

}  // namespace kv
