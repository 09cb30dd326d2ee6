#include "kv/types/list_node.h"

#include <lzf.h>

#include <algorithm>
#include <cstring>

namespace kv {
namespace {

// Compression has to find something, and has to pay for the time it costs.
constexpr size_t kMinCompressBytes = 48;
constexpr size_t kMinSavedBytes = 8;

// Before a listpack: what pushing makes at once, and what popping leaves at most.
constexpr size_t kNewRoom = 512;
constexpr size_t kMaxRoom = 1024;

void Unpack(const ListNode& node, char* out) {
  const char* const packed = node.block + sizeof(uint32_t);
  const size_t size = node.PlainBytes();
  [[maybe_unused]] const unsigned written =
      lzf_decompress(packed, static_cast<unsigned>(node.bytes - sizeof(uint32_t)), out,
                     static_cast<unsigned>(size));
  assert(written == size);
}

}  // namespace

ListNode ListNode::OfListpack(Listpack listpack, size_t count, uint64_t epoch) {
  ListNode node{nullptr, epoch, 0, 0, Form::kListpack};
  node.SetListpack(listpack, count);
  return node;
}

ListNode ListNode::OfPlain(SlabMemory& memory, std::string_view text, uint64_t epoch) {
  assert(text.size() <= UINT32_MAX);
  char* const block = static_cast<char*>(memory.Allocate(text.size()));
  std::memcpy(block, text.data(), text.size());
  return {block, epoch, static_cast<uint32_t>(text.size()), 1, Form::kPlain};
}

ListNode ListNode::Copy(SlabMemory& memory, uint64_t new_epoch) const {
  ListNode copy = *this;
  copy.epoch = new_epoch;
  copy.block = static_cast<char*>(memory.Allocate(BlockBytes()));
  std::memcpy(copy.block, block, form == Form::kListpack ? bytes + PlainBytes() : bytes);
  return copy;
}

size_t ListNode::BlockBytes() const {
  return form == Form::kListpack ? Listpack::BlockBytes(bytes + view().bytes())
                                 : SlabMemory::GoodSize(bytes);
}

void ListNode::SetListpack(Listpack changed, size_t new_count) {
  assert(new_count <= kMaxCount);
  block = static_cast<char*>(changed.block());
  count = static_cast<uint16_t>(new_count);
}

// Moves the listpack to a block with so much room before it.
void ListNode::MakeRoom(SlabMemory& memory, size_t room) {
  const std::string_view moved = view().view();
  char* const roomy =
      static_cast<char*>(memory.Allocate(Listpack::BlockBytes(room + moved.size())));
  std::memcpy(roomy + room, moved.data(), moved.size());
  Free(memory);
  block = roomy;
  bytes = static_cast<uint32_t>(room);
}

void ListNode::CloseRoom(SlabMemory& memory) {
  MakeRoom(memory, 0);
}

void ListNode::Push(SlabMemory& memory, ListEnd end, const ListpackEntry& entry) {
  const size_t added = entry.bytes();
  const size_t total = view().bytes();
  if (end == ListEnd::kFront) {
    if (bytes < added) [[unlikely]]
      MakeRoom(memory, added + std::min(total, kNewRoom));
    ListpackInRoom(block + bytes).Prepend(entry);
    bytes -= static_cast<uint32_t>(added);
  } else {
    const size_t block_bytes = Listpack::BlockBytes(bytes + total);
    const size_t needed = bytes + total + added;
    if (needed > block_bytes) [[unlikely]] {
      block =
          static_cast<char*>(memory.Reallocate(block, block_bytes, Listpack::BlockBytes(needed)));
    }
    ListpackInRoom(block + bytes).Append(entry);
  }
  ++count;
}

void ListNode::Pop(SlabMemory& memory, ListEnd end) {
  ListpackInRoom listpack(block + bytes);
  const size_t total = listpack.bytes();
  if (end == ListEnd::kFront) {
    listpack.RemoveFirst();
    bytes += static_cast<uint32_t>(total - listpack.bytes());
    if (bytes > kMaxRoom) [[unlikely]]
      CloseRoom(memory);
  } else {
    listpack.RemoveLast();
    const size_t old_block = Listpack::BlockBytes(bytes + total);
    const size_t new_block = Listpack::BlockBytes(bytes + listpack.bytes());
    if (old_block != new_block) [[unlikely]]
      block = static_cast<char*>(memory.Reallocate(block, old_block, new_block));
  }
  --count;
}

void ListNode::Compress(SlabMemory& memory) {
  if (form != Form::kListpack) return;
  const ListpackView plain = view();
  const size_t size = plain.bytes();
  if (size < kMinCompressBytes) return;
  const auto packed = std::make_unique_for_overwrite<char[]>(size);
  const size_t packed_size =
      lzf_compress(plain.view().data(), static_cast<unsigned>(size), packed.get(),
                   static_cast<unsigned>(size - sizeof(uint32_t) - kMinSavedBytes));
  if (packed_size == 0) return;
  const auto header = static_cast<uint32_t>(size);
  Free(memory);
  bytes = static_cast<uint32_t>(sizeof header + packed_size);
  form = Form::kCompressed;
  block = static_cast<char*>(memory.Allocate(bytes));
  std::memcpy(block, &header, sizeof header);
  std::memcpy(block + sizeof header, packed.get(), packed_size);
}

void ListNode::Decompress(SlabMemory& memory) {
  if (form != Form::kCompressed) return;
  char* const unpacked = static_cast<char*>(memory.Allocate(Listpack::BlockBytes(UnpackedBytes())));
  Unpack(*this, unpacked);
  Free(memory);
  block = unpacked;
  bytes = 0;
  form = Form::kListpack;
}

bool ListNode::MoveIfSparse(SlabMemory& memory) {
  if (!memory.IsSparse(block, BlockBytes())) return false;
  const ListNode moved = Copy(memory, epoch);
  Free(memory);
  *this = moved;
  return true;
}

ListNodeReader::ListNodeReader(const ListNode& node) : is_plain_(node.is_plain()) {
  const char* data =
      node.form == ListNode::Form::kListpack ? node.view().view().data() : node.block;
  if (node.form == ListNode::Form::kCompressed) {
    unpacked_ = std::make_unique_for_overwrite<char[]>(node.PlainBytes());
    Unpack(node, unpacked_.get());
    data = unpacked_.get();
  }
  bytes_ = {data, node.PlainBytes()};
}

}  // namespace kv
