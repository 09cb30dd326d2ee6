#include "kv/commands/store_result.h"

#include "kv/command/overwrite.h"

namespace kv {

void StoreResult(Context& context, const HashedKey& key,
                 const std::optional<StoredResult>& result) {
  EntryRef ref = context.db.FindForWrite(key);
  if (!result) return StoreNothing(context, key, ref);
  NotifyOverwriting(context, key, ref, result->type);
  context.db.PutObject(key, ref, result->type, result->object, kNoDeadline);
  context.Notify(result->event_class, result->event, key.bytes);
  context.effects.AsGiven();
}

void StoreNothing(Context& context, const HashedKey& key, EntryRef& ref) {
  if (!ref) return;
  context.db.Remove(ref);
  context.Notify(kEventGeneric, "del", key.bytes);
  context.effects.AsGiven();
}

}  // namespace kv
