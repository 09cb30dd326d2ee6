// Epochs of tables of fields; what tables do otherwise is tested through hashes and sets.
#include "kv/types/field_table.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "kv/base/slab_memory.h"

namespace kv {
namespace {

#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr size_t kScale = 5;  // fewer fields under the sanitizers
#else
constexpr size_t kScale = 1;
#endif

// Value and deadline of each field. A field that is seen twice is there twice.
using Content = std::multimap<std::string, std::pair<std::string, int64_t>>;

class Recorder final : public FieldTable::LeafObserver {
 public:
  void Save(FieldTable::LeafView leaf) override {
    leaf.ForEach([&](const HashField& field) {
      content.insert({std::string(field.field()), {std::string(field.value()), field.deadline()}});
    });
  }
  Content content;
};

class FieldTableTest : public testing::Test {
 protected:
  ~FieldTableTest() override { FieldTable::Free(memory_, table_); }

  std::string AnyField() { return "field " + std::to_string(random_() % (10'000 / kScale)); }
  // Of the same size often, so that the field is changed in place.
  std::string AnyValue() { return std::string(1 + random_() % 3, char('a' + random_() % 26)); }
  int64_t AnyDeadline() {
    return random_() % 2 == 0 ? kNoFieldDeadline : context_.now + 1 + random_() % 1'000;
  }

  void Change() {
    const std::string field = AnyField();
    switch (random_() % 8) {
      case 0:
        table_->Remove(memory_, field);
        break;
      case 1:
        table_->AddIfAbsent(context_, field);
        break;
      case 2:
        if (table_->Find(field) != nullptr) table_->SetDeadline(context_, field, AnyDeadline());
        break;
      case 3:
        ++context_.now;
        table_->FireDue(memory_, context_.now, 100, [](std::string_view, int64_t) {});
        break;
      default:
        table_->Set(context_, field, AnyValue(), AnyDeadline());
    }
  }
  Content ContentNow() const {
    Content content;
    table_->ForEach([&](const HashField& field) {
      content.insert({std::string(field.field()), {std::string(field.value()), field.deadline()}});
    });
    return content;
  }

  SlabMemory memory_;
  FieldTable* table_ = FieldTable::Create(memory_, {1, 2});
  FieldContext context_ = {memory_, 1'800'000'000'000};
  std::mt19937_64 random_{42};
};

TEST_F(FieldTableTest, AnObserverSeesTheFieldsAsTheyWere) {
  for (size_t i = 0; i < 20'000 / kScale; ++i) Change();
  for (int epoch = 0; epoch < 5; ++epoch) {
    const Content expected = ContentNow();
    ASSERT_FALSE(expected.empty());
    Recorder recorder;
    table_->BeginEpoch(recorder);
    uint64_t position = 0;
    do {
      for (int i = 0; i < 50; ++i) Change();
      position = table_->SaveLeaf(position);
    } while (position != 0);
    EXPECT_EQ(recorder.content, expected);
    table_->EndEpoch();
    for (int i = 0; i < 100; ++i) Change();
    EXPECT_EQ(recorder.content.size(), expected.size());
  }
}

// A change of each kind, each in an epoch of its own.
TEST_F(FieldTableTest, EveryChangeShowsWhatWasBefore) {
  const auto expect_shown = [&](auto change) {
    table_->Set(context_, "a", "1", context_.now + 10);
    Recorder recorder;
    const Content expected = ContentNow();
    table_->BeginEpoch(recorder);
    change();
    table_->EndEpoch();
    EXPECT_EQ(recorder.content, expected);
  };
  expect_shown([&] { table_->Set(context_, "a", "2", context_.now + 10); });
  expect_shown([&] { table_->Set(context_, "a", "longer than before", kNoFieldDeadline); });
  expect_shown([&] { table_->SetDeadline(context_, "a", context_.now + 20); });
  expect_shown([&] { table_->SetDeadline(context_, "a", kNoFieldDeadline); });
  expect_shown([&] { table_->Remove(memory_, "a"); });
  expect_shown([&] { table_->AddIfAbsent(context_, "b"); });
  expect_shown([&] {
    context_.now += 1'000;
    while (table_->FireDue(memory_, context_.now, 100, [](std::string_view, int64_t) {}) > 0) {
    }
  });
}

}  // namespace
}  // namespace kv
