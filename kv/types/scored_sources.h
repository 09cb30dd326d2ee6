// The inputs of the set operations on sorted sets, by how values are laid out.
#ifndef SOLOKV_KV_TYPES_SCORED_SOURCES_H_
#define SOLOKV_KV_TYPES_SCORED_SOURCES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "kv/types/sorted_set_algebra.h"
#include "kv/types/value.h"

namespace kv {

// A value as an input of Union and the like; it must outlive the source. Members of a set count 1;
// members with a deadline up to `hidden_until` do not count. Null if a value of this type cannot be
// an input.
std::unique_ptr<ScoredSource> ScoredSourceOf(ValueType type, ValueObject value,
                                             int64_t hidden_until);

// An input without members.
class EmptySource final : public ScoredSource {
 public:
  size_t size() const override { return 0; }
  void ForEachWhile(VisitWhile) const override {}
  std::optional<double> Score(std::string_view, uint64_t) const override { return std::nullopt; }
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_SCORED_SOURCES_H_
