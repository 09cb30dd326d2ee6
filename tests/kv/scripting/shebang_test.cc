#include "kv/scripting/shebang.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

TEST(ShebangTest, AScriptWithoutIsTakenWhole) {
  const Shebang shebang = ParseShebang("return 1");
  EXPECT_FALSE(shebang.present);
  EXPECT_EQ(shebang.source, "return 1");
  EXPECT_EQ(shebang.error, "");
}

TEST(ShebangTest, FlagsAreReadAndLinesKeepTheirNumbers) {
  const Shebang shebang =
      ParseShebang("#!lua flags=no-writes,allow-oom,allow-stale,no-cluster\r\nreturn 1");
  EXPECT_TRUE(shebang.present);
  EXPECT_EQ(shebang.flags,
            kScriptNoWrites | kScriptAllowOom | kScriptAllowStale | kScriptNoCluster);
  EXPECT_EQ(shebang.source, "\nreturn 1");
  EXPECT_EQ(ParseShebang("#!lua flags=\nx").error, "");
  EXPECT_EQ(ParseShebang("#!lua flags=allow-cross-slot-keys\nx").flags, kScriptAllowCrossSlotKeys);
}

TEST(ShebangTest, WhatIsUnknownIsNamed) {
  EXPECT_EQ(ParseShebang("#!lua").error, "ERR Invalid script shebang");
  EXPECT_EQ(ParseShebang("#!python\n").error, "ERR Unexpected engine in script shebang: #!python");
  EXPECT_EQ(ParseShebang("#!lua name=x\n").error, "ERR Unknown lua shebang option: name=x");
  EXPECT_EQ(ParseShebang("#!lua flags=no-writes,x\n").error,
            "ERR Unexpected flag in script shebang: x");
}

TEST(ShebangTest, WordsAreSplitAtAnyBlanksAndMayBeQuoted) {
  EXPECT_EQ(ParseShebang("#!lua\tflags=no-writes  \nx").flags, kScriptNoWrites);
  EXPECT_EQ(ParseShebang("#!lua \"flags=no-writes\"\nx").flags, kScriptNoWrites);
  EXPECT_EQ(ParseShebang("#!lua flags=\"\nx").error, "ERR Invalid engine in script shebang");
  EXPECT_EQ(ParseShebang("#! lua\nx").error, "ERR Unexpected engine in script shebang: #!");
  EXPECT_EQ(ParseShebang("#!lua flags=no-writes,\nx").error,
            "ERR Unexpected flag in script shebang: ");
}

TEST(ShebangTest, ALibraryHasAName) {
  const LibraryHeader header = ParseLibraryHeader("#!LUA NAME=my_lib_1\r\ncode");
  EXPECT_EQ(header.error, "");
  EXPECT_EQ(header.name, "my_lib_1");
  EXPECT_EQ(header.source, "\ncode");
  EXPECT_EQ(ParseLibraryHeader("#!lua name=\"quoted\"\n").name, "quoted");
}

TEST(ShebangTest, WhatIsWrongWithALibraryIsNamed) {
  const auto error = [](std::string_view code) { return ParseLibraryHeader(code).error; };
  EXPECT_EQ(error(""), "ERR Missing library metadata");
  EXPECT_EQ(error("lua name=a\n"), "ERR Missing library metadata");
  EXPECT_EQ(error("#!lua name=a"), "ERR Invalid library metadata");
  EXPECT_EQ(error("#!lua name=\"a\n"), "ERR Invalid library metadata");
  EXPECT_EQ(error(std::string_view("#!lua name=a\0b\n", 15)), "ERR Invalid library metadata");
  EXPECT_EQ(error("#! name=a\n"), "ERR Engine '' not found");
  EXPECT_EQ(error("#!js name=a\n"), "ERR Engine 'js' not found");
  EXPECT_EQ(error("#!\n"), "ERR Library name was not given");
  EXPECT_EQ(error("#!lua\n"), "ERR Library name was not given");
  EXPECT_EQ(error("#!lua nam\n"), "ERR Invalid metadata value given: nam");
  EXPECT_EQ(error("#!lua name=a name=b\n"),
            "ERR Invalid metadata value, name argument was given multiple times");
  EXPECT_EQ(error("#!lua name=\n"), kBadFunctionName);
  EXPECT_EQ(error("#!lua name=a-b\n"), kBadFunctionName);
}

}  // namespace
}  // namespace kv
