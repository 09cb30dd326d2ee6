#include "kv/types/geohash.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

namespace kv {
namespace {

constexpr double kSteps = uint64_t{1} << kGeohashStepBits;

// The step of a coordinate on an axis from -limit to limit.
uint32_t StepOf(double coordinate, double limit) {
  return static_cast<uint32_t>((coordinate + limit) / (2 * limit) * kSteps);
}

// The middle of a step.
double MiddleOf(uint32_t step, double limit) {
  const double begin = -limit + step / kSteps * (2 * limit);
  const double end = -limit + (step + 1) / kSteps * (2 * limit);
  return std::clamp((begin + end) / 2, -limit, limit);
}

// Bit i goes to bit 2i.
uint64_t Spread(uint32_t bits) {
  uint64_t spread = bits;
  spread = (spread | spread << 16) & 0x0000ffff0000ffff;
  spread = (spread | spread << 8) & 0x00ff00ff00ff00ff;
  spread = (spread | spread << 4) & 0x0f0f0f0f0f0f0f0f;
  spread = (spread | spread << 2) & 0x3333333333333333;
  return (spread | spread << 1) & 0x5555555555555555;
}

// Bit 2i goes to bit i.
uint32_t Gather(uint64_t spread) {
  spread &= 0x5555555555555555;
  spread = (spread | spread >> 1) & 0x3333333333333333;
  spread = (spread | spread >> 2) & 0x0f0f0f0f0f0f0f0f;
  spread = (spread | spread >> 4) & 0x00ff00ff00ff00ff;
  spread = (spread | spread >> 8) & 0x0000ffff0000ffff;
  return static_cast<uint32_t>(spread | spread >> 16);
}

double Radians(double degrees) {
  return degrees * (std::numbers::pi / 180);
}

}  // namespace

bool IsOnMap(GeoPoint point) {
  return std::abs(point.longitude) <= kMaxLongitude && std::abs(point.latitude) <= kMaxLatitude;
}

uint64_t Interleave(GeoStep step) {
  return Spread(step.x) << 1 | Spread(step.y);
}

GeoStep Deinterleave(uint64_t geohash) {
  return {Gather(geohash >> 1), Gather(geohash)};
}

uint64_t GeohashOf(GeoPoint point) {
  return Interleave({StepOf(point.longitude, kMaxLongitude), StepOf(point.latitude, kMaxLatitude)});
}

GeoPoint PointOf(uint64_t geohash) {
  const GeoStep step = Deinterleave(geohash);
  return {MiddleOf(step.x, kMaxLongitude), MiddleOf(step.y, kMaxLatitude)};
}

GeoPoint PointOfScore(double score) {
  constexpr double kTooLarge = 18446744073709551616.0;  // 2^64
  return PointOf(score > 0 && score < kTooLarge ? static_cast<uint64_t>(score) : 0);
}

GeohashText TextOf(uint64_t geohash) {
  constexpr std::string_view kAlphabet = "0123456789bcdefghjkmnpqrstuvwxyz";
  constexpr double kPole = 90;
  constexpr size_t kBits = 2 * kGeohashStepBits;
  const GeoPoint point = PointOf(geohash);
  const uint64_t bits =
      Interleave({StepOf(point.longitude, kMaxLongitude), StepOf(point.latitude, kPole)});
  GeohashText text;
  text.fill('0');
  for (size_t i = 0; 5 * (i + 1) <= kBits; ++i) {
    text[i] = kAlphabet[bits >> (kBits - 5 * (i + 1)) & 31];
  }
  return text;
}

double LatitudeDistance(double a, double b) {
  return kEarthRadius * std::abs(Radians(b) - Radians(a));
}

double GeoDistance(GeoPoint a, GeoPoint b) {
  const double v = std::sin((Radians(b.longitude) - Radians(a.longitude)) / 2);
  if (v == 0) return LatitudeDistance(a.latitude, b.latitude);
  const double a_latitude = Radians(a.latitude);
  const double b_latitude = Radians(b.latitude);
  const double u = std::sin((b_latitude - a_latitude) / 2);
  const double haversine = u * u + std::cos(a_latitude) * std::cos(b_latitude) * v * v;
  return 2 * kEarthRadius * std::asin(std::sqrt(haversine));
}

}  // namespace kv
