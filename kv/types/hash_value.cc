#include "kv/types/hash_value.h"

namespace kv {
namespace {

// What an entry of a listpack takes beyond its text at the most.
constexpr size_t kMaxOverhead = 10;

}  // namespace

std::optional<ListpackElement> HashValue::Get(std::string_view field) const {
  if (is_table()) {
    const HashField* const found = table().Find(field);
    if (found == nullptr) return std::nullopt;
    return ListpackElement(found->value());
  }
  const Position found = FindInListpack(field);
  if (found == Listpack::kNone) return std::nullopt;
  return listpack().Get(listpack().Next(found));
}

std::pair<ListpackElement, ListpackElement> HashValue::At(size_t index) const {
  const Listpack pairs = listpack();
  const Position field = pairs.Seek(static_cast<int64_t>(kPair * index));
  return {pairs.Get(field), pairs.Get(pairs.Next(field))};
}

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

bool HashValue::Set(const HashContext& context, std::string_view field, std::string_view value) {
  if (is_table()) return table().Set(context.memory, field, value, kNoFieldDeadline);
  const bool is_new = SetInListpack(context.memory, field, value);
  if (size() > static_cast<uint64_t>(context.limits.max_entries)) ConvertToTable(context);
  return is_new;
}

bool HashValue::SetInListpack(SlabMemory& memory, std::string_view field, std::string_view value) {
  Listpack pairs = listpack();
  const Position found = FindInListpack(field);
  if (found != Listpack::kNone) {
    pairs.Replace(memory, pairs.Next(found), value);
  } else {
    pairs.Append(memory, field);
    pairs.Append(memory, value);
  }
  set_listpack(pairs);
  return found == Listpack::kNone;
}

bool HashValue::Remove(SlabMemory& memory, std::string_view field) {
  if (is_table()) return table().Remove(memory, field);
  const Position found = FindInListpack(field);
  if (found == Listpack::kNone) return false;
  Listpack pairs = listpack();
  pairs.Erase(memory, found, kPair);
  set_listpack(pairs);
  return true;
}

void HashValue::ConvertToTable(const HashContext& context) {
  FieldTable* const table = FieldTable::Create(context.memory, context.hash_key);
  ForEach([&](const ListpackElement& field, const ListpackElement& value) {
    ListpackElement::Buffer field_buffer;
    ListpackElement::Buffer value_buffer;
    table->Add(context.memory, field.Text(field_buffer), value.Text(value_buffer),
               kNoFieldDeadline);
  });
  listpack().Free(context.memory);
  object_ = {Encoding::kHashTable, table};
}

}  // namespace kv
