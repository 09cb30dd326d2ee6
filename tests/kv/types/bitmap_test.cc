#include "kv/types/bitmap.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kv/base/random.h"

namespace kv {
namespace {

// --- the model: one bool for each bit ---

using Bits = std::vector<bool>;

Bits BitsOf(std::string_view bytes) {
  Bits bits;
  for (const char byte : bytes) {
    for (int i = 7; i >= 0; --i) bits.push_back((byte >> i & 1) != 0);
  }
  return bits;
}

std::string BytesOf(const Bits& bits) {
  std::string bytes(bits.size() / 8, '\0');
  for (size_t i = 0; i < bits.size(); ++i) {
    if (bits[i]) bytes[i / 8] = static_cast<char>(bytes[i / 8] | 0x80 >> i % 8);
  }
  return bytes;
}

// Random bytes with long runs of zeros and ones.
std::string RandomBytes(Random& random, size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const uint64_t kind = random.Uniform(3);
    const size_t run = kind == 0 ? random.Uniform(20) : random.Uniform(200);
    for (size_t i = 0; i < run; ++i) {
      bytes.push_back(static_cast<char>(kind == 0 ? random.Uniform(256) : kind == 1 ? 0 : 0xff));
    }
  }
  bytes.resize(size);
  return bytes;
}

// --- single bits and ranges ---

TEST(Bitmap, BitZeroIsTheMostSignificant) {
  EXPECT_TRUE(GetBit("\x80", 0));
  EXPECT_FALSE(GetBit("\x80", 1));
  EXPECT_FALSE(GetBit("\x80", 8));
  EXPECT_FALSE(GetBit("", 0));
  EXPECT_FALSE(GetBit("\xff", UINT64_MAX));
  std::string bytes(2, '\0');
  SetBit(bytes.data(), 9, true);
  EXPECT_EQ(bytes, std::string("\0\x40", 2));
  SetBit(bytes.data(), 9, false);
  EXPECT_EQ(bytes, std::string(2, '\0'));
}

TEST(Bitmap, CountsAndFindsAsTheModelDoes) {
  Random random(1);
  for (int round = 0; round < 400; ++round) {
    const std::string bytes = RandomBytes(random, 1 + random.Uniform(700));
    const Bits bits = BitsOf(bytes);
    EXPECT_EQ(CountBits(bytes), static_cast<uint64_t>(std::count(bits.begin(), bits.end(), true)));
    for (int i = 0; i < 10; ++i) {
      uint64_t first = random.Uniform(bits.size());
      uint64_t last = random.Uniform(bits.size());
      if (first > last) std::swap(first, last);
      const auto begin = bits.begin() + static_cast<ptrdiff_t>(first);
      const auto end = bits.begin() + static_cast<ptrdiff_t>(last) + 1;
      EXPECT_EQ(CountBits(bytes, first, last), static_cast<uint64_t>(std::count(begin, end, true)));
      for (const bool bit : {false, true}) {
        const auto at = std::find(begin, end, bit);
        const auto expected =
            at == end ? std::nullopt : std::optional(static_cast<uint64_t>(at - bits.begin()));
        EXPECT_EQ(FindBit(bytes, bit, first, last), expected) << first << " " << last;
      }
    }
  }
}

TEST(Bitmap, CountsNothingInNothing) {
  EXPECT_EQ(CountBits(""), 0u);
  EXPECT_EQ(CountBits("\xff", 3, 3), 1u);
  EXPECT_EQ(CountBits(std::string(1000, '\xff')), 8000u);
}

// --- combining ---

bool Combined(BitOperation operation, const std::vector<bool>& operands) {
  const auto set = std::count(operands.begin(), operands.end(), true);
  const bool x = operands[0];
  const bool any_y = set - (x ? 1 : 0) > 0;
  switch (operation) {
    case BitOperation::kAnd:
      return set == static_cast<ptrdiff_t>(operands.size());
    case BitOperation::kOr:
      return set > 0;
    case BitOperation::kXor:
      return set % 2 == 1;
    case BitOperation::kNot:
      return !x;
    case BitOperation::kDiff:
      return x && !any_y;
    case BitOperation::kDiff1:
      return !x && any_y;
    case BitOperation::kAndOr:
      return x && any_y;
    case BitOperation::kOne:
      return set == 1;
  }
  return false;
}

class Combining : public testing::TestWithParam<BitOperation> {
 protected:
  static std::string Expected(const std::vector<std::string>& operands, size_t size) {
    std::vector<Bits> bits;
    for (const std::string& operand : operands) {
      bits.push_back(BitsOf(operand));
      bits.back().resize(size * 8);
    }
    Bits result(size * 8);
    for (size_t i = 0; i < result.size(); ++i) {
      std::vector<bool> column;
      for (const Bits& operand : bits) column.push_back(operand[i]);
      result[i] = Combined(GetParam(), column);
    }
    return BytesOf(result);
  }
};

TEST_P(Combining, IsWhatTheModelSaysForOperandsOfAnyLength) {
  Random random(2);
  for (int round = 0; round < 60; ++round) {
    const size_t count = GetParam() == BitOperation::kNot ? 1 : 1 + random.Uniform(5);
    std::vector<std::string> operands;
    size_t size = 0;
    for (size_t i = 0; i < count; ++i) {
      const uint64_t bound = random.Uniform(3) == 0 ? 10000 : 300;
      operands.push_back(RandomBytes(random, random.Uniform(bound)));
      size = std::max(size, operands.back().size());
    }
    const std::vector<std::string_view> views(operands.begin(), operands.end());
    std::string result(size, '?');
    CombineBits(GetParam(), views, result.data(), size);
    ASSERT_EQ(result, Expected(operands, size)) << size;
  }
}

TEST_P(Combining, MayWriteOverAnOperand) {
  Random random(3);
  for (const size_t place : {0, 1, 2}) {
    if (GetParam() == BitOperation::kNot && place > 0) continue;
    std::vector<std::string> operands = {RandomBytes(random, 9000), RandomBytes(random, 9000),
                                         RandomBytes(random, 5000)};
    if (GetParam() == BitOperation::kNot) operands.resize(1);
    operands[place].resize(9000);
    const std::string expected = Expected(operands, 9000);
    const std::vector<std::string_view> views(operands.begin(), operands.end());
    CombineBits(GetParam(), views, operands[place].data(), 9000);
    EXPECT_EQ(operands[place], expected);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Combining,
                         testing::Values(BitOperation::kAnd, BitOperation::kOr, BitOperation::kXor,
                                         BitOperation::kNot, BitOperation::kDiff,
                                         BitOperation::kDiff1, BitOperation::kAndOr,
                                         BitOperation::kOne));

// --- fields ---

TEST(BitField, TypesHaveOneToSixtyFourBits) {
  EXPECT_EQ(ParseFieldType("i64")->width, 64);
  EXPECT_TRUE(ParseFieldType("i1")->is_signed);
  EXPECT_FALSE(ParseFieldType("u63")->is_signed);
  for (const char* text :
       {"", "u", "i0", "i65", "u64", "u0", "x8", "U8", "u08", "u 8", "8", "u-1"}) {
    EXPECT_FALSE(ParseFieldType(text)) << text;
  }
}

TEST(BitField, ReadsAndWritesAsTheModelDoes) {
  Random random(4);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = RandomBytes(random, 1 + random.Uniform(24));
    const bool is_signed = random.Uniform(2) == 0;
    const FieldType type{is_signed, static_cast<int>(1 + random.Uniform(is_signed ? 64 : 63))};
    const uint64_t position = random.Uniform(200);
    Bits bits = BitsOf(bytes);
    bits.resize(std::max<size_t>(bits.size(), 400));
    uint64_t expected = is_signed && bits[position] ? ~uint64_t{0} : 0;
    for (int i = 0; i < type.width; ++i) {
      expected = expected << 1 | (bits[position + static_cast<uint64_t>(i)] ? 1 : 0);
    }
    ASSERT_EQ(ReadField(bytes, position, type), static_cast<int64_t>(expected));

    bytes.resize(50);
    const auto number = static_cast<int64_t>(random.Next());
    for (int i = 0; i < type.width; ++i) {
      bits[position + static_cast<uint64_t>(i)] = (number >> (type.width - 1 - i) & 1) != 0;
    }
    WriteField(bytes.data(), position, type, number);
    ASSERT_EQ(bytes, BytesOf(bits));
  }
}

TEST(BitField, NumbersThatDoNotFit) {
  constexpr FieldType kI8{true, 8};
  constexpr FieldType kU8{false, 8};
  constexpr FieldType kI64{true, 64};
  const absl::int128 beyond = absl::int128(INT64_MAX) + 1;
  EXPECT_EQ(FitField(127, kI8, Overflow::kFail), 127);
  EXPECT_EQ(FitField(-128, kI8, Overflow::kFail), -128);
  EXPECT_EQ(FitField(128, kI8, Overflow::kFail), std::nullopt);
  EXPECT_EQ(FitField(128, kI8, Overflow::kWrap), -128);
  EXPECT_EQ(FitField(128, kI8, Overflow::kSaturate), 127);
  EXPECT_EQ(FitField(-129, kI8, Overflow::kSaturate), -128);
  EXPECT_EQ(FitField(-1, kU8, Overflow::kFail), std::nullopt);
  EXPECT_EQ(FitField(-1, kU8, Overflow::kWrap), 255);
  EXPECT_EQ(FitField(-1, kU8, Overflow::kSaturate), 0);
  EXPECT_EQ(FitField(256, kU8, Overflow::kSaturate), 255);
  EXPECT_EQ(FitField(beyond, kI64, Overflow::kWrap), INT64_MIN);
  EXPECT_EQ(FitField(beyond, kI64, Overflow::kSaturate), INT64_MAX);
  EXPECT_EQ(FitField(beyond, kI64, Overflow::kFail), std::nullopt);
}

}  // namespace
}  // namespace kv
