// DEBUG: what tests and engineers need. One command with words of its own, as clients know it.
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kv/base/glob.h"
#include "kv/base/numbers.h"
#include "kv/commands/key_commands.h"
#include "kv/commands/list_edit.h"
#include "kv/persistence/rdb_image.h"
#include "kv/server/digest.h"
#include "kv/server/parts.h"
#include "kv/server/server_commands.h"

namespace kv {
namespace {

bool IsAllowed(const Context& context) {
  switch (context.Owner<Parts>().options.enable_debug_command) {
    case Permission::kNobody:
      return false;
    case Permission::kLocalClients:
      return context.client.Is(kClientTrusted);
    case Permission::kEverybody:
      break;
  }
  return true;
}

void Sleep(Context& context) {
  double seconds = 0;
  const std::string text(context.args[2]);
  if (!absl::SimpleAtod(text, &seconds) || seconds < 0) return context.Fail(kNotAFloat);
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  context.reply.Ok();
}

// What DEBUG OBJECT says of a quicklist, behind the rest.
std::string DescribeQuicklist(const ListChain& chain, const ListLimits& limits) {
  const size_t nodes = chain.nodes().size();
  size_t bytes = 0;
  for (const ListNode& node : chain.nodes()) bytes += node.PlainBytes();
  return absl::StrFormat(
      " ql_nodes:%d ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:%d ql_uncompressed_size:%d",
      nodes, static_cast<double>(chain.size()) / static_cast<double>(nodes),
      limits.max_listpack_size, limits.compress_depth > 0 ? 1 : 0, bytes);
}

void Object(Context& context) {
  // Also of a key that has expired and is not removed yet.
  ExpiryPolicy& policy = context.store.context().expiry;
  const ExpiryPolicy usual = std::exchange(policy, ExpiryPolicy::kShow);
  const EntryRef ref = context.db.Peek(context.Key(2));
  policy = usual;
  if (!ref) return context.Fail(kNoSuchKey);
  const StoreContext& store = context.store.context();
  std::string text = absl::StrFormat(
      "Value at:%p refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
      static_cast<const void*>(&*ref), std::string(EncodingName(*ref)), ref->string_size(),
      ref->access(), store.tracks_frequency() ? 0 : store.IdleSeconds(ref->access()));
  if (ref->type() == ValueType::kList && ListOf(ref).is_chain()) {
    text +=
        DescribeQuicklist(ListOf(ref).chain(), context.Owner<Parts>().options.value_limits.list);
  }
  context.reply.SimpleString(text);
}

void SetActiveExpire(Context& context) {
  context.store.set_active_expire(context.args[2] != "0");
  context.reply.Ok();
}

void StringMatchLength(Context& context) {
  int64_t length;
  if (!context.ParseInteger(2, &length)) return;
  const std::string text(static_cast<size_t>(std::max<int64_t>(0, length)), 'a');
  context.reply.Integer(GlobMatch(context.args[3], text) ? 1 : 0);
}

// DEBUG POPULATE count [prefix] [size]
void Populate(Context& context) {
  int64_t count;
  int64_t size = 0;
  if (!context.ParseInteger(2, &count)) return;
  const std::string prefix(context.args.size() > 3 ? context.args[3] : "key");
  if (context.args.size() > 4 && !context.ParseInteger(4, &size)) return;
  if (count < 0 || size < 0 || size > context.max_string_bytes) {
    return context.Fail(kNotAnInteger);
  }
  for (int64_t i = 0; i < count; ++i) {
    const std::string name = absl::StrCat(prefix, ":", i);
    const HashedKey key = context.db.Hash(name);
    EntryRef ref = context.db.Peek(key);
    if (ref) continue;
    std::string value = absl::StrCat("value:", i);
    if (size > 0) value.resize(static_cast<size_t>(size), '\0');
    context.db.PutString(key, ref, value, kNoDeadline);
    context.effects.Instead({"SET", name, value});
  }
  context.reply.Ok();
}

void DigestAll(Context& context) {
  context.reply.SimpleString(DigestOf(context.store).ToHex());
}

void DigestValues(Context& context) {
  context.reply.Array(context.args.size() - 2);
  for (size_t i = 2; i < context.args.size(); ++i) {
    const EntryRef ref = context.db.Peek(context.Key(i));
    context.reply.SimpleString(ref ? DigestOfValue(*ref).ToHex() : StoreDigest().ToHex());
  }
}

void LogMessage(Context& context) {
  context.Owner<Parts>().control.Log(absl::StrCat("DEBUG LOG: ", std::string(context.args[2])));
  context.reply.Ok();
}

// DEBUG RELOAD [NOFLUSH] [MERGE]: everything to an image and back. With NOFLUSH, what there is
// stays: keys are replaced, libraries by MERGE only.
void Reload(Context& context) {
  bool flush = true;
  bool merge = false;
  for (const std::string_view option : context.args.subspan(2)) {
    if (EqualsIgnoreCase(option, "merge")) {
      merge = true;
    } else if (!EqualsIgnoreCase(option, "noflush")) {
      return context.Fail("ERR DEBUG RELOAD only supports the MERGE and NOFLUSH options.");
    }
    flush = false;
  }
  const Parts& parts = context.Owner<Parts>();
  Functions& functions = parts.scripting.functions();
  const std::string image =
      WriteRdbImage(context.store, functions.libraries().codes(), parts.options.rdbcompression);
  for (int i = 0; flush && i < context.store.size(); ++i) context.store.database(i).Clear();
  if (flush) functions.Flush(/*lazily=*/false);
  std::vector<std::string> libraries;
  const absl::Status status =
      ReadRdbImage(image, parts.options.value_limits, context.store, &libraries);
  const std::string error =
      status.ok()
          ? functions.Restore(libraries, merge ? RestorePolicy::kReplace : RestorePolicy::kAppend)
          : std::string(status.message());
  if (!error.empty()) {
    return context.Fail(absl::StrCat("ERR Error trying to load the RDB image: ", error));
  }
  context.reply.Ok();
}

void ReplyWithError(Context& context) {
  context.Fail(context.args[2]);
}

void HashTableStats(Context& context) {
  int64_t index;
  if (!context.ParseInteger(2, &index)) return;
  if (index < 0 || index >= context.store.size()) return context.Fail("ERR Out of range database");
  const Database& database = context.store.database(static_cast<int>(index));
  context.reply.Verbatim(
      "txt", absl::StrFormat("[Dictionary HT]\nHash table 0 stats (main hash table):\n"
                             " number of elements: %d\n bytes: %d\n bytes per element: %.2f\n"
                             "[Expires HT]\n number of elements: %d\n bytes: %d\n",
                             database.size(), database.table_bytes(),
                             database.size() == 0 ? 0.0
                                                  : static_cast<double>(database.table_bytes()) /
                                                        static_cast<double>(database.size()),
                             database.expiring(), database.index_bytes()));
}

void Listpack(Context& context) {
  const EntryRef ref = context.db.Peek(context.Key(2));
  if (!ref) return context.Fail(kNoSuchKey);
  if (ref->encoding() != Encoding::kListpack && ref->encoding() != Encoding::kListpackEx) {
    return context.Fail("ERR Not a listpack encoded object.");
  }
  const ListpackView listpack(static_cast<const char*>(ref->object()));
  context.reply.SimpleString(
      absl::StrCat("listpack of ", listpack.size(), " entries, ", listpack.bytes(), " bytes"));
}

void QuicklistPackedThreshold(Context& context) {
  const std::optional<uint64_t> bytes = ParseMemorySize(context.args[2]);
  if (!bytes || *bytes > (uint64_t{1} << 32)) {
    return context.Fail("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  }
  context.Owner<Parts>().options.quicklist_packed_threshold = static_cast<int64_t>(*bytes);
  context.reply.Ok();
}

void PauseCron(Context& context) {
  context.Owner<Parts>().options.cron_paused = context.args[2] != "0";
  context.reply.Ok();
}

// REPLYBUFFER RESIZING 0|1: whether the cron gives unused reply chunks back to the system.
void ReplyBufferTuning(Context& context) {
  Parts& parts = context.Owner<Parts>();
  if (EqualsIgnoreCase(context.args[2], "resizing")) {
    parts.options.reply_chunks_trimmed = context.args[3] != "0";
  } else if (EqualsIgnoreCase(context.args[2], "peak-reset-time")) {
    int64_t milliseconds = 0;
    if (EqualsIgnoreCase(context.args[3], "never")) {
      milliseconds = INT64_MAX;
    } else if (!EqualsIgnoreCase(context.args[3], "reset") &&
               !context.ParseInteger(3, &milliseconds)) {
      return;
    }
    parts.options.reply_chunks_idle = milliseconds;
  } else {
    return context.Fail(kSyntaxError);
  }
  context.reply.Ok();
}

void Protocol(Context& context) {
  const std::string_view name = context.args[2];
  resp::ReplyWriter& reply = context.reply;
  const auto is = [&](std::string_view word) { return EqualsIgnoreCase(name, word); };
  if (is("string")) return reply.Bulk("Hello World");
  if (is("integer")) return reply.Integer(12345);
  if (is("double")) return reply.Double(3.141);
  if (is("null")) return reply.NullBulk();
  if (is("bignum")) return reply.BigNumber("1234567999999999999999999999999999999");
  if (is("true")) return reply.Boolean(true);
  if (is("false")) return reply.Boolean(false);
  if (is("verbatim")) return reply.Verbatim("txt", "This is a verbatim\nstring");
  if (is("array") || is("set")) {
    is("set") ? reply.Set(3) : reply.Array(3);
    for (int i = 0; i < 3; ++i) reply.Integer(i);
  } else if (is("map")) {
    reply.Map(3);
    for (int i = 0; i < 3; ++i) {
      reply.Integer(i);
      reply.Boolean(i == 1);
    }
  } else if (is("attrib")) {
    if (context.client.protocol == resp::Version::kResp3) {
      reply.Attribute(1);
      reply.Bulk("key-popularity");
      reply.Array(2);
      reply.Bulk("key:123");
      reply.Integer(90);
    }
    reply.Bulk("Some real reply following the attribute");
  } else if (is("push")) {
    if (context.client.protocol != resp::Version::kResp3) {
      return context.Fail("ERR RESP2 is not supported by this command");
    }
    reply.Push(2);
    reply.Bulk("server-cpu-usage");
    reply.Integer(42);
  } else {
    context.Fail(
        "ERR Wrong protocol type name. Please use one of the following: "
        "string|integer|double|null|array|set|map|attrib|push|verbatim|true|false");
  }
}

void SetDisableDenyScripts(Context& context) {
  context.Owner<Parts>().scripting.AllowAnyCommand(context.args[2] == "1");
  context.reply.Ok();
}

void Help(Context& context);

void RewriteWholeConfig(Context& context) {
  RewriteConfig(context, RewriteScope::kEverything);
}

struct Subcommand {
  std::string_view name;
  size_t min_args;  // with DEBUG and the name
  size_t max_args;
  void (*handler)(Context&);
  std::string_view help;
};

constexpr Subcommand kSubcommands[] = {
    {"config-rewrite-force-all", 2, 2, RewriteWholeConfig,
     "CONFIG-REWRITE-FORCE-ALL - like CONFIG REWRITE, but writes defaults, too"},
    {"digest", 2, 2, DigestAll, "DIGEST - a digest of all databases"},
    {"digest-value", 2, SIZE_MAX, DigestValues, "DIGEST-VALUE [key ...] - digests of values"},
    {"error", 3, 3, ReplyWithError, "ERROR <text> - reply with this error"},
    {"help", 2, 2, Help, "HELP - this list"},
    {"htstats", 3, 4, HashTableStats, "HTSTATS <db> - statistics of a database's table"},
    {"listpack", 3, 3, Listpack, "LISTPACK <key> - the inside of a listpack"},
    {"log", 3, 3, LogMessage, "LOG <message> - write to the log"},
    {"object", 3, 4, Object, "OBJECT <key> - how a value is stored"},
    {"pause-cron", 3, 3, PauseCron, "PAUSE-CRON <0|1> - stop or resume periodic work"},
    {"populate", 3, 5, Populate, "POPULATE <count> [prefix] [size] - make keys"},
    {"protocol", 3, 3, Protocol, "PROTOCOL <type> - reply with a value of this type"},
    {"quicklist-packed-threshold", 3, 3, QuicklistPackedThreshold,
     "QUICKLIST-PACKED-THRESHOLD <size> - from where on list elements stand alone"},
    {"reload", 2, 4, Reload, "RELOAD [NOFLUSH] [MERGE] - write everything to an image and read it"},
    {"replybuffer", 4, 4, ReplyBufferTuning,
     "REPLYBUFFER RESIZING <0|1> | PEAK-RESET-TIME <ms|reset|never> - when spare reply memory is "
     "given back"},
    {"set-active-expire", 3, 3, SetActiveExpire,
     "SET-ACTIVE-EXPIRE <0|1> - remove keys when they are due, or only when touched"},
    {"set-disable-deny-scripts", 3, 3, SetDisableDenyScripts,
     "SET-DISABLE-DENY-SCRIPTS <0|1> - let scripts call every command"},
    {"sleep", 3, 3, Sleep, "SLEEP <seconds> - stop serving for so long"},
    {"stringmatch-len", 4, 4, StringMatchLength,
     "STRINGMATCH-LEN <length> <pattern> - match a text of so many a's"},
};

void Help(Context& context) {
  context.reply.Array(1 + std::size(kSubcommands));
  context.reply.SimpleString("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const Subcommand& subcommand : kSubcommands) context.reply.SimpleString(subcommand.help);
}

}  // namespace

void DebugCommand(Context& context) {
  if (!IsAllowed(context)) {
    return context.Fail(
        "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", "
        "you can run it from a local connection, otherwise you need to set this option in the "
        "configuration file, and then restart the server.");
  }
  for (const Subcommand& subcommand : kSubcommands) {
    if (!EqualsIgnoreCase(subcommand.name, context.args[1])) continue;
    if (context.args.size() < subcommand.min_args || context.args.size() > subcommand.max_args) {
      break;
    }
    return subcommand.handler(context);
  }
  context.Fail(absl::StrCat("ERR unknown subcommand or wrong number of arguments for '",
                            std::string(context.args[1]), "'. Try DEBUG HELP."));
}

}  // namespace kv
