#include "kv/command/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/test_server.h"

namespace kv {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

class SharedClockTest : public testing::Test {
 protected:
  // So many in one pipeline: they are executed in one block.
  void Repeat(int times, const tests::Arguments& request) {
    client_.Pipeline(std::vector<tests::Arguments>(static_cast<size_t>(times), request));
  }
  std::string Statistics() { return client_.Text({"info", "commandstats"}); }

  tests::TestServer server_;
  tests::RespClient client_ = server_.Connect();
};

TEST_F(SharedClockTest, EveryExecutionCountsWhoeverReadTheClock) {
  Repeat(7, {"set", "key", "value"});
  Repeat(10, {"get", "key"});
  EXPECT_THAT(Statistics(), HasSubstr("cmdstat_set:calls=7,"));
  EXPECT_THAT(Statistics(), HasSubstr("cmdstat_get:calls=10,"));
  const std::string histogram = client_.Text({"latency", "histogram", "get", "set"});
  EXPECT_THAT(histogram, HasSubstr(R"("get", ["calls", 10)"));
  EXPECT_THAT(histogram, HasSubstr(R"("set", ["calls", 7)"));
}

TEST_F(SharedClockTest, RejectedRequestsBetweenThemHaveNoPart) {
  client_.Pipeline({{"get", "key"}, {"get"}, {"get", "key"}, {"nosuch"}, {"exists", "key"}});
  EXPECT_THAT(Statistics(), ContainsRegex("cmdstat_get:calls=2,.*rejected_calls=1"));
  EXPECT_THAT(Statistics(), HasSubstr("cmdstat_exists:calls=1,"));
}

TEST_F(SharedClockTest, IsReadForEachWhereShortCommandsCountAsSlow) {
  client_.Text({"config", "set", "slowlog-log-slower-than", "0"});
  client_.Text({"slowlog", "reset"});
  Repeat(10, {"get", "key"});
  EXPECT_EQ(client_.Text({"slowlog", "len"}), "11");  // and SLOWLOG RESET
}

}  // namespace
}  // namespace kv
