// Counters: strings read as numbers.
#include <cmath>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/commands/string_commands.h"

namespace kv {
namespace {

constexpr std::string_view kNotFinite = "ERR increment would produce NaN or Infinity";

// The string of `ref` as an integer, 0 if there is none; nothing after an error reply.
std::optional<int64_t> ReadInteger(Context& context, const EntryRef& ref) {
  if (!ref) return 0;
  if (ref->type() != ValueType::kString) {
    context.Fail(kWrongType);
    return std::nullopt;
  }
  if (ref->encoding() == Encoding::kInt) return ref->number();
  const std::optional<int64_t> number = ParseInt64(ref->string().view());
  if (!number) context.Fail(kNotAnInteger);
  return number;
}

std::optional<long double> ReadFloat(Context& context, const EntryRef& ref) {
  if (!ref) return 0;
  if (ref->type() != ValueType::kString) {
    context.Fail(kWrongType);
    return std::nullopt;
  }
  const std::optional<long double> number = ParseLongDouble(ref->string().view());
  if (!number) context.Fail(kNotAFloat);
  return number;
}

void IncrementBy(Context& context, int64_t increment) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  const std::optional<int64_t> current = ReadInteger(context, ref);
  if (!current) return;
  int64_t sum;
  if (__builtin_add_overflow(*current, increment, &sum)) return context.Fail(kOverflow);
  if (ref && ref->encoding() == Encoding::kInt) [[likely]] {
    context.db.ChangeNumber(ref, sum);
  } else {
    context.db.PutNumber(key, ref, sum, ref ? ref->deadline() : kNoDeadline);
  }
  context.Notify(kEventString, "incrby", key.bytes);
  context.effects.AsGiven();
  context.reply.Integer(sum);
}

}  // namespace

void IncrCommand(Context& context) {
  IncrementBy(context, 1);
}
void DecrCommand(Context& context) {
  IncrementBy(context, -1);
}

void IncrbyCommand(Context& context) {
  int64_t increment;
  if (context.ParseInteger(2, &increment)) IncrementBy(context, increment);
}

void DecrbyCommand(Context& context) {
  int64_t decrement;
  if (!context.ParseInteger(2, &decrement)) return;
  if (decrement == INT64_MIN) return context.Fail("ERR decrement would overflow");
  IncrementBy(context, -decrement);
}

void IncrbyfloatCommand(Context& context) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  const std::optional<long double> current = ReadFloat(context, ref);
  if (!current) return;
  const std::optional<long double> increment = ParseLongDouble(context.args[2]);
  if (!increment) return context.Fail(kNotAFloat);
  const long double sum = *current + *increment;
  if (!std::isfinite(sum)) return context.Fail(kNotFinite);
  const std::string text = FormatLongDouble(sum);
  context.db.PutString(key, ref, text, ref ? ref->deadline() : kNoDeadline);
  context.Notify(kEventString, "incrbyfloat", key.bytes);
  context.effects.Instead({"SET", key.bytes, text, "KEEPTTL"});
  context.reply.Bulk(text);
}

namespace {

// INCREX over one kind of number. Number is int64_t or long double.
template <class Number>
struct Bounds {
  Number lower;
  Number upper;
};

bool ParseNumber(Context& context, std::string_view text, int64_t* number) {
  const std::optional<int64_t> parsed = ParseInt64(text);
  if (!parsed) {
    context.Fail(kNotAnInteger);
    return false;
  }
  *number = *parsed;
  return true;
}

bool ParseNumber(Context& context, std::string_view text, long double* number) {
  const std::optional<long double> parsed = ParseLongDouble(text);
  if (!parsed) {
    context.Fail(kNotAFloat);
    return false;
  }
  *number = *parsed;
  return true;
}

template <class Number>
bool ParseBounds(Context& context, const OptionValues& options, Bounds<Number>* bounds) {
  if (options.Has(StringOption::kLowerBound) &&
      !ParseNumber(context, options.Value(StringOption::kLowerBound), &bounds->lower)) {
    return false;
  }
  if (options.Has(StringOption::kUpperBound) &&
      !ParseNumber(context, options.Value(StringOption::kUpperBound), &bounds->upper)) {
    return false;
  }
  if (bounds->lower > bounds->upper) {
    context.Fail("ERR LBOUND can't be greater than UBOUND");
    return false;
  }
  return true;
}

// The deadline that INCREX leaves the key with.
struct IncrexDeadline {
  int64_t deadline;
  bool changed;
};

IncrexDeadline DeadlineOfIncrex(const OptionValues& options, const DeadlineChange& change,
                                const EntryRef& ref) {
  const int64_t current = ref ? ref->deadline() : kNoDeadline;
  if (change.kind == DeadlineChange::Kind::kPersist) return {kNoDeadline, true};
  if (change.kind != DeadlineChange::Kind::kSet) return {current, false};
  if (options.Has(StringOption::kEnx) && current != kNoDeadline) return {current, false};
  return {change.deadline, true};
}

// Writes the result of INCREX, `text`, and states the effect as a SET.
void StoreIncrex(Context& context, const HashedKey& key, EntryRef& ref, std::string_view text,
                 std::string_view event, const IncrexDeadline& deadline) {
  if (deadline.deadline != kNoDeadline && context.HasPassed(deadline.deadline)) {
    if (ref) context.db.Remove(ref);
    context.Notify(kEventGeneric, "del", key.bytes);
    context.effects.Instead({"DEL", key.bytes});
    return;
  }
  const bool had_deadline = ref && ref->has_deadline();
  context.db.PutString(key, ref, text, deadline.deadline);
  context.Notify(kEventString, event, key.bytes);
  if (!deadline.changed) {
    context.effects.Instead({"SET", key.bytes, text, "KEEPTTL"});
  } else if (deadline.deadline == kNoDeadline) {
    if (had_deadline) context.Notify(kEventGeneric, "persist", key.bytes);
    context.effects.Instead({"SET", key.bytes, text});
  } else {
    context.Notify(kEventGeneric, "expire", key.bytes);
    context.effects.Instead({"SET", key.bytes, text, "PXAT", absl::StrCat(deadline.deadline)});
  }
}

void ReplyNumber(Context& context, int64_t number) {
  context.reply.Integer(number);
}

void ReplyNumber(Context& context, long double number) {
  if (context.client.protocol == resp::Version::kResp3) {
    context.reply.Double(static_cast<double>(number));
  } else {
    context.reply.Bulk(FormatLongDouble(number));
  }
}

template <class Number>
void ReplyPair(Context& context, Number value, Number increment) {
  context.reply.Array(2);
  ReplyNumber(context, value);
  ReplyNumber(context, increment);
}

void IncrexInteger(Context& context, const OptionValues& options, const DeadlineChange& change) {
  int64_t increment = 1;
  if (options.Has(StringOption::kByInt) &&
      !ParseNumber(context, options.Value(StringOption::kByInt), &increment)) {
    return;
  }
  Bounds<int64_t> bounds{INT64_MIN, INT64_MAX};
  if (!ParseBounds(context, options, &bounds)) return;
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  const std::optional<int64_t> current = ReadInteger(context, ref);
  if (!current) return;

  int64_t sum;
  bool outside = __builtin_add_overflow(*current, increment, &sum);
  if (outside) sum = increment > 0 ? INT64_MAX : INT64_MIN;
  outside = outside || sum > bounds.upper || sum < bounds.lower;
  sum = std::min(std::max(sum, bounds.lower), bounds.upper);
  int64_t applied;
  if (outside && !options.Has(StringOption::kSaturate)) {
    return ReplyPair<int64_t>(context, *current, 0);
  }
  if (__builtin_sub_overflow(sum, *current, &applied)) return context.Fail(kOverflow);
  StoreIncrex(context, key, ref, absl::StrCat(sum), "incrby",
              DeadlineOfIncrex(options, change, ref));
  ReplyPair(context, sum, applied);
}

void IncrexFloat(Context& context, const OptionValues& options, const DeadlineChange& change) {
  long double increment;
  if (!ParseNumber(context, options.Value(StringOption::kByFloat), &increment)) return;
  Bounds<long double> bounds{-HUGE_VALL, HUGE_VALL};
  if (!ParseBounds(context, options, &bounds)) return;
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  const std::optional<long double> current = ReadFloat(context, ref);
  if (!current) return;

  long double sum = *current + increment;
  if (!std::isfinite(increment) || std::isnan(sum)) return context.Fail(kNotFinite);
  const bool outside = sum > bounds.upper || sum < bounds.lower;
  sum = std::fmin(std::fmax(sum, bounds.lower), bounds.upper);
  if (outside && !options.Has(StringOption::kSaturate)) {
    return ReplyPair<long double>(context, *current, 0);
  }
  if (!std::isfinite(sum)) return context.Fail(kNotFinite);
  StoreIncrex(context, key, ref, FormatLongDouble(sum), "incrbyfloat",
              DeadlineOfIncrex(options, change, ref));
  ReplyPair(context, sum, sum - *current);
}

}  // namespace

void IncrexCommand(Context& context) {
  OptionValues options;
  DeadlineChange change;
  if (!ParseOptions(context.command.spec->arguments, context.args, 2, &options)) {
    return context.Fail(kSyntaxError);
  }
  const bool expires = options.Has(StringOption::kEx) || options.Has(StringOption::kPx) ||
                       options.Has(StringOption::kExAt) || options.Has(StringOption::kPxAt);
  if (options.Has(StringOption::kEnx) && !expires) return context.Fail(kSyntaxError);
  if (!ParseDeadlineChange(context, options, &change)) return;
  if (options.Has(StringOption::kNx) || options.Has(StringOption::kXx)) {
    const bool exists = static_cast<bool>(context.db.Peek(context.Key(1)));
    if (exists != options.Has(StringOption::kXx)) return context.reply.NullBulk();
  }
  if (options.Has(StringOption::kByFloat)) {
    IncrexFloat(context, options, change);
  } else {
    IncrexInteger(context, options, change);
  }
}

}  // namespace kv
