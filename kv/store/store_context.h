// What all databases of a store share. One object per store, reached by reference.
#ifndef SOLOKV_KV_STORE_STORE_CONTEXT_H_
#define SOLOKV_KV_STORE_STORE_CONTEXT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kv/base/hash.h"
#include "kv/base/slab_memory.h"
#include "kv/store/key_events.h"
#include "kv/store/lag_histogram.h"
#include "kv/store/recent_removals.h"

namespace kv {

// What becomes of an entry whose deadline has passed.
enum class ExpiryPolicy : uint8_t {
  kDelete,  // it is removed as soon as it is due or touched
  kHide,    // it cannot be found, but stays until told otherwise (paused writes, replica, import)
  kShow,    // it is there as if it had no deadline (loading, the primary's link)
};

struct StoreStats {
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t misses_expired = 0;  // of them, as far as it is known: the key had expired
  uint64_t misses_evicted = 0;  // ... was evicted
  uint64_t expired = 0;
  uint64_t expired_elements = 0;
  uint64_t evicted = 0;

  // Misses of keys that were not there before, as far as it is known.
  uint64_t misses_absent() const { return misses - misses_expired - misses_evicted; }
};

// The clock and counter behind Entry::access(), owned by the eviction policy. Its bits tell either
// how long an entry was idle or how often it was used, never both exactly.
class AccessPolicy {
 public:
  enum class Tracks : uint8_t { kIdleTime, kFrequency };

  virtual ~AccessPolicy() = default;
  virtual uint32_t Initial() = 0;
  virtual uint32_t Touched(uint32_t access) = 0;
  virtual Tracks tracks() const = 0;
  // The bits of an entry that was idle for so many seconds, or used so often: whichever tracks()
  // says.
  virtual uint32_t Restored(int64_t idle_seconds_or_frequency) const = 0;
  // What OBJECT FREQ reports of these bits. Precondition: tracks() is kFrequency.
  virtual int64_t Frequency(uint32_t access) const = 0;
  // What OBJECT IDLETIME reports of them. Precondition: tracks() is kIdleTime.
  virtual int64_t IdleSeconds(uint32_t access) const = 0;
};

// Estimates how often keys were used of late.
class KeyUses {
 public:
  virtual ~KeyUses() = default;
  // 0 for a key that is not among those used most.
  virtual uint64_t Estimate(int database, std::string_view key) const = 0;
};

struct StoreContext {
  static constexpr uint32_t kAccessMask = 0xffffff;
  static constexpr int64_t kAccessUnitMillis = 250;
  static constexpr uint32_t kAccessUnitsPerSecond = 1000 / kAccessUnitMillis;

  SlabMemory memory;
  HashKey hash_key;
  int64_t birth = 0;  // wall milliseconds
  // Wall milliseconds, fixed at the start of the top-level command.
  int64_t now = 0;
  ExpiryPolicy expiry = ExpiryPolicy::kDelete;
  // False while a NO-TOUCH client's command runs.
  bool touch = true;
  // The access bits a use writes: wall time in units of a quarter second, modulo 2^24.
  uint32_t access_clock = 0;
  AccessPolicy* access_policy = nullptr;  // not owned; null while a plain clock serves
  KeyEvents* events = nullptr;            // not owned; null if nobody listens
  KeyWaiters* waiters = nullptr;          // not owned; may be null
  uint32_t event_classes = 0;             // those anybody listens to
  size_t told_value_bytes = 0;            // strings of this size at most are told as they expire
  const KeyUses* uses = nullptr;          // not owned; may be null
  StoreStats stats;
  LagHistogram expiry_lag;
  RecentRemovals removals;

  void SetNow(int64_t wall_millis) {
    now = wall_millis;
    access_clock = static_cast<uint32_t>(now / kAccessUnitMillis) & kAccessMask;
  }
  // Elements of a value with a deadline up to this time are not to be seen.
  int64_t hidden_until() const { return expiry == ExpiryPolicy::kShow ? INT64_MIN : now; }
  void Notify(KeyEventClass event_class, std::string_view event, int database,
              std::string_view key) {
    if ((event_classes & event_class) != 0 && events != nullptr) [[unlikely]] {
      events->OnKeyEvent(event_class, event, database, key);
    }
  }
  void SignalReady(int database, std::string_view key) {
    if (waiters != nullptr) waiters->SignalReady(database, key);
  }
  bool tracks_frequency() const {
    return access_policy != nullptr && access_policy->tracks() == AccessPolicy::Tracks::kFrequency;
  }
  // Precondition: not tracks_frequency().
  int64_t IdleSeconds(uint32_t access) const {
    if (access_policy != nullptr) return access_policy->IdleSeconds(access);
    return ((access_clock - access) & kAccessMask) / kAccessUnitsPerSecond;
  }
  // The bits of an entry that was idle for so long. Precondition: not tracks_frequency().
  uint32_t RestoredAccess(int64_t idle_seconds) const {
    if (access_policy != nullptr) return access_policy->Restored(idle_seconds);
    return (access_clock - AccessUnits(idle_seconds, kAccessMask)) & kAccessMask;
  }
  // So many seconds in units of access clocks, `max` at most.
  static uint32_t AccessUnits(int64_t seconds, uint32_t max) {
    if (seconds >= max / kAccessUnitsPerSecond) return max;
    return static_cast<uint32_t>(seconds) * kAccessUnitsPerSecond;
  }
  uint32_t InitialAccess() {
    return access_policy == nullptr ? access_clock : access_policy->Initial();
  }
  uint32_t TouchedAccess(uint32_t access) {
    return access_policy == nullptr ? access_clock : access_policy->Touched(access);
  }
};

}  // namespace kv

#endif  // SOLOKV_KV_STORE_STORE_CONTEXT_H_
