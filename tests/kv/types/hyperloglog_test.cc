#include "kv/types/hyperloglog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "kv/base/random.h"

namespace kv::hyperloglog {
namespace {

using namespace std::string_literals;

constexpr size_t kNoLimit = 1 << 20;

std::string SketchOf(std::initializer_list<std::string_view> elements) {
  std::string bytes = Empty();
  for (const std::string_view element : elements) Add(&bytes, element, kNoLimit);
  return bytes;
}

Registers RegistersOf(std::string_view bytes) {
  Union sketch;
  EXPECT_TRUE(sketch.Add(bytes));
  return sketch.registers();
}

// --- the format ---

// The bytes are those that redis-server 7.0.15 makes of the same elements.
TEST(HyperLogLog, BytesAreThoseOfRedis) {
  const std::string header = "HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80"s;
  std::string none = Empty();
  ForgetCardinality(none.data());
  EXPECT_EQ(none, header + "\x7f\xff");
  std::string one = SketchOf({"a"});
  ForgetCardinality(one.data());
  EXPECT_EQ(one, header + "q\xa6\x84NW");
  std::string three = SketchOf({"a", "b", "c"});
  ForgetCardinality(three.data());
  EXPECT_EQ(three, header + "`\xf3\x80P\xb1\x84K\xfb\x80" + "BZ");
  EXPECT_EQ(DescribeRuns(three), "Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603");
}

TEST(HyperLogLog, KnowsASketchByItsHeader) {
  EXPECT_TRUE(IsSketch(Empty()));
  std::string dense = Empty();
  ASSERT_TRUE(MakeDense(&dense));
  EXPECT_EQ(dense.size(), 12304u);
  EXPECT_TRUE(IsSketch(dense));
  EXPECT_FALSE(IsSketch(dense + "x"));
  EXPECT_FALSE(IsSketch(dense.substr(1)));
  EXPECT_FALSE(IsSketch(""));
  EXPECT_FALSE(IsSketch("HYLL"));
  EXPECT_TRUE(IsSketch("HYLL\x01"s + std::string(11, '\0')));
  EXPECT_FALSE(IsSketch("HYLL\x02"s + std::string(100, '\0')));
  EXPECT_FALSE(IsSketch("HYL?\x01"s + std::string(100, '\0')));
}

TEST(HyperLogLog, TheCachedCardinalityLastsUntilItIsForgotten) {
  std::string bytes = Empty();
  CacheCardinality(bytes.data(), 123456789);
  EXPECT_EQ(CachedCardinality(bytes), 123456789u);
  ForgetCardinality(bytes.data());
  EXPECT_EQ(CachedCardinality(bytes), std::nullopt);
}

// --- sparse against dense ---

TEST(HyperLogLog, SparseAndDenseAndAMapOfRanksAgree) {
  Random random(1);
  for (int round = 0; round < 30; ++round) {
    std::string sparse = Empty();
    std::string dense = Empty();
    MakeDense(&dense);
    Union model;
    const uint64_t elements = random.Uniform(2000);
    for (uint64_t i = 0; i < elements; ++i) {
      const std::string element = std::to_string(random.Uniform(3000));
      const std::string single = SketchOf({element});
      model.Add(single);
      const AddResult result = Add(&sparse, element, kNoLimit);
      EXPECT_EQ(AddDense(dense.data(), element), result == AddResult::kChanged);
    }
    EXPECT_EQ(EncodingOf(sparse), Encoding::kSparse);
    EXPECT_EQ(RegistersOf(sparse), model.registers());
    EXPECT_EQ(RegistersOf(dense), model.registers());
    EXPECT_EQ(Estimate(sparse), Estimate(model.registers()));
    EXPECT_EQ(Estimate(sparse), model.Estimate());
    EXPECT_EQ(Estimate(dense), model.Estimate());
    model.Add(dense);
    EXPECT_EQ(Estimate(dense), model.Estimate()) << "not counted one by one";
    ASSERT_TRUE(MakeDense(&sparse));
    EXPECT_EQ(sparse, dense);
  }
}

TEST(HyperLogLog, ASparseSketchStaysWithinItsLimit) {
  for (const size_t limit : {size_t{0}, size_t{30}, size_t{100}, size_t{3000}}) {
    std::string bytes = Empty();
    for (int i = 0; i < 5000; ++i) {
      Add(&bytes, std::to_string(i), limit);
      if (EncodingOf(bytes) == Encoding::kSparse) {
        ASSERT_LE(bytes.size(), std::max<size_t>(limit, 18));
      }
    }
    EXPECT_EQ(EncodingOf(bytes), Encoding::kDense);
  }
}

TEST(HyperLogLog, MergingIsAddingAll) {
  Random random(2);
  for (const bool first_dense : {false, true}) {
    std::string a = Empty();
    std::string b = Empty();
    std::string both = Empty();
    for (int i = 0; i < 1000; ++i) {
      const std::string element = std::to_string(random.Next());
      Add(i % 2 == 0 ? &a : &b, element, kNoLimit);
      Add(&both, element, kNoLimit);
    }
    if (first_dense) MakeDense(&a);
    EXPECT_EQ(Merge(&a, RegistersOf(b), kNoLimit), AddResult::kChanged);
    EXPECT_EQ(RegistersOf(a), RegistersOf(both));
    EXPECT_EQ(Merge(&a, RegistersOf(b), kNoLimit), AddResult::kUnchanged);
  }
}

// --- the estimate ---

TEST(HyperLogLog, EstimatesAreWithinAFewStandardErrors) {
  std::string bytes = Empty();
  uint64_t count = 0;
  for (const uint64_t checkpoint : {1, 5, 10, 100, 1000, 10000, 50000, 100000, 400000}) {
    for (; count < checkpoint; ++count) Add(&bytes, "element" + std::to_string(count), 3000);
    const double error =
        std::abs(static_cast<double>(*Estimate(bytes)) - static_cast<double>(count));
    EXPECT_LE(error, 0.5 + 4 * 0.0081 * static_cast<double>(count)) << count;
  }
}

TEST(HyperLogLog, TheEmptyAndTheFullSketchHaveEstimates) {
  EXPECT_EQ(Estimate(Empty()), 0u);
  Registers full;
  full.fill(kMaxRank);
  EXPECT_GT(Estimate(full), uint64_t{1} << 60);
}

// Lengths of long runs have second bytes that look like runs of any kind.
TEST(HyperLogLog, AnyRunsAreEstimatedByTheirRegisters) {
  Random random(5);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = Empty().substr(0, kHeaderBytes);
    const uint64_t longest = uint64_t{1} << (2 + random.Uniform(13));
    for (size_t left = kRegisters; left > 0;) {
      const size_t length = std::min<size_t>(left, 1 + random.Uniform(longest));
      if (random.Uniform(2) == 0) {
        bytes.push_back(static_cast<char>(0x40 | (length - 1) >> 8));
        bytes.push_back(static_cast<char>(length - 1));
      } else if (length <= 4) {
        bytes.push_back(static_cast<char>(0x80 | random.Uniform(32) << 2 | (length - 1)));
      } else if (length <= 64) {
        bytes.push_back(static_cast<char>(length - 1));
      } else {
        continue;
      }
      left -= length;
    }
    EXPECT_EQ(Estimate(bytes), Estimate(RegistersOf(bytes)));
    bytes.pop_back();
    EXPECT_EQ(Estimate(bytes), std::nullopt);
  }
}

// --- hostile bytes ---

TEST(HyperLogLog, CorruptRunsAreDetected) {
  const std::string header = "HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80"s;
  for (const std::string& runs : {""s, "\x7f"s, "\x7f\xfe"s, "\x7f\xff\x7f\xff"s, "\x7f\xffhello"s,
                                  "\x00"s, "\x80\x7f\xff"s, "\x7f\xfe\x81"s, "\x7f\xfe\x40"s}) {
    std::string bytes = header + runs;
    EXPECT_FALSE(Union().Add(bytes));
    EXPECT_EQ(Estimate(bytes), std::nullopt);
    EXPECT_FALSE(MakeDense(&bytes));
    EXPECT_EQ(DescribeRuns(bytes), std::nullopt);
    EXPECT_EQ(bytes, header + runs);
  }
}

TEST(HyperLogLog, NothingReadsBeyondAnyString) {
  Random random(3);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = Empty();
    for (uint64_t i = random.Uniform(60); i > 0; --i) {
      Add(&bytes, std::to_string(random.Next()), kNoLimit);
    }
    if (random.Uniform(20) == 0) MakeDense(&bytes);
    for (uint64_t i = 1 + random.Uniform(4); i > 0; --i) {
      bytes[kHeaderBytes + random.Uniform(bytes.size() - kHeaderBytes)] =
          static_cast<char>(random.Uniform(256));
    }
    if (EncodingOf(bytes) == Encoding::kSparse) {
      bytes.resize(kHeaderBytes + random.Uniform(bytes.size() - kHeaderBytes + 1));
    }
    bytes.shrink_to_fit();
    const bool whole = Union().Add(bytes);
    EXPECT_EQ(Estimate(bytes).has_value(), whole);
    std::string dense = bytes;
    EXPECT_EQ(MakeDense(&dense), whole);
    for (int i = 0; i < 20; ++i) Add(&bytes, std::to_string(i), 3000);
    EXPECT_EQ(Union().Add(bytes), whole || EncodingOf(bytes) == Encoding::kDense);
  }
}

}  // namespace
}  // namespace kv::hyperloglog
