// XINFO: what a stream, its groups and their consumers are like.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "kv/base/text.h"
#include "kv/command/help.h"
#include "kv/commands/stream_commands.h"
#include "kv/commands/stream_edit.h"
#include "kv/commands/stream_read.h"

namespace kv {
namespace {

using Direction = StreamCursor::Direction;

// The fields of one map.
class Fields {
 public:
  explicit Fields(resp::ReplyWriter& reply) : reply_(reply) {}

  void Add(std::string_view name, uint64_t value) {
    reply_.Bulk(name);
    reply_.Integer(static_cast<int64_t>(value));
  }
  void Add(std::string_view name, std::string_view value) {
    reply_.Bulk(name);
    reply_.Bulk(value);
  }
  void Add(std::string_view name, const StreamId& id) {
    reply_.Bulk(name);
    ReplyStreamId(reply_, id);
  }
  void Add(std::string_view name, std::optional<uint64_t> value) {
    if (value) return Add(name, *value);
    reply_.Bulk(name);
    reply_.NullBulk();
  }
  // The value follows.
  void Name(std::string_view name) { reply_.Bulk(name); }

 private:
  resp::ReplyWriter& reply_;
};

// The stream args[2]; null after an error reply.
const Stream* StreamToShow(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(2));
  if (!ref) {
    context.Fail(kNoSuchKey);
    return nullptr;
  }
  if (context.RejectUnless(ValueType::kStream, ref)) return nullptr;
  return &StreamOf(ref);
}

// The index has a page beside the stream's own record.
void AddCounters(Fields& fields, const Stream& stream) {
  fields.Add("length", uint64_t{stream.size()});
  fields.Add("radix-tree-keys", uint64_t{stream.nodes().size()});
  fields.Add("radix-tree-nodes", uint64_t{1 + stream.nodes().nodes()});
  fields.Add("last-generated-id", stream.last_id());
  fields.Add("max-deleted-entry-id", stream.max_deleted_id());
  fields.Add("entries-added", stream.entries_added());
  fields.Add("recorded-first-entry-id", stream.first_id());
}

// How many fields AddSettings adds.
size_t SettingsFields(const Stream& stream) {
  return stream.settings().retention > 0 ? 7 : 6;
}

// The settings of the stream, and what it knows of messages. That entries are kept for ever is not
// said: Redis has no such field, and tests of clients count them.
void AddSettings(Fields& fields, const Stream& stream) {
  const StreamProducers* const producers = stream.producers();
  const auto counters = producers == nullptr ? StreamProducers::Counters() : producers->counters;
  fields.Add("idmp-duration", static_cast<uint64_t>(stream.settings().message_seconds));
  fields.Add("idmp-maxsize", static_cast<uint64_t>(stream.settings().max_messages));
  fields.Add("pids-tracked", uint64_t{producers == nullptr ? 0 : producers->producers()});
  fields.Add("iids-tracked", uint64_t{producers == nullptr ? 0 : producers->messages()});
  fields.Add("iids-added", counters.added);
  fields.Add("iids-duplicates", counters.duplicates);
  if (stream.settings().retention > 0) {
    fields.Add("retention", static_cast<uint64_t>(stream.settings().retention));
  }
}

void ReplyEdge(resp::ReplyWriter& reply, const Stream& stream, Direction direction) {
  StreamCursor cursor(stream, StreamId::Min(), StreamId::Max(), direction);
  const StreamEntry* const entry = cursor.Next();
  entry == nullptr ? reply.NullBulk() : ReplyStreamEntry(reply, *entry);
}

// --- XINFO STREAM FULL ---

// Up to `count` rows of a tree of pending entries, each written by `write(id, entry)`.
template <class Position, class Write>
void ReplyPendingRows(resp::ReplyWriter& reply, size_t size, Position position, uint64_t count,
                      Write&& write) {
  count = std::min<uint64_t>(count, size);
  reply.Array(count);
  for (; count > 0; --count, position = position.Next()) write(position.key());
}

void ReplyConsumerInFull(resp::ReplyWriter& reply, const StreamGroup& group,
                         const StreamConsumer& consumer, uint64_t count) {
  reply.Map(5);
  Fields fields(reply);
  fields.Add("name", consumer.name());
  fields.Add("seen-time", static_cast<uint64_t>(consumer.seen_time));
  fields.Add("active-time", static_cast<uint64_t>(consumer.active_time));
  fields.Add("pel-count", uint64_t{consumer.pending().size()});
  fields.Name("pending");
  ReplyPendingRows(reply, consumer.pending().size(), consumer.pending().First(), count,
                   [&](const StreamId& id) {
                     const PendingEntry& entry = group.pending().Find(id).record();
                     reply.Array(3);
                     ReplyStreamId(reply, id);
                     reply.Integer(entry.delivery_time);
                     reply.Integer(static_cast<int64_t>(entry.delivery_count));
                   });
}

void ReplyGroupInFull(resp::ReplyWriter& reply, const Stream& stream, const StreamGroup& group,
                      uint64_t count) {
  reply.Map(7);
  Fields fields(reply);
  fields.Add("name", group.name());
  fields.Add("last-delivered-id", group.last_id);
  fields.Add("entries-read", group.entries_read);
  fields.Add("lag", stream.LagOf(group));
  fields.Add("pel-count", uint64_t{group.pending().size()});
  fields.Name("pending");
  ReplyPendingRows(reply, group.pending().size(), group.pending().First(), count,
                   [&](const StreamId& id) {
                     const PendingEntry& entry = group.pending().Find(id).record();
                     reply.Array(4);
                     ReplyStreamId(reply, id);
                     reply.Bulk(entry.consumer == nullptr ? "" : entry.consumer->name());
                     reply.Integer(entry.delivery_time);
                     reply.Integer(static_cast<int64_t>(entry.delivery_count));
                   });
  fields.Name("consumers");
  reply.Array(group.consumers().size());
  for (const StreamConsumer* consumer : group.consumers().items()) {
    ReplyConsumerInFull(reply, group, *consumer, count);
  }
}

void ReplyInFull(resp::ReplyWriter& reply, const Stream& stream, uint64_t count) {
  reply.Map(9 + SettingsFields(stream));
  Fields fields(reply);
  AddCounters(fields, stream);
  AddSettings(fields, stream);
  fields.Name("entries");
  ReplyStreamRange(reply, stream, StreamId::Min(), StreamId::Max(), count, Direction::kForwards);
  fields.Name("groups");
  reply.Array(stream.groups().size());
  for (const StreamGroup* group : stream.groups().items()) {
    ReplyGroupInFull(reply, stream, *group, count);
  }
}

// Reads [FULL [COUNT n]] from args[3] on: how many entries to show, 0 without FULL; nothing after
// an error reply.
std::optional<uint64_t> ParseFull(Context& context) {
  constexpr int64_t kDefaultCount = 10;
  const ArgSpan args = context.args;
  if (args.size() == 3) return 0;
  const bool full = EqualsIgnoreCase(args[3], "full") &&
                    (args.size() == 4 || (args.size() == 6 && EqualsIgnoreCase(args[4], "count")));
  if (!full) {
    FailSubcommandArity(context);
    return std::nullopt;
  }
  int64_t count = kDefaultCount;
  if (args.size() == 6 && !context.ParseInteger(5, &count)) return std::nullopt;
  if (count < 0) count = kDefaultCount;
  return count == 0 ? UINT64_MAX : static_cast<uint64_t>(count);
}

}  // namespace

void XinfoStreamCommand(Context& context) {
  const Stream* const stream = StreamToShow(context);
  if (stream == nullptr) return;
  const std::optional<uint64_t> count = ParseFull(context);
  if (!count) return;
  if (*count > 0) return ReplyInFull(context.reply, *stream, *count);
  context.reply.Map(10 + SettingsFields(*stream));
  Fields fields(context.reply);
  AddCounters(fields, *stream);
  AddSettings(fields, *stream);
  fields.Add("groups", uint64_t{stream->groups().size()});
  fields.Name("first-entry");
  ReplyEdge(context.reply, *stream, Direction::kForwards);
  fields.Name("last-entry");
  ReplyEdge(context.reply, *stream, Direction::kBackwards);
}

void XinfoGroupsCommand(Context& context) {
  const Stream* const stream = StreamToShow(context);
  if (stream == nullptr) return;
  context.reply.Array(stream->groups().size());
  for (const StreamGroup* group : stream->groups().items()) {
    context.reply.Map(6);
    Fields fields(context.reply);
    fields.Add("name", group->name());
    fields.Add("consumers", uint64_t{group->consumers().size()});
    fields.Add("pending", uint64_t{group->pending().size()});
    fields.Add("last-delivered-id", group->last_id);
    fields.Add("entries-read", group->entries_read);
    fields.Add("lag", stream->LagOf(*group));
  }
}

void XinfoConsumersCommand(Context& context) {
  const Stream* const stream = StreamToShow(context);
  if (stream == nullptr) return;
  const StreamGroup* const group = stream->FindGroup(context.args[3]);
  if (group == nullptr) {
    return context.Fail(absl::StrCat("NOGROUP No such consumer group '",
                                     std::string(context.args[3]), "' for key name '",
                                     std::string(context.args[2]), "'"));
  }
  const auto since = [&](int64_t time) {
    const int64_t passed = std::max<int64_t>(0, context.now() - time);
    return static_cast<uint64_t>(time == StreamConsumer::kNever ? time : passed);
  };
  context.reply.Array(group->consumers().size());
  for (const StreamConsumer* consumer : group->consumers().items()) {
    context.reply.Map(4);
    Fields fields(context.reply);
    fields.Add("name", consumer->name());
    fields.Add("pending", uint64_t{consumer->pending().size()});
    fields.Add("idle", since(consumer->seen_time));
    fields.Add("inactive", since(consumer->active_time));
  }
}

void XinfoHelpCommand(Context& context) {
  ReplyHelp(context);
}

}  // namespace kv
