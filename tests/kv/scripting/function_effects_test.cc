// What changes the libraries, as a log or a replica hears of it.
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_replace.h"
#include "tests/kv/commands/replay_test.h"

namespace tests {
namespace {

class FunctionEffects : public Replay {
 protected:
  // A library whose functions do as `body` says, without blanks.
  static std::string Library(const std::string& name, const std::string& function,
                             const std::string& body) {
    return absl::StrCat("#!lua name=", name, "\nredis.register_function('", function,
                        "', function() ", body, " end)");
  }
  std::string EffectsOfRequest(const Request& request) {
    recorder_.Take();
    Run(request);
    return recorder_.Take();
  }
};

TEST_F(FunctionEffects, GiveTheSameLibraries) {
  const std::string lib = Library("lib", "f", "redis.call('set', 'key', 1)");
  EXPECT_EQ(EffectsOfRequest({"function", "load", lib}), "0: function load " + lib);
  EXPECT_EQ(EffectsOfRequest({"function", "load", lib}), "");
  EXPECT_EQ(EffectsOfRequest({"function", "load", "replace", lib}),
            "0: function load replace " + lib);
  const std::string payload = client_.Run({"function", "dump"}).text;
  EXPECT_EQ(EffectsOf("fcall f 0"), "0: set key 1");
  EXPECT_EQ(EffectsOf("function delete lib"), "0: function delete lib");
  EXPECT_EQ(EffectsOf("function delete lib"), "");
  EXPECT_EQ(EffectsOf("function flush"), "0: function flush");
  EXPECT_EQ(EffectsOfRequest({"function", "load", Library("other", "g", "")}).substr(0, 19),
            "0: function load #!");
  EXPECT_EQ(EffectsOfRequest({"function", "restore", payload}), "0: function restore " + payload);
  EXPECT_EQ(EffectsOfRequest({"function", "restore", payload}), "");

  TestServer copy(DebuggableOptions());
  RespClient client = copy.Connect();
  for (const auto& group : recorder_.groups()) {
    for (const kv::Effect& effect : group) ASSERT_FALSE(client.Run(effect.args).is_error());
  }
  EXPECT_EQ(client.Run({"function", "dump"}).text, client_.Run({"function", "dump"}).text);
  EXPECT_EQ(client.Text({"debug", "digest"}), client_.Text({"debug", "digest"}));
  EXPECT_EQ(client.Text({"function", "stats"}),
            R"(["running_script", nil, "engines", ["LUA", ["libraries_count", 2, )"
            R"("functions_count", 2]]])");
}

TEST_F(FunctionEffects, SurviveAReload) {
  Run({"function", "load", Library("lib", "f", "return 1")});
  EXPECT_EQ(Run("debug reload"), "+OK");
  EXPECT_EQ(Run("fcall f 0"), "1");
  EXPECT_EQ(Run("debug reload noflush"),
            "-ERR Error trying to load the RDB image: ERR Library lib already exists");
  EXPECT_EQ(Run("debug reload noflush merge"), "+OK");
  EXPECT_EQ(Run("fcall f 0"), "1");
}

}  // namespace
}  // namespace tests
