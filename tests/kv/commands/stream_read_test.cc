// XREAD and XREADGROUP: how much they reply, and what is claimed when.
#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/kv/commands/replay_test.h"

namespace tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StreamReads : public Replay {
 protected:
  // The ids in the reply, by key: "s 1-0 2-0, t 1-0".
  std::string IdsOf(const resp::Value& reply) {
    std::vector<std::string> streams;
    for (const resp::Value& stream : reply.elements) {
      std::string text = stream.elements[0].text;
      for (const resp::Value& entry : stream.elements[1].elements) {
        absl::StrAppend(&text, " ", entry.elements[0].text);
      }
      streams.push_back(text);
    }
    return absl::StrJoin(streams, ", ");
  }
  std::string Ids(std::string_view line) { return IdsOf(client_.Run(Words(line))); }
  void Fill() {
    for (const char* key : {"s", "t", "u"}) {
      for (const char* id : {"1-0", "2-0", "3-0"}) {
        Run({"xadd", key, id, "f", std::string(100, 'x')});
      }
      Run({"xgroup", "create", key, "g", "0"});
    }
  }
};

TEST_F(StreamReads, HaveALimitForAllStreamsTogether) {
  Fill();
  EXPECT_EQ(Ids("xread maxcount 5 streams s t u 0 0 0"), "s 1-0 2-0 3-0, t 1-0 2-0");
  EXPECT_EQ(Ids("xread count 2 maxcount 3 streams s t u 0 0 0"), "s 1-0 2-0, t 1-0");
  EXPECT_EQ(Ids("xread count 1 maxcount 3 streams s t u + 2 0"), "s 3-0, t 3-0, u 1-0");
  EXPECT_EQ(Ids("xreadgroup group g c maxcount 4 streams s t u > > >"), "s 1-0 2-0 3-0, t 1-0");
  EXPECT_EQ(Ids("xreadgroup group g c maxcount 4 streams s t u 1 0 0"), "s 2-0 3-0, t 1-0, u");
  EXPECT_EQ(Ids("xreadgroup group g c maxcount 2 streams s t u 1 0 0"), "s 2-0 3-0");
  EXPECT_EQ(Run("xpending u g"), "[0, nil, nil, nil array]");
  EXPECT_EQ(Ids("xreadgroup group g d maxcount 4 claim 0 streams s t u > > >"),
            "s 1-0 2-0 3-0, t 1-0");
  // Nobody of this name has been seen where the reply was full.
  EXPECT_THAT(Run("xinfo consumers u g"), Not(HasSubstr("\"d\"")));
}

TEST_F(StreamReads, HaveALimitInBytes) {
  Fill();
  EXPECT_EQ(Ids("xread maxsize 1 streams s t u 0 0 0"), "s 1-0");
  EXPECT_EQ(Ids("xread maxsize 350 streams s t u 0 0 0"), "s 1-0 2-0");
  EXPECT_EQ(Ids("xread maxsize 800 streams s t u 0 0 0"), "s 1-0 2-0 3-0, t 1-0 2-0");
  EXPECT_EQ(Ids("xread maxcount 1 maxsize 800 streams s t u 0 0 0"), "s 1-0");
  EXPECT_EQ(Ids("xreadgroup group g c maxsize 1 streams t s > >"), "t 1-0");
  EXPECT_EQ(Run("xpending s g"), "[0, nil, nil, nil array]");
  EXPECT_EQ(Ids("xreadgroup group g c maxsize 350 streams t s > >"), "t 2-0 3-0");
  // What does not fit is not passed over for something smaller.
  Run({"xadd", "v", "1-0", "f", std::string(1'000, 'x')});
  EXPECT_EQ(Ids("xread maxsize 350 count 1 streams s v t 0 0 0"), "s 1-0");
}

TEST_F(StreamReads, RefuseLimitsThatAreNone) {
  EXPECT_EQ(Run("xread maxcount 0 streams s 0"), "-ERR MAXCOUNT must be a positive integer");
  EXPECT_EQ(Run("xread maxsize x streams s 0"), "-ERR MAXSIZE must be a positive integer");
  EXPECT_EQ(Run("xread count 2 maxcount 1 streams s 0"),
            "-ERR MAXCOUNT must be greater than or equal to COUNT");
  EXPECT_EQ(Run("xread count 0 maxcount 1 streams s 0"), "nil array");
  EXPECT_EQ(Run("xreadgroup group g c maxsize -1 streams s >"),
            "-ERR MAXSIZE must be a positive integer");
}

}  // namespace
}  // namespace tests
