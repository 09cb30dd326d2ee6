// Times to live of hash fields: the HEXPIRE family.
#include <algorithm>
#include <optional>

#include "kv/commands/hash_commands.h"
#include "kv/commands/hash_ttl.h"

namespace kv {
namespace {

// What is replied for each field.
enum FieldReply : int64_t {
  kNoField = -2,
  kNoDeadlineSet = -1,
  kConditionFailed = 0,
  kDone = 1,
  kDeleted = 2,  // its deadline would be in the past
};

enum class Condition { kNone, kNx, kXx, kGt, kLt };

// The condition that a word stands for; kNone for any other word.
Condition FindCondition(std::string_view word) {
  if (EqualsIgnoreCase(word, "nx")) return Condition::kNx;
  if (EqualsIgnoreCase(word, "xx")) return Condition::kXx;
  if (EqualsIgnoreCase(word, "gt")) return Condition::kGt;
  if (EqualsIgnoreCase(word, "lt")) return Condition::kLt;
  return Condition::kNone;
}

// Whether a field may go from one deadline to another. No deadline counts as the latest.
bool Allows(Condition condition, int64_t current, int64_t deadline) {
  const bool has_deadline = current != kNoFieldDeadline;
  switch (condition) {
    case Condition::kNone:
      return true;
    case Condition::kNx:
      return !has_deadline;
    case Condition::kXx:
      return has_deadline;
    case Condition::kGt:
      return has_deadline && deadline > current;
    case Condition::kLt:
      return !has_deadline || deadline < current;
  }
  return false;
}

void ReplyToEach(Context& context, size_t count, FieldReply reply) {
  context.reply.Array(count);
  for (; count > 0; --count) context.reply.Integer(reply);
}

void SetExpiry(Context& context, TimeUnit unit) {
  const std::optional<int64_t> deadline = ParseFieldDeadline(context, context.args[2], unit);
  if (!deadline) return;
  const Condition condition = FindCondition(context.args[3]);
  const size_t at = condition == Condition::kNone ? 3 : 4;
  const std::optional<ArgSpan> fields = ParseFields(context, at);
  if (!fields) return;
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  if (!ref) return ReplyToEach(context, fields->size(), kNoField);

  EditedHash hash(context, key, ref);
  hash.ExpireFields(at + 2);
  const bool passed = context.HasPassed(*deadline);
  FieldNames changed;
  context.reply.Array(fields->size());
  for (const std::string_view name : *fields) {
    const std::optional<HashValue::Field> field = hash.value().Find(name);
    if (!field) {
      context.reply.Integer(kNoField);
    } else if (!Allows(condition, field->deadline, *deadline)) {
      context.reply.Integer(kConditionFailed);
    } else {
      context.reply.Integer(passed ? kDeleted : kDone);
      ExpireField(context, hash, name, *deadline);
      changed.push_back(name);
    }
  }
  StoreExpired(context, hash, changed, *deadline);
}

// Replies with the deadlines, or the time left, in `unit`, rounded up.
void ReplyExpiry(Context& context, TimeUnit unit) {
  const std::optional<ArgSpan> fields = ParseFields(context, 2);
  if (!fields) return;
  const EntryRef ref = context.db.FindUntouched(context.Key(1));
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  if (!ref) return ReplyToEach(context, fields->size(), kNoField);
  context.reply.Array(fields->size());
  for (const std::string_view name : *fields) {
    const std::optional<HashValue::Field> field = HashOf(context, ref).Find(name);
    if (!field) {
      context.reply.Integer(kNoField);
    } else if (field->deadline == kNoFieldDeadline) {
      context.reply.Integer(kNoDeadlineSet);
    } else {
      const int64_t millis =
          unit.relative ? std::max<int64_t>(0, field->deadline - context.now()) : field->deadline;
      context.reply.Integer((millis + unit.millis - 1) / unit.millis);
    }
  }
}

}  // namespace

void HexpireCommand(Context& context) {
  SetExpiry(context, kSecondsFromNow);
}
void HpexpireCommand(Context& context) {
  SetExpiry(context, kMillisFromNow);
}
void HexpireatCommand(Context& context) {
  SetExpiry(context, kUnixSeconds);
}
void HpexpireatCommand(Context& context) {
  SetExpiry(context, kUnixMillis);
}

void HttlCommand(Context& context) {
  ReplyExpiry(context, kSecondsFromNow);
}
void HpttlCommand(Context& context) {
  ReplyExpiry(context, kMillisFromNow);
}
void HexpiretimeCommand(Context& context) {
  ReplyExpiry(context, kUnixSeconds);
}
void HpexpiretimeCommand(Context& context) {
  ReplyExpiry(context, kUnixMillis);
}

void HpersistCommand(Context& context) {
  const std::optional<ArgSpan> fields = ParseFields(context, 2);
  if (!fields) return;
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  if (!ref) return ReplyToEach(context, fields->size(), kNoField);
  EditedHash hash(context, key, ref);
  hash.ExpireFields(4);
  FieldNames changed;
  context.reply.Array(fields->size());
  for (const std::string_view name : *fields) {
    const std::optional<HashValue::Field> field = hash.value().Find(name);
    if (!field) {
      context.reply.Integer(kNoField);
    } else if (field->deadline == kNoFieldDeadline) {
      context.reply.Integer(kNoDeadlineSet);
    } else {
      context.reply.Integer(kDone);
      hash.value().SetDeadline(hash.context(), name, kNoFieldDeadline);
      changed.push_back(name);
    }
  }
  StorePersisted(context, hash, changed);
}

}  // namespace kv
