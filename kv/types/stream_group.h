// StreamGroup: consumers that share the entries of a stream, each of which is delivered to one of
// them and is pending until it is acknowledged.
//
//   group ── pending: id ──► when and how often it was delivered, and to whom ──┐
//     └───── consumers, by name ──► pending: ids                  ◄─────────────┘
//
// Invariants:
//   - The ids pending for a consumer are those that the group says it has, and no others.
//   - An entry that was released is pending for nobody.
//   - An entry may be pending although it was deleted from the stream meanwhile.
//
// Cost, for n pending entries: O(log n) for each of them, O(1) for those behind the last; 40 bytes
// in the group and 16 with the consumer. Objects are made by the group and belong to it. The memory
// must be the same one in every call.
#ifndef SOLOKV_KV_TYPES_STREAM_GROUP_H_
#define SOLOKV_KV_TYPES_STREAM_GROUP_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kv/base/slab_memory.h"
#include "kv/ds/sequence_tree.h"
#include "kv/types/name_table.h"
#include "kv/types/stream_id.h"

namespace kv {

class StreamGroup;

class StreamConsumer {
 public:
  static constexpr int64_t kNever = -1;
  using Pending = SequenceTree<StreamId, NoRecord>;

  std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), name_bytes_}; }
  const Pending& pending() const { return pending_; }
  size_t memory_bytes() const;

  int64_t seen_time = 0;         // wall milliseconds of the last attempt to get something
  int64_t active_time = kNever;  // of the last one that got something

 private:
  friend class StreamGroup;
  static StreamConsumer* Create(SlabMemory& memory, std::string_view name);
  void Destroy(SlabMemory& memory);
  explicit StreamConsumer(std::string_view name);

  Pending pending_;
  uint32_t name_bytes_;
};

// What is known of an entry that was delivered and not acknowledged.
struct PendingEntry {
  int64_t delivery_time = 0;  // wall milliseconds
  uint64_t delivery_count = 1;
  StreamConsumer* consumer = nullptr;  // null if it was released
};

class StreamGroup {
 public:
  using Pending = SequenceTree<StreamId, PendingEntry>;
  using Position = Pending::Position;

  static StreamGroup* Create(SlabMemory& memory, std::string_view name);
  StreamGroup* Copy(SlabMemory& memory) const;
  // Frees up to `budget` leaves of pending entries, and with the last of them the group. True while
  // any are left; nothing else may be asked of the group once this was called.
  bool FreeSome(SlabMemory& memory, size_t budget);

  std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), name_bytes_}; }

  // --- consumers ---
  const NameTable<StreamConsumer>& consumers() const { return consumers_; }
  StreamConsumer* FindConsumer(std::string_view name) const { return consumers_.Find(name); }
  // Precondition: there is none of this name.
  StreamConsumer* AddConsumer(SlabMemory& memory, std::string_view name, int64_t seen_time);
  // With all that is pending for it.
  void RemoveConsumer(SlabMemory& memory, StreamConsumer* consumer);

  // --- pending entries ---
  const Pending& pending() const { return pending_; }
  // Makes the entry pending for `consumer`, whoever had it, and nobody if that is null.
  void Assign(SlabMemory& memory, const StreamId& id, const PendingEntry& entry);
  // The entry is pending no more; false if it was not.
  bool Acknowledge(SlabMemory& memory, const StreamId& id);

  size_t memory_bytes() const;
  // In units of what freeing a leaf takes.
  size_t leaves() const;
  // Moves blocks of leaf after leaf, as SequenceTree::CompactLeaf. Cursors have so many bits.
  static constexpr int kCursorBits = 50;
  uint64_t Compact(SlabMemory& memory, uint64_t cursor, CompactionCount& count);
  // Whether the invariants hold. Cost: O(n log n).
  bool IsConsistent() const;

  StreamId last_id;  // the last one that was delivered
  // How many entries the stream ever got up to last_id; nothing if that is unknown.
  std::optional<uint64_t> entries_read;

 private:
  explicit StreamGroup(std::string_view name);

  Pending pending_;
  NameTable<StreamConsumer> consumers_;
  uint32_t name_bytes_;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_STREAM_GROUP_H_
