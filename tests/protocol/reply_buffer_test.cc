#include "protocol/reply_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>

namespace resp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Values that count how often they were released.
struct Value {
  explicit Value(std::string text) : bytes(std::move(text)) {}
  Pin pin() {
    return {bytes.data(), bytes.size(), this,
            [](void* owner) { ++static_cast<Value*>(owner)->releases; }};
  }
  std::string bytes;
  int releases = 0;
};

std::vector<std::string> Gather(const ReplyBuffer& buffer, size_t max_bytes = SIZE_MAX,
                                size_t max_parts = 64) {
  std::vector<iovec> parts(max_parts);
  parts.resize(buffer.Gather(parts, max_bytes));
  std::vector<std::string> bytes;
  bytes.reserve(parts.size());
  for (const iovec& part : parts) {
    bytes.emplace_back(static_cast<const char*>(part.iov_base), part.iov_len);
  }
  return bytes;
}

class ReplyBufferTest : public ::testing::Test {
 protected:
  ChunkPool pool_{2};
  ReplyBuffer buffer_{&pool_};
};

TEST_F(ReplyBufferTest, AnEmptyBufferHoldsNothing) {
  EXPECT_TRUE(buffer_.empty());
  EXPECT_EQ(buffer_.allocated_bytes(), 0u);
  EXPECT_THAT(Gather(buffer_), IsEmpty());
  buffer_.Append("abc");
  EXPECT_GT(buffer_.allocated_bytes(), Chunk::kCapacity);
  buffer_.Consume(3);
  EXPECT_EQ(buffer_.allocated_bytes(), 0u);
  EXPECT_EQ(pool_.chunks_in_use(), 0u);
}

TEST_F(ReplyBufferTest, ReserveThenCommitAppends) {
  memcpy(buffer_.Reserve(10), "abc", 3);
  buffer_.Commit(3);
  buffer_.Append("def");
  EXPECT_EQ(buffer_.size(), 6u);
  EXPECT_THAT(Gather(buffer_), ElementsAre("abcdef"));
}

TEST_F(ReplyBufferTest, LargeTextsSpanChunks) {
  const std::string large(3 * Chunk::kCapacity, 'x');
  buffer_.Append("head");
  buffer_.Append(large);
  EXPECT_EQ(buffer_.ToString(), "head" + large);
  EXPECT_EQ(pool_.chunks_in_use(), 4u);
}

TEST_F(ReplyBufferTest, ConsumesByteByByte) {
  Value first(std::string(5, 'p'));
  Value second(std::string(3, 'q'));
  buffer_.Append("ab");
  buffer_.AppendPinned(first.pin());
  buffer_.AppendPinned(second.pin());
  buffer_.Append("cd");
  EXPECT_THAT(Gather(buffer_), ElementsAre("ab", "ppppp", "qqq", "cd"));
  EXPECT_EQ(buffer_.pinned_bytes(), 8u);
  std::string rest = buffer_.ToString();
  while (!rest.empty()) {
    buffer_.Consume(1);
    rest.erase(0, 1);
    ASSERT_EQ(buffer_.ToString(), rest);
    ASSERT_EQ(buffer_.size(), rest.size());
    EXPECT_EQ(first.releases, rest.size() <= 5 ? 1 : 0);
    EXPECT_EQ(second.releases, rest.size() <= 2 ? 1 : 0);
  }
  EXPECT_EQ(buffer_.pinned_bytes(), 0u);
  EXPECT_EQ(buffer_.allocated_bytes(), 0u);
}

TEST_F(ReplyBufferTest, GatherHonoursItsBounds) {
  Value value("pinned");
  buffer_.Append("abc");
  buffer_.AppendPinned(value.pin());
  buffer_.Append("def");
  EXPECT_THAT(Gather(buffer_, 2), ElementsAre("ab"));
  EXPECT_THAT(Gather(buffer_, 5), ElementsAre("abc", "pi"));
  EXPECT_THAT(Gather(buffer_, SIZE_MAX, 2), ElementsAre("abc", "pinned"));
  EXPECT_THAT(Gather(buffer_, 0), IsEmpty());
  EXPECT_EQ(buffer_.size(), 12u);
  buffer_.Clear();
}

TEST_F(ReplyBufferTest, GatheredBytesStayWhereTheyAre) {
  buffer_.Append("first");
  std::array<iovec, 1> in_flight;
  ASSERT_EQ(buffer_.Gather(in_flight, SIZE_MAX), 1u);
  buffer_.Append(std::string(100'000, 'x'));
  EXPECT_EQ(std::string_view(static_cast<char*>(in_flight[0].iov_base), in_flight[0].iov_len),
            "first");
  EXPECT_EQ(Gather(buffer_)[0].substr(0, 6), "firstx");
}

TEST_F(ReplyBufferTest, ClearReleasesEveryPinOnce) {
  Value value("pinned");
  for (int i = 0; i < 1000; ++i) buffer_.AppendPinned(value.pin());
  buffer_.Consume(10 * value.bytes.size() + 1);
  EXPECT_EQ(value.releases, 10);
  buffer_.Clear();
  EXPECT_EQ(value.releases, 1000);
  EXPECT_TRUE(buffer_.empty());
  EXPECT_EQ(buffer_.pinned_bytes(), 0u);
}

TEST_F(ReplyBufferTest, AnEmptyPinIsReleasedAtOnce) {
  Value value("");
  buffer_.AppendPinned(value.pin());
  EXPECT_EQ(value.releases, 1);
  EXPECT_TRUE(buffer_.empty());
}

TEST_F(ReplyBufferTest, PinnedPiecesAloneNeedNoRoomForText) {
  Value value("value");
  buffer_.AppendPinned(value.pin());
  EXPECT_EQ(pool_.chunks_in_use(), 0u);
  EXPECT_GT(buffer_.allocated_bytes(), 0u);
  EXPECT_LT(buffer_.allocated_bytes(), 256u);
  buffer_.Append("text");
  EXPECT_EQ(pool_.chunks_in_use(), 1u);
  EXPECT_EQ(buffer_.ToString(), "valuetext");
  buffer_.Consume(9);
  EXPECT_EQ(buffer_.allocated_bytes(), 0u);
  EXPECT_EQ(value.releases, 1);
}

TEST_F(ReplyBufferTest, PiecesOfOneOwnerThatFollowEachOtherBecomeOne) {
  Value value("abcdef");
  const auto piece = [&](size_t begin, size_t size) {
    Pin pin = value.pin();
    pin.data += begin;
    pin.size = size;
    return pin;
  };
  buffer_.AppendPinned(piece(0, 2));
  buffer_.AppendPinned(piece(2, 2));
  EXPECT_THAT(Gather(buffer_), ElementsAre("abcd"));
  EXPECT_EQ(value.releases, 1);
  // Not behind a text, nor behind other bytes, nor behind a piece that is consumed.
  buffer_.Append("-");
  buffer_.AppendPinned(piece(4, 1));
  buffer_.AppendPinned(piece(4, 2));
  EXPECT_THAT(Gather(buffer_), ElementsAre("abcd", "-", "e", "ef"));
  EXPECT_EQ(buffer_.size(), 8u);
  EXPECT_EQ(buffer_.pinned_bytes(), 7u);
  buffer_.Consume(7);
  buffer_.AppendPinned(piece(0, 1));
  EXPECT_EQ(buffer_.ToString(), "fa");
  buffer_.Clear();
  EXPECT_EQ(value.releases, 5);
}

TEST_F(ReplyBufferTest, ShortSharedPiecesAreCopiedOnceThereAreMany) {
  Value value("..piece");
  const auto piece = [&] {
    Pin pin = value.pin();
    pin.data += 2;
    pin.size -= 2;
    return pin;
  };
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    buffer_.AppendShared(piece());
    expected += "piece";
  }
  EXPECT_EQ(buffer_.ToString(), expected);
  EXPECT_EQ(buffer_.pinned_bytes(), 16 * 5u);
  EXPECT_EQ(value.releases, 100 - 16);
  Value large(std::string(100'000, 'l'));
  buffer_.AppendShared(large.pin());
  EXPECT_EQ(buffer_.pinned_bytes(), 16 * 5u + 100'000);
  buffer_.Clear();
  EXPECT_EQ(value.releases, 100);
  EXPECT_EQ(large.releases, 1);
}

TEST_F(ReplyBufferTest, ABufferIsAppendedWhole) {
  Value value("pinned");
  ReplyBuffer other(&pool_);
  buffer_.Append(std::move(other));
  EXPECT_TRUE(buffer_.empty());
  other.AppendPinned(value.pin());
  other.Append("-text");
  buffer_.Append(std::move(other));
  EXPECT_EQ(buffer_.ToString(), "pinned-text");
  EXPECT_TRUE(other.empty());
  EXPECT_EQ(other.allocated_bytes(), 0u);
  other.Append("more");
  buffer_.Append(std::move(other));
  EXPECT_EQ(buffer_.ToString(), "pinned-textmore");
  buffer_.Consume(15);
  EXPECT_EQ(buffer_.allocated_bytes(), 0u);
  EXPECT_EQ(value.releases, 1);
}

TEST_F(ReplyBufferTest, MovingTakesTheBytesAlong) {
  Value value("pinned");
  buffer_.Append("a");
  buffer_.AppendPinned(value.pin());
  ReplyBuffer other(std::move(buffer_));
  EXPECT_EQ(other.ToString(), "apinned");
  EXPECT_EQ(buffer_.size(), 0u);  // NOLINT(bugprone-use-after-move): the moved-from state is empty
  ReplyBuffer third(&pool_);
  third.Append("lost");
  third = std::move(other);
  EXPECT_EQ(third.ToString(), "apinned");
  third.Clear();
  EXPECT_EQ(value.releases, 1);
}

TEST_F(ReplyBufferTest, ThePoolKeepsABoundedNumberOfChunks) {
  buffer_.Append(std::string(10 * Chunk::kCapacity, 'x'));
  EXPECT_EQ(pool_.chunks_in_use(), 10u);
  buffer_.Clear();
  EXPECT_EQ(pool_.chunks_in_use(), 0u);
  EXPECT_EQ(pool_.free_chunks(), 2u);
  pool_.Trim(0);
  EXPECT_EQ(pool_.free_chunks(), 0u);
}

TEST_F(ReplyBufferTest, AFilledSlotLeavesNoGap) {
  Value before("before"), inside("inside");
  buffer_.AppendPinned(before.pin());
  const ReplyBuffer::Slot outer = buffer_.OpenSlot();
  buffer_.AppendPinned(inside.pin());
  buffer_.Append("-a-");
  const ReplyBuffer::Slot inner = buffer_.OpenSlot();
  buffer_.Append("b");
  buffer_.FillSlot(inner, "(2)");
  buffer_.FillSlot(outer, "(1)");
  EXPECT_EQ(buffer_.ToString(), "before(1)inside-a-(2)b");
  EXPECT_EQ(buffer_.size(), buffer_.ToString().size());
  buffer_.Clear();
}

TEST_F(ReplyBufferTest, ASlotMayBeFilledFromALaterChunk) {
  const std::string body(3 * Chunk::kCapacity, 'x');
  buffer_.Append(std::string(Chunk::kCapacity - 30, 'a'));
  const ReplyBuffer::Slot slot = buffer_.OpenSlot();
  buffer_.Append(body);
  buffer_.FillSlot(slot, "(1)");
  buffer_.Append("end");
  EXPECT_EQ(buffer_.ToString(), std::string(Chunk::kCapacity - 30, 'a') + "(1)" + body + "end");
}

TEST_F(ReplyBufferTest, RandomUseAgreesWithAString) {
  std::mt19937 random(3);
  std::vector<std::unique_ptr<Value>> values;
  std::string model;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text(random() % (i % 50 == 0 ? 40'000 : 300),
                           static_cast<char>('a' + i % 26));
    switch (random() % 4) {
      case 0:
        buffer_.Append(text);
        model += text;
        break;
      case 1:
        values.push_back(std::make_unique<Value>(text));
        buffer_.AppendPinned(values.back()->pin());
        model += text;
        break;
      case 2: {
        const ReplyBuffer::Slot slot = buffer_.OpenSlot();
        buffer_.Append(text);
        buffer_.FillSlot(slot, "slot");
        model += "slot" + text;
        break;
      }
      default: {
        const size_t bytes = random() % (model.size() + 1);
        buffer_.Consume(bytes);
        model.erase(0, bytes);
      }
    }
    ASSERT_EQ(buffer_.size(), model.size());
    if (i % 16 == 0) {
      ASSERT_EQ(buffer_.ToString(), model);
    }
  }
  buffer_.Clear();
  for (const auto& value : values) ASSERT_EQ(value->releases, 1);
}

TEST_F(ReplyBufferTest, BeyondItsLimitItKeepsNothing) {
  constexpr size_t kLimit = 3 * Chunk::kCapacity;
  std::mt19937 random(3);
  std::vector<std::unique_ptr<Value>> values;
  for (int round = 0; round < 3; ++round) {
    buffer_.SetLimit(kLimit);
    for (int i = 0; i < 20'000; ++i) {
      const ReplyBuffer::Slot slot = buffer_.OpenSlot();
      buffer_.Append(std::string(random() % (i % 100 == 0 ? 3 * Chunk::kCapacity : 500), 'x'));
      values.push_back(std::make_unique<Value>("pinned"));
      buffer_.AppendPinned(values.back()->pin());
      buffer_.FillSlot(slot, "slot");
      ASSERT_LE(buffer_.allocated_bytes(), 2 * kLimit);
    }
    EXPECT_TRUE(buffer_.dropping());
    EXPECT_EQ(values.back()->releases, 1);
    buffer_.SetLimit(ReplyBuffer::kNoLimit);
    EXPECT_TRUE(buffer_.dropping()) << "what is missing stays missing";
    buffer_.Clear();
    EXPECT_FALSE(buffer_.dropping());
  }
  for (const auto& value : values) ASSERT_EQ(value->releases, 1);
}

}  // namespace
}  // namespace resp
