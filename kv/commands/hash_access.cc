#include "kv/commands/hash_access.h"

namespace kv {

bool EditedHash::Store() {
  Database& db = command_.db;
  if (!ref_) {
    if (value_.empty()) {
      value_.Free(context_.memory);
      return false;
    }
    db.PutObject(key_, ref_, ValueType::kHash, value_.object(), kNoDeadline);
    return true;
  }
  db.SetObject(ref_, value_.object());
  if (value_.empty()) [[unlikely]] {
    db.Remove(ref_);
    return false;
  }
  if (value_.object().encoding != Encoding::kListpack) {
    db.UpdateElementDeadlines(ref_, deadline_before_);
  }
  return true;
}

void EditedHash::StoreOrVanish() {
  if (!Store()) command_.Notify(kEventGeneric, "del", key_.bytes);
}

void EditedHash::ExpireDueFields(size_t first, size_t step) {
  if (command_.store.context().expiry != ExpiryPolicy::kDelete) return;
  bool any = false;
  for (size_t i = first; i < command_.args.size(); i += step) {
    const std::string_view name = command_.args[i];
    const std::optional<HashValue::Field> field = HashValue(value_.object()).Find(name);
    if (!field || !value_.IsHidden(field->deadline)) continue;
    command_.db.NoteExpired(ref_, name, field->deadline);
    value_.Remove(context_.memory, name);
    any = true;
  }
  if (any) command_.Notify(kEventHash, "hexpired", key_.bytes);
}

void ExpireFieldsOf(Context& context, const HashedKey& key, EntryRef& ref, size_t first) {
  if (context.db.NextElementDeadline(ref) > context.now()) [[likely]]
    return;
  EditedHash hash(context, key, ref);
  hash.ExpireFields(first);
  hash.StoreOrVanish();
}

}  // namespace kv
