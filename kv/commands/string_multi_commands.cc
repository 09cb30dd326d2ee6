// Commands on several strings at once: MGET, MSET and their kin, LCS. GETPXT is beside MGETPXT.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/command/reply_string.h"
#include "kv/commands/for_each_key.h"
#include "kv/commands/string_commands.h"
#include "kv/types/string_algorithms.h"

namespace kv {

void MgetCommand(Context& context) {
  context.reply.Array(context.args.size() - 1);
  ForEachKey(context, 1, context.args.size(), 1, [&](const HashedKey& key, size_t) {
    const EntryRef ref = context.db.FindForRead(key);
    if (ref && ref->type() == ValueType::kString) {
      ReplyString(context.reply, context.store.memory(), *ref);
    } else {
      context.reply.NullBulk();
    }
  });
}

namespace {

// A string and its deadline as wall milliseconds, -1 if it has none.
void ReplyStringAndDeadline(Context& context, const Entry& entry) {
  context.reply.Array(2);
  ReplyString(context.reply, context.store.memory(), entry);
  context.reply.Integer(entry.has_deadline() ? entry.deadline() : -1);
}

}  // namespace

void GetpxtCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kString, ref)) return;
  if (!ref) return context.reply.NullArray();
  ReplyStringAndDeadline(context, *ref);
}

void MgetpxtCommand(Context& context) {
  context.reply.Array(context.args.size() - 1);
  ForEachKey(context, 1, context.args.size(), 1, [&](const HashedKey& key, size_t) {
    const EntryRef ref = context.db.FindForRead(key);
    if (ref && ref->type() == ValueType::kString) {
      ReplyStringAndDeadline(context, *ref);
    } else {
      context.reply.NullArray();
    }
  });
}

namespace {

bool HasKeyForEachValue(Context& context) {
  if (context.args.size() % 2 == 1) return true;
  context.Fail(
      absl::StrCat("ERR wrong number of arguments for '", context.command.full_name, "' command"));
  return false;
}

void StorePairs(Context& context, size_t first, size_t last, const DeadlineChange& change) {
  ForEachKey(context, first, last, 2, [&](const HashedKey& key, size_t index) {
    EntryRef ref = context.db.FindForWrite(key);
    StoreString(context, key, ref, index + 1, DeadlineAfter(change, ref));
  });
}

// How many of the keys at args[first], args[first + 2], ... exist.
size_t CountExisting(Context& context, size_t first, size_t last) {
  size_t existing = 0;
  ForEachKey(context, first, last, 2, [&](const HashedKey& key, size_t) {
    if (context.db.FindForWrite(key)) ++existing;
  });
  return existing;
}

}  // namespace

void MsetCommand(Context& context) {
  if (!HasKeyForEachValue(context)) return;
  StorePairs(context, 1, context.args.size(), {});
  context.effects.AsGiven();
  context.reply.Ok();
}

void MsetnxCommand(Context& context) {
  if (!HasKeyForEachValue(context)) return;
  if (CountExisting(context, 1, context.args.size()) > 0) return context.reply.Integer(0);
  StorePairs(context, 1, context.args.size(), {});
  context.effects.AsGiven();
  context.reply.Integer(1);
}

namespace {

// The effect of an MSETEX whose pairs end before args[last].
void StateSetOfPairs(Context& context, size_t last, const DeadlineChange& change) {
  if (change.kind != DeadlineChange::Kind::kSet || !context.effects.observed()) {
    context.effects.AsGiven();
    return;
  }
  const std::string deadline = absl::StrCat(change.deadline);
  std::vector<std::string_view> effect;
  if (context.HasPassed(change.deadline)) {
    effect.emplace_back("DEL");
    for (size_t i = 2; i < last; i += 2) effect.push_back(context.args[i]);
  } else {
    effect.assign(context.args.begin(), context.args.begin() + static_cast<ptrdiff_t>(last));
    effect.insert(effect.end(), {"PXAT", deadline});
  }
  context.effects.Instead(ArgSpan(effect));
}

}  // namespace

void MsetexCommand(Context& context) {
  const int64_t pairs = ParseInt64(context.args[1]).value_or(0);
  if (pairs <= 0 || pairs > INT32_MAX) {
    return context.Fail("ERR invalid numkeys value");
  }
  const size_t last = 2 + 2 * static_cast<size_t>(pairs);
  if (last > context.args.size()) return context.Fail("ERR wrong number of key-value pairs");
  OptionValues options;
  DeadlineChange change;
  if (!ParseOptions(context.command.spec->arguments, context.args, last, &options)) {
    return context.Fail(kSyntaxError);
  }
  if (!ParseDeadlineChange(context, options, &change)) return;
  if (options.Has(StringOption::kNx) || options.Has(StringOption::kXx)) {
    const size_t wanted = options.Has(StringOption::kXx) ? static_cast<size_t>(pairs) : 0;
    if (CountExisting(context, 2, last) != wanted) return context.reply.Integer(0);
  }
  StorePairs(context, 2, last, change);
  StateSetOfPairs(context, last, change);
  context.reply.Integer(1);
}

void LcsCommand(Context& context) {
  OptionValues options;
  if (!ParseOptions(context.command.spec->arguments, context.args, 3, &options)) {
    return context.Fail(kSyntaxError);
  }
  std::optional<int64_t> min_match = 0;
  if (options.Has(StringOption::kMinMatchLen)) {
    min_match = ParseInt64(options.Value(StringOption::kMinMatchLen));
    if (!min_match) return context.Fail(kNotAnInteger);
  }
  const bool want_length = options.Has(StringOption::kLen);
  const bool want_index = options.Has(StringOption::kIdx);
  if (want_length && want_index) {
    return context.Fail("ERR If you want both the length and indexes, please just use IDX.");
  }
  const EntryRef a = context.db.FindForRead(context.Key(1));
  const EntryRef b = context.db.FindForRead(context.Key(2));
  if ((a && a->type() != ValueType::kString) || (b && b->type() != ValueType::kString)) {
    return context.Fail("ERR The specified keys must contain string values");
  }
  const StringView a_text = a ? a->string() : StringView(std::string_view());
  const StringView b_text = b ? b->string() : StringView(std::string_view());
  CommonSubsequence lcs;
  if (!LongestCommonSubsequence(a_text.view(), b_text.view(), want_index, !want_length, &lcs)) {
    return context.Fail(
        "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  }
  if (want_length) return context.reply.Integer(static_cast<int64_t>(lcs.length));
  if (!want_index) return context.reply.Bulk(lcs.text);

  std::erase_if(lcs.matches, [&](const CommonSubsequence::Match& match) {
    return static_cast<int64_t>(match.length) < *min_match;
  });
  resp::ReplyWriter& reply = context.reply;
  reply.Map(2);
  reply.Bulk("matches");
  reply.Array(lcs.matches.size());
  const bool with_length = options.Has(StringOption::kWithMatchLen);
  for (const CommonSubsequence::Match& match : lcs.matches) {
    reply.Array(with_length ? 3 : 2);
    for (size_t start : {match.a_start, match.b_start}) {
      reply.Array(2);
      reply.Integer(static_cast<int64_t>(start));
      reply.Integer(static_cast<int64_t>(start + match.length - 1));
    }
    if (with_length) reply.Integer(static_cast<int64_t>(match.length));
  }
  reply.Bulk("len");
  reply.Integer(static_cast<int64_t>(lcs.length));
}

}  // namespace kv
