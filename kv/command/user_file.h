// Files of users: a line for each, "user NAME RULE ...". Empty lines and those that begin with '#'
// are skipped. A file is taken whole or not at all.
#ifndef SOLOKV_KV_COMMAND_USER_FILE_H_
#define SOLOKV_KV_COMMAND_USER_FILE_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kv/command/user.h"
#include "kv/command/user_rules.h"

namespace kv {

using UsersByName = std::map<std::string, User, std::less<>>;

// The users of a file. The error tells what is wrong with each line that is, by the name of the
// file and the number of the line.
absl::StatusOr<UsersByName> ParseUserFile(std::string_view text, std::string_view file_name,
                                          const UserRules& rules);

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_USER_FILE_H_
