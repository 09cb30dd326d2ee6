#include "kv/types/set_algebra.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace kv {
namespace {

using Mask = SetMemberBlock::Mask;

// From how many sets on their union remembers what it saw, since looking each member up in all
// sets before its own costs more.
constexpr size_t kManySets = 5;

// Visits those members of `set` that `select` picks: it is given a block of them and returns the
// mask of those to visit. Returns false if the visitor has enough.
template <class Select>
bool VisitSelected(const SetValue& set, Select select, VisitSetMember visit) {
  SetMemberBlock block;
  const auto visit_block = [&] {
    for (Mask selected = select(block); selected != 0; selected &= selected - 1) {
      if (!visit(block.element(std::countr_zero(selected)))) return false;
    }
    block.Clear();
    return true;
  };
  bool more = true;
  set.ForEachWhile([&](const ListpackElement& member) {
    block.Add(member);
    if (block.full()) more = visit_block();
    return more;
  });
  return more && visit_block();
}

Mask InAll(std::span<const SetValue> sets, const SetMemberBlock& block) {
  Mask left = block.all();
  for (const SetValue& set : sets) {
    if (left == 0) break;
    left = set.Contains(block, left);
  }
  return left;
}

Mask InNone(std::span<const SetValue> sets, const SetMemberBlock& block) {
  Mask left = block.all();
  for (const SetValue& set : sets) {
    if (left == 0) break;
    left &= ~set.Contains(block, left);
  }
  return left;
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

void VisitUnionOfMany(std::span<const SetValue> sets, VisitSetMember visit) {
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

// The sets in the order of their sizes.
template <class Compare>
std::vector<SetValue> Sorted(std::span<const SetValue> sets, Compare compare) {
  std::vector<SetValue> sorted(sets.begin(), sets.end());
  std::ranges::sort(sorted, compare, &SetValue::size);
  return sorted;
}

}  // namespace

void VisitUnion(std::span<const SetValue> sets, VisitSetMember visit) {
  if (sets.size() >= kManySets) return VisitUnionOfMany(sets, visit);
  // The members of the largest one need not be looked up.
  const std::vector<SetValue> descending = Sorted(sets, std::greater());
  for (size_t i = 0; i < descending.size(); ++i) {
    const std::span<const SetValue> before = std::span(descending).first(i);
    const auto is_new = [&](const SetMemberBlock& block) { return InNone(before, block); };
    if (!VisitSelected(descending[i], is_new, visit)) return;
  }
}

void VisitIntersection(std::span<const SetValue> sets, VisitSetMember visit) {
  if (sets.empty()) return;
  const std::vector<SetValue> ascending = Sorted(sets, std::less());
  const std::span<const SetValue> others = std::span(ascending).subspan(1);
  VisitSelected(
      ascending.front(), [&](const SetMemberBlock& block) { return InAll(others, block); }, visit);
}

void VisitDifference(std::span<const SetValue> sets, VisitSetMember visit) {
  if (sets.empty()) return;
  // The larger ones most likely have a member.
  const std::vector<SetValue> others = Sorted(sets.subspan(1), std::greater());
  VisitSelected(
      sets.front(), [&](const SetMemberBlock& block) { return InNone(others, block); }, visit);
}

}  // namespace kv
