// Commands about the connection they come over: PING, HELLO, AUTH, CLIENT and their like.
#ifndef SOLOKV_KV_SERVER_CONNECTION_COMMANDS_H_
#define SOLOKV_KV_SERVER_CONNECTION_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

// To be registered with a Parts as their owner.
std::span<const CommandSpec> ConnectionCommandSpecs();

// connection_commands.cc
void AuthCommand(Context& context);
void EchoCommand(Context& context);
void HelloCommand(Context& context);
bool IsSecretOfHello(const Command& command, ArgSpan args, size_t index);
void PingCommand(Context& context);
void QuitCommand(Context& context);
void ResetCommand(Context& context);
void SelectCommand(Context& context);

// client_commands.cc
void ClientCapaCommand(Context& context);
void ClientGetnameCommand(Context& context);
void ClientHelpCommand(Context& context);
void ClientIdCommand(Context& context);
void ClientInfoCommand(Context& context);
void ClientKillCommand(Context& context);
void ClientListCommand(Context& context);
void ClientNoEvictCommand(Context& context);
void ClientNoTouchCommand(Context& context);
void ClientPauseCommand(Context& context);
void ClientReplyCommand(Context& context);
void ClientSetinfoCommand(Context& context);
void ClientSetnameCommand(Context& context);
void ClientUnblockCommand(Context& context);
void ClientUnpauseCommand(Context& context);

// tracking_commands.cc
void ClientCachingCommand(Context& context);
void ClientGetredirCommand(Context& context);
void ClientTrackingCommand(Context& context);
void ClientTrackinginfoCommand(Context& context);

// Gives the client a name; replies with an error and returns false if it has blanks.
bool SetClientName(Context& context, std::string_view name);

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_CONNECTION_COMMANDS_H_
