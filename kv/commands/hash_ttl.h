// What the commands about times to live of hash fields have in common.
#ifndef SOLOKV_KV_COMMANDS_HASH_TTL_H_
#define SOLOKV_KV_COMMANDS_HASH_TTL_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "kv/commands/hash_access.h"

namespace kv {

using FieldNames = absl::InlinedVector<std::string_view, 16>;

// A time as a command gives it: seconds or milliseconds, from now or from the epoch.
struct TimeUnit {
  int64_t millis;
  bool relative;
};
inline constexpr TimeUnit kSecondsFromNow = {1000, true};
inline constexpr TimeUnit kMillisFromNow = {1, true};
inline constexpr TimeUnit kUnixSeconds = {1000, false};
inline constexpr TimeUnit kUnixMillis = {1, false};

// The unit that EX, PX, EXAT or PXAT stand for; null for any other word.
const TimeUnit* FindTimeUnit(std::string_view word);

// The deadline in wall milliseconds that `text` means; nothing after an error reply.
std::optional<int64_t> ParseFieldDeadline(Context& context, std::string_view text, TimeUnit unit);

// How a command wants to be told that its number of fields makes no sense.
inline constexpr std::string_view kFieldsNotPositive =
    "ERR Number of fields must be a positive integer";
inline constexpr std::string_view kNumFieldsNotPositive =
    "ERR Parameter `numFields` should be greater than 0";

// Reads `FIELDS numfields field ...` from args[at] to the end. Returns the fields; nothing after an
// error reply.
std::optional<ArgSpan> ParseFields(Context& context, size_t at,
                                   std::string_view not_positive = kNumFieldsNotPositive);

// States that `head` was done to `fields`: adds `FIELDS numfields` (but to HDEL) and them.
void StateFieldsEffect(Context& context, std::initializer_list<std::string_view> head,
                       const FieldNames& fields);

// Gives an existing field a deadline, or removes it if that has passed already.
void ExpireField(Context& context, EditedHash& hash, std::string_view field, int64_t deadline);
// Stores the hash after that was done to `fields`, possibly none; raises the events and states the
// effect.
void StoreExpired(Context& context, EditedHash& hash, const FieldNames& fields, int64_t deadline);
// The same after the deadlines of `fields` were taken away, or the fields themselves.
void StorePersisted(Context& context, EditedHash& hash, const FieldNames& fields);
void StoreDeleted(Context& context, EditedHash& hash, const FieldNames& fields);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_HASH_TTL_H_
