#include "tools/load/workload.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

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
}

TEST(Workload, SequentialKeysComeOnceEachAndStartOver) {
  Workload workload({.command = Command::kGet, .keys = 3, .sequential = true}, 2);
  const std::string first(workload.Next(2));
  EXPECT_NE(first.find("key:000000000000"), std::string::npos);
  EXPECT_NE(first.find("key:000000000001"), std::string::npos);
  const std::string second(workload.Next(2));
  EXPECT_NE(second.find("key:000000000002"), std::string::npos);
  EXPECT_NE(second.find("key:000000000000"), std::string::npos);
}

TEST(Workload, AFewRequestsMayBeAskedForOfALargerBatch) {
  Workload workload({.command = Command::kMset, .value_bytes = 0}, 5);
  EXPECT_EQ(workload.keys_per_request(), Workload::kMsetKeys);
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
