#include "kv/scripting/scripting.h"

#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"

namespace kv {

std::optional<ScriptKind> Scripting::running() const {
  if (scripts_.engine() != nullptr && scripts_.engine()->running()) return ScriptKind::kScript;
  if (functions_.engine() != nullptr && functions_.engine()->running()) {
    return ScriptKind::kFunction;
  }
  return std::nullopt;
}

KillResult Scripting::Kill(ScriptKind kind) {
  const std::optional<ScriptKind> running = this->running();
  if (!running) return KillResult::kNotBusy;
  ScriptEngine& engine =
      *running == ScriptKind::kScript ? *scripts_.engine() : *functions_.engine();
  if (engine.wrote()) return KillResult::kUnkillable;
  if (*running != kind) return KillResult::kOtherKind;
  engine.Kill();
  return KillResult::kKilled;
}

std::string Scripting::BusyError() const {
  const std::string_view kill = KillCommand(running().value_or(ScriptKind::kScript));
  return absl::StrCat("BUSY Redis is busy running a script. You can only call ", Absl(kill),
                      " or SHUTDOWN NOSAVE.");
}

size_t Scripting::engine_memory() const {
  const auto used = [](const ScriptEngine* engine) {
    return engine == nullptr ? 0 : engine->memory_used();
  };
  return used(scripts_.engine()) + used(functions_.engine());
}

}  // namespace kv
