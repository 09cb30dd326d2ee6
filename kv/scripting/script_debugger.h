// ScriptDebugger: one session in which somebody runs a script line by line.
//
//     script ──line──► hook ──stops?──► console ◄──► who debugs
//       │                                  ▲
//       └──redis.call, redis.debug─────────┘ shown at the next stop
//
// A session stops before the first line of the script. It is asked for commands (debug_command.h)
// until one lets the script run, which stops again before the next line, at a breakpoint, or when
// it has run for busy-reply-threshold without a stop. While it steps, the commands that the script
// calls are shown, with their replies. The session ends with the script.
//
// If nobody is at the console any more, the script runs to its end as any other, or is ended, as
// the session was told; if what comes is no command, it is ended. A script that is ended gets an
// error at every line, which no pcall holds up.
//
// What is to be shown is bounded: what is beyond kMaxPending bytes between two stops is counted
// only.
#ifndef SOLOKV_KV_SCRIPTING_SCRIPT_DEBUGGER_H_
#define SOLOKV_KV_SCRIPTING_SCRIPT_DEBUGGER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kv/base/cycle_clock.h"
#include "kv/scripting/command_bridge.h"
#include "kv/scripting/debug_console.h"
#include "kv/scripting/debug_source.h"
#include "kv/scripting/lua_state.h"
#include "kv/scripting/redis_library.h"

namespace kv {

// What becomes of the script when nobody is at the console any more.
enum class WhenLeft : uint8_t { kRunOn, kAbort };

class ScriptDebugger final : public CallListener {
 public:
  // `console` and `cycles` outlive the session.
  ScriptDebugger(DebugConsole& console, WhenLeft when_left, const CycleClock& cycles)
      : console_(console), when_left_(when_left), cycles_(cycles) {}

  // The text of the script.
  void SetSource(std::string_view text) { source_ = DebugSource(text); }
  // Follows what runs in the interpreter `lua` from here to Detach, while OnHook is its hook of
  // lines and counts. `unattended`, which may be null, is the hook of counts of a script that runs
  // on with nobody at the console.
  void Attach(lua_State* lua, ScriptServices* services, lua_Hook unattended);
  void Detach();
  static void OnHook(lua_State* lua, lua_Debug* activation);

  // redis.breakpoint(): stops before the next line; false if there is nobody any more.
  bool BreakAtNextLine();
  // redis.debug(...): shows the values on the stack.
  void ShowValues(lua_State* lua);

  // Shows what is left, and the end of the session.
  void End();

  // --- CallListener ---
  void OnCall(ArgSpan args) override;
  void OnReply(std::string_view reply) override;
  void OnRefused(std::string_view error) override;

 private:
  static constexpr size_t kMaxPending = size_t{1} << 20;
  static constexpr size_t kDefaultLimit = 256;
  static constexpr size_t kMinLimit = 60;
  static constexpr int kDefaultContext = 5;
  static constexpr int kEvalInstructions = 100'000;

  static ScriptDebugger& Of(lua_State* lua);
  static void OnEvalHook(lua_State* lua, lua_Debug* activation);

  // Stops if it is time to; why the script has to end, null if it has not.
  const char* OnEvent(lua_State* lua, lua_Debug* activation);
  std::string_view ReasonToStop(const lua_Debug& activation, bool in_script) const;
  bool HasRunFor(uint64_t since) const;
  void Stop(lua_State* lua, std::string_view reason);
  void Converse(lua_State* lua);
  void OnLeft();

  // Runs a command of the console; false if the script is to run on.
  bool Perform(lua_State* lua, const std::vector<std::string>& words);
  void List(const std::vector<std::string>& words);
  void ListAround(int line, int context);
  void Print(lua_State* lua, const std::vector<std::string>& words);
  void PrintLocals(lua_State* lua);
  void PrintVariable(lua_State* lua, std::string_view name);
  void Break(const std::vector<std::string>& words);
  void ChangeBreakpoint(const std::string& word);
  void ShowBreakpoints();
  void Trace(lua_State* lua);
  void Evaluate(lua_State* lua, const std::vector<std::string>& words);
  void CallRedis(lua_State* lua, const std::vector<std::string>& words);
  void SetLimit(const std::vector<std::string>& words);

  void Say(std::string line);
  // Cuts the line at the limit.
  void SayBriefly(std::string line);
  void SendLines();
  size_t limit() const { return limit_ == 0 ? kMaxPending : limit_; }

  DebugConsole& console_;
  const WhenLeft when_left_;
  const CycleClock& cycles_;
  DebugSource source_;
  lua_State* lua_ = nullptr;
  ScriptServices* services_ = nullptr;
  lua_Hook unattended_ = nullptr;

  int line_ = 1;               // that was reached last
  uint64_t resumed_ = 0;       // cycles
  bool steps_ = true;          // stops before the next line
  bool breaks_ = false;        // ... because of redis.breakpoint()
  bool left_ = false;          // nobody is at the console any more
  bool calling_ = false;       // runs the console's own command
  const char* end_ = nullptr;  // the error that ends the script

  lua_State* evaluation_ = nullptr;  // what runs the console's code
  uint64_t evaluation_started_ = 0;  // cycles
  bool evaluation_ends_ = false;

  std::vector<std::string> lines_;  // to be shown
  size_t pending_ = 0;              // their bytes
  size_t left_out_ = 0;             // lines that were too much
  size_t limit_ = kDefaultLimit;    // bytes; 0: none
  bool knows_limit_ = false;        // who debugs has been told of it
};

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_SCRIPT_DEBUGGER_H_
