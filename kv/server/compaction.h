// Compaction: gives the store's compactor its share of time, in slices of about a quarter of a
// millisecond between the ticks' other work.
#ifndef SOLOKV_KV_SERVER_COMPACTION_H_
#define SOLOKV_KV_SERVER_COMPACTION_H_

#include <cstdint>

#include "ae/loop.h"
#include "kv/base/clock.h"
#include "kv/base/cycle_clock.h"
#include "kv/store/compactor.h"

namespace kv {

class Compaction {
 public:
  Compaction(ae::Loop& loop, const Clock& clock, const CycleClock& cycles, Store& store,
             const CompactorOptions& options)
      : loop_(loop), clock_(clock), cycles_(cycles), compactor_(store, options) {}

  // Begins if there is enough to win and it is not under way.
  void Begin();

  // The percentage of time it takes now, 0 if there is nothing to do.
  int64_t effort() const { return compactor_.effort(); }
  const CompactionStats& stats() const { return compactor_.stats(); }
  // Milliseconds during which it was under way, in all and since it last began.
  int64_t total_millis() const { return finished_micros_ / 1000 + current_millis(); }
  int64_t current_millis() const;
  void ResetStats();

 private:
  void RunSlice();

  ae::Loop& loop_;
  const Clock& clock_;
  const CycleClock& cycles_;
  Compactor compactor_;
  int64_t began_ = 0;  // monotonic microseconds
  int64_t finished_micros_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_COMPACTION_H_
