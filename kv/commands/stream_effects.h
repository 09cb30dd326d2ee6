// How the commands on groups state what they did, so that it can be repeated.
#ifndef SOLOKV_KV_COMMANDS_STREAM_EFFECTS_H_
#define SOLOKV_KV_COMMANDS_STREAM_EFFECTS_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "kv/command/context.h"
#include "kv/types/stream.h"

namespace kv {

// The entries are pending for the consumer, since `delivery_time` and for the `delivery_count`-th
// time: XCLAIM ... FORCE JUSTID LASTID.
void StateClaimed(Context& context, std::string_view key, const StreamGroup& group,
                  const StreamConsumer& consumer, std::span<const StreamId> ids,
                  int64_t delivery_time, uint64_t delivery_count);

// How far the group has read: XGROUP SETID. `also` if this belongs to what was stated before.
void StateGroupId(Context& context, std::string_view key, const StreamGroup& group, bool also);

// The entries are pending no more: XACK.
void StateAcknowledged(Context& context, std::string_view key, const StreamGroup& group,
                       std::span<const StreamId> ids);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_STREAM_EFFECTS_H_
