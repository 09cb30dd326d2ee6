#include "tools/load/workload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace load {
namespace {

TEST(Workload, WritesRequestsOfEachCommand) {
  EXPECT_EQ(Workload({.command = Command::kSet, .keys = 1}, 1).Next(1),
            "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n$3\r\nxxx\r\n");
  EXPECT_EQ(Workload({.command = Command::kGet, .keys = 1, .key_bytes = 18}, 1).Next(1),
            "*2\r\n$3\r\nGET\r\n$18\r\nkey:00000000000000\r\n");
  EXPECT_EQ(Workload({.command = Command::kIncr, .keys = 1}, 1).Next(1),
            "*2\r\n$4\r\nINCR\r\n$16\r\nctr:000000000000\r\n");
  EXPECT_EQ(Workload({.command = Command::kPing}, 2).Next(2),
            "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(Workload({.command = Command::kEcho, .value_bytes = 6}, 2).Next(2), "+xxx\r\n+xxx\r\n");
  EXPECT_EQ(Workload({.command = Command::kEcho, .value_bytes = 0}, 1).Next(1), "+x\r\n");
  EXPECT_EQ(Workload({.command = Command::kExists, .keys = 1}, 1).Next(1),
            "*2\r\n$6\r\nEXISTS\r\n$16\r\nmis:000000000000\r\n");
  EXPECT_EQ(Workload({.command = Command::kSetEx, .keys = 1}, 1).Next(1),
            "*5\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n$3\r\nxxx\r\n"
            "$2\r\nEX\r\n$4\r\n3600\r\n");
  EXPECT_EQ(Workload({.command = Command::kExpire, .keys = 1}, 1).Next(1),
            "*3\r\n$6\r\nEXPIRE\r\n$16\r\nkey:000000000000\r\n$4\r\n3600\r\n");
}

TEST(Workload, CollectionsHaveOneNameAndMembersThatVary) {
  EXPECT_EQ(Workload({.command = Command::kLpop, .container = "list"}, 1).Next(1),
            "*2\r\n$4\r\nLPOP\r\n$4\r\nlist\r\n");
  EXPECT_EQ(
      Workload({.command = Command::kHset, .keys = 1, .container = "h", .first_key = 7}, 1).Next(1),
      "*4\r\n$4\r\nHSET\r\n$1\r\nh\r\n$16\r\nkey:000000000007\r\n$3\r\nxxx\r\n");
  EXPECT_EQ(Workload({.command = Command::kZrange, .container = "z", .range = 300}, 1).Next(1),
            "*4\r\n$6\r\nZRANGE\r\n$1\r\nz\r\n$1\r\n0\r\n$3\r\n299\r\n");
  EXPECT_EQ(Workload({.command = Command::kZunionstore, .container = "z"}, 1).Next(1),
            "*5\r\n$11\r\nZUNIONSTORE\r\n$6\r\nresult\r\n$1\r\n2\r\n$1\r\nz\r\n"
            "$5\r\nother\r\n");
  Workload small({.command = Command::kSmallHash, .keys = 1}, 1);
  EXPECT_TRUE(small.Next(1).starts_with(
      "*22\r\n$4\r\nHSET\r\n$16\r\nkey:000000000000\r\n$2\r\nf0\r\n$2\r\nv0\r\n"));
}

TEST(Workload, ProgramsGetAKey) {
  EXPECT_EQ(Workload({.command = Command::kFcall, .keys = 1, .container = "f"}, 1).Next(1),
            "*4\r\n$5\r\nFCALL\r\n$1\r\nf\r\n$1\r\n1\r\n$16\r\nkey:000000000000\r\n");
}

TEST(Workload, ScoresAreDrawnForEachRequest) {
  Workload workload({.command = Command::kZadd, .keys = 1, .container = "z"}, 2);
  std::set<std::string> requests;
  for (int i = 0; i < 50; ++i) {
    const std::string both(workload.Next(2));
    requests.insert(both.substr(0, both.size() / 2));
    requests.insert(both.substr(both.size() / 2));
  }
  EXPECT_EQ(requests.size(), 100u);
  EXPECT_TRUE(requests.begin()->starts_with("*4\r\n$4\r\nZADD\r\n$1\r\nz\r\n$9\r\n"));
}

TEST(Workload, DeadlinesLieInTheirSpan) {
  constexpr uint64_t kFrom = 1'900'000'000'123;
  Workload workload({.command = Command::kSetPxAt,
                     .keys = 10,
                     .order = KeyOrder::kSequential,
                     .deadline_from = kFrom,
                     .deadline_span = 50},
                    4);
  std::set<uint64_t> deadlines;
  for (int i = 0; i < 200; ++i) {
    const std::string requests(workload.Next(3));
    for (size_t at = 0; (at = requests.find("$13\r\n", at)) != std::string::npos; ++at) {
      deadlines.insert(std::stoull(requests.substr(at + 5, 13)));
    }
  }
  EXPECT_EQ(deadlines.size(), 50u);
  EXPECT_EQ(*deadlines.begin(), kFrom);
  EXPECT_EQ(*deadlines.rbegin(), kFrom + 49);
}

TEST(Workload, ShuffledKeysComeOnceEachInTheOrderOfTheSeed) {
  const auto keys = [](uint64_t count, uint64_t seed) {
    Workload workload(
        {.command = Command::kGet, .keys = count, .seed = seed, .order = KeyOrder::kShuffled}, 1);
    std::vector<std::string> sequence;
    for (uint64_t i = 0; i < count; ++i) sequence.emplace_back(workload.Next(1));
    return sequence;
  };
  for (const uint64_t count : {1, 2, 3, 16, 17, 1000}) {
    const std::vector<std::string> sequence = keys(count, 7);
    EXPECT_EQ(std::set<std::string>(sequence.begin(), sequence.end()).size(), count);
  }
  EXPECT_EQ(keys(1000, 1), keys(1000, 1));
  EXPECT_NE(keys(1000, 1), keys(1000, 2));
  std::vector<std::string> sorted = keys(1000, 1);
  std::sort(sorted.begin(), sorted.end());
  EXPECT_NE(keys(1000, 1), sorted);
}

TEST(Workload, SequentialKeysComeOnceEachAndStartOver) {
  Workload workload({.command = Command::kGet, .keys = 3, .order = KeyOrder::kSequential}, 2);
  const std::string first(workload.Next(2));
  EXPECT_NE(first.find("key:000000000000"), std::string::npos);
  EXPECT_NE(first.find("key:000000000001"), std::string::npos);
  const std::string second(workload.Next(2));
  EXPECT_NE(second.find("key:000000000002"), std::string::npos);
  EXPECT_NE(second.find("key:000000000000"), std::string::npos);
}

TEST(Workload, AFewRequestsMayBeAskedForOfALargerBatch) {
  Workload workload({.command = Command::kMset, .value_bytes = 0}, 5);
  EXPECT_EQ(KeysPerRequest(Command::kMset), 10u);
  const size_t one = workload.Next(1).size();
  EXPECT_EQ(workload.Next(3).size(), 3 * one);
}

TEST(Workload, RandomKeysCoverTheKeySpaceAndFollowTheSeed) {
  const auto keys = [](uint64_t seed) {
    Workload workload({.command = Command::kGet, .keys = 100, .seed = seed}, 1);
    std::string sequence;
    std::set<std::string> distinct;
    for (int i = 0; i < 2000; ++i) {
      const std::string request(workload.Next(1));
      distinct.insert(request);
      sequence += request;
    }
    EXPECT_EQ(distinct.size(), 100u);
    return sequence;
  };
  EXPECT_EQ(keys(1), keys(1));
  EXPECT_NE(keys(1), keys(2));
}

}  // namespace
}  // namespace load
