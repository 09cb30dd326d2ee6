#include "kv/scripting/script_commands.h"

#include <optional>
#include <string>

#include "kv/command/flush_mode.h"
#include "kv/scripting/program_commands.h"

namespace kv {
namespace {

constexpr std::string_view kNoScriptError = "NOSCRIPT No matching script. Please use EVAL.";

bool IsDigest(std::string_view text) {
  return text.size() == Sha1Hex().size();
}

// A client that debugs waits until its peer has left the server; then the command comes again.
void BeginSession(Context& context, DebugMode mode, bool by_digest) {
  if (by_digest) {
    return context.Fail(IsDigest(context.args[1])
                            ? "ERR Please use EVAL instead of EVALSHA for debugging"
                            : kNoScriptError);
  }
  if (!context.may_block()) {
    return context.Fail("ERR A script within a transaction cannot be debugged");
  }
  DebugHost& host = ScriptingOf(context).debugging().host();
  if (const std::string_view refusal = host.Refusal(mode); !refusal.empty()) {
    return context.Fail(refusal);
  }
  host.Begin(context.client, mode, context.command, context.args);
  context.waits = true;
}

void Evaluate(Context& context, bool by_digest, bool read_only) {
  if (FailWithinScript(context)) return;
  Scripting& scripting = ScriptingOf(context);
  ScriptDebugger* const debugger = scripting.debugging().debugger();
  if (const auto mode = scripting.debugging().ModeOf(context.client); mode && debugger == nullptr)
      [[unlikely]] {
    return BeginSession(context, *mode, by_digest);
  }
  // Those who monitor see the script before what it calls.
  scripting.environment().dispatcher.ShowMonitored(context.client, context.command, context.args);
  if (by_digest && !IsDigest(context.args[1])) return context.Fail(kNoScriptError);
  const std::optional<size_t> keys = ParseKeyCount(context, kNotAnInteger);
  if (!keys) return;
  std::string error;
  ScriptCache& scripts = scripting.scripts();
  Script* const script = by_digest ? scripts.Find(context.args[1])
                                   : scripts.Add(context.args[1], /*loaded=*/false, &error);
  if (script == nullptr) return context.Fail(by_digest ? kNoScriptError : error);
  scripts.Touch(script);
  if (debugger != nullptr) debugger->SetSource(script->text);
  scripts.engine()->Run({.function = script->function,
                         .name = script->name(),
                         .declared = script->has_shebang,
                         .flags = script->flags,
                         .read_only = read_only,
                         .command = context.args,
                         .key_count = *keys,
                         .debugger = debugger},
                        context);
}

}  // namespace

uint64_t FlagsOfEval(const Command&, ArgSpan args) {
  if (args.size() < 2) return 0;
  const Shebang shebang = ParseShebang(args[1]);
  return CommandFlagsOfScript(shebang.present, shebang.flags);
}

uint64_t FlagsOfEvalsha(const Command& command, ArgSpan args) {
  if (args.size() < 2) return 0;
  const Script* const script = static_cast<Scripting*>(command.owner)->scripts().Find(args[1]);
  return script == nullptr ? 0 : CommandFlagsOfScript(script->has_shebang, script->flags);
}

void EvalCommand(Context& context) {
  Evaluate(context, /*by_digest=*/false, /*read_only=*/false);
}

void EvalReadOnlyCommand(Context& context) {
  Evaluate(context, /*by_digest=*/false, /*read_only=*/true);
}

void EvalshaCommand(Context& context) {
  Evaluate(context, /*by_digest=*/true, /*read_only=*/false);
}

void EvalshaReadOnlyCommand(Context& context) {
  Evaluate(context, /*by_digest=*/true, /*read_only=*/true);
}

// Replies that are on their way would mix with what a session shows.
void ScriptDebugCommand(Context& context) {
  if (!context.client.output.empty()) {
    return context.Fail("ERR SCRIPT DEBUG must be called outside a pipeline");
  }
  const std::string_view word = context.args[2];
  std::optional<DebugMode> mode;
  if (EqualsIgnoreCase(word, "yes")) {
    mode = DebugMode::kForked;
  } else if (EqualsIgnoreCase(word, "sync")) {
    mode = DebugMode::kSync;
  } else if (!EqualsIgnoreCase(word, "no")) {
    return context.Fail("ERR Use SCRIPT DEBUG YES/SYNC/NO");
  }
  ScriptDebugging& debugging = ScriptingOf(context).debugging();
  if (mode) {
    if (const std::string_view refusal = debugging.host().Refusal(*mode); !refusal.empty()) {
      return context.Fail(refusal);
    }
  }
  debugging.SetMode(context.client, mode);
  context.reply.Ok();
}

void ScriptExistsCommand(Context& context) {
  ScriptCache& scripts = ScriptingOf(context).scripts();
  context.reply.Array(context.args.size() - 2);
  for (const std::string_view digest : context.args.subspan(2)) {
    context.reply.Integer(scripts.Find(digest) != nullptr ? 1 : 0);
  }
}

void ScriptFlushCommand(Context& context) {
  if (!IsFlushMode(context.args.subspan(2))) {
    return context.Fail("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  }
  if (FailWithinScript(context)) return;
  ScriptingOf(context).scripts().Flush();
  context.reply.Ok();
}

void ScriptKillCommand(Context& context) {
  KillProgram(context, ScriptKind::kScript);
}

void ScriptLoadCommand(Context& context) {
  if (FailWithinScript(context)) return;
  std::string error;
  const Script* const script =
      ScriptingOf(context).scripts().Add(context.args[2], /*loaded=*/true, &error);
  if (script == nullptr) return context.Fail(error);
  context.reply.Bulk(script->name());
}

void ScriptShowCommand(Context& context) {
  const Script* const script = ScriptingOf(context).scripts().Find(context.args[2]);
  if (script == nullptr) return context.Fail(kNoScriptError);
  context.reply.Bulk(script->text);
}

}  // namespace kv
