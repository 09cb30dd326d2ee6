#include "kv/scripting/script_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/scripting/script_cache.h"
#include "tests/kv/scripting/script_test.h"

namespace tests {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ScriptCommandsTest : public ScriptTest {};

TEST_F(ScriptCommandsTest, KeysAndArgumentsAreTables) {
  EXPECT_EQ(Run({"eval", "return {KEYS[1], KEYS[2], ARGV[1], #KEYS, #ARGV}", "2", "a", "b", "c"}),
            R"(["a", "b", "c", 2, 1])");
  EXPECT_EQ(Run({"eval", "return 1", "1"}),
            "-ERR Number of keys can't be greater than number of args");
  EXPECT_EQ(Run({"eval", "return 1", "-1"}), "-ERR Number of keys can't be negative");
  EXPECT_EQ(Run({"eval", "return 1", "x"}), "-ERR value is not an integer or out of range");
}

TEST_F(ScriptCommandsTest, LuaValuesBecomeReplies) {
  EXPECT_EQ(Eval("return {1, 3.99, -3.99, 'x', true, {2, {3}}, {ok = 'fine'}, false, nil, 5}"),
            R"([1, 3, -3, "x", 1, [2, [3]], +fine, nil])");
  EXPECT_EQ(Eval("return 1e300"), "-9223372036854775808");
  EXPECT_EQ(Eval("return function() end"), "nil");
  EXPECT_EQ(Eval("return {err = 'MY error'}"), "-MY error");
  EXPECT_EQ(Eval("return redis.error_reply('WORD')"), "-ERR WORD");
  EXPECT_EQ(Eval("return redis.error_reply('-CODE text')"), "-CODE text");
  EXPECT_EQ(Eval("return redis.status_reply('fine')"), "+fine");
  EXPECT_EQ(Eval("return {double = 1.5}"), "\"1.5\"");
  EXPECT_EQ(Eval("return {map = {a = 1}}"), R"(["a", 1])");
  ASSERT_THAT(Run({"hello", "3"}), HasSubstr("proto"));
  EXPECT_EQ(Eval("return {map = {a = {double = 1.5}}}"), R"({"a": ,1.5})");
  EXPECT_EQ(Eval("return {set = {a = true}}"), R"(~["a"])");
  EXPECT_EQ(Eval("return {true, false}"), "[1, nil]");
  EXPECT_EQ(Eval("redis.setresp(3) return {true, false}"), "[true, false]");
  EXPECT_EQ(client_.Run({"eval", "return {big_number = '123'}", "0"}).type,
            resp::Value::Type::kBigNumber);
  EXPECT_EQ(
      client_.Run({"eval", "return {verbatim_string = {format = 'txt', string = 'x'}}", "0"}).type,
      resp::Value::Type::kVerbatim);
}

TEST_F(ScriptCommandsTest, RepliesBecomeLuaValues) {
  Run({"hset", "hash", "field", "value"});
  Run({"zadd", "zset", "1.5", "member"});
  EXPECT_EQ(Eval("return {type(redis.call('get', 'none')), type(redis.call('exists', 'hash')), "
                 "redis.call('set', 'key', 'value').ok, redis.call('get', 'key'), "
                 "redis.call('hgetall', 'hash')[2], redis.call('zscore', 'zset', 'member')}"),
            R"(["boolean", "number", "OK", "value", "value", "1.5"])");
  EXPECT_EQ(Eval("redis.setresp(3) return {type(redis.call('get', 'none')), "
                 "redis.call('hgetall', 'hash').map.field, "
                 "redis.call('zscore', 'zset', 'member').double == 1.5}"),
            R"(["nil", "value", 1])");
  EXPECT_EQ(Eval("return type(redis.call('get', 'none'))"), "\"boolean\"")
      << "each script begins with RESP2";
}

TEST_F(ScriptCommandsTest, LongRepliesComeWhole) {
  const std::string value(100'000, 'v');
  Run({"set", "key", value});
  EXPECT_EQ(Eval("return #redis.call('get', 'key')"), "100000");
  EXPECT_EQ(Eval("return redis.call('get', 'key')"), absl::StrCat("\"", value, "\""));
  Run({"eval", "for i = 1, 5000 do redis.call('rpush', 'list', i) end", "0"});
  EXPECT_EQ(Eval("local list = redis.call('lrange', 'list', 0, -1) return {#list, list[5000]}"),
            R"([5000, "5000"])");
}

TEST_F(ScriptCommandsTest, ManyArguments) {
  EXPECT_EQ(Eval("local keys = {} for i = 1, 7990 do keys[i] = 'k' .. i end "
                 "return redis.call('del', unpack(keys))"),
            "0");
  EXPECT_THAT(Eval("local keys = {} for i = 1, 9000 do keys[i] = 'k' end "
                   "return redis.call('del', unpack(keys))"),
              HasSubstr("too many results to unpack"));
}

TEST_F(ScriptCommandsTest, NumbersLoseNoDigits) {
  EXPECT_EQ(Eval("redis.call('mset', 'a', 10, 'b', -0.1, 'c', 12345678901234567, 'd', 1e20) "
                 "return redis.call('mget', 'a', 'b', 'c', 'd')"),
            R"(["10", "-0.10000000000000001", "12345678901234568", "1e+20"])");
}

TEST_F(ScriptCommandsTest, ErrorsTellTheScriptAndTheLine) {
  const std::string digest = Run({"script", "load", "\nerror('boo')"});
  EXPECT_EQ(Eval("\nerror('boo')"), absl::StrCat("-ERR user_script:2: boo script: ",
                                                 digest.substr(1, 40), ", on @user_script:2."));
  EXPECT_THAT(Eval("return redis.call('nosuch')"),
              StartsWith("-ERR Unknown Redis command called from script script: "));
  EXPECT_THAT(Eval("return redis.call('get')"),
              StartsWith("-ERR Wrong number of args calling Redis command from script script: "));
  EXPECT_THAT(Eval("return redis.call('client', 'id')"),
              StartsWith("-ERR This Redis command is not allowed from script script: "));
  EXPECT_THAT(Eval("return redis.call({})"), StartsWith("-ERR Lua redis lib command arguments"));
  EXPECT_THAT(Eval("error({})"), StartsWith("-ERR unknown error script: "));
  EXPECT_THAT(Eval("error({err = 'CODE text'})"), StartsWith("-CODE text script: "));
  EXPECT_THAT(Eval("local function f() return 1 + f() end return f()"),
              HasSubstr("stack overflow"));
  EXPECT_EQ(Eval("bad ("),
            "-ERR Error compiling script (new function): user_script:1: "
            "unexpected symbol near '<eof>'");
}

TEST_F(ScriptCommandsTest, AnErrorOfACommandCountsOnce) {
  Run({"set", "key", "text"});
  Run({"config", "resetstat"});
  EXPECT_THAT(Eval("return redis.call('lpush', 'key', 1)"), StartsWith("-WRONGTYPE"));
  EXPECT_EQ(Eval("return redis.pcall('lpush', 'key', 1).err"),
            "\"WRONGTYPE Operation against a key holding the wrong kind of value\"");
  EXPECT_EQ(Info("total_error_replies"), 2);
}

TEST_F(ScriptCommandsTest, WhatAScriptIsRefusedCountsAsRejected) {
  Run({"config", "resetstat"});
  EXPECT_EQ(Run({"eval_ro", "return redis.pcall('set', 'x', 'y').err", "0"}),
            "\"ERR Write commands are not allowed from read-only scripts.\"");
  EXPECT_THAT(Run({"info", "commandstats"}),
              ContainsRegex("cmdstat_set:calls=0,.*rejected_calls=1,failed_calls=0"));
  EXPECT_EQ(Info("total_error_replies"), 1);
}

TEST_F(ScriptCommandsTest, ScriptsDoNotRunScripts) {
  kv::ServerOptions options;
  options.enable_debug_command = kv::Permission::kEverybody;
  TestServer server(options);
  RespClient client = server.Connect();
  ASSERT_EQ(client.Text({"debug", "set-disable-deny-scripts", "1"}), "+OK");
  for (const char* inner :
       {"'eval', 'return 1', 0", "'script', 'flush'", "'script', 'load', 'x'"}) {
    EXPECT_THAT(client.Text({"eval", absl::StrCat("return redis.call(", inner, ")"), "0"}),
                StartsWith("-ERR This Redis command is not allowed from script"))
        << inner;
  }
  EXPECT_THAT(client.Text({"eval", "return redis.call('client', 'id')", "0"}), "0");
}

TEST_F(ScriptCommandsTest, AScriptTouchesAsItsCallerDoes) {
  Run({"set", "key", "value"});
  AdvanceTime(10'000);
  Run({"client", "no-touch", "on"});
  Run({"eval", "return redis.call('get', KEYS[1])", "1", "key"});
  EXPECT_EQ(Run({"object", "idletime", "key"}), "10");
  Run({"eval", "return redis.call('touch', KEYS[1])", "1", "key"});
  EXPECT_EQ(Run({"object", "idletime", "key"}), "0");
}

TEST_F(ScriptCommandsTest, APauseOfWritesHoldsScriptsThatMayWrite) {
  const std::string digest = client_.Run({"script", "load", "#!lua\nreturn 'held'"}).text;
  RespClient fourth = server_.Connect();
  fourth.Run({"multi"});
  fourth.Run({"eval", "return 'held'", "0"});
  RespClient other = server_.Connect();
  ASSERT_EQ(other.Text({"client", "pause", "100000", "write"}), "+OK");
  EXPECT_EQ(Run({"eval", "#!lua flags=no-writes\nreturn 'passes'", "0"}), "\"passes\"");
  EXPECT_EQ(Run({"eval_ro", "return 'passes'", "0"}), "\"passes\"");
  client_.Send({"evalsha", digest, "0"});
  RespClient third = server_.Connect();
  third.Send({"eval", "return 'held'", "0"});
  fourth.Send({"exec"});
  server_.Settle();
  for (RespClient* const client : {&client_, &third, &fourth}) EXPECT_FALSE(client->HasInput());
  ASSERT_EQ(other.Text({"client", "unpause"}), "+OK");
  EXPECT_EQ(client_.Receive().ToString(), "\"held\"");
  EXPECT_EQ(third.Receive().ToString(), "\"held\"");
  EXPECT_EQ(fourth.Receive().ToString(), "[\"held\"]");
}

TEST_F(ScriptCommandsTest, KeysOfAScriptThatHasNone) {
  EXPECT_EQ(Run({"command", "getkeys", "eval", "return 1", "0"}), "[]");
  EXPECT_EQ(Run({"command", "getkeys", "eval", "return 1", "5", "key"}), "[]");
  EXPECT_EQ(Run({"command", "getkeys", "eval", "return 1", "1", "key"}), "[\"key\"]");
}

TEST_F(ScriptCommandsTest, TimeStandsStill) {
  EXPECT_EQ(Eval("local before = redis.call('time') local i = 0 while i < 1e6 do i = i + 1 end "
                 "local after = redis.call('time') "
                 "return before[1] == after[1] and before[2] == after[2]"),
            "1");
}

TEST_F(ScriptCommandsTest, RunInATransaction) {
  Run({"multi"});
  EXPECT_EQ(Eval("redis.call('set', 'key', 1) return redis.call('get', 'key')"), "+QUEUED");
  EXPECT_EQ(Run({"exec"}), R"(["1"])");
}

TEST_F(ScriptCommandsTest, EvalshaRunsWhatIsKept) {
  EXPECT_EQ(Run({"script", "load", "return 1"}), "\"e0e1f9fabfc9d4800c877a703b823ac0578ff8db\"");
  EXPECT_EQ(Run({"evalsha", "E0E1F9FABFC9D4800C877A703B823AC0578FF8DB", "0"}), "1");
  EXPECT_EQ(Run({"evalsha_ro", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"}), "1");
  EXPECT_EQ(Run({"script", "show", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"}), "\"return 1\"");
  EXPECT_EQ(Run({"script", "exists", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "x"}), "[1, 0]");
  EXPECT_EQ(Info("number_of_cached_scripts"), 1);
  EXPECT_GT(Info("used_memory_vm_eval"), 10'000);
  EXPECT_EQ(Run({"script", "flush"}), "+OK");
  EXPECT_EQ(Run({"evalsha", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"}),
            "-NOSCRIPT No matching script. Please use EVAL.");
  EXPECT_EQ(Info("used_memory_vm_eval"), 0);
}

TEST_F(ScriptCommandsTest, EvaluatedScriptsMakeRoomForNewOnesAndLoadedStay) {
  Run({"script", "load", "return 'loaded'"});
  Run({"eval", "return 'first'", "0"});
  for (size_t i = 1; i < kv::ScriptCache::kMaxEvaluated; ++i) {
    Run({"eval", absl::StrCat("return ", i), "0"});
  }
  EXPECT_EQ(Info("evicted_scripts"), 0);
  Run({"eval", "return 'first'", "0"});  // used again: the next one is the oldest
  Run({"eval", "return 'new'", "0"});
  EXPECT_EQ(Info("evicted_scripts"), 1);
  Run({"config", "resetstat"});
  EXPECT_EQ(Info("evicted_scripts"), 0);
  EXPECT_EQ(Info("number_of_cached_scripts"),
            static_cast<int64_t>(kv::ScriptCache::kMaxEvaluated) + 1);
  EXPECT_EQ(Run({"eval", "return redis.sha1hex('return 1')", "0"}),
            "\"e0e1f9fabfc9d4800c877a703b823ac0578ff8db\"");
  EXPECT_EQ(Run({"script", "exists", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"}), "[0]");
}

TEST_F(ScriptCommandsTest, ReadOnlyScriptsWriteNothing) {
  EXPECT_THAT(Run({"eval_ro", "return redis.call('set', 'key', 1)", "0"}),
              StartsWith("-ERR Write commands are not allowed from read-only scripts."));
  EXPECT_THAT(Eval("#!lua flags=no-writes\nreturn redis.call('set', 'key', 1)"),
              StartsWith("-ERR Write commands are not allowed from read-only scripts."));
  EXPECT_EQ(Run({"eval_ro", "#!lua\nreturn 1", "0"}),
            "-ERR Can not execute a script with write flag using *_ro command.");
  EXPECT_EQ(Run({"eval_ro", "#!lua flags=no-writes\nreturn 1", "0"}), "1");
  EXPECT_EQ(Run({"exists", "key"}), "0");
}

TEST_F(ScriptCommandsTest, NothingGrowsOverTheMemoryLimit) {
  Run({"set", "key", "value"});
  Run({"config", "set", "maxmemory", "1"});
  EXPECT_THAT(Eval("return redis.call('set', 'other', 1)"), StartsWith("-OOM command not allowed"));
  EXPECT_EQ(Eval("return redis.call('get', 'key')"), "\"value\"");
  EXPECT_EQ(Eval("#!lua\nreturn redis.call('get', 'key')"),
            "-OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_EQ(Eval("#!lua flags=no-writes\nreturn redis.call('get', 'key')"), "\"value\"");
  EXPECT_EQ(Eval("#!lua flags=allow-oom\nreturn redis.call('set', 'other', 1)"), "+OK");
  EXPECT_THAT(Run({"set", "third", "1"}), StartsWith("-OOM"))
      << "the limit holds again after the script";
  EXPECT_EQ(Eval("redis.call('del', 'key') return redis.call('set', 'key', 1)"), "+OK")
      << "what a script began it may finish";
}

TEST_F(ScriptCommandsTest, BlockingCommandsDoNotWait) {
  EXPECT_EQ(Eval("return redis.call('blpop', 'none', 0)"), "nil");
  EXPECT_EQ(Eval("return redis.call('xread', 'block', 0, 'streams', 's', '$')"), "nil");
  EXPECT_EQ(Run({"ping"}), "+PONG");
}

TEST_F(ScriptCommandsTest, TheDatabaseOfAScriptIsItsOwn) {
  Run({"select", "2"});
  Eval("redis.call('set', 'key', 'two') redis.call('select', 3) redis.call('set', 'key', 'three')");
  EXPECT_EQ(Run({"get", "key"}), "\"two\"");
  Run({"select", "3"});
  EXPECT_EQ(Run({"get", "key"}), "\"three\"");
}

TEST_F(ScriptCommandsTest, AMonitorSeesTheScriptAndThenItsCommands) {
  RespClient monitor = server_.Connect();
  ASSERT_EQ(monitor.Text({"monitor"}), "+OK");
  Eval("redis.call('set', 'key', 1)");
  EXPECT_THAT(monitor.Receive().text, HasSubstr("\"eval\""));
  EXPECT_THAT(monitor.Receive().text, HasSubstr("[0 lua] \"set\" \"key\" \"1\""));
}

TEST_F(ScriptCommandsTest, LogWritesToTheLog) {
  Eval("redis.log(redis.LOG_WARNING, 'one', 2)");
  EXPECT_EQ(server_.log().back(), "one 2");
  EXPECT_THAT(Eval("redis.log(9, 'x')"), StartsWith("-ERR Invalid debug level."));
  EXPECT_THAT(Eval("redis.log('x')"), StartsWith("-ERR redis.log() requires two arguments"));
}

TEST_F(ScriptCommandsTest, WhatAScriptAllocatesCountsAsMemory) {
  EXPECT_EQ(Eval("local t = {} for i = 1, 200 do t[i] = string.rep('x', 100000) .. i end "
                 "return collectgarbage('count') > 19000"),
            "1");
  Eval("collectgarbage() return 1");
  const int64_t kept = Info("used_memory_vm_eval");
  EXPECT_LT(kept, 1'000'000) << "what it leaves behind is freed";
  EXPECT_GE(Info("used_memory"), kept);
}

}  // namespace
}  // namespace tests
