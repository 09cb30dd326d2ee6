#include "kv/server/delivery_queue.h"

#include <algorithm>
#include <utility>

namespace kv {

void DeliveryQueue::Add(Connection& connection) {
  if (!std::exchange(connection.delivering, true)) waiting_.push_back(&connection);
}

void DeliveryQueue::Forget(Connection& connection) {
  if (connection.delivering) std::erase(waiting_, &connection);
}

void DeliveryQueue::FlushShare() {
  if (waiting_.empty()) return;
  share_ = std::max({kLeast, share_, waiting_.size() / kParts});
  Flush(share_);
}

void DeliveryQueue::Flush(size_t count) {
  for (count = std::min(count, waiting_.size()); count > 0; --count) {
    Connection& connection = *waiting_.front();
    waiting_.pop_front();
    connection.delivering = false;
    if (!connection.closing() && !connection.client.output.empty()) connection.Flush();
  }
  if (waiting_.empty()) share_ = 0;
}

}  // namespace kv
