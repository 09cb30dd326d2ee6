// How the hash commands get at the hash of a key, and store it back.
#ifndef SOLOKV_KV_COMMANDS_HASH_ACCESS_H_
#define SOLOKV_KV_COMMANDS_HASH_ACCESS_H_

#include <optional>

#include "kv/command/context.h"
#include "kv/commands/reply_element.h"
#include "kv/types/hash_value.h"

namespace kv {

inline HashContext HashContextOf(Context& context) {
  StoreContext& store = context.store.context();
  return {store.memory, store.hash_key, context.Owner<ValueLimits>().hash, store.now};
}

// Precondition: ref refers to a hash.
inline HashValue HashOf(Context& context, const EntryRef& ref) {
  return HashValue({ref->encoding(), ref->object()}, context.store.context().hidden_until());
}

// The hash of a key that a command changes, made if it is absent.
//
//     EditedHash hash(context, key, ref);
//     hash.value().Set(hash.context(), ...);
//     const bool stays = hash.Store();
//
// No other key may be looked up before Store, or Abandon, which has to come.
class EditedHash {
 public:
  // `ref` is what a Find of `key` returned, possibly nothing; it has to outlive this.
  EditedHash(Context& context, const HashedKey& key, EntryRef& ref)
      : command_(context),
        context_(HashContextOf(context)),
        key_(key),
        ref_(ref),
        deadline_before_(context.db.NextElementDeadline(ref)),
        value_(ref ? HashOf(context, ref) : HashValue(HashValue::Create(context_.memory))) {}
  EditedHash(const EditedHash&) = delete;
  EditedHash& operator=(const EditedHash&) = delete;

  const HashContext& context() const { return context_; }
  HashValue& value() { return value_; }

  // Removes those of args[first], args[first + step], ... whose deadline has come, as the store
  // would have done soon.
  void ExpireFields(size_t first, size_t step = 1) {
    if (deadline_before_ <= context_.now) [[unlikely]]
      ExpireDueFields(first, step);
  }

  // Makes the hash the value of the key; an empty one vanishes. Returns whether there is a hash.
  bool Store();
  // Instead of Store, if the key was absent and is to stay so.
  void Abandon() { value_.Free(context_.memory); }
  // The same, and raises "del" if the hash vanishes.
  void StoreOrVanish();

 private:
  void ExpireDueFields(size_t first, size_t step);

  Context& command_;
  HashContext context_;
  const HashedKey& key_;
  EntryRef& ref_;
  int64_t deadline_before_;
  HashValue value_;
};

// For commands that read the fields args[first], ...: removes those whose deadline has come. `ref`
// is what a Find of `key` returned, and may be empty afterwards.
void ExpireFieldsOf(Context& context, const HashedKey& key, EntryRef& ref, size_t first);

inline void ReplyValue(resp::ReplyWriter& reply, const std::optional<ListpackElement>& value) {
  if (!value) return reply.NullBulk();
  ReplyElement(reply, *value);
}

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_HASH_ACCESS_H_
