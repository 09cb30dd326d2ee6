// ScriptDebugging: which clients debug the scripts that they EVAL (SCRIPT DEBUG), and the session
// that runs.
//
// EVAL of such a client does not run at once. Its peer leaves the server first, so that the session
// has the socket to itself; then the command is executed again, with a debugger.
//
//     EVAL ──► DebugHost::Begin ... the peer has left ... EVAL ──► script with debugger ──► end
#ifndef SOLOKV_KV_SCRIPTING_SCRIPT_DEBUGGING_H_
#define SOLOKV_KV_SCRIPTING_SCRIPT_DEBUGGING_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "kv/command/arguments.h"
#include "kv/command/client.h"
#include "kv/command/command_table.h"
#include "kv/scripting/script_debugger.h"

namespace kv {

enum class DebugMode : uint8_t {
  kForked,  // in a copy of the process, whose changes go with it
  kSync,    // in the server, which serves nobody else meanwhile
};

// What sessions ask of the server around them.
class DebugHost {
 public:
  virtual ~DebugHost() = default;
  // Why there can be no session of this kind now, as an error reply; empty if there can.
  virtual std::string_view Refusal(DebugMode mode) const = 0;
  // Lets the peer of `client` leave, and executes the command again in a session with it.
  virtual void Begin(Client& client, DebugMode mode, Command& command, ArgSpan args) = 0;
};

class ScriptDebugging final : public ClientKeeper {
 public:
  // Set before the first command.
  void SetHost(DebugHost* host) { host_ = host; }
  DebugHost& host() const { return *host_; }

  // Nothing: the client debugs no longer.
  void SetMode(const Client& client, std::optional<DebugMode> mode) {
    modes_.erase(client.id);
    if (mode) modes_.emplace(client.id, *mode);
  }
  std::optional<DebugMode> ModeOf(const Client& client) const {
    if (modes_.empty()) [[likely]]
      return std::nullopt;
    const auto found = modes_.find(client.id);
    return found == modes_.end() ? std::nullopt : std::optional(found->second);
  }
  // --- ClientKeeper ---
  void Forget(Client& client) override { modes_.erase(client.id); }

  // Of the session that runs; null if none does.
  ScriptDebugger* debugger() const { return debugger_; }
  void SetDebugger(ScriptDebugger* debugger) { debugger_ = debugger; }

 private:
  DebugHost* host_ = nullptr;
  absl::flat_hash_map<uint64_t, DebugMode> modes_;  // by client
  ScriptDebugger* debugger_ = nullptr;
};

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_SCRIPT_DEBUGGING_H_
