// The events of a value that is replaced as a whole: "overwritten", and "type_changed" if the new
// value is of another type.
//
// SET and its kin, BITOP and the commands that store a result raise them before their own event;
// RENAME, COPY and RESTORE, which name a key anew, behind it. To change a value in place (APPEND,
// INCR, SADD ...) is not to overwrite it. Cost: one test while nobody listens to either class.
#ifndef SOLOKV_KV_COMMAND_OVERWRITE_H_
#define SOLOKV_KV_COMMAND_OVERWRITE_H_

#include <optional>
#include <string_view>

#include "kv/command/context.h"

namespace kv {

// A value of the type `before` became, or is about to become, one of the type `after`.
inline void NotifyOverwritten(const Context& context, const Database& db, std::string_view key,
                              ValueType before, ValueType after) {
  StoreContext& store = context.store.context();
  store.Notify(kEventOverwritten, "overwritten", db.index(), key);
  if (before != after) store.Notify(kEventTypeChanged, "type_changed", db.index(), key);
}

// The value that `ref`, found under `key`, refers to, if any, is about to become one of this type.
inline void NotifyOverwriting(const Context& context, const HashedKey& key, const EntryRef& ref,
                              ValueType type) {
  constexpr uint32_t kClasses = kEventOverwritten | kEventTypeChanged;
  if ((context.store.context().event_classes & kClasses) == 0) [[likely]]
    return;
  if (ref) NotifyOverwritten(context, context.db, key.bytes, ref->type(), type);
}

// Removes what `key` holds, since something else takes its place; returns the type it had.
inline std::optional<ValueType> MakeRoom(Database& db, const HashedKey& key) {
  EntryRef ref = db.FindForWrite(key);
  if (!ref) return std::nullopt;
  const ValueType type = ref->type();
  db.Remove(ref);
  return type;
}

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_OVERWRITE_H_
