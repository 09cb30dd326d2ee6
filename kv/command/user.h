// User: a name, the passwords that prove it, and what it allows whoever has proved it.
//
// A call is allowed if the root permissions or one of the selectors allow it; they do not add up.
#ifndef SOLOKV_KV_COMMAND_USER_H_
#define SOLOKV_KV_COMMAND_USER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kv/command/permissions.h"

namespace kv {

inline constexpr std::string_view kDefaultUser = "default";

class User {
 public:
  // A new user is disabled, has no password, and may do nothing.
  explicit User(std::string_view user_name) : name(user_name) {}

  // Whether the user is enabled and this is one of the passwords. Takes the same time wherever it
  // differs from them.
  bool Accepts(std::string_view password) const;

  bool IsUnrestricted() const { return root.IsUnrestricted(); }
  // Why the call is refused; nothing if it is allowed.
  std::optional<Denial> Check(CheckedCall& call) const;
  bool AllowsChannel(std::string_view channel, bool is_pattern) const;
  // Whether permissions that allow the call allow to read this key, too.
  bool ReadsKey(CheckedCall& call, std::string_view key) const;
  // Whether permissions that allow the call allow to read every other key, too.
  bool ReadsAllKeys(CheckedCall& call) const;

  std::string name;
  bool enabled = false;
  bool any_password = false;           // each one is right
  bool sanitizes_payloads = true;      // what RESTORE gets
  std::vector<std::string> passwords;  // digests (Sha256Hex)
  Permissions root;
  std::vector<Permissions> selectors;

 private:
  template <class Predicate>
  bool Any(Predicate holds) const;
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_USER_H_
