// Tracking: server-assisted client-side caching (CLIENT TRACKING). Clients keep values that they
// read, and are told when a key has changed.
//
// Two ways, chosen by each client:
//
//   default     what a client reads is noted; the first change of the key is told to all clients
//               that are noted for it, and the note is gone
//
//                 keys_   "user:1" ──► clients 4, 9
//                         "user:7" ──► client 4
//
//   broadcast   nothing is noted: every change of a key with one of some prefixes is told; the keys
//               that one command changed in one message for each prefix
//
// Invalidations are pushes (RESP3), or messages to the channel __redis__:invalidate of another
// client, to which they are redirected. They are put out as the key changes, and sent before the
// reply of whoever changed it; the writer's own come behind its reply.
//
// What is noted is bounded by `tracking-table-max-keys`: beyond it keys are picked at random, and
// told as if they had changed. Keys are noted by name, whatever the database.
//
// Cost: noting and invalidating are O(1) for each key and client concerned; a change also looks up
// the key's beginnings of the lengths that prefixes have. Nothing while no client tracks.
#ifndef SOLOKV_KV_PUBSUB_TRACKING_H_
#define SOLOKV_KV_PUBSUB_TRACKING_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/container/node_hash_map.h"
#include "kv/base/hash.h"
#include "kv/base/random.h"
#include "kv/base/slab_memory.h"
#include "kv/command/command_table.h"
#include "kv/ds/hash_table.h"
#include "kv/pubsub/push_target.h"
#include "kv/store/key_events.h"

namespace kv {

enum class TrackingChoice : uint8_t { kAll, kOptIn, kOptOut };

struct TrackingOptions {
  bool broadcast = false;
  bool no_loop = false;  // changes by the client itself are not told
  TrackingChoice choice = TrackingChoice::kAll;
  uint64_t redirect = 0;              // id of the client to tell; 0: the client itself
  std::vector<std::string> prefixes;  // of broadcasts; none: all keys
};

// A client that tracks.
struct TrackingState {
  TrackingOptions options;
  bool chosen = false;  // by CLIENT CACHING, for the next command
  bool redirect_is_broken = false;
};

class Tracking {
 public:
  // `max_keys`: 0 for no limit. All references must outlive the object.
  Tracking(SlabMemory& memory, const HashKey& key, Random& random, PushTargets& targets,
           const int64_t& max_keys);
  ~Tracking();
  Tracking(const Tracking&) = delete;
  Tracking& operator=(const Tracking&) = delete;

  // Is called when the first client begins to track, and when the last one has ended.
  void OnActivity(std::function<void()> changed) { changed_ = std::move(changed); }
  // The classes of events that tell of changes; 0 while nobody tracks.
  uint32_t classes() const { return clients_.empty() ? 0 : kChanges; }

  // Begins, or goes on with other options and further prefixes.
  void Enable(PushTarget& target, const TrackingOptions& options);
  void Disable(PushTarget& target);
  // A request of a client that tracks was executed.
  void OnExecuted(PushTarget& target, const Command& command, ArgSpan args);
  // The same of a command within that request: of a transaction, or of a script.
  void OnPartExecuted(const PushTarget& target, const Command& command, ArgSpan args);
  void OnKeyEvent(KeyEventClass event_class, std::string_view key);
  // All keys are gone.
  void OnFlush();
  // Tells what is broadcast of the changes so far.
  void SendBroadcasts();
  bool has_broadcasts() const { return !changed_prefixes_.empty(); }
  // Forgets up to `units` of the keys beyond the limit, which may have been lowered; returns how
  // many.
  size_t Step(size_t units);
  bool is_over_limit() const {
    return max_keys_ > 0 && keys_.size() > static_cast<size_t>(max_keys_);
  }

  size_t clients() const { return clients_.size(); }
  size_t keys() const { return keys_.size(); }
  // Notes of a key and a client.
  size_t items() const { return items_; }
  size_t prefixes() const { return prefixes_.size(); }

 private:
  // Every change has an event of one of these classes.
  static constexpr uint32_t kChanges =
      ~uint32_t{kEventKeyMiss | kEventNew | kEventOverwritten | kEventTypeChanged};

  struct TrackedKey {
    uint64_t hash;
    std::string name;
    absl::InlinedVector<uint64_t, 2> clients;  // ids, maybe of clients that are gone
  };
  struct KeyTraits {
    using Element = TrackedKey;
    using Key = std::string_view;
    static constexpr size_t kLookupBytes = sizeof(TrackedKey);
    uint64_t Hash(const TrackedKey& key) const { return key.hash; }
    bool Equal(const TrackedKey& key, std::string_view name) const { return key.name == name; }
  };
  struct Prefix {
    absl::btree_set<uint64_t> clients;
    absl::btree_map<std::string, uint64_t> changed;  // keys, with who changed them; 0: the server
  };

  // What a prefix of one client takes, its text apart.
  static constexpr size_t kPrefixBytes = sizeof(std::string) + sizeof(Prefix) + 64;

  void AddPrefix(const std::string& prefix, uint64_t client);
  void RemovePrefixes(uint64_t client, const TrackingOptions& options);
  void Note(uint64_t client, std::string_view key);
  void DropStaleClients(TrackedKey& key);
  void Invalidate(TrackedKey* key, uint64_t writer);
  void NoteBroadcast(std::string_view key, uint64_t writer);
  void DropKeys();
  // Null keys: all of them.
  void Send(uint64_t client, TrackingState& state, const std::vector<std::string_view>* keys);
  void TellBrokenRedirect(uint64_t client, TrackingState& state);

  const HashKey key_;
  Random& random_;
  PushTargets& targets_;
  const int64_t& max_keys_;
  std::function<void()> changed_;
  absl::node_hash_map<uint64_t, TrackingState> clients_;
  HashTable<KeyTraits> keys_;
  size_t items_ = 0;
  absl::flat_hash_map<std::string, Prefix> prefixes_;
  std::map<size_t, size_t> prefixes_of_length_;
  absl::btree_set<std::string> changed_prefixes_;
};

}  // namespace kv

#endif  // SOLOKV_KV_PUBSUB_TRACKING_H_
