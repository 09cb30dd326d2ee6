#include "kv/store/store.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

class StringCommands : public CommandTest {};

TEST_F(StringCommands, SetAndGet) {
  EXPECT_EQ(Run({"get", "key"}), "nil");
  EXPECT_EQ(Run({"set", "key", "value"}), "+OK");
  EXPECT_EQ(Run({"get", "key"}), "\"value\"");
  EXPECT_EQ(Run({"SET", "key", ""}), "+OK");
  EXPECT_EQ(Run({"Get", "key"}), "\"\"");
  EXPECT_EQ(Run({"strlen", "key"}), "0");
}

TEST_F(StringCommands, ValuesOfEverySizeComeBack) {
  for (size_t size : {0, 1, 44, 45, 255, 256, 4096, 16383, 16384, 40000, 1 << 20}) {
    std::string value(size, 'x');
    for (size_t i = 0; i < size; i += 7) value[i] = static_cast<char>(i);
    ASSERT_EQ(Run({"set", "key", value}), "+OK") << size;
    ASSERT_EQ(client_.Run({"get", "key"}).text, value) << size;
    ASSERT_EQ(Run({"strlen", "key"}), std::to_string(size));
  }
}

TEST_F(StringCommands, SetConditions) {
  EXPECT_EQ(Run({"set", "key", "1", "xx"}), "nil");
  EXPECT_EQ(Run({"set", "key", "1", "nx"}), "+OK");
  EXPECT_EQ(Run({"set", "key", "2", "nx"}), "nil");
  EXPECT_EQ(Run({"set", "key", "2", "nx", "get"}), "\"1\"");
  EXPECT_EQ(Run({"set", "key", "2", "xx", "get"}), "\"1\"");
  EXPECT_EQ(Run({"set", "key", "3", "ifeq", "1"}), "nil");
  EXPECT_EQ(Run({"set", "key", "3", "ifeq", "2"}), "+OK");
  EXPECT_EQ(Run({"set", "key", "4", "ifne", "3"}), "nil");
  EXPECT_EQ(Run({"set", "other", "4", "ifne", "3"}), "+OK");
  EXPECT_EQ(Run({"set", "absent", "4", "ifeq", "3"}), "nil");
  EXPECT_EQ(Run({"set", "key", "5", "nx", "xx"}), "-ERR syntax error");
  EXPECT_EQ(Run({"set", "key", "5", "ex"}), "-ERR syntax error");
}

TEST_F(StringCommands, Digests) {
  Run({"set", "key", "hello"});
  EXPECT_EQ(Run({"digest", "key"}), "\"9555e8555c62dcfd\"");
  EXPECT_EQ(Run({"digest", "absent"}), "nil");
  EXPECT_EQ(Run({"set", "key", "x", "ifdeq", "0000000000000000"}), "nil");
  EXPECT_EQ(Run({"set", "key", "x", "ifdeq", "9555E8555C62DCFD"}), "+OK");
  EXPECT_EQ(Run({"delex", "key", "ifeq", "hello"}), "0");
  EXPECT_EQ(Run({"delex", "key", "ifeq", "x"}), "1");
  EXPECT_EQ(Run({"exists", "key"}), "0");
}

TEST_F(StringCommands, Expiry) {
  EXPECT_EQ(Run({"set", "key", "value", "px", "100"}), "+OK");
  AdvanceTime(99);
  EXPECT_EQ(Run({"get", "key"}), "\"value\"");
  EXPECT_EQ(Run({"pttl", "key"}), "1");
  AdvanceTime(1);
  EXPECT_EQ(Run({"get", "key"}), "nil");
  EXPECT_EQ(server_.server().store().keys(), 0u);
  EXPECT_EQ(Run({"set", "key", "value", "ex", "0"}), "-ERR invalid expire time in 'set' command");
  EXPECT_EQ(Run({"set", "key", "value", "ex", "9223372036854775807"}),
            "-ERR invalid expire time in 'set' command");
  EXPECT_EQ(Run({"set", "key", "value", "ex", "ten"}),
            "-ERR value is not an integer or out of range");
  EXPECT_EQ(Run({"setex", "key", "10", "value"}), "+OK");
  EXPECT_EQ(Run({"ttl", "key"}), "10");
  EXPECT_EQ(Run({"set", "key", "value", "keepttl"}), "+OK");
  EXPECT_EQ(Run({"ttl", "key"}), "10");
  EXPECT_EQ(Run({"getex", "key", "persist"}), "\"value\"");
  EXPECT_EQ(Run({"ttl", "key"}), "-1");
}

TEST_F(StringCommands, Counters) {
  EXPECT_EQ(Run({"incr", "n"}), "1");
  EXPECT_EQ(Run({"incrby", "n", "41"}), "42");
  EXPECT_EQ(Run({"decr", "n"}), "41");
  EXPECT_EQ(Run({"decrby", "n", "-1"}), "42");
  EXPECT_EQ(Run({"decrby", "n", "-9223372036854775808"}), "-ERR decrement would overflow");
  EXPECT_EQ(Run({"incrbyfloat", "n", "0.5"}), "\"42.5\"");
  EXPECT_EQ(Run({"incr", "n"}), "-ERR value is not an integer or out of range");
  Run({"set", "n", "9223372036854775807"});
  EXPECT_EQ(Run({"incr", "n"}), "-ERR increment or decrement would overflow");
  Run({"set", "n", " 1"});
  EXPECT_EQ(Run({"incr", "n"}), "-ERR value is not an integer or out of range");
}

TEST_F(StringCommands, Increx) {
  EXPECT_EQ(Run({"increx", "n"}), "[1, 1]");
  EXPECT_EQ(Run({"increx", "n", "byint", "5", "ubound", "3"}), "[1, 0]");
  EXPECT_EQ(Run({"increx", "n", "byint", "5", "ubound", "3", "saturate"}), "[3, 2]");
  EXPECT_EQ(Run({"increx", "n", "ex", "100"}), "[4, 1]");
  EXPECT_EQ(Run({"ttl", "n"}), "100");
  EXPECT_EQ(Run({"increx", "n", "ex", "10", "enx"}), "[5, 1]");
  EXPECT_EQ(Run({"ttl", "n"}), "100");
  EXPECT_EQ(Run({"increx", "n", "persist"}), "[6, 1]");
  EXPECT_EQ(Run({"ttl", "n"}), "-1");
  EXPECT_EQ(Run({"increx", "n", "byfloat", "0.5"}), "[\"6.5\", \"0.5\"]");
  EXPECT_EQ(Run({"increx", "n", "enx"}), "-ERR syntax error");
  EXPECT_EQ(Run({"increx", "n", "byint", "1", "lbound", "5", "ubound", "1"}),
            "-ERR LBOUND can't be greater than UBOUND");
}

TEST_F(StringCommands, Ranges) {
  EXPECT_EQ(Run({"append", "key", "Hello "}), "6");
  EXPECT_EQ(Run({"append", "key", "World"}), "11");
  EXPECT_EQ(Run({"getrange", "key", "0", "4"}), "\"Hello\"");
  EXPECT_EQ(Run({"getrange", "key", "-5", "-1"}), "\"World\"");
  EXPECT_EQ(Run({"getrange", "key", "5", "2"}), "\"\"");
  EXPECT_EQ(Run({"setrange", "key", "6", "Redis"}), "11");
  EXPECT_EQ(Run({"get", "key"}), "\"Hello Redis\"");
  EXPECT_EQ(Run({"getrange", "key", "0", "-100"}), "\"\"");
  EXPECT_EQ(Run({"setrange", "new", "3", "x"}), "4");
  EXPECT_EQ(client_.Run({"get", "new"}).text, std::string("\0\0\0x", 4));
  EXPECT_EQ(Run({"setrange", "key", "-1", "x"}), "-ERR offset is out of range");
  EXPECT_EQ(Run({"setrange", "key", "536870912", "x"}),
            "-ERR string exceeds maximum allowed size (proto-max-bulk-len)");
}

TEST_F(StringCommands, AppendAcrossTheInlineLimitKeepsTheBytes) {
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string piece(static_cast<size_t>(1 + i % 9), static_cast<char>('a' + i % 26));
    expected += piece;
    ASSERT_EQ(Run({"append", "key", piece}), std::to_string(expected.size()));
  }
  EXPECT_EQ(client_.Run({"get", "key"}).text, expected);
}

TEST_F(StringCommands, ManyKeys) {
  EXPECT_EQ(Run({"mset", "a", "1", "b", "2"}), "+OK");
  EXPECT_EQ(Run({"mget", "a", "b", "c"}), "[\"1\", \"2\", nil]");
  EXPECT_EQ(Run({"msetnx", "c", "3", "a", "4"}), "0");
  EXPECT_EQ(Run({"msetnx", "c", "3", "d", "4"}), "1");
  EXPECT_EQ(Run({"mset", "a"}), "-ERR wrong number of arguments for 'mset' command");
  EXPECT_EQ(Run({"mset", "a", "1", "b"}), "-ERR wrong number of arguments for 'mset' command");
  EXPECT_EQ(Run({"msetex", "2", "a", "5", "e", "6", "nx"}), "0");
  EXPECT_EQ(Run({"msetex", "2", "a", "5", "e", "6", "ex", "10"}), "1");
  EXPECT_EQ(Run({"ttl", "e"}), "10");
}

TEST_F(StringCommands, Lcs) {
  Run({"mset", "a", "ohmytext", "b", "mynewtext"});
  EXPECT_EQ(Run({"lcs", "a", "b"}), "\"mytext\"");
  EXPECT_EQ(Run({"lcs", "a", "b", "len"}), "6");
  EXPECT_EQ(Run({"lcs", "a", "b", "idx", "minmatchlen", "4", "withmatchlen"}),
            "[\"matches\", [[[4, 7], [5, 8], 4]], \"len\", 6]");
}

TEST_F(StringCommands, APinnedValueIsSentAsItWas) {
  const std::string value(8 << 20, 'a');
  Run({"set", "key", value});
  client_.Send({"get", "key"});
  client_.Send({"setrange", "key", "0", "bbbb"});
  client_.Send({"del", "key"});
  EXPECT_EQ(client_.Receive().text, value);
  EXPECT_EQ(client_.Receive().ToString(), std::to_string(value.size()));
  EXPECT_EQ(client_.Receive().ToString(), "1");
}

TEST_F(StringCommands, UnknownCommandsAndArity) {
  EXPECT_EQ(Run({"foo", "bar", "baz"}),
            "-ERR unknown command 'foo', with args beginning with: 'bar' 'baz' ");
  EXPECT_EQ(Run({"get"}), "-ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(Run({"object", "nothing"}), "-ERR unknown subcommand 'nothing'. Try OBJECT HELP.");
}

TEST_F(StringCommands, AValueAndTheTimeItExpires) {
  const std::string deadline = absl::StrCat(server_.clock().WallMillis() + 5000);
  Run({"set", "a", "x"});
  Run({"set", "b", "7", "px", "5000"});
  Run({"rpush", "l", "1"});
  EXPECT_EQ(Run({"getpxt", "a"}), "[\"x\", -1]");
  EXPECT_EQ(Run({"getpxt", "b"}), "[\"7\", " + deadline + "]");
  EXPECT_EQ(Run({"getpxt", "absent"}), "nil array");
  EXPECT_EQ(Run({"getpxt", "l"}),
            "-WRONGTYPE Operation against a key holding the wrong kind of value");
  EXPECT_EQ(Run({"mgetpxt", "a", "absent", "b", "l"}),
            "[[\"x\", -1], nil array, [\"7\", " + deadline + "], nil array]");
  AdvanceTime(5000);
  EXPECT_EQ(Run({"getpxt", "b"}), "nil array");
}

}  // namespace
}  // namespace tests
