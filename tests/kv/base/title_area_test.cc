#include "kv/base/title_area.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace kv {
namespace {

// Arguments and environment as a process gets them: one behind the other.
class TitleAreaTest : public ::testing::Test {
 protected:
  std::string Shown() const { return std::string(memory_.data(), memory_.size()); }
  std::string Title(size_t size) const { return std::string(memory_.data(), size); }

  std::array<char, 24> memory_ = {"prog\0-a\0KEY=value\0X=1"};
  std::array<char*, 3> arguments_ = {&memory_[0], &memory_[5], nullptr};
  std::array<char*, 3> environment_ = {&memory_[8], &memory_[18], nullptr};
};

TEST_F(TitleAreaTest, ReachesOverArgumentsAndEnvironment) {
  TitleArea area(arguments_.data(), environment_.data());
  EXPECT_EQ(area.capacity(), 21u);
  area.Set("title");
  EXPECT_EQ(Shown(), std::string("title") + std::string(19, '\0'));
}

TEST_F(TitleAreaTest, LeavesNothingOfALongerTitle) {
  TitleArea area(arguments_.data(), environment_.data());
  area.Set("a long title");
  area.Set("short");
  EXPECT_EQ(Title(12), std::string("short") + std::string(7, '\0'));
}

TEST_F(TitleAreaTest, CutsOffWhatIsTooLong) {
  TitleArea area(arguments_.data(), environment_.data());
  area.Set(std::string(100, 'x'));
  EXPECT_EQ(Shown(), std::string(21, 'x') + std::string(3, '\0'));
}

TEST_F(TitleAreaTest, KeepsTheEnvironment) {
  TitleArea area(arguments_.data(), environment_.data());
  area.Set(std::string(100, 'x'));
  EXPECT_STREQ(environment_[0], "KEY=value");
  EXPECT_STREQ(environment_[1], "X=1");
  EXPECT_EQ(environment_[2], nullptr);
}

TEST_F(TitleAreaTest, NoEnvironmentOutlivesTheArea) {
  { TitleArea area(arguments_.data(), environment_.data()); }
  EXPECT_EQ(environment_[0], nullptr);
}

TEST_F(TitleAreaTest, EndsWhereTheTextsPart) {
  std::string elsewhere = "Y=2";
  environment_[0] = elsewhere.data();
  TitleArea area(arguments_.data(), environment_.data());
  EXPECT_EQ(area.capacity(), 7u);
  EXPECT_STREQ(environment_[0], "Y=2");
}

}  // namespace
}  // namespace kv
