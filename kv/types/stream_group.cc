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

}  // namespace

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

StreamGroup* StreamGroup::Copy(SlabMemory& memory) const {
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
    copy->Assign(memory, at.key(), entry);
  }
  return copy;
}

bool StreamGroup::FreeSome(SlabMemory& memory, size_t budget) {
  const size_t leaves = pending_.leaves();
  if (pending_.FreeSome(memory, budget, [](PendingEntry&) {})) return true;
  budget -= leaves;
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

void StreamGroup::RemoveConsumer(SlabMemory& memory, StreamConsumer* consumer) {
  for (auto at = consumer->pending_.First(); at; at = at.Next()) pending_.Erase(memory, at.key());
  consumers_.Remove(memory, consumer);
  consumer->Destroy(memory);
}

void StreamGroup::Assign(SlabMemory& memory, const StreamId& id, const PendingEntry& entry) {
  const auto [position, is_new] = pending_.Insert(memory, id, entry);
  if (!is_new) {
    StreamConsumer* const before = position.record().consumer;
    position.record() = entry;
    if (before == entry.consumer) return;
    if (before != nullptr) before->pending_.Erase(memory, id);
  }
  if (entry.consumer != nullptr) entry.consumer->pending_.Insert(memory, id);
}

bool StreamGroup::Acknowledge(SlabMemory& memory, const StreamId& id) {
  const Position position = pending_.Find(id);
  if (!position) return false;
  StreamConsumer* const consumer = position.record().consumer;
  if (consumer != nullptr) consumer->pending_.Erase(memory, id);
  pending_.Erase(memory, position);
  return true;
}

size_t StreamGroup::memory_bytes() const {
  size_t bytes = SlabMemory::GoodSize(BytesWithName(sizeof(StreamGroup), name_bytes_)) +
                 pending_.memory_bytes() + consumers_.memory_bytes();
  for (const StreamConsumer* consumer : consumers_.items()) bytes += consumer->memory_bytes();
  return bytes;
}

size_t StreamGroup::leaves() const {
  size_t leaves = 1 + pending_.leaves();
  for (const StreamConsumer* consumer : consumers_.items()) {
    leaves += 1 + consumer->pending_.leaves();
  }
  return leaves;
}

// The pending entries of the group, then those of one consumer after the other.
uint64_t StreamGroup::Compact(SlabMemory& memory, uint64_t cursor, CompactionCount& count) {
  const uint64_t tree = cursor >> kLeafBits;
  const uint64_t place = cursor & ((uint64_t{1} << kLeafBits) - 1);
  uint64_t next = 0;
  if (tree == 0) {
    next = pending_.CompactLeaf(memory, place, count, [](const StreamId&, PendingEntry&) {});
  } else if (tree <= consumers_.size()) {
    next = consumers_.items()[tree - 1]->pending_.CompactLeaf(memory, place, count,
                                                              [](const StreamId&, NoRecord&) {});
  }
  if (next != 0) return tree << kLeafBits | next;
  const bool more = tree < consumers_.size() && tree + 1 < uint64_t{1} << (kCursorBits - kLeafBits);
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
  for (Position at = pending_.First(); at; at = at.Next()) owned += at.record().consumer == nullptr;
  return pending_.IsConsistent() && owned == pending_.size();
}

}  // namespace kv
