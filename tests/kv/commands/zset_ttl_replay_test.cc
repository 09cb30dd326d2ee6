// Effects and key events of times to live of members of sorted sets.
#include "kv/base/random.h"
#include "tests/kv/commands/replay_test.h"

namespace tests {
namespace {

TEST_F(Replay, ZsetWritesOfTimesToLive) {
  Run("zadd a 1 f 2 g 3 h 4 i");
  EXPECT_EQ(EffectsOf("zexpire a 10 members 2 f absent"),
            "0: ZPEXPIREAT a " + At(10'000) + " MEMBERS 1 f");
  EXPECT_EQ(EffectsOf("zpexpire a 20 xx members 2 f g"),
            "0: ZPEXPIREAT a " + At(20) + " MEMBERS 1 f");
  EXPECT_EQ(EffectsOf("zpexpire a 20 gt members 1 g"), "");
  EXPECT_EQ(EffectsOf("zpexpireat a 1 members 2 g absent"), "0: ZREM a g");
  EXPECT_EQ(EffectsOf("zincrby a 0.5 f"), "0: zincrby a 0.5 f");
  EXPECT_EQ(EffectsOf("zpersist a members 2 f h"), "0: ZPERSIST a MEMBERS 1 f");
  EXPECT_EQ(EffectsOf("zpersist a members 2 f h"), "");
  EXPECT_EQ(EffectsOf("zexpire a 5 members 2 f h"),
            "0: ZPEXPIREAT a " + At(5000) + " MEMBERS 2 f h");
  EXPECT_EQ(EffectsOf("zadd a 1.5 f"), "0: zadd a 1.5 f");
  EXPECT_EQ(EffectsOf("zadd a 1.5 f"), "");
  EXPECT_EQ(EffectsOf("copy a b"), "0: copy a b");
  EXPECT_EQ(EffectsOf("rename a c"), "0: rename a c");
  EXPECT_EQ(EffectsOf("zexpire c 0 members 3 f h i"), "0: ZREM c f h i");
  EXPECT_EQ(Run("exists c"), "0");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, AnExpiredMemberIsADeletionOfItsOwn) {
  Run("select 1");
  Run("zadd a 1 f 2 g 3 h");
  Run("zpexpire a 10 members 2 f g");
  recorder_.Take();
  server_.AdvanceTime(10);
  const std::string effects = recorder_.Take();
  EXPECT_TRUE(effects == "1: ZREM a f; 1: ZREM a g" || effects == "1: ZREM a g; 1: ZREM a f")
      << effects;
  ExpectEqualAfterReplay();
}

TEST_F(Replay, AMemberThatACommandFindsDueIsDeletedBeforeTheCommandsEffect) {
  Run("debug set-active-expire 0");
  for (const std::string key : {"a", "b", "c", "d", "e", "g", "h"}) {
    Run("zadd " + key + " 1 f 2 g");
    Run("zpexpire " + key + " 9 members 1 f");
  }
  for (const std::string key : {"g", "h"}) {
    Run("zadd " + key + " 0 h");
    Run("zpexpire " + key + " 10 members 1 h");
  }
  server_.AdvanceTime(10);
  EXPECT_EQ(EffectsOf("zadd a 5 f"), "0: ZREM a f; 0: zadd a 5 f");
  EXPECT_EQ(EffectsOf("zpopmin b"), "0: ZREM b f; 0: zpopmin b");
  EXPECT_EQ(EffectsOf("zunionstore u 2 c a"), "0: ZREM c f; 0: zunionstore u 2 c a");
  EXPECT_EQ(EffectsOf("sort d by nosort store l"), "0: ZREM d f; 0: sort d by nosort store l");
  EXPECT_EQ(EffectsOf("zcard e"), "");
  EXPECT_EQ(EffectsOf("zscore e f"), "");
  EXPECT_EQ(EffectsOf("zrem e f"), "0: ZREM e f");
  EXPECT_EQ(EffectsOf("zrange g 0 -1"), "0: ZREM g f; 0: ZREM g h");
  EXPECT_EQ(EffectsOf("zincrby h 1 g"), "0: zincrby h 1 g") << "f stays: it is not asked for";
  EXPECT_EQ(EffectsOf("zrank h g"), "0: ZREM h f; 0: ZREM h h");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, ARandomRunOfMembersThatExpire) {
  kv::Random random(20262);
  const auto pick = [&](std::vector<std::string> words) {
    return words[random.Uniform(words.size())];
  };
  const auto key = [&] { return " z" + std::to_string(random.Uniform(6)); };
  const auto member = [&] { return " m" + std::to_string(random.Uniform(30)); };
  const auto score = [&] { return " " + std::to_string(random.Uniform(20)); };
  const auto command = [&]() -> std::string {
    switch (random.Uniform(16)) {
      case 0:
        return "zrem" + key() + member() + member();
      case 1:
        return "zincrby" + key() + score() + member();
      case 2:
      case 3:
      case 4:
        return "zpexpire" + key() + " " + std::to_string(random.Uniform(3000)) +
               pick({"", " nx", " xx", " gt", " lt"}) + " members 2" + member() + member();
      case 5:
        return "zpersist" + key() + " members 2" + member() + member();
      case 6:
        return pick({"zpopmin", "zpopmax"}) + key();
      case 7:
        return pick({"zunionstore", "zinterstore", "zdiffstore"}) + " d 2" + key() + key();
      case 8:
        if (random.Uniform(8) > 0) return "zrangestore d" + key() + " 0 10";
        return pick({"rename", "copy"}) + key() + key();
      case 9:
        return pick({"zcard", "zrandmember"}) + key();
      case 10:
        return "zremrangebyrank" + key() + " 3 4";
      default:
        return "zadd" + key() + pick({"", "", " nx", " xx", " gt"}) + score() + member() + score() +
               member();
    }
  };
  for (int i = 0; i < 6000; ++i) {
    if (i == 3000) Run("config set zset-max-listpack-entries 8");
    Run(command());
    if (random.Uniform(10) == 0) server_.AdvanceTime(static_cast<int64_t>(random.Uniform(400)));
    if (i % 1000 == 999) Run(pick({"debug set-active-expire 0", "debug set-active-expire 1"}));
  }
  Run("debug set-active-expire 1");
  server_.Settle();
  EXPECT_GT(server_.server().store().context().stats.expired_elements, 100u);
  EXPECT_GT(server_.server().store().database(0).with_element_deadlines(), 0u);
  ExpectEqualAfterReplay();
}

TEST_F(Replay, KeyEventsOfMembersThatExpire) {
  ListenToAllButMisses();
  Run("zadd a 1 f 2 g 3 h");
  EXPECT_EQ(EventsOf("zexpire a 100 members 2 g h"), "z:zexpire:0:a");
  EXPECT_EQ(EventsOf("zexpire a 100 nx members 2 g x"), "");
  EXPECT_EQ(EventsOf("zpersist a members 2 g h"), "z:zpersist:0:a");
  EXPECT_EQ(EventsOf("zpersist a members 2 g h"), "");
  EXPECT_EQ(EventsOf("zpexpire a 10 members 1 g"), "z:zexpire:0:a");
  EXPECT_EQ(EventsOf("zadd a 2 g"), "z:zadd:0:a");
  EXPECT_EQ(EventsOf("zpexpire a 10 members 1 g"), "z:zexpire:0:a");
  server_.AdvanceTime(10);
  EXPECT_EQ(events_.Take(), "z:zexpired:0:a");
  EXPECT_EQ(EventsOf("zpexpire a 0 members 1 f"), "z:zrem:0:a");
  EXPECT_EQ(EventsOf("zpexpire a 10 members 1 h"), "z:zexpire:0:a");
  server_.AdvanceTime(10);
  EXPECT_EQ(events_.Take(), "z:zexpired:0:a g:del:0:a");
  Run("zadd a 1 f");
  EXPECT_EQ(EventsOf("zexpire a 0 members 1 f"), "z:zrem:0:a g:del:0:a");
}

TEST_F(Replay, KeyEventsOfMembersThatACommandFindsDue) {
  Run("debug set-active-expire 0");
  ListenToAllButMisses();
  Run("zadd a 1 f 2 g");
  Run("zpexpire a 10 members 2 f g");
  server_.AdvanceTime(10);
  EXPECT_EQ(EventsOf("zrange a 0 -1"), "z:zexpired:0:a g:del:0:a");
  Run("zadd a 1 f 2 g");
  Run("zpexpire a 10 members 1 f");
  server_.AdvanceTime(10);
  EXPECT_EQ(EventsOf("zmscore a f g"), "");
  EXPECT_EQ(EventsOf("zadd a 5 f"), "z:zexpired:0:a z:zadd:0:a");
  Run("zpexpire a 10 members 2 f g");
  server_.AdvanceTime(10);
  EXPECT_EQ(EventsOf("zadd a 5 f"), "z:zexpired:0:a z:zadd:0:a");
  EXPECT_EQ(EventsOf("zrem a f g"), "z:zexpired:0:a z:zrem:0:a g:del:0:a");
  Run("zadd a 5 f");
  Run("zpexpire a 10 members 1 f");
  server_.AdvanceTime(10);
  EXPECT_EQ(EventsOf("zrem a f"), "z:zexpired:0:a g:del:0:a");
}

}  // namespace
}  // namespace tests
