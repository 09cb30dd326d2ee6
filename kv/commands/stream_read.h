// What XREAD and XREADGROUP share: their arguments and the form of their replies.
#ifndef SOLOKV_KV_COMMANDS_STREAM_READ_H_
#define SOLOKV_KV_COMMANDS_STREAM_READ_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kv/command/context.h"
#include "kv/types/stream.h"

namespace kv {

struct StreamReadArguments {
  uint64_t count = UINT64_MAX;      // entries of each stream at most
  uint64_t max_count = UINT64_MAX;  // entries of all streams together
  uint64_t max_bytes = UINT64_MAX;  // of the reply, but for its first entry
  std::optional<int64_t> timeout;   // microseconds to wait for some, 0 for ever
  size_t first_key = 0;             // where the keys stand, and behind them as many ids
  size_t streams = 0;
  // Of XREADGROUP:
  std::string_view group = {};
  std::string_view consumer = {};
  bool acknowledges = false;                       // NOACK
  std::optional<int64_t> min_idle = std::nullopt;  // CLAIM: milliseconds

  size_t first_id() const { return first_key + streams; }
};

// Reads all arguments, or replies with an error and returns nothing. With `group` they are those of
// XREADGROUP.
std::optional<StreamReadArguments> ParseStreamRead(Context& context, bool group);

// The reply: the entries of each stream that has some, by key. It is full once it has as many
// entries, or bytes, as were asked for; what comes behind an entry that was refused is refused,
// too.
class StreamReadReply {
 public:
  StreamReadReply(resp::ReplyWriter& reply, const StreamReadArguments& arguments)
      : reply_(reply), entries_left_(arguments.max_count), bytes_left_(arguments.max_bytes) {}

  // The entries of a stream follow.
  void BeginStream(std::string_view key);
  // Whether one more entry, which is only an id if that is null, has room; then it counts.
  bool Admit(const StreamEntry* entry);
  bool full() const { return full_ || entries_left_ == 0; }
  // No more entries than this will have room.
  uint64_t most_entries() const;
  // Completes the reply. False if there is none, because no stream was begun.
  bool Finish();

 private:
  resp::ReplyWriter& reply_;
  std::optional<resp::ReplyWriter::Deferred> whole_;
  size_t streams_ = 0;
  uint64_t entries_left_;
  uint64_t bytes_left_;
  bool any_ = false;
  bool full_ = false;
};

// Replies with up to `count` entries from `first` to `last`, both included.
void ReplyStreamRange(resp::ReplyWriter& reply, const Stream& stream, const StreamId& first,
                      const StreamId& last, uint64_t count, StreamCursor::Direction direction);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_STREAM_READ_H_
