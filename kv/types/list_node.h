// ListNode: one link of a long list, some hundred elements in one block of memory. It is the leaf
// of the list: what is compressed, saved and moved as a whole.
//
//   kListpack     the block is a listpack, which may have room around it:
//                 | room.before | listpack ... | room.behind |
//   kPlain        the block is the one element, which is too large for a listpack of the list
//   kCompressed   the block is a listpack behind LZF: | bytes of the listpack 4 | LZF ... |
//
// A node is a record in the directory of its list (ListChain); it owns its block, and is copied
// like a pointer. The memory must be the same one in every call.
//
// Cost: Compress and Decompress some microseconds for 8 KiB. Push and Pop O(1), amortised by the
// room that they leave at their end. Everything else O(1).
#ifndef SOLOKV_KV_TYPES_LIST_NODE_H_
#define SOLOKV_KV_TYPES_LIST_NODE_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "kv/base/slab_memory.h"
#include "kv/ds/listpack.h"
#include "kv/types/value_limits.h"

namespace kv {

enum class ListEnd : uint8_t { kFront, kBack };

struct ListNode {
  enum class Form : uint8_t { kListpack, kPlain, kCompressed };
  struct Room {
    uint16_t before;
    uint16_t behind;
  };
  static constexpr size_t kMaxCount = ListLimits::kMaxNodeCount;
  // Of a listpack: far above every limit, and the room in its block can be told.
  static constexpr size_t kMaxBytes = size_t{256} << 10;

  char* block;
  uint64_t epoch;  // the last one it was changed in
  union {
    Room room;       // kListpack
    uint32_t bytes;  // of the element, or of the compressed form
  };
  uint16_t count;  // elements
  Form form;

  // Precondition: listpack.bytes() <= kMaxBytes.
  static ListNode OfListpack(Listpack listpack, size_t count, uint64_t epoch);
  // Precondition: text.size() < 4 GiB.
  static ListNode OfPlain(SlabMemory& memory, std::string_view text, uint64_t epoch);
  ListNode Copy(SlabMemory& memory, uint64_t new_epoch) const;
  void Free(SlabMemory& memory) { memory.Free(block, BlockBytes()); }

  // The bytes of the block, and of its content when it is not compressed.
  size_t BlockBytes() const;
  size_t PlainBytes() const {
    if (form == Form::kListpack) return view().bytes();
    return form == Form::kPlain ? bytes : UnpackedBytes();
  }

  bool is_plain() const { return form == Form::kPlain; }
  // Whether the block is another one than a listpack by itself would have.
  bool has_room() const {
    return form == Form::kListpack &&
           (room.before > 0 || BlockBytes() != Listpack::BlockBytes(view().bytes()));
  }
  // Precondition for all that follow, to Pop: form == kListpack.
  ListpackView view() const { return ListpackView(block + room.before); }
  // Precondition: !has_room(), see CloseRoom. What changed it is put back by SetListpack.
  Listpack listpack() const {
    assert(!has_room());
    return Listpack::FromBlock(block);
  }
  void SetListpack(Listpack changed, size_t new_count);
  void CloseRoom(SlabMemory& memory);
  // Adds an element at one end, or takes one off. The node is to grow to `most_bytes`.
  // Precondition: some other element stays.
  void Push(SlabMemory& memory, ListEnd end, const ListpackEntry& entry, size_t most_bytes) {
    const size_t added = entry.bytes();
    if (end == ListEnd::kFront) {
      size_t before = room.before;
      if (before < added) [[unlikely]]
        before = MakeRoomBefore(memory, added, most_bytes);
      ListpackInRoom(block + before).Prepend(entry);
      room.before = static_cast<uint16_t>(before - added);
    } else {
      size_t behind = room.behind;
      if (behind < added) [[unlikely]]
        behind = MakeRoomBehind(memory, added, most_bytes);
      ListpackInRoom(block + room.before).Append(entry);
      room.behind = static_cast<uint16_t>(behind - added);
    }
    ++count;
  }
  void Pop(SlabMemory& memory, ListEnd end);
  // Precondition: is_plain().
  std::string_view text() const { return {block, bytes}; }

  // Compresses a listpack where that pays; undoes it. Nothing for other forms.
  void Compress(SlabMemory& memory);
  void Decompress(SlabMemory& memory);

  // Moves the block elsewhere if that helps to empty its slab.
  bool MoveIfSparse(SlabMemory& memory);

 private:
  // Precondition: form == kCompressed.
  uint32_t UnpackedBytes() const {
    uint32_t unpacked;
    std::memcpy(&unpacked, block, sizeof unpacked);
    return unpacked;
  }
  size_t NewRoom(size_t added, size_t most_bytes) const;
  void MoveListpack(SlabMemory& memory, ListpackView moved, size_t block_bytes, size_t before);
  // Return how much there is then, at least `added`.
  size_t MakeRoomBefore(SlabMemory& memory, size_t added, size_t most_bytes);
  size_t MakeRoomBehind(SlabMemory& memory, size_t added, size_t most_bytes);
};
static_assert(sizeof(ListNode) == 24);

// Reads a node without changing it: what is compressed is unpacked beside it. The node must stay
// as it is meanwhile.
class ListNodeReader {
 public:
  explicit ListNodeReader(const ListNode& node);

  bool is_plain() const { return is_plain_; }
  // The one element, or the bytes of the listpack.
  std::string_view bytes() const { return bytes_; }
  // Precondition: !is_plain().
  ListpackView listpack() const { return ListpackView(bytes_.data()); }

 private:
  std::unique_ptr<char[]> unpacked_;
  std::string_view bytes_;
  bool is_plain_;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_LIST_NODE_H_
