// Hash fields with a time to live, from a listpack and from a table.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "kv/store/store.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

constexpr char kFieldsMissing[] =
    "-ERR Mandatory argument FIELDS is missing or not at the right position";
constexpr char kNumFieldsMismatch[] =
    "-ERR The `numfields` parameter must match the number of arguments";

class HashTtlCommands : public CommandTest, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    Run({"config", "set", "hash-max-listpack-entries", GetParam() ? "0" : "512"});
  }
  std::string At(int64_t milliseconds_from_now) {
    return absl::StrCat(server_.clock().WallMillis() + milliseconds_from_now);
  }
  // The line of INFO about database 0.
  std::string Keyspace() {
    const std::string text = client_.Run({"info", "keyspace"}).text;
    const size_t begin = text.find("db0:");
    return begin == std::string::npos ? "" : text.substr(begin, text.find('\r', begin) - begin);
  }
  void Hide() { server_.server().store().context().expiry = kv::ExpiryPolicy::kHide; }
};

INSTANTIATE_TEST_SUITE_P(, HashTtlCommands, testing::Bool(),
                         [](const auto& info) { return info.param ? "Table" : "Listpack"; });

TEST_P(HashTtlCommands, FieldsExpireExactlyOnTime) {
  Run({"hset", "h", "a", "1", "b", "2", "c", "3"});
  EXPECT_EQ(Run({"hpexpire", "h", "1000", "fields", "3", "a", "b", "absent"}), "[1, 1, -2]");
  EXPECT_EQ(Run({"object", "encoding", "h"}), GetParam() ? "\"hashtable\"" : "\"listpackex\"");
  AdvanceTime(999);
  EXPECT_EQ(Run({"hpttl", "h", "fields", "4", "a", "b", "c", "x"}), "[1, 1, -1, -2]");
  EXPECT_EQ(Run({"hlen", "h"}), "3");
  AdvanceTime(1);
  EXPECT_EQ(Run({"hlen", "h"}), "1");
  EXPECT_EQ(Run({"hgetall", "h"}), "[\"c\", \"3\"]");
  EXPECT_EQ(Info("expired_subkeys"), 2);
}

TEST_P(HashTtlCommands, TheKeyVanishesWithItsLastField) {
  Run({"hset", "h", "a", "1", "b", "2"});
  EXPECT_EQ(Run({"hexpire", "h", "10", "fields", "1", "a"}), "[1]");
  EXPECT_EQ(Run({"hexpire", "h", "20", "fields", "1", "b"}), "[1]");
  AdvanceTime(10'000);
  EXPECT_EQ(Run({"hkeys", "h"}), "[\"b\"]");
  AdvanceTime(10'000);
  EXPECT_EQ(Run({"exists", "h"}), "0");
  EXPECT_EQ(Run({"dbsize"}), "0");
  EXPECT_EQ(Info("expired_keys"), 0);
}

TEST_P(HashTtlCommands, ManyDeadlinesInAnyOrder) {
  constexpr int kFields = 200;
  for (int i = 0; i < kFields; ++i) {
    const std::string field = absl::StrCat(i);
    Run({"hset", "h", field, "v"});
    Run({"hpexpire", "h", absl::StrCat(1 + i * 37 % kFields), "fields", "1", field});
  }
  for (int left = kFields; left > 0; left -= 50) {
    EXPECT_EQ(Run({"hlen", "h"}), absl::StrCat(left));
    AdvanceTime(50);
  }
  EXPECT_EQ(Run({"exists", "h"}), "0");
}

TEST_P(HashTtlCommands, Conditions) {
  Run({"hset", "h", "a", "1", "b", "2"});
  EXPECT_EQ(Run({"hpexpire", "h", "1000", "xx", "fields", "1", "a"}), "[0]");
  EXPECT_EQ(Run({"hpexpire", "h", "1000", "gt", "fields", "1", "a"}), "[0]");
  EXPECT_EQ(Run({"hpexpire", "h", "1000", "nx", "fields", "2", "a", "a"}), "[1, 0]");
  EXPECT_EQ(Run({"hpexpire", "h", "900", "gt", "fields", "1", "a"}), "[0]");
  EXPECT_EQ(Run({"hpexpire", "h", "1100", "lt", "fields", "2", "a", "b"}), "[0, 1]");
  EXPECT_EQ(Run({"hpexpire", "h", "1100", "gt", "fields", "1", "a"}), "[1]");
  EXPECT_EQ(Run({"hpexpire", "h", "500", "xx", "fields", "1", "a"}), "[1]");
  EXPECT_EQ(Run({"hpttl", "h", "fields", "2", "a", "b"}), "[500, 1100]");
}

TEST_P(HashTtlCommands, LaterDeadlinesCount) {
  Run({"hset", "h", "a", "1"});
  Run({"hpexpire", "h", "100", "fields", "1", "a"});
  Run({"hpexpire", "h", "300", "fields", "1", "a"});
  AdvanceTime(299);
  EXPECT_EQ(Run({"hget", "h", "a"}), "\"1\"");
  AdvanceTime(1);
  EXPECT_EQ(Run({"exists", "h"}), "0");
}

TEST_P(HashTtlCommands, UnitsAreRoundedUp) {
  Run({"hset", "h", "a", "1"});
  const std::string deadline = At(1500);
  EXPECT_EQ(Run({"hpexpireat", "h", deadline, "fields", "1", "a"}), "[1]");
  EXPECT_EQ(Run({"httl", "h", "fields", "1", "a"}), "[2]");
  EXPECT_EQ(Run({"hpexpiretime", "h", "fields", "1", "a"}), "[" + deadline + "]");
  const int64_t seconds = (std::stoll(deadline) + 999) / 1000;
  EXPECT_EQ(Run({"hexpiretime", "h", "fields", "1", "a"}), absl::StrCat("[", seconds, "]"));
  EXPECT_EQ(Run({"hexpireat", "h", absl::StrCat(seconds + 5), "fields", "1", "a"}), "[1]");
  EXPECT_EQ(Run({"hexpiretime", "h", "fields", "1", "a"}), absl::StrCat("[", seconds + 5, "]"));
  for (const std::string command : {"httl", "hpttl", "hexpiretime", "hpexpiretime", "hpersist"}) {
    EXPECT_EQ(Run({command, "absent", "fields", "2", "a", "b"}), "[-2, -2]");
  }
}

TEST_P(HashTtlCommands, ADeadlineInThePastRemoves) {
  Run({"hset", "h", "a", "1", "b", "2"});
  EXPECT_EQ(Run({"hpexpire", "h", "0", "fields", "2", "a", "a"}), "[2, -2]");
  EXPECT_EQ(Run({"hkeys", "h"}), "[\"b\"]");
  EXPECT_EQ(Run({"hexpireat", "h", "1", "fields", "2", "b", "x"}), "[2, -2]");
  EXPECT_EQ(Run({"exists", "h"}), "0");
}

TEST_P(HashTtlCommands, PersistAndSetTakeDeadlinesAway) {
  Run({"hset", "h", "a", "1", "b", "2", "c", "3", "d", "4"});
  Run({"hpexpire", "h", "100", "fields", "3", "a", "b", "d"});
  EXPECT_EQ(Run({"hpersist", "h", "fields", "4", "a", "a", "c", "x"}), "[1, -1, -1, -2]");
  Run({"hset", "h", "b", "new"});
  EXPECT_EQ(Run({"hincrby", "h", "d", "1"}), "5");
  EXPECT_EQ(Run({"hincrbyfloat", "h", "d", "0.5"}), "\"5.5\"");
  EXPECT_EQ(Run({"hpttl", "h", "fields", "4", "a", "b", "c", "d"}), "[-1, -1, -1, 100]");
  AdvanceTime(100);
  EXPECT_EQ(Run({"hlen", "h"}), "3");
}

TEST_P(HashTtlCommands, ErrorsOfTheExpireFamily) {
  EXPECT_EQ(Run({"hexpire", "h", "x", "fields", "1", "a"}),
            "-ERR value is not an integer or out of range");
  EXPECT_EQ(Run({"hexpire", "h", "-1", "fields", "1", "a"}),
            "-ERR invalid expire time, must be >= 0");
  EXPECT_EQ(Run({"hexpire", "h", absl::StrCat(int64_t{1} << 46), "fields", "1", "a"}),
            "-ERR invalid expire time in 'hexpire' command");
  EXPECT_EQ(Run({"hpexpireat", "h", absl::StrCat(int64_t{1} << 46), "fields", "1", "a"}),
            "-ERR invalid expire time in 'hpexpireat' command");
  EXPECT_EQ(Run({"hexpire", "h", "1", "field", "1", "a"}), kFieldsMissing);
  EXPECT_EQ(Run({"hexpire", "h", "1", "nx", "gt", "fields", "1", "a"}), kFieldsMissing);
  EXPECT_EQ(Run({"hexpire", "h", "1", "fields", "0", "a"}),
            "-ERR Parameter `numFields` should be greater than 0");
  EXPECT_EQ(Run({"hexpire", "h", "1", "fields", "2", "a"}), kNumFieldsMismatch);
  EXPECT_EQ(Run({"httl", "h", "fields", "1", "a", "b"}), kNumFieldsMismatch);
  Run({"set", "s", "v"});
  for (const Arguments& command : {Arguments{"hexpire", "s", "1", "fields", "1", "a"},
                                   {"httl", "s", "fields", "1", "a"},
                                   {"hpersist", "s", "fields", "1", "a"},
                                   {"hgetdel", "s", "fields", "1", "a"},
                                   {"hgetex", "s", "fields", "1", "a"},
                                   {"hsetex", "s", "fields", "1", "a", "v"}}) {
    EXPECT_THAT(Run(command), testing::StartsWith("-WRONGTYPE")) << command[0];
  }
}

TEST_P(HashTtlCommands, GetAndDelete) {
  Run({"hset", "h", "a", "1", "b", "2", "c", "3"});
  EXPECT_EQ(Run({"hgetdel", "h", "fields", "3", "a", "x", "a"}), "[\"1\", nil, nil]");
  EXPECT_EQ(Run({"hgetdel", "absent", "fields", "1", "a"}), "[nil]");
  EXPECT_EQ(Run({"hgetdel", "h", "fields", "2", "b", "c"}), "[\"2\", \"3\"]");
  EXPECT_EQ(Run({"exists", "h"}), "0");
  EXPECT_EQ(Run({"hgetdel", "h", "fields", "0", "a"}),
            "-ERR Number of fields must be a positive integer");
}

TEST_P(HashTtlCommands, GetAndExpire) {
  Run({"hset", "h", "a", "1", "b", "2"});
  EXPECT_EQ(Run({"hgetex", "h", "fields", "2", "a", "x"}), "[\"1\", nil]");
  EXPECT_EQ(Run({"hgetex", "h", "px", "100", "fields", "1", "a"}), "[\"1\"]");
  EXPECT_EQ(Run({"hpttl", "h", "fields", "2", "a", "b"}), "[100, -1]");
  EXPECT_EQ(Run({"hgetex", "h", "persist", "fields", "2", "a", "b"}), "[\"1\", \"2\"]");
  EXPECT_EQ(Run({"hpttl", "h", "fields", "2", "a", "b"}), "[-1, -1]");
  EXPECT_EQ(Run({"hgetex", "h", "exat", "1", "fields", "2", "a", "b"}), "[\"1\", \"2\"]");
  EXPECT_EQ(Run({"exists", "h"}), "0");
  EXPECT_EQ(Run({"hgetex", "h", "persist", "1", "fields", "1", "a"}), kFieldsMissing);
  EXPECT_EQ(Run({"hgetex", "h", "ex", "x", "fields", "1", "a"}),
            "-ERR value is not an integer or out of range");
}

TEST_P(HashTtlCommands, SetAndExpire) {
  EXPECT_EQ(Run({"hsetex", "h", "px", "100", "fields", "2", "a", "1", "b", "2"}), "1");
  EXPECT_EQ(Run({"hpttl", "h", "fields", "2", "a", "b"}), "[100, 100]");
  EXPECT_EQ(Run({"hsetex", "h", "keepttl", "fields", "2", "a", "3", "c", "4"}), "1");
  EXPECT_EQ(Run({"hsetex", "h", "fields", "1", "b", "5"}), "1");
  EXPECT_EQ(Run({"hpttl", "h", "fields", "3", "a", "b", "c"}), "[100, -1, -1]");
  EXPECT_EQ(Run({"hmget", "h", "a", "b", "c"}), "[\"3\", \"5\", \"4\"]");
  EXPECT_EQ(Run({"hsetex", "h", "fnx", "fields", "2", "a", "9", "d", "9"}), "0");
  EXPECT_EQ(Run({"hsetex", "h", "fxx", "fields", "2", "a", "9", "d", "9"}), "0");
  EXPECT_EQ(Run({"hsetex", "h", "ex", "1", "fxx", "fields", "1", "a", "9"}), "1");
  EXPECT_EQ(Run({"hsetex", "h", "nx", "fields", "1", "d", "9"}), "0");
  EXPECT_EQ(Run({"hsetex", "absent", "xx", "fields", "1", "d", "9"}), "0");
  EXPECT_EQ(Run({"exists", "absent"}), "0");
  EXPECT_EQ(Run({"hsetex", "new", "pxat", "1", "fields", "1", "a", "9"}), "1");
  EXPECT_EQ(Run({"exists", "new"}), "0");
  EXPECT_EQ(Run({"hsetex", "h", "fnx", "fxx", "fields", "1", "a", "b"}),
            "-ERR Only one of FXX or FNX arguments can be specified");
  EXPECT_EQ(Run({"hsetex", "h", "ex", "1", "keepttl", "fields", "1", "a", "b"}),
            "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
  EXPECT_EQ(Run({"hsetex", "h", "fields", "x", "a", "b"}), "-ERR invalid number of fields");
  EXPECT_EQ(Run({"hsetex", "h", "fields", "2", "a", "b"}),
            "-ERR wrong number of arguments for 'hsetex' command");
  EXPECT_EQ(Run({"hsetex", "h", "what", "fields", "1", "a", "b"}), "-ERR unknown argument: what");
}

TEST_P(HashTtlCommands, DueFieldsCannotBeSeenWhileTheyAreKept) {
  Run({"hset", "h", "a", "1", "b", "2", "c", "3", "d", "4"});
  Run({"hpexpire", "h", "100", "fields", "3", "a", "b", "d"});
  Hide();
  AdvanceTime(100);
  EXPECT_EQ(Run({"hlen", "h"}), "4");
  EXPECT_EQ(Run({"hgetall", "h"}), "[\"c\", \"3\"]");
  EXPECT_EQ(Run({"hkeys", "h"}), "[\"c\"]");
  EXPECT_EQ(Run({"hvals", "h"}), "[\"3\"]");
  EXPECT_EQ(Run({"hmget", "h", "a", "c"}), "[nil, \"3\"]");
  EXPECT_EQ(Run({"hexists", "h", "a"}), "0");
  EXPECT_EQ(Run({"hstrlen", "h", "a"}), "0");
  EXPECT_EQ(Run({"hscan", "h", "0"}), "[\"0\", [\"c\", \"3\"]]");
  EXPECT_EQ(Run({"hrandfield", "h"}), "\"c\"");
  EXPECT_EQ(Run({"hrandfield", "h", "5"}), "[\"c\"]");
  EXPECT_EQ(Run({"hrandfield", "h", "-2"}), "[\"c\", \"c\"]");
  EXPECT_EQ(Run({"httl", "h", "fields", "1", "a"}), "[-2]");
  EXPECT_EQ(Run({"hsetnx", "h", "a", "new"}), "1");
  EXPECT_EQ(Run({"hincrby", "h", "b", "5"}), "5");
  EXPECT_EQ(Run({"hset", "h", "d", "new"}), "1");
  EXPECT_EQ(Run({"hpttl", "h", "fields", "3", "a", "b", "d"}), "[-1, -1, -1]");
  EXPECT_EQ(Run({"hlen", "h"}), "4");
}

TEST_P(HashTtlCommands, DeadlinesMoveWithTheKey) {
  for (const std::string key : {"renamed", "copied", "moved", "swapped", "flushed"}) {
    Run({"hset", key, "a", "1", "b", "2"});
    Run({"hpexpire", key, "100", "fields", "1", "a"});
  }
  Run({"rename", "renamed", "r"});
  Run({"copy", "copied", "c"});
  Run({"move", "moved", "1"});
  EXPECT_EQ(Keyspace(), "db0:keys=5,expires=0,avg_ttl=0,subexpiry=5");
  Run({"swapdb", "0", "2"});
  EXPECT_EQ(Keyspace(), "");
  Run({"swapdb", "0", "2"});
  AdvanceTime(99);
  EXPECT_EQ(Run({"hlen", "r"}), "2");
  EXPECT_EQ(Run({"hpttl", "c", "fields", "1", "a"}), "[1]");
  AdvanceTime(1);
  for (const std::string key : {"r", "copied", "c", "swapped"}) {
    EXPECT_EQ(Run({"hgetall", key}), "[\"b\", \"2\"]") << key;
  }
  EXPECT_EQ(Keyspace(), "db0:keys=5,expires=0,avg_ttl=0,subexpiry=0");
  Run({"select", "1"});
  EXPECT_EQ(Run({"hgetall", "moved"}), "[\"b\", \"2\"]");
}

TEST_P(HashTtlCommands, TheKeysOwnDeadlineStays) {
  for (const std::string key : {"early", "late"}) {
    Run({"hset", key, "a", "1", "b", "2"});
    Run({"hpexpire", key, "100", "fields", "1", "a"});
    Run({"pexpire", key, key == "early" ? "50" : "150"});
  }
  EXPECT_EQ(Keyspace().substr(0, 20), "db0:keys=2,expires=2");
  AdvanceTime(50);
  EXPECT_EQ(Run({"exists", "early", "late"}), "1");
  AdvanceTime(50);
  EXPECT_EQ(Run({"hkeys", "late"}), "[\"b\"]");
  AdvanceTime(50);
  EXPECT_EQ(Run({"dbsize"}), "0");
}

TEST_P(HashTtlCommands, OtherValuesTakeTheKeyOver) {
  Run({"hsetex", "h", "px", "100", "fields", "1", "a", "1"});
  Run({"set", "h", "text"});
  EXPECT_EQ(Keyspace(), "db0:keys=1,expires=0,avg_ttl=0,subexpiry=0");
  AdvanceTime(100);
  EXPECT_EQ(Run({"get", "h"}), "\"text\"");
  EXPECT_EQ(Info("expired_subkeys"), 0);
}

}  // namespace
}  // namespace tests
