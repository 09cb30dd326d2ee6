// Time to live: the EXPIRE family.
#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/commands/key_commands.h"

namespace kv {
namespace {

// NX, XX, GT and LT of one call.
struct ExpireConditions {
  bool nx = false;
  bool xx = false;
  bool gt = false;
  bool lt = false;

  // Whether a key may go from one deadline to another. No deadline counts as the latest.
  bool Allow(int64_t current, int64_t deadline) const {
    const bool has_deadline = current != kNoDeadline;
    if (nx && has_deadline) return false;
    if (xx && !has_deadline) return false;
    if (gt && (!has_deadline || deadline <= current)) return false;
    return !(lt && has_deadline && deadline >= current);
  }
};

bool ParseConditions(Context& context, ExpireConditions* conditions) {
  for (const std::string_view word : context.args.subspan(3)) {
    if (EqualsIgnoreCase(word, "nx")) {
      conditions->nx = true;
    } else if (EqualsIgnoreCase(word, "xx")) {
      conditions->xx = true;
    } else if (EqualsIgnoreCase(word, "gt")) {
      conditions->gt = true;
    } else if (EqualsIgnoreCase(word, "lt")) {
      conditions->lt = true;
    } else {
      context.Fail(absl::StrCat("ERR Unsupported option ", std::string(word)));
      return false;
    }
  }
  if (conditions->nx && (conditions->xx || conditions->gt || conditions->lt)) {
    context.Fail("ERR NX and XX, GT or LT options at the same time are not compatible");
    return false;
  }
  if (conditions->gt && conditions->lt) {
    context.Fail("ERR GT and LT options at the same time are not compatible");
    return false;
  }
  return true;
}

void SetExpiry(Context& context, int64_t unit, bool relative) {
  int64_t amount;
  ExpireConditions conditions;
  if (!ParseConditions(context, &conditions) || !context.ParseInteger(2, &amount)) return;
  int64_t deadline;
  if (__builtin_mul_overflow(amount, unit, &deadline) ||
      (relative && __builtin_add_overflow(deadline, context.now(), &deadline))) {
    return context.Fail(
        absl::StrCat("ERR invalid expire time in '", context.command.full_name, "' command"));
  }
  deadline = std::max<int64_t>(deadline, 0);
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (!ref || !conditions.Allow(ref->deadline(), deadline)) return context.reply.Integer(0);
  if (context.HasPassed(deadline)) {
    context.db.Remove(ref);
    context.Notify(kEventGeneric, "del", key.bytes);
    context.effects.Instead({"DEL", key.bytes});
  } else {
    context.db.SetDeadline(ref, deadline);
    context.Notify(kEventGeneric, "expire", key.bytes);
    if (context.effects.observed()) {
      context.effects.Instead({"PEXPIREAT", key.bytes, absl::StrCat(deadline)});
    } else {
      context.effects.AsGiven();
    }
  }
  context.reply.Integer(1);
}

// Replies with the deadline, or the time left, in `unit` milliseconds, rounded to the nearest.
void ReplyExpiry(Context& context, int64_t unit, bool relative) {
  const EntryRef ref = context.db.FindUntouched(context.Key(1));
  if (!ref) return context.reply.Integer(-2);
  if (!ref->has_deadline()) return context.reply.Integer(-1);
  const int64_t milliseconds =
      relative ? std::max<int64_t>(0, ref->deadline() - context.now()) : ref->deadline();
  // The sum milliseconds + unit / 2 might overflow.
  const bool rounds_up = milliseconds % unit > (unit - 1) / 2;
  context.reply.Integer(milliseconds / unit + (rounds_up ? 1 : 0));
}

}  // namespace

void ExpireCommand(Context& context) {
  SetExpiry(context, 1000, /*relative=*/true);
}
void PexpireCommand(Context& context) {
  SetExpiry(context, 1, /*relative=*/true);
}
void ExpireatCommand(Context& context) {
  SetExpiry(context, 1000, /*relative=*/false);
}
void PexpireatCommand(Context& context) {
  SetExpiry(context, 1, /*relative=*/false);
}

void TtlCommand(Context& context) {
  ReplyExpiry(context, 1000, /*relative=*/true);
}
void PttlCommand(Context& context) {
  ReplyExpiry(context, 1, /*relative=*/true);
}
void ExpiretimeCommand(Context& context) {
  ReplyExpiry(context, 1000, /*relative=*/false);
}
void PexpiretimeCommand(Context& context) {
  ReplyExpiry(context, 1, /*relative=*/false);
}

void PersistCommand(Context& context) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (!ref || !ref->has_deadline()) return context.reply.Integer(0);
  context.db.SetDeadline(ref, kNoDeadline);
  context.Notify(kEventGeneric, "persist", key.bytes);
  context.effects.AsGiven();
  context.reply.Integer(1);
}

}  // namespace kv
