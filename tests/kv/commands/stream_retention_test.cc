// Retention: entries of a stream that become too old disappear by themselves.
#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/kv/commands/replay_test.h"

namespace tests {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class StreamRetention : public Replay {
 protected:
  void AdvanceTime(int64_t milliseconds) { server_.AdvanceTime(milliseconds); }
  // Adds an entry, and returns its id.
  std::string Add(std::string_view key) {
    return client_.Run({"xadd", std::string(key), "*", "f", "v"}).text;
  }
};

TEST_F(StreamRetention, EntriesGoOnTimeWithoutAWrite) {
  Add("s");
  EXPECT_EQ(Run("xcfgset s retention 100"), "+OK");
  EXPECT_THAT(Run("xinfo stream s"), HasSubstr("\"retention\", 100"));
  AdvanceTime(60);
  const std::string second = Add("s");
  AdvanceTime(39);
  EXPECT_EQ(Run("xlen s"), "2");
  AdvanceTime(1);
  EXPECT_EQ(Run("xlen s"), "1");
  EXPECT_THAT(Run("xinfo stream s"), HasSubstr("recorded-first-entry-id\", \"" + second));
  AdvanceTime(60);
  EXPECT_EQ(Run("xlen s"), "0");
  // The stream stays, and the setting with it.
  EXPECT_EQ(Run("exists s"), "1");
  Add("s");
  AdvanceTime(99);
  EXPECT_EQ(Run("xlen s"), "1");
  AdvanceTime(1);
  EXPECT_EQ(Run("xlen s"), "0");
}

TEST_F(StreamRetention, TheSettingMayChange) {
  Add("s");
  Run("xcfgset s retention 100");
  AdvanceTime(50);
  Run("xcfgset s retention 200");
  AdvanceTime(100);
  EXPECT_EQ(Run("xlen s"), "1");
  Run("xcfgset s retention 150");
  AdvanceTime(0);
  EXPECT_EQ(Run("xlen s"), "0");
  Add("s");
  Run("xcfgset s retention 0");
  AdvanceTime(100'000);
  EXPECT_EQ(Run("xlen s"), "1");
  EXPECT_EQ(Run("xcfgset s retention -1"), "-ERR RETENTION must not be negative");
  EXPECT_EQ(Run("xcfgset s retention"), "-ERR syntax error");
  Run("xcfgset s retention 9223372036854775807");
  AdvanceTime(100);
  EXPECT_EQ(Run("xlen s"), "1");
}

TEST_F(StreamRetention, MessagesOfProducersAreNotForgotten) {
  const std::string id = Run("xadd s idmp p 1 * a b");
  Run("xcfgset s retention 100");
  AdvanceTime(200);
  EXPECT_EQ(Run("xlen s"), "0");
  EXPECT_EQ(Run("xadd s idmp p 1 * a b"), id);
  AdvanceTime(100'000);
  EXPECT_NE(Run("xadd s idmp p 1 * a b"), id);
}

TEST_F(StreamRetention, EntriesThatWereOldAlreadyGoAtOnce) {
  Run("xadd s 5-0 f v");
  const std::string kept = absl::StrCat(Now(), "-0");
  Run("xadd s " + kept + " f v");
  Run("xcfgset s retention 100");
  AdvanceTime(0);
  EXPECT_EQ(Run("xrange s - +"), "[[\"" + kept + "\", [\"f\", \"v\"]]]");
}

TEST_F(StreamRetention, ManyEntriesGoInSlices) {
  for (int i = 0; i < 30; ++i) {
    std::string lines;
    for (int j = 0; j < 1'000; ++j) Add("s");
  }
  Run("xcfgset s retention 10");
  AdvanceTime(10);
  EXPECT_EQ(Run("xlen s"), "0");
  EXPECT_THAT(Run("xinfo stream s"), HasSubstr("\"radix-tree-keys\", 0"));
}

TEST_F(StreamRetention, WhatGoesIsAnEventAndATrimming) {
  Run("xadd s 1-0 f v");
  Run("xdel s 1-0");
  Add("s");
  Run("xcfgset s retention 100");
  Run("xgroup create s g 0");
  Run("xreadgroup group g c streams s >");
  AdvanceTime(50);
  Add("s");
  recorder_.Take();
  ListenToAllButMisses();
  events_.Take();
  AdvanceTime(50);
  EXPECT_EQ(recorder_.Take(), "0: XTRIM s MINID " + At(-99) + "-0");
  EXPECT_EQ(events_.Take(), "t:xtrim:0:s");
  EXPECT_THAT(Run("xpending s g"), HasSubstr("[1, "));
  // What is too old by now goes in the same tick, or in the next one.
  EXPECT_THAT(EffectsOf("xcfgset s retention 30"), StartsWith("0: xcfgset s retention 30"));
  AdvanceTime(1);
  recorder_.Take();
  EXPECT_EQ(EffectsOf("xcfgset s retention 30"), "");
  ExpectEqualAfterReplay();
}

TEST_F(StreamRetention, ItSurvivesCopyRenameAndReload) {
  Add("s");
  Run("xcfgset s retention 100");
  Run("copy s copied");
  Run("rename s renamed");
  const std::string payload = client_.Run({"dump", "renamed"}).text;
  EXPECT_EQ(Run({"restore", "restored", "0", payload}), "+OK");
  EXPECT_EQ(Run("debug digest-value restored"), Run("debug digest-value renamed"));
  EXPECT_EQ(Run("debug reload"), "+OK");
  AdvanceTime(99);
  for (const std::string key : {"copied", "renamed", "restored"}) {
    EXPECT_EQ(Run({"xlen", key}), "1") << key;
    EXPECT_THAT(Run({"xinfo", "stream", key}), HasSubstr("\"retention\", 100")) << key;
  }
  AdvanceTime(1);
  for (const std::string key : {"copied", "renamed", "restored"}) {
    EXPECT_EQ(Run({"xlen", key}), "0") << key;
  }
}

}  // namespace
}  // namespace tests
