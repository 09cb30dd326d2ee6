#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

constexpr char kWrongType[] = "-WRONGTYPE Operation against a key holding the wrong kind of value";

class HashCommands : public CommandTest {
 protected:
  // A hash of fields f0, f1, ... with values v0, v1, ..., set one by one.
  void Fill(const std::string& key, int fields) {
    for (int i = 0; i < fields; ++i) {
      Run({"hset", key, absl::StrCat("f", i), absl::StrCat("v", i)});
    }
  }
  std::string EncodingOf(const std::string& key) { return Run({"object", "encoding", key}); }
  std::set<std::string> Fields(const Arguments& command) {
    std::set<std::string> fields;
    for (const resp::Value& field : client_.Run(command).elements) fields.insert(field.text);
    return fields;
  }
};

TEST_F(HashCommands, SetAndGet) {
  EXPECT_EQ(Run({"hset", "h", "a", "1", "b", "x"}), "2");
  EXPECT_EQ(Run({"hset", "h", "a", "2", "c", ""}), "1");
  EXPECT_EQ(Run({"hmset", "h", "d", "-7"}), "+OK");
  EXPECT_EQ(Run({"hget", "h", "a"}), "\"2\"");
  EXPECT_EQ(Run({"hget", "h", "absent"}), "nil");
  EXPECT_EQ(Run({"hget", "absent", "a"}), "nil");
  EXPECT_EQ(Run({"hmget", "h", "c", "absent", "d"}), "[\"\", nil, \"-7\"]");
  EXPECT_EQ(Run({"hmget", "absent", "a", "b"}), "[nil, nil]");
  EXPECT_EQ(Run({"hgetall", "h"}), "[\"a\", \"2\", \"b\", \"x\", \"c\", \"\", \"d\", \"-7\"]");
  EXPECT_EQ(Run({"hkeys", "h"}), "[\"a\", \"b\", \"c\", \"d\"]");
  EXPECT_EQ(Run({"hvals", "h"}), "[\"2\", \"x\", \"\", \"-7\"]");
  EXPECT_EQ(Run({"hgetall", "absent"}), "[]");
  EXPECT_EQ(Run({"hlen", "h"}), "4");
  EXPECT_EQ(Run({"hstrlen", "h", "d"}), "2");
  EXPECT_EQ(Run({"hstrlen", "h", "absent"}), "0");
  EXPECT_EQ(Run({"hexists", "h", "c"}), "1");
  EXPECT_EQ(Run({"hexists", "h", "absent"}), "0");
  EXPECT_EQ(Run({"type", "h"}), "+hash");
}

TEST_F(HashCommands, SetIfAbsent) {
  EXPECT_EQ(Run({"hsetnx", "h", "a", "1"}), "1");
  EXPECT_EQ(Run({"hsetnx", "h", "a", "2"}), "0");
  EXPECT_EQ(Run({"hget", "h", "a"}), "\"1\"");
}

TEST_F(HashCommands, AnEmptiedHashVanishes) {
  Run({"hset", "h", "a", "1", "b", "2"});
  EXPECT_EQ(Run({"hdel", "h", "absent"}), "0");
  EXPECT_EQ(Run({"hdel", "h", "a", "absent", "b", "a"}), "2");
  EXPECT_EQ(Run({"exists", "h"}), "0");
  EXPECT_EQ(Run({"hdel", "h", "a"}), "0");
}

TEST_F(HashCommands, WrongArgumentsAreRefused) {
  EXPECT_EQ(Run({"hset", "h", "a", "1", "b"}), "-ERR wrong number of arguments for 'hset' command");
  EXPECT_EQ(Run({"hmset", "h", "a", "1", "b"}),
            "-ERR wrong number of arguments for 'hmset' command");
  EXPECT_EQ(Run({"exists", "h"}), "0");
  Run({"set", "s", "v"});
  for (const Arguments& command : {Arguments{"hset", "s", "a", "1"},
                                   {"hmset", "s", "a", "1"},
                                   {"hsetnx", "s", "a", "1"},
                                   {"hget", "s", "a"},
                                   {"hmget", "s", "a"},
                                   {"hgetall", "s"},
                                   {"hkeys", "s"},
                                   {"hvals", "s"},
                                   {"hlen", "s"},
                                   {"hexists", "s", "a"},
                                   {"hstrlen", "s", "a"},
                                   {"hdel", "s", "a"},
                                   {"hincrby", "s", "a", "1"},
                                   {"hincrbyfloat", "s", "a", "1"},
                                   {"hrandfield", "s"},
                                   {"hscan", "s", "0"}}) {
    EXPECT_EQ(Run(command), kWrongType) << command[0];
  }
}

TEST_F(HashCommands, Counters) {
  EXPECT_EQ(Run({"hincrby", "h", "n", "5"}), "5");
  EXPECT_EQ(Run({"hincrby", "h", "n", "-7"}), "-2");
  EXPECT_EQ(Run({"hincrby", "h", "n", "9223372036854775807"}), "9223372036854775805");
  EXPECT_EQ(Run({"hincrby", "h", "n", "3"}), "-ERR increment or decrement would overflow");
  EXPECT_EQ(Run({"hincrbyfloat", "h", "f", "10.5"}), "\"10.5\"");
  EXPECT_EQ(Run({"hincrbyfloat", "h", "f", "0.1"}), "\"10.6\"");
  EXPECT_EQ(Run({"hincrbyfloat", "h", "f", "inf"}), "-ERR value is NaN or Infinity");
  Run({"hset", "h", "t", "text", "spaced", " 1"});
  EXPECT_EQ(Run({"hincrby", "h", "t", "1"}), "-ERR hash value is not an integer");
  EXPECT_EQ(Run({"hincrby", "h", "spaced", "1"}), "-ERR hash value is not an integer");
  EXPECT_EQ(Run({"hincrbyfloat", "h", "t", "1"}), "-ERR hash value is not a float");
  EXPECT_EQ(Run({"hincrby", "new", "n", "x"}), "-ERR value is not an integer or out of range");
  EXPECT_EQ(Run({"exists", "new"}), "0");
}

TEST_F(HashCommands, EncodingsFollowTheLimits) {
  Run({"config", "set", "hash-max-listpack-entries", "4", "hash-max-listpack-value", "10"});
  Fill("h", 4);
  EXPECT_EQ(EncodingOf("h"), "\"listpack\"");
  Run({"hset", "h", "f0", "0123456789"});
  EXPECT_EQ(EncodingOf("h"), "\"listpack\"");
  Run({"hset", "h", "more", "v"});
  EXPECT_EQ(EncodingOf("h"), "\"hashtable\"");
  EXPECT_EQ(Run({"hget", "h", "f0"}), "\"0123456789\"");
  Run({"hdel", "h", "f1", "f2", "f3", "more"});
  EXPECT_EQ(EncodingOf("h"), "\"hashtable\"");
  Run({"hset", "long", "f", "0123456789a"});
  EXPECT_EQ(EncodingOf("long"), "\"hashtable\"");
  Run({"hset", "field", "0123456789a", "v"});
  EXPECT_EQ(EncodingOf("field"), "\"hashtable\"");
  Run({"hsetnx", "once", "f", "0123456789a"});
  EXPECT_EQ(EncodingOf("once"), "\"hashtable\"");
}

// The same fields from a listpack and from a table.
class HashCommandsOfBothEncodings : public HashCommands, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    Run({"config", "set", "hash-max-listpack-entries", GetParam() ? "0" : "512"});
  }
};

INSTANTIATE_TEST_SUITE_P(, HashCommandsOfBothEncodings, testing::Bool(),
                         [](const auto& info) { return info.param ? "Table" : "Listpack"; });

TEST_P(HashCommandsOfBothEncodings, EverythingIsFoundAgain) {
  std::map<std::string, std::string> model;
  for (int i = 0; i < 300; ++i) {
    const std::string field = i % 3 == 0 ? absl::StrCat(i) : absl::StrCat("field", i);
    model[field] = std::string(static_cast<size_t>(i), 'x');
    EXPECT_EQ(Run({"hset", "h", field, model[field]}), "1");
  }
  for (int i = 0; i < 300; i += 7) {
    const std::string field = i % 3 == 0 ? absl::StrCat(i) : absl::StrCat("field", i);
    EXPECT_EQ(Run({"hdel", "h", field}), "1");
    model.erase(field);
  }
  EXPECT_EQ(Run({"hlen", "h"}), absl::StrCat(model.size()));
  for (const auto& [field, value] : model) {
    EXPECT_EQ(client_.Run({"hget", "h", field}).text, value);
  }
  Run({"copy", "h", "copy"});
  Run({"del", "h"});
  std::map<std::string, std::string> copied;
  const auto all = client_.Run({"hgetall", "copy"}).elements;
  for (size_t i = 0; i + 1 < all.size(); i += 2) copied[all[i].text] = all[i + 1].text;
  EXPECT_EQ(copied, model);
}

TEST_P(HashCommandsOfBothEncodings, ScanReportsEachField) {
  Fill("h", 500);
  std::set<std::string> seen;
  std::string cursor = "0";
  do {
    const resp::Value reply = client_.Run({"hscan", "h", cursor, "count", "20", "novalues"});
    ASSERT_EQ(reply.elements.size(), 2u);
    cursor = reply.elements[0].text;
    for (const resp::Value& field : reply.elements[1].elements) seen.insert(field.text);
  } while (cursor != "0");
  EXPECT_EQ(seen, Fields({"hkeys", "h"}));
  EXPECT_EQ(Run({"hscan", "h", "0", "match", "f499", "count", "1000"}),
            "[\"0\", [\"f499\", \"v499\"]]");
  EXPECT_EQ(Run({"hscan", "absent", "0", "count", "x"}), "[\"0\", []]");
  EXPECT_EQ(Run({"hscan", "h", "x"}), "-ERR invalid cursor");
  EXPECT_EQ(Run({"hscan", "h", "0", "count", "0"}), "-ERR syntax error");
}

TEST_P(HashCommandsOfBothEncodings, RandomFields) {
  Fill("h", 50);
  const std::set<std::string> all = Fields({"hkeys", "h"});
  EXPECT_EQ(Run({"hrandfield", "absent"}), "nil");
  EXPECT_EQ(Run({"hrandfield", "absent", "3"}), "[]");
  EXPECT_EQ(Run({"hrandfield", "h", "0"}), "[]");
  EXPECT_EQ(all.count(client_.Run({"hrandfield", "h"}).text), 1u);
  for (const int count : {1, 5, 16, 17, 40, 49}) {
    const std::set<std::string> some = Fields({"hrandfield", "h", absl::StrCat(count)});
    EXPECT_EQ(some.size(), static_cast<size_t>(count));
    EXPECT_TRUE(std::includes(all.begin(), all.end(), some.begin(), some.end()));
  }
  EXPECT_EQ(Fields({"hrandfield", "h", "50"}), all);
  EXPECT_EQ(Fields({"hrandfield", "h", "1000"}), all);
  EXPECT_EQ(client_.Run({"hrandfield", "h", "-120"}).elements.size(), 120u);
  const auto pairs = client_.Run({"hrandfield", "h", "-30", "withvalues"}).elements;
  ASSERT_EQ(pairs.size(), 60u);
  for (size_t i = 0; i < pairs.size(); i += 2) {
    EXPECT_EQ(pairs[i].text.substr(1), pairs[i + 1].text.substr(1));
  }
  Run({"hello", "3"});
  EXPECT_EQ(client_.Run({"hrandfield", "h", "2", "withvalues"}).elements[1].elements.size(), 2u);
}

// Chi-squared with 31 degrees of freedom exceeds 80 in three of a million runs.
TEST_P(HashCommandsOfBothEncodings, RandomFieldsAreFairAfterDeletions) {
  Fill("h", 400);
  Arguments deletion = {"hdel", "h"};
  for (int i = 32; i < 400; ++i) deletion.push_back(absl::StrCat("f", i));
  Run(deletion);
  constexpr int kDraws = 32'000;
  for (const std::string& count : {std::string("-8"), std::string("8")}) {
    std::map<std::string, int> drawn;
    for (int i = 0; i < kDraws / 8; ++i) {
      for (const auto& field : client_.Run({"hrandfield", "h", count}).elements) {
        ++drawn[field.text];
      }
    }
    EXPECT_EQ(drawn.size(), 32u);
    double chi_squared = 0;
    for (const auto& [field, times] : drawn) {
      const double expected = kDraws / 32.0;
      chi_squared += (times - expected) * (times - expected) / expected;
    }
    EXPECT_LT(chi_squared, 80) << count;
  }
}

TEST_F(HashCommands, TheDigestIgnoresOrderAndEncoding) {
  kv::ServerOptions options;
  options.enable_debug_command = kv::Permission::kEverybody;
  TestServer server(options);
  RespClient client = server.Connect();
  client.Run({"hset", "a", "x", "1", "y", "2"});
  client.Run({"hset", "b", "y", "2", "x", "1"});
  client.Run({"hset", "d", "x", "2", "y", "1"});
  client.Run({"config", "set", "hash-max-listpack-entries", "0"});
  client.Run({"hset", "c", "x", "1", "y", "2"});
  const auto digests = client.Run({"debug", "digest-value", "a", "b", "c", "d"}).elements;
  ASSERT_EQ(digests.size(), 4u);
  EXPECT_EQ(digests[0].text, digests[1].text);
  EXPECT_EQ(digests[0].text, digests[2].text);
  EXPECT_NE(digests[0].text, digests[3].text);
}

}  // namespace
}  // namespace tests
