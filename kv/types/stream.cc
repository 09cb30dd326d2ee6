#include "kv/types/stream.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <vector>

namespace kv {
namespace {

// Of nodes: so many are freed at once, and more handed over to be freed in slices.
constexpr size_t kMaxFreedAtOnce = 64;
// Nodes of this size are larger than any limit.
constexpr uint64_t kUnlimited = INT64_MAX;
// What an element takes at most beyond its text.
constexpr size_t kMaxElementOverhead = 16;

uint64_t LimitOf(int64_t setting, uint64_t most) {
  return setting == 0 ? most : std::min(static_cast<uint64_t>(setting), most);
}

StreamNode NodeAt(Stream::Nodes::Position node) {
  return {node.key(), node.record().listpack()};
}

}  // namespace

// --- Making, copying, freeing ---

Stream* Stream::Create(const StreamContext& context) {
  return new (context.memory.Allocate(sizeof(Stream)))
      Stream(context.epoch, {.message_seconds = context.limits.message_seconds,
                             .max_messages = context.limits.max_messages});
}

Stream* Stream::Copy(SlabMemory& memory, uint64_t epoch) const {
  Stream* const copy = new (memory.Allocate(sizeof(Stream))) Stream(epoch, settings_);
  copy->nodes_ = nodes_.Copy(memory, [&](const StreamLeaf& leaf) {
    Listpack listpack = Listpack::Copy(memory, leaf.listpack().view());
    return StreamLeaf{listpack.block(), epoch, leaf.live, leaf.deleted};
  });
  copy->size_ = size_;
  copy->entries_added_ = entries_added_;
  copy->last_id_ = last_id_;
  copy->first_id_ = first_id_;
  copy->max_deleted_id_ = max_deleted_id_;
  for (const StreamGroup* group : groups_.items()) {
    copy->groups_.Insert(memory, group->Copy(memory, epoch));
  }
  if (producers_ != nullptr) copy->producers_ = producers_->Copy({memory, epoch});
  return copy;
}

bool Stream::FreeSome(SlabMemory& memory, size_t budget) {
  constexpr size_t kNodesPerLeaf = 64;
  const size_t leaves = nodes_.leaves();
  const auto free = [&](StreamLeaf& leaf) { leaf.listpack().Free(memory); };
  if (nodes_.FreeSome(memory, 1 + budget / kNodesPerLeaf, free)) return true;
  budget -= std::min(budget, leaves * kNodesPerLeaf);
  while (!groups_.empty()) {
    const size_t cost = groups_.last()->leaves();
    if (groups_.last()->FreeSome(memory, std::max<size_t>(1, budget))) return true;
    groups_.RemoveLast();
    budget -= std::min(budget, cost);
  }
  groups_.Clear(memory);
  if (producers_ != nullptr && producers_->FreeSome(memory, budget)) return true;
  memory.Free(this, sizeof(Stream));
  return false;
}

size_t Stream::blocks() const {
  size_t blocks = 1 + nodes_.size() + (producers_ == nullptr ? 0 : producers_->blocks());
  for (const StreamGroup* group : groups_.items()) blocks += group->leaves();
  return blocks;
}

size_t Stream::memory_bytes() const {
  size_t bytes =
      SlabMemory::GoodSize(sizeof(Stream)) + nodes_.memory_bytes() + groups_.memory_bytes();
  size_t counted = 0;
  size_t counted_bytes = 0;
  for (auto node = nodes_.First(); node && counted < kMaxCountedNodes; node = node.Next()) {
    counted_bytes += node.record().listpack().memory_bytes();
    ++counted;
  }
  if (counted > 0) bytes += counted_bytes * nodes_.size() / counted;
  for (const StreamGroup* group : groups_.items()) bytes += group->memory_bytes();
  return producers_ == nullptr ? bytes : bytes + producers_->memory_bytes();
}

// --- Epochs ---

void Stream::Announce(const StreamContext& context) {
  if (context.observer != nullptr) context.observer->BeforeFirstChange(*this);
  epoch_ = context.epoch;
}

void Stream::AnnounceNode(const StreamContext& context, Nodes::Position node) {
  StreamLeaf& leaf = node.record();
  if (leaf.epoch == context.epoch) [[likely]]
    return;
  if (context.observer != nullptr) context.observer->BeforeChange(node.key(), leaf);
  leaf.epoch = context.epoch;
}

// --- Adding ---

// The node that the entry goes to: the last one, or a new one.
Stream::Nodes::Position Stream::NodeFor(const StreamContext& context, const StreamId& id,
                                        StreamFields fields) {
  const Nodes::Position last = nodes_.Last();
  if (last) [[likely]] {
    const StreamLeaf& leaf = last.record();
    size_t text_bytes = 0;
    for (const std::string_view text : fields) text_bytes += text.size();
    const uint64_t max_bytes = LimitOf(context.limits.node_max_bytes, Listpack::kMaxBytes);
    const uint64_t max_entries = LimitOf(context.limits.node_max_entries, kUnlimited);
    if (leaf.listpack().bytes() + text_bytes < max_bytes &&
        uint64_t{leaf.live} + leaf.deleted < max_entries && leaf.listpack().Fits(kMaxEntryBytes)) {
      AnnounceNode(context, last);
      return last;
    }
  }
  StreamNode node = StreamNode::Create(context.memory, id, fields);
  return nodes_.Insert(context.memory, id, {node.listpack().block(), context.epoch, 0, 0}).first;
}

bool Stream::Append(const StreamContext& context, const StreamId& id, StreamFields fields) {
  assert(id > last_id_ && fields.size() >= 2);
  size_t bytes = 0;
  for (const std::string_view text : fields) bytes += text.size() + kMaxElementOverhead;
  if (bytes > kMaxEntryBytes) return false;
  BeginChange(context);
  const Nodes::Position position = NodeFor(context, id, fields);
  StreamLeaf& leaf = position.record();
  StreamNode node(position.key(), leaf.listpack());
  node.Append(context.memory, id, fields, leaf.live);
  leaf.block = node.listpack().block();
  ++leaf.live;
  ++entries_added_;
  if (++size_ == 1) first_id_ = id;
  last_id_ = id;
  return true;
}

void Stream::AppendNode(const StreamContext& context, const StreamId& id, Listpack listpack) {
  BeginChange(context);
  const StreamNodeView node(id, listpack);
  const auto live = static_cast<uint32_t>(node.live());
  const auto deleted = static_cast<uint32_t>(node.deleted());
  nodes_.Insert(context.memory, id, {listpack.block(), context.epoch, live, deleted});
  size_ += live;
  last_id_ = std::max(last_id_, node.Get(node.Last()).id());
  if (first_id_.is_zero()) FindFirstId();
}

void Stream::SetCounters(const StreamContext& context, const StreamId& last_id,
                         uint64_t entries_added, const StreamId& max_deleted_id) {
  BeginChange(context);
  last_id_ = last_id;
  entries_added_ = entries_added;
  max_deleted_id_ = max_deleted_id;
}

// --- Finding and deleting ---

std::optional<StreamEntry> Stream::EntryOf(Nodes::Position node, const StreamId& id) {
  if (!node) return std::nullopt;
  const StreamNodeView view = NodeAt(node);
  auto at = view.First();
  while (at != StreamNodeView::kNone) {
    const StreamEntry entry = view.Get(at);
    if (entry.id() == id && !entry.deleted()) return entry;
    if (entry.id() > id) break;
    at = view.Next(entry);
  }
  return std::nullopt;
}

bool Stream::Contains(const StreamId& id) const {
  return EntryOf(NodeOf(id), id).has_value();
}

bool Stream::Delete(const StreamContext& context, const StreamId& id) {
  const Nodes::Position node = NodeOf(id);
  const std::optional<StreamEntry> entry = EntryOf(node, id);
  if (!entry) return false;
  BeginChange(context);
  DeleteEntry(context, node, *entry);
  max_deleted_id_ = std::max(max_deleted_id_, id);
  if (id == first_id_) FindFirstId();
  return true;
}

void Stream::DeleteEntry(const StreamContext& context, Nodes::Position position,
                         const StreamEntry& entry) {
  StreamLeaf& leaf = position.record();
  --size_;
  if (leaf.live == 1) return DropNode(context, position);
  AnnounceNode(context, position);
  StreamNode node = NodeAt(position);
  node.Delete(context.memory, entry);
  --leaf.live;
  ++leaf.deleted;
  if (leaf.deleted >= leaf.live && position.key() != nodes_.Last().key()) {
    node.DropDeleted(context.memory);
    leaf.deleted = 0;
  }
  leaf.block = node.listpack().block();
}

void Stream::DropNode(const StreamContext& context, Nodes::Position node) {
  AnnounceNode(context, node);
  node.record().listpack().Free(context.memory);
  nodes_.Erase(context.memory, node);
}

void Stream::FindFirstId() {
  first_id_ = StreamId();
  StreamCursor cursor(*this, StreamId::Min(), StreamId::Max(), StreamCursor::Direction::kForwards);
  if (const StreamEntry* entry = cursor.Next()) first_id_ = entry->id();
}

// --- Trimming ---

uint64_t Stream::Trim(const StreamContext& context, const StreamTrim& trim) {
  const bool nothing = trim.by == StreamTrim::By::kLength ? size_ <= trim.length
                                                          : size_ == 0 || first_id_ >= trim.id;
  if (nothing) return 0;
  BeginChange(context);
  if (trim.references == StreamReferences::kRespect && !groups_.empty()) {
    return TrimUnneeded(context, trim);
  }
  uint64_t trimmed = TrimWholeNodes(context, trim);
  if (!trim.whole_nodes) trimmed += TrimFirstNode(context, trim);
  if (trimmed > 0) FindFirstId();
  if (trimmed > 0 && trim.references == StreamReferences::kRemove) {
    RemoveReferencesBefore(context, size_ > 0 ? first_id_ : StreamId::Max());
  }
  return trimmed;
}

uint64_t Stream::TrimUnneeded(const StreamContext& context, const StreamTrim& trim) {
  const bool by_id = trim.by == StreamTrim::By::kId;
  uint64_t most = by_id ? size_ : size_ - trim.length;
  if (trim.whole_nodes && trim.limit != 0) most = std::min(most, trim.limit);
  const StreamId last = by_id ? *trim.id.Previous() : StreamId::Max();
  std::vector<StreamId> unneeded;
  StreamCursor cursor(*this, StreamId::Min(), last, StreamCursor::Direction::kForwards);
  while (unneeded.size() < most) {
    const StreamEntry* const entry = cursor.Next();
    if (entry == nullptr) break;
    if (!IsNeeded(entry->id())) unneeded.push_back(entry->id());
  }
  for (const StreamId& id : unneeded) {
    const Nodes::Position node = NodeOf(id);
    DeleteEntry(context, node, *EntryOf(node, id));
  }
  FindFirstId();
  return unneeded.size();
}

bool Stream::RemoveReferences(const StreamContext& context, const StreamId& id) {
  BeginChange(context);
  bool removed = false;
  for (StreamGroup* group : groups_.items()) removed |= group->Acknowledge(context, id);
  return removed;
}

void Stream::RemoveReferencesBefore(const StreamContext& context, const StreamId& id) {
  for (StreamGroup* group : groups_.items()) {
    while (group->pending().First() && group->pending().First().key() < id) {
      group->Acknowledge(context, group->pending().First().key());
    }
  }
}

uint64_t Stream::TrimWholeNodes(const StreamContext& context, const StreamTrim& trim) {
  uint64_t trimmed = 0;
  size_t count = 0;
  for (auto node = nodes_.First(); node; node = node.Next(), ++count) {
    const uint64_t live = node.record().live;
    if (trim.whole_nodes && trim.limit != 0 && trimmed + live > trim.limit) break;
    if (trim.by == StreamTrim::By::kLength) {
      if (size_ - trimmed - live < trim.length) break;
    } else if (const auto next = node.Next(); !next || next.key() > trim.id) {
      const StreamNodeView view = NodeAt(node);
      if (view.Get(view.Last()).id() >= trim.id) break;
    }
    trimmed += live;
  }
  DropFirstNodes(context, count);
  size_ -= trimmed;
  return trimmed;
}

void Stream::DropFirstNodes(const StreamContext& context, size_t count) {
  if (context.reclaimer == nullptr || count <= kMaxFreedAtOnce) {
    for (; count > 0; --count) DropNode(context, nodes_.First());
    return;
  }
  size_t announced = 0;
  for (auto node = nodes_.First(); announced < count; node = node.Next(), ++announced) {
    AnnounceNode(context, node);
  }
  Stream* const detached = Create(context);
  while (nodes_.records_of_first_leaf() <= count && count > 0) {
    count -= nodes_.records_of_first_leaf();
    nodes_.MoveFirstLeaf(context.memory, detached->nodes_);
  }
  for (; count > 0; --count) DropNode(context, nodes_.First());
  context.reclaimer->Reclaim(detached);
}

// What of the first node has to go, which is not all of it.
uint64_t Stream::TrimFirstNode(const StreamContext& context, const StreamTrim& trim) {
  uint64_t trimmed = 0;
  const Nodes::Position position = nodes_.First();
  if (!position) return 0;
  StreamNode node = NodeAt(position);
  auto at = node.First();
  while (at != StreamNodeView::kNone) {
    const StreamEntry entry = node.Get(at);
    if (trim.by == StreamTrim::By::kLength ? size_ <= trim.length : entry.id() >= trim.id) break;
    if (!entry.deleted()) {
      AnnounceNode(context, position);
      const auto first = node.First();
      node.Delete(context.memory, entry);
      at += node.First() - first;
      StreamLeaf& leaf = position.record();
      leaf.block = node.listpack().block();
      --leaf.live;
      ++leaf.deleted;
      --size_;
      ++trimmed;
    }
    at = node.Next(node.Get(at));
  }
  return trimmed;
}

// --- Groups ---

StreamGroup* Stream::AddGroup(const StreamContext& context, std::string_view name,
                              const StreamId& last_id, std::optional<uint64_t> entries_read) {
  BeginChange(context);
  StreamGroup* const group = StreamGroup::Create(context.memory, name);
  group->last_id = last_id;
  group->entries_read = entries_read;
  groups_.Insert(context.memory, group);
  return group;
}

void Stream::RemoveGroup(const StreamContext& context, StreamGroup* group) {
  BeginChange(context);
  group->AnnounceEnd(context);
  groups_.Remove(context.memory, group);
  if (context.reclaimer == nullptr || group->leaves() <= kMaxFreedAtOnce) {
    group->FreeSome(context.memory, SIZE_MAX);
    return;
  }
  Stream* const detached = Create(context);
  detached->groups_.Insert(context.memory, group);
  context.reclaimer->Reclaim(detached);
}

// Whether entries between `id` and the end were deleted.
bool Stream::HasDeletedBehind(const StreamId& id) const {
  return size_ > 0 && !max_deleted_id_.is_zero() && first_id_ <= max_deleted_id_ &&
         id <= max_deleted_id_;
}

std::optional<uint64_t> Stream::EntriesUpTo(const StreamId& id) const {
  if (entries_added_ == 0) return 0;
  if (id == last_id_ || (size_ == 0 && id < last_id_)) return entries_added_;
  if (id > last_id_) return std::nullopt;
  const bool unbroken = max_deleted_id_.is_zero() || max_deleted_id_ < first_id_;
  if (!unbroken || id > first_id_ || entries_added_ < size_) return std::nullopt;
  return entries_added_ - size_ + (id == first_id_ ? 1 : 0);
}

std::optional<uint64_t> Stream::LagOf(const StreamGroup& group) const {
  if (entries_added_ == 0 || size_ == 0) return 0;
  std::optional<uint64_t> read = EntriesUpTo(group.last_id);
  if (CountsOn(group)) read = group.entries_read;
  if (!read) return std::nullopt;
  return entries_added_ - *read;
}

void Stream::CountRead(StreamGroup& group, const StreamId& id) const {
  if (CountsOn(group)) {
    ++*group.entries_read;
  } else if (entries_added_ > 0) {
    group.entries_read = EntriesUpTo(id);
  }
}

// Whether the group's counter goes up by one for each entry it has still to be given: no entries
// behind the last one it was given are missing.
bool Stream::CountsOn(const StreamGroup& group) const {
  return group.entries_read && group.last_id >= first_id_ && !HasDeletedBehind(group.last_id);
}

bool Stream::IsNeeded(const StreamId& id) const {
  return std::any_of(groups_.items().begin(), groups_.items().end(), [&](const StreamGroup* group) {
    return group->last_id < id || group->pending().Find(id);
  });
}

// --- Compaction ---

// Leaf after leaf of the nodes, then of one group after the other, then of the messages; the stream
// itself at the end.
uint64_t Stream::Compact(const StreamContext& context, Stream** stream, uint64_t cursor,
                         size_t budget, CompactionCount& count) {
  constexpr int kTreeBits = StreamGroup::kCursorBits;
  SlabMemory& memory = context.memory;
  for (; budget > 0; --budget) {
    const uint64_t tree = cursor >> kTreeBits;
    const uint64_t place = cursor & ((uint64_t{1} << kTreeBits) - 1);
    const auto groups = (*stream)->groups_.items();
    uint64_t next = 0;
    if (tree == 0) {
      next = (*stream)->nodes_.CompactLeaf(memory, place, count,
                                           [&](const StreamId&, StreamLeaf& leaf) {
                                             Listpack listpack = leaf.listpack();
                                             if (count.Count(listpack.IsSparse(memory)))
                                               listpack.Relocate(memory);
                                             leaf.block = listpack.block();
                                           });
    } else if (tree <= groups.size()) {
      next = groups[tree - 1]->Compact(memory, place, count);
    } else if (tree == groups.size() + 1 && (*stream)->producers_ != nullptr) {
      next = (*stream)->producers_->Compact(memory, place, count);
    }
    const bool last = next == 0 && (tree > groups.size() || tree + 1 == uint64_t{1} << 14);
    if (last) break;
    cursor = next != 0 ? tree << kTreeBits | next : (tree + 1) << kTreeBits;
  }
  if (budget > 0) {
    if (count.Count(memory.IsSparse(*stream, sizeof(Stream)))) {
      void* const moved = memory.Allocate(sizeof(Stream));
      std::memcpy(moved, static_cast<void*>(*stream), sizeof(Stream));
      memory.Free(*stream, sizeof(Stream));
      *stream = static_cast<Stream*>(moved);
    }
    return 0;
  }
  return cursor;
}

bool Stream::IsConsistent() const {
  uint64_t live = 0;
  StreamId last;
  for (auto position = nodes_.First(); position; position = position.Next()) {
    const StreamNodeView node = NodeAt(position);
    const StreamLeaf& leaf = position.record();
    if (position.key() <= last || leaf.live == 0) return false;
    if (node.live() != leaf.live || node.deleted() != leaf.deleted) return false;
    live += leaf.live;
    last = node.Get(node.Last()).id();
  }
  if (live != size_ || last > last_id_ || !nodes_.IsConsistent()) return false;
  if (producers_ != nullptr && !producers_->IsConsistent()) return false;
  return std::all_of(groups_.items().begin(), groups_.items().end(),
                     [](const StreamGroup* group) { return group->IsConsistent(); });
}

// --- StreamCursor ---

StreamCursor::StreamCursor(const Stream& stream, const StreamId& first, const StreamId& last,
                           Direction direction)
    : first_(first), last_(last), forwards_(direction == Direction::kForwards) {
  if (first > last) return;
  node_ = stream.nodes().Floor(forwards_ ? first : last);
  if (!node_ && forwards_) node_ = stream.nodes().First();
  EnterNode();
}

void StreamCursor::EnterNode() {
  if (!node_) return;
  const StreamNodeView node = NodeAt(node_);
  at_ = forwards_ ? node.First() : node.Last();
}

const StreamEntry* StreamCursor::Next() {
  while (node_) {
    const StreamNodeView node = NodeAt(node_);
    while (at_ != StreamNodeView::kNone) {
      entry_ = node.Get(at_);
      at_ = forwards_ ? node.Next(*entry_) : node.Previous(*entry_);
      const StreamId& id = entry_->id();
      if (forwards_ ? id > last_ : id < first_) {
        node_ = {};
        return nullptr;
      }
      if (!entry_->deleted() && id >= first_ && id <= last_) return &*entry_;
    }
    node_ = forwards_ ? node_.Next() : node_.Previous();
    EnterNode();
  }
  return nullptr;
}

}  // namespace kv
