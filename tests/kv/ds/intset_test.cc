#include "kv/ds/intset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace kv {
namespace {

#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr size_t kScale = 5;  // tests are smaller under the sanitizers
#else
constexpr size_t kScale = 1;
#endif

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

class IntsetTest : public testing::Test {
 protected:
  ~IntsetTest() override {
    set_.Free(memory_);
    EXPECT_EQ(memory_.used(), 0u);
  }

  void Start(std::initializer_list<int64_t> integers) {
    set_.Free(memory_);
    set_ = Intset::Create(memory_);
    for (const int64_t integer : integers) set_.Add(memory_, integer);
  }
  std::vector<int64_t> All() const {
    std::vector<int64_t> integers;
    set_.ForEach([&](int64_t integer) { integers.push_back(integer); });
    return integers;
  }

  SlabMemory memory_;
  Random random_{11};
  Intset set_ = Intset::Create(memory_);
};

TEST_F(IntsetTest, WritesWhatRedisDoes) {
  EXPECT_EQ(set_.view(), FromHex("0200000000000000"));
  Start({3, 1, 2});
  EXPECT_EQ(set_.view(), FromHex("0200000003000000010002000300"));
  Start({-5, 40000, 7});
  EXPECT_EQ(set_.view(), FromHex("0400000003000000fbffffff07000000409c0000"));
  Start({5000000000, -1});
  EXPECT_EQ(set_.view(), FromHex("0800000002000000ffffffffffffffff00f2052a01000000"));
}

TEST_F(IntsetTest, WidensAtTheBorders) {
  const auto width = [this] { return static_cast<int>(set_.view()[0]); };
  Start({INT16_MIN, INT16_MAX});
  EXPECT_EQ(width(), 2);
  set_.Add(memory_, INT16_MAX + 1);
  EXPECT_EQ(width(), 4);
  Start({INT16_MIN - 1, INT32_MAX, INT32_MIN});
  EXPECT_EQ(width(), 4);
  set_.Add(memory_, int64_t{INT32_MIN} - 1);
  EXPECT_EQ(width(), 8);
  set_.Add(memory_, INT64_MIN);
  set_.Add(memory_, INT64_MAX);
  EXPECT_EQ(All(), (std::vector<int64_t>{INT64_MIN, int64_t{INT32_MIN} - 1, INT32_MIN,
                                         INT16_MIN - 1, INT32_MAX, INT64_MAX}));
  EXPECT_EQ(set_.Min(), INT64_MIN);
  EXPECT_EQ(set_.Max(), INT64_MAX);
}

TEST_F(IntsetTest, AsksForWiderIntegersThanItHolds) {
  Start({1, 2, 3});
  EXPECT_FALSE(set_.Contains(65537));
  EXPECT_FALSE(set_.Contains(INT64_MIN + 1));
  EXPECT_FALSE(set_.Remove(memory_, 65538));
  EXPECT_EQ(set_.LowerBound(INT64_MAX), 3u);
  EXPECT_EQ(set_.view()[0], 2);
}

TEST_F(IntsetTest, EqualsAPlainModelInALongRandomRun) {
  for (const int shift : {52, 45, 0}) {  // widths of 2, 4 and 8
    Start({});
    std::set<int64_t> model;
    for (size_t step = 0; step < 20000 / kScale; ++step) {
      const int64_t integer = static_cast<int64_t>(random_.Next()) >> shift;
      if (random_.Uniform(3) != 0) {
        ASSERT_EQ(set_.Add(memory_, integer), model.insert(integer).second);
      } else {
        const int64_t victim =
            set_.empty() || random_.Uniform(2) == 0 ? integer : set_.Random(random_);
        ASSERT_EQ(set_.Remove(memory_, victim), model.erase(victim) == 1);
      }
      ASSERT_EQ(set_.Contains(integer), model.contains(integer));
      ASSERT_EQ(memory_.used(), set_.memory_bytes());
      if (step % 64 != 0) continue;
      if (model.size() > 20) {
        const size_t begin = random_.Uniform(model.size() - 10);
        set_.RemoveRange(memory_, begin, begin + 10);
        model.erase(std::next(model.begin(), begin), std::next(model.begin(), begin + 10));
      }
      ASSERT_EQ(All(), std::vector<int64_t>(model.begin(), model.end()));
      ASSERT_TRUE(Intset::Validate(set_.view()));
    }
  }
}

TEST_F(IntsetTest, DrawsEachIntegerAlike) {
  Start({-7, 0, 40000, 90000});
  std::vector<size_t> draws(4);
  for (int i = 0; i < 40000; ++i) ++draws[set_.LowerBound(set_.Random(random_))];
  for (const size_t drawn : draws) EXPECT_NEAR(static_cast<double>(drawn), 10000, 500);
}

TEST_F(IntsetTest, RelocatesWhole) {
  Start({1, 100000});
  const void* const before = set_.block();
  set_.Relocate(memory_);
  EXPECT_NE(set_.block(), before);
  EXPECT_EQ(All(), (std::vector<int64_t>{1, 100000}));
}

TEST_F(IntsetTest, RejectsWhatIsInconsistent) {
  for (const char* hex : {
           "", "02000000000000",
           "0300000000000000",  // no such width
           "0000000000000000",
           "02000000010000",  // cut off
           "020000000100000001",
           "02000000ffffffff0100",  // more than there are
           "08000000ffffffff0100",
           "02000000000000000100",      // more than counted
           "020000000200000002000100",  // descending
           "020000000200000001000100",  // twice
           "02000000020000000000ffff",  // signed
       }) {
    EXPECT_FALSE(Intset::Validate(FromHex(hex))) << hex;
  }
}

TEST_F(IntsetTest, SurvivesMutatedBytes) {
  Start({-5, 1, 2, 300, 70000, 80000});
  size_t accepted = 0;
  for (size_t round = 0; round < 50000 / kScale; ++round) {
    std::string bytes(set_.view());
    for (size_t i = 1 + random_.Uniform(3); i > 0; --i) {
      bytes[random_.Uniform(bytes.size())] ^= static_cast<char>(1 << random_.Uniform(8));
    }
    bytes.resize(random_.Uniform(4) == 0 ? random_.Uniform(bytes.size() + 1) : bytes.size());
    // On the heap and of exactly this size, so that the sanitizer sees each byte too far.
    const auto copy = std::make_unique<char[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), copy.get());
    accepted += Intset::Validate({copy.get(), bytes.size()});
  }
  EXPECT_GT(accepted, 0u);
}

}  // namespace
}  // namespace kv
