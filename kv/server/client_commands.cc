// CLIENT: who is connected, and what is to be done with them.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/command/help.h"
#include "kv/server/client_filter.h"
#include "kv/server/connection_commands.h"
#include "kv/server/parts.h"

namespace kv {
namespace {

// Names and library data stand in lines of blank-separated fields.
bool IsPrintableWord(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

Connection& ThisConnection(Context& context) {
  return *context.Owner<Parts>().connections.Find(context.client.id);
}

// ON or OFF at args[2]; nothing after an error reply.
std::optional<bool> ParseOnOff(Context& context) {
  if (EqualsIgnoreCase(context.args[2], "on")) return true;
  if (EqualsIgnoreCase(context.args[2], "off")) return false;
  context.Fail(kSyntaxError);
  return std::nullopt;
}

void Kill(Context& context, Connection& connection) {
  if (&connection.client == &context.client) {
    context.client.SetFlag(kClientCloseAfterReply, true);
  } else {
    connection.Close();
  }
}

// The form of old: CLIENT KILL address:port.
void KillByAddress(Context& context) {
  Connection* victim = nullptr;
  context.Owner<Parts>().connections.ForEach([&](Connection& connection) {
    if (!connection.closing() && PeerName(connection) == context.args[2]) victim = &connection;
  });
  if (victim == nullptr) return context.Fail("ERR No such client");
  Kill(context, *victim);
  context.reply.Ok();
}

}  // namespace

bool SetClientName(Context& context, std::string_view name) {
  if (!IsPrintableWord(name)) {
    context.Fail("ERR Client names cannot contain spaces, newlines or special characters.");
    return false;
  }
  if (!name.empty() || !context.client.name().empty()) context.client.details().name = name;
  return true;
}

void ClientIdCommand(Context& context) {
  context.reply.Integer(static_cast<int64_t>(context.client.id));
}

void ClientInfoCommand(Context& context) {
  const Parts& parts = context.Owner<Parts>();
  context.reply.Verbatim(
      "txt",
      absl::StrCat(DescribeClient(ThisConnection(context), parts.clock.MonotonicMicros()), "\n"));
}

void ClientListCommand(Context& context) {
  const Parts& parts = context.Owner<Parts>();
  ClientFilter filter;
  if (!ClientFilter::Parse(context, 2, &filter)) return;
  const int64_t now = parts.clock.MonotonicMicros();
  std::string lines;
  parts.connections.ForEach([&](const Connection& connection) {
    if (connection.closing() || !filter.Admits(connection, now)) return;
    if (filter.skip_me().value_or(false) && &connection.client == &context.client) return;
    absl::StrAppend(&lines, DescribeClient(connection, now), "\n");
  });
  context.reply.Verbatim("txt", lines);
}

void ClientKillCommand(Context& context) {
  const Parts& parts = context.Owner<Parts>();
  if (context.args.size() == 3) return KillByAddress(context);
  ClientFilter filter;
  if (!ClientFilter::Parse(context, 2, &filter)) return;
  const int64_t now = parts.clock.MonotonicMicros();
  std::vector<Connection*> victims;
  parts.connections.ForEach([&](Connection& connection) {
    if (connection.closing() || !filter.Admits(connection, now)) return;
    if (filter.skip_me().value_or(true) && &connection.client == &context.client) return;
    victims.push_back(&connection);
  });
  for (Connection* victim : victims) Kill(context, *victim);
  context.reply.Integer(static_cast<int64_t>(victims.size()));
}

void ClientGetnameCommand(Context& context) {
  if (context.client.name().empty()) return context.reply.NullBulk();
  context.reply.Bulk(context.client.name());
}

void ClientSetnameCommand(Context& context) {
  if (SetClientName(context, context.args[2])) context.reply.Ok();
}

void ClientSetinfoCommand(Context& context) {
  const std::string_view attribute = context.args[2];
  const std::string_view value = context.args[3];
  const bool is_name = EqualsIgnoreCase(attribute, "lib-name");
  if (!is_name && !EqualsIgnoreCase(attribute, "lib-ver")) {
    return context.Fail(absl::StrCat("ERR Unrecognized option '", std::string(attribute), "'"));
  }
  if (!IsPrintableWord(value)) {
    return context.Fail(absl::StrCat("ERR ", std::string(attribute),
                                     " cannot contain spaces, newlines or special characters."));
  }
  ClientDetails& details = context.client.details();
  (is_name ? details.library_name : details.library_version) = value;
  context.reply.Ok();
}

void ClientNoEvictCommand(Context& context) {
  const std::optional<bool> on = ParseOnOff(context);
  if (!on) return;
  context.client.SetFlag(kClientNoEvict, *on);
  context.reply.Ok();
}

void ClientNoTouchCommand(Context& context) {
  const std::optional<bool> on = ParseOnOff(context);
  if (!on) return;
  context.client.SetFlag(kClientNoTouch, *on);
  context.client.SetGate(kGateNoTouch, *on);
  context.reply.Ok();
}

void ClientReplyCommand(Context& context) {
  Client& client = context.client;
  if (EqualsIgnoreCase(context.args[2], "on")) {
    client.SetFlag(kClientReplyOff | kClientReplySkip, false);
    resp::ReplyWriter(&client.output, client.protocol).Ok();
  } else if (EqualsIgnoreCase(context.args[2], "off")) {
    client.SetFlag(kClientReplyOff, true);
  } else if (EqualsIgnoreCase(context.args[2], "skip")) {
    if (!client.Is(kClientReplyOff)) client.SetFlag(kClientReplySkipNext, true);
  } else {
    return context.Fail(kSyntaxError);
  }
  client.SetGate(kGateReplyMode,
                 client.Is(kClientReplyOff | kClientReplySkip | kClientReplySkipNext));
}

void ClientPauseCommand(Context& context) {
  PauseMode mode = PauseMode::kAll;
  if (context.args.size() == 4) {
    if (EqualsIgnoreCase(context.args[3], "write")) {
      mode = PauseMode::kWrite;
    } else if (!EqualsIgnoreCase(context.args[3], "all")) {
      return context.Fail("ERR CLIENT PAUSE mode must be WRITE or ALL");
    }
  } else if (context.args.size() > 4) {
    return context.Fail(kSyntaxError);
  }
  const std::optional<int64_t> milliseconds = ParseInt64(context.args[2]);
  if (!milliseconds) return context.Fail("ERR timeout is not an integer or out of range");
  if (*milliseconds < 0) return context.Fail("ERR timeout is negative");
  context.reply.Ok();
  context.Owner<Parts>().pause.Begin(mode, *milliseconds);
}

void ClientUnpauseCommand(Context& context) {
  context.Owner<Parts>().pause.End();
  context.reply.Ok();
}

void ClientUnblockCommand(Context& context) {
  bool with_error = false;
  if (context.args.size() == 4) {
    with_error = EqualsIgnoreCase(context.args[3], "error");
    if (!with_error && !EqualsIgnoreCase(context.args[3], "timeout")) {
      return context.Fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
  } else if (context.args.size() > 4) {
    return FailSubcommandArity(context);
  }
  int64_t id;
  if (!context.ParseInteger(2, &id)) return;
  // A client that waits for the end of a pause is not blocked by a command of its own.
  Blocking& blocking = context.Owner<Parts>().blocking;
  context.reply.Integer(blocking.End(static_cast<uint64_t>(id), with_error) ? 1 : 0);
}

void ClientCapaCommand(Context& context) {
  for (const std::string_view capability : context.args.subspan(2)) {
    if (EqualsIgnoreCase(capability, "redirect")) context.client.SetFlag(kClientRedirects, true);
  }
  context.reply.Ok();
}

void ClientHelpCommand(Context& context) {
  ReplyHelp(context);
}

}  // namespace kv
