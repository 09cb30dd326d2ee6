#include "kv/server/output_watermark.h"

#include <cstdint>
#include <vector>

namespace kv {

void OutputWatermark::SetLog(const EffectLog* log) {
  const bool waits = log != nullptr && log->policy() == SyncPolicy::kAlways;
  log_ = waits ? log : nullptr;
}

void OutputWatermark::Hold(Connection& connection, size_t begin) {
  if (!active() || log_->appended_offset() == log_->durable_offset()) return;
  if (connection.client.output.size() == begin) return;
  if (!connection.holds_output()) held_.push_back(&connection);
  // A group becomes durable all at once, so the first mark in it stands for all.
  if (connection.last_hold() > log_->last_group_begin()) return;
  connection.HoldOutput(begin, log_->appended_offset());
}

void OutputWatermark::Release() {
  if (!active()) return;
  const uint64_t durable = log_->durable_offset();
  std::erase_if(held_, [durable](Connection* connection) {
    connection->ReleaseOutput(durable);
    if (!connection->closing()) connection->Flush();
    return !connection->holds_output();
  });
}

void OutputWatermark::CloseHeld() {
  for (Connection* connection : held_) connection->Close();
}

void OutputWatermark::Forget(Connection& connection) {
  if (connection.holds_output()) std::erase(held_, &connection);
}

}  // namespace kv
