#include "kv/commands/stream_read.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/stream_edit.h"

namespace kv {
namespace {

class Parser {
 public:
  Parser(Context& context, bool group) : context_(context), group_(group) {}

  std::optional<StreamReadArguments> Parse() {
    for (size_t at = 1; at < context_.args.size() && result_.first_key == 0; ++at) {
      if (!ParseOption(&at)) return std::nullopt;
    }
    if (!Check()) return std::nullopt;
    return result_;
  }

 private:
  bool Fail(std::string_view error) {
    context_.Fail(error);
    return false;
  }

  // Reads the option at args[*at]; leaves `*at` at its last word.
  bool ParseOption(size_t* at) {
    const std::string_view word = context_.args[*at];
    const size_t left = context_.args.size() - *at - 1;
    if (left >= 1 && EqualsIgnoreCase(word, "block")) return ParseBlock(++*at);
    if (left >= 1 && EqualsIgnoreCase(word, "count")) return ParseCount(++*at);
    if (left >= 1 && EqualsIgnoreCase(word, "maxcount")) {
      return ParseMax(++*at, "MAXCOUNT", &result_.max_count);
    }
    if (left >= 1 && EqualsIgnoreCase(word, "maxsize")) {
      return ParseMax(++*at, "MAXSIZE", &result_.max_bytes);
    }
    if (left >= 1 && EqualsIgnoreCase(word, "streams")) return ParseStreams(*at + 1);
    if (left >= 2 && EqualsIgnoreCase(word, "group")) {
      if (!group_) return FailForGroups("GROUP");
      result_.group = context_.args[*at + 1];
      result_.consumer = context_.args[*at + 2];
      has_group_ = true;
      *at += 2;
      return true;
    }
    if (EqualsIgnoreCase(word, "noack")) {
      if (!group_) return FailForGroups("NOACK");
      result_.acknowledges = true;
      return true;
    }
    if (group_ && left >= 1 && EqualsIgnoreCase(word, "claim")) return ParseClaim(++*at);
    return Fail(kSyntaxError);
  }

  bool FailForGroups(std::string_view option) {
    return Fail(absl::StrCat("ERR The ", std::string(option),
                             " option is only supported by XREADGROUP. You called XREAD instead."));
  }

  bool ParseBlock(size_t at) {
    constexpr int64_t kMicrosPerMilli = 1000;
    int64_t milliseconds;
    if (!context_.ParseInteger(at, &milliseconds, kTimeoutNotInteger)) return false;
    if (milliseconds < 0) return Fail(kTimeoutNegative);
    if (milliseconds > INT64_MAX / kMicrosPerMilli) return Fail("ERR timeout is out of range");
    result_.timeout = milliseconds * kMicrosPerMilli;
    return true;
  }

  bool ParseCount(size_t at) {
    int64_t count;
    if (!context_.ParseInteger(at, &count)) return false;
    result_.count = count <= 0 ? UINT64_MAX : static_cast<uint64_t>(count);
    return true;
  }

  bool ParseMax(size_t at, std::string_view name, uint64_t* max) {
    const std::string error =
        absl::StrCat("ERR ", std::string(name), " must be a positive integer");
    int64_t number;
    if (!context_.ParseInteger(at, &number, error)) return false;
    if (number <= 0) return Fail(error);
    *max = static_cast<uint64_t>(number);
    return true;
  }

  bool ParseClaim(size_t at) {
    int64_t milliseconds;
    if (!context_.ParseInteger(at, &milliseconds, "ERR min-idle-time is not an integer")) {
      return false;
    }
    if (milliseconds < 0) return Fail("ERR min-idle-time must be a positive integer");
    result_.min_idle = milliseconds;
    return true;
  }

  bool ParseStreams(size_t first) {
    const size_t words = context_.args.size() - first;
    if (words % 2 != 0) {
      return Fail(group_ ? "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID "
                           "or '>' must be specified."
                         : "ERR Unbalanced 'xread' list of streams: for each stream key an ID, "
                           "'+', or '$' must be specified.");
    }
    result_.first_key = first;
    result_.streams = words / 2;
    return true;
  }

  bool Check() {
    if (result_.first_key == 0) return Fail(kSyntaxError);
    if (result_.count != UINT64_MAX && result_.max_count < result_.count) {
      return Fail("ERR MAXCOUNT must be greater than or equal to COUNT");
    }
    if (group_ && !has_group_) return Fail("ERR Missing GROUP option for XREADGROUP");
    return true;
  }

  Context& context_;
  const bool group_;
  bool has_group_ = false;
  StreamReadArguments result_;
};

}  // namespace

std::optional<StreamReadArguments> ParseStreamRead(Context& context, bool group) {
  return Parser(context, group).Parse();
}

void StreamReadReply::BeginStream(std::string_view key) {
  if (!whole_) whole_ = reply_.BeginDeferred();
  ++streams_;
  if (reply_.version() == resp::Version::kResp2) reply_.Array(2);
  reply_.Bulk(key);
}

namespace {

// Of a text in a reply, and of an aggregate's beginning.
constexpr size_t kTextOverhead = sizeof("$1000\r\n\r\n") - 1;
constexpr size_t kArrayOverhead = sizeof("*100\r\n") - 1;

// Of an entry without fields.
constexpr size_t kLeastEntryBytes =
    2 * kArrayOverhead + kTextOverhead + sizeof("1526919030474-55") - 1;

// About how many bytes the entry takes in a reply.
size_t ReplyBytes(const StreamEntry* entry) {
  size_t bytes = kLeastEntryBytes;
  if (entry == nullptr) return bytes;
  ListpackElement::Buffer buffer;
  entry->VisitFields([&](const ListpackElement& field, const ListpackElement& value) {
    bytes += 2 * kTextOverhead + field.Text(buffer).size() + value.Text(buffer).size();
  });
  return bytes;
}

}  // namespace

bool StreamReadReply::Admit(const StreamEntry* entry) {
  if (full()) return false;
  if (bytes_left_ != UINT64_MAX) {
    const size_t bytes = ReplyBytes(entry);
    full_ = bytes >= bytes_left_;
    if (bytes > bytes_left_ && any_) return false;
    bytes_left_ -= std::min<uint64_t>(bytes_left_, bytes);
  }
  any_ = true;
  --entries_left_;
  return true;
}

uint64_t StreamReadReply::most_entries() const {
  return full_ ? 0 : std::min(entries_left_, bytes_left_ / kLeastEntryBytes + 1);
}

bool StreamReadReply::Finish() {
  if (!whole_) return false;
  if (reply_.version() == resp::Version::kResp2) {
    reply_.EndDeferredArray(*whole_, streams_);
  } else {
    reply_.EndDeferredMap(*whole_, streams_);
  }
  return true;
}

void ReplyStreamRange(resp::ReplyWriter& reply, const Stream& stream, const StreamId& first,
                      const StreamId& last, uint64_t count, StreamCursor::Direction direction) {
  StreamCursor cursor(stream, first, last, direction);
  const auto entries = reply.BeginDeferred();
  size_t found = 0;
  for (; found < count; ++found) {
    const StreamEntry* entry = cursor.Next();
    if (entry == nullptr) break;
    ReplyStreamEntry(reply, *entry);
  }
  reply.EndDeferredArray(entries, found);
}

}  // namespace kv
