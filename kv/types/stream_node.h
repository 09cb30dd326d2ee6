// StreamNode: some hundred consecutive entries of a stream in one listpack. It is the leaf of the
// stream: what is appended to, saved, moved and dropped as a whole.
//
//   master entry   | live | deleted | n | n field names | 0 |
//   entries        | flags | time | number | values ............................. | back |
//              or  | flags | time | number | m | field name, value, m times ..... | back |
//
//   live, deleted   how many entries there are of each
//   flags           1: the entry is deleted; 2: it has the fields of the master entry
//   time, number    the entry's id less the node's, which is that of the entry it began with
//   back            the elements of the entry before this one, to step backwards
//
// Invariants:
//   - Ids ascend strictly, and none is less than the node's.
//   - All elements but names and values are integers. The layout is what DUMP carries.
//   - An entry that is deleted keeps its place; a node without live entries is dropped.
//
// Cost: Append O(fields); steps O(fields); the others O(1).
#ifndef SOLOKV_KV_TYPES_STREAM_NODE_H_
#define SOLOKV_KV_TYPES_STREAM_NODE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kv/base/slab_memory.h"
#include "kv/ds/listpack.h"
#include "kv/types/stream_id.h"

namespace kv {

// Field, value, field, value, ...
using StreamFields = std::span<const std::string_view>;

// An entry as it lies in its node, from which it borrows.
class StreamEntry {
 public:
  const StreamId& id() const { return id_; }
  bool deleted() const { return deleted_; }
  size_t field_count() const { return field_count_; }

  // Calls visit(const ListpackElement& field, const ListpackElement& value) for each pair.
  template <class Visit>
  void VisitFields(Visit&& visit) const {
    ListpackView::Position name = names_;
    ListpackView::Position value = values_;
    for (size_t i = 0; i < field_count_; ++i) {
      visit(node_.Get(name), node_.Get(value));
      name = node_.Next(same_fields_ ? name : value);
      value = same_fields_ ? node_.Next(value) : node_.Next(name);
    }
  }

 private:
  friend class StreamNodeView;
  friend class StreamNode;
  explicit StreamEntry(ListpackView node) : node_(node) {}

  ListpackView node_;
  StreamId id_;
  size_t field_count_ = 0;
  ListpackView::Position flags_ = 0;
  ListpackView::Position names_ = 0;
  ListpackView::Position values_ = 0;
  bool deleted_ = false;
  bool same_fields_ = false;
};

// Read access to a node.
class StreamNodeView {
 public:
  // That of an entry: of its flags.
  using Position = ListpackView::Position;
  static constexpr Position kNone = ListpackView::kNone;

  // Precondition: valid, see Validate.
  StreamNodeView(const StreamId& id, ListpackView listpack) : id_(id), listpack_(listpack) {}

  // Whether `bytes` are a node, and nothing but it, with at least one entry. Never reads beyond
  // them, whatever they are; a valid one can be read and changed safely. Cost: O(n).
  static bool Validate(const StreamId& id, std::string_view bytes);

  size_t live() const { return Number(listpack_.First()); }
  size_t deleted() const { return Number(listpack_.Next(listpack_.First())); }

  Position First() const;
  Position Last() const { return Before(kNone); }
  Position Next(const StreamEntry& entry) const;
  Position Previous(const StreamEntry& entry) const { return Before(entry.flags_); }
  StreamEntry Get(Position position) const;

 protected:
  size_t Number(Position position) const {
    return static_cast<size_t>(listpack_.Get(position).integer());
  }
  // The entry before `position`, kNone being the end.
  Position Before(Position position) const;

  StreamId id_;
  ListpackView listpack_;
};

// A node that can be changed. It does not own the listpack, whose block may move with each change:
// listpack() is to be stored again. The memory must be the same one in every call.
class StreamNode : public StreamNodeView {
 public:
  StreamNode(const StreamId& id, Listpack listpack)
      : StreamNodeView(id, listpack), own_(listpack) {}
  // A node without entries, whose master entry has these fields.
  static StreamNode Create(SlabMemory& memory, const StreamId& id, StreamFields fields);

  Listpack listpack() const { return own_; }

  // Adds an entry. `id` is larger than all others. `live` is how many there are already.
  void Append(SlabMemory& memory, const StreamId& id, StreamFields fields, size_t live);
  // Deletes an entry of this node. Entries borrowed before are no longer good.
  void Delete(SlabMemory& memory, const StreamEntry& entry);
  // Removes what is deleted for good.
  void DropDeleted(SlabMemory& memory);

 private:
  // Of which an entry consists, the one at its end included.
  static size_t ElementsOf(const StreamEntry& entry) {
    return entry.same_fields_ ? 4 + entry.field_count_ : 5 + 2 * entry.field_count_;
  }
  bool HasMasterFields(StreamFields fields) const;
  void SetNumber(SlabMemory& memory, Position position, size_t number);

  Listpack own_;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_STREAM_NODE_H_
