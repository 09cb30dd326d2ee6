#include "ae/receive_arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace ae {
namespace {

TEST(ReceiveArena, SmallReceivesShareAChunk) {
  ReceiveArena arena(1024);
  const char* first = arena.Reserve().data();
  arena.Commit(100);
  const std::span<char> second = arena.Reserve();
  EXPECT_EQ(second.data(), first + 100);
  EXPECT_EQ(second.size(), 924u);
  arena.Commit(500);
  EXPECT_EQ(arena.Reserve().size(), 1024u);  // less than half was left
  EXPECT_EQ(arena.used_chunks(), 1u);
  arena.Commit(1);
  EXPECT_EQ(arena.used_chunks(), 2u);
}

TEST(ReceiveArena, GivesTheRoomAskedFor) {
  ReceiveArena arena(1024);
  arena.Reserve();
  arena.Commit(100);
  EXPECT_GE(arena.Reserve(1024).size(), 1024u);
}

TEST(ReceiveArena, BytesStayUntilReset) {
  ReceiveArena arena(256);
  std::vector<std::span<char>> views;
  for (int i = 0; i < 100; ++i) {
    const std::span<char> room = arena.Reserve();
    std::memset(room.data(), 'a' + i % 26, 77);
    arena.Commit(77);
    views.push_back(room.first(77));
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(std::string(views[i].begin(), views[i].end()), std::string(77, 'a' + i % 26));
  }
  arena.Reset();
  EXPECT_EQ(arena.used_chunks(), 0u);
  EXPECT_EQ(arena.Reserve().data(), views[0].data());  // the same memory, still warm
}

}  // namespace
}  // namespace ae
