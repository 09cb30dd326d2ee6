// Ranges of a sorted set: by rank, by score, by member.
#include <algorithm>
#include <limits>
#include <optional>
#include <variant>

#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/zset_access.h"
#include "kv/commands/zset_commands.h"

namespace kv {
namespace {

enum class RangeBy { kRank, kScore, kMember };

// Ranks as given, both included; negative ones count from the end.
struct GivenRanks {
  int64_t first;
  int64_t last;
};
using Bounds = std::variant<GivenRanks, ScoreRange, MemberRange>;

// Reads the bounds `min` and `max`; nothing after an error reply.
std::optional<Bounds> ParseBounds(Context& context, RangeBy by, std::string_view min,
                                  std::string_view max) {
  if (by == RangeBy::kScore) {
    ScoreRange range;
    if (ParseScoreBound(min, &range.min, &range.min_exclusive) &&
        ParseScoreBound(max, &range.max, &range.max_exclusive)) {
      return range;
    }
    context.Fail("ERR min or max is not a float");
  } else if (by == RangeBy::kMember) {
    const std::optional<MemberBound> low = ParseMemberBound(min);
    const std::optional<MemberBound> high = ParseMemberBound(max);
    if (low && high) return MemberRange{*low, *high};
    context.Fail("ERR min or max not valid string range item");
  } else {
    const std::optional<int64_t> first = ParseInt64(min);
    const std::optional<int64_t> last = ParseInt64(max);
    if (first && last) return GivenRanks{*first, *last};
    context.Fail(kNotAnInteger);
  }
  return std::nullopt;
}

// The ranks [first, last] of `size` members, counted in `order`.
RankRange ResolveRanks(GivenRanks given, size_t size, RankOrder order) {
  const auto end = static_cast<int64_t>(size);
  const int64_t first = std::max<int64_t>(given.first < 0 ? given.first + end : given.first, 0);
  const int64_t last = std::min(given.last < 0 ? given.last + end : given.last, end - 1);
  if (first > last) return {};
  const RankRange range = {static_cast<size_t>(first), static_cast<size_t>(last - first + 1)};
  if (order == RankOrder::kAscending) return range;
  return {size - range.first - range.count, range.count};
}

RankRange ResolveBounds(const Bounds& bounds, const SortedSetValue& set, RankOrder order) {
  if (const auto* ranks = std::get_if<GivenRanks>(&bounds)) {
    return ResolveRanks(*ranks, set.size(), order);
  }
  if (const auto* scores = std::get_if<ScoreRange>(&bounds)) return set.RanksOf(*scores);
  return set.RanksOf(std::get<MemberRange>(bounds));
}

// --- ZRANGE and its kin ---

struct RangeRequest {
  RangeBy by = RangeBy::kRank;
  RankOrder order = RankOrder::kAscending;
  bool with_scores = false;
  bool limited = false;
  int64_t offset = 0;
  int64_t limit = -1;
  Bounds bounds = {};

  RankRange In(const SortedSetValue& set) const {
    const RankRange range = ResolveBounds(bounds, set, order);
    if (!limited || by == RangeBy::kRank) return range;
    if (offset < 0) return {};
    return Limited(range, order, static_cast<size_t>(offset),
                   limit < 0 ? std::numeric_limits<size_t>::max() : static_cast<size_t>(limit));
  }
};

// What a command's name leaves open.
struct RangeGrammar {
  bool any_kind = false;     // BYSCORE and BYLEX
  bool any_order = false;    // REV
  bool with_scores = false;  // WITHSCORES
};

// Reads the options from args[first] on; false after an error reply.
bool ParseRangeOptions(Context& context, size_t first, const RangeGrammar& grammar,
                       RangeRequest* request) {
  const ArgSpan args = context.args;
  for (size_t i = first; i < args.size(); ++i) {
    const bool open_kind = grammar.any_kind && request->by == RangeBy::kRank;
    if (grammar.with_scores && EqualsIgnoreCase(args[i], "withscores")) {
      request->with_scores = true;
    } else if (i + 2 < args.size() && EqualsIgnoreCase(args[i], "limit")) {
      if (!context.ParseInteger(i + 1, &request->offset)) return false;
      if (!context.ParseInteger(i + 2, &request->limit)) return false;
      request->limited = true;
      i += 2;
    } else if (open_kind && EqualsIgnoreCase(args[i], "byscore")) {
      request->by = RangeBy::kScore;
    } else if (open_kind && EqualsIgnoreCase(args[i], "bylex")) {
      request->by = RangeBy::kMember;
    } else if (grammar.any_order && request->order == RankOrder::kAscending &&
               EqualsIgnoreCase(args[i], "rev")) {
      request->order = RankOrder::kDescending;
    } else {
      context.Fail(kSyntaxError);
      return false;
    }
  }
  return true;
}

// Reads `min max [options]`, where args[first] is the first bound; false after an error reply. In
// descending order the higher bound comes first.
bool ParseRange(Context& context, size_t first, const RangeGrammar& grammar,
                RangeRequest* request) {
  if (!ParseRangeOptions(context, first + 2, grammar, request)) return false;
  if (request->limited && request->limit != -1 && request->by == RangeBy::kRank) {
    context.Fail(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    return false;
  }
  if (request->with_scores && request->by == RangeBy::kMember) {
    context.Fail("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    return false;
  }
  size_t min = first;
  size_t max = first + 1;
  if (request->order == RankOrder::kDescending && request->by != RangeBy::kRank) {
    std::swap(min, max);
  }
  const std::optional<Bounds> bounds =
      ParseBounds(context, request->by, context.args[min], context.args[max]);
  if (bounds) request->bounds = *bounds;
  return bounds.has_value();
}

void ReplyRequested(Context& context, RangeGrammar grammar, RangeRequest request) {
  grammar.with_scores = true;
  if (!ParseRange(context, 2, grammar, &request)) return;
  const ZsetReader zset(context, context.Key(1));
  if (zset.rejected()) return;
  if (!zset.exists()) return context.reply.Array(0);
  ReplyRange(context.reply, FormOf(context.reply, request.with_scores), *zset, request.In(*zset),
             request.order);
}

}  // namespace

bool ParseScoreBound(std::string_view text, double* score, bool* exclusive) {
  *exclusive = text.starts_with('(');
  const std::optional<double> number = ParseDouble(text.substr(*exclusive ? 1 : 0));
  if (number) *score = *number;
  return number.has_value();
}

std::optional<MemberBound> ParseMemberBound(std::string_view text) {
  using Kind = MemberBound::Kind;
  if (text == "-") return MemberBound{Kind::kLowest};
  if (text == "+") return MemberBound{Kind::kHighest};
  if (text.starts_with('[')) return MemberBound{Kind::kInclusive, text.substr(1)};
  if (text.starts_with('(')) return MemberBound{Kind::kExclusive, text.substr(1)};
  return std::nullopt;
}

void ZrangeCommand(Context& context) {
  ReplyRequested(context, {.any_kind = true, .any_order = true}, {});
}

void ZrevrangeCommand(Context& context) {
  ReplyRequested(context, {}, {.order = RankOrder::kDescending});
}

void ZrangebyscoreCommand(Context& context) {
  ReplyRequested(context, {}, {.by = RangeBy::kScore});
}

void ZrevrangebyscoreCommand(Context& context) {
  ReplyRequested(context, {}, {.by = RangeBy::kScore, .order = RankOrder::kDescending});
}

void ZrangebylexCommand(Context& context) {
  ReplyRequested(context, {}, {.by = RangeBy::kMember});
}

void ZrevrangebylexCommand(Context& context) {
  ReplyRequested(context, {}, {.by = RangeBy::kMember, .order = RankOrder::kDescending});
}

void ZrangestoreCommand(Context& context) {
  RangeRequest request;
  if (!ParseRange(context, 3, {.any_kind = true, .any_order = true}, &request)) return;
  const SortedSetContext rules = ZsetRules(context);
  SortedSetValue result;
  {
    const ZsetReader source(context, context.Key(2));
    if (source.rejected()) return;
    result = source.exists() ? source->CopyRange(rules, request.In(*source))
                             : SortedSetValue::Create(rules);
  }
  StoreZset(context, context.Key(1), result, "zrangestore");
}

// --- counting and removing ---

namespace {

void CountRange(Context& context, RangeBy by) {
  const std::optional<Bounds> bounds = ParseBounds(context, by, context.args[2], context.args[3]);
  if (!bounds) return;
  const ZsetReader zset(context, context.Key(1));
  if (zset.rejected()) return;
  const size_t count =
      zset.exists() ? ResolveBounds(*bounds, *zset, RankOrder::kAscending).count : 0;
  context.reply.Integer(static_cast<int64_t>(count));
}

void RemoveRange(Context& context, RangeBy by, std::string_view event) {
  const std::optional<Bounds> bounds = ParseBounds(context, by, context.args[2], context.args[3]);
  if (!bounds) return;
  ZsetEdit edit(context, context.Key(1));
  if (edit.rejected()) return;
  RankRange range;
  if (edit.exists()) range = ResolveBounds(*bounds, edit.set(), RankOrder::kAscending);
  if (range.count > 0) {
    edit.RemoveRange(range);
    edit.StoreRest(event);
    context.effects.AsGiven();
  }
  context.reply.Integer(static_cast<int64_t>(range.count));
}

}  // namespace

void ZcountCommand(Context& context) {
  CountRange(context, RangeBy::kScore);
}

void ZlexcountCommand(Context& context) {
  CountRange(context, RangeBy::kMember);
}

void ZremrangebyrankCommand(Context& context) {
  RemoveRange(context, RangeBy::kRank, "zremrangebyrank");
}

void ZremrangebyscoreCommand(Context& context) {
  RemoveRange(context, RangeBy::kScore, "zremrangebyscore");
}

void ZremrangebylexCommand(Context& context) {
  RemoveRange(context, RangeBy::kMember, "zremrangebylex");
}

}  // namespace kv
