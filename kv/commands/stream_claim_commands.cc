// Taking over what is pending for others: XCLAIM and XAUTOCLAIM.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/stream_commands.h"
#include "kv/commands/stream_edit.h"
#include "kv/commands/stream_effects.h"

namespace kv {
namespace {

struct ClaimOptions {
  int64_t min_idle = 0;       // milliseconds
  int64_t delivery_time = 0;  // what it becomes
  std::optional<uint64_t> delivery_count = std::nullopt;
  bool force = false;  // also what is not pending
  bool just_id = false;
  StreamId last_id = {};
};

// Makes entries pending for a consumer, one after the other.
class Claim {
 public:
  Claim(Context& context, StreamEdit& edit, std::string_view key, StreamGroup& group,
        std::string_view consumer, const ClaimOptions& options)
      : context_(context),
        edit_(edit),
        key_(key),
        group_(group),
        consumer_(edit.Consumer(&group, consumer)),
        options_(options) {}

  // Replies with the entry if it is claimed; returns whether it is. What is pending but was deleted
  // is pending no more.
  bool Take(const StreamId& id) {
    StreamCursor cursor(edit_.stream(), id, id, StreamCursor::Direction::kForwards);
    const StreamEntry* const entry = cursor.Next();
    if (entry == nullptr) {
      if (group_.Acknowledge(edit_.rules(), id)) deleted_.push_back(id);
      return false;
    }
    const StreamGroup::Position pending = group_.pending().Find(id);
    if (!pending && !options_.force) return false;
    PendingEntry taken = pending ? pending.record() : PendingEntry();
    if (taken.consumer != nullptr && context_.now() - taken.delivery_time < options_.min_idle) {
      return false;
    }
    taken.consumer = consumer_;
    taken.delivery_time = options_.delivery_time;
    if (options_.delivery_count) {
      taken.delivery_count = *options_.delivery_count;
    } else if (!options_.just_id && taken.delivery_count < INT64_MAX) {
      ++taken.delivery_count;
    }
    group_.Assign(edit_.rules(), id, taken);
    consumer_->active_time = context_.now();
    context_.store.context().SignalReady(context_.db.index(), key_);
    options_.just_id ? ReplyStreamId(context_.reply, id) : ReplyStreamEntry(context_.reply, *entry);
    StateClaimed(context_, key_, group_, *consumer_, {&id, 1}, taken.delivery_time,
                 taken.delivery_count);
    return true;
  }

  // Those that were pending, but deleted from the stream.
  const std::vector<StreamId>& deleted() const { return deleted_; }
  void StateDeleted() {
    if (!deleted_.empty()) StateAcknowledged(context_, key_, group_, deleted_);
  }

 private:
  Context& context_;
  StreamEdit& edit_;
  const std::string_view key_;
  StreamGroup& group_;
  StreamConsumer* const consumer_;
  const ClaimOptions& options_;
  std::vector<StreamId> deleted_;
};

// The group args[2] of the stream; null after an error reply.
StreamGroup* GroupOf(Context& context, StreamEdit& edit) {
  if (edit.rejected()) return nullptr;
  StreamGroup* const group = edit.exists() ? edit.stream().FindGroup(context.args[2]) : nullptr;
  if (group == nullptr) FailNoGroup(context, context.args[1], context.args[2]);
  return group;
}

bool ParseMinIdle(Context& context, std::string_view error, int64_t* min_idle) {
  if (!context.ParseInteger(4, min_idle, error)) return false;
  *min_idle = std::max<int64_t>(0, *min_idle);
  return true;
}

// --- XCLAIM ---

// Reads the options of XCLAIM from args[at] on; nothing after an error reply.
class XclaimParser {
 public:
  explicit XclaimParser(Context& context) : context_(context) {
    options_.delivery_time = context.now();
  }

  std::optional<ClaimOptions> Parse(size_t at) {
    for (; at < context_.args.size(); ++at) {
      if (!ParseOption(&at)) return std::nullopt;
    }
    if (options_.delivery_time < 0 || options_.delivery_time > context_.now()) {
      options_.delivery_time = context_.now();
    }
    return options_;
  }

 private:
  bool ParseOption(size_t* at) {
    const std::string_view word = context_.args[*at];
    const bool valued = *at + 1 < context_.args.size();
    if (EqualsIgnoreCase(word, "force")) {
      options_.force = true;
    } else if (EqualsIgnoreCase(word, "justid")) {
      options_.just_id = true;
    } else if (valued && EqualsIgnoreCase(word, "idle")) {
      int64_t idle;
      if (!ParseNumber(++*at, "IDLE", &idle)) return false;
      options_.delivery_time = idle < 0 ? context_.now() : context_.now() - idle;
    } else if (valued && EqualsIgnoreCase(word, "time")) {
      return ParseNumber(++*at, "TIME", &options_.delivery_time);
    } else if (valued && EqualsIgnoreCase(word, "retrycount")) {
      int64_t count;
      if (!ParseNumber(++*at, "RETRYCOUNT", &count)) return false;
      if (count >= 0) options_.delivery_count = static_cast<uint64_t>(count);
    } else if (valued && EqualsIgnoreCase(word, "lastid")) {
      const std::optional<StreamId> id = ParseStrictStreamId(context_, context_.args[++*at], 0);
      if (!id) return false;
      options_.last_id = *id;
    } else {
      context_.Fail(absl::StrCat("ERR Unrecognized XCLAIM option '", std::string(word), "'"));
      return false;
    }
    return true;
  }

  bool ParseNumber(size_t at, std::string_view option, int64_t* number) {
    return context_.ParseInteger(
        at, number,
        absl::StrCat("ERR Invalid ", std::string(option), " option argument for XCLAIM"));
  }

  Context& context_;
  ClaimOptions options_;
};

}  // namespace

void XclaimCommand(Context& context) {
  const HashedKey key = context.Key(1);
  StreamEdit edit(context, key);
  StreamGroup* const group = GroupOf(context, edit);
  if (group == nullptr) return;
  int64_t min_idle;
  if (!ParseMinIdle(context, "ERR Invalid min-idle-time argument for XCLAIM", &min_idle)) return;
  std::vector<StreamId> ids;
  size_t at = 5;
  for (; at < context.args.size(); ++at) {
    const std::optional<StreamId> id = StreamId::Parse(context.args[at], 0);
    if (!id) break;
    ids.push_back(*id);
  }
  std::optional<ClaimOptions> options = XclaimParser(context).Parse(at);
  if (!options) return;
  options->min_idle = min_idle;

  const bool reads_on = options->last_id > group->last_id;
  if (reads_on) {
    edit.stream().BeginChange(edit.rules());
    group->last_id = options->last_id;
  }
  Claim claim(context, edit, key.bytes, *group, context.args[3], *options);
  const auto claimed = context.reply.BeginDeferred();
  size_t count = 0;
  for (const StreamId& id : ids) count += claim.Take(id) ? 1 : 0;
  context.reply.EndDeferredArray(claimed, count);
  claim.StateDeleted();
  if (reads_on && count == 0) StateGroupId(context, key.bytes, *group, /*also=*/false);
}

// --- XAUTOCLAIM ---

namespace {

struct AutoclaimArguments {
  StreamId start;
  int64_t count = 100;
};

std::optional<AutoclaimArguments> ParseAutoclaim(Context& context, ClaimOptions* options) {
  // Of which so many are looked at for one that is claimed.
  constexpr int64_t kAttempts = 10;
  if (!ParseMinIdle(context, "ERR Invalid min-idle-time argument for XAUTOCLAIM",
                    &options->min_idle)) {
    return std::nullopt;
  }
  AutoclaimArguments arguments;
  const std::optional<StreamId> start = ParseRangeStart(context, context.args[5]);
  if (!start) return std::nullopt;
  arguments.start = *start;
  for (size_t at = 6; at < context.args.size(); ++at) {
    if (EqualsIgnoreCase(context.args[at], "count") && at + 1 < context.args.size()) {
      const std::optional<int64_t> count = ParseInt64(context.args[++at]);
      if (!count || *count < 1 || *count > INT64_MAX / kAttempts) {
        context.Fail("ERR COUNT must be > 0");
        return std::nullopt;
      }
      arguments.count = *count;
    } else if (EqualsIgnoreCase(context.args[at], "justid")) {
      options->just_id = true;
    } else {
      context.Fail(kSyntaxError);
      return std::nullopt;
    }
  }
  return arguments;
}

}  // namespace

void XautoclaimCommand(Context& context) {
  constexpr int64_t kAttempts = 10;
  ClaimOptions options{.delivery_time = context.now()};
  const std::optional<AutoclaimArguments> arguments = ParseAutoclaim(context, &options);
  if (!arguments) return;
  const HashedKey key = context.Key(1);
  StreamEdit edit(context, key);
  StreamGroup* const group = GroupOf(context, edit);
  if (group == nullptr) return;

  Claim claim(context, edit, key.bytes, *group, context.args[3], options);
  context.reply.Array(3);
  // The id to go on from comes first, and is known last.
  std::vector<StreamId> candidates;
  StreamId next;
  int64_t attempts = arguments->count * kAttempts;
  int64_t left = arguments->count;
  for (auto at = group->pending().LowerBound(arguments->start); at; at = at.Next()) {
    if (attempts-- == 0 || left == 0) {
      next = at.key();
      break;
    }
    const PendingEntry& pending = at.record();
    const bool deleted = !edit.stream().Contains(at.key());
    const bool idle =
        pending.consumer == nullptr || context.now() - pending.delivery_time >= options.min_idle;
    if (!deleted && !idle) continue;
    candidates.push_back(at.key());
    --left;
  }
  ReplyStreamId(context.reply, next);
  const auto claimed = context.reply.BeginDeferred();
  size_t count = 0;
  for (const StreamId& id : candidates) count += claim.Take(id) ? 1 : 0;
  context.reply.EndDeferredArray(claimed, count);
  context.reply.Array(claim.deleted().size());
  for (const StreamId& id : claim.deleted()) ReplyStreamId(context.reply, id);
  claim.StateDeleted();
}

}  // namespace kv
