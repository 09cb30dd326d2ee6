// XREADGROUP: what a group was not given yet, or what a consumer was given and did not acknowledge.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/commands/stream_commands.h"
#include "kv/commands/stream_edit.h"
#include "kv/commands/stream_effects.h"
#include "kv/commands/stream_read.h"

namespace kv {
namespace {

constexpr std::string_view kWhere = " in XREADGROUP with GROUP option";

// Deleted entries that a call looks at, at most; it is tried again at once if there are more.
constexpr size_t kMaxDeletedAtOnce = 1000;

// When an entry that was delivered at `time` may be claimed, in wall milliseconds.
int64_t ClaimableFrom(int64_t time, int64_t min_idle) {
  if (time < 0) return 0;
  return time > INT64_MAX - min_idle ? INT64_MAX : time + min_idle;
}

// One stream of the request.
struct Request {
  std::string_view key;
  bool wants_new;        // ">"
  StreamId behind = {};  // else what is pending behind this id
};

// Reads the ids and looks for the groups; nothing after an error reply.
std::optional<std::vector<Request>> ParseRequests(Context& context,
                                                  const StreamReadArguments& arguments) {
  std::vector<Request> requests;
  for (size_t i = 0; i < arguments.streams; ++i) {
    const std::string_view key = context.args[arguments.first_key + i];
    const std::string_view text = context.args[arguments.first_id() + i];
    const EntryRef ref = context.db.FindForRead(context.db.Hash(key));
    if (context.RejectUnless(ValueType::kStream, ref)) return std::nullopt;
    if (!ref || StreamOf(ref).FindGroup(arguments.group) == nullptr) {
      FailNoGroup(context, key, arguments.group, kWhere);
      return std::nullopt;
    }
    Request request{.key = key, .wants_new = text == ">"};
    if (text == "$" || text == "+") {
      context.Fail(absl::StrCat(
          "ERR The ", std::string(text),
          " ID is meaningless in the context of XREADGROUP: you want to read the history of this "
          "consumer by specifying a proper ID, or use the > ID to get new messages. The ",
          std::string(text), " ID would just return an empty result set."));
      return std::nullopt;
    }
    if (!request.wants_new) {
      const std::optional<StreamId> id = ParseStrictStreamId(context, text, 0);
      if (!id) return std::nullopt;
      request.behind = *id;
    }
    requests.push_back(request);
  }
  return requests;
}

// Gives entries to the consumer of one stream.
class Delivery {
 public:
  Delivery(Context& context, const StreamReadArguments& arguments, StreamReadReply& whole,
           const Request& request)
      : context_(context),
        arguments_(arguments),
        whole_(whole),
        request_(request),
        edit_(context, context.db.Hash(request.key)),
        stream_(edit_.stream()),
        group_(*stream_.FindGroup(arguments.group)),
        consumer_(edit_.Consumer(&group_, arguments.consumer)) {}

  void Run() {
    if (!request_.wants_new) return ShowPending();
    uint64_t given = arguments_.min_idle ? TakeOverIdle() : 0;
    given += GiveNew(arguments_.count - given);
    if (entries_) context_.reply.EndDeferredArray(*entries_, given);
  }

 private:
  // What is pending in the group and idle for long enough, the longest first, as much as is wanted
  // and may have room in the reply.
  // What was deleted from the stream is pending no more.
  std::vector<StreamId> FindIdle() {
    const uint64_t most = std::min(arguments_.count, whole_.most_entries());
    std::vector<StreamId> ids;
    std::vector<StreamId> deleted;
    for (auto at = group_.deliveries().First(); at; at = at.Next()) {
      const auto& [time, id] = at.key();
      if (ClaimableFrom(time, *arguments_.min_idle) > context_.now()) break;
      if (ids.size() == most || deleted.size() == kMaxDeletedAtOnce) break;
      (stream_.Contains(id) ? ids : deleted).push_back(id);
    }
    for (const StreamId& id : deleted) group_.Acknowledge(edit_.rules(), id);
    if (!deleted.empty()) StateAcknowledged(context_, request_.key, group_, deleted);
    return ids;
  }

  // The array of entries begins, unless it has.
  void BeginEntries() {
    if (entries_) return;
    whole_.BeginStream(request_.key);
    entries_ = context_.reply.BeginDeferred();
  }

  // Returns how many entries that were.
  uint64_t TakeOverIdle() {
    uint64_t taken = 0;
    for (const StreamId& id : FindIdle()) {
      if (!TakeOver(id)) break;
      ++taken;
    }
    return taken;
  }

  // Gives the consumer what was pending, and tells for how long and how often it was delivered.
  // False if the reply has no room for it.
  bool TakeOver(const StreamId& id) {
    constexpr int64_t kReleased = -1;
    PendingEntry entry = group_.pending().Find(id).record();
    StreamCursor cursor(stream_, id, id, StreamCursor::Direction::kForwards);
    const StreamEntry* const content = cursor.Next();
    if (!whole_.Admit(content)) return false;
    BeginEntries();
    context_.reply.Array(4);
    ReplyStreamId(context_.reply, id);
    ReplyStreamFields(context_.reply, *content);
    context_.reply.Integer(entry.consumer == nullptr ? kReleased
                                                     : context_.now() - entry.delivery_time);
    context_.reply.Integer(static_cast<int64_t>(entry.delivery_count));
    entry.consumer = consumer_;
    entry.delivery_time = context_.now();
    if (entry.delivery_count < INT64_MAX) ++entry.delivery_count;
    group_.Assign(edit_.rules(), id, entry);
    consumer_->active_time = context_.now();
    StateClaimed(context_, request_.key, group_, *consumer_, {&id, 1}, entry.delivery_time,
                 entry.delivery_count);
    return true;
  }

  // Replies with what the group was not given yet. Returns how many entries that were.
  uint64_t GiveNew(uint64_t most) {
    const std::optional<StreamId> first = group_.last_id.Next();
    if (!first || most == 0 || stream_.size() == 0 || stream_.last_id() < *first) return 0;
    StreamCursor cursor(stream_, *first, StreamId::Max(), StreamCursor::Direction::kForwards);
    const StreamEntry* entry = cursor.Next();
    std::vector<StreamId> given;
    while (entry != nullptr && whole_.Admit(entry)) {
      BeginEntries();
      ReplyStreamEntry(context_.reply, *entry);
      Give(entry->id());
      given.push_back(entry->id());
      entry = given.size() < most ? cursor.Next() : nullptr;
    }
    if (given.empty()) return 0;
    consumer_->active_time = context_.now();
    StateGiven(given);
    // Who waits to claim entries has to know of these.
    if (!arguments_.acknowledges) {
      context_.store.context().SignalReady(context_.db.index(), request_.key);
    }
    return given.size();
  }

  void Give(const StreamId& id) {
    stream_.CountRead(group_, id);
    group_.last_id = id;
    if (arguments_.acknowledges) return;
    group_.Assign(edit_.rules(), id,
                  {.delivery_time = context_.now(), .delivery_count = 1, .consumer = consumer_});
  }

  void StateGiven(const std::vector<StreamId>& given) {
    if (!arguments_.acknowledges) {
      StateClaimed(context_, request_.key, group_, *consumer_, given, context_.now(), 1);
    }
    StateGroupId(context_, request_.key, group_, /*also=*/!arguments_.acknowledges);
  }

  // What the consumer was given before and did not acknowledge. That it is shown once more is
  // noted, but no effect.
  void ShowPending() {
    whole_.BeginStream(request_.key);
    const auto entries = context_.reply.BeginDeferred();
    size_t count = 0;
    const std::optional<StreamId> first = request_.behind.Next();
    auto at = first ? consumer_->pending().LowerBound(*first) : StreamConsumer::Pending::Position();
    for (; at && count < arguments_.count; at = at.Next(), ++count) {
      if (!ShowPendingEntry(at.key())) break;
    }
    context_.reply.EndDeferredArray(entries, count);
  }

  // False if the reply has no room for it.
  bool ShowPendingEntry(const StreamId& id) {
    StreamCursor cursor(stream_, id, id, StreamCursor::Direction::kForwards);
    const StreamEntry* const entry = cursor.Next();
    if (!whole_.Admit(entry)) return false;
    if (entry == nullptr) {
      context_.reply.Array(2);
      ReplyStreamId(context_.reply, id);
      context_.reply.NullArray();
      return true;
    }
    PendingEntry pending = group_.pending().Find(id).record();
    pending.delivery_time = context_.now();
    ++pending.delivery_count;
    group_.Assign(edit_.rules(), id, pending);
    ReplyStreamEntry(context_.reply, *entry);
    return true;
  }

  Context& context_;
  const StreamReadArguments& arguments_;
  StreamReadReply& whole_;
  const Request& request_;
  StreamEdit edit_;
  Stream& stream_;
  StreamGroup& group_;
  StreamConsumer* const consumer_;
  std::optional<resp::ReplyWriter::Deferred> entries_;
};

// When the first entry may be claimed of those that are pending; Waiter::kNever if none are, or no
// entries are to be claimed.
int64_t NextClaim(Context& context, const StreamReadArguments& arguments,
                  const std::vector<Request>& requests) {
  int64_t next = Waiter::kNever;
  if (!arguments.min_idle) return next;
  for (const Request& request : requests) {
    const EntryRef ref = context.db.Peek(context.db.Hash(request.key));
    const StreamGroup& group = *StreamOf(ref).FindGroup(arguments.group);
    const auto first = group.deliveries().First();
    if (first) next = std::min(next, ClaimableFrom(first.key().time, *arguments.min_idle));
  }
  return next;
}

}  // namespace

void XreadgroupCommand(Context& context) {
  const std::optional<StreamReadArguments> arguments = ParseStreamRead(context, /*group=*/true);
  if (!arguments) return;
  const auto requests = ParseRequests(context, *arguments);
  if (!requests) return;
  StreamReadReply reply(context.reply, *arguments);
  for (const Request& request : *requests) {
    if (reply.full()) break;
    Delivery(context, *arguments, reply, request).Run();
  }
  if (reply.Finish()) return;
  if (!arguments->timeout) return context.reply.NullArray();
  context.Block(arguments->first_key, arguments->first_id(), *arguments->timeout,
                TimeoutReply::kNullArray, ServedWhen::kReadyOrGone);
  if (context.waits)
    context.blocked.TryAgainAt(context.client.id, NextClaim(context, *arguments, *requests));
}

}  // namespace kv
