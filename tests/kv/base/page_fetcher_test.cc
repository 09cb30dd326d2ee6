#include "kv/base/page_fetcher.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <thread>
#include <vector>

namespace kv {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kBytes = size_t{1} << 20;

class PageFetcherTest : public testing::Test {
 protected:
  PageFetcherTest() {
    void* const memory =
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(memory, MAP_FAILED);
    pages_ = {static_cast<char*>(memory), kBytes};
  }
  ~PageFetcherTest() override { munmap(pages_.data(), pages_.size()); }

  bool IsResident() const {
    std::vector<unsigned char> resident(kBytes / kPage);
    EXPECT_EQ(mincore(pages_.data(), kBytes, resident.data()), 0);
    return std::all_of(resident.begin(), resident.end(), [](unsigned char c) { return c & 1; });
  }
  bool BecomesResident() const {
    constexpr std::chrono::milliseconds kStep{1};
    for (int i = 0; i < 10'000 && !IsResident(); ++i) std::this_thread::sleep_for(kStep);
    return IsResident();
  }

  std::span<char> pages_;
};

TEST_F(PageFetcherTest, MakesPagesResidentAndLeavesTheirContent) {
  pages_[kPage] = 'x';
  PageFetcher fetcher;
  EXPECT_FALSE(IsResident());
  if (!fetcher.Fetch(pages_)) GTEST_SKIP() << "the system has no thread to give";
  EXPECT_TRUE(BecomesResident());
  EXPECT_EQ(pages_[kPage], 'x');
  EXPECT_EQ(std::count(pages_.begin(), pages_.end(), 0), std::ptrdiff_t{kBytes - 1});
}

TEST_F(PageFetcherTest, FetchesAgainAfterItsThreadHasEnded) {
  PageFetcher fetcher;
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(fetcher.Fetch(pages_));
    ASSERT_TRUE(BecomesResident());
    madvise(pages_.data(), pages_.size(), MADV_DONTNEED);
    std::this_thread::sleep_for(std::chrono::milliseconds(round == 0 ? 150 : 0));
  }
}

TEST_F(PageFetcherTest, MayBeDestroyedWhileItFetches) {
  for (int i = 0; i < 100; ++i) {
    PageFetcher fetcher;
    fetcher.Fetch(pages_);
  }
}

TEST_F(PageFetcherTest, ARangeMayBeUnmappedMeanwhile) {
  PageFetcher fetcher;
  for (int i = 0; i < 100; ++i) {
    void* const memory =
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    fetcher.Fetch({static_cast<char*>(memory), kBytes});
    munmap(memory, kBytes);
  }
  while (!fetcher.Fetch(pages_)) std::this_thread::yield();
  EXPECT_TRUE(BecomesResident());
}

}  // namespace
}  // namespace kv
