// Groups of streams and their consumers: XGROUP and XACK.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/command/help.h"
#include "kv/commands/stream_commands.h"
#include "kv/commands/stream_edit.h"

namespace kv {
namespace {

constexpr std::string_view kNeedsKey =
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use "
    "the MKSTREAM option to create an empty stream automatically.";

// [MKSTREAM] [ENTRIESREAD n] of XGROUP CREATE and SETID, from args[5] on.
struct GroupOptions {
  bool make_stream = false;
  std::optional<uint64_t> entries_read;
};

std::optional<GroupOptions> ParseGroupOptions(Context& context, bool creates) {
  GroupOptions options;
  for (size_t at = 5; at < context.args.size(); ++at) {
    if (creates && EqualsIgnoreCase(context.args[at], "mkstream")) {
      options.make_stream = true;
    } else if (EqualsIgnoreCase(context.args[at], "entriesread") && at + 1 < context.args.size()) {
      int64_t read;
      if (!context.ParseInteger(++at, &read)) return std::nullopt;
      if (read < -1) {
        context.Fail("ERR value for ENTRIESREAD must be positive or -1");
        return std::nullopt;
      }
      options.entries_read = read == -1 ? std::nullopt : std::optional(static_cast<uint64_t>(read));
    } else {
      FailSubcommandArity(context);
      return std::nullopt;
    }
  }
  const size_t most = creates ? 8 : 7;  // with each option once
  if (context.args.size() > most) {
    FailSubcommandArity(context);
    return std::nullopt;
  }
  return options;
}

// "$": the last id of the stream.
std::optional<StreamId> LastId(const Context& context, StreamEdit& edit) {
  if (context.args[4] != "$") return std::nullopt;
  return edit.exists() ? edit.stream().last_id() : StreamId();
}

// The group args[3] of the stream; null after an error reply.
StreamGroup* GroupOf(Context& context, StreamEdit& edit) {
  if (edit.rejected()) return nullptr;
  if (!edit.exists()) {
    context.Fail(kNeedsKey);
    return nullptr;
  }
  StreamGroup* const group = edit.stream().FindGroup(context.args[3]);
  if (group == nullptr) {
    context.Fail(absl::StrCat("NOGROUP No such consumer group '", std::string(context.args[3]),
                              "' for key name '", std::string(context.args[2]), "'"));
  }
  return group;
}

// Those who wait for the group learn that it is gone, or that there is something to read.
void Signal(Context& context, std::string_view key) {
  context.store.context().SignalReady(context.db.index(), key);
}

}  // namespace

void XgroupCreateCommand(Context& context) {
  const std::optional<GroupOptions> options = ParseGroupOptions(context, /*creates=*/true);
  if (!options) return;
  const HashedKey key = context.Key(2);
  StreamEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists() && !options->make_stream) return context.Fail(kNeedsKey);
  std::optional<StreamId> id = LastId(context, edit);
  if (!id) id = ParseStrictStreamId(context, context.args[4], 0);
  if (!id) return;
  if (!edit.exists()) edit.Create();
  if (edit.stream().FindGroup(context.args[3]) != nullptr) {
    return context.Fail("BUSYGROUP Consumer Group name already exists");
  }
  edit.stream().AddGroup(edit.rules(), context.args[3], *id, options->entries_read);
  context.reply.Ok();
  context.Notify(kEventStream, "xgroup-create", key.bytes);
  context.effects.AsGiven();
  Signal(context, key.bytes);
}

void XgroupSetidCommand(Context& context) {
  const std::optional<GroupOptions> options = ParseGroupOptions(context, /*creates=*/false);
  if (!options) return;
  const HashedKey key = context.Key(2);
  StreamEdit edit(context, key);
  StreamGroup* const group = GroupOf(context, edit);
  if (group == nullptr) return;
  std::optional<StreamId> id = LastId(context, edit);
  if (!id) id = ParseStreamId(context, context.args[4], 0);
  if (!id) return;
  edit.stream().BeginChange(edit.rules());
  group->last_id = *id;
  group->entries_read = options->entries_read;
  context.reply.Ok();
  context.Notify(kEventStream, "xgroup-setid", key.bytes);
  context.effects.AsGiven();
  Signal(context, key.bytes);
}

void XgroupDestroyCommand(Context& context) {
  const HashedKey key = context.Key(2);
  StreamEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists()) return context.Fail(kNeedsKey);
  StreamGroup* const group = edit.stream().FindGroup(context.args[3]);
  context.reply.Integer(group != nullptr ? 1 : 0);
  if (group == nullptr) return;
  edit.stream().RemoveGroup(edit.rules(), group);
  context.Notify(kEventStream, "xgroup-destroy", key.bytes);
  context.effects.AsGiven();
  Signal(context, key.bytes);
}

void XgroupCreateconsumerCommand(Context& context) {
  const HashedKey key = context.Key(2);
  StreamEdit edit(context, key);
  StreamGroup* const group = GroupOf(context, edit);
  if (group == nullptr) return;
  const bool is_new = group->FindConsumer(context.args[4]) == nullptr;
  context.reply.Integer(is_new ? 1 : 0);
  if (!is_new) return;
  edit.stream().BeginChange(edit.rules());
  group->AddConsumer(edit.rules().memory, context.args[4], context.now());
  context.Notify(kEventStream, "xgroup-createconsumer", key.bytes);
  context.effects.AsGiven();
}

void XgroupDelconsumerCommand(Context& context) {
  const HashedKey key = context.Key(2);
  StreamEdit edit(context, key);
  StreamGroup* const group = GroupOf(context, edit);
  if (group == nullptr) return;
  StreamConsumer* const consumer = group->FindConsumer(context.args[4]);
  if (consumer == nullptr) return context.reply.Integer(0);
  context.reply.Integer(static_cast<int64_t>(consumer->pending().size()));
  edit.stream().BeginChange(edit.rules());
  group->RemoveConsumer(edit.rules(), consumer);
  context.Notify(kEventStream, "xgroup-delconsumer", key.bytes);
  context.effects.AsGiven();
}

void XgroupHelpCommand(Context& context) {
  ReplyHelp(context);
}

void XackCommand(Context& context) {
  StreamEdit edit(context, context.Key(1));
  if (edit.rejected()) return;
  StreamGroup* const group = edit.exists() ? edit.stream().FindGroup(context.args[2]) : nullptr;
  if (group == nullptr) return context.reply.Integer(0);
  const auto ids = ParseStreamIds(context, context.args.subspan(3));
  if (!ids) return;
  edit.stream().BeginChange(edit.rules());
  int64_t acknowledged = 0;
  for (const StreamId& id : *ids) {
    acknowledged += group->Acknowledge(edit.rules(), id) ? 1 : 0;
  }
  context.reply.Integer(acknowledged);
  if (acknowledged > 0) context.effects.AsGiven();
}

}  // namespace kv
