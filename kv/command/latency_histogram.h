// Counts durations in buckets of about 3 % width, from 1 ns to more than a day, in the manner of
// HdrHistogram (Gil Tene, http://hdrhistogram.org): the position of the highest bit chooses a
// group, the five bits below it the bucket. Record is one array increment; memory is taken with the
// first record, for the groups that were met.
#ifndef SOLOKV_KV_COMMAND_LATENCY_HISTOGRAM_H_
#define SOLOKV_KV_COMMAND_LATENCY_HISTOGRAM_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>

namespace kv {

class LatencyHistogram {
 public:
  // Records a duration that `count` executions took each.
  void Record(uint64_t nanoseconds, uint64_t count = 1) {
    const uint64_t value = std::max<uint64_t>(nanoseconds, kSubBuckets);
    const int shift = std::bit_width(value) - 1 - kSubBits;
    if (shift >= kGroups) return;
    auto& group = groups_[static_cast<size_t>(shift)];
    if (group == nullptr) [[unlikely]]
      group = std::make_unique<Group>();
    (*group)[(value >> shift) - kSubBuckets] += count;
    total_ += count;
  }
  uint64_t total() const { return total_; }

  // The duration below or at which `fraction` (0 to 1) of the records lie, as the upper end of its
  // bucket in nanoseconds; 0 if there are none.
  uint64_t Percentile(double fraction) const {
    const auto wanted = std::max<int64_t>(1, std::llround(fraction * static_cast<double>(total_)));
    uint64_t seen = 0;
    uint64_t result = 0;
    ForEach([&](uint64_t upper, uint64_t count) {
      if (seen < static_cast<uint64_t>(wanted)) result = upper;
      seen += count;
    });
    return result;
  }
  // Visits the buckets that are not empty in rising order: (upper end in nanoseconds, count).
  template <class Visit>
  void ForEach(Visit&& visit) const {
    for (size_t shift = 0; shift < kGroups; ++shift) {
      if (groups_[shift] == nullptr) continue;
      for (uint64_t sub = 0; sub < kSubBuckets; ++sub) {
        const uint64_t count = (*groups_[shift])[sub];
        if (count != 0) visit(((sub + kSubBuckets + 1) << shift) - 1, count);
      }
    }
  }
  void Reset() { *this = LatencyHistogram(); }

 private:
  static constexpr int kSubBits = 5;
  static constexpr uint64_t kSubBuckets = 1 << kSubBits;
  static constexpr int kGroups = 42;
  using Group = std::array<uint64_t, kSubBuckets>;

  std::array<std::unique_ptr<Group>, kGroups> groups_;
  uint64_t total_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_LATENCY_HISTOGRAM_H_
