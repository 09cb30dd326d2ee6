#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

constexpr char kInvalidPosition[] = "-ERR bit offset is not an integer or out of range";
constexpr char kSyntaxError[] = "-ERR syntax error";

class BitmapCommands : public CommandTest {
 protected:
  std::string Get(const std::string& key) { return client_.Run({"get", key}).text; }
};

TEST_F(BitmapCommands, SetbitAndGetbit) {
  EXPECT_EQ(Run({"getbit", "key", "7"}), "0");
  EXPECT_EQ(Run({"setbit", "key", "7", "1"}), "0");
  EXPECT_EQ(Run({"setbit", "key", "7", "1"}), "1");
  EXPECT_EQ(Get("key"), "\x01");
  EXPECT_EQ(Run({"setbit", "key", "0", "1"}), "0");
  EXPECT_EQ(Run({"setbit", "key", "7", "0"}), "1");
  EXPECT_EQ(Get("key"), "\x80");
  EXPECT_EQ(Run({"setbit", "key", "2000", "0"}), "0");
  EXPECT_EQ(Run({"strlen", "key"}), "251");
  EXPECT_EQ(Run({"setbit", "key", "80000", "1"}), "0");
  EXPECT_EQ(Run({"strlen", "key"}), "10001");
  EXPECT_EQ(Run({"getbit", "key", "80000"}), "1");
  EXPECT_EQ(Run({"bitcount", "key"}), "2");
  EXPECT_EQ(Run({"getbit", "key", "4294967295"}), "0");
}

TEST_F(BitmapCommands, SetbitKeepsTheDeadlineAndMakesTheStringRaw) {
  Run({"set", "key", "12", "ex", "100"});
  EXPECT_EQ(Run({"setbit", "key", "3", "0"}), "1");
  EXPECT_EQ(Get("key"), "!2");
  EXPECT_EQ(Run({"ttl", "key"}), "100");
  EXPECT_EQ(Run({"object", "encoding", "key"}), "\"raw\"");
}

TEST_F(BitmapCommands, PositionsOutOfRange) {
  for (const char* position : {"-1", "x", "", "4294967296", "99999999999999999999", "#1", "1.0"}) {
    EXPECT_EQ(Run({"setbit", "key", position, "1"}), kInvalidPosition) << position;
    EXPECT_EQ(Run({"getbit", "key", position}), kInvalidPosition) << position;
  }
  for (const char* bit : {"2", "-1", "x", ""}) {
    EXPECT_EQ(Run({"setbit", "key", "1", bit}), "-ERR bit is not an integer or out of range");
  }
  Run({"config", "set", "proto-max-bulk-len", "1mb"});
  EXPECT_EQ(Run({"setbit", "key", "8388607", "1"}), "0");
  EXPECT_EQ(Run({"setbit", "key", "8388608", "1"}), kInvalidPosition);
  EXPECT_EQ(Run({"strlen", "key"}), "1048576");
}

TEST_F(BitmapCommands, Bitcount) {
  Run({"set", "key", "foobar"});
  EXPECT_EQ(Run({"bitcount", "key"}), "26");
  EXPECT_EQ(Run({"bitcount", "key", "0", "0"}), "4");
  EXPECT_EQ(Run({"bitcount", "key", "1", "1", "byte"}), "6");
  EXPECT_EQ(Run({"bitcount", "key", "5", "30", "BIT"}), "17");
  EXPECT_EQ(Run({"bitcount", "key", "-2"}), "7");
  EXPECT_EQ(Run({"bitcount", "key", "-2", "-1"}), "7");
  EXPECT_EQ(Run({"bitcount", "key", "-1", "-2"}), "0");
  EXPECT_EQ(Run({"bitcount", "key", "-90", "-100"}), "0");
  EXPECT_EQ(Run({"bitcount", "key", "-100", "-90"}), "4");
  EXPECT_EQ(Run({"bitcount", "key", "6", "100"}), "0");
  EXPECT_EQ(Run({"bitcount", "key", "-9223372036854775808", "9223372036854775807", "bit"}), "26");
  EXPECT_EQ(Run({"bitcount", "absent", "0", "-1"}), "0");
  Run({"set", "number", "12"});
  EXPECT_EQ(Run({"bitcount", "number"}), "6");
}

TEST_F(BitmapCommands, RangesAreChecked) {
  for (const char* key : {"key", "absent"}) {
    Run({"set", "key", "foobar"});
    EXPECT_EQ(Run({"bitcount", key, "a", "b"}), "-ERR value is not an integer or out of range");
    EXPECT_EQ(Run({"bitcount", key, "0", "1", "hello"}), kSyntaxError);
    EXPECT_EQ(Run({"bitcount", key, "0", "1", "bit", "more"}), kSyntaxError);
    EXPECT_EQ(Run({"bitpos", key, "x"}), "-ERR value is not an integer or out of range");
    EXPECT_EQ(Run({"bitpos", key, "2"}), "-ERR The bit argument must be 1 or 0.");
    EXPECT_EQ(Run({"bitpos", key, "1", "0", "1", "hello"}), kSyntaxError);
    EXPECT_EQ(Run({"bitpos", key, "1", "0", "x"}), "-ERR value is not an integer or out of range");
  }
}

TEST_F(BitmapCommands, Bitpos) {
  Run({"set", "key", std::string("\xff\xf0\x00", 3)});
  EXPECT_EQ(Run({"bitpos", "key", "0"}), "12");
  EXPECT_EQ(Run({"bitpos", "key", "1"}), "0");
  EXPECT_EQ(Run({"bitpos", "key", "1", "1"}), "8");
  EXPECT_EQ(Run({"bitpos", "key", "1", "2"}), "-1");
  EXPECT_EQ(Run({"bitpos", "key", "1", "2", "1"}), "-1");
  EXPECT_EQ(Run({"bitpos", "key", "0", "3", "11", "bit"}), "-1");
  EXPECT_EQ(Run({"bitpos", "key", "0", "3", "12", "bit"}), "12");
  EXPECT_EQ(Run({"bitpos", "key", "1", "-23", "-2", "bit"}), "1");
  EXPECT_EQ(Run({"bitpos", "absent", "0"}), "0");
  EXPECT_EQ(Run({"bitpos", "absent", "1"}), "-1");
  Run({"set", "empty", ""});
  EXPECT_EQ(Run({"bitpos", "empty", "0"}), "-1");
}

TEST_F(BitmapCommands, AStringOfOnesGoesOnWithZerosUnlessItsEndIsGiven) {
  Run({"set", "key", "\xff\xff"});
  EXPECT_EQ(Run({"bitpos", "key", "0"}), "16");
  EXPECT_EQ(Run({"bitpos", "key", "0", "1"}), "16");
  EXPECT_EQ(Run({"bitpos", "key", "0", "2"}), "-1");
  EXPECT_EQ(Run({"bitpos", "key", "0", "0", "-1"}), "-1");
}

TEST_F(BitmapCommands, BitopStoresTheCombination) {
  Run({"mset", "x", "\x0f\x0f\x0f", "y", "\x3c", "z", "\x55\xff"});
  EXPECT_EQ(Run({"bitop", "and", "d", "x", "y"}), "3");
  EXPECT_EQ(Get("d"), std::string("\x0c\0\0", 3));
  EXPECT_EQ(Run({"bitop", "OR", "d", "x", "y"}), "3");
  EXPECT_EQ(Get("d"), "\x3f\x0f\x0f");
  Run({"bitop", "xor", "d", "x", "y", "z"});
  EXPECT_EQ(Get("d"), "\x66\xf0\x0f");
  EXPECT_EQ(Run({"bitop", "not", "d", "y"}), "1");
  EXPECT_EQ(Get("d"), "\xc3");
  Run({"bitop", "diff", "d", "x", "y", "z"});
  EXPECT_EQ(Get("d"), std::string("\x02\0\x0f", 3));
  Run({"bitop", "diff1", "d", "x", "y", "z"});
  EXPECT_EQ(Get("d"), std::string("\x70\xf0\0", 3));
  Run({"bitop", "andor", "d", "x", "y", "z"});
  EXPECT_EQ(Get("d"), std::string("\x0d\x0f\0", 3));
  Run({"bitop", "one", "d", "x", "y", "z"});
  EXPECT_EQ(Get("d"), "\x62\xf0\x0f");
  EXPECT_EQ(Run({"object", "encoding", "d"}), "\"raw\"");
}

TEST_F(BitmapCommands, BitopReplacesWhateverStoodThere) {
  Run({"set", "x", "123"});
  Run({"set", "d", "old", "ex", "100"});
  EXPECT_EQ(Run({"bitop", "or", "d", "x", "absent"}), "3");
  EXPECT_EQ(Get("d"), "123");
  EXPECT_EQ(Run({"ttl", "d"}), "-1");
  EXPECT_EQ(Run({"object", "encoding", "d"}), "\"raw\"");
  EXPECT_EQ(Run({"bitop", "or", "d", "absent", "missing"}), "0");
  EXPECT_EQ(Run({"exists", "d"}), "0");
}

TEST_F(BitmapCommands, TheDestinationMayBeAnOperandOfAnySize) {
  for (const size_t size : {100u, 255u, 256u, 5000u, 70000u}) {
    const std::string ones(size, '\xff');
    Run({"set", "x", ones, "ex", "100"});
    Run({"set", "y", ones.substr(1)});
    EXPECT_EQ(Run({"bitop", "xor", "x", "x", "y"}), std::to_string(size));
    EXPECT_EQ(Get("x"), std::string(size - 1, '\0') + '\xff');
    EXPECT_EQ(Run({"ttl", "x"}), "-1");
    EXPECT_EQ(Run({"bitop", "not", "x", "x"}), std::to_string(size));
    EXPECT_EQ(Run({"bitcount", "x"}), std::to_string((size - 1) * 8));
    EXPECT_EQ(Run({"bitop", "and", "y", "y", "x", "x"}), std::to_string(size));
    EXPECT_EQ(Run({"bitcount", "y"}), std::to_string((size - 1) * 8));
  }
}

TEST_F(BitmapCommands, BitopChecksItsOperands) {
  EXPECT_EQ(Run({"bitop", "nor", "d", "x"}), kSyntaxError);
  EXPECT_EQ(Run({"bitop", "not", "d", "x", "y"}),
            "-ERR BITOP NOT must be called with a single source key.");
  EXPECT_EQ(Run({"bitop", "diff1", "d", "x"}),
            "-ERR BITOP DIFF1 must be called with at least two source keys.");
  EXPECT_EQ(Run({"bitop", "and", "d"}), "-ERR wrong number of arguments for 'bitop' command");
}

TEST_F(BitmapCommands, AnExpiredOperandCountsAsAbsent) {
  Run({"set", "x", std::string(300, 'x'), "px", "10"});
  Run({"set", "d", "abc", "px", "10"});
  AdvanceTime(10);
  EXPECT_EQ(Run({"bitop", "or", "d", "x", "d"}), "0");
  EXPECT_EQ(Run({"exists", "d", "x"}), "0");
}

// --- BITFIELD ---

TEST_F(BitmapCommands, BitfieldSetsGetsAndIncrements) {
  EXPECT_EQ(Run({"bitfield", "key", "set", "u8", "0", "255", "get", "u4", "4", "get", "i8", "0"}),
            "[0, 15, -1]");
  EXPECT_EQ(Run({"bitfield", "key", "set", "u8", "#1", "7", "incrby", "u8", "#1", "3"}), "[0, 10]");
  EXPECT_EQ(Get("key"), "\xff\x0a");
  EXPECT_EQ(Run({"bitfield", "key", "incrby", "i64", "3", "-1"}).substr(0, 1), "[");
  EXPECT_EQ(Run({"strlen", "key"}), "9");
  EXPECT_EQ(Run({"bitfield", "key"}), "[]");
  EXPECT_EQ(Run({"bitfield", "absent", "get", "u8", "0"}), "[0]");
  EXPECT_EQ(Run({"exists", "absent"}), "0");
}

TEST_F(BitmapCommands, BitfieldOverflow) {
  Run({"bitfield", "key", "set", "u2", "0", "3", "set", "i4", "4", "7"});
  EXPECT_EQ(Run({"bitfield", "key", "overflow", "fail", "incrby", "u2", "0", "1"}), "[nil]");
  EXPECT_EQ(Run({"bitfield", "key", "overflow", "sat", "incrby", "u2", "0", "1", "incrby", "i4",
                 "4", "1"}),
            "[3, 7]");
  EXPECT_EQ(Run({"bitfield", "key", "incrby", "u2", "0", "2", "overflow", "sat", "incrby", "i4",
                 "4", "-100", "overflow", "wrap", "incrby", "i4", "4", "-1"}),
            "[1, -8, 7]");
  EXPECT_EQ(Run({"bitfield", "key", "overflow", "fail", "set", "u2", "0", "-1", "get", "u2", "0"}),
            "[nil, 1]");
  EXPECT_EQ(Run({"bitfield", "key", "overflow", "sat", "set", "u2", "0", "-1", "get", "u2", "0"}),
            "[1, 3]");
  EXPECT_EQ(Run({"bitfield", "n", "set", "i64", "0", "9223372036854775807", "incrby", "i64", "0",
                 "1", "overflow", "fail", "incrby", "i64", "0", "-1"}),
            "[0, -9223372036854775808, nil]");
}

TEST_F(BitmapCommands, BitfieldChecksAllBeforeItDoesAnything) {
  const std::string invalid_type =
      "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but "
      "i64 is.";
  EXPECT_EQ(Run({"bitfield", "key", "set", "u8", "0", "1", "get", "u64", "0"}), invalid_type);
  EXPECT_EQ(Run({"bitfield", "key", "set", "u8", "0", "1", "get", "u8"}), kSyntaxError);
  EXPECT_EQ(Run({"bitfield", "key", "set", "u8", "0", "1", "frob", "u8", "0"}), kSyntaxError);
  EXPECT_EQ(Run({"bitfield", "key", "set", "u8", "0", "x"}),
            "-ERR value is not an integer or out of range");
  EXPECT_EQ(Run({"bitfield", "key", "overflow", "never"}), "-ERR Invalid OVERFLOW type specified");
  EXPECT_EQ(Run({"bitfield", "key", "overflow"}), kSyntaxError);
  for (const char* position :
       {"-1", "x", "4294967296", "#-1", "#", "#536870912", "#9223372036854775807"}) {
    EXPECT_EQ(Run({"bitfield", "key", "set", "u8", position, "1"}), kInvalidPosition) << position;
  }
  EXPECT_EQ(Run({"exists", "key"}), "0");
}

TEST_F(BitmapCommands, BitfieldRoOnlyGets) {
  Run({"set", "key", "a"});
  EXPECT_EQ(Run({"bitfield_ro", "key", "get", "u8", "0", "overflow", "sat"}), "[97]");
  EXPECT_EQ(Run({"bitfield_ro", "key", "set", "u8", "0", "1"}),
            "-ERR BITFIELD_RO only supports the GET subcommand");
  EXPECT_EQ(Run({"command", "getkeysandflags", "bitfield", "k", "get", "u8", "0"}),
            "[[\"k\", [+RO, +access]]]");
  EXPECT_EQ(Run({"command", "getkeysandflags", "bitfield", "k", "set", "u8", "0", "1"}),
            "[[\"k\", [+RW, +access, +update]]]");
}

}  // namespace
}  // namespace tests
