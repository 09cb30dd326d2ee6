// Messages of producers: XADD IDMP and IDMPAUTO, XCFGSET, XIDMPRECORD.
#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/kv/commands/replay_test.h"

namespace tests {
namespace {

using ::testing::HasSubstr;

class StreamMessages : public Replay {
 protected:
  // A number of XINFO STREAM s.
  std::string Info(std::string_view field, std::string_view key = "s") {
    const resp::Value reply = client_.Run({"xinfo", "stream", std::string(key)});
    for (size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
      if (reply.elements[i].text == field) return reply.elements[i + 1].ToString();
    }
    return "absent";
  }
};

TEST_F(StreamMessages, OneThatIsSentAgainAddsNothing) {
  ListenToAllButMisses();
  const std::string id = Run("xadd s idmp p 1 * a b");
  EXPECT_EQ(EventsOf("xadd s idmp p 1 * c d"), "");
  EXPECT_EQ(Run("xadd s idmp p 1 * c d"), id);
  EXPECT_NE(Run("xadd s idmp p 2 * a b"), id);
  EXPECT_NE(Run("xadd s idmp q 1 * a b"), id);
  EXPECT_EQ(Run("xlen s"), "3");
  EXPECT_EQ(Info("pids-tracked"), "2");
  EXPECT_EQ(Info("iids-tracked"), "3");
  EXPECT_EQ(Info("iids-added"), "3");
  EXPECT_EQ(Info("iids-duplicates"), "2");
  Run("del s");
  EXPECT_EQ(Run("xadd s nomkstream idmp p 1 * a b"), "nil");
  EXPECT_EQ(Run("exists s"), "0");
}

TEST_F(StreamMessages, ContentNamesAMessageInWhateverOrder) {
  const std::string id = Run("xadd s idmpauto p * a 1 b 2");
  EXPECT_EQ(Run("xadd s idmpauto p * a 1 b 2"), id);
  EXPECT_EQ(Run("xadd s idmpauto p * b 2 a 1"), id);
  EXPECT_NE(Run("xadd s idmpauto p * a 2 b 1"), id);
  EXPECT_NE(Run("xadd s idmpauto p * a 1"), id);
  EXPECT_NE(Run("xadd s idmpauto p * a 1 a 1 b 2"), id);
  EXPECT_NE(Run("xadd s idmpauto q * a 1 b 2"), id);
  EXPECT_EQ(Run("xlen s"), "5");
}

TEST_F(StreamMessages, WrongRequestsChangeNothing) {
  EXPECT_THAT(Run("xadd s idmp p * f v"), HasSubstr("Invalid stream ID specified"));
  EXPECT_EQ(Run("xadd s idmp p 1 1-1 f v"),
            "-ERR IDMP/IDMPAUTO can be used only with auto-generated IDs");
  EXPECT_EQ(Run("xadd s idmpauto p 1-* f v"),
            "-ERR IDMP/IDMPAUTO can be used only with auto-generated IDs");
  EXPECT_EQ(Run("xadd s idmp p 1 idmpauto q * f v"), "-ERR IDMP/IDMPAUTO specified multiple times");
  EXPECT_EQ(Run({"xadd", "s", "idmp", "", "1", "*", "f", "v"}),
            "-ERR IDMP requires a non-empty producer ID");
  EXPECT_EQ(Run({"xadd", "s", "idmp", "p", "", "*", "f", "v"}),
            "-ERR IDMP requires a non-empty idempotent ID");
  EXPECT_EQ(Run({"xadd", "s", "idmpauto", "", "*", "f", "v"}),
            "-ERR IDMPAUTO requires a non-empty producer ID");
  EXPECT_EQ(Run("exists s"), "0");
}

TEST_F(StreamMessages, TheyAreForgottenByAgeExactly) {
  Run("config set stream-idmp-duration 2");
  const std::string id = Run("xadd s idmp p 1 * a b");
  server_.AdvanceTime(1'000);
  Run("xadd s idmp p 2 * a b");
  server_.AdvanceTime(999);
  EXPECT_EQ(Run("xadd s idmp p 1 * a b"), id);
  EXPECT_EQ(Info("iids-tracked"), "2");
  recorder_.Take();
  server_.AdvanceTime(1);
  EXPECT_EQ(Info("iids-tracked"), "1");
  EXPECT_NE(Run("xadd s idmp p 1 * a b"), id);
  server_.AdvanceTime(5'000);
  EXPECT_EQ(Info("iids-tracked"), "0");
  EXPECT_EQ(Info("pids-tracked"), "0");
  EXPECT_EQ(Info("iids-added"), "3");
  EXPECT_EQ(Run("xlen s"), "3");
}

TEST_F(StreamMessages, TheyAreForgottenByNumberForEachProducer) {
  Run("xadd s idmp p 0 * a b");
  Run("xcfgset s idmp-maxsize 2");
  for (const char* name : {"1", "2", "3"}) Run(absl::StrCat("xadd s idmp p ", name, " * a b"));
  Run("xadd s idmp q 1 * a b");
  Run("xadd s idmp p 2 * a b");
  Run("xadd s idmp q 1 * a b");
  EXPECT_EQ(Run("xlen s"), "5");
  EXPECT_EQ(Info("iids-duplicates"), "2");
  Run("xadd s idmp p 1 * a b");
  EXPECT_EQ(Run("xlen s"), "6");
  EXPECT_EQ(Info("iids-tracked"), "3");
}

TEST_F(StreamMessages, SettingsAreThoseOfTheStream) {
  Run("config set stream-idmp-maxsize 7");
  Run("xadd s idmp p 1 * a b");
  Run("config set stream-idmp-maxsize 100");
  EXPECT_EQ(Info("idmp-duration"), "100");
  EXPECT_EQ(Info("idmp-maxsize"), "7");
  EXPECT_EQ(Run("xcfgset s idmp-maxsize 7 idmp-duration 100"), "+OK");
  EXPECT_EQ(Info("iids-tracked"), "1");
  EXPECT_EQ(Run("xcfgset s idmp-duration 86400"), "+OK");
  EXPECT_EQ(Info("idmp-duration"), "86400");
  EXPECT_EQ(Info("iids-tracked"), "0");
  EXPECT_EQ(Info("iids-added"), "1");
  EXPECT_EQ(Run("xcfgset absent idmp-maxsize 7"), "-ERR no such key");
  EXPECT_THAT(Run("xcfgset s"), HasSubstr("ERR At least one parameter"));
  EXPECT_EQ(Run("xcfgset s idmp-maxsize"), "-ERR syntax error");
  EXPECT_EQ(Run("xcfgset s idmp-maxsize 007"), "-ERR value is not an integer or out of range");
  EXPECT_THAT(Run("xcfgset s idmp-maxsize 10001"), HasSubstr("IDMP-MAXSIZE must be between 1 and"));
  EXPECT_THAT(Run("xcfgset s idmp-duration 0"), HasSubstr("IDMP-DURATION must be between 1 and"));
  EXPECT_THAT(Run("config set stream-idmp-duration 86401"), HasSubstr("must be between"));
}

TEST_F(StreamMessages, AnEntryMayBeRecordedAsAMessage) {
  Run("xadd s 5-1 a b");
  Run("xadd s 5-2 a b");
  Run("xcfgset s idmp-duration 86400");
  const std::string far = absl::StrCat(Now() + 1'000, "-0");
  Run("xadd s " + far + " a b");
  EXPECT_EQ(Run("xidmprecord s p 1 " + far), "+OK");
  EXPECT_EQ(Run("xidmprecord s p 1 " + far), "+OK");
  EXPECT_EQ(Run("xadd s idmp p 1 * c d"), "\"" + far + "\"");
  EXPECT_THAT(Run("xidmprecord s p 1 5-1"), HasSubstr("another entry"));
  EXPECT_THAT(Run("xidmprecord s p 2 5-3"), HasSubstr("no entry of this ID"));
  EXPECT_EQ(Run("xidmprecord absent p 2 5-1"), "-ERR no such key");
  EXPECT_THAT(Run({"xidmprecord", "s", "", "2", "5-1"}), HasSubstr("non-empty"));
}

TEST_F(StreamMessages, WritesStateWhatWasRecorded) {
  const std::string now = absl::StrCat(Now());
  EXPECT_EQ(EffectsOf("xadd s idmp p 1 * a 1"),
            "0: xadd s " + now + "-0 a 1; 0: XIDMPRECORD s p 1 " + now + "-0");
  EXPECT_EQ(EffectsOf("xadd s idmp p 1 * a 1"), "");
  EXPECT_EQ(
      EffectsOf("xadd s maxlen 0 idmp p 2 * a 2"),
      "0: xadd s " + now + "-1 a 2; 0: XIDMPRECORD s p 2 " + now + "-1; 0: XTRIM s MAXLEN = 0");
  EXPECT_EQ(EffectsOf("xadd s nomkstream idmp nomkstream 3 maxlen 0 acked * a 3"),
            "0: xadd s " + now + "-2 a 3; 0: XIDMPRECORD s nomkstream 3 " + now +
                "-2; 0: XTRIM s maxlen 0 acked");
  Run("xadd s idmpauto p * a 1 b 2");
  EXPECT_EQ(EffectsOf("xcfgset s idmp-maxsize 100"), "");
  ExpectEqualAfterReplay();
  EXPECT_EQ(EffectsOf("xcfgset s idmp-maxsize 50"), "0: xcfgset s idmp-maxsize 50");
  Run("xadd s idmp p 9 * a 1");
  Run("copy s t");
  Run("rename s u");
  ExpectEqualAfterReplay();
}

TEST_F(StreamMessages, TheySurviveCopyRenameAndReload) {
  Run("xgroup create s g 0 mkstream");
  const std::string id = Run("xadd s idmp p 1 * a b");
  Run("xadd s idmp p 1 * a b");
  Run("xcfgset s idmp-duration 60");
  const std::string second = Run("xadd s idmp p 2 * a b");
  Run("xreadgroup group g c streams s >");
  Run("xnack s g fail ids 1 " + second.substr(1, second.size() - 2));
  Run("copy s copied");
  Run("rename s t");
  EXPECT_EQ(Run("xadd t idmp p 2 * a b"), second);
  const std::string payload = client_.Run({"dump", "t"}).text;
  EXPECT_EQ(Run({"restore", "restored", "0", payload}), "+OK");
  EXPECT_EQ(Run("debug digest-value restored"), Run("debug digest-value t"));
  EXPECT_EQ(Run("debug reload"), "+OK");
  for (const char* key : {"copied", "t", "restored"}) {
    EXPECT_EQ(Run(absl::StrCat("xadd ", key, " idmp p 2 * a b")), second) << key;
    EXPECT_EQ(Info("idmp-duration", key), "60") << key;
    EXPECT_EQ(Info("iids-added", key), "2") << key;
    EXPECT_EQ(Run(absl::StrCat("xlen ", key)), "2") << key;
  }
  EXPECT_EQ(Info("iids-duplicates", "restored"), "3");
  // Time goes on for what was loaded.
  server_.AdvanceTime(60'000);
  EXPECT_EQ(Info("iids-tracked", "restored"), "0");
}

}  // namespace
}  // namespace tests
