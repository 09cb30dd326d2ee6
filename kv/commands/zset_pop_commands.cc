// Taking members off the ends of sorted sets, and waiting for them.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/zset_access.h"
#include "kv/commands/zset_commands.h"

namespace kv {
namespace {

// The end at which the order begins: kAscending pops the lowest.
using End = RankOrder;

std::string_view PopName(End end) {
  return end == End::kAscending ? "ZPOPMIN" : "ZPOPMAX";
}
std::string_view PopEvent(End end) {
  return end == End::kAscending ? "zpopmin" : "zpopmax";
}

RankRange Outermost(const SortedSetValue& set, End end, size_t count) {
  return Limited({0, set.size()}, end, 0, count);
}

// What a pop took, repeated without waiting.
void StatePop(Context& context, End end, std::string_view key, size_t count) {
  if (count == 1) return context.effects.Instead({PopName(end), key});
  context.effects.Instead({PopName(end), key, absl::StrCat(count)});
}

// --- ZPOPMIN and ZPOPMAX ---

void Pop(Context& context, End end) {
  if (context.args.size() > 3) return context.Fail(kSyntaxError);
  const bool has_count = context.args.size() == 3;
  size_t count = 1;
  if (has_count) {
    const std::optional<int64_t> given = ParseInt64(context.args[2]);
    if (!given || *given < 0) return context.Fail(kNotPositive);
    count = static_cast<size_t>(*given);
  }
  ZsetEdit edit(context, context.Key(1));
  if (edit.rejected()) return;
  if (!edit.exists() || count == 0) return context.reply.Array(0);
  const RankRange range = Outermost(edit.set(), end, count);
  // A single member is no pair of its own.
  const MemberForm form = has_count ? FormOf(context.reply, true) : MemberForm::kFlat;
  ReplyRange(context.reply, form, edit.set(), range, end);
  edit.RemoveRange(range);
  edit.StoreRest(PopEvent(end));
  context.effects.AsGiven();
}

// --- from the first sorted set that has any ---

// Calls pop(edit, key) for the first sorted set among the keys at args[first], ... before `last`
// that pop takes something from. Returns true if there was one, or an error reply. A command that
// waited passes over what is no sorted set.
template <class PopFrom>
bool PopFromFirst(Context& context, size_t first, size_t last, PopFrom pop) {
  for (size_t i = first; i < last; ++i) {
    const HashedKey key = context.Key(i);
    if (context.retried()) {
      const EntryRef ref = context.db.Peek(key);
      if (ref && ref->type() != ValueType::kZset) continue;
    }
    ZsetEdit edit(context, key);
    if (edit.rejected()) return true;
    if (edit.exists() && pop(edit, key)) return true;
  }
  return false;
}

// Replies [key, member, score] and takes the member.
void PopOneOfKey(Context& context, ZsetEdit& edit, const HashedKey& key, End end) {
  const RankRange range = Outermost(edit.set(), end, 1);
  context.reply.Array(3);
  context.reply.Bulk(key.bytes);
  edit.set().ForEach(range, end, [&](std::string_view member, double score) {
    ReplyMember(context.reply, MemberForm::kFlat, member, score);
  });
  edit.RemoveRange(range);
  edit.StoreRest(PopEvent(end));
  StatePop(context, end, key.bytes, 1);
}

// BZPOPMIN and BZPOPMAX.
void WaitAndPop(Context& context, End end) {
  const size_t last = context.args.size() - 1;
  int64_t timeout;
  if (!context.ParseTimeout(last, &timeout)) return;
  const auto pop = [&](ZsetEdit& edit, const HashedKey& key) {
    PopOneOfKey(context, edit, key, end);
    return true;
  };
  if (PopFromFirst(context, 1, last, pop)) return;
  context.Block(1, last, timeout, TimeoutReply::kNullArray);
}

// --- ZMPOP and BZMPOP ---

struct MultiPop {
  size_t first = 0;  // the keys
  size_t last = 0;
  End end = End::kAscending;
  size_t count = 1;
};

// Reads `numkeys key ... MIN|MAX [COUNT n]`, where numkeys is args[at]; nothing after an error
// reply.
std::optional<MultiPop> ParseMultiPop(Context& context, size_t at) {
  const ArgSpan args = context.args;
  const auto fail = [&](std::string_view error) {
    context.Fail(error);
    return std::nullopt;
  };
  const std::optional<int64_t> keys = ParseInt64(args[at]);
  if (!keys || *keys <= 0) return fail("ERR numkeys should be greater than 0");
  MultiPop request{.first = at + 1};
  if (static_cast<uint64_t>(*keys) >= args.size() - request.first) return fail(kSyntaxError);
  request.last = request.first + static_cast<size_t>(*keys);
  if (EqualsIgnoreCase(args[request.last], "max")) {
    request.end = End::kDescending;
  } else if (!EqualsIgnoreCase(args[request.last], "min")) {
    return fail(kSyntaxError);
  }
  bool counted = false;
  for (size_t i = request.last + 1; i < args.size(); i += 2) {
    if (counted || i + 1 == args.size() || !EqualsIgnoreCase(args[i], "count")) {
      return fail(kSyntaxError);
    }
    const std::optional<int64_t> count = ParseInt64(args[i + 1]);
    if (!count || *count <= 0) return fail("ERR count should be greater than 0");
    request.count = static_cast<size_t>(*count);
    counted = true;
  }
  return request;
}

// Returns true if there is a reply.
bool PopFromFirst(Context& context, const MultiPop& request) {
  return PopFromFirst(
      context, request.first, request.last, [&](ZsetEdit& edit, const HashedKey& key) {
        const RankRange range = Outermost(edit.set(), request.end, request.count);
        context.reply.Array(2);
        context.reply.Bulk(key.bytes);
        ReplyRange(context.reply, MemberForm::kPairs, edit.set(), range, request.end);
        edit.RemoveRange(range);
        edit.StoreRest(PopEvent(request.end));
        StatePop(context, request.end, key.bytes, range.count);
        return true;
      });
}

}  // namespace

void ZpopminCommand(Context& context) {
  Pop(context, End::kAscending);
}

void ZpopmaxCommand(Context& context) {
  Pop(context, End::kDescending);
}

void BzpopminCommand(Context& context) {
  WaitAndPop(context, End::kAscending);
}

void BzpopmaxCommand(Context& context) {
  WaitAndPop(context, End::kDescending);
}

void ZmpopCommand(Context& context) {
  const std::optional<MultiPop> request = ParseMultiPop(context, 1);
  if (request && !PopFromFirst(context, *request)) context.reply.NullArray();
}

void BzmpopCommand(Context& context) {
  int64_t timeout;
  if (!context.ParseTimeout(1, &timeout)) return;
  const std::optional<MultiPop> request = ParseMultiPop(context, 2);
  if (!request || PopFromFirst(context, *request)) return;
  context.Block(request->first, request->last, timeout, TimeoutReply::kNullArray);
}

// --- ZPOPDUE and BZPOPDUE ---

namespace {

// The members whose scores, as Unix milliseconds, are not later than now: the lowest ones.
RankRange Due(const Context& context, const SortedSetValue& set, size_t count) {
  const RankRange due = set.RanksOf(ScoreRange{.max = static_cast<double>(context.now())});
  return Limited(due, End::kAscending, 0, count);
}

// The first wall time in milliseconds at which a member of the set is due.
int64_t NextDue(const SortedSetValue& set) {
  constexpr double kLatest = 9e18;
  double lowest = kLatest;
  set.ForEach({0, 1}, End::kAscending, [&](std::string_view, double score) { lowest = score; });
  return lowest < kLatest ? static_cast<int64_t>(std::ceil(lowest)) : Waiter::kNever;
}

}  // namespace

void ZpopdueCommand(Context& context) {
  const bool has_count = context.args.size() == 4;
  if (context.args.size() != (has_count ? 4 : 2) ||
      (has_count && !EqualsIgnoreCase(context.args[2], "count"))) {
    return context.Fail(kSyntaxError);
  }
  const std::optional<int64_t> count = has_count ? ParseInt64(context.args[3]) : 1;
  if (!count || *count < 0) return context.Fail(kNotPositive);
  ZsetEdit edit(context, context.Key(1));
  if (edit.rejected()) return;
  RankRange due;
  if (edit.exists()) due = Due(context, edit.set(), static_cast<size_t>(*count));
  if (due.count == 0) return context.reply.Array(0);
  const MemberForm form = has_count ? FormOf(context.reply, true) : MemberForm::kFlat;
  ReplyRange(context.reply, form, edit.set(), due, End::kAscending);
  edit.RemoveRange(due);
  edit.StoreRest(PopEvent(End::kAscending));
  StatePop(context, End::kAscending, context.args[1], due.count);
}

void BzpopdueCommand(Context& context) {
  const size_t last = context.args.size() - 1;
  int64_t timeout;
  if (!context.ParseTimeout(last, &timeout)) return;
  int64_t next = Waiter::kNever;
  const auto pop = [&](ZsetEdit& edit, const HashedKey& key) {
    if (Due(context, edit.set(), 1).count > 0) {
      PopOneOfKey(context, edit, key, End::kAscending);
      return true;
    }
    next = std::min(next, NextDue(edit.set()));
    return false;
  };
  if (PopFromFirst(context, 1, last, pop)) return;
  context.Block(1, last, timeout, TimeoutReply::kNullArray);
  if (context.waits) context.blocked.TryAgainAt(context.client.id, next);
}

}  // namespace kv
