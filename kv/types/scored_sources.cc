#include "kv/types/scored_sources.h"

#include "kv/types/sorted_set_value.h"

namespace kv {

std::unique_ptr<ScoredSource> ScoredSourceOf(ValueType type, ValueObject value) {
  if (type != ValueType::kZset) return nullptr;
  const SortedSetValue set(value);
  if (set.is_small()) return std::make_unique<SmallSortedSetSource>(set.small());
  return std::make_unique<SortedSetSource>(set.large());
}

}  // namespace kv
