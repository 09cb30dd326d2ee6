// A transaction of a gigabyte: refused with a clear error, and gone at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "kv/base/slab_memory.h"
#include "kv/store/store.h"
#include "tests/kv/server/backend_test.h"
#include "tests/support/test_server.h"

namespace tests {
namespace {

using resp::Value;
using ::testing::StartsWith;

constexpr std::string_view kTooLarge =
    "ERR Transaction is larger than client-query-buffer-limit allows";

// What a client may queue: by default a gigabyte. Less where all memory is watched.
#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr size_t kLimit = size_t{32} << 20;
#else
constexpr size_t kLimit = size_t{1} << 30;
#endif

class TransactionLimitTest : public ::testing::Test {
 protected:
  static kv::ServerOptions Options() {
    kv::ServerOptions options;
    options.client_query_buffer_limit = kLimit;
    return options;
  }
  size_t used() { return server_.server().store().memory().used(); }

  // Queues SETs of a value of so many bytes, `batch` at a time, until one is refused. Returns how
  // many were not. Somebody else is served all the while.
  size_t FillQueue(size_t value_bytes, size_t batch) {
    const std::string requests =
        Repeat(EncodeRequest({"set", "key", std::string(value_bytes, 'v')}), batch);
    for (size_t queued = 0; queued * value_bytes <= kLimit; queued += batch) {
      if (!client_.SendRaw(requests)) return 0;
      EXPECT_EQ(other_.Text({"ping"}), "+PONG");
      for (size_t i = 0; i < batch; ++i) {
        const Value reply = client_.Receive();
        if (reply == Value::Simple("QUEUED")) continue;
        EXPECT_EQ(reply, Value::Error(std::string(kTooLarge)));
        return queued + i;
      }
    }
    ADD_FAILURE() << "the queue has no end";
    return 0;
  }
  void ExpectGone(size_t used_before) {
    // The rest of the batch is neither kept nor refused anew.
    server_.Settle();
    EXPECT_LT(used(), used_before + kLimit / 100);
    EXPECT_EQ(other_.Text({"exists", "key"}), "0");
    EXPECT_GE(InfoNumber(&other_, "total_error_replies"), 1);
  }

  TestServer server_{Options()};
  RespClient client_ = server_.Connect();
  RespClient other_ = server_.Connect();
};

TEST_F(TransactionLimitTest, LargeArgumentsAreKeptAsTheyCame) {
  constexpr size_t kBytes = kLimit / 16;
  const size_t before = used();
  ASSERT_EQ(client_.Text({"multi"}), "+OK");
  EXPECT_EQ(FillQueue(kBytes, 1), 15u);
  ExpectGone(before);
  EXPECT_THAT(client_.Text({"exec"}), StartsWith("-EXECABORT"));
  EXPECT_EQ(client_.Text({"set", "key", "value"}), "+OK");
}

TEST_F(TransactionLimitTest, ManyRequestsAreDroppedAtOnce) {
  constexpr size_t kBytes = 16'000;
  constexpr size_t kBatch = 256;
  const size_t before = used();
  ASSERT_EQ(client_.Text({"multi"}), "+OK");
  const size_t queued = FillQueue(kBytes, kBatch);
  EXPECT_GT(queued, kLimit / (kBytes + 400));
  for (size_t i = queued % kBatch + 1; i < kBatch; ++i) {
    ASSERT_EQ(client_.Receive(), Value::Simple("QUEUED"));
  }
  ExpectGone(before);
  EXPECT_THAT(client_.Text({"exec"}), StartsWith("-EXECABORT"));
}

TEST_F(TransactionLimitTest, WhatFitsRunsWithoutBeingCopied) {
  constexpr size_t kBytes = kLimit / 32;
  const size_t before = used();
  ASSERT_EQ(client_.Text({"multi"}), "+OK");
  for (int i = 0; i < 4; ++i) {
    const std::string key = "key" + std::to_string(i);
    ASSERT_TRUE(client_.SendRaw(EncodeRequest({"set", key, std::string(kBytes, 'v')})));
    ASSERT_EQ(client_.Receive(), Value::Simple("QUEUED"));
  }
  EXPECT_LT(used(), before + 4 * kBytes + kLimit / 100);
  EXPECT_EQ(client_.Text({"exec"}), "[+OK, +OK, +OK, +OK]");
  EXPECT_LT(used(), before + 4 * kBytes + kLimit / 100);
  EXPECT_EQ(client_.Text({"strlen", "key3"}), std::to_string(kBytes));
  EXPECT_EQ(client_.Text({"getrange", "key3", "-3", "-1"}), "\"vvv\"");
}

}  // namespace
}  // namespace tests
