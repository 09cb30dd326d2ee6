#include "kv/commands/stream_edit.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "kv/commands/reply_element.h"
#include "kv/types/value_limits.h"

namespace kv {

StreamEdit::StreamEdit(Context& context, const HashedKey& key)
    : context_(context),
      key_(key),
      ref_(context.db.FindForWrite(key)),
      deadline_before_(context.db.NextElementDeadline(ref_)),
      rules_{.memory = context.store.memory(),
             .limits = context.Owner<ValueLimits>().stream,
             .reclaimer = this,
             .hash_key = context.store.context().hash_key},
      rejected_(context.RejectUnless(ValueType::kStream, ref_)) {}

StreamEdit::~StreamEdit() {
  if (ref_ && !rejected_) context_.db.UpdateElementDeadlines(ref_, deadline_before_);
}

void StreamEdit::Create() {
  context_.db.PutObject(key_, ref_, ValueType::kStream, {Encoding::kStream, Stream::Create(rules_)},
                        kNoDeadline);
}

void StreamEdit::Reclaim(Stream* detached) {
  context_.store.reclaimer().Drop({Encoding::kStream, detached});
}

StreamConsumer* StreamEdit::Consumer(StreamGroup* group, std::string_view name) {
  stream().BeginChange(rules_);
  StreamConsumer* consumer = group->FindConsumer(name);
  if (consumer == nullptr) {
    consumer = group->AddConsumer(rules_.memory, name, context_.now());
    context_.Notify(kEventStream, "xgroup-createconsumer", key_.bytes);
    context_.effects.Instead({"XGROUP", "CREATECONSUMER", key_.bytes, group->name(), name});
  }
  consumer->seen_time = context_.now();
  return consumer;
}

// --- ids ---

std::optional<StreamId> ParseStrictStreamId(Context& context, std::string_view text,
                                            uint64_t default_sequence) {
  const std::optional<StreamId> id = StreamId::Parse(text, default_sequence);
  if (!id) context.Fail(kInvalidStreamId);
  return id;
}

std::optional<StreamId> ParseStreamId(Context& context, std::string_view text,
                                      uint64_t default_sequence) {
  if (text == "-") return StreamId::Min();
  if (text == "+") return StreamId::Max();
  return ParseStrictStreamId(context, text, default_sequence);
}

std::optional<std::vector<StreamId>> ParseStreamIds(Context& context, ArgSpan texts) {
  std::vector<StreamId> ids;
  ids.reserve(texts.size());
  for (const std::string_view text : texts) {
    const std::optional<StreamId> id = ParseStrictStreamId(context, text, 0);
    if (!id) return std::nullopt;
    ids.push_back(*id);
  }
  return ids;
}

std::optional<StreamId> ParseRangeStart(Context& context, std::string_view text) {
  if (!text.starts_with('(')) return ParseStreamId(context, text, 0);
  const std::optional<StreamId> excluded = ParseStrictStreamId(context, text.substr(1), 0);
  if (!excluded) return std::nullopt;
  const std::optional<StreamId> id = excluded->Next();
  if (!id) context.Fail("ERR invalid start ID for the interval");
  return id;
}

std::optional<StreamId> ParseRangeEnd(Context& context, std::string_view text) {
  if (!text.starts_with('(')) return ParseStreamId(context, text, UINT64_MAX);
  const std::optional<StreamId> excluded = ParseStrictStreamId(context, text.substr(1), UINT64_MAX);
  if (!excluded) return std::nullopt;
  const std::optional<StreamId> id = excluded->Previous();
  if (!id) context.Fail("ERR invalid end ID for the interval");
  return id;
}

// --- replies ---

void FailNoGroup(Context& context, std::string_view key, std::string_view group,
                 std::string_view where) {
  context.Fail(absl::StrCat("NOGROUP No such key '", std::string(key), "' or consumer group '",
                            std::string(group), "'", std::string(where)));
}

void ReplyStreamId(resp::ReplyWriter& reply, const StreamId& id) {
  StreamId::Buffer buffer;
  reply.Bulk(id.Text(buffer));
}

void ReplyStreamFields(resp::ReplyWriter& reply, const StreamEntry& entry) {
  reply.Array(2 * entry.field_count());
  entry.VisitFields([&](const ListpackElement& field, const ListpackElement& value) {
    ReplyElement(reply, field);
    ReplyElement(reply, value);
  });
}

void ReplyStreamEntry(resp::ReplyWriter& reply, const StreamEntry& entry) {
  reply.Array(2);
  ReplyStreamId(reply, entry.id());
  ReplyStreamFields(reply, entry);
}

}  // namespace kv
