// Scripts that take memory without end: an error ends them, and the server has it back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/kv/scripting/function_test.h"

namespace tests {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kMegabyte = 1 << 20;
constexpr int64_t kLimit = 32 * kMegabyte;

class ScriptMemoryTest : public FunctionTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(Run({"config", "set", "script-memory-limit", std::to_string(kLimit)}), "+OK");
  }
  std::string Eval(const std::string& script) { return Run({"eval", script, "0"}); }
};

TEST_F(ScriptMemoryTest, ATableWithoutEndIsAnError) {
  EXPECT_THAT(Eval("local t = {} while true do t[#t + 1] = {} end"),
              HasSubstr("ERR not enough memory script: "));
  EXPECT_LT(Info("used_memory_vm_eval"), kMegabyte);
  EXPECT_EQ(Eval("return 1"), "1");
}

TEST_F(ScriptMemoryTest, AStringWithoutEndIsAnError) {
  EXPECT_THAT(Eval("local s = 'x' while true do s = s .. s end"), HasSubstr("not enough memory"));
  EXPECT_THAT(Eval("return string.rep('x', 1e9)"), HasSubstr("not enough memory"));
  EXPECT_LT(Info("used_memory_vm_eval"), kMegabyte);
}

TEST_F(ScriptMemoryTest, RepliesOfCommandsCountAndNoProtectionHelps) {
  Run({"set", "key", std::string(kMegabyte, 'x')});
  EXPECT_THAT(Eval("local t = {} while true do t[#t + 1] = redis.call('get', 'key') .. #t end"),
              HasSubstr("not enough memory"));
  EXPECT_EQ(Eval("local t, failed = {}, 0 for i = 1, 100 do "
                 "  local ok, reply = pcall(redis.pcall, 'lrange', 'none', 0, -1) "
                 "  t[i] = pcall(function() return redis.call('get', 'key') .. i end) "
                 "end return 'ended'"),
            "\"ended\"");
  EXPECT_THAT(Eval("local t = {} for i = 1, 100 do t[i] = redis.pcall('get', 'key') .. i end"),
              HasSubstr("not enough memory"));
}

TEST_F(ScriptMemoryTest, AReplyWithoutEndIsAnError) {
  Run({"sadd", "set", "member"});
  EXPECT_THAT(Eval("return #redis.call('srandmember', 'set', -999999999)"),
              HasSubstr("not enough memory for the reply"));
  EXPECT_EQ(Eval("return redis.call('srandmember', 'set')"), "\"member\"");
}

TEST_F(ScriptMemoryTest, JsonOfAFewValuesWithoutEndIsAnError) {
  EXPECT_THAT(Eval("local t = {} for i = 1, 100 do t = {t, t} end return #cjson.encode(t)"),
              HasSubstr("not enough memory"));
  EXPECT_THAT(Eval("local s, t = string.rep('x', 1e6), {} for i = 1, 1000 do t[i] = s end "
                   "return #cjson.new().encode(t)"),
              HasSubstr("not enough memory"));
  EXPECT_THAT(Eval("cjson.encode_sparse_array(false, 0) return #cjson.encode({[1e9] = 1})"),
              HasSubstr("not enough memory"));
  EXPECT_EQ(Eval("local t = {} for i = 1, 1000 do t[i] = 'text' end return #cjson.encode({t, t})"),
            "14005");
}

TEST_F(ScriptMemoryTest, FunctionsAndTheirLoadingHaveTheLimitToo) {
  EXPECT_THAT(Call("local t = {} while true do t[#t + 1] = {} end"),
              HasSubstr("ERR not enough memory script: f"));
  EXPECT_THAT(Load("#!lua name=lib\nlocal s = 'x' while true do s = s .. s end"),
              HasSubstr("-ERR Error registering functions: ERR not enough memory"));
  EXPECT_LT(Info("used_memory_vm_functions"), kMegabyte);
  EXPECT_EQ(Call("return 1"), "1");
}

TEST_F(ScriptMemoryTest, TheInterpreterCountsAsUsedMemory) {
  Run({"config", "set", "maxmemory", std::to_string(8 * kMegabyte)});
  // What a library keeps stays between its calls.
  Load(
      "#!lua name=lib\nlocal kept\nredis.register_function{function_name = 'keep', "
      "flags = {'no-writes'}, callback = function() kept = string.rep('x', 9 * 1024 * 1024) end}\n"
      "redis.register_function{function_name = 'drop', flags = {'no-writes'}, callback = "
      "function() "
      "kept = nil collectgarbage() end}");
  EXPECT_EQ(Run({"set", "key", "value"}), "+OK");
  Run({"fcall", "keep", "0"});
  EXPECT_THAT(Run({"set", "key", "value"}), HasSubstr("OOM "));
  Run({"fcall", "drop", "0"});
  EXPECT_EQ(Run({"set", "key", "value"}), "+OK");
}

}  // namespace
}  // namespace tests
