// COMMAND: what is known of the commands, from their table.
#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "kv/base/glob.h"
#include "kv/command/categories.h"
#include "kv/command/help.h"
#include "kv/command/keys_of.h"
#include "kv/server/parts.h"
#include "kv/server/server_commands.h"

namespace kv {
namespace {

constexpr NamedBit kFlagNames[] = {
    {kWrite, "write"},
    {kReadonly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubsub, "pubsub"},
    {kNoScript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowlog, "skip_slowlog"},
    {kAsking, "asking"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMandatoryKeys, "no_mandatory_keys"},
    {kMovableKeys, "movablekeys"},
    {kNoMulti, "no_multi"},
    {kNoAsyncLoading, "no_async_loading"},
    {kAllowBusy, "allow_busy"},
    {kMayReplicate, "may_replicate"},
};

constexpr NamedBit kKeyFlagNames[] = {
    {kKeyRO, "RO"},
    {kKeyRW, "RW"},
    {kKeyOW, "OW"},
    {kKeyRM, "RM"},
    {kKeyAccess, "access"},
    {kKeyUpdate, "update"},
    {kKeyInsert, "insert"},
    {kKeyDelete, "delete"},
    {kKeyNotKey, "not_key"},
    {kKeyIncomplete, "incomplete"},
    {kKeyVariableFlags, "variable_flags"},
};

constexpr std::string_view kGroupNames[] = {
    "generic", "string",       "list",       "set",    "sorted-set", "hash",
    "pubsub",  "transactions", "connection", "server", "scripting",  "hyperloglog",
    "cluster", "sentinel",     "geo",        "stream", "bitmap",
};

constexpr std::string_view kArgumentTypeNames[] = {
    "string", "integer", "double", "key", "pattern", "unix-time", "pure-token", "oneof", "block",
};

void ReplyBits(resp::ReplyWriter& reply, uint64_t bits, std::span<const NamedBit> names,
               std::string_view prefix = "") {
  reply.Set(static_cast<size_t>(std::count_if(
      names.begin(), names.end(), [&](const NamedBit& named) { return (bits & named.bit) != 0; })));
  for (const NamedBit& named : names) {
    if ((bits & named.bit) != 0) {
      reply.SimpleString(absl::StrCat(std::string(prefix), std::string(named.name)));
    }
  }
}

// The positions that COMMAND INFO reports beside the key specifications: first, last, step.
struct LegacyRange {
  int first = 0;
  int last = 0;
  int step = 0;
};

LegacyRange LegacyRangeOf(const CommandSpec& spec) {
  LegacyRange range;
  for (const KeySpec& key : spec.keys) {
    if (key.begin != KeySpec::Begin::kIndex || key.find != KeySpec::Find::kRange) continue;
    const int last = key.last >= 0 ? key.index + key.last : key.last;
    if (range.first == 0) {
      range = {key.index, last, key.step};
    } else if (range.last >= 0 && last > range.last) {
      range.last = last;
    }
  }
  return range;
}

void ReplyUnknown(resp::ReplyWriter& reply) {
  reply.Bulk("unknown");
  reply.Bulk("spec");
  reply.Map(0);
}

void ReplyKeySpec(resp::ReplyWriter& reply, const KeySpec& spec) {
  reply.Map(3);
  reply.Bulk("flags");
  ReplyBits(reply, spec.flags, kKeyFlagNames);

  reply.Bulk("begin_search");
  reply.Map(2);
  reply.Bulk("type");
  if (spec.begin == KeySpec::Begin::kIndex) {
    reply.Bulk("index");
    reply.Bulk("spec");
    reply.Map(1);
    reply.Bulk("index");
    reply.Integer(spec.index);
  } else if (spec.begin == KeySpec::Begin::kUnknown) {
    ReplyUnknown(reply);
  } else {
    reply.Bulk("keyword");
    reply.Bulk("spec");
    reply.Map(2);
    reply.Bulk("keyword");
    reply.Bulk(spec.keyword);
    reply.Bulk("startfrom");
    reply.Integer(spec.index);
  }

  reply.Bulk("find_keys");
  reply.Map(2);
  reply.Bulk("type");
  if (spec.find == KeySpec::Find::kUnknown) return ReplyUnknown(reply);
  const bool range = spec.find == KeySpec::Find::kRange;
  reply.Bulk(range ? "range" : "keynum");
  reply.Bulk("spec");
  reply.Map(3);
  reply.Bulk(range ? "lastkey" : "keynumidx");
  reply.Integer(range ? spec.last : spec.count_index);
  reply.Bulk(range ? "keystep" : "firstkey");
  reply.Integer(range ? spec.step : spec.first_key);
  reply.Bulk(range ? "limit" : "keystep");
  reply.Integer(range ? spec.limit : spec.step);
}

void ReplyInfo(resp::ReplyWriter& reply, const Command& command) {
  const CommandSpec& spec = *command.spec;
  const LegacyRange range = LegacyRangeOf(spec);
  reply.Array(10);
  reply.Bulk(command.full_name);
  reply.Integer(spec.arity);
  ReplyBits(reply, spec.flags, kFlagNames);
  reply.Integer(range.first);
  reply.Integer(range.last);
  reply.Integer(range.step);
  ReplyBits(reply, CategoriesOf(spec), kCategoryNames, "@");
  reply.Set(spec.tips.size());
  for (const std::string_view tip : spec.tips) reply.Bulk(tip);
  reply.Set(spec.keys.size());
  for (const KeySpec& key : spec.keys) ReplyKeySpec(reply, key);
  reply.Set(command.subcommands.size());
  for (const Command* subcommand : command.subcommands) ReplyInfo(reply, *subcommand);
}

void ReplyArguments(resp::ReplyWriter& reply, std::span<const Argument> arguments) {
  reply.Array(arguments.size());
  for (const Argument& argument : arguments) {
    const bool nested = !argument.children.empty();
    const bool displayed = !nested;
    size_t fields = 2 + (displayed ? 1 : 0) + (argument.key_spec >= 0 ? 1 : 0) +
                    (argument.token.empty() ? 0 : 1) + (argument.flags != 0 ? 1 : 0) +
                    (nested ? 1 : 0);
    reply.Map(fields);
    reply.Bulk("name");
    reply.Bulk(argument.name);
    reply.Bulk("type");
    reply.Bulk(kArgumentTypeNames[static_cast<size_t>(argument.type)]);
    if (displayed) {
      reply.Bulk("display_text");
      reply.Bulk(argument.name);
    }
    if (argument.key_spec >= 0) {
      reply.Bulk("key_spec_index");
      reply.Integer(argument.key_spec);
    }
    if (!argument.token.empty()) {
      reply.Bulk("token");
      reply.Bulk(argument.token);
    }
    if (argument.flags != 0) {
      constexpr NamedBit kNames[] = {
          {kOptional, "optional"}, {kMultiple, "multiple"}, {kMultipleToken, "multiple_token"}};
      reply.Bulk("flags");
      ReplyBits(reply, argument.flags, kNames);
    }
    if (nested) {
      reply.Bulk("arguments");
      ReplyArguments(reply, argument.children);
    }
  }
}

void ReplyDocs(resp::ReplyWriter& reply, const Command& command) {
  const CommandSpec& spec = *command.spec;
  const bool deprecated = !spec.deprecated_since.empty();
  reply.Bulk(command.full_name);
  reply.Map(3 + (spec.complexity.empty() ? 0 : 1) + (deprecated ? 3 : 0) +
            (spec.history.empty() ? 0 : 1) + (spec.arguments.empty() ? 0 : 1) +
            (command.subcommands.empty() ? 0 : 1));
  reply.Bulk("summary");
  reply.Bulk(spec.summary);
  reply.Bulk("since");
  reply.Bulk(spec.since);
  reply.Bulk("group");
  reply.Bulk(kGroupNames[static_cast<size_t>(spec.group)]);
  if (!spec.complexity.empty()) {
    reply.Bulk("complexity");
    reply.Bulk(spec.complexity);
  }
  if (deprecated) {
    reply.Bulk("doc_flags");
    reply.Set(1);
    reply.SimpleString("deprecated");
    reply.Bulk("deprecated_since");
    reply.Bulk(spec.deprecated_since);
    reply.Bulk("replaced_by");
    reply.Bulk(spec.replaced_by);
  }
  if (!spec.history.empty()) {
    reply.Bulk("history");
    reply.Set(spec.history.size());
    for (const HistoryItem& item : spec.history) {
      reply.Array(2);
      reply.Bulk(item.since);
      reply.Bulk(item.change);
    }
  }
  if (!spec.arguments.empty()) {
    reply.Bulk("arguments");
    ReplyArguments(reply, spec.arguments);
  }
  if (!command.subcommands.empty()) {
    reply.Bulk("subcommands");
    reply.Map(command.subcommands.size());
    for (const Command* subcommand : command.subcommands) ReplyDocs(reply, *subcommand);
  }
}

void ReplyKeys(Context& context, bool with_flags) {
  const CommandTable& table = context.Owner<Parts>().table;
  const ArgSpan args = context.args.subspan(2);
  const Command* command = table.Resolve(args);
  if (command == nullptr) return context.Fail("ERR Invalid command specified");
  if (!command->spec->AcceptsArguments(args.size())) {
    return context.Fail("ERR Invalid number of arguments specified for command");
  }
  if (command->spec->keys.empty()) return context.Fail("ERR The command has no key arguments");
  std::vector<KeyPosition> keys;
  if (!FindKeys(*command->spec, args, &keys)) {
    if (!command->Is(kNoMandatoryKeys)) {
      return context.Fail("ERR Invalid arguments specified for command");
    }
    keys.clear();
  }
  context.reply.Array(keys.size());
  for (const KeyPosition& key : keys) {
    if (with_flags) context.reply.Array(2);
    context.reply.Bulk(args[key.index]);
    if (with_flags) ReplyBits(context.reply, key.flags, kKeyFlagNames);
  }
}

}  // namespace

void CommandCommand(Context& context) {
  const CommandTable& table = context.Owner<Parts>().table;
  context.reply.Array(table.commands().size());
  for (const Command* command : table.commands()) ReplyInfo(context.reply, *command);
}

void CommandCountCommand(Context& context) {
  context.reply.Integer(static_cast<int64_t>(context.Owner<Parts>().table.commands().size()));
}

void CommandInfoCommand(Context& context) {
  if (context.args.size() == 2) return CommandCommand(context);
  context.reply.Array(context.args.size() - 2);
  for (const std::string_view name : context.args.subspan(2)) {
    const Command* command = context.Owner<Parts>().table.FindFullName(name);
    if (command == nullptr) {
      context.reply.NullBulk();
    } else {
      ReplyInfo(context.reply, *command);
    }
  }
}

void CommandDocsCommand(Context& context) {
  const CommandTable& table = context.Owner<Parts>().table;
  std::vector<const Command*> commands;
  if (context.args.size() == 2) {
    commands.assign(table.commands().begin(), table.commands().end());
  } else {
    for (const std::string_view name : context.args.subspan(2)) {
      const Command* command = table.FindFullName(name);
      if (command != nullptr) commands.push_back(command);
    }
  }
  context.reply.Map(commands.size());
  for (const Command* command : commands) ReplyDocs(context.reply, *command);
}

void CommandListCommand(Context& context) {
  const CommandTable& table = context.Owner<Parts>().table;
  const ArgSpan args = context.args;
  const bool filtered = args.size() == 5 && EqualsIgnoreCase(args[2], "filterby");
  if (args.size() != 2 && !filtered) return context.Fail(kSyntaxError);
  std::vector<std::string_view> names;
  const auto add = [&](const Command& command) {
    if (filtered && EqualsIgnoreCase(args[3], "aclcat")) {
      if ((CategoriesOf(*command.spec) & FindCategory(args[4])) == 0) return;
    } else if (filtered && EqualsIgnoreCase(args[3], "pattern")) {
      if (!GlobMatch(args[4], command.full_name, GlobCase::kIgnored)) return;
    } else if (filtered) {
      return;  // no command comes from a module
    }
    names.push_back(command.full_name);
  };
  if (filtered && !EqualsIgnoreCase(args[3], "aclcat") && !EqualsIgnoreCase(args[3], "pattern") &&
      !EqualsIgnoreCase(args[3], "module")) {
    return context.Fail(kSyntaxError);
  }
  for (const Command* command : table.commands()) {
    add(*command);
    for (const Command* subcommand : command->subcommands) add(*subcommand);
  }
  context.reply.Array(names.size());
  for (const std::string_view name : names) context.reply.Bulk(name);
}

void CommandGetkeysCommand(Context& context) {
  ReplyKeys(context, /*with_flags=*/false);
}
void CommandGetkeysandflagsCommand(Context& context) {
  ReplyKeys(context, /*with_flags=*/true);
}
void CommandHelpCommand(Context& context) {
  ReplyHelp(context);
}

}  // namespace kv
