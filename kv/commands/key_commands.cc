#include "kv/commands/key_commands.h"

#include <optional>
#include <vector>

#include "kv/base/glob.h"
#include "kv/command/overwrite.h"
#include "kv/commands/for_each_key.h"
#include "kv/commands/scan.h"

namespace kv {
namespace {

void RemoveKeys(Context& context) {
  int64_t removed = 0;
  ForEachKey(context, 1, context.args.size(), 1, [&](const HashedKey& key, size_t) {
    EntryRef ref = context.db.FindForWrite(key);
    if (!ref) return;
    context.db.Remove(ref);
    context.Notify(kEventGeneric, "del", key.bytes);
    ++removed;
  });
  if (removed > 0) context.effects.AsGiven();
  context.reply.Integer(removed);
}

// The keys that a pattern and a type admit.
struct KeyFilter {
  std::optional<std::string_view> pattern = {};
  std::optional<ValueType> type = {};

  bool Admits(const Entry& entry) const {
    if (pattern && !GlobMatch(*pattern, entry.key())) return false;
    return !type || entry.type() == *type;
  }
};

// The type of this name, in any case of letters.
std::optional<ValueType> ParseTypeName(std::string_view name) {
  for (const ValueType type : {ValueType::kString, ValueType::kList, ValueType::kSet,
                               ValueType::kZset, ValueType::kHash, ValueType::kStream}) {
    if (EqualsIgnoreCase(name, TypeName(type))) return type;
  }
  return std::nullopt;
}

}  // namespace

void DelCommand(Context& context) {
  RemoveKeys(context);
}
void UnlinkCommand(Context& context) {
  RemoveKeys(context);
}

void ExistsCommand(Context& context) {
  int64_t found = 0;
  ForEachKey(context, 1, context.args.size(), 1, [&](const HashedKey& key, size_t) {
    if (context.db.FindUntouched(key)) ++found;
  });
  context.reply.Integer(found);
}

void TouchCommand(Context& context) {
  int64_t found = 0;
  ForEachKey(context, 1, context.args.size(), 1, [&](const HashedKey& key, size_t) {
    if (context.db.FindForRead(key)) ++found;
  });
  context.reply.Integer(found);
}

void TypeCommand(Context& context) {
  const EntryRef ref = context.db.FindUntouched(context.Key(1));
  context.reply.SimpleString(ref ? TypeName(ref->type()) : "none");
}

void RenameCommand(Context& context) {
  const HashedKey from = context.Key(1);
  const HashedKey to = context.Key(2);
  EntryRef ref = context.db.FindForWrite(from);
  if (!ref) return context.Fail(kNoSuchKey);
  if (from.bytes == to.bytes) return context.reply.Ok();
  const std::optional<ValueType> overwritten = MakeRoom(context.db, to);
  EntryRef source = context.db.Peek(from);
  const ValueType type = source->type();
  context.db.Rename(source, context.db, to);
  context.Notify(kEventGeneric, "rename_from", from.bytes);
  context.Notify(kEventGeneric, "rename_to", to.bytes);
  if (overwritten) NotifyOverwritten(context, context.db, to.bytes, *overwritten, type);
  context.effects.AsGiven();
  context.reply.Ok();
}

void RenamenxCommand(Context& context) {
  const HashedKey from = context.Key(1);
  const HashedKey to = context.Key(2);
  if (!context.db.FindForWrite(from)) return context.Fail(kNoSuchKey);
  if (from.bytes == to.bytes || context.db.FindForWrite(to)) return context.reply.Integer(0);
  EntryRef source = context.db.Peek(from);
  context.db.Rename(source, context.db, to);
  context.Notify(kEventGeneric, "rename_from", from.bytes);
  context.Notify(kEventGeneric, "rename_to", to.bytes);
  context.effects.AsGiven();
  context.reply.Integer(1);
}

void MoveCommand(Context& context) {
  const std::optional<int> index = context.ParseDatabase(context.args[2]);
  if (!index) return;
  Database* target = &context.store.database(*index);
  if (target == &context.db) return context.Fail(kSameObject);
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (!ref || target->FindForWrite(key)) return context.reply.Integer(0);
  context.db.Rename(ref, *target, key);
  context.Notify(kEventGeneric, "move_from", key.bytes);
  context.store.context().Notify(kEventGeneric, "move_to", target->index(), key.bytes);
  context.effects.AsGiven();
  context.reply.Integer(1);
}

void CopyCommand(Context& context) {
  OptionValues options;
  if (!ParseOptions(context.command.spec->arguments, context.args, 3, &options)) {
    return context.Fail(kSyntaxError);
  }
  Database* target = &context.db;
  if (options.Has(KeyOption::kDb)) {
    const std::optional<int> index = context.ParseDatabase(options.Value(KeyOption::kDb));
    if (!index) return;
    target = &context.store.database(*index);
  }
  const HashedKey from = context.Key(1);
  const HashedKey to = context.Key(2);
  if (target == &context.db && from.bytes == to.bytes) return context.Fail(kSameObject);
  if (!context.db.FindForRead(from)) return context.reply.Integer(0);
  if (!options.Has(KeyOption::kReplace) && target->FindForWrite(to)) {
    return context.reply.Integer(0);
  }
  const std::optional<ValueType> overwritten = MakeRoom(*target, to);
  const EntryRef source = context.db.Peek(from);
  const ValueType type = source->type();
  context.db.Copy(source, *target, to, source->deadline());
  context.store.context().Notify(kEventGeneric, "copy_to", target->index(), to.bytes);
  if (overwritten) NotifyOverwritten(context, *target, to.bytes, *overwritten, type);
  context.effects.AsGiven();
  context.reply.Integer(1);
}

void RandomkeyCommand(Context& context) {
  const EntryRef ref = context.db.RandomEntry(context.random);
  if (!ref) return context.reply.NullBulk();
  context.reply.Bulk(ref->key());
}

void KeysCommand(Context& context) {
  KeyFilter filter;
  if (context.args[1] != "*") filter.pattern = context.args[1];
  size_t count = 0;
  const auto deferred = context.reply.BeginDeferred();
  uint64_t cursor = 0;
  do {
    cursor = context.db.Scan(cursor, [&](const Entry& entry) {
      if (!filter.Admits(entry)) return;
      context.reply.Bulk(entry.key());
      ++count;
    });
  } while (cursor != 0);
  context.reply.EndDeferredArray(deferred, count);
}

void ScanCommand(Context& context) {
  ScanRequest request;
  OptionValues options;
  if (!ParseCursor(context, 1, &request.cursor)) return;
  if (!ParseScanOptions(context, 2, static_cast<int>(KeyOption::kMatch),
                        static_cast<int>(KeyOption::kCount), &options, &request)) {
    return;
  }
  KeyFilter filter{.pattern = request.pattern};
  if (options.Has(KeyOption::kType)) {
    const std::string_view name = options.Value(KeyOption::kType);
    filter.type = ParseTypeName(name);
    if (!filter.type) {
      return context.Fail(absl::StrCat("ERR unknown type name '", std::string(name), "'"));
    }
  }

  std::vector<std::string_view> keys;
  int64_t visited = 0;
  const uint64_t cursor = request.Run(&visited, [&](uint64_t from) {
    return context.db.ScanAndExpire(
        from, [&](const Entry& entry) { return filter.Admits(entry); },
        [&](const Entry& entry) {
          ++visited;
          if (filter.Admits(entry)) keys.push_back(entry.key());
        });
  });
  BeginScanReply(context, cursor, keys.size());
  for (const std::string_view key : keys) context.reply.Bulk(key);
}

}  // namespace kv
