#include "kv/commands/hash_ttl.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"

namespace kv {
namespace {

// The latest deadline of a field: 46 bits, as clients of Redis know it.
constexpr int64_t kMaxFieldDeadline = (int64_t{1} << 46) - 1;

}  // namespace

const TimeUnit* FindTimeUnit(std::string_view word) {
  if (EqualsIgnoreCase(word, "ex")) return &kSecondsFromNow;
  if (EqualsIgnoreCase(word, "px")) return &kMillisFromNow;
  if (EqualsIgnoreCase(word, "exat")) return &kUnixSeconds;
  if (EqualsIgnoreCase(word, "pxat")) return &kUnixMillis;
  return nullptr;
}

std::optional<int64_t> ParseFieldDeadline(Context& context, std::string_view text, TimeUnit unit) {
  const std::optional<int64_t> amount = ParseInt64(text);
  if (!amount || *amount < 0) {
    context.Fail(amount ? "ERR invalid expire time, must be >= 0" : kNotAnInteger);
    return std::nullopt;
  }
  const int64_t latest = kMaxFieldDeadline - (unit.relative ? context.now() : 0);
  if (*amount > latest / unit.millis) {
    context.Fail(
        absl::StrCat("ERR invalid expire time in '", context.command.full_name, "' command"));
    return std::nullopt;
  }
  return *amount * unit.millis + (unit.relative ? context.now() : 0);
}

std::optional<ArgSpan> ParseFields(Context& context, size_t at, std::string_view not_positive) {
  const ArgSpan args = context.args;
  const auto fail = [&](std::string_view error) {
    context.Fail(error);
    return std::nullopt;
  };
  if (at + 1 >= args.size() || !EqualsIgnoreCase(args[at], "fields")) {
    return fail("ERR Mandatory argument FIELDS is missing or not at the right position");
  }
  const std::optional<int64_t> count = ParseInt64(args[at + 1]);
  if (!count || *count < 1) return fail(not_positive);
  const ArgSpan fields = args.subspan(at + 2);
  if (static_cast<uint64_t>(*count) != fields.size()) {
    return fail("ERR The `numfields` parameter must match the number of arguments");
  }
  return fields;
}

void StateFieldsEffect(Context& context, std::initializer_list<std::string_view> head,
                       const FieldNames& fields) {
  if (!context.effects.observed()) return context.effects.AsGiven();
  const std::string count = absl::StrCat(fields.size());
  std::vector<std::string_view> args(head);
  if (args[0] != "HDEL") args.insert(args.end(), {"FIELDS", count});
  args.insert(args.end(), fields.begin(), fields.end());
  context.effects.Instead(ArgSpan(args));
}

void ExpireField(Context& context, EditedHash& hash, std::string_view field, int64_t deadline) {
  if (context.HasPassed(deadline)) {
    hash.value().Remove(hash.context().memory, field);
  } else {
    hash.value().SetDeadline(hash.context(), field, deadline);
  }
}

void StoreExpired(Context& context, EditedHash& hash, const FieldNames& fields, int64_t deadline) {
  if (context.HasPassed(deadline)) return StoreDeleted(context, hash, fields);
  hash.StoreOrVanish();
  if (fields.empty()) return;
  const std::string_view key = context.args[1];
  context.Notify(kEventHash, "hexpire", key);
  StateFieldsEffect(context, {"HPEXPIREAT", key, absl::StrCat(deadline)}, fields);
}

void StorePersisted(Context& context, EditedHash& hash, const FieldNames& fields) {
  hash.StoreOrVanish();
  if (fields.empty()) return;
  const std::string_view key = context.args[1];
  context.Notify(kEventHash, "hpersist", key);
  StateFieldsEffect(context, {"HPERSIST", key}, fields);
}

void StoreDeleted(Context& context, EditedHash& hash, const FieldNames& fields) {
  const std::string_view key = context.args[1];
  const bool stays = hash.Store();
  if (!fields.empty()) {
    context.Notify(kEventHash, "hdel", key);
    StateFieldsEffect(context, {"HDEL", key}, fields);
  }
  if (!stays) context.Notify(kEventGeneric, "del", key);
}

}  // namespace kv
