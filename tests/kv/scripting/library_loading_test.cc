// FUNCTION LOAD: what the text of a library may do and register, and that it is loaded whole or not
// at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/kv/scripting/function_test.h"

namespace tests {
namespace {

using ::testing::HasSubstr;

class LibraryLoadingTest : public FunctionTest {
 protected:
  // The error of loading that text, behind what all of them begin with.
  std::string Error(const std::string& text) {
    const std::string reply = Load("#!lua name=lib\n" + text);
    const std::string prefix = "-ERR Error registering functions: ";
    return reply.starts_with(prefix) ? reply.substr(prefix.size()) : reply;
  }
  // That of registering with these arguments.
  std::string Registered(const std::string& arguments) {
    return Error("redis.register_function" + arguments);
  }
};

TEST_F(LibraryLoadingTest, OptionsAndExistingNames) {
  const std::string code = Library("lib", "f", "return 1");
  EXPECT_EQ(Run({"function", "load", code}), "\"lib\"");
  EXPECT_EQ(Run({"function", "load", code}), "-ERR Library 'lib' already exists");
  EXPECT_EQ(Run({"function", "load", "what", code}), "-ERR Unknown option given: what");
  EXPECT_EQ(Run({"function", "load", "replace"}), "-ERR Missing library metadata");
  EXPECT_EQ(Load(Library("Lib", "g", "")), "\"Lib\"");
  EXPECT_EQ(Load(Library("other", "F", "")), "-ERR Function F already exists");
}

TEST_F(LibraryLoadingTest, AnErrorLeavesTheOldLibrary) {
  Load(Library("lib", "f", "return 'old'"));
  EXPECT_EQ(Load("#!lua name=lib\nfoo bar"),
            "-ERR Error compiling function: user_function:2: '=' expected near 'bar'");
  EXPECT_EQ(Load("#!lua name=lib\nreturn 1"), "-ERR No functions registered");
  Load("#!lua name=lib\nredis.register_function('f', function() end) local x = nil + 1");
  EXPECT_EQ(Run({"fcall", "f", "0"}), "\"old\"");
  EXPECT_EQ(Load(Library("lib", "g", "return 'new'")), "\"lib\"");
  EXPECT_EQ(Run({"fcall", "f", "0"}), "-ERR Function not found");
  EXPECT_EQ(Run({"fcall", "g", "0"}), "\"new\"");
}

TEST_F(LibraryLoadingTest, TheTextSeesLittle) {
  for (const char* name : {"math", "tostring", "pairs", "_G", "KEYS", "getmetatable", "x"}) {
    EXPECT_EQ(Error(std::string("local y = ") + name),
              std::string("ERR user_function:2: Script attempted to access nonexistent global "
                          "variable '") +
                  name + "'");
  }
  for (const char* name : {"call", "pcall", "setresp", "set_repl", "acl_check_cmd", "sha1hex"}) {
    EXPECT_THAT(Error(std::string("redis.") + name + "()"),
                HasSubstr(std::string("nonexistent global variable '") + name + "'"));
  }
  EXPECT_EQ(Error("a = 1"), "ERR user_function:2: Attempt to modify a readonly table");
  EXPECT_EQ(Error("redis.call = 1"), "ERR user_function:2: Attempt to modify a readonly table");
  EXPECT_EQ(Error("redis.log(redis.LOG_NOTICE, 'loading', redis.REDIS_VERSION)"),
            "-ERR No functions registered");
  EXPECT_THAT(server_.log().back(), HasSubstr("loading "));
}

TEST_F(LibraryLoadingTest, WhatItsFunctionsSeeIsWhole) {
  Load(
      "#!lua name=lib\nlocal count = 0\nlocal function add() count = count + 1 return count end\n"
      "redis.register_function('f', function() return {add(), math.floor(1.5), type(redis.call)} "
      "end)");
  EXPECT_EQ(Run({"fcall", "f", "0"}), R"([1, 1, "function"])");
  EXPECT_EQ(Run({"fcall", "f", "0"}), R"([2, 1, "function"])");
  // Loading another leaves it so, also where that fails.
  Load("#!lua name=other\nlocal x = math");
  EXPECT_EQ(Run({"fcall", "f", "0"}), R"([3, 1, "function"])");
}

TEST_F(LibraryLoadingTest, NoWayLeadsFromOneLibraryToAnother) {
  Load(
      "#!lua name=lib\nlocal lib = redis\n"
      "lib.register_function('leak', function() lib.redis = redis return 1 end)\n"
      "lib.register_function('late', function() lib.register_function('x', function() end) end)\n"
      "lib.register_function('mt', function() getmetatable(_G).__index = {} end)");
  EXPECT_THAT(Run({"fcall", "leak", "0"}), HasSubstr("Attempt to modify a readonly table"));
  EXPECT_THAT(Run({"fcall", "late", "0"}),
              HasSubstr("redis.register_function can only be called on FUNCTION LOAD command"));
  EXPECT_THAT(Run({"fcall", "mt", "0"}), HasSubstr("Attempt to modify a readonly table"));
}

TEST_F(LibraryLoadingTest, PositionalArguments) {
  EXPECT_EQ(Registered("(5, function() end)"), "\"lib\"");
  EXPECT_EQ(Run({"fcall", "5", "0"}), "nil");
  const std::string count = "ERR wrong number of arguments to redis.register_function";
  EXPECT_EQ(Registered("()"), count);
  EXPECT_EQ(Registered("('f', function() end, 1)"), count);
  EXPECT_EQ(Registered("('f')"),
            "ERR calling redis.register_function with a single argument is only applicable to Lua "
            "table (representing named arguments).");
  EXPECT_EQ(Registered("(nil, function() end)"),
            "ERR first argument to redis.register_function must be a string");
  EXPECT_EQ(Registered("('f', 5)"),
            "ERR second argument to redis.register_function must be a function");
  EXPECT_EQ(Registered("('a b', function() end)"),
            "ERR Library names can only contain letters, numbers, or underscores(_) and must be at "
            "least one character long");
  EXPECT_EQ(Error("redis.register_function('f', function() end)\n"
                  "redis.register_function('F', function() end)"),
            "ERR Function already exists in the library");
}

TEST_F(LibraryLoadingTest, NamedArguments) {
  EXPECT_EQ(Registered("{FUNCTION_NAME = 'f', callback = function() return 1 end, "
                       "description = 'a\\0b', flags = {'NO-WRITES'}}"),
            "\"lib\"");
  EXPECT_EQ(Run({"fcall_ro", "f", "0"}), "1");
  EXPECT_EQ(Registered("{}"), "ERR redis.register_function must get a function name argument");
  EXPECT_EQ(Registered("{function_name = 'f'}"),
            "ERR redis.register_function must get a callback argument");
  EXPECT_EQ(Registered("{1}"), "ERR unknown argument given to redis.register_function");
  EXPECT_EQ(Registered("{[true] = 1}"),
            "ERR named argument key given to redis.register_function is not a string");
  EXPECT_EQ(Registered("{function_name = {}}"),
            "ERR function_name argument given to redis.register_function must be a string");
  EXPECT_EQ(Registered("{callback = 1}"),
            "ERR callback argument given to redis.register_function must be a function");
  EXPECT_EQ(Registered("{description = {}}"),
            "ERR description argument given to redis.register_function must be a string");
  EXPECT_EQ(Registered("{flags = 1}"),
            "ERR flags argument to redis.register_function must be a table representing function "
            "flags");
  EXPECT_EQ(Registered("{flags = {'what'}}"), "ERR unknown flag given");
  EXPECT_EQ(Registered("{flags = {1}}"), "ERR unknown flag given");
}

TEST_F(LibraryLoadingTest, TakesNoLongerThanItMay) {
  EXPECT_EQ(Error("while true do end"), "ERR FUNCTION LOAD timeout");
  EXPECT_EQ(Call("return 1"), "1");
}

}  // namespace
}  // namespace tests
