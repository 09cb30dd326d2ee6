#include "kv/types/geohash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "kv/base/random.h"
#include "kv/types/geo_area.h"

namespace kv {
namespace {

constexpr GeoPoint kPalermo = {13.361389, 38.115556};
constexpr GeoPoint kCatania = {15.087269, 37.502669};

std::string Text(uint64_t geohash) {
  const GeohashText text = TextOf(geohash);
  return {text.data(), text.size()};
}

GeoPoint RandomPoint(Random& random) {
  return {(random.NextDouble() * 2 - 1) * kMaxLongitude,
          (random.NextDouble() * 2 - 1) * kMaxLatitude};
}

TEST(Geohash, KnownPlaces) {
  EXPECT_EQ(GeohashOf(kPalermo), 3479099956230698u);
  EXPECT_EQ(GeohashOf(kCatania), 3479447370796909u);
  EXPECT_EQ(Text(GeohashOf(kPalermo)), "sqc8b49rny0");
  EXPECT_DOUBLE_EQ(PointOf(3479099956230698).longitude, 13.36138933897018433);
  EXPECT_DOUBLE_EQ(PointOf(3479099956230698).latitude, 38.11555639549629859);
  EXPECT_NEAR(GeoDistance(PointOf(GeohashOf(kPalermo)), PointOf(GeohashOf(kCatania))), 166274.1516,
              0.0001);
}

TEST(Geohash, PointsComeBackWithin30Centimetres) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const GeoPoint point = RandomPoint(random);
    const uint64_t geohash = GeohashOf(point);
    EXPECT_LT(GeoDistance(PointOf(geohash), point), 0.4);
    EXPECT_EQ(GeohashOf(PointOf(geohash)), geohash);
    const GeoStep step = Deinterleave(geohash);
    EXPECT_EQ(Interleave(step), geohash);
  }
}

TEST(Geohash, TheEdgesOfTheMapAndBeyond) {
  EXPECT_TRUE(IsOnMap({180, -kMaxLatitude}));
  EXPECT_FALSE(IsOnMap({180.1, 0}));
  EXPECT_FALSE(IsOnMap({0, 85.06}));
  const GeoPoint corner = PointOf(GeohashOf({180, kMaxLatitude}));
  EXPECT_EQ(corner.longitude, 180);
  EXPECT_EQ(corner.latitude, kMaxLatitude);
  for (const double score : {-1.0, 1e300, -HUGE_VAL, 0.5}) {
    EXPECT_TRUE(IsOnMap(PointOfScore(score))) << score;
  }
}

// --- areas ---

bool IsCovered(const std::vector<GeohashRange>& ranges, uint64_t geohash) {
  return std::any_of(ranges.begin(), ranges.end(), [geohash](const GeohashRange& range) {
    return range.begin <= geohash && geohash < range.end;
  });
}

void ExpectCoverHoldsAllPoints(const GeoArea& area, Random& random) {
  const std::vector<GeohashRange> ranges = area.Cover();
  EXPECT_LE(ranges.size(), 24u);
  for (int i = 0; i < 300; ++i) {
    GeoPoint point = RandomPoint(random);
    if (i % 3 == 0) point.longitude = i % 2 == 0 ? 180 : -180;
    if (i % 4 == 0) {
      point = {area.center().longitude + random.NextDouble() / 100, area.center().latitude};
      if (!IsOnMap(point)) continue;
    }
    const uint64_t geohash = GeohashOf(point);
    if (area.Distance(PointOf(geohash)).has_value()) {
      ASSERT_TRUE(IsCovered(ranges, geohash)) << point.longitude << " " << point.latitude;
    }
  }
}

TEST(GeoArea, TheCoverHoldsAllPointsOfTheArea) {
  Random random(2);
  for (int i = 0; i < 400; ++i) {
    GeoPoint center = RandomPoint(random);
    if (i % 5 == 0) center.longitude = 179.99;
    if (i % 7 == 0) center.latitude = 85;
    const double size = std::pow(10, random.NextDouble() * 7.6);
    ExpectCoverHoldsAllPoints(GeoArea(GeoCircle{center, size}), random);
    ExpectCoverHoldsAllPoints(GeoArea(GeoBox{center, size, size * random.NextDouble()}), random);
    ExpectCoverHoldsAllPoints(
        GeoArea(GeoPolygon{{RandomPoint(random), RandomPoint(random), RandomPoint(random)}}),
        random);
  }
}

TEST(GeoArea, TheCoverOfASmallAreaIsSmall) {
  const std::vector<GeohashRange> ranges = GeoArea(GeoCircle{kPalermo, 1000}).Cover();
  uint64_t cells = 0;
  for (const GeohashRange& range : ranges) cells += range.end - range.begin;
  // About 17 cm by 60 cm each: less than ten times the area of the circle.
  EXPECT_LT(static_cast<double>(cells) * 0.47 * 0.25, 10 * 3.15e6);
  EXPECT_LE(ranges.front().begin, GeohashOf(kPalermo));
  EXPECT_GT(ranges.front().end, GeohashOf(kPalermo));
}

TEST(GeoArea, DistancesInsideAndNothingOutside) {
  const GeoArea circle(GeoCircle{kPalermo, 170'000});
  EXPECT_NEAR(circle.Distance(kCatania).value_or(0), 166'274, 1);
  EXPECT_FALSE(GeoArea(GeoCircle{kPalermo, 166'000}).Distance(kCatania));
  EXPECT_TRUE(GeoArea(GeoBox{kPalermo, 310'000, 140'000}).Distance(kCatania));
  EXPECT_FALSE(GeoArea(GeoBox{kPalermo, 300'000, 140'000}).Distance(kCatania));
  EXPECT_FALSE(GeoArea(GeoBox{kPalermo, 310'000, 130'000}).Distance(kCatania));
}

TEST(GeoArea, APolygonMayHaveBays) {
  const GeoArea bay(GeoPolygon{{{0, 0}, {10, 0}, {10, 10}, {5, 2}, {0, 10}}});
  EXPECT_TRUE(bay.Distance({1, 5}));
  EXPECT_TRUE(bay.Distance({9, 5}));
  EXPECT_FALSE(bay.Distance({5, 5}));
  EXPECT_FALSE(bay.Distance({11, 1}));
  EXPECT_EQ(bay.center().longitude, 5);
}

}  // namespace
}  // namespace kv
