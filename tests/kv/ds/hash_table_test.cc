#include "kv/ds/hash_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace kv {
namespace {

#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr size_t kScale = 5;  // tests are smaller under the sanitizers
#else
constexpr size_t kScale = 1;
#endif

// The most elements one segment holds.
constexpr size_t kSegmentEntries = 63 * 9;

struct Element {
  uint64_t key;
  uint64_t hash;
};

// A bijection that scatters: equal keys, and only they, have equal hashes.
uint64_t Scatter(uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

struct ElementTraits {
  using Element = kv::Element;
  using Key = uint64_t;
  static constexpr size_t kLookupBytes = sizeof(uint64_t);
  uint64_t Hash(const Element& element) const {
    ++*hash_calls;
    return element.hash;
  }
  bool Equal(const Element& element, Key key) const { return element.key == key; }
  size_t* hash_calls;
};

using Table = HashTable<ElementTraits>;

class HashTableTest : public testing::Test {
 protected:
  void Insert(uint64_t key, uint64_t hash) {
    auto* const element = new (memory_.Allocate(sizeof(Element))) Element{key, hash};
    table_.Insert(element, hash);
  }
  void Insert(uint64_t key) { Insert(key, Scatter(key)); }

  bool Contains(uint64_t key, uint64_t hash) const {
    const Element* const element = table_.Find(key, hash);
    EXPECT_TRUE(element == nullptr || element->key == key);
    return element != nullptr;
  }
  bool Contains(uint64_t key) const { return Contains(key, Scatter(key)); }

  void Erase(uint64_t key, uint64_t hash) {
    const auto position = table_.Locate(key, hash);
    ASSERT_TRUE(position);
    Element* const element = table_.At(position);
    table_.Erase(position, hash);
    memory_.Free(element, sizeof(Element));
  }
  void Erase(uint64_t key) { Erase(key, Scatter(key)); }

  // Moves an element elsewhere, as a resize of an entry does.
  void Move(uint64_t key) {
    const auto position = table_.Locate(key, Scatter(key));
    Element* const element = table_.At(position);
    auto* const moved = new (memory_.Allocate(sizeof(Element))) Element(*element);
    table_.Replace(position, moved);
    memory_.Free(element, sizeof(Element));
  }

  // All keys a complete scan emits, and how often, with `between` called between the steps.
  std::unordered_map<uint64_t, int> ScanAll(const std::function<void()>& between = [] {}) {
    std::unordered_map<uint64_t, int> seen;
    uint64_t cursor = 0;
    do {
      const uint64_t next =
          table_.Scan(cursor, [&](const Element* element) { ++seen[element->key]; });
      EXPECT_TRUE(next == 0 || next > cursor);
      EXPECT_LT(next, uint64_t{1} << Table::kCursorBits);
      cursor = next;
      between();
    } while (cursor != 0);
    return seen;
  }

  size_t TableBytes() const { return memory_.used() - table_.size() * sizeof(Element); }

  size_t hash_calls_ = 0;
  SlabMemory memory_;
  Table table_{memory_, ElementTraits{&hash_calls_}};
  std::mt19937_64 random_{42};
};

TEST_F(HashTableTest, AnEmptyTableAllocatesNothing) {
  EXPECT_LE(sizeof(Table), 72u);
  EXPECT_EQ(memory_.used(), 0u);
  EXPECT_EQ(table_.memory_bytes(), 0u);
  EXPECT_FALSE(Contains(1));
  EXPECT_TRUE(ScanAll().empty());
  EXPECT_EQ(table_.RandomElement(random_), nullptr);
  EXPECT_FALSE(table_.DropSome(10, [](Element*) {}));
}

TEST_F(HashTableTest, ASmallTableIsSmall) {
  Insert(1);
  EXPECT_LE(table_.memory_bytes(), 128u);
  for (uint64_t key = 2; key <= 130; ++key) Insert(key);
  EXPECT_LE(table_.memory_bytes(), 130u * 15);
}

TEST_F(HashTableTest, BehavesLikeAModel) {
  std::unordered_set<uint64_t> model;
  const size_t steps = 2'000'000 / kScale;
  // The share of insertions swings, so that the table grows and shrinks several times over.
  for (size_t step = 0; step < steps; ++step) {
    const bool growing = step / (steps / 8) % 2 == 0;
    const uint64_t key = random_() % (300'000 / kScale);
    const uint64_t dice = random_() % 100;
    ASSERT_EQ(Contains(key), model.contains(key));
    if (model.contains(key)) {
      if (dice < (growing ? 10u : 90u)) {
        Erase(key);
        model.erase(key);
      } else {
        Move(key);
      }
    } else if (dice < (growing ? 90u : 10u)) {
      Insert(key);
      model.insert(key);
    }
    ASSERT_EQ(table_.size(), model.size());
  }
  for (uint64_t key = 0; key < 300'000 / kScale; ++key) {
    ASSERT_EQ(Contains(key), model.contains(key));
  }
  EXPECT_EQ(table_.memory_bytes(), TableBytes());
  size_t visited = 0;
  table_.ForEach([&](const Element* element) { visited += model.count(element->key); });
  EXPECT_EQ(visited, model.size());
}

TEST_F(HashTableTest, EraseAndInsertAtOneSizeStayLevel) {
  const size_t keys = 100'000 / kScale;
  for (uint64_t key = 0; key < keys; ++key) Insert(key);
  const size_t bytes = table_.memory_bytes();
  for (uint64_t key = 0; key < 10 * keys; ++key) {
    Erase(key);
    Insert(key + keys);
  }
  EXPECT_LE(table_.memory_bytes(), bytes + bytes / 3);
}

TEST_F(HashTableTest, ScanEmitsEverythingOnceWhenNothingChanges) {
  for (uint64_t key = 0; key < 50'000; ++key) Insert(key);
  const auto seen = ScanAll();
  EXPECT_EQ(seen.size(), 50'000u);
  for (const auto& [key, times] : seen) ASSERT_EQ(times, 1) << key;
}

TEST_F(HashTableTest, ScanToleratesAnyCursor) {
  for (uint64_t key = 0; key < 5'000; ++key) Insert(key);
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t cursor = random_();
    const uint64_t next = table_.Scan(cursor, [](Element*) {});
    const uint64_t masked = cursor % (uint64_t{1} << Table::kCursorBits);
    EXPECT_TRUE(next == 0 || next > masked);
  }
}

TEST_F(HashTableTest, ScanLosesNothingThatIsPresentThroughout) {
  const uint64_t kept = 20'000 / kScale;
  for (uint64_t key = 0; key < kept; ++key) Insert(key);
  uint64_t next_key = kept;
  std::deque<uint64_t> others;
  // Grows tenfold during the first scan, shrinks during the second, and so on; all kept move.
  for (int round = 0; round < 6; ++round) {
    const bool growing = round % 2 == 0;
    const auto seen = ScanAll([&] {
      const size_t changes = random_() % 100;
      for (size_t i = 0; i < changes; ++i) {
        Move(random_() % kept);
        if (growing && others.size() < 10 * kept) {
          Insert(next_key);
          others.push_back(next_key++);
        } else if (!growing && !others.empty()) {
          Erase(others.front());
          others.pop_front();
        }
      }
    });
    for (uint64_t key = 0; key < kept; ++key) ASSERT_TRUE(seen.contains(key)) << key;
  }
}

TEST_F(HashTableTest, ScanWithManyHashesInOnePosition) {
  // All hashes lie within a few positions of the cursor.
  for (uint64_t key = 0; key < 3'000; ++key) Insert(key, uint64_t{77} << 40 | Scatter(key) >> 44);
  const auto seen = ScanAll();
  EXPECT_EQ(seen.size(), 3'000u);
}

TEST_F(HashTableTest, NoOperationDoesMoreThanASegmentsWork) {
  const uint64_t keys = 300'000 / kScale;
  size_t worst = 0;
  const auto measure = [&](auto operation) {
    const size_t before = hash_calls_;
    operation();
    worst = std::max(worst, hash_calls_ - before);
  };
  for (uint64_t key = 0; key < keys; ++key) measure([&] { Insert(key); });
  EXPECT_GT(worst, 0u);
  EXPECT_LE(worst, kSegmentEntries);
  worst = 0;
  for (uint64_t key = 0; key < keys; ++key) measure([&] { Erase(key); });
  EXPECT_LE(worst, kSegmentEntries);
}

// Hashes chosen by an adversary who knows the top bits: only the lower ones differ.
class SharedPrefixTest : public HashTableTest, public testing::WithParamInterface<int> {};

TEST_P(SharedPrefixTest, StaysBounded) {
  const int shared = GetParam();
  const auto hash_of = [&](uint64_t key) {
    return (shared == 0 ? 0 : 0xabcdef0123456789 >> (64 - shared) << (64 - shared)) |
           Scatter(key) >> shared;
  };
  const uint64_t keys = 1'000'000 / kScale;
  size_t worst = 0;
  for (uint64_t key = 0; key < keys; ++key) {
    const size_t before = hash_calls_;
    Insert(key, hash_of(key));
    worst = std::max(worst, hash_calls_ - before);
  }
  EXPECT_LE(worst, kSegmentEntries);
  EXPECT_LE(table_.memory_bytes(), keys * 16 + 200'000);
  for (uint64_t key = 0; key < keys; ++key) ASSERT_TRUE(Contains(key, hash_of(key)));
  for (uint64_t key = keys; key < keys + 1000; ++key) ASSERT_FALSE(Contains(key, hash_of(key)));
  for (uint64_t key = 0; key < keys; ++key) Erase(key, hash_of(key));
  EXPECT_EQ(memory_.used(), 0u);
}

INSTANTIATE_TEST_SUITE_P(SharedBits, SharedPrefixTest, testing::Values(0, 20, 40));

TEST_F(HashTableTest, EqualHashesWork) {
  const uint64_t hash = 0x123456789abcdef0;
  for (uint64_t key = 0; key < 700; ++key) {
    Insert(key, hash);
    Insert(key + 10'000);
  }
  for (uint64_t key = 0; key < 700; ++key) ASSERT_TRUE(Contains(key, hash));
  EXPECT_FALSE(Contains(700, hash));
  EXPECT_EQ(ScanAll().size(), 1400u);
  for (uint64_t key = 0; key < 700; ++key) {
    Erase(key, hash);
    ASSERT_FALSE(Contains(key, hash));
    ASSERT_TRUE(Contains(key + 10'000));
  }
  for (uint64_t key = 0; key < 700; ++key) Erase(key + 10'000);
  EXPECT_EQ(memory_.used(), 0u);
}

TEST_F(HashTableTest, HashesAtTheEndsOfTheSpace) {
  for (uint64_t i = 0; i < 300; ++i) {
    Insert(i, i);
    Insert(i + 1000, ~i);
  }
  EXPECT_EQ(ScanAll().size(), 600u);
  for (uint64_t i = 0; i < 300; ++i) {
    ASSERT_TRUE(Contains(i, i));
    ASSERT_TRUE(Contains(i + 1000, ~i));
  }
}

TEST_F(HashTableTest, MemoryReturnsAfterMassDeletion) {
  const uint64_t keys = 10'000'000 / kScale / kScale;
  for (uint64_t key = 0; key < keys; ++key) Insert(key);
  EXPECT_EQ(table_.memory_bytes(), TableBytes());
  for (uint64_t key = 0; key < keys; ++key) {
    if (key % 1000 != 0) Erase(key);
  }
  EXPECT_EQ(table_.memory_bytes(), TableBytes());
  EXPECT_LE(table_.memory_bytes(), table_.size() * 45);
  for (uint64_t key = 0; key < keys; key += 1000) {
    ASSERT_TRUE(Contains(key));
    Erase(key);
  }
  EXPECT_EQ(memory_.used(), 0u);
  EXPECT_EQ(table_.memory_bytes(), 0u);
}

TEST_F(HashTableTest, BytesPerKeyAreLevel) {
  const std::vector<uint64_t> sizes = {1'400'000, 2'000'000, 2'800'000,
                                       4'000'000, 5'600'000, 8'000'000};
  double sum = 0;
  double worst = 0;
  uint64_t key = 0;
  for (const uint64_t size : sizes) {
    while (key < size / kScale) Insert(key++);
    const double bytes = static_cast<double>(table_.memory_bytes()) / static_cast<double>(key);
    sum += bytes;
    worst = std::max(worst, bytes);
    RecordProperty("bytes_per_key_" + std::to_string(size), std::to_string(bytes));
  }
  const double mean = sum / static_cast<double>(sizes.size());
  EXPECT_LE(mean, 11.0);
  EXPECT_LE(worst / mean, 1.1);
}

// Pearson's test: with this many degrees of freedom the statistic is close to normal.
void ExpectUniform(const std::vector<size_t>& counts) {
  double total = 0;
  for (const size_t count : counts) total += static_cast<double>(count);
  const double expected = total / static_cast<double>(counts.size());
  double statistic = 0;
  for (const size_t count : counts) {
    const double deviation = static_cast<double>(count) - expected;
    statistic += deviation * deviation / expected;
  }
  const double freedom = static_cast<double>(counts.size() - 1);
  EXPECT_LT(std::abs(statistic - freedom), 5 * std::sqrt(2 * freedom));
}

TEST_F(HashTableTest, RandomElementIsUniform) {
  const size_t keys = 5'000;
  for (uint64_t key = 0; key < keys; ++key) Insert(key);
  std::vector<size_t> counts(keys);
  for (size_t i = 0; i < 100 * keys; ++i) ++counts[table_.RandomElement(random_)->key];
  ExpectUniform(counts);
}

TEST_F(HashTableTest, RandomElementIsUniformAfterUnevenDeletions) {
  const uint64_t keys = 50'000;
  for (uint64_t key = 0; key < keys; ++key) Insert(key);
  // Empties a part of the hash space.
  std::vector<uint64_t> left;
  for (uint64_t key = 0; key < keys; ++key) {
    const uint64_t hash = Scatter(key);
    const bool emptied = hash >> 62 != 0 && key % 100 != 0;
    if (emptied || (hash >> 60 != 0 && key % 4 != 0)) {
      Erase(key);
    } else {
      left.push_back(key);
    }
  }
  std::unordered_map<uint64_t, size_t> index;
  for (const uint64_t key : left) index.emplace(key, index.size());
  std::vector<size_t> counts(left.size());
  for (size_t i = 0; i < 100 * left.size(); ++i) {
    ++counts[index.at(table_.RandomElement(random_)->key)];
  }
  ExpectUniform(counts);
}

TEST_F(HashTableTest, SampleFindsElementsAllOver) {
  const size_t keys = 20'000;
  for (uint64_t key = 0; key < keys; ++key) Insert(key);
  std::unordered_set<uint64_t> seen;
  std::vector<Element*> sample(10);
  for (int i = 0; i < 50'000; ++i) {
    const size_t found = table_.Sample(random_, sample);
    ASSERT_GT(found, 0u);
    for (size_t j = 0; j < found; ++j) seen.insert(sample[j]->key);
  }
  EXPECT_GT(seen.size(), keys * 99 / 100);
}

TEST_F(HashTableTest, FindsEntriesByFingerprint) {
  for (uint64_t key = 0; key < 100'000; ++key) Insert(key);
  // Others that differ from one of them only in bits the fingerprint leaves out.
  const uint64_t shared = Scatter(7);
  for (uint64_t key = 200'000; key < 200'020; ++key) Insert(key, shared ^ (key & 0xfff) << 12);
  const auto count = [&](uint64_t hash) {
    size_t found = 0;
    table_.ForEachWithFingerprint(Fingerprint(hash), [&](const Element* element) {
      EXPECT_EQ(Fingerprint(element->hash), Fingerprint(hash));
      ++found;
    });
    return found;
  };
  EXPECT_EQ(count(shared), 21u);
  for (uint64_t key = 0; key < 100'000; key += 100) {
    ASSERT_EQ(count(Scatter(key)), 1u);
    ASSERT_EQ(count(Scatter(key + 1'000'000)), 0u);
  }
}

TEST_F(HashTableTest, FindingByFingerprintReadsFewElements) {
  for (uint64_t key = 0; key < 100'000; ++key) Insert(key);
  hash_calls_ = 0;
  for (uint64_t key = 0; key < 1'000; ++key) {
    table_.ForEachWithFingerprint(Fingerprint(Scatter(key)), [](Element*) {});
  }
  EXPECT_LT(hash_calls_, 2'500u);  // two for each that matches
}

TEST_F(HashTableTest, DropSomeEmptiesInSlices) {
  const size_t keys = 100'000;
  for (uint64_t key = 0; key < keys; ++key) Insert(key);
  Table detached(memory_, ElementTraits{&hash_calls_});
  detached.Swap(table_);
  EXPECT_TRUE(table_.empty());
  Insert(1);
  size_t dropped = 0;
  bool more = true;
  while (more) {
    const size_t before = dropped;
    more = detached.DropSome(1000, [&](Element* element) {
      memory_.Free(element, sizeof(Element));
      ++dropped;
    });
    ASSERT_LE(dropped - before, 1000 + kSegmentEntries);
  }
  EXPECT_EQ(dropped, keys);
  EXPECT_EQ(detached.memory_bytes(), 0u);
  EXPECT_EQ(memory_.used(), sizeof(Element) + table_.memory_bytes());
  EXPECT_TRUE(Contains(1));
}

TEST_F(HashTableTest, MovesAndForgets) {
  for (uint64_t key = 0; key < 3'000; ++key) Insert(key);
  Table moved = std::move(table_);
  EXPECT_EQ(moved.size(), 3'000u);
  EXPECT_TRUE(table_.empty());
  table_ = std::move(moved);
  EXPECT_TRUE(Contains(2'999));
  memory_.ReleaseAll();
  table_.Abandon();
  EXPECT_TRUE(table_.empty());
  Insert(5);
  EXPECT_TRUE(Contains(5));
}

// --- epochs ---

class Recorder final : public Table::LeafObserver {
 public:
  void Save(Table::LeafView leaf) override {
    ++leaves;
    const size_t before = keys.size();
    leaf.ForEach([&](const Element& element) { keys.push_back(element.key); });
    EXPECT_EQ(keys.size() - before, leaf.size());
  }
  std::vector<uint64_t> Sorted() {
    std::sort(keys.begin(), keys.end());
    return keys;
  }
  std::vector<uint64_t> keys;
  size_t leaves = 0;
};

// A table of numbers, and the numbers it should hold.
class HashTableEpochTest : public HashTableTest {
 protected:
  void Add(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const uint64_t key = random_();
      if (!keys_.insert(key).second) continue;
      order_.push_back(key);
      Insert(key);
    }
  }
  void Remove(size_t count) {
    for (size_t i = 0; i < count && !order_.empty(); ++i) {
      std::swap(order_[random_() % order_.size()], order_.back());
      Erase(order_.back());
      keys_.erase(order_.back());
      order_.pop_back();
    }
  }
  std::vector<uint64_t> Sorted() const {
    std::vector<uint64_t> keys = order_;
    std::sort(keys.begin(), keys.end());
    return keys;
  }

  std::unordered_set<uint64_t> keys_;
  std::vector<uint64_t> order_;
};

TEST_F(HashTableEpochTest, AnObserverSeesEachElementOnceAsItWas) {
  Add(40'000 / kScale);
  // By turns the table grows, so that segments split, and shrinks, so that they merge.
  for (int epoch = 0; epoch < 6; ++epoch) {
    const std::vector<uint64_t> expected = Sorted();
    const size_t added = epoch % 2 == 0 ? 600 : 60;
    Recorder recorder;
    table_.BeginEpoch(recorder);
    uint64_t position = 0;
    int step = 0;
    do {
      Add(added);
      Remove(660 - added);
      if (++step == 5) {
        uint64_t segment = 0;  // moves every element, and changes none
        do {
          segment = table_.Compact(segment, [&](Element* element) {
            auto* const moved = new (memory_.Allocate(sizeof(Element))) Element(*element);
            memory_.Free(element, sizeof(Element));
            return moved;
          });
        } while (segment != 0);
      }
      position = table_.SaveLeaf(position);
    } while (position != 0);
    EXPECT_EQ(recorder.Sorted(), expected);
    table_.EndEpoch();
    const size_t leaves = recorder.leaves;
    Add(1'000);
    Remove(1'000);
    EXPECT_EQ(recorder.leaves, leaves);
  }
}

TEST_F(HashTableEpochTest, AnObserverIsShownWhatChangesAndOnlyOnce) {
  Insert(1);
  Recorder recorder;
  table_.BeginEpoch(recorder);
  Insert(2);
  Insert(3);
  Erase(1);
  table_.BeforeChange(Scatter(2));
  EXPECT_EQ(recorder.keys, std::vector<uint64_t>{1});
  EXPECT_EQ(table_.SaveLeaf(0), 0u);
  EXPECT_EQ(recorder.leaves, 1u);
  table_.BeginEpoch(recorder);
  table_.BeforeChange(Scatter(2));
  EXPECT_EQ(recorder.Sorted(), (std::vector<uint64_t>{1, 2, 3}));
  EXPECT_EQ(recorder.leaves, 2u);
}

TEST_F(HashTableEpochTest, AnEpochFollowsTheContent) {
  Insert(1);
  Recorder recorder;
  table_.BeginEpoch(recorder);
  Table other(memory_, ElementTraits{&hash_calls_});
  table_.Swap(other);
  Insert(2);
  EXPECT_EQ(recorder.leaves, 0u);
  table_.Swap(other);
  Insert(3);
  EXPECT_EQ(recorder.keys, std::vector<uint64_t>{1});
}

TEST_F(HashTableTest, PrefetchingIsHarmless) {
  for (uint64_t key = 0; key < 3'000; ++key) {
    table_.PrefetchBucket(Scatter(key));
    if (table_.PrefetchElement(Scatter(key))) table_.PrefetchAwayElement(Scatter(key));
    Insert(key);
  }
  EXPECT_EQ(table_.size(), 3'000u);
}

}  // namespace
}  // namespace kv
