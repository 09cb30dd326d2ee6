#include "kv/pubsub/pubsub_commands.h"

#include "kv/base/glob.h"
#include "kv/command/help.h"
#include "kv/pubsub/pubsub.h"

namespace kv {
namespace {

// The words that confirm a change of subscriptions.
struct Words {
  std::string_view subscribed;
  std::string_view unsubscribed;
};

Words WordsOf(TopicKind kind) {
  switch (kind) {
    case TopicKind::kChannel:
      return {"subscribe", "unsubscribe"};
    case TopicKind::kPattern:
      return {"psubscribe", "punsubscribe"};
    case TopicKind::kShardChannel:
      return {"ssubscribe", "sunsubscribe"};
  }
  return {};
}

// Confirmations are sent as messages are: to a client that turned replies off, too.
resp::ReplyWriter ConfirmationWriter(Context& context) {
  const bool discarded = context.client.Is(kClientReplyOff | kClientReplySkip);
  return {discarded ? &context.client.output : context.reply.buffer(), context.reply.version()};
}

// How many subscriptions of the kind `kind` a confirmation tells: shard channels count apart.
int64_t ToldCount(const SubscriptionCounts& counts, TopicKind kind) {
  const size_t count = kind == TopicKind::kShardChannel
                           ? counts[kind]
                           : counts[TopicKind::kChannel] + counts[TopicKind::kPattern];
  return static_cast<int64_t>(count);
}

void BeginConfirmation(resp::ReplyWriter& reply, std::string_view word) {
  reply.Push(3);
  reply.Bulk(word);
}

void Confirm(Context& context, TopicKind kind, std::string_view word, std::string_view name) {
  resp::ReplyWriter reply = ConfirmationWriter(context);
  BeginConfirmation(reply, word);
  reply.Bulk(name);
  reply.Integer(ToldCount(context.Owner<PubSub>().CountsOf(context.client), kind));
}

void ConfirmNothing(Context& context, TopicKind kind) {
  resp::ReplyWriter reply = ConfirmationWriter(context);
  BeginConfirmation(reply, WordsOf(kind).unsubscribed);
  reply.NullBulk();
  reply.Integer(ToldCount(context.Owner<PubSub>().CountsOf(context.client), kind));
}

void Subscribe(Context& context, TopicKind kind) {
  for (const std::string_view name : context.args.subspan(1)) {
    context.Owner<PubSub>().Subscribe(context.client, kind, name);
    Confirm(context, kind, WordsOf(kind).subscribed, name);
  }
}

void Unsubscribe(Context& context, TopicKind kind) {
  PubSub& pubsub = context.Owner<PubSub>();
  const std::string_view word = WordsOf(kind).unsubscribed;
  for (const std::string_view name : context.args.subspan(1)) {
    pubsub.Unsubscribe(context.client, kind, name);
    Confirm(context, kind, word, name);
  }
  if (context.args.size() > 1) return;
  if (pubsub.CountsOf(context.client)[kind] == 0) return ConfirmNothing(context, kind);
  pubsub.UnsubscribeAll(context.client, kind,
                        [&](std::string_view name) { Confirm(context, kind, word, name); });
}

void ReplyTopics(Context& context, TopicKind kind) {
  if (context.args.size() > 3) return FailSubcommandArity(context);
  const std::string_view pattern = context.args.size() == 3 ? context.args[2] : "*";
  const auto deferred = context.reply.BeginDeferred();
  size_t count = 0;
  context.Owner<PubSub>().ForEachTopic(kind, [&](std::string_view name) {
    if (!GlobMatch(pattern, name)) return;
    context.reply.Bulk(name);
    ++count;
  });
  context.reply.EndDeferredArray(deferred, count);
}

void ReplySubscribers(Context& context, TopicKind kind) {
  const ArgSpan names = context.args.subspan(2);
  context.reply.Array(2 * names.size());
  for (const std::string_view name : names) {
    context.reply.Bulk(name);
    context.reply.Integer(static_cast<int64_t>(context.Owner<PubSub>().SubscribersOf(kind, name)));
  }
}

void Publish(Context& context, TopicKind kind) {
  const size_t receivers = context.Owner<PubSub>().Publish(kind, context.args[1], context.args[2]);
  context.reply.Integer(static_cast<int64_t>(receivers));
}

}  // namespace

void SubscribeCommand(Context& context) {
  Subscribe(context, TopicKind::kChannel);
}

void PsubscribeCommand(Context& context) {
  Subscribe(context, TopicKind::kPattern);
}

void SsubscribeCommand(Context& context) {
  Subscribe(context, TopicKind::kShardChannel);
}

void UnsubscribeCommand(Context& context) {
  Unsubscribe(context, TopicKind::kChannel);
}

void PunsubscribeCommand(Context& context) {
  Unsubscribe(context, TopicKind::kPattern);
}

void SunsubscribeCommand(Context& context) {
  Unsubscribe(context, TopicKind::kShardChannel);
}

void PublishCommand(Context& context) {
  Publish(context, TopicKind::kChannel);
}

void SpublishCommand(Context& context) {
  Publish(context, TopicKind::kShardChannel);
}

void PubsubChannelsCommand(Context& context) {
  ReplyTopics(context, TopicKind::kChannel);
}

void PubsubShardchannelsCommand(Context& context) {
  ReplyTopics(context, TopicKind::kShardChannel);
}

void PubsubNumsubCommand(Context& context) {
  ReplySubscribers(context, TopicKind::kChannel);
}

void PubsubShardnumsubCommand(Context& context) {
  ReplySubscribers(context, TopicKind::kShardChannel);
}

void PubsubNumpatCommand(Context& context) {
  context.reply.Integer(static_cast<int64_t>(context.Owner<PubSub>().topics(TopicKind::kPattern)));
}

void PubsubHelpCommand(Context& context) {
  ReplyHelp(context);
}

}  // namespace kv
