#include "kv/commands/list_edit.h"

#include "kv/base/text.h"
#include "kv/types/value_limits.h"

namespace kv {

std::optional<ListEnd> ParseListEnd(std::string_view word) {
  if (EqualsIgnoreCase(word, "left")) return ListEnd::kFront;
  if (EqualsIgnoreCase(word, "right")) return ListEnd::kBack;
  return std::nullopt;
}

void ReplyElements(resp::ReplyWriter& reply, const ListValue& list, size_t index, size_t count,
                   ListEnd towards) {
  reply.Array(count);
  list.Visit(index, count, towards, [&](const ListpackElement& element) {
    ReplyElement(reply, element);
    return true;
  });
}

void ReplyOutermost(resp::ReplyWriter& reply, const ListValue& list, ListEnd end, size_t count) {
  const bool front = end == ListEnd::kFront;
  ReplyElements(reply, list, front ? 0 : list.size() - 1, count,
                front ? ListEnd::kBack : ListEnd::kFront);
}

ListEdit::ListEdit(Context& context, const HashedKey& key)
    : context_(context),
      key_(key),
      ref_(context.db.FindForWrite(key)),
      rules_{.memory = context.store.memory(),
             .limits = context.Owner<ValueLimits>().list,
             .reclaimer = this},
      list_(ListValue::FromBits(0)),
      rejected_(context.RejectUnless(ValueType::kList, ref_)) {
  if (!rejected_ && ref_) list_ = ListOf(ref_);
}

void ListEdit::Reclaim(ListChain detached) {
  context_.store.reclaimer().Drop(ListValue(detached).object());
}

void ListEdit::StoreNew() {
  context_.db.PutObject(key_, ref_, ValueType::kList, list_.object(), kNoDeadline);
}

void ListEdit::Remove() {
  context_.db.Remove(ref_);
  context_.Notify(kEventGeneric, "del", key_.bytes);
}

void PopElements(Context& context, ListEdit& edit, const HashedKey& key, ListEnd end,
                 size_t count) {
  context.Notify(kEventList, PopEvent(end), key.bytes);
  ListValue& list = edit.list();
  if (count == list.size()) return edit.Remove();
  if (count == 1) {
    list.Pop(edit.rules(), end);
    return edit.Store();
  }
  list.Erase(edit.rules(), end == ListEnd::kFront ? 0 : list.size() - count, count);
  edit.Store();
}

}  // namespace kv
