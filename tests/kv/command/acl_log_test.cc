#include "kv/command/acl_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kv {
namespace {

using testing::ElementsAre;

class AclLogTest : public testing::Test {
 protected:
  void Add(const std::string& object, int64_t now = 0, size_t max_entries = 100) {
    log_.Add({.reason = "command", .context = "toplevel", .object = object, .user = "alice"}, now,
             max_entries);
  }
  // Object, count and id of each entry.
  std::vector<std::string> Entries() {
    std::vector<std::string> entries;
    for (const AclLogEntry& entry : log_.entries()) {
      entries.push_back(entry.object + " " + std::to_string(entry.count) + " #" +
                        std::to_string(entry.id));
    }
    return entries;
  }

  AclLog log_;
};

TEST_F(AclLogTest, CountsEqualRefusalsAndShowsTheLastFirst) {
  Add("get", 1000);
  Add("set", 2000);
  Add("get", 3000);
  EXPECT_THAT(Entries(), ElementsAre("get 2 #0", "set 1 #1"));
  EXPECT_EQ(log_.entries().front().created, 1000);
  EXPECT_EQ(log_.entries().front().last_update, 3000);
}

TEST_F(AclLogTest, ForgetsToCountAfterAMinute) {
  Add("get", 0);
  Add("get", 60'001);
  EXPECT_THAT(Entries(), ElementsAre("get 1 #1", "get 1 #0"));
}

TEST_F(AclLogTest, IsBounded) {
  for (int i = 0; i < 10; ++i) Add(std::to_string(i), 0, 2);
  EXPECT_THAT(Entries(), ElementsAre("9 1 #9", "8 1 #8"));
  Add("x", 0, 0);
  EXPECT_THAT(Entries(), ElementsAre());
}

}  // namespace
}  // namespace kv
