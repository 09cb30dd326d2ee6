#include "protocol/format_double.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

namespace resp {
namespace {

TEST(FormatDoubleTest, WritesTheShortestText) {
  EXPECT_EQ(FormatDouble(3.1), "3.1");
  EXPECT_EQ(FormatDouble(0.1), "0.1");
  EXPECT_EQ(FormatDouble(-1.5), "-1.5");
  EXPECT_EQ(FormatDouble(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(FormatDouble(3.0e-5), "0.00003");
}

TEST(FormatDoubleTest, IntegersHaveNoPoint) {
  EXPECT_EQ(FormatDouble(0), "0");
  EXPECT_EQ(FormatDouble(-0.0), "-0");
  EXPECT_EQ(FormatDouble(17), "17");
  EXPECT_EQ(FormatDouble(-1e10), "-10000000000");
  EXPECT_EQ(FormatDouble(9007199254740993.0), "9007199254740992");
  EXPECT_EQ(FormatDouble(1e18), "1000000000000000000");
}

TEST(FormatDoubleTest, ExtremesHaveAnExponent) {
  EXPECT_EQ(FormatDouble(1e20), "1e+20");
  EXPECT_EQ(FormatDouble(1.5e300), "1.5e+300");
  EXPECT_EQ(FormatDouble(1e-7), "1e-7");
  EXPECT_EQ(FormatDouble(1.25e-10), "1.25e-10");
  EXPECT_EQ(FormatDouble(5e-324), "5e-324");
  EXPECT_EQ(FormatDouble(-std::numeric_limits<double>::max()), "-1.7976931348623157e+308");
}

TEST(FormatDoubleTest, NamesWhatIsNoNumber) {
  EXPECT_EQ(FormatDouble(INFINITY), "inf");
  EXPECT_EQ(FormatDouble(-INFINITY), "-inf");
  EXPECT_EQ(FormatDouble(NAN), "nan");
}

TEST(FormatDoubleTest, EveryTextReadsBackAsTheSameNumber) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (std::isnan(value)) continue;
    const std::string text = FormatDouble(value);
    ASSERT_LE(text.size(), kMaxDoubleChars);
    ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
  }
}

}  // namespace
}  // namespace resp
