// The hash family.
#ifndef SOLOKV_KV_COMMANDS_HASH_COMMANDS_H_
#define SOLOKV_KV_COMMANDS_HASH_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

// To be registered with a ValueLimits as their owner.
std::span<const CommandSpec> HashCommandSpecs();
std::span<const CommandSpec> HashTtlCommandSpecs();

// The ids of options in the grammar of these commands.
enum class HashOption : int8_t {
  kMatch,
  kCount,
  kNoValues,
};

// --- fields and values: hash_commands.cc ---
void HdelCommand(Context& context);
void HexistsCommand(Context& context);
void HgetCommand(Context& context);
void HgetallCommand(Context& context);
void HkeysCommand(Context& context);
void HlenCommand(Context& context);
void HmgetCommand(Context& context);
void HmsetCommand(Context& context);
void HsetCommand(Context& context);
void HsetnxCommand(Context& context);
void HstrlenCommand(Context& context);
void HvalsCommand(Context& context);

// --- numbers: hash_counter_commands.cc ---
void HincrbyCommand(Context& context);
void HincrbyfloatCommand(Context& context);

// --- times to live of fields: hash_expire_commands.cc ---
void HexpireCommand(Context& context);
void HexpireatCommand(Context& context);
void HexpiretimeCommand(Context& context);
void HpersistCommand(Context& context);
void HpexpireCommand(Context& context);
void HpexpireatCommand(Context& context);
void HpexpiretimeCommand(Context& context);
void HpttlCommand(Context& context);
void HttlCommand(Context& context);

// --- values and times to live at once: hash_ttl_commands.cc ---
void HgetdelCommand(Context& context);
void HgetexCommand(Context& context);
void HsetexCommand(Context& context);

// --- some of the fields: hash_scan_commands.cc ---
void HrandfieldCommand(Context& context);
void HscanCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_HASH_COMMANDS_H_
