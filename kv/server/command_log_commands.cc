// SLOWLOG and COMMANDLOG: the latest commands that were slow, or large.
#include <algorithm>
#include <optional>
#include <string>

#include "kv/command/help.h"
#include "kv/server/observation_commands.h"
#include "kv/server/parts.h"

namespace kv {
namespace {

constexpr std::string_view kBadCount = "ERR count should be greater than or equal to -1";

CommandLog& SlowLogOf(Context& context) {
  return context.Owner<Parts>().observation.logs.slow;
}

// The log that args[index] names; null after an error reply.
CommandLog* LogAt(Context& context, size_t index) {
  CommandLogs& logs = context.Owner<Parts>().observation.logs;
  const std::string_view kind = context.args[index];
  if (EqualsIgnoreCase(kind, "slow")) return &logs.slow;
  if (EqualsIgnoreCase(kind, "large-request")) return &logs.large_request;
  if (EqualsIgnoreCase(kind, "large-reply")) return &logs.large_reply;
  context.Fail("ERR type should be one of the following: slow, large-request, large-reply");
  return nullptr;
}

void ReplyEntries(resp::ReplyWriter& reply, const CommandLog& log, size_t count) {
  reply.Array(count);
  for (size_t i = 0; i < count; ++i) {
    const CommandLog::Entry& entry = log.entries()[i];
    reply.Array(6);
    reply.Integer(entry.id);
    reply.Integer(entry.time);
    reply.Integer(entry.cost);
    reply.Array(entry.args.size());
    for (const std::string& arg : entry.args) reply.Bulk(arg);
    reply.Bulk(entry.peer);
    reply.Bulk(entry.client_name);
  }
}

}  // namespace

std::optional<size_t> ParseShown(Context& context, size_t index, size_t available) {
  int64_t count = 10;
  if (context.args.size() > index) {
    if (!context.ParseInteger(index, &count, kBadCount)) return std::nullopt;
    if (count < -1) {
      context.Fail(kBadCount);
      return std::nullopt;
    }
  }
  return count == -1 ? available : std::min(available, static_cast<size_t>(count));
}

void SlowlogGetCommand(Context& context) {
  if (context.args.size() > 3) return FailSubcommandArity(context);
  const CommandLog& log = SlowLogOf(context);
  const std::optional<size_t> shown = ParseShown(context, 2, log.entries().size());
  if (shown) ReplyEntries(context.reply, log, *shown);
}

void SlowlogLenCommand(Context& context) {
  context.reply.Integer(static_cast<int64_t>(SlowLogOf(context).entries().size()));
}

void SlowlogResetCommand(Context& context) {
  SlowLogOf(context).Reset();
  context.reply.Ok();
}

void SlowlogHelpCommand(Context& context) {
  ReplyHelp(context);
}

void CommandlogGetCommand(Context& context) {
  int64_t count = 0;
  if (!context.ParseInteger(2, &count, kBadCount)) return;
  const CommandLog* const log = LogAt(context, 3);
  if (log == nullptr) return;
  const std::optional<size_t> shown = ParseShown(context, 2, log->entries().size());
  if (shown) ReplyEntries(context.reply, *log, *shown);
}

void CommandlogLenCommand(Context& context) {
  const CommandLog* const log = LogAt(context, 2);
  if (log != nullptr) context.reply.Integer(static_cast<int64_t>(log->entries().size()));
}

void CommandlogResetCommand(Context& context) {
  CommandLog* const log = LogAt(context, 2);
  if (log == nullptr) return;
  log->Reset();
  context.reply.Ok();
}

void CommandlogHelpCommand(Context& context) {
  ReplyHelp(context);
}

}  // namespace kv
