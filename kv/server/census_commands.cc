// MEMORY PREFIXES and BIGKEYS: what the census of the keyspace has found.
#include <algorithm>
#include <optional>

#include "kv/command/help.h"
#include "kv/server/parts.h"
#include "kv/server/server_commands.h"

namespace kv {
namespace {

// The count behind COUNT, `most` without it; nothing after an error reply.
std::optional<size_t> ParseCount(Context& context, size_t most) {
  if (context.args.size() == 2) return most;
  if (context.args.size() != 4 || !EqualsIgnoreCase(context.args[2], "count")) {
    context.Fail(kSyntaxError);
    return std::nullopt;
  }
  int64_t count = 0;
  if (!context.ParseInteger(3, &count)) return std::nullopt;
  if (count < 1) {
    context.Fail("ERR COUNT must be positive");
    return std::nullopt;
  }
  return static_cast<size_t>(count);
}

// What both replies begin with.
constexpr size_t kPassFields = 4;

class Fields {
 public:
  explicit Fields(resp::ReplyWriter& reply) : reply_(reply) {}

  void Text(std::string_view name, std::string_view text) {
    reply_.Bulk(name);
    reply_.Bulk(text);
  }
  void Number(std::string_view name, uint64_t number) {
    reply_.Bulk(name);
    reply_.Integer(static_cast<int64_t>(number));
  }
  void Pass(const KeyspaceCensus::Result& pass) {
    Number("keys", pass.keys);
    Number("bytes", pass.bytes);
    Number("began-unix-ms", static_cast<uint64_t>(pass.begin));
    Number("duration-ms", static_cast<uint64_t>(pass.end - pass.begin));
  }

 private:
  resp::ReplyWriter& reply_;
};

void ReplyPrefixes(resp::ReplyWriter& reply, const KeyspaceCensus::Result& pass, size_t count) {
  const auto rows = pass.prefixes.Heaviest(count);
  reply.Array(rows.size());
  for (const SpaceSaving::Counter* row : rows) {
    Fields fields(reply);
    reply.Map(5);
    fields.Text("prefix", row->name);
    fields.Number("db", static_cast<uint64_t>(row->group));
    fields.Number("keys", row->count);
    fields.Number("bytes", row->weight);
    fields.Number("error", row->error);
  }
}

void ReplyBiggest(resp::ReplyWriter& reply, const std::vector<KeyspaceCensus::BigKey>& biggest,
                  size_t count) {
  const size_t shown = std::min(count, biggest.size());
  reply.Array(shown);
  for (size_t i = 0; i < shown; ++i) {
    Fields fields(reply);
    reply.Map(3);
    fields.Text("key", biggest[i].key);
    fields.Number("db", static_cast<uint64_t>(biggest[i].database));
    fields.Number("bytes", biggest[i].bytes);
  }
}

}  // namespace

void MemoryPrefixesCommand(Context& context) {
  const std::optional<size_t> count = ParseCount(context, 100);
  if (!count) return;
  const KeyspaceCensus::Result* const pass = context.Owner<Parts>().census.published();
  if (pass == nullptr) return context.reply.NullBulk();
  context.reply.Map(kPassFields + 1);
  Fields(context.reply).Pass(*pass);
  context.reply.Bulk("prefixes");
  ReplyPrefixes(context.reply, *pass, *count);
}

void MemoryBigkeysCommand(Context& context) {
  const std::optional<size_t> count = ParseCount(context, KeyspaceCensus::kBiggest);
  if (!count) return;
  const KeyspaceCensus::Result* const pass = context.Owner<Parts>().census.published();
  if (pass == nullptr) return context.reply.NullBulk();
  context.reply.Map(kPassFields + KeyspaceCensus::kTypes);
  Fields(context.reply).Pass(*pass);
  for (size_t type = 0; type < KeyspaceCensus::kTypes; ++type) {
    context.reply.Bulk(TypeName(static_cast<ValueType>(type)));
    ReplyBiggest(context.reply, pass->biggest[type], *count);
  }
}

}  // namespace kv
