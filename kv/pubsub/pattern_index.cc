#include "kv/pubsub/pattern_index.h"

#include <cstring>
#include <new>

namespace kv {

std::string_view PatternIndex::LiteralPrefix(std::string_view pattern) {
  return pattern.substr(0, kMaxPrefix).substr(0, pattern.find_first_of("*?[\\"));
}

PatternGroup* PatternIndex::CreateGroup(std::string_view prefix, uint64_t hash) {
  void* const block = memory_.Allocate(AlignedSize(sizeof(PatternGroup) + prefix.size()));
  auto* const group = new (block) PatternGroup();
  group->hash = hash;
  group->prefix_size = prefix.size();
  std::memcpy(static_cast<void*>(group + 1), prefix.data(), prefix.size());
  groups_.Insert(group, hash);
  lengths_.set(prefix.size());
  ++groups_of_length_[prefix.size()];
  return group;
}

void PatternIndex::Add(Pattern* pattern) {
  const std::string_view prefix = LiteralPrefix(pattern->name());
  const uint64_t hash = Hash(prefix, key_);
  PatternGroup* const found = groups_.Find(prefix, hash);
  pattern->group = found != nullptr ? found : CreateGroup(prefix, hash);
  pattern->group->patterns.PushBack(pattern);
}

void PatternIndex::Remove(Pattern* pattern) {
  PatternGroup* const group = pattern->group;
  group->patterns.Remove(pattern);
  if (!group->patterns.empty()) return;
  const size_t size = group->prefix_size;
  groups_.Erase(groups_.Locate(group->prefix(), group->hash), group->hash);
  memory_.Free(group, AlignedSize(sizeof(PatternGroup) + size));
  if (--groups_of_length_[size] == 0) lengths_.reset(size);
}

}  // namespace kv
