// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
//
// The dispatcher queues what a client sends between MULTI and EXEC (Transaction); EXEC runs it as
// one command: nothing comes in between, its effects are one group, its replies one array. It does
// nothing if a watched key has changed (WatchedKeys), or if a condition that it was given does not
// hold:
//
//     EXEC [IFEQ key value | IFNE key value | XX key | NX key] ...
#ifndef SOLOKV_KV_COMMAND_TRANSACTION_COMMANDS_H_
#define SOLOKV_KV_COMMAND_TRANSACTION_COMMANDS_H_

#include <span>

#include "kv/command/client.h"
#include "kv/command/context.h"
#include "kv/command/dispatcher.h"
#include "kv/command/spec.h"
#include "kv/command/watched_keys.h"

namespace kv {

// What the commands work on.
class Transactions final : public ClientKeeper {
 public:
  Transactions(Dispatcher& dispatcher, WatchedKeys& watched)
      : dispatcher_(dispatcher), watched_(watched) {}

  // Runs what the client of `context` has queued, or replies why not.
  void Execute(Context& context);
  // Forgets what the client has queued and what it watches.
  void Discard(Client& client);
  void Forget(Client& client) override { Discard(client); }

  WatchedKeys& watched() { return watched_; }

 private:
  void Run(Context& context, Transaction& transaction);

  Dispatcher& dispatcher_;
  WatchedKeys& watched_;
};

// The flags (CommandFlag) of what a call of `command` by `client` does: of EXEC, those of all that
// is queued.
inline uint64_t FlagsOfCall(const Client& client, const Command& command, ArgSpan args) {
  const bool runs_others = command.Is(kRunsTransaction) && client.transaction() != nullptr;
  return command.FlagsOf(args) | (runs_others ? client.transaction()->flags() : 0);
}

void MultiCommand(Context& context);
void ExecCommand(Context& context);
void DiscardCommand(Context& context);
void WatchCommand(Context& context);
void UnwatchCommand(Context& context);

// Bound to Transactions.
std::span<const CommandSpec> TransactionCommandSpecs();

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_TRANSACTION_COMMANDS_H_
