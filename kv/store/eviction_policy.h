// Which entry goes when memory is full, and what the 24 access bits of an entry record for that.
//
//   order     access bits                                       the victim
//   lru       clock 24: last use, in quarters of a second       was used longest ago
//   lfu       minutes 16 | counter 8, logarithmic, decaying     was used least often of late
//   slru      protected 1 | clock 23: last use                  see below
//   ttl       (as lru)                                          has the nearest deadline
//   random    (as lru)                                          any
//
// slru is segmented LRU: an entry is on probation until its second use, then protected. The victim
// is the least recently used entry on probation as long as those are more than a fifth of all
// entries, else the least recently used protected one. A scan, whose keys are used once, passes
// through the probationary fifth and leaves the rest alone. It costs no memory of its own.
//
// Changing the policy changes nothing in the entries: their bits are read in the new way, and
// become right as entries are used.
//
// Sources: R. Karedla, J. S. Love, B. G. Wherry: Caching Strategies to Improve Disk System
// Performance. IEEE Computer 27(3), 1994 (segmented LRU). R. Morris: Counting Large Numbers of
// Events in Small Registers. CACM 21(10), 1978 (the logarithmic counter).
#ifndef SOLOKV_KV_STORE_EVICTION_POLICY_H_
#define SOLOKV_KV_STORE_EVICTION_POLICY_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "kv/base/random.h"
#include "kv/store/store_context.h"

namespace kv {

enum class EvictionOrder : uint8_t { kNone, kLru, kLfu, kSlru, kTtl, kRandom };

struct EvictionPolicy {
  EvictionOrder order = EvictionOrder::kNone;
  bool volatile_only = false;  // only entries with a deadline may go

  friend bool operator==(const EvictionPolicy&, const EvictionPolicy&) = default;
};

// "noeviction", "allkeys-lru", "volatile-ttl", ...
std::optional<EvictionPolicy> ParseEvictionPolicy(std::string_view name);
std::string_view EvictionPolicyName(EvictionPolicy policy);

// The access bits of lfu. A use raises the counter c by one with a probability of
// 1 / ((c - 5) * log_factor + 1), so that with a factor of 10 a million uses reach the limit of
// 255. New entries begin at 5, which gives them time to be used. Each `decay_minutes` without a use
// lower the counter by one; 0 means never.
class LfuAccess : public AccessPolicy {
 public:
  struct Options {
    int64_t log_factor = 10;
    int64_t decay_minutes = 1;
  };

  LfuAccess(const StoreContext& context, Random& random) : context_(context), random_(random) {}
  void set_options(const Options& options) { options_ = options; }

  uint32_t Initial() override { return Pack(kInitialCount); }
  uint32_t Touched(uint32_t access) override;
  Tracks tracks() const override { return Tracks::kFrequency; }
  uint32_t Restored(int64_t frequency) const override { return Pack(frequency); }
  // The counter as it stands now, decayed.
  int64_t Frequency(uint32_t access) const override;
  // Minutes since the last use, modulo 45 days.
  int64_t IdleMinutes(uint32_t access) const { return (Minutes() - (access >> 8)) & 0xffff; }
  int64_t IdleSeconds(uint32_t access) const override { return IdleMinutes(access) * 60; }

 private:
  static constexpr int64_t kInitialCount = 5;
  static constexpr int64_t kMaxCount = 255;

  uint32_t Minutes() const { return static_cast<uint32_t>(context_.now / 60'000) & 0xffff; }
  uint32_t Pack(int64_t count) const { return Minutes() << 8 | static_cast<uint32_t>(count); }

  const StoreContext& context_;
  Random& random_;
  Options options_;
};

// The access bits of slru.
class SlruAccess : public AccessPolicy {
 public:
  explicit SlruAccess(const StoreContext& context) : context_(context) {}

  static bool IsProtected(uint32_t access) { return (access & kProtected) != 0; }
  // Quarters of a second since the last use, modulo 24 days.
  int64_t Idle(uint32_t access) const { return (context_.access_clock - access) & kClockMask; }

  uint32_t Initial() override { return context_.access_clock & kClockMask; }
  uint32_t Touched(uint32_t) override { return kProtected | Initial(); }
  Tracks tracks() const override { return Tracks::kIdleTime; }
  uint32_t Restored(int64_t idle_seconds) const override {
    const uint32_t units = StoreContext::AccessUnits(idle_seconds, kClockMask);
    return (context_.access_clock - units) & kClockMask;
  }
  int64_t IdleSeconds(uint32_t access) const override {
    return Idle(access) / StoreContext::kAccessUnitsPerSecond;
  }
  // Uses after the first, as far as they are known: 0 or 1.
  int64_t Frequency(uint32_t access) const override { return IsProtected(access) ? 1 : 0; }

 private:
  static constexpr uint32_t kProtected = 1u << 23;
  static constexpr uint32_t kClockMask = kProtected - 1;

  const StoreContext& context_;
};

}  // namespace kv

#endif  // SOLOKV_KV_STORE_EVICTION_POLICY_H_
