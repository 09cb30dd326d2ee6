#include "kv/command/blocked_clients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kv {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Keys hold numbers of elements; a waiter takes one from the first of its keys that has some.
class BlockedClientsTest : public testing::Test {
 protected:
  void Wait(uint64_t client, std::vector<std::string> keys, int64_t timeout = 0) {
    blocked_.Block({.client = client, .keys = std::move(keys)}, timeout);
  }
  void Push(const std::string& key, int count = 1) {
    elements_[key] += count;
    blocked_.SignalReady(0, key);
  }
  // The clients that were served, in order.
  std::vector<uint64_t> Serve() {
    std::vector<uint64_t> served;
    blocked_.ServeReady(
        [&](const Waiter& waiter) {
          ++retries_;
          if (!Take(waiter)) return false;
          served.push_back(waiter.client);
          return true;
        },
        [&](int, std::string_view key) { return elements_[std::string(key)] > 0; });
    return served;
  }
  bool Take(const Waiter& waiter) {
    for (const std::string& key : waiter.keys) {
      if (refuses_.contains(waiter.client) || elements_[key] == 0) continue;
      --elements_[key];
      if (const auto next = feeds_.find(waiter.client); next != feeds_.end()) Push(next->second);
      return true;
    }
    return false;
  }

  SettableClock clock_;
  BlockedClients blocked_{clock_};
  std::map<std::string, int> elements_;
  std::map<uint64_t, std::string> feeds_;  // what a client is served, it pushes there
  std::map<uint64_t, bool> refuses_;
  int retries_ = 0;
};

TEST_F(BlockedClientsTest, AreServedInTheOrderOfTheirArrival) {
  for (const uint64_t client : {7, 3, 5}) Wait(client, {"key"});
  Push("key", 2);
  EXPECT_THAT(Serve(), ElementsAre(7, 3));
  EXPECT_EQ(blocked_.size(), 1u);
  Push("key");
  EXPECT_THAT(Serve(), ElementsAre(5));
  EXPECT_EQ(blocked_.keys(), 0u);
}

TEST_F(BlockedClientsTest, NobodyIsTriedOnceTheKeyIsGone) {
  for (uint64_t client = 0; client < 1000; ++client) Wait(client, {"key"});
  Push("key");
  EXPECT_THAT(Serve(), ElementsAre(0));
  EXPECT_EQ(retries_, 1);
}

TEST_F(BlockedClientsTest, WhoCannotBeServedKeepsItsPlaceAndHoldsNobodyUp) {
  refuses_[1] = true;
  Wait(1, {"key"});
  Wait(2, {"key"});
  Push("key", 2);
  EXPECT_THAT(Serve(), ElementsAre(2));
  refuses_.clear();
  Wait(3, {"key"});
  blocked_.SignalReady(0, "key");
  EXPECT_THAT(Serve(), ElementsAre(1));
}

TEST_F(BlockedClientsTest, OneOfSeveralKeysIsEnough) {
  Wait(1, {"a", "b"});
  Wait(2, {"b"});
  EXPECT_EQ(blocked_.keys(), 2u);
  Push("b");
  EXPECT_THAT(Serve(), ElementsAre(1));
  EXPECT_EQ(blocked_.keys(), 1u);
  Push("a");
  EXPECT_FALSE(blocked_.has_ready());
}

TEST_F(BlockedClientsTest, ChainsAreFollowed) {
  Wait(3, {"c"});
  Wait(2, {"b"});
  Wait(1, {"a"});
  feeds_ = {{1, "b"}, {2, "c"}};
  Push("a");
  EXPECT_THAT(Serve(), ElementsAre(1, 2, 3));
}

TEST_F(BlockedClientsTest, ACircleEnds) {
  Wait(1, {"a"});
  feeds_ = {{1, "a"}};
  Push("a");
  EXPECT_THAT(Serve(), ElementsAre(1));
  EXPECT_EQ(elements_["a"], 1);
}

TEST_F(BlockedClientsTest, WhoBlocksWhileAKeyIsServedWaitsForTheNextTime) {
  Wait(1, {"a"});
  elements_["a"] = 2;
  blocked_.SignalReady(0, "a");
  blocked_.ServeReady(
      [&](const Waiter& waiter) {
        if (waiter.client == 1) Wait(2, {"a"});
        return waiter.client == 1;
      },
      [](int, std::string_view) { return true; });
  EXPECT_NE(blocked_.Find(2), nullptr);
  EXPECT_EQ(blocked_.size(), 1u);
}

TEST_F(BlockedClientsTest, RemovalLeavesNothingBehind) {
  Wait(1, {"a", "b"}, 100);
  Push("a");
  const auto waiter = blocked_.Remove(1);
  ASSERT_NE(waiter, nullptr);
  EXPECT_THAT(waiter->keys, ElementsAre("a", "b"));
  EXPECT_EQ(blocked_.Remove(1), nullptr);
  EXPECT_THAT(Serve(), IsEmpty());
  EXPECT_EQ(blocked_.keys(), 0u);
  EXPECT_EQ(blocked_.TimeLeft(), Waiter::kForEver);
}

TEST_F(BlockedClientsTest, DeadlinesComeInTheirOrder) {
  Wait(1, {"a"}, 300);
  Wait(2, {"a"}, 100);
  Wait(3, {"a"});
  Wait(4, {"a"}, 100);
  EXPECT_EQ(blocked_.TimeLeft(), 100);
  clock_.AdvanceMicros(99);
  EXPECT_EQ(blocked_.TakeDue(), nullptr);
  clock_.AdvanceMicros(1);
  EXPECT_EQ(blocked_.TakeDue()->client, 2u);
  EXPECT_EQ(blocked_.TakeDue()->client, 4u);
  EXPECT_EQ(blocked_.TakeDue(), nullptr);
  clock_.AdvanceMicros(300);
  EXPECT_EQ(blocked_.TimeLeft(), 0);
  EXPECT_EQ(blocked_.TakeDue()->client, 1u);
  EXPECT_EQ(blocked_.TakeDue(), nullptr);
  EXPECT_EQ(blocked_.size(), 1u);
}

TEST_F(BlockedClientsTest, DatabasesAreApart) {
  blocked_.Block({.client = 1, .database = 0, .keys = {"a"}}, 0);
  blocked_.Block({.client = 2, .database = 1, .keys = {"a"}}, 0);
  blocked_.SignalReady(2, "a");
  EXPECT_FALSE(blocked_.has_ready());
  blocked_.SignalDatabase(1);
  elements_["a"] = 2;
  EXPECT_THAT(Serve(), ElementsAre(2));
}

}  // namespace
}  // namespace kv
