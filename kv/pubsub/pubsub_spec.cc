// The commands of publishing and subscribing, as data. Handlers: pubsub_commands.cc.
#include "kv/pubsub/pubsub_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr uint64_t kSubscribing = kPubsub | kNoScript | kLoading | kStale | kWhileSubscribed;
constexpr uint64_t kPublishing = kPubsub | kLoading | kStale | kFast | kMayReplicate;
constexpr uint64_t kInquiring = kPubsub | kLoading | kStale;

constexpr KeySpec kShardChannels[] = {KeySpec::Range(kKeyNotKey, 1, -1)};
constexpr KeySpec kShardChannel[] = {KeySpec::Range(kKeyNotKey, 1)};

constexpr Argument kChannelArguments[] = {{.name = "channel", .flags = kMultiple}};
constexpr Argument kOptionalChannels[] = {{.name = "channel", .flags = kOptional | kMultiple}};
constexpr Argument kOnePattern[] = {{.name = "pattern", .type = kPattern}};
constexpr Argument kPatternArguments[] = {
    {.name = "pattern", .type = kBlock, .flags = kMultiple, .children = kOnePattern}};
constexpr Argument kOptionalPatterns[] = {
    {.name = "pattern", .type = kPattern, .flags = kOptional | kMultiple}};
constexpr Argument kOptionalPattern[] = {{.name = "pattern", .type = kPattern, .flags = kOptional}};
constexpr Argument kShardArguments[] = {{.name = "shardchannel", .flags = kMultiple}};
constexpr Argument kOptionalShards[] = {{.name = "shardchannel", .flags = kOptional | kMultiple}};
constexpr Argument kPublishArguments[] = {{.name = "channel"}, {.name = "message"}};
constexpr Argument kSpublishArguments[] = {{.name = "shardchannel"}, {.name = "message"}};

constexpr CommandSpec kPubsubSubcommands[] = {
    {.name = "channels",
     .handler = PubsubChannelsCommand,
     .arity = -2,
     .flags = kInquiring,
     .group = CommandGroup::kPubsub,
     .since = "2.8.0",
     .complexity = "O(N) in the number of channels that have subscribers.",
     .summary = "Lists the channels that have subscribers.",
     .arguments = kOptionalPattern},
    {.name = "help",
     .handler = PubsubHelpCommand,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = CommandGroup::kPubsub,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Prints this text."},
    {.name = "numpat",
     .handler = PubsubNumpatCommand,
     .arity = 2,
     .flags = kInquiring,
     .group = CommandGroup::kPubsub,
     .since = "2.8.0",
     .complexity = "O(1)",
     .summary = "Returns how many different patterns have subscribers."},
    {.name = "numsub",
     .handler = PubsubNumsubCommand,
     .arity = -2,
     .flags = kInquiring,
     .group = CommandGroup::kPubsub,
     .since = "2.8.0",
     .complexity = "O(N) in the number of channels asked for.",
     .summary = "Returns how many clients subscribe to each channel, patterns aside.",
     .arguments = kOptionalChannels},
    {.name = "shardchannels",
     .handler = PubsubShardchannelsCommand,
     .arity = -2,
     .flags = kInquiring,
     .group = CommandGroup::kPubsub,
     .since = "7.0.0",
     .complexity = "O(N) in the number of shard channels that have subscribers.",
     .summary = "Lists the shard channels that have subscribers.",
     .arguments = kOptionalPattern},
    {.name = "shardnumsub",
     .handler = PubsubShardnumsubCommand,
     .arity = -2,
     .flags = kInquiring,
     .group = CommandGroup::kPubsub,
     .since = "7.0.0",
     .complexity = "O(N) in the number of shard channels asked for.",
     .summary = "Returns how many clients subscribe to each shard channel.",
     .arguments = kOptionalShards},
};

constexpr CommandSpec kCommands[] = {
    {.name = "subscribe",
     .handler = SubscribeCommand,
     .arity = -2,
     .flags = kSubscribing,
     .group = CommandGroup::kPubsub,
     .since = "2.0.0",
     .complexity = "O(N) in the number of channels.",
     .summary = "Has the messages to some channels sent to this client.",
     .arguments = kChannelArguments,
     .channels = ChannelUse::kSubscribe},
    {.name = "psubscribe",
     .handler = PsubscribeCommand,
     .arity = -2,
     .flags = kSubscribing,
     .group = CommandGroup::kPubsub,
     .since = "2.0.0",
     .complexity = "O(N) in the number of patterns.",
     .summary = "Has the messages to channels that match some patterns sent to this client.",
     .arguments = kPatternArguments,
     .channels = ChannelUse::kSubscribePatterns},
    {.name = "ssubscribe",
     .handler = SsubscribeCommand,
     .arity = -2,
     .flags = kSubscribing,
     .group = CommandGroup::kPubsub,
     .since = "7.0.0",
     .complexity = "O(N) in the number of shard channels.",
     .summary = "Has the messages to some shard channels sent to this client.",
     .keys = kShardChannels,
     .arguments = kShardArguments,
     .channels = ChannelUse::kSubscribe},
    {.name = "unsubscribe",
     .handler = UnsubscribeCommand,
     .arity = -1,
     .flags = kSubscribing,
     .group = CommandGroup::kPubsub,
     .since = "2.0.0",
     .complexity = "O(N) in the number of channels.",
     .summary = "Ends subscriptions to some channels, or to all.",
     .arguments = kOptionalChannels},
    {.name = "punsubscribe",
     .handler = PunsubscribeCommand,
     .arity = -1,
     .flags = kSubscribing,
     .group = CommandGroup::kPubsub,
     .since = "2.0.0",
     .complexity = "O(N) in the number of patterns.",
     .summary = "Ends subscriptions to some patterns, or to all.",
     .arguments = kOptionalPatterns},
    {.name = "sunsubscribe",
     .handler = SunsubscribeCommand,
     .arity = -1,
     .flags = kSubscribing,
     .group = CommandGroup::kPubsub,
     .since = "7.0.0",
     .complexity = "O(N) in the number of shard channels.",
     .summary = "Ends subscriptions to some shard channels, or to all.",
     .keys = kShardChannels,
     .arguments = kOptionalShards},
    {.name = "publish",
     .handler = PublishCommand,
     .arity = 3,
     .flags = kPublishing,
     .group = CommandGroup::kPubsub,
     .since = "2.0.0",
     .complexity = "O(N+M) in the number of receivers, and of the patterns whose literal start the "
                   "channel shares.",
     .summary = "Sends a message to all who subscribe to a channel.",
     .arguments = kPublishArguments,
     .channels = ChannelUse::kPublish},
    {.name = "spublish",
     .handler = SpublishCommand,
     .arity = 3,
     .flags = kPublishing,
     .group = CommandGroup::kPubsub,
     .since = "7.0.0",
     .complexity = "O(N) in the number of receivers.",
     .summary = "Sends a message to all who subscribe to a shard channel.",
     .keys = kShardChannel,
     .arguments = kSpublishArguments,
     .channels = ChannelUse::kPublish},
    {.name = "pubsub",
     .arity = -2,
     .group = CommandGroup::kPubsub,
     .since = "2.8.0",
     .complexity = "Depends on the subcommand.",
     .summary = "A container for commands about channels and their subscribers.",
     .subcommands = kPubsubSubcommands},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> PubSubCommandSpecs() {
  return kCommands;
}

}  // namespace kv
