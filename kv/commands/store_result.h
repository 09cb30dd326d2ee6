// Storing what a command computed from other keys, in place of whatever a key held: the *STORE
// commands, SORT with STORE, BITOP.
#ifndef SOLOKV_KV_COMMANDS_STORE_RESULT_H_
#define SOLOKV_KV_COMMANDS_STORE_RESULT_H_

#include <optional>
#include <string_view>

#include "kv/command/context.h"

namespace kv {

// An object, which the database takes over, and what its key is told to have become.
struct StoredResult {
  ValueType type;
  ValueObject object;
  KeyEventClass event_class;
  std::string_view event;
};

// Makes `result` the value of `key`, without a deadline; or, if it is empty, as there is nothing,
// removes the key. Raises the events and states the command as it was given. Replies nothing.
void StoreResult(Context& context, const HashedKey& key, const std::optional<StoredResult>& result);
// The second half of it, for what is stored otherwise. `ref` is what was found under `key`.
void StoreNothing(Context& context, const HashedKey& key, EntryRef& ref);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_STORE_RESULT_H_
