// What is pending in a group: XPENDING.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kv/base/text.h"
#include "kv/commands/stream_commands.h"
#include "kv/commands/stream_edit.h"

namespace kv {
namespace {

// --- XPENDING ---

void ReplySummary(Context& context, const StreamGroup& group) {
  context.reply.Array(4);
  context.reply.Integer(static_cast<int64_t>(group.pending().size()));
  if (group.pending().empty()) {
    context.reply.NullBulk();
    context.reply.NullBulk();
    context.reply.NullArray();
    return;
  }
  ReplyStreamId(context.reply, group.pending().First().key());
  ReplyStreamId(context.reply, group.pending().Last().key());
  const auto consumers = context.reply.BeginDeferred();
  size_t count = 0;
  for (const StreamConsumer* consumer : group.consumers().items()) {
    if (consumer->pending().empty()) continue;
    context.reply.Array(2);
    context.reply.Bulk(consumer->name());
    context.reply.BulkInteger(static_cast<int64_t>(consumer->pending().size()));
    ++count;
  }
  context.reply.EndDeferredArray(consumers, count);
}

struct PendingRange {
  int64_t min_idle = 0;
  StreamId first;
  StreamId last;
  int64_t count = 0;
  std::optional<std::string_view> consumer;
};

std::optional<PendingRange> ParsePendingRange(Context& context) {
  PendingRange range;
  const ArgSpan args = context.args;
  if (args.size() < 6 || args.size() > 9) {
    context.Fail(kSyntaxError);
    return std::nullopt;
  }
  size_t at = 3;
  if (EqualsIgnoreCase(args[at], "idle")) {
    if (!context.ParseInteger(at + 1, &range.min_idle)) return std::nullopt;
    at += 2;
    if (args.size() < at + 3) {
      context.Fail(kSyntaxError);
      return std::nullopt;
    }
  }
  if (!context.ParseInteger(at + 2, &range.count)) return std::nullopt;
  const std::optional<StreamId> first = ParseRangeStart(context, args[at]);
  if (!first) return std::nullopt;
  const std::optional<StreamId> last = ParseRangeEnd(context, args[at + 1]);
  if (!last) return std::nullopt;
  range.first = *first;
  range.last = *last;
  if (args.size() > at + 3) range.consumer = args[at + 3];
  return range;
}

void ReplyPending(Context& context, const StreamId& id, const PendingEntry& entry) {
  constexpr int64_t kReleased = -1;
  context.reply.Array(4);
  ReplyStreamId(context.reply, id);
  context.reply.Bulk(entry.consumer == nullptr ? std::string_view() : entry.consumer->name());
  context.reply.Integer(entry.consumer == nullptr
                            ? kReleased
                            : std::max<int64_t>(0, context.now() - entry.delivery_time));
  context.reply.Integer(static_cast<int64_t>(entry.delivery_count));
}

// Replies with the rows that `position` and its successors are, a position of a tree of ids.
template <class Position>
void ReplyPendingRange(Context& context, const StreamGroup& group, const PendingRange& range,
                       Position position) {
  const auto rows = context.reply.BeginDeferred();
  int64_t count = 0;
  for (; position && position.key() <= range.last && count < range.count;
       position = position.Next()) {
    const PendingEntry& entry = group.pending().Find(position.key()).record();
    if (entry.consumer != nullptr && context.now() - entry.delivery_time < range.min_idle) continue;
    ReplyPending(context, position.key(), entry);
    ++count;
  }
  context.reply.EndDeferredArray(rows, static_cast<size_t>(count));
}

}  // namespace

void XpendingCommand(Context& context) {
  std::optional<PendingRange> range;
  if (context.args.size() > 3) {
    range = ParsePendingRange(context);
    if (!range) return;
  }
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kStream, ref)) return;
  const StreamGroup* const group = ref ? StreamOf(ref).FindGroup(context.args[2]) : nullptr;
  if (group == nullptr) return FailNoGroup(context, context.args[1], context.args[2]);
  if (!range) return ReplySummary(context, *group);
  if (!range->consumer) {
    return ReplyPendingRange(context, *group, *range, group->pending().LowerBound(range->first));
  }
  const StreamConsumer* const consumer = group->FindConsumer(*range->consumer);
  if (consumer == nullptr) return context.reply.Array(0);
  ReplyPendingRange(context, *group, *range, consumer->pending().LowerBound(range->first));
}

}  // namespace kv
