// XREAD and XREADGROUP: how much they reply, and what is claimed when.
#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/kv/commands/replay_test.h"

namespace tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StreamReads : public Replay {
 protected:
  // The ids in the reply, by key: "s 1-0 2-0, t 1-0".
  std::string IdsOf(const resp::Value& reply) {
    std::vector<std::string> streams;
    for (const resp::Value& stream : reply.elements) {
      std::string text = stream.elements[0].text;
      for (const resp::Value& entry : stream.elements[1].elements) {
        absl::StrAppend(&text, " ", entry.elements[0].text);
      }
      streams.push_back(text);
    }
    return absl::StrJoin(streams, ", ");
  }
  std::string Ids(std::string_view line) { return IdsOf(client_.Run(Words(line))); }
  void AdvanceTime(int64_t milliseconds) { server_.AdvanceTime(milliseconds); }
  void Fill() {
    for (const char* key : {"s", "t", "u"}) {
      for (const char* id : {"1-0", "2-0", "3-0"}) {
        Run({"xadd", key, id, "f", std::string(100, 'x')});
      }
      Run({"xgroup", "create", key, "g", "0"});
    }
  }
};

TEST_F(StreamReads, HaveALimitForAllStreamsTogether) {
  Fill();
  EXPECT_EQ(Ids("xread maxcount 5 streams s t u 0 0 0"), "s 1-0 2-0 3-0, t 1-0 2-0");
  EXPECT_EQ(Ids("xread count 2 maxcount 3 streams s t u 0 0 0"), "s 1-0 2-0, t 1-0");
  EXPECT_EQ(Ids("xread count 1 maxcount 3 streams s t u + 2 0"), "s 3-0, t 3-0, u 1-0");
  EXPECT_EQ(Ids("xreadgroup group g c maxcount 4 streams s t u > > >"), "s 1-0 2-0 3-0, t 1-0");
  EXPECT_EQ(Ids("xreadgroup group g c maxcount 4 streams s t u 1 0 0"), "s 2-0 3-0, t 1-0, u");
  EXPECT_EQ(Ids("xreadgroup group g c maxcount 2 streams s t u 1 0 0"), "s 2-0 3-0");
  EXPECT_EQ(Run("xpending u g"), "[0, nil, nil, nil array]");
  EXPECT_EQ(Ids("xreadgroup group g d maxcount 4 claim 0 streams s t u > > >"),
            "s 1-0 2-0 3-0, t 1-0");
  // Nobody of this name has been seen where the reply was full.
  EXPECT_THAT(Run("xinfo consumers u g"), Not(HasSubstr("\"d\"")));
}

TEST_F(StreamReads, HaveALimitInBytes) {
  Fill();
  EXPECT_EQ(Ids("xread maxsize 1 streams s t u 0 0 0"), "s 1-0");
  EXPECT_EQ(Ids("xread maxsize 350 streams s t u 0 0 0"), "s 1-0 2-0");
  EXPECT_EQ(Ids("xread maxsize 800 streams s t u 0 0 0"), "s 1-0 2-0 3-0, t 1-0 2-0");
  EXPECT_EQ(Ids("xread maxcount 1 maxsize 800 streams s t u 0 0 0"), "s 1-0");
  EXPECT_EQ(Ids("xreadgroup group g c maxsize 1 streams t s > >"), "t 1-0");
  EXPECT_EQ(Run("xpending s g"), "[0, nil, nil, nil array]");
  EXPECT_EQ(Ids("xreadgroup group g c maxsize 350 streams t s > >"), "t 2-0 3-0");
  // What does not fit is not passed over for something smaller.
  Run({"xadd", "v", "1-0", "f", std::string(1'000, 'x')});
  EXPECT_EQ(Ids("xread maxsize 350 count 1 streams s v t 0 0 0"), "s 1-0");
}

TEST_F(StreamReads, RefuseLimitsThatAreNone) {
  EXPECT_EQ(Run("xread maxcount 0 streams s 0"), "-ERR MAXCOUNT must be a positive integer");
  EXPECT_EQ(Run("xread maxsize x streams s 0"), "-ERR MAXSIZE must be a positive integer");
  EXPECT_EQ(Run("xread count 2 maxcount 1 streams s 0"),
            "-ERR MAXCOUNT must be greater than or equal to COUNT");
  EXPECT_EQ(Run("xread count 0 maxcount 1 streams s 0"), "nil array");
  EXPECT_EQ(Run("xreadgroup group g c maxsize -1 streams s >"),
            "-ERR MAXSIZE must be a positive integer");
}

// --- XREADGROUP CLAIM ---

class StreamClaims : public StreamReads {
 protected:
  RespClient Waiting(std::string_view line) {
    RespClient client = server_.Connect();
    client.Send(Words(line));
    server_.Settle();
    EXPECT_FALSE(client.HasInput()) << line;
    return client;
  }
  bool IsServed(RespClient& client) {
    server_.Settle();
    return client.HasInput();
  }
};

TEST_F(StreamClaims, TheLongestIdleComeFirst) {
  Fill();
  Run("xreadgroup group g a count 2 streams s >");
  AdvanceTime(10);
  Run("xclaim s g b 0 1-0");
  AdvanceTime(10);
  EXPECT_EQ(Run("xreadgroup group g c claim 15 count 1 streams s >").substr(0, 14),
            R"([["s", [["2-0")");
  EXPECT_EQ(Ids("xreadgroup group g c claim 5 streams s >"), "s 1-0 3-0");
  Run("xnack s g silent ids 1 3-0");
  EXPECT_EQ(Ids("xreadgroup group g c claim 100000 streams s >"), "s 3-0");
}

TEST_F(StreamClaims, AReaderWakesWhenAnEntryIsIdleForLongEnough) {
  Fill();
  Run("xreadgroup group g a streams s >");
  RespClient waiting = Waiting("xreadgroup group g b block 0 claim 50 count 1 streams s >");
  AdvanceTime(49);
  EXPECT_FALSE(IsServed(waiting));
  AdvanceTime(1);
  ASSERT_TRUE(IsServed(waiting));
  EXPECT_EQ(IdsOf(waiting.Receive()), "s 1-0");
}

TEST_F(StreamClaims, AReaderKnowsOfWhatOthersAreGivenMeanwhile) {
  Fill();
  Run("xgroup setid s g 3-0");
  RespClient again = Waiting("xreadgroup group g b block 0 claim 50 streams s >");
  Run("xclaim s g a 0 1-0 idle 20 force");
  AdvanceTime(29);
  EXPECT_FALSE(IsServed(again));
  AdvanceTime(1);
  ASSERT_TRUE(IsServed(again));
  EXPECT_EQ(IdsOf(again.Receive()), "s 1-0");

  RespClient last = Waiting("xreadgroup group g b block 0 claim 1000 streams s >");
  Run("xnack s g silent ids 1 1-0");
  ASSERT_TRUE(IsServed(last));
  EXPECT_EQ(IdsOf(last.Receive()), "s 1-0");
}

TEST_F(StreamClaims, AReaderWakesLaterIfTheEntryIsAcknowledged) {
  Fill();
  Run("xreadgroup group g a count 1 streams s >");
  AdvanceTime(20);
  Run("xreadgroup group g a streams s >");
  RespClient waiting = Waiting("xreadgroup group g b block 0 claim 50 streams s >");
  Run("xack s g 1-0");
  AdvanceTime(49);
  EXPECT_FALSE(IsServed(waiting));
  AdvanceTime(1);
  ASSERT_TRUE(IsServed(waiting));
  EXPECT_EQ(IdsOf(waiting.Receive()), "s 2-0 3-0");
}

TEST_F(StreamClaims, OneReaderClaimsAndTheOtherWaitsOn) {
  Fill();
  Run("xreadgroup group g a count 1 streams s >");
  Run("xgroup setid s g 3-0");
  RespClient first = Waiting("xreadgroup group g b block 0 claim 50 streams s >");
  RespClient second = Waiting("xreadgroup group g c block 0 claim 50 streams s >");
  AdvanceTime(50);
  ASSERT_TRUE(IsServed(first));
  EXPECT_FALSE(IsServed(second));
  AdvanceTime(50);
  ASSERT_TRUE(IsServed(second));
  EXPECT_EQ(IdsOf(second.Receive()), "s 1-0");
}

TEST_F(StreamClaims, WhatWasDeletedIsPendingNoMore) {
  Fill();
  Run("xreadgroup group g a streams s >");
  Run("xdel s 1-0 2-0");
  recorder_.Take();
  EXPECT_EQ(Ids("xreadgroup group g b claim 0 streams s >"), "s 3-0");
  EXPECT_THAT(recorder_.Take(), HasSubstr("XACK s g 1-0 2-0"));
  EXPECT_EQ(Run("xpending s g - + 10 a"), "[]");
  Run("xgroup setid s g 0");
  ExpectEqualAfterReplay();
  // More than are looked at in one call.
  for (int i = 0; i < 2'500; ++i) Run({"xadd", "many", absl::StrCat(i + 1, "-0"), "f", "v"});
  Run("xgroup create many g 0");
  Run("xreadgroup group g a streams many >");
  Run("xtrim many minid 2400");
  AdvanceTime(5);
  Run("xreadgroup group g b claim 5 count 3 block 0 streams many >");
  EXPECT_EQ(Ids("xreadgroup group g b claim 5 count 1 streams many >"), "many 2403-0");
}

}  // namespace
}  // namespace tests
