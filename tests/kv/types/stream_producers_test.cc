// Messages of producers against a plain model.
#include "kv/types/stream_producers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/random.h"

namespace kv {
namespace {

class StreamProducersTest : public testing::Test {
 protected:
  ~StreamProducersTest() override {
    Free(producers_);
    EXPECT_EQ(memory_.used(), 0u);
  }
  void Free(StreamProducers* producers) {
    while (producers->FreeSome(memory_, 3)) {
    }
  }
  void Add(std::string_view producer, std::string_view name, const StreamId& id, size_t max = 100) {
    producers_->Add(context_, {producer, name}, id, max);
  }
  bool Knows(std::string_view producer, std::string_view name) {
    return producers_->Find({producer, name}).has_value();
  }

  SlabMemory memory_;
  MessageContext context_{memory_};
  StreamProducers* producers_ = StreamProducers::Create(memory_, {1, 2}, {});
};

TEST_F(StreamProducersTest, ProducersNameTheirMessagesApart) {
  Add("a", "x", {1, 0});
  Add("b", "x", {2, 0});
  EXPECT_EQ(producers_->Find({"a", "x"}), (StreamId{1, 0}));
  EXPECT_EQ(producers_->Find({"b", "x"}), (StreamId{2, 0}));
  EXPECT_FALSE(Knows("a", "y"));
  EXPECT_FALSE(Knows("c", "x"));
  EXPECT_FALSE(Knows("", "ax"));
  EXPECT_EQ(producers_->producers(), 2u);
  EXPECT_EQ(producers_->messages(), 2u);
}

TEST_F(StreamProducersTest, TheOldestOfAProducerMakeRoom) {
  for (uint64_t i = 1; i <= 5; ++i) Add("a", absl::StrCat(i), {i, 0}, 3);
  Add("b", "1", {1, 0}, 3);
  EXPECT_FALSE(Knows("a", "2"));
  EXPECT_TRUE(Knows("a", "3"));
  EXPECT_TRUE(Knows("b", "1"));
  EXPECT_EQ(producers_->messages(), 4u);
  EXPECT_EQ(producers_->counters.added, 6u);
}

TEST_F(StreamProducersTest, AMessageMayBecomeAnotherEntry) {
  Add("a", "x", {1, 0});
  Add("a", "x", {5, 0}, 1);
  EXPECT_EQ(producers_->Find({"a", "x"}), (StreamId{5, 0}));
  EXPECT_EQ(producers_->messages(), 1u);
  EXPECT_EQ(producers_->oldest(), (StreamId{5, 0}));
}

TEST_F(StreamProducersTest, AProducerGoesWithItsLastMessage) {
  Add("a", "x", {2, 0});
  Add("b", "y", {1, 0});
  producers_->ForgetOldest({memory_});
  EXPECT_FALSE(Knows("b", "y"));
  EXPECT_EQ(producers_->producers(), 1u);
  producers_->ForgetOldest({memory_});
  EXPECT_EQ(producers_->producers(), 0u);
  EXPECT_EQ(producers_->messages(), 0u);
}

using Model = std::map<std::string, std::map<std::string, StreamId>>;

std::string Describe(const StreamProducers& producers) {
  std::vector<std::string> lines;
  producers.ForEach(
      [](std::string_view, size_t) {},
      [&](const StreamMessage& message, const StreamId& id) {
        lines.push_back(absl::StrCat(std::string(message.producer), " ", std::string(message.name),
                                     " ", id.ToString(), "\n"));
      });
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

std::string Describe(const Model& model) {
  std::vector<std::string> lines;
  for (const auto& [producer, messages] : model) {
    for (const auto& [name, id] : messages) {
      lines.push_back(absl::StrCat(producer, " ", name, " ", id.ToString(), "\n"));
    }
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

TEST_F(StreamProducersTest, EqualsAModelInALongRandomRun) {
  constexpr size_t kMax = 20;
  Random random(7);
  Model model;
  const auto forget = [&](bool of_all, const std::string& of) {
    std::pair<StreamId, std::pair<std::string, std::string>> oldest = {StreamId::Max(), {}};
    for (const auto& [producer, messages] : model) {
      if (!of_all && producer != of) continue;
      for (const auto& [name, id] : messages) {
        if (id < oldest.first) oldest = {id, {producer, name}};
      }
    }
    const auto& [producer, name] = oldest.second;
    model[producer].erase(name);
    if (model[producer].empty()) model.erase(producer);
  };
  for (uint64_t i = 1; i <= 8'000; ++i) {
    const std::string producer = absl::StrCat("producer ", random.Uniform(random.Uniform(60) + 1));
    const std::string name = absl::StrCat("message ", random.Uniform(40));
    if (random.Uniform(3) > 0) {
      // Not quite in order, as when effects are repeated.
      const StreamId id = {i + random.Uniform(5), i};
      Add(producer, name, id, kMax);
      model[producer][name] = id;
      if (model[producer].size() > kMax) forget(false, producer);
    } else if (producers_->messages() > 0) {
      forget(true, "");
      producers_->ForgetOldest({memory_});
    }
    const auto known = model.find(producer);
    const bool knows = known != model.end() && known->second.contains(name);
    ASSERT_EQ(Knows(producer, name), knows) << i;
    ASSERT_EQ(producers_->producers(), model.size()) << i;
    if (i % 500 != 0) continue;
    ASSERT_EQ(Describe(*producers_), Describe(model)) << i;
    ASSERT_TRUE(producers_->IsConsistent()) << i;
    ASSERT_EQ(producers_->memory_bytes(), memory_.used()) << i;
  }
}

// Keeps messages as they were before their leaf changed.
class Recorder final : public MessageObserver {
 public:
  void BeforeMessageChange(const StreamMessage& message, const StreamId& id) override {
    EXPECT_TRUE(saved_[std::string(message.producer)].emplace(message.name, id).second);
    ++messages_;
  }
  const Model& saved() const { return saved_; }
  size_t messages() const { return messages_; }

 private:
  Model saved_;
  size_t messages_ = 0;
};

TEST_F(StreamProducersTest, AnObserverSeesEachMessageAsItWas) {
  Random random(7);
  uint64_t last = 0;
  for (uint64_t epoch = 1; epoch <= 30; ++epoch) {
    const std::string before = Describe(*producers_);
    Recorder recorder;
    context_.epoch = epoch;
    context_.observer = &recorder;
    for (uint64_t i = random.Uniform(500); i > 0; --i) {
      if (random.Uniform(3) > 0) {
        Add(absl::StrCat("producer ", random.Uniform(20)), absl::StrCat(random.Uniform(60)),
            {++last, 0}, 40);
      } else if (producers_->messages() > 0) {
        producers_->ForgetOldest(context_);
      }
    }
    producers_->AnnounceAll(context_);
    ASSERT_EQ(Describe(recorder.saved()), before) << epoch;
    context_.observer = nullptr;
  }
}

TEST_F(StreamProducersTest, AFewChangesShowFewMessages) {
  for (uint64_t i = 1; i <= 5'000; ++i) Add("a", absl::StrCat(i), {i, 0}, 10'000);
  Recorder recorder;
  context_.epoch = 1;
  context_.observer = &recorder;
  producers_->ForgetOldest(context_);
  Add("a", "new", {6'000, 0}, 10'000);
  EXPECT_GT(recorder.messages(), 0u);
  EXPECT_LE(recorder.messages(), 200u);
}

TEST_F(StreamProducersTest, ACopyHasTheSameMessages) {
  for (uint64_t i = 1; i <= 500; ++i) Add(absl::StrCat(i % 7), absl::StrCat(i), {i, 0});
  producers_->counters.duplicates = 3;
  StreamProducers* const copy = producers_->Copy({memory_});
  EXPECT_EQ(Describe(*copy), Describe(*producers_));
  EXPECT_EQ(copy->counters.added, 500u);
  EXPECT_EQ(copy->counters.duplicates, 3u);
  EXPECT_TRUE(copy->IsConsistent());
  Free(copy);
}

TEST_F(StreamProducersTest, CompactionKeepsWhatThereIs) {
  std::vector<StreamProducers*> others;
  for (int i = 0; i < 30; ++i) others.push_back(StreamProducers::Create(memory_, {1, 2}, {}));
  for (uint64_t i = 1; i <= 2'000; ++i) {
    const std::string producer = absl::StrCat("producer ", i % 50);
    const std::string name = absl::StrCat("message ", i);
    for (StreamProducers* other : others) other->Add({memory_}, {producer, name}, {i, 0}, 100);
    Add(producer, name, {i, 0});
  }
  for (StreamProducers* other : others) Free(other);
  const std::string before = Describe(*producers_);
  CompactionCount count;
  uint64_t cursor = 0;
  do {
    cursor = producers_->Compact(memory_, cursor, count);
    ASSERT_LT(cursor, uint64_t{1} << StreamProducers::kCursorBits);
  } while (cursor != 0);
  EXPECT_GT(count.moved, 1'000u);
  EXPECT_EQ(Describe(*producers_), before);
  EXPECT_TRUE(producers_->IsConsistent());
  EXPECT_EQ(producers_->memory_bytes(), memory_.used());
}

}  // namespace
}  // namespace kv
