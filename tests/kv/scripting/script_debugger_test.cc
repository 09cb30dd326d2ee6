// Sessions with the script debugger, in the words that redis-cli --ldb reads and writes.
#include "kv/scripting/script_debugger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/threaded_server.h"

namespace tests {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

kv::ServerOptions ImpatientOptions() {
  kv::ServerOptions options;
  options.busy_reply_threshold = 20;
  return options;
}

class ScriptDebuggerTest : public testing::Test {
 protected:
  // What one reply shows: the lines of an array, or the reply itself.
  static std::string Shown(const resp::Value& reply) {
    if (reply.type != resp::Value::Type::kArray) return reply.ToString();
    std::string text;
    for (const resp::Value& line : reply.elements) text += line.text + "\n";
    return text;
  }
  // Begins a session and returns what it shows at first.
  std::string Debug(const std::string& script, const Arguments& more = {"0"}) {
    client_ = server_.Connect();
    EXPECT_EQ(client_.Text({"script", "debug", "sync"}), "+OK");
    Arguments request = {"eval", script};
    request.insert(request.end(), more.begin(), more.end());
    return Shown(client_.Run(request));
  }
  // Gives a command to the session and returns what it shows.
  std::string Tell(const Arguments& words) { return Shown(client_.Run(words)); }
  // The end of the session has been shown; returns the reply of EVAL, behind which nothing comes.
  std::string Reply() {
    const std::string reply = client_.Receive().ToString();
    EXPECT_EQ(client_.ReceiveRawUntilEnd(), "");
    return reply;
  }
  std::string Other(const Request& request) { return server_.Connect().Text(request); }

  ThreadedServer server_{ImpatientOptions()};
  RespClient client_ = server_.Connect();
};

constexpr char kEnd[] = "<endsession>\n";

TEST_F(ScriptDebuggerTest, StepsThroughAScript) {
  EXPECT_EQ(Debug("local a = 1\nredis.call('set', KEYS[1], ARGV[1])\nreturn a", {"1", "k", "v"}),
            "* Stopped at 1, stop reason = step over\n-> 1   local a = 1\n");
  EXPECT_EQ(Tell({"s"}),
            "* Stopped at 2, stop reason = step over\n"
            "-> 2   redis.call('set', KEYS[1], ARGV[1])\n");
  EXPECT_EQ(Tell({"print"}), "<value> a = 1\n");
  EXPECT_EQ(Tell({"next"}),
            "<redis> set k v\n<reply> \"+OK\"\n"
            "* Stopped at 3, stop reason = step over\n-> 3   return a\n");
  EXPECT_EQ(Tell({"step"}), kEnd);
  EXPECT_EQ(Reply(), "1");
  EXPECT_EQ(Other({"get", "k"}), "\"v\"");
}

TEST_F(ScriptDebuggerTest, ContinuesToBreakpoints) {
  Debug("local n = 0\nfor i = 1, 3 do\n  n = n + i\nend\nreturn n");
  EXPECT_EQ(Tell({"b"}), "No breakpoints set. Use 'b <line>' to add one.\n");
  EXPECT_EQ(Tell({"b", "3", "5", "9", "x"}),
            "   2   for i = 1, 3 do\n  #3     n = n + i\n   4   end\n   4   end\n  #5   return n\n"
            "Wrong line number.\nInvalid argument:'x'\n");
  EXPECT_EQ(Tell({"break"}), "2 breakpoints set:\n  #3     n = n + i\n  #5   return n\n");
  EXPECT_EQ(Tell({"c"}), "* Stopped at 3, stop reason = break point\n->#3     n = n + i\n");
  EXPECT_EQ(Tell({"c"}), "* Stopped at 3, stop reason = break point\n->#3     n = n + i\n");
  EXPECT_EQ(Tell({"p", "i"}), "<value> 2\n");
  EXPECT_EQ(Tell({"b", "-3", "-4"}), "Breakpoint removed.\nNo breakpoint in the specified line.\n");
  EXPECT_EQ(Tell({"continue"}), "* Stopped at 5, stop reason = break point\n->#5   return n\n");
  EXPECT_EQ(Tell({"b", "0"}), "All breakpoints removed.\n");
  EXPECT_EQ(Tell({"c"}), kEnd);
  EXPECT_EQ(Reply(), "6");
}

TEST_F(ScriptDebuggerTest, ListsTheText) {
  std::string script;
  for (int i = 1; i <= 20; ++i) script += "local v" + std::to_string(i) + " = 1\n";
  Debug(script);
  EXPECT_THAT(Tell({"l"}),
              AllOf(StartsWith("-> 1   local v1 = 1\n"), EndsWith("   6   local v6 = 1\n")));
  EXPECT_EQ(Tell({"l", "10", "1"}),
            "   9   local v9 = 1\n   10  local v10 = 1\n   11  local v11 = 1\n");
  EXPECT_EQ(Tell({"l", "0", "0"}), "-> 1   local v1 = 1\n");
  EXPECT_EQ(Tell({"l", "99"}), "");
  EXPECT_EQ(Tell({"l", "3", "-1"}), "");
  EXPECT_THAT(Tell({"l", "2147483647", "2147483647"}), EndsWith("   20  local v20 = 1\n"));
  EXPECT_THAT(Tell({"w"}), AllOf(StartsWith("-> 1 "), EndsWith("   20  local v20 = 1\n")));
}

TEST_F(ScriptDebuggerTest, ShowsVariables) {
  Debug(
      "local a = 'x'\nlocal function f(n)\n  redis.breakpoint()\n  return n\nend\n"
      "do\n  local a = {1}\n  f(5)\n  f(6)\nend",
      {"1", "key", "arg"});
  EXPECT_EQ(Tell({"p"}), "No local variables in the current context.\n");
  EXPECT_EQ(Tell({"p", "KEYS"}), "<value> {\"key\"}\n");
  EXPECT_EQ(Tell({"p", "ARGV"}), "<value> {\"arg\"}\n");
  EXPECT_EQ(Tell({"p", "redis"}), "No such variable.\n");
  EXPECT_THAT(Tell({"c"}), StartsWith("* Stopped at 4, stop reason = redis.breakpoint() called\n"));
  EXPECT_EQ(Tell({"p"}), "<value> n = 5\n");
  EXPECT_EQ(Tell({"p", "n"}), "<value> 5\n");
  EXPECT_EQ(Tell({"p", "a"}), "<value> {1}\n");  // of the caller, the inner one
  EXPECT_EQ(Tell({"t"}), "In f:\n-> 4     return n\nFrom top level:\n   8     f(5)\n");
}

TEST_F(ScriptDebuggerTest, RunsCodeAndCommands) {
  Debug("local secret = 1\nreturn 1");
  EXPECT_EQ(Tell({"e", "1", "+", "1"}), "<retval> 2\n");
  EXPECT_EQ(Tell({"e", "return {1, {a = 'b'}}"}), "<retval> {1; {[\"a\"]=\"b\"}}\n");
  EXPECT_EQ(Tell({"e", "redis.call('set', 'k', 'v')"}), "<retval> {[\"ok\"]=\"OK\"}\n");
  EXPECT_THAT(Tell({"e", "secret"}), HasSubstr("nonexistent global variable 'secret'"));
  EXPECT_EQ(Tell({"e", "x = = 3"}), "<error> ldb_eval:1: unexpected symbol near '='\n");
  EXPECT_EQ(Tell({"e", "error({err = 'MY error'})"}), "<error> MY error\n");
  EXPECT_EQ(Tell({"e", "error({})"}), "<error> unknown error\n");
  EXPECT_EQ(Tell({"r", "get", "k"}), "<redis> get k\n<reply> \"v\"\n");
  EXPECT_EQ(Tell({"redis", "incr", "k"}),
            "<redis> incr k\n<error> -ERR value is not an integer or out of range\n"
            "<reply> \"-ERR value is not an integer or out of range\"\n");
  EXPECT_EQ(Tell({"r", "nosuch"}),
            "<redis> nosuch\n<error> Unknown Redis command called from script\n");
  EXPECT_EQ(Tell({"r", "multi"}),
            "<redis> multi\n<error> This Redis command is not allowed from script\n");
  EXPECT_EQ(Tell({"r", "set", "bytes", std::string("a\r\n\0b", 5)}),
            std::string("<redis> set bytes a  \0b\n<reply> \"+OK\"\n", 38));
  EXPECT_EQ(Tell({"r", "get", "bytes"}), "<redis> get bytes\n<reply> \"a\\r\\n\\x00b\"\n");
  EXPECT_EQ(Tell({"c"}), kEnd);
  EXPECT_EQ(Reply(), "1");
}

// Some hundred arguments once overflowed the stack of an interpreter.
TEST_F(ScriptDebuggerTest, RunsCommandsOfManyWords) {
  Debug("return 1");
  Arguments words(1000, "test");
  words[0] = "redis";
  EXPECT_EQ(Tell(words),
            "<redis> test test test test test test test test test test ... (989 more)\n"
            "<error> Unknown Redis command called from script\n");
}

TEST_F(ScriptDebuggerTest, CodeThatTakesTooLongIsEnded) {
  Debug("return 1");
  for (const char* code :
       {"while true do end", "while true do pcall(function() while true do end end) end",
        "coroutine.wrap(function() while true do end end)()"}) {
    EXPECT_THAT(Tell({"e", code}), HasSubstr("the code takes too long")) << code;
  }
  EXPECT_EQ(Tell({"e", "1"}), "<retval> 1\n");
}

TEST_F(ScriptDebuggerTest, StopsALoopThatTakesTooLong) {
  Debug("while true do end");
  const std::string stop =
      "* Stopped at 1, stop reason = timeout reached, infinite loop?\n-> 1   while true do end\n";
  EXPECT_EQ(Tell({"c"}), stop);
  EXPECT_EQ(Tell({"c"}), stop);
  EXPECT_EQ(Tell({"a"}), kEnd);
  EXPECT_THAT(Reply(), AllOf(StartsWith("-ERR script aborted for user request script: "),
                             EndsWith(", on @user_script:1.")));
}

TEST_F(ScriptDebuggerTest, AScriptCannotCatchItsAbortion) {
  Debug("while true do\n  pcall(function()\n    local x = 1\n  end)\nend");
  Tell({"s"});
  EXPECT_EQ(Tell({"abort"}), kEnd);
  EXPECT_THAT(Reply(), StartsWith("-ERR script aborted for user request"));
}

TEST_F(ScriptDebuggerTest, ScriptsShowValues) {
  Debug("redis.debug('a', 1, {1, 2}, nil)\nlocal b = redis.breakpoint()\nreturn tostring(b)");
  EXPECT_EQ(Tell({"c"}),
            "<debug> line 1: \"a\", 1, {1; 2}, nil\n"
            "* Stopped at 3, stop reason = redis.breakpoint() called\n-> 3   return tostring(b)\n");
  EXPECT_EQ(Tell({"c"}), kEnd);
  EXPECT_EQ(Reply(), "\"true\"");
  // Without a debugger they do nothing.
  EXPECT_EQ(Other({"eval", "redis.debug('x') return tostring(redis.breakpoint())", "0"}),
            "\"false\"");
}

TEST_F(ScriptDebuggerTest, FollowsCoroutinesAndErrors) {
  Debug(
      "local co = coroutine.wrap(function(x)\n  local y = x\n  return "
      "y\nend)\nco(7)\nerror('late')");
  Tell({"b", "3"});
  EXPECT_THAT(Tell({"c"}), StartsWith("* Stopped at 3, stop reason = break point\n"));
  EXPECT_EQ(Tell({"p"}), "<value> x = 7\n<value> y = 7\n");
  EXPECT_EQ(Tell({"c"}), kEnd);
  EXPECT_THAT(Reply(), AllOf(StartsWith("-ERR user_script:6: late script: "),
                             EndsWith(", on @user_script:6.")));
}

TEST_F(ScriptDebuggerTest, CutsLongValues) {
  Debug("return 1");
  EXPECT_EQ(Tell({"m"}), "<value> replies are truncated at 256 bytes.\n");
  const std::string cut = "<retval> \"" + std::string(246, 'a') + " ...\n";
  EXPECT_EQ(Tell({"e", "string.rep('a', 300)"}),
            cut + "<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.\n");
  EXPECT_EQ(Tell({"e", "string.rep('a', 300)"}), cut);
  EXPECT_EQ(Tell({"m", "5"}), "<value> replies are truncated at 60 bytes.\n");
  EXPECT_EQ(Tell({"m", "100"}), "<value> replies are truncated at 100 bytes.\n");
  EXPECT_EQ(Tell({"maxlen", "0"}), "<value> replies are unlimited.\n");
  EXPECT_EQ(Tell({"e", "string.rep('a', 300)"}), "<retval> \"" + std::string(300, 'a') + "\"\n");
}

TEST_F(ScriptDebuggerTest, WhatALineCallsIsShownUpToALimit) {
  Debug("string.gsub(string.rep('dbsize ', 60000), '%a+', redis.call)\nreturn 1");
  const std::string shown = Tell({"s"});
  EXPECT_THAT(shown, StartsWith("<redis> dbsize\n<reply> 0\n<redis> dbsize\n"));
  EXPECT_THAT(shown, HasSubstr(" lines are left out.\n"));
  EXPECT_LT(shown.size(), size_t{2} << 20);
}

TEST_F(ScriptDebuggerTest, MemoryIsLimitedAsEver) {
  EXPECT_EQ(Other({"config", "set", "script-memory-limit", "10mb"}), "+OK");
  Debug("local t = {}\nreturn 1");
  EXPECT_THAT(Tell({"e", "string.rep('a', 5e7)"}), HasSubstr("not enough memory"));
  EXPECT_EQ(Tell({"c"}), kEnd);
  EXPECT_EQ(Reply(), "1");
}

TEST_F(ScriptDebuggerTest, TheUsersRightsHold) {
  ASSERT_EQ(Other({"acl", "setuser", "ann", "on", ">pw", "+@all", "~a*"}), "+OK");
  client_ = server_.Connect();
  ASSERT_EQ(client_.Text({"auth", "ann", "pw"}), "+OK");
  ASSERT_EQ(client_.Text({"script", "debug", "sync"}), "+OK");
  client_.Run({"eval", "return 1", "0"});
  EXPECT_EQ(Tell({"r", "set", "a1", "x"}), "<redis> set a1 x\n<reply> \"+OK\"\n");
  EXPECT_THAT(Tell({"r", "set", "b1", "x"}), HasSubstr("<error> ACL failure in script: "));
  EXPECT_EQ(Tell({"c"}), kEnd);
}

TEST_F(ScriptDebuggerTest, WhatIsWrongIsToldWithinTheSession) {
  EXPECT_EQ(Debug("no script"), kEnd);
  EXPECT_THAT(Reply(), StartsWith("-ERR Error compiling script (new function): user_script:1:"));
  EXPECT_EQ(Debug("return 1", {"x"}), kEnd);
  EXPECT_EQ(Reply(), "-ERR value is not an integer or out of range");
  Debug("return 1");
  EXPECT_EQ(Tell({"restart"}),
            "<error> Unknown Redis Lua debugger command or wrong number of arguments.\n");
  EXPECT_THAT(Tell({"h"}), AllOf(HasSubstr("[s]tep"), Not(HasSubstr("<error>"))));
}

TEST_F(ScriptDebuggerTest, OnlyTheNextEvalIsDebugged) {
  ASSERT_EQ(client_.Text({"function", "load",
                          "#!lua name=lib\nredis.register_function('f', function() return 7 end)"}),
            "\"lib\"");
  const std::string digest = client_.Run({"script", "load", "return 1"}).text;
  EXPECT_EQ(client_.Text({"script", "debug", "yes"}),
            "-ERR This server is a part of another process, which is not forked: use SCRIPT DEBUG "
            "SYNC");
  EXPECT_EQ(client_.Text({"script", "debug", "maybe"}), "-ERR Use SCRIPT DEBUG YES/SYNC/NO");
  EXPECT_EQ(client_.Text({"script", "debug", "SYNC"}), "+OK");
  EXPECT_EQ(client_.Text({"ping"}), "+PONG");
  EXPECT_EQ(client_.Text({"fcall", "f", "0"}), "7");
  EXPECT_EQ(client_.Text({"evalsha", digest, "0"}),
            "-ERR Please use EVAL instead of EVALSHA for debugging");
  EXPECT_EQ(client_.Text({"evalsha", "x", "0"}), "-NOSCRIPT No matching script. Please use EVAL.");
  EXPECT_EQ(client_.Text({"script", "debug", "no"}), "+OK");
  EXPECT_EQ(client_.Text({"eval", "return 1", "0"}), "1");
  EXPECT_EQ(Other({"eval", "return 1", "0"}), "1");
}

TEST_F(ScriptDebuggerTest, RepliesBeforeItAreInItsWay) {
  constexpr char kOutside[] = "-ERR SCRIPT DEBUG must be called outside a pipeline";
  const auto replies = client_.Pipeline({{"ping"}, {"script", "debug", "sync"}});
  EXPECT_EQ(replies[1].ToString(), kOutside);
  client_.Run({"multi"});
  client_.Run({"script", "debug", "sync"});
  EXPECT_EQ(client_.Text({"exec"}), std::string("[") + kOutside + "]");
  EXPECT_EQ(
      client_.Text({"eval", "return redis.call('script', 'debug', 'sync')", "0"}).substr(0, 53),
      "-ERR This Redis command is not allowed from script sc");

  EXPECT_EQ(client_.Text({"script", "debug", "sync"}), "+OK");
  client_.Run({"multi"});
  client_.Run({"eval", "return 1", "0"});
  EXPECT_EQ(client_.Text({"exec"}), "[-ERR A script within a transaction cannot be debugged]");
  EXPECT_EQ(client_.Text({"ping"}), "+PONG");
}

}  // namespace
}  // namespace tests
