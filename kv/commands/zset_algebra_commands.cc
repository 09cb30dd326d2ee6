// Unions, intersections and differences of sorted sets and of sets.
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/set_access.h"
#include "kv/commands/zset_access.h"
#include "kv/commands/zset_commands.h"
#include "kv/types/scored_sources.h"
#include "kv/types/sorted_set_algebra.h"

namespace kv {
namespace {

enum class Operation { kUnion, kIntersection, kDifference };

// The inputs of one call, and what is to be done with them.
struct Inputs {
  std::vector<std::unique_ptr<ScoredSource>> sources;
  std::vector<double> weights;
  Aggregate aggregate = Aggregate::kSum;
  bool with_scores = false;
  size_t limit = std::numeric_limits<size_t>::max();

  std::vector<WeightedSource> Weighted() const {
    std::vector<WeightedSource> weighted;
    for (size_t i = 0; i < sources.size(); ++i) {
      weighted.push_back({sources[i].get(), weights.empty() ? 1 : weights[i]});
    }
    return weighted;
  }
  std::vector<const ScoredSource*> Plain() const {
    std::vector<const ScoredSource*> plain;
    for (const auto& source : sources) plain.push_back(source.get());
    return plain;
  }
};

// The options that a command has.
struct AlgebraGrammar {
  bool weights = false;      // WEIGHTS and AGGREGATE
  bool with_scores = false;  // WITHSCORES
  bool limit = false;        // LIMIT
};

bool FailSyntax(Context& context) {
  context.Fail(kSyntaxError);
  return false;
}

// The value of a key as an input; null after an error reply.
std::unique_ptr<ScoredSource> ReadSource(Context& context, size_t index) {
  EntryRef ref = context.db.FindForRead(context.Key(index));
  ExpireMembersToRead(context, ref);
  if (!ref) return std::make_unique<EmptySource>();
  std::unique_ptr<ScoredSource> source;
  if (IsObject(ref->encoding())) {
    source = ScoredSourceOf(ref->type(), {ref->encoding(), ref->object()},
                            context.store.context().hidden_until());
  }
  if (source == nullptr) context.Fail(kWrongType);
  return source;
}

bool ParseWeights(Context& context, size_t first, Inputs* inputs) {
  inputs->weights.clear();
  for (size_t i = 0; i < inputs->sources.size(); ++i) {
    const std::optional<double> weight = ParseDouble(context.args[first + i]);
    if (!weight) {
      context.Fail("ERR weight value is not a float");
      return false;
    }
    inputs->weights.push_back(*weight);
  }
  return true;
}

std::optional<Aggregate> ParseAggregate(std::string_view word) {
  if (EqualsIgnoreCase(word, "sum")) return Aggregate::kSum;
  if (EqualsIgnoreCase(word, "min")) return Aggregate::kMin;
  if (EqualsIgnoreCase(word, "max")) return Aggregate::kMax;
  if (EqualsIgnoreCase(word, "count")) return Aggregate::kCount;
  return std::nullopt;
}

bool ParseLimit(Context& context, std::string_view text, Inputs* inputs) {
  const std::optional<int64_t> limit = ParseInt64(text);
  if (!limit || *limit < 0) {
    context.Fail("ERR LIMIT can't be negative");
    return false;
  }
  if (*limit > 0) inputs->limit = static_cast<size_t>(*limit);
  return true;
}

// Reads the options from args[first] on; false after an error reply.
bool ParseAlgebraOptions(Context& context, size_t first, const AlgebraGrammar& grammar,
                         Inputs* inputs) {
  const ArgSpan args = context.args;
  for (size_t i = first; i < args.size(); ++i) {
    const size_t left = args.size() - i - 1;
    if (grammar.weights && left >= inputs->sources.size() && EqualsIgnoreCase(args[i], "weights")) {
      if (!ParseWeights(context, i + 1, inputs)) return false;
      i += inputs->sources.size();
    } else if (grammar.weights && left >= 1 && EqualsIgnoreCase(args[i], "aggregate")) {
      const std::optional<Aggregate> aggregate = ParseAggregate(args[++i]);
      if (!aggregate) return FailSyntax(context);
      inputs->aggregate = *aggregate;
    } else if (grammar.with_scores && EqualsIgnoreCase(args[i], "withscores")) {
      inputs->with_scores = true;
    } else if (grammar.limit && left >= 1 && EqualsIgnoreCase(args[i], "limit")) {
      if (!ParseLimit(context, args[++i], inputs)) return false;
    } else {
      return FailSyntax(context);
    }
  }
  return true;
}

// Reads `numkeys key ... [options]`, where numkeys is args[at]; false after an error reply. The
// inputs are good until the database changes.
bool ReadInputs(Context& context, size_t at, const AlgebraGrammar& grammar, Inputs* inputs) {
  int64_t keys;
  if (!context.ParseInteger(at, &keys)) return false;
  if (keys < 1) {
    context.Fail(absl::StrCat("ERR at least 1 input key is needed for '", context.command.full_name,
                              "' command"));
    return false;
  }
  if (static_cast<uint64_t>(keys) > context.args.size() - at - 1) return FailSyntax(context);
  const size_t last = at + 1 + static_cast<size_t>(keys);
  for (size_t i = at + 1; i < last; ++i) {
    inputs->sources.push_back(ReadSource(context, i));
    if (inputs->sources.back() == nullptr) return false;
  }
  return ParseAlgebraOptions(context, last, grammar, inputs);
}

SortedSet* Compute(Context& context, Operation operation, const Inputs& inputs) {
  SlabMemory& memory = context.store.memory();
  const HashKey& hash_key = context.store.context().hash_key;
  switch (operation) {
    case Operation::kUnion:
      return Union(memory, hash_key, inputs.Weighted(), inputs.aggregate);
    case Operation::kIntersection:
      return Intersection(memory, hash_key, inputs.Weighted(), inputs.aggregate);
    case Operation::kDifference:
      break;
  }
  return Difference(memory, hash_key, inputs.Plain());
}

void ReplyResult(Context& context, Operation operation) {
  const AlgebraGrammar grammar = {.weights = operation != Operation::kDifference,
                                  .with_scores = true};
  Inputs inputs;
  if (!ReadInputs(context, 1, grammar, &inputs)) return;
  const ValueObject result = {Encoding::kSortedSet, Compute(context, operation, inputs)};
  const SortedSetValue set(result);
  ReplyRange(context.reply, FormOf(context.reply, inputs.with_scores), set, {0, set.size()},
             RankOrder::kAscending);
  context.store.reclaimer().Drop(result);
}

void StoreCombined(Context& context, Operation operation, std::string_view event) {
  const AlgebraGrammar grammar = {.weights = operation != Operation::kDifference};
  Inputs inputs;
  if (!ReadInputs(context, 2, grammar, &inputs)) return;
  const SortedSetContext rules = ZsetRules(context);
  const auto result = SortedSetValue::Adopt(rules, Compute(context, operation, inputs));
  StoreZset(context, context.Key(1), result, event);
}

}  // namespace

void ZunionCommand(Context& context) {
  ReplyResult(context, Operation::kUnion);
}

void ZinterCommand(Context& context) {
  ReplyResult(context, Operation::kIntersection);
}

void ZdiffCommand(Context& context) {
  ReplyResult(context, Operation::kDifference);
}

void ZunionstoreCommand(Context& context) {
  StoreCombined(context, Operation::kUnion, "zunionstore");
}

void ZinterstoreCommand(Context& context) {
  StoreCombined(context, Operation::kIntersection, "zinterstore");
}

void ZdiffstoreCommand(Context& context) {
  StoreCombined(context, Operation::kDifference, "zdiffstore");
}

void ZintercardCommand(Context& context) {
  Inputs inputs;
  if (!ReadInputs(context, 1, {.limit = true}, &inputs)) return;
  const size_t size =
      IntersectionSize(context.store.context().hash_key, inputs.Plain(), inputs.limit);
  context.reply.Integer(static_cast<int64_t>(size));
}

}  // namespace kv
