#include "kv/command/reply_string.h"

namespace kv {
namespace {

// What a reply remembers of a blob, to give its reference back.
struct PinnedBlob {
  SlabMemory* memory;
  Blob* blob;

  static void Release(void* owner) {
    PinnedBlob* pinned = static_cast<PinnedBlob*>(owner);
    SlabMemory& memory = *pinned->memory;
    Blob::Release(memory, pinned->blob);
    memory.Free(pinned, sizeof(PinnedBlob));
  }
};

}  // namespace

void ReplyPinned(resp::ReplyWriter& reply, SlabMemory& memory, Blob* blob) {
  blob->AddReference();
  auto* pinned = new (memory.Allocate(sizeof(PinnedBlob))) PinnedBlob{&memory, blob};
  reply.BulkPinned({blob->data(), blob->size(), pinned, PinnedBlob::Release});
}

}  // namespace kv
