// The language of rules, what it refuses, and how users read as rules again.
#include "kv/command/user_rules.h"

#include <gmock/gmock.h>

#include "kv/base/sha256.h"
#include "kv/command/categories.h"
#include "kv/command/user_file.h"
#include "tests/kv/command/user_test.h"

namespace kv {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class UserRulesTest : public UserTest {};

TEST_F(UserRulesTest, PasswordsAreKeptAsDigests) {
  Make("on >one >two >one");
  EXPECT_THAT(user_.passwords, ElementsAre(Sha256Hex("one"), Sha256Hex("two")));
  EXPECT_TRUE(user_.Accepts("one"));
  EXPECT_TRUE(user_.Accepts("two"));
  EXPECT_FALSE(user_.Accepts(""));
  EXPECT_FALSE(user_.Accepts(Sha256Hex("one")));
  EXPECT_EQ(Apply("<one #" + Sha256Hex("three")), "");
  EXPECT_FALSE(user_.Accepts("one"));
  EXPECT_TRUE(user_.Accepts("three"));
  EXPECT_EQ(Apply("!" + Sha256Hex("three")), "");
  EXPECT_FALSE(user_.Accepts("three"));
  EXPECT_EQ(Apply("nopass"), "");
  EXPECT_TRUE(user_.Accepts("anything"));
  EXPECT_EQ(Apply("off"), "");
  EXPECT_FALSE(user_.Accepts("anything"));
  EXPECT_EQ(Apply("on resetpass"), "");
  EXPECT_FALSE(user_.Accepts("anything"));
  EXPECT_EQ(Apply("nopass >four"), "");
  EXPECT_FALSE(user_.Accepts("anything")) << "a password ends nopass";
}

TEST_F(UserRulesTest, RefusesWhatItCannotMean) {
  const std::string syntax = "Syntax error";
  for (const char* rule : {"foo", ")", "( )x", "%~a", "%R", "%X~a", "db=", "db=1,,2", "db=a",
                           "(on)", "(+get (+set))", "+select|", "dba=1"}) {
    Make("");
    EXPECT_THAT(Apply(rule), AnyOf(syntax, HasSubstr("unmatched"))) << rule;
  }
  for (const char* rule : {"+nosuch", "-nosuch", "+@nosuch", "-select|0", "+get|a|b",
                           "+config|nosuch", "+", "+@", "+|", "+|get"}) {
    Make("");
    EXPECT_EQ(Apply(rule), "Unknown command or category name in ACL") << rule;
  }
  EXPECT_EQ(Apply("+config|get|maxmemory"), "Allowing first-arg of a subcommand is not supported");
  EXPECT_THAT(Apply("<nosuch"), HasSubstr("does not exist"));
  EXPECT_THAT(Apply("#abc"), HasSubstr("exactly 64 characters"));
  EXPECT_THAT(Apply("#" + std::string(64, 'F')), HasSubstr("lowercase hexadecimal"));
  EXPECT_THAT(Apply("allkeys ~a"), HasSubstr("after the * pattern (or the 'allkeys' flag)"));
  EXPECT_THAT(Apply("(&* &a)"), HasSubstr("after the * pattern (or the 'allchannels' flag)"));
  EXPECT_EQ(Apply("(+get ~a"), "unmatched (+get");
  EXPECT_THAT(Apply("db=99999999999"), HasSubstr("out of range"));
}

TEST_F(UserRulesTest, KeywordsAreReadInAnyCase) {
  Make("ON NOPASS +GET +@WRITE AllKeys ResetChannels DB=1");
  EXPECT_EQ(DescribeRules(user_),
            "on nopass sanitize-payload ~* resetchannels db=1 -@all +get +@write");
}

TEST_F(UserRulesTest, RulesOfCommandsReadAsTheyWereGiven) {
  EXPECT_EQ(Commands("+@all -@write -@slow +get"), "+@all -@write -@slow +get");
  EXPECT_EQ(Commands("-@write"), "+@all -@slow +get -@write") << "the last one of its kind";
  EXPECT_EQ(Commands("+@write"), "+@all -@slow +get +@write");
  EXPECT_EQ(Commands("-@all"), "-@all");
  EXPECT_EQ(Commands("+config|get +select|0 +SELECT|0"), "-@all +config|get +select|0");
  EXPECT_EQ(Commands("+config"), "-@all +select|0 +config") << "it holds its parts";
  EXPECT_EQ(Commands("-config|set"), "-@all +select|0 +config -config|set");
  EXPECT_EQ(Commands("-select -config"), "-@all -select -config");
}

TEST_F(UserRulesTest, PatternsOfKeysJoinTheirAccess) {
  Make("%R~foo %W~foo %RW~bar %rw~baz %R~foo");
  EXPECT_EQ(DescribeKeys(user_.root), "~foo ~bar ~baz");
  Make("%R~a %W~b");
  EXPECT_EQ(DescribeKeys(user_.root), "%R~a %W~b");
  EXPECT_EQ(Apply("resetkeys ~c"), "");
  EXPECT_EQ(DescribeKeys(user_.root), "~c");
}

TEST_F(UserRulesTest, DatabasesReplaceEachOther) {
  Make("db=3,1,3 db=2,0");
  EXPECT_EQ(DescribeDatabases(user_.root), "db=0,2");
  EXPECT_EQ(Apply("resetdbs"), "");
  EXPECT_EQ(DescribeDatabases(user_.root), "resetdbs");
}

TEST_F(UserRulesTest, ResetMakesANewUser) {
  Make("");
  const std::string fresh = DescribeUser(user_);
  EXPECT_EQ(fresh, "user alice off sanitize-payload resetchannels -@all");
  Make("on nopass skip-sanitize-payload +@all ~* &* db=1 (+get) reset");
  EXPECT_EQ(DescribeUser(user_), fresh);
  grants_channels_ = true;
  Make("(+get)");
  EXPECT_EQ(DescribeUser(user_), "user alice off sanitize-payload &* -@all (&* -@all +get)");
}

TEST_F(UserRulesTest, ADescriptionMakesAnEqualUser) {
  for (const char* rules :
       {"on >secret +@all -config|set ~a %R~b &c db=4", "off nopass -@all +select|0 (+get ~x) ()",
        "skip-sanitize-payload +@read -get resetdbs (+@all ~* &* db=1,2)"}) {
    Make(rules);
    const std::string description = DescribeRules(user_);
    Make(description);
    EXPECT_EQ(DescribeRules(user_), description);
  }
}

TEST_F(UserRulesTest, EachCategoryReadsAsItself) {
  for (const NamedBit& category : kCategoryNames) {
    const std::string name(category.name);
    EXPECT_EQ(Commands("+@all -@" + name), "+@all -@" + name);
    EXPECT_EQ(Commands("-@all +@" + name), "-@all +@" + name);
  }
}

// --- files ---

class UserFileTest : public UserTest {
 protected:
  absl::StatusOr<UsersByName> Parse(std::string_view text) {
    return ParseUserFile(text, "users.acl", rules_);
  }
};

TEST_F(UserFileTest, HasAUserInEachLine) {
  const auto users = Parse("\n# people\r\n  user bob on +get ~a\r\nuser alice ( +set ~b ) on\n");
  ASSERT_TRUE(users.ok()) << users.status();
  ASSERT_EQ(users->size(), 2u);
  EXPECT_EQ(DescribeUser(users->at("bob")),
            "user bob on sanitize-payload ~a resetchannels -@all +get");
  EXPECT_EQ(DescribeUser(users->at("alice")),
            "user alice on sanitize-payload resetchannels -@all (~b resetchannels -@all +set)");
}

TEST_F(UserFileTest, TellsWhatIsWrongWithEachLine) {
  const auto users =
      Parse("user alice on\nuser bob bad +nosuch\nfoo\nuser\nuser alice off\nuser carol (+get\n");
  ASSERT_FALSE(users.ok());
  EXPECT_THAT(
      std::string(users.status().message()),
      AllOf(HasSubstr("users.acl:2: Error in applying operation 'bad': Syntax error."),
            HasSubstr("users.acl:2: Error in applying operation '+nosuch': Unknown command"),
            HasSubstr("users.acl:3: A line should start with the user keyword"),
            HasSubstr("users.acl:4: "), HasSubstr("users.acl:5: Duplicate user 'alice' found"),
            HasSubstr("users.acl:6: Unmatched parenthesis"),
            HasSubstr("no change to the previously active ACL rules")));
}

}  // namespace
}  // namespace kv
