// CommandLog: the latest commands that cost more than a threshold, one list for each kind of cost.
//
//   kind            threshold                            entries kept
//   slow            commandlog-execution-slower-than     commandlog-slow-execution-max-len
//   large-request   commandlog-request-larger-than       commandlog-large-request-max-len
//   large-reply     commandlog-reply-larger-than         commandlog-large-reply-max-len
//
// An entry takes at most about 5 KB, however long the command: see kMaxArgs. SLOWLOG and COMMANDLOG
// show the lists.
#ifndef SOLOKV_KV_SERVER_COMMAND_LOG_H_
#define SOLOKV_KV_SERVER_COMMAND_LOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "kv/command/arguments.h"

namespace kv {

class CommandLog {
 public:
  struct Entry {
    int64_t id;
    int64_t time;  // Unix seconds
    int64_t cost;  // microseconds, or bytes
    std::vector<std::string> args;
    std::string peer;
    std::string client_name;
  };

  // More arguments, and more bytes of each, are replaced by a note of how many there were.
  static constexpr size_t kMaxArgs = 32;
  static constexpr size_t kMaxArgBytes = 128;

  // Keeps an entry, whose id is set here; the oldest ones go if there are more than `max_entries`.
  void Add(Entry entry, size_t max_entries);
  void Trim(size_t max_entries) {
    while (entries_.size() > max_entries) entries_.pop_back();
  }
  void Reset() { entries_.clear(); }
  const std::deque<Entry>& entries() const { return entries_; }  // the latest first

  // The arguments as an entry keeps them.
  static std::vector<std::string> Shorten(ArgSpan args);

 private:
  std::deque<Entry> entries_;
  int64_t next_id_ = 0;  // counts since the start, whatever was reset
};

struct CommandLogs {
  CommandLog slow;
  CommandLog large_request;
  CommandLog large_reply;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_COMMAND_LOG_H_
