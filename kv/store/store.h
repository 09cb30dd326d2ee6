// Store: the numbered databases of one server, over one memory and one clock.
#ifndef SOLOKV_KV_STORE_STORE_H_
#define SOLOKV_KV_STORE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kv/base/hash.h"
#include "kv/store/database.h"
#include "kv/store/store_context.h"

namespace kv {

class Store {
 public:
  Store(int databases, HashKey hash_key, int64_t now);

  StoreContext& context() { return context_; }
  const StoreContext& context() const { return context_; }
  SlabMemory& memory() { return context_.memory; }
  const SlabMemory& memory() const { return context_.memory; }
  const StoreStats& stats() const { return context_.stats; }

  int size() const { return static_cast<int>(databases_.size()); }
  Database& database(int index) { return *databases_[static_cast<size_t>(index)]; }
  const Database& database(int index) const { return *databases_[static_cast<size_t>(index)]; }
  Reclaimer& reclaimer() { return reclaimer_; }
  const Reclaimer& reclaimer() const { return reclaimer_; }
  const LagHistogram& expiry_lag() const { return context_.expiry_lag; }
  void ResetStats();
  // Keys over all databases.
  size_t keys() const;

  // Fixes the wall time for the command that comes.
  void SetNow(int64_t now) { context_.SetNow(now); }
  int64_t now() const { return context_.now; }

  // Whether due keys are removed without being touched.
  void set_active_expire(bool active) { active_expire_ = active; }

  // A time no later than the first deadline of any database; INT64_MAX if there is none.
  int64_t NextDeadline() const;
  // Removes what is due; returns the units of work done, at most about `budget`.
  size_t ExpireDue(size_t budget);
  // Keeps the records of deadlines bounded; see Database. Returns the units of work done, about
  // `budget` at most. To be called in every tick.
  size_t RebuildDeadlineIndexes(size_t budget);

 private:
  StoreContext context_;
  Reclaimer reclaimer_{context_.memory};
  std::vector<std::unique_ptr<Database>> databases_;
  // The database that the next call of ExpireDue begins with.
  size_t expiry_turn_ = 0;
  bool active_expire_ = true;
};

}  // namespace kv

#endif  // SOLOKV_KV_STORE_STORE_H_
