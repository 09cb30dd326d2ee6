// cjson, cmsgpack, struct and bit, hostile input included.
#include "kv/scripting/lua_modules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/kv/scripting/script_test.h"

namespace tests {
namespace {

using ::testing::HasSubstr;

class LuaModulesTest : public ScriptTest {
 protected:
  // The bytes that `expression` makes, in hexadecimal digits.
  std::string Hex(const std::string& expression) {
    return Eval("return (" + expression +
                ":gsub('.', function(c) return string.format('%02x', c:byte()) end))");
  }
};

TEST_F(LuaModulesTest, MessagePackWritesTheShortestForm) {
  EXPECT_EQ(Hex("cmsgpack.pack(nil, true, false, 0, 127, 128, 255, 256, 65535, 65536, 2^32)"),
            "\"c0c3c2007fcc80ccffcd0100cdffffce00010000cf0000000100000000\"");
  EXPECT_EQ(Hex("cmsgpack.pack(-1, -32, -33, -128, -129, -32769, -2^31 - 1)"),
            "\"ffe0d0dfd080d1ff7fd2ffff7fffd3ffffffff7fffffff\"");
  EXPECT_EQ(Hex("cmsgpack.pack(1.5, 0.1)"), "\"ca3fc00000cb3fb999999999999a\"");
  EXPECT_EQ(Hex("cmsgpack.pack('ab', {1, {}}, {a = 1}, {[1] = 1, [3] = 3})"),
            "\"a2616292019081a1610182010103"
            "03\"");
}

TEST_F(LuaModulesTest, MessagePackReadsWhatItWrites) {
  EXPECT_EQ(Eval("local text = cmsgpack.pack({1, -70000, 0.1, 'x', {a = {true}}}) "
                 "local t = cmsgpack.unpack(text) "
                 "return {t[1], t[2], t[3] == 0.1, t[4], t[5].a[1]}"),
            R"([1, -70000, 1, "x", 1])");
  EXPECT_EQ(Eval("return {cmsgpack.unpack('\\1\\2\\3')}"), "[1, 2, 3]");
  EXPECT_EQ(Eval("return {cmsgpack.unpack_one('\\1\\2')}"), "[1, 1]");
  EXPECT_EQ(Eval("return {cmsgpack.unpack_one('\\1\\2', 1)}"), "[-1, 2]");
  EXPECT_EQ(Eval("return {cmsgpack.unpack_limit('\\1\\2\\3', 2)}"), "[2, 1, 2]");
}

TEST_F(LuaModulesTest, HostileMessagePackIsRefused) {
  EXPECT_THAT(Eval("return cmsgpack.unpack('\\221\\255\\255\\255\\255')"),
              HasSubstr("Missing bytes in input."));
  EXPECT_THAT(Eval("return cmsgpack.unpack('\\219\\255\\255\\255\\255x')"),
              HasSubstr("Missing bytes in input."));
  EXPECT_THAT(Eval("return cmsgpack.unpack('\\193')"), HasSubstr("Bad data format in input."));
  EXPECT_THAT(Eval("return cmsgpack.unpack('\\129\\192\\1')"), HasSubstr("index is nil"));
  EXPECT_THAT(Eval("return cmsgpack.unpack(string.rep('\\145', 200000))"),
              HasSubstr("stack overflow"));
  EXPECT_THAT(Eval("return cmsgpack.unpack(string.rep('\\129', 200000))"),
              HasSubstr("stack overflow"));
  EXPECT_THAT(Eval("return cmsgpack.unpack_one('x', 2)"), HasSubstr("greater than input length"));
  EXPECT_THAT(Eval("return cmsgpack.unpack_one('x', -1)"), HasSubstr("Invalid request"));
  EXPECT_EQ(Eval("local t = {} for i = 1, 200000 do t = {t} end return #cmsgpack.pack(t)"), "17");
  EXPECT_EQ(Eval("local t = {} t[1] = t return #cmsgpack.pack(t)"), "17");
}

TEST_F(LuaModulesTest, StructPacksByItsFormat) {
  EXPECT_EQ(Hex("struct.pack('>hHbBi3I5', -2, 3, -1, 255, -70000, 1e10)"),
            "\"fffe0003fffffeee9002540be400\"");
  EXPECT_EQ(Hex("struct.pack('<hfd', -2, 1.5, 2.5)"), "\"feff0000c03f0000000000000440\"");
  EXPECT_EQ(Hex("struct.pack('!4bi', 1, 2)"), "\"0100000002000000\"");
  EXPECT_EQ(Hex("struct.pack('sc2c0', 'ab', 'cde', 'f')"),
            "\"61620063"
            "6466\"");
  EXPECT_EQ(Eval("return {struct.unpack('>hI5bs', struct.pack('>hI5bs', -2, 1e10, -1, 'xy'))}"),
            R"([-2, 10000000000, -1, "xy", 12])");
  EXPECT_EQ(Eval("return {struct.unpack('bc0', '\\3abcd')}"), R"(["abc", 5])");
  EXPECT_EQ(Eval("return struct.size('bhilTfd!8i3')"), "38");
}

TEST_F(LuaModulesTest, HostileFormatsAreRefused) {
  EXPECT_THAT(Eval("return struct.pack('q', 1)"), HasSubstr("invalid format option 'q'"));
  EXPECT_THAT(Eval("return struct.pack('i33', 1)"), HasSubstr("larger than limit of 32"));
  EXPECT_THAT(Eval("return struct.pack('i99999999999999', 1)"), HasSubstr("size overflow"));
  EXPECT_THAT(Eval("return struct.pack('!3i', 1)"), HasSubstr("not a power of 2"));
  EXPECT_THAT(Eval("return struct.pack('i')"), HasSubstr("number expected, got nil"));
  EXPECT_THAT(Eval("return struct.pack('c5', 'ab')"), HasSubstr("string too short"));
  EXPECT_THAT(Eval("return struct.unpack('c2147483647', 'x')"), HasSubstr("data string too short"));
  EXPECT_THAT(Eval("return struct.unpack('>I2', 'abc', 10)"), HasSubstr("data string too short"));
  EXPECT_THAT(Eval("return struct.unpack('>I2', 'abc', 0)"), HasSubstr("1 or greater"));
  EXPECT_THAT(Eval("return struct.unpack('s', 'abc')"), HasSubstr("unfinished string"));
  EXPECT_THAT(Eval("return struct.unpack('c0', 'abc')"), HasSubstr("needs a previous size"));
  EXPECT_THAT(Eval("return struct.unpack('bc0', '\\200abc')"), HasSubstr("data string too short"));
  EXPECT_EQ(Hex("struct.pack('i32', 1e300)"), "\"0000000000000080" + std::string(48, 'f') + "\"");
}

TEST_F(LuaModulesTest, BitsAreThoseOf32) {
  EXPECT_EQ(Eval("return {bit.band(0xff, 0x0f, 3), bit.bor(1, 2, 4), bit.bxor(5, 1), bit.bnot(0)}"),
            "[3, 7, 4, -1]");
  EXPECT_EQ(Eval("return {bit.lshift(1, 31), bit.rshift(-1, 28), bit.arshift(-16, 2), "
                 "bit.rol(0x12345678, 4) == 0x23456781, bit.ror(1, 1), bit.bswap(1)}"),
            "[-2147483648, 15, -4, 1, -2147483648, 16777216]");
  EXPECT_EQ(Eval("return {bit.tohex(255), bit.tohex(255, 2), bit.tohex(-1, -4), bit.tohex(1, 99), "
                 "bit.tohex(65535, -2147483648)}"),
            R"(["000000ff", "ff", "FFFF", "00000001", "0000FFFF"])");
  EXPECT_EQ(Eval("return {bit.tobit(2^40), bit.tobit(0xffffffff), bit.tobit(1.5)}"), "[0, -1, 2]");
}

TEST_F(LuaModulesTest, DeepJsonIsRefused) {
  EXPECT_THAT(Eval("return cjson.decode(string.rep('[', 200000))"), HasSubstr("too many nested"));
  EXPECT_THAT(Eval("cjson.decode_max_depth(1e9) return cjson.decode(string.rep('[', 200000))"),
              HasSubstr("too many nested"));
  EXPECT_THAT(Eval("cjson.decode_max_depth(1000) local t = {} t[1] = t return cjson.encode(t)"),
              HasSubstr("excessive nesting"));
  EXPECT_EQ(Eval("return cjson.encode({1, 'x', cjson.null, {a = true}})"),
            R"("[1,\"x\",null,{\"a\":true}]")");
}

}  // namespace
}  // namespace tests
