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
  settings_ = settings;
  if (producers_ == nullptr || producers_->messages() == 0) return;
  StreamProducers* const former = producers_;
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
  MakeProducers(context).Add(context.memory, message, id,
                             static_cast<size_t>(settings_.max_messages));
}

void Stream::CountDuplicate(const StreamContext& context) {
  ++MakeProducers(context).counters.duplicates;
}

void Stream::SetMessageCounters(const StreamContext& context,
                                const StreamProducers::Counters& counters) {
  MakeProducers(context).counters = counters;
}

// --- age ---

int64_t Stream::NextDeadline() const {
  if (producers_ == nullptr || producers_->messages() == 0) return INT64_MAX;
  return MessageDeadline(producers_->oldest());
}

size_t Stream::Expire(const StreamContext& context, int64_t now, size_t budget) {
  size_t done = 0;
  for (; done < budget && NextDeadline() <= now; ++done) {
    BeginChange(context);
    producers_->ForgetOldest(context.memory);
  }
  return done;
}

}  // namespace kv
