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
  hash.ExpireFields(2, 2);
  hash.value().Reserve(hash.context(), pairs);
  int64_t added = 0;
  for (size_t i = 0; i < pairs.size(); i += 2) {
    if (hash.value().Set(hash.context(), pairs[i], pairs[i + 1])) ++added;
  }
  hash.Store();
  context.Notify(kEventHash, "hset", key.bytes);
  context.effects.AsGiven();
  return added;
}

// Looks up the hash at args[1] for reading the fields from args[2] on. Calls read(const HashValue*)
// with null if it is absent, or replies with an error.
template <class Read>
void ReadFields(Context& context, Read read) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForRead(key);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  ExpireFieldsOf(context, key, ref, 2);
  if (!ref) return read(nullptr);
  const HashValue hash = HashOf(context, ref);
  read(&hash);
}

// The same for a command that wants the value of one field.
template <class Read>
void ReadValue(Context& context, Read read) {
  ReadFields(context, [&](const HashValue* hash) {
    read(hash == nullptr ? std::nullopt : hash->Get(context.args[2]));
  });
}

enum class Part { kFields, kValues, kBoth };

template <Part kPart>
void ReplyPart(resp::ReplyWriter& reply, const ListpackElement& name,
               const ListpackElement& value) {
  if constexpr (kPart != Part::kValues) ReplyElement(reply, name);
  if constexpr (kPart != Part::kFields) ReplyElement(reply, value);
}

// As many as are not hidden.
template <Part kPart>
void ReplyVisible(resp::ReplyWriter& reply, const HashValue& hash) {
  const auto deferred = reply.BeginDeferred();
  size_t count = 0;
  hash.ForEach([&](const ListpackElement& name, const ListpackElement& value) {
    ReplyPart<kPart>(reply, name, value);
    ++count;
  });
  kPart == Part::kBoth ? reply.EndDeferredMap(deferred, count)
                       : reply.EndDeferredArray(deferred, count);
}

template <Part kPart>
void ReplyAll(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  resp::ReplyWriter& reply = context.reply;
  if (!ref) return kPart == Part::kBoth ? reply.Map(0) : reply.Array(0);
  const HashValue hash = HashOf(context, ref);
  if (hash.hides()) [[unlikely]]
    return ReplyVisible<kPart>(reply, hash);
  kPart == Part::kBoth ? reply.Map(hash.size()) : reply.Array(hash.size());
  hash.ForEach([&](const ListpackElement& name, const ListpackElement& value) {
    ReplyPart<kPart>(reply, name, value);
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
  if (ref && HashOf(context, ref).Get(context.args[2])) return context.reply.Integer(0);
  EditedHash hash(context, key, ref);
  hash.ExpireFields(2, 2);
  hash.value().Reserve(hash.context(), context.args.subspan(2));
  hash.value().Set(hash.context(), context.args[2], context.args[3]);
  hash.Store();
  context.Notify(kEventHash, "hset", key.bytes);
  context.effects.AsGiven();
  context.reply.Integer(1);
}

void HgetCommand(Context& context) {
  ReadValue(context,
            [&](const std::optional<ListpackElement>& value) { ReplyValue(context.reply, value); });
}

void HmgetCommand(Context& context) {
  ReadFields(context, [&](const HashValue* hash) {
    const ArgSpan fields = context.args.subspan(2);
    context.reply.Array(fields.size());
    for (const std::string_view field : fields) {
      ReplyValue(context.reply, hash == nullptr ? std::nullopt : hash->Get(field));
    }
  });
}

void HexistsCommand(Context& context) {
  ReadValue(context, [&](const std::optional<ListpackElement>& value) {
    context.reply.Integer(value ? 1 : 0);
  });
}

void HstrlenCommand(Context& context) {
  ReadValue(context, [&](const std::optional<ListpackElement>& value) {
    context.reply.Integer(value ? static_cast<int64_t>(TextSize(*value)) : 0);
  });
}

void HlenCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  context.reply.Integer(ref ? static_cast<int64_t>(HashOf(context, ref).size()) : 0);
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
