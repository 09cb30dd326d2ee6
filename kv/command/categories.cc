#include "kv/command/categories.h"

#include "kv/base/text.h"

namespace kv {

uint32_t FindCategory(std::string_view name) {
  for (const NamedBit& category : kCategoryNames) {
    if (EqualsIgnoreCase(category.name, name)) return static_cast<uint32_t>(category.bit);
  }
  return 0;
}

uint32_t CategoriesOf(const CommandSpec& spec) {
  uint32_t categories = spec.acl_categories;
  if ((spec.flags & kWrite) != 0) categories |= kAclWrite;
  // Commands of scripting groups read by their flags alone, not by category.
  if ((spec.flags & kReadonly) != 0 && spec.group != CommandGroup::kScripting) {
    categories |= kAclRead;
  }
  if ((spec.flags & kAdmin) != 0) categories |= kAclAdmin | kAclDangerous;
  if ((spec.flags & kPubsub) != 0) categories |= kAclPubsub;
  if ((spec.flags & kBlocking) != 0) categories |= kAclBlocking;
  return categories | ((spec.flags & kFast) != 0 ? kAclFast : kAclSlow);
}

}  // namespace kv
