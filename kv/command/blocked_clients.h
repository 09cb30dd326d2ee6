// BlockedClients: who waits for which key, because a blocking command (BLPOP, XREAD BLOCK, ...)
// found nothing to take.
//
// A waiter keeps its request. When one of its keys becomes ready, the request is executed again,
// whole and from the start; if that finds nothing either, it goes on waiting in its old place. A
// request that waits for a point of wall time (BZPOPDUE) may be tried again then as well.
//
//     key ──► its waiters in the order of their arrival      waiter: client, command, arguments,
//     deadline ──► waiter                                            keys, deadline, wake-up
//     wake-up ──► waiter
//
// Invariants:
//   - A client waits with one request at most.
//   - A waiter is listed once under each of its keys, and under no other; a key without waiters is
//     not listed. Nothing is stored for keys nobody waits for.
//
// Cost: Block and Remove O(keys of the request * log waiters of a key); SignalReady O(1), nothing
// while nobody waits.
#ifndef SOLOKV_KV_COMMAND_BLOCKED_CLIENTS_H_
#define SOLOKV_KV_COMMAND_BLOCKED_CLIENTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "kv/base/clock.h"
#include "kv/store/key_events.h"

namespace kv {

struct Command;

// What a command replies when its time is over.
enum class TimeoutReply : uint8_t { kNullArray, kNullBulk };

// When a waiter is served: once its keys have something, or also when one of them is gone.
enum class ServedWhen : uint8_t { kReady, kReadyOrGone };

// A request that waits.
struct Waiter {
  static constexpr int64_t kForEver = INT64_MAX;
  static constexpr int64_t kNever = INT64_MAX;

  uint64_t client = 0;  // its id
  Command* command = nullptr;
  int database = 0;
  int64_t deadline = kForEver;  // monotonic microseconds; set by Block
  int64_t wake_up = kNever;     // wall milliseconds; set by TryAgainAt
  TimeoutReply timeout_reply = TimeoutReply::kNullArray;
  ServedWhen served_when = ServedWhen::kReady;
  std::vector<std::string> args = {};
  std::vector<std::string> keys = {};  // each once
};

class BlockedClients final : public KeyWaiters {
 public:
  // Executes the request of a waiter again; returns true if it has its reply and waits no more.
  using Retry = absl::FunctionRef<bool(const Waiter&)>;
  // Whether there may still be something to take from a key.
  using Exists = absl::FunctionRef<bool(int database, std::string_view key)>;

  explicit BlockedClients(const Clock& clock) : clock_(clock) {}

  // Waits for `timeout` microseconds, 0 for ever. Precondition: the client does not wait yet.
  void Block(Waiter waiter, int64_t timeout);
  // The client waits no more; what it waited with, or null if it did not wait. Not from within a
  // Retry for the waiter that is being retried.
  std::unique_ptr<Waiter> Remove(uint64_t client);
  const Waiter* Find(uint64_t client) const;
  // The client's keys count as ready from this wall time on (milliseconds), once; kNever: only when
  // they are signalled. Replaces what was asked for before. Precondition: the client waits.
  void TryAgainAt(uint64_t client, int64_t wall_millis);

  // --- KeyWaiters ---
  void SignalReady(int database, std::string_view key) override {
    if (!keys_.empty()) [[unlikely]]
      MarkReady(database, key);
  }
  // The same for all keys of a database that somebody waits for: its content was exchanged.
  void SignalDatabase(int database);
  // The same for all keys of the waiters whose wake-up is not later than `wall_millis`.
  void SignalDue(int64_t wall_millis);
  // The first wake-up in wall milliseconds; kNever if there is none.
  int64_t NextWakeUp() const {
    return wake_ups_.empty() ? Waiter::kNever : wake_ups_.begin()->first;
  }
  bool has_ready() const { return !ready_.empty(); }
  // Retries those who wait for ready keys: key by key in the order in which they became ready, and
  // for each in the order of arrival while the key exists; if it does not, those who want to know
  // that. What a retry makes ready is served, too, in its turn.
  void ServeReady(Retry retry, Exists exists);

  // Microseconds until the first deadline, 0 if that has passed; kForEver if there is none.
  int64_t TimeLeft() const;
  // Removes a waiter whose deadline has come; null if there is none.
  std::unique_ptr<Waiter> TakeDue();

  size_t size() const { return waiters_.size(); }
  // Keys that somebody waits for.
  size_t keys() const { return keys_.size(); }
  // Those of them whose end somebody waits for as well. Cost: O(keys).
  size_t keys_watched_for_end() const;

 private:
  using Key = std::pair<int, std::string>;
  struct Place {
    Waiter waiter;
    uint64_t arrival;
  };
  struct Queue {
    absl::btree_map<uint64_t, uint64_t> clients;  // by arrival
    size_t want_end = 0;                          // clients served when the key is gone
    bool ready = false;                           // listed in ready_
  };

  void MarkReady(int database, std::string_view key);
  void MarkReady(const Key& key, Queue& queue);
  void ServeKey(const Key& key, Retry retry, Exists exists);

  const Clock& clock_;
  absl::flat_hash_map<uint64_t, std::unique_ptr<Place>> waiters_;  // by client
  absl::flat_hash_map<Key, Queue> keys_;
  absl::btree_set<std::pair<int64_t, uint64_t>> deadlines_;  // and clients; those that have one
  absl::btree_set<std::pair<int64_t, uint64_t>> wake_ups_;   // likewise
  std::vector<Key> ready_;  // those to be served; some may have lost their waiters since
  uint64_t arrivals_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_BLOCKED_CLIENTS_H_
