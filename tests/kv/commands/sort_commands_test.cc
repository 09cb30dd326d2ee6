#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/random.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

class SortCommands : public CommandTest {};

TEST_F(SortCommands, NumbersAndTexts) {
  Run({"rpush", "l", "10", "9", "-1", "1.5", "0x10", " 2", ""});
  EXPECT_EQ(Run({"sort", "l"}), "[\"-1\", \"\", \"1.5\", \" 2\", \"9\", \"10\", \"0x10\"]");
  EXPECT_EQ(Run({"sort", "l", "desc", "limit", "0", "2"}), "[\"0x10\", \"10\"]");
  EXPECT_EQ(Run({"sort", "l", "alpha"}),
            "[\"\", \" 2\", \"-1\", \"0x10\", \"1.5\", \"10\", \"9\"]");
  EXPECT_EQ(Run({"sort_ro", "l", "alpha", "desc", "limit", "5", "9"}), "[\" 2\", \"\"]");
  EXPECT_EQ(Run({"sort", "absent"}), "[]");
}

TEST_F(SortCommands, WhatIsNoNumberFails) {
  const std::string error = "-ERR One or more scores can't be converted into double";
  for (const char* text : {"x", "1 ", " ", "nan", "1e-400", "1e999"}) {
    Run({"del", "l"});
    Run({"rpush", "l", "1", text});
    EXPECT_EQ(Run({"sort", "l"}), error) << text;
    EXPECT_EQ(Run({"sort", "l", "store", "l"}), error) << text;
    EXPECT_EQ(Run({"llen", "l"}), "2");
  }
}

TEST_F(SortCommands, LimitsAreCutToTheElements) {
  Run({"rpush", "l", "3", "1", "2"});
  EXPECT_EQ(Run({"sort", "l", "limit", "-1", "2"}), "[\"1\", \"2\"]");
  EXPECT_EQ(Run({"sort", "l", "limit", "1", "-5"}), "[\"2\", \"3\"]");
  EXPECT_EQ(Run({"sort", "l", "limit", "5", "2"}), "[]");
  EXPECT_EQ(Run({"sort", "l", "limit", "0", "0"}), "[]");
  EXPECT_EQ(Run({"sort", "l", "limit", "1", "9223372036854775807"}), "[\"2\", \"3\"]");
}

TEST_F(SortCommands, ByAndGetFollowPatterns) {
  Run({"rpush", "l", "a", "b", "c"});
  Run({"mset", "w_a", "3", "w_b", "1", "w_c", "2"});
  Run({"hset", "h_a", "f", "1"});
  Run({"hset", "h_b", "f", "3"});
  Run({"hset", "h_c", "g", "2"});
  EXPECT_EQ(Run({"sort", "l", "by", "w_*"}), "[\"b\", \"c\", \"a\"]");
  EXPECT_EQ(Run({"sort", "l", "by", "h_*->f", "get", "#", "get", "h_*->f"}),
            "[\"c\", nil, \"a\", \"1\", \"b\", \"3\"]");
  // A constant, a hash without a field, a string with one, the first asterisk only.
  EXPECT_EQ(Run({"sort", "l", "by", "x", "limit", "0", "1", "get", "w_a", "get", "h_*", "get",
                 "h_*->", "get", "w_*->f", "get", "w_*", "get", "w_**"}),
            "[nil, nil, nil, nil, \"3\", nil]");
  Run({"set", "*x", "no"});
  Run({"set", "a->b", "arrow"});
  EXPECT_EQ(Run({"sort", "l", "alpha", "limit", "0", "1", "get", "*->b", "get", "*->"}),
            "[nil, nil]");
}

TEST_F(SortCommands, TiesGoByTheElementsOrTheirPlaces) {
  Run({"rpush", "l", "b", "a", "c"});
  EXPECT_EQ(Run({"sort", "l", "by", "w_*"}), "[\"a\", \"b\", \"c\"]");
  EXPECT_EQ(Run({"sort", "l", "by", "w_*", "desc"}), "[\"c\", \"b\", \"a\"]");
  EXPECT_EQ(Run({"sort", "l", "by", "w_*", "alpha"}), "[\"b\", \"a\", \"c\"]");
  EXPECT_EQ(Run({"sort", "l", "by", "w_*", "alpha", "desc"}), "[\"b\", \"a\", \"c\"]");
  Run({"set", "w_a", ""});
  EXPECT_EQ(Run({"sort", "l", "by", "w_*", "alpha"}), "[\"b\", \"c\", \"a\"]");
}

TEST_F(SortCommands, ByNosortKeepsTheOrder) {
  Run({"rpush", "l", "b", "a", "c"});
  EXPECT_EQ(Run({"sort", "l", "by", "nosort"}), "[\"b\", \"a\", \"c\"]");
  EXPECT_EQ(Run({"sort", "l", "by", "nosort", "desc"}), "[\"c\", \"a\", \"b\"]");
  EXPECT_EQ(Run({"sort", "l", "by", "nosort", "desc", "limit", "1", "5"}), "[\"a\", \"b\"]");
  EXPECT_EQ(Run({"sort", "l", "by", "nosort", "by", "w_*"}), "[\"b\", \"a\", \"c\"]");
  for (const char* largest : {"128", "0"}) {
    Run({"config", "set", "zset-max-listpack-entries", largest});
    Run({"del", "z"});
    Run({"zadd", "z", "1", "x", "2", "y", "3", "w", "4", "v"});
    EXPECT_EQ(Run({"sort", "z", "by", "nosort"}), "[\"x\", \"y\", \"w\", \"v\"]");
    EXPECT_EQ(Run({"sort", "z", "by", "nosort", "desc"}), "[\"v\", \"w\", \"y\", \"x\"]");
    EXPECT_EQ(Run({"sort", "z", "by", "nosort", "limit", "0", "1"}), "[\"x\"]");
    EXPECT_EQ(Run({"sort", "z", "by", "nosort", "desc", "limit", "0", "1"}), "[\"v\"]");
    EXPECT_EQ(Run({"sort", "z", "by", "nosort", "desc", "limit", "3", "9"}), "[\"x\"]");
    EXPECT_EQ(Run({"sort", "z", "by", "nosort", "limit", "4", "1"}), "[]");
  }
}

TEST_F(SortCommands, StoreMakesAList) {
  Run({"rpush", "l", "3", "1", "2"});
  Run({"set", "d", "x"});
  EXPECT_EQ(Run({"sort", "l", "store", "d"}), "3");
  EXPECT_EQ(Run({"lrange", "d", "0", "-1"}), "[\"1\", \"2\", \"3\"]");
  EXPECT_EQ(Run({"object", "encoding", "d"}), "\"listpack\"");
  EXPECT_EQ(Run({"sort", "l", "get", "absent_*", "store", "l"}), "3");
  EXPECT_EQ(Run({"lrange", "l", "0", "-1"}), "[\"\", \"\", \"\"]");
  EXPECT_EQ(Run({"sort", "absent", "store", "d"}), "0");
  EXPECT_EQ(Run({"exists", "d"}), "0");
  EXPECT_EQ(Run({"sort", "absent", "store", "d"}), "0");
  Run({"config", "set", "list-max-listpack-size", "2"});
  EXPECT_EQ(Run({"sort", "l", "store", "d"}), "3");
  EXPECT_EQ(Run({"object", "encoding", "d"}), "\"quicklist\"");
}

TEST_F(SortCommands, ASetIsStoredInOneOrderOnly) {
  Run({"config", "set", "set-max-listpack-entries", "0"});
  Run({"sadd", "s", "c", "a", "b"});
  EXPECT_EQ(Run({"sort", "s", "by", "nosort", "store", "d"}), "3");
  EXPECT_EQ(Run({"lrange", "d", "0", "-1"}), "[\"a\", \"b\", \"c\"]");
  EXPECT_EQ(Run({"sort", "s", "by", "nosort", "desc", "limit", "0", "2", "store", "d"}), "2");
  EXPECT_EQ(Run({"lrange", "d", "0", "-1"}), "[\"c\", \"b\"]");
  EXPECT_EQ(Run({"sort", "s", "by", "w_*", "alpha", "store", "d"}), "3");
  EXPECT_EQ(Run({"lrange", "d", "0", "-1"}), "[\"a\", \"b\", \"c\"]");
}

TEST_F(SortCommands, WhoWaitsForTheDestinationIsServed) {
  RespClient waiting = server_.Connect();
  waiting.Send({"blpop", "d", "0"});
  server_.Settle();
  Run({"rpush", "l", "2", "1"});
  EXPECT_EQ(Run({"sort", "l", "store", "d"}), "2");
  EXPECT_EQ(waiting.Receive().ToString(), "[\"d\", \"1\"]");
}

TEST_F(SortCommands, DueFieldsAreAbsent) {
  Run({"rpush", "l", "a", "b"});
  Run({"hset", "h_a", "f", "5", "g", "7"});
  Run({"hset", "h_b", "f", "3"});
  Run({"hpexpire", "h_a", "10", "fields", "1", "f"});
  Run({"hpexpire", "h_b", "10", "fields", "1", "f"});
  AdvanceTime(10);
  EXPECT_EQ(Run({"sort", "l", "alpha", "get", "h_*->f", "get", "h_*->g"}),
            "[nil, \"7\", nil, nil]");
}

TEST_F(SortCommands, Errors) {
  const std::string syntax = "-ERR syntax error";
  Run({"set", "s", "x"});
  Run({"rpush", "l", "1"});
  EXPECT_EQ(Run({"sort", "l", "x"}), syntax);
  EXPECT_EQ(Run({"sort", "l", "by"}), syntax);
  EXPECT_EQ(Run({"sort", "l", "get"}), syntax);
  EXPECT_EQ(Run({"sort", "l", "store"}), syntax);
  EXPECT_EQ(Run({"sort", "l", "limit", "1"}), syntax);
  EXPECT_EQ(Run({"sort_ro", "l", "store", "d"}), syntax);
  EXPECT_EQ(Run({"sort", "s", "x"}), syntax);
  EXPECT_EQ(Run({"sort", "l", "limit", "0", "x"}), "-ERR value is not an integer or out of range");
  EXPECT_EQ(Run({"sort", "s"}),
            "-WRONGTYPE Operation against a key holding the wrong kind of value");
}

TEST_F(SortCommands, KeysOfACall) {
  EXPECT_EQ(Run({"command", "getkeys", "sort", "k", "by", "store", "store", "d", "desc"}),
            "[\"k\", \"d\"]");
  EXPECT_EQ(Run({"command", "getkeys", "sort", "k", "store", "a", "store", "b"}), "[\"k\", \"b\"]");
  EXPECT_EQ(Run({"command", "getkeysandflags", "sort", "k", "store", "b"}),
            "[[\"k\", [+RO, +access]], [\"b\", [+OW, +update]]]");
  EXPECT_EQ(Run({"command", "getkeys", "sort_ro", "k", "get", "store"}), "[\"k\"]");
}

TEST_F(SortCommands, ManyElementsAsAModelSortsThem) {
  kv::Random random(77);
  std::vector<int64_t> numbers;
  for (int i = 0; i < 3000; ++i) {
    numbers.push_back(static_cast<int64_t>(random.Uniform(1'000'000)) - 500'000);
    Run({"rpush", "l", absl::StrCat(numbers.back())});
  }
  std::sort(numbers.begin(), numbers.end());
  for (const size_t first : {0, 7, 2995}) {
    const resp::Value part = client_.Run({"sort", "l", "limit", absl::StrCat(first), "100"});
    ASSERT_EQ(part.elements.size(), std::min<size_t>(100, numbers.size() - first));
    for (size_t i = 0; i < part.elements.size(); ++i) {
      EXPECT_EQ(part.elements[i].text, absl::StrCat(numbers[first + i]));
    }
  }
}

}  // namespace
}  // namespace tests
