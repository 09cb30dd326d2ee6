// Removing entries together with what groups know of them (XDELEX, XACKDEL), and giving back what
// is pending (XNACK).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/text.h"
#include "kv/commands/stream_commands.h"
#include "kv/commands/stream_edit.h"
#include "kv/commands/stream_options.h"

namespace kv {
namespace {

// What the reply says of an id.
enum Outcome : int64_t {
  kNotFound = -1,
  kDeleted = 1,
  kStillNeeded = 2,
};

// Reads `IDS n id ...` at args[at] and leaves `*at` behind it; nothing after an error reply.
std::optional<std::vector<StreamId>> ParseIdsBlock(Context& context, size_t* at) {
  int64_t count;
  if (*at + 2 >= context.args.size()) {
    context.Fail(kSyntaxError);
    return std::nullopt;
  }
  if (!context.ParseInteger(*at + 1, &count, "ERR Number of IDs must be a positive integer")) {
    return std::nullopt;
  }
  if (count <= 0) {
    context.Fail("ERR Number of IDs must be a positive integer");
    return std::nullopt;
  }
  const ArgSpan rest = context.args.subspan(*at + 2);
  if (static_cast<uint64_t>(count) > rest.size()) {
    context.Fail("ERR The `numids` parameter must match the number of arguments");
    return std::nullopt;
  }
  *at += 2 + static_cast<size_t>(count);
  return ParseStreamIds(context, rest.first(static_cast<size_t>(count)));
}

struct Deletion {
  StreamReferences references = StreamReferences::kKeep;
  std::vector<StreamId> ids;
};

// Reads `[KEEPREF | DELREF | ACKED] IDS n id ...` from args[at] on, in any order; nothing after an
// error reply.
std::optional<Deletion> ParseDeletion(Context& context, size_t at) {
  Deletion deletion;
  bool has_policy = false;
  while (at < context.args.size()) {
    if (deletion.ids.empty() && EqualsIgnoreCase(context.args[at], "ids")) {
      const auto ids = ParseIdsBlock(context, &at);
      if (!ids) return std::nullopt;
      deletion.ids = *ids;
      continue;
    }
    const auto references = ParseStreamReferences(context.args[at]);
    if (!references || has_policy) {
      context.Fail(kSyntaxError);
      return std::nullopt;
    }
    deletion.references = *references;
    has_policy = true;
    ++at;
  }
  if (deletion.ids.empty()) {
    context.Fail(kSyntaxError);
    return std::nullopt;
  }
  return deletion;
}

void ReplyNotFound(Context& context, size_t count) {
  context.reply.Array(count);
  for (size_t i = 0; i < count; ++i) context.reply.Integer(kNotFound);
}

// Removes an entry as the policy says. Sets `*changed` if anything did.
Outcome Delete(StreamEdit& edit, StreamReferences references, const StreamId& id, bool* changed) {
  Stream& stream = edit.stream();
  if (references == StreamReferences::kRespect && stream.IsNeeded(id)) {
    return stream.Contains(id) ? kStillNeeded : kNotFound;
  }
  if (references == StreamReferences::kRemove) {
    *changed |= stream.RemoveReferences(edit.rules(), id);
  }
  if (!stream.Delete(edit.rules(), id)) return kNotFound;
  *changed = true;
  return kDeleted;
}

}  // namespace

void XdelexCommand(Context& context) {
  const std::optional<Deletion> deletion = ParseDeletion(context, 2);
  if (!deletion) return;
  const HashedKey key = context.Key(1);
  StreamEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists()) return ReplyNotFound(context, deletion->ids.size());
  bool changed = false;
  bool deleted = false;
  context.reply.Array(deletion->ids.size());
  for (const StreamId& id : deletion->ids) {
    const Outcome outcome = Delete(edit, deletion->references, id, &changed);
    deleted |= outcome == kDeleted;
    context.reply.Integer(outcome);
  }
  if (deleted) context.Notify(kEventStream, "xdel", key.bytes);
  if (changed) context.effects.AsGiven();
}

void XackdelCommand(Context& context) {
  const std::optional<Deletion> deletion = ParseDeletion(context, 3);
  if (!deletion) return;
  const HashedKey key = context.Key(1);
  StreamEdit edit(context, key);
  if (edit.rejected()) return;
  StreamGroup* const group = edit.exists() ? edit.stream().FindGroup(context.args[2]) : nullptr;
  if (group == nullptr) return ReplyNotFound(context, deletion->ids.size());
  edit.stream().BeginChange(edit.rules());
  bool changed = false;
  bool deleted = false;
  context.reply.Array(deletion->ids.size());
  for (const StreamId& id : deletion->ids) {
    if (!group->Acknowledge(edit.rules(), id)) {
      context.reply.Integer(kNotFound);
      continue;
    }
    changed = true;
    // What is acknowledged counts as done, even if it was deleted before.
    const Outcome outcome = Delete(edit, deletion->references, id, &changed);
    deleted |= outcome == kDeleted;
    context.reply.Integer(outcome == kNotFound ? kDeleted : outcome);
  }
  if (deleted) context.Notify(kEventStream, "xdel", key.bytes);
  if (changed) context.effects.AsGiven();
}

// --- XNACK ---

namespace {

enum class Fault { kSilent, kFail, kFatal };

std::optional<Fault> ParseFault(std::string_view word) {
  if (EqualsIgnoreCase(word, "silent")) return Fault::kSilent;
  if (EqualsIgnoreCase(word, "fail")) return Fault::kFail;
  if (EqualsIgnoreCase(word, "fatal")) return Fault::kFatal;
  return std::nullopt;
}

struct Release {
  Fault fault;
  std::vector<StreamId> ids;
  std::optional<uint64_t> delivery_count;
  bool force = false;

  uint64_t CountAfter(uint64_t before) const {
    if (delivery_count) return *delivery_count;
    if (fault == Fault::kFatal) return INT64_MAX;
    return fault == Fault::kSilent && before > 0 ? before - 1 : before;
  }
};

std::optional<Release> ParseRelease(Context& context) {
  const std::optional<Fault> fault = ParseFault(context.args[3]);
  if (!fault || !EqualsIgnoreCase(context.args[4], "ids")) {
    context.Fail(kSyntaxError);
    return std::nullopt;
  }
  size_t at = 4;
  auto ids = ParseIdsBlock(context, &at);
  if (!ids) return std::nullopt;
  Release release{.fault = *fault, .ids = std::move(*ids), .delivery_count = std::nullopt};
  for (; at < context.args.size(); ++at) {
    if (EqualsIgnoreCase(context.args[at], "force")) {
      release.force = true;
    } else if (EqualsIgnoreCase(context.args[at], "retrycount") && at + 1 < context.args.size()) {
      int64_t count;
      if (!context.ParseInteger(++at, &count)) return std::nullopt;
      if (count < 0) {
        context.Fail("ERR RETRYCOUNT must be positive");
        return std::nullopt;
      }
      release.delivery_count = static_cast<uint64_t>(count);
    } else {
      context.Fail(kSyntaxError);
      return std::nullopt;
    }
  }
  return release;
}

}  // namespace

void XnackCommand(Context& context) {
  const std::optional<Release> release = ParseRelease(context);
  if (!release) return;
  const HashedKey key = context.Key(1);
  StreamEdit edit(context, key);
  if (edit.rejected()) return;
  StreamGroup* const group = edit.exists() ? edit.stream().FindGroup(context.args[2]) : nullptr;
  if (group == nullptr) return FailNoGroup(context, context.args[1], context.args[2]);
  edit.stream().BeginChange(edit.rules());
  int64_t released = 0;
  for (const StreamId& id : release->ids) {
    const StreamGroup::Position pending = group->pending().Find(id);
    if (!pending && !(release->force && edit.stream().Contains(id))) continue;
    const uint64_t before = pending ? pending.record().delivery_count : 0;
    PendingEntry entry;
    entry.delivery_count = release->CountAfter(before);
    group->Assign(edit.rules(), id, entry);
    ++released;
  }
  context.reply.Integer(released);
  if (released == 0) return;
  context.effects.AsGiven();
  context.store.context().SignalReady(context.db.index(), key.bytes);
}

}  // namespace kv
