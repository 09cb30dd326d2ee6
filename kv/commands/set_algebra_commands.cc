// Union, intersection and difference of sets.
#include <optional>
#include <vector>

#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/set_access.h"
#include "kv/commands/set_commands.h"
#include "kv/commands/store_result.h"
#include "kv/types/hyperloglog.h"
#include "kv/types/set_algebra.h"

namespace kv {
namespace {

using Operation = void (*)(std::span<const SetValue> sets, VisitSetMember visit);

// The sets at args[first] to before args[last]. One that is absent is empty: it is left out, or is
// all there is to say of an intersection.
struct Operands {
  std::vector<SetValue> sets;
  bool first_is_absent = false;
  bool any_is_absent = false;

  bool IsEmptyIn(Operation operation) const {
    if (sets.empty()) return true;
    if (operation == VisitIntersection) return any_is_absent;
    return operation == VisitDifference && first_is_absent;
  }
};

// Nothing after an error reply.
std::optional<Operands> FindOperands(Context& context, size_t first, size_t last) {
  Operands operands;
  for (size_t i = first; i < last; ++i) {
    EntryRef ref = context.db.FindForRead(context.Key(i));
    if (context.RejectUnless(ValueType::kSet, ref)) return std::nullopt;
    ExpireMembersToRead(context, ref);
    if (ref) {
      operands.sets.push_back(SetOf(context, ref));
    } else {
      operands.any_is_absent = true;
      if (i == first) operands.first_is_absent = true;
    }
  }
  return operands;
}

void Reply(Context& context, Operation operation) {
  const std::optional<Operands> operands = FindOperands(context, 1, context.args.size());
  if (!operands) return;
  if (operands->IsEmptyIn(operation)) return context.reply.Set(0);
  const auto deferred = context.reply.BeginDeferred();
  size_t count = 0;
  operation(operands->sets, [&](const ListpackElement& member) {
    ReplyElement(context.reply, member);
    ++count;
    return true;
  });
  context.reply.EndDeferredSet(deferred, count);
}

// The result as a set of its own; nothing if it is empty.
std::optional<SetValue> Compute(Context& context, const Operands& operands, Operation operation) {
  std::optional<SetValue> result;
  if (operands.IsEmptyIn(operation)) return result;
  const SetContext rules = SetContextOf(context);
  operation(operands.sets, [&](const ListpackElement& element) {
    const SetMember member(element);
    if (!result) result = SetValue::Create(rules, member);
    result->Add(rules, member);
    return true;
  });
  return result;
}

void StoreSet(Context& context, Operation operation, std::string_view event) {
  const std::optional<Operands> operands = FindOperands(context, 2, context.args.size());
  if (!operands) return;
  const std::optional<SetValue> result = Compute(context, *operands, operation);
  context.reply.Integer(result ? static_cast<int64_t>(result->size()) : 0);
  if (!result) return StoreResult(context, context.Key(1), std::nullopt);
  StoreResult(context, context.Key(1),
              StoredResult{ValueType::kSet, result->object(), kEventSet, event});
}

// --- counting ---

struct CardinalityRequest {
  Operands operands;
  uint64_t limit = 0;  // 0: none
  bool approximate = false;
};

// Reads `numkeys key ... [APPROX] [LIMIT n]`; nothing after an error reply.
std::optional<CardinalityRequest> ParseCardinality(Context& context, bool may_approximate) {
  const ArgSpan args = context.args;
  const auto fail = [&](std::string_view error) -> std::optional<CardinalityRequest> {
    context.Fail(error);
    return std::nullopt;
  };
  const std::optional<int64_t> keys = ParseInt64(args[1]);
  if (!keys || *keys <= 0) return fail("ERR numkeys should be greater than 0");
  if (static_cast<uint64_t>(*keys) > args.size() - 2) {
    return fail("ERR Number of keys can't be greater than number of args");
  }
  const size_t last = 2 + static_cast<size_t>(*keys);
  CardinalityRequest request;
  for (size_t i = last; i < args.size(); ++i) {
    if (may_approximate && EqualsIgnoreCase(args[i], "approx")) {
      request.approximate = true;
    } else if (EqualsIgnoreCase(args[i], "limit") && i + 1 < args.size()) {
      const std::optional<int64_t> limit = ParseInt64(args[++i]);
      if (!limit || *limit < 0) return fail("ERR LIMIT can't be negative");
      request.limit = static_cast<uint64_t>(*limit);
    } else {
      return fail(kSyntaxError);
    }
  }
  std::optional<Operands> operands = FindOperands(context, 2, last);
  if (!operands) return std::nullopt;
  request.operands = std::move(*operands);
  return request;
}

uint64_t Limited(uint64_t count, uint64_t limit) {
  return limit > 0 && count > limit ? limit : count;
}

// The number of members in at least one set, by a HyperLogLog of all of them.
uint64_t ApproximateUnion(const Operands& operands) {
  std::string sketch = hyperloglog::Empty();
  hyperloglog::MakeDense(&sketch);
  ListpackElement::Buffer buffer;
  for (const SetValue& set : operands.sets) {
    set.ForEach([&](const ListpackElement& member) {
      hyperloglog::AddDense(sketch.data(), member.Text(buffer));
    });
  }
  return hyperloglog::Estimate(sketch).value_or(0);
}

void Count(Context& context, Operation operation, bool may_approximate = false) {
  const std::optional<CardinalityRequest> request = ParseCardinality(context, may_approximate);
  if (!request) return;
  uint64_t count = 0;
  if (request->approximate) {
    count = Limited(ApproximateUnion(request->operands), request->limit);
  } else if (!request->operands.IsEmptyIn(operation)) {
    operation(request->operands.sets,
              [&](const ListpackElement&) { return ++count != request->limit; });
  }
  context.reply.Integer(static_cast<int64_t>(count));
}

}  // namespace

void SdiffCommand(Context& context) {
  Reply(context, VisitDifference);
}
void SinterCommand(Context& context) {
  Reply(context, VisitIntersection);
}
void SunionCommand(Context& context) {
  Reply(context, VisitUnion);
}

void SdiffstoreCommand(Context& context) {
  StoreSet(context, VisitDifference, "sdiffstore");
}
void SinterstoreCommand(Context& context) {
  StoreSet(context, VisitIntersection, "sinterstore");
}
void SunionstoreCommand(Context& context) {
  StoreSet(context, VisitUnion, "sunionstore");
}

void SdiffcardCommand(Context& context) {
  Count(context, VisitDifference);
}
void SintercardCommand(Context& context) {
  Count(context, VisitIntersection);
}
void SunioncardCommand(Context& context) {
  Count(context, VisitUnion, /*may_approximate=*/true);
}

}  // namespace kv
