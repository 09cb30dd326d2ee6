// What writes say of themselves: their effects, repeated on an empty server, give equal data.
#include "tests/kv/commands/replay_test.h"

#include "kv/base/random.h"

namespace tests {
namespace {

// --- one write at a time ---

TEST_F(Replay, StringWrites) {
  EXPECT_EQ(EffectsOf("set a 1"), "0: set a 1");
  EXPECT_EQ(EffectsOf("set a 1 nx"), "");
  EXPECT_EQ(EffectsOf("set a 2 xx get"), "0: SET a 2");
  EXPECT_EQ(EffectsOf("set a 2 ex 10"), "0: SET a 2 PXAT " + At(10'000));
  EXPECT_EQ(EffectsOf("set a 2 px 10"), "0: SET a 2 PXAT " + At(10));
  EXPECT_EQ(EffectsOf("set a 3 keepttl"), "0: SET a 3 KEEPTTL");
  EXPECT_EQ(EffectsOf("set a 3 ifeq 4"), "");
  EXPECT_EQ(EffectsOf("set a 4 ifeq 3"), "0: SET a 4");
  EXPECT_EQ(EffectsOf("set a 4 pxat 1"), "0: DEL a");
  EXPECT_EQ(EffectsOf("setex a 10 v"), "0: SET a v PXAT " + At(10'000));
  EXPECT_EQ(EffectsOf("psetex a 10 v"), "0: SET a v PXAT " + At(10));
  EXPECT_EQ(EffectsOf("setnx a v"), "");
  EXPECT_EQ(EffectsOf("setnx b v"), "0: setnx b v");
  EXPECT_EQ(EffectsOf("getset a w"), "0: SET a w");
  EXPECT_EQ(EffectsOf("getex a"), "");
  EXPECT_EQ(EffectsOf("getex a ex 100"), "0: PEXPIREAT a " + At(100'000));
  EXPECT_EQ(EffectsOf("getex a persist"), "0: PERSIST a");
  EXPECT_EQ(EffectsOf("getex a persist"), "");
  EXPECT_EQ(EffectsOf("getex a pxat 1"), "0: DEL a");
  EXPECT_EQ(EffectsOf("getdel a"), "");
  EXPECT_EQ(EffectsOf("getdel b"), "0: DEL b");
  EXPECT_EQ(EffectsOf("append s abc"), "0: append s abc");
  EXPECT_EQ(EffectsOf("setrange s 5 x"), "0: setrange s 5 x");
  EXPECT_EQ(EffectsOf("setrange s 5"), "");
  EXPECT_EQ(EffectsOf("mset a 1 b 2"), "0: mset a 1 b 2");
  EXPECT_EQ(EffectsOf("msetnx a 1 c 2"), "");
  EXPECT_EQ(EffectsOf("msetnx c 1 d 2"), "0: msetnx c 1 d 2");
  EXPECT_EQ(EffectsOf("msetex 2 a 1 b 2 ex 10"), "0: msetex 2 a 1 b 2 PXAT " + At(10'000));
  EXPECT_EQ(EffectsOf("msetex 1 a 1 nx"), "");
  EXPECT_EQ(EffectsOf("msetex 2 e 1 f 2 pxat 5"), "0: DEL e f");
  EXPECT_EQ(EffectsOf("delex c ifeq 9"), "");
  EXPECT_EQ(EffectsOf("delex c ifeq 1"), "0: DEL c");
  EXPECT_EQ(EffectsOf("delifeq d 2"), "0: DEL d");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, CounterWrites) {
  EXPECT_EQ(EffectsOf("incr n"), "0: incr n");
  EXPECT_EQ(EffectsOf("decr n"), "0: decr n");
  EXPECT_EQ(EffectsOf("incrby n 5"), "0: incrby n 5");
  EXPECT_EQ(EffectsOf("decrby n 2"), "0: decrby n 2");
  EXPECT_EQ(EffectsOf("incrby n x"), "");
  EXPECT_EQ(EffectsOf("incrbyfloat n 0.5"), "0: SET n 3.5 KEEPTTL");
  EXPECT_EQ(EffectsOf("increx m"), "0: SET m 1 KEEPTTL");
  EXPECT_EQ(EffectsOf("increx m byint 5 ubound 3"), "");
  EXPECT_EQ(EffectsOf("increx m ex 10"), "0: SET m 2 PXAT " + At(10'000));
  EXPECT_EQ(EffectsOf("increx m persist"), "0: SET m 3");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, BitmapWrites) {
  EXPECT_EQ(EffectsOf("setbit b 0 0"), "0: setbit b 0 0");
  EXPECT_EQ(EffectsOf("setbit b 0 0"), "");
  EXPECT_EQ(EffectsOf("setbit b 0 1"), "0: setbit b 0 1");
  EXPECT_EQ(EffectsOf("setbit b 100 0"), "0: setbit b 100 0");
  EXPECT_EQ(EffectsOf("bitfield b get u8 0"), "");
  EXPECT_EQ(EffectsOf("bitfield b set u8 0 5 get u8 0"), "0: bitfield b set u8 0 5 get u8 0");
  EXPECT_EQ(EffectsOf("bitfield b set u8 0 5"), "");
  EXPECT_EQ(EffectsOf("bitfield b overflow fail incrby u8 0 255"), "");
  EXPECT_EQ(EffectsOf("bitfield c overflow fail incrby u8 0 256"),
            "0: bitfield c overflow fail incrby u8 0 256");
  EXPECT_EQ(EffectsOf("bitop or d b c"), "0: bitop or d b c");
  EXPECT_EQ(EffectsOf("bitop and absent absent"), "");
  EXPECT_EQ(EffectsOf("bitop and c absent"), "0: bitop and c absent");
  EXPECT_EQ(EffectsOf("bitop diff1 e b d"), "0: bitop diff1 e b d");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, HyperLogLogWrites) {
  EXPECT_EQ(EffectsOf("pfadd h"), "0: pfadd h");
  EXPECT_EQ(EffectsOf("pfadd h"), "");
  EXPECT_EQ(EffectsOf("pfadd h a b"), "0: pfadd h a b");
  EXPECT_EQ(EffectsOf("pfadd h b"), "");
  EXPECT_EQ(EffectsOf("pfcount h"), "0: pfcount h");
  EXPECT_EQ(EffectsOf("pfcount h"), "");
  EXPECT_EQ(EffectsOf("pfadd g c"), "0: pfadd g c");
  EXPECT_EQ(EffectsOf("pfcount g h"), "");
  EXPECT_EQ(EffectsOf("pfmerge m g h"), "0: pfmerge m g h");
  EXPECT_EQ(EffectsOf("pfdebug encoding g"), "");
  EXPECT_EQ(EffectsOf("pfdebug todense g"), "0: pfdebug todense g");
  EXPECT_EQ(EffectsOf("pfdebug todense g"), "");
  EXPECT_EQ(EffectsOf("pfadd g d"), "0: pfadd g d");
  EXPECT_EQ(EffectsOf("pfadd g d"), "");
  EXPECT_EQ(EffectsOf("pfcount g"), "0: pfcount g");
  EXPECT_EQ(EffectsOf("pfdebug getreg m"), "0: pfdebug getreg m");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, KeyWrites) {
  Run("mset a 1 b 2 c 3 d 4 e 5");
  EXPECT_EQ(EffectsOf("del a absent"), "0: del a absent");
  EXPECT_EQ(EffectsOf("del absent"), "");
  EXPECT_EQ(EffectsOf("unlink b"), "0: unlink b");
  EXPECT_EQ(EffectsOf("rename c a"), "0: rename c a");
  EXPECT_EQ(EffectsOf("renamenx a d"), "");
  EXPECT_EQ(EffectsOf("renamenx a b"), "0: renamenx a b");
  EXPECT_EQ(EffectsOf("copy b f"), "0: copy b f");
  EXPECT_EQ(EffectsOf("copy b f"), "");
  EXPECT_EQ(EffectsOf("copy d f replace"), "0: copy d f replace");
  EXPECT_EQ(EffectsOf("copy d f db 2"), "0: copy d f db 2");
  EXPECT_EQ(EffectsOf("move f 1"), "0: move f 1");
  EXPECT_EQ(EffectsOf("expire b 10"), "0: PEXPIREAT b " + At(10'000));
  EXPECT_EQ(EffectsOf("pexpire b 20000 nx"), "");
  EXPECT_EQ(EffectsOf("pexpire b 20000 gt"), "0: PEXPIREAT b " + At(20'000));
  EXPECT_EQ(EffectsOf("expireat d 99999999999"), "0: PEXPIREAT d 99999999999000");
  EXPECT_EQ(EffectsOf("pexpireat d 99999999999"), "0: DEL d");
  EXPECT_EQ(EffectsOf("persist b"), "0: persist b");
  EXPECT_EQ(EffectsOf("expire e -1"), "0: DEL e");
  EXPECT_EQ(EffectsOf("swapdb 0 1"), "0: swapdb 0 1");
  Run("select 3");
  EXPECT_EQ(EffectsOf("set x 1"), "3: set x 1");
  EXPECT_EQ(EffectsOf("flushdb"), "3: FLUSHDB");
  ExpectEqualAfterReplay();
  EXPECT_EQ(EffectsOf("flushall async"), "0: FLUSHALL");
  ExpectEqualAfterReplay();
}

// --- removals by the store ---

TEST_F(Replay, ExpiryIsADeletionOfItsOwn) {
  Run("select 2");
  Run("set a 1 px 10");
  recorder_.Take();
  server_.AdvanceTime(10);
  EXPECT_EQ(recorder_.Take(), "2: DEL a");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, AKeyExpiredByACommandIsDeletedBeforeTheCommandsEffect) {
  Run("debug set-active-expire 0");
  Run("mset b 1 c 2");
  Run("set a 1 px 10");
  recorder_.Take();
  server_.AdvanceTime(10);
  EXPECT_EQ(recorder_.Take(), "");
  EXPECT_EQ(EffectsOf("append a x"), "0: DEL a; 0: append a x");
  Run("pexpire a 10");
  server_.AdvanceTime(10);
  EXPECT_EQ(EffectsOf("rename b a"), "0: DEL a; 0: rename b a");
  Run("pexpire a 10");
  server_.AdvanceTime(10);
  EXPECT_EQ(EffectsOf("get a"), "0: DEL a");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, EvictionIsADeletionBeforeTheCommand) {
  const std::string value(10'000, 'v');
  for (int i = 0; i < 300; ++i) Run({"set", absl::StrCat("key", i), value});
  Run("config set maxmemory-policy allkeys-random maxmemory 1500000");
  Run("setrange big 200000 x");  // above the limit now
  recorder_.Take();
  Run("set last 1");
  const std::string effects = recorder_.Take();
  EXPECT_TRUE(effects.starts_with("0: DEL ")) << effects.substr(0, 100);
  EXPECT_TRUE(effects.ends_with(" | 0: set last 1")) << effects.substr(0, 100);
  for (int i = 0; i < 300; ++i) Run({"set", absl::StrCat("more", i), value});
  EXPECT_LT(server_.server().store().keys(), 300u);
  ExpectEqualAfterReplay();
}

TEST_F(Replay, WhatAServerRepeatsIsNotLostToTimePassedSince) {
  Run("set a 1 px 10");
  Run("set b 1 px 10");
  Run("rename a c");
  Run("persist c");
  Run("getex b px 50");
  server_.AdvanceTime(20);
  ExpectEqualAfterReplay();
  EXPECT_EQ(Run("exists b c"), "2");
}

// --- a long random run ---

TEST_F(Replay, ARandomRun) {
  kv::Random random(20260);
  const auto pick = [&](std::vector<std::string> words) {
    return words[random.Uniform(words.size())];
  };
  const auto number = [&](uint64_t bound) { return absl::StrCat(random.Uniform(bound)); };
  const auto key = [&] { return absl::StrCat("k", random.Uniform(40)); };
  const auto time = [&] {
    const std::string relative = number(100'000);
    return pick({"ex " + number(60), "px " + relative, "pxat " + At(random.Uniform(90'000)),
                 "exat " + absl::StrCat(Now() / 1000 + 20), "pxat 5"});
  };
  const auto command = [&]() -> std::string {
    const std::string k = key();
    switch (random.Uniform(37)) {
      case 0:
        return "set " + k + " " + number(1000);
      case 1:
        return "set " + k + " v" + number(1000) + " " + time();
      case 2:
        return "set " + k + " w " + pick({"nx", "xx", "get", "keepttl", "xx keepttl get"});
      case 3:
        return "set " + k + " 1 " + pick({"ifeq", "ifne"}) + " " + number(3);
      case 4:
        return "getex " + k + " " + pick({"persist", time()});
      case 5:
        return pick({"incr ", "decr "}) + k;
      case 6:
        return "incrbyfloat " + k + " 0." + number(100);
      case 7:
        return absl::StrCat("increx ", k, pick({"", " byint 7", " byfloat 1.5"}),
                            pick({"", " persist", " " + time(), " " + time() + " enx"}));
      case 8:
        return "msetex 2 " + k + " 1 " + key() + " 2 " + pick({"nx", "xx", time(), "keepttl"});
      case 9:
        return "mset " + k + " 1 " + key() + " 2";
      case 10:
        return "msetnx " + k + " 1 " + key() + " 2";
      case 11:
        return "append " + k + " " + std::string(random.Uniform(300), 'a') + "b";
      case 12:
        return "setrange " + k + " " + number(500) + " patch";
      case 13:
        return pick({"delex " + k + " ifeq 1", "delifeq " + k + " 2", "delex " + k});
      case 14:
        return pick({"expire ", "pexpire "}) + k + " " + number(60) + pick({"", " nx", " gt"});
      case 15:
        return "pexpireat " + k + " " + At(random.Uniform(50'000)) + pick({"", " xx", " lt"});
      case 16:
        return "persist " + k;
      case 17:
        return pick({"rename ", "renamenx "}) + k + " " + key();
      case 18:
        return "copy " + k + " " + key() + pick({"", " replace", " db 1 replace", " db 2"});
      case 19:
        return "move " + k + " " + number(3);
      case 20:
        return "select " + number(3);
      case 21:
        return pick({"del ", "unlink "}) + k + " " + key();
      case 22:
        return pick({"getdel " + k, "getset " + k + " 5", "setnx " + k + " 6"});
      case 23:
        return "setbit " + k + " " + number(5000) + " " + number(2);
      case 24:
        return "bitfield " + k + " incrby i5 " + number(3000) + " 7 set u13 #" + number(90) +
               " 99 overflow fail incrby u4 " + number(100) + " 9";
      case 25:
        return pick({"bitop and ", "bitop or ", "bitop xor ", "bitop diff ", "bitop one "}) + k +
               " " + key() + " " + key();
      case 26:
        return "bitop not " + k + " " + key();
      case 27:
        return pick({"lpush ", "rpush "}) + k + " " + number(5) + " " + number(1000000) + " x";
      case 28:
        return pick({"lpop ", "rpop "}) + k + pick({"", " 2", " 100"});
      case 29:
        return pick({"linsert " + k + " after 1 2", "lrem " + k + " -1 1", "lset " + k + " 1 z",
                     "ltrim " + k + " 0 20"});
      case 30:
        return pick({"lmove " + k + " " + key() + " left right", "rpoplpush " + k + " " + key(),
                     "lmovem " + k + " " + key() + " left left count 3 bulk"});
      case 31:
        return "lmpop 2 " + k + " " + key() + " right count 2";
      case 32:
        return "zadd " + k + " " + pick({"", "gt ", "incr ", "nx "}) + number(9) + " m" + number(9);
      case 33:
        return pick({"zpopmin ", "zpopmax ", "zpopdue "}) + k;
      case 34:
        return pick({"zremrangebyscore " + k + " 0 3", "zrem " + k + " m1 m2"});
      case 35:
        return pick({"zunionstore ", "zinterstore ", "zdiffstore "}) + k + " 2 " + key() + " " +
               key();
      default:
        if (random.Uniform(20) > 0) return "psetex " + k + " " + number(3000) + " p";
        return pick({"swapdb 0 1", "swapdb 1 2", "flushdb", "swapdb 0 0"});
    }
  };
  for (int i = 0; i < 6000; ++i) {
    Run(command());
    if (random.Uniform(10) == 0) server_.AdvanceTime(static_cast<int64_t>(random.Uniform(2000)));
    if (i % 1000 == 999) Run(pick({"debug set-active-expire 0", "debug set-active-expire 1"}));
  }
  Run("debug set-active-expire 1");
  server_.Settle();
  EXPECT_GT(recorder_.groups().size(), 1000u);
  EXPECT_GT(server_.server().store().keys(), 10u);
  ExpectEqualAfterReplay();
}

TEST_F(Replay, ListWrites) {
  EXPECT_EQ(EffectsOf("rpush a 1 2 3"), "0: rpush a 1 2 3");
  EXPECT_EQ(EffectsOf("lpushx b 1"), "");
  EXPECT_EQ(EffectsOf("lpush b 1"), "0: lpush b 1");
  EXPECT_EQ(EffectsOf("linsert a before 2 x"), "0: linsert a before 2 x");
  EXPECT_EQ(EffectsOf("linsert a before 9 x"), "");
  EXPECT_EQ(EffectsOf("lset a 0 y"), "0: lset a 0 y");
  EXPECT_EQ(EffectsOf("lset a 9 y"), "");
  EXPECT_EQ(EffectsOf("lrem a 0 9"), "");
  EXPECT_EQ(EffectsOf("lrem a 0 x"), "0: lrem a 0 x");
  EXPECT_EQ(EffectsOf("lpop a 0"), "");
  EXPECT_EQ(EffectsOf("lpop a"), "0: lpop a");
  EXPECT_EQ(EffectsOf("rpop a 1"), "0: rpop a 1");
  EXPECT_EQ(EffectsOf("rpush a 3 4 5 6 7 8 9"), "0: rpush a 3 4 5 6 7 8 9");
  EXPECT_EQ(EffectsOf("lmpop 2 absent a left count 2"), "0: LPOP a 2");
  EXPECT_EQ(EffectsOf("lmpop 1 absent left"), "");
  EXPECT_EQ(EffectsOf("blpop absent a 1"), "0: LPOP a");
  EXPECT_EQ(EffectsOf("brpop a 1"), "0: RPOP a");
  EXPECT_EQ(EffectsOf("blmpop 1 1 a right count 1"), "0: RPOP a");
  EXPECT_EQ(EffectsOf("lmove a b left right"), "0: lmove a b left right");
  EXPECT_EQ(EffectsOf("blmove a b left right 0"), "0: LMOVE a b left right");
  EXPECT_EQ(EffectsOf("lmove absent b left right"), "");
  EXPECT_EQ(EffectsOf("rpoplpush b b"), "0: rpoplpush b b");
  EXPECT_EQ(EffectsOf("brpoplpush b b 1"), "0: RPOPLPUSH b b");
  EXPECT_EQ(EffectsOf("lmovem b c left left count 2 bulk"), "0: lmovem b c left left count 2 bulk");
  EXPECT_EQ(EffectsOf("blmovem c b left left 1 exactly 1 obo"),
            "0: LMOVEM c b left left exactly 1 obo");
  EXPECT_EQ(EffectsOf("ltrim b 0 -2"), "0: ltrim b 0 -2");
  EXPECT_EQ(EffectsOf("ltrim c 5 6"), "0: ltrim c 5 6");
  EXPECT_EQ(EffectsOf("ltrim c 5 6"), "");
  EXPECT_EQ(EffectsOf("copy b d"), "0: copy b d");
  EXPECT_EQ(EffectsOf("rename b e"), "0: rename b e");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, ZsetWrites) {
  EXPECT_EQ(EffectsOf("zadd a 1 x 2 y 3 z"), "0: zadd a 1 x 2 y 3 z");
  EXPECT_EQ(EffectsOf("zadd a 1 x"), "");
  EXPECT_EQ(EffectsOf("zadd a xx 1 new"), "");
  EXPECT_EQ(EffectsOf("zadd a incr 0.1 x"), "0: zadd a incr 0.1 x");
  EXPECT_EQ(EffectsOf("zincrby a 0.2 x"), "0: zincrby a 0.2 x");
  EXPECT_EQ(EffectsOf("zincrby a x x"), "");
  EXPECT_EQ(EffectsOf("zrem a new"), "");
  EXPECT_EQ(EffectsOf("zrem a z new"), "0: zrem a z new");
  EXPECT_EQ(EffectsOf("zadd b 5 p 6 q 7 r 8 s 9 t 10 u 11 v"),
            "0: zadd b 5 p 6 q 7 r 8 s 9 t 10 u 11 v");
  EXPECT_EQ(EffectsOf("zpopmin b 0"), "");
  EXPECT_EQ(EffectsOf("zpopmin b"), "0: zpopmin b");
  EXPECT_EQ(EffectsOf("zmpop 2 absent b max count 2"), "0: ZPOPMAX b 2");
  EXPECT_EQ(EffectsOf("bzpopmin absent b 1"), "0: ZPOPMIN b");
  EXPECT_EQ(EffectsOf("bzmpop 1 1 b min"), "0: ZPOPMIN b");
  EXPECT_EQ(EffectsOf("zpopdue b"), "0: ZPOPMIN b");
  EXPECT_EQ(EffectsOf("bzpopdue b 1"), "0: ZPOPMIN b");
  EXPECT_EQ(EffectsOf("zunionstore c 2 a absent"), "0: zunionstore c 2 a absent");
  EXPECT_EQ(EffectsOf("zrangestore d c 0 0"), "0: zrangestore d c 0 0");
  EXPECT_EQ(EffectsOf("zinterstore d 2 d absent"), "0: zinterstore d 2 d absent");
  EXPECT_EQ(EffectsOf("zinterstore d 2 d absent"), "");
  EXPECT_EQ(EffectsOf("zremrangebyrank c 5 9"), "");
  EXPECT_EQ(EffectsOf("zremrangebyrank c 0 0"), "0: zremrangebyrank c 0 0");
  EXPECT_EQ(EffectsOf("zremrangebyscore c 0 9"), "0: zremrangebyscore c 0 9");
  EXPECT_EQ(EffectsOf("zremrangebylex a - +"), "0: zremrangebylex a - +");
  EXPECT_EQ(EffectsOf("zadd e 1 x 1.5 y -inf z"), "0: zadd e 1 x 1.5 y -inf z");
  Run("config set zset-max-listpack-entries 1");
  EXPECT_EQ(EffectsOf("copy e f"), "0: copy e f");
  EXPECT_EQ(EffectsOf("zunionstore f 1 e"), "0: zunionstore f 1 e");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, GeoWrites) {
  EXPECT_EQ(EffectsOf("geoadd g 13.36 38.11 a 15.08 37.5 b"),
            "0: geoadd g 13.36 38.11 a 15.08 37.5 b");
  EXPECT_EQ(EffectsOf("geoadd g nx 1 1 a"), "");
  EXPECT_EQ(EffectsOf("georadius g 15 37 200 km"), "");
  EXPECT_EQ(EffectsOf("georadius g 15 37 200 km storedist d"),
            "0: georadius g 15 37 200 km storedist d");
  EXPECT_EQ(EffectsOf("geosearchstore e g frommember a byradius 1 km"),
            "0: geosearchstore e g frommember a byradius 1 km");
  EXPECT_EQ(EffectsOf("georadius g 0 0 1 km store d"), "0: georadius g 0 0 1 km store d");
  EXPECT_EQ(EffectsOf("georadius g 0 0 1 km store d"), "");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, StreamWrites) {
  const std::string now = absl::StrCat(Now());
  EXPECT_EQ(EffectsOf("xadd s * a 1"), "0: xadd s " + now + "-0 a 1");
  EXPECT_EQ(EffectsOf("xadd s 1-* a 1"), "");
  EXPECT_EQ(EffectsOf("xadd s nomkstream " + At(5) + "-* a 1"), "0: xadd s " + At(5) + "-0 a 1");
  EXPECT_EQ(EffectsOf("xadd absent nomkstream * a 1"), "");
  EXPECT_EQ(EffectsOf("xadd s maxlen ~ 1 " + At(6) + "-1 b 2"), "0: xadd s " + At(6) + "-1 b 2");
  EXPECT_EQ(EffectsOf("xadd s minid = " + now + "-1 " + At(7) + " c 3"),
            "0: xadd s MAXLEN = 3 " + At(7) + "-0 c 3");
  EXPECT_EQ(EffectsOf("xdel s 1-1"), "");
  EXPECT_EQ(EffectsOf("xdel s " + At(6) + "-1"), "0: xdel s " + At(6) + "-1");
  EXPECT_EQ(EffectsOf("xtrim s maxlen ~ 1"), "");
  EXPECT_EQ(EffectsOf("xtrim s minid " + At(6)), "0: XTRIM s MAXLEN = 1");
  EXPECT_EQ(EffectsOf("xsetid s " + At(9) + "-0 entriesadded 10 maxdeletedid 7-0"),
            "0: xsetid s " + At(9) + "-0 entriesadded 10 maxdeletedid 7-0");
  EXPECT_EQ(EffectsOf("xadd empty maxlen 0 5-5 a b"), "0: xadd empty MAXLEN = 0 5-5 a b");
  EXPECT_EQ(EffectsOf("copy s t"), "0: copy s t");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, StreamGroupWrites) {
  for (const char* id : {"1-1", "2-1", "3-1", "4-1", "5-1"}) Run({"xadd", "s", id, "a", "b"});
  recorder_.Take();
  const std::string claimed = " TIME " + absl::StrCat(Now()) + " RETRYCOUNT ";
  EXPECT_EQ(EffectsOf("xgroup create s g 0"), "0: xgroup create s g 0");
  EXPECT_EQ(EffectsOf("xgroup create s g 0"), "");
  EXPECT_EQ(EffectsOf("xreadgroup group g c count 2 streams s >"),
            "0: XGROUP CREATECONSUMER s g c; 0: XCLAIM s g c 0 1-1 2-1" + claimed +
                "1 FORCE JUSTID LASTID 2-1; 0: XGROUP SETID s g 2-1 ENTRIESREAD 2");
  EXPECT_EQ(EffectsOf("xreadgroup group g c count 1 noack streams s >"),
            "0: XGROUP SETID s g 3-1 ENTRIESREAD 3");
  EXPECT_EQ(EffectsOf("xreadgroup group g c streams s 5"), "");
  EXPECT_EQ(EffectsOf("xclaim s g d 0 1-1"),
            "0: XGROUP CREATECONSUMER s g d; 0: XCLAIM s g d 0 1-1" + claimed +
                "2 FORCE JUSTID LASTID 3-1");
  EXPECT_EQ(EffectsOf("xclaim s g d 0 4-1 force retrycount 7 justid"),
            "0: XCLAIM s g d 0 4-1" + claimed + "7 FORCE JUSTID LASTID 3-1");
  EXPECT_EQ(EffectsOf("xclaim s g d 0 9-1 lastid 4-1"), "0: XGROUP SETID s g 4-1 ENTRIESREAD 3");
  Run("xdel s 2-1");
  EXPECT_EQ(EffectsOf("xautoclaim s g d 0 -"),
            "0: XCLAIM s g d 0 1-1" + claimed + "3 FORCE JUSTID LASTID 4-1; 0: XCLAIM s g d 0 4-1" +
                claimed + "8 FORCE JUSTID LASTID 4-1; 0: XACK s g 2-1");
  EXPECT_EQ(EffectsOf("xautoclaim s g d 1000 -"), "");
  ExpectEqualAfterReplay();
  EXPECT_EQ(EffectsOf("xack s g 9-9"), "");
  EXPECT_EQ(EffectsOf("xack s g 1-1 9-9"), "0: xack s g 1-1 9-9");
  EXPECT_EQ(EffectsOf("xgroup setid s g $"), "0: xgroup setid s g $");
  EXPECT_EQ(EffectsOf("xgroup createconsumer s g e"), "0: xgroup createconsumer s g e");
  EXPECT_EQ(EffectsOf("xgroup createconsumer s g e"), "");
  ExpectEqualAfterReplay();
  Run("xreadgroup group g e streams s >");
  for (const char* id : {"6-1", "7-1", "8-1"}) Run({"xadd", "s", id, "a", "b"});
  Run("xreadgroup group g e streams s >");
  recorder_.Take();
  EXPECT_EQ(EffectsOf("xnack s g silent ids 1 6-1"), "0: xnack s g silent ids 1 6-1");
  EXPECT_EQ(EffectsOf("xreadgroup group g d claim 0 count 1 streams s >"),
            "0: XCLAIM s g d 0 6-1" + claimed + "1 FORCE JUSTID LASTID 8-1");
  EXPECT_EQ(EffectsOf("xdelex s acked ids 1 6-1"), "");
  EXPECT_EQ(EffectsOf("xackdel s g acked ids 1 6-1"), "0: xackdel s g acked ids 1 6-1");
  EXPECT_EQ(EffectsOf("xtrim s maxlen 0 acked"), "0: xtrim s maxlen 0 acked");
  EXPECT_EQ(EffectsOf("xadd s acked maxlen 3 * a b").substr(0, 6), "0: xad");
  EXPECT_EQ(EffectsOf("xtrim s maxlen 1 delref"), "0: XTRIM s MAXLEN = 1 DELREF");
  ExpectEqualAfterReplay();
  EXPECT_EQ(EffectsOf("xgroup delconsumer s g d"), "0: xgroup delconsumer s g d");
  EXPECT_EQ(EffectsOf("xgroup delconsumer s g d"), "");
  EXPECT_EQ(EffectsOf("xgroup create s h 3 entriesread 3"), "0: xgroup create s h 3 entriesread 3");
  EXPECT_EQ(EffectsOf("xgroup destroy s g"), "0: xgroup destroy s g");
  EXPECT_EQ(EffectsOf("xgroup destroy s g"), "");
  ExpectEqualAfterReplay();
}

TEST_F(Replay, ARandomRunOfStreams) {
  kv::Random random(424);
  const auto pick = [&](std::vector<std::string> words) {
    return words[random.Uniform(words.size())];
  };
  const auto number = [&](uint64_t bound) { return absl::StrCat(random.Uniform(bound)); };
  const auto stream = [&] { return pick({"s", "t", "u"}); };
  const auto group = [&] { return pick({"g", "h"}); };
  const auto consumer = [&] { return pick({"alice", "bob", "carol"}); };
  const auto id = [&] { return absl::StrCat(Now() - 1 - random.Uniform(40), "-", number(3)); };
  const auto trim = [&] { return pick({"maxlen ", "maxlen ~ "}) + number(400) + " "; };
  const auto command = [&]() -> std::string {
    const std::string s = stream();
    const std::string at = s + " " + group() + " ";
    switch (random.Uniform(16)) {
      case 0:
        return "xadd " + s + " " + trim() + "* f " + number(9) + " g " + number(100'000);
      case 1:
        return "xdel " + s + " " + id() + " " + id() + " " + id();
      case 2:
        return "xtrim " + s + pick({" maxlen " + number(400), " minid " + id()});
      case 3:
        return "xgroup create " + at + pick({"0", "$", id()}) + " mkstream";
      case 4:
        return random.Uniform(8) == 0 ? "xgroup destroy " + s + " " + group()
                                      : "xgroup setid " + at + pick({"0", "$", id()});
      case 5:
        return random.Uniform(4) == 0 ? "xgroup delconsumer " + at + consumer()
                                      : "xgroup createconsumer " + at + consumer();
      case 6:
        return "xack " + at + id() + " " + id() + " " + id();
      case 7:
        return "xclaim " + at + consumer() + " " + number(20) + " " + id() + " " + id() +
               pick({"", " force", " justid", " force retrycount 3", " lastid " + id()});
      case 8:
        return "xautoclaim " + at + consumer() + " " + number(20) + " 0 count " + number(10) +
               pick({"", " justid"});
      case 9:
      case 10:
      case 11:
        return "xreadgroup group " + group() + " " + consumer() + " count " + number(8) +
               pick({"", " noack"}) + " streams " + s + " >";
      case 12:
        if (random.Uniform(10) > 0) return "xlen " + s;
        return pick({"rename ", "copy "}) + s + " " + stream() + pick({"", " replace"});
      default:
        return "xadd " + s + " * f " + number(9);
    }
  };
  for (int i = 0; i < 4000; ++i) {
    Run(command());
    if (random.Uniform(4) == 0) server_.AdvanceTime(1);
    if (i % 1000 == 999) ExpectEqualAfterReplay();
  }
  EXPECT_GT(recorder_.groups().size(), 2000u);
}

// --- key events ---

}  // namespace
}  // namespace tests
