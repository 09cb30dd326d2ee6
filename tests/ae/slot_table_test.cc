#include "ae/slot_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace ae {
namespace {

struct Item {
  uint32_t generation = 0;
  int value = 0;
};

TEST(SlotTable, FindsWhatLivesAndNothingElse) {
  SlotTable<Item> table;
  EXPECT_EQ(table.Find(Handle()), nullptr);
  EXPECT_EQ(table.Find(Handle{1'000, 1}), nullptr);
  const Handle first = table.Insert();
  table[first.slot].value = 1;
  ASSERT_NE(table.Find(first), nullptr);
  EXPECT_EQ(table.Find(first)->value, 1);
  table.Erase(first.slot);
  EXPECT_EQ(table.Find(first), nullptr);
  const Handle second = table.Insert();
  EXPECT_EQ(second.slot, first.slot);
  EXPECT_NE(second.generation, first.generation);
  EXPECT_EQ(table.Find(second)->value, 0);  // reset
  EXPECT_EQ(table.Find(first), nullptr);
}

TEST(SlotTable, AddressesStayWhileItGrows) {
  SlotTable<Item> table;
  std::vector<Handle> handles;
  const Handle first = table.Insert();
  const Item* address = table.Find(first);
  handles.reserve(1'000);
  for (int i = 0; i < 1'000; ++i) handles.push_back(table.Insert());
  EXPECT_EQ(table.Find(first), address);
  EXPECT_EQ(table.size(), 1'001u);
  for (const Handle& handle : handles) table.Erase(handle.slot);
  size_t visited = 0;
  table.ForEach([&](uint32_t slot, Item&) {
    EXPECT_EQ(slot, first.slot);
    ++visited;
  });
  EXPECT_EQ(visited, 1u);
}

}  // namespace
}  // namespace ae
