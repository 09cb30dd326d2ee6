// Connections: all peers of a server. Accepts them, knows them by id, and buries them.
#ifndef SOLOKV_KV_SERVER_CONNECTIONS_H_
#define SOLOKV_KV_SERVER_CONNECTIONS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "ae/loop.h"
#include "kv/base/clock.h"
#include "kv/base/logging.h"
#include "kv/command/acl.h"
#include "kv/pubsub/pubsub.h"
#include "kv/pubsub/tracking.h"
#include "kv/server/connection.h"
#include "kv/server/request_runner.h"
#include "kv/server/restricted_runner.h"
#include "kv/server/server_options.h"
#include "protocol/reply_buffer.h"

namespace kv {

struct ConnectionStats {
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  uint64_t closed_query_limit = 0;
  uint64_t closed_output_limit = 0;
  uint64_t evicted = 0;
  // Of connections that are gone; those of living ones are added by Totals.
  uint64_t bytes_received = 0;
  uint64_t bytes_sent = 0;
};

class Connections final : public ae::Acceptor, public ConnectionOwner, public PushTargets {
 public:
  // `logger` may be null. Runners and what pushes are set before the first connection comes.
  Connections(ae::Loop& loop, const ServerOptions& options, const Clock& clock, SlabMemory& memory,
              Acl& acl, Logger* logger);
  ~Connections() override;

  void SetRunner(RequestRunner* runner, RestrictedRunner* restricted) {
    runner_ = runner;
    restricted_runner_ = restricted;
  }
  // Who answers HTTP, while http-enabled allows it.
  void SetHttpListener(HttpListener* listener) { http_ = listener; }
  // `keeper` is told of each client that goes. Not owned; outlives the connections.
  void AddKeeper(ClientKeeper* keeper) { keepers_.push_back(keeper); }
  void SetPushers(PubSub* pubsub, Tracking* tracking) {
    pubsub_ = pubsub;
    tracking_ = tracking;
  }
  // Delivers what the loop has, serving the idle connections alone (RestrictedRunner).
  void PollRestricted(std::string_view refusal);
  // The interrupted run is over.
  void EndRestricted();
  // Starts the tick: the time that connections note for what they receive.
  void BeginTick() { now_ = clock_.MonotonicMicros(); }
  // Destroys the connections whose streams have closed.
  void Bury();
  // Closes the connections whose peers take too long to end.
  void CloseLingering();
  // Closes the connections that have been over a soft output limit for too long.
  void EnforceSoftOutputLimits();
  // Closes the largest connections while all together take more than maxmemory-clients. Linear in
  // the number of connections if they do, else constant. It is due once the sum has grown beyond
  // the limit, when what was on its way to peers is gone.
  void Evict();
  bool eviction_is_due() const { return eviction_is_due_; }
  // Recomputes what depends on options.
  void ApplyOptions();

  size_t size() const { return connections_.size(); }
  Connection* Find(uint64_t id) const;
  template <class Visit>
  void ForEach(Visit&& visit) const {
    for (const auto& [id, connection] : connections_) visit(*connection);
  }
  // What all of them keep outside the store's memory and the chunks of output.
  size_t heap_bytes() const { return heap_bytes_ + size() * sizeof(Connection); }
  const ConnectionStats& stats() const { return stats_; }
  // Sums over all connections there ever were.
  ConnectionStats Totals() const;
  void ResetStats() { stats_ = {}; }
  uint64_t next_id() const { return next_id_; }
  int64_t max_clients() const { return options_.maxclients; }

  // --- ae::Acceptor ---
  ae::StreamHandler* OnAccept(ae::StreamId stream, const ae::Peer& peer,
                              std::string* farewell) override;

  // --- ConnectionOwner ---
  Speech OnFirstBytes(Connection& connection, std::string_view bytes) override {
    return http_->OnFirstBytes(connection, bytes);
  }
  void OnReadable(Connection& connection) override;
  bool polls_restricted() const override { return polls_restricted_; }
  void OnHeld(Connection& connection) override;
  void OnClosing(Connection& connection) override;
  bool OnPush(Connection& connection, PushOrder order) override;
  void OnGone(Connection& connection) override;
  void OnLingering(Connection& connection) override;
  bool EnforceOutputLimit(Connection& connection) override;
  size_t hard_output_limit(const Connection& connection) const override;
  void OnMemoryChanged(Connection& connection) override;
  void OnQueryBufferLimit(Connection& connection) override;
  const resp::RequestLimits& request_limits(bool authenticated) const override {
    return authenticated ? limits_ : unauthenticated_limits_;
  }
  size_t query_buffer_limit() const override {
    return static_cast<size_t>(options_.client_query_buffer_limit);
  }
  int64_t now_micros() const override { return now_; }
  SlabMemory& memory() override { return memory_; }
  resp::ChunkPool& chunk_pool() override { return chunk_pool_; }

  // --- PushTargets ---
  PushTarget& TargetOf(const Client& client) override;
  PushTarget* FindTarget(uint64_t client_id) const override;
  uint64_t RunningClient() const override;

 private:
  bool IsOutputExceeded(Connection& connection) const;
  const OutputLimit& OutputLimitOf(const Connection& connection) const;
  // The bytes that all connections together may take; 0 without a limit.
  size_t MemoryLimit() const;
  void Log(LogLevel level, std::string_view message) const;

  ae::Loop& loop_;
  const ServerOptions& options_;
  const Clock& clock_;
  SlabMemory& memory_;
  Acl& acl_;
  Logger* const logger_;
  HttpListener* http_ = nullptr;
  RequestRunner* runner_ = nullptr;
  RestrictedRunner* restricted_runner_ = nullptr;
  PubSub* pubsub_ = nullptr;
  Tracking* tracking_ = nullptr;
  bool polls_restricted_ = false;
  std::vector<uint64_t> held_;  // ids
  resp::ChunkPool chunk_pool_;
  resp::RequestLimits limits_;
  resp::RequestLimits unauthenticated_limits_;

  absl::btree_map<uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> gone_;
  std::vector<ClientKeeper*> keepers_;
  struct Lingering {
    int64_t deadline;
    uint64_t id;
  };
  std::deque<Lingering> lingering_;
  size_t memory_limit_ = 0;  // 0: none, and accounted_bytes_ is not kept
  size_t accounted_bytes_ = 0;
  bool eviction_is_due_ = false;
  size_t heap_bytes_ = 0;
  uint64_t next_id_ = 1;
  int64_t now_ = 0;
  ConnectionStats stats_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_CONNECTIONS_H_
