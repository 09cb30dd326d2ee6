// How the set commands get at the set of a key, and store it back.
#ifndef SOLOKV_KV_COMMANDS_SET_ACCESS_H_
#define SOLOKV_KV_COMMANDS_SET_ACCESS_H_

#include "kv/command/context.h"
#include "kv/commands/reply_element.h"
#include "kv/types/set_value.h"

namespace kv {

inline SetContext SetContextOf(Context& context) {
  StoreContext& store = context.store.context();
  const auto& limits = context.Owner<ValueLimits>();
  return {store.memory, store.hash_key, limits.set, limits.set_max_intset_entries, store.now};
}

// Precondition: ref refers to a set.
inline SetValue SetOf(const Context& context, const EntryRef& ref) {
  return SetValue({ref->encoding(), ref->object()}, context.store.context().hidden_until());
}

// Before a command changes members it does not name: removes those whose deadline has come. `ref`
// may be empty afterwards.
inline void ExpireMembers(Context& context, EntryRef& ref) {
  if (context.db.NextElementDeadline(ref) <= context.now()) [[unlikely]]
    context.db.ExpireElements(ref, SIZE_MAX);
}
// The same before a command reads members: where expiry only hides, they stay. An effect that
// depends on what is read comes behind their deletion.
inline void ExpireMembersToRead(Context& context, EntryRef& ref) {
  if (context.store.context().expiry == ExpiryPolicy::kDelete) ExpireMembers(context, ref);
}

// Makes `set`, which was that of `ref` and has changed, the value of its key; an empty one
// vanishes, and raises "del".
inline void StoreChangedSet(Context& context, const HashedKey& key, EntryRef& ref,
                            const SetValue& set) {
  context.db.SetObject(ref, set.object());
  if (!set.empty()) [[likely]]
    return;
  context.db.Remove(ref);
  context.Notify(kEventGeneric, "del", key.bytes);
}

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_SET_ACCESS_H_
