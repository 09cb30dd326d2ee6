// One sorted set: adding, removing and looking up members.
#include "kv/commands/zset_commands.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/scan.h"
#include "kv/commands/zset_access.h"
#include "protocol/format_double.h"

namespace kv {
namespace {

// --- ZADD and ZINCRBY ---

struct AddRequest {
  ScoreConditions conditions;
  bool count_changes = false;  // CH
  size_t first_pair = 2;
};

bool ReadAddOption(std::string_view word, AddRequest* request) {
  ScoreConditions& conditions = request->conditions;
  if (EqualsIgnoreCase(word, "nx")) {
    conditions.if_absent = true;
  } else if (EqualsIgnoreCase(word, "xx")) {
    conditions.if_present = true;
  } else if (EqualsIgnoreCase(word, "gt")) {
    conditions.if_greater = true;
  } else if (EqualsIgnoreCase(word, "lt")) {
    conditions.if_less = true;
  } else if (EqualsIgnoreCase(word, "incr")) {
    conditions.increment = true;
  } else if (EqualsIgnoreCase(word, "ch")) {
    request->count_changes = true;
  } else {
    return false;
  }
  return true;
}

// The options end where the first score is. False after an error reply.
bool ParseAdd(Context& context, AddRequest* request) {
  const ArgSpan args = context.args;
  size_t& first = request->first_pair;
  while (first < args.size() && ReadAddOption(args[first], request)) ++first;
  const ScoreConditions& conditions = request->conditions;
  const size_t words = args.size() - first;
  std::string_view error;
  if (words == 0 || words % 2 != 0) {
    error = kSyntaxError;
  } else if (conditions.if_absent && conditions.if_present) {
    error = "ERR XX and NX options at the same time are not compatible";
  } else if (conditions.if_absent + conditions.if_greater + conditions.if_less > 1) {
    error = "ERR GT, LT, and/or NX options at the same time are not compatible";
  } else if (conditions.increment && words > 2) {
    error = "ERR INCR option supports a single increment-element pair";
  }
  if (error.empty()) return true;
  context.Fail(error);
  return false;
}

using Scores = absl::InlinedVector<double, 4>;

// Reads the scores of all pairs; false after an error reply.
bool ParseScores(Context& context, size_t first_pair, Scores* scores) {
  for (size_t i = first_pair; i < context.args.size(); i += 2) {
    const std::optional<double> score = ParseDouble(context.args[i]);
    if (!score) {
      context.Fail(kNotAFloat);
      return false;
    }
    scores->push_back(*score);
  }
  return true;
}

void ReplyToIncrement(Context& context, const ScoreResult& result) {
  if (result.outcome == ScoreOutcome::kNotApplied) return context.reply.NullBulk();
  context.reply.Double(result.score);
}

// Adds what `request` asks for. The pairs begin at its first one.
void Add(Context& context, const AddRequest& request) {
  Scores scores;
  if (!ParseScores(context, request.first_pair, &scores)) return;
  ZsetEdit edit(context, context.Key(1), MemberArgs{request.first_pair + 1, /*step=*/2});
  if (edit.rejected()) return;
  if (!edit.exists()) {
    if (request.conditions.if_present) {
      return request.conditions.increment ? context.reply.NullBulk() : context.reply.Integer(0);
    }
    edit.Create();
  }
  int64_t added = 0;
  int64_t updated = 0;
  bool changed = false;
  ScoreResult result{};
  for (size_t i = 0; i < scores.size(); ++i) {
    const std::string_view member = context.args[request.first_pair + 2 * i + 1];
    result = edit.set().Add(edit.rules(), member, scores[i], request.conditions);
    if (result.outcome == ScoreOutcome::kNotANumber) return context.Fail(kScoreIsNan);
    added += result.outcome == ScoreOutcome::kAdded;
    updated += result.outcome == ScoreOutcome::kUpdated;
    changed = changed || IsChange(result.outcome);
  }
  if (changed) {
    edit.Store();
    context.Notify(kEventZset, request.conditions.increment ? "zincr" : "zadd", context.args[1]);
    context.effects.AsGiven();
  }
  if (request.conditions.increment) return ReplyToIncrement(context, result);
  context.reply.Integer(added + (request.count_changes ? updated : 0));
}

}  // namespace

void ZaddCommand(Context& context) {
  AddRequest request;
  if (ParseAdd(context, &request)) Add(context, request);
}

void ZincrbyCommand(Context& context) {
  AddRequest request;
  request.conditions.increment = true;
  Add(context, request);
}

// --- removing, and looking up ---

void ZremCommand(Context& context) {
  ZsetEdit edit(context, context.Key(1), MemberArgs{2});
  if (edit.rejected()) return;
  int64_t removed = 0;
  if (edit.exists()) {
    for (const std::string_view member : context.args.subspan(2)) {
      if (edit.set().empty()) break;
      removed += edit.set().Remove(edit.rules(), member);
    }
    if (removed > 0) {
      edit.StoreRest("zrem");
      context.effects.AsGiven();
    }
  }
  context.reply.Integer(removed);
}

void ZcardCommand(Context& context) {
  const ZsetLookup zset(context, context.Key(1));
  if (zset.rejected()) return;
  context.reply.Integer(static_cast<int64_t>(zset.size()));
}

void ZscoreCommand(Context& context) {
  const ZsetLookup zset(context, context.Key(1));
  if (zset.rejected()) return;
  const std::optional<double> score = zset.Score(context.args[2]);
  score ? context.reply.Double(*score) : context.reply.NullBulk();
}

void ZmscoreCommand(Context& context) {
  const ZsetLookup zset(context, context.Key(1));
  if (zset.rejected()) return;
  context.reply.Array(context.args.size() - 2);
  for (const std::string_view member : context.args.subspan(2)) {
    const std::optional<double> score = zset.Score(member);
    score ? context.reply.Double(*score) : context.reply.NullBulk();
  }
}

namespace {

void ReplyRank(Context& context, RankOrder order) {
  const bool with_score = context.args.size() == 4;
  if (context.args.size() > 4 || (with_score && !EqualsIgnoreCase(context.args[3], "withscore"))) {
    return context.Fail(kSyntaxError);
  }
  const ZsetReader zset(context, context.Key(1));
  if (zset.rejected()) return;
  const std::optional<ScoredRank> found =
      zset.exists() ? zset->Rank(context.args[2], order) : std::nullopt;
  if (!found) return with_score ? context.reply.NullArray() : context.reply.NullBulk();
  if (with_score) context.reply.Array(2);
  context.reply.Integer(static_cast<int64_t>(found->rank));
  if (with_score) context.reply.Double(found->score);
}

}  // namespace

void ZrankCommand(Context& context) {
  ReplyRank(context, RankOrder::kAscending);
}

void ZrevrankCommand(Context& context) {
  ReplyRank(context, RankOrder::kDescending);
}

void ZscanCommand(Context& context) {
  ScanRequest scan;
  if (!ParseCursor(context, 2, &scan.cursor)) return;
  const ZsetReader zset(context, context.Key(1));
  if (zset.rejected()) return;
  uint64_t next = 0;
  std::vector<std::pair<std::string, double>> members;
  if (zset.exists()) {
    OptionValues options;
    if (!ParseScanOptions(context, 3, static_cast<int>(ZsetOption::kMatch),
                          static_cast<int>(ZsetOption::kCount), &options, &scan)) {
      return;
    }
    int64_t visited = 0;
    next = scan.Run(&visited, [&](uint64_t cursor) {
      return zset->Scan(cursor, [&](std::string_view member, double score) {
        ++visited;
        if (scan.Matches(member)) members.emplace_back(member, score);
      });
    });
  }
  BeginScanReply(context, next, 2 * members.size());
  for (const auto& [member, score] : members) {
    context.reply.Bulk(member);
    context.reply.Bulk(resp::FormatDouble(score));
  }
}

// --- members at random ---

namespace {

void ReplyMemberAt(Context& context, MemberForm form, const SortedSetValue& set, size_t rank) {
  set.ForEach({rank, 1}, RankOrder::kAscending, [&](std::string_view member, double score) {
    ReplyMember(context.reply, form, member, score);
  });
}

// `count` different numbers below `size`, each set of them equally likely, in random order
// (R. Floyd's sample, in J. Bentley: Programming Pearls: A Sample of Brilliance, 1987).
std::vector<size_t> DistinctRanks(Random& random, size_t size, size_t count) {
  absl::flat_hash_set<size_t> taken;
  std::vector<size_t> ranks;
  ranks.reserve(count);
  for (size_t last = size - count; last < size; ++last) {
    const size_t rank = random.Uniform(last + 1);
    ranks.push_back(taken.insert(rank).second ? rank : last);
    taken.insert(ranks.back());
  }
  for (size_t i = count; i > 1; --i) std::swap(ranks[i - 1], ranks[random.Uniform(i)]);
  return ranks;
}

// A positive count asks for so many different members, a negative one for any.
void ReplyRandomMembers(Context& context, const SortedSetValue& set, int64_t count,
                        MemberForm form) {
  const size_t size = set.size();
  if (count < 0) {
    ReplyHeader(context.reply, form, static_cast<size_t>(-count));
    for (; count < 0 && !context.reply.is_in_vain(); ++count) {
      ReplyMemberAt(context, form, set, context.random.Uniform(size));
    }
    return;
  }
  if (static_cast<size_t>(count) >= size) {
    return ReplyRange(context.reply, form, set, {0, size}, RankOrder::kAscending);
  }
  ReplyHeader(context.reply, form, static_cast<size_t>(count));
  for (const size_t rank : DistinctRanks(context.random, size, static_cast<size_t>(count))) {
    ReplyMemberAt(context, form, set, rank);
  }
}

// Reads [count [WITHSCORES]]; false after an error reply.
bool ParseRandomCount(Context& context, int64_t* count, bool* with_scores) {
  if (!context.ParseInteger(2, count)) return false;
  *with_scores = context.args.size() == 4;
  std::string_view error;
  if (*count == INT64_MIN) {
    error =
        "ERR value is out of range, value must between -9223372036854775807 and "
        "9223372036854775807";
  } else if (context.args.size() > 4 ||
             (*with_scores && !EqualsIgnoreCase(context.args[3], "withscores"))) {
    error = kSyntaxError;
  } else if (*with_scores && (*count < -INT64_MAX / 2 || *count > INT64_MAX / 2)) {
    error = "ERR value is out of range";
  }
  if (error.empty()) return true;
  context.Fail(error);
  return false;
}

}  // namespace

void ZrandmemberCommand(Context& context) {
  if (context.args.size() == 2) {
    const ZsetReader zset(context, context.Key(1));
    if (zset.rejected()) return;
    if (!zset.exists()) return context.reply.NullBulk();
    return ReplyMemberAt(context, MemberForm::kPlain, *zset, context.random.Uniform(zset->size()));
  }
  int64_t count;
  bool with_scores;
  if (!ParseRandomCount(context, &count, &with_scores)) return;
  const ZsetReader zset(context, context.Key(1));
  if (zset.rejected()) return;
  if (!zset.exists()) return context.reply.Array(0);
  ReplyRandomMembers(context, *zset, count, FormOf(context.reply, with_scores));
}

}  // namespace kv
