#include "kv/scripting/program_commands.h"

namespace kv {

bool FailWithinScript(Context& context) {
  if (!ScriptingOf(context).running()) return false;
  context.Fail("ERR This Redis command is not allowed from script");
  return true;
}

std::optional<size_t> ParseKeyCount(Context& context, std::string_view not_a_number) {
  int64_t count;
  if (!context.ParseInteger(2, &count, not_a_number)) return std::nullopt;
  if (count > static_cast<int64_t>(context.args.size()) - 3) {
    context.Fail("ERR Number of keys can't be greater than number of args");
  } else if (count < 0) {
    context.Fail("ERR Number of keys can't be negative");
  } else {
    return static_cast<size_t>(count);
  }
  return std::nullopt;
}

void KillProgram(Context& context, ScriptKind kind) {
  Scripting& scripting = ScriptingOf(context);
  switch (scripting.Kill(kind)) {
    case KillResult::kKilled:
      return context.reply.Ok();
    case KillResult::kNotBusy:
      return context.Fail("NOTBUSY No scripts in execution right now.");
    case KillResult::kOtherKind:
      return context.Fail(scripting.BusyError());
    case KillResult::kUnkillable:
      return context.Fail(
          "UNKILLABLE Sorry the script already executed write commands against the dataset. You "
          "can either wait the script termination or kill the server in a hard way using the "
          "SHUTDOWN NOSAVE command.");
  }
}

}  // namespace kv
