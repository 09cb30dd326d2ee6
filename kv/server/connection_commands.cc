#include "kv/server/connection_commands.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/server/parts.h"
#include "kv/server/version.h"

namespace kv {
namespace {

struct Credentials {
  std::string_view user;
  std::string_view password;
};

// Checks user and password; on failure an error is sent.
bool Authenticate(Context& context, const Credentials& credentials) {
  Acl& acl = context.Owner<Parts>().acl;
  if (acl.Authenticate(context.client, credentials.user, credentials.password, context.args[0])) {
    return true;
  }
  context.Fail("WRONGPASS invalid username-password pair or user is disabled.");
  return false;
}

void ReplyHello(Context& context) {
  resp::ReplyWriter& reply = context.reply;
  reply.Map(7);
  reply.Bulk("server");
  reply.Bulk("redis");
  reply.Bulk("version");
  reply.Bulk(kRedisVersion);
  reply.Bulk("proto");
  reply.Integer(static_cast<int>(context.client.protocol));
  reply.Bulk("id");
  reply.Integer(static_cast<int64_t>(context.client.id));
  reply.Bulk("mode");
  reply.Bulk("standalone");
  reply.Bulk("role");
  reply.Bulk("master");
  reply.Bulk("modules");
  reply.Array(0);
}

void SetProtocol(Context& context, resp::Version version) {
  context.client.protocol = version;
  context.Owner<Parts>().pubsub.UpdateGate(context.client);
  context.reply = resp::ReplyWriter(context.reply.buffer(), version);
}

}  // namespace

void PingCommand(Context& context) {
  if (context.args.size() > 2) {
    return context.Fail("ERR wrong number of arguments for 'ping' command");
  }
  const std::string_view text = context.args.size() == 2 ? context.args[1] : "";
  if ((context.client.gates & kGateSubscribed) != 0) {
    // Looks like a message, which is all that such a client expects.
    context.reply.Array(2);
    context.reply.Bulk("pong");
    return context.reply.Bulk(text);
  }
  if (context.args.size() == 1) return context.reply.Pong();
  context.reply.Bulk(text);
}

void EchoCommand(Context& context) {
  context.reply.Bulk(context.args[1]);
}

void SelectCommand(Context& context) {
  const std::optional<int> index = context.ParseDatabase(context.args[1]);
  if (!index) return;
  context.client.database = *index;
  context.reply.Ok();
}

void AuthCommand(Context& context) {
  if (context.args.size() > 3) return context.Fail(kSyntaxError);
  if (context.args.size() == 2 && context.Owner<Parts>().acl.default_user().any_password) {
    return context.Fail(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  }
  const bool with_user = context.args.size() == 3;
  if (!Authenticate(context, {with_user ? context.args[1] : kDefaultUser, context.args.back()})) {
    return;
  }
  context.reply.Ok();
}

void HelloCommand(Context& context) {
  std::optional<int64_t> version;
  if (context.args.size() > 1) {
    version = ParseInt64(context.args[1]);
    if (!version) return context.Fail("ERR Protocol version is not an integer or out of range");
    if (*version != 2 && *version != 3) return context.Fail("NOPROTO unsupported protocol version");
  }
  // Of options that are repeated the last counts.
  std::optional<Credentials> credentials;
  std::optional<std::string_view> name;
  for (size_t i = 2; i < context.args.size(); ++i) {
    const size_t left = context.args.size() - i - 1;
    if (EqualsIgnoreCase(context.args[i], "auth") && left >= 2) {
      credentials = {context.args[i + 1], context.args[i + 2]};
      i += 2;
    } else if (EqualsIgnoreCase(context.args[i], "setname") && left >= 1) {
      name = context.args[++i];
    } else {
      return context.Fail(
          absl::StrCat("ERR Syntax error in HELLO option '", std::string(context.args[i]), "'"));
    }
  }
  if (credentials && !Authenticate(context, *credentials)) return;
  if (!context.client.authenticated()) {
    return context.Fail(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
  }
  if (name && !SetClientName(context, *name)) return;
  if (version) SetProtocol(context, static_cast<resp::Version>(*version));
  ReplyHello(context);
}

// The first AUTH with a name and a password behind it, wherever it stands.
bool IsSecretOfHello(const Command&, ArgSpan args, size_t index) {
  for (size_t i = 2; i + 2 < args.size(); ++i) {
    if (!EqualsIgnoreCase(args[i], "auth")) continue;
    if (index == i + 1 || index == i + 2) return true;
    i += 2;
  }
  return false;
}

void QuitCommand(Context& context) {
  context.reply.Ok();
  context.client.SetFlag(kClientCloseAfterReply, true);
}

void ResetCommand(Context& context) {
  Parts& parts = context.Owner<Parts>();
  Client& client = context.client;
  parts.monitors.Remove(client);
  parts.transactions.Discard(client);
  parts.pubsub.Forget(parts.connections.TargetOf(client));
  parts.tracking.Disable(parts.connections.TargetOf(client));
  client.SetFlag(
      kClientReplyOff | kClientReplySkip | kClientReplySkipNext | kClientNoTouch | kClientNoEvict,
      false);
  client.SetGate(kGateReplyMode | kGateNoTouch, false);
  parts.acl.Greet(client);
  client.database = 0;
  if (!client.name().empty()) client.details().name.clear();
  SetProtocol(context, resp::Version::kResp2);
  // Replies that were off are on again, from this one on.
  context.reply = resp::ReplyWriter(&client.output, client.protocol);
  context.reply.SimpleString("RESET");
}

}  // namespace kv
