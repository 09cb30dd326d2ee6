// Scripting: the programs of one server, its scripts and its libraries of functions.
//
//     EVAL ──────► ScriptCache ─────► ScriptEngine ──┐
//                                                    ├──► CommandBridge ──► Dispatcher
//     FCALL ─────► Functions ───────► ScriptEngine ──┘
//
// One program runs at a time, and runs no other.
#ifndef SOLOKV_KV_SCRIPTING_SCRIPTING_H_
#define SOLOKV_KV_SCRIPTING_SCRIPTING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "kv/scripting/functions.h"
#include "kv/scripting/script_cache.h"
#include "kv/scripting/script_debugging.h"
#include "kv/scripting/script_engine.h"

namespace kv {

enum class KillResult : uint8_t { kKilled, kNotBusy, kUnkillable, kOtherKind };

class Scripting {
 public:
  Scripting(Dispatcher& dispatcher, CommandTable& table, Effects& effects, const CycleClock& cycles,
            ScriptHost& host)
      : environment_{.dispatcher = dispatcher,
                     .table = table,
                     .effects = effects,
                     .cycles = cycles,
                     .host = host} {}
  Scripting(const Scripting&) = delete;
  Scripting& operator=(const Scripting&) = delete;

  ScriptCache& scripts() { return scripts_; }
  const ScriptCache& scripts() const { return scripts_; }
  Functions& functions() { return functions_; }
  const Functions& functions() const { return functions_; }
  const ScriptEnvironment& environment() const { return environment_; }
  ScriptDebugging& debugging() { return debugging_; }

  // What runs, if anything does.
  std::optional<ScriptKind> running() const;
  // Ends it, if it is of that kind and has changed no data.
  KillResult Kill(ScriptKind kind);
  // The error reply to whatever may not be done while it runs.
  std::string BusyError() const;

  // Lets scripts call every command, for tests.
  void AllowAnyCommand(bool allow) { environment_.any_command = allow; }

  // Bytes of the interpreters, and of the texts beside them.
  size_t engine_memory() const;
  size_t text_memory() const { return scripts_.text_memory() + functions_.text_memory(); }

 private:
  ScriptEnvironment environment_;
  ScriptCache scripts_{environment_};
  Functions functions_{environment_};
  ScriptDebugging debugging_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_SCRIPTING_H_
