#include "kv/types/hash_value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/random.h"
#include "kv/types/value_operations.h"

namespace kv {
namespace {

#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr int kSteps = 3'000;
#else
constexpr int kSteps = 30'000;
#endif

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

std::string TextOf(const ListpackElement& element) {
  ListpackElement::Buffer buffer;
  return std::string(element.Text(buffer));
}

// A hash beside a plain model of it.
class HashValueTest : public testing::TestWithParam<int64_t> {
 protected:
  struct Value {
    std::string text;
    int64_t deadline;
    friend bool operator==(const Value&, const Value&) = default;
  };
  using Model = std::map<std::string, Value>;

  HashContext Context() { return {memory_, hash_key_, {GetParam(), 64}, now_}; }
  const ValueOperations& Operations() { return OperationsOf(hash_.object().encoding); }

  static Model Contents(const HashValue& hash) {
    Model contents;
    hash.ForEachWithDeadline(
        [&](const ListpackElement& name, const ListpackElement& value, int64_t deadline) {
          const bool is_new = contents.emplace(TextOf(name), Value{TextOf(value), deadline}).second;
          EXPECT_TRUE(is_new) << TextOf(name);
        });
    return contents;
  }

  void Set(const std::string& name, const std::string& value, int64_t deadline) {
    const std::string_view pair[] = {name, value};
    hash_.Reserve(Context(), pair);
    const bool is_new = hash_.Set(Context(), name, value, deadline);
    EXPECT_EQ(is_new, model_.count(name) == 0) << name;
    if (deadline == HashValue::kKeepDeadline) deadline = is_new ? 0 : model_[name].deadline;
    model_[name] = {value, deadline};
  }
  void Remove(const std::string& name) {
    EXPECT_EQ(hash_.Remove(memory_, name), model_.erase(name) == 1) << name;
  }
  void SetDeadline(const std::string& name, int64_t deadline) {
    const auto found = model_.find(name);
    ASSERT_EQ(hash_.Find(name).has_value(), found != model_.end());
    if (found == model_.end()) return;
    hash_.SetDeadline(Context(), name, deadline);
    found->second.deadline = deadline;
  }

  int64_t FirstDeadline() const {
    int64_t first = kNever;
    for (const auto& [name, value] : model_) {
      if (value.deadline != 0) first = std::min(first, value.deadline);
    }
    return first;
  }

  // Moves the clock and lets everything expire that is due, in slices.
  void Advance(int64_t milliseconds) {
    now_ += milliseconds;
    EXPECT_LE(hash_.NextDeadline(), FirstDeadline());
    while (hash_.NextDeadline() <= now_) {
      hash_.Expire(memory_, now_, 7, [&](std::string_view name, int64_t deadline) {
        const auto found = model_.find(std::string(name));
        ASSERT_NE(found, model_.end()) << name;
        EXPECT_EQ(found->second.deadline, deadline);
        EXPECT_LE(deadline, now_);
        model_.erase(found);
      });
    }
    EXPECT_GT(FirstDeadline(), now_);
  }

  void Free(void* object, const ValueOperations& operations) {
    while (object != nullptr) operations.free(memory_, &object, 3);
  }
  void TearDown() override {
    Free(hash_.object().object, Operations());
    EXPECT_EQ(memory_.used(), 0u);
  }

  SlabMemory memory_;
  HashKey hash_key_ = {1, 2};
  int64_t now_ = 1'800'000'000'000;
  HashValue hash_{HashValue::Create(memory_)};
  Model model_;
};

// Listpacks, tables, and both.
INSTANTIATE_TEST_SUITE_P(MaxEntries, HashValueTest, testing::Values(100'000, 0, 64));

TEST_P(HashValueTest, BehavesAsItsModel) {
  Random random(7);
  const auto name = [&] {
    const uint64_t number = random.Uniform(150);
    if (number % 3 == 0) return absl::StrCat(number);
    return std::string(number % 7, 'x') + absl::StrCat("field", number);
  };
  const auto value = [&]() -> std::string {
    if (random.Uniform(2) == 0) return absl::StrCat(random.Uniform(100'000));
    return std::string(random.Uniform(60), 'v');
  };
  const auto deadline = [&] { return now_ + 1 + static_cast<int64_t>(random.Uniform(2000)); };
  for (int i = 0; i < kSteps; ++i) {
    switch (random.Uniform(8)) {
      case 0:
        Remove(name());
        break;
      case 1:
        SetDeadline(name(), deadline());
        break;
      case 2:
        SetDeadline(name(), kNoFieldDeadline);
        break;
      case 3:
        Set(name(), value(), deadline());
        break;
      case 4:
        Set(name(), value(), HashValue::kKeepDeadline);
        break;
      case 5:
        Advance(static_cast<int64_t>(random.Uniform(60)));
        break;
      default:
        Set(name(), value(), kNoFieldDeadline);
    }
    if (i % 64 != 0) continue;
    ASSERT_EQ(Contents(hash_), model_) << i;
    ASSERT_EQ(memory_.used(), Operations().memory_bytes(hash_.object().object));
  }
  EXPECT_EQ(hash_.size(), model_.size());
  EXPECT_EQ(Contents(hash_), model_);
  Advance(3000);
  EXPECT_EQ(FirstDeadline(), kNever);
  EXPECT_EQ(hash_.NextDeadline(), kNever);
}

TEST_P(HashValueTest, LongTextsAndAnyBytes) {
  Set("", "", 0);
  Set(std::string(126, 'a'), std::string(255, 'b'), 0);
  Set(std::string(127, 'a'), "short", now_ + 5);
  Set(std::string("\0\xff", 2), std::string(256, '\0'), 0);
  Set("grows", "1", now_ + 9);
  for (const size_t size : {10u, 250u, 255u, 256u, 300u, 5000u, 3u}) {
    Set("grows", std::string(size, 'g'), HashValue::kKeepDeadline);
    EXPECT_EQ(Contents(hash_), model_) << size;
  }
}

TEST_P(HashValueTest, CopiesAreIndependent) {
  for (int i = 0; i < 100; ++i) Set(absl::StrCat("f", i), "value", i % 2 == 0 ? 0 : now_ + i);
  void* const copied = Operations().copy(memory_, hash_.object().object);
  const ValueObject copy = {hash_.object().encoding, copied};
  const Model before = model_;
  for (int i = 0; i < 100; ++i) Set(absl::StrCat("f", i), "changed", 0);
  EXPECT_EQ(Contents(HashValue(copy)), before);
  EXPECT_EQ(HashValue(copy).NextDeadline() <= now_ + 1, true);
  EXPECT_EQ(Contents(hash_), model_);
  Free(copied, OperationsOf(copy.encoding));
}

TEST_P(HashValueTest, CompactionKeepsTheContents) {
  for (int i = 0; i < 3000; ++i) {
    Set(absl::StrCat("f", i), std::string(50, 'v'), i % 5 == 0 ? now_ + 1 + i : 0);
    if (GetParam() > 1000 && i == 300) break;
  }
  for (int i = 0; i < 3000; ++i) {
    if (i % 8 != 0 && model_.count(absl::StrCat("f", i)) > 0) Remove(absl::StrCat("f", i));
  }
  CompactionCount count;
  void* object = hash_.object().object;
  uint64_t cursor = 0;
  do {
    cursor = Operations().compact(memory_, &object, cursor, count);
  } while (cursor != 0);
  hash_ = HashValue({hash_.object().encoding, object});
  EXPECT_EQ(Contents(hash_), model_);
  EXPECT_EQ(memory_.used(), Operations().memory_bytes(object));
  EXPECT_GT(count.moved + count.kept, 0u);
  Advance(5000);
  EXPECT_EQ(Contents(hash_), model_);
}

TEST_P(HashValueTest, WhatIsDueCannotBeFound) {
  Set("a", "1", now_ + 10);
  Set("b", "2", 0);
  EXPECT_FALSE(HashValue(hash_.object(), now_ + 9).hides() && !hash_.is_table());
  HashValue later(hash_.object(), now_ + 10);
  EXPECT_TRUE(later.hides());
  EXPECT_FALSE(later.Find("a").has_value());
  EXPECT_TRUE(later.Find("b").has_value());
  EXPECT_EQ(later.size(), 2u);
  EXPECT_TRUE(later.Set(Context(), "a", "new", HashValue::kKeepDeadline));
  EXPECT_EQ(later.Find("a")->deadline, kNoFieldDeadline);
  hash_ = HashValue(later.object());
}

// Setting and cancelling the same deadlines for ever must not pile up records.
TEST_P(HashValueTest, RecordsOfDeadlinesStayFew) {
  for (int i = 0; i < 50; ++i) Set(absl::StrCat("f", i), "value", 0);
  size_t most = 0;
  for (int i = 0; i < kSteps; ++i) {
    const std::string name = absl::StrCat("f", i % 50);
    SetDeadline(name, now_ + 1'000'000 - i);
    if (i % 3 == 0) SetDeadline(name, kNoFieldDeadline);
    most = std::max(most, memory_.used());
  }
  EXPECT_LT(most, 64u << 10);
  Advance(2'000'000);
  for (int i = 0; i < 50; ++i) Set(absl::StrCat("f", i), "value", 0);
  EXPECT_EQ(hash_.NextDeadline(), kNever);
}

}  // namespace
}  // namespace kv
