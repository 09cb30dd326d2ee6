#include "kv/commands/stream_effects.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace kv {
namespace {

std::vector<std::string> TextsOf(std::span<const StreamId> ids) {
  std::vector<std::string> texts;
  texts.reserve(ids.size());
  for (const StreamId& id : ids) texts.push_back(id.ToString());
  return texts;
}

}  // namespace

void StateClaimed(Context& context, std::string_view key, const StreamGroup& group,
                  const StreamConsumer& consumer, std::span<const StreamId> ids,
                  int64_t delivery_time, uint64_t delivery_count) {
  if (!context.effects.observed()) return context.effects.AsGiven();
  const std::vector<std::string> texts = TextsOf(ids);
  const std::string time = absl::StrCat(delivery_time);
  const std::string count = absl::StrCat(delivery_count);
  const std::string last = group.last_id.ToString();
  std::vector<std::string_view> args = {"XCLAIM", key, group.name(), consumer.name(), "0"};
  args.insert(args.end(), texts.begin(), texts.end());
  args.insert(args.end(), {"TIME", time, "RETRYCOUNT", count, "FORCE", "JUSTID", "LASTID", last});
  context.effects.Instead(args);
}

void StateGroupId(Context& context, std::string_view key, const StreamGroup& group, bool also) {
  if (!context.effects.observed()) {
    if (!also) context.effects.AsGiven();
    return;
  }
  const std::string id = group.last_id.ToString();
  const std::string read = group.entries_read ? absl::StrCat(*group.entries_read) : "-1";
  const std::initializer_list<std::string_view> args = {"XGROUP", "SETID",       key, group.name(),
                                                        id,       "ENTRIESREAD", read};
  also ? context.effects.Also(args) : context.effects.Instead(args);
}

void StateAcknowledged(Context& context, std::string_view key, const StreamGroup& group,
                       std::span<const StreamId> ids) {
  if (!context.effects.observed()) return context.effects.AsGiven();
  const std::vector<std::string> texts = TextsOf(ids);
  std::vector<std::string_view> args = {"XACK", key, group.name()};
  args.insert(args.end(), texts.begin(), texts.end());
  context.effects.Instead(args);
}

}  // namespace kv
