// StreamProducers: which messages the producers of a stream sent lately, so that one that is sent
// once more, because its first reply was lost, does not become a second entry.
//
//   by_name_: hash of the name ──► Producer: its messages, in the order of their entries ──┐
//   index_:   hash of producer and name ──► Message: its name, producer, entry ◄───────────┤
//   order_:   id of the entry ──► Message                                 ◄────────────────┘
//
// A message is known by the name its producer gave it (the idempotent id), and stands for the
// entry that it became. It is as old as the id of that entry says.
//
// Invariants:
//   - Each message is found in the index, in the order and with its producer.
//   - No two messages of a producer have the same name. No producer is without messages.
//   - Hashes need not be unique: places are numbered, and names compared.
//
// Epochs: leaves of the order carry them, as SequenceTree says, and stand for the messages in them.
// The counters belong to the first change of the stream.
//
// Cost, for n messages: O(log n) for each that is found, added or forgotten; some 150 bytes for
// each, and for each producer, beyond the names. The memory must be the same one in every call.
//
// Source: idempotent producers, as in N. Narkhede, G. Shapira, T. Palino: Kafka: the Definitive
// Guide. O'Reilly 2017.
#ifndef SOLOKV_KV_TYPES_STREAM_PRODUCERS_H_
#define SOLOKV_KV_TYPES_STREAM_PRODUCERS_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kv/base/hash.h"
#include "kv/base/slab_memory.h"
#include "kv/ds/sequence_tree.h"
#include "kv/types/stream_id.h"

namespace kv {

// A message to a stream: who sent it, and what the sender calls it.
struct StreamMessage {
  std::string_view producer;
  std::string_view name;
};

// Is told before messages of an earlier epoch change. Must not change them.
class MessageObserver {
 public:
  virtual ~MessageObserver() = default;
  // The message is as it was when the epoch began; each is shown once in an epoch.
  virtual void BeforeMessageChange(const StreamMessage& message, const StreamId& id) = 0;
};

// What every change of messages needs. The memory must be the same one in every call.
struct MessageContext {
  SlabMemory& memory;
  uint64_t epoch = 0;
  MessageObserver* observer = nullptr;
};

class StreamProducers {
 public:
  // How many there ever were.
  struct Counters {
    uint64_t added = 0;
    uint64_t duplicates = 0;
  };

  // `hash_key` is the secret of the server's hashes.
  static StreamProducers* Create(SlabMemory& memory, const HashKey& hash_key,
                                 const Counters& counters);
  StreamProducers* Copy(const MessageContext& context) const;
  // Frees about `budget` blocks, and with the last of them the object. True while any are left;
  // nothing else may be asked of it once this was called.
  bool FreeSome(SlabMemory& memory, size_t budget);

  size_t producers() const { return by_name_.size(); }
  size_t messages() const { return order_.size(); }
  // Blocks, as freeing counts them.
  size_t blocks() const { return 1 + order_.size() + by_name_.size(); }
  // Cost: O(messages).
  size_t memory_bytes() const;

  // The entry that the message became; nothing if it is not known.
  std::optional<StreamId> Find(const StreamMessage& message) const;
  // Notes that the message became the entry `id`, whatever was known of it. Of this producer's
  // messages the `max_messages` with the largest ids stay known.
  void Add(const MessageContext& context, const StreamMessage& message, const StreamId& id,
           size_t max_messages);
  // The least id of an entry. Precondition: there are messages.
  StreamId oldest() const { return order_.First().key().id; }
  // Forgets the message with the least id. Precondition: there are messages.
  void ForgetOldest(const MessageContext& context) { Forget(context, order_.First().record()); }
  // Shows the observer all messages that it has not seen in this epoch.
  void AnnounceAll(const MessageContext& context);

  // Calls visit(StreamMessage, StreamId) for each message, producer by producer, the oldest first;
  // and begin(name, messages) before each producer.
  template <class Begin, class Visit>
  void ForEach(Begin&& begin, Visit&& visit) const {
    for (auto producer = by_name_.First(); producer; producer = producer.Next()) {
      const Producer& sender = *producer.record();
      begin(sender.name(), sender.messages.size());
      for (auto at = sender.messages.First(); at; at = at.Next()) {
        visit(StreamMessage{sender.name(), at.record()->name()}, at.key().id);
      }
    }
  }

  // Moves blocks, about a leaf of a tree with what it refers to, from `cursor` on, which is 0 at
  // first. Returns the next cursor, 0 at the end; it has so many bits.
  static constexpr int kCursorBits = 50;
  uint64_t Compact(SlabMemory& memory, uint64_t cursor, CompactionCount& count);
  // Whether the invariants hold. Cost: O(n log n).
  bool IsConsistent() const;

  Counters counters;

 private:
  // Where something is found: by a hash, or by the id of an entry.
  struct HashPlace {
    uint64_t hash;
    uint64_t number;
    // NOLINTNEXTLINE(modernize-use-nullptr): there is none
    friend auto operator<=>(const HashPlace&, const HashPlace&) = default;
  };
  struct IdPlace {
    StreamId id;
    uint64_t number;
    // NOLINTNEXTLINE(modernize-use-nullptr): there is none
    friend auto operator<=>(const IdPlace&, const IdPlace&) = default;
  };
  struct Producer;
  // Its name stands behind it.
  struct Message {
    Producer* producer;
    StreamId id;
    uint64_t hash;
    uint64_t number;
    uint64_t name_bytes;

    std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), name_bytes}; }
  };
  using MessagesById = SequenceTree<IdPlace, Message*>;
  // Likewise.
  struct Producer {
    MessagesById messages;
    uint64_t hash;
    uint64_t number;
    uint64_t name_bytes;

    std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), name_bytes}; }
  };

  explicit StreamProducers(const HashKey& hash_key) : hash_key_(hash_key) {}

  template <class Named>
  static Named* CreateNamed(SlabMemory& memory, std::string_view name);
  template <class Named>
  static void FreeNamed(SlabMemory& memory, Named* named);

  uint64_t HashOf(const Producer& producer, std::string_view name) const {
    return kv::Hash(name, {hash_key_.k0 ^ producer.number, hash_key_.k1});
  }
  Producer* FindProducer(std::string_view name) const;
  Producer* AddProducer(SlabMemory& memory, std::string_view name);
  Message* FindMessage(const Producer& producer, std::string_view name) const;
  class LeafGuard;
  void Forget(const MessageContext& context, Message* message);
  uint64_t CompactProducers(SlabMemory& memory, uint64_t place, CompactionCount& count);
  uint64_t CompactMessages(SlabMemory& memory, uint64_t place, CompactionCount& count);

  HashKey hash_key_;
  uint64_t last_number_ = 0;
  SequenceTree<HashPlace, Producer*> by_name_;
  SequenceTree<HashPlace, Message*> index_;
  MessagesById order_;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_STREAM_PRODUCERS_H_
