#include "kv/types/list_value.h"

namespace kv {
namespace {

// The position of the element at `index`, kNone behind the last one.
Listpack::Position PositionOf(const Listpack& listpack, size_t index) {
  return listpack.Seek(static_cast<int64_t>(index));
}

void VisitListpack(ListpackView listpack, size_t index, size_t count, ListEnd towards,
                   VisitListElement visit) {
  auto at = listpack.Seek(static_cast<int64_t>(index));
  for (; at != listpack.kNone && count > 0; --count) {
    if (!visit(listpack.Get(at))) return;
    at = towards == ListEnd::kBack ? listpack.Next(at) : listpack.Previous(at);
  }
}

size_t RemoveFromListpack(SlabMemory& memory, Listpack& listpack, const ListpackNeedle& needle,
                          size_t limit, ListEnd from) {
  size_t removed = 0;
  const bool front = from == ListEnd::kFront;
  auto at = front ? listpack.First() : listpack.Last();
  while (at != listpack.kNone && removed < limit) {
    const auto before = listpack.Previous(at);
    if (needle.Equals(listpack.Get(at))) {
      const auto behind = listpack.Erase(memory, at);
      at = front ? behind : before;
      ++removed;
    } else {
      at = front ? listpack.Next(at) : before;
    }
  }
  return removed;
}

// A chain of the same elements; the listpack becomes its node where it can.
ListChain ChainOf(const ListContext& context, Listpack listpack) {
  ListChain chain = ListChain::Create(context);
  const size_t count = listpack.size();
  if (count > 0 && count <= ListNode::kMaxCount && listpack.bytes() <= ListNode::kMaxBytes) {
    chain.AppendNode(context, ListNode::OfListpack(listpack, count, context.epoch));
    return chain;
  }
  ListpackElement::Buffer buffer;
  for (auto at = listpack.First(); at != listpack.kNone; at = listpack.Next(at)) {
    chain.Push(context, ListEnd::kBack, listpack.Get(at).Text(buffer));
  }
  listpack.Free(context.memory);
  return chain;
}

}  // namespace

ListValue ListValue::FromChain(const ListContext& context, ListChain chain) {
  const auto nodes = chain.nodes();
  const bool small = nodes.size() == 1 && !nodes[0].is_plain() &&
                     nodes[0].PlainBytes() <= context.limits.MaxBytes() &&
                     nodes[0].count <= context.limits.MaxCount();
  return small ? ListValue(chain.TakeListpack(context)) : ListValue(chain);
}

ListValue ListValue::Copy(SlabMemory& memory, uint64_t epoch) const {
  if (is_chain()) return ListValue(chain().Copy(memory, epoch));
  return ListValue(Listpack::Copy(memory, listpack().view()));
}

bool ListValue::FreeSome(SlabMemory& memory, size_t budget) {
  if (is_chain()) return chain().FreeSome(memory, budget);
  listpack().Free(memory);
  return false;
}

void ListValue::Reserve(const ListContext& context, size_t count, size_t text_bytes) {
  if (is_chain()) return;
  const Listpack whole = listpack();
  const size_t new_count = whole.size() + count;
  if (new_count <= context.limits.MaxCount() &&
      whole.bytes() + text_bytes <= context.limits.MaxBytes()) {
    return;
  }
  *this = ListValue(ChainOf(context, whole));
}

void ListValue::ShrinkToListpack(const ListContext& context, ListChain changed) {
  *this = ListValue(changed);
  const auto nodes = changed.nodes();
  if (nodes.size() != 1 || nodes[0].is_plain()) return;
  if (nodes[0].PlainBytes() > context.limits.MaxBytes() / 2) return;
  if (nodes[0].count > context.limits.MaxCount() / 2) return;
  *this = ListValue(changed.TakeListpack(context));
}

void ListValue::Push(const ListContext& context, ListEnd end,
                     std::span<const std::string_view> texts) {
  if (!is_chain()) {
    size_t bytes = 0;
    for (const std::string_view text : texts) bytes += text.size();
    Reserve(context, texts.size(), bytes);
  }
  if (is_chain()) {
    ListChain changed = chain();
    changed.Push(context, end, texts);
    *this = ListValue(changed);
    return;
  }
  Listpack changed = listpack();
  for (const std::string_view text : texts) {
    if (end == ListEnd::kBack) {
      changed.Append(context.memory, text);
    } else {
      changed.Prepend(context.memory, text);
    }
  }
  *this = ListValue(changed);
}

ListpackElement ListValue::Outermost(const ListContext& context, ListEnd end) const {
  if (is_chain()) return chain().Outermost(context, end);
  const Listpack whole = listpack();
  return whole.Get(end == ListEnd::kFront ? whole.First() : whole.Last());
}

void ListValue::Pop(const ListContext& context, ListEnd end) {
  if (is_chain()) {
    ListChain changed = chain();
    changed.Pop(context, end);
    return ShrinkToListpack(context, changed);
  }
  Listpack changed = listpack();
  changed.Erase(context.memory, end == ListEnd::kFront ? changed.First() : changed.Last());
  *this = ListValue(changed);
}

void ListValue::Visit(size_t index, size_t count, ListEnd towards, VisitListElement visit) const {
  if (is_chain()) return chain().Visit(index, count, towards, visit);
  VisitListpack(listpack(), index, count, towards, visit);
}

void ListValue::Insert(const ListContext& context, size_t index, std::string_view text) {
  Reserve(context, 1, text.size());
  if (is_chain()) {
    ListChain changed = chain();
    changed.Insert(context, index, text);
    *this = ListValue(changed);
    return;
  }
  Listpack changed = listpack();
  changed.InsertBefore(context.memory, PositionOf(changed, index), text);
  *this = ListValue(changed);
}

void ListValue::Replace(const ListContext& context, size_t index, std::string_view text) {
  Reserve(context, 1, text.size());
  if (is_chain()) {
    ListChain changed = chain();
    changed.Replace(context, index, text);
    return ShrinkToListpack(context, changed);
  }
  Listpack changed = listpack();
  changed.Replace(context.memory, PositionOf(changed, index), text);
  *this = ListValue(changed);
}

void ListValue::Erase(const ListContext& context, size_t index, size_t count) {
  if (count == 0) return;
  if (is_chain()) {
    ListChain changed = chain();
    changed.Erase(context, index, count);
    return ShrinkToListpack(context, changed);
  }
  Listpack changed = listpack();
  changed.Erase(context.memory, PositionOf(changed, index), count);
  *this = ListValue(changed);
}

size_t ListValue::Remove(const ListContext& context, std::string_view text, size_t limit,
                         ListEnd from) {
  if (is_chain()) {
    ListChain changed = chain();
    const size_t removed = changed.Remove(context, text, limit, from);
    ShrinkToListpack(context, changed);
    return removed;
  }
  Listpack changed = listpack();
  const size_t removed =
      RemoveFromListpack(context.memory, changed, ListpackNeedle(text), limit, from);
  *this = ListValue(changed);
  return removed;
}

size_t ListValue::Compact(const ListContext& context, size_t cursor, size_t budget,
                          CompactionCount& count) {
  if (is_chain()) {
    ListChain moved = chain();
    const size_t next = moved.Compact(context, cursor, budget, count);
    *this = ListValue(moved);
    return next;
  }
  Listpack moved = listpack();
  if (count.Count(moved.IsSparse(context.memory))) moved.Relocate(context.memory);
  *this = ListValue(moved);
  return 0;
}

}  // namespace kv
