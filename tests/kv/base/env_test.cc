#include "kv/base/env.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace kv {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EnvTest : public ::testing::Test {
 protected:
  EnvTest() {
    std::string pattern = ::testing::TempDir() + "env_test.XXXXXX";
    root_ = mkdtemp(pattern.data());
    directory_ = std::move(*env_.OpenDirectory(root_));
  }
  ~EnvTest() override { std::filesystem::remove_all(root_); }

  PosixEnv env_;
  std::string root_;
  std::unique_ptr<Directory> directory_;
};

TEST_F(EnvTest, AppendsAndReads) {
  {
    auto file = directory_->OpenAppend("log");
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE((*file)->Append("one ").ok());
    EXPECT_TRUE((*file)->Sync().ok());
  }
  auto file = directory_->OpenAppend("log");
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file)->Append("two").ok());
  EXPECT_EQ(*(*file)->Size(), 7);
  EXPECT_EQ(*directory_->ReadWhole("log"), "one two");
  EXPECT_TRUE((*file)->Truncate(3).ok());
  EXPECT_EQ(*directory_->ReadWhole("log"), "one");
  EXPECT_TRUE(directory_->Create("log").ok());
  EXPECT_EQ(*directory_->ReadWhole("log"), "");
}

TEST_F(EnvTest, ReadsInPieces) {
  std::string bytes;
  for (int i = 0; i < 50'000; ++i) bytes += std::to_string(i);
  ASSERT_TRUE(directory_->WriteAtomically("numbers", bytes).ok());
  EXPECT_EQ(*directory_->ReadWhole("numbers"), bytes);
  auto file = directory_->OpenRead("numbers");
  ASSERT_TRUE(file.ok());
  char piece[5];
  EXPECT_EQ(*(*file)->Read(piece), 5u);
  EXPECT_EQ(std::string_view(piece, 5), "01234");
  EXPECT_EQ(*(*file)->Read(piece), 5u);
  EXPECT_EQ(std::string_view(piece, 5), "56789");
}

TEST_F(EnvTest, ReplacesAtomically) {
  ASSERT_TRUE(directory_->WriteAtomically("conf", "old").ok());
  ASSERT_TRUE(directory_->WriteAtomically("conf", "new").ok());
  EXPECT_EQ(*directory_->ReadWhole("conf"), "new");
  EXPECT_THAT(*directory_->List(), ElementsAre("conf"));
}

TEST_F(EnvTest, RenamesRemovesAndLists) {
  ASSERT_TRUE(directory_->Create("b").ok());
  ASSERT_TRUE(directory_->Create("a").ok());
  ASSERT_TRUE(directory_->MakeDirectory("sub").ok());
  EXPECT_THAT(*directory_->List(), ElementsAre("a", "b", "sub"));
  EXPECT_TRUE(directory_->Rename("a", "c").ok());
  EXPECT_TRUE(directory_->Remove("b").ok());
  EXPECT_TRUE(directory_->Sync().ok());
  EXPECT_THAT(*directory_->List(), ElementsAre("c", "sub"));
}

TEST_F(EnvTest, DirectoriesDoNotDependOnTheWorkingDirectory) {
  ASSERT_TRUE(directory_->MakeDirectory("sub").ok());
  auto sub = directory_->OpenDirectory("sub");
  ASSERT_TRUE(sub.ok());
  ASSERT_TRUE((*sub)->WriteAtomically("file", "text").ok());
  EXPECT_EQ(*directory_->ReadWhole("sub/file"), "text");
  EXPECT_EQ((*sub)->path(), directory_->path() + "/sub");
  EXPECT_EQ(std::filesystem::path((*sub)->path()), std::filesystem::canonical(root_ + "/sub"));
  EXPECT_EQ(*(*sub)->ReadWhole((*sub)->path() + "/file"), "text");
}

TEST_F(EnvTest, ErrorsNameTheFileAndTheReason) {
  const absl::Status status = directory_->ReadWhole("missing").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("missing: No such file or directory"));
  EXPECT_TRUE(absl::IsNotFound(env_.OpenDirectory(root_ + "/none").status()));
  EXPECT_TRUE(absl::IsNotFound(directory_->Remove("missing")));
  EXPECT_TRUE(absl::IsNotFound(directory_->Rename("missing", "x")));
  ASSERT_TRUE(directory_->Create("file").ok());
  EXPECT_FALSE(directory_->OpenDirectory("file").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(directory_->MakeDirectory("file")));
}

TEST_F(EnvTest, AFullDiskIsAnError) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "the system has no /dev/full";
  auto file = directory_->OpenAppend("/dev/full");
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(absl::IsResourceExhausted((*file)->Append("x")));
}

}  // namespace
}  // namespace kv
