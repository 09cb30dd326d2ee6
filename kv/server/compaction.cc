#include "kv/server/compaction.h"

#include <algorithm>

namespace kv {
namespace {

constexpr int64_t kSliceMicros = 250;

}  // namespace

void Compaction::Begin() {
  if (compactor_.running()) return;
  compactor_.Begin();
  if (!compactor_.running()) return;
  began_ = clock_.MonotonicMicros();
  RunSlice();
}

void Compaction::RunSlice() {
  cycles_.RunFor(kSliceMicros * 1000, [this] {
    compactor_.Step();
    return compactor_.running();
  });
  if (!compactor_.running()) {
    finished_micros_ += clock_.MonotonicMicros() - began_;
    return;
  }
  const int64_t effort = std::max<int64_t>(1, compactor_.effort());
  loop_.SetTimer(clock_.MonotonicMicros() + kSliceMicros * 100 / effort, [this] { RunSlice(); });
}

int64_t Compaction::current_millis() const {
  return compactor_.running() ? (clock_.MonotonicMicros() - began_) / 1000 : 0;
}

void Compaction::ResetStats() {
  compactor_.ResetStats();
  finished_micros_ = 0;
}

}  // namespace kv
