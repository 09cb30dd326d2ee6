// PubSub: channels, patterns and shard channels of one server, who subscribes to them, and the
// delivery of messages.
//
// A message is encoded once for each version of the protocol, when the first receiver that speaks
// it is met, and then shared by all of them (MessageBlocks). Delivery appends a reference to the
// output of each receiver; nothing is sent before the end of the tick. Channels are found by hash,
// matching patterns by their prefixes (PatternIndex).
//
// What a client gets is in the order of the publications. Who subscribes to the channel gets a
// message first, then who subscribes to matching patterns; who does both gets it both times.
//
// A client that goes gets nothing from that moment on. If it had many subscriptions, they are freed
// in slices, and count until then.
//
// Cost: Subscribe and Unsubscribe are O(1), for patterns in their length. Publish is linear in the
// receivers, besides PatternIndex::ForEachMatch. Without any subscription it is a lookup.
#ifndef SOLOKV_KV_PUBSUB_PUBSUB_H_
#define SOLOKV_KV_PUBSUB_PUBSUB_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kv/base/hash.h"
#include "kv/base/slab_memory.h"
#include "kv/command/client.h"
#include "kv/pubsub/message_blocks.h"
#include "kv/pubsub/pattern_index.h"
#include "kv/pubsub/push_target.h"
#include "kv/pubsub/topic.h"

namespace kv {

class PubSub {
 public:
  // `memory` and `targets` must outlive the object.
  PubSub(SlabMemory& memory, const HashKey& key, PushTargets& targets);
  // Precondition: Forget was called for all clients.
  ~PubSub();
  PubSub(const PubSub&) = delete;
  PubSub& operator=(const PubSub&) = delete;

  // Returns false if the client subscribes to it already.
  bool Subscribe(Client& client, TopicKind kind, std::string_view name);
  // Returns false if the client does not subscribe to it.
  bool Unsubscribe(Client& client, TopicKind kind, std::string_view name);
  // Ends all subscriptions of this kind; after each, visit(name) is called.
  template <class Visitor>
  void UnsubscribeAll(Client& client, TopicKind kind, Visitor visit);
  // The client is gone, or starts anew: ends all its subscriptions. `target` is its target.
  void Forget(PushTarget& target);
  // The client's version of the protocol or its subscriptions changed: tells its gate.
  void UpdateGate(Client& client);

  // Delivers `message` to all who listen to `channel`, by patterns too unless it is a shard
  // channel. Returns how often it was delivered.
  size_t Publish(TopicKind kind, std::string_view channel, std::string_view message);
  // False if Publish has nobody to deliver to.
  bool has_listeners() const { return !subscriptions_.empty(); }

  SubscriptionCounts CountsOf(const Client& client) const {
    return targets_.TargetOf(client).subscriptions;
  }
  // Calls visit(name) for each subscription of this kind; it may change nothing.
  template <class Visitor>
  void ForEachSubscription(const Client& client, TopicKind kind, Visitor visit) const;
  // How many clients subscribe to this.
  size_t SubscribersOf(TopicKind kind, std::string_view name) const;
  // Topics of a kind, while anybody subscribes to them.
  size_t topics(TopicKind kind) const { return topics_[static_cast<size_t>(kind)].size(); }
  // Calls visit(name) for each.
  template <class Visitor>
  void ForEachTopic(TopicKind kind, Visitor visit) const;
  // Clients with subscriptions.
  size_t subscribers() const { return subscribers_; }

  // Frees up to `units` of the subscriptions that clients left behind; returns how many.
  size_t Step(size_t units);
  bool has_work() const { return !gone_.empty(); }

 private:
  // A message on its way, in the encodings that were needed so far.
  class Message;

  static constexpr size_t kVersions = 2;
  // Subscriptions of a gone client that are freed at once.
  static constexpr size_t kFreedAtOnce = 512;

  TopicTable& table(TopicKind kind) { return topics_[static_cast<size_t>(kind)]; }
  const TopicTable& table(TopicKind kind) const { return topics_[static_cast<size_t>(kind)]; }
  Subscriber& SubscriberOf(Client& client);
  Topic* AddTopic(TopicKind kind, std::string_view name, uint64_t hash);
  void RemoveTopic(Topic* topic);
  void End(Subscription* subscription);
  void EndIfIdle(Client& client);
  size_t StepOf(Subscriber& subscriber, size_t units);
  static size_t BytesOf(const Topic& topic);
  size_t Deliver(const Topic& topic, Message& message);
  MessageBlocks::Text Encode(const Topic& topic, Message& message, resp::Version version);

  SlabMemory& memory_;
  const HashKey key_;
  PushTargets& targets_;
  std::array<TopicTable, kTopicKinds> topics_;
  PatternIndex patterns_;
  SubscriptionSet subscriptions_;
  size_t subscribers_ = 0;
  LinkedList<Subscriber, &Subscriber::of_gone> gone_;

  resp::ChunkPool pool_{1};
  resp::ReplyBuffer encoded_{&pool_};
  std::array<MessageBlocks, kVersions> blocks_;
  MessageBlocks large_;
};

template <class Visitor>
void PubSub::UnsubscribeAll(Client& client, TopicKind kind, Visitor visit) {
  Subscriber* const subscriber = targets_.TargetOf(client).subscriber;
  if (subscriber == nullptr) return;
  auto& list = subscriber->subscriptions[static_cast<size_t>(kind)];
  while (Subscription* const subscription = list.front()) {
    const std::string name(subscription->topic->name());
    End(subscription);
    visit(std::string_view(name));
  }
  EndIfIdle(client);
}

template <class Visitor>
void PubSub::ForEachSubscription(const Client& client, TopicKind kind, Visitor visit) const {
  const Subscriber* const subscriber = targets_.TargetOf(client).subscriber;
  if (subscriber == nullptr) return;
  const auto& list = subscriber->subscriptions[static_cast<size_t>(kind)];
  for (const Subscription* subscription = list.front(); subscription != nullptr;
       subscription = list.Next(subscription)) {
    visit(subscription->topic->name());
  }
}

template <class Visitor>
void PubSub::ForEachTopic(TopicKind kind, Visitor visit) const {
  table(kind).ForEach([&](const Topic* topic) { visit(topic->name()); });
}

}  // namespace kv

#endif  // SOLOKV_KV_PUBSUB_PUBSUB_H_
