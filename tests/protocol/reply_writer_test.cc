#include "protocol/reply_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace resp {
namespace {

class ReplyWriterTest : public ::testing::Test {
 protected:
  std::string Write(Version version, const std::function<void(ReplyWriter&)>& write) {
    ReplyBuffer buffer(&pool_);
    ReplyWriter writer(&buffer, version);
    write(writer);
    return buffer.ToString();
  }

  void ExpectReplies(const std::function<void(ReplyWriter&)>& write, std::string_view resp2,
                     std::string_view resp3) {
    EXPECT_EQ(Write(Version::kResp2, write), resp2);
    EXPECT_EQ(Write(Version::kResp3, write), resp3);
  }

  void ExpectReply(const std::function<void(ReplyWriter&)>& write, std::string_view reply) {
    ExpectReplies(write, reply, reply);
  }

  ChunkPool pool_;
};

TEST_F(ReplyWriterTest, TheUsualAnswers) {
  ExpectReply([](auto& w) { w.Ok(); }, "+OK\r\n");
  ExpectReply([](auto& w) { w.Pong(); }, "+PONG\r\n");
  ExpectReply([](auto& w) { w.Queued(); }, "+QUEUED\r\n");
  ExpectReply([](auto& w) { w.SimpleString("Background saving started"); },
              "+Background saving started\r\n");
}

TEST_F(ReplyWriterTest, ErrorsStayOnOneLine) {
  ExpectReply([](auto& w) { w.Error("ERR no such key"); }, "-ERR no such key\r\n");
  ExpectReply([](auto& w) { w.Error("ERR unknown command 'a\r\nb\n'"); },
              "-ERR unknown command 'a  b '\r\n");
}

TEST_F(ReplyWriterTest, Integers) {
  ExpectReply([](auto& w) { w.Integer(0); }, ":0\r\n");
  ExpectReply([](auto& w) { w.Integer(9); }, ":9\r\n");
  ExpectReply([](auto& w) { w.Integer(10); }, ":10\r\n");
  ExpectReply([](auto& w) { w.Integer(-1); }, ":-1\r\n");
  ExpectReply([](auto& w) { w.Integer(std::numeric_limits<int64_t>::min()); },
              ":-9223372036854775808\r\n");
  for (int64_t power = 1; power <= std::numeric_limits<int64_t>::max() / 10; power *= 10) {
    for (const int64_t value : {power - 1, power, -power, power + 12, power * 9}) {
      ExpectReply([&](auto& w) { w.Integer(value); }, ":" + std::to_string(value) + "\r\n");
    }
  }
}

TEST_F(ReplyWriterTest, BulkStrings) {
  ExpectReply([](auto& w) { w.Bulk(""); }, "$0\r\n\r\n");
  ExpectReply([](auto& w) { w.Bulk("a\r\nb"); }, "$4\r\na\r\nb\r\n");
  ExpectReply([](auto& w) { w.BulkInteger(-120); }, "$4\r\n-120\r\n");
  for (size_t size : {9, 10, 99, 4096, 4097, 16384, 100'000}) {
    const std::string bytes(size, 'x');
    ExpectReply([&](auto& w) { w.Bulk(bytes); },
                "$" + std::to_string(size) + "\r\n" + bytes + "\r\n");
  }
}

TEST_F(ReplyWriterTest, PinnedBulkStrings) {
  const std::string bytes(20'000, 'x');
  ExpectReply([&](auto& w) { w.BulkPinned({.data = bytes.data(), .size = bytes.size()}); },
              "$20000\r\n" + bytes + "\r\n");
}

TEST_F(ReplyWriterTest, Nothing) {
  ExpectReplies([](auto& w) { w.NullBulk(); }, "$-1\r\n", "_\r\n");
  ExpectReplies([](auto& w) { w.NullArray(); }, "*-1\r\n", "_\r\n");
}

TEST_F(ReplyWriterTest, Aggregates) {
  ExpectReply([](auto& w) { w.Array(12); }, "*12\r\n");
  ExpectReplies([](auto& w) { w.Map(3); }, "*6\r\n", "%3\r\n");
  ExpectReplies([](auto& w) { w.Set(3); }, "*3\r\n", "~3\r\n");
  ExpectReplies([](auto& w) { w.Push(3); }, "*3\r\n", ">3\r\n");
  EXPECT_EQ(Write(Version::kResp3, [](auto& w) { w.Attribute(1); }), "|1\r\n");
}

TEST_F(ReplyWriterTest, TypesThatOnlyResp3Has) {
  ExpectReplies([](auto& w) { w.Boolean(true); }, ":1\r\n", "#t\r\n");
  ExpectReplies([](auto& w) { w.Boolean(false); }, ":0\r\n", "#f\r\n");
  ExpectReplies([](auto& w) { w.Double(3.25); }, "$4\r\n3.25\r\n", ",3.25\r\n");
  ExpectReplies([](auto& w) { w.Double(-INFINITY); }, "$4\r\n-inf\r\n", ",-inf\r\n");
  ExpectReplies([](auto& w) { w.BigNumber("123456789012345678901234567890"); },
                "$30\r\n123456789012345678901234567890\r\n", "(123456789012345678901234567890\r\n");
  ExpectReplies([](auto& w) { w.Verbatim("txt", "a b"); }, "$3\r\na b\r\n", "=7\r\ntxt:a b\r\n");
}

TEST_F(ReplyWriterTest, DeferredAggregates) {
  auto write = [](ReplyWriter& w) {
    const auto map = w.BeginDeferred();
    w.Bulk("keys");
    const auto array = w.BeginDeferred();
    for (int i = 0; i < 12; ++i) w.Integer(i);
    w.EndDeferredArray(array, 12);
    w.EndDeferredMap(map, 1);
    const auto set = w.BeginDeferred();
    w.EndDeferredSet(set, 0);
  };
  const std::string array =
      "$4\r\nkeys\r\n*12\r\n:0\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n:9\r\n:10\r\n:11"
      "\r\n";
  ExpectReplies(write, "*2\r\n" + array + "*0\r\n", "%1\r\n" + array + "~0\r\n");
}

TEST_F(ReplyWriterTest, ADeferredArrayLargerThanAChunk) {
  std::string expected = "*50000\r\n";
  for (int i = 0; i < 50'000; ++i) expected += ":" + std::to_string(i) + "\r\n";
  ExpectReply(
      [](auto& w) {
        const auto array = w.BeginDeferred();
        for (int i = 0; i < 50'000; ++i) w.Integer(i);
        w.EndDeferredArray(array, 50'000);
      },
      expected);
}

}  // namespace
}  // namespace resp
