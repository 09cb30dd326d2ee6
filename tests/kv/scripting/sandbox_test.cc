// What scripts can reach and change: nothing that another script would see.
#include "kv/scripting/sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/kv/scripting/script_test.h"

namespace tests {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class SandboxTest : public ScriptTest {};

TEST_F(SandboxTest, NothingSharedCanBeChanged) {
  for (const char* script : {"x = 1",
                             "redis = 1",
                             "_G.x = 1",
                             "redis.call = 1",
                             "string.rep = 1",
                             "cjson.encode = 1",
                             "bit.band = 1",
                             "cmsgpack.pack = 1",
                             "struct.pack = 1",
                             "math.x = 1",
                             "coroutine.x = 1",
                             "os.time = 1",
                             "getmetatable('').__index = 1",
                             "getmetatable(_G).__index = 1",
                             "getmetatable(redis).__newindex = nil",
                             "getmetatable(getmetatable('').__index).x = 1",
                             "rawset(_G, 'x', 1)",
                             "rawset(redis, 'x', 1)",
                             "setmetatable(_G, {})",
                             "setmetatable(redis, {})",
                             "table.insert(redis, 1)",
                             "table.insert(_G, 1)",
                             "rawset(getmetatable(''), '__index', 1)"}) {
    EXPECT_THAT(Eval(script), HasSubstr("Attempt to modify a readonly table")) << script;
  }
  EXPECT_THAT(Eval("for k, v in pairs(_G) do rawset(v, 'x', 1) end"), StartsWith("-ERR"));
  EXPECT_EQ(Eval("return {redis.call('ping').ok, ('x'):rep(2), bit.band(3, 6), redis.x}"),
            R"(["PONG", "xx", 2])");
}

TEST_F(SandboxTest, LockedTablesReadLikeOthers) {
  EXPECT_EQ(Eval("local n = 0 for name, value in pairs(redis) do n = n + 1 end return n > 10"),
            "1");
  EXPECT_EQ(Eval("return type(rawget(redis, 'call')) .. type(rawget(_G, 'nothing'))"),
            "\"functionnil\"");
  EXPECT_EQ(Eval("local key = next(struct) return type(struct[key])"), "\"function\"");
  EXPECT_EQ(Eval("local t = {} for k in pairs({a = 1, b = 2}) do t[#t + 1] = k end return #t"),
            "2");
}

TEST_F(SandboxTest, DangerousFunctionsAreAbsent) {
  for (const char* name : {"print", "dofile", "loadfile", "require", "module", "io", "package",
                           "debug", "newproxy", "getfenv", "setfenv"}) {
    EXPECT_THAT(Eval(std::string("return ") + name),
                HasSubstr("Script attempted to access nonexistent global variable"))
        << name;
  }
  EXPECT_EQ(Eval("local t = {} for name in pairs(os) do t[#t + 1] = name end return t"),
            R"(["clock"])");
}

TEST_F(SandboxTest, BytecodeIsNotLoaded) {
  EXPECT_THAT(Eval("return loadstring(string.dump(function() return 1 end))()"),
              HasSubstr("attempt to call a nil value"));
  EXPECT_THAT(Eval("local code = string.dump(function() end) "
                   "return load(function() local c = code code = nil return c end)()"),
              HasSubstr("attempt to call a nil value"));
  EXPECT_THAT(Eval("\x1bLuaQ"), StartsWith("-ERR Error compiling script"));
  EXPECT_EQ(Eval("return loadstring('return 1 + 1')()"), "2");
  EXPECT_EQ(Eval("local n = 0 return load(function() n = n + 1 "
                 "return ({'return ', '7'})[n] end)()"),
            "7");
}

TEST_F(SandboxTest, LoadedCodeHasTheSameGlobals) {
  EXPECT_THAT(Eval("loadstring('x = 1')()"), HasSubstr("readonly table"));
  EXPECT_THAT(Eval("coroutine.wrap(function() x = 1 end)()"), HasSubstr("readonly table"));
}

TEST_F(SandboxTest, ErrorsThatAreTablesComeToPcallAsText) {
  EXPECT_EQ(Eval("local ok, text = pcall(redis.call, 'get') return text"),
            "\"ERR Wrong number of args calling Redis command from script\"");
  EXPECT_EQ(Eval("return {pcall(function() return 1, 2 end)}"), "[1, 1, 2]");
}

}  // namespace
}  // namespace tests
