#include "kv/server/tick_profile.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/kv/commands/command_test.h"

namespace kv {
namespace {

class TickProfileTest : public testing::Test {
 protected:
  // Works for at least that long.
  static void Spin(int64_t nanoseconds) {
    const CycleClock clock;
    const uint64_t start = CycleClock::Now();
    while (clock.Nanoseconds(CycleClock::Now() - start) < static_cast<uint64_t>(nanoseconds)) {
    }
  }
  bool Tick(int64_t wait, int64_t run) {
    Spin(wait);
    profile_.End(TickPhase::kWait);
    Spin(run);
    profile_.End(TickPhase::kRun);
    return profile_.EndTick();
  }

  CycleClock cycles_;
  TickProfile profile_{cycles_};
};

TEST_F(TickProfileTest, CountsEachPhaseAndLeavesTheWaitOutOfTheTick) {
  Tick(2'000'000, 300'000);
  EXPECT_EQ(profile_.ticks(), 1u);
  EXPECT_GE(profile_.total_nanos(TickPhase::kWait), 2'000'000);
  EXPECT_GE(profile_.total_nanos(TickPhase::kRun), 300'000);
  EXPECT_EQ(profile_.total_nanos(TickPhase::kSend), 0);
  EXPECT_EQ(profile_.phase(TickPhase::kWait).total(), 1u);
  EXPECT_EQ(profile_.phase(TickPhase::kSend).total(), 0u);
  EXPECT_GE(profile_.wall_max_nanos(), 300'000);
  EXPECT_EQ(profile_.wall_max_nanos(), profile_.total_nanos(TickPhase::kRun));
}

TEST_F(TickProfileTest, ALongTickBehindAShortOneHasNoMoreProcessorTimeThanWallTime) {
  // One that was kept from running is not short.
  constexpr int64_t kShort = 50'000;
  do {
    profile_.Reset();
    Tick(0, 0);
  } while (profile_.wall_max_nanos() >= kShort);
  Tick(3'000'000, 200'000);
  EXPECT_GT(profile_.cpu_max_nanos(), 0);
  EXPECT_LE(profile_.cpu_max_nanos(), profile_.wall_max_nanos());
}

TEST_F(TickProfileTest, KeepsTheSlowestTicksInOrder) {
  int64_t commands = 0;
  for (size_t i = 0; i < 3 * TickProfile::kMaxSlowTicks; ++i) {
    profile_.SetWork({.commands = static_cast<uint64_t>(commands)});
    commands += static_cast<int64_t>(i);
    if (Tick(0, static_cast<int64_t>(i) * 10'000)) {
      profile_.KeepSlow(1000 + static_cast<int64_t>(i),
                        {.commands = static_cast<uint64_t>(commands)});
    }
  }
  ASSERT_EQ(profile_.slowest().size(), TickProfile::kMaxSlowTicks);
  for (size_t i = 0; i < profile_.slowest().size(); ++i) {
    const SlowTick& tick = profile_.slowest()[i];
    if (i > 0) {
      EXPECT_LE(tick.nanos(), profile_.slowest()[i - 1].nanos());
    }
    EXPECT_EQ(tick.work.commands, static_cast<uint64_t>(tick.time - 1000));
  }
  profile_.Reset();
  EXPECT_TRUE(profile_.slowest().empty());
  EXPECT_EQ(profile_.wall_max_nanos(), 0);
  EXPECT_EQ(profile_.ticks(), 0u);
}

}  // namespace
}  // namespace kv

namespace tests {
namespace {

class TickCommandsTest : public CommandTest {};

TEST_F(TickCommandsTest, InfoTellsWhereTheTimeOfTicksGoes) {
  for (int i = 0; i < 100; ++i) Run({"set", "key", "value"});
  EXPECT_GE(Info("eventloop_ticks"), 100);
  EXPECT_GE(Info("eventloop_tick_wall_usec_max"), Info("eventloop_tick_wall_usec_p99"));
  for (const char* phase : {"wait", "timers", "receive", "run", "persist", "send", "free"}) {
    EXPECT_GE(Info(std::string("eventloop_cpu_usec_") + phase), 0) << phase;
  }
  EXPECT_EQ(Run({"info", "default"}).find("eventloop_ticks"), std::string::npos);
  EXPECT_EQ(Run({"info", "everything"}).find("eventloop_cmd_per_cycle_max"), std::string::npos);
  EXPECT_NE(Run({"info", "debug"}).find("eventloop_cmd_per_cycle_max:1"), std::string::npos);
  Run({"config", "resetstat"});
  EXPECT_LT(Info("eventloop_ticks"), 10);
}

TEST_F(TickCommandsTest, HistogramsAndSlowestTicks) {
  for (int i = 0; i < 100; ++i) Run({"set", "key", "value"});
  const std::string histograms = Run({"latency", "ticks"});
  for (const char* name : {"\"tick\"", "\"run\"", "\"send\"", "\"histogram_usec\""}) {
    EXPECT_NE(histograms.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(Run({"latency", "slowticks", "0"}), "[]");
  const std::string one = Run({"latency", "slowticks", "1"});
  for (const char* name : {"\"wall-usec\"", "\"cpu-usec\"", "\"run-usec\"", "\"commands\""}) {
    EXPECT_NE(one.find(name), std::string::npos) << one;
  }
  EXPECT_EQ(Run({"latency", "slowticks", "-2"}),
            "-ERR count should be greater than or equal to -1");
  EXPECT_EQ(Run({"latency", "ticks", "x"}),
            "-ERR wrong number of arguments for 'latency|ticks' command");
}

}  // namespace
}  // namespace tests
