#include "kv/command/command_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kv {
namespace {

using ::testing::ElementsAre;

constexpr CommandSpec kSubcommands[] = {{.name = "id"}, {.name = "no-touch"}};
constexpr CommandSpec kFamily[] = {
    {.name = "get"},         {.name = "set"},       {.name = "client", .subcommands = kSubcommands},
    {.name = "incrbyfloat"}, {.name = "incrbyfoo"}, {.name = "a-b"},
};

class CommandTableTest : public ::testing::Test {
 protected:
  CommandTableTest() { table_.Register(kFamily); }

  std::string NameOf(const Command* command) {
    return command == nullptr ? "(none)" : std::string(command->name());
  }
  std::string Find(std::string_view name) { return NameOf(table_.Find(name)); }

  CommandTable table_;
};

TEST_F(CommandTableTest, FindsNamesInAnyCase) {
  EXPECT_EQ(Find("get"), "get");
  EXPECT_EQ(Find("GeT"), "get");
  EXPECT_EQ(Find("INCRBYFLOAT"), "incrbyfloat");
  EXPECT_EQ(Find("incrbyFOO"), "incrbyfoo");
}

TEST_F(CommandTableTest, FindsNothingElse) {
  for (const char* name : {"", "ge", "gets", "incrbyfloaT1", "incrbyfloor", "id", "client|id"}) {
    EXPECT_EQ(Find(name), "(none)") << name;
  }
}

// Bit 5 makes letters lower case, and other bytes something else.
TEST_F(CommandTableTest, OnlyLettersHaveTwoCases) {
  EXPECT_EQ(Find("A-B"), "a-b");
  EXPECT_EQ(Find("a\rb"), "(none)");
}

TEST_F(CommandTableTest, ResolvesSubcommands) {
  EXPECT_EQ(NameOf(table_.FindFullName("CLIENT|No-Touch")), "client|no-touch");
  EXPECT_EQ(NameOf(table_.FindFullName("client|nosuch")), "(none)");
  const std::vector<std::string_view> words = {"client", "ID"};
  EXPECT_EQ(NameOf(table_.Resolve(words)), "client|id");
}

TEST_F(CommandTableTest, RenamesAndRemoves) {
  EXPECT_TRUE(table_.Rename("client", "Agent"));
  EXPECT_EQ(Find("client"), "(none)");
  EXPECT_EQ(NameOf(table_.FindFullName("agent|id")), "agent|id");
  EXPECT_TRUE(table_.Rename("get", ""));
  EXPECT_EQ(Find("get"), "(none)");
  EXPECT_FALSE(table_.Rename("set", "AGENT")) << "taken";
  EXPECT_FALSE(table_.Rename("nosuch", "other"));
  std::vector<std::string> names;
  for (const Command* command : table_.commands()) names.push_back(NameOf(command));
  EXPECT_THAT(names, ElementsAre("set", "agent", "incrbyfloat", "incrbyfoo", "a-b"));
}

TEST_F(CommandTableTest, GrowsWithItsCommands) {
  constexpr int kCommands = 1000;
  std::vector<std::string> names;
  for (int i = 0; i < kCommands; ++i) names.push_back("command" + std::to_string(i));
  std::vector<CommandSpec> specs(kCommands);
  for (int i = 0; i < kCommands; ++i) specs[i].name = names[i];
  table_.Register(specs);
  for (const std::string& name : names) EXPECT_EQ(Find(name), name);
  EXPECT_EQ(Find("get"), "get");
  EXPECT_EQ(Find("command1000"), "(none)");
}

}  // namespace
}  // namespace kv
