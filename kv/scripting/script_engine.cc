#include "kv/scripting/script_engine.h"

#include <algorithm>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"
#include "kv/scripting/lua_errors.h"
#include "kv/scripting/lua_replies.h"
#include "kv/scripting/sandbox.h"
#include "kv/scripting/script_debugger.h"
#include "kv/scripting/shebang.h"

namespace kv {
namespace {

// Keys of the registry.
constexpr char kEngineKey[] = "solokv.engine";

// Slots of the interpreter's own stack, below everything else.
constexpr int kHandlerSlot = 1;
constexpr int kGlobalsSlot = 2;
constexpr int kKeysNameSlot = 3;
constexpr int kArgumentsNameSlot = 4;
constexpr int kBaseSlots = 4;

// How errors name the text that is compiled.
const char* ChunkName(ScriptKind kind) {
  return kind == ScriptKind::kScript ? "@user_script" : "@user_function";
}

int Open(lua_State* lua) {
  auto* const services = static_cast<ScriptServices*>(lua_touserdata(lua, 1));
  lua_settop(lua, 0);
  OpenSandbox(lua);
  OpenRedisLibrary(lua, services);
  if (services->kind == ScriptKind::kFunction) OpenLoadGlobals(lua, services);
  SealSandbox(lua);
  return 0;
}

void PushList(lua_State* lua, ArgSpan values) {
  lua_createtable(lua, static_cast<int>(values.size()), 0);
  for (size_t i = 0; i < values.size(); ++i) {
    PushText(lua, values[i]);
    lua_rawseti(lua, -2, static_cast<int>(i) + 1);
  }
}

// Makes a global of a list of strings. Its name is in the slot `name`.
void SetList(lua_State* lua, int name, ArgSpan values) {
  lua_pushvalue(lua, name);
  PushList(lua, values);
  lua_rawset(lua, kGlobalsSlot);
}

}  // namespace

ScriptEngine::ScriptEngine(ScriptKind kind, const ScriptEnvironment& environment)
    : environment_(environment),
      kind_(kind),
      lua_(state_.get()),
      memory_(state_.memory()),
      bridge_(environment.dispatcher, environment.table, environment.effects),
      services_{.memory = memory_, .bridge = bridge_, .host = environment.host, .kind = kind} {
  if (lua_cpcall(lua_, Open, &services_) != 0) throw std::bad_alloc();
  const LuaMemory::Unfailing unfailing(memory_);
  lua_pushlightuserdata(lua_, this);
  lua_setfield(lua_, LUA_REGISTRYINDEX, kEngineKey);
  lua_pushcfunction(lua_, HandleError);
  PushGlobals(lua_);
  lua_pushliteral(lua_, "KEYS");
  lua_pushliteral(lua_, "ARGV");
}

ScriptEngine& ScriptEngine::Of(lua_State* lua) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kEngineKey);
  auto* const self = static_cast<ScriptEngine*>(lua_touserdata(lua, -1));
  lua_pop(lua, 1);
  return *self;
}

int ScriptEngine::Compile(std::string_view source, std::string* error) {
  CollectSome();
  const LuaMemory::Unfailing unfailing(memory_);
  if (CompileSource(lua_, source, ChunkName(kind_))) return luaL_ref(lua_, LUA_REGISTRYINDEX);
  *error = absl::StrCat("ERR Error compiling script (new function): ", Absl(TextAt(lua_, -1)));
  lua_pop(lua_, 1);
  return kNoFunction;
}

std::optional<std::vector<RegisteredFunction>> ScriptEngine::LoadLibrary(std::string_view source,
                                                                         std::string* error) {
  CollectSome();
  bool compiled;
  {
    const LuaMemory::Unfailing unfailing(memory_);
    compiled = CompileSource(lua_, source, ChunkName(kind_));
  }
  FunctionRegistrar registrar;
  *error = compiled ? RunLibrary(registrar)
                    : absl::StrCat("ERR Error compiling function: ", Absl(TextAt(lua_, -1)));
  if (!error->empty()) {
    for (const RegisteredFunction& function : registrar.functions()) Release(function.callback);
  }
  CleanUp();
  if (!error->empty()) return std::nullopt;
  return std::move(registrar.functions());
}

std::string ScriptEngine::RunLibrary(FunctionRegistrar& registrar) {
  PushLoadGlobals(lua_);
  ShowGlobals(lua_);
  services_.registrar = &registrar;
  const bool succeeded = Execute(/*arguments=*/0, OnLoadHook);
  services_.registrar = nullptr;
  const LuaMemory::Unfailing unfailing(memory_);
  PushGlobals(lua_);
  ShowGlobals(lua_);
  if (!succeeded) {
    return absl::StrCat("ERR Error registering functions: ", ErrorAtTop(lua_).text);
  }
  return registrar.functions().empty() ? "ERR No functions registered" : "";
}

std::optional<ScriptRules> ScriptEngine::Permit(const ScriptCall& call, Context& context) {
  const bool writes = (call.flags & kScriptNoWrites) == 0;
  const bool full =
      (call.flags & kScriptAllowOom) == 0 && !environment_.dispatcher.RefusalOf(kDenyOom).empty();
  if (call.declared && writes && call.read_only) {
    context.Fail("ERR Can not execute a script with write flag using *_ro command.");
    return std::nullopt;
  }
  if (call.declared && writes && full) {
    context.Fail(kOutOfMemory);
    return std::nullopt;
  }
  return ScriptRules{.read_only = call.read_only || !writes,
                     .refuse_growth = full,
                     .any_command = environment_.any_command,
                     .max_reply = environment_.host.memory_limit()};
}

int ScriptEngine::Prepare(const ScriptCall& call) {
  const LuaMemory::Unfailing unfailing(memory_);
  if (kind_ == ScriptKind::kScript) {
    SetList(lua_, kKeysNameSlot, call.keys());
    SetList(lua_, kArgumentsNameSlot, call.args());
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, call.function);
    return 0;
  }
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, call.function);
  PushList(lua_, call.keys());
  PushList(lua_, call.args());
  return 2;
}

bool ScriptEngine::Execute(int arguments, lua_Hook hook, int events) {
  memory_.set_limit(environment_.host.memory_limit());
  started_ = CycleClock::Now();
  busy_ = killed_ = false;
  if (hook != nullptr) lua_sethook(lua_, hook, events, kHookInstructions);
  const bool succeeded = lua_pcall(lua_, arguments, 1, kHandlerSlot) == 0;
  lua_sethook(lua_, nullptr, 0, 0);
  return succeeded;
}

bool ScriptEngine::ExecuteDebugged(ScriptDebugger& debugger, int arguments, lua_Hook unattended) {
  debugger.Attach(lua_, &services_, unattended);
  const bool succeeded = Execute(arguments, ScriptDebugger::OnHook, LUA_MASKLINE | LUA_MASKCOUNT);
  debugger.Detach();
  return succeeded;
}

void ScriptEngine::Run(const ScriptCall& call, Context& context) {
  const std::optional<ScriptRules> rules = Permit(call, context);
  if (!rules) return;
  const int arguments = Prepare(call);
  bridge_.Begin(context.client, *rules);
  running_ = {.name = call.name, .command = call.command, .started = CycleClock::Now()};
  const lua_Hook hook = environment_.host.busy_threshold() > 0 ? OnHook : nullptr;
  const bool succeeded = call.debugger == nullptr
                             ? Execute(arguments, hook)
                             : ExecuteDebugged(*call.debugger, arguments, hook);
  running_.reset();
  const bool booleans = bridge_.protocol() == resp::Version::kResp3;
  const LuaMemory::Unfailing unfailing(memory_);
  if (succeeded) {
    NoteReturnedError(context);
    WriteReply(lua_, booleans, &context.reply);
  } else {
    ReplyError(call, context);
  }
  CleanUp();
}

// Counts the error that the script returned, if it did; one that came of a command was counted.
void ScriptEngine::NoteReturnedError(Context& context) {
  if (!lua_istable(lua_, -1)) return;
  const std::string_view error = TextField(lua_, "err");
  if (error.data() == nullptr) return;
  context.failed = true;
  if (!WasCounted(lua_)) context.errors.Count(error);
}

void ScriptEngine::ReplyError(const ScriptCall& call, Context& context) {
  ScriptError error = ErrorAtTop(lua_);
  absl::StrAppend(&error.text, " script: ", Absl(call.name));
  if (!error.source.empty()) {
    absl::StrAppend(&error.text, ", on ", error.source, ":", error.line, ".");
  }
  context.failed = true;
  if (!error.counted) context.errors.Count(error.text);
  context.reply.Error(error.text);
}

void ScriptEngine::CollectSome() {
  constexpr int kKilobytes = 4;
  lua_gc(lua_, LUA_GCSTEP, kKilobytes);
}

void ScriptEngine::CleanUp() {
  lua_settop(lua_, kBaseSlots);
  if (memory_.used() <= collect_above_) [[likely]]
    return;
  // The buffer that joins strings shrinks by half at a time.
  size_t before;
  do {
    before = memory_.used();
    lua_gc(lua_, LUA_GCCOLLECT, 0);
  } while (memory_.used() < before - before / 4);
  memory_.ReturnUnused();
  collect_above_ = std::max(kLargeHeap, 2 * memory_.used());
}

// --- the time limit ---

// Raises at its end, and owns nothing.
void ScriptEngine::OnHook(lua_State* lua, lua_Debug*) {
  ScriptEngine& self = Of(lua);
  if (!self.IsKilledAfterPoll()) return;
  lua_sethook(lua, OnHook, LUA_MASKLINE, 0);
  lua_sethook(self.lua_, OnHook, LUA_MASKLINE, 0);
  PushErrorTable(lua, "ERR Script killed by user with SCRIPT KILL...");
  lua_error(lua);
}

// Likewise. What is loaded sees no pcall.
void ScriptEngine::OnLoadHook(lua_State* lua, lua_Debug*) {
  if (Of(lua).MillisecondsRun() < kLoadMilliseconds) return;
  PushErrorTable(lua, "ERR FUNCTION LOAD timeout");
  lua_error(lua);
}

uint64_t ScriptEngine::MillisecondsRun() const {
  constexpr uint64_t kNanosecondsPerMillisecond = 1'000'000;
  return environment_.cycles.Nanoseconds(CycleClock::Now() - started_) / kNanosecondsPerMillisecond;
}

bool ScriptEngine::IsKilledAfterPoll() {
  if (killed_) return true;
  ScriptHost& host = environment_.host;
  if (!busy_) {
    const uint64_t elapsed = MillisecondsRun();
    if (elapsed < static_cast<uint64_t>(host.busy_threshold())) return false;
    busy_ = true;
    host.LogFromScript(3, absl::StrCat("Slow script detected: still in execution after ", elapsed,
                                       " milliseconds. You can try killing the script using the ",
                                       Absl(KillCommand(kind_)), " command."));
  }
  host.PollRestricted();
  killed_ = killed_ || host.stopping();
  return killed_;
}

}  // namespace kv
