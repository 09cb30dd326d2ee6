#include "kv/server/connections.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kv/server/client_filter.h"

namespace kv {
namespace {

// How long a peer that was told the end may take to end, too.
constexpr int64_t kLingerMicros = 2'000'000;
constexpr int64_t kMicrosPerSecond = 1'000'000;

}  // namespace

Connections::Connections(ae::Loop& loop, const ServerOptions& options, const Clock& clock,
                         SlabMemory& memory, Acl& acl, Logger* logger)
    : loop_(loop), options_(options), clock_(clock), memory_(memory), acl_(acl), logger_(logger) {
  ApplyOptions();
}

Connections::~Connections() = default;

void Connections::ApplyOptions() {
  limits_.max_bulk_bytes = options_.proto_max_bulk_len;
  unauthenticated_limits_ = limits_;
  unauthenticated_limits_.authenticated = false;
  memory_limit_ = MemoryLimit();
  ForEach([this](Connection& connection) { OnMemoryChanged(connection); });
}

Connection* Connections::Find(uint64_t id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second.get();
}

ConnectionStats Connections::Totals() const {
  ConnectionStats totals = stats_;
  ForEach([&](const Connection& connection) {
    totals.bytes_received += connection.bytes_received();
    totals.bytes_sent += connection.bytes_sent();
  });
  return totals;
}

ae::StreamHandler* Connections::OnAccept(ae::StreamId stream, const ae::Peer& peer,
                                         std::string* farewell) {
  if (connections_.size() >= static_cast<size_t>(options_.maxclients)) {
    ++stats_.rejected;
    *farewell = "-ERR max number of clients reached\r\n";
    return nullptr;
  }
  if (options_.protected_mode && acl_.admits_strangers() && !peer.is_loopback) {
    ++stats_.rejected;
    *farewell =
        "-DENIED solokv is running in protected mode: no password is set, so only clients of this "
        "host are served. Set 'requirepass', or turn 'protected-mode' off if the network is "
        "trusted.\r\n";
    return nullptr;
  }
  ++stats_.accepted;
  const uint64_t id = next_id_++;
  auto connection = std::make_unique<Connection>(*this, loop_, stream, id, peer);
  Connection* handler = connection.get();
  acl_.Greet(handler->client);
  if (options_.http_enabled) handler->speech = Speech::kUnknown;
  if (options_.tcp_keepalive > 0 && !peer.is_unix) {
    handler->SetKeepAlive(static_cast<int>(options_.tcp_keepalive));
  }
  connections_.emplace(id, std::move(connection));
  return handler;
}

PushTarget& Connections::TargetOf(const Client& client) {
  return *Find(client.id);
}

PushTarget* Connections::FindTarget(uint64_t client_id) const {
  Connection* const connection = Find(client_id);
  return connection == nullptr || connection->closing() ? nullptr : connection;
}

uint64_t Connections::RunningClient() const {
  const Connection* const running = runner_->running();
  return running == nullptr ? 0 : running->client.id;
}

bool Connections::OnPush(Connection& connection, PushOrder order) {
  runner_->AddPushed(connection, order);
  return runner_->running() == &connection;
}

void Connections::OnClosing(Connection& connection) {
  pubsub_->Forget(connection);
  tracking_->Disable(connection);
}

void Connections::OnGone(Connection& connection) {
  const auto found = connections_.find(connection.client.id);
  if (found == connections_.end()) return;
  accounted_bytes_ -= connection.accounted_bytes;
  heap_bytes_ -= connection.accounted_heap_bytes;
  stats_.bytes_received += connection.bytes_received();
  stats_.bytes_sent += connection.bytes_sent();
  gone_.push_back(std::move(found->second));
  connections_.erase(found);
}

void Connections::Bury() {
  for (const auto& connection : gone_) {
    for (ClientKeeper* const keeper : keepers_) keeper->Forget(connection->client);
    runner_->Forget(*connection);
    restricted_runner_->Forget(*connection);
  }
  gone_.clear();
}

// --- while a long command runs ---

void Connections::OnReadable(Connection& connection) {
  if (connection.restricted) {
    restricted_runner_->Add(connection);
  } else {
    runner_->AddReady(connection);
  }
}

void Connections::OnHeld(Connection& connection) {
  held_.push_back(connection.client.id);
}

void Connections::PollRestricted(std::string_view refusal) {
  polls_restricted_ = true;
  loop_.PollStreams();
  restricted_runner_->Run(refusal);
  polls_restricted_ = false;
}

void Connections::EndRestricted() {
  restricted_runner_->EndTick(*runner_);
  for (const uint64_t id : std::exchange(held_, {})) {
    if (Connection* connection = Find(id)) connection->ReleaseHeld();
  }
}

void Connections::OnLingering(Connection& connection) {
  lingering_.push_back({clock_.MonotonicMicros() + kLingerMicros, connection.client.id});
}

void Connections::CloseLingering() {
  const int64_t now = clock_.MonotonicMicros();
  for (; !lingering_.empty() && lingering_.front().deadline <= now; lingering_.pop_front()) {
    if (Connection* connection = Find(lingering_.front().id)) connection->Close();
  }
}

void Connections::OnQueryBufferLimit(Connection& connection) {
  ++stats_.closed_query_limit;
  connection.Close();
}

// --- limits of output and memory ---

const OutputLimit& Connections::OutputLimitOf(const Connection& connection) const {
  const bool subscribes = connection.subscriptions.total() > 0;
  return options_.client_output_buffer_limit[subscribes ? kPubsubClients : kNormalClients];
}

// What fits into one chunk does not count: that much a client may always have.
size_t Connections::hard_output_limit(const Connection& connection) const {
  const int64_t hard_bytes = OutputLimitOf(connection).hard_bytes;
  if (hard_bytes == 0) return resp::ReplyBuffer::kNoLimit;
  return std::max(static_cast<size_t>(hard_bytes), resp::Chunk::kCapacity + 1);
}

bool Connections::IsOutputExceeded(Connection& connection) const {
  if (connection.client.output.dropping()) return true;
  const OutputLimit& limit = OutputLimitOf(connection);
  const size_t size = connection.client.output.size();
  if (size >= hard_output_limit(connection)) return true;
  const int64_t bytes = size <= resp::Chunk::kCapacity ? 0 : static_cast<int64_t>(size);
  if (limit.soft_bytes == 0 || bytes < limit.soft_bytes) {
    connection.over_soft_limit_since = -1;
    return false;
  }
  if (connection.over_soft_limit_since < 0) connection.over_soft_limit_since = now_;
  return now_ - connection.over_soft_limit_since > limit.soft_seconds * kMicrosPerSecond;
}

bool Connections::EnforceOutputLimit(Connection& connection) {
  if (!IsOutputExceeded(connection)) return false;
  ++stats_.closed_output_limit;
  Log(LogLevel::kWarning,
      absl::StrCat("Client ", DescribeClient(connection, now_),
                   " scheduled to be closed ASAP for overcoming of output buffer limits."));
  connection.Close();
  return true;
}

void Connections::EnforceSoftOutputLimits() {
  const bool has_subscribers = pubsub_->subscribers() > 0;
  if (options_.client_output_buffer_limit[kNormalClients].soft_bytes == 0 && !has_subscribers) {
    return;
  }
  ForEach([this](Connection& connection) {
    if (connection.closing() || OutputLimitOf(connection).soft_bytes == 0) return;
    EnforceOutputLimit(connection);
  });
}

size_t Connections::MemoryLimit() const {
  if (options_.maxmemory_clients >= 0) return static_cast<size_t>(options_.maxmemory_clients);
  return static_cast<size_t>(options_.maxmemory / 100 * -options_.maxmemory_clients);
}

void Connections::OnMemoryChanged(Connection& connection) {
  const size_t heap_bytes = connection.heap_bytes();
  heap_bytes_ += heap_bytes - std::exchange(connection.accounted_heap_bytes, heap_bytes);
  if (memory_limit_ == 0 || connection.closing()) return;
  const size_t bytes = connection.memory_bytes();
  accounted_bytes_ += bytes - std::exchange(connection.accounted_bytes, bytes);
  if (accounted_bytes_ > memory_limit_) eviction_is_due_ = true;
}

void Connections::Evict() {
  if (!std::exchange(eviction_is_due_, false) || memory_limit_ == 0) return;
  std::vector<Connection*> candidates;
  ForEach([&](Connection& connection) {
    if (connection.closing() || connection.client.Is(kClientNoEvict)) return;
    candidates.push_back(&connection);
  });
  std::sort(candidates.begin(), candidates.end(), [](const Connection* a, const Connection* b) {
    return a->accounted_bytes > b->accounted_bytes;
  });
  for (Connection* connection : candidates) {
    if (accounted_bytes_ <= memory_limit_) return;
    ++stats_.evicted;
    Log(LogLevel::kNotice, absl::StrCat("Evicting client: ", DescribeClient(*connection, now_)));
    accounted_bytes_ -= std::exchange(connection->accounted_bytes, 0);
    connection->Close();
  }
}

void Connections::Log(LogLevel level, std::string_view message) const {
  if (logger_ != nullptr) logger_->Log(level, message);
}

}  // namespace kv
