#include "kv/types/scored_sources.h"

#include "kv/types/set_value.h"
#include "kv/types/sorted_set_value.h"

namespace kv {
namespace {

class SetSource final : public ScoredSource {
 public:
  explicit SetSource(SetValue set) : set_(set) {}
  size_t size() const override { return set_.visible_size(); }
  void ForEachWhile(VisitWhile visit) const override {
    ListpackElement::Buffer buffer;
    set_.ForEachWhile([&](const ListpackElement& member) { return visit(member.Text(buffer), 1); });
  }
  std::optional<double> Score(std::string_view member, uint64_t) const override {
    if (!set_.Contains(SetMember(member))) return std::nullopt;
    return 1;
  }

 private:
  SetValue set_;
};

// A sorted set of which members are hidden.
class PartlyHiddenSource final : public ScoredSource {
 public:
  PartlyHiddenSource(SortedSetValue set, int64_t hidden_until)
      : set_(set), hidden_until_(hidden_until) {}
  size_t size() const override { return set_.VisibleSize(hidden_until_); }
  void ForEachWhile(VisitWhile visit) const override {
    set_.ForEachWhile({0, set_.size()}, RankOrder::kAscending,
                      [&](std::string_view member, double score) {
                        return set_.IsHidden(member, hidden_until_) || visit(member, score);
                      });
  }
  std::optional<double> Score(std::string_view member, uint64_t) const override {
    return set_.IsHidden(member, hidden_until_) ? std::nullopt : set_.Score(member);
  }

 private:
  SortedSetValue set_;
  int64_t hidden_until_;
};

}  // namespace

std::unique_ptr<ScoredSource> ScoredSourceOf(ValueType type, ValueObject value,
                                             int64_t hidden_until) {
  if (type == ValueType::kSet) return std::make_unique<SetSource>(SetValue(value, hidden_until));
  if (type != ValueType::kZset) return nullptr;
  const SortedSetValue set(value);
  if (set.is_small()) return std::make_unique<SmallSortedSetSource>(set.small());
  if (set.large().NextDeadline() <= hidden_until) {
    return std::make_unique<PartlyHiddenSource>(set, hidden_until);
  }
  return std::make_unique<SortedSetSource>(set.large());
}

}  // namespace kv
