#include "kv/base/page_returner.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

namespace kv {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kMegabyte = size_t{1} << 20;

// Writable pages with something in them.
PageRange MapPages(size_t bytes, bool stays_mapped = false) {
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_NE(memory, MAP_FAILED);
  std::memset(memory, 1, bytes);
  return {static_cast<char*>(memory), bytes, stays_mapped};
}

bool IsMapped(const PageRange& range) {
  std::vector<unsigned char> resident(range.bytes / kPage);
  return mincore(range.memory, range.bytes, resident.data()) == 0;
}

bool IsZero(const PageRange& range) {
  return std::all_of(range.memory, range.memory + range.bytes, [](char c) { return c == 0; });
}

TEST(PageReturnerTest, UnmapsARangeInManyBursts) {
  PageReturner returner;
  const PageRange range = MapPages(10 * kMegabyte + kPage);
  EXPECT_TRUE(returner.Return(range));
  returner.Finish();
  EXPECT_EQ(returner.pending_bytes(), 0u);
  EXPECT_FALSE(IsMapped(range));
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_FALSE(returner.has_thread());
  EXPECT_FALSE(returner.TakeReturned().has_value());
}

TEST(PageReturnerTest, GoesOnAfterFinish) {
  PageReturner returner;
  returner.Finish();
  for (int round = 0; round < 3; ++round) {
    const PageRange range = MapPages(kMegabyte);
    EXPECT_TRUE(returner.Return(range));
    returner.Finish();
    EXPECT_FALSE(IsMapped(range));
    EXPECT_FALSE(returner.has_thread());
  }
}

TEST(PageReturnerTest, RangesThatStayMappedComeBackEmpty) {
  PageReturner returner;
  const PageRange range = MapPages(kMegabyte, /*stays_mapped=*/true);
  EXPECT_TRUE(returner.Return(range));
  returner.Finish();
  const std::optional<PageRange> returned = returner.TakeReturned();
  ASSERT_TRUE(returned.has_value());
  EXPECT_EQ(returned->memory, range.memory);
  EXPECT_EQ(returned->bytes, range.bytes);
  EXPECT_TRUE(IsZero(range));
  std::memset(range.memory, 2, range.bytes);
  munmap(range.memory, range.bytes);
}

TEST(PageReturnerTest, TakesNoMoreThanItsCapacity) {
  PageReturner returner;
  std::vector<PageRange> ranges;
  while (returner.has_room()) {
    ranges.push_back(MapPages(kPage, /*stays_mapped=*/true));
    ASSERT_TRUE(returner.Return(ranges.back()));
  }
  EXPECT_EQ(ranges.size(), PageReturner::kCapacity);
  EXPECT_FALSE(returner.Return(MapPages(kPage)));
  // Those that were returned and not taken count, too.
  returner.Finish();
  EXPECT_FALSE(returner.has_room());
  EXPECT_TRUE(returner.TakeReturned().has_value());
  EXPECT_TRUE(returner.has_room());
  for (const PageRange& range : ranges) munmap(range.memory, range.bytes);
}

TEST(PageReturnerTest, TheDestructorReturnsTheRest) {
  std::vector<PageRange> ranges;
  {
    PageReturner returner;
    for (int i = 0; i < 20; ++i) {
      ranges.push_back(MapPages(kMegabyte));
      ASSERT_TRUE(returner.Return(ranges.back()));
    }
  }
  for (const PageRange& range : ranges) EXPECT_FALSE(IsMapped(range));
}

TEST(PageReturnerTest, ThereIsAThreadOnlyWhileThereIsWork) {
  PageReturner returner;
  EXPECT_FALSE(returner.has_thread());
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(returner.Return(MapPages(kPage)));
    EXPECT_TRUE(returner.has_thread());
    for (int i = 0; i < 1000 && returner.has_thread(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_FALSE(returner.has_thread());
    EXPECT_EQ(returner.pending_bytes(), 0u);
  }
}

// Both sides at full speed: for the thread sanitizer, and for ranges that are mixed up.
TEST(PageReturnerTest, ManyRangesGoRound) {
  PageReturner returner;
  std::vector<PageRange> free;
  for (int i = 0; i < 100; ++i) free.push_back(MapPages(4 * kPage, /*stays_mapped=*/true));
  const std::vector<PageRange> all = free;
  int rounds = 0;
  while (rounds < 5000) {
    while (!free.empty() && returner.has_room()) {
      std::memset(free.back().memory, 3, free.back().bytes);
      ASSERT_TRUE(returner.Return(free.back()));
      free.pop_back();
    }
    while (const std::optional<PageRange> range = returner.TakeReturned()) {
      ASSERT_TRUE(IsZero(*range));
      free.push_back(*range);
      ++rounds;
    }
  }
  returner.Finish();
  while (const std::optional<PageRange> range = returner.TakeReturned()) free.push_back(*range);
  EXPECT_EQ(free.size(), all.size());
  for (const PageRange& range : all) munmap(range.memory, range.bytes);
}

}  // namespace
}  // namespace kv
