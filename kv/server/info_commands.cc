// INFO and CONFIG.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/command/help.h"
#include "kv/server/info.h"
#include "kv/server/server_commands.h"

namespace kv {
namespace {

bool MaySetProtected(const Parts& parts, const Client& client) {
  switch (parts.options.enable_protected_configs) {
    case Permission::kNobody:
      return false;
    case Permission::kLocalClients:
      return client.Is(kClientTrusted);
    case Permission::kEverybody:
      break;
  }
  return true;
}

}  // namespace

void InfoCommand(Context& context) {
  const std::string text = BuildInfo(context.Owner<Parts>(), context.args.subspan(1));
  context.reply.Verbatim("txt", text);
}

void ConfigGetCommand(Context& context) {
  const ArgSpan names = context.args.subspan(2);
  const Config::Settings settings =
      context.Owner<Parts>().config.Get(std::vector<std::string>(names.begin(), names.end()));
  context.reply.Map(settings.size());
  for (const auto& [name, value] : settings) {
    context.reply.Bulk(name);
    context.reply.Bulk(value);
  }
}

void ConfigSetCommand(Context& context) {
  Parts& parts = context.Owner<Parts>();
  if (context.args.size() % 2 != 0) {
    return context.Fail(kSyntaxError);
  }
  Config::Settings settings;
  for (size_t i = 2; i < context.args.size(); i += 2) {
    settings.emplace_back(context.args[i], context.args[i + 1]);
  }
  const absl::Status status =
      parts.config.SetMany(settings, MaySetProtected(parts, context.client));
  if (!status.ok()) {
    return context.Fail(absl::StrCat("ERR ", std::string(status.message())));
  }
  context.reply.Ok();
}

bool IsSecretOfConfigSet(const Command& command, ArgSpan args, size_t index) {
  if (index < 3 || index % 2 == 0) return false;
  const Config& config = static_cast<const Parts*>(command.owner)->config;
  const Directive* const directive = config.Find(args[index - 1]);
  return directive != nullptr && directive->Is(kSensitive);
}

void ConfigResetstatCommand(Context& context) {
  Parts& parts = context.Owner<Parts>();
  parts.dispatcher.ResetStatistics();
  parts.acl.ResetStatistics();
  parts.connections.ResetStats();
  parts.store.ResetStats();
  parts.scripting.functions().ResetStats();
  parts.scripting.scripts().ResetStats();
  parts.compaction.ResetStats();
  parts.ticks.Reset();
  parts.stats.forks = parts.stats.last_fork_micros = 0;
  parts.stats.commands.Reset();
  parts.stats.ticks.Reset();
  parts.stats.busy_micros.Reset();
  parts.stats.input_bytes.Reset();
  parts.stats.output_bytes.Reset();
  context.reply.Ok();
}

void RewriteConfig(Context& context, RewriteScope scope) {
  Parts& parts = context.Owner<Parts>();
  if (parts.config.file().empty()) {
    return context.Fail("ERR The server is running without a config file");
  }
  const absl::Status status = parts.control.RewriteConfig(scope);
  if (!status.ok()) {
    return context.Fail(absl::StrCat("ERR Rewriting config file: ", std::string(status.message())));
  }
  context.reply.Ok();
}

void ConfigRewriteCommand(Context& context) {
  RewriteConfig(context, RewriteScope::kChanged);
}

void ConfigHelpCommand(Context& context) {
  ReplyHelp(context);
}

}  // namespace kv
