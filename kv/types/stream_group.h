// StreamGroup: consumers that share the entries of a stream, each of which is delivered to one of
// them and is pending until it is acknowledged.
//
//   group ── pending: id ──► when and how often it was delivered, and to whom ──┐
//     ├───── deliveries: when ──► id, of what is pending                        │
//     └───── consumers, by name ──► pending: ids                  ◄─────────────┘
//
// Invariants:
//   - The ids pending for a consumer are those that the group says it has, and no others.
//   - An entry that was released is pending for nobody. It comes before all others in the order of
//     delivery.
//   - An entry may be pending although it was deleted from the stream meanwhile.
//
// Cost, for n pending entries: O(log n) for each of them, O(1) for those behind the last; 64 bytes
// in the group and 16 with the consumer. Objects are made by the group and belong to it. The memory
// must be the same one in every call.
//
// Epochs: leaves of the pending entries carry them, as SequenceTree says; the deliveries and the
// entries of consumers follow from these.
#ifndef SOLOKV_KV_TYPES_STREAM_GROUP_H_
#define SOLOKV_KV_TYPES_STREAM_GROUP_H_

#include <compare>
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

// When an entry was delivered; those that were released come first.
struct StreamDelivery {
  int64_t time;  // wall milliseconds
  StreamId id;

  friend auto operator<=>(const StreamDelivery&, const StreamDelivery&) = default;
};

// Is told before pending entries of an earlier epoch change. Must not change the group.
class PendingObserver {
 public:
  using Position = SequenceTree<StreamId, PendingEntry>::Position;

  virtual ~PendingObserver() = default;
  // So many entries from `first` on are as they were when the epoch began.
  virtual void BeforePendingChange(const StreamGroup& group, Position first, uint32_t count) = 0;
};

// What every change of pending entries needs. The memory must be the same one in every call.
struct PendingContext {
  SlabMemory& memory;
  uint64_t epoch = 0;
  PendingObserver* observer = nullptr;
};

class StreamGroup {
 public:
  using Pending = SequenceTree<StreamId, PendingEntry>;
  using Position = Pending::Position;
  using Deliveries = SequenceTree<StreamDelivery, NoRecord>;

  static StreamGroup* Create(SlabMemory& memory, std::string_view name);
  StreamGroup* Copy(SlabMemory& memory, uint64_t epoch) const;
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
  void RemoveConsumer(const PendingContext& context, StreamConsumer* consumer);

  // --- pending entries ---
  // To be read; Assign changes them.
  const Pending& pending() const { return pending_; }
  // The same in the order of their delivery.
  const Deliveries& deliveries() const { return deliveries_; }
  // Makes the entry pending for `consumer`, whoever had it, and nobody if that is null.
  void Assign(const PendingContext& context, const StreamId& id, const PendingEntry& entry);
  // The entry is pending no more; false if it was not.
  bool Acknowledge(const PendingContext& context, const StreamId& id);
  // The group is about to go.
  void AnnounceEnd(const PendingContext& context);

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
  class LeafGuard;
  explicit StreamGroup(std::string_view name);
  void Drop(const PendingContext& context, Position position);

  Pending pending_;
  Deliveries deliveries_;
  NameTable<StreamConsumer> consumers_;
  uint32_t name_bytes_;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_STREAM_GROUP_H_
