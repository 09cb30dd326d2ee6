// HotKeysSession: the keys that cost most processor time or most bytes of network between HOTKEYS
// START and STOP. Unlike HotKeys, it weighs every request while it runs, or one in `sample_ratio`.
//
// Each kind of cost has a SpaceSaving sketch of kCounters keys; see there for its error. What a
// script calls counts for the keys of the script, what a transaction runs for the keys of each
// command. Cost: each command is timed by itself, and weighed in some 0.3 us.
#ifndef SOLOKV_KV_SERVER_HOT_KEYS_SESSION_H_
#define SOLOKV_KV_SERVER_HOT_KEYS_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kv/base/hash.h"
#include "kv/base/random.h"
#include "kv/base/resource_usage.h"
#include "kv/command/dispatcher.h"
#include "kv/command/keys_of.h"
#include "kv/ds/space_saving.h"

namespace kv {

struct HotKeysRequest {
  bool by_time = false;
  bool by_bytes = false;
  size_t count = 10;         // keys to report of each kind
  int64_t duration = 0;      // milliseconds; 0: until it is stopped
  int64_t sample_ratio = 1;  // one in so many requests is weighed
};

class HotKeysSession {
 public:
  HotKeysSession(const HotKeysRequest& request, int64_t now_millis, HashKey hash_key);

  // A command has run. Its cost is shared out among its keys.
  void Add(int database, const Command& command, ArgSpan args, const CommandCost& cost);

  // Ends the session, unless its duration was over before.
  void Stop(int64_t now_millis);
  bool is_stopped() const { return stopped_; }
  bool IsActive(int64_t now_millis) const { return now_millis < end_; }

  const HotKeysRequest& request() const { return request_; }
  int64_t start() const { return start_; }  // Unix milliseconds
  // Milliseconds so far, or altogether.
  int64_t Duration(int64_t now_millis) const;
  // Of all commands, sampled or not.
  uint64_t nanoseconds() const { return nanoseconds_; }
  uint64_t bytes() const { return bytes_; }
  // Processor time of the thread since the start, until the end was noticed.
  CpuTime Cpu() const;
  const SpaceSaving& by_time() const { return by_time_; }    // nanoseconds
  const SpaceSaving& by_bytes() const { return by_bytes_; }  // of request and reply

 private:
  static constexpr size_t kCounters = 1024;

  HotKeysRequest request_;
  HashKey hash_key_;
  Random random_;
  int64_t start_;
  int64_t end_;  // INT64_MAX until it is known
  CpuTime cpu_at_start_;
  CpuTime cpu_at_stop_;
  bool stopped_ = false;
  uint64_t nanoseconds_ = 0;
  uint64_t bytes_ = 0;
  SpaceSaving by_time_{kCounters};
  SpaceSaving by_bytes_{kCounters};
  std::vector<KeyPosition> keys_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_HOT_KEYS_SESSION_H_
