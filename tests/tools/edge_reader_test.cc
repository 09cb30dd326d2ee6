#include "tools/lab_servers/edge_reader.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

namespace lab {
namespace {

constexpr size_t kBufferBytes = 1024;
constexpr int kPatienceMilliseconds = 50;

// The two ends of a connection, one of them read by edges.
class EdgeReaderTest : public testing::Test {
 protected:
  EdgeReaderTest() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    peer_.Reset(ends[0]);
    socket_.Reset(ends[1]);
  }

  void Send(size_t size) {
    const std::string bytes(size, 'x');
    ASSERT_EQ(send(peer_.get(), bytes.data(), size, MSG_NOSIGNAL), static_cast<ssize_t>(size));
  }

  ae::FileDescriptor peer_;
  ae::FileDescriptor socket_;
};

TEST_F(EdgeReaderTest, DrainingReadsAllOfEveryMessage) {
  EdgeReader reader(socket_.get(), EdgeReader::Reading::kDrain, kBufferBytes);
  for (int i = 0; i < 10; ++i) {
    Send(8 * kBufferBytes + 1);
    EXPECT_EQ(reader.Read(8 * kBufferBytes + 1, kPatienceMilliseconds), 8 * kBufferBytes + 1);
  }
  EXPECT_EQ(reader.edges(), 10u);
}

TEST_F(EdgeReaderTest, ReadingOncePerEdgeLeavesTheRestUnheard) {
  EdgeReader reader(socket_.get(), EdgeReader::Reading::kOnce, kBufferBytes);
  Send(8 * kBufferBytes);
  EXPECT_EQ(reader.Read(8 * kBufferBytes, kPatienceMilliseconds), kBufferBytes);
  // A new edge tells of bytes; it still leaves more than it takes.
  Send(kBufferBytes);
  EXPECT_EQ(reader.Read(8 * kBufferBytes, kPatienceMilliseconds), kBufferBytes);
}

TEST_F(EdgeReaderTest, ReadingOnceSufficesForShortMessages) {
  EdgeReader reader(socket_.get(), EdgeReader::Reading::kOnce, kBufferBytes);
  for (int i = 0; i < 10; ++i) {
    Send(kBufferBytes / 2);
    EXPECT_EQ(reader.Read(kBufferBytes / 2, kPatienceMilliseconds), kBufferBytes / 2);
  }
}

}  // namespace
}  // namespace lab
