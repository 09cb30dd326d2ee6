// Times to live of elements: what the commands about those of hash fields, and of members of sets
// and sorted sets, have in common.
//
// Deadlines are wall milliseconds, below 2^46; kNoFieldDeadline is none.
#ifndef SOLOKV_KV_COMMANDS_ELEMENT_TTL_H_
#define SOLOKV_KV_COMMANDS_ELEMENT_TTL_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "kv/command/context.h"

namespace kv {

using ElementNames = absl::InlinedVector<std::string_view, 16>;

// --- Times ---------------------------------------------------------------------------------------

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

// The deadline that `text` means; nothing after an error reply.
std::optional<int64_t> ParseElementDeadline(Context& context, std::string_view text, TimeUnit unit);

// --- Elements ------------------------------------------------------------------------------------

// How a family of commands is given its elements, `FIELDS numfields field ...`, and what it replies
// where it is not.
struct ElementWords {
  std::string_view token;
  std::string_view missing;
  std::string_view not_positive;
  std::string_view mismatch;
};

// Reads the elements from args[at], where the token stands, to the end; nothing after an error
// reply.
std::optional<ArgSpan> ParseElements(Context& context, size_t at, const ElementWords& words);

// States that `head` was done to `names`, which are counted behind `token`, if there is one.
void StateElements(Context& context, std::initializer_list<std::string_view> head,
                   std::string_view token, const ElementNames& names);

// --- The commands of the EXPIRE family -----------------------------------------------------------

// The deadline of an element; nothing if it is not there.
using FindDeadline = absl::FunctionRef<std::optional<int64_t>(std::string_view name)>;
using ChangeElement = absl::FunctionRef<void(std::string_view name)>;

// An element goes from one deadline to another only if this holds. No deadline counts as the
// latest.
enum class ExpiryCondition { kNone, kNx, kXx, kGt, kLt };

// `key time [NX|XX|GT|LT] elements`.
struct ExpireCall {
  int64_t deadline = 0;
  ExpiryCondition condition = ExpiryCondition::kNone;
  size_t first_name = 0;  // its index among the arguments
  ArgSpan names;
};

// Nothing after an error reply.
std::optional<ExpireCall> ParseExpireCall(Context& context, TimeUnit unit,
                                          const ElementWords& words);

// Replies what becomes of each element, and calls expire(name) for those that are to have the
// deadline, or to go because it has passed. Returns them.
ElementNames ExpireEach(Context& context, const ExpireCall& call, FindDeadline deadline_of,
                        ChangeElement expire);
// The same with persist(name) for those that have a deadline, which they are to lose.
ElementNames PersistEach(Context& context, ArgSpan names, FindDeadline deadline_of,
                         ChangeElement persist);
// A deadline, or the time left, in `unit`, rounded up.
int64_t ExpiryIn(const Context& context, TimeUnit unit, int64_t deadline);
// Replies with that of each.
void ReplyExpiryOfEach(Context& context, TimeUnit unit, ArgSpan names, FindDeadline deadline_of);
// The reply to any of these if there is no element at all.
void ReplyNoElements(Context& context, size_t count);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_ELEMENT_TTL_H_
