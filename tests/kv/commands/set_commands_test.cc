#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

constexpr char kWrongType[] = "-WRONGTYPE Operation against a key holding the wrong kind of value";

using Names = std::set<std::string>;

class SetCommands : public CommandTest {
 protected:
  // A set of the integers from `first` to before `last`.
  void Fill(const std::string& key, int first, int last) {
    Arguments command = {"sadd", key};
    for (int i = first; i < last; ++i) command.push_back(absl::StrCat(i));
    Run(command);
  }
  std::string EncodingOf(const std::string& key) { return Run({"object", "encoding", key}); }
  // The members of a reply, each of which comes once.
  Names MembersOf(const Arguments& command) {
    Names members;
    for (const resp::Value& member : client_.Run(command).elements) {
      EXPECT_TRUE(members.insert(member.text).second) << member.text;
    }
    return members;
  }
  // Chi-squared of how often each member was drawn, if all are equally likely.
  static double ChiSquared(const std::map<std::string, int>& drawn) {
    double all = 0;
    for (const auto& [member, times] : drawn) all += times;
    const double expected = all / static_cast<double>(drawn.size());
    double sum = 0;
    for (const auto& [member, times] : drawn) {
      sum += (times - expected) * (times - expected) / expected;
    }
    return sum;
  }
};

TEST_F(SetCommands, AddFindAndRemove) {
  EXPECT_EQ(Run({"sadd", "s", "a", "b", "a"}), "2");
  EXPECT_EQ(Run({"sadd", "s", "b"}), "0");
  EXPECT_EQ(Run({"scard", "s"}), "2");
  EXPECT_EQ(Run({"scard", "absent"}), "0");
  EXPECT_EQ(Run({"sismember", "s", "a"}), "1");
  EXPECT_EQ(Run({"sismember", "s", "c"}), "0");
  EXPECT_EQ(Run({"sismember", "absent", "a"}), "0");
  EXPECT_EQ(Run({"smismember", "s", "a", "c", "b"}), "[1, 0, 1]");
  EXPECT_EQ(Run({"smismember", "absent", "a", "c"}), "[0, 0]");
  EXPECT_EQ(MembersOf({"smembers", "s"}), (Names{"a", "b"}));
  EXPECT_EQ(Run({"smembers", "absent"}), "[]");
  EXPECT_EQ(Run({"srem", "s", "a", "c"}), "1");
  EXPECT_EQ(Run({"srem", "absent", "a"}), "0");
  EXPECT_EQ(Run({"srem", "s", "b", "b"}), "1");
  EXPECT_EQ(Run({"exists", "s"}), "0");
}

TEST_F(SetCommands, OtherTypesAreRejected) {
  Run({"set", "x", "1"});
  Run({"sadd", "s", "1"});
  const std::vector<Arguments> commands = {{"sadd", "x", "1"},
                                           {"srem", "x", "1"},
                                           {"scard", "x"},
                                           {"smembers", "x"},
                                           {"sismember", "x", "1"},
                                           {"smismember", "x", "1"},
                                           {"spop", "x"},
                                           {"srandmember", "x"},
                                           {"sscan", "x", "0"},
                                           {"smove", "x", "s", "1"},
                                           {"smove", "s", "x", "1"},
                                           {"sinter", "s", "x"},
                                           {"sinter", "absent", "x"},
                                           {"sunion", "x", "s"},
                                           {"sdiff", "s", "x"},
                                           {"sdiffcard", "2", "s", "x"},
                                           {"sinterstore", "d", "absent", "x"},
                                           {"sintercard", "2", "s", "x"}};
  for (const Arguments& command : commands) EXPECT_EQ(Run(command), kWrongType) << command[0];
  EXPECT_EQ(Run({"smove", "absent", "x", "1"}), "0");
}

TEST_F(SetCommands, EncodingsFollowTheSettings) {
  Fill("s", 0, 512);
  EXPECT_EQ(EncodingOf("s"), "\"intset\"");
  Run({"sadd", "s", "512"});
  EXPECT_EQ(EncodingOf("s"), "\"hashtable\"");
  Fill("t", 0, 100);
  Run({"sadd", "t", "text"});
  EXPECT_EQ(EncodingOf("t"), "\"listpack\"");
  Fill("t", 100, 127);
  EXPECT_EQ(EncodingOf("t"), "\"listpack\"");
  Run({"sadd", "t", "more"});
  EXPECT_EQ(EncodingOf("t"), "\"hashtable\"");
  Run({"sadd", "u", std::string(64, 'x')});
  EXPECT_EQ(EncodingOf("u"), "\"listpack\"");
  Run({"sadd", "u", std::string(65, 'x')});
  EXPECT_EQ(EncodingOf("u"), "\"hashtable\"");
  Run({"config", "set", "set-max-intset-entries", "2", "set-max-listpack-entries", "3"});
  Fill("v", 0, 3);
  EXPECT_EQ(EncodingOf("v"), "\"listpack\"");
  Fill("v", 0, 4);
  EXPECT_EQ(EncodingOf("v"), "\"hashtable\"");
}

TEST_F(SetCommands, Move) {
  Run({"sadd", "a", "1", "x"});
  Run({"sadd", "b", "1", "2"});
  EXPECT_EQ(Run({"smove", "a", "b", "y"}), "0");
  EXPECT_EQ(Run({"smove", "a", "b", "x"}), "1");
  EXPECT_EQ(Run({"smove", "a", "a", "1"}), "1");
  EXPECT_EQ(Run({"smove", "a", "a", "2"}), "0");
  EXPECT_EQ(Run({"smove", "a", "b", "1"}), "1");
  EXPECT_EQ(Run({"exists", "a"}), "0");
  EXPECT_EQ(MembersOf({"smembers", "b"}), (Names{"1", "2", "x"}));
  EXPECT_EQ(Run({"smove", "b", "c", "2"}), "1");
  EXPECT_EQ(EncodingOf("c"), "\"intset\"");
  EXPECT_EQ(Run({"smove", "absent", "c", "2"}), "0");
}

TEST_F(SetCommands, Algebra) {
  Run({"sadd", "a", "1", "2", "3", "x"});
  Run({"sadd", "b", "2", "3", "4"});
  Run({"sadd", "c", "3", "x"});
  EXPECT_EQ(MembersOf({"sunion", "a", "b", "absent"}), (Names{"1", "2", "3", "4", "x"}));
  EXPECT_EQ(MembersOf({"sinter", "a", "b"}), (Names{"2", "3"}));
  EXPECT_EQ(MembersOf({"sinter", "a", "absent"}), Names());
  EXPECT_EQ(MembersOf({"sdiff", "a", "b", "absent"}), (Names{"1", "x"}));
  EXPECT_EQ(MembersOf({"sdiff", "absent", "a"}), Names());
  EXPECT_EQ(Run({"sunionstore", "a", "a", "b"}), "5");
  EXPECT_EQ(Run({"scard", "a"}), "5");
  EXPECT_EQ(Run({"sinterstore", "d", "a", "b", "c"}), "1");
  EXPECT_EQ(EncodingOf("d"), "\"intset\"");
  EXPECT_EQ(Run({"sdiffstore", "d", "b", "a"}), "0");
  EXPECT_EQ(Run({"exists", "d"}), "0");
  Run({"set", "d", "string", "ex", "100"});
  EXPECT_EQ(Run({"sdiffstore", "d", "a", "b"}), "2");
  EXPECT_EQ(Run({"ttl", "d"}), "-1");
}

TEST_F(SetCommands, Cardinalities) {
  Fill("a", 0, 100);
  Fill("b", 40, 120);
  EXPECT_EQ(Run({"sintercard", "2", "a", "b"}), "60");
  EXPECT_EQ(Run({"sintercard", "2", "a", "b", "limit", "10"}), "10");
  EXPECT_EQ(Run({"sintercard", "2", "a", "b", "limit", "0"}), "60");
  EXPECT_EQ(Run({"sintercard", "2", "a", "absent"}), "0");
  EXPECT_EQ(Run({"sunioncard", "2", "a", "b"}), "120");
  EXPECT_EQ(Run({"sunioncard", "2", "a", "b", "limit", "110"}), "110");
  EXPECT_EQ(Run({"sdiffcard", "2", "a", "b"}), "40");
  EXPECT_EQ(Run({"sintercard", "0", "a"}), "-ERR numkeys should be greater than 0");
  EXPECT_EQ(Run({"sintercard", "3", "a", "b"}),
            "-ERR Number of keys can't be greater than number of args");
  EXPECT_EQ(Run({"sintercard", "1", "a", "limit", "-1"}), "-ERR LIMIT can't be negative");
  EXPECT_EQ(Run({"sintercard", "1", "a", "b"}), "-ERR syntax error");
}

TEST_F(SetCommands, RepliesAreSetsInResp3) {
  Run({"sadd", "s", "1"});
  client_.Run({"hello", "3"});
  EXPECT_EQ(Run({"smembers", "s"}), "~[\"1\"]");
  EXPECT_EQ(Run({"sunion", "s"}), "~[\"1\"]");
  EXPECT_EQ(Run({"sdiff", "absent"}), "~[]");
  EXPECT_EQ(Run({"srandmember", "s", "1"}), "[\"1\"]");
  EXPECT_EQ(Run({"spop", "s", "1"}), "~[\"1\"]");
  EXPECT_EQ(Run({"spop", "s"}), "nil");
}

TEST_F(SetCommands, AScanFindsEveryMember) {
  for (const int size : {5, 1000}) {
    Run({"del", "s"});
    Fill("s", 0, size);
    Names found;
    std::string cursor = "0";
    do {
      const resp::Value reply = client_.Run({"sscan", "s", cursor, "count", "20"});
      cursor = reply.elements[0].text;
      for (const resp::Value& member : reply.elements[1].elements) found.insert(member.text);
    } while (cursor != "0");
    EXPECT_EQ(found.size(), static_cast<size_t>(size));
  }
  EXPECT_EQ(Run({"sscan", "s", "0", "match", "99", "count", "5000"}), "[\"0\", [\"99\"]]");
  EXPECT_EQ(Run({"sscan", "absent", "0"}), "[\"0\", []]");
  EXPECT_EQ(Run({"sscan", "s", "x"}), "-ERR invalid cursor");
}

TEST_F(SetCommands, PoppingTakesMembersAway) {
  for (const int size : {20, 100, 1000}) {
    Fill("s", 0, size);
    if (size == 100) Run({"sadd", "s", "text"});
    size_t left = client_.Run({"smembers", "s"}).elements.size();
    EXPECT_EQ(Run({"spop", "s", "0"}), "[]");
    for (const size_t count : {size_t{1}, size_t{3}, left / 2}) {
      const Names popped = MembersOf({"spop", "s", absl::StrCat(count)});
      EXPECT_EQ(popped.size(), count);
      for (const std::string& member : popped) EXPECT_EQ(Run({"sismember", "s", member}), "0");
      left -= count;
      EXPECT_EQ(Run({"scard", "s"}), absl::StrCat(left));
    }
    const std::string member = client_.Run({"spop", "s"}).text;
    EXPECT_EQ(Run({"sismember", "s", member}), "0");
    EXPECT_EQ(MembersOf({"spop", "s", "100000"}).size(), left - 1);
    EXPECT_EQ(Run({"exists", "s"}), "0");
  }
  EXPECT_EQ(Run({"spop", "s"}), "nil");
  EXPECT_EQ(Run({"spop", "s", "5"}), "[]");
  EXPECT_EQ(Run({"spop", "s", "-1"}), "-ERR value is out of range, must be positive");
  EXPECT_EQ(Run({"spop", "s", "1", "2"}), "-ERR syntax error");
}

TEST_F(SetCommands, RandomMembersAreThoseOfTheSet) {
  Fill("s", 0, 10);
  EXPECT_EQ(MembersOf({"srandmember", "s", "10"}).size(), 10u);
  EXPECT_EQ(MembersOf({"srandmember", "s", "99"}).size(), 10u);
  EXPECT_EQ(MembersOf({"srandmember", "s", "4"}).size(), 4u);
  EXPECT_EQ(client_.Run({"srandmember", "s", "-50"}).elements.size(), 50u);
  EXPECT_EQ(Run({"srandmember", "s", "0"}), "[]");
  EXPECT_EQ(Run({"srandmember", "absent"}), "nil");
  EXPECT_EQ(Run({"srandmember", "absent", "-3"}), "[]");
  EXPECT_EQ(Run({"srandmember", "s", "x"}), "-ERR value is not an integer or out of range");
  EXPECT_EQ(Run({"scard", "s"}), "10");
}

// The bounds are exceeded by one seed in a hundred thousand, and the seeds are fixed.
TEST_F(SetCommands, RandomMembersAreFairInEveryForm) {
  constexpr double kBound = 54;  // 19 degrees of freedom
  Fill("ints", 0, 20);
  Fill("small", 0, 19);
  Run({"sadd", "small", "text"});
  Fill("large", 0, 2000);
  Run({"srandmember", "large", "5"});
  for (int i = 20; i < 2000; i += 20) {
    Arguments removal = {"srem", "large"};
    for (int k = i; k < i + 20; ++k) removal.push_back(absl::StrCat(k));
    Run(removal);
  }
  ASSERT_EQ(EncodingOf("ints"), "\"intset\"");
  ASSERT_EQ(EncodingOf("small"), "\"listpack\"");
  ASSERT_EQ(EncodingOf("large"), "\"hashtable\"");
  for (const char* key : {"ints", "small", "large"}) {
    // With repetition, several different ones, and one at a time.
    for (const char* count : {"-4000", "3", "9", ""}) {
      std::map<std::string, int> drawn;
      for (int round = 0; round < (count[0] == '-' ? 1 : 1000); ++round) {
        if (*count == '\0') {
          ++drawn[client_.Run({"srandmember", key}).text];
          continue;
        }
        for (const resp::Value& member : client_.Run({"srandmember", key, count}).elements) {
          ++drawn[member.text];
        }
      }
      EXPECT_EQ(drawn.size(), 20u);
      EXPECT_LT(ChiSquared(drawn), kBound) << key << " " << count;
    }
  }
}

TEST_F(SetCommands, PoppedMembersAreFairAlsoAfterManyWereRemoved) {
  constexpr double kBound = 54;
  for (const char* count : {"1", "4", ""}) {
    std::map<std::string, int> popped;
    for (int round = 0; round < 600; ++round) {
      Run({"del", "s"});
      Fill("s", 0, 20);
      Fill("s", 100, 700);
      Arguments removal = {"srem", "s"};
      for (int i = 100; i < 700; ++i) removal.push_back(absl::StrCat(i));
      Run(removal);
      if (*count == '\0') {
        ++popped[client_.Run({"spop", "s"}).text];
        continue;
      }
      for (const resp::Value& member : client_.Run({"spop", "s", count}).elements) {
        ++popped[member.text];
      }
    }
    EXPECT_EQ(popped.size(), 20u);
    EXPECT_LT(ChiSquared(popped), kBound) << count;
  }
}

}  // namespace
}  // namespace tests
