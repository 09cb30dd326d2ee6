#include "kv/store/store.h"

#include <algorithm>

namespace kv {

Store::Store(int databases, HashKey hash_key, int64_t now) {
  context_.hash_key = hash_key;
  context_.birth = now;
  context_.SetNow(now);
  for (int index = 0; index < databases; ++index) {
    databases_.push_back(std::make_unique<Database>(context_, reclaimer_, index));
  }
}

size_t Store::keys() const {
  size_t keys = 0;
  for (const auto& database : databases_) keys += database->size();
  return keys;
}

void Store::ResetStats() {
  context_.stats = {};
  context_.expiry_lag.Reset();
  reclaimer_.ResetStats();
}

int64_t Store::NextDeadline() const {
  int64_t next = INT64_MAX;
  if (!active_expire_ || context_.expiry != ExpiryPolicy::kDelete) return next;
  for (const auto& database : databases_) next = std::min(next, database->NextDeadline());
  return next;
}

size_t Store::RebuildDeadlineIndexes(size_t budget) {
  size_t done = 0;
  for (const auto& database : databases_) {
    done += database->RebuildDeadlineIndex(budget - std::min(done, budget));
  }
  return done;
}

size_t Store::ExpireDue(size_t budget) {
  size_t done = 0;
  if (!active_expire_) return done;
  for (size_t turn = 0; turn < databases_.size() && done < budget; ++turn) {
    done += databases_[expiry_turn_]->ExpireDue(budget - done);
    if (done < budget) expiry_turn_ = (expiry_turn_ + 1) % databases_.size();
  }
  return done;
}

}  // namespace kv
