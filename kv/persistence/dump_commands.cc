#include "kv/persistence/dump_commands.h"

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/command/overwrite.h"
#include "kv/persistence/dump_payload.h"
#include "kv/persistence/rdb_value.h"

namespace kv {
namespace {

// The arguments of one RESTORE behind the payload.
struct RestoreOptions {
  bool replace = false;
  bool absolute = false;
  std::optional<int64_t> idle_seconds;
  std::optional<int64_t> frequency;
};

// The first option that is wrong decides the error.
bool ParseRestoreOptions(Context& context, RestoreOptions* options) {
  constexpr int64_t kMaxFrequency = 255;
  const ArgSpan args = context.args;
  for (size_t i = 4; i < args.size(); ++i) {
    const bool has_value = i + 1 < args.size();
    if (EqualsIgnoreCase(args[i], "replace")) {
      options->replace = true;
    } else if (EqualsIgnoreCase(args[i], "absttl")) {
      options->absolute = true;
    } else if (EqualsIgnoreCase(args[i], "idletime") && has_value && !options->frequency) {
      int64_t seconds;
      if (!context.ParseInteger(++i, &seconds)) return false;
      if (seconds < 0) {
        context.Fail("ERR Invalid IDLETIME value, must be >= 0");
        return false;
      }
      options->idle_seconds = seconds;
    } else if (EqualsIgnoreCase(args[i], "freq") && has_value && !options->idle_seconds) {
      int64_t frequency;
      if (!context.ParseInteger(++i, &frequency)) return false;
      if (frequency < 0 || frequency > kMaxFrequency) {
        context.Fail("ERR Invalid FREQ value, must be >= 0 and <= 255");
        return false;
      }
      options->frequency = frequency;
    } else {
      context.Fail(kSyntaxError);
      return false;
    }
  }
  return true;
}

// Gives the key the deadline that the call asks for; nothing after an error reply.
std::optional<int64_t> ParseRestoreDeadline(Context& context, bool absolute) {
  int64_t ttl;
  if (!context.ParseInteger(2, &ttl)) return std::nullopt;
  if (ttl < 0) {
    context.Fail("ERR Invalid TTL value, must be >= 0");
    return std::nullopt;
  }
  if (ttl == 0) return kNoDeadline;
  if (absolute) return ttl;
  return ttl > INT64_MAX - context.now() ? INT64_MAX : ttl + context.now();
}

// What the eviction policy does not track is not kept.
void RestoreAccess(const StoreContext& store, const RestoreOptions& options, EntryRef& ref) {
  if (store.tracks_frequency()) {
    if (options.frequency) ref->set_access(store.access_policy->Restored(*options.frequency));
  } else if (options.idle_seconds) {
    ref->set_access(store.RestoredAccess(*options.idle_seconds));
  }
}

}  // namespace

void DumpCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (!ref) return context.reply.NullBulk();
  std::string payload;
  RdbWriter writer(&payload, context.Owner<DumpOptions>().compress);
  WriteRdbValue(*ref, writer);
  SealPayload(writer, &payload);
  context.reply.Bulk(payload);
}

void RestoreCommand(Context& context) {
  RestoreOptions options;
  if (!ParseRestoreOptions(context, &options)) return;
  const HashedKey key = context.Key(1);
  if (!options.replace && context.db.FindForWrite(key)) {
    return context.Fail("BUSYKEY Target key name already exists.");
  }
  const std::optional<int64_t> deadline = ParseRestoreDeadline(context, options.absolute);
  if (!deadline) return;
  const auto bytes = OpenPayload(context.args[3]);
  if (!bytes) return context.Fail(kBadPayload);
  StoreContext& store = context.store.context();
  RdbReader reader(*bytes);
  const auto type = static_cast<RdbType>(reader.Byte().value_or(UINT8_MAX));
  const auto value = ReadRdbValue(
      {store.memory, store.hash_key, context.Owner<DumpOptions>().limits, store.now}, type, reader);
  if (!value) return context.Fail("ERR Bad data format");

  const std::optional<ValueType> overwritten = MakeRoom(context.db, key);
  if (*deadline != kNoDeadline && context.HasPassed(*deadline)) {
    if (value->type != ValueType::kString) context.store.reclaimer().Drop(value->object);
    if (overwritten) {
      context.Notify(kEventGeneric, "del", key.bytes);
      context.effects.Instead({"DEL", key.bytes});
    }
    return context.reply.Ok();
  }
  EntryRef ref;
  PutRdbValue(context.db, key, ref, *value, *deadline);
  RestoreAccess(store, options, ref);
  context.Notify(kEventGeneric, "restore", key.bytes);
  if (overwritten) NotifyOverwritten(context, context.db, key.bytes, *overwritten, value->type);
  const std::string until = absl::StrCat(*deadline == kNoDeadline ? 0 : *deadline);
  context.effects.Instead({"RESTORE", key.bytes, until, context.args[3], "REPLACE", "ABSTTL"});
  context.reply.Ok();
}

}  // namespace kv
