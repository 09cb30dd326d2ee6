#include "tools/load/histogram.h"

#include <gtest/gtest.h>

namespace load {
namespace {

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.total(), 0u);
  EXPECT_EQ(histogram.Percentile(0.5), 0u);
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (uint64_t value = 1; value <= 100; ++value) histogram.Record(value);
  EXPECT_EQ(histogram.Percentile(0.01), 1u);
  EXPECT_EQ(histogram.Percentile(0.50), 50u);
  EXPECT_EQ(histogram.Percentile(0.99), 99u);
  EXPECT_EQ(histogram.Percentile(1.00), 100u);
}

TEST(Histogram, PercentilesAreWithinOnePercent) {
  Histogram histogram;
  for (uint64_t value = 1; value <= 1'000'000; ++value) histogram.Record(value * 1000);
  for (const double fraction : {0.001, 0.1, 0.5, 0.9, 0.999, 0.9999}) {
    const double exact = fraction * 1e9;
    const auto found = static_cast<double>(histogram.Percentile(fraction));
    EXPECT_GE(found, exact);
    EXPECT_LE(found, exact * 1.01);
  }
}

TEST(Histogram, CountsRepeatedValuesAndKeepsTheGreatest) {
  Histogram histogram;
  histogram.Record(10, 99);
  histogram.Record(UINT64_MAX);
  EXPECT_EQ(histogram.total(), 100u);
  EXPECT_EQ(histogram.Percentile(0.99), 10u);
  EXPECT_EQ(histogram.Percentile(1), UINT64_MAX);
  EXPECT_EQ(histogram.max(), UINT64_MAX);
}

}  // namespace
}  // namespace load
