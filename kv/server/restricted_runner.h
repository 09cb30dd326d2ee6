// RestrictedRunner: serves clients while a long command runs, from that command's hook.
//
// The run that the command belongs to is interrupted: its block, its arguments and the connections
// they came from must stay as they are. So this runner has a queue and arguments of its own, and
// takes only connections that were idle when the command began; what others send is held back by
// them. It executes the commands that are allowed at such a time (kAllowBusy) and answers all
// others with an error. No timer runs, nothing expires, nothing is persisted, nobody is unblocked.
#ifndef SOLOKV_KV_SERVER_RESTRICTED_RUNNER_H_
#define SOLOKV_KV_SERVER_RESTRICTED_RUNNER_H_

#include <string_view>
#include <vector>

#include "kv/command/command_table.h"
#include "kv/command/dispatcher.h"
#include "kv/server/connection.h"
#include "kv/server/request_runner.h"

namespace kv {

class RestrictedRunner {
 public:
  RestrictedRunner(Dispatcher& dispatcher, CommandTable& table)
      : dispatcher_(dispatcher), table_(table) {}

  // The connection has received, or its peer has ended.
  void Add(Connection& connection);
  // Forgets a connection that is about to be destroyed.
  void Forget(Connection& connection);
  // Answers the requests of the connections that were added, those that may not run now with the
  // error `refusal`, and sends the replies.
  void Run(std::string_view refusal);
  // From here on its connections are served as all others, by `next`.
  void EndTick(RequestRunner& next);

 private:
  void Serve(Connection& connection, std::string_view refusal);
  void Execute(Connection& connection, std::string_view refusal);
  void Fail(Connection& connection, std::string_view error);

  Dispatcher& dispatcher_;
  CommandTable& table_;
  std::vector<Connection*> queue_;
  std::vector<Connection*> served_;  // in this tick
  resp::ArgVector args_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_RESTRICTED_RUNNER_H_
