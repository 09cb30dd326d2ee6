#include "kv/commands/sort_pattern.h"

#include "kv/commands/hash_access.h"

namespace kv {
namespace {

std::optional<std::string> FieldOf(Context& context, EntryRef& ref, std::string_view name) {
  if (ref->type() != ValueType::kHash) return std::nullopt;
  if (context.db.NextElementDeadline(ref) <= context.now()) [[unlikely]] {
    context.db.ExpireElements(ref, SIZE_MAX);
    if (!ref) return std::nullopt;
  }
  const std::optional<ListpackElement> value = HashOf(context, ref).Get(name);
  if (!value) return std::nullopt;
  ListpackElement::Buffer buffer;
  return std::string(value->Text(buffer));
}

}  // namespace

SortPattern::SortPattern(std::string_view text) : is_element_(text == "#") {
  constexpr std::string_view kArrow = "->";
  const size_t asterisk = text.find('*');
  if (asterisk == std::string_view::npos) return;
  has_asterisk_ = true;
  prefix_ = text.substr(0, asterisk);
  suffix_ = text.substr(asterisk + 1);
  const size_t arrow = suffix_.find(kArrow);
  if (arrow == std::string_view::npos || arrow + kArrow.size() == suffix_.size()) return;
  field_ = suffix_.substr(arrow + kArrow.size());
  suffix_ = suffix_.substr(0, arrow);
}

std::optional<std::string> SortPattern::Find(Context& context, std::string_view element) const {
  if (is_element_) return std::string(element);
  if (!has_asterisk_) return std::nullopt;
  std::string key(prefix_);
  key.append(element).append(suffix_);
  EntryRef ref = context.db.FindForRead(context.db.Hash(key));
  if (!ref) return std::nullopt;
  if (!field_.empty()) return FieldOf(context, ref, field_);
  if (ref->type() != ValueType::kString) return std::nullopt;
  return std::string(ref->string().view());
}

}  // namespace kv
