#include "kv/server/acl_connections.h"

#include "kv/server/client_filter.h"

namespace kv {

void AclConnections::ForEachClient(absl::FunctionRef<void(Client&)> visit) {
  if (connections_ == nullptr) return;
  connections_->ForEach([&](Connection& connection) {
    if (!connection.closing()) visit(connection.client);
  });
}

void AclConnections::ForEachSubscription(Client& client,
                                         absl::FunctionRef<void(std::string_view, bool)> visit) {
  for (const TopicKind kind :
       {TopicKind::kChannel, TopicKind::kPattern, TopicKind::kShardChannel}) {
    pubsub_->ForEachSubscription(
        client, kind, [&](std::string_view name) { visit(name, kind == TopicKind::kPattern); });
  }
}

void AclConnections::Close(Client& client) {
  if (connections_->RunningClient() == client.id) {
    client.SetFlag(kClientCloseAfterReply, true);
  } else if (Connection* const connection = connections_->Find(client.id)) {
    connection->Close();
  }
}

std::string AclConnections::Describe(const Client& client) {
  const Connection* const connection = connections_->Find(client.id);
  return connection == nullptr ? "" : DescribeClient(*connection, clock_.MonotonicMicros());
}

absl::StatusOr<std::string> AclConnections::ReadFile(const std::string& name) {
  return directory_->ReadWhole(name);
}

absl::Status AclConnections::WriteFile(const std::string& name, std::string_view text) {
  return directory_->WriteAtomically(name, text);
}

}  // namespace kv
