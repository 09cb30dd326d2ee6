// DUMP, RESTORE and DEBUG RELOAD: the same bytes as redis-server, and no harm from hostile ones.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/random.h"
#include "kv/store/store.h"
#include "tests/support/dump_payload.h"
#include "tests/support/test_server.h"

namespace tests {
namespace {

using std::string_literals::operator""s;

// What redis-server 7.0.15 replied to DUMP.
const std::string kNumber = "\x00\xc1\x39\x30\x0a\x00\x9d\x94\xea\x27\x93\xfc\x08\xb9"s;
const std::string kRepetition =
    "\x00\xc3\x09\x28\x01\x78\x78\xe0\x1b\x00\x01\x78\x78\x0a\x00\x7a\x1d\x6c\xce\xa5\x40\x13\x33"s;
const std::string kList =
    "\x12\x01\x02\x10\x10\x00\x00\x00\x03\x00\x81\x61\x02\x81\x62\x02\xc1\x2c\x02\xff\x0a\x00\x8f"
    "\x9f\x9f\x4e\x52\xe2\x4b\xb8"s;

kv::ServerOptions DebuggableOptions() {
  kv::ServerOptions options;
  options.enable_debug_command = kv::Permission::kEverybody;
  return options;
}

class Dump : public testing::Test {
 protected:
  std::string Run(const Request& request) { return client_.Text(request); }
  std::string DumpOf(const std::string& key) { return client_.Run({"dump", key}).text; }

  // Makes a key of every type, small and large.
  std::vector<std::string> Fill() {
    Run({"set", "number", "-77"});
    Run({"set", "text", "some text"});
    Run({"set", "long", std::string(5000, 'x')});
    Run({"rpush", "list", "1", "b", "300", std::string(70, 'c')});
    for (int i = 0; i < 1000; ++i) Run({"rpush", "long list", absl::StrCat("element ", i)});
    Run({"rpush", "long list", std::string(20'000, 'y')});
    Run({"sadd", "integers", "1", "-5", "70000"});
    Run({"sadd", "set", "1", "b", "c"});
    Run({"sadd", "expiring set", "1", "b"});
    Run({"saddex", "expiring set", "100", "c"});
    Run({"hset", "hash", "f", "1", "g", "text"});
    Run({"hset", "expiring hash", "f", "1", "g", "text"});
    Run({"hpexpire", "expiring hash", "100000", "fields", "1", "f"});
    Run({"zadd", "zset", "1", "a", "2.5", "b", "inf", "c"});
    Run({"zadd", "expiring zset", "1", "a", "2.5", "b", "inf", "c"});
    Run({"zpexpire", "expiring zset", "100000", "members", "2", "a", "b"});
    for (int i = 0; i < 600; ++i) {
      const std::string member = absl::StrCat("member ", i);
      Run({"sadd", "large set", member});
      Run({"hset", "large hash", member, absl::StrCat(i)});
      Run({"hset", "large expiring hash", member, absl::StrCat(i)});
      Run({"zadd", "large zset", absl::StrCat(i * 0.25), member});
    }
    Run({"xadd", "stream", "1-1", "f", "v"});
    for (int i = 0; i < 300; ++i) {
      Run({"xadd", "large stream", absl::StrCat(i + 1, "-0"), "field", absl::StrCat(i), "g", "h"});
    }
    Run({"xdel", "large stream", "7-0", "150-0"});
    Run({"xgroup", "create", "large stream", "group", "3-0"});
    Run({"xreadgroup", "group", "group", "alice", "count", "5", "streams", "large stream", ">"});
    Run({"xreadgroup", "group", "group", "bob", "count", "3", "streams", "large stream", ">"});
    Run({"xgroup", "create", "large stream", "other", "$"});
    for (int i = 0; i < 20; ++i) {
      const std::string producer = absl::StrCat("producer ", i % 3);
      Run({"xadd", "stream of messages", "idmp", producer, absl::StrCat(i), "*", "f", "v"});
    }
    Run({"copy", "stream of messages", "kept stream"});
    Run({"xcfgset", "kept stream", "retention", "100000"});
    Run({"copy", "stream of messages", "released stream"});
    Run({"xgroup", "create", "released stream", "group", "0"});
    const resp::Value given =
        client_.Run({"xreadgroup", "group", "group", "alice", "streams", "released stream", ">"});
    const std::string id = given.elements[0].elements[1].elements[0].elements[0].text;
    Run({"xnack", "released stream", "group", "fail", "ids", "1", id});
    Run({"hpexpire", "large expiring hash", "100000", "fields", "2", "member 7", "member 9"});
    return {"number",
            "text",
            "long",
            "list",
            "long list",
            "integers",
            "set",
            "hash",
            "expiring hash",
            "expiring set",
            "zset",
            "expiring zset",
            "large set",
            "large hash",
            "large expiring hash",
            "large zset",
            "stream",
            "large stream",
            "stream of messages",
            "kept stream",
            "released stream"};
  }

  TestServer server_{DebuggableOptions()};
  RespClient client_ = server_.Connect();
};

TEST_F(Dump, HasTheBytesOfRedis) {
  Run({"set", "number", "12345"});
  EXPECT_EQ(DumpOf("number"), kNumber);
  Run({"set", "repetition", std::string(40, 'x')});
  EXPECT_EQ(DumpOf("repetition"), kRepetition);
  Run({"rpush", "list", "a", "b", "300"});
  EXPECT_EQ(DumpOf("list"), kList);
  Run({"config", "set", "rdbcompression", "no"});
  EXPECT_EQ(DumpOf("repetition").substr(0, 42), "\x00\x28"s + std::string(40, 'x'));
  EXPECT_EQ(Run({"dump", "absent"}), "nil");
}

TEST_F(Dump, RestoresThem) {
  EXPECT_EQ(Run({"restore", "number", "0", kNumber}), "+OK");
  EXPECT_EQ(Run({"get", "number"}), "\"12345\"");
  EXPECT_EQ(Run({"object", "encoding", "number"}), "\"int\"");
  EXPECT_EQ(Run({"restore", "list", "5000", kList}), "+OK");
  EXPECT_EQ(Run({"lrange", "list", "0", "-1"}), R"(["a", "b", "300"])");
  EXPECT_EQ(Run({"pttl", "list"}), "5000");
}

TEST_F(Dump, OptionsOfRestore) {
  Run({"set", "k", "old"});
  EXPECT_EQ(Run({"restore", "k", "0", kNumber}), "-BUSYKEY Target key name already exists.");
  EXPECT_EQ(Run({"restore", "k", "0", kNumber, "replace"}), "+OK");
  EXPECT_EQ(Run({"get", "k"}), "\"12345\"");
  EXPECT_EQ(Run({"restore", "k", "1", kNumber, "absttl", "replace"}), "+OK");
  EXPECT_EQ(Run({"exists", "k"}), "0");
  EXPECT_EQ(Run({"restore", "k", "0", kNumber, "idletime", "1000"}), "+OK");
  EXPECT_EQ(Run({"object", "idletime", "k"}), "1000");
  Run({"config", "set", "maxmemory-policy", "allkeys-lfu"});
  EXPECT_EQ(Run({"restore", "k", "0", kNumber, "replace", "freq", "100"}), "+OK");
  EXPECT_EQ(Run({"object", "freq", "k"}), "100");
  EXPECT_EQ(Run({"restore", "k", "-1", kNumber, "replace"}),
            "-ERR Invalid TTL value, must be >= 0");
  EXPECT_EQ(Run({"restore", "k", "0", kNumber, "freq", "256"}),
            "-ERR Invalid FREQ value, must be >= 0 and <= 255");
  EXPECT_EQ(Run({"restore", "k", "0", kNumber, "idletime", "-1"}),
            "-ERR Invalid IDLETIME value, must be >= 0");
  EXPECT_EQ(Run({"restore", "k", "0", kNumber, "bogus"}), "-ERR syntax error");
}

TEST_F(Dump, EqualsWhatWasDumped) {
  for (const std::string& key : Fill()) {
    const std::string payload = DumpOf(key);
    EXPECT_EQ(Run({"restore", "copy", "0", payload, "replace"}), "+OK") << key;
    EXPECT_EQ(Run({"debug", "digest-value", "copy"}), Run({"debug", "digest-value", key})) << key;
    EXPECT_EQ(Run({"object", "encoding", "copy"}), Run({"object", "encoding", key})) << key;
    EXPECT_EQ(DumpOf("copy").size(), payload.size()) << key;
  }
}

TEST_F(Dump, PayloadsThatAreCutOrChangedAreRejected) {
  const std::string wrong = "-ERR DUMP payload version or checksum are wrong";
  for (size_t size = 0; size < kList.size(); ++size) {
    EXPECT_EQ(Run({"restore", "k", "0", kList.substr(0, size)}), wrong);
  }
  for (size_t i = 0; i < kList.size(); ++i) {
    std::string changed = kList;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    EXPECT_EQ(Run({"restore", "k", "0", changed}), wrong);
  }
}

// Values that are broken, though the checksum is right: RESTORE takes what still is one, and that
// can be used; it says no to the rest.
TEST_F(Dump, HostileValuesDoNoHarm) {
  kv::Random random(1);
  const std::vector<std::string> keys = Fill();
  std::vector<std::string> values;
  for (const std::string& key : keys) {
    const std::string payload = DumpOf(key);
    values.push_back(payload.substr(0, payload.size() - 10));
  }
  Run({"config", "set", "rdbcompression", "no"});
  for (const std::string& key : keys) {
    const std::string payload = DumpOf(key);
    values.push_back(payload.substr(0, payload.size() - 10));
  }
  int accepted = 0;
  for (int i = 0; i < 6000; ++i) {
    std::string value = values[random.Uniform(values.size())];
    for (uint64_t changes = random.Uniform(4); changes > 0; --changes) {
      // Most of the structure stands at the beginning.
      const size_t place = random.Uniform(
          random.Uniform(2) == 0 ? std::min<size_t>(value.size(), 24) : value.size());
      value[place] = static_cast<char>(random.Next());
    }
    if (random.Uniform(4) == 0) value.resize(random.Uniform(value.size()) + 1);
    const std::string reply = Run({"restore", "k", "0", SealPayload(value), "replace"});
    if (reply != "+OK") {
      ASSERT_EQ(reply, "-ERR Bad data format");
      continue;
    }
    ++accepted;
    ASSERT_EQ(client_.Run({"debug", "digest-value", "k"}).elements.size(), 1u);
    for (const Arguments& use :
         {Arguments{"append", "k", "x"}, Arguments{"lpush", "k", "x"},
          Arguments{"lrem", "k", "0", "1"}, Arguments{"lindex", "k", "-3"},
          Arguments{"sadd", "k", "x"}, Arguments{"spop", "k"}, Arguments{"hset", "k", "x", "y"},
          Arguments{"hrandfield", "k"}, Arguments{"hdel", "k", "f"},
          Arguments{"zadd", "k", "1", "x"}, Arguments{"zrange", "k", "0", "-1"},
          Arguments{"zexpire", "k", "9", "members", "2", "a", "x"}, Arguments{"zpopmin", "k"},
          Arguments{"xadd", "k", "idmp", "producer 1", "x", "*", "f", "v"},
          Arguments{"xreadgroup", "group", "group", "bob", "claim", "0", "streams", "k", ">"},
          Arguments{"xtrim", "k", "maxlen", "1"}, Arguments{"copy", "k", "k2", "replace"}}) {
      Run(use);
    }
  }
  EXPECT_GT(accepted, 300);
  Run({"flushall"});
  server_.Settle();
  EXPECT_EQ(server_.server().store().memory().used(), 0u);
}

TEST_F(Dump, SortedSetsWithDeadlines) {
  const std::string member = "\x01\x61\x00\x00\x00\x00\x00\x00\xf0\x3f"s;  // a, 1
  const auto payload = [&](const std::string& deadline) {
    return SealPayload("\x81\x01"s + deadline + member);
  };
  // 2^46 - 1, 2^53 + 1, 2^63, and no length at all.
  EXPECT_EQ(Run({"restore", "z", "0", payload("\x81\x00\x00\x3f\xff\xff\xff\xff\xff"s)}), "+OK");
  EXPECT_EQ(Run({"zpexpiretime", "z", "members", "1", "a"}), "[70368744177663]");
  const std::string bad = "-ERR Bad data format";
  EXPECT_EQ(Run({"restore", "k", "0", payload("\x81\x00\x20\x00\x00\x00\x00\x00\x01"s)}), bad);
  EXPECT_EQ(Run({"restore", "k", "0", payload("\x81\x80\x00\x00\x00\x00\x00\x00\x00"s)}), bad);
  EXPECT_EQ(Run({"restore", "k", "0", payload("\xff"s)}), bad);
  EXPECT_EQ(Run({"restore", "k", "0", SealPayload("\x81\x02\x00"s + member + "\x00"s + member)}),
            bad);
  EXPECT_EQ(Run({"restore", "k", "0", SealPayload("\x81\x00"s)}), bad);
  // Due already.
  EXPECT_EQ(Run({"restore", "k", "0", payload("\x05"s)}), "+OK");
  EXPECT_EQ(Run({"zcard", "k"}), "0");
  EXPECT_EQ(Run({"exists", "k"}), "0");
  // None.
  EXPECT_EQ(Run({"restore", "k", "0", payload("\x00"s)}), "+OK");
  EXPECT_EQ(Run({"object", "encoding", "k"}), "\"listpack\"");
}

TEST_F(Dump, ReloadKeepsEverything) {
  Fill();
  Run({"pexpire", "list", "100000"});
  Run({"select", "3"});
  Fill();
  const std::string digest = Run({"debug", "digest"});
  EXPECT_EQ(Run({"debug", "reload"}), "+OK");
  EXPECT_EQ(Run({"debug", "digest"}), digest);
  EXPECT_EQ(Run({"debug", "reload", "noflush"}), "+OK");
  EXPECT_EQ(Run({"debug", "digest"}), digest);
  Run({"select", "0"});
  EXPECT_EQ(Run({"pttl", "list"}), "100000");
}

}  // namespace
}  // namespace tests
