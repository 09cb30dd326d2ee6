// SlowLog: the latest commands that took longer than a threshold.
#ifndef SOLOKV_KV_SERVER_SLOW_LOG_H_
#define SOLOKV_KV_SERVER_SLOW_LOG_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "kv/command/arguments.h"

namespace kv {

class SlowLog {
 public:
  struct Entry {
    int64_t id;
    int64_t time;  // Unix seconds
    int64_t microseconds;
    std::vector<std::string> args;
    std::string peer;
    std::string client_name;
  };

  // More arguments, and more bytes of each, are replaced by a note of how many there were.
  static constexpr size_t kMaxArgs = 32;
  static constexpr size_t kMaxArgBytes = 128;

  void Add(int64_t time, int64_t microseconds, ArgSpan args, std::string_view peer,
           std::string_view client_name, size_t max_entries);
  void Trim(size_t max_entries) {
    while (entries_.size() > max_entries) entries_.pop_back();
  }
  void Reset() { entries_.clear(); }
  const std::deque<Entry>& entries() const { return entries_; }  // the latest first
  // Counts since the start, whatever was reset.
  int64_t next_id() const { return next_id_; }

 private:
  std::deque<Entry> entries_;
  int64_t next_id_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_SLOW_LOG_H_
