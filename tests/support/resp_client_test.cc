#include "tests/support/resp_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace tests {
namespace {

using resp::Value;
using ::testing::ElementsAre;

// The far end of the client's socket, whose turns write what the test prepared.
class RespClientTest : public ::testing::Test {
 protected:
  RespClientTest() : client_(Connect(), [this] { Turn(); }) {}
  ~RespClientTest() override {
    if (peer_ >= 0) close(peer_);
  }

  int Connect() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    peer_ = ends[1];
    return ends[0];
  }

  // The server answers with a few bytes each turn, then hangs up if it was told so.
  void Turn() {
    const std::string piece = answer_.substr(0, 5);
    answer_.erase(0, piece.size());
    if (!piece.empty()) {
      EXPECT_EQ(write(peer_, piece.data(), piece.size()), static_cast<ssize_t>(piece.size()));
    } else if (hang_up_) {
      close(std::exchange(peer_, -1));
      hang_up_ = false;
    }
  }

  std::string Received() {
    char bytes[1000];
    const ssize_t size = read(peer_, bytes, sizeof(bytes));
    return size > 0 ? std::string(bytes, static_cast<size_t>(size)) : "";
  }

  int peer_ = -1;
  std::string answer_;
  bool hang_up_ = false;
  RespClient client_;
};

TEST_F(RespClientTest, RunsARequest) {
  answer_ = "$5\r\nvalue\r\n";
  EXPECT_EQ(client_.Run({"get", "k"}), Value::Bulk("value"));
  EXPECT_EQ(Received(), "*2\r\n$3\r\nget\r\n$1\r\nk\r\n");
}

TEST_F(RespClientTest, RunsPipelines) {
  answer_ = "+OK\r\n:1\r\n";
  EXPECT_THAT(client_.Pipeline({{"set", "k", "1"}, {"exists", "k"}}),
              ElementsAre(Value::Simple("OK"), Value::Integer(1)));
}

TEST_F(RespClientTest, KeepsPushesApart) {
  answer_ = ">1\r\n+first\r\n+OK\r\n>1\r\n+second\r\n:2\r\n";
  EXPECT_EQ(client_.Run({"ping"}), Value::Simple("OK"));
  EXPECT_EQ(client_.ReceivePush().ToString(), ">[+first]");
  EXPECT_EQ(client_.ReceivePush().ToString(), ">[+second]");
  EXPECT_EQ(client_.Receive(), Value::Integer(2));
}

TEST_F(RespClientTest, ReceivesRawBytes) {
  answer_ = "$5\r\nvalue\r\n+rest";
  hang_up_ = true;
  EXPECT_EQ(client_.ReceiveRaw(8), "$5\r\nvalu");
  EXPECT_EQ(client_.ReceiveRawUntilEnd(), "e\r\n+rest");
}

TEST_F(RespClientTest, SeesTheEnd) {
  answer_ = "+OK\r\n";
  hang_up_ = true;
  EXPECT_FALSE(client_.AtEnd());
  EXPECT_EQ(client_.Receive(), Value::Simple("OK"));
  EXPECT_TRUE(client_.AtEnd());
  EXPECT_EQ(client_.Receive(), Value::Error("client: connection closed"));
  EXPECT_EQ(client_.Run({"ping"}), Value::Error("client: cannot send"));
}

TEST_F(RespClientTest, HasInputDoesNotWait) {
  EXPECT_FALSE(client_.HasInput());
  answer_ = ":1\r\n";
  EXPECT_TRUE(client_.HasInput());
}

TEST_F(RespClientTest, ReportsWhatIsNoReply) {
  answer_ = "?\r\n";
  EXPECT_EQ(client_.Receive(), Value::Error("client: unknown type '?'"));
}

}  // namespace
}  // namespace tests
