// The fixture of tests about what writes say of themselves: it records effects and key events, and
// repeats the effects on an empty server.
#ifndef SOLOKV_TESTS_KV_COMMANDS_REPLAY_TEST_H_
#define SOLOKV_TESTS_KV_COMMANDS_REPLAY_TEST_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "kv/command/effects.h"
#include "kv/store/key_events.h"
#include "kv/store/store.h"
#include "tests/support/test_server.h"

namespace tests {

class EffectRecorder final : public kv::EffectObserver {
 public:
  void OnEffects(std::span<const kv::Effect> group) override {
    groups_.emplace_back(group.begin(), group.end());
  }
  const std::vector<std::vector<kv::Effect>>& groups() const { return groups_; }

  // The groups since the last call: `0: SET a 1; 0: DEL b | 1: DEL c`.
  std::string Take() {
    const auto text = [](const std::vector<kv::Effect>& group) {
      return absl::StrJoin(group, "; ", [](std::string* out, const kv::Effect& effect) {
        absl::StrAppend(out, effect.database, ": ", absl::StrJoin(effect.args, " "));
      });
    };
    std::vector<std::string> texts;
    for (; taken_ < groups_.size(); ++taken_) texts.push_back(text(groups_[taken_]));
    return absl::StrJoin(texts, " | ");
  }

 private:
  std::vector<std::vector<kv::Effect>> groups_;
  size_t taken_ = 0;
};

class EventRecorder final : public kv::KeyEvents {
 public:
  void OnKeyEvent(kv::KeyEventClass event_class, std::string_view event, int database,
                  std::string_view key) override {
    events_.push_back(absl::StrCat(std::string(1, Letter(event_class)), ":", std::string(event),
                                   ":", database, ":", std::string(key)));
  }
  void OnKeyRemovedByStore(int, std::string_view) override {}
  void OnElementRemovedByStore(int, std::string_view, kv::ValueType, std::string_view) override {}
  std::string Take() { return absl::StrJoin(std::exchange(events_, {}), " "); }

 private:
  static char Letter(kv::KeyEventClass event_class) {
    constexpr std::string_view kLetters = "g$lshztxemnoc";
    return kLetters[static_cast<size_t>(__builtin_ctz(event_class))];
  }
  std::vector<std::string> events_;
};

inline kv::ServerOptions DebuggableOptions() {
  kv::ServerOptions options;
  options.enable_debug_command = kv::Permission::kEverybody;
  return options;
}

class Replay : public testing::Test {
 protected:
  void SetUp() override { server_.server().effects().AddObserver(&recorder_); }
  void TearDown() override {
    server_.server().effects().RemoveObserver(&recorder_);
    server_.server().ListenToKeys(nullptr, 0);
  }

  std::string Run(const Request& request) { return client_.Text(request); }
  // Splits at spaces.
  std::string Run(std::string_view line) { return Run(Words(line)); }
  std::string EffectsOf(std::string_view line) {
    recorder_.Take();
    Run(line);
    return recorder_.Take();
  }
  // To what commands say of themselves.
  void ListenToAllButMisses() {
    constexpr uint32_t kBeside =
        kv::kEventKeyMiss | kv::kEventNew | kv::kEventOverwritten | kv::kEventTypeChanged;
    server_.server().ListenToKeys(&events_, ~kBeside);
  }
  std::string EventsOf(std::string_view line) {
    events_.Take();
    Run(line);
    return events_.Take();
  }
  int64_t Now() { return server_.clock().WallMillis(); }
  std::string At(int64_t milliseconds_from_now) {
    return absl::StrCat(Now() + milliseconds_from_now);
  }

  // Repeats all effects on an empty server whose time is that of this one's end.
  void ExpectEqualAfterReplay() {
    // To look may evict, which is an effect as well.
    const std::string digest = Run("debug digest");
    const std::string contents = ContentsOf(client_);
    TestServer copy(DebuggableOptions());
    copy.clock().AdvanceMillis(Now() - copy.clock().WallMillis());
    copy.Settle();
    copy.server().store().context().expiry = kv::ExpiryPolicy::kShow;
    RespClient client = copy.Connect();
    int database = 0;
    for (const auto& group : recorder_.groups()) {
      for (const kv::Effect& effect : group) {
        if (effect.database != database) client.Run({"select", absl::StrCat(effect.database)});
        database = effect.database;
        const resp::Value reply = client.Run(effect.args);
        ASSERT_FALSE(reply.is_error()) << absl::StrJoin(effect.args, " ") << reply;
      }
    }
    copy.server().store().context().expiry = kv::ExpiryPolicy::kDelete;
    copy.Settle();
    EXPECT_EQ(ContentsOf(client), contents);
    EXPECT_EQ(client.Text({"debug", "digest"}), digest);
  }

  // A line for each key of the first databases: "0 key "value" deadline". Selects database 0.
  static std::string ContentsOf(RespClient& client) {
    std::vector<std::string> lines;
    for (int database = 3; database >= 0; --database) {
      client.Run({"select", absl::StrCat(database)});
      for (const resp::Value& key : client.Run({"keys", "*"}).elements) {
        lines.push_back(absl::StrCat(database, " ", key.text, " ",
                                     client.Text({"get", key.text}).substr(0, 100), " ",
                                     client.Text({"pexpiretime", key.text})));
      }
    }
    std::sort(lines.begin(), lines.end());
    return absl::StrJoin(lines, "\n");
  }

  static Arguments Words(std::string_view line) {
    Arguments words;
    for (size_t start = 0; start < line.size();) {
      const size_t end = std::min(line.find(' ', start), line.size());
      words.emplace_back(line.substr(start, end - start));
      start = end + 1;
    }
    return words;
  }

  TestServer server_{DebuggableOptions()};
  RespClient client_ = server_.Connect();
  EffectRecorder recorder_;
  EventRecorder events_;
};

}  // namespace tests

#endif  // SOLOKV_TESTS_KV_COMMANDS_REPLAY_TEST_H_
