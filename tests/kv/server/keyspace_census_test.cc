// What the census says of the keys: MEMORY PREFIXES, MEMORY BIGKEYS.
#include "kv/server/keyspace_census.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

TEST(PrefixTest, EndsWithASeparator) {
  EXPECT_EQ(kv::PrefixOf("user:1:name", ":", 1), "user:");
  EXPECT_EQ(kv::PrefixOf("user:1:name", ":", 2), "user:1:");
  EXPECT_EQ(kv::PrefixOf("user:1:name", ":", 9), "user:1:");
  EXPECT_EQ(kv::PrefixOf("user", ":", 1), "");
  EXPECT_EQ(kv::PrefixOf(":x", ":", 1), ":");
  EXPECT_EQ(kv::PrefixOf("a--b--c", "--", 2), "a--b--");
  EXPECT_EQ(kv::PrefixOf("user:1", "", 1), "");
}

class CensusTest : public CommandTest {
 protected:
  static const resp::Value* Find(const resp::Value& map, const std::string& name) {
    for (size_t i = 0; i + 1 < map.elements.size(); i += 2) {
      if (map.elements[i].text == name) return &map.elements[i + 1];
    }
    return nullptr;
  }
  // Lets a pass that begins now come to its end, however slow this machine is.
  void TakePass() {
    constexpr int kMaxSlices = 2000;
    const int64_t now = server_.clock().WallMillis();
    for (int i = 0; i < kMaxSlices; ++i) {
      AdvanceTime(200);
      const resp::Value reply = client_.Run({"memory", "prefixes"});
      const resp::Value* const begin = Find(reply, "began-unix-ms");
      if (begin != nullptr && begin->integer >= now) return;
    }
  }
  // "prefix db keys" of each row, the largest first.
  std::vector<std::string> Prefixes() {
    TakePass();
    std::vector<std::string> rows;
    const resp::Value reply = client_.Run({"memory", "prefixes"});
    const resp::Value* const list = Find(reply, "prefixes");
    if (list == nullptr) return {reply.ToString()};
    for (const resp::Value& row : list->elements) {
      rows.push_back(absl::StrCat(Find(row, "prefix")->text, " ", Find(row, "db")->integer, " ",
                                  Find(row, "keys")->integer));
    }
    return rows;
  }
  int64_t PassBegin() { return Total("began-unix-ms"); }
  // A number of the reply; -1 if there is none.
  int64_t Total(const std::string& field) {
    const resp::Value reply = client_.Run({"memory", "prefixes"});
    const resp::Value* const number = Find(reply, field);
    return number == nullptr ? -1 : number->integer;
  }
  void AddKeys(const std::string& prefix, int count, size_t size) {
    std::vector<Arguments> requests;
    for (int i = 0; i < count; ++i) {
      requests.push_back({"set", absl::StrCat(prefix, i), std::string(size, 'x')});
    }
    client_.Pipeline(requests);
  }
};

TEST_F(CensusTest, CountsKeysByPrefix) {
  AddKeys("user:", 100, 100);
  AddKeys("cart:item:", 10, 10);
  AddKeys("plain", 3, 10);
  Run({"select", "2"});
  AddKeys("user:", 5, 20);
  EXPECT_THAT(Prefixes(), testing::ElementsAre("user: 0 100", "cart: 0 10", "user: 2 5", " 0 3"));
  EXPECT_EQ(Total("keys"), 118);
}

TEST_F(CensusTest, CountsWhatTheyTake) {
  AddKeys("a:", 7, 1000);
  Run({"rpush", "b:list", std::string(500, 'x')});
  Prefixes();
  int64_t bytes = client_.Run({"memory", "usage", "b:list"}).integer;
  for (int i = 0; i < 7; ++i)
    bytes += client_.Run({"memory", "usage", absl::StrCat("a:", i)}).integer;
  EXPECT_EQ(Total("bytes"), bytes);
}

TEST_F(CensusTest, DividesByTheDepthThatIsSet) {
  AddKeys("a:b:", 4, 100);
  AddKeys("a:c:", 2, 100);
  EXPECT_THAT(Prefixes(), testing::ElementsAre("a: 0 6"));
  Run({"config", "set", "memory-prefix-depth", "2"});
  EXPECT_THAT(Prefixes(), testing::ElementsAre("a:b: 0 4", "a:c: 0 2"));
  Run({"config", "set", "memory-prefix-separator", "b"});
  EXPECT_THAT(Prefixes(), testing::ElementsAre("a:b 0 4", " 0 2"));
  Run({"config", "set", "memory-prefix-depth", "0"});
  AdvanceTime(200);
  EXPECT_EQ(Run({"memory", "prefixes"}), "nil");
}

TEST_F(CensusTest, FollowsWhatIsWrittenAndRestsOtherwise) {
  AddKeys("a:", 4, 100);
  EXPECT_THAT(Prefixes(), testing::ElementsAre("a: 0 4"));
  const int64_t begin = PassBegin();
  AdvanceTime(10'000);
  EXPECT_EQ(PassBegin(), begin);
  Run({"del", "a:1"});
  EXPECT_THAT(Prefixes(), testing::ElementsAre("a: 0 3"));
  EXPECT_GT(PassBegin(), begin);
  Run({"pexpire", "a:2", "1000"});
  Prefixes();
  AdvanceTime(1000);
  EXPECT_THAT(Prefixes(), testing::ElementsAre("a: 0 2"));
}

TEST_F(CensusTest, IsBoundedWhateverTheNames) {
  std::vector<Arguments> requests;
  for (int i = 0; i < 3000; ++i) {
    requests.push_back({"set", absl::StrCat("p", i, ":", std::string(300, 'x')), "x"});
    requests.push_back({"set", absl::StrCat("big:", i), std::string(400, 'x')});
  }
  client_.Pipeline(requests);
  TakePass();
  const resp::Value reply = client_.Run({"memory", "prefixes", "count", "5000"});
  EXPECT_EQ(Total("keys"), 6000);
  EXPECT_LE(Find(reply, "prefixes")->elements.size(), kv::KeyspaceCensus::kPrefixes);
  const resp::Value& first = Find(reply, "prefixes")->elements[0];
  EXPECT_EQ(Find(first, "prefix")->text, "big:");
  EXPECT_LE(Find(first, "error")->integer,
            Total("bytes") / static_cast<int64_t>(kv::KeyspaceCensus::kPrefixes));
}

TEST_F(CensusTest, NamesTheBiggestOfEachType) {
  AddKeys("s", 40, 10);
  Run({"set", "string", std::string(50'000, 'x')});
  Run({"rpush", "list", std::string(3000, 'x')});
  Run({"rpush", "longer", std::string(3000, 'x'), std::string(3000, 'x')});
  Run({"hset", "hash", "field", "value"});
  TakePass();
  const resp::Value reply = client_.Run({"memory", "bigkeys"});
  const resp::Value& strings = *Find(reply, "string");
  ASSERT_EQ(strings.elements.size(), kv::KeyspaceCensus::kBiggest);
  EXPECT_EQ(Find(strings.elements[0], "key")->text, "string");
  EXPECT_EQ(Find(strings.elements[0], "bytes")->integer,
            client_.Run({"memory", "usage", "string"}).integer);
  ASSERT_EQ(Find(reply, "list")->elements.size(), 2u);
  EXPECT_EQ(Find(Find(reply, "list")->elements[0], "key")->text, "longer");
  EXPECT_EQ(Find(reply, "hash")->elements.size(), 1u);
  EXPECT_EQ(Find(reply, "zset")->elements.size(), 0u);
  const resp::Value one = client_.Run({"memory", "bigkeys", "count", "1"});
  EXPECT_EQ(Find(one, "string")->elements.size(), 1u);
}

TEST_F(CensusTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(Run({"memory", "prefixes", "count", "0"}), "-ERR COUNT must be positive");
  EXPECT_EQ(Run({"memory", "prefixes", "bogus", "1"}), "-ERR syntax error");
  EXPECT_EQ(Run({"memory", "bigkeys", "count", "x"}),
            "-ERR value is not an integer or out of range");
}

// --- misses told apart ---

TEST_F(CommandTest, MissesOfExpiredKeysAreToldApart) {
  Run({"set", "key", "value", "px", "100"});
  Run({"get", "nosuch"});
  AdvanceTime(100);
  // The key was removed when it was due: only its trace is left.
  EXPECT_EQ(Run({"dbsize"}), "0");
  Run({"get", "key"});
  Run({"get", "key"});
  EXPECT_EQ(Info("keyspace_misses"), 3);
  EXPECT_EQ(Info("keyspace_misses_absent"), 1);
  EXPECT_EQ(Info("keyspace_misses_expired"), 2);
  EXPECT_EQ(Info("keyspace_misses_evicted"), 0);
  Run({"config", "resetstat"});
  EXPECT_EQ(Info("keyspace_misses_expired"), 0);
}

TEST_F(CommandTest, MissesInAnotherDatabaseAreNotOfExpiredKeys) {
  Run({"set", "key", "value", "px", "100"});
  AdvanceTime(100);
  Run({"select", "1"});
  Run({"get", "key"});
  EXPECT_EQ(Info("keyspace_misses_expired"), 0);
  EXPECT_EQ(Info("keyspace_misses_absent"), 1);
}

TEST_F(CommandTest, MissesOfEvictedKeysAreToldApart) {
  std::vector<Arguments> requests;
  for (int i = 0; i < 200; ++i)
    requests.push_back({"set", absl::StrCat(i), std::string(1000, 'x')});
  client_.Pipeline(requests);
  Run({"config", "set", "maxmemory-policy", "allkeys-random", "maxmemory", "1"});
  Run({"set", "trigger", "x"});
  server_.Settle();
  const int64_t evicted = Info("evicted_keys");
  ASSERT_GT(evicted, 0);
  Run({"config", "set", "maxmemory", "0"});
  for (int i = 0; i < 200; ++i) Run({"get", absl::StrCat(i)});
  Run({"get", "nosuch"});
  EXPECT_EQ(Info("keyspace_misses_evicted"), Info("keyspace_misses") - 1);
  EXPECT_EQ(Info("keyspace_misses_absent"), 1);
}

}  // namespace
}  // namespace tests
