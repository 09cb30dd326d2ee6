// The geo family: sorted sets whose scores are geohashes.
#ifndef SOLOKV_KV_COMMANDS_GEO_COMMANDS_H_
#define SOLOKV_KV_COMMANDS_GEO_COMMANDS_H_

#include <optional>
#include <span>
#include <string_view>

#include "kv/command/context.h"
#include "kv/command/spec.h"
#include "kv/types/geohash.h"

namespace kv {

// All of them are bound to ValueLimits.
std::span<const CommandSpec> GeoCommandSpecs();

// geo_commands.cc
void GeoaddCommand(Context& context);
void GeodistCommand(Context& context);
void GeohashCommand(Context& context);
void GeoposCommand(Context& context);

// geo_search_commands.cc
void GeoradiusCommand(Context& context);
void GeoradiusRoCommand(Context& context);
void GeoradiusbymemberCommand(Context& context);
void GeoradiusbymemberRoCommand(Context& context);
void GeosearchCommand(Context& context);
void GeosearchstoreCommand(Context& context);

// --- what both share ---

// Reads a longitude and a latitude, args[index] and the next; nothing after an error reply.
std::optional<GeoPoint> ParsePoint(Context& context, size_t index);
// The metres of M, KM, FT or MI; nothing after an error reply.
std::optional<double> ParseUnit(Context& context, std::string_view word);
// Replies with a distance in units, four digits behind the point.
void ReplyDistance(Context& context, double units);
// Replies [longitude, latitude].
void ReplyPoint(Context& context, GeoPoint point);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_GEO_COMMANDS_H_
