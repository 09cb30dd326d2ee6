// Topics and subscriptions: who listens to what, linked in both directions.
//
//   TopicTable             Topic "news"                      Topic "logs"
//   ┌──────────────┐       ┌──────────────────────┐          ┌──────────────────────┐
//   │ hash ► topic ├──────►│ hash, links, count   │          │                      │
//   │ ...          │       │ name behind it       │          │                      │
//   └──────────────┘       └──────────┬───────────┘          └──────────┬───────────┘
//                              Subscription ──► Subscription     Subscription
//                                     │              │                 │
//   Subscriber (a client) ────────────┴──────────────│─────────────────┘
//   Subscriber (another) ────────────────────────────┘
//
// A topic exists while somebody subscribes to it. Subscriptions of a topic, and those of a
// subscriber, are listed in the order in which they were made; a SubscriptionSet finds the one of a
// given subscriber to a given topic.
//
// All of it lies in the server's SlabMemory, and the tables are HashTables: none grows all at once.
// A subscription takes 48 bytes, its topic 48 (a pattern 72) and the name, the tables 9 each.
#ifndef SOLOKV_KV_PUBSUB_TOPIC_H_
#define SOLOKV_KV_PUBSUB_TOPIC_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kv/base/hash.h"
#include "kv/base/slab_memory.h"
#include "kv/ds/hash_table.h"
#include "kv/ds/linked_list.h"
#include "kv/pubsub/push_target.h"

namespace kv {

// The size of a block of pointers and then `bytes` in all: SlabMemory aligns multiples of 8 so.
constexpr size_t AlignedSize(size_t bytes) {
  return (bytes + alignof(void*) - 1) / alignof(void*) * alignof(void*);
}

struct Subscription;
struct PatternGroup;

struct Topic;

struct Subscription {
  Topic* topic;
  Subscriber* subscriber;
  Links<Subscription> of_topic;
  Links<Subscription> of_subscriber;
};

// A channel or pattern; its name is behind it in memory. The members that tell patterns from the
// others are at the end, and only patterns have them.
struct Topic {
  // Allocates a topic of this name, without subscriptions.
  static Topic* Create(SlabMemory& memory, TopicKind kind, std::string_view name, uint64_t hash);
  static void Destroy(SlabMemory& memory, Topic* topic);
  static size_t SizeFor(TopicKind kind, size_t name_size);
  std::string_view name() const;

  uint64_t hash;  // of the name
  LinkedList<Subscription, &Subscription::of_topic> subscriptions;
  size_t count;  // of the subscriptions
  uint64_t name_size : 62;
  uint64_t kind : 2;
};

// A topic of the kind kPattern.
struct Pattern : Topic {
  PatternGroup* group;
  Links<Pattern> of_group;
};

// A client with subscriptions.
struct Subscriber {
  Client* client;      // null once it is gone
  PushTarget* target;  // null once it is gone
  uint64_t id;
  std::array<LinkedList<Subscription, &Subscription::of_subscriber>, kTopicKinds> subscriptions;
  Links<Subscriber> of_gone;
};

struct TopicTraits {
  using Element = Topic;
  using Key = std::string_view;
  static constexpr size_t kLookupBytes = sizeof(Topic) + 16;
  uint64_t Hash(const Topic& topic) const { return topic.hash; }
  bool Equal(const Topic& topic, std::string_view name) const { return topic.name() == name; }
};
using TopicTable = HashTable<TopicTraits>;

struct SubscriptionTraits {
  struct Key {
    const Topic* topic;
    const Subscriber* subscriber;
  };
  using Element = Subscription;
  static constexpr size_t kLookupBytes = 2 * sizeof(void*);

  // The topic's hash is secret, so that this one is, too.
  static uint64_t HashOf(const Topic& topic, const Subscriber& subscriber) {
    constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;
    const uint64_t mixed = (topic.hash ^ (subscriber.id * kMultiplier)) * kMultiplier;
    return mixed ^ (mixed >> 32);
  }
  uint64_t Hash(const Subscription& subscription) const {
    return HashOf(*subscription.topic, *subscription.subscriber);
  }
  bool Equal(const Subscription& subscription, Key key) const {
    return subscription.topic == key.topic && subscription.subscriber == key.subscriber;
  }
};
using SubscriptionSet = HashTable<SubscriptionTraits>;

}  // namespace kv

#endif  // SOLOKV_KV_PUBSUB_TOPIC_H_
