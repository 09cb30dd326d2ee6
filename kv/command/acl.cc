#include "kv/command/acl.h"

#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"
#include "kv/command/user_description.h"

namespace kv {
namespace {

std::string_view NameOf(Denial::Reason reason) {
  switch (reason) {
    case Denial::Reason::kDatabase:
      return "database";
    case Denial::Reason::kCommand:
      return "command";
    case Denial::Reason::kKey:
      return "key";
    case Denial::Reason::kChannel:
      return "channel";
  }
  return {};
}

std::string_view NameOf(AclContext context) {
  switch (context) {
    case AclContext::kTopLevel:
      return "toplevel";
    case AclContext::kTransaction:
      return "multi";
    case AclContext::kScript:
      return "lua";
  }
  return {};
}

// What was refused.
std::string ObjectOf(const Denial& denial, const Command& command, ArgSpan args) {
  switch (denial.reason) {
    case Denial::Reason::kDatabase:
      return absl::StrCat(denial.database);
    case Denial::Reason::kCommand:
      return command.full_name;
    default:
      return std::string(args[denial.argument]);
  }
}

std::string RefusalOfCommand(const User& user, const Command& command) {
  return absl::StrCat("User ", user.name, " has no permissions to run the '", command.full_name,
                      "' command");
}

// What the client is told, who has to be shown no names of keys that it did not send itself.
std::string RefusalOf(const User& user, const Denial& denial, const Command& command) {
  switch (denial.reason) {
    case Denial::Reason::kDatabase:
      return "No permissions to access database";
    case Denial::Reason::kCommand:
      return RefusalOfCommand(user, command);
    case Denial::Reason::kKey:
      return "No permissions to access a key";
    case Denial::Reason::kChannel:
      return "No permissions to access a channel";
  }
  return {};
}

}  // namespace

Acl::Acl(CommandTable& table, const AclOptions& options, const int64_t& databases,
         const Clock& clock, AclHost& host)
    : table_(table),
      options_(options),
      databases_(databases),
      clock_(clock),
      host_(host),
      rules_(table, options.grants_channels),
      default_user_(std::make_shared<User>(rules_.MakeOmnipotentUser(kDefaultUser))) {
  users_.emplace(kDefaultUser, default_user_);
}

// --- users ---

const User* Acl::Find(std::string_view name) const {
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : found->second.get();
}

absl::Status Acl::Set(std::string_view name, std::span<const std::string_view> rules) {
  if (!IsUserName(name)) {
    return absl::InvalidArgumentError("Usernames can't contain spaces or null characters");
  }
  std::vector<std::string> joined;
  std::string unmatched;
  if (!JoinSelectors(rules, &joined, &unmatched)) {
    return absl::InvalidArgumentError(
        absl::StrCat("Unmatched parenthesis in acl selector starting at '", unmatched, "'."));
  }
  const User* const present = Find(name);
  User next = present == nullptr ? rules_.MakeUser(name) : *present;
  for (const std::string& rule : joined) {
    if (absl::Status status = rules_.Apply(rule, &next); !status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("Error in ACL SETUSER modifier '", rule, "': ", status.message()));
    }
  }
  Put(std::move(next));
  return absl::OkStatus();
}

void Acl::Put(User user) {
  const auto found = users_.find(user.name);
  if (found != users_.end()) return Update(found->second, std::move(user));
  std::string name = user.name;
  users_.emplace(std::move(name), std::make_shared<User>(std::move(user)));
}

void Acl::Update(const std::shared_ptr<User>& user, User next) {
  *user = std::move(next);
  std::vector<Client*> lost;
  ForEachClientOf(*user, [&](Client& client) {
    client.SetGate(kGateAcl, !user->IsUnrestricted());
    if (user == default_user_ && admits_strangers()) client.SetGate(kGateAuthentication, false);
    if (!MayKeepSubscriptions(client)) lost.push_back(&client);
  });
  for (Client* const client : lost) host_.Close(*client);
}

bool Acl::MayKeepSubscriptions(Client& client) {
  bool may = true;
  host_.ForEachSubscription(client, [&](std::string_view channel, bool is_pattern) {
    may = may && client.user->AllowsChannel(channel, is_pattern);
  });
  return may;
}

void Acl::ForEachClientOf(const User& user, absl::FunctionRef<void(Client&)> act) {
  host_.ForEachClient([&](Client& client) {
    if (client.user.get() == &user) act(client);
  });
}

bool Acl::Delete(std::string_view name) {
  const auto found = users_.find(name);
  if (found == users_.end()) return false;
  std::vector<Client*> lost;
  ForEachClientOf(*found->second, [&](Client& client) { lost.push_back(&client); });
  for (Client* const client : lost) host_.Close(*client);
  users_.erase(found);
  return true;
}

void Acl::SetDefaultPassword(std::string_view password) {
  User next = *default_user_;
  next.passwords.clear();
  next.any_password = password.empty();
  const absl::Status status =
      password.empty() ? absl::OkStatus() : rules_.Apply(absl::StrCat(">", Absl(password)), &next);
  assert(status.ok());
  status.IgnoreError();
  Update(default_user_, std::move(next));
}

bool Acl::is_initial() const {
  return size() == 1 &&
         DescribeRules(*default_user_) == DescribeRules(rules_.MakeOmnipotentUser(kDefaultUser));
}

absl::Status Acl::Add(std::string_view text, std::string_view file_name) {
  absl::StatusOr<UsersByName> users = ParseUserFile(text, file_name, rules_);
  if (!users.ok()) return users.status();
  for (auto& [name, user] : *users) Put(std::move(user));
  return absl::OkStatus();
}

absl::Status Acl::Replace(std::string_view text, std::string_view file_name) {
  absl::StatusOr<UsersByName> users = ParseUserFile(text, file_name, rules_);
  if (!users.ok()) return users.status();
  if (!users->contains(kDefaultUser)) {
    users->emplace(kDefaultUser, rules_.MakeOmnipotentUser(kDefaultUser));
  }
  std::vector<std::string> gone;
  for (const auto& [name, user] : users_) {
    if (!users->contains(name)) gone.push_back(name);
  }
  for (const std::string& name : gone) Delete(name);
  for (auto& [name, user] : *users) Put(std::move(user));
  return absl::OkStatus();
}

absl::Status Acl::Load() {
  const absl::StatusOr<std::string> text = host_.ReadFile(options_.file);
  if (!text.ok()) {
    return absl::Status(text.status().code(),
                        absl::StrCat("Error loading ACLs, opening file '", options_.file,
                                     "': ", text.status().message()));
  }
  return Replace(*text, options_.file);
}

absl::Status Acl::Save() {
  return host_.WriteFile(options_.file, Text());
}

std::string Acl::Text() const {
  std::string text;
  ForEach([&](const User& user) { absl::StrAppend(&text, DescribeUser(user), "\n"); });
  return text;
}

// --- clients ---

void Acl::Assign(Client& client, const std::shared_ptr<const User>& user) const {
  client.user = user;
  client.SetGate(kGateAcl, !user->IsUnrestricted());
}

void Acl::Greet(Client& client) const {
  Assign(client, default_user_);
  client.SetGate(kGateAuthentication, !admits_strangers());
}

bool Acl::Authenticate(Client& client, std::string_view name, std::string_view password,
                       std::string_view command) {
  const auto found = users_.find(name);
  if (found != users_.end() && found->second->Accepts(password)) {
    Assign(client, found->second);
    client.SetGate(kGateAuthentication, false);
    return true;
  }
  ++statistics_.denied_authentications;
  const AclContext context =
      client.transaction() == nullptr ? AclContext::kTopLevel : AclContext::kTransaction;
  log_.Add({.reason = "auth",
            .context = NameOf(context),
            .object = std::string(command),
            .user = std::string(name),
            .client = host_.Describe(client)},
           now(), static_cast<size_t>(options_.log_max_length));
  return false;
}

// --- checks ---

std::optional<Denial> Acl::Check(const User& user, const Command& command, ArgSpan args,
                                 int database) const {
  CheckedCall call = MakeCall(command, args, database);
  return user.Check(call);
}

std::string Acl::Refuse(const Client& client, const Command& command, ArgSpan args, int database,
                        AclContext context) {
  const std::optional<Denial> denial = Check(*client.user, command, args, database);
  if (!denial) return {};
  CountDenial(*denial);
  log_.Add({.reason = NameOf(denial->reason),
            .context = NameOf(context),
            .object = ObjectOf(*denial, command, args),
            .user = client.user->name,
            .client = host_.Describe(client)},
           now(), static_cast<size_t>(options_.log_max_length));
  return RefusalOf(*client.user, *denial, command);
}

std::string Acl::Explain(const User& user, const Denial& denial, const Command& command,
                         ArgSpan args) {
  if (denial.reason == Denial::Reason::kCommand) return RefusalOfCommand(user, command);
  const std::string object = ObjectOf(denial, command, args);
  const std::string start = absl::StrCat("User ", user.name, " has no permissions to access ");
  if (denial.reason == Denial::Reason::kDatabase) return absl::StrCat(start, "database ", object);
  return absl::StrCat(start, "the '", object, "' ", Absl(NameOf(denial.reason)));
}

void Acl::CountDenial(const Denial& denial) {
  switch (denial.reason) {
    case Denial::Reason::kDatabase:
      ++statistics_.denied_databases;
      break;
    case Denial::Reason::kCommand:
      ++statistics_.denied_commands;
      break;
    case Denial::Reason::kKey:
      ++statistics_.denied_keys;
      break;
    case Denial::Reason::kChannel:
      ++statistics_.denied_channels;
      break;
  }
}

}  // namespace kv
