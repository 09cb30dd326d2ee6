// Places by name: adding them, and asking where they are.
#include "kv/commands/geo_commands.h"

#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/zset_access.h"

namespace kv {

std::optional<GeoPoint> ParsePoint(Context& context, size_t index) {
  const std::optional<double> longitude = ParseDouble(context.args[index]);
  const std::optional<double> latitude = ParseDouble(context.args[index + 1]);
  if (!longitude || !latitude) {
    context.Fail(kNotAFloat);
    return std::nullopt;
  }
  const GeoPoint point = {*longitude, *latitude};
  if (IsOnMap(point)) return point;
  context.Fail(absl::StrFormat("ERR invalid longitude,latitude pair %f,%f", point.longitude,
                               point.latitude));
  return std::nullopt;
}

std::optional<double> ParseUnit(Context& context, std::string_view word) {
  if (EqualsIgnoreCase(word, "m")) return 1;
  if (EqualsIgnoreCase(word, "km")) return 1000;
  if (EqualsIgnoreCase(word, "ft")) return 0.3048;
  if (EqualsIgnoreCase(word, "mi")) return 1609.34;
  context.Fail("ERR unsupported unit provided. please use M, KM, FT, MI");
  return std::nullopt;
}

void ReplyDistance(Context& context, double units) {
  constexpr int kDigits = 4;
  std::array<char, 400> text;
  const char* const end = std::to_chars(text.data(), text.data() + text.size(), units,
                                        std::chars_format::fixed, kDigits)
                              .ptr;
  context.reply.Bulk({text.data(), static_cast<size_t>(end - text.data())});
}

namespace {

// A coordinate with all digits that it has in decimal, up to 17.
void ReplyCoordinate(Context& context, double coordinate) {
  const std::string text = FormatLongDouble(coordinate);
  if (context.reply.version() == resp::Version::kResp2) return context.reply.Bulk(text);
  context.reply.Raw(absl::StrCat(",", text, "\r\n"));
}

struct AddRequest {
  ScoreConditions conditions;
  bool count_changes = false;  // CH
  size_t first = 2;            // of the places
};

// Reads [NX|XX] [CH]; false after an error reply.
bool ParseAdd(Context& context, AddRequest* request) {
  const ArgSpan args = context.args;
  ScoreConditions& conditions = request->conditions;
  for (size_t& i = request->first; i < args.size(); ++i) {
    if (EqualsIgnoreCase(args[i], "nx")) {
      conditions.if_absent = true;
    } else if (EqualsIgnoreCase(args[i], "xx")) {
      conditions.if_present = true;
    } else if (EqualsIgnoreCase(args[i], "ch")) {
      request->count_changes = true;
    } else {
      break;
    }
  }
  const bool whole_places = (args.size() - request->first) % 3 == 0;
  if (whole_places && !(conditions.if_absent && conditions.if_present)) return true;
  context.Fail(kSyntaxError);
  return false;
}

// Reads `longitude latitude member` again and again; false after an error reply.
bool ParsePlaces(Context& context, size_t first, std::vector<double>* scores) {
  for (size_t i = first; i < context.args.size(); i += 3) {
    const std::optional<GeoPoint> point = ParsePoint(context, i);
    if (!point) return false;
    scores->push_back(static_cast<double>(GeohashOf(*point)));
  }
  return true;
}

}  // namespace

void ReplyPoint(Context& context, GeoPoint point) {
  context.reply.Array(2);
  ReplyCoordinate(context, point.longitude);
  ReplyCoordinate(context, point.latitude);
}

void GeoaddCommand(Context& context) {
  AddRequest request;
  std::vector<double> scores;
  if (!ParseAdd(context, &request) || !ParsePlaces(context, request.first, &scores)) return;
  ZsetEdit edit(context, context.Key(1), MemberArgs{request.first + 2, /*step=*/3});
  if (edit.rejected()) return;
  if (!edit.exists()) {
    if (request.conditions.if_present || scores.empty()) return context.reply.Integer(0);
    edit.Create();
  }
  int64_t added = 0;
  int64_t moved = 0;
  bool changed = false;
  for (size_t i = 0; i < scores.size(); ++i) {
    const std::string_view member = context.args[request.first + 3 * i + 2];
    const ScoreOutcome outcome =
        edit.set().Add(edit.rules(), member, scores[i], request.conditions).outcome;
    added += outcome == ScoreOutcome::kAdded;
    moved += outcome == ScoreOutcome::kUpdated;
    changed = changed || IsChange(outcome);
  }
  if (changed) {
    edit.Store();
    context.Notify(kEventZset, "zadd", context.args[1]);
    context.effects.AsGiven();
  }
  context.reply.Integer(added + (request.count_changes ? moved : 0));
}

void GeodistCommand(Context& context) {
  if (context.args.size() > 5) return context.Fail(kSyntaxError);
  std::optional<double> unit = 1;
  if (context.args.size() == 5) unit = ParseUnit(context, context.args[4]);
  if (!unit) return;
  const ZsetLookup zset(context, context.Key(1));
  if (zset.rejected()) return;
  const std::optional<double> from = zset.Score(context.args[2]);
  const std::optional<double> to = zset.Score(context.args[3]);
  if (!from || !to) return context.reply.NullBulk();
  ReplyDistance(context, GeoDistance(PointOfScore(*from), PointOfScore(*to)) / *unit);
}

void GeohashCommand(Context& context) {
  const ZsetLookup zset(context, context.Key(1));
  if (zset.rejected()) return;
  context.reply.Array(context.args.size() - 2);
  for (const std::string_view member : context.args.subspan(2)) {
    const std::optional<double> score = zset.Score(member);
    if (!score) {
      context.reply.NullBulk();
      continue;
    }
    const GeohashText text = TextOf(GeohashOf(PointOfScore(*score)));
    context.reply.Bulk({text.data(), text.size()});
  }
}

void GeoposCommand(Context& context) {
  const ZsetLookup zset(context, context.Key(1));
  if (zset.rejected()) return;
  context.reply.Array(context.args.size() - 2);
  for (const std::string_view member : context.args.subspan(2)) {
    const std::optional<double> score = zset.Score(member);
    score ? ReplyPoint(context, PointOfScore(*score)) : context.reply.NullArray();
  }
}

}  // namespace kv
