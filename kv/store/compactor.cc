#include "kv/store/compactor.h"

#include <algorithm>

namespace kv {
namespace {

// A pass that moved fewer than one in this many blocks was the last.
constexpr uint64_t kRareMoves = 100;

}  // namespace

int64_t Compactor::UnusedPercent() const {
  const SlabMemory& memory = store_.memory();
  return static_cast<int64_t>(100 * memory.unused_bytes() / std::max<size_t>(1, memory.used()));
}

void Compactor::Begin() {
  if (running_ || !options_.enabled) return;
  const auto unused = static_cast<int64_t>(store_.memory().unused_bytes());
  if (unused < options_.ignore_bytes || UnusedPercent() < options_.threshold_lower) return;
  running_ = true;
  database_ = 0;
  position_ = 0;
  before_pass_ = stats_;
}

int64_t Compactor::effort() const {
  if (!running_) return 0;
  const int64_t range = std::max<int64_t>(1, options_.threshold_upper - options_.threshold_lower);
  const int64_t excess = std::clamp<int64_t>(UnusedPercent() - options_.threshold_lower, 0, range);
  return options_.cycle_min + (options_.cycle_max - options_.cycle_min) * excess / range;
}

void Compactor::Step() {
  if (!options_.enabled) {
    running_ = false;
    return;
  }
  Database& database = store_.database(database_);
  if (database.has_large_values_to_compact()) {
    database.CompactLargeValue(stats_);
  } else {
    position_ = database.Compact(position_, stats_);
  }
  if (position_ == 0 && !database.has_large_values_to_compact() && ++database_ == store_.size()) {
    EndPass();
  }
}

void Compactor::EndPass() {
  database_ = 0;
  const uint64_t moved = stats_.blocks.moved - before_pass_.blocks.moved;
  const uint64_t kept = stats_.blocks.kept - before_pass_.blocks.kept;
  running_ = moved * kRareMoves > moved + kept;
  before_pass_ = stats_;
}

}  // namespace kv
