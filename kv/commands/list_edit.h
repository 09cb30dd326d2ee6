// What the commands on lists share: reaching the list of a key, replying with its elements, and
// storing what became of it.
#ifndef SOLOKV_KV_COMMANDS_LIST_EDIT_H_
#define SOLOKV_KV_COMMANDS_LIST_EDIT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kv/command/context.h"
#include "kv/commands/reply_element.h"
#include "kv/types/list_value.h"

namespace kv {

// The list of an entry. Precondition: `ref` refers to one.
inline ListValue ListOf(const EntryRef& ref) {
  return ListValue::FromBits(reinterpret_cast<uintptr_t>(ref->object()));
}

// LEFT or RIGHT.
std::optional<ListEnd> ParseListEnd(std::string_view word);

// Replies with `count` elements from `index` on, towards one end. They exist.
void ReplyElements(resp::ReplyWriter& reply, const ListValue& list, size_t index, size_t count,
                   ListEnd towards);
// The same for the outermost `count` elements at `end`, in the order in which they are popped.
void ReplyOutermost(resp::ReplyWriter& reply, const ListValue& list, ListEnd end, size_t count);

// Changes the list of one key:
//
//     ListEdit edit(context, context.Key(1));
//     if (edit.rejected()) return;
//     if (!edit.exists()) edit.Create();
//     edit.list().Push(edit.rules(), end, text);
//     edit.Store();
//
// While it exists, nothing else may change the database.
class ListEdit final : private ListReclaimer {
 public:
  // Replies with an error, and is rejected, if the key holds something else.
  ListEdit(Context& context, const HashedKey& key);
  ListEdit(const ListEdit&) = delete;
  ListEdit& operator=(const ListEdit&) = delete;

  bool rejected() const { return rejected_; }
  bool exists() const { return static_cast<bool>(ref_); }
  // Begins an empty list, which lives from Store on. Precondition: !exists().
  void Create() { list_ = ListValue::Create(rules_.memory); }

  ListValue& list() { return list_; }
  // What changes of the list need.
  const ListContext& rules() const { return rules_; }

  // Makes the list the value of the key. An empty one goes, and its key with it: "del" is raised.
  void Store() {
    if (!ref_) [[unlikely]]
      return StoreNew();
    context_.db.SetObject(ref_, list_.object());
    if (list_.empty()) [[unlikely]]
      return Remove();
    // Whoever waits for a certain number of elements may have them now.
    context_.store.context().SignalReady(context_.db.index(), key_.bytes);
  }
  // Removes the key with its list as it is.
  void Remove();

 private:
  void StoreNew();
  void Reclaim(ListChain detached) override;

  Context& context_;
  const HashedKey key_;
  EntryRef ref_;
  ListContext rules_;
  ListValue list_;
  bool rejected_;
};

// Takes `count` elements off one end, and raises the events; there are so many.
void PopElements(Context& context, ListEdit& edit, const HashedKey& key, ListEnd end, size_t count);

inline std::string_view PopEvent(ListEnd end) {
  return end == ListEnd::kFront ? "lpop" : "rpop";
}
inline std::string_view PushEvent(ListEnd end) {
  return end == ListEnd::kFront ? "lpush" : "rpush";
}

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_LIST_EDIT_H_
