#include "kv/commands/hash_commands.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "kv/commands/hash_access.h"

namespace kv {
namespace {

// Sets the fields and values from args[2] on. Returns how many fields are new; nothing after an
// error reply.
std::optional<int64_t> SetFields(Context& context) {
  const ArgSpan pairs = context.args.subspan(2);
  if (pairs.size() % 2 != 0) {
    context.Fail(absl::StrCat("ERR wrong number of arguments for '", context.command.full_name,
                              "' command"));
    return std::nullopt;
  }
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kHash, ref)) return std::nullopt;
  EditedHash hash(context, key, ref);
  const HashContext limits = HashContextOf(context);
  hash.value().Reserve(limits, pairs);
  int64_t added = 0;
  for (size_t i = 0; i < pairs.size(); i += 2) {
    if (hash.value().Set(limits, pairs[i], pairs[i + 1])) ++added;
  }
  hash.Store();
  context.Notify(kEventHash, "hset", key.bytes);
  context.effects.AsGiven();
  return added;
}

void ReplyValue(Context& context, const std::optional<ListpackElement>& value) {
  if (!value) return context.reply.NullBulk();
  ReplyElement(context.reply, *value);
}

// The value of the field at args[2], if there is one.
std::optional<ListpackElement> FindValue(Context& context, EntryRef& ref) {
  if (!ref) return std::nullopt;
  return HashOf(ref).Get(context.args[2]);
}

enum class Part { kFields, kValues, kBoth };

template <Part kPart>
void ReplyAll(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  resp::ReplyWriter& reply = context.reply;
  const size_t size = ref ? HashOf(ref).size() : 0;
  kPart == Part::kBoth ? reply.Map(size) : reply.Array(size);
  if (!ref) return;
  HashOf(ref).ForEach([&](const ListpackElement& field, const ListpackElement& value) {
    if constexpr (kPart != Part::kValues) ReplyElement(reply, field);
    if constexpr (kPart != Part::kFields) ReplyElement(reply, value);
  });
}

size_t TextSize(const ListpackElement& element) {
  ListpackElement::Buffer buffer;
  return element.Text(buffer).size();
}

}  // namespace

void HsetCommand(Context& context) {
  if (const std::optional<int64_t> added = SetFields(context)) context.reply.Integer(*added);
}

void HmsetCommand(Context& context) {
  if (SetFields(context)) context.reply.Ok();
}

void HsetnxCommand(Context& context) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  if (FindValue(context, ref)) return context.reply.Integer(0);
  EditedHash hash(context, key, ref);
  const HashContext limits = HashContextOf(context);
  hash.value().Reserve(limits, context.args.subspan(2));
  hash.value().Set(limits, context.args[2], context.args[3]);
  hash.Store();
  context.Notify(kEventHash, "hset", key.bytes);
  context.effects.AsGiven();
  context.reply.Integer(1);
}

void HgetCommand(Context& context) {
  EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  ReplyValue(context, FindValue(context, ref));
}

void HmgetCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  const ArgSpan fields = context.args.subspan(2);
  context.reply.Array(fields.size());
  for (const std::string_view field : fields) {
    ReplyValue(context, ref ? HashOf(ref).Get(field) : std::nullopt);
  }
}

void HexistsCommand(Context& context) {
  EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  context.reply.Integer(FindValue(context, ref) ? 1 : 0);
}

void HstrlenCommand(Context& context) {
  EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  const std::optional<ListpackElement> value = FindValue(context, ref);
  context.reply.Integer(value ? static_cast<int64_t>(TextSize(*value)) : 0);
}

void HlenCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  context.reply.Integer(ref ? static_cast<int64_t>(HashOf(ref).size()) : 0);
}

void HgetallCommand(Context& context) {
  ReplyAll<Part::kBoth>(context);
}
void HkeysCommand(Context& context) {
  ReplyAll<Part::kFields>(context);
}
void HvalsCommand(Context& context) {
  ReplyAll<Part::kValues>(context);
}

void HdelCommand(Context& context) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  if (!ref) return context.reply.Integer(0);
  EditedHash hash(context, key, ref);
  int64_t removed = 0;
  for (const std::string_view field : context.args.subspan(2)) {
    if (hash.value().empty()) break;
    if (hash.value().Remove(context.store.memory(), field)) ++removed;
  }
  const bool stays = hash.Store();
  if (removed > 0) {
    context.Notify(kEventHash, "hdel", key.bytes);
    if (!stays) context.Notify(kEventGeneric, "del", key.bytes);
    context.effects.AsGiven();
  }
  context.reply.Integer(removed);
}

}  // namespace kv
