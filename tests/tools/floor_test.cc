#include "tools/floor/floor.h"

#include <gtest/gtest.h>

namespace floor_server {
namespace {

TEST(Floor, CountsRequestsAtTheirHeaders) {
  EXPECT_EQ(CountRequests(""), 0u);
  EXPECT_EQ(CountRequests("*1\r\n$4\r\nPING\r\n"), 1u);
  EXPECT_EQ(CountRequests("ey\r\n*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET"), 2u);
}

TEST(Floor, AnswersEachRequest) {
  const Replies replies;
  EXPECT_EQ(replies.To(0), "");
  EXPECT_EQ(replies.To(3), "+OK\r\n+OK\r\n+OK\r\n");
}

}  // namespace
}  // namespace floor_server
