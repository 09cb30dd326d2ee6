#include "kv/command/user_rules.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "kv/base/absl_text.h"
#include "kv/base/numbers.h"
#include "kv/base/sha256.h"
#include "kv/base/text.h"
#include "kv/command/categories.h"

namespace kv {
namespace {

// The reasons for which a rule is refused, in the words clients of Redis know.
constexpr const char* kSyntax = "Syntax error";
constexpr const char* kUnknownCommand = "Unknown command or category name in ACL";
constexpr const char* kFirstArgumentOfSubcommand =
    "Allowing first-arg of a subcommand is not supported";
constexpr const char* kAllKeysAlready =
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have "
    "any effect. Try 'resetkeys' to start with an empty list of patterns";
constexpr const char* kAllChannelsAlready =
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not "
    "have any effect. Try 'resetchannels' to start with an empty list of channels";
constexpr const char* kNoSuchPassword =
    "The password you are trying to remove from the user does not exist";
constexpr const char* kNotADigest =
    "The password hash must be exactly 64 characters and contain only lowercase hexadecimal "
    "characters";
constexpr const char* kNotADatabase = "The provided database ID is out of range";

constexpr std::string_view kDatabasePrefix = "db=";

absl::Status Refuse(const char* reason) {
  return absl::InvalidArgumentError(reason);
}

bool HasBlanks(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isspace(static_cast<unsigned char>(c)) || c == '\0';
  });
}

bool IsDigest(std::string_view text) {
  return text.size() == kSha256HexDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

absl::Status AddPassword(std::string digest, User* user) {
  user->any_password = false;
  std::vector<std::string>& digests = user->passwords;
  if (std::find(digests.begin(), digests.end(), digest) == digests.end()) {
    digests.push_back(std::move(digest));
  }
  return absl::OkStatus();
}

absl::Status RemovePassword(std::string_view digest, User* user) {
  return std::erase(user->passwords, digest) > 0 ? absl::OkStatus() : Refuse(kNoSuchPassword);
}

// The rules about passwords that carry one behind their first character; nothing for others.
std::optional<absl::Status> ApplyToPasswords(std::string_view rule, User* user) {
  if (rule.empty()) return std::nullopt;
  const std::string_view text = rule.substr(1);
  switch (rule[0]) {
    case '>':
      return AddPassword(Sha256Hex(text), user);
    case '<':
      return RemovePassword(Sha256Hex(text), user);
    case '#':
      return IsDigest(text) ? AddPassword(std::string(text), user) : Refuse(kNotADigest);
    case '!':
      return IsDigest(text) ? RemovePassword(text, user) : Refuse(kNotADigest);
    default:
      return std::nullopt;
  }
}

// "~pattern" and "%RW~pattern".
absl::Status AllowKeys(std::string_view rule, Permissions* permissions) {
  if (permissions->all_keys()) return Refuse(kAllKeysAlready);
  uint8_t access = 0;
  if (rule[0] == '%') {
    rule.remove_prefix(1);
    for (; !rule.empty() && rule[0] != '~'; rule.remove_prefix(1)) {
      const char letter = UpperCase(rule[0]);
      if (letter != 'R' && letter != 'W') return Refuse(kSyntax);
      access |= letter == 'R' ? Permissions::kReadKeys : Permissions::kWriteKeys;
    }
    if (rule.empty() || access == 0) return Refuse(kSyntax);
  } else {
    access = Permissions::kReadKeys | Permissions::kWriteKeys;
  }
  if (HasBlanks(rule)) return Refuse(kSyntax);
  permissions->AllowKeys(access, rule.substr(1));
  return absl::OkStatus();
}

absl::Status AllowChannels(std::string_view pattern, Permissions* permissions) {
  if (permissions->all_channels()) return Refuse(kAllChannelsAlready);
  if (HasBlanks(pattern)) return Refuse(kSyntax);
  permissions->AllowChannels(pattern);
  return absl::OkStatus();
}

absl::Status AllowDatabases(std::string_view list, Permissions* permissions) {
  std::vector<int64_t> databases;
  for (const absl::string_view text : absl::StrSplit(Absl(list), ',')) {
    const std::optional<int64_t> number = ParseInt64({text.data(), text.size()});
    if (!number) return Refuse(kSyntax);
    if (*number < 0 || *number > std::numeric_limits<int32_t>::max()) return Refuse(kNotADatabase);
    databases.push_back(*number);
  }
  std::sort(databases.begin(), databases.end());
  databases.erase(std::unique(databases.begin(), databases.end()), databases.end());
  permissions->AllowDatabases(std::move(databases));
  return absl::OkStatus();
}

// The rules about permissions that are a word; false for others.
bool ApplyWord(std::string_view rule, Permissions* permissions) {
  const auto is = [rule](std::string_view word) { return EqualsIgnoreCase(rule, word); };
  if (is("allcommands") || is("+@all")) {
    permissions->SetAllCommands(true);
  } else if (is("nocommands") || is("-@all")) {
    permissions->SetAllCommands(false);
  } else if (is("allkeys") || is("~*")) {
    permissions->AllowAllKeys();
  } else if (is("resetkeys")) {
    permissions->ResetKeys();
  } else if (is("allchannels") || is("&*")) {
    permissions->AllowAllChannels();
  } else if (is("resetchannels")) {
    permissions->ResetChannels();
  } else if (is("alldbs")) {
    permissions->AllowAllDatabases();
  } else if (is("resetdbs")) {
    permissions->AllowDatabases({});
  } else {
    return false;
  }
  return true;
}

}  // namespace

User UserRules::MakeUser(std::string_view name) const {
  User user(name);
  user.root = MakePermissions();
  return user;
}

User UserRules::MakeOmnipotentUser(std::string_view name) const {
  User user(name);
  user.enabled = true;
  user.any_password = true;
  user.root.SetAllCommands(true);
  user.root.AllowAllKeys();
  user.root.AllowAllChannels();
  return user;
}

Permissions UserRules::MakePermissions() const {
  Permissions permissions;
  if (grants_channels_) permissions.AllowAllChannels();
  return permissions;
}

void UserRules::Reset(User* user) const {
  *user = MakeUser(std::string(user->name));
}

absl::Status UserRules::Apply(std::string_view rule, User* user) const {
  const auto is = [rule](std::string_view word) { return EqualsIgnoreCase(rule, word); };
  if (is("on") || is("off")) {
    user->enabled = is("on");
  } else if (is("nopass") || is("resetpass")) {
    user->any_password = is("nopass");
    user->passwords.clear();
  } else if (is("sanitize-payload") || is("skip-sanitize-payload")) {
    user->sanitizes_payloads = is("sanitize-payload");
  } else if (is("clearselectors")) {
    user->selectors.clear();
  } else if (is("reset")) {
    Reset(user);
  } else if (rule.starts_with('(')) {
    return AddSelector(rule, user);
  } else if (std::optional<absl::Status> status = ApplyToPasswords(rule, user)) {
    return *status;
  } else if (!rule.empty()) {
    return ApplyToPermissions(rule, &user->root);
  }
  return absl::OkStatus();
}

absl::Status UserRules::AddSelector(std::string_view rules, User* user) const {
  if (rules.size() < 2 || !rules.ends_with(')')) return Refuse(kSyntax);
  Permissions selector = MakePermissions();
  const std::vector<absl::string_view> words = absl::StrSplit(
      Absl(rules.substr(1, rules.size() - 2)), absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  for (const absl::string_view word : words) {
    absl::Status status = ApplyToPermissions({word.data(), word.size()}, &selector);
    if (!status.ok()) return status;
  }
  user->selectors.push_back(std::move(selector));
  return absl::OkStatus();
}

absl::Status UserRules::ApplyToPermissions(std::string_view rule, Permissions* permissions) const {
  if (ApplyWord(rule, permissions)) return absl::OkStatus();
  switch (rule[0]) {
    case '~':
    case '%':
      return AllowKeys(rule, permissions);
    case '&':
      return AllowChannels(rule.substr(1), permissions);
    case '+':
    case '-':
      return ApplyToCommand(rule[0] == '+', rule.substr(1), permissions);
    default:
      break;
  }
  if (EqualsIgnoreCase(rule.substr(0, kDatabasePrefix.size()), kDatabasePrefix)) {
    return AllowDatabases(rule.substr(kDatabasePrefix.size()), permissions);
  }
  return Refuse(kSyntax);
}

absl::Status UserRules::ApplyToCommand(bool allowed, std::string_view name,
                                       Permissions* permissions) const {
  if (name.starts_with('@')) {
    const uint32_t category = FindCategory(name.substr(1));
    if (category == 0) return Refuse(kUnknownCommand);
    permissions->SetCategory(table_, category, allowed);
    return absl::OkStatus();
  }
  if (const Command* const command = table_.FindSpecified(name)) {
    permissions->SetCommand(*command, allowed);
    return absl::OkStatus();
  }
  return ApplyToPart(allowed, name, permissions);
}

// "select|0": a first argument of a command that has no subcommands.
absl::Status UserRules::ApplyToPart(bool allowed, std::string_view name,
                                    Permissions* permissions) const {
  const size_t bar = name.find('|');
  if (bar == std::string_view::npos) return Refuse(kUnknownCommand);
  const std::string_view argument = name.substr(bar + 1);
  const size_t second_bar = argument.find('|');
  const Command* const command = table_.FindSpecified(name.substr(0, bar));
  if (command == nullptr) return Refuse(kUnknownCommand);
  if (!command->subcommands.empty()) {
    const bool is_subcommand = second_bar != std::string_view::npos &&
                               command->FindSubcommand(argument.substr(0, second_bar)) != nullptr;
    return Refuse(is_subcommand ? kFirstArgumentOfSubcommand : kUnknownCommand);
  }
  if (!allowed || second_bar != std::string_view::npos) return Refuse(kUnknownCommand);
  if (argument.empty()) return Refuse(kSyntax);
  permissions->AllowFirstArgument(*command, argument);
  return absl::OkStatus();
}

bool JoinSelectors(std::span<const std::string_view> words, std::vector<std::string>* rules,
                   std::string* unmatched) {
  bool open = false;
  for (const std::string_view word : words) {
    if (open) {
      rules->back().append(" ").append(word);
    } else {
      rules->emplace_back(word);
      open = word.starts_with('(');
      if (open) *unmatched = word;
    }
    if (word.ends_with(')')) open = false;
  }
  return !open;
}

bool IsUserName(std::string_view name) {
  return !HasBlanks(name);
}

}  // namespace kv
