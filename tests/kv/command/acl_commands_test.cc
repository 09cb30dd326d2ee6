// ACL, AUTH and what users are refused, over a server.
#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_split.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class AclCommandsTest : public CommandTest {
 protected:
  // A client of user alice, who has these rules.
  RespClient Alice(const std::string& rules) {
    SetUser("alice", "reset on nopass " + rules);
    RespClient alice = server_.Connect();
    EXPECT_EQ(alice.Text({"auth", "alice", "any"}), "+OK");
    return alice;
  }
  void SetUser(const std::string& name, const std::string& rules) {
    Arguments request = {"acl", "setuser", name};
    for (const absl::string_view rule : absl::StrSplit(rules, ' ', absl::SkipEmpty())) {
      request.emplace_back(rule);
    }
    EXPECT_EQ(Run(request), "+OK") << rules;
  }
};

// --- who one is ---

TEST_F(AclCommandsTest, ConnectionsBeginAsTheDefaultUser) {
  EXPECT_EQ(Run({"acl", "whoami"}), "\"default\"");
  EXPECT_EQ(Run({"acl", "users"}), "[\"default\"]");
  EXPECT_EQ(Run({"acl", "list"}), "[\"user default on nopass sanitize-payload ~* &* +@all\"]");
  EXPECT_THAT(Run({"client", "info"}), HasSubstr(" user=default "));
}

TEST_F(AclCommandsTest, APasswordProvesAUser) {
  EXPECT_EQ(Run({"acl", "setuser", "alice", ">secret", "+@all"}), "+OK");
  const std::string wrong = "-WRONGPASS invalid username-password pair or user is disabled.";
  EXPECT_EQ(Run({"auth", "alice", "secret"}), wrong) << "the user is not enabled";
  EXPECT_EQ(Run({"acl", "setuser", "alice", "on"}), "+OK");
  EXPECT_EQ(Run({"auth", "alice", "guess"}), wrong);
  EXPECT_EQ(Run({"auth", "nobody", "secret"}), wrong);
  EXPECT_EQ(Run({"hello", "2", "auth", "alice", "guess"}), wrong);
  EXPECT_EQ(Run({"auth", "alice", "secret"}), "+OK");
  EXPECT_EQ(Run({"acl", "whoami"}), "\"alice\"");
  EXPECT_THAT(Run({"client", "info"}), HasSubstr(" user=alice "));
  EXPECT_EQ(Info("acl_access_denied_auth"), 4);
  EXPECT_EQ(Run({"reset"}), "+RESET");
  EXPECT_EQ(Run({"acl", "whoami"}), "\"default\"");
}

TEST_F(AclCommandsTest, OfSeveralAuthOptionsTheLastCounts) {
  SetUser("alice", "on >a +@all");
  SetUser("bob", "on >b +@all");
  EXPECT_THAT(Run({"hello", "2", "auth", "bob", "wrong", "auth", "alice", "a"}), StartsWith("["));
  EXPECT_EQ(Run({"acl", "whoami"}), "\"alice\"");
  EXPECT_THAT(Run({"hello", "2", "auth", "bob", "b", "auth", "alice", "b"}),
              StartsWith("-WRONGPASS"));
  EXPECT_EQ(Run({"acl", "whoami"}), "\"alice\"");
}

TEST_F(AclCommandsTest, RequirepassIsThePasswordOfTheDefaultUser) {
  RespClient before = server_.Connect();
  ASSERT_EQ(before.Text({"ping"}), "+PONG");
  EXPECT_EQ(Run({"config", "set", "requirepass", "secret"}), "+OK");
  RespClient after = server_.Connect();
  EXPECT_EQ(after.Text({"ping"}), "-NOAUTH Authentication required.");
  EXPECT_THAT(after.Text({"auth", "guess"}), StartsWith("-WRONGPASS"));
  EXPECT_EQ(before.Text({"ping"}), "+PONG") << "it has begun already";
  EXPECT_THAT(Run({"acl", "list"}), HasSubstr("user default on sanitize-payload #"));
  EXPECT_EQ(Run({"config", "get", "requirepass"}), R"(["requirepass", "secret"])");
  EXPECT_EQ(after.Text({"auth", "secret"}), "+OK");
  RespClient late = server_.Connect();
  ASSERT_THAT(late.Text({"ping"}), StartsWith("-NOAUTH"));
  EXPECT_EQ(Run({"config", "set", "requirepass", ""}), "+OK");
  EXPECT_EQ(late.Text({"ping"}), "+PONG");
  EXPECT_THAT(Run({"auth", "any"}), StartsWith("-ERR AUTH <password> called without any password"));
}

TEST_F(AclCommandsTest, WithoutADefaultUserConnectionsBeginAsNobody) {
  SetUser("default", "off");
  RespClient client = server_.Connect();
  EXPECT_EQ(client.Text({"get", "key"}), "-NOAUTH Authentication required.");
  EXPECT_THAT(client.Text({"auth", "default", "any"}), StartsWith("-WRONGPASS"));
  SetUser("default", "on");
  EXPECT_EQ(client.Text({"get", "key"}), "nil");
}

// --- what one may do ---

TEST_F(AclCommandsTest, WhatIsNotAllowedIsRefusedWithAReason) {
  RespClient alice = Alice("+get +config|get +publish +subscribe ~a* &news");
  EXPECT_EQ(alice.Text({"get", "a1"}), "nil");
  EXPECT_EQ(alice.Text({"get", "b1"}), "-NOPERM No permissions to access a key");
  EXPECT_EQ(alice.Text({"set", "a1", "v"}),
            "-NOPERM User alice has no permissions to run the 'set' command");
  EXPECT_EQ(alice.Text({"config", "set", "hz", "1"}),
            "-NOPERM User alice has no permissions to run the 'config|set' command");
  EXPECT_EQ(alice.Text({"publish", "logs", "x"}), "-NOPERM No permissions to access a channel");
  EXPECT_EQ(alice.Text({"publish", "news", "x"}), "0");
  EXPECT_EQ(Info("acl_access_denied_cmd"), 2);
  EXPECT_EQ(Info("acl_access_denied_key"), 1);
  EXPECT_EQ(Info("acl_access_denied_channel"), 1);
  EXPECT_THAT(Run({"info", "commandstats"}), HasSubstr("cmdstat_set:calls=0,"));
  EXPECT_THAT(Run({"info", "errorstats"}), HasSubstr("errorstat_NOPERM:count=4"));
}

TEST_F(AclCommandsTest, ChangesHoldAtOnce) {
  RespClient alice = Alice("+get ~*");
  EXPECT_EQ(alice.Text({"get", "key"}), "nil");
  SetUser("alice", "-get");
  EXPECT_THAT(alice.Text({"get", "key"}), StartsWith("-NOPERM"));
  SetUser("alice", "+@all ~* &*");
  EXPECT_EQ(alice.Text({"set", "key", "v"}), "+OK");
  SetUser("alice", "resetkeys");
  EXPECT_THAT(alice.Text({"get", "key"}), StartsWith("-NOPERM"));
}

TEST_F(AclCommandsTest, RulesApplyTogetherOrNotAtAll) {
  SetUser("alice", "+get");
  EXPECT_EQ(Run({"acl", "setuser", "alice", "+set", "bad"}),
            "-ERR Error in ACL SETUSER modifier 'bad': Syntax error");
  EXPECT_THAT(Run({"acl", "list"}), HasSubstr("-@all +get\""));
  EXPECT_THAT(Run({"acl", "setuser", "bob", "(+get"}),
              StartsWith("-ERR Unmatched parenthesis in acl selector starting at '(+get'."));
  EXPECT_EQ(Run({"acl", "getuser", "bob"}), "nil");
  EXPECT_EQ(Run({"acl", "setuser", "a b"}),
            "-ERR Usernames can't contain spaces or null characters");
}

TEST_F(AclCommandsTest, DatabasesArePermittedOneByOne) {
  RespClient alice = Alice("+@all ~* db=1,2");
  EXPECT_EQ(alice.Text({"get", "key"}), "-NOPERM No permissions to access database");
  EXPECT_EQ(alice.Text({"ping"}), "+PONG");
  EXPECT_EQ(alice.Text({"select", "3"}), "-NOPERM No permissions to access database");
  EXPECT_EQ(alice.Text({"select", "99"}), "-ERR DB index is out of range");
  EXPECT_EQ(alice.Text({"multi"}), "+OK");
  EXPECT_EQ(alice.Text({"select", "2"}), "+QUEUED");
  EXPECT_EQ(alice.Text({"set", "key", "v"}), "+QUEUED") << "it will run there";
  EXPECT_EQ(alice.Text({"exec"}), "[+OK, +OK]");
  EXPECT_EQ(alice.Text({"flushall"}), "-NOPERM No permissions to access database");
  EXPECT_THAT(Run({"acl", "log", "1"}), HasSubstr("\"reason\", \"database\""));
}

TEST_F(AclCommandsTest, SortReadsOtherKeysForWhoMayReadAll) {
  Run({"rpush", "list", "2", "1"});
  Run({"mset", "w_1", "1", "w_2", "2"});
  RespClient alice = Alice("+sort ~list");
  EXPECT_EQ(alice.Text({"sort", "list"}), "[\"1\", \"2\"]");
  EXPECT_EQ(alice.Text({"sort", "list", "by", "w_*"}),
            "-ERR BY option of SORT denied due to insufficient ACL permissions.");
  EXPECT_EQ(alice.Text({"sort", "list", "get", "w_*"}),
            "-ERR GET option of SORT denied due to insufficient ACL permissions.");
  SetUser("alice", "(+sort ~list %R~*)");
  EXPECT_EQ(alice.Text({"sort", "list", "by", "w_*"}), "[\"1\", \"2\"]");
}

TEST_F(AclCommandsTest, AWaiterIsCheckedAgainWhenItIsServed) {
  RespClient alice = Alice("+blpop ~*");
  alice.Send({"blpop", "list", "0"});
  server_.Settle();
  SetUser("alice", "resetkeys");
  EXPECT_EQ(Run({"rpush", "list", "a"}), "1");
  EXPECT_EQ(alice.Receive().ToString(), "-NOPERM No permissions to access a key");
  EXPECT_EQ(Run({"llen", "list"}), "1");
}

// --- transactions and scripts ---

TEST_F(AclCommandsTest, ARefusalWhileQueueingAbortsTheTransaction) {
  RespClient alice = Alice("+get +multi +exec ~*");
  EXPECT_EQ(alice.Text({"multi"}), "+OK");
  EXPECT_THAT(alice.Text({"set", "key", "v"}), StartsWith("-NOPERM User alice"));
  EXPECT_EQ(alice.Text({"exec"}), "-EXECABORT Transaction discarded because of previous errors.");
  EXPECT_THAT(Run({"acl", "log", "1"}), HasSubstr("\"context\", \"multi\""));
}

TEST_F(AclCommandsTest, WhatWasQueuedIsCheckedAgainWhenItRuns) {
  RespClient alice = Alice("+@all ~*");
  alice.Text({"multi"});
  alice.Text({"set", "key", "v"});
  alice.Text({"ping"});
  SetUser("alice", "-set");
  EXPECT_THAT(alice.Text({"exec"}),
              AllOf(StartsWith("[-NOPERM ACLs rules changed between the moment"),
                    EndsWith("User alice has no permissions to run the 'set' command, +PONG]")));
  EXPECT_THAT(Run({"acl", "log", "1"}), AllOf(HasSubstr("\"multi\""), HasSubstr("cmd=exec")));
  EXPECT_EQ(Run({"exists", "key"}), "0");
}

TEST_F(AclCommandsTest, TheConditionsOfExecReadKeys) {
  Run({"set", "b", "secret"});
  RespClient alice = Alice("+@all ~a %W~b");
  alice.Text({"multi"});
  EXPECT_EQ(alice.Text({"exec", "ifeq", "b", "guess"}),
            "-EXECABORT Transaction discarded because of: NOPERM No permissions to access a key");
  alice.Text({"multi"});
  EXPECT_EQ(alice.Text({"exec", "nx", "a"}), "[]");
}

TEST_F(AclCommandsTest, ScriptsMayDoWhatTheirCallerMay) {
  RespClient alice = Alice("+@scripting +get ~a*");
  EXPECT_EQ(alice.Text({"eval", "return redis.call('get', 'a')", "0"}), "nil");
  EXPECT_THAT(alice.Text({"eval", "return redis.call('set', 'a', 1)", "0"}),
              StartsWith("-ERR ACL failure in script: User alice has no permissions to run the "
                         "'set' command script: "));
  EXPECT_THAT(alice.Text({"eval", "return redis.pcall('get', 'b')", "0"}),
              StartsWith("-ERR ACL failure in script: No permissions to access a key"));
  EXPECT_THAT(Run({"acl", "log", "1"}), AllOf(HasSubstr("\"lua\""), HasSubstr("cmd=eval")));
  EXPECT_EQ(alice.Text({"eval", "return 1", "1", "b"}), "-NOPERM No permissions to access a key");
  EXPECT_EQ(alice.Text({"eval", "return redis.acl_check_cmd('get', 'a1')", "0"}), "1");
  EXPECT_EQ(alice.Text({"eval", "return redis.acl_check_cmd('get', 'b1')", "0"}), "nil");
  EXPECT_EQ(Run({"eval", "return redis.acl_check_cmd('get', 'b1')", "0"}), "1");
}

// --- whose connections end ---

TEST_F(AclCommandsTest, ADeletedUserLosesItsConnections) {
  RespClient alice = Alice("+@all ~* &*");
  EXPECT_EQ(Run({"acl", "deluser", "alice", "nobody"}), "1");
  EXPECT_THAT(alice.Text({"ping"}), StartsWith("-client:"));
  RespClient bob = Alice("+acl");
  EXPECT_EQ(bob.Text({"acl", "deluser", "alice"}), "1") << "it gets its reply";
  EXPECT_THAT(bob.Text({"ping"}), StartsWith("-client:"));
  EXPECT_EQ(Run({"acl", "deluser", "default"}), "-ERR The 'default' user cannot be removed");
}

TEST_F(AclCommandsTest, SubscribersOfWhatTheyMayNotGetAnyMoreLoseTheirConnections) {
  RespClient alice = Alice("+@all &news &logs:*");
  alice.Text({"subscribe", "news"});
  alice.Text({"psubscribe", "logs:*"});
  SetUser("alice", "resetchannels &news &logs:* &more");
  EXPECT_THAT(Run({"client", "list"}), HasSubstr("user=alice"));
  SetUser("alice", "allchannels");
  EXPECT_THAT(Run({"client", "list"}), HasSubstr("user=alice"));
  SetUser("alice", "resetchannels &news");
  EXPECT_THAT(Run({"client", "list"}), Not(HasSubstr("user=alice")));
  EXPECT_EQ(Run({"publish", "news", "x"}), "0");
}

TEST_F(AclCommandsTest, ClientsAreListedAndKilledByUser) {
  RespClient alice = Alice("+@all");
  EXPECT_THAT(Run({"client", "list", "user", "alice"}), Not(HasSubstr("user=default")));
  EXPECT_EQ(Run({"client", "kill", "user", "nobody"}), "-ERR No such user 'nobody'");
  EXPECT_EQ(Run({"client", "kill", "user", "alice"}), "1");
  EXPECT_THAT(alice.Text({"ping"}), StartsWith("-client:"));
}

// --- what is told ---

TEST_F(AclCommandsTest, GetuserDescribesAUser) {
  SetUser("alice", "on >secret +get ~a* &news db=1 (%R~b +set)");
  EXPECT_THAT(Run({"acl", "getuser", "alice"}),
              MatchesRegex(R"(\["flags", \["on", "sanitize-payload"\], "passwords", \["2bb8.*"\], )"
                           R"("commands", "-@all \+get", "keys", "~a\*", "channels", "&news", )"
                           R"("databases", "db=1", "selectors", )"
                           R"(\[\["commands", "-@all \+set", "keys", "%R~b", "channels", "", )"
                           R"("databases", "alldbs"\]\]\])"));
}

TEST_F(AclCommandsTest, LogTellsWhatWasRefused) {
  RespClient alice = Alice("+ping");
  AdvanceTime(1000);
  for (int i = 0; i < 3; ++i) alice.Text({"get", "key"});
  AdvanceTime(1500);
  EXPECT_THAT(Run({"acl", "log"}),
              AllOf(StartsWith(R"([["count", 3, "reason", "command", "context", "toplevel", )"
                               R"("object", "get", "username", "alice", "age-seconds", "1.5", )"
                               R"("client-info", "id=)"),
                    HasSubstr("cmd=get user=alice"), HasSubstr("\"entry-id\", 0, ")));
  EXPECT_EQ(Run({"config", "set", "acllog-max-len", "1"}), "+OK");
  alice.Text({"set", "key", "v"});
  EXPECT_THAT(Run({"acl", "log", "10"}), Not(HasSubstr("\"get\"")));
  EXPECT_EQ(Run({"acl", "log", "reset"}), "+OK");
  EXPECT_EQ(Run({"acl", "log"}), "[]");
}

TEST_F(AclCommandsTest, DryrunTellsWithoutDoing) {
  SetUser("alice", "+set +publish ~a &news");
  EXPECT_EQ(Run({"acl", "dryrun", "alice", "set", "a", "v"}), "+OK");
  EXPECT_EQ(Run({"exists", "a"}), "0");
  EXPECT_EQ(Run({"acl", "dryrun", "alice", "set", "b", "v"}),
            "\"User alice has no permissions to access the 'b' key\"");
  EXPECT_EQ(Run({"acl", "dryrun", "alice", "get", "a"}),
            "\"User alice has no permissions to run the 'get' command\"");
  EXPECT_EQ(Run({"acl", "dryrun", "alice", "publish", "logs", "x"}),
            "\"User alice has no permissions to access the 'logs' channel\"");
  EXPECT_EQ(Run({"acl", "dryrun", "alice", "set", "a"}),
            "-ERR wrong number of arguments for 'set' command");
  EXPECT_EQ(Run({"acl", "dryrun", "nobody", "get", "a"}), "-ERR User 'nobody' not found");
  EXPECT_EQ(Run({"acl", "dryrun", "alice", "nosuch"}), "-ERR Command 'nosuch' not found");
  EXPECT_EQ(Run({"acl", "dryrun", "alice", "acl", "nosuch"}), "-ERR Command 'acl' not found");
  EXPECT_EQ(Run({"acl", "log"}), "[]");
}

TEST_F(AclCommandsTest, CategoriesAreListed) {
  EXPECT_THAT(Run({"acl", "cat"}),
              AllOf(StartsWith("[\"keyspace\", "), EndsWith("\"scripting\"]")));
  EXPECT_THAT(Run({"acl", "cat", "Hash"}), AllOf(HasSubstr("\"hset\""), Not(HasSubstr("\"set\""))));
  EXPECT_THAT(Run({"acl", "cat", "connection"}), HasSubstr("\"client|id\""));
  EXPECT_EQ(Run({"acl", "cat", "nosuch"}), "-ERR Unknown category 'nosuch'");
}

TEST_F(AclCommandsTest, PasswordsAreMadeOfManyBits) {
  EXPECT_THAT(Run({"acl", "genpass"}), MatchesRegex("\"[0-9a-f]{64}\""));
  EXPECT_THAT(Run({"acl", "genpass", "5"}), MatchesRegex("\"[0-9a-f]{2}\""));
  EXPECT_NE(Run({"acl", "genpass"}), Run({"acl", "genpass"}));
  EXPECT_THAT(Run({"acl", "genpass", "0"}), StartsWith("-ERR ACL GENPASS argument must be"));
  EXPECT_THAT(Run({"acl", "genpass", "4097"}), StartsWith("-ERR ACL GENPASS argument must be"));
}

TEST_F(AclCommandsTest, SecretsAreNotShown) {
  Run({"config", "set", "slowlog-log-slower-than", "0"});
  Run({"acl", "setuser", "alice", ">secret"});
  Run({"hello", "2", "auth", "a", "b", "auth", "alice", "secret"});
  EXPECT_THAT(Run({"slowlog", "get"}), AllOf(HasSubstr("(redacted)"), Not(HasSubstr("secret"))));
}

}  // namespace
}  // namespace tests
