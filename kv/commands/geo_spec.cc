// The commands on places, as data. Handlers: geo_commands.cc, geo_search_commands.cc.
#include "kv/commands/geo_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec kGeoaddKeys[] = {KeySpec::Range(kKeyRW | kKeyUpdate, 1)};
constexpr Argument kConditionChoice[] = {{.name = "nx", .type = kPureToken, .token = "NX"},
                                         {.name = "xx", .type = kPureToken, .token = "XX"}};
constexpr Argument kLongitudeLatitudeMemberParts[] = {{.name = "longitude", .type = kDouble},
                                                      {.name = "latitude", .type = kDouble},
                                                      {.name = "member"}};
constexpr Argument kGeoaddArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "condition", .type = kOneOf, .flags = kOptional, .children = kConditionChoice},
    {.name = "change", .type = kPureToken, .token = "CH", .flags = kOptional},
    {.name = "longitude_latitude_member",
     .type = kBlock,
     .flags = kMultiple,
     .children = kLongitudeLatitudeMemberParts}};
constexpr KeySpec kGeodistKeys[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1)};
constexpr Argument kUnitChoice[] = {{.name = "m", .type = kPureToken, .token = "M"},
                                    {.name = "km", .type = kPureToken, .token = "KM"},
                                    {.name = "ft", .type = kPureToken, .token = "FT"},
                                    {.name = "mi", .type = kPureToken, .token = "MI"}};
constexpr Argument kGeodistArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "member1"},
    {.name = "member2"},
    {.name = "unit", .type = kOneOf, .flags = kOptional, .children = kUnitChoice}};
constexpr Argument kGeohashArguments[] = {{.name = "key", .type = kKey, .key_spec = 0},
                                          {.name = "member", .flags = kMultiple}};
constexpr KeySpec kGeoradiusKeys[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1),
                                      KeySpec{.flags = kKeyOW | kKeyUpdate,
                                              .begin = KeySpec::Begin::kKeyword,
                                              .index = 6,
                                              .keyword = "STORE"},
                                      KeySpec{.flags = kKeyOW | kKeyUpdate,
                                              .begin = KeySpec::Begin::kKeyword,
                                              .index = 6,
                                              .keyword = "STOREDIST"}};
constexpr Argument kCountParts[] = {
    {.name = "count", .type = kInteger, .token = "COUNT"},
    {.name = "any", .type = kPureToken, .token = "ANY", .flags = kOptional}};
constexpr Argument kOrderChoice[] = {{.name = "asc", .type = kPureToken, .token = "ASC"},
                                     {.name = "desc", .type = kPureToken, .token = "DESC"}};
constexpr Argument kGeoradiusArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "longitude", .type = kDouble},
    {.name = "latitude", .type = kDouble},
    {.name = "radius", .type = kDouble},
    {.name = "unit", .type = kOneOf, .children = kUnitChoice},
    {.name = "withcoord", .type = kPureToken, .token = "WITHCOORD", .flags = kOptional},
    {.name = "withdist", .type = kPureToken, .token = "WITHDIST", .flags = kOptional},
    {.name = "withhash", .type = kPureToken, .token = "WITHHASH", .flags = kOptional},
    {.name = "count", .type = kBlock, .flags = kOptional, .children = kCountParts},
    {.name = "order", .type = kOneOf, .flags = kOptional, .children = kOrderChoice},
    {.name = "key", .type = kKey, .token = "STORE", .flags = kOptional, .key_spec = 1},
    {.name = "key", .type = kKey, .token = "STOREDIST", .flags = kOptional, .key_spec = 2}};
constexpr Argument kGeoradiusRoArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "longitude", .type = kDouble},
    {.name = "latitude", .type = kDouble},
    {.name = "radius", .type = kDouble},
    {.name = "unit", .type = kOneOf, .children = kUnitChoice},
    {.name = "withcoord", .type = kPureToken, .token = "WITHCOORD", .flags = kOptional},
    {.name = "withdist", .type = kPureToken, .token = "WITHDIST", .flags = kOptional},
    {.name = "withhash", .type = kPureToken, .token = "WITHHASH", .flags = kOptional},
    {.name = "count", .type = kBlock, .flags = kOptional, .children = kCountParts},
    {.name = "order", .type = kOneOf, .flags = kOptional, .children = kOrderChoice}};
constexpr KeySpec kGeoradiusbymemberKeys[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1),
                                              KeySpec{.flags = kKeyOW | kKeyUpdate,
                                                      .begin = KeySpec::Begin::kKeyword,
                                                      .index = 5,
                                                      .keyword = "STORE"},
                                              KeySpec{.flags = kKeyOW | kKeyUpdate,
                                                      .begin = KeySpec::Begin::kKeyword,
                                                      .index = 5,
                                                      .keyword = "STOREDIST"}};
constexpr Argument kGeoradiusbymemberArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "member"},
    {.name = "radius", .type = kDouble},
    {.name = "unit", .type = kOneOf, .children = kUnitChoice},
    {.name = "withcoord", .type = kPureToken, .token = "WITHCOORD", .flags = kOptional},
    {.name = "withdist", .type = kPureToken, .token = "WITHDIST", .flags = kOptional},
    {.name = "withhash", .type = kPureToken, .token = "WITHHASH", .flags = kOptional},
    {.name = "count", .type = kBlock, .flags = kOptional, .children = kCountParts},
    {.name = "order", .type = kOneOf, .flags = kOptional, .children = kOrderChoice},
    {.name = "key", .type = kKey, .token = "STORE", .flags = kOptional, .key_spec = 1},
    {.name = "key", .type = kKey, .token = "STOREDIST", .flags = kOptional, .key_spec = 2}};
constexpr Argument kGeoradiusbymemberRoArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "member"},
    {.name = "radius", .type = kDouble},
    {.name = "unit", .type = kOneOf, .children = kUnitChoice},
    {.name = "withcoord", .type = kPureToken, .token = "WITHCOORD", .flags = kOptional},
    {.name = "withdist", .type = kPureToken, .token = "WITHDIST", .flags = kOptional},
    {.name = "withhash", .type = kPureToken, .token = "WITHHASH", .flags = kOptional},
    {.name = "count", .type = kBlock, .flags = kOptional, .children = kCountParts},
    {.name = "order", .type = kOneOf, .flags = kOptional, .children = kOrderChoice}};
constexpr Argument kLongitudeLatitudeParts[] = {{.name = "longitude", .type = kDouble},
                                                {.name = "latitude", .type = kDouble}};
constexpr Argument kFromChoice[] = {{.name = "member", .token = "FROMMEMBER"},
                                    {.name = "longitude_latitude",
                                     .type = kBlock,
                                     .token = "FROMLONLAT",
                                     .children = kLongitudeLatitudeParts}};
constexpr Argument kCircleParts[] = {{.name = "radius", .type = kDouble, .token = "BYRADIUS"},
                                     {.name = "unit", .type = kOneOf, .children = kUnitChoice}};
constexpr Argument kBoxParts[] = {{.name = "width", .type = kDouble, .token = "BYBOX"},
                                  {.name = "height", .type = kDouble},
                                  {.name = "unit", .type = kOneOf, .children = kUnitChoice}};
constexpr Argument kPolygonParts[] = {
    {.name = "num-vertices", .type = kInteger, .token = "BYPOLYGON"},
    {.name = "vertex", .type = kBlock, .flags = kMultiple, .children = kLongitudeLatitudeParts}};
constexpr Argument kByChoice[] = {{.name = "circle", .type = kBlock, .children = kCircleParts},
                                  {.name = "box", .type = kBlock, .children = kBoxParts},
                                  {.name = "polygon", .type = kBlock, .children = kPolygonParts}};
constexpr Argument kGeosearchArguments[] = {
    {.name = "key", .type = kKey, .key_spec = 0},
    {.name = "from", .type = kOneOf, .flags = kOptional, .children = kFromChoice},
    {.name = "by", .type = kOneOf, .children = kByChoice},
    {.name = "order", .type = kOneOf, .flags = kOptional, .children = kOrderChoice},
    {.name = "count", .type = kBlock, .flags = kOptional, .children = kCountParts},
    {.name = "withcoord", .type = kPureToken, .token = "WITHCOORD", .flags = kOptional},
    {.name = "withdist", .type = kPureToken, .token = "WITHDIST", .flags = kOptional},
    {.name = "withhash", .type = kPureToken, .token = "WITHHASH", .flags = kOptional}};
constexpr KeySpec kGeosearchstoreKeys[] = {KeySpec::Range(kKeyOW | kKeyUpdate, 1),
                                           KeySpec::Range(kKeyRO | kKeyAccess, 2)};
constexpr Argument kGeosearchstoreArguments[] = {
    {.name = "destination", .type = kKey, .key_spec = 0},
    {.name = "source", .type = kKey, .key_spec = 1},
    {.name = "from", .type = kOneOf, .flags = kOptional, .children = kFromChoice},
    {.name = "by", .type = kOneOf, .children = kByChoice},
    {.name = "order", .type = kOneOf, .flags = kOptional, .children = kOrderChoice},
    {.name = "count", .type = kBlock, .flags = kOptional, .children = kCountParts},
    {.name = "storedist", .type = kPureToken, .token = "STOREDIST", .flags = kOptional}};

constexpr CommandSpec kCommands[] = {
    {.name = "geoadd",
     .handler = GeoaddCommand,
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclGeo,
     .group = CommandGroup::kGeo,
     .since = "3.2.0",
     .complexity = "O(log N) for each place, N being the number of places.",
     .summary = "Adds places, each with longitude and latitude, or moves those that are there.",
     .keys = kGeoaddKeys,
     .arguments = kGeoaddArguments},
    {.name = "geodist",
     .handler = GeodistCommand,
     .arity = -4,
     .flags = kReadonly,
     .acl_categories = kAclGeo,
     .group = CommandGroup::kGeo,
     .since = "3.2.0",
     .complexity = "O(1)",
     .summary = "Tells how far apart two places are.",
     .keys = kGeodistKeys,
     .arguments = kGeodistArguments},
    {.name = "geohash",
     .handler = GeohashCommand,
     .arity = -2,
     .flags = kReadonly,
     .acl_categories = kAclGeo,
     .group = CommandGroup::kGeo,
     .since = "3.2.0",
     .complexity = "O(1) for each place.",
     .summary = "Tells the geohashes of places as texts.",
     .keys = kGeodistKeys,
     .arguments = kGeohashArguments},
    {.name = "geopos",
     .handler = GeoposCommand,
     .arity = -2,
     .flags = kReadonly,
     .acl_categories = kAclGeo,
     .group = CommandGroup::kGeo,
     .since = "3.2.0",
     .complexity = "O(1) for each place.",
     .summary = "Tells the longitudes and latitudes of places.",
     .keys = kGeodistKeys,
     .arguments = kGeohashArguments},
    {.name = "georadius",
     .handler = GeoradiusCommand,
     .arity = -6,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .acl_categories = kAclGeo,
     .group = CommandGroup::kGeo,
     .since = "3.2.0",
     .complexity = "O(N + log M) for N out of M places in the squares around the circle.",
     .summary = "Finds the places within a distance of a position, and may store them.",
     .keys = kGeoradiusKeys,
     .arguments = kGeoradiusArguments,
     .deprecated_since = "6.2.0",
     .replaced_by = "GEOSEARCH or GEOSEARCHSTORE with BYRADIUS"},
    {.name = "georadius_ro",
     .handler = GeoradiusRoCommand,
     .arity = -6,
     .flags = kReadonly,
     .acl_categories = kAclGeo,
     .group = CommandGroup::kGeo,
     .since = "3.2.10",
     .complexity = "O(N + log M) for N out of M places in the squares around the circle.",
     .summary = "Finds the places within a distance of a position.",
     .keys = kGeodistKeys,
     .arguments = kGeoradiusRoArguments,
     .deprecated_since = "6.2.0",
     .replaced_by = "GEOSEARCH with BYRADIUS"},
    {.name = "georadiusbymember",
     .handler = GeoradiusbymemberCommand,
     .arity = -5,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .acl_categories = kAclGeo,
     .group = CommandGroup::kGeo,
     .since = "3.2.0",
     .complexity = "O(N + log M) for N out of M places in the squares around the circle.",
     .summary = "Finds the places within a distance of another, and may store them.",
     .keys = kGeoradiusbymemberKeys,
     .arguments = kGeoradiusbymemberArguments,
     .deprecated_since = "6.2.0",
     .replaced_by = "GEOSEARCH or GEOSEARCHSTORE with BYRADIUS and FROMMEMBER"},
    {.name = "georadiusbymember_ro",
     .handler = GeoradiusbymemberRoCommand,
     .arity = -5,
     .flags = kReadonly,
     .acl_categories = kAclGeo,
     .group = CommandGroup::kGeo,
     .since = "3.2.10",
     .complexity = "O(N + log M) for N out of M places in the squares around the circle.",
     .summary = "Finds the places within a distance of another.",
     .keys = kGeodistKeys,
     .arguments = kGeoradiusbymemberRoArguments,
     .deprecated_since = "6.2.0",
     .replaced_by = "GEOSEARCH with BYRADIUS and FROMMEMBER"},
    {.name = "geosearch",
     .handler = GeosearchCommand,
     .arity = -7,
     .flags = kReadonly,
     .acl_categories = kAclGeo,
     .group = CommandGroup::kGeo,
     .since = "6.2.0",
     .complexity = "O(N + log M) for N out of M places in the squares around the area.",
     .summary = "Finds the places in a circle, a rectangle or a polygon.",
     .keys = kGeodistKeys,
     .arguments = kGeosearchArguments},
    {.name = "geosearchstore",
     .handler = GeosearchstoreCommand,
     .arity = -8,
     .flags = kWrite | kDenyOom,
     .acl_categories = kAclGeo,
     .group = CommandGroup::kGeo,
     .since = "6.2.0",
     .complexity = "O(N + log M) for N out of M places in the squares around the area.",
     .summary = "Stores the places in a circle, a rectangle or a polygon as another sorted set.",
     .keys = kGeosearchstoreKeys,
     .arguments = kGeosearchstoreArguments},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> GeoCommandSpecs() {
  return kCommands;
}

}  // namespace kv
