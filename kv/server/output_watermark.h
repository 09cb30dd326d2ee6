// OutputWatermark: holds back what a crash could take back.
//
// While a log of effects is attached whose every write is synced (SyncPolicy::kAlways), the reply
// of a command that has seen the data depends on all that was logged so far, whoever wrote it. It
// leaves when the log is durable up to there:
//
//   output of one connection    +PONG | +OK (set)    $1 (get) | +PONG
//                               ──────┼─────────────────────────────
//                               leaves│ waits, in order
//
// What stands behind such a reply waits as well, since replies keep their order; a connection that
// asks for no data never waits. Commands about the server (INFO, CONFIG, CLIENT, DEBUG) see no
// data in this sense, so that a server whose disk is stuck can be examined; nor do commands that
// were rejected before they ran. What MONITOR tells of a command waits like its reply.
//
// Held output counts for all limits like any other. Without a log nothing is recorded, and the
// cost is a test of active().
#ifndef SOLOKV_KV_SERVER_OUTPUT_WATERMARK_H_
#define SOLOKV_KV_SERVER_OUTPUT_WATERMARK_H_

#include <cstddef>
#include <vector>

#include "kv/command/command_table.h"
#include "kv/persistence/effect_log.h"
#include "kv/server/connection.h"

namespace kv {

class OutputWatermark {
 public:
  // Output from here on depends on `log`, which is not owned; null: on none. Precondition: nothing
  // is held, but for connections that were closed.
  void SetLog(const EffectLog* log);
  // True if output may have to wait.
  bool active() const { return log_ != nullptr; }

  // Whether the reply of this command depends on the data.
  static bool Concerns(const Command& command) {
    return command.Is(kWrite | kReadonly | kMayReplicate | kRunsTransaction);
  }
  // The output of `connection` depends, from its byte `begin` on, on all that was logged so far.
  void Hold(Connection& connection, size_t begin);
  // Sends what is durable by now.
  void Release();
  // Closes the connections whose output is held.
  void CloseHeld();
  // Forgets a connection that is about to be destroyed.
  void Forget(Connection& connection);

  // Connections with held output.
  size_t held() const { return held_.size(); }

 private:
  const EffectLog* log_ = nullptr;
  std::vector<Connection*> held_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_OUTPUT_WATERMARK_H_
