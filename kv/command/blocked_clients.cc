#include "kv/command/blocked_clients.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace kv {
namespace {

bool WantsEnd(const Waiter& waiter) {
  return waiter.served_when == ServedWhen::kReadyOrGone;
}

}  // namespace

void BlockedClients::Block(Waiter waiter, int64_t timeout) {
  assert(!waiters_.contains(waiter.client));
  const uint64_t arrival = arrivals_++;
  for (const std::string& key : waiter.keys) {
    Queue& queue = keys_[Key(waiter.database, key)];
    queue.clients.emplace(arrival, waiter.client);
    queue.want_end += WantsEnd(waiter) ? 1 : 0;
  }
  if (timeout > 0) {
    waiter.deadline = clock_.MonotonicMicros() + timeout;
    deadlines_.emplace(waiter.deadline, waiter.client);
  }
  const uint64_t client = waiter.client;
  waiters_.emplace(client, std::make_unique<Place>(Place{std::move(waiter), arrival}));
}

std::unique_ptr<Waiter> BlockedClients::Remove(uint64_t client) {
  const auto found = waiters_.find(client);
  if (found == waiters_.end()) return nullptr;
  const std::unique_ptr<Place> place = std::move(found->second);
  waiters_.erase(found);
  for (const std::string& key : place->waiter.keys) {
    const auto queue = keys_.find(Key(place->waiter.database, key));
    queue->second.clients.erase(place->arrival);
    queue->second.want_end -= WantsEnd(place->waiter) ? 1 : 0;
    if (queue->second.clients.empty()) keys_.erase(queue);
  }
  deadlines_.erase({place->waiter.deadline, client});
  wake_ups_.erase({place->waiter.wake_up, client});
  return std::make_unique<Waiter>(std::move(place->waiter));
}

const Waiter* BlockedClients::Find(uint64_t client) const {
  const auto found = waiters_.find(client);
  return found == waiters_.end() ? nullptr : &found->second->waiter;
}

void BlockedClients::TryAgainAt(uint64_t client, int64_t wall_millis) {
  Waiter& waiter = waiters_.at(client)->waiter;
  wake_ups_.erase({waiter.wake_up, client});
  waiter.wake_up = wall_millis;
  if (wall_millis != Waiter::kNever) wake_ups_.emplace(wall_millis, client);
}

void BlockedClients::SignalDue(int64_t wall_millis) {
  while (NextWakeUp() <= wall_millis && !wake_ups_.empty()) {
    const uint64_t client = wake_ups_.begin()->second;
    TryAgainAt(client, Waiter::kNever);
    const Waiter& waiter = waiters_.at(client)->waiter;
    for (const std::string& key : waiter.keys) MarkReady(waiter.database, key);
  }
}

void BlockedClients::MarkReady(int database, std::string_view key) {
  const auto found = keys_.find(Key(database, key));
  if (found != keys_.end()) MarkReady(found->first, found->second);
}

void BlockedClients::MarkReady(const Key& key, Queue& queue) {
  if (!std::exchange(queue.ready, true)) ready_.push_back(key);
}

void BlockedClients::SignalDatabase(int database) {
  for (auto& [key, queue] : keys_) {
    if (key.first == database) MarkReady(key, queue);
  }
}

void BlockedClients::ServeReady(Retry retry, Exists exists) {
  while (!ready_.empty()) {
    for (const Key& key : std::exchange(ready_, {})) ServeKey(key, retry, exists);
  }
}

// The queue may change with each retry: it is asked anew for whoever arrived next.
void BlockedClients::ServeKey(const Key& key, Retry retry, Exists exists) {
  const uint64_t end = arrivals_;
  if (const auto queue = keys_.find(key); queue != keys_.end()) queue->second.ready = false;
  for (uint64_t from = 0;;) {
    const bool gone = !exists(key.first, key.second);
    const auto queue = keys_.find(key);
    if (queue == keys_.end() || (gone && queue->second.want_end == 0)) return;
    const auto& clients = queue->second.clients;
    const auto next = clients.lower_bound(from);
    if (next == clients.end() || next->first >= end) return;
    const auto [arrival, client] = *next;
    from = arrival + 1;
    const Waiter& waiter = waiters_[client]->waiter;
    if (gone && !WantsEnd(waiter)) continue;
    if (retry(waiter)) Remove(client);
  }
}

size_t BlockedClients::keys_watched_for_end() const {
  return static_cast<size_t>(std::count_if(
      keys_.begin(), keys_.end(), [](const auto& key) { return key.second.want_end > 0; }));
}

int64_t BlockedClients::TimeLeft() const {
  if (deadlines_.empty()) return Waiter::kForEver;
  return std::max<int64_t>(0, deadlines_.begin()->first - clock_.MonotonicMicros());
}

std::unique_ptr<Waiter> BlockedClients::TakeDue() {
  return TimeLeft() > 0 ? nullptr : Remove(deadlines_.begin()->second);
}

}  // namespace kv
