#include "kv/store/entry.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <tuple>

namespace kv {
namespace {

constexpr int64_t kDeadline = 1'800'000'000'123;

class EntryTest : public testing::Test {
 protected:
  ~EntryTest() override { Free(); }

  Entry& Make(std::string_view key, int64_t deadline, Encoding encoding, size_t inline_size) {
    Free();
    const size_t value_size = encoding == Encoding::kInline ? inline_size : sizeof(int64_t);
    bytes_ = Entry::SizeFor(key.size(), deadline != kNoDeadline, value_size);
    entry_ = Entry::Construct(memory_.Allocate(bytes_), key, deadline, ValueType::kString, encoding,
                              inline_size);
    return *entry_;
  }

  SlabMemory memory_;

 private:
  void Free() {
    if (entry_ != nullptr) memory_.Free(entry_, bytes_);
    entry_ = nullptr;
  }

  Entry* entry_ = nullptr;
  size_t bytes_ = 0;
};

// Key size and deadline.
using Shape = std::tuple<size_t, int64_t>;

class EntryShapes : public EntryTest, public testing::WithParamInterface<Shape> {
 protected:
  Entry& Make(Encoding encoding, size_t inline_size) {
    Entry& entry = EntryTest::Make(key_, deadline_, encoding, inline_size);
    entry.set_access(0xabcdef);
    return entry;
  }
  // Whatever was written to the value, the rest is as it was made.
  void ExpectHeaderOf(const Entry& entry) const {
    EXPECT_EQ(entry.type(), ValueType::kString);
    EXPECT_EQ(entry.key(), key_);
    EXPECT_EQ(entry.has_deadline(), deadline_ != kNoDeadline);
    EXPECT_EQ(entry.deadline(), deadline_);
    EXPECT_EQ(entry.access(), 0xabcdefu);
  }

  const std::string key_ = std::string(std::get<0>(GetParam()), 'k');
  const int64_t deadline_ = std::get<1>(GetParam());
};

TEST_P(EntryShapes, HoldNumbers) {
  for (const int64_t number : {INT64_MIN, int64_t{-1}, int64_t{0}, INT64_MAX}) {
    Entry& entry = Make(Encoding::kInt, 0);
    entry.set_number(number);
    ExpectHeaderOf(entry);
    EXPECT_EQ(entry.number(), number);
    EXPECT_EQ(entry.string().view(), std::to_string(number));
    EXPECT_EQ(entry.string_size(), std::to_string(number).size());
  }
}

TEST_P(EntryShapes, HoldShortStrings) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{44}, Entry::kMaxInlineSize}) {
    Entry& entry = Make(Encoding::kInline, size);
    std::memset(entry.value(), 'v', size);
    ExpectHeaderOf(entry);
    EXPECT_EQ(entry.string().view(), std::string(size, 'v'));
    EXPECT_EQ(entry.string_size(), size);
  }
}

TEST_P(EntryShapes, HoldBlobs) {
  const std::string text(100'000, 'b');
  Entry& entry = Make(Encoding::kBlob, 0);
  entry.set_object(Blob::Copy(memory_, text));
  ExpectHeaderOf(entry);
  EXPECT_EQ(entry.string().view(), text);
  EXPECT_EQ(entry.string_size(), text.size());
  Blob::Release(memory_, entry.blob());
}

TEST_P(EntryShapes, KeepFlagsAndFieldsApart) {
  Entry& entry = Make(Encoding::kInline, 7);
  std::memcpy(entry.value(), "1234567", 7);
  EXPECT_FALSE(entry.edited());
  EXPECT_FALSE(entry.index_parity());
  entry.set_edited(true);
  entry.set_index_parity(true);
  entry.set_edited(false);
  EXPECT_TRUE(entry.index_parity());
  EXPECT_FALSE(entry.edited());
  entry.set_access(0xffffff);
  EXPECT_EQ(entry.inline_size(), 7u);
  entry.set_inline_size(3);
  EXPECT_EQ(entry.access(), 0xffffffu);
  EXPECT_EQ(entry.string().view(), "123");
  EXPECT_EQ(entry.key(), key_);
}

INSTANTIATE_TEST_SUITE_P(All, EntryShapes,
                         testing::Combine(testing::Values(0, 1, 16, 65'534, 65'535, 65'536,
                                                          1'000'000),
                                          testing::Values(kNoDeadline, int64_t{0}, kDeadline)));

TEST_F(EntryTest, ShortKeysCostNoMoreThanTheirBytes) {
  EXPECT_EQ(Entry::SizeFor(16, false, 8), 32u);
  EXPECT_EQ(Entry::SizeFor(16, true, 8), 40u);
  EXPECT_EQ(Entry::SizeFor(65'534, false, 0), 8u + 65'534u);
  EXPECT_EQ(Entry::SizeFor(65'535, false, 0), 16u + 65'535u);
}

TEST_F(EntryTest, TypesHaveTheNamesOfTheTypeCommand) {
  EXPECT_EQ(TypeName(ValueType::kString), "string");
  EXPECT_EQ(TypeName(ValueType::kZset), "zset");
  EXPECT_EQ(TypeName(ValueType::kStream), "stream");
}

}  // namespace
}  // namespace kv
