// Streams against a plain model, their nodes against hostile bytes, and what an observer is told.
#include "kv/types/stream.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "kv/base/random.h"

namespace kv {
namespace {

#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr size_t kScale = 5;  // tests are smaller under the sanitizers
#else
constexpr size_t kScale = 1;
#endif

using Direction = StreamCursor::Direction;
using Texts = std::vector<std::string>;

std::string TextOf(const ListpackElement& element) {
  ListpackElement::Buffer buffer;
  return std::string(element.Text(buffer));
}

// "1-2: a=b c=d"
std::string Describe(const StreamEntry& entry) {
  Texts pairs;
  entry.VisitFields([&](const ListpackElement& field, const ListpackElement& value) {
    pairs.push_back(absl::StrCat(TextOf(field), "=", TextOf(value)));
  });
  return absl::StrCat(entry.id().ToString(), ": ", absl::StrJoin(pairs, " "));
}

Texts RangeOf(const Stream& stream, const StreamId& first = StreamId::Min(),
              const StreamId& last = StreamId::Max(), Direction direction = Direction::kForwards) {
  Texts texts;
  StreamCursor cursor(stream, first, last, direction);
  while (const StreamEntry* entry = cursor.Next()) texts.push_back(Describe(*entry));
  return texts;
}

class StreamTest : public testing::Test, protected StreamReclaimer {
 protected:
  ~StreamTest() override {
    Free(stream_);
    EXPECT_EQ(memory_.used(), 0u);
  }
  void Free(Stream* stream) {
    while (stream->FreeSome(memory_, 1)) {
    }
  }
  void Reclaim(Stream* detached) override {
    ++reclaimed_;
    Free(detached);
  }

  bool Add(const StreamId& id, const std::vector<std::string_view>& fields) {
    return stream_->Append(context_, id, fields);
  }
  void AddNumbered(uint64_t from, uint64_t to) {
    for (uint64_t i = from; i < to; ++i) Add({i, 0}, {"number", absl::StrCat("number ", i)});
  }
  StreamTrim ToLength(uint64_t length, bool whole_nodes = false) {
    StreamTrim trim;
    trim.length = length;
    trim.whole_nodes = whole_nodes;
    return trim;
  }
  StreamTrim ToId(const StreamId& id) {
    StreamTrim trim;
    trim.by = StreamTrim::By::kId;
    trim.id = id;
    return trim;
  }

  SlabMemory memory_;
  StreamContext context_{.memory = memory_, .limits = {}};
  Stream* stream_ = Stream::Create(context_);
  int reclaimed_ = 0;
};

TEST_F(StreamTest, EntriesKeepTheirFields) {
  Add({1, 1}, {"a", "1", "b", "two"});
  Add({1, 2}, {"a", "-7", "b", ""});
  Add({2, 0}, {"c", "x"});
  Add({2, 1}, {"a", "1", "12", "3"});
  Add({5, 0}, {"a", "y", "b", "z"});
  const Texts all = {"1-1: a=1 b=two", "1-2: a=-7 b=", "2-0: c=x", "2-1: a=1 12=3", "5-0: a=y b=z"};
  EXPECT_EQ(RangeOf(*stream_), all);
  EXPECT_EQ(RangeOf(*stream_, StreamId::Min(), StreamId::Max(), Direction::kBackwards),
            Texts(all.rbegin(), all.rend()));
  EXPECT_EQ(RangeOf(*stream_, {1, 2}, {2, 0}), (Texts{all[1], all[2]}));
  EXPECT_EQ(RangeOf(*stream_, {1, 3}, {1, 9}), Texts());
  EXPECT_EQ(RangeOf(*stream_, {3, 0}, {2, 0}), Texts());
  EXPECT_TRUE(stream_->Contains({2, 1}));
  EXPECT_FALSE(stream_->Contains({2, 2}));
  EXPECT_EQ(stream_->size(), 5u);
  EXPECT_EQ(stream_->first_id(), (StreamId{1, 1}));
  EXPECT_EQ(stream_->last_id(), (StreamId{5, 0}));
  EXPECT_EQ(stream_->entries_added(), 5u);
}

TEST_F(StreamTest, IdsOfTheWholeRangeShareANode) {
  Add({0, 1}, {"a", "1"});
  Add({1, 0}, {"a", "2"});
  Add({UINT64_MAX, 5}, {"a", "3"});
  Add(StreamId::Max(), {"a", "4"});
  EXPECT_EQ(stream_->nodes().size(), 1u);
  EXPECT_EQ(RangeOf(*stream_).back(), "18446744073709551615-18446744073709551615: a=4");
  EXPECT_EQ(RangeOf(*stream_, {0, 2}, {UINT64_MAX, 5}).size(), 2u);
}

TEST_F(StreamTest, NodesEndAtTheLimits) {
  AddNumbered(1, 251);
  EXPECT_EQ(stream_->nodes().size(), 3u);
  context_.limits = {.node_max_bytes = 300, .node_max_entries = 0};
  AddNumbered(251, 300);
  for (auto node = stream_->nodes().First(); node; node = node.Next()) {
    EXPECT_LE(node.record().listpack().bytes(), node.key().milliseconds <= 250 ? 4096u : 310u);
  }
  EXPECT_GT(stream_->nodes().size(), 6u);
  EXPECT_TRUE(stream_->IsConsistent());
}

TEST_F(StreamTest, AnEntryThatIsTooLargeChangesNothing) {
  const std::string huge(Stream::kMaxEntryBytes, 'x');
  EXPECT_FALSE(Add({1, 0}, {"a", huge}));
  EXPECT_EQ(stream_->size(), 0u);
  EXPECT_TRUE(stream_->last_id().is_zero());
}

TEST_F(StreamTest, DeletingLeavesThePlaceAndMovesTheFirstId) {
  AddNumbered(1, 6);
  EXPECT_FALSE(stream_->Delete(context_, {9, 0}));
  EXPECT_TRUE(stream_->Delete(context_, {1, 0}));
  EXPECT_FALSE(stream_->Delete(context_, {1, 0}));
  EXPECT_EQ(stream_->first_id(), (StreamId{2, 0}));
  EXPECT_EQ(stream_->max_deleted_id(), (StreamId{1, 0}));
  for (uint64_t i = 2; i < 6; ++i) EXPECT_TRUE(stream_->Delete(context_, {i, 0}));
  EXPECT_EQ(stream_->size(), 0u);
  EXPECT_EQ(stream_->nodes().size(), 0u);
  EXPECT_TRUE(stream_->first_id().is_zero());
  EXPECT_EQ(stream_->last_id(), (StreamId{5, 0}));
}

TEST_F(StreamTest, NodesMostlyDeletedAreRewritten) {
  AddNumbered(1, 301);
  const size_t before = stream_->memory_bytes();
  for (uint64_t i = 1; i <= 200; ++i) {
    if (i % 10 != 0) stream_->Delete(context_, {i, 0});
  }
  EXPECT_EQ(stream_->nodes().size(), 3u);
  EXPECT_LT(stream_->memory_bytes(), before / 2);
  EXPECT_TRUE(stream_->IsConsistent());
  EXPECT_EQ(RangeOf(*stream_, {1, 0}, {200, 0}).size(), 20u);
}

TEST_F(StreamTest, TrimsToALengthOrAnId) {
  AddNumbered(1, 1'001);
  EXPECT_EQ(stream_->Trim(context_, ToLength(950)), 50u);
  EXPECT_EQ(stream_->first_id(), (StreamId{51, 0}));
  EXPECT_EQ(stream_->Trim(context_, ToLength(905, /*whole_nodes=*/true)), 0u);
  EXPECT_EQ(stream_->Trim(context_, ToLength(805, /*whole_nodes=*/true)), 50u);
  EXPECT_EQ(stream_->size(), 900u);
  StreamTrim limited = ToLength(0, /*whole_nodes=*/true);
  limited.limit = 250;
  EXPECT_EQ(stream_->Trim(context_, limited), 200u);
  EXPECT_EQ(stream_->Trim(context_, ToId({555, 0})), 254u);
  EXPECT_EQ(stream_->first_id(), (StreamId{555, 0}));
  EXPECT_TRUE(stream_->IsConsistent());
  EXPECT_EQ(stream_->Trim(context_, ToId(StreamId::Max())), 446u);
  EXPECT_EQ(stream_->size(), 0u);
  EXPECT_TRUE(stream_->max_deleted_id().is_zero());
}

TEST_F(StreamTest, ManyNodesTrimmedAreHandedOver) {
  context_.reclaimer = this;
  AddNumbered(1, 20'001);
  EXPECT_EQ(stream_->Trim(context_, ToLength(505)), 19'495u);
  EXPECT_EQ(reclaimed_, 1);
  EXPECT_TRUE(stream_->IsConsistent());
  EXPECT_EQ(RangeOf(*stream_).size(), 505u);
  EXPECT_EQ(stream_->first_id(), (StreamId{19'496, 0}));
}

// --- a long random run ---

TEST_F(StreamTest, BehavesAsAMap) {
  Random random(31);
  std::map<StreamId, std::string> model;
  for (int round = 0; round < 30; ++round) {
    context_.limits = {.node_max_bytes = static_cast<int64_t>(random.Uniform(3) * 500),
                       .node_max_entries = static_cast<int64_t>(random.Uniform(300))};
    for (size_t i = 0; i < 1'000 / kScale; ++i) {
      StreamId id = stream_->last_id();
      id.milliseconds += random.Uniform(3);
      id.sequence = id.milliseconds == stream_->last_id().milliseconds
                        ? id.sequence + 1 + random.Uniform(3)
                        : random.Uniform(200);
      const std::string value(random.Uniform(30), 'v');
      const std::string name = absl::StrCat(random.Uniform(3));
      if (id > stream_->last_id() && Add(id, {name, value})) {
        model[id] = absl::StrCat(id.ToString(), ": ", name, "=", value);
      }
      if (random.Uniform(2) == 0 && !model.empty()) {
        auto at = model.lower_bound({random.Uniform(stream_->last_id().milliseconds + 1), 0});
        if (at == model.end()) continue;
        EXPECT_TRUE(stream_->Delete(context_, at->first));
        model.erase(at);
      }
    }
    const uint64_t length = model.size() - random.Uniform(model.size() / 3 + 1);
    const uint64_t trimmed = stream_->Trim(context_, ToLength(length, random.Uniform(2) == 0));
    for (uint64_t i = 0; i < trimmed; ++i) model.erase(model.begin());
    EXPECT_GE(model.size(), length);
    ASSERT_TRUE(stream_->IsConsistent());
    Texts expected;
    for (const auto& [id, text] : model) expected.push_back(text);
    EXPECT_EQ(RangeOf(*stream_), expected);
    const StreamId middle{stream_->last_id().milliseconds / 2, random.Uniform(100)};
    Texts backwards;
    for (auto at = model.upper_bound(middle); at != model.begin();) {
      backwards.push_back((--at)->second);
    }
    EXPECT_EQ(RangeOf(*stream_, StreamId::Min(), middle, Direction::kBackwards), backwards);
    EXPECT_EQ(stream_->first_id(), model.empty() ? StreamId() : model.begin()->first);
  }
  EXPECT_EQ(stream_->memory_bytes(), memory_.used());
}

// --- groups ---

TEST_F(StreamTest, GroupsShareWhatIsPending) {
  StreamGroup* const group = stream_->AddGroup(context_, "group", {0, 0}, 0);
  StreamConsumer* const alice = group->AddConsumer(memory_, "alice", 1);
  StreamConsumer* const bob = group->AddConsumer(memory_, "bob", 2);
  for (uint64_t i = 1; i <= 500; ++i) group->Assign(context_, {i, 0}, {7, 1, i % 2 ? alice : bob});
  EXPECT_EQ(alice->pending().size(), 250u);
  for (uint64_t i = 1; i <= 500; i += 2) group->Assign(context_, {i, 0}, {8, 2, bob});
  EXPECT_TRUE(alice->pending().empty());
  EXPECT_EQ(bob->pending().size(), 500u);
  group->Assign(context_, {1, 0}, {0, 2, nullptr});
  EXPECT_EQ(bob->pending().size(), 499u);
  EXPECT_TRUE(group->IsConsistent());
  EXPECT_TRUE(group->Acknowledge(context_, {1, 0}));
  EXPECT_FALSE(group->Acknowledge(context_, {1, 0}));
  EXPECT_EQ(stream_->memory_bytes(), memory_.used());
  Stream* const copy = stream_->Copy(memory_, 0);
  group->RemoveConsumer(context_, bob);
  EXPECT_TRUE(group->pending().empty());
  const StreamGroup& copied = *copy->FindGroup("group");
  EXPECT_TRUE(copied.IsConsistent());
  EXPECT_EQ(copied.pending().size(), 499u);
  EXPECT_EQ(copied.pending().Find({3, 0}).record().delivery_count, 2u);
  Free(copy);
  context_.reclaimer = this;
  for (uint64_t i = 1; i <= 10'000; ++i) group->Assign(context_, {i, 0}, {7, 1, alice});
  stream_->RemoveGroup(context_, group);
  EXPECT_EQ(reclaimed_, 1);
  EXPECT_EQ(stream_->groups().size(), 0u);
}

// --- epochs ---

// Keeps each node as it was before its first change, and looks at the others at the end.
class Saver final : public StreamObserver {
 public:
  void BeforeFirstChange(const Stream& stream) override {
    ++streams_;
    for (auto node = stream.nodes().First(); node; node = node.Next()) ids_.insert(node.key());
  }
  void BeforeChange(const StreamId& id, const StreamLeaf& leaf) override {
    EXPECT_TRUE(saved_.emplace(id, std::string(leaf.listpack().view())).second);
  }
  void BeforePendingChange(const StreamGroup&, Position, uint32_t) override {}
  void BeforeMessageChange(const StreamMessage&, const StreamId&) override {}
  std::map<StreamId, std::string> Finish(const Stream& stream) {
    for (auto node = stream.nodes().First(); node; node = node.Next()) {
      if (!ids_.contains(node.key())) continue;  // a new one
      saved_.emplace(node.key(), std::string(node.record().listpack().view()));
    }
    return saved_;
  }
  int streams() const { return streams_; }

 private:
  int streams_ = 0;
  std::set<StreamId> ids_;
  std::map<StreamId, std::string> saved_;
};

TEST_F(StreamTest, AnObserverSeesEachNodeAsItWas) {
  context_.reclaimer = this;
  Random random(5);
  for (uint64_t epoch = 1; epoch < 20; ++epoch) {
    AddNumbered(epoch * 100'000, epoch * 100'000 + 10'000 / kScale);
    std::map<StreamId, std::string> before;
    for (auto node = stream_->nodes().First(); node; node = node.Next()) {
      before.emplace(node.key(), std::string(node.record().listpack().view()));
    }
    Saver saver;
    context_.epoch = epoch;
    context_.observer = &saver;
    const uint64_t base = epoch * 100'000;
    for (int i = 0; i < 300; ++i) stream_->Delete(context_, {base + random.Uniform(10'000), 0});
    AddNumbered(base + 20'000, base + 20'100);
    stream_->Trim(context_, ToLength(stream_->size() - random.Uniform(9'000 / kScale)));
    AddNumbered(base + 30'000, base + 30'100);
    EXPECT_EQ(saver.streams(), 1);
    EXPECT_EQ(saver.Finish(*stream_), before);
    context_.observer = nullptr;
  }
}

// --- compaction ---

TEST_F(StreamTest, CompactionKeepsWhatThereIs) {
  std::vector<Stream*> others;
  for (int i = 0; i < 50; ++i) others.push_back(Stream::Create(context_));
  for (uint64_t i = 1; i <= 2'000; ++i) {
    for (Stream* other : others) {
      other->Append(context_, {i, 0}, std::vector<std::string_view>{"number", "value"});
    }
    Add({i, 0}, {"number", "value"});
  }
  StreamGroup* const group = stream_->AddGroup(context_, "group", {5, 5}, std::nullopt);
  StreamConsumer* const consumer = group->AddConsumer(memory_, "consumer", 1);
  for (uint64_t i = 1; i <= 1'000; ++i) group->Assign(context_, {i, 0}, {7, 1, consumer});
  for (Stream* other : others) Free(other);
  const Texts before = RangeOf(*stream_);
  CompactionCount count;
  uint64_t cursor = 0;
  do {
    cursor = Stream::Compact(context_, &stream_, cursor, 1, count);
  } while (cursor != 0);
  EXPECT_GT(count.moved, 10u);
  EXPECT_EQ(count.moved + count.kept,
            stream_->nodes().nodes() + stream_->nodes().size() + group->pending().nodes() +
                group->pending().leaves() - 1 + group->deliveries().nodes() +
                group->deliveries().leaves() - 1 + consumer->pending().nodes() +
                consumer->pending().leaves() - 1 + 1);
  EXPECT_EQ(RangeOf(*stream_), before);
  EXPECT_TRUE(stream_->IsConsistent());
  EXPECT_EQ(stream_->memory_bytes(), memory_.used());
}

// --- hostile bytes ---

class StreamNodeTest : public StreamTest {
 protected:
  std::string Bytes() const {
    return std::string(stream_->nodes().First().record().listpack().view());
  }
  StreamId Id() const { return stream_->nodes().First().key(); }
};

TEST_F(StreamNodeTest, WhatIsWrittenIsValid) {
  Add({5, 5}, {"a", "1", "b", "two"});
  Add({5, 6}, {"a", "1", "b", "two"});
  Add({6, 0}, {"c", "1"});
  stream_->Delete(context_, {5, 6});
  EXPECT_TRUE(StreamNodeView::Validate(Id(), Bytes()));
  EXPECT_FALSE(StreamNodeView::Validate({UINT64_MAX, 5}, Bytes()));  // ids go round
  EXPECT_FALSE(StreamNodeView::Validate(Id(), Bytes().substr(1)));
  EXPECT_FALSE(StreamNodeView::Validate(Id(), ""));
}

// What is taken for a node can be read whole, and has the entries it says it has.
void ReadAll(const StreamId& id, const std::string& bytes) {
  const StreamNodeView node(id, ListpackView(bytes.data()));
  size_t live = 0;
  size_t entries = 0;
  size_t texts = 0;
  for (auto at = node.First(); at != StreamNodeView::kNone; ++entries) {
    const StreamEntry entry = node.Get(at);
    live += entry.deleted() ? 0 : 1;
    texts += Describe(entry).size();
    at = node.Next(entry);
  }
  EXPECT_EQ(node.live(), live);
  EXPECT_EQ(node.live() + node.deleted(), entries);
  for (auto at = node.Last(); at != StreamNodeView::kNone; at = node.Previous(node.Get(at))) {
    --entries;
  }
  EXPECT_EQ(entries, 0u);
  EXPECT_GT(texts, 0u);
}

TEST_F(StreamNodeTest, DamagedBytesAreRefusedOrHarmless) {
  for (uint64_t i = 1; i < 12; ++i) Add({i, i}, {"a", "1", "name", "value"});
  Add({20, 0}, {"c", "1"});
  stream_->Delete(context_, {3, 3});
  const std::string good = Bytes();
  Random random(11);
  size_t valid = 0;
  for (size_t i = 0; i < 200'000 / kScale; ++i) {
    std::string bad = good;
    for (uint64_t changes = 1 + random.Uniform(3); changes > 0; --changes) {
      bad[random.Uniform(bad.size())] = static_cast<char>(random.Uniform(256));
    }
    if (!StreamNodeView::Validate(Id(), bad)) continue;
    ++valid;
    ReadAll(Id(), bad);
  }
  EXPECT_GT(valid, 0u);
}

TEST_F(StreamNodeTest, ANodeOfAnotherStreamIsTakenOver) {
  AddNumbered(1, 150);
  Stream* const other = Stream::Create(context_);
  for (auto node = stream_->nodes().First(); node; node = node.Next()) {
    other->AppendNode(context_, node.key(),
                      Listpack::Copy(memory_, node.record().listpack().view()));
  }
  EXPECT_EQ(RangeOf(*other), RangeOf(*stream_));
  EXPECT_EQ(other->first_id(), (StreamId{1, 0}));
  EXPECT_EQ(other->last_id(), (StreamId{149, 0}));
  EXPECT_TRUE(other->IsConsistent());
  other->SetCounters(context_, {100, 0}, 149, {});
  EXPECT_FALSE(other->IsConsistent());
  Free(other);
}

}  // namespace
}  // namespace kv
