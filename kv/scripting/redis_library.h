// The library `redis`, also called `server`: how scripts reach the server. Scripts, functions, and
// the text of a library while it is loaded each see a part of it.
#ifndef SOLOKV_KV_SCRIPTING_REDIS_LIBRARY_H_
#define SOLOKV_KV_SCRIPTING_REDIS_LIBRARY_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kv/scripting/command_bridge.h"
#include "kv/scripting/function_registrar.h"
#include "kv/scripting/lua_state.h"

namespace kv {

// What scripts ask of the server around them.
class ScriptHost {
 public:
  virtual ~ScriptHost() = default;
  // Serves others while a script is busy; legal only from within it.
  virtual void PollRestricted() = 0;
  // True if the server is about to end, so that nothing may go on.
  virtual bool stopping() const = 0;
  // `level` is 0 (debug) to 3 (warning).
  virtual void LogFromScript(int level, std::string_view message) = 0;
  // Milliseconds after which a script is busy; 0: never.
  virtual int64_t busy_threshold() const = 0;
  // Bytes that an interpreter may take.
  virtual size_t memory_limit() const = 0;
  // Whether FUNCTION DUMP compresses.
  virtual bool compresses_dumps() const = 0;
  // "7.4.0", and its numbers in a byte each.
  virtual std::string_view version() const = 0;
  virtual int version_number() const = 0;
};

// What an interpreter runs.
enum class ScriptKind : uint8_t { kScript, kFunction };

class ScriptDebugger;

// What the library's functions work on; outlives the interpreter.
struct ScriptServices {
  LuaMemory& memory;
  CommandBridge& bridge;
  ScriptHost& host;
  ScriptKind kind = ScriptKind::kScript;
  FunctionRegistrar* registrar = nullptr;  // of the library that is loaded; else null
  ScriptDebugger* debugger = nullptr;      // of the script that runs; else null
};

// Makes the globals `redis` and `server`. Within lua_cpcall or before scripts run.
void OpenRedisLibrary(lua_State* lua, ScriptServices* services);

// Pushes the function redis.pcall.
void PushProtectedCall(lua_State* lua, ScriptServices* services);

// Makes the globals of a library that is loaded, nothing but its part of `redis` and `server`, for
// PushLoadGlobals. After OpenSandbox, likewise.
void OpenLoadGlobals(lua_State* lua, ScriptServices* services);
void PushLoadGlobals(lua_State* lua);

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_REDIS_LIBRARY_H_
