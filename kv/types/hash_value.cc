#include "kv/types/hash_value.h"

#include <algorithm>

namespace kv {
namespace {

// What an entry of a listpack takes beyond its text at the most, and a deadline.
constexpr size_t kMaxOverhead = 20;

}  // namespace

void HashValue::Free(SlabMemory& memory) {
  is_table() ? FieldTable::Free(memory, &table()) : listpack().Free(memory);
}

// --- Reading -------------------------------------------------------------------------------------

HashValue::Field HashValue::FieldAt(Position position) const {
  const Listpack fields = listpack();
  const Position value = fields.Next(position);
  const int64_t deadline =
      has_deadlines() ? fields.Get(fields.Next(value)).integer() : kNoFieldDeadline;
  return {fields.Get(position), fields.Get(value), deadline};
}

std::optional<HashValue::Field> HashValue::Find(std::string_view name) const {
  std::optional<Field> found;
  if (is_table()) {
    const HashField* const field = table().Find(name);
    if (field == nullptr) return std::nullopt;
    found.emplace(
        Field{ListpackElement(field->field()), ListpackElement(field->value()), field->deadline()});
  } else {
    const Position position = FindInListpack(name);
    if (position == Listpack::kNone) return std::nullopt;
    found.emplace(FieldAt(position));
  }
  if (IsHidden(found->deadline)) return std::nullopt;
  return found;
}

std::optional<ListpackElement> HashValue::Get(std::string_view name) const {
  const std::optional<Field> field = Find(name);
  if (!field) return std::nullopt;
  return field->value;
}

HashValue::Field HashValue::At(size_t index) const {
  return FieldAt(listpack().Seek(static_cast<int64_t>(stride() * index)));
}

// --- Changes -------------------------------------------------------------------------------------

void HashValue::Reserve(const HashContext& context, std::span<const std::string_view> pairs) {
  if (is_table()) return;
  const auto max_value = static_cast<uint64_t>(context.limits.max_value);
  const auto max_entries = static_cast<uint64_t>(context.limits.max_entries);
  size_t bytes = 0;
  bool fits = pairs.size() / kPair <= max_entries;
  for (const std::string_view text : pairs) {
    fits = fits && text.size() <= max_value;
    bytes += text.size() + kMaxOverhead;
  }
  if (!fits || !listpack().Fits(bytes)) ConvertToTable(context);
}

bool HashValue::Set(const HashContext& context, std::string_view name, std::string_view value,
                    int64_t deadline) {
  if (!is_table()) {
    const bool is_new = SetInListpack(context, name, value, deadline);
    if (size() > static_cast<uint64_t>(context.limits.max_entries)) ConvertToTable(context);
    return is_new;
  }
  bool was_hidden = false;
  if (table().expiring() > 0) [[unlikely]] {
    const HashField* const field = table().Find(name);
    was_hidden = field != nullptr && IsHidden(field->deadline());
    if (deadline == kKeepDeadline && field != nullptr && !was_hidden) deadline = field->deadline();
  }
  if (deadline == kKeepDeadline) deadline = kNoFieldDeadline;
  return table().Set(context.fields(), name, value, deadline) || was_hidden;
}

bool HashValue::SetInListpack(const HashContext& context, std::string_view name,
                              std::string_view value, int64_t deadline) {
  if (deadline > kNoFieldDeadline && !has_deadlines()) AddDeadlines(context.memory);
  SlabMemory& memory = context.memory;
  Listpack fields = listpack();
  const Position found = FindInListpack(name);
  bool is_new = found == Listpack::kNone;
  if (is_new) {
    fields.Append(memory, name);
    fields.Append(memory, value);
    if (has_deadlines()) fields.Append(memory, std::max(deadline, kNoFieldDeadline));
  } else {
    if (has_deadlines()) {
      const Position present = fields.Next(fields.Next(found));
      is_new = IsHidden(fields.Get(present).integer());
      if (deadline != kKeepDeadline || is_new) {
        fields.Replace(memory, present, std::max(deadline, kNoFieldDeadline));
      }
    }
    fields.Replace(memory, fields.Next(found), value);
  }
  set_listpack(fields);
  return is_new;
}

void HashValue::SetDeadline(const HashContext& context, std::string_view name, int64_t deadline) {
  if (is_table()) return table().SetDeadline(context.fields(), name, deadline);
  if (!has_deadlines()) AddDeadlines(context.memory);
  Listpack fields = listpack();
  const Position value = fields.Next(FindInListpack(name));
  fields.Replace(context.memory, fields.Next(value), deadline);
  set_listpack(fields);
}

bool HashValue::Remove(SlabMemory& memory, std::string_view name) {
  if (is_table()) return table().Remove(memory, name);
  const Position found = FindInListpack(name);
  if (found == Listpack::kNone) return false;
  Listpack fields = listpack();
  fields.Erase(memory, found, stride());
  set_listpack(fields);
  return true;
}

// --- Deadlines -----------------------------------------------------------------------------------

int64_t HashValue::NextDeadline() const {
  if (is_table()) return table().NextDeadline();
  int64_t next = std::numeric_limits<int64_t>::max();
  if (!has_deadlines()) return next;
  const Listpack fields = listpack();
  for (Position name = fields.First(); name != Listpack::kNone;) {
    const Position last = fields.Next(fields.Next(name));
    const int64_t deadline = fields.Get(last).integer();
    if (deadline != kNoFieldDeadline) next = std::min(next, deadline);
    name = fields.Next(last);
  }
  return next;
}

size_t HashValue::Expire(SlabMemory& memory, int64_t now, size_t budget, VisitExpired visit) {
  if (is_table()) return table().FireDue(memory, now, budget, visit);
  return has_deadlines() ? ExpireInListpack(memory, now, visit) : 0;
}

size_t HashValue::ExpireInListpack(SlabMemory& memory, int64_t now, VisitExpired visit) {
  Listpack fields = listpack();
  size_t removed = 0;
  for (Position name = fields.First(); name != Listpack::kNone;) {
    const Position last = fields.Next(fields.Next(name));
    const int64_t deadline = fields.Get(last).integer();
    if (deadline == kNoFieldDeadline || deadline > now) {
      name = fields.Next(last);
      continue;
    }
    ListpackElement::Buffer buffer;
    visit(fields.Get(name).Text(buffer), deadline);
    name = fields.Erase(memory, name, kTriple);
    ++removed;
  }
  set_listpack(fields);
  return 1 + removed;
}

// --- Conversions ---------------------------------------------------------------------------------

void HashValue::AddDeadlines(SlabMemory& memory) {
  Listpack pairs = listpack();
  Listpack triples = Listpack::Create(memory);
  for (Position name = pairs.First(); name != Listpack::kNone;) {
    const Position value = pairs.Next(name);
    for (const Position position : {name, value}) {
      ListpackElement::Buffer buffer;
      triples.Append(memory, pairs.Get(position).Text(buffer));
    }
    triples.Append(memory, kNoFieldDeadline);
    name = pairs.Next(value);
  }
  pairs.Free(memory);
  object_ = {Encoding::kListpackEx, triples.block()};
}

void HashValue::ConvertToTable(const HashContext& context) {
  FieldTable* const table = FieldTable::Create(context.memory, context.hash_key);
  const auto add = [&](const ListpackElement& name, const ListpackElement& value,
                       int64_t deadline) {
    ListpackElement::Buffer name_buffer;
    ListpackElement::Buffer value_buffer;
    table->Add(context.fields(), name.Text(name_buffer), value.Text(value_buffer), deadline);
  };
  HashValue(object_).ForEachWithDeadline(add);
  listpack().Free(context.memory);
  object_ = {Encoding::kHashTable, table};
}

}  // namespace kv
