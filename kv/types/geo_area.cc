#include "kv/types/geo_area.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace kv {
namespace {

constexpr double kDegrees = 180 / std::numbers::pi;
constexpr int64_t kSteps = int64_t{1} << kGeohashStepBits;
constexpr int64_t kMaxCellsPerAxis = 4;

GeoPoint MeanOf(const std::vector<GeoPoint>& points) {
  GeoPoint sum = {0, 0};
  for (const GeoPoint& point : points) {
    sum.longitude += point.longitude;
    sum.latitude += point.latitude;
  }
  const auto count = static_cast<double>(points.size());
  return {sum.longitude / count, sum.latitude / count};
}

// Whether a ray to the east crosses the polygon's line an odd number of times.
bool IsInside(const std::vector<GeoPoint>& corners, GeoPoint point) {
  bool inside = false;
  GeoPoint from = corners.back();
  for (const GeoPoint& to : corners) {
    if ((from.latitude > point.latitude) != (to.latitude > point.latitude)) {
      const double share = (point.latitude - from.latitude) / (to.latitude - from.latitude);
      const double crossing = from.longitude + share * (to.longitude - from.longitude);
      if (point.longitude < crossing) inside = !inside;
    }
    from = to;
  }
  return inside;
}

// How many degrees of longitude an arc spans whose half has the given sine, divided by the cosine
// of the latitude; half the globe if it reaches around a pole.
double HalfSpan(double sine, double cosine) {
  return sine >= cosine ? kMaxLongitude : std::asin(sine / cosine) * kDegrees;
}

// The cells of one axis that steps `first` to `last` touch, each of 2^shift steps.
struct CellRow {
  int64_t first;
  int64_t last;
};
CellRow CellsOf(int64_t first, int64_t last, int shift) {
  return {first >> shift, last >> shift};
}

int64_t StepOf(double coordinate, double limit) {
  return static_cast<int64_t>(std::floor((coordinate + limit) / (2 * limit) * kSteps));
}

// Adds the cells of a column that are in `rows`.
void AddCells(int64_t column, CellRow rows, int shift, std::vector<GeohashRange>* ranges) {
  for (int64_t row = rows.first; row <= rows.last; ++row) {
    const uint64_t cell = Interleave({static_cast<uint32_t>(column), static_cast<uint32_t>(row)});
    ranges->push_back({cell << (2 * shift), (cell + 1) << (2 * shift)});
  }
}

// The same ranges in order, those that touch as one.
std::vector<GeohashRange> Merged(std::vector<GeohashRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const GeohashRange& a, const GeohashRange& b) { return a.begin < b.begin; });
  std::vector<GeohashRange> merged;
  for (const GeohashRange& range : ranges) {
    if (!merged.empty() && range.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, range.end);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

}  // namespace

GeoArea::GeoArea(GeoPolygon polygon) : center_(MeanOf(polygon.corners)) {
  shape_ = std::move(polygon);
}

std::optional<double> GeoArea::Distance(GeoPoint point) const {
  if (const auto* circle = std::get_if<GeoCircle>(&shape_)) {
    const double distance = GeoDistance(center_, point);
    if (distance > circle->radius) return std::nullopt;
    return distance;
  }
  if (const auto* box = std::get_if<GeoBox>(&shape_)) {
    const GeoPoint below = {center_.longitude, point.latitude};
    if (GeoDistance(point, below) > box->width / 2) return std::nullopt;
    if (LatitudeDistance(point.latitude, center_.latitude) > box->height / 2) return std::nullopt;
    return GeoDistance(center_, point);
  }
  if (!IsInside(std::get<GeoPolygon>(shape_).corners, point)) return std::nullopt;
  return GeoDistance(center_, point);
}

GeoArea::Bounds GeoArea::BoundsOf() const {
  if (const auto* polygon = std::get_if<GeoPolygon>(&shape_)) {
    Bounds bounds = {kMaxLongitude, -kMaxLongitude, kMaxLatitude, -kMaxLatitude};
    for (const GeoPoint& corner : polygon->corners) {
      bounds.west = std::min(bounds.west, corner.longitude);
      bounds.east = std::max(bounds.east, corner.longitude);
      bounds.south = std::min(bounds.south, corner.latitude);
      bounds.north = std::max(bounds.north, corner.latitude);
    }
    return bounds;
  }
  const auto* circle = std::get_if<GeoCircle>(&shape_);
  const auto* box = std::get_if<GeoBox>(&shape_);
  const double half_height = circle != nullptr ? circle->radius : box->height / 2;
  const double half_latitudes = half_height / kEarthRadius * kDegrees;
  const double south = center_.latitude - half_latitudes;
  const double north = center_.latitude + half_latitudes;
  double half_longitudes = kMaxLongitude;
  if (circle != nullptr) {
    // The meridians that touch the circle.
    const bool holds_pole = north >= 90 || south <= -90;
    if (!holds_pole) {
      half_longitudes =
          HalfSpan(std::sin(circle->radius / kEarthRadius), std::cos(center_.latitude / kDegrees));
    }
  } else {
    // Where the parallels are shortest, the width spans most.
    const double farthest = std::min(std::max(std::abs(south), std::abs(north)), kMaxLatitude);
    const double quarter = box->width / 4 / kEarthRadius;
    if (quarter < std::numbers::pi / 2) {
      half_longitudes = 2 * HalfSpan(std::sin(quarter), std::cos(farthest / kDegrees));
    }
  }
  half_longitudes = std::min(half_longitudes, kMaxLongitude);
  return {center_.longitude - half_longitudes, center_.longitude + half_longitudes, south, north};
}

std::vector<GeohashRange> GeoArea::Cover() const {
  const Bounds bounds = BoundsOf();
  // A step more on each side, for what rounding took away.
  const int64_t west = StepOf(bounds.west, kMaxLongitude) - 1;
  const int64_t east = std::min(StepOf(bounds.east, kMaxLongitude) + 1, west + kSteps - 1);
  const auto on_map = [](double latitude) {
    return std::clamp(latitude, -kMaxLatitude, kMaxLatitude);
  };
  const int64_t south = std::max<int64_t>(StepOf(on_map(bounds.south), kMaxLatitude) - 1, 0);
  const int64_t north = StepOf(on_map(bounds.north), kMaxLatitude) + 1;
  int shift = 0;
  CellRow x = CellsOf(west, east, shift);
  CellRow y = CellsOf(south, north, shift);
  while (x.last - x.first >= kMaxCellsPerAxis || y.last - y.first >= kMaxCellsPerAxis) {
    ++shift;
    x = CellsOf(west, east, shift);
    y = CellsOf(south, north, shift);
  }
  const int64_t cells = kSteps >> shift;
  std::vector<GeohashRange> ranges;
  for (int64_t column = x.first; column <= x.last; ++column) {
    const int64_t wrapped = (column % cells + cells) % cells;
    AddCells(wrapped, y, shift, &ranges);
    // 180 degrees east has a step of its own behind the last one, and is as far as 180 west.
    if (wrapped == 0) AddCells(cells, y, shift, &ranges);
  }
  ranges = Merged(std::move(ranges));
  const uint64_t center = GeohashOf(center_);
  const auto around = std::find_if(ranges.begin(), ranges.end(), [&](const GeohashRange& range) {
    return range.begin <= center && center < range.end;
  });
  if (around != ranges.end()) std::rotate(ranges.begin(), around, around + 1);
  return ranges;
}

}  // namespace kv
