// Which keyspace events commands raise, and in which order.
#include "tests/kv/commands/replay_test.h"

namespace tests {
namespace {

using KeyEvents = Replay;

TEST_F(KeyEvents, KeyEventsOfStreams) {
  ListenToAllButMisses();
  EXPECT_EQ(EventsOf("xadd s 1-1 a b"), "t:xadd:0:s");
  EXPECT_EQ(EventsOf("xadd s 1-1 a b"), "");
  EXPECT_EQ(EventsOf("xadd s maxlen 1 2-1 a b"), "t:xadd:0:s t:xtrim:0:s");
  EXPECT_EQ(EventsOf("xadd s maxlen 2 3-1 a b"), "t:xadd:0:s");
  EXPECT_EQ(EventsOf("xgroup create s g 0"), "t:xgroup-create:0:s");
  EXPECT_EQ(EventsOf("xgroup createconsumer s g c"), "t:xgroup-createconsumer:0:s");
  EXPECT_EQ(EventsOf("xreadgroup group g d streams s >"), "t:xgroup-createconsumer:0:s");
  EXPECT_EQ(EventsOf("xgroup delconsumer s g d"), "t:xgroup-delconsumer:0:s");
  EXPECT_EQ(EventsOf("xgroup setid s g $"), "t:xgroup-setid:0:s");
  EXPECT_EQ(EventsOf("xgroup destroy s g"), "t:xgroup-destroy:0:s");
  EXPECT_EQ(EventsOf("xgroup destroy s g"), "");
  EXPECT_EQ(EventsOf("xdel s 2-1"), "t:xdel:0:s");
  EXPECT_EQ(EventsOf("xdel s 2-1"), "");
  EXPECT_EQ(EventsOf("xtrim s maxlen 0"), "t:xtrim:0:s");
  EXPECT_EQ(EventsOf("xsetid s 9-1"), "t:xsetid:0:s");
}

TEST_F(KeyEvents, KeyEventsOfStrings) {
  ListenToAllButMisses();
  EXPECT_EQ(EventsOf("set a 1"), "$:set:0:a");
  EXPECT_EQ(EventsOf("set a 1 ex 10"), "$:set:0:a g:expire:0:a");
  EXPECT_EQ(EventsOf("setex a 10 1"), "$:set:0:a g:expire:0:a");
  EXPECT_EQ(EventsOf("getset a 1"), "$:set:0:a");
  EXPECT_EQ(EventsOf("mset a 1 b 2"), "$:set:0:a $:set:0:b");
  EXPECT_EQ(EventsOf("setnx c 1"), "$:set:0:c");
  EXPECT_EQ(EventsOf("setnx c 1"), "");
  EXPECT_EQ(EventsOf("incr a"), "$:incrby:0:a");
  EXPECT_EQ(EventsOf("decrby a 3"), "$:incrby:0:a");
  EXPECT_EQ(EventsOf("incrbyfloat a 3"), "$:incrbyfloat:0:a");
  EXPECT_EQ(EventsOf("append a 3"), "$:append:0:a");
  EXPECT_EQ(EventsOf("setrange a 3 x"), "$:setrange:0:a");
  EXPECT_EQ(EventsOf("getex a ex 10"), "g:expire:0:a");
  EXPECT_EQ(EventsOf("getex a persist"), "g:persist:0:a");
  EXPECT_EQ(EventsOf("getdel a"), "g:del:0:a");
  EXPECT_EQ(EventsOf("get a"), "");
}

TEST_F(KeyEvents, KeyEventsOfLists) {
  ListenToAllButMisses();
  EXPECT_EQ(EventsOf("rpush a 1 2 3"), "l:rpush:0:a");
  EXPECT_EQ(EventsOf("lpush a 0"), "l:lpush:0:a");
  EXPECT_EQ(EventsOf("linsert a after 0 x"), "l:linsert:0:a");
  EXPECT_EQ(EventsOf("lset a 0 y"), "l:lset:0:a");
  EXPECT_EQ(EventsOf("lrem a 0 y"), "l:lrem:0:a");
  EXPECT_EQ(EventsOf("lrem a 0 y"), "");
  EXPECT_EQ(EventsOf("ltrim a 1 -1"), "l:ltrim:0:a");
  EXPECT_EQ(EventsOf("lpop a"), "l:lpop:0:a");
  EXPECT_EQ(EventsOf("lmove a b left left"), "l:lpush:0:b l:lpop:0:a");
  EXPECT_EQ(EventsOf("rpoplpush a b"), "l:lpush:0:b l:rpop:0:a g:del:0:a");
  EXPECT_EQ(EventsOf("rpop b 2"), "l:rpop:0:b g:del:0:b");
  EXPECT_EQ(EventsOf("rpop b 2"), "");
  Run("rpush c 1 1");
  EXPECT_EQ(EventsOf("lrem c 0 1"), "l:lrem:0:c g:del:0:c");
  Run("rpush c 1 1");
  EXPECT_EQ(EventsOf("ltrim c 5 1"), "l:ltrim:0:c g:del:0:c");
  Run("rpush c 1");
  EXPECT_EQ(EventsOf("rpoplpush c c"), "l:lpush:0:c l:rpop:0:c");
}

TEST_F(KeyEvents, KeyEventsOfSortedSets) {
  ListenToAllButMisses();
  EXPECT_EQ(EventsOf("zadd a 1 x 2 y 3 z 4 w"), "z:zadd:0:a");
  EXPECT_EQ(EventsOf("zadd a 1 x"), "");
  EXPECT_EQ(EventsOf("zadd a incr 1 x"), "z:zincr:0:a");
  EXPECT_EQ(EventsOf("zincrby a 1 x"), "z:zincr:0:a");
  EXPECT_EQ(EventsOf("zrem a w"), "z:zrem:0:a");
  EXPECT_EQ(EventsOf("zpopmin a"), "z:zpopmin:0:a");
  EXPECT_EQ(EventsOf("zpopmax a 5"), "z:zpopmax:0:a g:del:0:a");
  Run("zadd a 1 x 2 y 3 z");
  EXPECT_EQ(EventsOf("zunionstore b 1 a"), "z:zunionstore:0:b");
  EXPECT_EQ(EventsOf("zinterstore b 1 a"), "z:zinterstore:0:b");
  EXPECT_EQ(EventsOf("zdiffstore b 1 a"), "z:zdiffstore:0:b");
  EXPECT_EQ(EventsOf("zrangestore b a 0 -1"), "z:zrangestore:0:b");
  EXPECT_EQ(EventsOf("zdiffstore b 2 a a"), "g:del:0:b");
  EXPECT_EQ(EventsOf("zremrangebyrank a 0 0"), "z:zremrangebyrank:0:a");
  EXPECT_EQ(EventsOf("zremrangebyscore a 2 2"), "z:zremrangebyscore:0:a");
  EXPECT_EQ(EventsOf("zremrangebylex a - +"), "z:zremrangebylex:0:a g:del:0:a");
  Run("zadd a 1 x");
  EXPECT_EQ(EventsOf("zpopdue a"), "z:zpopmin:0:a g:del:0:a");
}

TEST_F(KeyEvents, KeyEventsOfPlaces) {
  ListenToAllButMisses();
  EXPECT_EQ(EventsOf("geoadd g 13.36 38.11 a"), "z:zadd:0:g");
  EXPECT_EQ(EventsOf("georadius g 13 38 200 km store d"), "z:georadiusstore:0:d");
  EXPECT_EQ(EventsOf("geosearchstore d g frommember a byradius 1 km"), "z:geosearchstore:0:d");
  EXPECT_EQ(EventsOf("georadius g 0 0 1 km store d"), "g:del:0:d");
}

TEST_F(KeyEvents, KeyEventsOfBitmaps) {
  ListenToAllButMisses();
  EXPECT_EQ(EventsOf("setbit a 0 0"), "$:setbit:0:a");
  EXPECT_EQ(EventsOf("setbit a 0 0"), "");
  EXPECT_EQ(EventsOf("bitfield a set u8 0 1 set u8 8 1"), "$:setbit:0:a");
  EXPECT_EQ(EventsOf("bitfield a get u8 0"), "");
  EXPECT_EQ(EventsOf("bitop or b a"), "$:set:0:b");
  EXPECT_EQ(EventsOf("bitop or b absent"), "g:del:0:b");
  EXPECT_EQ(EventsOf("bitop or b absent"), "");
}

TEST_F(KeyEvents, KeyEventsOfHyperLogLogs) {
  ListenToAllButMisses();
  EXPECT_EQ(EventsOf("pfadd a"), "$:pfadd:0:a");
  EXPECT_EQ(EventsOf("pfadd a"), "");
  EXPECT_EQ(EventsOf("pfadd a x"), "$:pfadd:0:a");
  EXPECT_EQ(EventsOf("pfcount a"), "");
  EXPECT_EQ(EventsOf("pfmerge b a"), "$:pfadd:0:b");
}

TEST_F(KeyEvents, KeyEventsOfKeys) {
  Run("mset a 1 b 2 c 3");
  ListenToAllButMisses();
  EXPECT_EQ(EventsOf("expire a 10"), "g:expire:0:a");
  EXPECT_EQ(EventsOf("persist a"), "g:persist:0:a");
  EXPECT_EQ(EventsOf("rename a d"), "g:rename_from:0:a g:rename_to:0:d");
  EXPECT_EQ(EventsOf("copy d e db 1"), "g:copy_to:1:e");
  EXPECT_EQ(EventsOf("move d 2"), "g:move_from:0:d g:move_to:2:d");
  EXPECT_EQ(EventsOf("del b absent"), "g:del:0:b");
  EXPECT_EQ(EventsOf("expire c -1"), "g:del:0:c");
  Run("set x 1 px 10");
  events_.Take();
  server_.AdvanceTime(10);
  EXPECT_EQ(events_.Take(), "x:expired:0:x");
}

TEST_F(KeyEvents, KeyEventsOfMissesAndNewKeysAreAClassOfTheirOwn) {
  server_.server().ListenToKeys(&events_, kv::kEventKeyMiss | kv::kEventNew);
  EXPECT_EQ(EventsOf("get a"), "m:keymiss:0:a");
  EXPECT_EQ(EventsOf("getset a 0"), "m:keymiss:0:a n:new:0:a");
  EXPECT_EQ(EventsOf("getdel b"), "m:keymiss:0:b");
  EXPECT_EQ(EventsOf("set b 1 get"), "m:keymiss:0:b n:new:0:b");
  EXPECT_EQ(EventsOf("set a 2"), "");
  EXPECT_EQ(EventsOf("copy a c"), "n:new:0:c");
  EXPECT_EQ(EventsOf("rename a d"), "n:new:0:d");
  EXPECT_EQ(EventsOf("rename b d"), "n:new:0:d");
  EXPECT_EQ(EventsOf("move d 1"), "n:new:1:d");
}

TEST_F(KeyEvents, AWholeValueThatIsReplacedIsOverwritten) {
  server_.server().ListenToKeys(&events_,
                                kv::kEventOverwritten | kv::kEventTypeChanged | kv::kEventString);
  EXPECT_EQ(EventsOf("set a 1"), "$:set:0:a");
  EXPECT_EQ(EventsOf("set a 2"), "o:overwritten:0:a $:set:0:a");
  EXPECT_EQ(EventsOf("getset a 3"), "o:overwritten:0:a $:set:0:a");
  EXPECT_EQ(EventsOf("setex a 10 3"), "o:overwritten:0:a $:set:0:a");
  EXPECT_EQ(EventsOf("mset a 4 b 5"), "o:overwritten:0:a $:set:0:a $:set:0:b");
  EXPECT_EQ(EventsOf("set a 5 nx"), "");
  Run("rpush l 1");
  EXPECT_EQ(EventsOf("set l 1"), "o:overwritten:0:l c:type_changed:0:l $:set:0:l");
  Run("sadd s 1");
  EXPECT_EQ(EventsOf("bitop not s a"), "o:overwritten:0:s c:type_changed:0:s $:set:0:s");
}

TEST_F(KeyEvents, AValueThatIsChangedInPlaceIsNotOverwritten) {
  Run("set a 1");
  Run("set long 0123456789012345678901234567890123456789");
  Run("pfadd p 1");
  server_.server().ListenToKeys(&events_, kv::kEventOverwritten | kv::kEventTypeChanged);
  for (const std::string_view line :
       {"incr a", "incrbyfloat a 1.5", "append a 1", "setrange long 3 x", "setbit a 1 1",
        "bitfield a set u8 0 1", "pfadd p 2", "pfmerge p absent", "getex a ex 10", "rpush l 1",
        "lset l 0 2", "sadd s 1", "spop s", "zadd z 1 a", "hset h f 1", "xadd x 1-1 f v"}) {
    EXPECT_EQ(EventsOf(line), "") << line;
  }
}

TEST_F(KeyEvents, StoredResultsOverwrite) {
  Run("rpush l 2 1");
  Run("sadd s 1 2");
  Run("zadd z 1 a");
  Run("geoadd g 13 38 a");
  server_.server().ListenToKeys(&events_, kv::kEventOverwritten | kv::kEventTypeChanged);
  for (const std::string_view line :
       {"sort l store d", "sunionstore d s", "sinterstore d s", "sdiffstore d s absent",
        "zunionstore d 1 z", "zinterstore d 1 z", "zdiffstore d 1 z", "zrangestore d z 0 -1",
        "georadius g 13 38 1 km store d", "georadius g 13 38 1 km storedist d",
        "geosearchstore d g frommember a byradius 1 km"}) {
    Run("set d 1");
    events_.Take();
    EXPECT_EQ(EventsOf(line), "o:overwritten:0:d c:type_changed:0:d") << line;
    EXPECT_EQ(EventsOf(line), "o:overwritten:0:d") << line;
  }
  EXPECT_EQ(EventsOf("sunionstore d absent"), "");
  EXPECT_EQ(EventsOf("sunionstore d s"), "");
}

TEST_F(KeyEvents, KeysThatAreNamedAnewOverwriteBehindTheirOwnEvent) {
  Run("mset a 1 b 2");
  Run("rpush l 1");
  server_.server().ListenToKeys(&events_,
                                kv::kEventOverwritten | kv::kEventTypeChanged | kv::kEventGeneric);
  EXPECT_EQ(EventsOf("copy a b replace"), "g:copy_to:0:b o:overwritten:0:b");
  EXPECT_EQ(EventsOf("copy a l replace"), "g:copy_to:0:l o:overwritten:0:l c:type_changed:0:l");
  EXPECT_EQ(EventsOf("copy a c db 1"), "g:copy_to:1:c");
  EXPECT_EQ(EventsOf("copy a c db 1 replace"), "g:copy_to:1:c o:overwritten:1:c");
  Run("sadd s 1");
  EXPECT_EQ(EventsOf("rename a s"),
            "g:rename_from:0:a g:rename_to:0:s o:overwritten:0:s c:type_changed:0:s");
  EXPECT_EQ(EventsOf("rename s a"), "g:rename_from:0:s g:rename_to:0:a");
  events_.Take();
  Run({"restore", "a", "0", client_.Run({"dump", "b"}).text, "replace"});
  EXPECT_EQ(events_.Take(), "g:restore:0:a o:overwritten:0:a");
  Run({"restore", "new", "0", client_.Run({"dump", "b"}).text});
  EXPECT_EQ(events_.Take(), "g:restore:0:new");
}

}  // namespace
}  // namespace tests
