#include "kv/pubsub/message_blocks.h"

#include <sys/uio.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace kv {

struct MessageBlock {
  static MessageBlock* Create(SlabMemory& memory, size_t bytes) {
    auto* const block = new (memory.Allocate(bytes)) MessageBlock{.memory = &memory};
    block->capacity = bytes - sizeof(MessageBlock);
    return block;
  }
  static void Release(void* owner) {
    auto* const block = static_cast<MessageBlock*>(owner);
    if (--block->references > 0) return;
    block->memory->Free(block, sizeof(MessageBlock) + block->capacity);
  }
  char* text() { return reinterpret_cast<char*>(this + 1); }
  size_t room() const { return capacity - size; }

  SlabMemory* memory;
  size_t references = 1;
  size_t capacity = 0;
  size_t size = 0;
};

void MessageBlocks::Text::AppendTo(resp::ReplyBuffer& output) const {
  ++block_->references;
  output.AppendShared({data_, size_, block_, MessageBlock::Release});
}

MessageBlocks::Text MessageBlocks::Append(resp::ReplyBuffer& text) {
  const size_t size = text.size();
  if (current_ == nullptr || current_->room() < size) {
    Drop();
    current_ = MessageBlock::Create(memory_, std::max(kBlockBytes, sizeof(MessageBlock) + size));
  }
  char* const begin = current_->text() + current_->size;
  while (!text.empty()) {
    iovec part;
    text.Gather({&part, 1}, SIZE_MAX);
    std::memcpy(current_->text() + current_->size, part.iov_base, part.iov_len);
    current_->size += part.iov_len;
    text.Consume(part.iov_len);
  }
  return {current_, begin, size};
}

void MessageBlocks::Drop() {
  if (current_ != nullptr) MessageBlock::Release(std::exchange(current_, nullptr));
}

}  // namespace kv
