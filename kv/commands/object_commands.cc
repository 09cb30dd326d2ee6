// OBJECT: how a value is stored and how it has been used.
#include <algorithm>
#include <cmath>
#include <string>

#include "kv/command/help.h"
#include "kv/commands/key_commands.h"
#include "kv/types/value_operations.h"

namespace kv {
namespace {

constexpr size_t kMaxEmbeddedSize = 44;  // the longest string that Redis calls embstr

// So many uses of late on the scale of the counters of LFU, where with its default factor c - 5
// stands for about 5 (c - 5)^2 uses. 0 for a key that is not among those used most.
int64_t FrequencyOf(uint64_t uses) {
  constexpr double kInitial = 5;
  constexpr double kMost = 255;
  if (uses == 0) return 0;
  return std::lround(std::min(kMost, kInitial + std::sqrt(static_cast<double>(uses) / 5)));
}

}  // namespace

std::string_view EncodingName(const Entry& entry) {
  switch (entry.encoding()) {
    case Encoding::kInt:
      return "int";
    case Encoding::kInline:
      return entry.inline_size() <= kMaxEmbeddedSize && !entry.edited() ? "embstr" : "raw";
    default:
      return OperationsOf(entry.encoding()).name(entry.object());
  }
}

void ObjectEncodingCommand(Context& context) {
  const EntryRef ref = context.db.Peek(context.Key(2));
  if (!ref) return context.reply.NullBulk();
  context.reply.Bulk(EncodingName(*ref));
}

void ObjectRefcountCommand(Context& context) {
  const EntryRef ref = context.db.Peek(context.Key(2));
  if (!ref) return context.reply.NullBulk();
  context.reply.Integer(1);
}

void ObjectIdletimeCommand(Context& context) {
  const EntryRef ref = context.db.Peek(context.Key(2));
  if (!ref) return context.reply.NullBulk();
  if (context.store.context().tracks_frequency()) {
    return context.Fail(
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
        "switching between policies at runtime LRU and LFU data will take some time to adjust.");
  }
  context.reply.Integer(context.store.context().IdleSeconds(ref->access()));
}

void ObjectFreqCommand(Context& context) {
  const EntryRef ref = context.db.Peek(context.Key(2));
  if (!ref) return context.reply.NullBulk();
  const StoreContext& store = context.store.context();
  if (store.tracks_frequency()) {
    return context.reply.Integer(store.access_policy->Frequency(ref->access()));
  }
  const uint64_t uses =
      store.uses == nullptr ? 0 : store.uses->Estimate(context.db.index(), context.args[2]);
  context.reply.Integer(FrequencyOf(uses));
}

void ObjectHelpCommand(Context& context) {
  ReplyHelp(context);
}

}  // namespace kv
