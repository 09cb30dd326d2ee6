#include <set>

#include "kv/store/store.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

class KeyCommands : public CommandTest {};

TEST_F(KeyCommands, ExistenceAndDeletion) {
  Run({"mset", "a", "1", "b", "2", "c", "3"});
  EXPECT_EQ(Run({"exists", "a", "b", "a", "x"}), "3");
  EXPECT_EQ(Run({"del", "a", "x"}), "1");
  EXPECT_EQ(Run({"unlink", "b", "c"}), "2");
  EXPECT_EQ(Run({"randomkey"}), "nil");
}

TEST_F(KeyCommands, RenameKeepsValueAndDeadline) {
  Run({"set", "a", std::string(1000, 'x'), "px", "500"});
  EXPECT_EQ(Run({"rename", "a", "a-much-longer-name"}), "+OK");
  EXPECT_EQ(Run({"strlen", "a-much-longer-name"}), "1000");
  EXPECT_EQ(Run({"pttl", "a-much-longer-name"}), "500");
  EXPECT_EQ(Run({"rename", "a", "b"}), "-ERR no such key");
  Run({"set", "b", "2"});
  EXPECT_EQ(Run({"renamenx", "b", "a-much-longer-name"}), "0");
  EXPECT_EQ(Run({"rename", "b", "a-much-longer-name"}), "+OK");
  EXPECT_EQ(Run({"get", "a-much-longer-name"}), "\"2\"");
  EXPECT_EQ(Run({"ttl", "a-much-longer-name"}), "-1");
}

TEST_F(KeyCommands, CopyIsIndependent) {
  Run({"set", "a", std::string(100000, 'x')});
  EXPECT_EQ(Run({"copy", "a", "b"}), "1");
  EXPECT_EQ(Run({"copy", "a", "b"}), "0");
  EXPECT_EQ(Run({"append", "a", "y"}), "100001");
  EXPECT_EQ(Run({"strlen", "b"}), "100000");
  EXPECT_EQ(Run({"copy", "a", "b", "replace"}), "1");
  EXPECT_EQ(Run({"strlen", "b"}), "100001");
  EXPECT_EQ(Run({"copy", "a", "a"}), "-ERR source and destination objects are the same");
  EXPECT_EQ(Run({"copy", "a", "b", "db", "99"}), "-ERR DB index is out of range");
  EXPECT_EQ(Run({"move", "a", "3"}), "1");
  EXPECT_EQ(Run({"exists", "a"}), "0");
}

TEST_F(KeyCommands, ExpireConditions) {
  Run({"set", "k", "v"});
  EXPECT_EQ(Run({"expire", "k", "10", "xx"}), "0");
  EXPECT_EQ(Run({"expire", "k", "10", "gt"}), "0");
  EXPECT_EQ(Run({"expire", "k", "10", "lt"}), "1");
  EXPECT_EQ(Run({"expire", "k", "20", "lt"}), "0");
  EXPECT_EQ(Run({"expire", "k", "20", "gt"}), "1");
  EXPECT_EQ(Run({"expire", "k", "30", "nx"}), "0");
  EXPECT_EQ(Run({"ttl", "k"}), "20");
  EXPECT_EQ(Run({"expire", "k", "1", "foo"}), "-ERR Unsupported option foo");
  EXPECT_EQ(Run({"expire", "k", "1", "nx", "xx"}),
            "-ERR NX and XX, GT or LT options at the same time are not compatible");
  EXPECT_EQ(Run({"persist", "k"}), "1");
  EXPECT_EQ(Run({"persist", "k"}), "0");
  EXPECT_EQ(Run({"expire", "k", "-1"}), "1");
  EXPECT_EQ(Run({"exists", "k"}), "0");
  EXPECT_EQ(Run({"ttl", "k"}), "-2");
}

TEST_F(KeyCommands, DeadlinesMovedBothWaysAreExact) {
  Run({"set", "later", "v", "px", "100"});
  Run({"pexpire", "later", "300"});
  Run({"set", "sooner", "v", "px", "300"});
  Run({"pexpire", "sooner", "100"});
  AdvanceTime(100);
  EXPECT_EQ(server_.server().store().keys(), 1u);
  AdvanceTime(199);
  EXPECT_EQ(server_.server().store().keys(), 1u);
  AdvanceTime(1);
  EXPECT_EQ(server_.server().store().keys(), 0u);
}

TEST_F(KeyCommands, ScanFindsEveryKey) {
  std::set<std::string> expected;
  for (int i = 0; i < 2000; ++i) {
    Run({"set", "key:" + std::to_string(i), "x"});
    expected.insert("key:" + std::to_string(i));
  }
  std::set<std::string> found;
  std::string cursor = "0";
  do {
    const resp::Value reply = client_.Run({"scan", cursor, "count", "50"});
    cursor = reply.elements[0].text;
    for (const resp::Value& key : reply.elements[1].elements) found.insert(key.text);
  } while (cursor != "0");
  EXPECT_EQ(found, expected);
  EXPECT_EQ(client_.Run({"keys", "key:1?"}).elements.size(), 10u);
  EXPECT_EQ(Run({"scan", "x"}), "-ERR invalid cursor");
  EXPECT_EQ(client_.Run({"scan", "18446744073709551615"}).elements.size(), 2u);
}

TEST_F(KeyCommands, ObjectEncodings) {
  Run({"mset", "int", "123", "short", "abc", "long", std::string(45, 'x')});
  EXPECT_EQ(Run({"object", "encoding", "int"}), "\"int\"");
  EXPECT_EQ(Run({"object", "encoding", "short"}), "\"embstr\"");
  EXPECT_EQ(Run({"object", "encoding", "long"}), "\"raw\"");
  Run({"append", "short", "d"});
  EXPECT_EQ(Run({"object", "encoding", "short"}), "\"raw\"");
  EXPECT_EQ(Run({"object", "encoding", "absent"}), "nil");
  EXPECT_EQ(Run({"type", "short"}), "+string");
  EXPECT_EQ(Run({"type", "absent"}), "+none");
}

TEST_F(KeyCommands, ScanRemovesWhatHasExpired) {
  Run({"set", "kept", "1"});
  Run({"rpush", "list", "1"});
  Run({"set", "gone", "1", "px", "1"});
  server_.server().store().set_active_expire(false);
  AdvanceTime(2);
  EXPECT_EQ(Run({"dbsize"}), "3");
  EXPECT_EQ(Run({"scan", "0", "type", "bogus"}), "-ERR unknown type name 'bogus'");
  EXPECT_EQ(Run({"scan", "0", "type", "LIST", "count", "1000"}), R"(["0", ["list"]])");
  EXPECT_EQ(Run({"dbsize"}), "3");
  Run({"scan", "0", "count", "1000"});
  EXPECT_EQ(Run({"dbsize"}), "2");
}

}  // namespace
}  // namespace tests
