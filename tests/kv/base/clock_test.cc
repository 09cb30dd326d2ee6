#include "kv/base/clock.h"

#include <gtest/gtest.h>

#include <ctime>

namespace kv {
namespace {

TEST(SystemClockTest, ShowsTheSystemsTime) {
  SystemClock clock;
  EXPECT_NEAR(static_cast<double>(clock.WallMillis()) / 1000, static_cast<double>(time(nullptr)),
              2);
  EXPECT_NEAR(static_cast<double>(clock.WallMicros()) / 1e6,
              static_cast<double>(clock.WallMillis()) / 1e3, 2);
  const int64_t before = clock.MonotonicMicros();
  EXPECT_GE(clock.MonotonicMicros(), before);
}

TEST(SettableClockTest, MovesBothClocks) {
  SettableClock clock(5000);
  const int64_t monotonic = clock.MonotonicMicros();
  EXPECT_EQ(clock.WallMillis(), 5000);
  clock.AdvanceMillis(3);
  EXPECT_EQ(clock.WallMillis(), 5003);
  EXPECT_EQ(clock.MonotonicMicros(), monotonic + 3000);
  clock.AdvanceMicros(1);
  EXPECT_EQ(clock.WallMicros(), 5'003'001);
}

TEST(SettableClockTest, TheWallClockMayStepAlone) {
  SettableClock clock(5000);
  const int64_t monotonic = clock.MonotonicMicros();
  clock.SetWallMillis(1000);
  EXPECT_EQ(clock.WallMillis(), 1000);
  EXPECT_EQ(clock.MonotonicMicros(), monotonic);
}

}  // namespace
}  // namespace kv
