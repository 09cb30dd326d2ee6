// The commands of publishing and subscribing.
#ifndef SOLOKV_KV_PUBSUB_PUBSUB_COMMANDS_H_
#define SOLOKV_KV_PUBSUB_PUBSUB_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

// To be registered with a PubSub as their owner.
std::span<const CommandSpec> PubSubCommandSpecs();

void PsubscribeCommand(Context& context);
void PublishCommand(Context& context);
void PubsubChannelsCommand(Context& context);
void PubsubHelpCommand(Context& context);
void PubsubNumpatCommand(Context& context);
void PubsubNumsubCommand(Context& context);
void PubsubShardchannelsCommand(Context& context);
void PubsubShardnumsubCommand(Context& context);
void PunsubscribeCommand(Context& context);
void SpublishCommand(Context& context);
void SsubscribeCommand(Context& context);
void SubscribeCommand(Context& context);
void SunsubscribeCommand(Context& context);
void UnsubscribeCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_PUBSUB_PUBSUB_COMMANDS_H_
