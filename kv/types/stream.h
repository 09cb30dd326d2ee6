// Stream: a log of entries, each of which has an id and a list of fields with values. Entries are
// added behind the last one, and removed anywhere, mostly from the front.
//
//   Stream ── nodes: first id ──► StreamNode: some hundred entries in a listpack
//     ├────── groups, by name ──► StreamGroup: who was given what, and what is pending
//     └────── StreamProducers: which messages became entries lately, once there are any
//
// The nodes stand in a SequenceTree, in place of the radix tree by which clients know this value:
// it keeps 40 bytes beside each node, and finds, adds and drops one in a step or three.
//
// Invariants:
//   - Ids ascend from node to node. No id is larger than last_id().
//   - A node begins when an entry would take the last one to the limits of bytes or entries, which
//     count what is deleted as well. So an entry is where it was added, for ever.
//   - No node is without live entries. One of which half is deleted is rewritten without those,
//     unless it is the last.
//   - first_id() is that of the first live entry, 0-0 if there is none.
//
// Entries and messages have an age: the time since the milliseconds of their ids. Settings of the
// stream say how old they may become; what is older is due, and Expire removes it.
//
// Cost, for n nodes: Append O(fields), amortised; finding an id O(log n) and O(node); trimming
// O(nodes dropped) and O(node). Memory beyond the texts: some 8 bytes an entry, 1 for each text.
//
// Epochs: a node carries the epoch in which it was last changed, and so does the stream. Whoever
// freezes the stream raises the epoch, and is called before a stream and before each node of an
// earlier epoch changes for the first time; so do leaves of pending entries (StreamGroup) and of
// messages (StreamProducers). All else of groups is saved with the stream.
//
// Source: a log whose consumers each keep how far they read: J. Kreps, N. Narkhede, J. Rao: Kafka:
// a Distributed Messaging System for Log Processing. NetDB 2011.
#ifndef SOLOKV_KV_TYPES_STREAM_H_
#define SOLOKV_KV_TYPES_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "kv/base/slab_memory.h"
#include "kv/ds/listpack.h"
#include "kv/ds/sequence_tree.h"
#include "kv/types/name_table.h"
#include "kv/types/stream_group.h"
#include "kv/types/stream_id.h"
#include "kv/types/stream_node.h"
#include "kv/types/stream_producers.h"
#include "kv/types/value_limits.h"

namespace kv {

class Stream;

// How long a stream remembers messages of producers, and keeps entries.
struct StreamSettings {
  static constexpr int64_t kMaxMessageSeconds = 86'400;
  static constexpr int64_t kMaxMessages = 10'000;

  int64_t message_seconds = StreamLimits().message_seconds;  // so long at least, unless there are
  int64_t max_messages = StreamLimits().max_messages;        // more than so many of one producer
  int64_t retention = 0;                                     // milliseconds; 0: for ever

  friend bool operator==(const StreamSettings&, const StreamSettings&) = default;
};

// What the stream keeps of a node, beside its id.
struct StreamLeaf {
  void* block;     // of the listpack
  uint64_t epoch;  // the last one it was changed in
  uint32_t live;   // entries
  uint32_t deleted;

  Listpack listpack() const { return Listpack::FromBlock(block); }
};

// Is told before what belongs to an earlier epoch changes. Must not change the stream.
class StreamObserver : public PendingObserver, public MessageObserver {
 public:
  // The stream and all its nodes are still as they were when the epoch began, and so is all of its
  // groups.
  virtual void BeforeFirstChange(const Stream& stream) = 0;
  // This node is about to be changed, moved or freed.
  virtual void BeforeChange(const StreamId& id, const StreamLeaf& leaf) = 0;
};

// Takes what a change left over and is too much to be freed at once.
class StreamReclaimer {
 public:
  virtual ~StreamReclaimer() = default;
  // Now owns the stream: FreeSome.
  virtual void Reclaim(Stream* detached) = 0;
};

// What every change of a stream needs. The memory must be the same one in every call.
struct StreamContext {
  SlabMemory& memory;
  StreamLimits limits;
  uint64_t epoch = 0;
  StreamObserver* observer = nullptr;
  StreamReclaimer* reclaimer = nullptr;  // without one everything is freed at once
  HashKey hash_key = {};                 // the secret of the server's hashes

  // NOLINTNEXTLINE(google-explicit-constructor)
  operator PendingContext() const { return {memory, epoch, observer}; }
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator MessageContext() const { return {memory, epoch, observer}; }
};

// What becomes of entries that groups still refer to when they are to be removed from the stream:
// those that a group has pending, or was not given yet.
enum class StreamReferences : uint8_t {
  kKeep,     // they go, and stay pending
  kRemove,   // they go, and are pending no more
  kRespect,  // they stay
};

// What to remove from the front of a stream, and how thoroughly.
struct StreamTrim {
  enum class By : uint8_t { kLength, kId };
  By by = By::kLength;
  bool whole_nodes = false;  // leaves entries that share a node with what stays
  uint64_t length = 0;       // kLength: how many entries stay
  StreamId id;               // kId: the first one that stays
  uint64_t limit = 0;        // with whole_nodes: how many entries go at most; 0: all
  StreamReferences references = StreamReferences::kKeep;
};

class Stream {
 public:
  using Nodes = SequenceTree<StreamId, StreamLeaf>;
  // An entry larger than this cannot be stored.
  static constexpr size_t kMaxEntryBytes = Listpack::kMaxBytes / 2;

  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // A stream is made and freed here; its address is the value.
  static Stream* Create(const StreamContext& context);
  Stream* Copy(SlabMemory& memory, uint64_t epoch) const;
  // Frees about `budget` blocks, and with the last of them the stream. True while any are left;
  // nothing else may be asked of the stream once this was called.
  bool FreeSome(SlabMemory& memory, size_t budget);

  // --- what there is ---
  size_t size() const { return size_; }
  StreamId last_id() const { return last_id_; }
  StreamId first_id() const { return first_id_; }
  // The largest id that was deleted, but for trimming.
  StreamId max_deleted_id() const { return max_deleted_id_; }
  // Entries that were ever added.
  uint64_t entries_added() const { return entries_added_; }
  const Nodes& nodes() const { return nodes_; }
  bool Contains(const StreamId& id) const;
  // Blocks, as freeing counts them. Cost: O(groups and consumers).
  size_t blocks() const;
  // Exact up to kMaxCountedNodes nodes; of more so many are looked at, those at the front.
  size_t memory_bytes() const;
  static constexpr size_t kMaxCountedNodes = 1024;

  // --- entries ---
  // Adds an entry. False, and nothing happened, if it is too large. Precondition: id > last_id();
  // at least one field.
  bool Append(const StreamContext& context, const StreamId& id, StreamFields fields);
  // False if there is no such entry.
  bool Delete(const StreamContext& context, const StreamId& id);
  // Removes whatever groups have pending under this id; false if that is nothing.
  bool RemoveReferences(const StreamContext& context, const StreamId& id);
  // Returns how many entries went. Those that are respected may lie in between.
  uint64_t Trim(const StreamContext& context, const StreamTrim& trim);
  // The counters, whatever the entries say.
  void SetCounters(const StreamContext& context, const StreamId& last_id, uint64_t entries_added,
                   const StreamId& max_deleted_id);
  // Adds a node as another stream had it, behind all others, which this one then owns.
  // Precondition: StreamNodeView::Validate, and the ids are larger than those there are.
  void AppendNode(const StreamContext& context, const StreamId& id, Listpack listpack);

  // --- messages of producers ---
  const StreamSettings& settings() const { return settings_; }
  // Messages are forgotten where the settings on them change.
  void Configure(const StreamContext& context, const StreamSettings& settings);
  // Null as long as there never were any.
  const StreamProducers* producers() const { return producers_; }
  // The entry that a message became that is not too old by now (wall milliseconds).
  std::optional<StreamId> FindMessage(const StreamMessage& message, int64_t now) const;
  // The message became the entry `id`.
  void RememberMessage(const StreamContext& context, const StreamMessage& message,
                       const StreamId& id);
  // A message was sent again.
  void CountDuplicate(const StreamContext& context);
  // Sets how many messages there ever were.
  void SetMessageCounters(const StreamContext& context, const StreamProducers::Counters& counters);

  // --- age ---
  // When the first entry or message is due, in wall milliseconds; INT64_MAX if none ever is.
  int64_t NextDeadline() const;
  // Removes what is due, up to about `budget` messages or entries; returns how much. Calls
  // removed(first id that stays, when the first of these was due) for what goes of the entries.
  using EntriesRemoved = absl::FunctionRef<void(const StreamId&, int64_t)>;
  size_t Expire(const StreamContext& context, int64_t now, size_t budget, EntriesRemoved removed);

  // --- groups ---
  const NameTable<StreamGroup>& groups() const { return groups_; }
  StreamGroup* FindGroup(std::string_view name) const { return groups_.Find(name); }
  // Precondition: there is none of this name.
  StreamGroup* AddGroup(const StreamContext& context, std::string_view name,
                        const StreamId& last_id, std::optional<uint64_t> entries_read);
  void RemoveGroup(const StreamContext& context, StreamGroup* group);
  // Before anything of a group changes.
  void BeginChange(const StreamContext& context) {
    if (epoch_ != context.epoch) [[unlikely]]
      Announce(context);
  }
  // How many entries were ever added up to `id`; nothing if deletions make that unknowable.
  std::optional<uint64_t> EntriesUpTo(const StreamId& id) const;
  // How many entries the group has still to be given; nothing if that is unknowable.
  std::optional<uint64_t> LagOf(const StreamGroup& group) const;
  // Counts that the group is given the entry `id`, the first one behind its last_id.
  void CountRead(StreamGroup& group, const StreamId& id) const;
  // Whether a group was not given the entry yet, or has it pending.
  bool IsNeeded(const StreamId& id) const;

  // Moves sparse blocks, about `budget` leaves of trees from `cursor` on, which is 0 at first, and
  // sets `*stream` to where it is now. Returns the next cursor, 0 at the end.
  static uint64_t Compact(const StreamContext& context, Stream** stream, uint64_t cursor,
                          size_t budget, CompactionCount& count);

  // Whether the invariants hold, as for a stream made by AppendNode and AddGroup from what a
  // stranger wrote. Cost: O(entries).
  bool IsConsistent() const;

 private:
  Stream(uint64_t epoch, const StreamSettings& settings) : epoch_(epoch), settings_(settings) {}

  StreamProducers& MakeProducers(const StreamContext& context);
  int64_t MessageDeadline(const StreamId& id) const;
  int64_t FirstMessageDeadline() const;
  int64_t FirstEntryDeadline() const;
  size_t ExpireEntries(const StreamContext& context, int64_t now, size_t budget,
                       EntriesRemoved removed);
  void Announce(const StreamContext& context);
  void AnnounceNode(const StreamContext& context, Nodes::Position node);
  Nodes::Position NodeFor(const StreamContext& context, const StreamId& id, StreamFields fields);
  // The node that may hold `id`.
  Nodes::Position NodeOf(const StreamId& id) const { return nodes_.Floor(id); }
  // The entry in the node; nothing if there is none that lives.
  static std::optional<StreamEntry> EntryOf(Nodes::Position node, const StreamId& id);
  void DeleteEntry(const StreamContext& context, Nodes::Position node, const StreamEntry& entry);
  void DropNode(const StreamContext& context, Nodes::Position node);
  void DropFirstNodes(const StreamContext& context, size_t count);
  uint64_t TrimWholeNodes(const StreamContext& context, const StreamTrim& trim);
  uint64_t TrimFirstNode(const StreamContext& context, const StreamTrim& trim);
  uint64_t TrimUnneeded(const StreamContext& context, const StreamTrim& trim);
  void RemoveReferencesBefore(const StreamContext& context, const StreamId& id);
  void FindFirstId();
  bool HasDeletedBehind(const StreamId& id) const;
  bool CountsOn(const StreamGroup& group) const;

  Nodes nodes_;
  uint64_t epoch_;  // the last one the stream was changed in
  uint64_t size_ = 0;
  uint64_t entries_added_ = 0;
  StreamId last_id_;
  StreamId first_id_;
  StreamId max_deleted_id_;
  StreamSettings settings_;
  NameTable<StreamGroup> groups_;
  StreamProducers* producers_ = nullptr;
};

// Walks over the live entries with ids from `first` to `last`, both included.
//
//   StreamCursor cursor(stream, first, last, StreamCursor::Direction::kForwards);
//   while (const StreamEntry* entry = cursor.Next()) ...
//
// The entry borrows from the stream, which must not change meanwhile.
class StreamCursor {
 public:
  enum class Direction : uint8_t { kForwards, kBackwards };

  StreamCursor(const Stream& stream, const StreamId& first, const StreamId& last,
               Direction direction);
  // Null at the end.
  const StreamEntry* Next();

 private:
  void EnterNode();

  const StreamId first_;
  const StreamId last_;
  const bool forwards_;
  Stream::Nodes::Position node_;
  StreamNodeView::Position at_ = StreamNodeView::kNone;
  std::optional<StreamEntry> entry_;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_STREAM_H_
