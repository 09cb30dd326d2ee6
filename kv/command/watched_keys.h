// WatchedKeys: the keys that clients watch, and whether these changed since (WATCH, UNWATCH, EXEC).
//
//     client ──► its watches: key, whether it existed ──┐
//     key ──► clients that watch it  ◄──────────────────┘
//
// A client is marked (kClientWatchBroken) when one of its keys is written, expires, is evicted,
// or comes or goes with its database. A key that is not there, as one that has expired already, is
// not changed by a flush.
//
// Cost: a watch O(1), the end of all watches of a client O(watches); a write that anybody's watch
// makes observable, a lookup for each of its keys. A watch takes some 150 bytes and its key twice.
#ifndef SOLOKV_KV_COMMAND_WATCHED_KEYS_H_
#define SOLOKV_KV_COMMAND_WATCHED_KEYS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "kv/command/client.h"
#include "kv/command/key_changes.h"
#include "kv/store/store.h"

namespace kv {

class WatchedKeys final : public KeyChangeListener {
 public:
  WatchedKeys(Store& store, KeyChanges& changes) : store_(store), changes_(changes) {}

  // The client, which must live until Unwatch, watches a key of its database.
  void Watch(Client& client, std::string_view key);
  // Ends all watches of the client, and clears its mark.
  void Unwatch(Client& client);
  // Whether a watched key has changed, or has expired since.
  bool IsBroken(Client& client);

  size_t clients() const { return watches_.size(); }
  size_t keys() const { return clients_.size(); }

  // --- KeyChangeListener ---
  void OnKeyChanged(int database, std::string_view key) override;
  void OnFlushed(int database) override;
  void OnSwapped(int first, int second) override;

 private:
  using Key = std::pair<int, std::string>;  // database and name
  struct Watched {
    Key key;
    bool existed;
  };

  bool Exists(int database, std::string_view key);

  Store& store_;
  KeyChanges& changes_;
  bool looking_ = false;  // at a key: its removal is no news
  absl::flat_hash_map<Client*, std::vector<Watched>> watches_;
  absl::flat_hash_map<Key, absl::flat_hash_set<Client*>> clients_;
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_WATCHED_KEYS_H_
