#include "kv/types/set_algebra.h"

#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace kv {
namespace {

bool AllContain(std::span<const SetValue> sets, const ListpackElement& element) {
  const SetMember member(element);
  return std::all_of(sets.begin(), sets.end(),
                     [&](const SetValue& set) { return set.Contains(member); });
}

bool AnyContains(std::span<const SetValue> sets, const ListpackElement& element) {
  const SetMember member(element);
  return std::any_of(sets.begin(), sets.end(),
                     [&](const SetValue& set) { return set.Contains(member); });
}

// What was seen: integers by their value, as they have different forms in different sets.
class SeenMembers {
 public:
  // Returns whether it is new.
  bool Add(const ListpackElement& element) {
    const SetMember member(element);
    return member.is_integer() ? integers_.insert(member.integer()).second
                               : texts_.insert(element.string()).second;
  }

 private:
  absl::flat_hash_set<int64_t> integers_;
  absl::flat_hash_set<std::string_view> texts_;
};

}  // namespace

void VisitUnion(std::span<const SetValue> sets, VisitSetMember visit) {
  SeenMembers seen;
  bool more = true;
  for (const SetValue& set : sets) {
    set.ForEachWhile([&](const ListpackElement& member) {
      if (seen.Add(member)) more = visit(member);
      return more;
    });
    if (!more) return;
  }
}

void VisitIntersection(std::span<const SetValue> sets, VisitSetMember visit) {
  if (sets.empty()) return;
  std::vector<SetValue> ascending(sets.begin(), sets.end());
  std::sort(ascending.begin(), ascending.end(),
            [](const SetValue& a, const SetValue& b) { return a.size() < b.size(); });
  const std::span<const SetValue> others = std::span(ascending).subspan(1);
  ascending.front().ForEachWhile(
      [&](const ListpackElement& member) { return !AllContain(others, member) || visit(member); });
}

void VisitDifference(std::span<const SetValue> sets, VisitSetMember visit) {
  if (sets.empty()) return;
  // The larger ones most likely have a member.
  std::vector<SetValue> others(sets.begin() + 1, sets.end());
  std::sort(others.begin(), others.end(),
            [](const SetValue& a, const SetValue& b) { return a.size() > b.size(); });
  sets.front().ForEachWhile(
      [&](const ListpackElement& member) { return AnyContains(others, member) || visit(member); });
}

}  // namespace kv
