// HotKeys: which keys are used most of late, always on.
//
// Of the requests that are run, samples are taken at random, so many that about kSamplesPerSecond
// are: each one of a quiet server, one in a hundred at 200,000 requests a second. A sample counts
// one of the request's keys, for as many requests as it stands for, in a SpaceSaving sketch:
//
//   requests --1 in gap--> a key of one --weight: gap--> sketch of kCounters, halved every kHalving
//
// A transaction's requests count when they are queued, a script's commands as it calls them.
//
// An estimate is thus of the requests of about the last minute. With W of them altogether, it errs
//   - by the sketch: at most W / kCounters too high, and it says so (Counter::error);
//   - by the sampling: with a standard deviation of sqrt(gap * estimate).
// A key with a share of one percent of the requests is found for certain.
//
// Cost: a subtraction for each block of requests; for a sample, some 0.2 us, so at most 0.04 % of
// the processor. Memory: kCounters names of at most SpaceSaving::kMaxNameBytes, less than 64 KiB.
#ifndef SOLOKV_KV_SERVER_HOT_KEYS_H_
#define SOLOKV_KV_SERVER_HOT_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kv/base/hash.h"
#include "kv/base/random.h"
#include "kv/command/command_table.h"
#include "kv/command/keys_of.h"
#include "kv/ds/space_saving.h"
#include "kv/store/store_context.h"

namespace kv {

// What tells a key from those of all databases.
inline uint64_t KeyId(HashKey hash_key, int database, std::string_view key) {
  return Hash(key, hash_key) ^ (static_cast<uint64_t>(database) * 0x9e3779b97f4a7c15);
}

class HotKeys final : public KeyUses {
 public:
  static constexpr size_t kCounters = 128;
  static constexpr int64_t kSamplesPerSecond = 2000;
  static constexpr int64_t kMaxGap = 1024;
  static constexpr int64_t kHalving = 30'000'000;  // microseconds

  explicit HotKeys(HashKey hash_key) : hash_key_(hash_key), random_(hash_key.k0 ^ hash_key.k1) {}

  // Counts `requests` that are about to be run; true if SampleDue is to be called for them.
  bool Pass(size_t requests) {
    until_sample_ -= static_cast<int64_t>(requests);
    return until_sample_ <= 0;
  }
  // Calls sample(index) for those of the `requests` just counted that are samples.
  template <class SampleRequest>
  void SampleDue(size_t requests, SampleRequest&& sample) {
    for (; until_sample_ <= 0; until_sample_ += NextGap()) {
      sample(static_cast<size_t>(until_sample_ + static_cast<int64_t>(requests) - 1));
    }
  }
  // Counts a key of a request for as many as a sample stands for.
  void Sample(int database, const Command& command, ArgSpan args);

  // To be called some times a second: `requests` were run so far.
  void Adapt(uint64_t requests, int64_t now_micros);

  const SpaceSaving& sketch() const { return sketch_; }
  int64_t gap() const { return gap_; }
  void Reset() { sketch_.Clear(); }

  // --- KeyUses ---
  uint64_t Estimate(int database, std::string_view key) const override;

 private:
  int64_t NextGap() {
    return gap_ == 1 ? 1 : 1 + static_cast<int64_t>(random_.Uniform(2 * uint64_t(gap_) - 1));
  }

  const HashKey hash_key_;
  Random random_;
  SpaceSaving sketch_{kCounters};
  int64_t gap_ = 1;  // a sample stands for so many requests
  int64_t until_sample_ = 1;
  uint64_t last_requests_ = 0;
  int64_t last_time_ = 0;    // monotonic microseconds
  int64_t last_halved_ = 0;  // monotonic microseconds
  std::vector<KeyPosition> keys_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_HOT_KEYS_H_
