#include "kv/ds/stepped_block.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kv {
namespace {

constexpr size_t kMostBytes = 200'000;

TEST(SteppedBlockTest, ABlockHasRoomForItsContentAndIsNotTwiceAsLarge) {
  for (size_t bytes = 1; bytes < kMostBytes; ++bytes) {
    ASSERT_GE(SteppedBlockBytes(bytes), bytes);
    ASSERT_LE(SteppedBlockBytes(bytes), std::max<size_t>(2 * bytes - 1, 8)) << bytes;
  }
}

TEST(SteppedBlockTest, ContentMayGrowUntilItFillsItsBlock) {
  for (size_t bytes = 1; bytes < kMostBytes; ++bytes) {
    const size_t block_bytes = SteppedBlockBytes(bytes);
    ASSERT_EQ(SteppedBlockBytes(block_bytes), block_bytes) << bytes;
  }
}

}  // namespace
}  // namespace kv
