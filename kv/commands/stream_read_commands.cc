// Reading entries of streams, without groups.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kv/base/text.h"
#include "kv/commands/stream_commands.h"
#include "kv/commands/stream_edit.h"
#include "kv/commands/stream_read.h"

namespace kv {
namespace {

using Direction = StreamCursor::Direction;

// --- XRANGE and XREVRANGE ---

// Reads `[COUNT n]`; nothing after an error reply. UINT64_MAX stands for all.
std::optional<uint64_t> ParseRangeCount(Context& context) {
  uint64_t count = UINT64_MAX;
  for (size_t at = 4; at < context.args.size(); at += 2) {
    int64_t given;
    if (at + 1 == context.args.size() || !EqualsIgnoreCase(context.args[at], "count")) {
      context.Fail(kSyntaxError);
      return std::nullopt;
    }
    if (!context.ParseInteger(at + 1, &given)) return std::nullopt;
    count = static_cast<uint64_t>(std::max<int64_t>(0, given));
  }
  return count;
}

void Range(Context& context, size_t start_at, size_t end_at, Direction direction) {
  const std::optional<StreamId> start = ParseRangeStart(context, context.args[start_at]);
  if (!start) return;
  const std::optional<StreamId> end = ParseRangeEnd(context, context.args[end_at]);
  if (!end) return;
  const std::optional<uint64_t> count = ParseRangeCount(context);
  if (!count) return;
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kStream, ref)) return;
  if (!ref) return context.reply.Array(0);
  if (*count == 0) return context.reply.NullArray();
  ReplyStreamRange(context.reply, StreamOf(ref), *start, *end, *count, direction);
}

}  // namespace

void XrangeCommand(Context& context) {
  Range(context, 2, 3, Direction::kForwards);
}

void XrevrangeCommand(Context& context) {
  Range(context, 3, 2, Direction::kBackwards);
}

// --- XREAD ---

namespace {

// Where reading begins: behind this id, or with the last entry.
struct ReadFrom {
  bool last_entry = false;
  std::optional<StreamId> first = StreamId::Min();  // nothing: there can be no more
};

// The id that the text stands for, given the stream of the key, if any.
std::optional<ReadFrom> ParseReadFrom(Context& context, std::string_view text,
                                      const EntryRef& ref) {
  if (text == "+") return ReadFrom{.last_entry = true};
  const StreamId last = ref ? StreamOf(ref).last_id() : StreamId();
  if (text == "$") return ReadFrom{.first = last.Next()};
  if (text == ">") {
    context.Fail(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
        "<consumer> option.");
    return std::nullopt;
  }
  const std::optional<StreamId> id = ParseStrictStreamId(context, text, 0);
  if (!id) return std::nullopt;
  return ReadFrom{.first = id->Next()};
}

// Replies with what the stream has from there on, if anything.
void ReplyRead(StreamReadReply& whole, resp::ReplyWriter& reply, std::string_view key,
               const Stream& stream, const ReadFrom& from, uint64_t count) {
  if (stream.size() == 0) return;
  if (!from.last_entry && (!from.first || stream.last_id() < *from.first)) return;
  StreamCursor cursor(stream, from.first.value_or(StreamId::Min()), StreamId::Max(),
                      from.last_entry ? Direction::kBackwards : Direction::kForwards);
  if (from.last_entry) count = 1;
  const StreamEntry* entry = cursor.Next();
  if (entry == nullptr || !whole.Admit(entry)) return;
  whole.BeginStream(key);
  const auto entries = reply.BeginDeferred();
  size_t given = 0;
  do {
    ReplyStreamEntry(reply, *entry);
    entry = ++given < count ? cursor.Next() : nullptr;
  } while (entry != nullptr && whole.Admit(entry));
  reply.EndDeferredArray(entries, given);
}

// Waits for what comes after this call: "$" is spelt out.
void WaitForEntries(Context& context, const StreamReadArguments& arguments) {
  std::vector<std::string> spelt_out(context.args.begin(), context.args.end());
  for (size_t i = 0; i < arguments.streams; ++i) {
    std::string& id = spelt_out[arguments.first_id() + i];
    if (id != "$") continue;
    const EntryRef ref = context.db.Peek(context.db.Hash(context.args[arguments.first_key + i]));
    id = ref && ref->type() == ValueType::kStream ? StreamOf(ref).last_id().ToString() : "0-0";
  }
  const std::vector<std::string_view> views(spelt_out.begin(), spelt_out.end());
  context.args = views;
  context.Block(arguments.first_key, arguments.first_id(), *arguments.timeout,
                TimeoutReply::kNullArray);
}

}  // namespace

void XreadCommand(Context& context) {
  const std::optional<StreamReadArguments> arguments = ParseStreamRead(context, /*group=*/false);
  if (!arguments) return;
  std::vector<ReadFrom> places;
  for (size_t i = 0; i < arguments->streams; ++i) {
    const EntryRef ref =
        context.db.FindForRead(context.db.Hash(context.args[arguments->first_key + i]));
    const bool passed_over = context.retried() && ref && ref->type() != ValueType::kStream;
    if (passed_over) {
      places.push_back({.first = std::nullopt});
      continue;
    }
    if (context.RejectUnless(ValueType::kStream, ref)) return;
    const std::optional<ReadFrom> from =
        ParseReadFrom(context, context.args[arguments->first_id() + i], ref);
    if (!from) return;
    places.push_back(*from);
  }
  StreamReadReply reply(context.reply, *arguments);
  for (size_t i = 0; i < arguments->streams; ++i) {
    const std::string_view key = context.args[arguments->first_key + i];
    const EntryRef ref = context.db.Peek(context.db.Hash(key));
    if (!ref || ref->type() != ValueType::kStream) continue;
    ReplyRead(reply, context.reply, key, StreamOf(ref), places[i], arguments->count);
  }
  if (reply.Finish()) return;
  if (arguments->timeout) return WaitForEntries(context, *arguments);
  context.reply.NullArray();
}

}  // namespace kv
