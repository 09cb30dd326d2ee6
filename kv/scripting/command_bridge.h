// CommandBridge: runs commands for a script, under the rules that hold for it, in the name of a
// client of its own whose database and protocol are the script's.
//
// All commands of a script are one group of effects and happen at the time it began.
#ifndef SOLOKV_KV_SCRIPTING_COMMAND_BRIDGE_H_
#define SOLOKV_KV_SCRIPTING_COMMAND_BRIDGE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kv/command/arguments.h"
#include "kv/command/client.h"
#include "kv/command/command_table.h"
#include "kv/command/dispatcher.h"
#include "kv/command/effects.h"
#include "kv/scripting/lua_state.h"
#include "protocol/reply_buffer.h"

namespace kv {

// What a script may do.
struct ScriptRules {
  bool read_only = false;
  bool refuse_growth = false;  // memory was over its limit as the script began
  bool any_command = false;    // even those that scripts may not call
  size_t max_reply = 0;        // bytes of what one command may reply; 0: no limit
};

// Hears what a script calls.
class CallListener {
 public:
  virtual ~CallListener() = default;
  // A command is called; its reply or its refusal follows.
  virtual void OnCall(ArgSpan args) = 0;
  // `reply` is its whole RESP text.
  virtual void OnReply(std::string_view reply) = 0;
  // There was no call because of an error.
  virtual void OnRefused(std::string_view error) = 0;
};

class CommandBridge {
 public:
  CommandBridge(Dispatcher& dispatcher, CommandTable& table, Effects& effects);

  // A script begins, called by `caller`.
  void Begin(const Client& caller, ScriptRules rules);

  // Runs the command that the values on the stack name. Replaces them by the reply; an error is a
  // table { err = text }. Raises nothing; false for an error.
  bool Call(lua_State* lua);
  // Whether the caller may run that command: leaves a boolean, or an error table and returns false.
  bool CheckAccess(lua_State* lua);

  // Whether the script changed data.
  bool wrote() const { return effects_.changes() != changes_at_begin_; }
  resp::Version protocol() const { return client_.protocol; }
  void set_protocol(resp::Version version) { client_.protocol = version; }
  // Whether those who repeat effects hear of the commands that follow; at first they do.
  void set_repeated(bool repeated) { repeated_ = repeated; }
  // Not owned; null for none.
  void set_listener(CallListener* listener) { listener_ = listener; }

 private:
  void Execute(Command* command);
  // Leaves an error in the place of everything on the stack; false.
  bool Fail(lua_State* lua, std::string_view error);
  // Reads the values on the stack as a command into args_; false if some is neither string nor
  // number.
  bool ReadArguments(lua_State* lua);
  // Why `command` must not run; empty if it may. Valid until the next call.
  std::string_view Refusal(const Command* command);
  // Pushes the reply that stands in the client's output; false for an error.
  bool PushOutput(lua_State* lua);

  Dispatcher& dispatcher_;
  CommandTable& table_;
  Effects& effects_;
  resp::ChunkPool pool_{1};
  Client client_;
  const Client* caller_ = nullptr;
  ScriptRules rules_;
  std::string refusal_;
  uint64_t changes_at_begin_ = 0;
  bool repeated_ = true;
  CallListener* listener_ = nullptr;
  std::vector<std::string_view> args_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_COMMAND_BRIDGE_H_
