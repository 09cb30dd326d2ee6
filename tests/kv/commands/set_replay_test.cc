// Effects and key events of the commands on sets, and of SORT.
#include "kv/base/random.h"
#include "tests/kv/commands/replay_test.h"

namespace tests {
namespace {

TEST_F(Replay, SetWrites) {
  EXPECT_EQ(EffectsOf("sadd a 1 2 3"), "0: sadd a 1 2 3");
  EXPECT_EQ(EffectsOf("sadd a 1"), "");
  EXPECT_EQ(EffectsOf("sadd b 3 4 x"), "0: sadd b 3 4 x");
  EXPECT_EQ(EffectsOf("srem a 9"), "");
  EXPECT_EQ(EffectsOf("srem a 1 9"), "0: srem a 1 9");
  EXPECT_EQ(EffectsOf("smove a b 9"), "");
  EXPECT_EQ(EffectsOf("smove b a x"), "0: smove b a x");
  EXPECT_EQ(EffectsOf("smove a a x"), "");
  Run("sadd b x");
  EXPECT_EQ(EffectsOf("smove b a x"), "0: SREM b x") << "it is there already";
  EXPECT_EQ(EffectsOf("sunionstore c a b"), "0: sunionstore c a b");
  EXPECT_EQ(EffectsOf("sinterstore d a b"), "0: sinterstore d a b");
  EXPECT_EQ(EffectsOf("sdiffstore d a a"), "0: sdiffstore d a a");
  EXPECT_EQ(EffectsOf("sdiffstore d a a"), "");
  EXPECT_EQ(EffectsOf("sort c by nosort store e"), "0: sort c by nosort store e");
  EXPECT_EQ(EffectsOf("sort absent store e"), "0: sort absent store e");
  EXPECT_EQ(EffectsOf("sort absent store e"), "");
  EXPECT_EQ(EffectsOf("sort b"), "");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, PopsSayWhatTheyTook) {
  Run("sadd a 1");
  Run("sadd b x");
  EXPECT_EQ(EffectsOf("spop a"), "0: SREM a 1");
  EXPECT_EQ(EffectsOf("spop a"), "");
  EXPECT_EQ(EffectsOf("spop b 5"), "0: DEL b");
  Run("sadd c 1 2 3 4 5 6 7 8");
  EXPECT_EQ(EffectsOf("spop c 0"), "");
  EXPECT_TRUE(EffectsOf("spop c 3").starts_with("0: SREM c "));
  EXPECT_EQ(Run("scard c"), "5");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, ALargePopIsStatedInPieces) {
  for (int i = 0; i < 3000; ++i) Run(absl::StrCat("sadd s ", i));
  recorder_.Take();
  Run("spop s 2500");
  ASSERT_EQ(recorder_.groups().back().size(), 3u);
  ExpectEqualAfterReplay();
}

TEST_F(Replay, FieldsThatSortFindsDueAreDeletedBeforeItsResult) {
  Run("debug set-active-expire 0");
  Run("rpush l 1 2");
  Run("hset h1 f 5 g 1");
  Run("hset h2 f 4");
  Run("hpexpire h1 10 fields 1 f");
  Run("hpexpire h2 10 fields 1 f");
  server_.AdvanceTime(10);
  EXPECT_EQ(EffectsOf("sort l get h*->f store d"),
            "0: HDEL h1 f; 0: HDEL h2 f; 0: sort l get h*->f store d");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, ARandomRunOfSets) {
  kv::Random random(31);
  const auto pick = [&](std::vector<std::string> words) {
    return words[random.Uniform(words.size())];
  };
  const auto key = [&] { return absl::StrCat(" s", random.Uniform(8)); };
  const auto member = [&] {
    return absl::StrCat(random.Uniform(6) == 0 ? " m" : " ", random.Uniform(400));
  };
  const auto command = [&]() -> std::string {
    switch (random.Uniform(14)) {
      case 0:
        return "srem" + key() + member() + member() + member();
      case 1:
        return "spop" + key() + pick({"", " 3", " 0", " 40"});
      case 2:
        return "smove" + key() + key() + member();
      case 3:
        return pick({"sunionstore", "sinterstore", "sdiffstore"}) + key() + key() + key();
      case 4:
        return "sort" + key() + " store" + absl::StrCat(" l", random.Uniform(3)) +
               pick({"", " by nosort", " alpha", " by s* alpha", " by x* alpha desc"}) +
               pick({"", " limit 3 20"});
      case 5:
        if (random.Uniform(6) > 0) return "srandmember" + key() + " 3";
        return pick({"rename", "copy", "del"}) + key() + key();
      case 6:
        return random.Uniform(10) == 0 ? "pexpire" + key() + " 500" : "scard" + key();
      default:
        return "sadd" + key() + member() + member() + member() + member();
    }
  };
  for (int i = 0; i < 6000; ++i) {
    if (i == 3000) Run("config set set-max-listpack-entries 8 set-max-intset-entries 16");
    Run(command());
    if (random.Uniform(10) == 0) server_.AdvanceTime(20);
    if (i % 2000 == 1999) ExpectEqualAfterReplay();
  }
  EXPECT_GT(recorder_.groups().size(), 2000u);
}

TEST_F(Replay, KeyEventsOfSets) {
  ListenToAllButMisses();
  EXPECT_EQ(EventsOf("sadd a 1 2 3"), "s:sadd:0:a");
  EXPECT_EQ(EventsOf("sadd a 1"), "");
  EXPECT_EQ(EventsOf("srem a 1 9"), "s:srem:0:a");
  EXPECT_EQ(EventsOf("srem a 1"), "");
  EXPECT_EQ(EventsOf("smove a b 2"), "s:srem:0:a s:sadd:0:b");
  EXPECT_EQ(EventsOf("smove a b 3"), "s:srem:0:a g:del:0:a s:sadd:0:b");
  EXPECT_EQ(EventsOf("spop b"), "s:spop:0:b");
  EXPECT_EQ(EventsOf("spop b"), "s:spop:0:b g:del:0:b");
  Run("sadd a 1 2 3");
  EXPECT_EQ(EventsOf("spop a 1"), "s:spop:0:a");
  EXPECT_EQ(EventsOf("spop a 9"), "s:spop:0:a g:del:0:a");
  Run("sadd a 1 2 3");
  EXPECT_EQ(EventsOf("sunionstore b a"), "s:sunionstore:0:b");
  EXPECT_EQ(EventsOf("sinterstore b a"), "s:sinterstore:0:b");
  EXPECT_EQ(EventsOf("sdiffstore b a c"), "s:sdiffstore:0:b");
  EXPECT_EQ(EventsOf("sdiffstore b a a"), "g:del:0:b");
  EXPECT_EQ(EventsOf("sdiffstore b a a"), "");
  EXPECT_EQ(EventsOf("srandmember a 2"), "");
  EXPECT_EQ(EventsOf("srem a 1 2 3"), "s:srem:0:a g:del:0:a");
}

TEST_F(Replay, KeyEventsOfSort) {
  ListenToAllButMisses();
  Run("sadd a 1 2");
  EXPECT_EQ(EventsOf("sort a"), "");
  EXPECT_EQ(EventsOf("sort a store b"), "l:sortstore:0:b");
  EXPECT_EQ(EventsOf("sort absent store b"), "g:del:0:b");
  EXPECT_EQ(EventsOf("sort absent store b"), "");
}

}  // namespace
}  // namespace tests
