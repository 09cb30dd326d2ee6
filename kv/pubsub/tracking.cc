#include "kv/pubsub/tracking.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "kv/command/keys_of.h"
#include "protocol/reply_writer.h"

namespace kv {

Tracking::Tracking(SlabMemory& memory, const HashKey& key, Random& random, PushTargets& targets,
                   const int64_t& max_keys)
    : key_(key), random_(random), targets_(targets), max_keys_(max_keys), keys_(memory) {}

Tracking::~Tracking() {
  DropKeys();
}

// --- clients ---

void Tracking::Enable(PushTarget& target, const TrackingOptions& options) {
  const uint64_t id = target.client_id();
  const bool first = clients_.empty();
  TrackingState& state = clients_[id];
  std::vector<std::string> prefixes = std::move(state.options.prefixes);
  state.options = options;
  state.redirect_is_broken = false;
  target.tracking = &state;
  if (options.broadcast) {
    prefixes.insert(prefixes.end(), options.prefixes.begin(), options.prefixes.end());
    if (prefixes.empty()) prefixes.emplace_back();
    target.tracking_bytes = 0;
    for (const std::string& prefix : prefixes) {
      AddPrefix(prefix, id);
      target.tracking_bytes += kPrefixBytes + 2 * prefix.size();
    }
  }
  state.options.prefixes = std::move(prefixes);
  if (first) changed_();
}

void Tracking::Disable(PushTarget& target) {
  if (std::exchange(target.tracking, nullptr) == nullptr) return;
  const auto found = clients_.find(target.client_id());
  target.tracking_bytes = 0;
  RemovePrefixes(found->first, found->second.options);
  clients_.erase(found);
  if (!clients_.empty()) return;
  DropKeys();
  changed_();
}

void Tracking::AddPrefix(const std::string& prefix, uint64_t client) {
  const auto [place, added] = prefixes_.try_emplace(prefix);
  if (added) ++prefixes_of_length_[prefix.size()];
  place->second.clients.insert(client);
}

void Tracking::RemovePrefixes(uint64_t client, const TrackingOptions& options) {
  for (const std::string& name : options.prefixes) {
    const auto found = prefixes_.find(name);
    found->second.clients.erase(client);
    if (!found->second.clients.empty()) continue;
    prefixes_.erase(found);
    changed_prefixes_.erase(name);
    const auto length = prefixes_of_length_.find(name.size());
    if (--length->second == 0) prefixes_of_length_.erase(length);
  }
}

// --- what clients read ---

void Tracking::OnExecuted(PushTarget& target, const Command& command, ArgSpan args) {
  TrackingState& state = *target.tracking;
  // What CLIENT CACHING says holds for the next command that is not about the client.
  if (command.parent != nullptr && command.parent->name() == "client") return;
  OnPartExecuted(target, command, args);
  state.chosen = false;
}

void Tracking::OnPartExecuted(const PushTarget& target, const Command& command, ArgSpan args) {
  const TrackingOptions& options = target.tracking->options;
  const bool chosen = target.tracking->chosen;
  // What a script reads is noted as it does so, not what it was given to read.
  if (command.spec->group == CommandGroup::kScripting) return;
  if (options.broadcast || !command.Is(kReadonly)) return;
  if (options.choice == TrackingChoice::kOptIn && !chosen) return;
  if (options.choice == TrackingChoice::kOptOut && chosen) return;
  std::vector<KeyPosition> keys;
  if (!FindKeys(*command.spec, args, &keys)) return;
  for (const KeyPosition& key : keys) {
    if ((key.flags & kKeyNotKey) == 0) Note(target.client_id(), args[key.index]);
  }
  Step(2 * keys.size());
}

void Tracking::Note(uint64_t client, std::string_view name) {
  const uint64_t hash = Hash(name, key_);
  TrackedKey* key = keys_.Find(name, hash);
  if (key == nullptr) {
    key = new TrackedKey{hash, std::string(name), {}};
    keys_.Insert(key, hash);
  }
  if (std::find(key->clients.begin(), key->clients.end(), client) != key->clients.end()) return;
  DropStaleClients(*key);
  key->clients.push_back(client);
  ++items_;
}

// Each time the number of clients has doubled, so that clients that come and go don't pile up.
void Tracking::DropStaleClients(TrackedKey& key) {
  const size_t before = key.clients.size();
  if (before < 8 || !std::has_single_bit(before)) return;
  const auto stale = std::remove_if(key.clients.begin(), key.clients.end(),
                                    [this](uint64_t id) { return !clients_.contains(id); });
  key.clients.erase(stale, key.clients.end());
  items_ -= before - key.clients.size();
}

size_t Tracking::Step(size_t units) {
  size_t forgotten = 0;
  for (; forgotten < units && is_over_limit(); ++forgotten) {
    Invalidate(keys_.RandomElement([this] { return random_.Next(); }), /*writer=*/0);
  }
  return forgotten;
}

void Tracking::DropKeys() {
  keys_.ForEach([](TrackedKey* key) { delete key; });
  keys_.Clear();
  items_ = 0;
}

// --- what changes ---

void Tracking::OnKeyEvent(KeyEventClass event_class, std::string_view key) {
  if ((classes() & event_class) == 0) return;
  // The store lets keys expire by itself, whoever happens to look for them.
  const uint64_t writer = event_class == kEventExpired ? 0 : targets_.RunningClient();
  if (TrackedKey* const tracked = keys_.Find(key, Hash(key, key_))) Invalidate(tracked, writer);
  NoteBroadcast(key, writer);
}

// Tells the clients that have read the key, and forgets it.
void Tracking::Invalidate(TrackedKey* key, uint64_t writer) {
  keys_.Erase(keys_.Locate(key->name, key->hash), key->hash);
  const std::unique_ptr<TrackedKey> owned(key);
  items_ -= key->clients.size();
  const std::vector<std::string_view> keys = {key->name};
  for (const uint64_t id : key->clients) {
    const auto client = clients_.find(id);
    if (client == clients_.end()) continue;
    const TrackingOptions& options = client->second.options;
    if (options.broadcast || (options.no_loop && id == writer)) continue;
    Send(id, client->second, &keys);
  }
}

void Tracking::NoteBroadcast(std::string_view key, uint64_t writer) {
  for (const auto& [length, count] : prefixes_of_length_) {
    if (length > key.size()) return;
    const auto prefix = prefixes_.find(absl::string_view(key.data(), length));
    if (prefix == prefixes_.end()) continue;
    prefix->second.changed[std::string(key)] = writer;
    changed_prefixes_.insert(prefix->first);
  }
}

void Tracking::SendBroadcasts() {
  for (const std::string& name : std::exchange(changed_prefixes_, {})) {
    Prefix& prefix = prefixes_.at(name);
    const auto changed = std::exchange(prefix.changed, {});
    for (const uint64_t id : prefix.clients) {
      TrackingState& state = clients_.at(id);
      std::vector<std::string_view> keys;
      for (const auto& [key, writer] : changed) {
        if (!state.options.no_loop || writer != id) keys.push_back(key);
      }
      if (!keys.empty()) Send(id, state, &keys);
    }
  }
}

void Tracking::OnFlush() {
  for (auto& [id, state] : clients_) Send(id, state, nullptr);
  DropKeys();
}

// --- messages ---

void Tracking::Send(uint64_t client, TrackingState& state,
                    const std::vector<std::string_view>* keys) {
  const uint64_t redirect = state.options.redirect;
  PushTarget* const target = targets_.FindTarget(redirect == 0 ? client : redirect);
  if (target == nullptr) {
    if (redirect != 0) TellBrokenRedirect(client, state);
    return;
  }
  const resp::Version version = target->protocol();
  if (version == resp::Version::kResp2 && (redirect == 0 || target->subscriptions.total() == 0)) {
    return;
  }
  resp::ReplyWriter writer(&target->PushBuffer(PushOrder::kBeforeReplies), version);
  if (version == resp::Version::kResp3) {
    writer.Push(2);
    writer.Bulk("invalidate");
  } else {
    writer.Array(3);
    writer.Bulk("message");
    writer.Bulk("__redis__:invalidate");
  }
  if (keys == nullptr) return writer.NullBulk();
  writer.Array(keys->size());
  for (const std::string_view key : *keys) writer.Bulk(key);
}

void Tracking::TellBrokenRedirect(uint64_t client, TrackingState& state) {
  state.redirect_is_broken = true;
  PushTarget* const target = targets_.FindTarget(client);
  if (target == nullptr || target->protocol() == resp::Version::kResp2) return;
  resp::ReplyWriter writer(&target->PushBuffer(PushOrder::kBeforeReplies), target->protocol());
  writer.Push(2);
  writer.Bulk("tracking-redir-broken");
  writer.Integer(static_cast<int64_t>(state.options.redirect));
}

}  // namespace kv
