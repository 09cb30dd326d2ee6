#include "kv/types/list_node.h"

#include <lzf.h>

#include <algorithm>
#include <cstring>

namespace kv {
namespace {

// Compression has to find something, and has to pay for the time it costs.
constexpr size_t kMinCompressBytes = 48;
constexpr size_t kMinSavedBytes = 8;

// Before and behind a listpack: what pushing makes at once, and what popping leaves at most.
constexpr size_t kNewRoom = 1024;
constexpr size_t kMaxRoom = 2 * kNewRoom;

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
  ListNode node{.block = nullptr, .epoch = epoch, .room = {}, .count = 0, .form = Form::kListpack};
  node.SetListpack(listpack, count);
  return node;
}

ListNode ListNode::OfPlain(SlabMemory& memory, std::string_view text, uint64_t epoch) {
  assert(text.size() <= UINT32_MAX);
  char* const block = static_cast<char*>(memory.Allocate(text.size()));
  std::memcpy(block, text.data(), text.size());
  return {.block = block,
          .epoch = epoch,
          .bytes = static_cast<uint32_t>(text.size()),
          .count = 1,
          .form = Form::kPlain};
}

ListNode ListNode::Copy(SlabMemory& memory, uint64_t new_epoch) const {
  ListNode copy = *this;
  copy.epoch = new_epoch;
  copy.block = static_cast<char*>(memory.Allocate(BlockBytes()));
  std::memcpy(copy.block, block, form == Form::kListpack ? room.before + PlainBytes() : bytes);
  return copy;
}

size_t ListNode::BlockBytes() const {
  if (form != Form::kListpack) return SlabMemory::GoodSize(bytes);
  return room.before + view().bytes() + room.behind;
}

void ListNode::SetListpack(Listpack changed, size_t new_count) {
  assert(new_count <= kMaxCount && changed.bytes() <= kMaxBytes);
  block = static_cast<char*>(changed.block());
  room = {0, static_cast<uint16_t>(changed.memory_bytes() - changed.bytes())};
  count = static_cast<uint16_t>(new_count);
}

// Room for a push beyond the one at hand: the more the larger the listpack is, none that it won't
// need.
size_t ListNode::NewRoom(size_t added, size_t most_bytes) const {
  const size_t total = view().bytes();
  return std::min({total, kNewRoom, most_bytes - std::min(most_bytes, total + added)});
}

// Moves the listpack out of its block to one with so much room before it, and no more behind it
// than must be.
void ListNode::MoveListpack(SlabMemory& memory, ListpackView moved, size_t block_bytes,
                            size_t before) {
  const size_t filled = before + moved.bytes();
  const size_t new_bytes = Listpack::BlockBytes(filled);
  char* const roomy = static_cast<char*>(memory.Allocate(new_bytes));
  std::memcpy(roomy + before, moved.view().data(), moved.bytes());
  memory.Free(block, block_bytes);
  block = roomy;
  room = {static_cast<uint16_t>(before), static_cast<uint16_t>(new_bytes - filled)};
}

void ListNode::CloseRoom(SlabMemory& memory) {
  MoveListpack(memory, view(), BlockBytes(), 0);
}

size_t ListNode::MakeRoomBefore(SlabMemory& memory, size_t added, size_t most_bytes) {
  MoveListpack(memory, view(), BlockBytes(), added + NewRoom(added, most_bytes));
  return room.before;
}

size_t ListNode::MakeRoomBehind(SlabMemory& memory, size_t added, size_t most_bytes) {
  const size_t filled = room.before + view().bytes();
  const size_t needed = filled + added + NewRoom(added, most_bytes);
  const size_t block_bytes = Listpack::BlockBytes(needed);
  block = static_cast<char*>(memory.Reallocate(block, BlockBytes(), block_bytes));
  return block_bytes - filled;
}

void ListNode::Pop(SlabMemory& memory, ListEnd end) {
  const bool front = end == ListEnd::kFront;
  const size_t block_bytes = BlockBytes();
  ListpackInRoom rest(block + room.before);
  front ? rest.RemoveFirst() : rest.RemoveLast();
  --count;
  const size_t left = rest.bytes();
  const size_t taken = left + (front ? room.behind : room.before);
  const size_t free = block_bytes - taken;
  if (free <= std::max(kMaxRoom, left / 4)) [[likely]] {
    (front ? room.before : room.behind) = static_cast<uint16_t>(free);
  } else if (front) {
    MoveListpack(memory, rest, block_bytes, 0);
  } else {
    const size_t shorter = Listpack::BlockBytes(taken);
    block = static_cast<char*>(memory.Reallocate(block, block_bytes, shorter));
    room.behind = static_cast<uint16_t>(shorter - taken);
  }
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
  form = Form::kListpack;
  SetListpack(Listpack::FromBlock(unpacked), count);
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
