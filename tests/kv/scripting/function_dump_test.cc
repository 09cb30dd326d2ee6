// FUNCTION DUMP and RESTORE: the bytes of redis-server, the policies, and payloads that are wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kv/base/random.h"
#include "tests/kv/scripting/function_test.h"
#include "tests/support/dump_payload.h"

namespace tests {
namespace {

using namespace std::string_literals;
using ::testing::AnyOf;
using ::testing::StartsWith;

// FUNCTION DUMP of redis-server 7.0.15.
const std::string kEmpty = "\n\0\x5d\x9b\\@\x0f\x7f\xa2\xda"s;
const std::string kDump =
    "\xf5@A#!lua name=a\nredis.register_function('f',function() return 1 end)\n\0\x17\x9d\xab\xc7\x87\xfc\x9c\xad"s;

class FunctionDumpTest : public FunctionTest {
 protected:
  std::string Dump() { return client_.Run({"function", "dump"}).text; }
  std::string Restore(const std::string& payload, const std::string& policy = "append") {
    return Run({"function", "restore", payload, policy});
  }
  static std::string Body(const std::string& code) {
    const size_t size = code.size();
    return "\xf5"s + static_cast<char>(0x40 | size >> 8) + static_cast<char>(size & 0xff) + code;
  }
  std::string Names() {
    std::string names;
    for (const resp::Value& library : client_.Run({"function", "list"}).elements) {
      absl::StrAppend(&names, names.empty() ? "" : " ", library.elements[1].text);
    }
    return names;
  }
};

TEST_F(FunctionDumpTest, HasTheBytesOfRedis) {
  EXPECT_EQ(Dump(), kEmpty);
  EXPECT_EQ(Restore(kDump), "+OK");
  EXPECT_EQ(Run({"fcall", "f", "0"}), "1");
  EXPECT_EQ(Dump(), kDump);
  EXPECT_EQ(Restore(kEmpty, "flush"), "+OK");
  EXPECT_EQ(Names(), "");
}

TEST_F(FunctionDumpTest, LongTextsAreCompressed) {
  const std::string code = Library("lib", "f", "return 1") + std::string(500, ' ');
  Load(code);
  const std::string payload = Dump();
  EXPECT_LT(payload.size(), code.size() / 2);
  Run({"function", "flush"});
  EXPECT_EQ(Restore(payload), "+OK");
  EXPECT_EQ(Run({"fcall", "f", "0"}), "1");
}

TEST_F(FunctionDumpTest, PoliciesSayWhatStays) {
  Load(Library("b", "g", "return 2"));
  EXPECT_EQ(Restore(kDump), "+OK");
  EXPECT_EQ(Restore(kDump), "-ERR Library a already exists");
  EXPECT_EQ(Names(), "a b");
  Load(Library("a", "f", "return 'new'"));
  EXPECT_EQ(Restore(kDump, "replace"), "+OK");
  EXPECT_EQ(Run({"fcall", "f", "0"}), "1");
  EXPECT_EQ(Restore(kDump, "flush"), "+OK");
  EXPECT_EQ(Names(), "a");
  EXPECT_EQ(Restore(kDump, "what"),
            "-ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
  EXPECT_EQ(Run({"function", "restore", kDump, "flush", "x"}),
            "-ERR unknown subcommand or wrong number of arguments for 'restore'. Try FUNCTION "
            "HELP.");
}

TEST_F(FunctionDumpTest, IsRestoredWholeOrNotAtAll) {
  Load(Library("a", "x", "return 1"));
  Load(Library("b", "y", "return 2"));
  // Its a would replace the one here, its c has a function of b.
  const std::string payload =
      SealPayload(Body(Library("a", "f", "return 3")) + Body(Library("c", "y", "return 4")));
  EXPECT_EQ(Restore(payload, "replace"), "-ERR Function y already exists");
  EXPECT_EQ(Restore(payload), "-ERR Library a already exists");
  EXPECT_EQ(Names(), "a b");
  EXPECT_EQ(Run({"fcall", "x", "0"}), "1");
  EXPECT_EQ(Run({"fcall", "y", "0"}), "2");
  EXPECT_EQ(Restore(payload, "flush"), "+OK");
  EXPECT_EQ(Names(), "a c");
  // What is wrong with one of them leaves all that was there, even with FLUSH.
  const std::string lib = Library("z", "f", "");
  EXPECT_EQ(Restore(SealPayload(Body(lib) + Body(lib)), "flush"),
            "-ERR Library 'z' already exists");
  EXPECT_EQ(Restore(SealPayload(Body(lib) + Body(Library("w", "F", ""))), "flush"),
            "-ERR Function F already exists");
  EXPECT_EQ(Restore(SealPayload(Body(lib) + Body("x")), "flush"), "-ERR Missing library metadata");
  EXPECT_EQ(Names(), "a c");
}

TEST_F(FunctionDumpTest, PayloadsThatAreCutOrChangedAreRejected) {
  const std::string wrong = "-ERR DUMP payload version or checksum are wrong";
  for (size_t size = 0; size < kDump.size(); ++size) {
    EXPECT_EQ(Restore(kDump.substr(0, size)), wrong);
  }
  for (size_t i = 0; i < kDump.size(); ++i) {
    std::string changed = kDump;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    EXPECT_EQ(Restore(changed), wrong);
  }
  EXPECT_EQ(Restore(SealPayload("\xf5", 99)), wrong);
  EXPECT_EQ(Restore(SealPayload("\xf6\x01x")), "-ERR given type is not a function");
  EXPECT_EQ(Restore(SealPayload("\xf5\x7f\xffx")), "-ERR Failed loading library data");
}

// Payloads that are broken, though the checksum is right, are no libraries, or some that can be
// called; the one that is there stays either way.
TEST_F(FunctionDumpTest, HostilePayloadsDoNoHarm) {
  kv::Random random(1);
  const std::string stays = Library("stays", "stays", "return 'here'");
  const std::vector<std::string> bodies = {
      kDump.substr(0, kDump.size() - 10),
      Body(Library("b", "g", "return {1, {2}}")) + Body(Library("c", "h", "return keys[1]")),
      "\xf5\xc3\x0b\x40\x40\x02#!l\xe0\x30\x02\x01x"s,  // compressed
  };
  int accepted = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string body = bodies[random.Uniform(bodies.size())];
    for (uint64_t changes = random.Uniform(4); changes > 0; --changes) {
      body[random.Uniform(body.size())] = static_cast<char>(random.Next());
    }
    if (random.Uniform(4) == 0) body.resize(random.Uniform(body.size()) + 1);
    Run({"function", "flush"});
    ASSERT_EQ(Load(stays), "\"stays\"");
    const std::string reply = Restore(SealPayload(body));
    ASSERT_THAT(reply, AnyOf("+OK", StartsWith("-ERR ")));
    if (reply == "+OK") ++accepted;
    for (const char* function : {"f", "g", "h"}) {
      ASSERT_FALSE(Run({"fcall", function, "1", "key"}).empty());
    }
    ASSERT_EQ(Run({"fcall", "stays", "0"}), "\"here\"");
    const std::string dump = Dump();
    ASSERT_EQ(Restore(dump, "flush"), "+OK");
    ASSERT_EQ(Dump(), dump);
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace tests
