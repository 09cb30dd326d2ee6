// MessageBlocks: where messages are encoded, each once, for all who receive them.
//
//   block (references: 3)
//   ┌────────┬───────────┬───────────┬───────────┬─ ─ ─ ─ ─ ─┐
//   │ header │ message 1 │ message 2 │ message 3 │   free    │
//   └────────┴───────────┴───────────┴───────────┴─ ─ ─ ─ ─ ─┘
//                ▲─────────────────▲
//                └ output of one receiver: two messages, one piece of memory
//
// Texts are appended to the current block; receivers refer to their bytes (resp::Pin), which never
// change again. A block is freed when it is full or dropped, and the last reference is gone. What a
// receiver gets in a row is one piece, so that sending it costs no more than if it had been copied.
//
// Blocks are small: a receiver that reads slowly and gets few of the messages holds on to the
// blocks that these are in, whole. (ReplyBuffer::AppendShared bounds how many.)
#ifndef SOLOKV_KV_PUBSUB_MESSAGE_BLOCKS_H_
#define SOLOKV_KV_PUBSUB_MESSAGE_BLOCKS_H_

#include <cstddef>

#include "kv/base/slab_memory.h"
#include "protocol/reply_buffer.h"

namespace kv {

class MessageBlocks {
 public:
  // Blocks come from `memory`, which must outlive the references.
  explicit MessageBlocks(SlabMemory& memory) : memory_(memory) {}
  ~MessageBlocks() { Drop(); }
  MessageBlocks(const MessageBlocks&) = delete;
  MessageBlocks& operator=(const MessageBlocks&) = delete;

  // A text in a block. Valid until the next Append or Drop, unless it is referred to.
  class Text {
   public:
    Text() = default;
    bool empty() const { return size_ == 0; }
    size_t size() const { return size_; }
    // Appends the text to `output`, which refers to it from then on.
    void AppendTo(resp::ReplyBuffer& output) const;

   private:
    friend class MessageBlocks;
    Text(struct MessageBlock* block, const char* data, size_t size)
        : block_(block), data_(data), size_(size) {}

    struct MessageBlock* block_ = nullptr;
    const char* data_ = nullptr;
    size_t size_ = 0;
  };

  // Takes over the contents of `text`, which is empty afterwards.
  Text Append(resp::ReplyBuffer& text);
  // Lets go of the current block.
  void Drop();

 private:
  static constexpr size_t kBlockBytes = 4096;

  SlabMemory& memory_;
  struct MessageBlock* current_ = nullptr;
};

}  // namespace kv

#endif  // SOLOKV_KV_PUBSUB_MESSAGE_BLOCKS_H_
