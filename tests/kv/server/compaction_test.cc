#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/store/store.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

class CompactionTest : public CommandTest {
 protected:
  static constexpr int kKeys = 20'000;

  // Nine keys in ten are deleted, so that every slab is sparse.
  void LeaveEveryTenthKey() {
    for (int key = 0; key < kKeys; ++key) Run({"set", absl::StrCat("key:", key), "value"});
    for (int key = 0; key < kKeys; ++key) {
      if (key % 10 != 0) Run({"del", absl::StrCat("key:", key)});
    }
  }
  size_t Unused() { return server_.server().store().memory().unused_bytes(); }
};

TEST_F(CompactionTest, GivesBackWhatDeletionsLeft) {
  EXPECT_EQ(Run({"config", "set", "active-defrag-ignore-bytes", "1"}), "+OK");
  LeaveEveryTenthKey();
  const size_t unused = Unused();
  for (int i = 0; i < 1000 && (i == 0 || Info("active_defrag_running") > 0); ++i) {
    server_.AdvanceTime(100);
  }
  EXPECT_EQ(Info("active_defrag_running"), 0);
  EXPECT_LT(Unused(), unused - kKeys * 16);  // an entry takes 24 bytes
  EXPECT_GT(Info("active_defrag_key_hits"), 0);
  EXPECT_GE(Info("active_defrag_hits"), Info("active_defrag_key_hits"));
  for (int key = 0; key < kKeys; key += 10) {
    ASSERT_EQ(Run({"get", absl::StrCat("key:", key)}), "\"value\"");
  }
  Run({"config", "resetstat"});
  EXPECT_EQ(Info("active_defrag_hits"), 0);
}

TEST_F(CompactionTest, RestsWhileItIsOffOrThereIsLittleToWin) {
  LeaveEveryTenthKey();
  const size_t unused = Unused();
  server_.AdvanceTime(1000);  // 100 MB are ignored
  EXPECT_EQ(Unused(), unused);
  Run({"config", "set", "activedefrag", "no", "active-defrag-ignore-bytes", "1"});
  server_.AdvanceTime(1000);
  EXPECT_EQ(Unused(), unused);
  EXPECT_EQ(Info("active_defrag_misses"), 0);
}

}  // namespace
}  // namespace tests
