#include "ae/timer_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace ae {
namespace {

TEST(TimerQueue, EqualDeadlinesRunInTheOrderTheyWereSet) {
  TimerQueue timers;
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) timers.Set(7, [&order, i] { order.push_back(i); });
  timers.RunDue(7);
  EXPECT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_TRUE(timers.empty());
}

TEST(TimerQueue, CancelledAndStaleHandlesDoNothing) {
  TimerQueue timers;
  bool ran = false;
  const TimerId first = timers.Set(1, [] { FAIL(); });
  timers.Cancel(first);
  const TimerId second = timers.Set(1, [&ran] { ran = true; });
  ASSERT_EQ(first.slot, second.slot);
  timers.Cancel(first);
  timers.Cancel(TimerId());
  timers.RunDue(1);
  EXPECT_TRUE(ran);
}

TEST(TimerQueue, CallbackCancelsADueTimerAndReusesItsSlot) {
  TimerQueue timers;
  TimerId victim;
  int late = 0;
  timers.Set(1, [&] {
    timers.Cancel(victim);
    timers.Set(0, [&] { ++late; });
  });
  victim = timers.Set(2, [] { FAIL(); });
  timers.RunDue(10);
  EXPECT_EQ(late, 0);
  timers.RunDue(10);
  EXPECT_EQ(late, 1);
}

// Against a sorted map, through many random operations.
TEST(TimerQueue, AgreesWithASortedMap) {
  std::mt19937 random(7);
  TimerQueue timers;
  std::map<std::pair<int64_t, int>, TimerId> expected;  // deadline and number
  std::vector<int> ran;
  int64_t now = 0;
  for (int number = 0; number < 20'000; ++number) {
    const unsigned choice = random() % 10;
    if (choice < 6) {
      const int64_t deadline = now + static_cast<int64_t>(random() % 1'000);
      expected[{deadline, number}] =
          timers.Set(deadline, [&ran, number] { ran.push_back(number); });
    } else if (choice < 8 && !expected.empty()) {
      auto victim = std::next(expected.begin(), random() % std::min<size_t>(50, expected.size()));
      timers.Cancel(victim->second);
      expected.erase(victim);
    } else {
      now += random() % 50;
      std::vector<int> due;
      while (!expected.empty() && expected.begin()->first.first <= now) {
        due.push_back(expected.begin()->first.second);
        expected.erase(expected.begin());
      }
      ran.clear();
      timers.RunDue(now);
      ASSERT_EQ(ran, due);
    }
    ASSERT_EQ(timers.empty(), expected.empty());
    if (!expected.empty()) {
      ASSERT_EQ(timers.NextDeadline(), expected.begin()->first.first);
    }
  }
}

}  // namespace
}  // namespace ae
