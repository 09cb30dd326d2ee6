#include "kv/commands/string_commands.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/command/overwrite.h"
#include "kv/command/reply_string.h"
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

void StoreString(Context& context, const HashedKey& key, EntryRef& ref, size_t value_index,
                 int64_t deadline) {
  if (deadline != kNoDeadline && context.HasPassed(deadline)) {
    if (ref) context.db.Remove(ref);
    context.Notify(kEventGeneric, "del", key.bytes);
    return;
  }
  NotifyOverwriting(context, key, ref, ValueType::kString);
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
  const bool get = options.Has(StringOption::kGet);
  EntryRef ref = get ? context.db.FindForRead(key) : context.db.FindForWrite(key);
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
  EntryRef ref = context.db.FindForRead(key);
  if (context.RejectUnless(ValueType::kString, ref)) return;
  ReplyOrNull(context, ref);
  StoreString(context, key, ref, 2, kNoDeadline);
  context.effects.Instead({"SET", key.bytes, context.args[2]});
}

void GetdelCommand(Context& context) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForRead(key);
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

}  // namespace kv
