// The rules that make a user, one word each, applied in the order in which they stand:
//
//   on off  nopass resetpass  >password <password  #digest !digest  sanitize-payload
//   +command -command +@category -@category allcommands nocommands
//   ~pattern %R~pattern %W~pattern %RW~pattern allkeys resetkeys
//   &pattern allchannels resetchannels  db=0,1 alldbs resetdbs
//   (rules of a selector) clearselectors  reset
//
// https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl, and
// https://valkey.io/topics/acl for databases.
#ifndef SOLOKV_KV_COMMAND_USER_RULES_H_
#define SOLOKV_KV_COMMAND_USER_RULES_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "kv/command/command_table.h"
#include "kv/command/user.h"

namespace kv {

class UserRules {
 public:
  // New and reset users, and new selectors, may use all channels if `grants_channels` says so; it
  // is read when they are made. Both outlive the object.
  UserRules(CommandTable& table, const bool& grants_channels)
      : table_(table), grants_channels_(grants_channels) {}

  // A user of this name as it is before any rule.
  User MakeUser(std::string_view name) const;
  // The same allowed everything, with any password.
  User MakeOmnipotentUser(std::string_view name) const;

  // The error is why the rule is not valid; the user may have changed in part then.
  absl::Status Apply(std::string_view rule, User* user) const;

 private:
  Permissions MakePermissions() const;
  void Reset(User* user) const;
  absl::Status AddSelector(std::string_view rules, User* user) const;
  absl::Status ApplyToPermissions(std::string_view rule, Permissions* permissions) const;
  absl::Status ApplyToCommand(bool allowed, std::string_view name, Permissions* permissions) const;
  absl::Status ApplyToPart(bool allowed, std::string_view name, Permissions* permissions) const;

  CommandTable& table_;
  const bool& grants_channels_;
};

// Puts the words of a selector, which begins in one word and may end in a later one, together.
// False if one does not end; *unmatched is the word it begins with then.
bool JoinSelectors(std::span<const std::string_view> words, std::vector<std::string>* rules,
                   std::string* unmatched);

// No blanks, no null characters.
bool IsUserName(std::string_view name);

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_USER_RULES_H_
