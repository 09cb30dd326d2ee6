#include "kv/command/user_description.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace kv {
namespace {

// All there is to say about permissions, one word behind the other.
std::string DescribePermissions(const Permissions& permissions) {
  std::string text = DescribeKeys(permissions);
  if (!text.empty()) text += ' ';
  // A user may have been allowed all channels before the first rule.
  if (!permissions.all_channels()) text += "resetchannels ";
  if (const std::string channels = DescribeChannels(permissions); !channels.empty()) {
    absl::StrAppend(&text, channels, " ");
  }
  if (!permissions.all_databases()) absl::StrAppend(&text, DescribeDatabases(permissions), " ");
  return text + DescribeCommands(permissions);
}

std::string_view PrefixOf(const Permissions::KeyPattern& key) {
  switch (key.access) {
    case Permissions::kReadKeys:
      return "%R~";
    case Permissions::kWriteKeys:
      return "%W~";
    default:
      return "~";
  }
}

}  // namespace

std::string DescribeCommands(const Permissions& permissions) {
  std::string text = permissions.all_commands() ? "+@all" : "-@all";
  for (const Permissions::CommandRule& rule : permissions.command_rules()) {
    absl::StrAppend(&text, rule.allows ? " +" : " -", rule.name);
  }
  return text;
}

std::string DescribeKeys(const Permissions& permissions) {
  if (permissions.all_keys()) return "~*";
  return absl::StrJoin(permissions.keys(), " ",
                       [](std::string* out, const Permissions::KeyPattern& key) {
                         out->append(PrefixOf(key)).append(key.pattern);
                       });
}

std::string DescribeChannels(const Permissions& permissions) {
  if (permissions.all_channels()) return "&*";
  return absl::StrJoin(
      permissions.channels(), " ",
      [](std::string* out, const std::string& pattern) { out->append("&").append(pattern); });
}

std::string DescribeDatabases(const Permissions& permissions) {
  if (permissions.all_databases()) return "alldbs";
  if (permissions.databases().empty()) return "resetdbs";
  return absl::StrCat("db=", absl::StrJoin(permissions.databases(), ","));
}

std::vector<std::string_view> FlagsOf(const User& user) {
  std::vector<std::string_view> flags = {user.enabled ? "on" : "off"};
  if (user.any_password) flags.emplace_back("nopass");
  flags.emplace_back(user.sanitizes_payloads ? "sanitize-payload" : "skip-sanitize-payload");
  return flags;
}

std::string DescribeRules(const User& user) {
  std::string text;
  for (const std::string_view flag : FlagsOf(user)) text.append(flag).append(" ");
  for (const std::string& digest : user.passwords) absl::StrAppend(&text, "#", digest, " ");
  text += DescribePermissions(user.root);
  for (const Permissions& selector : user.selectors) {
    absl::StrAppend(&text, " (", DescribePermissions(selector), ")");
  }
  return text;
}

std::string DescribeUser(const User& user) {
  return absl::StrCat("user ", user.name, " ", DescribeRules(user));
}

}  // namespace kv
