// DeliveryQueue: connections that were pushed messages, in the order in which they send them.
//
// A message to a thousand subscribers is a thousand system calls. A tick makes a share of them, so
// that nobody else waits for all; and whoever publishes meanwhile adds to the output of those whose
// turn is still to come, which then leaves in one call:
//
//     tick 1: m1 published       tick 2: m2 published       tick 3: m3 published
//     ┌────┬────┬────┬────┐      ┌────┬────┬────┬────┐      ┌────┬────┬────┬────┐
//     │ m1 │    │    │    │      │    │ m1 │    │    │      │    │    │ m1 │    │
//     └────┴────┴────┴────┘      │    │ m2 │    │    │      │    │    │ m2 │    │
//       subscribers              └────┴────┴────┴────┘      │    │    │ m3 │    │
//                                                           └────┴────┴────┴────┘
//
// The share is a part of the queue, and at least kLeast: a message leaves within kParts ticks,
// however many it goes to, and the messages of no more ticks than that gather.
#ifndef SOLOKV_KV_SERVER_DELIVERY_QUEUE_H_
#define SOLOKV_KV_SERVER_DELIVERY_QUEUE_H_

#include <cstddef>
#include <deque>

#include "kv/server/connection.h"

namespace kv {

class DeliveryQueue {
 public:
  // The connection joins at the end, unless it waits already.
  void Add(Connection& connection);
  // Forgets a connection that is about to be destroyed.
  void Forget(Connection& connection);
  bool empty() const { return waiting_.empty(); }

  void FlushShare();
  void FlushAll() { Flush(waiting_.size()); }

 private:
  static constexpr size_t kParts = 4;
  static constexpr size_t kLeast = 128;

  void Flush(size_t count);

  std::deque<Connection*> waiting_;
  size_t share_ = 0;  // what a tick sends: it grows only, until all was sent
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_DELIVERY_QUEUE_H_
