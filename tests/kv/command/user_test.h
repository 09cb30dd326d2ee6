// A table of a few commands, and users made of rules, for the tests about users.
#ifndef SOLOKV_TESTS_KV_COMMAND_USER_TEST_H_
#define SOLOKV_TESTS_KV_COMMAND_USER_TEST_H_

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "kv/command/command_table.h"
#include "kv/command/user.h"
#include "kv/command/user_description.h"
#include "kv/command/user_rules.h"

namespace kv {

inline void DoNothing(Context&) {}

inline constexpr KeySpec kReadFirst[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1)};
inline constexpr KeySpec kReadAll[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1, -1)};
inline constexpr KeySpec kWriteFirst[] = {KeySpec::Range(kKeyOW | kKeyUpdate, 1)};
inline constexpr KeySpec kReadThenWrite[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1),
                                             KeySpec::Range(kKeyOW | kKeyUpdate, 2)};
inline constexpr KeySpec kLookAtFirst[] = {KeySpec::Range(kKeyRO, 1)};
inline constexpr KeySpec kNoKey[] = {KeySpec::Range(kKeyNotKey, 1)};

inline constexpr CommandSpec kConfigSubcommands[] = {
    {.name = "get", .handler = DoNothing, .arity = -2},
    {.name = "set", .handler = DoNothing, .arity = -2, .flags = kAdmin}};

inline constexpr CommandSpec kUserTestCommands[] = {
    {.name = "get", .handler = DoNothing, .arity = 2, .flags = kReadonly, .keys = kReadFirst},
    {.name = "mget", .handler = DoNothing, .arity = -2, .flags = kReadonly, .keys = kReadAll},
    {.name = "set", .handler = DoNothing, .arity = 3, .flags = kWrite, .keys = kWriteFirst},
    {.name = "copy",
     .handler = DoNothing,
     .arity = -3,
     .flags = kWrite,
     .keys = kReadThenWrite,
     .databases = DatabaseUse::kCurrentAndOption},
    {.name = "type", .handler = DoNothing, .arity = 2, .flags = kReadonly, .keys = kLookAtFirst},
    {.name = "select",
     .handler = DoNothing,
     .arity = 2,
     .flags = kFast,
     .databases = DatabaseUse::kNamedFirst},
    {.name = "move",
     .handler = DoNothing,
     .arity = 3,
     .flags = kWrite,
     .keys = kWriteFirst,
     .databases = DatabaseUse::kCurrentAndNamedSecond},
    {.name = "swapdb",
     .handler = DoNothing,
     .arity = 3,
     .flags = kWrite,
     .databases = DatabaseUse::kNamedFirstAndSecond},
    {.name = "flushall",
     .handler = DoNothing,
     .arity = -1,
     .flags = kWrite,
     .databases = DatabaseUse::kAll},
    {.name = "ping", .handler = DoNothing, .arity = -1, .flags = kFast},
    {.name = "auth", .handler = DoNothing, .arity = -2, .flags = kNoAuth},
    {.name = "publish",
     .handler = DoNothing,
     .arity = 3,
     .flags = kPubsub,
     .channels = ChannelUse::kPublish},
    {.name = "ssubscribe",
     .handler = DoNothing,
     .arity = -2,
     .flags = kPubsub,
     .keys = kNoKey,
     .channels = ChannelUse::kSubscribe},
    {.name = "psubscribe",
     .handler = DoNothing,
     .arity = -2,
     .flags = kPubsub,
     .channels = ChannelUse::kSubscribePatterns},
    {.name = "config", .arity = -2, .subcommands = kConfigSubcommands},
};

class UserTest : public testing::Test {
 protected:
  static constexpr int kDatabases = 16;

  UserTest() { table_.Register(kUserTestCommands); }

  static std::vector<std::string_view> Split(std::string_view text) {
    std::vector<std::string_view> words;
    for (const absl::string_view word :
         absl::StrSplit(absl::string_view(text.data(), text.size()), ' ', absl::SkipEmpty())) {
      words.emplace_back(word.data(), word.size());
    }
    return words;
  }

  // Applies the rules to `user_`; the reason of the first refusal, empty without one.
  std::string Apply(std::string_view rules) {
    std::vector<std::string> joined;
    std::string unmatched;
    if (!JoinSelectors(Split(rules), &joined, &unmatched)) return "unmatched " + unmatched;
    for (const std::string& rule : joined) {
      const absl::Status status = rules_.Apply(rule, &user_);
      if (!status.ok()) return std::string(status.message());
    }
    return "";
  }
  // Makes `user_` anew from the rules.
  void Make(std::string_view rules) {
    user_ = rules_.MakeUser("alice");
    EXPECT_EQ(Apply(rules), "") << rules;
  }
  std::string Commands(std::string_view rules) {
    EXPECT_EQ(Apply(rules), "") << rules;
    return DescribeCommands(user_.root);
  }

  // "ok", or what of the call is refused: "command", "key 2", "channel 1", "database 3".
  std::string Try(std::string_view call, int database = 0) {
    const std::vector<std::string_view> args = Split(call);
    std::vector<KeyPosition> keys;
    CheckedCall checked(*table_.Resolve(args), args, database, kDatabases, &keys);
    const std::optional<Denial> denial = user_.Check(checked);
    if (!denial) return "ok";
    switch (denial->reason) {
      case Denial::Reason::kCommand:
        return "command";
      case Denial::Reason::kDatabase:
        return absl::StrCat("database ", denial->database);
      case Denial::Reason::kKey:
        return absl::StrCat("key ", denial->argument);
      default:
        return absl::StrCat("channel ", denial->argument);
    }
  }

  CommandTable table_;
  bool grants_channels_ = false;
  UserRules rules_{table_, grants_channels_};
  User user_{"alice"};
};

}  // namespace kv

#endif  // SOLOKV_TESTS_KV_COMMAND_USER_TEST_H_
