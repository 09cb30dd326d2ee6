#include "kv/command/acl_commands.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"
#include "kv/base/numbers.h"
#include "kv/base/random.h"
#include "kv/command/acl.h"
#include "kv/command/categories.h"
#include "kv/command/help.h"
#include "kv/command/user_description.h"

namespace kv {
namespace {

constexpr const char* kNoFile =
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users "
    "via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis "
    "configuration file set) in order to store users in the Redis configuration.";

Acl& AclOf(const Context& context) {
  return context.Owner<Acl>();
}

void Fail(Context& context, const absl::Status& status) {
  context.Fail(absl::StrCat("ERR ", status.message()));
}

void ReplyPermissions(resp::ReplyWriter& reply, const Permissions& permissions) {
  reply.Bulk("commands");
  reply.Bulk(DescribeCommands(permissions));
  reply.Bulk("keys");
  reply.Bulk(DescribeKeys(permissions));
  reply.Bulk("channels");
  reply.Bulk(DescribeChannels(permissions));
  reply.Bulk("databases");
  reply.Bulk(DescribeDatabases(permissions));
}

void ReplyUser(resp::ReplyWriter& reply, const User& user) {
  constexpr size_t kFieldsOfPermissions = 4;
  reply.Map(3 + kFieldsOfPermissions);
  reply.Bulk("flags");
  const std::vector<std::string_view> flags = FlagsOf(user);
  reply.Set(flags.size());
  for (const std::string_view flag : flags) reply.Bulk(flag);
  reply.Bulk("passwords");
  reply.Array(user.passwords.size());
  for (const std::string& digest : user.passwords) reply.Bulk(digest);
  ReplyPermissions(reply, user.root);
  reply.Bulk("selectors");
  reply.Array(user.selectors.size());
  for (const Permissions& selector : user.selectors) {
    reply.Map(kFieldsOfPermissions);
    ReplyPermissions(reply, selector);
  }
}

void ReplyLogEntry(resp::ReplyWriter& reply, const AclLogEntry& entry, int64_t now) {
  constexpr double kMillisPerSecond = 1000;
  reply.Map(10);
  reply.Bulk("count");
  reply.Integer(static_cast<int64_t>(entry.count));
  reply.Bulk("reason");
  reply.Bulk(entry.reason);
  reply.Bulk("context");
  reply.Bulk(entry.context);
  reply.Bulk("object");
  reply.Bulk(entry.object);
  reply.Bulk("username");
  reply.Bulk(entry.user);
  reply.Bulk("age-seconds");
  reply.Double(static_cast<double>(now - entry.last_update) / kMillisPerSecond);
  reply.Bulk("client-info");
  reply.Bulk(entry.client);
  reply.Bulk("entry-id");
  reply.Integer(static_cast<int64_t>(entry.id));
  reply.Bulk("timestamp-created");
  reply.Integer(entry.created);
  reply.Bulk("timestamp-last-updated");
  reply.Integer(entry.last_update);
}

// How many entries of the log are asked for; nothing after an error reply.
std::optional<size_t> ParseCount(Context& context) {
  constexpr size_t kDefaultCount = 10;
  if (context.args.size() == 2) return kDefaultCount;
  int64_t count;
  if (!context.ParseInteger(2, &count)) return std::nullopt;
  return static_cast<size_t>(std::max<int64_t>(count, 0));
}

}  // namespace

void AclWhoamiCommand(Context& context) {
  context.reply.Bulk(context.client.user->name);
}

void AclUsersCommand(Context& context) {
  const Acl& acl = AclOf(context);
  context.reply.Array(acl.size());
  acl.ForEach([&](const User& user) { context.reply.Bulk(user.name); });
}

void AclListCommand(Context& context) {
  const Acl& acl = AclOf(context);
  context.reply.Array(acl.size());
  acl.ForEach([&](const User& user) { context.reply.Bulk(DescribeUser(user)); });
}

void AclGetuserCommand(Context& context) {
  const User* const user = AclOf(context).Find(context.args[2]);
  if (user == nullptr) return context.reply.NullBulk();
  ReplyUser(context.reply, *user);
}

void AclSetuserCommand(Context& context) {
  const absl::Status status = AclOf(context).Set(context.args[2], context.args.subspan(3));
  if (!status.ok()) return Fail(context, status);
  context.reply.Ok();
}

void AclDeluserCommand(Context& context) {
  const ArgSpan names = context.args.subspan(2);
  if (std::find(names.begin(), names.end(), kDefaultUser) != names.end()) {
    return context.Fail("ERR The 'default' user cannot be removed");
  }
  int64_t deleted = 0;
  for (const std::string_view name : names) deleted += AclOf(context).Delete(name) ? 1 : 0;
  context.reply.Integer(deleted);
}

void AclCatCommand(Context& context) {
  if (context.args.size() > 3) return FailSubcommandArity(context);
  if (context.args.size() == 2) {
    context.reply.Array(std::size(kCategoryNames));
    for (const NamedBit& category : kCategoryNames) context.reply.Bulk(category.name);
    return;
  }
  const uint32_t category = FindCategory(context.args[2]);
  if (category == 0) {
    return context.Fail(absl::StrCat("ERR Unknown category '", Absl(context.args[2]), "'"));
  }
  std::vector<std::string_view> names;
  AclOf(context).table().ForEach([&](const Command& command) {
    if ((CategoriesOf(*command.spec) & category) != 0) names.push_back(command.full_name);
  });
  context.reply.Array(names.size());
  for (const std::string_view name : names) context.reply.Bulk(name);
}

void AclGenpassCommand(Context& context) {
  constexpr int64_t kDefaultBits = 256;
  constexpr int64_t kMaxBits = 4096;
  constexpr int64_t kBitsPerDigit = 4;
  if (context.args.size() > 3) return FailSubcommandArity(context);
  int64_t bits = kDefaultBits;
  if (context.args.size() == 3 && !context.ParseInteger(2, &bits)) return;
  if (bits <= 0 || bits > kMaxBits) {
    return context.Fail(
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive "
        "number up to 4096");
  }
  std::string password(static_cast<size_t>((bits + kBitsPerDigit - 1) / kBitsPerDigit), '\0');
  FillFromSystem(password);
  for (char& c : password) c = "0123456789abcdef"[static_cast<unsigned char>(c) % 16];
  context.reply.Bulk(password);
}

void AclLogCommand(Context& context) {
  Acl& acl = AclOf(context);
  if (context.args.size() > 3) return FailSubcommandArity(context);
  if (context.args.size() == 3 && EqualsIgnoreCase(context.args[2], "reset")) {
    acl.log().Reset();
    return context.reply.Ok();
  }
  const std::optional<size_t> count = ParseCount(context);
  if (!count) return;
  const std::deque<AclLogEntry>& entries = acl.log().entries();
  const size_t shown = std::min(*count, entries.size());
  context.reply.Array(shown);
  for (size_t i = 0; i < shown; ++i) ReplyLogEntry(context.reply, entries[i], acl.now());
}

void AclDryrunCommand(Context& context) {
  const Acl& acl = AclOf(context);
  const User* const user = acl.Find(context.args[2]);
  if (user == nullptr) {
    return context.Fail(absl::StrCat("ERR User '", Absl(context.args[2]), "' not found"));
  }
  const ArgSpan args = context.args.subspan(3);
  const Command* const command = AclOf(context).table().Resolve(args);
  if (command == nullptr || (command->spec->handler == nullptr && args.size() > 1)) {
    return context.Fail(absl::StrCat("ERR Command '", Absl(args[0]), "' not found"));
  }
  if (command->spec->handler == nullptr || !command->spec->AcceptsArguments(args.size())) {
    return context.Fail(
        absl::StrCat("ERR wrong number of arguments for '", command->full_name, "' command"));
  }
  const std::optional<Denial> denial = acl.Check(*user, *command, args, context.client.database);
  if (!denial) return context.reply.Ok();
  context.reply.Bulk(Acl::Explain(*user, *denial, *command, args));
}

void AclLoadCommand(Context& context) {
  Acl& acl = AclOf(context);
  if (!acl.has_file()) return context.Fail(kNoFile);
  const absl::Status status = acl.Load();
  if (!status.ok()) return Fail(context, status);
  context.reply.Ok();
}

void AclSaveCommand(Context& context) {
  Acl& acl = AclOf(context);
  if (!acl.has_file()) return context.Fail(kNoFile);
  const absl::Status status = acl.Save();
  if (!status.ok()) {
    return context.Fail(
        absl::StrCat("ERR There was an error trying to save the ACLs: ", status.message()));
  }
  context.reply.Ok();
}

void AclHelpCommand(Context& context) {
  ReplyHelp(context);
}

}  // namespace kv
