// Histogram: counts durations in buckets whose width is below 1 % of their value, in the manner of
// HdrHistogram (Gil Tene, http://hdrhistogram.org): the highest bit of a value chooses a group, the
// seven bits below it the bucket. Record is one increment; the memory is fixed.
#ifndef SOLOKV_TOOLS_LOAD_HISTOGRAM_H_
#define SOLOKV_TOOLS_LOAD_HISTOGRAM_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace load {

class Histogram {
 public:
  Histogram() : counts_(kGroups * kSubBuckets) {}

  void Record(uint64_t value, uint64_t times = 1) {
    counts_[BucketOf(value)] += times;
    total_ += times;
    max_ = std::max(max_, value);
  }
  uint64_t total() const { return total_; }
  uint64_t max() const { return max_; }

  // The upper end of the bucket that holds the value below or at which `fraction` (0 to 1) of the
  // records lie; 0 if there are none.
  uint64_t Percentile(double fraction) const {
    const auto wanted = std::max<int64_t>(1, std::llround(fraction * static_cast<double>(total_)));
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen >= static_cast<uint64_t>(wanted)) return std::min(UpperEnd(bucket), max_);
    }
    return 0;
  }

 private:
  static constexpr int kSubBits = 7;
  static constexpr uint64_t kSubBuckets = 1 << kSubBits;
  static constexpr size_t kGroups = 64 - kSubBits + 1;

  // Values below kSubBuckets have a bucket each (group 0); group g > 0 holds those of g + kSubBits
  // bits.
  static size_t BucketOf(uint64_t value) {
    if (value < kSubBuckets) return value;
    const int shift = std::bit_width(value) - 1 - kSubBits;
    return (static_cast<size_t>(shift) + 1) * kSubBuckets + ((value >> shift) - kSubBuckets);
  }
  static uint64_t UpperEnd(size_t bucket) {
    if (bucket < kSubBuckets) return bucket;
    const size_t shift = bucket / kSubBuckets - 1;
    return ((bucket % kSubBuckets + kSubBuckets + 1) << shift) - 1;
  }

  std::vector<uint64_t> counts_;
  uint64_t total_ = 0;
  uint64_t max_ = 0;
};

}  // namespace load

#endif  // SOLOKV_TOOLS_LOAD_HISTOGRAM_H_
