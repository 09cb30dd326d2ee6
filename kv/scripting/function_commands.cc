#include "kv/scripting/function_commands.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/glob.h"
#include "kv/command/flush_mode.h"
#include "kv/command/help.h"
#include "kv/persistence/dump_payload.h"
#include "kv/scripting/program_commands.h"
#include "kv/scripting/shebang.h"

namespace kv {
namespace {

constexpr std::string_view kEngineName = "LUA";

Functions& FunctionsOf(const Context& context) {
  return ScriptingOf(context).functions();
}

std::string Quoted(std::string_view before, std::string_view text) {
  return std::string(before).append(text);
}

void Call(Context& context, bool read_only) {
  if (FailWithinScript(context)) return;
  Scripting& scripting = ScriptingOf(context);
  // Those who monitor see the function before what it calls.
  scripting.environment().dispatcher.ShowMonitored(context.client, context.command, context.args);
  const Function* const function = scripting.functions().Find(context.args[1]);
  if (function == nullptr) return context.Fail("ERR Function not found");
  const auto keys = ParseKeyCount(context, "ERR Bad number of keys provided");
  if (!keys) return;
  scripting.functions().engine()->Run({.function = function->callback,
                                       .name = function->name,
                                       .declared = true,
                                       .flags = function->flags,
                                       .read_only = read_only,
                                       .command = context.args,
                                       .key_count = *keys},
                                      context);
}

// --- what changes the libraries ---

// Replies that a change is done, or why it is not.
void ReplyToChange(Context& context, const std::string& error) {
  if (!error.empty()) return context.Fail(error);
  context.effects.AsGiven();
  context.reply.Ok();
}

// Null after an error reply.
std::optional<RestorePolicy> ParsePolicy(Context& context) {
  if (context.args.size() == 3) return RestorePolicy::kAppend;
  const std::string_view word = context.args[3];
  if (EqualsIgnoreCase(word, "append")) return RestorePolicy::kAppend;
  if (EqualsIgnoreCase(word, "replace")) return RestorePolicy::kReplace;
  if (EqualsIgnoreCase(word, "flush")) return RestorePolicy::kFlush;
  context.Fail("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
  return std::nullopt;
}

// --- LIST ---

struct ListOptions {
  bool with_code = false;
  std::optional<std::string_view> pattern;
};

// Each option may be given once.
bool ParseListOptions(Context& context, ListOptions* options) {
  const ArgSpan args = context.args;
  for (size_t i = 2; i < args.size(); ++i) {
    if (!options->with_code && EqualsIgnoreCase(args[i], "withcode")) {
      options->with_code = true;
    } else if (!options->pattern && EqualsIgnoreCase(args[i], "libraryname")) {
      if (++i == args.size()) {
        context.Fail("ERR library name argument was not given");
        return false;
      }
      options->pattern = args[i];
    } else {
      context.Fail(Quoted("ERR Unknown argument ", args[i]));
      return false;
    }
  }
  return true;
}

void ReplyFunction(const Function& function, resp::ReplyWriter& reply) {
  reply.Map(3);
  reply.Bulk("name");
  reply.Bulk(function.name);
  reply.Bulk("description");
  function.description ? reply.Bulk(*function.description) : reply.NullBulk();
  reply.Bulk("flags");
  reply.Set(static_cast<size_t>(__builtin_popcount(function.flags)));
  for (const ScriptFlagName& flag : ScriptFlagNames()) {
    if ((function.flags & flag.flag) != 0) reply.SimpleString(flag.name);
  }
}

void ReplyLibrary(const Library& library, bool with_code, resp::ReplyWriter& reply) {
  reply.Map(with_code ? 4 : 3);
  reply.Bulk("library_name");
  reply.Bulk(library.name);
  reply.Bulk("engine");
  reply.Bulk(kEngineName);
  reply.Bulk("functions");
  reply.Array(library.functions.size());
  for (const Function& function : library.functions) ReplyFunction(function, reply);
  if (!with_code) return;
  reply.Bulk("library_code");
  reply.Bulk(library.code);
}

// --- STATS ---

void ReplyRunning(const RunningScript& running, const CycleClock& cycles,
                  resp::ReplyWriter& reply) {
  constexpr uint64_t kNanosecondsPerMillisecond = 1'000'000;
  const uint64_t elapsed = cycles.Nanoseconds(CycleClock::Now() - running.started);
  reply.Map(3);
  reply.Bulk("name");
  reply.Bulk(running.name);
  reply.Bulk("command");
  reply.Array(running.command.size());
  for (const std::string_view argument : running.command) reply.Bulk(argument);
  reply.Bulk("duration_ms");
  reply.Integer(static_cast<int64_t>(elapsed / kNanosecondsPerMillisecond));
}

}  // namespace

uint64_t FlagsOfFcall(const Command& command, ArgSpan args) {
  if (args.size() < 2) return 0;
  const Function* const function =
      static_cast<Scripting*>(command.owner)->functions().Find(args[1]);
  return function == nullptr ? 0 : CommandFlagsOfScript(/*declared=*/true, function->flags);
}

void FcallCommand(Context& context) {
  Call(context, /*read_only=*/false);
}

void FcallReadOnlyCommand(Context& context) {
  Call(context, /*read_only=*/true);
}

void FunctionLoadCommand(Context& context) {
  if (FailWithinScript(context)) return;
  const ArgSpan options = context.args.subspan(2, context.args.size() - 3);
  for (const std::string_view option : options) {
    if (!EqualsIgnoreCase(option, "replace")) {
      return context.Fail(Quoted("ERR Unknown option given: ", option));
    }
  }
  std::string name;
  const std::string error =
      FunctionsOf(context).Load(context.args.back(), /*replace=*/!options.empty(), &name);
  if (!error.empty()) return context.Fail(error);
  context.effects.AsGiven();
  context.reply.Bulk(name);
}

void FunctionDeleteCommand(Context& context) {
  if (FailWithinScript(context)) return;
  ReplyToChange(context, FunctionsOf(context).Delete(context.args[2]));
}

void FunctionFlushCommand(Context& context) {
  const ArgSpan options = context.args.subspan(2);
  if (options.size() > 1) return FailSubcommandArity(context);
  if (!IsFlushMode(options)) {
    return context.Fail("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  if (FailWithinScript(context)) return;
  FunctionsOf(context).Flush(/*lazily=*/!options.empty() && EqualsIgnoreCase(options[0], "async"));
  ReplyToChange(context, "");
}

void FunctionDumpCommand(Context& context) {
  const bool compress = ScriptingOf(context).environment().host.compresses_dumps();
  context.reply.Bulk(DumpLibraries(FunctionsOf(context).libraries().codes(), compress));
}

void FunctionRestoreCommand(Context& context) {
  if (context.args.size() > 4) return FailSubcommandArity(context);
  if (FailWithinScript(context)) return;
  const std::optional<RestorePolicy> policy = ParsePolicy(context);
  if (!policy) return;
  std::string_view error;
  const auto codes = ReadLibraries(context.args[2], &error);
  if (!codes) return context.Fail(error);
  ReplyToChange(context, FunctionsOf(context).Restore(*codes, *policy));
}

void FunctionKillCommand(Context& context) {
  KillProgram(context, ScriptKind::kFunction);
}

void FunctionListCommand(Context& context) {
  ListOptions options;
  if (!ParseListOptions(context, &options)) return;
  std::vector<const Library*> wanted;
  for (const auto& [name, library] : FunctionsOf(context).libraries().libraries()) {
    const bool matches = !options.pattern || GlobMatch(*options.pattern, name, GlobCase::kIgnored);
    if (matches) wanted.push_back(library.get());
  }
  context.reply.Array(wanted.size());
  for (const Library* library : wanted) ReplyLibrary(*library, options.with_code, context.reply);
}

void FunctionStatsCommand(Context& context) {
  const Scripting& scripting = ScriptingOf(context);
  const std::optional<ScriptKind> running = scripting.running();
  if (running == ScriptKind::kScript) return context.Fail(scripting.BusyError());
  const Functions& functions = scripting.functions();
  context.reply.Map(2);
  context.reply.Bulk("running_script");
  if (running) {
    ReplyRunning(*functions.engine()->running(), scripting.environment().cycles, context.reply);
  } else {
    context.reply.NullBulk();
  }
  context.reply.Bulk("engines");
  context.reply.Map(1);
  context.reply.Bulk(kEngineName);
  context.reply.Map(2);
  context.reply.Bulk("libraries_count");
  context.reply.Integer(static_cast<int64_t>(functions.libraries().size()));
  context.reply.Bulk("functions_count");
  context.reply.Integer(static_cast<int64_t>(functions.libraries().functions()));
}

}  // namespace kv
