// The sorted set family.
#ifndef SOLOKV_KV_COMMANDS_ZSET_COMMANDS_H_
#define SOLOKV_KV_COMMANDS_ZSET_COMMANDS_H_

#include <optional>
#include <span>
#include <string_view>

#include "kv/command/context.h"
#include "kv/command/spec.h"
#include "kv/types/sorted_set.h"

namespace kv {

// All of them are bound to ValueLimits.
std::span<const CommandSpec> ZsetCommandSpecs();
std::span<const CommandSpec> ZsetRangeCommandSpecs();
std::span<const CommandSpec> ZsetPopCommandSpecs();
std::span<const CommandSpec> ZsetAlgebraCommandSpecs();
std::span<const CommandSpec> ZsetTtlCommandSpecs();

enum class ZsetOption : int8_t { kMatch, kCount };

// zset_commands.cc
void ZaddCommand(Context& context);
void ZcardCommand(Context& context);
void ZincrbyCommand(Context& context);
void ZmscoreCommand(Context& context);
void ZrandmemberCommand(Context& context);
void ZrankCommand(Context& context);
void ZremCommand(Context& context);
void ZrevrankCommand(Context& context);
void ZscanCommand(Context& context);
void ZscoreCommand(Context& context);

// zset_range_commands.cc
void ZcountCommand(Context& context);
void ZlexcountCommand(Context& context);
void ZrangeCommand(Context& context);
void ZrangebylexCommand(Context& context);
void ZrangebyscoreCommand(Context& context);
void ZrangestoreCommand(Context& context);
void ZremrangebylexCommand(Context& context);
void ZremrangebyrankCommand(Context& context);
void ZremrangebyscoreCommand(Context& context);
void ZrevrangeCommand(Context& context);
void ZrevrangebylexCommand(Context& context);
void ZrevrangebyscoreCommand(Context& context);

// zset_pop_commands.cc
void BzmpopCommand(Context& context);
void BzpopdueCommand(Context& context);
void BzpopmaxCommand(Context& context);
void BzpopminCommand(Context& context);
void ZmpopCommand(Context& context);
void ZpopdueCommand(Context& context);
void ZpopmaxCommand(Context& context);
void ZpopminCommand(Context& context);

// zset_algebra_commands.cc
void ZdiffCommand(Context& context);
void ZdiffstoreCommand(Context& context);
void ZinterCommand(Context& context);
void ZintercardCommand(Context& context);
void ZinterstoreCommand(Context& context);
void ZunionCommand(Context& context);
void ZunionstoreCommand(Context& context);

// zset_ttl_commands.cc
void ZexpireCommand(Context& context);
void ZexpireatCommand(Context& context);
void ZexpiretimeCommand(Context& context);
void ZpersistCommand(Context& context);
void ZpexpireCommand(Context& context);
void ZpexpireatCommand(Context& context);
void ZpexpiretimeCommand(Context& context);
void ZpttlCommand(Context& context);
void ZttlCommand(Context& context);

// A bound of scores: a number, or "(" and a number that is excluded.
bool ParseScoreBound(std::string_view text, double* score, bool* exclusive);
// A bound of members: "-", "+", "[member" or "(member".
std::optional<MemberBound> ParseMemberBound(std::string_view text);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_ZSET_COMMANDS_H_
