// The parts of the script debugger by themselves: its commands, its view of a text, its values.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kv/scripting/debug_command.h"
#include "kv/scripting/debug_source.h"
#include "kv/scripting/debug_values.h"
#include "kv/scripting/lua_state.h"

namespace kv {
namespace {

std::optional<DebugVerb> Parse(const std::vector<std::string>& words) {
  return ParseDebugVerb(words);
}

// --- commands ---

TEST(DebugCommandTest, GoesByItsNameOrFirstLetter) {
  const std::vector<std::pair<std::string, DebugVerb>> names = {
      {"abort", DebugVerb::kAbort},       {"break", DebugVerb::kBreak},
      {"continue", DebugVerb::kContinue}, {"eval", DebugVerb::kEval},
      {"help", DebugVerb::kHelp},         {"list", DebugVerb::kList},
      {"maxlen", DebugVerb::kMaxlen},     {"next", DebugVerb::kStep},
      {"print", DebugVerb::kPrint},       {"step", DebugVerb::kStep},
      {"trace", DebugVerb::kTrace},       {"whole", DebugVerb::kWhole},
  };
  for (const auto& [name, verb] : names) {
    EXPECT_EQ(Parse({name}), verb) << name;
    EXPECT_EQ(Parse({name.substr(0, 1)}), verb) << name;
    EXPECT_EQ(Parse({name, "more", "words"}), verb) << name;
    EXPECT_EQ(Parse({name.substr(0, 2)}), std::nullopt) << name;
    EXPECT_EQ(Parse({name + "s"}), std::nullopt) << name;
  }
  EXPECT_EQ(Parse({"STEP"}), DebugVerb::kStep);
  EXPECT_EQ(Parse({"S"}), DebugVerb::kStep);
  EXPECT_EQ(Parse({""}), std::nullopt);
  EXPECT_EQ(Parse({std::string("step\0", 5)}), std::nullopt);
}

TEST(DebugCommandTest, RedisWantsACommand) {
  EXPECT_EQ(Parse({"redis"}), std::nullopt);
  EXPECT_EQ(Parse({"redis", "ping"}), DebugVerb::kRedis);
  EXPECT_EQ(Parse({"r", "ping"}), DebugVerb::kRedis);
}

TEST(DebugCommandTest, NumbersThatAreNoneAreZero) {
  EXPECT_EQ(LeadingNumber("12"), 12);
  EXPECT_EQ(LeadingNumber("-3"), -3);
  EXPECT_EQ(LeadingNumber("7 lines"), 7);
  EXPECT_EQ(LeadingNumber("x"), 0);
  EXPECT_EQ(LeadingNumber(""), 0);
  EXPECT_EQ(LeadingNumber("99999999999999999999"), 0);
}

// --- the text ---

TEST(DebugSourceTest, ShowsLinesWithTheirMarks) {
  DebugSource source("local a = 1\n\nreturn a\n\n");
  EXPECT_EQ(source.size(), 3);
  EXPECT_EQ(source.Show(1, 1), "-> 1   local a = 1");
  EXPECT_EQ(source.Show(2, 1), "   2   ");
  ASSERT_EQ(source.AddBreakpoint(3), DebugSource::Added::kAdded);
  EXPECT_EQ(source.Show(3, 1), "  #3   return a");
  EXPECT_EQ(source.Show(3, 3), "->#3   return a");
  EXPECT_EQ(source.Show(4, 1), "   4   <out of range source code line>");
  EXPECT_EQ(source.Show(0, 1), "   0   <out of range source code line>");
  EXPECT_EQ(DebugSource("").size(), 0);
  EXPECT_EQ(DebugSource("\n \r\n").size(), 0);
}

TEST(DebugSourceTest, KeepsBreakpointsInOrderUpToALimit) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "x = 1\n";
  DebugSource source(text);
  EXPECT_EQ(source.AddBreakpoint(0), DebugSource::Added::kNoSuchLine);
  EXPECT_EQ(source.AddBreakpoint(101), DebugSource::Added::kNoSuchLine);
  for (int i = 64; i > 0; --i) ASSERT_EQ(source.AddBreakpoint(i), DebugSource::Added::kAdded);
  EXPECT_EQ(source.AddBreakpoint(65), DebugSource::Added::kTooMany);
  EXPECT_EQ(source.AddBreakpoint(64), DebugSource::Added::kAdded);  // it is set
  EXPECT_EQ(source.breakpoints().size(), 64u);

  EXPECT_TRUE(source.RemoveBreakpoint(63));
  EXPECT_FALSE(source.RemoveBreakpoint(63));
  EXPECT_FALSE(source.HasBreakpoint(63));
  EXPECT_EQ(source.breakpoints().front(), 64);
  EXPECT_EQ(source.breakpoints()[1], 62);
  source.RemoveBreakpoints();
  EXPECT_TRUE(source.breakpoints().empty());
}

// --- values ---

class DebugValuesTest : public testing::Test {
 protected:
  // The value of a Lua expression, as it is shown.
  std::string Describe(const std::string& expression, size_t limit = 1 << 20) {
    const std::string code = "return " + expression;
    EXPECT_EQ(luaL_loadbuffer(lua(), code.data(), code.size(), "test"), 0);
    EXPECT_EQ(lua_pcall(lua(), 0, 1, 0), 0);
    const int top = lua_gettop(lua());
    const LuaMemory::Unfailing unfailing(state_.memory());
    std::string text = DescribeLuaValue(lua(), -1, limit);
    EXPECT_EQ(lua_gettop(lua()), top);
    lua_settop(lua(), 0);
    return text;
  }
  lua_State* lua() { return state_.get(); }

  LuaState state_;
};

TEST_F(DebugValuesTest, SimpleValues) {
  EXPECT_EQ(Describe("nil"), "nil");
  EXPECT_EQ(Describe("true"), "true");
  EXPECT_EQ(Describe("false"), "false");
  EXPECT_EQ(Describe("12"), "12");
  EXPECT_EQ(Describe("10/3"), "3.33333");
  EXPECT_EQ(Describe("1e100"), "1e+100");
  EXPECT_EQ(Describe("'a\\r\\n\\0\"\\\\'"), R"("a\r\n\x00\"\\")");
  EXPECT_EQ(Describe("function() end").substr(0, 10), "\"function@");
}

TEST_F(DebugValuesTest, Tables) {
  EXPECT_EQ(Describe("{}"), "{}");
  EXPECT_EQ(Describe("{1, 'two', {3}}"), R"({1; "two"; {3}})");
  EXPECT_EQ(Describe("{a = {b = 1}}"), R"({["a"]={["b"]=1}})");
  EXPECT_EQ(Describe("{true, false, nil, 1}"), "{[1]=true; [2]=false; [4]=1}");
  EXPECT_EQ(Describe("{[2] = 1}"), "{[2]=1}");
}

TEST_F(DebugValuesTest, DepthAndLengthAreBounded) {
  EXPECT_EQ(Describe("{{{{{{{{{{{1}}}}}}}}}}}"),
            "{{{{{{{{{{<max recursion level reached! Nested table?>}}}}}}}}}}");
  EXPECT_LT(Describe("(function() local t = {} t[t] = t return t end)()").size(), 100'000u);

  EXPECT_LT(Describe("(function() local t = {} for i = 1, 1e5 do t[i] = i end return t end)()", 60)
                .size(),
            100u);
}

TEST(DebugRepliesTest, ShowEveryType) {
  const auto describe = [](const char* reply) {
    return DescribeReply(reply, resp::Version::kResp2);
  };
  EXPECT_EQ(describe("+OK\r\n"), "\"+OK\"");
  EXPECT_EQ(describe("-ERR no\r\n"), "\"-ERR no\"");
  EXPECT_EQ(describe(":5\r\n"), "5");
  EXPECT_EQ(describe("$1\r\nv\r\n"), "\"v\"");
  EXPECT_EQ(describe("$-1\r\n"), "NULL");
  EXPECT_EQ(describe("*0\r\n"), "[]");
  EXPECT_EQ(describe("*3\r\n$1\r\na\r\n:2\r\n*-1\r\n"), "[\"a\",2,NULL]");
  const auto describe3 = [](const char* reply) {
    return DescribeReply(reply, resp::Version::kResp3);
  };
  EXPECT_EQ(describe3("_\r\n"), "(null)");
  EXPECT_EQ(describe3("%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n"), "{\"+a\" => 1,\"+b\" => 2}");
  EXPECT_EQ(describe3("~1\r\n$1\r\na\r\n"), "~(\"a\")");
  EXPECT_EQ(describe3(",1.5\r\n"), "(double) 1.5");
  EXPECT_EQ(describe3("#t\r\n"), "#true");
}

}  // namespace
}  // namespace kv
