// AclLog: what users were refused of late, the last first. Equal refusals shortly after each other
// are one entry with a count.
//
// Cost: O(1) for Add, as only the latest entries are looked at for an equal one.
#ifndef SOLOKV_KV_COMMAND_ACL_LOG_H_
#define SOLOKV_KV_COMMAND_ACL_LOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace kv {

struct AclLogEntry {
  std::string_view reason;   // "command", "key", "channel", "database" or "auth"
  std::string_view context;  // "toplevel", "multi" or "lua"
  std::string object = {};   // what was refused
  std::string user = {};
  std::string client = {};  // a line of CLIENT LIST
  uint64_t count = 1;
  uint64_t id = 0;          // in the order of the first refusals
  int64_t created = 0;      // wall milliseconds
  int64_t last_update = 0;  // wall milliseconds
};

class AclLog {
 public:
  // Takes note of a refusal `now`; keeps at most `max_entries`.
  void Add(AclLogEntry entry, int64_t now, size_t max_entries);
  void Reset() { entries_.clear(); }
  const std::deque<AclLogEntry>& entries() const { return entries_; }

 private:
  // Refusals further apart are not counted together.
  static constexpr int64_t kMaxPause = 60'000;  // milliseconds
  // So many entries are compared.
  static constexpr size_t kMaxCompared = 10;

  std::deque<AclLogEntry> entries_;
  uint64_t next_id_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_ACL_LOG_H_
