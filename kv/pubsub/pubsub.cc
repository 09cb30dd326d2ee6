#include "kv/pubsub/pubsub.h"

#include <cassert>
#include <new>

#include "absl/strings/str_cat.h"
#include "protocol/reply_writer.h"

namespace kv {
namespace {

// Longer messages are not copied into the encoding of each version and pattern.
constexpr size_t kMaxCopiedMessage = 2048;

// What an entry of a table takes, about.
constexpr size_t kTableBytes = 9;

std::string_view WordOf(TopicKind kind) {
  switch (kind) {
    case TopicKind::kChannel:
      return "message";
    case TopicKind::kPattern:
      return "pmessage";
    case TopicKind::kShardChannel:
      return "smessage";
  }
  return {};
}

size_t IndexOf(resp::Version version) {
  return version == resp::Version::kResp3 ? 1 : 0;
}

bool TakesMessages(const Client& client) {
  return !client.Is(kClientCloseAfterReply | kClientCloseNow);
}

}  // namespace

class PubSub::Message {
 public:
  Message(std::string_view channel, std::string_view text) : channel(channel), text(text) {}

  bool is_large() const { return text.size() > kMaxCopiedMessage; }

  const std::string_view channel;
  const std::string_view text;
  MessageBlocks::Text large_text;  // the text with its line end, if it is large
};

PubSub::PubSub(SlabMemory& memory, const HashKey& key, PushTargets& targets)
    : memory_(memory),
      key_(key),
      targets_(targets),
      topics_{TopicTable(memory), TopicTable(memory), TopicTable(memory)},
      patterns_(memory, key),
      subscriptions_(memory),
      blocks_{MessageBlocks(memory), MessageBlocks(memory)},
      large_(memory) {}

PubSub::~PubSub() {
  while (Step(SIZE_MAX) > 0) {
  }
  assert(!has_listeners());
}

// --- subscriptions ---

Subscriber& PubSub::SubscriberOf(Client& client) {
  PushTarget& target = targets_.TargetOf(client);
  if (target.subscriber == nullptr) {
    target.subscriber = new (memory_.Allocate(sizeof(Subscriber))) Subscriber{
        .client = &client, .target = &target, .id = client.id, .subscriptions = {}, .of_gone = {}};
    target.subscriptions.bytes = sizeof(Subscriber);
    ++subscribers_;
  }
  return *target.subscriber;
}

Topic* PubSub::AddTopic(TopicKind kind, std::string_view name, uint64_t hash) {
  Topic* const topic = Topic::Create(memory_, kind, name, hash);
  table(kind).Insert(topic, hash);
  if (kind == TopicKind::kPattern) patterns_.Add(static_cast<Pattern*>(topic));
  return topic;
}

void PubSub::RemoveTopic(Topic* topic) {
  const auto kind = static_cast<TopicKind>(topic->kind);
  if (kind == TopicKind::kPattern) patterns_.Remove(static_cast<Pattern*>(topic));
  table(kind).Erase(table(kind).Locate(topic->name(), topic->hash), topic->hash);
  Topic::Destroy(memory_, topic);
}

// What a subscription takes if nobody else subscribes to the topic.
size_t PubSub::BytesOf(const Topic& topic) {
  return sizeof(Subscription) + 2 * kTableBytes +
         Topic::SizeFor(static_cast<TopicKind>(topic.kind), topic.name_size);
}

bool PubSub::Subscribe(Client& client, TopicKind kind, std::string_view name) {
  Subscriber& subscriber = SubscriberOf(client);
  const uint64_t name_hash = Hash(name, key_);
  Topic* topic = table(kind).Find(name, name_hash);
  if (topic == nullptr) topic = AddTopic(kind, name, name_hash);
  const uint64_t hash = SubscriptionTraits::HashOf(*topic, subscriber);
  if (subscriptions_.Find({topic, &subscriber}, hash) != nullptr) return false;

  auto* const subscription = new (memory_.Allocate(sizeof(Subscription)))
      Subscription{.topic = topic, .subscriber = &subscriber, .of_topic = {}, .of_subscriber = {}};
  subscriptions_.Insert(subscription, hash);
  topic->subscriptions.PushBack(subscription);
  ++topic->count;
  subscriber.subscriptions[static_cast<size_t>(kind)].PushBack(subscription);
  SubscriptionCounts& counts = subscriber.target->subscriptions;
  ++counts[kind];
  counts.bytes += BytesOf(*topic);
  UpdateGate(client);
  return true;
}

bool PubSub::Unsubscribe(Client& client, TopicKind kind, std::string_view name) {
  Subscriber* const subscriber = targets_.TargetOf(client).subscriber;
  if (subscriber == nullptr) return false;
  Topic* const topic = table(kind).Find(name, Hash(name, key_));
  if (topic == nullptr) return false;
  Subscription* const subscription =
      subscriptions_.Find({topic, subscriber}, SubscriptionTraits::HashOf(*topic, *subscriber));
  if (subscription == nullptr) return false;
  End(subscription);
  EndIfIdle(client);
  return true;
}

// Frees the subscription, and its topic if it was the last.
void PubSub::End(Subscription* subscription) {
  Topic* const topic = subscription->topic;
  Subscriber& subscriber = *subscription->subscriber;
  const uint64_t hash = SubscriptionTraits::HashOf(*topic, subscriber);
  subscriptions_.Erase(subscriptions_.Locate({topic, &subscriber}, hash), hash);
  topic->subscriptions.Remove(subscription);
  subscriber.subscriptions[topic->kind].Remove(subscription);
  --topic->count;
  if (subscriber.target != nullptr) {
    SubscriptionCounts& counts = subscriber.target->subscriptions;
    --counts.of_kind[topic->kind];
    counts.bytes -= BytesOf(*topic);
  }
  memory_.Free(subscription, sizeof(Subscription));
  if (topic->subscriptions.empty()) RemoveTopic(topic);
}

// Drops the record of a client without subscriptions.
void PubSub::EndIfIdle(Client& client) {
  PushTarget& target = targets_.TargetOf(client);
  if (target.subscriptions.total() == 0) Forget(target);
}

void PubSub::Forget(PushTarget& target) {
  Subscriber* const subscriber = target.subscriber;
  if (subscriber == nullptr) return;
  Client& client = *subscriber->client;
  target.subscriber = nullptr;
  target.subscriptions = {};
  subscriber->client = nullptr;
  subscriber->target = nullptr;
  --subscribers_;
  client.SetGate(kGateSubscribed, false);
  gone_.PushBack(subscriber);
  Step(kFreedAtOnce);
}

size_t PubSub::Step(size_t units) {
  size_t freed = 0;
  while (freed < units && !gone_.empty()) {
    Subscriber* const subscriber = gone_.front();
    freed += StepOf(*subscriber, units - freed);
    if (freed == units) break;
    gone_.Remove(subscriber);
    memory_.Free(subscriber, sizeof(Subscriber));
  }
  return freed;
}

// Frees up to `units` subscriptions; fewer if there are no more.
size_t PubSub::StepOf(Subscriber& subscriber, size_t units) {
  size_t freed = 0;
  for (auto& list : subscriber.subscriptions) {
    for (; freed < units && !list.empty(); ++freed) End(list.front());
  }
  return freed;
}

void PubSub::UpdateGate(Client& client) {
  const bool subscribed = targets_.TargetOf(client).subscriptions.total() > 0;
  client.SetGate(kGateSubscribed, subscribed && client.protocol == resp::Version::kResp2);
}

size_t PubSub::SubscribersOf(TopicKind kind, std::string_view name) const {
  const Topic* const topic = table(kind).Find(name, Hash(name, key_));
  return topic == nullptr ? 0 : topic->count;
}

// --- messages ---

size_t PubSub::Publish(TopicKind kind, std::string_view channel, std::string_view message) {
  if (!has_listeners()) return 0;
  Message sent(channel, message);
  size_t receivers = 0;
  const Topic* const topic = table(kind).Find(channel, Hash(channel, key_));
  if (topic != nullptr) receivers += Deliver(*topic, sent);
  if (kind == TopicKind::kChannel) {
    patterns_.ForEachMatch(channel,
                           [&](const Pattern& pattern) { receivers += Deliver(pattern, sent); });
  }
  large_.Drop();
  return receivers;
}

size_t PubSub::Deliver(const Topic& topic, Message& message) {
  std::array<MessageBlocks::Text, kVersions> texts;
  size_t receivers = 0;
  for (const Subscription* subscription = topic.subscriptions.front(); subscription != nullptr;
       subscription = topic.subscriptions.Next(subscription)) {
    const Subscriber& subscriber = *subscription->subscriber;
    if (subscriber.client == nullptr || !TakesMessages(*subscriber.client)) continue;
    const resp::Version version = subscriber.client->protocol;
    MessageBlocks::Text& text = texts[IndexOf(version)];
    if (text.empty()) text = Encode(topic, message, version);
    resp::ReplyBuffer& output = subscriber.target->PushBuffer(PushOrder::kInTurn);
    text.AppendTo(output);
    if (message.is_large()) message.large_text.AppendTo(output);
    ++receivers;
  }
  return receivers;
}

// All that goes to receivers who speak `version`, but for a large text, which all share.
MessageBlocks::Text PubSub::Encode(const Topic& topic, Message& message, resp::Version version) {
  const auto kind = static_cast<TopicKind>(topic.kind);
  const bool by_pattern = kind == TopicKind::kPattern;
  if (message.is_large() && message.large_text.empty()) {
    encoded_.AppendPinned({.data = message.text.data(), .size = message.text.size()});
    encoded_.Append("\r\n");
    message.large_text = large_.Append(encoded_);
  }
  resp::ReplyWriter writer(&encoded_, version);
  writer.Push(by_pattern ? 4 : 3);
  writer.Bulk(WordOf(kind));
  if (by_pattern) writer.Bulk(topic.name());
  writer.Bulk(message.channel);
  if (message.is_large()) {
    encoded_.Append(absl::StrCat("$", message.text.size(), "\r\n"));
  } else {
    writer.Bulk(message.text);
  }
  return blocks_[IndexOf(version)].Append(encoded_);
}

}  // namespace kv
