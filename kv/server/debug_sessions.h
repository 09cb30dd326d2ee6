// DebugSessions: the sessions in which clients debug scripts.
//
// A session has its client's socket to itself: the connection leaves the event loop, the session
// talks with the peer by plain reads and writes, and closes the socket at its end. So a client has
// one session and is gone.
//
//     EVAL ─► Begin ─► replies leave ─► Connection::OnDetached ─► Serve ─┬─ sync:   runs here
//                                                                        └─ forked: runs in a child
//
// A synchronous session holds the server: until it ends, its peer alone is served, whatever else
// comes; what it writes stays. A forked one runs in a copy of the process, whose writes go with it,
// while the server goes on. The child has nothing of the event loop, its descriptors or the log,
// and ends with the server at the latest.
#ifndef SOLOKV_KV_SERVER_DEBUG_SESSIONS_H_
#define SOLOKV_KV_SERVER_DEBUG_SESSIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ae/file_descriptor.h"
#include "kv/base/cycle_clock.h"
#include "kv/base/logging.h"
#include "kv/base/process.h"
#include "kv/command/dispatcher.h"
#include "kv/scripting/script_debugger.h"
#include "kv/scripting/scripting.h"
#include "kv/server/connections.h"
#include "kv/server/request_runner.h"
#include "kv/server/server_stats.h"
#include "kv/store/store.h"

namespace kv {

class DebugSessions final : public DebugHost, public Heir, public ClientKeeper {
 public:
  static constexpr size_t kMaxForked = 16;

  // What is referred to outlives the sessions. `process` and `logger` may be null.
  struct Surroundings {
    Connections& connections;
    RequestRunner& runner;
    Dispatcher& dispatcher;
    Scripting& scripting;
    Store& store;
    ServerStats& stats;
    const CycleClock& cycles;
    Process* process;
    Logger* logger;
    std::function<bool()> stopping;  // whether the server is about to end
  };
  explicit DebugSessions(Surroundings surroundings) : around_(std::move(surroundings)) {}
  ~DebugSessions() override { EndForked(); }
  DebugSessions(const DebugSessions&) = delete;
  DebugSessions& operator=(const DebugSessions&) = delete;

  // Runs the sessions whose peers have left; in a tick, when no command runs.
  void Serve();
  // Takes note of the children that have ended.
  void Reap();
  // Ends all children.
  void EndForked();

  // --- DebugHost ---
  std::string_view Refusal(DebugMode mode) const override;
  void Begin(Client& client, DebugMode mode, Command& command, ArgSpan args) override;

  // --- Heir ---
  void OnDetached(Connection& connection, ae::FileDescriptor socket, std::string unread) override;

  // --- ClientKeeper ---
  void Forget(Client& client) override;

 private:
  struct Session {
    uint64_t client;
    DebugMode mode;
    Command* command;
    std::vector<std::string> args;
    ae::FileDescriptor socket = {};  // once the peer has left
    std::string unread = {};
  };

  void Run(Session& session, Connection& connection);
  void Fork(Session& session, Connection& connection);
  void Converse(Session& session, Connection& connection, WhenLeft when_left);
  void Refuse(Session& session, std::string_view error);
  void Log(std::string_view message) const;

  Surroundings around_;
  std::vector<Session> sessions_;
  std::vector<int64_t> children_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_DEBUG_SESSIONS_H_
