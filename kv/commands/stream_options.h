// The options that XADD and XTRIM share.
#ifndef SOLOKV_KV_COMMANDS_STREAM_OPTIONS_H_
#define SOLOKV_KV_COMMANDS_STREAM_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kv/command/context.h"
#include "kv/types/stream.h"

namespace kv {

// KEEPREF, DELREF or ACKED.
std::optional<StreamReferences> ParseStreamReferences(std::string_view word);

struct StreamWriteOptions {
  bool make_stream = true;
  std::optional<StreamTrim> trim;
  // Of XADD: where the id stands, and what of it was given; all of it chosen by the server if
  // nothing was.
  size_t id_at = 0;
  std::optional<uint64_t> milliseconds;
  std::optional<uint64_t> sequence;
  // IDMP and IDMPAUTO: without a name, the message is named by its content.
  std::optional<StreamMessage> message;
  size_t message_at = 0;  // where that stands, and in how many words
  size_t message_words = 0;
};

// Read what follows the key, or reply with an error and return nothing.
std::optional<StreamWriteOptions> ParseXaddOptions(Context& context);
std::optional<StreamWriteOptions> ParseXtrimOptions(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_STREAM_OPTIONS_H_
