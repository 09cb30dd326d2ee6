// Acl: the users of one server, who each client is, and what that allows.
//
//   names ──► users ◄── clients (Client::user)        a client whose user may do everything passes
//                │                                    without a look; the others have kGateAcl set
//          passwords, permissions                     and are checked before each command
//
// There is always a user "default", whom connections begin as; they need no password if it takes
// any. Changes of a user hold at once for all its clients; those who subscribe to what it may not
// get any more are closed. So are the clients of a user that is deleted.
//
// Cost: a check as in Permissions; a change is linear in the number of clients.
#ifndef SOLOKV_KV_COMMAND_ACL_H_
#define SOLOKV_KV_COMMAND_ACL_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kv/base/clock.h"
#include "kv/command/acl_log.h"
#include "kv/command/acl_options.h"
#include "kv/command/client.h"
#include "kv/command/command_table.h"
#include "kv/command/user.h"
#include "kv/command/user_file.h"
#include "kv/command/user_rules.h"

namespace kv {

// What the users are to the server around them.
class AclHost {
 public:
  virtual ~AclHost() = default;
  virtual void ForEachClient(absl::FunctionRef<void(Client&)> visit) = 0;
  // Calls visit(channel, is_pattern) for all that the client subscribes to.
  virtual void ForEachSubscription(Client& client,
                                   absl::FunctionRef<void(std::string_view, bool)> visit) = 0;
  // Closes the client; if its request is running, once that has its reply.
  virtual void Close(Client& client) = 0;
  // The line of CLIENT LIST about a client.
  virtual std::string Describe(const Client& client) = 0;
  virtual absl::StatusOr<std::string> ReadFile(const std::string& name) = 0;
  // Replaces the file so that after a crash there is the old one or the new.
  virtual absl::Status WriteFile(const std::string& name, std::string_view text) = 0;
};

// Where a refused command came from.
enum class AclContext : uint8_t { kTopLevel, kTransaction, kScript };

struct AclStatistics {
  uint64_t denied_authentications = 0;
  uint64_t denied_commands = 0;
  uint64_t denied_keys = 0;
  uint64_t denied_channels = 0;
  uint64_t denied_databases = 0;
};

class Acl {
 public:
  // All must outlive the object. `databases` is their number.
  Acl(CommandTable& table, const AclOptions& options, const int64_t& databases, const Clock& clock,
      AclHost& host);
  Acl(const Acl&) = delete;
  Acl& operator=(const Acl&) = delete;

  // --- users ---
  const User* Find(std::string_view name) const;
  const User& default_user() const { return *default_user_; }
  size_t size() const { return users_.size(); }
  // In the order of their names.
  template <class Visit>
  void ForEach(Visit visit) const {
    for (const auto& [name, user] : users_) visit(*user);
  }
  // Applies the rules to a user, who is made if missing: all of them or none. The error is whole
  // but for its code.
  absl::Status Set(std::string_view name, std::span<const std::string_view> rules);
  // False if there is no such user. Precondition: it is not the default user.
  bool Delete(std::string_view name);
  // The password of the default user; empty: any.
  void SetDefaultPassword(std::string_view password);
  // True if there is only the default user, who has not changed.
  bool is_initial() const;
  // Takes the users of the text of a file, which replace those of the same names. After an error
  // nothing has changed.
  absl::Status Add(std::string_view text, std::string_view file_name);
  // The same, and deletes all others. Without a default user there, it may do everything.
  absl::Status Replace(std::string_view text, std::string_view file_name);
  // The same from the file of the options, and back to it.
  absl::Status Load();
  absl::Status Save();
  // The text of a file of all users.
  std::string Text() const;

  // --- clients ---
  // A client begins, or begins anew.
  void Greet(Client& client) const;
  // Whether connections begin without having proved anything, and may do so.
  bool admits_strangers() const { return default_user_->enabled && default_user_->any_password; }
  // Makes the client that user's if this is its password; if not, takes note of that.
  bool Authenticate(Client& client, std::string_view name, std::string_view password,
                    std::string_view command);

  // --- checks ---
  // Why a user may not make this call; nothing if it may.
  std::optional<Denial> Check(const User& user, const Command& command, ArgSpan args,
                              int database) const;
  // The same for a client, as a text without an error code, empty if it may. Takes note of it.
  std::string Refuse(const Client& client, const Command& command, ArgSpan args, int database,
                     AclContext context);
  // "User alice has no permissions to access the 'key' key"
  static std::string Explain(const User& user, const Denial& denial, const Command& command,
                             ArgSpan args);

  CommandTable& table() { return table_; }
  AclLog& log() { return log_; }
  const AclStatistics& statistics() const { return statistics_; }
  void ResetStatistics() { statistics_ = {}; }
  int64_t now() const { return clock_.WallMillis(); }
  bool has_file() const { return !options_.file.empty(); }

 private:
  using Users = std::map<std::string, std::shared_ptr<User>, std::less<>>;

  CheckedCall MakeCall(const Command& command, ArgSpan args, int database) const {
    return {command, args, database, static_cast<int>(databases_), &keys_};
  }
  // The user becomes as `next`.
  void Update(const std::shared_ptr<User>& user, User next);
  void Put(User user);
  void Assign(Client& client, const std::shared_ptr<const User>& user) const;
  bool MayKeepSubscriptions(Client& client);
  // Calls act(client) for those of the user.
  void ForEachClientOf(const User& user, absl::FunctionRef<void(Client&)> act);
  void CountDenial(const Denial& denial);

  CommandTable& table_;
  const AclOptions& options_;
  const int64_t& databases_;
  const Clock& clock_;
  AclHost& host_;
  UserRules rules_;
  Users users_;
  std::shared_ptr<User> default_user_;
  AclLog log_;
  AclStatistics statistics_;
  mutable std::vector<KeyPosition> keys_;  // of the call that is checked
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_ACL_H_
