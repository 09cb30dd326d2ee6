#include "kv/base/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace kv {
namespace {

TEST(ParseInt64Test, AcceptsCanonicalNumbers) {
  EXPECT_EQ(ParseInt64("0"), 0);
  EXPECT_EQ(ParseInt64("-1"), -1);
  EXPECT_EQ(ParseInt64("1234567890"), 1234567890);
  EXPECT_EQ(ParseInt64("9223372036854775807"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(ParseInt64("-9223372036854775808"), std::numeric_limits<int64_t>::min());
}

TEST(ParseInt64Test, RefusesEveryOtherText) {
  for (std::string_view text :
       {"", "-", "+1", " 1", "1 ", "01", "-01", "-0", "00", "1a", "a", "0x1", "1.0",
        "9223372036854775808", "-9223372036854775809", "99999999999999999999999"}) {
    EXPECT_EQ(ParseInt64(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseInt64(std::string_view("1\0", 2)), std::nullopt);
}

TEST(ParseInt64Test, ReadsWhatFormatWrites) {
  for (int64_t value : {int64_t{0}, int64_t{-7}, std::numeric_limits<int64_t>::min(),
                        std::numeric_limits<int64_t>::max()}) {
    char text[kMaxInt64Chars];
    EXPECT_EQ(ParseInt64({text, FormatInt64(value, text)}), value);
  }
}

TEST(ParseUint64Test, CoversTheWholeRange) {
  EXPECT_EQ(ParseUint64("18446744073709551615"), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(ParseUint64("18446744073709551616"), std::nullopt);
  EXPECT_EQ(ParseUint64("-1"), std::nullopt);
  EXPECT_EQ(ParseUint64("01"), std::nullopt);
}

TEST(ParseDoubleTest, AcceptsWhatClientsSend) {
  EXPECT_EQ(ParseDouble("3.5"), 3.5);
  EXPECT_EQ(ParseDouble("+3"), 3.0);
  EXPECT_EQ(ParseDouble("-1e3"), -1000.0);
  EXPECT_EQ(ParseDouble(".5"), 0.5);
  EXPECT_EQ(ParseDouble("5."), 5.0);
  EXPECT_EQ(ParseDouble("0x10"), 16.0);
  EXPECT_EQ(ParseDouble("-0x1p-1"), -0.5);
  EXPECT_EQ(ParseDouble("inf"), INFINITY);
  EXPECT_EQ(ParseDouble("-Infinity"), -INFINITY);
  EXPECT_EQ(ParseDouble("5e-324"), 5e-324);
  EXPECT_TRUE(std::signbit(*ParseDouble("-0")));
}

TEST(ParseDoubleTest, RefusesEveryOtherText) {
  for (std::string_view text : {"", " 1", "1 ", "abc", "1a", "nan", "-nan", "+-1", "--1", "-+1",
                                "++1", "0x", "1e400", "-1e400", "1e-400", "1e", "."}) {
    EXPECT_EQ(ParseDouble(text), std::nullopt) << text;
  }
}

TEST(ParseLongDoubleTest, KeepsMoreDigitsThanADouble) {
  EXPECT_EQ(ParseLongDouble("0.1"), 0.1L);
  EXPECT_EQ(ParseLongDouble("1.5 "), std::nullopt);
  EXPECT_EQ(ParseLongDouble(" 1.5"), std::nullopt);
  EXPECT_EQ(ParseLongDouble("nan"), std::nullopt);
  EXPECT_EQ(ParseLongDouble("1e5000"), std::nullopt);
  EXPECT_EQ(ParseLongDouble("-2e3"), -2000.0L);
}

TEST(ParseLongDoubleTest, ReadsNothingBehindTheText) {
  const std::vector<char> exact = {'1', '.', '5'};
  EXPECT_EQ(ParseLongDouble({exact.data(), exact.size()}), 1.5L);
}

TEST(ParseLongDoubleTest, TakesAtMost5119Characters) {
  EXPECT_EQ(ParseLongDouble("1." + std::string(5117, '0')), 1.0L);
  EXPECT_EQ(ParseLongDouble("1." + std::string(5118, '0')), std::nullopt);
}

TEST(FormatLongDoubleTest, WritesNoExponentAndNoTrailingZeros) {
  EXPECT_EQ(FormatLongDouble(0), "0");
  EXPECT_EQ(FormatLongDouble(-0.0L), "0");
  EXPECT_EQ(FormatLongDouble(3), "3");
  EXPECT_EQ(FormatLongDouble(-100), "-100");
  EXPECT_EQ(FormatLongDouble(10.5L + 0.1L), "10.6");
  EXPECT_EQ(FormatLongDouble(5000), "5000");
  EXPECT_EQ(FormatLongDouble(1e18L), "1000000000000000000");
  EXPECT_EQ(FormatLongDouble(1e-18L), "0");
  EXPECT_EQ(FormatLongDouble(-1e-18L), "0");
  EXPECT_EQ(FormatLongDouble(INFINITY), "inf");
  EXPECT_EQ(FormatLongDouble(-INFINITY), "-inf");
  EXPECT_EQ(FormatLongDouble(std::numeric_limits<long double>::max()).size(),
            static_cast<size_t>(std::numeric_limits<long double>::max_exponent10) + 1);
}

TEST(ParseMemorySizeTest, KnowsBothKindsOfUnits) {
  EXPECT_EQ(ParseMemorySize("0"), 0u);
  EXPECT_EQ(ParseMemorySize("100"), 100u);
  EXPECT_EQ(ParseMemorySize("100b"), 100u);
  EXPECT_EQ(ParseMemorySize("1k"), 1000u);
  EXPECT_EQ(ParseMemorySize("1kb"), 1024u);
  EXPECT_EQ(ParseMemorySize("3M"), 3'000'000u);
  EXPECT_EQ(ParseMemorySize("3Mb"), 3u << 20);
  EXPECT_EQ(ParseMemorySize("2g"), 2'000'000'000u);
  EXPECT_EQ(ParseMemorySize("2GB"), uint64_t{2} << 30);
}

TEST(ParseMemorySizeTest, RefusesEveryOtherText) {
  for (std::string_view text : {"", "k", "-1", "1x", "1 k", " 1", "1.5g", "1tb",
                                "18446744073709551616", "18446744073709551615k"}) {
    EXPECT_EQ(ParseMemorySize(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace kv
