#include "kv/commands/element_ttl.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/types/hash_field.h"

namespace kv {
namespace {

// The latest deadline of an element: 46 bits, as clients of Redis know it.
constexpr int64_t kMaxElementDeadline = (int64_t{1} << 46) - 1;

// What is replied for each element.
enum ElementReply : int64_t {
  kNoElement = -2,
  kNoDeadlineSet = -1,
  kConditionFailed = 0,
  kDone = 1,
  kDeleted = 2,  // its deadline would be in the past
};

// The condition that a word stands for; kNone for any other word.
ExpiryCondition FindCondition(std::string_view word) {
  if (EqualsIgnoreCase(word, "nx")) return ExpiryCondition::kNx;
  if (EqualsIgnoreCase(word, "xx")) return ExpiryCondition::kXx;
  if (EqualsIgnoreCase(word, "gt")) return ExpiryCondition::kGt;
  if (EqualsIgnoreCase(word, "lt")) return ExpiryCondition::kLt;
  return ExpiryCondition::kNone;
}

bool Allows(ExpiryCondition condition, int64_t current, int64_t deadline) {
  const bool has_deadline = current != kNoFieldDeadline;
  switch (condition) {
    case ExpiryCondition::kNone:
      return true;
    case ExpiryCondition::kNx:
      return !has_deadline;
    case ExpiryCondition::kXx:
      return has_deadline;
    case ExpiryCondition::kGt:
      return has_deadline && deadline > current;
    case ExpiryCondition::kLt:
      return !has_deadline || deadline < current;
  }
  return false;
}

}  // namespace

const TimeUnit* FindTimeUnit(std::string_view word) {
  if (EqualsIgnoreCase(word, "ex")) return &kSecondsFromNow;
  if (EqualsIgnoreCase(word, "px")) return &kMillisFromNow;
  if (EqualsIgnoreCase(word, "exat")) return &kUnixSeconds;
  if (EqualsIgnoreCase(word, "pxat")) return &kUnixMillis;
  return nullptr;
}

std::optional<int64_t> ParseElementDeadline(Context& context, std::string_view text,
                                            TimeUnit unit) {
  const std::optional<int64_t> amount = ParseInt64(text);
  if (!amount || *amount < 0) {
    context.Fail(amount ? "ERR invalid expire time, must be >= 0" : kNotAnInteger);
    return std::nullopt;
  }
  const int64_t latest = kMaxElementDeadline - (unit.relative ? context.now() : 0);
  if (*amount > latest / unit.millis) {
    context.Fail(
        absl::StrCat("ERR invalid expire time in '", context.command.full_name, "' command"));
    return std::nullopt;
  }
  return *amount * unit.millis + (unit.relative ? context.now() : 0);
}

std::optional<ArgSpan> ParseElements(Context& context, size_t at, const ElementWords& words) {
  const ArgSpan args = context.args;
  const auto fail = [&](std::string_view error) {
    context.Fail(error);
    return std::nullopt;
  };
  if (at + 1 >= args.size() || !EqualsIgnoreCase(args[at], words.token)) {
    return fail(words.missing);
  }
  const std::optional<int64_t> count = ParseInt64(args[at + 1]);
  if (!count || *count < 1) return fail(words.not_positive);
  const ArgSpan names = args.subspan(at + 2);
  if (static_cast<uint64_t>(*count) != names.size()) return fail(words.mismatch);
  return names;
}

void StateElements(Context& context, std::initializer_list<std::string_view> head,
                   std::string_view token, const ElementNames& names) {
  if (!context.effects.observed()) return context.effects.AsGiven();
  const std::string count = absl::StrCat(names.size());
  std::vector<std::string_view> args(head);
  if (!token.empty()) args.insert(args.end(), {token, count});
  args.insert(args.end(), names.begin(), names.end());
  context.effects.Instead(ArgSpan(args));
}

std::optional<ExpireCall> ParseExpireCall(Context& context, TimeUnit unit,
                                          const ElementWords& words) {
  const std::optional<int64_t> deadline = ParseElementDeadline(context, context.args[2], unit);
  if (!deadline) return std::nullopt;
  const ExpiryCondition condition = FindCondition(context.args[3]);
  const size_t at = condition == ExpiryCondition::kNone ? 3 : 4;
  const std::optional<ArgSpan> names = ParseElements(context, at, words);
  if (!names) return std::nullopt;
  return ExpireCall{*deadline, condition, at + 2, *names};
}

ElementNames ExpireEach(Context& context, const ExpireCall& call, FindDeadline deadline_of,
                        ChangeElement expire) {
  const ElementReply success = context.HasPassed(call.deadline) ? kDeleted : kDone;
  ElementNames changed;
  context.reply.Array(call.names.size());
  for (const std::string_view name : call.names) {
    const std::optional<int64_t> current = deadline_of(name);
    if (!current) {
      context.reply.Integer(kNoElement);
    } else if (!Allows(call.condition, *current, call.deadline)) {
      context.reply.Integer(kConditionFailed);
    } else {
      context.reply.Integer(success);
      expire(name);
      changed.push_back(name);
    }
  }
  return changed;
}

ElementNames PersistEach(Context& context, ArgSpan names, FindDeadline deadline_of,
                         ChangeElement persist) {
  ElementNames changed;
  context.reply.Array(names.size());
  for (const std::string_view name : names) {
    const std::optional<int64_t> current = deadline_of(name);
    if (!current) {
      context.reply.Integer(kNoElement);
    } else if (*current == kNoFieldDeadline) {
      context.reply.Integer(kNoDeadlineSet);
    } else {
      context.reply.Integer(kDone);
      persist(name);
      changed.push_back(name);
    }
  }
  return changed;
}

int64_t ExpiryIn(const Context& context, TimeUnit unit, int64_t deadline) {
  const int64_t millis = unit.relative ? std::max<int64_t>(0, deadline - context.now()) : deadline;
  return (millis + unit.millis - 1) / unit.millis;
}

void ReplyExpiryOfEach(Context& context, TimeUnit unit, ArgSpan names, FindDeadline deadline_of) {
  context.reply.Array(names.size());
  for (const std::string_view name : names) {
    const std::optional<int64_t> deadline = deadline_of(name);
    if (!deadline) {
      context.reply.Integer(kNoElement);
    } else if (*deadline == kNoFieldDeadline) {
      context.reply.Integer(kNoDeadlineSet);
    } else {
      context.reply.Integer(ExpiryIn(context, unit, *deadline));
    }
  }
}

void ReplyNoElements(Context& context, size_t count) {
  context.reply.Array(count);
  for (; count > 0; --count) context.reply.Integer(kNoElement);
}

}  // namespace kv
