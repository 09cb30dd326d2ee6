// Replies with the string of an entry; a long one is sent from where it lies, without a copy.
#ifndef SOLOKV_KV_COMMAND_REPLY_STRING_H_
#define SOLOKV_KV_COMMAND_REPLY_STRING_H_

#include "kv/store/entry.h"
#include "protocol/reply_writer.h"

namespace kv {

// From this size on a value is pinned and sent in place instead of being copied to the output.
inline constexpr size_t kPinnedReplyBytes = 16 * 1024;

void ReplyPinned(resp::ReplyWriter& reply, SlabMemory& memory, Blob* blob);

// Precondition: entry.type() is kString.
inline void ReplyString(resp::ReplyWriter& reply, SlabMemory& memory, const Entry& entry) {
  if (entry.encoding() == Encoding::kInline) [[likely]] {
    reply.Bulk(entry.inline_bytes());
  } else if (entry.encoding() == Encoding::kBlob && entry.blob()->size() >= kPinnedReplyBytes) {
    ReplyPinned(reply, memory, entry.blob());
  } else {
    reply.Bulk(entry.string().view());
  }
}

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_REPLY_STRING_H_
