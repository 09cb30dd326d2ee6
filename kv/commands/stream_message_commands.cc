// XCFGSET and XIDMPRECORD: the messages that producers sent, and how long streams keep what.
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "kv/base/text.h"
#include "kv/commands/stream_commands.h"
#include "kv/commands/stream_edit.h"

namespace kv {
namespace {

// --- XCFGSET ---

// Settings to be changed.
struct Changes {
  std::optional<int64_t> message_seconds;
  std::optional<int64_t> max_messages;
  std::optional<int64_t> retention;
};

// Reads args[index] as a number from 1 to `max`, or replies with an error and returns nothing.
std::optional<int64_t> ParseLimit(Context& context, size_t index, int64_t max,
                                  std::string_view name, std::string_view unit) {
  int64_t number;
  if (!context.ParseInteger(index, &number)) return std::nullopt;
  if (number >= 1 && number <= max) return number;
  context.Fail(absl::StrCat("ERR ", std::string(name), " must be between 1 and ", max, " ",
                            std::string(unit)));
  return std::nullopt;
}

bool ParseChange(Context& context, size_t at, Changes* changes) {
  if (at + 1 < context.args.size() && EqualsIgnoreCase(context.args[at], "idmp-duration")) {
    changes->message_seconds =
        ParseLimit(context, at + 1, StreamSettings::kMaxMessageSeconds, "IDMP-DURATION", "seconds");
    return changes->message_seconds.has_value();
  }
  if (at + 1 < context.args.size() && EqualsIgnoreCase(context.args[at], "idmp-maxsize")) {
    changes->max_messages =
        ParseLimit(context, at + 1, StreamSettings::kMaxMessages, "IDMP-MAXSIZE", "entries");
    return changes->max_messages.has_value();
  }
  if (at + 1 < context.args.size() && EqualsIgnoreCase(context.args[at], "retention")) {
    int64_t milliseconds;
    if (!context.ParseInteger(at + 1, &milliseconds)) return false;
    changes->retention = milliseconds;
    if (milliseconds >= 0) return true;
    context.Fail("ERR RETENTION must not be negative");
    return false;
  }
  context.Fail(kSyntaxError);
  return false;
}

std::optional<Changes> ParseChanges(Context& context) {
  if (context.args.size() == 2) {
    context.Fail("ERR At least one parameter must be specified");
    return std::nullopt;
  }
  Changes changes;
  for (size_t at = 2; at < context.args.size(); at += 2) {
    if (!ParseChange(context, at, &changes)) return std::nullopt;
  }
  return changes;
}

}  // namespace

void XcfgsetCommand(Context& context) {
  const std::optional<Changes> changes = ParseChanges(context);
  if (!changes) return;
  StreamEdit edit(context, context.Key(1));
  if (edit.rejected()) return;
  if (!edit.exists()) return context.Fail(kNoSuchKey);
  const StreamSettings before = edit.stream().settings();
  StreamSettings settings = before;
  settings.message_seconds = changes->message_seconds.value_or(before.message_seconds);
  settings.max_messages = changes->max_messages.value_or(before.max_messages);
  settings.retention = changes->retention.value_or(before.retention);
  edit.stream().Configure(edit.rules(), settings);
  context.reply.Ok();
  if (settings != before) context.effects.AsGiven();
}

// --- XIDMPRECORD ---

void XidmprecordCommand(Context& context) {
  const StreamMessage message = {.producer = context.args[2], .name = context.args[3]};
  if (message.producer.empty() || message.name.empty()) {
    return context.Fail("ERR XIDMPRECORD requires a non-empty producer ID and idempotent ID");
  }
  const std::optional<StreamId> id = ParseStrictStreamId(context, context.args[4], 0);
  if (!id) return;
  StreamEdit edit(context, context.Key(1));
  if (edit.rejected()) return;
  if (!edit.exists()) return context.Fail(kNoSuchKey);
  Stream& stream = edit.stream();
  if (!stream.Contains(*id)) return context.Fail("ERR There is no entry of this ID");
  if (const auto known = stream.FindMessage(message, context.now()); known) {
    if (*known == *id) return context.reply.Ok();
    return context.Fail("ERR The idempotent ID is recorded with another entry");
  }
  stream.RememberMessage(edit.rules(), message, *id);
  context.reply.Ok();
  context.effects.AsGiven();
}

}  // namespace kv
