#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/slab_memory.h"
#include "kv/store/store.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

constexpr size_t kLimit = size_t{4} << 20;
constexpr size_t kValueBytes = 1000;
constexpr const char* kOutOfMemory = "-OOM command not allowed when used memory > 'maxmemory'.";

class MaxmemoryTest : public CommandTest {
 protected:
  void Limit(size_t bytes, const std::string& policy) {
    EXPECT_EQ(Run({"config", "set", "maxmemory", absl::StrCat(bytes), "maxmemory-policy", policy}),
              "+OK");
  }
  size_t Used() { return server_.server().store().memory().used(); }
  std::string Set(int key) {
    return Run({"set", absl::StrCat("key", key), std::string(kValueBytes, 'v')});
  }
  std::string SetVolatile(int key) {
    return Run({"set", absl::StrCat("volatile", key), std::string(kValueBytes, 'v'), "ex",
                absl::StrCat(1000 + key)});
  }
};

class EvictingPolicies : public MaxmemoryTest, public testing::WithParamInterface<const char*> {};

TEST_P(EvictingPolicies, MemoryStaysBelowTheLimit) {
  Limit(kLimit, GetParam());
  EXPECT_EQ(Run({"config", "get", "maxmemory-policy"}),
            absl::StrCat("[\"maxmemory-policy\", \"", GetParam(), "\"]"));
  constexpr int kKeys = 10 * kLimit / kValueBytes;
  for (int key = 0; key < kKeys; ++key) {
    ASSERT_EQ(SetVolatile(key), "+OK") << key;
    // One command may go beyond by what it writes itself, a segment of the table included.
    ASSERT_LE(Used(), kLimit + 8192) << key;
  }
  EXPECT_GT(Used(), kLimit / 2);
  EXPECT_GT(Info("evicted_keys"), kKeys / 2);
}

INSTANTIATE_TEST_SUITE_P(All, EvictingPolicies,
                         testing::Values("allkeys-lru", "allkeys-lfu", "allkeys-slru",
                                         "allkeys-random", "volatile-lru", "volatile-lfu",
                                         "volatile-slru", "volatile-random", "volatile-ttl"));

class VolatilePolicies : public MaxmemoryTest, public testing::WithParamInterface<const char*> {};

TEST_P(VolatilePolicies, KeysWithoutADeadlineStay) {
  constexpr int kEach = 1500;
  for (int key = 0; key < kEach; ++key) {
    EXPECT_EQ(Set(key), "+OK");
    EXPECT_EQ(SetVolatile(key), "+OK");
  }
  Limit(Used(), GetParam());
  int written = kEach;
  while (written < 3 * kEach && Set(written) == "+OK") ++written;
  // Room was made by every key that has a deadline, and no other.
  EXPECT_EQ(Set(written), kOutOfMemory);
  EXPECT_EQ(Info("evicted_keys"), kEach);
  EXPECT_EQ(Run({"dbsize"}), absl::StrCat(written));
  EXPECT_EQ(Run({"exists", "key0", "volatile0"}), "1");
  // What frees memory is served, and makes room.
  for (int key = 0; key < 100; ++key) Run({"del", absl::StrCat("key", key)});
  EXPECT_EQ(Set(0), "+OK");
}

INSTANTIATE_TEST_SUITE_P(All, VolatilePolicies,
                         testing::Values("volatile-lru", "volatile-lfu", "volatile-slru",
                                         "volatile-random", "volatile-ttl"));

TEST_F(MaxmemoryTest, NoevictionRefusesWhatNeedsMemory) {
  Set(1);
  Limit(1, "noeviction");
  for (const Arguments& command : std::vector<Arguments>{{"set", "a", "b"},
                                                         {"append", "key1", "b"},
                                                         {"incr", "number"},
                                                         {"mset", "a", "b"},
                                                         {"setrange", "key1", "1", "b"},
                                                         {"copy", "key1", "key2"}}) {
    EXPECT_EQ(Run(command), kOutOfMemory) << command[0];
  }
  EXPECT_EQ(Run({"strlen", "key1"}), "1000");
  EXPECT_EQ(Run({"ping"}), "+PONG");
  EXPECT_EQ(Run({"expire", "key1", "100"}), "1");
  EXPECT_EQ(Run({"del", "key1"}), "1");
  EXPECT_EQ(Info("evicted_keys"), 0);
  Limit(0, "noeviction");
  EXPECT_EQ(Set(1), "+OK");
}

TEST_F(MaxmemoryTest, AnEmptyStoreMakesNoRoom) {
  ASSERT_EQ(Used(), 0u);
  for (const std::string policy : {"noeviction", "allkeys-lru"}) {
    Limit(1, policy);
    EXPECT_EQ(Run({"set", "a", "b"}), kOutOfMemory) << policy;
    EXPECT_EQ(Run({"dbsize"}), "0");
  }
}

TEST_F(MaxmemoryTest, WhatClientsSendCounts) {
  Limit(kLimit, "allkeys-lru");
  for (int key = 0; key < 100; ++key) Set(key);
  ASSERT_EQ(Info("evicted_keys"), 0);
  RespClient dead = server_.Connect();
  std::string cut = "*9000\r\n";
  for (int i = 0; i < 8000; ++i) cut += "$1000\r\n" + std::string(1000, 'v') + "\r\n";
  ASSERT_TRUE(dead.SendRaw(cut));
  for (int tick = 0; tick < 200 && Info("evicted_keys") == 0; ++tick) server_.Settle();
  EXPECT_GT(Info("evicted_keys"), 0);
}

TEST_F(MaxmemoryTest, VolatileTtlEvictsTheNearestDeadlineFirst) {
  constexpr int kKeys = 3000;
  for (int key = 0; key < kKeys; ++key) SetVolatile(key);
  Limit(Used() - 1000 * kValueBytes, "volatile-ttl");
  EXPECT_EQ(Run({"set", "a", "b"}), "+OK");
  const int64_t evicted = Info("evicted_keys");
  EXPECT_GT(evicted, 500);
  // Nearly: the deadlines of these keys are a second apart, far ones are ordered by minutes.
  for (int key = 0; key < kKeys; ++key) {
    const std::string exists = Run({"exists", absl::StrCat("volatile", key)});
    if (key < evicted / 3) {
      EXPECT_EQ(exists, "0") << key;
    } else if (key > 2 * evicted) {
      EXPECT_EQ(exists, "1") << key;
    }
  }
}

TEST_F(MaxmemoryTest, LargeStringsAreNotEvictedInExcess) {
  const std::string text(size_t{256} << 10, 'x');
  for (int key = 0; key < 40; ++key) Run({"set", absl::StrCat(key), text});
  Limit(Used(), "allkeys-random");
  for (int key = 40; key < 60; ++key) EXPECT_EQ(Run({"set", absl::StrCat(key), text}), "+OK");
  EXPECT_LE(Info("evicted_keys"), 21);
  EXPECT_GE(Info("evicted_keys"), 19);
}

TEST_F(MaxmemoryTest, ObjectReportsWhatThePolicyTracks) {
  constexpr const char* kNoIdleTime = "-ERR An LFU maxmemory policy is selected, idle time not";
  for (const char* policy : {"noeviction", "allkeys-lru", "volatile-slru", "volatile-ttl"}) {
    Limit(0, policy);
    Run({"set", "key", "value"});
    AdvanceTime(10'000);
    EXPECT_EQ(Run({"object", "idletime", "key"}), "10") << policy;
    // What the sketch of hot keys knows of it.
    EXPECT_THAT(Run({"object", "freq", "key"}), testing::AnyOf("5", "6")) << policy;
    Run({"del", "key"});
  }
  for (const char* policy : {"allkeys-lfu", "volatile-lfu"}) {
    Limit(0, policy);
    Run({"set", "key", "value"});
    EXPECT_EQ(Run({"object", "freq", "key"}), "5") << policy;
    EXPECT_TRUE(Run({"object", "idletime", "key"}).starts_with(kNoIdleTime)) << policy;
    Run({"del", "key"});
  }
}

TEST_F(MaxmemoryTest, FrequencyGrowsWithUsesAndDecaysWithTime) {
  Limit(0, "allkeys-lfu");
  Run({"config", "set", "lfu-log-factor", "0", "lfu-decay-time", "1"});
  Run({"set", "key", "value"});
  for (int i = 0; i < 20; ++i) Run({"get", "key"});
  EXPECT_EQ(Run({"object", "freq", "key"}), "25");
  AdvanceTime(10 * 60'000);
  EXPECT_EQ(Run({"object", "freq", "key"}), "15");
  AdvanceTime(60 * 60'000);
  EXPECT_EQ(Run({"object", "freq", "key"}), "0");
}

TEST_F(MaxmemoryTest, MemoryReturnsAfterMassDeletion) {
  for (int key = 0; key < 30'000; ++key) Set(key);
  const kv::SlabMemory& memory = server_.server().store().memory();
  const size_t mapped = memory.mapped();
  EXPECT_GT(mapped, size_t{28} << 20);
  EXPECT_EQ(Run({"flushall", "async"}), "+OK");
  EXPECT_EQ(Run({"dbsize"}), "0");
  server_.Settle();
  AdvanceTime(1000);
  EXPECT_EQ(Info("lazyfree_pending_objects"), 0);
  EXPECT_EQ(Info("lazyfreed_objects"), 30'000);
  EXPECT_LT(memory.mapped(), size_t{12} << 20);
  EXPECT_EQ(Run({"memory", "purge"}), "+OK");
  server_.Settle();
  EXPECT_LT(memory.mapped(), size_t{2} << 20);
}

TEST_F(MaxmemoryTest, UnlinkOfALargeStringLeavesItToTheTicks) {
  Run({"set", "key", std::string(size_t{1} << 20, 'x')});
  Run({"unlink", "key"});
  server_.Settle();
  EXPECT_EQ(Info("lazyfree_pending_objects"), 0);
  EXPECT_EQ(Info("lazyfreed_objects"), 1);
  EXPECT_LT(Used(), size_t{1} << 20);
}

}  // namespace
}  // namespace tests
