// AclConnections: what users see of a server: its connections, and the directory of their file.
#ifndef SOLOKV_KV_SERVER_ACL_CONNECTIONS_H_
#define SOLOKV_KV_SERVER_ACL_CONNECTIONS_H_

#include <memory>
#include <string>
#include <string_view>

#include "kv/base/clock.h"
#include "kv/base/env.h"
#include "kv/command/acl.h"
#include "kv/pubsub/pubsub.h"
#include "kv/server/connections.h"

namespace kv {

class AclConnections final : public AclHost {
 public:
  // The directory that `directory` points to may be exchanged. All outlive the object.
  AclConnections(const std::unique_ptr<Connections>& connections,
                 const std::unique_ptr<PubSub>& pubsub, const std::unique_ptr<Directory>& directory,
                 const Clock& clock)
      : connections_(connections), pubsub_(pubsub), directory_(directory), clock_(clock) {}

  void ForEachClient(absl::FunctionRef<void(Client&)> visit) override;
  void ForEachSubscription(Client& client,
                           absl::FunctionRef<void(std::string_view, bool)> visit) override;
  void Close(Client& client) override;
  std::string Describe(const Client& client) override;
  absl::StatusOr<std::string> ReadFile(const std::string& name) override;
  absl::Status WriteFile(const std::string& name, std::string_view text) override;

 private:
  const std::unique_ptr<Connections>& connections_;  // null while the server starts
  const std::unique_ptr<PubSub>& pubsub_;
  const std::unique_ptr<Directory>& directory_;
  const Clock& clock_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_ACL_CONNECTIONS_H_
