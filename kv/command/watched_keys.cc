#include "kv/command/watched_keys.h"

#include <algorithm>

namespace kv {
namespace {

constexpr size_t kBytesOfWatch = 150;

}  // namespace

// Looking at a key removes it if it has expired, which is no change of a key that nobody could see.
// Where the removal has to wait, it looks gone.
bool WatchedKeys::Exists(int database, std::string_view key) {
  Database& keys = store_.database(database);
  looking_ = true;
  const bool exists = static_cast<bool>(keys.Peek(keys.Hash(key)));
  looking_ = false;
  return exists;
}

void WatchedKeys::Watch(Client& client, std::string_view key) {
  if (watches_.empty()) changes_.Add(this);
  Key watched(client.database, key);
  const bool exists = Exists(client.database, key);
  if (!clients_[watched].insert(&client).second) return;
  ++client.watched_keys;
  client.watched_bytes += kBytesOfWatch + 2 * key.size();
  watches_[&client].push_back({std::move(watched), exists});
}

void WatchedKeys::Unwatch(Client& client) {
  client.SetFlag(kClientWatchBroken, false);
  const auto found = watches_.find(&client);
  if (found == watches_.end()) return;
  for (const Watched& watched : found->second) {
    const auto key = clients_.find(watched.key);
    key->second.erase(&client);
    if (key->second.empty()) clients_.erase(key);
  }
  watches_.erase(found);
  client.watched_keys = client.watched_bytes = 0;
  if (watches_.empty()) changes_.Remove(this);
}

bool WatchedKeys::IsBroken(Client& client) {
  const auto found = watches_.find(&client);
  if (found == watches_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(),
                     [&](const Watched& watched) {
                       return watched.existed && !Exists(watched.key.first, watched.key.second);
                     }) ||
         client.Is(kClientWatchBroken);
}

void WatchedKeys::OnKeyChanged(int database, std::string_view key) {
  if (looking_) return;
  const auto found = clients_.find(Key(database, key));
  if (found == clients_.end()) return;
  for (Client* const client : found->second) client->SetFlag(kClientWatchBroken, true);
}

void WatchedKeys::OnFlushed(int database) {
  for (auto& [client, watches] : watches_) {
    for (const auto& [key, existed] : watches) {
      const bool concerned = database == kAllDatabases || database == key.first;
      if (concerned && existed) client->SetFlag(kClientWatchBroken, true);
    }
  }
}

void WatchedKeys::OnSwapped(int first, int second) {
  for (auto& [client, watches] : watches_) {
    for (const auto& [key, existed] : watches) {
      if (key.first != first && key.first != second) continue;
      if (existed || Exists(key.first, key.second)) client->SetFlag(kClientWatchBroken, true);
    }
  }
}

}  // namespace kv
