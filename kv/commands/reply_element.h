// An element of a collection as a reply.
#ifndef SOLOKV_KV_COMMANDS_REPLY_ELEMENT_H_
#define SOLOKV_KV_COMMANDS_REPLY_ELEMENT_H_

#include "kv/ds/listpack.h"
#include "protocol/reply_writer.h"

namespace kv {

inline void ReplyElement(resp::ReplyWriter& reply, const ListpackElement& element) {
  if (element.is_integer()) return reply.BulkInteger(element.integer());
  reply.Bulk(element.string());
}

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_REPLY_ELEMENT_H_
