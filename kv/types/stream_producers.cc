#include "kv/types/stream_producers.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace kv {
namespace {

// Of a cursor of Compact: those that say which tree, above those that say which leaf of it.
constexpr int kLeafBits = StreamProducers::kCursorBits - 2;
constexpr size_t kRecordsOfLeaf = 64;

// Of an object that the text of its name stands behind: whole words, as its alignment wants.
template <class Named>
size_t BytesOf(size_t name_bytes) {
  return (sizeof(Named) + name_bytes + 7) / 8 * 8;
}

template <class Named>
size_t MemoryOf(const Named& named) {
  return SlabMemory::GoodSize(BytesOf<Named>(named.name_bytes));
}

// Moves the object if that helps to empty its slab; where it is now.
template <class Named>
Named* MoveIfSparse(SlabMemory& memory, Named* named, CompactionCount& count) {
  const size_t bytes = BytesOf<Named>(named->name_bytes);
  if (!count.Count(memory.IsSparse(named, bytes))) return named;
  void* const moved = memory.Allocate(bytes);
  std::memcpy(moved, static_cast<void*>(named), bytes);
  memory.Free(named, bytes);
  return static_cast<Named*>(moved);
}

}  // namespace

// Shows messages of a leaf to the observer of a change.
class StreamProducers::LeafGuard final : private MessagesById::LeafObserver {
 public:
  explicit LeafGuard(const MessageContext& context) : context_(context) {}

  MessagesById::Guard guard() {
    return {context_.epoch, context_.observer == nullptr ? nullptr : this};
  }

 private:
  void BeforeChange(MessagesById::Position at, uint32_t count) override {
    for (; count > 0; --count, at = at.Next()) {
      const Message& message = *at.record();
      context_.observer->BeforeMessageChange({message.producer->name(), message.name()},
                                             message.id);
    }
  }

  const MessageContext& context_;
};

// --- Making, copying, freeing ---

StreamProducers* StreamProducers::Create(SlabMemory& memory, const HashKey& hash_key,
                                         const Counters& counters) {
  auto* const created = new (memory.Allocate(sizeof(StreamProducers))) StreamProducers(hash_key);
  created->counters = counters;
  return created;
}

StreamProducers* StreamProducers::Copy(const MessageContext& context) const {
  StreamProducers* const copy = Create(context.memory, hash_key_, {});
  for (auto at = order_.First(); at; at = at.Next()) {
    const Message& message = *at.record();
    copy->Add(context, {message.producer->name(), message.name()}, message.id, SIZE_MAX);
  }
  copy->counters = counters;
  return copy;
}

bool StreamProducers::FreeSome(SlabMemory& memory, size_t budget) {
  const auto free_message = [&](Message* message) { FreeNamed(memory, message); };
  const size_t leaves = 1 + budget / kRecordsOfLeaf;
  if (order_.FreeSome(memory, leaves, free_message)) return true;
  if (index_.FreeSome(memory, leaves, [](Message*) {})) return true;
  for (auto last = by_name_.Last(); last; last = by_name_.Last(), --budget) {
    if (budget == 0) return true;
    Producer* const producer = last.record();
    if (producer->messages.FreeSome(memory, budget, [](Message*) {})) return true;
    FreeNamed(memory, producer);
    by_name_.Erase(memory, last);
  }
  memory.Free(this, sizeof(StreamProducers));
  return false;
}

template <class Named>
Named* StreamProducers::CreateNamed(SlabMemory& memory, std::string_view name) {
  auto* const named = new (memory.Allocate(BytesOf<Named>(name.size()))) Named{};
  named->name_bytes = name.size();
  name.copy(reinterpret_cast<char*>(named + 1), name.size());
  return named;
}

template <class Named>
void StreamProducers::FreeNamed(SlabMemory& memory, Named* named) {
  memory.Free(named, BytesOf<Named>(named->name_bytes));
}

size_t StreamProducers::memory_bytes() const {
  size_t bytes = SlabMemory::GoodSize(sizeof(StreamProducers)) + by_name_.memory_bytes() +
                 index_.memory_bytes() + order_.memory_bytes();
  for (auto at = order_.First(); at; at = at.Next()) bytes += MemoryOf(*at.record());
  for (auto at = by_name_.First(); at; at = at.Next()) {
    bytes += MemoryOf(*at.record()) + at.record()->messages.memory_bytes();
  }
  return bytes;
}

// --- Finding and changing ---

StreamProducers::Producer* StreamProducers::FindProducer(std::string_view name) const {
  const uint64_t hash = kv::Hash(name, hash_key_);
  for (auto at = by_name_.LowerBound({hash, 0}); at && at.key().hash == hash; at = at.Next()) {
    if (at.record()->name() == name) return at.record();
  }
  return nullptr;
}

StreamProducers::Message* StreamProducers::FindMessage(const Producer& producer,
                                                       std::string_view name) const {
  const uint64_t hash = HashOf(producer, name);
  for (auto at = index_.LowerBound({hash, 0}); at && at.key().hash == hash; at = at.Next()) {
    if (at.record()->producer == &producer && at.record()->name() == name) return at.record();
  }
  return nullptr;
}

std::optional<StreamId> StreamProducers::Find(const StreamMessage& message) const {
  const Producer* const producer = FindProducer(message.producer);
  const Message* const found = producer ? FindMessage(*producer, message.name) : nullptr;
  return found ? std::optional(found->id) : std::nullopt;
}

StreamProducers::Producer* StreamProducers::AddProducer(SlabMemory& memory, std::string_view name) {
  auto* const producer = CreateNamed<Producer>(memory, name);
  producer->hash = kv::Hash(name, hash_key_);
  producer->number = ++last_number_;
  by_name_.Insert(memory, {producer->hash, producer->number}, producer);
  return producer;
}

void StreamProducers::Add(const MessageContext& context, const StreamMessage& message,
                          const StreamId& id, size_t max_messages) {
  SlabMemory& memory = context.memory;
  Producer* producer = FindProducer(message.producer);
  if (producer == nullptr) producer = AddProducer(memory, message.producer);
  Message* const former = FindMessage(*producer, message.name);
  auto* const added = CreateNamed<Message>(memory, message.name);
  added->producer = producer;
  added->id = id;
  added->hash = HashOf(*producer, message.name);
  added->number = ++last_number_;
  index_.Insert(memory, {added->hash, added->number}, added);
  order_.Insert(memory, {id, added->number}, added, LeafGuard(context).guard());
  producer->messages.Insert(memory, {id, added->number}, added);
  ++counters.added;
  if (former != nullptr) Forget(context, former);
  while (producer->messages.size() > max_messages) {
    Forget(context, producer->messages.First().record());
  }
}

void StreamProducers::Forget(const MessageContext& context, Message* message) {
  SlabMemory& memory = context.memory;
  Producer* const producer = message->producer;
  const IdPlace place = {message->id, message->number};
  order_.Erase(memory, order_.Find(place), LeafGuard(context).guard());
  index_.Erase(memory, HashPlace{message->hash, message->number});
  producer->messages.Erase(memory, place);
  FreeNamed(memory, message);
  if (!producer->messages.empty()) return;
  by_name_.Erase(memory, HashPlace{producer->hash, producer->number});
  FreeNamed(memory, producer);
}

void StreamProducers::AnnounceAll(const MessageContext& context) {
  order_.AnnounceAll(LeafGuard(context).guard());
}

// --- Compaction ---

// Of the producers with all their leaves, then of the messages, then of the index.
uint64_t StreamProducers::Compact(SlabMemory& memory, uint64_t cursor, CompactionCount& count) {
  const uint64_t tree = cursor >> kLeafBits;
  const uint64_t place = cursor & ((uint64_t{1} << kLeafBits) - 1);
  uint64_t next = 0;
  if (tree == 0) next = CompactProducers(memory, place, count);
  if (tree == 1) next = CompactMessages(memory, place, count);
  if (tree == 2) {
    next = index_.CompactLeaf(memory, place, count, [](const HashPlace&, Message*&) {});
  }
  if (next != 0) return tree << kLeafBits | next;
  return tree < 2 ? (tree + 1) << kLeafBits : 0;
}

uint64_t StreamProducers::CompactProducers(SlabMemory& memory, uint64_t place,
                                           CompactionCount& count) {
  return by_name_.CompactLeaf(memory, place, count, [&](const HashPlace&, Producer*& record) {
    Producer* const moved = MoveIfSparse(memory, record, count);
    record = moved;
    const auto refer = [&](const IdPlace&, Message*& message) { message->producer = moved; };
    uint64_t leaf = 0;
    do {
      leaf = moved->messages.CompactLeaf(memory, leaf, count, refer);
    } while (leaf != 0);
  });
}

uint64_t StreamProducers::CompactMessages(SlabMemory& memory, uint64_t place,
                                          CompactionCount& count) {
  return order_.CompactLeaf(memory, place, count, [&](const IdPlace& at, Message*& record) {
    Message* const moved = MoveIfSparse(memory, record, count);
    if (moved == record) return;
    record = moved;
    moved->producer->messages.Find(at).record() = moved;
    index_.Find({moved->hash, moved->number}).record() = moved;
  });
}

bool StreamProducers::IsConsistent() const {
  size_t owned = 0;
  for (auto at = by_name_.First(); at; at = at.Next()) {
    const Producer* const producer = at.record();
    if (producer->messages.empty() || !producer->messages.IsConsistent()) return false;
    if (FindProducer(producer->name()) != producer) return false;
    owned += producer->messages.size();
    for (auto own = producer->messages.First(); own; own = own.Next()) {
      const Message* const message = own.record();
      const auto ordered = order_.Find(own.key());
      if (message->producer != producer || !ordered || ordered.record() != message) return false;
      if (FindMessage(*producer, message->name()) != message) return false;
    }
  }
  return owned == order_.size() && owned == index_.size() && order_.IsConsistent() &&
         index_.IsConsistent() && by_name_.IsConsistent();
}

}  // namespace kv
