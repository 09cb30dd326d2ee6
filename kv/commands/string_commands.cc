#include "kv/commands/string_commands.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/command/reply_string.h"
#include "kv/commands/for_each_key.h"
#include "kv/types/string_algorithms.h"

namespace kv {
namespace {

void ReplyOrNull(Context& context, const EntryRef& ref) {
  if (ref) {
    ReplyString(context.reply, context.store.memory(), *ref);
  } else {
    context.reply.NullBulk();
  }
}

void FailExpireTime(Context& context) {
  context.Fail(
      absl::StrCat("ERR invalid expire time in '", context.command.full_name, "' command"));
}

// Whether IFEQ, IFNE, IFDEQ or IFDNE allows the command, given the current string (or none).
enum class Condition : uint8_t { kNone, kHolds, kFails };

Condition CheckCondition(const OptionValues& options, const EntryRef& ref) {
  const bool equal = options.Has(StringOption::kIfEq) || options.Has(StringOption::kIfDeq);
  const bool digest = options.Has(StringOption::kIfDeq) || options.Has(StringOption::kIfDne);
  if (!equal && !digest && !options.Has(StringOption::kIfNe)) return Condition::kNone;
  if (!ref) return equal ? Condition::kFails : Condition::kHolds;
  const StringView current = ref->string();
  bool same;
  if (digest) {
    const StringOption id = equal ? StringOption::kIfDeq : StringOption::kIfDne;
    same = EqualsIgnoreCase(StringDigest(current.view()), options.Value(id));
  } else {
    const StringOption id = equal ? StringOption::kIfEq : StringOption::kIfNe;
    same = current.view() == options.Value(id);
  }
  return same == equal ? Condition::kHolds : Condition::kFails;
}

// A digest is 16 hexadecimal digits.
bool DigestsAreWellFormed(Context& context, const OptionValues& options) {
  for (StringOption id : {StringOption::kIfDeq, StringOption::kIfDne}) {
    if (options.Has(id) && options.Value(id).size() != kDigestDigits) {
      context.Fail("ERR IFDEQ/IFDNE digest must be exactly 16 hexadecimal characters");
      return false;
    }
  }
  return true;
}

bool RejectIfTooLong(Context& context, uint64_t size) {
  if (size <= static_cast<uint64_t>(context.max_string_bytes)) return false;
  context.Fail(kStringTooLong);
  return true;
}

// The effect of a SET: conditions are gone, deadlines are absolute.
void StateSet(Context& context, std::string_view key, std::string_view value,
              const DeadlineChange& change) {
  if (!context.effects.observed()) {
    context.effects.AsGiven();
  } else if (change.kind == DeadlineChange::Kind::kSet) {
    if (context.HasPassed(change.deadline)) {
      context.effects.Instead({"DEL", key});
    } else {
      context.effects.Instead({"SET", key, value, "PXAT", absl::StrCat(change.deadline)});
    }
  } else if (change.kind == DeadlineChange::Kind::kKeep) {
    context.effects.Instead({"SET", key, value, "KEEPTTL"});
  } else {
    context.effects.Instead({"SET", key, value});
  }
}

int64_t DeadlineAfter(const DeadlineChange& change, const EntryRef& ref) {
  switch (change.kind) {
    case DeadlineChange::Kind::kSet:
      return change.deadline;
    case DeadlineChange::Kind::kKeep:
      return ref ? ref->deadline() : kNoDeadline;
    default:
      return kNoDeadline;
  }
}

void SetWithDeadline(Context& context, int64_t unit) {
  int64_t deadline;
  if (!ParseDeadline(context, context.args[2], unit, /*relative=*/true, &deadline)) return;
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  StoreString(context, key, ref, 3, deadline);
  StateSet(context, key.bytes, context.args[3], {DeadlineChange::Kind::kSet, deadline});
  context.reply.Ok();
}

void RemoveAndNotify(Context& context, std::string_view key, EntryRef& ref) {
  context.db.Remove(ref);
  context.Notify(kEventGeneric, "del", key);
  context.effects.Instead({"DEL", key});
}

}  // namespace

bool ParseDeadline(Context& context, std::string_view text, int64_t unit, bool relative,
                   int64_t* deadline) {
  const std::optional<int64_t> amount = ParseInt64(text);
  if (!amount) {
    context.Fail(kNotAnInteger);
    return false;
  }
  int64_t milliseconds;
  if (*amount <= 0 || __builtin_mul_overflow(*amount, unit, &milliseconds) ||
      (relative && __builtin_add_overflow(milliseconds, context.now(), &milliseconds))) {
    FailExpireTime(context);
    return false;
  }
  *deadline = milliseconds;
  return true;
}

bool ParseDeadlineChange(Context& context, const OptionValues& options, DeadlineChange* change) {
  struct Form {
    StringOption id;
    int64_t unit;
    bool relative;
  };
  constexpr Form kForms[] = {{StringOption::kEx, 1000, true},
                             {StringOption::kPx, 1, true},
                             {StringOption::kExAt, 1000, false},
                             {StringOption::kPxAt, 1, false}};
  if (options.Has(StringOption::kKeepTtl)) change->kind = DeadlineChange::Kind::kKeep;
  if (options.Has(StringOption::kPersist)) change->kind = DeadlineChange::Kind::kPersist;
  for (const Form& form : kForms) {
    if (!options.Has(form.id)) continue;
    change->kind = DeadlineChange::Kind::kSet;
    return ParseDeadline(context, options.Value(form.id), form.unit, form.relative,
                         &change->deadline);
  }
  return true;
}

void StoreString(Context& context, const HashedKey& key, EntryRef& ref, size_t value_index,
                 int64_t deadline) {
  if (deadline != kNoDeadline && context.HasPassed(deadline)) {
    if (ref) context.db.Remove(ref);
    context.Notify(kEventGeneric, "del", key.bytes);
    return;
  }
  const std::string_view value = context.args[value_index];
  Blob* blob = context.large == nullptr ? nullptr : context.large->Take(value);
  if (blob != nullptr) {
    context.db.PutBlob(key, ref, blob, deadline);
  } else {
    context.db.PutString(key, ref, value, deadline);
  }
  context.Notify(kEventString, "set", key.bytes);
  if (deadline != kNoDeadline) context.Notify(kEventGeneric, "expire", key.bytes);
}

void GetCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kString, ref)) return;
  ReplyOrNull(context, ref);
}

void SetCommand(Context& context) {
  const HashedKey key = context.Key(1);
  if (context.args.size() == 3) [[likely]] {
    EntryRef ref = context.db.FindForWrite(key);
    StoreString(context, key, ref, 2, kNoDeadline);
    context.effects.AsGiven();
    context.reply.Ok();
    return;
  }

  OptionValues options;
  DeadlineChange change;
  if (!ParseOptions(context.command.spec->arguments, context.args, 3, &options)) {
    return context.Fail(kSyntaxError);
  }
  if (!ParseDeadlineChange(context, options, &change) || !DigestsAreWellFormed(context, options)) {
    return;
  }
  EntryRef ref = context.db.FindForWrite(key);
  const bool get = options.Has(StringOption::kGet);
  const bool compares = options.Has(StringOption::kIfEq) || options.Has(StringOption::kIfNe) ||
                        options.Has(StringOption::kIfDeq) || options.Has(StringOption::kIfDne);
  if ((get || compares) && context.RejectUnless(ValueType::kString, ref)) return;
  const bool refused = (options.Has(StringOption::kNx) && ref) ||
                       (options.Has(StringOption::kXx) && !ref) ||
                       CheckCondition(options, ref) == Condition::kFails;
  if (get) ReplyOrNull(context, ref);
  if (refused) {
    if (!get) context.reply.NullBulk();
    return;
  }
  StoreString(context, key, ref, 2, DeadlineAfter(change, ref));
  StateSet(context, key.bytes, context.args[2], change);
  if (!get) context.reply.Ok();
}

void SetnxCommand(Context& context) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (ref) return context.reply.Integer(0);
  StoreString(context, key, ref, 2, kNoDeadline);
  context.effects.AsGiven();
  context.reply.Integer(1);
}

void SetexCommand(Context& context) {
  SetWithDeadline(context, 1000);
}
void PsetexCommand(Context& context) {
  SetWithDeadline(context, 1);
}

void GetsetCommand(Context& context) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kString, ref)) return;
  ReplyOrNull(context, ref);
  StoreString(context, key, ref, 2, kNoDeadline);
  context.effects.Instead({"SET", key.bytes, context.args[2]});
}

void GetdelCommand(Context& context) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kString, ref)) return;
  ReplyOrNull(context, ref);
  if (ref) RemoveAndNotify(context, key.bytes, ref);
}

void GetexCommand(Context& context) {
  OptionValues options;
  DeadlineChange change;
  if (!ParseOptions(context.command.spec->arguments, context.args, 2, &options)) {
    return context.Fail(kSyntaxError);
  }
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForRead(key);
  if (context.RejectUnless(ValueType::kString, ref)) return;
  if (!ref) return context.reply.NullBulk();
  if (!ParseDeadlineChange(context, options, &change)) return;
  ReplyOrNull(context, ref);
  if (change.kind == DeadlineChange::Kind::kPersist) {
    if (!ref->has_deadline()) return;
    context.db.SetDeadline(ref, kNoDeadline);
    context.Notify(kEventGeneric, "persist", key.bytes);
    context.effects.Instead({"PERSIST", key.bytes});
  } else if (change.kind == DeadlineChange::Kind::kSet) {
    if (context.HasPassed(change.deadline)) return RemoveAndNotify(context, key.bytes, ref);
    context.db.SetDeadline(ref, change.deadline);
    context.Notify(kEventGeneric, "expire", key.bytes);
    context.effects.Instead({"PEXPIREAT", key.bytes, absl::StrCat(change.deadline)});
  }
}

void DelexCommand(Context& context) {
  OptionValues options;
  if (!ParseOptions(context.command.spec->arguments, context.args, 2, &options)) {
    return context.Fail(kSyntaxError);
  }
  if (!DigestsAreWellFormed(context, options)) return;
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (!options.empty() && ref && ref->type() != ValueType::kString) {
    return context.Fail("ERR Key should be of string type if conditions are specified");
  }
  if (!ref || CheckCondition(options, ref) == Condition::kFails) return context.reply.Integer(0);
  RemoveAndNotify(context, key.bytes, ref);
  context.reply.Integer(1);
}

void DelifeqCommand(Context& context) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kString, ref)) return;
  if (!ref || ref->string().view() != context.args[2]) return context.reply.Integer(0);
  RemoveAndNotify(context, key.bytes, ref);
  context.reply.Integer(1);
}

void DigestCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kString, ref)) return;
  if (!ref) return context.reply.NullBulk();
  context.reply.Bulk(StringDigest(ref->string().view()));
}

void StrlenCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kString, ref)) return;
  context.reply.Integer(ref ? static_cast<int64_t>(ref->string_size()) : 0);
}

void AppendCommand(Context& context) {
  const HashedKey key = context.Key(1);
  const std::string_view suffix = context.args[2];
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kString, ref)) return;
  size_t size = suffix.size();
  if (ref) {
    const size_t old_size = ref->string_size();
    size += old_size;
    if (RejectIfTooLong(context, size)) return;
    char* bytes = context.db.EditString(ref, size);
    std::copy(suffix.begin(), suffix.end(), bytes + old_size);
  } else {
    context.db.PutString(key, ref, suffix, kNoDeadline);
  }
  context.Notify(kEventString, "append", key.bytes);
  context.effects.AsGiven();
  context.reply.Integer(static_cast<int64_t>(size));
}

void SetrangeCommand(Context& context) {
  int64_t offset;
  if (!context.ParseInteger(2, &offset)) return;
  if (offset < 0) return context.Fail("ERR offset is out of range");
  const HashedKey key = context.Key(1);
  const std::string_view patch = context.args[3];
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kString, ref)) return;
  const size_t old_size = ref ? ref->string_size() : 0;
  if (patch.empty()) return context.reply.Integer(static_cast<int64_t>(old_size));
  const uint64_t end = static_cast<uint64_t>(offset) + patch.size();
  if (RejectIfTooLong(context, end)) return;
  if (!ref) context.db.PutString(key, ref, "", kNoDeadline);
  const size_t size = std::max<size_t>(old_size, end);
  char* bytes = context.db.EditString(ref, size);
  std::copy(patch.begin(), patch.end(), bytes + offset);
  context.Notify(kEventString, "setrange", key.bytes);
  context.effects.AsGiven();
  context.reply.Integer(static_cast<int64_t>(size));
}

void GetrangeCommand(Context& context) {
  int64_t start;
  int64_t end;
  if (!context.ParseInteger(2, &start) || !context.ParseInteger(3, &end)) return;
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kString, ref)) return;
  if (!ref) return context.reply.Bulk("");
  const StringView value = ref->string();
  context.reply.Bulk(Substring(value.view(), start, end));
}

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
