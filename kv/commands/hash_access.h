// How the hash commands get at the hash of a key, and store it back.
#ifndef SOLOKV_KV_COMMANDS_HASH_ACCESS_H_
#define SOLOKV_KV_COMMANDS_HASH_ACCESS_H_

#include "kv/command/context.h"
#include "kv/commands/reply_element.h"
#include "kv/types/hash_value.h"

namespace kv {

inline HashContext HashContextOf(Context& context) {
  StoreContext& store = context.store.context();
  return {store.memory, store.hash_key, context.Owner<ValueLimits>().hash};
}

// Precondition: ref refers to a hash.
inline HashValue HashOf(const EntryRef& ref) {
  return HashValue({ref->encoding(), ref->object()});
}

// The hash of a key that a command writes to, made if it is absent.
//
//     EditedHash hash(context, key, ref);
//     hash.value().Set(...);
//     hash.Store();
//
// Between the first change and Store, no other key may be looked up.
class EditedHash {
 public:
  // `ref` is what a Find of `key` returned, possibly nothing; it has to outlive this.
  EditedHash(Context& context, const HashedKey& key, EntryRef& ref)
      : context_(context),
        key_(key),
        ref_(ref),
        value_(ref ? HashOf(ref) : HashValue::Create(context.store.memory())) {}
  EditedHash(const EditedHash&) = delete;
  EditedHash& operator=(const EditedHash&) = delete;

  HashValue& value() { return value_; }

  // Makes the hash the value of the key; an empty one vanishes. Returns whether there is a hash.
  bool Store();

 private:
  Context& context_;
  const HashedKey& key_;
  EntryRef& ref_;
  HashValue value_;
};

inline bool EditedHash::Store() {
  if (!ref_) {
    context_.db.PutObject(key_, ref_, ValueType::kHash, value_.object(), kNoDeadline);
    return true;
  }
  context_.db.SetObject(ref_, value_.object());
  if (!value_.empty()) [[likely]]
    return true;
  context_.db.Remove(ref_);
  return false;
}

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_HASH_ACCESS_H_
