// Stream: messages of producers, and what becomes too old.
#include <algorithm>
#include <utility>

#include "kv/types/stream.h"

namespace kv {
namespace {

constexpr int64_t kMillisPerSecond = 1000;
// Messages that are forgotten at once where there are no more.
constexpr size_t kMaxFreedAtOnce = 64;

// The time at which what has this id is so old.
int64_t TimeAtAge(const StreamId& id, int64_t age) {
  const uint64_t most = static_cast<uint64_t>(INT64_MAX - age);
  return static_cast<int64_t>(std::min(id.milliseconds, most)) + age;
}

}  // namespace

// --- messages ---

void Stream::Configure(const StreamContext& context, const StreamSettings& settings) {
  if (settings == settings_) return;
  BeginChange(context);
  const bool same_messages = settings.message_seconds == settings_.message_seconds &&
                             settings.max_messages == settings_.max_messages;
  settings_ = settings;
  if (same_messages || producers_ == nullptr || producers_->messages() == 0) return;
  StreamProducers* const former = producers_;
  former->AnnounceAll(context);
  producers_ = StreamProducers::Create(context.memory, context.hash_key, former->counters);
  if (context.reclaimer == nullptr || former->messages() <= kMaxFreedAtOnce) {
    while (former->FreeSome(context.memory, SIZE_MAX)) {
    }
    return;
  }
  Stream* const detached = Create(context);
  detached->producers_ = former;
  context.reclaimer->Reclaim(detached);
}

StreamProducers& Stream::MakeProducers(const StreamContext& context) {
  BeginChange(context);
  if (producers_ == nullptr) {
    producers_ = StreamProducers::Create(context.memory, context.hash_key, {});
  }
  return *producers_;
}

int64_t Stream::MessageDeadline(const StreamId& id) const {
  return TimeAtAge(id, settings_.message_seconds * kMillisPerSecond);
}

std::optional<StreamId> Stream::FindMessage(const StreamMessage& message, int64_t now) const {
  if (producers_ == nullptr) return std::nullopt;
  const std::optional<StreamId> id = producers_->Find(message);
  return id && MessageDeadline(*id) > now ? id : std::nullopt;
}

void Stream::RememberMessage(const StreamContext& context, const StreamMessage& message,
                             const StreamId& id) {
  MakeProducers(context).Add(context, message, id, static_cast<size_t>(settings_.max_messages));
}

void Stream::CountDuplicate(const StreamContext& context) {
  ++MakeProducers(context).counters.duplicates;
}

void Stream::SetMessageCounters(const StreamContext& context,
                                const StreamProducers::Counters& counters) {
  MakeProducers(context).counters = counters;
}

// --- age ---

int64_t Stream::FirstMessageDeadline() const {
  if (producers_ == nullptr || producers_->messages() == 0) return INT64_MAX;
  return MessageDeadline(producers_->oldest());
}

int64_t Stream::FirstEntryDeadline() const {
  if (settings_.retention == 0 || size_ == 0) return INT64_MAX;
  return TimeAtAge(first_id_, settings_.retention);
}

int64_t Stream::NextDeadline() const {
  return std::min(FirstMessageDeadline(), FirstEntryDeadline());
}

size_t Stream::Expire(const StreamContext& context, int64_t now, size_t budget,
                      EntriesRemoved removed) {
  size_t done = 0;
  for (; done < budget && FirstMessageDeadline() <= now; ++done) {
    BeginChange(context);
    producers_->ForgetOldest(context);
  }
  while (done < budget && FirstEntryDeadline() <= now) {
    done += ExpireEntries(context, now, budget - done, removed);
  }
  return done;
}

// Removes due entries of some nodes; returns how many.
size_t Stream::ExpireEntries(const StreamContext& context, int64_t now, size_t budget,
                             EntriesRemoved removed) {
  const int64_t deadline = FirstEntryDeadline();
  StreamTrim trim;
  trim.by = StreamTrim::By::kId;
  trim.id = {static_cast<uint64_t>(now - settings_.retention) + 1, 0};
  size_t entries = 0;
  for (auto node = nodes_.First(); node; node = node.Next()) {
    if (entries >= budget) {
      trim.id = std::min(trim.id, node.key());
      break;
    }
    entries += node.record().live;
  }
  removed(trim.id, deadline);
  return Trim(context, trim);
}

}  // namespace kv
