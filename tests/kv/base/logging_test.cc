#include "kv/base/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace kv {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

class RecordingSink : public LogSink {
 public:
  void Write(LogLevel, std::string_view line, std::string_view message) override {
    lines.emplace_back(line);
    messages.emplace_back(message);
  }
  std::vector<std::string> lines;
  std::vector<std::string> messages;
};

class LoggingTest : public ::testing::Test {
 protected:
  SettableClock clock_{1'700'000'000'042};
  RecordingSink sink_;
  Logger logger_{&clock_, &sink_};
};

TEST_F(LoggingTest, LinesShowProcessRoleTimeAndLevel) {
  logger_.Notice("Ready");
  logger_.set_role('S');
  logger_.Warning("Out of reach");
  ASSERT_EQ(sink_.lines.size(), 2u);
  const std::string pid = std::to_string(getpid());
  EXPECT_THAT(sink_.lines[0],
              MatchesRegex(pid + ":M 1[45] Nov 2023 [0-9]+:[0-9]+:20\\.042 \\* Ready"));
  EXPECT_THAT(sink_.lines[1], MatchesRegex(pid + ":S .* # Out of reach"));
}

TEST_F(LoggingTest, TheLevelDecidesWhatIsLogged) {
  logger_.Verbose("unseen");
  logger_.set_level(LogLevel::kDebug);
  logger_.Debug("seen");
  logger_.Logf(LogLevel::kVerbose, "%d of %s", 2, "three");
  logger_.set_level(LogLevel::kNothing);
  logger_.Warning("unseen");
  EXPECT_THAT(sink_.messages, ElementsAre("seen", "2 of three"));
}

TEST_F(LoggingTest, WithoutASinkNothingHappens) {
  logger_.set_sink(nullptr);
  logger_.Warning("unseen");
  EXPECT_THAT(sink_.messages, IsEmpty());
}

TEST_F(LoggingTest, FilesMayBeMovedAway) {
  const std::string path = ::testing::TempDir() + "logging_test." + std::to_string(getpid());
  FileSink file(path);
  logger_.set_sink(&file);
  logger_.Notice("one");
  std::filesystem::rename(path, path + ".1");
  logger_.Notice("two");
  for (const auto& [name, message] : {std::pair(path + ".1", "one"), std::pair(path, "two")}) {
    std::stringstream text;
    text << std::ifstream(name).rdbuf();
    EXPECT_THAT(text.str(), MatchesRegex(".* \\* " + std::string(message) + "\n"));
    std::filesystem::remove(name);
  }
}

TEST_F(LoggingTest, DescriptorsGetWholeLines) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  DescriptorSink sink(ends[1]);
  logger_.set_sink(&sink);
  logger_.Notice("hello");
  char text[200];
  const ssize_t size = read(ends[0], text, sizeof(text));
  ASSERT_GT(size, 0);
  EXPECT_THAT(std::string(text, static_cast<size_t>(size)), MatchesRegex(".* \\* hello\n"));
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace kv
