// Pending entries of groups: beside a plain model, and what an observer is told of them.
#include "kv/types/stream_group.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/random.h"
#include "kv/types/stream.h"

namespace kv {
namespace {

#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr int kScale = 5;  // tests are smaller under the sanitizers
#else
constexpr int kScale = 1;
#endif

// What is known of an entry, and whose it is.
std::string Describe(const PendingEntry& entry) {
  return absl::StrCat(entry.delivery_time, " ", entry.delivery_count, " ",
                      entry.consumer == nullptr ? "" : std::string(entry.consumer->name()));
}

using Entries = std::map<StreamId, std::string>;

Entries EntriesOf(const StreamGroup& group) {
  Entries entries;
  for (auto at = group.pending().First(); at; at = at.Next()) {
    entries.emplace(at.key(), Describe(at.record()));
  }
  return entries;
}

class StreamGroupTest : public testing::Test {
 protected:
  StreamGroupTest() {
    for (const char* name : {"alice", "bob", "carol"}) group_->AddConsumer(memory_, name, 1);
  }
  ~StreamGroupTest() override {
    while (group_->FreeSome(memory_, 1)) {
    }
    EXPECT_EQ(memory_.used(), 0u);
  }

  PendingEntry RandomEntry() {
    PendingEntry entry;
    entry.delivery_time = static_cast<int64_t>(random_.Uniform(1000));
    entry.delivery_count = random_.Uniform(5);
    const auto consumers = group_->consumers().items();
    const size_t consumer = random_.Uniform(consumers.size() + 1);
    if (consumer < consumers.size()) entry.consumer = consumers[consumer];
    return entry;
  }
  StreamId RandomId(uint64_t most) { return {1 + random_.Uniform(most), 0}; }

  SlabMemory memory_;
  PendingContext context_{.memory = memory_};
  StreamGroup* group_ = StreamGroup::Create(memory_, "group");
  Random random_{3};
};

TEST_F(StreamGroupTest, DeliveriesAreInOrderAndThoseReleasedComeFirst) {
  StreamConsumer* const alice = group_->FindConsumer("alice");
  group_->Assign(context_, {1, 0}, {.delivery_time = 30, .consumer = alice});
  group_->Assign(context_, {2, 0}, {.delivery_time = 10, .consumer = alice});
  group_->Assign(context_, {3, 0}, {.delivery_time = 20, .consumer = alice});
  EXPECT_EQ(group_->deliveries().First().key().id, (StreamId{2, 0}));
  group_->Assign(context_, {2, 0}, {.delivery_time = 40, .consumer = alice});
  EXPECT_EQ(group_->deliveries().First().key(), (StreamDelivery{20, {3, 0}}));
  group_->Assign(context_, {1, 0}, {.delivery_time = 30, .consumer = nullptr});
  EXPECT_EQ(group_->deliveries().First().key().id, (StreamId{1, 0}));
  group_->RemoveConsumer(context_, alice);
  EXPECT_EQ(group_->deliveries().size(), 1u);
}

TEST_F(StreamGroupTest, DeliveriesEqualAModelInALongRandomRun) {
  for (int i = 0; i < 30'000 / kScale; ++i) {
    if (random_.Uniform(3) > 0) {
      group_->Assign(context_, RandomId(700), RandomEntry());
    } else {
      group_->Acknowledge(context_, RandomId(700));
    }
    if (i % 1'000 != 0) continue;
    std::vector<std::pair<int64_t, StreamId>> model;
    for (auto at = group_->pending().First(); at; at = at.Next()) {
      const PendingEntry& entry = at.record();
      model.emplace_back(entry.consumer == nullptr ? -1 : entry.delivery_time, at.key());
    }
    std::sort(model.begin(), model.end());
    auto delivery = group_->deliveries().First();
    for (const auto& [time, id] : model) {
      ASSERT_TRUE(delivery);
      ASSERT_EQ(delivery.key().id, id);
      ASSERT_TRUE(time < 0 || delivery.key().time == time);
      delivery = delivery.Next();
    }
    ASSERT_FALSE(delivery);
    ASSERT_TRUE(group_->IsConsistent());
    ASSERT_EQ(group_->memory_bytes(), memory_.used());
  }
}

// --- epochs ---

// Keeps entries as they were before their leaf changed, and looks at the others at the end.
class Recorder final : public PendingObserver {
 public:
  void BeforePendingChange(const StreamGroup&, Position first, uint32_t count) override {
    EXPECT_LE(count, 200u);  // a leaf
    for (; count > 0; --count, first = first.Next()) Save(first);
  }
  // All entries as they were when the epoch began.
  Entries Finish(const StreamGroup& group, uint64_t epoch) {
    for (auto at = group.pending().First(); at; at = at.Next()) {
      if (at.epoch() != epoch) Save(at);
    }
    return saved_;
  }

 private:
  void Save(Position at) {
    EXPECT_TRUE(saved_.emplace(at.key(), Describe(at.record())).second) << at.key().ToString();
  }
  Entries saved_;
};

TEST_F(StreamGroupTest, AnObserverSeesEachLeafAsItWas) {
  uint64_t last = 0;
  for (uint64_t epoch = 1; epoch <= 40; ++epoch) {
    const Entries before = EntriesOf(*group_);
    Recorder recorder;
    context_.epoch = epoch;
    context_.observer = &recorder;
    const uint64_t changes = random_.Uniform(2'000 / kScale);
    for (uint64_t i = 0; i < changes; ++i) {
      switch (random_.Uniform(4)) {
        case 0:
          group_->Assign(context_, {++last, 0}, RandomEntry());
          break;
        case 1:
          group_->Assign(context_, RandomId(last + 1), RandomEntry());
          break;
        default:
          group_->Acknowledge(context_, RandomId(last + 1));
      }
    }
    if (epoch % 10 == 0) {
      group_->RemoveConsumer(context_, group_->FindConsumer("bob"));
      group_->AddConsumer(memory_, "bob", 1);
    }
    ASSERT_EQ(recorder.Finish(*group_, epoch), before) << epoch;
    context_.observer = nullptr;
  }
}

TEST_F(StreamGroupTest, AFewChangesShowFewLeaves) {
  for (uint64_t i = 1; i <= 10'000; ++i) group_->Assign(context_, {i, 0}, {});
  const Entries before = EntriesOf(*group_);
  Recorder recorder;
  context_.epoch = 1;
  context_.observer = &recorder;
  group_->Assign(context_, {5'000, 0}, {.delivery_count = 7});
  group_->Assign(context_, {5'001, 0}, {.delivery_count = 7});
  size_t changed = 0;
  for (auto at = group_->pending().First(); at; at = at.Next()) changed += at.epoch() == 1;
  EXPECT_LE(changed, 200u);
  EXPECT_EQ(recorder.Finish(*group_, 1), before);
}

TEST_F(StreamGroupTest, AGroupThatGoesIsShownWhole) {
  Stream* const stream = Stream::Create({.memory = memory_, .limits = {}});
  class Whole final : public StreamObserver {
   public:
    void BeforeFirstChange(const Stream& frozen) override { EXPECT_EQ(frozen.groups().size(), 1u); }
    void BeforeChange(const StreamId&, const StreamLeaf&) override {}
    void BeforeMessageChange(const StreamMessage&, const StreamId&) override {}
    void BeforePendingChange(const StreamGroup&, Position, uint32_t count) override {
      entries += count;
    }
    size_t entries = 0;
  } whole;
  StreamContext context{.memory = memory_, .limits = {}};
  StreamGroup* const group = stream->AddGroup(context, "g", {}, std::nullopt);
  for (uint64_t i = 1; i <= 1'000; ++i) group->Assign(context, {i, 0}, {});
  context.epoch = 1;
  context.observer = &whole;
  stream->BeginChange(context);
  group->Acknowledge(context, {500, 0});
  stream->RemoveGroup(context, group);
  EXPECT_EQ(whole.entries, 1'000u);
  while (stream->FreeSome(memory_, 1'000)) {
  }
}

}  // namespace
}  // namespace kv
