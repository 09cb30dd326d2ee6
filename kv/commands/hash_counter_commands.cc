// Counters: values of hash fields read as numbers.
#include <cmath>
#include <optional>
#include <string>

#include "kv/base/numbers.h"
#include "kv/commands/hash_access.h"
#include "kv/commands/hash_commands.h"

namespace kv {
namespace {

constexpr std::string_view kValueNotAnInteger = "ERR hash value is not an integer";
constexpr std::string_view kValueNotAFloat = "ERR hash value is not a float";
constexpr std::string_view kIncrementNotFinite = "ERR value is NaN or Infinity";
constexpr std::string_view kSumNotFinite = "ERR increment would produce NaN or Infinity";

std::optional<int64_t> ReadInteger(const ListpackElement& value) {
  if (value.is_integer()) return value.integer();
  return ParseInt64(value.string());
}

std::optional<long double> ReadFloat(const ListpackElement& value) {
  if (value.is_integer()) return static_cast<long double>(value.integer());
  return ParseLongDouble(value.string());
}

std::optional<ListpackElement> FindValue(Context& context, const EntryRef& ref) {
  if (!ref) return std::nullopt;
  return HashOf(context, ref).Get(context.args[2]);
}

// Gives the field at args[2] another value; its deadline stays.
void StoreNumber(Context& context, const HashedKey& key, EntryRef& ref, std::string_view value,
                 std::string_view event) {
  EditedHash hash(context, key, ref);
  const std::string_view pair[] = {context.args[2], value};
  hash.ExpireFields(2, 2);
  hash.value().Reserve(hash.context(), pair);
  hash.value().Set(hash.context(), pair[0], pair[1], HashValue::kKeepDeadline);
  hash.Store();
  context.Notify(kEventHash, event, key.bytes);
}

}  // namespace

void HincrbyCommand(Context& context) {
  int64_t increment;
  if (!context.ParseInteger(3, &increment)) return;
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  const std::optional<ListpackElement> value = FindValue(context, ref);
  const std::optional<int64_t> current = value ? ReadInteger(*value) : 0;
  if (!current) return context.Fail(kValueNotAnInteger);
  int64_t sum;
  if (__builtin_add_overflow(*current, increment, &sum)) return context.Fail(kOverflow);
  char digits[kMaxInt64Chars];
  StoreNumber(context, key, ref, {digits, FormatInt64(sum, digits)}, "hincrby");
  context.effects.AsGiven();
  context.reply.Integer(sum);
}

void HincrbyfloatCommand(Context& context) {
  const std::optional<long double> increment = ParseLongDouble(context.args[3]);
  if (!increment) return context.Fail(kNotAFloat);
  if (!std::isfinite(*increment)) return context.Fail(kIncrementNotFinite);
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  const std::optional<ListpackElement> value = FindValue(context, ref);
  const std::optional<long double> current = value ? ReadFloat(*value) : 0;
  if (!current) return context.Fail(kValueNotAFloat);
  const long double sum = *current + *increment;
  if (!std::isfinite(sum)) return context.Fail(kSumNotFinite);
  const std::string text = FormatLongDouble(sum);
  const bool keeps_deadline = ref && ref->has_element_deadlines();
  StoreNumber(context, key, ref, text, "hincrbyfloat");
  const std::string_view field = context.args[2];
  if (keeps_deadline) {
    context.effects.Instead({"HSETEX", key.bytes, "KEEPTTL", "FIELDS", "1", field, text});
  } else {
    context.effects.Instead({"HSET", key.bytes, field, text});
  }
  context.reply.Bulk(text);
}

}  // namespace kv
