// CL.THROTTLE.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/kv/commands/command_test.h"
#include "tests/kv/commands/replay_test.h"

namespace tests {
namespace {

using testing::StartsWith;

class ThrottleCommands : public CommandTest {};

TEST_F(ThrottleCommands, AdmitsABurstAndThenTheRate) {
  // Limited, limit, remaining, retry after, reset after. A unit each two seconds.
  EXPECT_EQ(Run({"cl.throttle", "user", "2", "30", "60"}), "[0, 3, 2, -1, 2]");
  EXPECT_EQ(Run({"cl.throttle", "user", "2", "30", "60"}), "[0, 3, 1, -1, 4]");
  EXPECT_EQ(Run({"cl.throttle", "user", "2", "30", "60"}), "[0, 3, 0, -1, 6]");
  EXPECT_EQ(Run({"cl.throttle", "user", "2", "30", "60"}), "[1, 3, 0, 2, 6]");
  AdvanceTime(1999);
  EXPECT_EQ(Run({"cl.throttle", "user", "2", "30", "60"}), "[1, 3, 0, 1, 5]");
  AdvanceTime(1);
  EXPECT_EQ(Run({"cl.throttle", "user", "2", "30", "60"}), "[0, 3, 0, -1, 6]");
  EXPECT_EQ(Run({"cl.throttle", "other", "2", "30", "60"}), "[0, 3, 2, -1, 2]");
}

TEST_F(ThrottleCommands, InTheLongRunTheRateIsExact) {
  int admitted = 0;
  for (int i = 0; i < 1000; ++i) {
    if (Run({"cl.throttle", "user", "4", "10", "1"}).starts_with("[0")) ++admitted;
    AdvanceTime(10);
  }
  EXPECT_EQ(admitted, 5 + 99) << "a burst, and ten a second for 10 s";
}

TEST_F(ThrottleCommands, QuantitiesCountTogether) {
  EXPECT_EQ(Run({"cl.throttle", "user", "9", "10", "10", "7"}), "[0, 10, 3, -1, 7]");
  EXPECT_EQ(Run({"cl.throttle", "user", "9", "10", "10", "5"}), "[1, 10, 3, 2, 7]");
  EXPECT_EQ(Run({"cl.throttle", "user", "9", "10", "10", "0"}), "[0, 10, 3, -1, 7]") << "asks only";
  EXPECT_EQ(Run({"cl.throttle", "user", "9", "10", "10", "3"}), "[0, 10, 0, -1, 10]");
  EXPECT_EQ(Run({"cl.throttle", "user", "9", "10", "10", "11"}), "[1, 10, 0, -1, 10]") << "never";
  EXPECT_EQ(Run({"cl.throttle", "none", "9", "10", "10", "0"}), "[0, 10, 10, -1, 0]");
  EXPECT_EQ(Run({"exists", "none"}), "0");
}

TEST_F(ThrottleCommands, WhatIsOverIsForgotten) {
  Run({"cl.throttle", "user", "0", "1", "10"});
  EXPECT_EQ(Run({"pttl", "user"}), "10000");
  AdvanceTime(10'000);
  EXPECT_EQ(Run({"exists", "user"}), "0");
}

TEST_F(ThrottleCommands, BadArguments) {
  EXPECT_THAT(Run({"cl.throttle", "k", "1", "1"}), StartsWith("-ERR wrong number of arguments"));
  EXPECT_EQ(Run({"cl.throttle", "k", "1", "1", "1", "1", "1"}), "-ERR syntax error");
  EXPECT_EQ(Run({"cl.throttle", "k", "x", "1", "1"}),
            "-ERR value is not an integer or out of range");
  EXPECT_EQ(Run({"cl.throttle", "k", "-1", "1", "1"}), "-ERR max_burst must not be negative");
  EXPECT_EQ(Run({"cl.throttle", "k", "1", "0", "1"}), "-ERR count must be positive");
  EXPECT_EQ(Run({"cl.throttle", "k", "1", "1", "0"}), "-ERR period must be positive");
  EXPECT_EQ(Run({"cl.throttle", "k", "1", "1", "1", "-1"}), "-ERR quantity must not be negative");
  const std::string most = "9223372036854775807";
  EXPECT_EQ(Run({"cl.throttle", "k", most, "1", "1"}), "-ERR rate or burst is out of range");
  EXPECT_EQ(Run({"cl.throttle", "k", "1", most, "1"}), "-ERR rate or burst is out of range");
  EXPECT_EQ(Run({"cl.throttle", "k", "1", "1", most}), "-ERR rate or burst is out of range");
  EXPECT_THAT(Run({"cl.throttle", "k", "1", "1", "1", most}), StartsWith("[1, 2, 2, -1, 0]"));
  Run({"set", "k", "text"});
  EXPECT_EQ(Run({"cl.throttle", "k", "1", "1", "1"}),
            "-ERR value is not an integer or out of range");
  Run({"del", "k"});
  Run({"rpush", "k", "1"});
  EXPECT_THAT(Run({"cl.throttle", "k", "1", "1", "1"}), StartsWith("-WRONGTYPE"));
  // The farthest time that a key may hold.
  Run({"set", "far", most});
  EXPECT_THAT(Run({"cl.throttle", "far", "1", "1", "1"}), StartsWith("[1, 2, 0, "));
}

TEST_F(Replay, ThrottleSaysWhenItIsOver) {
  EXPECT_EQ(EffectsOf("cl.throttle user 1 1 10"),
            "0: SET user " + At(10'000) + "000000 PXAT " + At(10'000));
  EXPECT_EQ(EffectsOf("cl.throttle user 1 1 10 0"), "");
  Run("cl.throttle user 1 1 10");
  EXPECT_EQ(EffectsOf("cl.throttle user 1 1 10"), "") << "it is limited";
  ListenToAllButMisses();
  EXPECT_EQ(EventsOf("cl.throttle b 1 1 10"), "$:set:0:b");
  ExpectEqualAfterReplay();
}

}  // namespace
}  // namespace tests
