#include "kv/types/set_value.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <span>

#include "kv/base/numbers.h"

namespace kv {
namespace {

// A set of integers is never longer than this as an intset, whatever the settings say.
constexpr int64_t kMaxIntsetEntries = int64_t{1} << 30;

int64_t MaxIntegers(const SetContext& context) {
  return std::min(context.max_intset_entries, kMaxIntsetEntries);
}

size_t TextSize(int64_t integer) {
  char digits[kMaxInt64Chars];
  return FormatInt64(integer, digits);
}

}  // namespace

SetMember::SetMember(std::string_view text) : text_(text) {
  const std::optional<int64_t> number =
      text.size() <= kMaxInt64Chars ? ParseInt64(text) : std::nullopt;
  is_integer_ = number.has_value();
  integer_ = number.value_or(0);
}

SetMember::SetMember(const ListpackElement& element)
    : text_(element.Text(buffer_)),
      integer_(element.is_integer() ? element.integer() : 0),
      is_integer_(element.is_integer()) {
  // The texts of a table may be those of integers.
  if (is_integer_ || text_.size() > kMaxInt64Chars) return;
  if (const std::optional<int64_t> number = ParseInt64(text_)) {
    is_integer_ = true;
    integer_ = *number;
  }
}

SetValue SetValue::Create(const SetContext& context, const SetMember& like, size_t expected) {
  const auto count = static_cast<int64_t>(expected);
  if (like.is_integer() && count <= MaxIntegers(context)) {
    return SetValue({Encoding::kIntset, Intset::Create(context.memory).block()});
  }
  if (count <= context.limits.max_entries) {
    return SetValue({Encoding::kListpack, Listpack::Create(context.memory).block()});
  }
  return SetValue({Encoding::kHashTable, FieldTable::Create(context.memory, context.hash_key)});
}

void SetValue::Free(SlabMemory& memory) {
  if (is_table()) return FieldTable::Free(memory, &table());
  is_intset() ? intset().Free(memory) : listpack().Free(memory);
}

bool SetValue::Contains(const SetMember& member) const {
  if (is_table()) {
    const HashField* const found = table().Find(member.text());
    return found != nullptr && !IsHidden(*found);
  }
  if (is_intset()) return member.is_integer() && intset().Contains(member.integer());
  const Listpack members = listpack();
  return members.Find(members.First(), ListpackNeedle(member.text())) != members.kNone;
}

SetMemberBlock::Mask SetValue::Contains(const SetMemberBlock& block,
                                        SetMemberBlock::Mask among) const {
  SetMemberBlock::Mask contained = 0;
  const auto for_each = [among](auto visit) {
    for (auto left = among; left != 0; left &= left - 1) visit(std::countr_zero(left));
  };
  if (!is_table()) {
    for_each([&](int i) { contained |= SetMemberBlock::Mask{Contains(block[i])} << i; });
    return contained;
  }
  std::array<std::string_view, SetMemberBlock::kSize> texts;
  std::array<const HashField*, SetMemberBlock::kSize> found;
  size_t count = 0;
  for_each([&](int i) { texts[count++] = block[i].text(); });
  table().FindEach(std::span(texts).first(count), found);
  count = 0;
  for_each([&](int i) {
    const HashField* const member = found[count++];
    const bool is_there = member != nullptr && !IsHidden(*member);
    contained |= SetMemberBlock::Mask{is_there} << i;
  });
  return contained;
}

bool SetValue::Add(const SetContext& context, const SetMember& member) {
  if (is_table()) {
    if (table().AddIfAbsent(context.fields(), member.text())) return true;
    if (!hides()) [[likely]]
      return false;
    if (!IsHidden(*table().Find(member.text()))) return false;
    table().Set(context.fields(), member.text(), {}, kNoFieldDeadline);
    return true;
  }
  if (is_intset() && member.is_integer()) {
    Intset integers = intset();
    if (!integers.Add(context.memory, member.integer())) return false;
    set_object(integers);
    if (static_cast<int64_t>(integers.size()) > MaxIntegers(context)) ConvertToTable(context);
    return true;
  }
  if (is_listpack() && Contains(member)) return false;
  if (!FitsListpack(context, member)) {
    ConvertToTable(context);
    table().Add(context.fields(), member.text(), {}, kNoFieldDeadline);
    return true;
  }
  if (is_intset()) ConvertToListpack(context.memory);
  AddToListpack(context.memory, member);
  return true;
}

size_t SetValue::visible_size() const {
  if (!hides()) [[likely]]
    return size();
  size_t visible = 0;
  ForEach([&](const ListpackElement&) { ++visible; });
  return visible;
}

std::optional<int64_t> SetValue::DeadlineOf(const SetMember& member) const {
  if (!Contains(member)) return std::nullopt;
  return is_table() ? table().Find(member.text())->deadline() : kNoFieldDeadline;
}

void SetValue::SetDeadline(const SetContext& context, const SetMember& member, int64_t deadline) {
  if (!is_table()) ConvertToTable(context);
  table().SetDeadline(context.fields(), member.text(), deadline);
}

// Whether the set and one member more may be a listpack.
bool SetValue::FitsListpack(const SetContext& context, const SetMember& more) const {
  const auto max_bytes = static_cast<size_t>(context.limits.max_value);
  if (static_cast<int64_t>(size()) >= context.limits.max_entries) return false;
  if (more.text().size() > max_bytes) return false;
  if (is_listpack()) return listpack().Fits(more.entry().bytes());
  if (empty()) return true;
  return TextSize(intset().Min()) <= max_bytes && TextSize(intset().Max()) <= max_bytes;
}

void SetValue::AddToListpack(SlabMemory& memory, const SetMember& member) {
  Listpack members = listpack();
  members.Append(memory, member.entry());
  set_object(members);
}

void SetValue::ConvertToListpack(SlabMemory& memory) {
  Intset integers = intset();
  Listpack members = Listpack::Create(memory);
  integers.ForEach([&](int64_t integer) { members.Append(memory, integer); });
  integers.Free(memory);
  set_object(members);
}

void SetValue::ConvertToTable(const SetContext& context) {
  FieldTable* const members = FieldTable::Create(context.memory, context.hash_key);
  ListpackElement::Buffer buffer;
  ForEach([&](const ListpackElement& member) {
    members->Add(context.fields(), member.Text(buffer), {}, kNoFieldDeadline);
  });
  Free(context.memory);
  object_ = {Encoding::kHashTable, members};
}

bool SetValue::Remove(SlabMemory& memory, const SetMember& member) {
  if (is_table()) return table().Remove(memory, member.text());
  if (is_intset()) {
    Intset integers = intset();
    if (!member.is_integer() || !integers.Remove(memory, member.integer())) return false;
    set_object(integers);
    return true;
  }
  Listpack members = listpack();
  const auto at = members.Find(members.First(), ListpackNeedle(member.text()));
  if (at == members.kNone) return false;
  members.Erase(memory, at);
  set_object(members);
  return true;
}

ListpackElement SetValue::RandomMember(Random& random) const {
  if (is_table()) return ListpackElement(table().RandomField(random).field());
  const size_t index = random.Uniform(size());
  if (is_intset()) return ListpackElement(intset().At(index));
  return listpack().Get(listpack().Seek(static_cast<int64_t>(index)));
}

}  // namespace kv
