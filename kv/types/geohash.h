// Geohash: places on the globe as numbers whose order keeps near places together.
//
// Longitude and latitude are cut into 2^26 equal steps each, and the bits of the two step numbers
// interleaved, so that a place is the score of its member in a sorted set:
//
//   bit   51 50 49 48   ...   3 2 1 0
//         x  y  x  y          x y x y      x: longitude from -180 to 180
//                                          y: latitude from -85.05112878 to 85.05112878
//
// All places whose numbers begin with the same 2k bits lie in one cell of 2^k by 2^k, which is one
// range of scores. A number means the centre of its cell, at most 30 cm from the place it was made
// of. Latitudes end where the square map of the Mercator projection does (EPSG:3857).
//
// Distances are those on a sphere of 6,372,797.560856 m radius, by the haversine formula; lengths
// are metres, angles degrees.
//
// Sources: G. Niemeyer, geohash.org (2008). G. Morton: A Computer Oriented Geodetic Data Base. IBM
// Ottawa, 1966. R. Sinnott: Virtues of the Haversine. Sky and Telescope 68, 1984.
#ifndef SOLOKV_KV_TYPES_GEOHASH_H_
#define SOLOKV_KV_TYPES_GEOHASH_H_

#include <array>
#include <cstdint>

namespace kv {

struct GeoPoint {
  double longitude;
  double latitude;
};

inline constexpr double kMaxLongitude = 180;
inline constexpr double kMaxLatitude = 85.05112878;
inline constexpr double kEarthRadius = 6372797.560856;

// Steps of each axis.
inline constexpr int kGeohashStepBits = 26;

// Whether the point is within the limits above.
bool IsOnMap(GeoPoint point);

// Precondition: IsOnMap(point).
uint64_t GeohashOf(GeoPoint point);
// The centre of a cell. Of a score that is no geohash, some point of the map.
GeoPoint PointOf(uint64_t geohash);
GeoPoint PointOfScore(double score);

// The step numbers of a cell, and back.
struct GeoStep {
  uint32_t x;
  uint32_t y;
};
uint64_t Interleave(GeoStep step);
GeoStep Deinterleave(uint64_t geohash);

// The usual geohash of 11 characters, whose latitudes go from -90 to 90. The last character is
// always "0", as there are no bits left for it.
using GeohashText = std::array<char, 11>;
GeohashText TextOf(uint64_t geohash);

// In metres.
double GeoDistance(GeoPoint a, GeoPoint b);
// The same between two parallels.
double LatitudeDistance(double a, double b);

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_GEOHASH_H_
