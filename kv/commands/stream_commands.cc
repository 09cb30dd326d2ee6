#include "kv/commands/stream_commands.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/text.h"
#include "kv/commands/stream_edit.h"
#include "kv/commands/stream_message.h"
#include "kv/commands/stream_options.h"

namespace kv {
namespace {

constexpr std::string_view kExhausted =
    "ERR The stream has exhausted the last possible ID, unable to add more items";
constexpr std::string_view kNotLarger =
    "ERR The ID specified in XADD is equal or smaller than the target stream top item";

// --- XADD ---

// The id of a new entry, whatever of it the client left to the server; nothing if what it gave is
// not larger than `last`.
std::optional<StreamId> ChooseId(const StreamWriteOptions& options, const StreamId& last,
                                 int64_t now) {
  if (!options.milliseconds) {
    const auto milliseconds = static_cast<uint64_t>(now);
    if (milliseconds > last.milliseconds) return StreamId{milliseconds, 0};
    return last.Next();
  }
  StreamId id{*options.milliseconds, options.sequence.value_or(0)};
  if (!options.sequence && id.milliseconds == last.milliseconds) {
    if (last.sequence == UINT64_MAX) return std::nullopt;
    id.sequence = last.sequence + 1;
  }
  if (id <= last) return std::nullopt;
  return id;
}

// Trimming that respects what groups need depends on nothing but the stream, and is repeated as it
// was asked for; all other is stated as its result.
bool RespectsReferences(const StreamWriteOptions& options) {
  return options.trim && options.trim->references == StreamReferences::kRespect;
}

bool RemovesReferences(const StreamWriteOptions& options) {
  return options.trim && options.trim->references == StreamReferences::kRemove;
}

// The options of XADD by which the trimming it did is repeated, `length` being what it left.
std::vector<std::string_view> TrimmingOf(const Context& context, const StreamWriteOptions& options,
                                         std::string_view length) {
  if (!RespectsReferences(options)) {
    std::vector<std::string_view> args = {"MAXLEN", "=", length};
    if (RemovesReferences(options)) args.emplace_back("DELREF");
    return args;
  }
  std::vector<std::string_view> args;
  for (size_t at = 2; at < options.id_at; ++at) {
    if (options.message && at == options.message_at) {
      at += options.message_words - 1;
    } else if (!EqualsIgnoreCase(context.args[at], "nomkstream")) {
      args.push_back(context.args[at]);
    }
  }
  return args;
}

// XADD with the id that was chosen, and with as many entries left as there are now. A message is
// recorded before trimming, which may remove its entry again.
void StateAdded(Context& context, const Stream& stream, const StreamWriteOptions& options,
                bool trimmed) {
  if (!context.effects.observed()) return context.effects.AsGiven();
  const std::string id = stream.last_id().ToString();
  const std::string length = absl::StrCat(stream.size());
  std::vector<std::string_view> trimming;
  if (trimmed) trimming = TrimmingOf(context, options, length);
  std::vector<std::string_view> args = {context.args[0], context.args[1]};
  if (!options.message) args.insert(args.end(), trimming.begin(), trimming.end());
  args.push_back(id);
  const ArgSpan fields = context.args.subspan(options.id_at + 1);
  args.insert(args.end(), fields.begin(), fields.end());
  context.effects.Instead(args);
  if (!options.message) return;
  const StreamMessage& message = *options.message;
  context.effects.Also({"XIDMPRECORD", context.args[1], message.producer, message.name, id});
  if (!trimmed) return;
  args = {"XTRIM", context.args[1]};
  args.insert(args.end(), trimming.begin(), trimming.end());
  context.effects.Also(args);
}

// If the message became an entry before, replies with the id of that and returns true.
bool ReplyDuplicate(Context& context, StreamEdit& edit, const StreamMessage& message) {
  const std::optional<StreamId> id = edit.stream().FindMessage(message, context.now());
  if (!id) return false;
  edit.stream().CountDuplicate(edit.rules());
  ReplyStreamId(context.reply, *id);
  return true;
}

}  // namespace

void XaddCommand(Context& context) {
  std::optional<StreamWriteOptions> options = ParseXaddOptions(context);
  if (!options) return;
  const size_t texts = context.args.size() - options->id_at - 1;
  if (options->id_at == 0 || texts < 2 || texts % 2 != 0) {
    return context.Fail("ERR wrong number of arguments for 'xadd' command");
  }
  if (options->milliseconds == 0u && options->sequence == 0u) {
    return context.Fail("ERR The ID specified in XADD must be greater than 0-0");
  }
  std::optional<StreamContentName> name;
  if (options->message && options->message->name.empty()) {
    name.emplace(context.args.subspan(options->id_at + 1));
    options->message->name = name->bytes();
  }
  const HashedKey key = context.Key(1);
  StreamEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists()) {
    if (!options->make_stream) return context.reply.NullBulk();
    edit.Create();
  }
  Stream& stream = edit.stream();
  if (options->message && ReplyDuplicate(context, edit, *options->message)) return;
  if (stream.last_id() == StreamId::Max()) return context.Fail(kExhausted);
  const std::optional<StreamId> id = ChooseId(*options, stream.last_id(), context.now());
  if (!id) return context.Fail(kNotLarger);
  if (!stream.Append(edit.rules(), *id, context.args.subspan(options->id_at + 1))) {
    return context.Fail("ERR Elements are too large to be stored");
  }
  if (options->message) stream.RememberMessage(edit.rules(), *options->message, *id);
  ReplyStreamId(context.reply, *id);
  context.Notify(kEventStream, "xadd", key.bytes);
  const bool trimmed = options->trim && stream.Trim(edit.rules(), *options->trim) > 0;
  if (trimmed) context.Notify(kEventStream, "xtrim", key.bytes);
  StateAdded(context, stream, *options, trimmed);
  context.store.context().SignalReady(context.db.index(), key.bytes);
}

// --- XLEN ---

void XlenCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kStream, ref)) return;
  context.reply.Integer(ref ? static_cast<int64_t>(StreamOf(ref).size()) : 0);
}

// --- XDEL ---

void XdelCommand(Context& context) {
  const HashedKey key = context.Key(1);
  StreamEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists()) return context.reply.Integer(0);
  const auto ids = ParseStreamIds(context, context.args.subspan(2));
  if (!ids) return;
  int64_t deleted = 0;
  for (const StreamId& id : *ids) deleted += edit.stream().Delete(edit.rules(), id) ? 1 : 0;
  context.reply.Integer(deleted);
  if (deleted == 0) return;
  context.Notify(kEventStream, "xdel", key.bytes);
  context.effects.AsGiven();
}

// --- XTRIM ---

void XtrimCommand(Context& context) {
  const std::optional<StreamWriteOptions> options = ParseXtrimOptions(context);
  if (!options) return;
  const HashedKey key = context.Key(1);
  StreamEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists()) return context.reply.Integer(0);
  const uint64_t trimmed = edit.stream().Trim(edit.rules(), *options->trim);
  context.reply.Integer(static_cast<int64_t>(trimmed));
  if (trimmed == 0) return;
  context.Notify(kEventStream, "xtrim", key.bytes);
  if (RespectsReferences(*options)) return context.effects.AsGiven();
  const std::string length = absl::StrCat(edit.stream().size());
  if (RemovesReferences(*options)) {
    return context.effects.Instead({"XTRIM", key.bytes, "MAXLEN", "=", length, "DELREF"});
  }
  context.effects.Instead({"XTRIM", key.bytes, "MAXLEN", "=", length});
}

// --- XSETID ---

namespace {

struct Counters {
  StreamId last_id;
  std::optional<int64_t> entries_added;
  std::optional<StreamId> max_deleted_id;
};

std::optional<Counters> ParseCounters(Context& context) {
  Counters counters;
  const std::optional<StreamId> last_id = ParseStrictStreamId(context, context.args[2], 0);
  if (!last_id) return std::nullopt;
  counters.last_id = *last_id;
  for (size_t at = 3; at < context.args.size(); at += 2) {
    const bool valued = at + 1 < context.args.size();
    if (valued && EqualsIgnoreCase(context.args[at], "entriesadded")) {
      int64_t added;
      if (!context.ParseInteger(at + 1, &added)) return std::nullopt;
      if (added < 0) {
        context.Fail("ERR entries_added must be positive");
        return std::nullopt;
      }
      counters.entries_added = added;
    } else if (valued && EqualsIgnoreCase(context.args[at], "maxdeletedid")) {
      counters.max_deleted_id = ParseStrictStreamId(context, context.args[at + 1], 0);
      if (!counters.max_deleted_id) return std::nullopt;
      if (counters.last_id < *counters.max_deleted_id) {
        context.Fail(
            "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
        return std::nullopt;
      }
    } else {
      context.Fail(kSyntaxError);
      return std::nullopt;
    }
  }
  return counters;
}

// What is wrong with the counters for this stream; empty if nothing.
std::string_view FindFault(const Stream& stream, const Counters& counters) {
  if (counters.last_id < stream.max_deleted_id()) {
    return "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id";
  }
  if (stream.size() == 0) return {};
  StreamCursor cursor(stream, StreamId::Min(), StreamId::Max(),
                      StreamCursor::Direction::kBackwards);
  if (counters.last_id < cursor.Next()->id()) {
    return "ERR The ID specified in XSETID is smaller than the target stream top item";
  }
  if (counters.entries_added && static_cast<uint64_t>(*counters.entries_added) < stream.size()) {
    return "ERR The entries_added specified in XSETID is smaller than the target stream length";
  }
  return {};
}

}  // namespace

void XsetidCommand(Context& context) {
  const std::optional<Counters> counters = ParseCounters(context);
  if (!counters) return;
  const HashedKey key = context.Key(1);
  StreamEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists()) return context.Fail(kNoSuchKey);
  Stream& stream = edit.stream();
  if (const std::string_view fault = FindFault(stream, *counters); !fault.empty()) {
    return context.Fail(fault);
  }
  const int64_t added =
      counters->entries_added.value_or(static_cast<int64_t>(stream.entries_added()));
  const StreamId given_deleted = counters->max_deleted_id.value_or(StreamId());
  stream.SetCounters(edit.rules(), counters->last_id, static_cast<uint64_t>(added),
                     given_deleted.is_zero() ? stream.max_deleted_id() : given_deleted);
  context.reply.Ok();
  context.Notify(kEventStream, "xsetid", key.bytes);
  context.effects.AsGiven();
}

}  // namespace kv
