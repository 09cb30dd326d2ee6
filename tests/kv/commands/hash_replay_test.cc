// Effects and key events of hash commands.
#include "kv/base/random.h"
#include "tests/kv/commands/replay_test.h"

namespace tests {
namespace {

TEST_F(Replay, HashWrites) {
  EXPECT_EQ(EffectsOf("hset a f 1 g 2"), "0: hset a f 1 g 2");
  EXPECT_EQ(EffectsOf("hmset a f 1 h 3"), "0: hmset a f 1 h 3");
  EXPECT_EQ(EffectsOf("hset a f"), "");
  EXPECT_EQ(EffectsOf("hsetnx a f 2"), "");
  EXPECT_EQ(EffectsOf("hsetnx a i 4"), "0: hsetnx a i 4");
  EXPECT_EQ(EffectsOf("hincrby a n 5"), "0: hincrby a n 5");
  EXPECT_EQ(EffectsOf("hincrbyfloat a n 0.5"), "0: HSET a n 5.5");
  EXPECT_EQ(EffectsOf("hincrbyfloat a n inf"), "");
  EXPECT_EQ(EffectsOf("hdel a absent"), "");
  EXPECT_EQ(EffectsOf("hdel a f absent"), "0: hdel a f absent");
  EXPECT_EQ(EffectsOf("hgetdel a fields 2 g absent"), "0: HDEL a g");
  EXPECT_EQ(EffectsOf("hgetdel a fields 1 absent"), "");
  EXPECT_EQ(EffectsOf("copy a b"), "0: copy a b");
  EXPECT_EQ(EffectsOf("hdel a h i n"), "0: hdel a h i n");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, HashWritesOfTimesToLive) {
  Run("hset a f 1 g 2 h 3");
  EXPECT_EQ(EffectsOf("hexpire a 10 fields 2 f absent"),
            "0: HPEXPIREAT a " + At(10'000) + " FIELDS 1 f");
  EXPECT_EQ(EffectsOf("hpexpire a 20 xx fields 2 f g"),
            "0: HPEXPIREAT a " + At(20) + " FIELDS 1 f");
  EXPECT_EQ(EffectsOf("hpexpire a 20 gt fields 1 g"), "");
  EXPECT_EQ(EffectsOf("hpexpireat a 1 fields 2 g absent"), "0: HDEL a g");
  EXPECT_EQ(EffectsOf("hincrbyfloat a f 0.5"), "0: HSETEX a KEEPTTL FIELDS 1 f 1.5");
  EXPECT_EQ(EffectsOf("hpersist a fields 2 f h"), "0: HPERSIST a FIELDS 1 f");
  EXPECT_EQ(EffectsOf("hpersist a fields 2 f h"), "");
  EXPECT_EQ(EffectsOf("hgetex a fields 1 f"), "");
  EXPECT_EQ(EffectsOf("hgetex a ex 5 fields 2 f x"), "0: HPEXPIREAT a " + At(5000) + " FIELDS 1 f");
  EXPECT_EQ(EffectsOf("hgetex a persist fields 2 f h"), "0: HPERSIST a FIELDS 1 f");
  EXPECT_EQ(EffectsOf("hgetex a px 0 fields 1 f"), "0: HDEL a f");
  EXPECT_EQ(EffectsOf("hsetex a fnx px 50 fields 1 k 1"),
            "0: HSETEX a PXAT " + At(50) + " FIELDS 1 k 1");
  EXPECT_EQ(EffectsOf("hsetex a fnx fields 1 k 1"), "");
  EXPECT_EQ(EffectsOf("hsetex a keepttl fields 1 k 2"), "0: HSETEX a KEEPTTL FIELDS 1 k 2");
  EXPECT_EQ(EffectsOf("hsetex a fxx fields 1 h 2"), "0: HSETEX a FIELDS 1 h 2");
  EXPECT_EQ(EffectsOf("hsetex b pxat 1 fields 1 k 2"), "0: HDEL b k");
  EXPECT_EQ(EffectsOf("rename a b"), "0: rename a b");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, AnExpiredFieldIsADeletionOfItsOwn) {
  Run("select 1");
  Run("hsetex a px 10 fields 2 f 1 g 2");
  recorder_.Take();
  server_.AdvanceTime(10);
  const std::string effects = recorder_.Take();
  EXPECT_TRUE(effects == "1: HDEL a f; 1: HDEL a g" || effects == "1: HDEL a g; 1: HDEL a f")
      << effects;
  ExpectEqualAfterReplay();
}

TEST_F(Replay, AFieldExpiredByACommandIsDeletedBeforeTheCommandsEffect) {
  Run("debug set-active-expire 0");
  Run("hset a f 1 g 2 h 3 i 4");
  Run("hpexpire a 10 fields 4 f g h i");
  server_.AdvanceTime(10);
  EXPECT_EQ(EffectsOf("hincrby a f 5"), "0: HDEL a f; 0: hincrby a f 5");
  EXPECT_EQ(EffectsOf("hset a g 5"), "0: HDEL a g; 0: hset a g 5");
  EXPECT_EQ(EffectsOf("hget a h"), "0: HDEL a h");
  EXPECT_EQ(EffectsOf("hrandfield a"), "0: HDEL a i");
  EXPECT_EQ(EffectsOf("hrandfield a"), "");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, ARandomRunOfHashes) {
  kv::Random random(20261);
  const auto pick = [&](std::vector<std::string> words) {
    return words[random.Uniform(words.size())];
  };
  const auto key = [&] { return " h" + std::to_string(random.Uniform(6)); };
  const auto field = [&] { return " f" + std::to_string(random.Uniform(30)); };
  const auto time = [&] { return " px " + std::to_string(random.Uniform(3000)); };
  const auto command = [&]() -> std::string {
    switch (random.Uniform(12)) {
      case 0:
        return "hdel" + key() + field() + field();
      case 1:
        return pick({"hincrby", "hincrbyfloat"}) + key() + field() + " 3";
      case 2:
        return "hsetnx" + key() + field() + " 1";
      case 3:
        return "hpexpire" + key() + " " + std::to_string(random.Uniform(3000)) +
               pick({"", " nx", " xx", " gt", " lt"}) + " fields 2" + field() + field();
      case 4:
        return "hpersist" + key() + " fields 2" + field() + field();
      case 5:
        return "hgetex" + key() + time() + " fields 2" + field() + field();
      case 6:
        return "hgetdel" + key() + " fields 2" + field() + field();
      case 7:
        return "hsetex" + key() + pick({"", " fnx", " fxx"}) + pick({"", " keepttl", time()}) +
               " fields 2" + field() + " 1" + field() + " 2";
      case 8:
        if (random.Uniform(8) > 0) return "pexpire" + key() + " " + std::to_string(2000);
        return pick({"rename", "copy"}) + key() + key() + "";
      case 9:
        return "hget" + key() + field();
      default:
        return "hset" + key() + field() + " " + std::to_string(random.Uniform(1000)) + field() +
               " text";
    }
  };
  for (int i = 0; i < 6000; ++i) {
    if (i == 3000) Run("config set hash-max-listpack-entries 8");
    Run(command());
    if (random.Uniform(10) == 0) server_.AdvanceTime(static_cast<int64_t>(random.Uniform(400)));
    if (i % 1000 == 999) Run(pick({"debug set-active-expire 0", "debug set-active-expire 1"}));
  }
  Run("debug set-active-expire 1");
  server_.Settle();
  EXPECT_GT(server_.server().store().context().stats.expired_elements, 100u);
  ExpectEqualAfterReplay();
}

TEST_F(Replay, KeyEventsOfHashes) {
  ListenToAllButMisses();
  EXPECT_EQ(EventsOf("hset a f 1 g 2"), "h:hset:0:a");
  EXPECT_EQ(EventsOf("hsetnx a h 1"), "h:hset:0:a");
  EXPECT_EQ(EventsOf("hsetnx a h 1"), "");
  EXPECT_EQ(EventsOf("hincrby a f 1"), "h:hincrby:0:a");
  EXPECT_EQ(EventsOf("hincrbyfloat a f 1"), "h:hincrbyfloat:0:a");
  EXPECT_EQ(EventsOf("hdel a f"), "h:hdel:0:a");
  EXPECT_EQ(EventsOf("hdel a f"), "");
  EXPECT_EQ(EventsOf("hexpire a 100 fields 2 g h"), "h:hexpire:0:a");
  EXPECT_EQ(EventsOf("hpersist a fields 2 g h"), "h:hpersist:0:a");
  EXPECT_EQ(EventsOf("hgetex a ex 10 fields 1 g"), "h:hexpire:0:a");
  EXPECT_EQ(EventsOf("hgetdel a fields 1 g"), "h:hdel:0:a");
  EXPECT_EQ(EventsOf("hsetex a px 10 fields 1 g v"), "h:hset:0:a h:hexpire:0:a");
  server_.AdvanceTime(10);
  EXPECT_EQ(events_.Take(), "h:hexpired:0:a");
  EXPECT_EQ(EventsOf("hpexpire a 10 fields 1 h"), "h:hexpire:0:a");
  server_.AdvanceTime(10);
  EXPECT_EQ(events_.Take(), "h:hexpired:0:a g:del:0:a");
  EXPECT_EQ(EventsOf("hsetex a px 0 fields 1 g v"), "h:hset:0:a h:hdel:0:a g:del:0:a");
  EXPECT_EQ(EventsOf("hset a f 1"), "h:hset:0:a");
  EXPECT_EQ(EventsOf("hgetex a px 0 fields 1 f"), "h:hdel:0:a g:del:0:a");
}

TEST_F(Replay, KeyEventsOfFieldsThatACommandFindsDue) {
  Run("debug set-active-expire 0");
  ListenToAllButMisses();
  Run("hsetex a px 10 fields 2 f 1 g 2");
  server_.AdvanceTime(10);
  EXPECT_EQ(EventsOf("hmget a f g"), "h:hexpired:0:a g:del:0:a");
  Run("hsetex a px 10 fields 1 f 1");
  server_.AdvanceTime(10);
  EXPECT_EQ(EventsOf("hsetex a fnx px 1000 fields 1 f v"),
            "h:hexpired:0:a h:hset:0:a h:hexpire:0:a");
  Run("hset a g 1");
  Run("hpexpire a 10 fields 1 f");
  server_.AdvanceTime(10);
  EXPECT_EQ(EventsOf("hgetdel a fields 2 f g"), "h:hexpired:0:a h:hdel:0:a g:del:0:a");
}

}  // namespace
}  // namespace tests
