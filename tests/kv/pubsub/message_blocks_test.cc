#include "kv/pubsub/message_blocks.h"

#include <gtest/gtest.h>

#include <string>

namespace kv {
namespace {

class MessageBlocksTest : public ::testing::Test {
 protected:
  MessageBlocks::Text Append(std::string_view text) {
    resp::ReplyBuffer buffer(&pool_);
    buffer.Append(text);
    const MessageBlocks::Text appended = blocks_.Append(buffer);
    EXPECT_TRUE(buffer.empty());
    EXPECT_EQ(appended.size(), text.size());
    return appended;
  }

  SlabMemory memory_;
  resp::ChunkPool pool_;
  MessageBlocks blocks_{memory_};
  resp::ReplyBuffer output_{&pool_};
};

TEST_F(MessageBlocksTest, ReceiversShareOneText) {
  resp::ReplyBuffer other(&pool_);
  const MessageBlocks::Text text = Append("message");
  text.AppendTo(output_);
  text.AppendTo(other);
  EXPECT_EQ(output_.ToString(), "message");
  EXPECT_EQ(other.ToString(), "message");
  EXPECT_EQ(output_.pinned_bytes(), 7u);
  EXPECT_EQ(pool_.chunks_in_use(), 0u);
}

TEST_F(MessageBlocksTest, TextsInARowAreOnePiece) {
  for (const char* text : {"one,", "two,", "three"}) Append(text).AppendTo(output_);
  iovec parts[4];
  EXPECT_EQ(output_.Gather(parts, SIZE_MAX), 1u);
  EXPECT_EQ(output_.ToString(), "one,two,three");
}

TEST_F(MessageBlocksTest, ABlockLivesAsLongAsSomebodyRefersToIt) {
  const size_t used = memory_.used();
  Append(std::string(3000, 'a')).AppendTo(output_);
  Append(std::string(3000, 'b')).AppendTo(output_);  // does not fit into the same block
  blocks_.Drop();
  EXPECT_GT(memory_.used(), used + 6000);
  EXPECT_EQ(output_.ToString(), std::string(3000, 'a') + std::string(3000, 'b'));
  output_.Consume(3000);
  EXPECT_LT(memory_.used(), used + 6000);
  output_.Consume(3000);
  EXPECT_EQ(memory_.used(), used);
}

TEST_F(MessageBlocksTest, ALargeTextHasABlockOfItsOwn) {
  const std::string large(1'000'000, 'l');
  const size_t used = memory_.used();
  Append(large).AppendTo(output_);
  EXPECT_EQ(output_.ToString(), large);
  EXPECT_LT(memory_.used(), used + 2 * large.size());
}

}  // namespace
}  // namespace kv
