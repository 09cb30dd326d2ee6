#include <algorithm>

#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

constexpr char kNotASketch[] = "-WRONGTYPE Key is not a valid HyperLogLog string value.";
constexpr char kCorrupt[] = "-INVALIDOBJ Corrupted HLL object detected";

class HyperLogLogCommands : public CommandTest {
 protected:
  std::string Get(const std::string& key) { return client_.Run({"get", key}).text; }
  // Adds `count` elements that begin with `prefix`, in one call.
  void AddMany(const std::string& key, const std::string& prefix, int count) {
    Arguments command = {"pfadd", key};
    for (int i = 0; i < count; ++i) command.push_back(prefix + std::to_string(i));
    Run(command);
  }
};

TEST_F(HyperLogLogCommands, AddAndCount) {
  EXPECT_EQ(Run({"pfcount", "key"}), "0");
  EXPECT_EQ(Run({"pfadd", "key"}), "1");
  EXPECT_EQ(Run({"pfadd", "key"}), "0");
  EXPECT_EQ(Run({"pfcount", "key"}), "0");
  EXPECT_EQ(Run({"pfadd", "key", "a", "b", "c", "a"}), "1");
  EXPECT_EQ(Run({"pfadd", "key", "a", "b", "c"}), "0");
  EXPECT_EQ(Run({"pfcount", "key"}), "3");
  EXPECT_EQ(Run({"pfadd", "key", ""}), "1");
  EXPECT_EQ(Run({"pfcount", "key"}), "4");
  EXPECT_EQ(Run({"type", "key"}), "+string");
  EXPECT_EQ(Run({"object", "encoding", "key"}), "\"raw\"");
}

TEST_F(HyperLogLogCommands, TheCountIsCachedInTheString) {
  Run({"pfadd", "key", "a", "b", "c"});
  EXPECT_EQ(Get("key").substr(8, 8), std::string("\0\0\0\0\0\0\0\x80", 8));
  Run({"pfcount", "key"});
  EXPECT_EQ(Get("key").substr(8, 8), std::string("\3\0\0\0\0\0\0\0", 8));
  Run({"pfadd", "key", "a"});
  EXPECT_EQ(Get("key").substr(8, 8), std::string("\3\0\0\0\0\0\0\0", 8));
  Run({"pfadd", "key", "d"});
  EXPECT_EQ(Get("key").substr(8, 8), std::string("\3\0\0\0\0\0\0\x80", 8));
}

TEST_F(HyperLogLogCommands, SparseSketchesBecomeDenseAtTheConfiguredSize) {
  EXPECT_EQ(Run({"config", "get", "hll-sparse-max-bytes"}), "[\"hll-sparse-max-bytes\", \"3000\"]");
  AddMany("key", "x", 100);
  EXPECT_EQ(Run({"pfdebug", "encoding", "key"}), "+sparse");
  Run({"expire", "key", "100"});
  Run({"config", "set", "hll-sparse-max-bytes", "30"});
  EXPECT_EQ(Run({"pfadd", "key", "more"}), "1");
  EXPECT_EQ(Run({"pfdebug", "encoding", "key"}), "+dense");
  EXPECT_EQ(Run({"strlen", "key"}), "12304");
  EXPECT_EQ(Run({"ttl", "key"}), "100");
  EXPECT_EQ(Run({"pfcount", "key"}), "100");
}

TEST_F(HyperLogLogCommands, TheUnionIsCountedAndMerged) {
  AddMany("a", "x", 200);
  AddMany("b", "y", 200);
  Run({"pfadd", "b", "x0", "x1"});
  const std::string both = Run({"pfcount", "a", "absent", "b"});
  EXPECT_NEAR(std::stod(both), 400, 10);
  EXPECT_EQ(Run({"pfmerge", "d", "a", "absent", "b"}), "+OK");
  EXPECT_EQ(Run({"pfdebug", "encoding", "d"}), "+sparse");
  EXPECT_EQ(Run({"pfcount", "d"}), both);
  Run({"pfdebug", "todense", "b"});
  EXPECT_EQ(Run({"pfmerge", "a", "b"}), "+OK");
  EXPECT_EQ(Run({"pfdebug", "encoding", "a"}), "+dense");
  EXPECT_EQ(Run({"pfcount", "a"}), both);
  EXPECT_EQ(Run({"pfcount", "a", "b", "d"}), both);
}

TEST_F(HyperLogLogCommands, MergingNothingMakesAnEmptySketch) {
  EXPECT_EQ(Run({"pfmerge", "a", "absent"}), "+OK");
  EXPECT_EQ(Run({"pfmerge", "b"}), "+OK");
  EXPECT_EQ(Run({"exists", "a", "b"}), "2");
  EXPECT_EQ(Run({"pfcount", "a", "b"}), "0");
}

TEST_F(HyperLogLogCommands, OtherStringsAreRefused) {
  for (const std::string& value :
       {std::string("text"), std::string(), std::string("12"), std::string("HYLL"),
        "HYLL" + std::string(12300, '\2'), "HYLL" + std::string(1000, '\0')}) {
    Run({"set", "key", value});
    EXPECT_EQ(Run({"pfadd", "key", "a"}), kNotASketch);
    EXPECT_EQ(Run({"pfcount", "key"}), kNotASketch);
    EXPECT_EQ(Run({"pfcount", "absent", "key"}), kNotASketch);
    EXPECT_EQ(Run({"pfmerge", "key"}), kNotASketch);
    EXPECT_EQ(Run({"pfmerge", "other", "key"}), kNotASketch);
    EXPECT_EQ(Run({"pfdebug", "getreg", "key"}), kNotASketch);
    EXPECT_EQ(Run({"exists", "other"}), "0");
  }
}

TEST_F(HyperLogLogCommands, CorruptSketchesAreRefused) {
  Run({"pfadd", "key", "a", "b", "c"});
  Run({"append", "key", "hello"});
  const std::string corrupt = Get("key");
  EXPECT_EQ(Run({"pfcount", "key"}), kCorrupt);
  EXPECT_EQ(Run({"pfcount", "key", "absent"}), kCorrupt);
  EXPECT_EQ(Run({"pfmerge", "other", "key"}), kCorrupt);
  EXPECT_EQ(Run({"pfdebug", "todense", "key"}), kCorrupt);
  EXPECT_EQ(Run({"pfdebug", "getreg", "key"}), kCorrupt);
  EXPECT_EQ(Run({"pfdebug", "decode", "key"}), kCorrupt);
  EXPECT_EQ(Get("key"), corrupt);
  EXPECT_EQ(Run({"exists", "other"}), "0");
  Run({"setrange", "key", "16", std::string("\xff\x00", 2)});
  EXPECT_EQ(Run({"pfcount", "key"}), kCorrupt);
}

TEST_F(HyperLogLogCommands, Debug) {
  EXPECT_EQ(Run({"pfdebug", "encoding", "key"}), "-ERR The specified key does not exist");
  Run({"pfadd", "key", "a", "b", "c"});
  EXPECT_EQ(Run({"pfdebug", "decode", "key"}), "\"Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603\"");
  EXPECT_EQ(Run({"pfdebug", "frob", "key"}), "-ERR Unknown PFDEBUG subcommand 'frob'");
  const auto registers = client_.Run({"pfdebug", "getreg", "key"}).elements;
  ASSERT_EQ(registers.size(), 16384u);
  EXPECT_EQ(registers[8436].integer, 1);
  EXPECT_EQ(registers[12711].integer, 2);
  EXPECT_EQ(std::count_if(registers.begin(), registers.end(),
                          [](const resp::Value& value) { return value.integer != 0; }),
            3);
  EXPECT_EQ(Run({"pfdebug", "encoding", "key"}), "+dense");
  EXPECT_EQ(Run({"pfdebug", "todense", "key"}), "0");
  EXPECT_EQ(Run({"pfdebug", "decode", "key"}), "-ERR HLL encoding is not sparse");
  EXPECT_EQ(Run({"pfcount", "key"}), "3");
  EXPECT_EQ(Run({"pfselftest"}), "+OK");
}

}  // namespace
}  // namespace tests
