// The string family: GET, SET and what derives from them.
#ifndef SOLOKV_KV_COMMANDS_STRING_COMMANDS_H_
#define SOLOKV_KV_COMMANDS_STRING_COMMANDS_H_

#include <cstdint>
#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

std::span<const CommandSpec> StringCommandSpecs();

// Ids under which the options of this family are reported by ParseOptions.
enum class StringOption : int8_t {
  kNx,
  kXx,
  kGet,
  kIfEq,
  kIfNe,
  kIfDeq,
  kIfDne,
  kEx,
  kPx,
  kExAt,
  kPxAt,
  kKeepTtl,
  kPersist,
  kEnx,
  kByInt,
  kByFloat,
  kLowerBound,
  kUpperBound,
  kSaturate,
  kLen,
  kIdx,
  kMinMatchLen,
  kWithMatchLen,
};

// string_commands.cc
void AppendCommand(Context& context);
void DelexCommand(Context& context);
void DelifeqCommand(Context& context);
void DigestCommand(Context& context);
void GetCommand(Context& context);
void GetdelCommand(Context& context);
void GetexCommand(Context& context);
void GetrangeCommand(Context& context);
void GetsetCommand(Context& context);
void PsetexCommand(Context& context);
void SetCommand(Context& context);
void SetexCommand(Context& context);
void SetnxCommand(Context& context);
void SetrangeCommand(Context& context);
void StrlenCommand(Context& context);

// string_multi_commands.cc
void GetpxtCommand(Context& context);
void LcsCommand(Context& context);
void MgetCommand(Context& context);
void MgetpxtCommand(Context& context);
void MsetCommand(Context& context);
void MsetexCommand(Context& context);
void MsetnxCommand(Context& context);

// counter_commands.cc
void DecrCommand(Context& context);
void DecrbyCommand(Context& context);
void IncrCommand(Context& context);
void IncrbyCommand(Context& context);
void IncrbyfloatCommand(Context& context);
void IncrexCommand(Context& context);

// What the options of a call say about the deadline of the value it writes.
struct DeadlineChange {
  enum class Kind : uint8_t { kNone, kKeep, kSet, kPersist } kind = Kind::kNone;
  int64_t deadline = kNoDeadline;  // kSet: wall milliseconds
};

// Turns `text`, a number of `unit` milliseconds, relative to now or absolute, into a deadline.
// Replies with an error and returns false if it is no integer, not positive, or too far away.
bool ParseDeadline(Context& context, std::string_view text, int64_t unit, bool relative,
                   int64_t* deadline);
// Reads EX, PX, EXAT, PXAT, KEEPTTL and PERSIST; false after an error reply.
bool ParseDeadlineChange(Context& context, const OptionValues& options, DeadlineChange* change);

// The deadline that a value gets if it takes the place of what `ref` refers to.
int64_t DeadlineAfter(const DeadlineChange& change, const EntryRef& ref);

// Writes args[value_index] as the string of `key`. A deadline that has passed removes the key
// instead. Raises "set", and "expire" with a deadline; states no effect.
void StoreString(Context& context, const HashedKey& key, EntryRef& ref, size_t value_index,
                 int64_t deadline);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_STRING_COMMANDS_H_
