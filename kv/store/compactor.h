// Compactor: gives memory back that deletions left in pieces. It moves entries, their strings and
// the table's segments out of slabs that are filled less than the average of their class, so that
// these empty and can be returned to the system.
//
// It works in passes over all databases, a segment of a table at a time. It begins when the unused
// part of the slabs exceeds the thresholds, and ends after a pass that found next to nothing to
// move; so it does not stop half way at a threshold, nor run again and again at its edge.
//
//   unused in percent of used    share of time
//   below threshold_lower        none, does not begin
//   threshold_lower .. upper     cycle_min .. cycle_max percent, in proportion
//   above                        cycle_max percent
//
// Cost: a segment, that is at most 567 entries looked at and moved, about 0.1 ms. A pass reads
// every entry.
#ifndef SOLOKV_KV_STORE_COMPACTOR_H_
#define SOLOKV_KV_STORE_COMPACTOR_H_

#include <cstddef>
#include <cstdint>

#include "kv/store/compactor_options.h"
#include "kv/store/database.h"
#include "kv/store/store.h"

namespace kv {

class Compactor {
 public:
  // Both outlive the compactor; the options may change between calls.
  Compactor(Store& store, const CompactorOptions& options) : store_(store), options_(options) {}

  // Begins if there is enough to win. Cost: linear in size classes.
  void Begin();
  bool running() const { return running_; }
  // The percentage of time that Step should get; 0 if it is not running.
  int64_t effort() const;
  // Looks at one segment. Precondition: running.
  void Step();

  const CompactionStats& stats() const { return stats_; }
  void ResetStats() { stats_ = before_pass_ = {}; }

 private:
  int64_t UnusedPercent() const;
  void EndPass();

  Store& store_;
  const CompactorOptions& options_;
  bool running_ = false;
  int database_ = 0;
  uint64_t position_ = 0;  // in its table
  CompactionStats stats_;
  CompactionStats before_pass_;
};

}  // namespace kv

#endif  // SOLOKV_KV_STORE_COMPACTOR_H_
