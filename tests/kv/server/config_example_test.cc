// redis.conf.example documents the directives that there are, with their defaults.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kv/server/config_loader.h"
#include "kv/server/config_table.h"

namespace kv {
namespace {

class ConfigExampleTest : public ::testing::Test {
 protected:
  ConfigExampleTest() {
    AddServerDirectives(&config_, &options_);
    inert_.AddTo(&config_);
    source_ = std::move(*PosixEnv().OpenDirectory(SOLOKV_SOURCE_DIR));
  }

  ServerOptions options_;
  InertDirectives inert_;
  Config config_;
  std::unique_ptr<Directory> source_;
};

TEST_F(ConfigExampleTest, StartsAServerWithTheDefaults) {
  std::vector<std::string> warnings;
  const absl::Status status =
      LoadConfig(ParseCommandLine({"redis.conf.example"}), *source_, &config_, &warnings);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(warnings, ::testing::IsEmpty());
  for (const Directive& directive : config_.directives()) {
    EXPECT_TRUE(directive.IsDefault()) << directive.name();
  }
}

TEST_F(ConfigExampleTest, NamesEveryDirective) {
  const std::string text = *source_->ReadWhole("redis.conf.example");
  for (const Directive& directive : config_.directives()) {
    const std::string name(directive.name());
    const bool is_line = text.find("\n" + name + " ") != std::string::npos;
    const bool is_example = text.find("\n# " + name + " ") != std::string::npos;
    EXPECT_TRUE(is_line || is_example || directive.Is(kHidden)) << name;
  }
}

}  // namespace
}  // namespace kv
