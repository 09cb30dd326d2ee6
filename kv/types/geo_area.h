// GeoArea: a part of the globe to look for places in, and the ranges of geohashes that cover it.
//
//   circle    all places within a distance of the centre
//   box       those at most half the width east or west of it, measured along their own parallel,
//             and at most half the height north or south
//   polygon   those inside a closed line, straight on a map of longitudes and latitudes; the
//             centre is the mean of its corners
//
// Cost: Distance O(1), of a polygon O(corners); Cover O(1).
#ifndef SOLOKV_KV_TYPES_GEO_AREA_H_
#define SOLOKV_KV_TYPES_GEO_AREA_H_

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "kv/types/geohash.h"

namespace kv {

struct GeoCircle {
  GeoPoint center;
  double radius;  // metres
};

struct GeoBox {
  GeoPoint center;
  double width;  // metres
  double height;
};

struct GeoPolygon {
  std::vector<GeoPoint> corners;  // three at least
};

// Geohashes from `begin` on, before `end`.
struct GeohashRange {
  uint64_t begin;
  uint64_t end;
};

class GeoArea {
 public:
  explicit GeoArea(GeoCircle circle) : shape_(circle), center_(circle.center) {}
  explicit GeoArea(GeoBox box) : shape_(box), center_(box.center) {}
  explicit GeoArea(GeoPolygon polygon);

  GeoPoint center() const { return center_; }

  // How far a point of the area is from the centre, in metres; nothing if it is outside.
  std::optional<double> Distance(GeoPoint point) const;

  // Ranges that hold the geohashes of all points of the area: that around the centre first, then
  // the others, lowest first; some 20 at most. Most of what they hold is in the area or near it.
  std::vector<GeohashRange> Cover() const;

 private:
  // Longitudes may be beyond 180, where the area crosses the date line.
  struct Bounds {
    double west;
    double east;
    double south;
    double north;
  };
  Bounds BoundsOf() const;

  std::variant<GeoCircle, GeoBox, GeoPolygon> shape_;
  GeoPoint center_;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_GEO_AREA_H_
