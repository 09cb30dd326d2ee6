#include "kv/types/list_value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "kv/base/random.h"

namespace kv {
namespace {

#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr size_t kScale = 5;  // tests are smaller under the sanitizers
#else
constexpr size_t kScale = 1;
#endif

using Texts = std::vector<std::string>;
using Form = ListNode::Form;

std::string TextOf(const ListpackElement& element) {
  ListpackElement::Buffer buffer;
  return std::string(element.Text(buffer));
}

Texts TextsOf(const ListNode& node) {
  const ListNodeReader reader(node);
  if (reader.is_plain()) return {std::string(reader.bytes())};
  EXPECT_TRUE(ListpackView::Validate(reader.bytes()));
  Texts texts;
  const ListpackView listpack = reader.listpack();
  for (auto at = listpack.First(); at != listpack.kNone; at = listpack.Next(at)) {
    texts.push_back(TextOf(listpack.Get(at)));
  }
  return texts;
}

Texts TextsOf(const ListChain& chain) {
  Texts texts;
  for (const ListNode& node : chain.nodes()) {
    const Texts here = TextsOf(node);
    texts.insert(texts.end(), here.begin(), here.end());
  }
  return texts;
}

class ListValueTest : public testing::Test {
 protected:
  ~ListValueTest() override {
    while (list_.FreeSome(memory_, 1)) {
    }
    EXPECT_EQ(memory_.used(), 0u);
  }

  void Limit(int max_listpack_size, int compress_depth = 0) {
    context_.limits = {max_listpack_size, compress_depth};
  }
  void PushBack(std::string_view text) { list_.Push(context_, ListEnd::kBack, text); }
  void PushFront(std::string_view text) { list_.Push(context_, ListEnd::kFront, text); }
  void PushNumbers(int count) {
    for (int i = 0; i < count; ++i) PushBack("number " + std::to_string(i));
  }

  Texts Range(size_t index, size_t count, ListEnd towards = ListEnd::kBack) const {
    Texts texts;
    list_.Visit(index, count, towards, [&](const ListpackElement& element) {
      texts.push_back(TextOf(element));
      return true;
    });
    return texts;
  }
  Texts All() const { return Range(0, SIZE_MAX); }
  std::string At(size_t index) const { return Range(index, 1).at(0); }
  size_t Nodes() const { return list_.is_chain() ? list_.chain().nodes().size() : 1; }
  const ListNode& Node(size_t index) const { return list_.chain().nodes()[index]; }

  void ExpectEquals(const Texts& model) const {
    ASSERT_EQ(list_.size(), model.size());
    ASSERT_EQ(All(), model);
    ASSERT_EQ(memory_.used(), list_.memory_bytes());
    if (list_.is_chain()) ExpectSound(list_.chain());
  }

  void ExpectSound(const ListChain& chain) const {
    const auto nodes = chain.nodes();
    const auto depth = static_cast<size_t>(context_.limits.compress_depth);
    for (size_t i = 0; i < nodes.size(); ++i) {
      ASSERT_EQ(TextsOf(nodes[i]).size(), nodes[i].count);
      ASSERT_GT(nodes[i].count, 0u);
      ASSERT_TRUE(nodes[i].is_plain() || nodes[i].PlainBytes() <= context_.limits.MaxBytes() + 8);
      ASSERT_LE(nodes[i].count, context_.limits.MaxCount());
      const bool at_end = i < depth || i + depth >= nodes.size();
      ASSERT_FALSE(at_end && nodes[i].form == Form::kCompressed);
    }
  }

  SlabMemory memory_;
  Random random_{5};
  ListContext context_{memory_, ListLimits{}};
  ListValue list_ = ListValue::Create(memory_);
};

// --- Encodings ---

TEST_F(ListValueTest, BecomesAQuicklistAboveTheCountAndReturnsAtHalfOfIt) {
  Limit(10);
  PushNumbers(10);
  EXPECT_EQ(list_.encoding(), "listpack");
  PushBack("11");
  EXPECT_EQ(list_.encoding(), "quicklist");
  while (list_.size() > 6) {
    list_.Pop(context_, ListEnd::kBack);
    EXPECT_EQ(list_.encoding(), "quicklist");
  }
  list_.Pop(context_, ListEnd::kFront);
  EXPECT_EQ(list_.encoding(), "listpack");
  EXPECT_EQ(All(), (Texts{"number 1", "number 2", "number 3", "number 4", "number 5"}));
}

TEST_F(ListValueTest, BecomesAQuicklistAboveTheBytesAndReturnsAtHalfOfThem) {
  Limit(-1);
  PushBack("a");
  PushBack(std::string(2000, 'b'));
  EXPECT_EQ(list_.encoding(), "listpack");
  PushBack(std::string(2090, 'c'));
  EXPECT_EQ(list_.encoding(), "quicklist");
  list_.Erase(context_, 2, 1);
  EXPECT_EQ(list_.encoding(), "listpack");
  list_.Replace(context_, 0, std::string(4100, 'd'));
  EXPECT_EQ(list_.encoding(), "quicklist");
  EXPECT_TRUE(Node(0).is_plain());
  list_.Replace(context_, 0, "small");
  list_.Pop(context_, ListEnd::kBack);
  EXPECT_EQ(list_.encoding(), "listpack");
  EXPECT_EQ(All(), Texts{"small"});
}

TEST_F(ListValueTest, CountsWhatOneCommandAddsTogether) {
  Limit(4);
  PushBack("1");
  const std::vector<std::string_view> more = {"2", "3", "4"};
  list_.Push(context_, ListEnd::kBack, more);
  EXPECT_EQ(list_.encoding(), "listpack");
  list_.Erase(context_, 1, 2);
  list_.Push(context_, ListEnd::kBack, more);
  EXPECT_EQ(list_.encoding(), "quicklist");
  EXPECT_EQ(All(), (Texts{"1", "4", "2", "3", "4"}));
}

TEST_F(ListValueTest, TakesAListpackOfAnySize) {
  list_.FreeSome(memory_, 1);
  Listpack large = Listpack::Create(memory_);
  for (int i = 0; i < 70000; ++i) large.Append(memory_, int64_t{i});
  list_ = ListValue(large);
  EXPECT_EQ(list_.size(), 70000u);
  PushBack("last");
  EXPECT_EQ(list_.encoding(), "quicklist");
  EXPECT_EQ(list_.size(), 70001u);
  EXPECT_EQ(At(69999), "69999");
  ExpectSound(list_.chain());
}

TEST_F(ListValueTest, HoldsTheNodesThatRedisDoes) {
  Limit(2);
  for (const char* text : {"a", "bc", "1000", "-3", ""}) PushBack(text);
  PushFront("front");
  ASSERT_EQ(Nodes(), 4u);
  const auto bytes = [this](size_t node) {
    return absl::BytesToHexString(std::string(ListNodeReader(Node(node)).bytes()));
  };
  EXPECT_EQ(bytes(0), "0e00000001008566726f6e7406ff");
  EXPECT_EQ(bytes(1), "0e000000020081610282626303ff");
  EXPECT_EQ(bytes(2), "0d0000000200c3e802dffd02ff");
  EXPECT_EQ(bytes(3), "0900000001008001ff");
}

// --- Operations ---

TEST_F(ListValueTest, VisitsBothWaysAndStopsWhenTold) {
  Limit(3);
  PushNumbers(20);
  EXPECT_EQ(Range(4, 2), (Texts{"number 4", "number 5"}));
  EXPECT_EQ(Range(4, 3, ListEnd::kFront), (Texts{"number 4", "number 3", "number 2"}));
  EXPECT_EQ(Range(1, 9, ListEnd::kFront), (Texts{"number 1", "number 0"}));
  EXPECT_EQ(Range(19, 9), Texts{"number 19"});
  EXPECT_EQ(Range(20, 9), Texts{});
  size_t seen = 0;
  list_.Visit(0, SIZE_MAX, ListEnd::kBack, [&](const ListpackElement&) { return ++seen < 7; });
  EXPECT_EQ(seen, 7u);
}

TEST_F(ListValueTest, RemovesFromEitherEnd) {
  for (const int max_listpack_size : {2, 100}) {
    Limit(max_listpack_size);
    list_.Erase(context_, 0, list_.size());
    for (const char* text : {"a", "x", "b", "x", "x", "c", "x"}) PushBack(text);
    EXPECT_EQ(list_.Remove(context_, "x", 2, ListEnd::kBack), 2u);
    EXPECT_EQ(All(), (Texts{"a", "x", "b", "x", "c"}));
    EXPECT_EQ(list_.Remove(context_, "x", 1, ListEnd::kFront), 1u);
    EXPECT_EQ(All(), (Texts{"a", "b", "x", "c"}));
    EXPECT_EQ(list_.Remove(context_, "y", SIZE_MAX, ListEnd::kFront), 0u);
    EXPECT_EQ(list_.Remove(context_, "x", SIZE_MAX, ListEnd::kFront), 1u);
    EXPECT_EQ(All(), (Texts{"a", "b", "c"}));
  }
}

TEST_F(ListValueTest, IsAQueueThatDoesNotGrow) {
  Limit(2);
  PushNumbers(40);
  size_t most = 0;
  for (size_t i = 0; i < 20000 / kScale; ++i) {
    PushBack(std::to_string(i));
    list_.Pop(context_, ListEnd::kFront);
    most = std::max(most, memory_.used());
  }
  EXPECT_LT(most, 6000u);
  EXPECT_EQ(At(39), std::to_string(20000 / kScale - 1));
}

// What pushing at an end makes room for, and what popping there leaves, doesn't stay.
TEST_F(ListValueTest, HasLittleRoomInItsNodes) {
  constexpr size_t kElements = 20000;
  const auto push_all = [this](ListEnd end) {
    for (size_t i = 0; i < kElements; ++i) list_.Push(context_, end, "ten bytes!");
  };
  push_all(ListEnd::kFront);
  EXPECT_LT(memory_.used(), kElements * 122 / 10);
  while (list_.size() > 1) {
    list_.Pop(context_, ListEnd::kFront);
    ASSERT_LT(memory_.used(), list_.size() * 122 / 10 + 4000);
  }
  push_all(ListEnd::kBack);
  EXPECT_LT(memory_.used(), kElements * 122 / 10);
  while (list_.size() > 1) {
    list_.Pop(context_, ListEnd::kBack);
    ASSERT_LT(memory_.used(), list_.size() * 122 / 10 + 4000);
  }
  push_all(ListEnd::kBack);
  while (list_.size() > kElements / 2) list_.Pop(context_, ListEnd::kFront);
  push_all(ListEnd::kFront);
  ExpectEquals(Texts(kElements * 3 / 2, "ten bytes!"));
}

TEST_F(ListValueTest, TheMemoryOfManyNodesIsEstimated) {
  Limit(4);
  PushNumbers(8 * static_cast<int>(ListChain::kMaxCountedNodes));
  EXPECT_NEAR(static_cast<double>(list_.memory_bytes()), static_cast<double>(memory_.used()),
              static_cast<double>(memory_.used()) / 50);
}

TEST_F(ListValueTest, CopiesAreIndependent) {
  Limit(5, 1);
  PushNumbers(100);
  ListValue copy = list_.Copy(memory_, 0);
  const Texts before = All();
  list_.Erase(context_, 10, 80);
  EXPECT_EQ(TextsOf(copy.chain()), before);
  while (copy.FreeSome(memory_, 3)) {
  }
  EXPECT_EQ(memory_.used(), list_.memory_bytes());
}

TEST_F(ListValueTest, FreesInSlices) {
  Limit(1);
  PushNumbers(100);
  size_t slices = 1;
  while (list_.FreeSome(memory_, 10)) ++slices;
  EXPECT_EQ(slices, 10u);
  EXPECT_EQ(memory_.used(), 0u);
  list_ = ListValue::Create(memory_);
}

TEST_F(ListValueTest, HandsOverWhatIsTooMuchToFreeAtOnce) {
  struct Keeper final : ListReclaimer {
    void Reclaim(ListChain detached) override { kept.push_back(detached); }
    std::vector<ListChain> kept;
  };
  Keeper keeper;
  context_.reclaimer = &keeper;
  Limit(1);
  PushNumbers(1000);
  list_.Erase(context_, 10, 64);
  EXPECT_TRUE(keeper.kept.empty());
  list_.Erase(context_, 10, 900);
  ASSERT_EQ(keeper.kept.size(), 1u);
  EXPECT_EQ(keeper.kept[0].nodes().size(), 900u);
  EXPECT_EQ(list_.size(), 36u);
  EXPECT_EQ(At(10), "number 974");
  EXPECT_EQ(memory_.used(), list_.memory_bytes() + keeper.kept[0].memory_bytes());
  size_t slices = 1;
  while (keeper.kept[0].FreeSome(memory_, 300)) ++slices;
  EXPECT_EQ(slices, 3u);
  EXPECT_EQ(memory_.used(), list_.memory_bytes());
}

TEST_F(ListValueTest, MovesOutOfSparseSlabs) {
  Limit(1);
  constexpr int kElements = 20000;
  // A list whose neighbours in the slabs are gone.
  ListValue neighbour = ListValue::Create(memory_);
  for (int i = 0; i < kElements; ++i) {
    PushBack("element " + std::to_string(i));
    for (int j = 0; j < 3; ++j) neighbour.Push(context_, ListEnd::kBack, "element 12345");
  }
  while (neighbour.FreeSome(memory_, 1000)) {
  }
  const Texts model = All();
  const size_t unused = memory_.unused_bytes();
  size_t cursor = 0;
  CompactionCount count;
  do {
    cursor = list_.Compact(context_, cursor, 500, count);
  } while (cursor != 0);
  EXPECT_LT(memory_.unused_bytes(), unused / 2);
  ExpectEquals(model);
}

TEST_F(ListValueTest, AMillionShortElementsCostTwoBytesEach) {
  constexpr size_t kElements = 1000000 / kScale;
  for (size_t i = 0; i < kElements; ++i) PushBack("ten bytes!");
  EXPECT_LT(memory_.used(), kElements * 121 / 10);
  EXPECT_EQ(list_.size(), kElements);
}

// --- Compression ---

TEST_F(ListValueTest, CompressesWhatIsFarFromTheEnds) {
  Limit(10, 2);
  PushNumbers(100);
  ASSERT_EQ(Nodes(), 10u);
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(Node(i).form == Form::kCompressed, i >= 2 && i < 8) << i;
  }
  const Texts model = All();
  list_.Replace(context_, 45, "changed in the middle");
  EXPECT_EQ(Node(4).form, Form::kCompressed);
  EXPECT_EQ(At(45), "changed in the middle");
  list_.Erase(context_, 0, 20);
  EXPECT_EQ(Node(0).form, Form::kListpack);
  EXPECT_EQ(Node(1).form, Form::kListpack);
  EXPECT_EQ(Node(2).form, Form::kCompressed);
}

TEST_F(ListValueTest, LeavesAloneWhatDoesNotCompress) {
  Limit(-1, 1);
  for (int i = 0; i < 30; ++i) {
    std::string noise(1000, '\0');
    random_.Fill(noise);
    PushBack(noise);
  }
  for (const ListNode& node : list_.chain().nodes()) EXPECT_EQ(node.form, Form::kListpack);
}

// --- A plain model ---

class ListModelTest : public ListValueTest {
 protected:
  std::string RandomText() {
    switch (random_.Uniform(10)) {
      case 0:
        return std::to_string(random_.Next());
      case 1:
        return std::string(random_.Uniform(300), 'm');
      case 2:
        return random_.Uniform(10) == 0 ? std::string(4000 + random_.Uniform(5000), 'l') : "";
      default:
        return std::to_string(random_.Uniform(30));
    }
  }

  void Step(Texts& model) {
    const std::string text = RandomText();
    const size_t at = random_.Uniform(model.size() + 1);
    const ListEnd end = random_.Uniform(2) == 0 ? ListEnd::kFront : ListEnd::kBack;
    switch (random_.Uniform(12)) {
      case 0:
      case 1:
      case 2:
        list_.Push(context_, end, text);
        model.insert(end == ListEnd::kFront ? model.begin() : model.end(), text);
        return;
      case 3:
      case 4:
      case 5:
        list_.Insert(context_, at, text);
        model.insert(model.begin() + at, text);
        return;
      case 6:
        if (model.empty()) return;
        ASSERT_EQ(TextOf(list_.Outermost(context_, end)),
                  end == ListEnd::kFront ? model.front() : model.back());
        list_.Pop(context_, end);
        model.erase(end == ListEnd::kFront ? model.begin() : model.end() - 1);
        return;
      case 7:
        if (at == model.size()) return;
        list_.Replace(context_, at, text);
        model[at] = text;
        return;
      case 8: {
        const size_t most = random_.Uniform(60) == 0 ? model.size() : 3;
        const size_t count = std::min(random_.Uniform(most + 1), model.size() - at);
        list_.Erase(context_, at, count);
        model.erase(model.begin() + at, model.begin() + at + count);
        return;
      }
      case 9: {
        const size_t limit = 1 + random_.Uniform(4);
        ASSERT_EQ(list_.Remove(context_, text, limit, end), RemoveFrom(model, text, limit, end));
        return;
      }
      default:
        CompareRange(model, at, random_.Uniform(50), end);
    }
  }

  static size_t RemoveFrom(Texts& model, const std::string& text, size_t limit, ListEnd from) {
    if (from == ListEnd::kBack) std::reverse(model.begin(), model.end());
    size_t removed = 0;
    for (auto it = model.begin(); it != model.end() && removed < limit;) {
      if (*it == text) {
        it = model.erase(it);
        ++removed;
      } else {
        ++it;
      }
    }
    if (from == ListEnd::kBack) std::reverse(model.begin(), model.end());
    return removed;
  }

  void CompareRange(const Texts& model, size_t at, size_t count, ListEnd towards) {
    Texts expected;
    if (towards == ListEnd::kBack) {
      for (size_t i = at; i < std::min(at + count, model.size()); ++i) expected.push_back(model[i]);
    } else if (at < model.size()) {
      for (size_t i = 0; i < std::min(count, at + 1); ++i) expected.push_back(model[at - i]);
    }
    ASSERT_EQ(Range(at, count, towards), expected);
  }
};

TEST_F(ListModelTest, EqualsAPlainModelInLongRandomRuns) {
  for (const int max_listpack_size : {1, 2, 7, 128, -1, -2}) {
    for (const int compress_depth : {0, 1, 3}) {
      Limit(max_listpack_size, compress_depth);
      list_.Erase(context_, 0, list_.size());
      Texts model;
      for (size_t step = 0; step < 5000 / kScale; ++step) {
        Step(model);
        if (step % 16 == 0) ExpectEquals(model);
        if (HasFailure()) {
          FAIL() << "limit " << max_listpack_size << ", depth " << compress_depth << ", step "
                 << step;
        }
      }
    }
  }
}

// --- Epochs ---

// Saves a list as it was when the epoch began, while it goes on changing.
class SnapshotObserver final : public ListObserver {
 public:
  void BeforeFirstChange(const ListChain& chain) override {
    ++chains;
    for (const ListNode& node : chain.nodes()) order_.push_back(node.block);
  }
  void BeforeChange(const ListNode& node) override {
    EXPECT_EQ(std::count(order_.begin(), order_.end(), node.block), 1);
    EXPECT_TRUE(saved_.emplace(node.block, TextsOf(node)).second);
  }

  // Together with the nodes that did not change.
  Texts Assemble(const ListChain& chain, uint64_t epoch) {
    for (const ListNode& node : chain.nodes()) {
      if (node.epoch == epoch) continue;
      EXPECT_TRUE(saved_.emplace(node.block, TextsOf(node)).second);
    }
    Texts texts;
    for (const char* block : order_) {
      const Texts& here = saved_.at(block);
      texts.insert(texts.end(), here.begin(), here.end());
    }
    return texts;
  }
  size_t saved() const { return saved_.size(); }

  size_t chains = 0;

 private:
  std::vector<const char*> order_;
  std::map<const char*, Texts> saved_;
};

TEST_F(ListModelTest, AnObserverSavesWhatTheListWas) {
  for (const int compress_depth : {0, 1}) {
    Limit(8, compress_depth);
    for (int round = 0; round < 20; ++round) {
      list_.Erase(context_, 0, list_.size());
      PushNumbers(400);
      Texts model = All();
      const Texts frozen = model;
      SnapshotObserver observer;
      context_.observer = &observer;
      ++context_.epoch;
      for (int step = 0; step < 60 && list_.is_chain(); ++step) Step(model);
      ASSERT_TRUE(list_.is_chain() || observer.saved() > 0);
      // A chain is what the observer's nodes are compared with.
      while (!list_.is_chain()) {
        PushBack("more");
        model.push_back("more");
      }
      EXPECT_EQ(observer.Assemble(list_.chain(), context_.epoch), frozen);
      EXPECT_EQ(observer.chains, 1u);
      context_.observer = nullptr;
      ExpectEquals(model);
    }
  }
}

TEST_F(ListValueTest, AnObserverSeesEachNodeOnce) {
  Limit(8);
  PushNumbers(400);
  SnapshotObserver observer;
  context_.observer = &observer;
  ++context_.epoch;
  PushBack("one");
  PushBack("two");
  // The last node was full: the room behind it goes, and theirs is a new one.
  EXPECT_EQ(observer.saved(), 1u);
  list_.Pop(context_, ListEnd::kFront);
  list_.Pop(context_, ListEnd::kFront);
  EXPECT_EQ(observer.saved(), 2u);
  list_.Replace(context_, 200, "changed");
  list_.Replace(context_, 200, "changed again");
  EXPECT_EQ(observer.saved(), 3u);
  context_.observer = nullptr;
}

}  // namespace
}  // namespace kv
