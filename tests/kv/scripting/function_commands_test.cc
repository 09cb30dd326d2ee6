#include "kv/scripting/function_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/kv/scripting/function_test.h"

namespace tests {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class FunctionCommandsTest : public FunctionTest {};

TEST_F(FunctionCommandsTest, AFunctionGetsKeysAndArguments) {
  Load(Library("lib", "f", "return {keys, args}"));
  EXPECT_EQ(Run({"fcall", "f", "1", "a", "b"}), R"([["a"], ["b"]])");
  EXPECT_EQ(Run({"fcall", "F", "0"}), "[[], []]");
  EXPECT_EQ(Run({"fcall", "f", "1"}), "-ERR Number of keys can't be greater than number of args");
  EXPECT_EQ(Run({"fcall", "f", "-1"}), "-ERR Number of keys can't be negative");
  EXPECT_EQ(Run({"fcall", "f", "x"}), "-ERR Bad number of keys provided");
  EXPECT_EQ(Run({"fcall", "none", "x"}), "-ERR Function not found");
  EXPECT_EQ(Run({"command", "getkeys", "fcall", "f", "2", "a", "b", "c"}), R"(["a", "b"])");
  EXPECT_EQ(Run({"command", "getkeys", "fcall_ro", "f", "1", "a", "c"}), R"(["a"])");
}

TEST_F(FunctionCommandsTest, AFunctionSeesOtherGlobalsThanAScript) {
  EXPECT_EQ(Call("return redis.call('set', 'key', 'value')"), "+OK");
  EXPECT_EQ(Call("return type(redis.register_function)"), "\"nil\"");
  EXPECT_EQ(Call("return type(redis.breakpoint)"), "\"nil\"");
  EXPECT_THAT(Call("return KEYS"), HasSubstr("nonexistent global variable 'KEYS'"));
  EXPECT_EQ(Run({"eval", "return type(redis.breakpoint)", "0"}), "\"function\"");
  EXPECT_EQ(Run({"eval", "return type(redis.register_function)", "0"}), "\"nil\"");
}

TEST_F(FunctionCommandsTest, ErrorsNameTheFunction) {
  EXPECT_EQ(Call("error('boom')"), "-ERR user_function:2: boom script: f, on @user_function:2.");
  EXPECT_EQ(Call("error({err = 'MY boom'})"), "-MY boom script: f, on @user_function:2.");
  EXPECT_EQ(Call("return redis.call('nope')"),
            "-ERR Unknown Redis command called from script script: f, on @user_function:2.");
  EXPECT_EQ(Call("x = 1"),
            "-ERR user_function:2: Attempt to modify a readonly table script: f, on "
            "@user_function:2.");
}

TEST_F(FunctionCommandsTest, FlagsSayWhatAFunctionMay) {
  Load(
      "#!lua name=lib\n"
      "redis.register_function('w', function() return redis.call('set', 'key', 1) end)\n"
      "redis.register_function{function_name = 'r', flags = {'no-writes'}, callback = function() "
      "return redis.call('get', 'key') end}\n"
      "redis.register_function{function_name = 'rw', flags = {'no-writes'}, callback = function() "
      "return redis.call('set', 'key', 1) end}\n"
      "redis.register_function{function_name = 'oom', flags = {'allow-oom'}, callback = function() "
      "return redis.call('set', 'key', 2) end}");
  EXPECT_EQ(Run({"fcall_ro", "w", "0"}),
            "-ERR Can not execute a script with write flag using *_ro command.");
  EXPECT_EQ(Run({"fcall_ro", "r", "0"}), "nil");
  EXPECT_EQ(Run({"fcall", "w", "0"}), "+OK");
  EXPECT_THAT(Run({"fcall", "rw", "0"}),
              StartsWith("-ERR Write commands are not allowed from read-only scripts."));
  Run({"config", "set", "maxmemory", "1"});
  EXPECT_THAT(Run({"fcall", "w", "0"}), StartsWith("-OOM "));
  EXPECT_EQ(Run({"fcall", "r", "0"}), "\"1\"");
  EXPECT_EQ(Run({"fcall", "oom", "0"}), "+OK");
  EXPECT_THAT(Load(Library("new", "g", "")), StartsWith("-OOM "));
  EXPECT_THAT(Run({"function", "restore", "x"}), StartsWith("-OOM "));
  EXPECT_EQ(Run({"function", "delete", "lib"}), "+OK");
}

TEST_F(FunctionCommandsTest, AProgramRunsNoOther) {
  Load(Library("lib", "f", "return 1"));
  EXPECT_THAT(Call("return redis.call('fcall', 'f', 0)"), HasSubstr("not allowed from script"));
  EXPECT_THAT(Call("return redis.call('function', 'flush')"), HasSubstr("not allowed from script"));
  EXPECT_THAT(Run({"eval", "return redis.call('fcall', 'f', 0)", "0"}),
              HasSubstr("not allowed from script"));
}

TEST_F(FunctionCommandsTest, LibrariesAreListed) {
  EXPECT_EQ(Run({"function", "list"}), "[]");
  const std::string code =
      "#!lua name=Second\nredis.register_function{function_name = 'g', description = 'does', "
      "flags = {'allow-oom', 'no-writes'}, callback = function() end}";
  EXPECT_EQ(Load(code), "\"Second\"");
  Load(Library("first", "f", ""));
  const std::string first = R"(["library_name", "first", "engine", "LUA", "functions", )"
                            R"([["name", "f", "description", nil, "flags", []]]])";
  const std::string second =
      R"("library_name", "Second", "engine", "LUA", "functions", )"
      R"([["name", "g", "description", "does", "flags", [+no-writes, +allow-oom]]])";
  EXPECT_EQ(Run({"function", "list"}), "[[" + second + "], " + first + "]");
  EXPECT_EQ(Run({"function", "list", "libraryname", "f*"}), "[" + first + "]");
  EXPECT_THAT(Run({"function", "list", "withcode", "libraryname", "second"}),
              StartsWith("[[" + second + R"(, "library_code", "#!lua name=Second)"));
  EXPECT_EQ(Run({"function", "list", "a"}), "-ERR Unknown argument a");
  EXPECT_EQ(Run({"function", "list", "withcode", "withcode"}), "-ERR Unknown argument withcode");
  EXPECT_EQ(Run({"function", "list", "libraryname"}), "-ERR library name argument was not given");
  Run({"hello", "3"});
  EXPECT_THAT(Run({"function", "list", "libraryname", "second"}), HasSubstr("\"flags\": ~["));
}

TEST_F(FunctionCommandsTest, LibrariesAreCounted) {
  EXPECT_EQ(Info("used_memory_vm_functions"), 0);
  Load(Library("a", "f", ""));
  Load(Library("b", "g", ""));
  EXPECT_EQ(Run({"function", "stats"}),
            R"(["running_script", nil, "engines", ["LUA", ["libraries_count", 2, )"
            R"("functions_count", 2]]])");
  EXPECT_EQ(Info("number_of_libraries"), 2);
  EXPECT_EQ(Info("number_of_functions"), 2);
  EXPECT_GT(Info("used_memory_functions"), 100);
  EXPECT_GT(Info("used_memory_vm_functions"), 10'000);
  EXPECT_EQ(Run({"function", "delete", "A"}), "-ERR Library not found");
  EXPECT_EQ(Run({"function", "delete", "a"}), "+OK");
  EXPECT_EQ(Run({"fcall", "f", "0"}), "-ERR Function not found");
  EXPECT_EQ(Info("number_of_functions"), 1);
  EXPECT_EQ(Run({"function", "flush", "x"}), "-ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  EXPECT_EQ(Run({"function", "flush", "async"}), "+OK");
  EXPECT_EQ(Info("number_of_libraries"), 0);
  EXPECT_EQ(Info("used_memory_functions"), 0);
  EXPECT_EQ(Info("used_memory_vm_functions"), 0);
  EXPECT_EQ(Info("lazyfreed_objects"), 2);  // a library and the interpreter
}

TEST_F(FunctionCommandsTest, APauseOfWritesHoldsFunctionsThatMayWrite) {
  Load(
      "#!lua name=lib\nredis.register_function('w', function() return 'held' end)\n"
      "redis.register_function{function_name = 'r', flags = {'no-writes'}, callback = function() "
      "return 'passes' end}");
  RespClient other = server_.Connect();
  ASSERT_EQ(other.Text({"client", "pause", "100000", "write"}), "+OK");
  EXPECT_EQ(Run({"fcall", "r", "0"}), "\"passes\"");
  client_.Send({"fcall", "w", "0"});
  server_.Settle();
  EXPECT_FALSE(client_.HasInput());
  ASSERT_EQ(other.Text({"client", "unpause"}), "+OK");
  EXPECT_EQ(client_.Receive().ToString(), "\"held\"");
}

TEST_F(FunctionCommandsTest, StayWhenKeysAreFlushed) {
  Load(Library("lib", "f", "return 1"));
  Run({"flushall"});
  Run({"flushdb"});
  EXPECT_EQ(Run({"fcall", "f", "0"}), "1");
}

}  // namespace
}  // namespace tests
