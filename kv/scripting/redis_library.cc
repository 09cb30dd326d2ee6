// Each function is an outer one that raises and owns nothing, around the work (see lua_state.h).
#include "kv/scripting/redis_library.h"

#include <cmath>
#include <string>

#include "kv/base/sha1.h"
#include "kv/scripting/lua_replies.h"
#include "kv/scripting/sandbox.h"
#include "kv/scripting/script_debugger.h"

namespace kv {
namespace {

ScriptServices& Services(lua_State* lua) {
  return *static_cast<ScriptServices*>(lua_touserdata(lua, lua_upvalueindex(1)));
}

// Raises an error table. Nothing with a destructor may live.
int Raise(lua_State* lua, const char* error) {
  PushErrorTable(lua, error);
  return lua_error(lua);
}

// --- commands ---

bool RunCommand(lua_State* lua) {
  const LuaMemory::Unfailing unfailing(Services(lua).memory);
  return Services(lua).bridge.Call(lua);
}

// The replies of commands are made beyond the limit of memory; so nothing is called once it is
// passed, under any protection.
void RequireMemory(lua_State* lua) {
  if (!Services(lua).memory.exhausted()) return;
  lua_pushliteral(lua, "not enough memory");
  lua_error(lua);
}

int Call(lua_State* lua) {
  RequireMemory(lua);
  return RunCommand(lua) ? 1 : lua_error(lua);
}

int ProtectedCall(lua_State* lua) {
  RequireMemory(lua);
  RunCommand(lua);
  return 1;
}

bool CheckAccess(lua_State* lua) {
  const LuaMemory::Unfailing unfailing(Services(lua).memory);
  return Services(lua).bridge.CheckAccess(lua);
}

int AclCheckCommand(lua_State* lua) {
  return CheckAccess(lua) ? 1 : lua_error(lua);
}

// --- replies ---

constexpr char kWrongArguments[] = "ERR wrong number or type of arguments";

int ErrorReply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
    PushErrorTable(lua, kWrongArguments);
  } else {
    PushErrorTable(lua, TextAt(lua, 1));
  }
  return 1;
}

int StatusReply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
    PushErrorTable(lua, kWrongArguments);
    return 1;
  }
  lua_newtable(lua);
  lua_pushvalue(lua, 1);
  lua_setfield(lua, -2, "ok");
  return 1;
}

int SetResp(lua_State* lua) {
  if (lua_gettop(lua) != 1) return Raise(lua, "ERR redis.setresp() requires one argument.");
  const double version = lua_tonumber(lua, 1);
  if (version != 2 && version != 3) return Raise(lua, "ERR RESP version must be 2 or 3.");
  Services(lua).bridge.set_protocol(version == 3 ? resp::Version::kResp3 : resp::Version::kResp2);
  return 0;
}

// --- what is not about commands ---

int Sha1Hexadecimal(lua_State* lua) {
  if (lua_gettop(lua) != 1) return Raise(lua, "ERR wrong number of arguments");
  size_t size;
  const char* const bytes = lua_tolstring(lua, 1, &size);
  const Sha1Hex hex = Sha1(bytes == nullptr ? std::string_view() : std::string_view(bytes, size));
  lua_pushlstring(lua, hex.data(), hex.size());
  return 1;
}

constexpr int kMaxLogLevel = 3;

// Joins the arguments from the second on, which are strings, by blanks.
void LogArguments(lua_State* lua, int level) {
  std::string message;
  for (int i = 2; i <= lua_gettop(lua); ++i) {
    if (lua_isstring(lua, i) == 0) continue;
    if (!message.empty()) message.push_back(' ');
    message.append(TextAt(lua, i));
  }
  Services(lua).host.LogFromScript(level, message);
}

int Log(lua_State* lua) {
  if (lua_gettop(lua) < 2) {
    return Raise(lua, "ERR redis.log() requires two arguments or more.");
  }
  if (lua_isnumber(lua, 1) == 0) {
    return Raise(lua, "ERR First argument must be a number (log level).");
  }
  const double level = lua_tonumber(lua, 1);
  if (!(level >= 0 && level <= kMaxLogLevel)) return Raise(lua, "ERR Invalid debug level.");
  LogArguments(lua, static_cast<int>(level));
  return 0;
}

// Where the effects of commands go.
constexpr int kNowhere = 0;
constexpr int kToLog = 1;
constexpr int kToReplicas = 2;
constexpr int kEverywhere = kToLog | kToReplicas;

// The log is all there is that repeats effects.
int SetPropagation(lua_State* lua) {
  if (lua_gettop(lua) != 1) return Raise(lua, "ERR redis.set_repl() requires two arguments.");
  const double targets = lua_tonumber(lua, 1);
  if (!(targets >= kNowhere && targets <= kEverywhere) || targets != std::floor(targets)) {
    return Raise(
        lua, "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  }
  Services(lua).bridge.set_repeated((static_cast<int>(targets) & kToLog) != 0);
  return 0;
}

// Returns whether the script will stop.
int Breakpoint(lua_State* lua) {
  ScriptDebugger* const debugger = Services(lua).debugger;
  lua_pushboolean(lua, debugger != nullptr && debugger->BreakAtNextLine() ? 1 : 0);
  return 1;
}

int Debug(lua_State* lua) {
  if (Services(lua).debugger != nullptr) Services(lua).debugger->ShowValues(lua);
  return 0;
}

// What a script does is always repeated as the effects of its commands.
int ReplicateCommands(lua_State* lua) {
  lua_pushboolean(lua, 1);
  return 1;
}

// Leaves an error table and returns false if the function is none.
bool AddFunction(lua_State* lua) {
  const ScriptServices& services = Services(lua);
  const LuaMemory::Unfailing unfailing(services.memory);
  const std::string error =
      services.registrar == nullptr
          ? "ERR redis.register_function can only be called on FUNCTION LOAD command"
          : services.registrar->Register(lua);
  if (error.empty()) return true;
  PushErrorTable(lua, error);
  return false;
}

int RegisterFunction(lua_State* lua) {
  return AddFunction(lua) ? 0 : lua_error(lua);
}

// --- the tables ---

// Who sees an entry.
enum Audience : uint8_t {
  kInScripts = 1,
  kInFunctions = 2,
  kAtLoad = 4,
  kInCalls = kInScripts | kInFunctions,
  kAlways = kInCalls | kAtLoad,
};

constexpr struct {
  const char* name;
  lua_CFunction function;
  uint8_t audience;
} kFunctions[] = {
    {"call", Call, kInCalls},
    {"pcall", ProtectedCall, kInCalls},
    {"acl_check_cmd", AclCheckCommand, kInCalls},
    {"error_reply", ErrorReply, kInCalls},
    {"status_reply", StatusReply, kInCalls},
    {"setresp", SetResp, kInCalls},
    {"sha1hex", Sha1Hexadecimal, kInCalls},
    {"log", Log, kAlways},
    {"set_repl", SetPropagation, kInCalls},
    {"breakpoint", Breakpoint, kInScripts},
    {"debug", Debug, kInScripts},
    {"replicate_commands", ReplicateCommands, kInScripts},
    {"register_function", RegisterFunction, kAtLoad},
};

constexpr struct {
  const char* name;
  int value;
  uint8_t audience;
} kConstants[] = {
    {"LOG_DEBUG", 0, kAlways},
    {"LOG_VERBOSE", 1, kAlways},
    {"LOG_NOTICE", 2, kAlways},
    {"LOG_WARNING", kMaxLogLevel, kAlways},
    {"REPL_NONE", kNowhere, kInCalls},
    {"REPL_AOF", kToLog, kInCalls},
    {"REPL_SLAVE", kToReplicas, kInCalls},
    {"REPL_REPLICA", kToReplicas, kInCalls},
    {"REPL_ALL", kEverywhere, kInCalls},
};

// Pushes the library as `audience` sees it.
void PushLibrary(lua_State* lua, ScriptServices* services, Audience audience) {
  lua_newtable(lua);
  for (const auto& entry : kFunctions) {
    if ((entry.audience & audience) == 0) continue;
    lua_pushlightuserdata(lua, services);
    lua_pushcclosure(lua, entry.function, 1);
    lua_setfield(lua, -2, entry.name);
  }
  for (const auto& constant : kConstants) {
    if ((constant.audience & audience) == 0) continue;
    lua_pushnumber(lua, constant.value);
    lua_setfield(lua, -2, constant.name);
  }
  const std::string_view version = services->host.version();
  for (const char* name : {"REDIS_VERSION", "SERVER_VERSION"}) {
    PushText(lua, version);
    lua_setfield(lua, -2, name);
  }
  for (const char* name : {"REDIS_VERSION_NUM", "SERVER_VERSION_NUM"}) {
    lua_pushnumber(lua, services->host.version_number());
    lua_setfield(lua, -2, name);
  }
}

constexpr const char kLoadGlobalsKey[] = "solokv.load_globals";

}  // namespace

void OpenRedisLibrary(lua_State* lua, ScriptServices* services) {
  PushLibrary(lua, services, services->kind == ScriptKind::kScript ? kInScripts : kInFunctions);
  lua_pushvalue(lua, -1);
  lua_setglobal(lua, "redis");
  lua_setglobal(lua, "server");
}

void PushProtectedCall(lua_State* lua, ScriptServices* services) {
  lua_pushlightuserdata(lua, services);
  lua_pushcclosure(lua, ProtectedCall, 1);
}

void OpenLoadGlobals(lua_State* lua, ScriptServices* services) {
  lua_newtable(lua);
  PushLibrary(lua, services, kAtLoad);
  RaiseForMissing(lua);
  LockTable(lua);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -3, "redis");
  lua_setfield(lua, -2, "server");
  RaiseForMissing(lua);
  lua_setfield(lua, LUA_REGISTRYINDEX, kLoadGlobalsKey);
}

void PushLoadGlobals(lua_State* lua) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kLoadGlobalsKey);
}

}  // namespace kv
