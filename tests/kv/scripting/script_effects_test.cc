// What a script did, as a log or a replica hears of it.
#include <gtest/gtest.h>

#include <string>

#include "tests/kv/commands/replay_test.h"
#include "tests/kv/scripting/script_test.h"

namespace tests {
namespace {

class ScriptEffectsTest : public ScriptTest {
 protected:
  void SetUp() override { server_.server().effects().AddObserver(&effects_); }
  void TearDown() override { server_.server().effects().RemoveObserver(&effects_); }

  EffectRecorder effects_;
};

TEST_F(ScriptEffectsTest, AreOneGroup) {
  Eval(
      "redis.call('set', 'a', 1) redis.call('get', 'a') redis.call('select', 2) "
      "redis.call('incr', 'b') redis.call('del', 'none')");
  EXPECT_EQ(effects_.Take(), "0: set a 1; 2: incr b");
  Run({"set", "c", "1"});
  EXPECT_EQ(effects_.Take(), "0: set c 1");
}

TEST_F(ScriptEffectsTest, StayWhenTheScriptFails) {
  Eval("redis.call('set', 'a', 1) error('late')");
  EXPECT_EQ(effects_.Take(), "0: set a 1");
}

TEST_F(ScriptEffectsTest, HaveAbsoluteTimesOfTheScriptsStart) {
  Run({"set", "key", "value", "px", "100"});
  effects_.Take();
  AdvanceTime(99);
  const std::string now = std::to_string(server_.clock().WallMillis() + 1000);
  EXPECT_EQ(Eval("redis.call('pexpire', 'key', 1000) return redis.call('pexpiretime', 'key')"),
            now);
  EXPECT_EQ(effects_.Take(), "0: PEXPIREAT key " + now);
}

TEST_F(ScriptEffectsTest, BelongToTheTransactionAroundTheScript) {
  Run({"multi"});
  Run({"set", "a", "1"});
  Eval("redis.call('set', 'b', 2)");
  Run({"set", "c", "3"});
  Run({"exec"});
  EXPECT_EQ(effects_.Take(), "0: set a 1; 0: set b 2; 0: set c 3");
}

TEST_F(ScriptEffectsTest, OfAReadOnlyScriptAreNone) {
  Run({"eval_ro", "return redis.call('get', 'a')", "0"});
  EXPECT_EQ(effects_.Take(), "");
}

TEST_F(ScriptEffectsTest, GoWhereTheScriptSays) {
  Eval(
      "redis.call('set', 'a', 1) "
      "redis.set_repl(redis.REPL_NONE) redis.call('set', 'b', 2) "
      "redis.set_repl(redis.REPL_AOF) redis.call('set', 'c', 3) "
      "redis.set_repl(redis.REPL_REPLICA) redis.call('set', 'd', 4) "
      "redis.set_repl(redis.REPL_ALL) redis.call('set', 'e', 5)");
  EXPECT_EQ(effects_.Take(), "0: set a 1; 0: set c 3; 0: set e 5");
  EXPECT_EQ(Run({"mget", "a", "b", "c", "d", "e"}), R"(["1", "2", "3", "4", "5"])");
  // Till the end of the script, however it ends.
  Eval("redis.set_repl(redis.REPL_NONE) error('late')");
  Eval("redis.call('set', 'f', 6)");
  EXPECT_EQ(effects_.Take(), "0: set f 6");
}

}  // namespace
}  // namespace tests
