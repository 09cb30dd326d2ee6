// PushTarget: a client's connection as seen by whoever sends it what it did not ask for. Declared
// here, implemented by the server's connections.
#ifndef SOLOKV_KV_PUBSUB_PUSH_TARGET_H_
#define SOLOKV_KV_PUBSUB_PUSH_TARGET_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "kv/command/client.h"
#include "protocol/reply_buffer.h"
#include "protocol/reply_writer.h"

namespace kv {

// What can be subscribed to.
enum class TopicKind : uint8_t { kChannel, kPattern, kShardChannel };
inline constexpr size_t kTopicKinds = 3;

// The subscriptions of one client.
struct SubscriptionCounts {
  std::array<size_t, kTopicKinds> of_kind{};
  size_t bytes = 0;  // of memory they take

  size_t operator[](TopicKind kind) const { return of_kind[static_cast<size_t>(kind)]; }
  size_t& operator[](TopicKind kind) { return of_kind[static_cast<size_t>(kind)]; }
  size_t total() const { return of_kind[0] + of_kind[1] + of_kind[2]; }
};

// When what is pushed leaves.
enum class PushOrder : uint8_t {
  kBeforeReplies,  // in this tick, before the replies: who gets one may count on it
  kInTurn,         // behind the replies, after what was pushed to others before
};

struct Subscriber;
struct TrackingState;

class PushTarget {
 public:
  virtual ~PushTarget() = default;
  // The buffer that takes what is sent to the client now. While a request of the client itself
  // runs, the reply comes first, whole.
  virtual resp::ReplyBuffer& PushBuffer(PushOrder order) = 0;
  virtual uint64_t client_id() const = 0;
  virtual resp::Version protocol() const = 0;

  // PubSub's own record of the client; null while it has no subscription.
  Subscriber* subscriber = nullptr;
  SubscriptionCounts subscriptions;

  // Of a client that tracks; Tracking's.
  TrackingState* tracking = nullptr;
  size_t tracking_bytes = 0;  // of memory its prefixes take
};

class PushTargets {
 public:
  virtual ~PushTargets() = default;
  // The target of a client whose request is running.
  virtual PushTarget& TargetOf(const Client& client) = 0;
  // The target of the client of this id; null if there is none.
  virtual PushTarget* FindTarget(uint64_t client_id) const = 0;
  // The id of the client whose request is running; 0 if the server acts by itself.
  virtual uint64_t RunningClient() const = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_PUBSUB_PUSH_TARGET_H_
