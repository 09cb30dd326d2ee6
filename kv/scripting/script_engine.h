// ScriptEngine: an interpreter with its sandbox, and the running of functions in it. Scripts have
// one, where keys and arguments are globals; the functions of libraries have another, and get them
// as arguments.
//
// A function runs to its end, or until somebody kills it: every kHookInstructions instructions a
// hook looks at the time, and once the busy threshold has passed lets the server answer others from
// there on. A script that was killed gets an error at every line, which no pcall holds up.
//
// Memory has a limit. Allocations that would pass it fail, and the script ends with that error
// unless it handles it; replies of commands and arguments of the call alone may be beyond it, but
// then no further command is called.
#ifndef SOLOKV_KV_SCRIPTING_SCRIPT_ENGINE_H_
#define SOLOKV_KV_SCRIPTING_SCRIPT_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kv/base/cycle_clock.h"
#include "kv/command/arguments.h"
#include "kv/command/context.h"
#include "kv/scripting/command_bridge.h"
#include "kv/scripting/function_registrar.h"
#include "kv/scripting/lua_state.h"
#include "kv/scripting/redis_library.h"

namespace kv {

// What engines work with.
struct ScriptEnvironment {
  Dispatcher& dispatcher;
  CommandTable& table;
  Effects& effects;
  const CycleClock& cycles;
  ScriptHost& host;
  bool any_command = false;  // scripts may call every command, for tests
};

// One call of a script or function, by a command of the form
//
//     NAME what numkeys [key ...] [arg ...]
struct ScriptCall {
  int function;           // as ScriptEngine::Compile or LoadLibrary returned it
  std::string_view name;  // in errors: the digest of a script
  bool declared;          // whether it declared its flags
  uint32_t flags;         // ScriptFlag bits
  bool read_only;         // whether the command only reads
  ArgSpan command;
  size_t key_count;
  ScriptDebugger* debugger = nullptr;  // follows the call

  ArgSpan keys() const { return command.subspan(3, key_count); }
  ArgSpan args() const { return command.subspan(3 + key_count); }
};

// The call that runs, valid during it.
struct RunningScript {
  std::string_view name;
  ArgSpan command;
  uint64_t started;  // cycles
};

// The command that ends what runs.
constexpr std::string_view KillCommand(ScriptKind kind) {
  return kind == ScriptKind::kScript ? "SCRIPT KILL" : "FUNCTION KILL";
}

class ScriptEngine {
 public:
  // `environment` outlives the engine.
  ScriptEngine(ScriptKind kind, const ScriptEnvironment& environment);
  ScriptEngine(const ScriptEngine&) = delete;
  ScriptEngine& operator=(const ScriptEngine&) = delete;

  static constexpr int kNoFunction = LUA_NOREF;
  // Compiles a script; returns the function, or kNoFunction and why in *error.
  int Compile(std::string_view source, std::string* error);
  // Runs the text of a library, for at most kLoadMilliseconds, and returns the functions it
  // registered, at least one; or nothing and why in *error.
  std::optional<std::vector<RegisteredFunction>> LoadLibrary(std::string_view source,
                                                             std::string* error);
  void Release(int function) { luaL_unref(lua_, LUA_REGISTRYINDEX, function); }

  // Runs a function and replies with its result or error.
  void Run(const ScriptCall& call, Context& context);

  const std::optional<RunningScript>& running() const { return running_; }
  // Whether the running script has changed data.
  bool wrote() const { return bridge_.wrote(); }
  // Ends the running script at its next line.
  void Kill() { killed_ = true; }
  // Bytes of the interpreter.
  size_t memory_used() const { return memory_.used(); }

 private:
  static constexpr int kHookInstructions = 100'000;
  static constexpr uint64_t kLoadMilliseconds = 500;
  // An interpreter below that size is left to collect its garbage as it goes.
  static constexpr size_t kLargeHeap = 16 << 20;

  static ScriptEngine& Of(lua_State* lua);
  static void OnHook(lua_State* lua, lua_Debug* activation);
  static void OnLoadHook(lua_State* lua, lua_Debug* activation);
  uint64_t MillisecondsRun() const;
  // Whether the script has to end; serves others meanwhile.
  bool IsKilledAfterPoll();

  // The rules for a call; nothing after an error reply.
  std::optional<ScriptRules> Permit(const ScriptCall& call, Context& context);
  // Pushes the function and its arguments; returns how many these are.
  int Prepare(const ScriptCall& call);
  // Runs the function at the top of the stack, below its arguments. True unless it raised an error,
  // which is then at the top, as the one result is else.
  bool Execute(int arguments, lua_Hook hook, int events = LUA_MASKCOUNT);
  bool ExecuteDebugged(ScriptDebugger& debugger, int arguments, lua_Hook unattended);
  // Runs the chunk at the top of the stack as the text of a library; what went wrong, empty if
  // nothing did.
  std::string RunLibrary(FunctionRegistrar& registrar);
  void NoteReturnedError(Context& context);
  void ReplyError(const ScriptCall& call, Context& context);
  // Collects a little of the garbage that compiling leaves, beside what Lua does as it goes: it
  // lets the memory grow to twice what is in use.
  void CollectSome();
  // Empties the stack, and frees the garbage of a call that has left much.
  void CleanUp();

  const ScriptEnvironment& environment_;
  const ScriptKind kind_;
  LuaState state_;
  lua_State* const lua_;
  LuaMemory& memory_;
  CommandBridge bridge_;
  ScriptServices services_;
  size_t collect_above_ = kLargeHeap;  // bytes
  std::optional<RunningScript> running_;
  uint64_t started_ = 0;  // cycles
  bool busy_ = false;     // over the threshold: others are served
  bool killed_ = false;
};

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_SCRIPT_ENGINE_H_
