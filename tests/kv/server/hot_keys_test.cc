// Hot keys: the sketch that is always on, and the sessions of HOTKEYS.
#include "kv/server/hot_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// --- sampling ---

constexpr kv::KeySpec kOneKey[] = {kv::KeySpec::Range(kv::kKeyRO, 1)};

TEST(HotKeysTest, AQuietServersRequestsAreAllSampled) {
  kv::HotKeys hot_keys({1, 2});
  size_t samples = 0;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(hot_keys.Pass(3));
    hot_keys.SampleDue(3, [&](size_t index) { EXPECT_EQ(index, samples++ % 3); });
  }
  EXPECT_EQ(samples, 300u);
}

TEST(HotKeysTest, ABusyServersRequestsAreSampledAtRandom) {
  constexpr int64_t kSecond = 1'000'000;
  kv::HotKeys hot_keys({1, 2});
  hot_keys.Adapt(0, kSecond);
  hot_keys.Adapt(200'000, 2 * kSecond);
  ASSERT_EQ(hot_keys.gap(), 100);
  constexpr size_t kBlock = 32;
  constexpr size_t kBlocks = 100'000;
  size_t samples = 0;
  size_t places[kBlock] = {};
  for (size_t i = 0; i < kBlocks; ++i) {
    if (!hot_keys.Pass(kBlock)) continue;
    hot_keys.SampleDue(kBlock, [&](size_t index) {
      ASSERT_LT(index, kBlock);
      ++places[index];
      ++samples;
    });
  }
  EXPECT_NEAR(static_cast<double>(samples), kBlock * kBlocks / 100.0, 500);
  for (const size_t count : places) EXPECT_NEAR(static_cast<double>(count), 1000, 200);
}

TEST(HotKeysTest, WhatWasSampledBeforeTheFirstAdaptationStays) {
  const kv::CommandSpec spec{.name = "get", .keys = kOneKey};
  kv::Command command;
  command.spec = &spec;
  kv::HotKeys hot_keys({1, 2});
  const std::string_view args[] = {"get", "key"};
  for (int i = 0; i < 8; ++i) hot_keys.Sample(0, command, args);
  hot_keys.Adapt(8, 1'000'000'000'000);
  EXPECT_EQ(hot_keys.Estimate(0, "key"), 8u);
  hot_keys.Adapt(8, 1'000'000'000'000 + kv::HotKeys::kHalving);
  EXPECT_EQ(hot_keys.Estimate(0, "key"), 4u);
  EXPECT_EQ(hot_keys.Estimate(1, "key"), 0u);
}

// --- the sketch, by way of commands ---

class HotKeysCommandsTest : public CommandTest {
 protected:
  // The key at `rank` of HOTKEYS LIST.
  resp::Value Hot(size_t rank) { return client_.Run({"hotkeys", "list"}).elements.at(rank); }
  static std::string Field(const resp::Value& map, const std::string& name) {
    for (size_t i = 0; i + 1 < map.elements.size(); i += 2) {
      if (map.elements[i].text == name) return map.elements[i + 1].ToString();
    }
    return "none";
  }
  resp::Value Session() { return client_.Run({"hotkeys", "get"}).elements.at(0); }
};

TEST_F(HotKeysCommandsTest, ListShowsWhatIsUsedMost) {
  for (int i = 0; i < 60; ++i) Run({"get", "hot"});
  for (int i = 0; i < 30; ++i) Run({"mget", "warm", "warm"});
  for (int i = 0; i < 10; ++i) Run({"set", absl::StrCat("cold", i), "x"});
  EXPECT_EQ(Field(Hot(0), "key"), "\"hot\"");
  EXPECT_EQ(Field(Hot(0), "requests"), "60");
  EXPECT_EQ(Field(Hot(0), "error"), "0");
  EXPECT_EQ(Field(Hot(1), "key"), "\"warm\"");
  EXPECT_EQ(client_.Run({"hotkeys", "list", "count", "3"}).elements.size(), 3u);
}

TEST_F(HotKeysCommandsTest, ListTellsDatabasesApart) {
  for (int i = 0; i < 5; ++i) Run({"get", "key"});
  Run({"select", "3"});
  for (int i = 0; i < 9; ++i) Run({"get", "key"});
  EXPECT_EQ(Field(Hot(0), "db"), "3");
  EXPECT_EQ(Field(Hot(0), "requests"), "9");
  EXPECT_EQ(Field(Hot(1), "db"), "0");
}

TEST_F(HotKeysCommandsTest, ListCountsWhatTransactionsAndScriptsUse) {
  Run({"multi"});
  for (int i = 0; i < 13; ++i) Run({"incr", "queued"});
  Run({"exec"});
  const std::string script =
      "for i = 1, 3 do redis.call('incr', KEYS[1]) end redis.call('get', 'within') return 1";
  for (int i = 0; i < 4; ++i) Run({"eval", script, "2", "scripted", "named"});
  Run({"select", "1"});
  Run({"eval", "redis.call('select', 0) return redis.call('get', KEYS[1])", "1", "scripted"});
  const resp::Value list = client_.Run({"hotkeys", "list"});
  ASSERT_EQ(list.elements.size(), 3u) << list;
  for (const auto& [rank, key, requests] :
       {std::tuple(0, "\"queued\"", "13"), {1, "\"scripted\"", "13"}, {2, "\"within\"", "4"}}) {
    EXPECT_EQ(Field(list.elements[rank], "key"), key);
    EXPECT_EQ(Field(list.elements[rank], "requests"), requests);
    EXPECT_EQ(Field(list.elements[rank], "db"), "0");
  }
}

TEST_F(HotKeysCommandsTest, ListForgetsWithTime) {
  AdvanceTime(1000);
  for (int i = 0; i < 64; ++i) Run({"get", "then"});
  AdvanceTime(31'000);
  const std::string after = Field(Hot(0), "requests");
  EXPECT_LE(std::stoi(after), 32);
  AdvanceTime(300'000);
  EXPECT_EQ(Run({"hotkeys", "list"}), "[]");
}

TEST_F(HotKeysCommandsTest, FindsTheHottestOfManyKeys) {
  kv::Random random(3);
  std::vector<Arguments> requests;
  for (int i = 0; i < 20'000; ++i) {
    // A fifth of the requests are for ten keys.
    const bool hot = random.Uniform(5) == 0;
    requests.push_back(
        {"get", absl::StrCat(hot ? "hot" : "cold", random.Uniform(hot ? 10 : 9000))});
    if (requests.size() < 500) continue;
    client_.Pipeline(requests);
    requests.clear();
    AdvanceTime(100);
  }
  for (size_t rank = 0; rank < 10; ++rank) {
    EXPECT_THAT(Field(Hot(rank), "key"), StartsWith("\"hot"));
    // 400 each, sampled; the sketch says what of an estimate may be others'.
    const double least =
        std::stod(Field(Hot(rank), "requests")) - std::stod(Field(Hot(rank), "error"));
    EXPECT_GT(least, 100);
    EXPECT_LT(least, 800);
  }
}

TEST_F(HotKeysCommandsTest, ObjectFreqTellsThemWithoutLfu) {
  Run({"set", "hot", "x"});
  Run({"set", "cold", "x"});
  for (int i = 0; i < 500; ++i) Run({"get", "hot"});
  const int64_t frequency = client_.Run({"object", "freq", "hot"}).integer;
  EXPECT_GE(frequency, 14);  // 5 + sqrt(500 / 5)
  EXPECT_LE(frequency, 16);
  EXPECT_LT(client_.Run({"object", "freq", "cold"}).integer, 7);
  EXPECT_EQ(Run({"object", "freq", "nosuch"}), "nil");
}

// --- sessions ---

TEST_F(HotKeysCommandsTest, ASessionWeighsTimeAndBytes) {
  EXPECT_EQ(Run({"hotkeys", "get"}), "nil");
  EXPECT_EQ(Run({"hotkeys", "start", "METRICS", "2", "CPU", "NET"}), "+OK");
  Run({"set", "large", std::string(10'000, 'x')});
  for (int i = 0; i < 20; ++i) Run({"set", "small", "x"});
  EXPECT_EQ(Run({"hotkeys", "stop"}), "+OK");
  Run({"set", "late", std::string(100'000, 'x')});
  const resp::Value session = Session();
  EXPECT_EQ(Field(session, "tracking-active"), "0");
  EXPECT_EQ(Field(session, "sample-ratio"), "1");
  EXPECT_EQ(Field(session, "selected-slots"), "[[0, 16383]]");
  // *3 $3 set $5 large $5 10000 bytes, and +OK
  EXPECT_THAT(Field(session, "by-net-bytes"), StartsWith("[\"large\", 10039, \"small\", "));
  EXPECT_THAT(Field(session, "by-net-bytes"), Not(HasSubstr("late")));
  EXPECT_THAT(Field(session, "by-cpu-time-us"), HasSubstr("small"));
  EXPECT_NE(Field(session, "total-cpu-time-user-ms"), "none");
}

TEST_F(HotKeysCommandsTest, ASessionReportsWhatItWasAskedFor) {
  Run({"hotkeys", "start", "METRICS", "2", "GPU", "NET", "COUNT", "2", "SAMPLE", "1"});
  for (int i = 0; i < 5; ++i) Run({"set", absl::StrCat("key", i), "x"});
  Run({"hotkeys", "stop"});
  EXPECT_EQ(Field(Session(), "by-cpu-time-us"), "none");
  EXPECT_EQ(Field(Session(), "total-cpu-time-user-ms"), "none");
  EXPECT_NE(Field(Session(), "total-net-bytes"), "none");
  EXPECT_THAT(Field(Session(), "by-net-bytes"), StartsWith("[\"key0\", 35, \"key1\", 35]"));
}

TEST_F(HotKeysCommandsTest, ASessionSeesTransactionsAndScripts) {
  Run({"hotkeys", "start", "METRICS", "1", "NET"});
  Run({"multi"});
  Run({"set", "queued", "x"});
  Run({"exec"});
  Run({"eval", "redis.call('set', 'y', 1)", "1", "scripted"});
  const std::string found = Field(Session(), "by-net-bytes");
  EXPECT_THAT(found, HasSubstr("queued"));
  EXPECT_THAT(found, HasSubstr("scripted"));
}

TEST_F(HotKeysCommandsTest, ASessionEndsAfterItsDuration) {
  Run({"hotkeys", "start", "METRICS", "1", "CPU", "DURATION", "2"});
  AdvanceTime(1000);
  EXPECT_EQ(Field(Session(), "tracking-active"), "1");
  AdvanceTime(5000);
  EXPECT_EQ(Field(Session(), "tracking-active"), "0");
  EXPECT_EQ(Field(Session(), "collection-duration-ms"), "2000");
}

TEST_F(HotKeysCommandsTest, ASessionSamples) {
  Run({"hotkeys", "start", "METRICS", "1", "NET", "SAMPLE", "10"});
  std::vector<Arguments> requests(2000, {"set", "key", "x"});
  client_.Pipeline(requests);
  Run({"hotkeys", "stop"});
  EXPECT_EQ(Field(Session(), "sample-ratio"), "10");
  const std::string found = Field(Session(), "by-net-bytes");
  const double bytes = std::stod(found.substr(found.find(',') + 2));
  EXPECT_NEAR(bytes / 32 / 2000, 0.1, 0.05);
}

TEST_F(HotKeysCommandsTest, OneSessionAtATime) {
  Run({"hotkeys", "start", "METRICS", "1", "CPU"});
  EXPECT_EQ(Run({"hotkeys", "start", "METRICS", "1", "NET"}),
            "-ERR hotkey tracking session already in progress");
  EXPECT_EQ(Run({"hotkeys", "reset"}),
            "-ERR hotkey tracking session in progress, stop tracking first");
  EXPECT_EQ(Run({"hotkeys", "stop"}), "+OK");
  EXPECT_EQ(Run({"hotkeys", "reset"}), "+OK");
  EXPECT_EQ(Run({"hotkeys", "get"}), "nil");
  EXPECT_EQ(Run({"hotkeys", "stop"}), "nil");
}

TEST_F(HotKeysCommandsTest, StartSaysWhatIsWrong) {
  const auto error = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"hotkeys", "start"});
    return Run(arguments);
  };
  EXPECT_EQ(error({}), "-ERR METRICS parameter is required");
  EXPECT_THAT(error({"METRICS", "0"}), HasSubstr("METRICS count"));
  EXPECT_THAT(error({"METRICS", "3", "CPU", "NET"}), HasSubstr("METRICS count"));
  EXPECT_THAT(error({"METRICS", "2", "CPU"}),
              HasSubstr("METRICS count does not match number of metric types provided"));
  EXPECT_EQ(error({"METRICS", "1", "CPU", "NET"}), "-ERR syntax error");
  EXPECT_THAT(error({"METRICS", "2", "GPU", "NYET"}), HasSubstr("METRICS no valid metrics"));
  EXPECT_THAT(error({"METRICS", "2", "CPU", "CPU"}), HasSubstr("METRICS CPU"));
  EXPECT_THAT(error({"METRICS", "2", "NET", "NET"}), HasSubstr("METRICS NET"));
  EXPECT_EQ(error({"METRICS", "1", "CPU", "COUNT", "0"}), "-ERR COUNT must be between 1 and 64");
  EXPECT_EQ(error({"METRICS", "1", "CPU", "COUNT", "65"}), "-ERR COUNT must be between 1 and 64");
  EXPECT_EQ(error({"METRICS", "1", "CPU", "SAMPLE", "0"}), "-ERR SAMPLE ratio must be positive");
  EXPECT_EQ(error({"METRICS", "1", "CPU", "SLOTS", "1", "0"}),
            "-ERR SLOTS parameter cannot be used in non-cluster mode");
  EXPECT_EQ(error({"METRICS", "1", "CPU", "COUNT"}), "-ERR syntax error");
}

}  // namespace
}  // namespace tests
