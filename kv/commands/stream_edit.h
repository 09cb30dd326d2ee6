// What the commands on streams share: reaching the stream of a key, reading ids, replying with
// entries.
#ifndef SOLOKV_KV_COMMANDS_STREAM_EDIT_H_
#define SOLOKV_KV_COMMANDS_STREAM_EDIT_H_

#include <optional>
#include <string_view>
#include <vector>

#include "kv/command/context.h"
#include "kv/types/stream.h"

namespace kv {

inline constexpr std::string_view kInvalidStreamId =
    "ERR Invalid stream ID specified as stream command argument";
inline constexpr std::string_view kTimeoutNotInteger =
    "ERR timeout is not an integer or out of range";
inline constexpr std::string_view kTimeoutNegative = "ERR timeout is negative";

// The stream of an entry. Precondition: `ref` refers to one.
inline Stream& StreamOf(const EntryRef& ref) {
  return *static_cast<Stream*>(ref->object());
}

// Changes the stream of one key:
//
//     StreamEdit edit(context, context.Key(1));
//     if (edit.rejected()) return;
//     if (!edit.exists()) edit.Create();
//     edit.stream().Append(edit.rules(), id, fields);
//
// While it exists, nothing else may change the database.
class StreamEdit final : private StreamReclaimer {
 public:
  // Replies with an error, and is rejected, if the key holds something else.
  StreamEdit(Context& context, const HashedKey& key);
  // Notes when the stream, as it is now, is due.
  ~StreamEdit() override;
  StreamEdit(const StreamEdit&) = delete;
  StreamEdit& operator=(const StreamEdit&) = delete;

  bool rejected() const { return rejected_; }
  bool exists() const { return static_cast<bool>(ref_); }
  // Makes an empty stream the value of the key. Precondition: !exists().
  void Create();

  // Precondition: exists().
  Stream& stream() { return StreamOf(ref_); }
  // The consumer of a group of this stream, which is made if it is missing. It was seen now.
  StreamConsumer* Consumer(StreamGroup* group, std::string_view name);
  // What changes of the stream need.
  const StreamContext& rules() const { return rules_; }

 private:
  void Reclaim(Stream* detached) override;

  Context& context_;
  const HashedKey key_;
  EntryRef ref_;
  const int64_t deadline_before_;
  StreamContext rules_;
  bool rejected_;
};

// Reads an id, or replies with an error and returns nothing. "milliseconds" alone gets
// `default_sequence`; "-" and "+" are the least and the greatest id, unless the id has to be
// `strict`.
std::optional<StreamId> ParseStreamId(Context& context, std::string_view text,
                                      uint64_t default_sequence);
std::optional<StreamId> ParseStrictStreamId(Context& context, std::string_view text,
                                            uint64_t default_sequence);
// Reads several whole ids, or replies with an error and returns nothing.
std::optional<std::vector<StreamId>> ParseStreamIds(Context& context, ArgSpan texts);
// Read an end of a range, which "(" excludes.
std::optional<StreamId> ParseRangeStart(Context& context, std::string_view text);
std::optional<StreamId> ParseRangeEnd(Context& context, std::string_view text);

// Replies that there is no such key or no such group; `where` ends the text.
void FailNoGroup(Context& context, std::string_view key, std::string_view group,
                 std::string_view where = {});

void ReplyStreamId(resp::ReplyWriter& reply, const StreamId& id);
// [id, [field, value, ...]]
void ReplyStreamEntry(resp::ReplyWriter& reply, const StreamEntry& entry);
// [field, value, ...]
void ReplyStreamFields(resp::ReplyWriter& reply, const StreamEntry& entry);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_STREAM_EDIT_H_
