// Elements with a deadline: a hash stands for any collection that has them.
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/hash.h"
#include "kv/store/database.h"
#include "kv/types/hash_value.h"
#include "kv/types/value_operations.h"

namespace kv {
namespace {

constexpr int64_t kStart = 1'800'000'000'000;

class RemovalRecorder final : public KeyEvents {
 public:
  void OnKeyEvent(KeyEventClass, std::string_view event, int, std::string_view) override {
    events.emplace_back(event);
  }
  void OnKeyRemovedByStore(int, std::string_view) override { ++keys; }
  void OnElementRemovedByStore(int, std::string_view, ValueType type, std::string_view) override {
    EXPECT_EQ(type, ValueType::kHash);
    ++elements;
  }

  std::vector<std::string> events;
  size_t keys = 0;
  size_t elements = 0;
};

class ElementExpiry : public testing::Test {
 protected:
  ElementExpiry() {
    context_.hash_key = {1, 2};
    context_.birth = kStart;
    context_.SetNow(kStart);
    context_.events = &recorder_;
    context_.event_classes = kEventHash | kEventExpired | kEventGeneric;
    database_.emplace(context_, reclaimer_, 0);
    other_.emplace(context_, reclaimer_, 1);
  }

  HashContext Context() { return {context_.memory, context_.hash_key, {64, 64}, context_.now}; }
  // A hash of `fields` fields, which are due at `deadline`, `step` apart.
  void Put(std::string_view key, int fields, int64_t deadline, int64_t step = 0,
           int64_t key_deadline = kNoDeadline) {
    HashValue hash(HashValue::Create(context_.memory));
    for (int i = 0; i < fields; ++i) {
      hash.Set(Context(), absl::StrCat("f", i), "v", deadline + i * step);
    }
    const HashedKey hashed = database_->Hash(key);
    EntryRef ref = database_->Peek(hashed);
    database_->PutObject(hashed, ref, ValueType::kHash, hash.object(), key_deadline);
  }
  // Sets the deadline of one field.
  void SetDeadline(std::string_view key, std::string_view field, int64_t deadline) {
    EntryRef ref = database_->Peek(database_->Hash(key));
    const int64_t before = database_->NextElementDeadline(ref);
    HashValue hash({ref->encoding(), ref->object()});
    hash.SetDeadline(Context(), field, deadline);
    database_->SetObject(ref, hash.object());
    database_->UpdateElementDeadlines(ref, before);
  }
  size_t SizeOf(Database& database, std::string_view key) {
    const EntryRef ref = database.Peek(database.Hash(key));
    return ref ? HashValue({ref->encoding(), ref->object()}).size() : 0;
  }
  size_t SizeOf(std::string_view key) { return SizeOf(*database_, key); }
  void Advance(int64_t milliseconds) {
    context_.SetNow(context_.now + milliseconds);
    for (Database* database : {&*database_, &*other_}) {
      while (database->NextDeadline() <= context_.now) {
        database->ExpireDue(100);
        database->RebuildDeadlineIndex(100);
      }
    }
  }

  StoreContext context_;
  Reclaimer reclaimer_{context_.memory};
  RemovalRecorder recorder_;
  std::optional<Database> database_;
  std::optional<Database> other_;
};

TEST_F(ElementExpiry, EachElementGoesInItsMillisecond) {
  for (const int fields : {10, 300}) {
    Put("key", fields, context_.now + 5, 7);
    EXPECT_EQ(database_->with_element_deadlines(), 1u);
    Advance(4);
    for (int left = fields; left > 0; --left) {
      ASSERT_EQ(SizeOf("key"), static_cast<size_t>(left));
      Advance(1);
      ASSERT_EQ(SizeOf("key"), static_cast<size_t>(left) - 1);
      Advance(6);
    }
    EXPECT_EQ(database_->size(), 0u);
    EXPECT_EQ(database_->with_element_deadlines(), 0u);
  }
  EXPECT_EQ(recorder_.elements, 310u);
  EXPECT_EQ(recorder_.keys, 0u);
}

TEST_F(ElementExpiry, TheObjectOfAnEntryIsGivenForPrefetching) {
  const auto object_of = [&](std::string_view key) {
    return database_->ObjectOf(database_->Hash(key));
  };
  EXPECT_EQ(object_of("absent").object, nullptr);
  Put("small", 2, kNoFieldDeadline);
  Put("large", 100, kNoFieldDeadline, 0, context_.now - 1);
  EXPECT_EQ(object_of("small").encoding, Encoding::kListpack);
  // Although its deadline has passed: it is for the command to see to that.
  EXPECT_EQ(object_of("large").encoding, Encoding::kHashTable);
  EXPECT_EQ(OperationsOf(Encoding::kListpack).prefetch_index, nullptr);
  const ValueOperations& operations = OperationsOf(Encoding::kHashTable);
  const uint64_t hash = operations.prefetch_index(object_of("large").object, "f7");
  EXPECT_EQ(hash, kv::Hash("f7", context_.hash_key));
  operations.prefetch_element(object_of("large").object, hash);
}

TEST_F(ElementExpiry, ManyAtOnceAreRemovedInSlices) {
  constexpr size_t kFields = 20'000;
  constexpr size_t kBudget = 100;
  Put("key", kFields, context_.now + 10);
  context_.SetNow(context_.now + 10);
  size_t slices = 0;
  size_t before = kFields;
  for (; database_->NextDeadline() <= context_.now; ++slices) {
    database_->ExpireDue(kBudget);
    const size_t left = SizeOf("key");
    ASSERT_LE(before - left, 2 * kBudget);
    before = left;
  }
  EXPECT_GE(slices, kFields / kBudget / 2);
  EXPECT_EQ(database_->size(), 0u);
  EXPECT_EQ(recorder_.events.back(), "del");
}

TEST_F(ElementExpiry, ManyKeysAtOnceAreWorkedOffWithinTheBudget) {
  for (int i = 0; i < 1000; ++i) Put(absl::StrCat("key", i), 20, context_.now + 10);
  context_.SetNow(context_.now + 10);
  while (database_->NextDeadline() <= context_.now) {
    const size_t before = recorder_.elements;
    database_->ExpireDue(100);
    ASSERT_LE(recorder_.elements - before, 220u);
  }
  EXPECT_EQ(database_->size(), 0u);
  EXPECT_EQ(recorder_.elements, 20'000u);
}

TEST_F(ElementExpiry, TheEarlierDeadlineOfKeyAndElementCounts) {
  Put("key first", 3, kStart + 100, 0, kStart + 50);
  Put("element first", 3, kStart + 50, 100, kStart + 100);
  Advance(49);
  EXPECT_EQ(SizeOf("key first"), 3u);
  EXPECT_EQ(SizeOf("element first"), 3u);
  Advance(1);
  EXPECT_EQ(SizeOf("key first"), 0u);
  EXPECT_EQ(SizeOf("element first"), 2u);
  EXPECT_EQ(recorder_.keys, 1u);
  Advance(50);
  EXPECT_EQ(database_->size(), 0u);
  EXPECT_EQ(recorder_.keys, 2u);
}

TEST_F(ElementExpiry, DeadlinesMayBeBroughtForwardAndPutOff) {
  for (const int fields : {10, 300}) {
    Put("key", fields, context_.now + 100'000);
    SetDeadline("key", "f1", context_.now + 30);
    SetDeadline("key", "f2", context_.now + 20);
    SetDeadline("key", "f2", context_.now + 40);
    const auto all = static_cast<size_t>(fields);
    Advance(29);
    EXPECT_EQ(SizeOf("key"), all);
    Advance(1);
    EXPECT_EQ(SizeOf("key"), all - 1);
    Advance(9);
    EXPECT_EQ(SizeOf("key"), all - 1);
    Advance(1);
    EXPECT_EQ(SizeOf("key"), all - 2);
  }
}

TEST_F(ElementExpiry, DeadlinesMoveWithTheEntry) {
  Put("renamed", 3, kStart + 10);
  Put("copied", 300, kStart + 10);
  Put("reshaped", 3, kStart + 10);
  {
    EntryRef ref = database_->Peek(database_->Hash("renamed"));
    database_->Rename(ref, *other_, other_->Hash("r"));
  }
  const EntryRef source = database_->Peek(database_->Hash("copied"));
  database_->Copy(source, *other_, other_->Hash("c"), kNoDeadline);
  {
    EntryRef ref = database_->Peek(database_->Hash("reshaped"));
    database_->SetDeadline(ref, kStart + 1000);
    database_->SetDeadline(ref, kNoDeadline);
  }
  EXPECT_EQ(database_->with_element_deadlines(), 2u);
  EXPECT_EQ(other_->with_element_deadlines(), 2u);
  database_->Swap(*other_);
  EXPECT_EQ(SizeOf("c"), 300u);
  Advance(10);
  EXPECT_EQ(database_->size(), 0u);
  EXPECT_EQ(other_->size(), 0u);
  EXPECT_EQ(database_->with_element_deadlines() + other_->with_element_deadlines(), 0u);
}

TEST_F(ElementExpiry, ClearingForgetsTheDeadlines) {
  Put("key", 300, kStart + 10);
  context_.SetNow(kStart + 10);
  database_->ExpireDue(50);
  database_->Clear();
  EXPECT_EQ(database_->with_element_deadlines(), 0u);
  EXPECT_EQ(database_->NextDeadline(), INT64_MAX);
}

// Deadlines that keep being brought forward leave stale records, and the index is made anew.
TEST_F(ElementExpiry, RecordsStayFewAndNoneIsLost) {
  for (int i = 0; i < 20; ++i) Put(absl::StrCat("key", i), 3, kStart + 1'000'000);
  size_t most = 0;
  for (int round = 0; round < 2000; ++round) {
    for (int i = 0; i < 20; ++i) {
      SetDeadline(absl::StrCat("key", i), "f0", kStart + 900'000 - round);
      if (i % 2 == 0) continue;
      EntryRef ref = database_->Peek(database_->Hash(absl::StrCat("key", i)));
      database_->SetDeadline(ref, kStart + 2'000'000 - round);
    }
    database_->RebuildDeadlineIndex(10);
    most = std::max(most, database_->deadline_records());
  }
  EXPECT_LT(most, 4000u);
  Advance(900'000 - 1999);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(SizeOf(absl::StrCat("key", i)), 2u) << i;
  Advance(1'000'000);
  EXPECT_EQ(database_->size(), 0u);
}

TEST_F(ElementExpiry, NothingIsRemovedWhileExpiryOnlyHides) {
  Put("key", 3, kStart + 10);
  context_.expiry = ExpiryPolicy::kHide;
  context_.SetNow(kStart + 20);
  EXPECT_EQ(database_->ExpireDue(100), 0u);
  EXPECT_EQ(SizeOf("key"), 3u);
  context_.expiry = ExpiryPolicy::kDelete;
  Advance(0);
  EXPECT_EQ(database_->size(), 0u);
}

}  // namespace
}  // namespace kv
