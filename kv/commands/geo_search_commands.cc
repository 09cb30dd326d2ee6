// Places by area.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/geo_commands.h"
#include "kv/commands/zset_access.h"
#include "kv/types/geo_area.h"

namespace kv {
namespace {

// Which commands these are.
enum class Family {
  kRadius,          // GEORADIUS and GEORADIUSBYMEMBER
  kRadiusReadOnly,  // the same without STORE
  kSearch,          // GEOSEARCH
  kSearchStore,     // GEOSEARCHSTORE
};

enum class GeoOrder { kNone, kAscending, kDescending };

// The sides of a shape before its centre is known.
struct Extent {
  bool is_box = false;
  double width = 0;  // metres; of a circle its radius
  double height = 0;
};

struct SearchRequest {
  std::optional<GeoPoint> center;
  std::optional<Extent> extent;
  std::optional<GeoPolygon> polygon;
  bool from_member = false;  // FROMMEMBER was given; without the key there is no centre
  double unit = 1;           // metres
  GeoOrder order = GeoOrder::kNone;
  bool with_distance = false;
  bool with_hash = false;
  bool with_point = false;
  size_t count = std::numeric_limits<size_t>::max();
  bool has_count = false;
  bool any = false;
  std::optional<size_t> destination;  // the argument that names the key to store to
  bool store_distance = false;

  bool replies_more() const { return with_distance || with_hash || with_point; }
  GeoArea Area() const {
    if (polygon) return GeoArea(*polygon);
    if (extent->is_box) return GeoArea(GeoBox{*center, extent->width, extent->height});
    return GeoArea(GeoCircle{*center, extent->width});
  }
};

struct Place {
  std::string member;
  double score;
  double distance;  // metres
};

// Reads the arguments of one call.
class SearchParser {
 public:
  SearchParser(Context& context, Family family, const ZsetReader& zset)
      : context_(context), family_(family), zset_(zset) {}

  // The place of a member; false after an error reply.
  bool ReadMember(size_t index);
  // The longitude and latitude; false after an error reply.
  bool ReadCenter(size_t index);
  // `radius unit`; false after an error reply.
  bool ReadRadius(size_t index);
  // The same after ReadMember. Without the key no radius is asked for, as in Redis.
  bool ReadRadiusOfMember(size_t index);
  // All options from args[first] on, and whether they fit together; false after an error reply.
  bool ReadOptions(size_t first);

  SearchRequest& request() { return request_; }

 private:
  bool Fail(std::string_view error) {
    context_.Fail(error);
    return false;
  }
  bool is_search() const { return family_ == Family::kSearch || family_ == Family::kSearchStore; }
  bool ReadNumber(size_t index, std::string_view error, double* number);
  bool ReadUnit(size_t index);
  bool ReadBox(size_t index);
  bool ReadPolygon(size_t index, size_t* words);
  bool ReadCount(size_t index);
  bool ReadFlag(std::string_view word);
  bool ReadShape(size_t* index, bool* read);
  bool Check();

  Context& context_;
  Family family_;
  const ZsetReader& zset_;
  SearchRequest request_;
};

bool SearchParser::ReadMember(size_t index) {
  request_.from_member = true;
  if (!zset_.exists()) return true;
  const std::optional<double> score = zset_->Score(context_.args[index]);
  if (!score) return Fail("ERR could not decode requested zset member");
  request_.center = PointOfScore(*score);
  return true;
}

bool SearchParser::ReadCenter(size_t index) {
  request_.center = ParsePoint(context_, index);
  return request_.center.has_value();
}

bool SearchParser::ReadNumber(size_t index, std::string_view error, double* number) {
  const std::optional<double> parsed = ParseDouble(context_.args[index]);
  if (!parsed) return Fail(error);
  *number = *parsed;
  return true;
}

// The lengths were read in units, and become metres.
bool SearchParser::ReadUnit(size_t index) {
  const std::optional<double> unit = ParseUnit(context_, context_.args[index]);
  if (!unit) return false;
  request_.unit = *unit;
  request_.extent->width *= *unit;
  request_.extent->height *= *unit;
  return true;
}

bool SearchParser::ReadRadius(size_t index) {
  Extent extent;
  if (!ReadNumber(index, "ERR need numeric radius", &extent.width)) return false;
  if (extent.width < 0) return Fail("ERR radius cannot be negative");
  request_.extent = extent;
  return ReadUnit(index + 1);
}

bool SearchParser::ReadRadiusOfMember(size_t index) {
  if (zset_.exists()) return ReadRadius(index);
  request_.extent = Extent();
  return true;
}

bool SearchParser::ReadBox(size_t index) {
  Extent extent = {.is_box = true};
  if (!ReadNumber(index, "ERR need numeric width", &extent.width)) return false;
  if (!ReadNumber(index + 1, "ERR need numeric height", &extent.height)) return false;
  if (extent.width < 0 || extent.height < 0) return Fail("ERR height or width cannot be negative");
  request_.extent = extent;
  return ReadUnit(index + 2);
}

bool SearchParser::ReadPolygon(size_t index, size_t* words) {
  constexpr int64_t kMinCorners = 3;
  const std::optional<int64_t> corners = ParseInt64(context_.args[index]);
  if (!corners) return Fail(kNotAnInteger);
  if (*corners < kMinCorners) return Fail("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices");
  const size_t left = context_.args.size() - index - 1;
  if (static_cast<uint64_t>(*corners) > left / 2) return Fail(kSyntaxError);
  GeoPolygon polygon;
  for (size_t i = 0; i < static_cast<size_t>(*corners); ++i) {
    const std::optional<GeoPoint> corner = ParsePoint(context_, index + 1 + 2 * i);
    if (!corner) return false;
    polygon.corners.push_back(*corner);
  }
  *words = 1 + 2 * polygon.corners.size();
  request_.polygon = std::move(polygon);
  return true;
}

bool SearchParser::ReadCount(size_t index) {
  const std::optional<int64_t> count = ParseInt64(context_.args[index]);
  if (!count) return Fail(kNotAnInteger);
  if (*count <= 0) return Fail("ERR COUNT must be > 0");
  request_.count = static_cast<size_t>(*count);
  request_.has_count = true;
  return true;
}

bool SearchParser::ReadFlag(std::string_view word) {
  if (EqualsIgnoreCase(word, "withdist")) {
    request_.with_distance = true;
  } else if (EqualsIgnoreCase(word, "withhash")) {
    request_.with_hash = true;
  } else if (EqualsIgnoreCase(word, "withcoord")) {
    request_.with_point = true;
  } else if (EqualsIgnoreCase(word, "any")) {
    request_.any = true;
  } else if (EqualsIgnoreCase(word, "asc")) {
    request_.order = GeoOrder::kAscending;
  } else if (EqualsIgnoreCase(word, "desc")) {
    request_.order = GeoOrder::kDescending;
  } else if (family_ == Family::kSearchStore && EqualsIgnoreCase(word, "storedist")) {
    request_.store_distance = true;
  } else {
    return false;
  }
  return true;
}

// Reads the FROM or BY option at `*index`, and moves that to its last word; `*read` says whether
// there is one. False after an error reply.
bool SearchParser::ReadShape(size_t* index, bool* read) {
  const std::string_view word = context_.args[*index];
  const size_t left = context_.args.size() - *index - 1;
  const size_t next = *index + 1;
  const bool has_from = request_.center.has_value() || request_.from_member;
  const bool has_by = request_.extent.has_value() || request_.polygon.has_value();
  size_t words = 0;
  bool good = true;
  if (!has_from && left >= 1 && EqualsIgnoreCase(word, "frommember")) {
    words = 1;
    good = ReadMember(next);
  } else if (!has_from && left >= 2 && EqualsIgnoreCase(word, "fromlonlat")) {
    words = 2;
    good = ReadCenter(next);
  } else if (!has_by && left >= 2 && EqualsIgnoreCase(word, "byradius")) {
    words = 2;
    good = ReadRadius(next);
  } else if (!has_by && left >= 3 && EqualsIgnoreCase(word, "bybox")) {
    words = 3;
    good = ReadBox(next);
  } else if (!has_by && left >= 1 && EqualsIgnoreCase(word, "bypolygon")) {
    good = ReadPolygon(next, &words);
  }
  *read = words > 0;
  *index += words;
  return good;
}

bool SearchParser::ReadOptions(size_t first) {
  const ArgSpan args = context_.args;
  for (size_t i = first; i < args.size(); ++i) {
    if (ReadFlag(args[i])) continue;
    const bool has_next = i + 1 < args.size();
    if (has_next && EqualsIgnoreCase(args[i], "count")) {
      if (!ReadCount(++i)) return false;
      continue;
    }
    const bool to_distances = EqualsIgnoreCase(args[i], "storedist");
    if (family_ == Family::kRadius && has_next &&
        (to_distances || EqualsIgnoreCase(args[i], "store"))) {
      request_.store_distance = to_distances;
      request_.destination = ++i;
      continue;
    }
    bool read = false;
    if (is_search() && !ReadShape(&i, &read)) return false;
    if (!read) return Fail(kSyntaxError);
  }
  return Check();
}

bool SearchParser::Check() {
  if (family_ == Family::kSearchStore) request_.destination = 1;
  if (request_.destination && request_.replies_more()) {
    return Fail(absl::StrCat("ERR ", is_search() ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS",
                             " is not compatible with WITHDIST, WITHHASH and WITHCOORD options"));
  }
  const bool has_from = request_.center.has_value() || request_.from_member;
  const bool has_by = request_.extent.has_value() || request_.polygon.has_value();
  if (is_search() && has_from == request_.polygon.has_value()) {
    return Fail(
        has_from ? std::string(kSyntaxError)
                 : absl::StrCat("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ",
                                std::string(context_.args[0])));
  }
  if (!has_by) {
    return Fail(absl::StrCat("ERR exactly one of BYRADIUS and BYBOX can be specified for ",
                             std::string(context_.args[0])));
  }
  if (request_.any && !request_.has_count) {
    return Fail("ERR the ANY argument requires COUNT argument");
  }
  // The nearest ones, unless any will do.
  const bool wants_nearest = request_.has_count && !request_.any;
  if (wants_nearest && request_.order == GeoOrder::kNone) request_.order = GeoOrder::kAscending;
  return true;
}

// The places of the area, in the order asked for.
std::vector<Place> Search(const SortedSetValue& set, const SearchRequest& request) {
  const GeoArea area = request.Area();
  const size_t enough = request.any ? request.count : std::numeric_limits<size_t>::max();
  std::vector<Place> places;
  for (const GeohashRange& range : area.Cover()) {
    if (places.size() >= enough) break;
    const ScoreRange scores = {.min = static_cast<double>(range.begin),
                               .max = static_cast<double>(range.end),
                               .max_exclusive = true};
    set.ForEachWhile(set.RanksOf(scores), RankOrder::kAscending,
                     [&](std::string_view member, double score) {
                       const std::optional<double> distance = area.Distance(PointOfScore(score));
                       if (distance) places.push_back({std::string(member), score, *distance});
                       return places.size() < enough;
                     });
  }
  if (request.order == GeoOrder::kNone) return places;
  const auto is_before = [&](const Place& a, const Place& b) {
    return request.order == GeoOrder::kAscending ? a.distance < b.distance
                                                 : a.distance > b.distance;
  };
  const size_t count = std::min(request.count, places.size());
  std::partial_sort(places.begin(), places.begin() + static_cast<ptrdiff_t>(count), places.end(),
                    is_before);
  places.resize(count);
  return places;
}

void ReplyPlaces(Context& context, const SearchRequest& request, const std::vector<Place>& places) {
  const size_t fields = size_t{1} + request.with_distance + request.with_hash + request.with_point;
  context.reply.Array(places.size());
  for (const Place& place : places) {
    if (fields > 1) context.reply.Array(fields);
    context.reply.Bulk(place.member);
    if (request.with_distance) ReplyDistance(context, place.distance / request.unit);
    if (request.with_hash) context.reply.Integer(static_cast<int64_t>(place.score));
    if (request.with_point) ReplyPoint(context, PointOfScore(place.score));
  }
}

void StorePlaces(Context& context, const SearchRequest& request, const std::vector<Place>& places,
                 std::string_view event) {
  const SortedSetContext rules = ZsetRules(context);
  SortedSetValue result = SortedSetValue::Create(rules);
  for (const Place& place : places) {
    result.Add(rules, place.member,
               request.store_distance ? place.distance / request.unit : place.score);
  }
  StoreZset(context, context.Key(*request.destination), result, event);
}

// Runs a call: read_center(parser) reads what stands between the key, args[key], and the options
// and returns where these begin, or 0 after an error reply.
template <class ReadCenter>
void RunSearch(Context& context, Family family, size_t key, ReadCenter read_center) {
  std::vector<Place> places;
  SearchRequest request;
  {
    const ZsetReader zset(context, context.Key(key));
    if (zset.rejected()) return;
    SearchParser parser(context, family, zset);
    const size_t first_option = read_center(parser);
    if (first_option == 0 || !parser.ReadOptions(first_option)) return;
    request = std::move(parser.request());
    if (zset.exists()) places = Search(*zset, request);
  }
  if (!request.destination) return ReplyPlaces(context, request, places);
  StorePlaces(context, request, places,
              family == Family::kSearchStore ? "geosearchstore" : "georadiusstore");
}

void RadiusOfPoint(Context& context, Family family) {
  RunSearch(context, family, 1, [](SearchParser& parser) -> size_t {
    return parser.ReadCenter(2) && parser.ReadRadius(4) ? 6 : 0;
  });
}

void RadiusOfMember(Context& context, Family family) {
  RunSearch(context, family, 1, [](SearchParser& parser) -> size_t {
    return parser.ReadMember(2) && parser.ReadRadiusOfMember(3) ? 5 : 0;
  });
}

}  // namespace

void GeoradiusCommand(Context& context) {
  RadiusOfPoint(context, Family::kRadius);
}

void GeoradiusRoCommand(Context& context) {
  RadiusOfPoint(context, Family::kRadiusReadOnly);
}

void GeoradiusbymemberCommand(Context& context) {
  RadiusOfMember(context, Family::kRadius);
}

void GeoradiusbymemberRoCommand(Context& context) {
  RadiusOfMember(context, Family::kRadiusReadOnly);
}

void GeosearchCommand(Context& context) {
  RunSearch(context, Family::kSearch, 1, [](SearchParser&) -> size_t { return 2; });
}

void GeosearchstoreCommand(Context& context) {
  RunSearch(context, Family::kSearchStore, 2, [](SearchParser&) -> size_t { return 3; });
}

}  // namespace kv
