#include "kv/types/stream_group.h"

#include <algorithm>
#include <new>

namespace kv {
namespace {

// Of a cursor of Compact: those that say which leaf, below those that say of which tree.
constexpr int kLeafBits = 35;

// Of an object that the text of its name stands behind: whole words, as its alignment wants.
constexpr size_t BytesWithName(size_t object_bytes, size_t name_bytes) {
  return (object_bytes + name_bytes + 7) / 8 * 8;
}

// Where the entry stands in the order of delivery.
StreamDelivery DeliveryOf(const StreamId& id, const PendingEntry& entry) {
  return {entry.consumer == nullptr ? INT64_MIN : entry.delivery_time, id};
}

}  // namespace

// Shows leaves of pending entries to the observer of a change.
class StreamGroup::LeafGuard final : private Pending::LeafObserver {
 public:
  LeafGuard(const StreamGroup& group, const PendingContext& context)
      : group_(group), context_(context) {}

  Pending::Guard guard() { return {context_.epoch, context_.observer == nullptr ? nullptr : this}; }

 private:
  void BeforeChange(Position first, uint32_t count) override {
    context_.observer->BeforePendingChange(group_, first, count);
  }

  const StreamGroup& group_;
  const PendingContext& context_;
};

// --- StreamConsumer ---

StreamConsumer::StreamConsumer(std::string_view name)
    : name_bytes_(static_cast<uint32_t>(name.size())) {
  name.copy(reinterpret_cast<char*>(this + 1), name.size());
}

StreamConsumer* StreamConsumer::Create(SlabMemory& memory, std::string_view name) {
  return new (memory.Allocate(BytesWithName(sizeof(StreamConsumer), name.size())))
      StreamConsumer(name);
}

void StreamConsumer::Destroy(SlabMemory& memory) {
  pending_.Clear(memory);
  memory.Free(this, BytesWithName(sizeof(StreamConsumer), name_bytes_));
}

size_t StreamConsumer::memory_bytes() const {
  return SlabMemory::GoodSize(BytesWithName(sizeof(StreamConsumer), name_bytes_)) +
         pending_.memory_bytes();
}

// --- StreamGroup ---

StreamGroup::StreamGroup(std::string_view name) : name_bytes_(static_cast<uint32_t>(name.size())) {
  name.copy(reinterpret_cast<char*>(this + 1), name.size());
}

StreamGroup* StreamGroup::Create(SlabMemory& memory, std::string_view name) {
  return new (memory.Allocate(BytesWithName(sizeof(StreamGroup), name.size()))) StreamGroup(name);
}

StreamGroup* StreamGroup::Copy(SlabMemory& memory, uint64_t epoch) const {
  StreamGroup* const copy = Create(memory, name());
  copy->last_id = last_id;
  copy->entries_read = entries_read;
  for (const StreamConsumer* consumer : consumers_.items()) {
    StreamConsumer* const added = copy->AddConsumer(memory, consumer->name(), consumer->seen_time);
    added->active_time = consumer->active_time;
  }
  for (Position at = pending_.First(); at; at = at.Next()) {
    PendingEntry entry = at.record();
    if (entry.consumer != nullptr) entry.consumer = copy->FindConsumer(entry.consumer->name());
    copy->Assign({memory, epoch}, at.key(), entry);
  }
  return copy;
}

bool StreamGroup::FreeSome(SlabMemory& memory, size_t budget) {
  const size_t leaves = pending_.leaves();
  if (pending_.FreeSome(memory, budget, [](PendingEntry&) {})) return true;
  budget = std::max<size_t>(1, budget - leaves);
  const size_t delivery_leaves = deliveries_.leaves();
  if (deliveries_.FreeSome(memory, budget, [](NoRecord&) {})) return true;
  budget -= delivery_leaves;
  while (!consumers_.empty()) {
    StreamConsumer* const consumer = consumers_.last();
    const size_t cost = 1 + consumer->pending_.leaves();
    if (consumer->pending_.FreeSome(memory, budget, [](NoRecord&) {})) return true;
    consumers_.RemoveLast();
    consumer->Destroy(memory);
    if (cost >= budget && !consumers_.empty()) return true;
    budget -= std::min(budget, cost);
  }
  consumers_.Clear(memory);
  memory.Free(this, BytesWithName(sizeof(StreamGroup), name_bytes_));
  return false;
}

StreamConsumer* StreamGroup::AddConsumer(SlabMemory& memory, std::string_view name,
                                         int64_t seen_time) {
  StreamConsumer* const consumer = StreamConsumer::Create(memory, name);
  consumer->seen_time = seen_time;
  consumers_.Insert(memory, consumer);
  return consumer;
}

void StreamGroup::RemoveConsumer(const PendingContext& context, StreamConsumer* consumer) {
  for (auto at = consumer->pending_.First(); at; at = at.Next()) {
    Drop(context, pending_.Find(at.key()));
  }
  consumers_.Remove(context.memory, consumer);
  consumer->Destroy(context.memory);
}

void StreamGroup::Assign(const PendingContext& context, const StreamId& id,
                         const PendingEntry& entry) {
  SlabMemory& memory = context.memory;
  LeafGuard leaves(*this, context);
  const auto [position, is_new] = pending_.Insert(memory, id, entry, leaves.guard());
  StreamConsumer* before = nullptr;
  if (!is_new) {
    PendingEntry& record = pending_.Edit(position, leaves.guard());
    before = record.consumer;
    deliveries_.Erase(memory, DeliveryOf(id, record));
    record = entry;
  }
  deliveries_.Insert(memory, DeliveryOf(id, entry));
  if (before == entry.consumer) return;
  if (before != nullptr) before->pending_.Erase(memory, id);
  if (entry.consumer != nullptr) entry.consumer->pending_.Insert(memory, id);
}

bool StreamGroup::Acknowledge(const PendingContext& context, const StreamId& id) {
  const Position position = pending_.Find(id);
  if (!position) return false;
  StreamConsumer* const consumer = position.record().consumer;
  if (consumer != nullptr) consumer->pending_.Erase(context.memory, id);
  Drop(context, position);
  return true;
}

void StreamGroup::Drop(const PendingContext& context, Position position) {
  LeafGuard leaves(*this, context);
  deliveries_.Erase(context.memory, DeliveryOf(position.key(), position.record()));
  pending_.Erase(context.memory, position, leaves.guard());
}

void StreamGroup::AnnounceEnd(const PendingContext& context) {
  pending_.AnnounceAll(LeafGuard(*this, context).guard());
}

size_t StreamGroup::memory_bytes() const {
  size_t bytes = SlabMemory::GoodSize(BytesWithName(sizeof(StreamGroup), name_bytes_)) +
                 pending_.memory_bytes() + deliveries_.memory_bytes() + consumers_.memory_bytes();
  for (const StreamConsumer* consumer : consumers_.items()) bytes += consumer->memory_bytes();
  return bytes;
}

size_t StreamGroup::leaves() const {
  size_t leaves = 1 + pending_.leaves() + deliveries_.leaves();
  for (const StreamConsumer* consumer : consumers_.items()) {
    leaves += 1 + consumer->pending_.leaves();
  }
  return leaves;
}

// The pending entries of the group, those of one consumer after the other, then the deliveries.
uint64_t StreamGroup::Compact(SlabMemory& memory, uint64_t cursor, CompactionCount& count) {
  const uint64_t tree = cursor >> kLeafBits;
  const uint64_t place = cursor & ((uint64_t{1} << kLeafBits) - 1);
  uint64_t next = 0;
  if (tree == 0) {
    next = pending_.CompactLeaf(memory, place, count, [](const StreamId&, PendingEntry&) {});
  } else if (tree <= consumers_.size()) {
    next = consumers_.items()[tree - 1]->pending_.CompactLeaf(memory, place, count,
                                                              [](const StreamId&, NoRecord&) {});
  } else if (tree == consumers_.size() + 1) {
    next = deliveries_.CompactLeaf(memory, place, count, [](const StreamDelivery&, NoRecord&) {});
  }
  if (next != 0) return tree << kLeafBits | next;
  const bool more = tree <= consumers_.size() && tree + 1 < uint64_t{1}
                                                                << (kCursorBits - kLeafBits);
  return more ? (tree + 1) << kLeafBits : 0;
}

bool StreamGroup::IsConsistent() const {
  size_t owned = 0;
  for (const StreamConsumer* consumer : consumers_.items()) {
    owned += consumer->pending().size();
    if (!consumer->pending().IsConsistent()) return false;
    for (auto at = consumer->pending().First(); at; at = at.Next()) {
      const Position position = pending_.Find(at.key());
      if (!position || position.record().consumer != consumer) return false;
    }
  }
  for (Position at = pending_.First(); at; at = at.Next()) {
    owned += at.record().consumer == nullptr;
    if (!deliveries_.Find(DeliveryOf(at.key(), at.record()))) return false;
  }
  return pending_.IsConsistent() && owned == pending_.size() && deliveries_.IsConsistent() &&
         deliveries_.size() == pending_.size();
}

}  // namespace kv
