// Members of sets, and fields of hashes, that expire.
#include <string>

#include "tests/kv/commands/command_test.h"
#include "tests/kv/commands/replay_test.h"

namespace tests {
namespace {

class MemberTtl : public CommandTest {};

TEST_F(MemberTtl, MembersExpireInTheirMillisecond) {
  EXPECT_EQ(Run({"saddex", "s", "10", "a", "b"}), "2");
  EXPECT_EQ(Run({"sadd", "s", "c"}), "1");
  EXPECT_EQ(Run({"fieldttl", "s", "a"}), "10");
  EXPECT_EQ(Run({"fieldttl", "s", "c"}), "-1");
  EXPECT_EQ(Run({"fieldttl", "s", "x"}), "-3");
  EXPECT_EQ(Run({"fieldttl", "absent", "x"}), "-2");
  AdvanceTime(9999);
  EXPECT_EQ(Run({"scard", "s"}), "3");
  AdvanceTime(1);
  EXPECT_EQ(Run({"smembers", "s"}), R"(["c"])");
  EXPECT_EQ(Run({"sismember", "s", "a"}), "0");
  EXPECT_EQ(Run({"scard", "s"}), "1");
}

TEST_F(MemberTtl, ASetWhoseLastMemberExpiresIsGone) {
  Run({"saddex", "s", "1", "a"});
  AdvanceTime(1000);
  EXPECT_EQ(Run({"exists", "s"}), "0");
}

TEST_F(MemberTtl, KeepttlLeavesThoseThatAreThere) {
  Run({"saddex", "s", "10", "a"});
  EXPECT_EQ(Run({"saddex", "s", "keepttl", "100", "a", "b"}), "1");
  EXPECT_EQ(Run({"fieldttl", "s", "a"}), "10");
  EXPECT_EQ(Run({"fieldttl", "s", "b"}), "100");
  EXPECT_EQ(Run({"saddex", "s", "50", "a"}), "0");
  EXPECT_EQ(Run({"fieldttl", "s", "a"}), "50");
}

TEST_F(MemberTtl, FieldexpireKnowsSetsAndHashes) {
  Run({"sadd", "s", "1", "2", "3"});
  Run({"hset", "h", "f", "1", "g", "2"});
  EXPECT_EQ(Run({"fieldexpire", "s", "10", "1", "x"}), "[1, -2]");
  EXPECT_EQ(Run({"fieldexpire", "h", "10", "f", "x"}), "[1, -2]");
  EXPECT_EQ(Run({"fieldexpire", "absent", "10", "f"}), "[-2]");
  EXPECT_EQ(Run({"fieldttl", "s", "1"}), "10");
  EXPECT_EQ(Run({"httl", "h", "fields", "1", "f"}), "[10]");
  EXPECT_EQ(Run({"fieldttl", "h", "f"}), "10");
  EXPECT_EQ(Run({"fieldexpire", "s", "0", "2"}), "[2]");
  EXPECT_EQ(Run({"scard", "s"}), "2");
  AdvanceTime(10'000);
  EXPECT_EQ(Run({"smembers", "s"}), R"(["3"])");
  EXPECT_EQ(Run({"hgetall", "h"}), R"(["g", "2"])");
}

TEST_F(MemberTtl, SurvivesCopyRenameAndDump) {
  Run({"saddex", "s", "10", "a"});
  Run({"sadd", "s", "b"});
  Run({"copy", "s", "copy"});
  Run({"rename", "s", "renamed"});
  const std::string payload = client_.Run({"dump", "copy"}).text;
  EXPECT_EQ(Run({"restore", "restored", "0", payload}), "+OK");
  for (const char* key : {"copy", "renamed", "restored"}) {
    EXPECT_EQ(Run({"fieldttl", key, "a"}), "10") << key;
  }
  AdvanceTime(10'000);
  for (const char* key : {"copy", "renamed", "restored"}) {
    EXPECT_EQ(Run({"scard", key}), "1") << key;
  }
}

TEST_F(MemberTtl, WhatMayNotBeDeletedYetIsHidden) {
  Run({"sadd", "s", "a", "b", "c"});
  Run({"sadd", "gone", "a"});
  Run({"fieldexpire", "s", "1", "a", "b"});
  Run({"fieldexpire", "gone", "1", "a"});
  server_.server().store().set_active_expire(false);
  server_.server().store().context().expiry = kv::ExpiryPolicy::kHide;
  AdvanceTime(1000);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Run({"srandmember", "s"}), R"("c")");
  EXPECT_EQ(Run({"srandmember", "s", "5"}), R"(["c"])");
  EXPECT_EQ(Run({"srandmember", "s", "-3"}), R"(["c", "c", "c"])");
  EXPECT_EQ(Run({"srandmember", "gone"}), "nil");
  EXPECT_EQ(Run({"srandmember", "gone", "2"}), "[]");
  EXPECT_EQ(Run({"sort", "s", "alpha"}), R"(["c"])");
  EXPECT_EQ(Run({"sunion", "s", "gone"}), R"(["c"])");
  server_.server().store().context().expiry = kv::ExpiryPolicy::kShow;
  EXPECT_EQ(Run({"scard", "s"}), "3");
}

TEST_F(MemberTtl, WrongCalls) {
  Run({"set", "text", "1"});
  const std::string wrong_type =
      "-WRONGTYPE Operation against a key holding the wrong kind of value";
  EXPECT_EQ(Run({"saddex", "text", "1", "a"}), wrong_type);
  EXPECT_EQ(Run({"fieldexpire", "text", "1", "a"}), wrong_type);
  EXPECT_EQ(Run({"fieldttl", "text", "a"}), wrong_type);
  EXPECT_EQ(Run({"saddex", "s", "0", "a"}), "-ERR invalid expire time in 'saddex' command");
  EXPECT_EQ(Run({"saddex", "s", "keepttl", "1"}), "-ERR syntax error");
  EXPECT_EQ(Run({"exists", "s"}), "0");
}

TEST_F(Replay, MemberTtlWrites) {
  EXPECT_EQ(EffectsOf("saddex s 10 a b"),
            "0: SADD s a b; 0: FIELDPEXPIREAT s " + At(10'000) + " a b");
  EXPECT_EQ(EffectsOf("saddex s keepttl 10 a"), "");
  EXPECT_EQ(EffectsOf("fieldexpire s 20 a x"), "0: FIELDPEXPIREAT s " + At(20'000) + " a");
  EXPECT_EQ(EffectsOf("fieldexpire s 0 b x"), "0: SREM s b");
  EXPECT_EQ(EffectsOf("fieldexpire s 20 x"), "");
  Run("sadd t c d");
  Run("saddex t 1 e");
  server_.AdvanceTime(1000);
  EXPECT_EQ(recorder_.Take(),
            "0: sadd t c d | 0: SADD t e; 0: FIELDPEXPIREAT t " + At(0) + " e | 0: SREM t e");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, AMemberThatIsDueIsDeletedBeforeTheEffectOfWhatReadsTheSet) {
  Run("debug set-active-expire 0");
  for (const std::string key : {"a", "b", "c"}) {
    Run("sadd " + key + " f g");
    Run("fieldexpire " + key + " 1 f");
  }
  server_.AdvanceTime(1000);
  EXPECT_EQ(EffectsOf("sunionstore u a"), "0: SREM a f; 0: sunionstore u a");
  EXPECT_EQ(EffectsOf("sort b by nosort store l"), "0: SREM b f; 0: sort b by nosort store l");
  EXPECT_EQ(EffectsOf("sinter c"), "0: SREM c f");
  ExpectEqualAfterReplay();
}

}  // namespace
}  // namespace tests
