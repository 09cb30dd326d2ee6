// LagHistogram: how late expiry was.
#ifndef SOLOKV_KV_STORE_LAG_HISTOGRAM_H_
#define SOLOKV_KV_STORE_LAG_HISTOGRAM_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace kv {

// Lag between a deadline and the removal it caused, to the millisecond.
class LagHistogram {
 public:
  void Record(int64_t milliseconds) {
    max_ = std::max(max_, milliseconds);
    ++bins_[static_cast<size_t>(std::min<int64_t>(std::max<int64_t>(milliseconds, 0), kBins - 1))];
    ++total_;
  }
  // In milliseconds; lags beyond the bins count as the last.
  int64_t Percentile(double fraction) const {
    const auto wanted = static_cast<uint64_t>(fraction * static_cast<double>(total_));
    uint64_t seen = 0;
    for (size_t bin = 0; bin < kBins; ++bin) {
      seen += bins_[bin];
      if (seen > wanted) return static_cast<int64_t>(bin);
    }
    return total_ == 0 ? 0 : max_;
  }
  int64_t max() const { return max_; }
  void Reset() { *this = LagHistogram(); }

 private:
  static constexpr int64_t kBins = 1000;
  std::array<uint32_t, kBins> bins_{};
  uint64_t total_ = 0;
  int64_t max_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_STORE_LAG_HISTOGRAM_H_
