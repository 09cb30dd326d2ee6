// Users as rules again: the text that makes an equal user when the rules are applied to a new one
// (user_rules.h). Equal permissions that came about in different ways may differ in their texts.
#ifndef SOLOKV_KV_COMMAND_USER_DESCRIPTION_H_
#define SOLOKV_KV_COMMAND_USER_DESCRIPTION_H_

#include <string>
#include <string_view>
#include <vector>

#include "kv/command/permissions.h"
#include "kv/command/user.h"

namespace kv {

// "+@all -config|set"
std::string DescribeCommands(const Permissions& permissions);
// "~cache:* %R~config:*"; empty if there are none.
std::string DescribeKeys(const Permissions& permissions);
// "&news:*"; empty if there are none.
std::string DescribeChannels(const Permissions& permissions);
// "alldbs", "resetdbs" or "db=0,1"
std::string DescribeDatabases(const Permissions& permissions);

// The words that are flags: "on", "nopass", "sanitize-payload".
std::vector<std::string_view> FlagsOf(const User& user);

// "on #digest ~cache:* resetchannels -@all +get (~log:* resetchannels -@all +append)"
std::string DescribeRules(const User& user);
// "user worker on …": a line of an ACL file.
std::string DescribeUser(const User& user);

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_USER_DESCRIPTION_H_
