#include "kv/base/slab_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace kv {
namespace {

constexpr size_t kKilobyte = 1024;
constexpr size_t kMegabyte = 1024 * kKilobyte;

struct Block {
  char* memory;
  size_t bytes;
  char fill;
};

class SlabMemoryTest : public testing::Test {
 protected:
  Block Allocate(size_t bytes) {
    const Block block = {static_cast<char*>(memory_.Allocate(bytes)), bytes, ++fill_};
    std::memset(block.memory, block.fill, bytes);
    return block;
  }

  void Free(const Block& block) { memory_.Free(block.memory, block.bytes); }

  static bool Intact(const Block& block) {
    return std::all_of(block.memory, block.memory + block.bytes,
                       [&](char c) { return c == block.fill; });
  }

  size_t TrimAll() {
    size_t sent = 0;
    size_t slice;
    do {
      memory_.FinishReturns();
      slice = memory_.Trim(kMegabyte);
      EXPECT_LE(slice, 2 * kMegabyte);
      sent += slice;
    } while (slice > 0);
    return sent;
  }

  SlabMemory memory_;
  std::mt19937_64 random_{7};
  char fill_ = 0;
};

TEST_F(SlabMemoryTest, GoodSizeIsLevelAndCloseToTheRequest) {
  size_t previous = 0;
  for (size_t bytes = 1; bytes <= 300 * kKilobyte; ++bytes) {
    const size_t good = SlabMemory::GoodSize(bytes);
    ASSERT_GE(good, bytes);
    ASSERT_GE(good, previous);
    ASSERT_EQ(SlabMemory::GoodSize(good), good);
    if (bytes <= 8) {
      ASSERT_EQ(good, 8u);
    } else if (bytes <= 256) {
      ASSERT_LT(good - bytes, 4u);
    } else if (bytes <= kKilobyte) {
      ASSERT_LT(good - bytes, 8u);
    } else if (bytes <= 8 * kKilobyte) {
      ASSERT_LE(good, bytes + bytes / 6);
    } else if (bytes > 32 * kKilobyte) {
      ASSERT_LT(good - bytes, 4096u);
    }
    previous = good;
  }
}

TEST_F(SlabMemoryTest, BlocksAreAlignedAndFitIn48Bits) {
  for (size_t bytes = 1; bytes <= 40 * kKilobyte; bytes += bytes < 2 * kKilobyte ? 1 : 97) {
    const auto address = reinterpret_cast<uintptr_t>(memory_.Allocate(bytes));
    const size_t good = SlabMemory::GoodSize(bytes);
    const bool line = bytes > kKilobyte || good % 64 == 0;
    EXPECT_EQ(address % (line ? 64 : good % 8 == 0 ? 8 : 4), 0u) << bytes;
    EXPECT_EQ(address >> 48, 0u);
  }
}

TEST_F(SlabMemoryTest, UsedIsExactAndBlocksKeepTheirContent) {
  std::vector<Block> live;
  size_t expected = 0;
  for (int step = 0; step < 200'000; ++step) {
    const uint64_t dice = random_();
    if (live.empty() || dice % 100 < 52) {
      const size_t bytes = dice % 1000 == 0 ? dice % (3 * kMegabyte) + 1 : dice % 600 + 1;
      live.push_back(Allocate(bytes));
      expected += SlabMemory::GoodSize(bytes);
    } else {
      Block& victim = live[dice % live.size()];
      ASSERT_TRUE(Intact(victim));
      Free(victim);
      expected -= SlabMemory::GoodSize(victim.bytes);
      victim = live.back();
      live.pop_back();
    }
    ASSERT_EQ(memory_.used(), expected);
  }
  for (const Block& block : live) {
    ASSERT_TRUE(Intact(block));
    Free(block);
  }
  EXPECT_EQ(memory_.used(), 0u);
}

TEST_F(SlabMemoryTest, ReallocateKeepsTheContent) {
  for (const size_t from : {8, 500, 5000, 40'000, 3'000'000}) {
    for (const size_t to : {8, 16, 500, 503, 5000, 40'000, 50'000, 9'000'000}) {
      const Block block = Allocate(from);
      char* const moved = static_cast<char*>(memory_.Reallocate(block.memory, from, to));
      EXPECT_TRUE(Intact({moved, std::min<size_t>(from, to), block.fill}));
      EXPECT_EQ(memory_.used(), SlabMemory::GoodSize(to));
      std::memset(moved, 1, to);
      memory_.Free(moved, to);
    }
  }
  EXPECT_EQ(memory_.used(), 0u);
}

TEST_F(SlabMemoryTest, ReallocateStaysInPlaceWithinTheGoodSize) {
  void* const block = memory_.Allocate(1100);
  EXPECT_EQ(memory_.Reallocate(block, 1100, SlabMemory::GoodSize(1100)), block);
}

TEST_F(SlabMemoryTest, MappedStaysCloseToUsed) {
  for (int i = 0; i < 100'000; ++i) memory_.Allocate(72);
  EXPECT_LE(memory_.mapped(), memory_.used() + memory_.used() / 50 + 128 * kKilobyte);
}

TEST_F(SlabMemoryTest, EmptySlabsServeOtherClasses) {
  std::vector<Block> blocks;
  for (int i = 0; i < 20'000; ++i) blocks.push_back(Allocate(200));
  const size_t mapped = memory_.mapped();
  for (const Block& block : blocks) Free(block);
  for (int i = 0; i < 10'000; ++i) Allocate(400 - i % 8);
  EXPECT_LE(memory_.mapped(), mapped + 128 * kKilobyte);
}

TEST_F(SlabMemoryTest, BlocksThatGrowStepByStepLeaveNoSlabBehindInEachClass) {
  constexpr size_t kFinalBytes = 8192;
  constexpr size_t kBlocks = 400;
  for (size_t i = 0; i < kBlocks; ++i) {
    void* block = memory_.Allocate(16);
    for (size_t bytes = 16; bytes < kFinalBytes; bytes += 16) {
      block = memory_.Reallocate(block, bytes, bytes + 16);
    }
  }
  EXPECT_EQ(memory_.used(), kBlocks * kFinalBytes);
  EXPECT_LE(memory_.mapped(), memory_.used() + (size_t{256} << 10));
}

TEST_F(SlabMemoryTest, TrimReturnsMemoryInSlices) {
  std::vector<Block> blocks;
  for (int i = 0; i < 200'000; ++i) blocks.push_back(Allocate(i % 2 == 0 ? 100 : 600));
  blocks.push_back(Allocate(30 * kMegabyte));
  const size_t mapped = memory_.mapped();
  for (const Block& block : blocks) Free(block);
  EXPECT_EQ(memory_.mapped(), mapped);
  const size_t returned = TrimAll();
  EXPECT_GE(returned, mapped - 64 * kKilobyte);
  EXPECT_LE(memory_.mapped(), 64 * kKilobyte);
  const Block again = Allocate(100);
  EXPECT_TRUE(Intact(again));
}

TEST_F(SlabMemoryTest, WhatIsOnItsWayIsNeitherMappedNorIdle) {
  const Block large = Allocate(30 * kMegabyte);
  Free(large);
  EXPECT_EQ(memory_.idle_bytes(), 30 * kMegabyte);
  EXPECT_EQ(memory_.Trim(10 * kMegabyte), 10 * kMegabyte);
  EXPECT_EQ(memory_.idle_bytes(), 20 * kMegabyte);
  EXPECT_EQ(memory_.mapped(), 20 * kMegabyte);
  EXPECT_EQ(memory_.used(), 0u);
  memory_.FinishReturns();
  EXPECT_EQ(memory_.returning_bytes(), 0u);
}

// More slabs than may be on their way at once are freed and allocated while they are.
TEST_F(SlabMemoryTest, SlabsOnTheirWayAreNotHandedOut) {
  std::vector<Block> blocks;
  const auto check = [&] {
    for (const Block& block : blocks) ASSERT_TRUE(Intact(block));
  };
  for (int round = 0; round < 12; ++round) {
    while (blocks.size() < 10'000) blocks.push_back(Allocate(1024 - round));
    memory_.Trim(kMegabyte);
    check();
    for (size_t i = 1000; i < blocks.size(); ++i) Free(blocks[i]);
    blocks.resize(1000);
    for (int i = 0; i < 4; ++i) {
      memory_.Trim(3 * kMegabyte);
      blocks.push_back(Allocate(30'000));
      blocks.push_back(Allocate(2 * kMegabyte));
    }
    check();
    for (const Block& block : blocks) Free(block);
    blocks.clear();
    EXPECT_EQ(memory_.used(), 0u);
  }
}

TEST_F(SlabMemoryTest, FreedLargeBlocksServeOthers) {
  const Block first = Allocate(8 * kMegabyte);
  Free(first);
  const size_t mapped = memory_.mapped();
  const Block second = Allocate(5 * kMegabyte);
  const Block third = Allocate(3 * kMegabyte);
  EXPECT_EQ(memory_.mapped(), mapped);
  EXPECT_EQ(memory_.used(), mapped);
  EXPECT_TRUE(Intact(second));
  EXPECT_TRUE(Intact(third));
}

TEST_F(SlabMemoryTest, AShrunkLargeBlockLeavesItsEndToOthers) {
  const Block block = Allocate(8 * kMegabyte);
  void* const shrunk = memory_.Reallocate(block.memory, block.bytes, 2 * kMegabyte);
  EXPECT_EQ(shrunk, block.memory);
  EXPECT_EQ(memory_.used(), 2 * kMegabyte);
  EXPECT_EQ(memory_.idle_bytes(), 6 * kMegabyte);
  const Block other = Allocate(6 * kMegabyte);
  EXPECT_EQ(memory_.idle_bytes(), 0u);
  EXPECT_TRUE(Intact({block.memory, 2 * kMegabyte, block.fill}));
  EXPECT_TRUE(Intact(other));
}

TEST_F(SlabMemoryTest, EmptyRegionsGoBackToo) {
  constexpr size_t kRegion = 64 * kMegabyte;
  std::vector<Block> blocks;
  while (memory_.used() < 3 * kRegion) blocks.push_back(Allocate(30'000));
  for (const Block& block : blocks) Free(block);
  TrimAll();
  EXPECT_EQ(memory_.mapped(), 4 * kKilobyte);  // the headers of the one that is kept
}

TEST_F(SlabMemoryTest, TrimLeavesLiveBlocksAlone) {
  std::vector<Block> kept;
  for (int i = 0; i < 50'000; ++i) {
    const Block block = Allocate(300);
    if (i % 1000 == 0) {
      kept.push_back(block);
    } else {
      Free(block);
    }
  }
  TrimAll();
  for (const Block& block : kept) EXPECT_TRUE(Intact(block));
}

TEST_F(SlabMemoryTest, ReleaseAllDropsEverythingAndStartsAfresh) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 200'000; ++i) Allocate(i % 500 + 1);
    Allocate(10 * kMegabyte);
    Allocate(100 * kKilobyte);
    memory_.ReleaseAll();
    EXPECT_EQ(memory_.used(), 0u);
    const Block block = Allocate(48);
    EXPECT_TRUE(Intact(block));
    EXPECT_EQ(memory_.used(), 48u);
  }
  memory_.ReleaseAll();
  TrimAll();
  EXPECT_LE(memory_.mapped(), 64 * kKilobyte);
}

// Moves every sparse block once, as a compaction does.
TEST_F(SlabMemoryTest, MovingSparseBlocksEmptiesSlabs) {
  std::vector<Block> live;
  for (int i = 0; i < 40'000; ++i) live.push_back(Allocate(160));
  std::shuffle(live.begin(), live.end(), random_);
  while (live.size() > 12'000) {
    Free(live.back());
    live.pop_back();
  }
  TrimAll();
  const size_t before = memory_.mapped();
  ASSERT_GT(before, 2 * memory_.used());
  for (int pass = 0; pass < 4; ++pass) {
    for (Block& block : live) {
      if (!memory_.IsSparse(block.memory, block.bytes)) continue;
      char* const moved = static_cast<char*>(memory_.Allocate(block.bytes));
      std::memcpy(moved, block.memory, block.bytes);
      memory_.Free(block.memory, block.bytes);
      block.memory = moved;
    }
  }
  TrimAll();
  EXPECT_LE(memory_.mapped(), memory_.used() + memory_.used() / 5 + 256 * kKilobyte);
  for (const Block& block : live) EXPECT_TRUE(Intact(block));
}

TEST_F(SlabMemoryTest, FullSlabsAreNotSparse) {
  std::vector<Block> blocks;
  for (int i = 0; i < 10'000; ++i) blocks.push_back(Allocate(64));
  for (const Block& block : blocks) EXPECT_FALSE(memory_.IsSparse(block.memory, block.bytes));
  EXPECT_FALSE(memory_.IsSparse(memory_.Allocate(kMegabyte), kMegabyte));
}

TEST_F(SlabMemoryTest, LargeBlocksCountInPages) {
  const Block block = Allocate(100'001);
  EXPECT_EQ(memory_.used(), SlabMemory::GoodSize(100'001));
  EXPECT_EQ(memory_.used() % 4096, 0u);
  EXPECT_LT(memory_.used(), 100'001u + 4096u);
  Free(block);
  EXPECT_EQ(memory_.used(), 0u);
}

TEST_F(SlabMemoryTest, LargeBlocksFreedLatelyAreReady) {
  EXPECT_FALSE(memory_.HasReady(kMegabyte));
  void* const block = memory_.Allocate(kMegabyte);
  EXPECT_FALSE(memory_.HasReady(kMegabyte));
  memory_.Free(block, kMegabyte);
  EXPECT_TRUE(memory_.HasReady(kMegabyte));
  EXPECT_TRUE(memory_.HasReady(kMegabyte - 100));  // the same pages
  EXPECT_FALSE(memory_.HasReady(2 * kMegabyte));
  EXPECT_FALSE(memory_.HasReady(100));
  EXPECT_EQ(memory_.Allocate(kMegabyte), block);
  EXPECT_FALSE(memory_.HasReady(kMegabyte));
}

TEST_F(SlabMemoryTest, LargeBlocksFreedLatelyAreBounded) {
  std::vector<void*> blocks(25);
  for (void*& block : blocks) block = memory_.Allocate(3 * kMegabyte);
  for (void* const block : blocks) memory_.Free(block, 3 * kMegabyte);
  EXPECT_EQ(memory_.Trim(12 * kMegabyte), 12 * kMegabyte);  // what is beyond 64 MB goes first
  EXPECT_TRUE(memory_.HasReady(3 * kMegabyte));
}

TEST_F(SlabMemoryTest, PreparingAheadChangesNothing) {
  EXPECT_FALSE(memory_.Prepare());
  std::vector<Block> blocks;
  size_t prepared = 0;
  for (int i = 0; i < 100'000; ++i) {
    if (i % 100 == 0) blocks.push_back(Allocate(1000));
    memory_.Allocate(1000);
    if (memory_.Prepare()) ++prepared;
    EXPECT_FALSE(memory_.Prepare());
  }
  EXPECT_LE(prepared, 100u);
  for (const Block& block : blocks) EXPECT_TRUE(Intact(block));
}

// Of the 4 MB behind the slab of `block`, what is resident.
size_t ResidentBehind(const char* block) {
  constexpr size_t kBytes = 4 * kMegabyte;
  const uintptr_t slab_end = (reinterpret_cast<uintptr_t>(block) | (64 * kKilobyte - 1)) + 1;
  std::array<unsigned char, kBytes / 4096> pages;
  EXPECT_EQ(mincore(reinterpret_cast<void*>(slab_end), kBytes, pages.data()), 0);
  return 4096 * std::count_if(pages.begin(), pages.end(), [](auto page) { return page & 1; });
}

// Whether the system may make huge pages of where `address` lies; nothing if it does not tell.
std::optional<bool> MayBeHuge(const char* address) {
  std::ifstream maps("/proc/self/smaps");
  bool is_there = false;
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " ", &begin, &end) == 2) {
      const auto at = reinterpret_cast<uintptr_t>(address);
      is_there = begin <= at && at < end;
    } else if (is_there && line.starts_with("VmFlags:")) {
      return line.find(" hg") != std::string::npos;
    }
  }
  return std::nullopt;
}

TEST_F(SlabMemoryTest, AStoreThatHasSettledKeepsNothingInAdvance) {
  constexpr size_t kPiece = 2 * kMegabyte;
  std::vector<Block> blocks;
  const auto grow = [&] {
    do {
      blocks.push_back(Allocate(1000));
    } while (!memory_.Prepare());
  };
  while (memory_.mapped() < 9 * kMegabyte) blocks.push_back(Allocate(1000));
  const std::optional<bool> huge = MayBeHuge(blocks.back().memory);
  for (int round = 0; round < 3; ++round) {
    grow();
    // The whole piece is fetched on a thread, where the system can do that.
    for (int i = 0; i < 10'000 && ResidentBehind(blocks.back().memory) < kPiece; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_GT(ResidentBehind(blocks.back().memory), 0u);
    EXPECT_EQ(MayBeHuge(blocks.back().memory), huge);
    memory_.ReturnPrepared();
    EXPECT_EQ(ResidentBehind(blocks.back().memory), 0u);
    if (huge) {
      EXPECT_FALSE(*MayBeHuge(blocks.back().memory)) << "the system would fill the page again";
    }
    EXPECT_FALSE(memory_.Prepare()) << "before the store grows again";
  }
  for (const Block& block : blocks) EXPECT_TRUE(Intact(block));
}

TEST_F(SlabMemoryTest, StoresAreIndependent) {
  std::vector<std::unique_ptr<SlabMemory>> stores;
  for (int i = 0; i < 50; ++i) stores.push_back(std::make_unique<SlabMemory>());
  for (size_t i = 0; i < stores.size(); ++i) stores[i]->Allocate(8 * (i + 1));
  for (size_t i = 0; i < stores.size(); ++i) EXPECT_EQ(stores[i]->used(), 8 * (i + 1));
}

#ifdef SOLOKV_ADDRESS_SANITIZER
TEST_F(SlabMemoryTest, FreedAndUnallocatedBlocksArePoisoned) {
  const Block block = Allocate(40);
  EXPECT_FALSE(__asan_address_is_poisoned(block.memory));
  EXPECT_TRUE(__asan_address_is_poisoned(block.memory + 40));
  Free(block);
  EXPECT_TRUE(__asan_address_is_poisoned(block.memory));
  const Block dropped = Allocate(80);
  memory_.ReleaseAll();
  EXPECT_TRUE(__asan_address_is_poisoned(dropped.memory));
}
#endif

}  // namespace
}  // namespace kv
