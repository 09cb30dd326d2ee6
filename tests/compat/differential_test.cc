// The same commands, thousands of them, for redis-server and for solokv: the replies are compared
// byte for byte. Where a reply may differ, comparison.cc says how far and why.
//
// The seeds are fixed; COMPAT_SEED=n adds n to them for a run on other commands.
#include "tests/compat/differential_test.h"

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kv/base/clock.h"
#include "tests/compat/acl_patterns.h"
#include "tests/compat/command_generator.h"
#include "tests/compat/conversation.h"
#include "tests/compat/key_patterns.h"
#include "tests/compat/list_patterns.h"
#include "tests/compat/script_patterns.h"
#include "tests/compat/set_patterns.h"
#include "tests/compat/stream_patterns.h"
#include "tests/compat/string_patterns.h"
#include "tests/compat/zset_patterns.h"

namespace tests {
namespace {

using Patterns = std::vector<std::string>;

// --- random commands ---

struct RunOptions {
  int protocol;
  bool relative_times;
  uint64_t seed;
};

class RandomCommands : public Differential, public testing::WithParamInterface<RunOptions> {
 protected:
  static constexpr int kRounds = 120;
  static constexpr int kCommandsPerRound = 60;
};

TEST_P(RandomCommands, GetTheSameReplies) {
  const RunOptions& run = GetParam();
  const uint64_t seed = Seed(run.seed);
  CommandGenerator generator(seed);
  generator.set_time_origin(kv::SystemClock().WallMillis());
  std::vector<Patterns> families = {StringPatterns(run.relative_times),
                                    StringPatterns(run.relative_times),
                                    KeyPatterns(run.relative_times),
                                    BitmapPatterns(),
                                    HyperLogLogPatterns(),
                                    ListPatterns(),
                                    HashPatterns(),
                                    SetPatterns(),
                                    SortPatterns(),
                                    ZsetPatterns(),
                                    GeoPatterns(),
                                    ScriptPatterns(),
                                    FunctionPatterns(),
                                    StreamPatterns(),
                                    AclPatterns()};
  Conversation conversation(redis_.Connect(), solokv_.Connect(), run.relative_times);
  conversation.Compare({"hello", std::to_string(run.protocol)});
  families.push_back(ConnectionPatterns(run.protocol));
  for (int round = 0; round < kRounds && conversation.differences() < 40; ++round) {
    std::vector<Arguments> commands;
    for (int i = 0; i < kCommandsPerRound; ++i) {
      const uint64_t family = generator.random().Uniform(3 * families.size()) / 3;
      commands.push_back(generator.Next(families[family]));
    }
    conversation.CompareAll(commands);
    conversation.CompareScan({});
    conversation.CompareScan(generator.Expand("match @pattern count @one{1|5|1000} type string"));
    if (round % 8 == 7) conversation.CompareDatabase();
  }
  std::printf("seed %s: %zu replies compared\n", std::to_string(seed).c_str(),
              conversation.compared());
  EXPECT_GE(conversation.compared(), size_t{kRounds * kCommandsPerRound});
  EXPECT_EQ(conversation.differences(), 0u) << "seed " << seed;
}

INSTANTIATE_TEST_SUITE_P(All, RandomCommands,
                         testing::Values(RunOptions{2, true, 1}, RunOptions{2, false, 2},
                                         RunOptions{3, true, 3}, RunOptions{3, false, 4}),
                         [](const testing::TestParamInfo<RunOptions>& info) {
                           return std::string("Resp") + std::to_string(info.param.protocol) +
                                  (info.param.relative_times ? "RelativeTimes" : "AbsoluteTimes");
                         });

// Transactions of which some are broken by another client.
TEST_P(RandomCommands, GetTheSameRepliesInTransactions) {
  const RunOptions& run = GetParam();
  const uint64_t seed = Seed(run.seed);
  CommandGenerator generator(seed);
  generator.set_time_origin(kv::SystemClock().WallMillis());
  const std::vector<Patterns> families = {StringPatterns(/*relative_times=*/false), ListPatterns(),
                                          TransactionPatterns(), TransactionPatterns()};
  Conversation conversation(redis_.Connect(), solokv_.Connect(), false);
  Conversation others(redis_.Connect(), solokv_.Connect(), false);
  conversation.Compare({"hello", std::to_string(run.protocol)});
  for (int i = 0; i < 2'000 && conversation.differences() < 10; ++i) {
    conversation.Compare(generator.Next(families[generator.random().Uniform(families.size())]));
    if (generator.random().Uniform(4) == 0) others.Compare(generator.Next(families[0]));
  }
  EXPECT_EQ(conversation.differences() + others.differences(), 0u) << "seed " << seed;
}

TEST_F(Differential, HelloSetsTheName) {
  Conversation conversation(redis_.Connect(), solokv_.Connect(), false);
  for (const char* name : {"name", "", "a b", "a\nb", "\xff", "0"}) {
    conversation.Compare({"hello", "2", "setname", name});
    conversation.Compare({"client", "getname"});
  }
  EXPECT_EQ(conversation.differences(), 0u);
}

// --- ids of streams ---

TEST_F(Differential, IdsMayBeWrittenLoosely) {
  using namespace std::string_literals;
  const std::string spaces(125, ' ');
  Conversation conversation(redis_.Connect(), solokv_.Connect(), false);
  for (const std::string& number : {"1"s,
                                    " 1"s,
                                    "  1"s,
                                    "\t1"s,
                                    "\n\v\f\r1"s,
                                    "1 "s,
                                    " "s,
                                    ""s,
                                    "+1"s,
                                    "-1"s,
                                    " -1"s,
                                    " +1"s,
                                    "+ 1"s,
                                    "- 1"s,
                                    "--1"s,
                                    "+-1"s,
                                    "01"s,
                                    "00"s,
                                    "-0"s,
                                    "-00"s,
                                    "0x1"s,
                                    "1e1"s,
                                    "1.0"s,
                                    "1\0"s,
                                    "1\0x"s,
                                    "\0"s,
                                    "18446744073709551615"s,
                                    "18446744073709551616"s,
                                    "018446744073709551615"s,
                                    " 18446744073709551616"s,
                                    "-9223372036854775808"s,
                                    "-9223372036854775809"s,
                                    "-18446744073709551615"s,
                                    "-18446744073709551616"s,
                                    spaces + "1",
                                    spaces + " 1",
                                    spaces + "  1",
                                    spaces + "   1"}) {
    for (const std::string& id : {number, number + "-2", "1-" + number, number + "-*"}) {
      conversation.CompareAll({{"del", "s", "new"},
                               {"xadd", "s", "1-1", "f", "v"},
                               {"xadd", "s", "3-3", "f", "v"},
                               {"xgroup", "create", "s", "g", "0"},
                               {"xreadgroup", "group", "g", "c", "streams", "s", ">"},
                               {"xadd", "new", id, "f", "v"},
                               {"xrange", "s", id, "+"},
                               {"xrange", "s", "(" + id, "+"},
                               {"xrevrange", "s", id, "-"},
                               {"xread", "streams", "s", id},
                               {"xclaim", "s", "g", "c", "0", id, "justid"},
                               {"xack", "s", "g", id},
                               {"xdel", "s", id},
                               {"xtrim", "s", "minid", id},
                               {"xgroup", "setid", "s", "g", id},
                               {"xsetid", "s", id},
                               {"xrange", "s", "-", "+"}});
    }
  }
  EXPECT_EQ(conversation.differences(), 0u);
}

// --- expiry ---

TEST_F(Differential, KeysExpire) {
  Conversation conversation(redis_.Connect(), solokv_.Connect(), true);
  conversation.CompareAll({{"set", "a", "1", "px", "500"},
                           {"psetex", "b", "500", "1"},
                           {"set", "c", "1"},
                           {"pexpire", "c", "500"},
                           {"set", "d", "1", "ex", "1000"},
                           {"getex", "d", "px", "500"},
                           {"set", "e", "1", "px", "500"},
                           {"persist", "e"},
                           {"set", "f", "1", "px", "500"},
                           {"set", "f", "2", "keepttl"},
                           {"set", "g", "1", "px", "500"},
                           {"rename", "g", "h"},
                           {"copy", "h", "i"},
                           {"set", "j", "1", "px", "500"},
                           {"append", "j", "2"},
                           {"set", "k", "1", "px", "500"},
                           {"incr", "k"}});
  std::this_thread::sleep_for(std::chrono::milliseconds(550));
  for (const char* key : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}) {
    conversation.CompareAll({{"get", key}, {"ttl", key}, {"exists", key}, {"type", key}});
  }
  conversation.CompareAll({{"append", "a", "x"},
                           {"incr", "b"},
                           {"setnx", "c", "1"},
                           {"set", "d", "1", "xx"},
                           {"rename", "f", "g"},
                           {"move", "h", "1"},
                           {"getset", "i", "1"},
                           {"expire", "j", "10"},
                           {"keys", "*"},
                           {"dbsize"}});
  EXPECT_EQ(conversation.differences(), 0u);
}

}  // namespace
}  // namespace tests
