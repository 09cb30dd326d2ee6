// ListNode: one link of a long list, some hundred elements in one block of memory. It is the leaf
// of the list: what is compressed, saved and moved as a whole.
//
//   kListpack     the block is a listpack, which may have room before it:
//                 | room, `bytes` of it | listpack ... | slack |
//   kPlain        the block is the one element, which is too large for a listpack of the list
//   kCompressed   the block is a listpack behind LZF: | bytes of the listpack 4 | LZF ... |
//
// A node is a record in the directory of its list (ListChain); it owns its block, and is copied
// like a pointer. The memory must be the same one in every call.
//
// Cost: Compress and Decompress some microseconds for 8 KiB. Push and Pop O(1), amortised: the room
// in front spares them the move of what stands behind. Everything else O(1).
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
  static constexpr size_t kMaxCount = ListLimits::kMaxNodeCount;

  char* block;
  uint64_t epoch;  // the last one it was changed in
  uint32_t bytes;  // of the element, of the compressed form, or of the room before the listpack
  uint16_t count;  // elements
  Form form;

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
  bool has_room() const { return form == Form::kListpack && bytes > 0; }
  // Precondition for all that follow, to Pop: form == kListpack.
  ListpackView view() const { return ListpackView(block + bytes); }
  // Precondition: no room before it, see CloseRoom. What changed it is put back by SetListpack.
  Listpack listpack() const {
    assert(bytes == 0);
    return Listpack::FromBlock(block);
  }
  void SetListpack(Listpack changed, size_t new_count);
  void CloseRoom(SlabMemory& memory);
  // Adds an element at one end, or takes one off. Precondition: some other element stays.
  void Push(SlabMemory& memory, ListEnd end, const ListpackEntry& entry);
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
  void MakeRoom(SlabMemory& memory, size_t room);
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
