#include "kv/types/list_chain.h"

#include <algorithm>
#include <cassert>
#include <new>

namespace kv {
namespace {

constexpr size_t kMinCapacity = 4;
constexpr size_t kMaxFreedAtOnce = 64;  // nodes

// Whether an element needs a node of its own.
bool IsLarge(const ListLimits& limits, const ListpackEntry& entry) {
  return ListpackView::kEmptyBytes + entry.bytes() > limits.MaxBytes();
}

ListpackView::Position FirstFrom(ListpackView listpack, ListEnd from) {
  return from == ListEnd::kFront ? listpack.First() : listpack.Last();
}

ListpackView::Position Step(ListpackView listpack, ListpackView::Position at, ListEnd from) {
  return from == ListEnd::kFront ? listpack.Next(at) : listpack.Previous(at);
}

}  // namespace

// --- Making, copying, freeing ---

ListChain::Directory* ListChain::NewDirectory(SlabMemory& memory, size_t capacity) {
  const size_t bytes = SlabMemory::GoodSize(DirectoryBytes(capacity));
  capacity = (bytes - sizeof(Directory)) / sizeof(ListNode);
  assert(capacity <= UINT32_MAX);
  return new (memory.Allocate(bytes)) Directory{0, 0, 0, 0, static_cast<uint32_t>(capacity), 0};
}

ListChain ListChain::Create(const ListContext& context) {
  ListChain chain(NewDirectory(context.memory, kMinCapacity));
  chain.directory_->epoch = context.epoch;
  return chain;
}

ListChain ListChain::Copy(SlabMemory& memory, uint64_t epoch) const {
  ListChain copy(NewDirectory(memory, std::max(node_count(), kMinCapacity)));
  copy.directory_->size = size();
  copy.directory_->epoch = epoch;
  for (const ListNode& node : nodes()) {
    copy.slots()[copy.directory_->end++] = node.Copy(memory, epoch);
  }
  return copy;
}

bool ListChain::FreeSome(SlabMemory& memory, size_t budget) {
  for (; budget > 0 && node_count() > 0; --budget) slots()[--directory_->end].Free(memory);
  if (node_count() > 0) return true;
  memory.Free(directory_, DirectoryBytes(directory_->capacity));
  directory_ = nullptr;
  return false;
}

size_t ListChain::memory_bytes() const {
  const size_t directory = SlabMemory::GoodSize(DirectoryBytes(directory_->capacity));
  const size_t count = node_count();
  const size_t counted = std::min(count, kMaxCountedNodes);
  if (counted == 0) return directory;
  size_t bytes = 0;
  for (size_t i = 0; i < counted; ++i) bytes += node(i * count / counted).BlockBytes();
  return directory + bytes * count / counted;
}

size_t ListChain::Compact(const ListContext& context, size_t cursor, size_t budget,
                          CompactionCount& count) {
  for (; budget > 0 && cursor < node_count(); --budget, ++cursor) {
    const ListNode& candidate = node(cursor);
    if (!count.Count(context.memory.IsSparse(candidate.block, candidate.BlockBytes()))) continue;
    BeginChange(context);
    Announce(context, cursor);
    node(cursor).MoveIfSparse(context.memory);
  }
  if (cursor < node_count()) return cursor;
  if (count.Count(context.memory.IsSparse(directory_, DirectoryBytes(directory_->capacity)))) {
    MoveDirectory(context.memory, directory_->capacity);
  }
  return 0;
}

// --- The directory ---

ListChain::Place ListChain::Locate(size_t index) const {
  assert(index < size());
  if (index < size() / 2) {
    size_t i = 0;
    for (; index >= node(i).count; ++i) index -= node(i).count;
    return {i, index};
  }
  size_t left = size() - index;  // elements from the one wanted to the back
  size_t i = node_count() - 1;
  for (; left > node(i).count; --i) left -= node(i).count;
  return {i, node(i).count - left};
}

// Moves the nodes to the middle of a new directory.
void ListChain::MoveDirectory(SlabMemory& memory, size_t capacity) {
  Directory* const old = directory_;
  const size_t count = node_count();
  const ListNode* const old_nodes = nodes_begin();
  Directory* const moved = NewDirectory(memory, std::max(capacity, count));
  moved->size = old->size;
  moved->epoch = old->epoch;
  moved->begin = static_cast<uint32_t>((moved->capacity - count) / 2);
  moved->end = static_cast<uint32_t>(moved->begin + count);
  directory_ = moved;
  std::copy_n(old_nodes, count, nodes_begin());
  memory.Free(old, DirectoryBytes(old->capacity));
}

void ListChain::InsertNode(const ListContext& context, size_t index, const ListNode& added) {
  const auto towards_front = [&] { return index < node_count() - index; };
  const auto has_room = [&] {
    return towards_front() ? directory_->begin > 0 : directory_->end < directory_->capacity;
  };
  if (!has_room()) {
    const size_t capacity = directory_->capacity;
    const bool crowded = node_count() > capacity / 2;
    MoveDirectory(context.memory, crowded ? capacity * 2 : capacity);
  }
  ListNode* const begin = nodes_begin();
  ListNode* const end = begin + node_count();
  if (towards_front()) {
    std::move(begin, begin + index, begin - 1);
    --directory_->begin;
  } else {
    std::move_backward(begin + index, end, end + 1);
    ++directory_->end;
  }
  node(index) = added;
  directory_->size += added.count;
}

// The nodes are freed already, and their elements no longer counted.
void ListChain::EraseNodes(SlabMemory& memory, size_t index, size_t count) {
  ListNode* const begin = nodes_begin();
  ListNode* const end = begin + node_count();
  if (index < node_count() - index - count) {
    std::move_backward(begin, begin + index, begin + index + count);
    directory_->begin += static_cast<uint32_t>(count);
  } else {
    std::move(begin + index + count, end, begin + index);
    directory_->end -= static_cast<uint32_t>(count);
  }
  if (directory_->capacity > 4 * kMinCapacity && node_count() < directory_->capacity / 8) {
    MoveDirectory(memory, std::max(node_count() * 2, kMinCapacity));
  }
}

// --- Changes of one node ---

void ListChain::BeginChange(const ListContext& context) {
  if (directory_->epoch == context.epoch) [[likely]]
    return;
  if (context.observer != nullptr) context.observer->BeforeFirstChange(*this);
  directory_->epoch = context.epoch;
}

void ListChain::Announce(const ListContext& context, size_t index) {
  ListNode& changing = node(index);
  if (changing.epoch == context.epoch) [[likely]]
    return;
  if (context.observer != nullptr) context.observer->BeforeChange(changing);
  changing.epoch = context.epoch;
}

// For changes at the ends of a node.
ListNode& ListChain::Unpack(const ListContext& context, size_t index) {
  Announce(context, index);
  ListNode& unpacked = node(index);
  if (unpacked.form == ListNode::Form::kCompressed) [[unlikely]]
    unpacked.Decompress(context.memory);
  return unpacked;
}

// For all changes of a node.
ListNode& ListChain::Open(const ListContext& context, size_t index) {
  ListNode& opened = Unpack(context, index);
  if (opened.has_room()) opened.CloseRoom(context.memory);
  return opened;
}

inline bool ListChain::Fits(const ListContext& context, const ListNode& node,
                            const ListpackEntry& entry) {
  return !node.is_plain() && node.count < context.limits.MaxCount() &&
         node.PlainBytes() + entry.bytes() <= context.limits.MaxBytes();
}

void ListChain::AddToNode(const ListContext& context, size_t index, size_t offset,
                          const ListpackEntry& entry) {
  ListNode& target = Open(context, index);
  Listpack listpack = target.listpack();
  if (offset == target.count) {
    listpack.Append(context.memory, entry);
  } else {
    listpack.InsertBefore(context.memory, listpack.Seek(static_cast<int64_t>(offset)), entry);
  }
  target.SetListpack(listpack, target.count + size_t{1});
  ++directory_->size;
}

void ListChain::InsertNewNode(const ListContext& context, size_t index, std::string_view text) {
  const ListpackEntry entry(text);
  if (IsLarge(context.limits, entry)) {
    InsertNode(context, index, ListNode::OfPlain(context.memory, text, context.epoch));
    return;
  }
  Listpack listpack = Listpack::Create(context.memory);
  listpack.Append(context.memory, entry);
  InsertNode(context, index, ListNode::OfListpack(listpack, 1, context.epoch));
}

// Puts the text between the nodes index - 1 and index.
void ListChain::InsertBetween(const ListContext& context, size_t index, std::string_view text) {
  const ListpackEntry entry(text);
  if (index > 0 && Fits(context, node(index - 1), entry)) {
    AddToNode(context, index - 1, node(index - 1).count, entry);
  } else if (index < node_count() && Fits(context, node(index), entry)) {
    AddToNode(context, index, 0, entry);
  } else {
    InsertNewNode(context, index, text);
  }
}

// Makes `place` the beginning of a node. Precondition: it is not that already.
void ListChain::Split(const ListContext& context, Place place) {
  ListNode& left = Open(context, place.node);
  const size_t moved = left.count - place.offset;
  Listpack listpack = left.listpack();
  const Listpack tail =
      listpack.SplitOff(context.memory, listpack.Seek(static_cast<int64_t>(place.offset)));
  left.SetListpack(listpack, place.offset);
  directory_->size -= moved;
  InsertNode(context, place.node + 1, ListNode::OfListpack(tail, moved, context.epoch));
}

// Precondition: some elements of the node stay.
void ListChain::EraseInNode(const ListContext& context, Place place, size_t count) {
  ListNode& target = Open(context, place.node);
  Listpack listpack = target.listpack();
  listpack.Erase(context.memory, listpack.Seek(static_cast<int64_t>(place.offset)), count);
  target.SetListpack(listpack, target.count - count);
  directory_->size -= count;
}

void ListChain::EraseWholeNodes(const ListContext& context, size_t index, size_t count) {
  for (size_t i = index; i < index + count; ++i) {
    Announce(context, i);
    directory_->size -= node(i).count;
  }
  DropNodes(context, index, count);
  EraseNodes(context.memory, index, count);
}

// Frees the nodes, or hands them over as a chain to be freed in slices.
void ListChain::DropNodes(const ListContext& context, size_t index, size_t count) {
  ListNode* const first = nodes_begin() + index;
  if (context.reclaimer == nullptr || count <= kMaxFreedAtOnce) {
    for (ListNode* dropped = first; dropped != first + count; ++dropped) {
      dropped->Free(context.memory);
    }
    return;
  }
  ListChain detached(NewDirectory(context.memory, count));
  std::copy_n(first, count, detached.slots());
  detached.directory_->end = static_cast<uint32_t>(count);
  context.reclaimer->Reclaim(detached);
}

// --- What follows a change ---

// Joins two neighbours that together fill less than half a node.
bool ListChain::MergeWithNext(const ListContext& context, size_t index) {
  if (index + 1 >= node_count()) return false;
  const ListNode& left = node(index);
  const ListNode& right = node(index + 1);
  if (left.is_plain() || right.is_plain()) return false;
  const size_t count = size_t{left.count} + right.count;
  if (count > context.limits.MaxCount() / 2) return false;
  if (left.PlainBytes() + right.PlainBytes() > context.limits.MaxBytes() / 2) return false;
  ListNode& target = Open(context, index);
  ListNode& source = Open(context, index + 1);
  Listpack listpack = target.listpack();
  listpack.AppendAll(context.memory, source.listpack());
  target.SetListpack(listpack, count);
  source.Free(context.memory);
  EraseNodes(context.memory, index + 1, 1);
  return true;
}

void ListChain::MergeAround(const ListContext& context, size_t index) {
  bool merged = MergeWithNext(context, index);
  if (index > 0) merged |= MergeWithNext(context, index - 1);
  if (merged) SettleEnds(context);
  SettleAround(context, index);
}

// A split and an insertion change up to four nodes around the place.
void ListChain::SettleAround(const ListContext& context, size_t index) {
  for (size_t i = index - std::min<size_t>(index, 2); i < node_count() && i <= index + 2; ++i) {
    SettleInner(context, i);
  }
}

// Compresses the node, if it is far enough from the ends.
void ListChain::SettleInner(const ListContext& context, size_t index) {
  if (context.limits.compress_depth <= 0) [[likely]]
    return;
  const auto depth = static_cast<size_t>(context.limits.compress_depth);
  if (index < depth || index + depth >= node_count()) return;
  if (node(index).form != ListNode::Form::kListpack) return;
  Announce(context, index);
  node(index).Compress(context.memory);
}

// After nodes came or went: those at the ends are unpacked, the next ones compressed.
void ListChain::SettleEnds(const ListContext& context) {
  if (context.limits.compress_depth <= 0) [[likely]]
    return;
  const size_t count = node_count();
  const auto depth = std::min(static_cast<size_t>(context.limits.compress_depth), count);
  for (size_t i = 0; i < depth; ++i) {
    for (const size_t end : {i, count - 1 - i}) {
      if (node(end).form == ListNode::Form::kCompressed) Open(context, end);
    }
  }
  if (count <= 2 * depth) return;
  SettleInner(context, depth);
  SettleInner(context, count - 1 - depth);
}

// --- Operations ---

inline void ListChain::PushOne(const ListContext& context, ListEnd end, std::string_view text) {
  const size_t nodes = node_count();
  if (nodes > 0) [[likely]] {
    const ListpackEntry entry(text);
    const size_t index = IndexOf(end);
    if (Fits(context, node(index), entry)) [[likely]] {
      Unpack(context, index).Push(context.memory, end, entry, context.limits.MaxBytes());
      ++directory_->size;
      return;
    }
    if (node(index).has_room()) Open(context, index);
  }
  InsertNewNode(context, end == ListEnd::kFront ? 0 : nodes, text);
  SettleEnds(context);
}

void ListChain::Push(const ListContext& context, ListEnd end,
                     std::span<const std::string_view> texts) {
  BeginChange(context);
  for (const std::string_view text : texts) PushOne(context, end, text);
}

ListpackElement ListChain::Outermost(const ListContext& context, ListEnd end) {
  const size_t index = IndexOf(end);
  if (node(index).form == ListNode::Form::kCompressed) [[unlikely]] {
    BeginChange(context);
    Unpack(context, index);
  }
  const ListNode& outer = node(index);
  if (outer.is_plain()) return ListpackElement(outer.text());
  return outer.view().Get(FirstFrom(outer.view(), end));
}

void ListChain::Pop(const ListContext& context, ListEnd end) {
  const size_t index = IndexOf(end);
  if (node(index).count == 1) return Erase(context, end == ListEnd::kFront ? 0 : size() - 1, 1);
  BeginChange(context);
  ListNode& outer = Unpack(context, index);
  outer.Pop(context.memory, end);
  --directory_->size;
  const ListLimits& limits = context.limits;
  if (outer.PlainBytes() <= limits.MaxBytes() / 2 && outer.count <= limits.MaxCount() / 2) {
    MergeAround(context, index);
  }
}

void ListChain::AppendNode(const ListContext& context, ListNode added) {
  BeginChange(context);
  added.epoch = context.epoch;
  InsertNode(context, node_count(), added);
  SettleEnds(context);
}

void ListChain::Visit(size_t index, size_t count, ListEnd towards, VisitListElement visit) const {
  if (index >= size() || count == 0) return;
  const bool back = towards == ListEnd::kBack;
  Place place = Locate(index);
  for (size_t i = place.node; i < node_count(); back ? ++i : --i) {
    const ListNodeReader reader(node(i));
    if (reader.is_plain()) {
      if (!visit(ListpackElement(reader.bytes())) || --count == 0) return;
      continue;
    }
    const ListpackView listpack = reader.listpack();
    const ListEnd from = back ? ListEnd::kFront : ListEnd::kBack;
    auto at = i == place.node ? listpack.Seek(static_cast<int64_t>(place.offset))
                              : FirstFrom(listpack, from);
    for (; at != listpack.kNone; at = Step(listpack, at, from)) {
      if (!visit(listpack.Get(at)) || --count == 0) return;
    }
  }
}

void ListChain::Insert(const ListContext& context, size_t index, std::string_view text) {
  if (index == size()) return Push(context, ListEnd::kBack, text);
  BeginChange(context);
  const Place place = Locate(index);
  const ListpackEntry entry(text);
  if (Fits(context, node(place.node), entry)) {
    AddToNode(context, place.node, place.offset, entry);
    return SettleInner(context, place.node);
  }
  if (place.offset == 0) {
    InsertBetween(context, place.node, text);
  } else {
    Split(context, place);
    InsertBetween(context, place.node + 1, text);
  }
  SettleEnds(context);
  MergeAround(context, std::min(place.node + 1, node_count() - 1));
}

void ListChain::Replace(const ListContext& context, size_t index, std::string_view text) {
  BeginChange(context);
  const Place place = Locate(index);
  const ListpackEntry entry(text);
  if (!node(place.node).is_plain()) {
    ListNode& target = Open(context, place.node);
    Listpack listpack = target.listpack();
    const auto at = listpack.Seek(static_cast<int64_t>(place.offset));
    const size_t bytes = listpack.bytes() - listpack.EntryBytes(at) + entry.bytes();
    if (bytes <= context.limits.MaxBytes()) {
      listpack.Replace(context.memory, at, entry);
      target.SetListpack(listpack, target.count);
      return SettleInner(context, place.node);
    }
  }
  Insert(context, index, text);
  Erase(context, index + 1, 1);
}

void ListChain::Erase(const ListContext& context, size_t index, size_t count) {
  assert(index + count <= size());
  if (count == 0) return;
  BeginChange(context);
  const size_t nodes_before = node_count();
  Place place = Locate(index);
  if (place.offset > 0) {
    const size_t here = std::min(count, node(place.node).count - place.offset);
    EraseInNode(context, place, here);
    count -= here;
    if (count > 0) ++place.node;
  }
  size_t whole = 0;
  while (count > 0 && count >= node(place.node + whole).count) {
    count -= node(place.node + whole++).count;
    if (place.node + whole == node_count()) break;
  }
  if (whole > 0) EraseWholeNodes(context, place.node, whole);
  if (count > 0) EraseInNode(context, {place.node, 0}, count);
  if (node_count() == 0) return;
  if (node_count() != nodes_before) SettleEnds(context);
  MergeAround(context, std::min(place.node, node_count() - 1));
}

size_t ListChain::RemoveInNode(const ListContext& context, size_t index,
                               const ListpackNeedle& needle, size_t limit, ListEnd from) {
  {
    const ListNodeReader reader(node(index));
    if (reader.is_plain()) {
      if (!needle.Equals(ListpackElement(reader.bytes()))) return 0;
      EraseWholeNodes(context, index, 1);
      return 1;
    }
    const ListpackView listpack = reader.listpack();
    if (listpack.Find(listpack.First(), needle) == listpack.kNone) return 0;
  }
  ListNode& target = Open(context, index);
  Listpack listpack = target.listpack();
  size_t removed = 0;
  auto at = FirstFrom(listpack, from);
  while (at != listpack.kNone && removed < limit) {
    if (!needle.Equals(listpack.Get(at))) {
      at = Step(listpack, at, from);
      continue;
    }
    const auto before = listpack.Previous(at);
    const auto behind = listpack.Erase(context.memory, at);
    at = from == ListEnd::kFront ? behind : before;
    ++removed;
  }
  directory_->size -= removed;
  target.SetListpack(listpack, target.count - removed);
  if (target.count == 0) EraseWholeNodes(context, index, 1);
  return removed;
}

size_t ListChain::Remove(const ListContext& context, std::string_view text, size_t limit,
                         ListEnd from) {
  BeginChange(context);
  const ListpackNeedle needle(text);
  size_t removed = 0;
  // Going through from either end, `behind` counts the nodes between the current one and that end.
  for (size_t behind = 0; behind < node_count() && removed < limit;) {
    const size_t nodes = node_count();
    const size_t index = from == ListEnd::kFront ? behind : nodes - 1 - behind;
    const size_t here = RemoveInNode(context, index, needle, limit - removed, from);
    removed += here;
    if (node_count() < nodes) continue;
    if (here > 0) SettleInner(context, index);
    ++behind;
  }
  if (removed == 0) return 0;
  for (size_t i = 0; i < node_count(); ++i) {
    bool merged = false;
    while (MergeWithNext(context, i)) merged = true;
    if (merged) SettleInner(context, i);
  }
  if (node_count() > 0) SettleEnds(context);
  return removed;
}

Listpack ListChain::TakeListpack(const ListContext& context) {
  assert(node_count() == 1);
  BeginChange(context);
  const Listpack listpack = Open(context, 0).listpack();
  directory_->end = directory_->begin;
  FreeSome(context.memory, 0);
  return listpack;
}

}  // namespace kv
