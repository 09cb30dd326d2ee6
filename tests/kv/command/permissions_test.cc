// Who may do what: users made of rules, and calls.
#include "kv/command/permissions.h"

#include "tests/kv/command/user_test.h"

namespace kv {
namespace {

TEST(CommandSetTest, KeepsWhatWasSetBesideTheRest) {
  CommandSet set;
  set.Set(3, true);
  set.Set(200, true);
  EXPECT_TRUE(set.Has(3) && set.Has(200));
  EXPECT_FALSE(set.Has(2) || set.Has(199) || set.Has(500));
  set.SetAll(true);
  set.Set(70, false);
  EXPECT_TRUE(set.Has(3) && set.Has(69) && set.Has(71) && set.Has(5000));
  EXPECT_FALSE(set.Has(70));
}

class PermissionsTest : public UserTest {};

TEST_F(PermissionsTest, ANewUserMayOnlyProveWhoItIs) {
  Make("");
  EXPECT_EQ(Try("ping"), "command");
  EXPECT_EQ(Try("get key"), "command");
  EXPECT_EQ(Try("auth secret"), "ok");
  EXPECT_FALSE(user_.IsUnrestricted());
}

TEST_F(PermissionsTest, WhoMayDoAllIsUnrestricted) {
  Make("+@all ~* &*");
  EXPECT_TRUE(user_.IsUnrestricted());
  for (const char* rules : {"-get", "resetkeys", "resetchannels", "resetdbs", "-@all +@read"}) {
    Make("+@all ~* &*");
    EXPECT_EQ(Apply(rules), "");
    EXPECT_FALSE(user_.IsUnrestricted()) << rules;
  }
}

TEST_F(PermissionsTest, CommandsBySubcommandCategoryAndFirstArgument) {
  Make("+config|get +select|1 +@write -copy ~*");
  EXPECT_EQ(Try("config get x"), "ok");
  EXPECT_EQ(Try("config set x y"), "command");
  EXPECT_EQ(Try("select 1"), "ok");
  EXPECT_EQ(Try("select 2"), "command");
  EXPECT_EQ(Try("set key value"), "ok");
  EXPECT_EQ(Try("copy a b"), "command");
  EXPECT_EQ(Try("get key"), "command");
  EXPECT_EQ(Apply("+config -config|get -select +@read"), "");
  EXPECT_EQ(Try("config get x"), "command");
  EXPECT_EQ(Try("config set x y"), "ok");
  EXPECT_EQ(Try("select 1"), "command");
  EXPECT_EQ(Try("get key"), "ok");
}

TEST_F(PermissionsTest, KeysToReadAndToWrite) {
  Make("+@all %R~r:* %W~w:* ~rw:*");
  EXPECT_EQ(Try("get r:1"), "ok");
  EXPECT_EQ(Try("get w:1"), "key 1");
  EXPECT_EQ(Try("set w:1 v"), "ok");
  EXPECT_EQ(Try("set r:1 v"), "key 1");
  EXPECT_EQ(Try("copy r:1 w:1"), "ok");
  EXPECT_EQ(Try("copy w:1 r:1"), "key 1");
  EXPECT_EQ(Try("copy rw:1 r:1"), "key 2");
  EXPECT_EQ(Try("mget r:1 rw:1 x"), "key 3");
  EXPECT_EQ(Try("type r:1"), "ok") << "that neither reads nor writes: any pattern will do";
  EXPECT_EQ(Try("type w:1"), "ok");
  EXPECT_EQ(Try("type x"), "key 1");
}

TEST_F(PermissionsTest, ChannelsMatchAndPatternsAreTakenLiterally) {
  Make("+@all &news:*");
  EXPECT_EQ(Try("publish news:1 text"), "ok");
  EXPECT_EQ(Try("publish logs text"), "channel 1");
  EXPECT_EQ(Try("ssubscribe news:1 logs"), "channel 2");
  EXPECT_EQ(Try("psubscribe news:*"), "ok");
  EXPECT_EQ(Try("psubscribe news:1"), "channel 1");
}

TEST_F(PermissionsTest, DatabasesThatACallIsSentToOrNames) {
  Make("+@all ~* &* db=1,3");
  EXPECT_EQ(Try("get key", 0), "database 0");
  EXPECT_EQ(Try("get key", 3), "ok");
  EXPECT_EQ(Try("ping", 0), "ok") << "it concerns no keys";
  EXPECT_EQ(Try("publish a b", 0), "ok");
  EXPECT_EQ(Try("select 1", 0), "ok");
  EXPECT_EQ(Try("select 2", 0), "database 2");
  EXPECT_EQ(Try("select 16", 0), "ok") << "there is none: the command will say so";
  EXPECT_EQ(Try("swapdb 1 3", 0), "ok");
  EXPECT_EQ(Try("swapdb 1 4", 0), "database 4");
  EXPECT_EQ(Try("move key 3", 1), "ok");
  EXPECT_EQ(Try("move key 2", 1), "database 2");
  EXPECT_EQ(Try("move key 3", 2), "database 2");
  EXPECT_EQ(Try("copy a b db 3", 1), "ok");
  EXPECT_EQ(Try("copy a b replace db 2", 1), "database 2");
  EXPECT_EQ(Try("flushall", 1), "database 1");
  Make("+@all ~* resetdbs");
  EXPECT_EQ(Try("get key", 0), "database 0");
  EXPECT_EQ(Apply("alldbs"), "");
  EXPECT_EQ(Try("flushall", 0), "ok");
}

TEST_F(PermissionsTest, OneOfTheSelectorsHasToAllowTheWholeCall) {
  Make("+get ~a (+set ~b) (+mget ~a ~b)");
  EXPECT_EQ(Try("get a"), "ok");
  EXPECT_EQ(Try("set b v"), "ok");
  EXPECT_EQ(Try("set a v"), "key 1");
  EXPECT_EQ(Try("mget a b"), "ok");
  Make("+@all (%R~r) (%W~w)");
  EXPECT_EQ(Try("copy r w"), "key 1") << "they do not add up";
}

// What is reported is how far the call came with the selector that let it come furthest.
TEST_F(PermissionsTest, TheFurthestRefusalIsReported) {
  Make("+mget ~key (+mget ~key ~other)");
  EXPECT_EQ(Try("mget other third"), "key 2");
  EXPECT_EQ(Try("mget key other third"), "key 3");
  EXPECT_EQ(Try("get key"), "command");
  Make("(+set ~* db=0,1) (+get ~* db=2)");
  EXPECT_EQ(Try("set key value", 2), "command");
}

TEST_F(PermissionsTest, ReadingAllKeysNeedsASelectorThatAlsoAllowsTheCall) {
  std::vector<KeyPosition> keys;
  const std::vector<std::string_view> args = {"get", "a"};
  const auto reads_all = [&] {
    CheckedCall call(*table_.Resolve(args), args, 0, kDatabases, &keys);
    return user_.ReadsAllKeys(call);
  };
  Make("+get ~a (+set %R~*)");
  EXPECT_FALSE(reads_all());
  Make("+get ~a (+get ~a %W~*)");
  EXPECT_FALSE(reads_all());
  Make("+get ~a (+get ~a %R~*)");
  EXPECT_TRUE(reads_all());
  Make("+get ~*");
  EXPECT_TRUE(reads_all());
}

TEST_F(PermissionsTest, ArgumentsThatDoNotFitHaveNoKeys) {
  Make("+@all ~a");
  EXPECT_EQ(Try("get"), "ok") << "the command itself refuses that";
}

}  // namespace
}  // namespace kv
