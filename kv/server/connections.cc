#include "kv/server/connections.h"

#include <utility>

namespace kv {

Connections::Connections(ae::Loop& loop, const ServerOptions& options, const Clock& clock,
                         SlabMemory& memory)
    : loop_(loop), options_(options), clock_(clock), memory_(memory) {
  ApplyOptions();
}

Connections::~Connections() = default;

void Connections::ApplyOptions() {
  limits_.max_bulk_bytes = options_.proto_max_bulk_len;
  unauthenticated_limits_ = limits_;
  unauthenticated_limits_.authenticated = false;
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
  if (options_.protected_mode && options_.requirepass.empty() && !peer.is_loopback) {
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
  handler->client.SetGate(kGateAuthentication, !options_.requirepass.empty());
  if (options_.tcp_keepalive > 0 && !peer.is_unix) {
    handler->SetKeepAlive(static_cast<int>(options_.tcp_keepalive));
  }
  connections_.emplace(id, std::move(connection));
  return handler;
}

void Connections::OnGone(Connection& connection) {
  const auto found = connections_.find(connection.client.id);
  if (found == connections_.end()) return;
  stats_.bytes_received += connection.bytes_received();
  stats_.bytes_sent += connection.bytes_sent();
  gone_.push_back(std::move(found->second));
  connections_.erase(found);
}

void Connections::Bury() {
  for (const auto& connection : gone_) runner_->Forget(*connection);
  gone_.clear();
}

void Connections::OnQueryBufferLimit(Connection& connection) {
  ++stats_.closed_query_limit;
  connection.Close();
}

}  // namespace kv
