#include "kv/commands/hash_ttl.h"

#include "absl/strings/str_cat.h"

namespace kv {

void ExpireField(Context& context, EditedHash& hash, std::string_view field, int64_t deadline) {
  if (context.HasPassed(deadline)) {
    hash.value().Remove(hash.context().memory, field);
  } else {
    hash.value().SetDeadline(hash.context(), field, deadline);
  }
}

void StoreExpired(Context& context, EditedHash& hash, const ElementNames& fields,
                  int64_t deadline) {
  if (context.HasPassed(deadline)) return StoreDeleted(context, hash, fields);
  hash.StoreOrVanish();
  if (fields.empty()) return;
  const std::string_view key = context.args[1];
  context.Notify(kEventHash, "hexpire", key);
  StateElements(context, {"HPEXPIREAT", key, absl::StrCat(deadline)}, kFieldWords.token, fields);
}

void StorePersisted(Context& context, EditedHash& hash, const ElementNames& fields) {
  hash.StoreOrVanish();
  if (fields.empty()) return;
  const std::string_view key = context.args[1];
  context.Notify(kEventHash, "hpersist", key);
  StateElements(context, {"HPERSIST", key}, kFieldWords.token, fields);
}

void StoreDeleted(Context& context, EditedHash& hash, const ElementNames& fields) {
  const std::string_view key = context.args[1];
  const bool stays = hash.Store();
  if (!fields.empty()) {
    context.Notify(kEventHash, "hdel", key);
    StateElements(context, {"HDEL", key}, {}, fields);
  }
  if (!stays) context.Notify(kEventGeneric, "del", key);
}

std::optional<int64_t> FieldDeadline(const HashValue& hash, std::string_view name) {
  const std::optional<HashValue::Field> field = hash.Find(name);
  if (!field) return std::nullopt;
  return field->deadline;
}

}  // namespace kv
