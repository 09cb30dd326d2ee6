#include "kv/store/evictor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <list>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "kv/store/eviction_policy.h"
#include "kv/store/store.h"

namespace kv {
namespace {

#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr size_t kScale = 10;  // traces are smaller under the sanitizers
#else
constexpr size_t kScale = 1;
#endif

constexpr size_t kKeys = 1'000'000 / kScale;
constexpr size_t kCapacity = kKeys / 10;
constexpr size_t kRequests = 2'000'000 / kScale;
constexpr int64_t kStart = 1'800'000'000'000;

using Trace = std::vector<uint32_t>;

// Keys 0 .. kKeys-1 with Zipf's distribution of exponent 0.99.
class Zipf {
 public:
  Zipf() {
    double sum = 0;
    for (size_t rank = 1; rank <= kKeys; ++rank) {
      sum += std::pow(static_cast<double>(rank), -0.99);
      cumulative_.push_back(sum);
    }
  }
  uint32_t Next() {
    const double dice = std::uniform_real_distribution<>(0, cumulative_.back())(random_);
    const auto rank = std::lower_bound(cumulative_.begin(), cumulative_.end(), dice);
    return static_cast<uint32_t>(std::distance(cumulative_.begin(), rank));
  }

 private:
  std::vector<double> cumulative_;
  std::mt19937_64 random_{3};
};

Trace ZipfTrace() {
  Zipf zipf;
  Trace trace(kRequests);
  std::generate(trace.begin(), trace.end(), [&] { return zipf.Next(); });
  return trace;
}

// Half of the time, every other request is for a key that is never asked for again.
Trace TraceWithScans() {
  Trace trace;
  auto once = static_cast<uint32_t>(kKeys);
  for (const uint32_t key : ZipfTrace()) {
    trace.push_back(key);
    if (trace.size() / (kRequests / 8) % 2 == 1) trace.push_back(once++);
  }
  return trace;
}

// The share of hits of the second half of a trace, when the cache is warm.
template <class Access>
double HitRate(const Trace& trace, Access access) {
  size_t hits = 0;
  const size_t half = trace.size() / 2;
  for (size_t i = 0; i < trace.size(); ++i) {
    const bool hit = access(trace[i]);
    if (i >= half && hit) ++hits;
  }
  return static_cast<double>(hits) / static_cast<double>(trace.size() - half);
}

double ExactLruHitRate(const Trace& trace) {
  std::list<uint32_t> queue;
  std::unordered_map<uint32_t, std::list<uint32_t>::iterator> places;
  return HitRate(trace, [&](uint32_t key) {
    const auto found = places.find(key);
    if (found != places.end()) {
      queue.splice(queue.begin(), queue, found->second);
      return true;
    }
    if (places.size() == kCapacity) {
      places.erase(queue.back());
      queue.pop_back();
    }
    queue.push_front(key);
    places.emplace(key, queue.begin());
    return false;
  });
}

// SIEVE as its paper has it (Zhang et al., NSDI 2024): a yardstick for resistance to scans.
double SieveHitRate(const Trace& trace) {
  struct Object {
    uint32_t key;
    bool visited;
  };
  std::list<Object> queue;  // the newest first
  std::unordered_map<uint32_t, std::list<Object>::iterator> places;
  auto hand = queue.end();
  const auto newer = [&](auto at) { return at == queue.begin() ? queue.end() : std::prev(at); };
  return HitRate(trace, [&](uint32_t key) {
    const auto found = places.find(key);
    if (found != places.end()) {
      found->second->visited = true;
      return true;
    }
    if (places.size() == kCapacity) {
      if (hand == queue.end()) hand = std::prev(queue.end());
      while (hand->visited) {
        hand->visited = false;
        hand = newer(hand);
        if (hand == queue.end()) hand = std::prev(queue.end());
      }
      const auto victim = hand;
      hand = newer(hand);
      places.erase(victim->key);
      queue.erase(victim);
    }
    queue.push_front({key, false});
    places.emplace(key, queue.begin());
    return false;
  });
}

class EvictorTest : public testing::Test {
 protected:
  void UsePolicy(std::string_view name) { evictor_.SetPolicy(*ParseEvictionPolicy(name)); }

  void Set(const std::string& key, int64_t deadline = kNoDeadline, int database = 0) {
    Database& db = store_.database(database);
    const HashedKey hashed = db.Hash(key);
    EntryRef ref = db.FindForWrite(hashed);
    db.PutString(hashed, ref, "value", deadline);
  }
  bool Get(const std::string& key) {
    Database& db = store_.database(0);
    return static_cast<bool>(db.FindForRead(db.Hash(key)));
  }
  bool Has(const std::string& key) {
    Database& db = store_.database(0);
    return static_cast<bool>(db.Peek(db.Hash(key)));
  }
  void Sleep(int64_t millis) { store_.SetNow(store_.now() + millis); }

  // The hit rate of the store as a cache of kCapacity keys, at as many requests a second.
  double StoreHitRate(const Trace& trace) {
    size_t requests = 0;
    return HitRate(trace, [&](uint32_t number) {
      if (++requests % (kCapacity / 1000) == 0) Sleep(1);
      const std::string key = std::to_string(number);
      if (Get(key)) return true;
      if (store_.keys() == kCapacity) evictor_.EvictOne();
      Set(key);
      EXPECT_LE(store_.keys(), kCapacity);
      return false;
    });
  }

  Random random_{17};
  Store store_{16, {1, 2}, kStart};
  Evictor evictor_{store_, random_};
};

TEST(EvictionPolicyTest, NamesAreParsedAndPrinted) {
  for (const std::string_view name :
       {"noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-slru", "allkeys-random",
        "volatile-lru", "volatile-lfu", "volatile-slru", "volatile-random", "volatile-ttl"}) {
    const auto policy = ParseEvictionPolicy(name);
    ASSERT_TRUE(policy.has_value()) << name;
    EXPECT_EQ(EvictionPolicyName(*policy), name);
  }
  EXPECT_FALSE(ParseEvictionPolicy("allkeys-ttl").has_value());
}

TEST_F(EvictorTest, LruIsWithinOnePercentOfExactLru) {
  UsePolicy("allkeys-lru");
  const Trace trace = ZipfTrace();
  const double exact = ExactLruHitRate(trace);
  const double sampled = StoreHitRate(trace);
  RecordProperty("exact", std::to_string(exact));
  RecordProperty("sampled", std::to_string(sampled));
  EXPECT_NEAR(sampled, exact, 0.01 * exact);
}

TEST_F(EvictorTest, SlruIsAsGoodAsSieveOnZipf) {
  UsePolicy("allkeys-slru");
  const Trace trace = ZipfTrace();
  const double sieve = SieveHitRate(trace);
  const double slru = StoreHitRate(trace);
  RecordProperty("sieve", std::to_string(sieve));
  RecordProperty("slru", std::to_string(slru));
  EXPECT_GE(slru, 0.99 * sieve);
}

TEST_F(EvictorTest, SlruResistsScans) {
  UsePolicy("allkeys-slru");
  const Trace trace = TraceWithScans();
  const double lru = ExactLruHitRate(trace);
  const double slru = StoreHitRate(trace);
  RecordProperty("lru", std::to_string(lru));
  RecordProperty("slru", std::to_string(slru));
  EXPECT_GE(slru, 1.05 * lru);
  EXPECT_GE(slru, 0.99 * SieveHitRate(trace));
}

TEST_F(EvictorTest, LfuKeepsWhatIsUsedOften) {
  UsePolicy("allkeys-lfu");
  const Trace trace = ZipfTrace();
  const double lfu = StoreHitRate(trace);
  RecordProperty("lfu", std::to_string(lfu));
  EXPECT_GE(lfu, ExactLruHitRate(trace));
}

TEST_F(EvictorTest, NoevictionEvictsNothing) {
  Set("a");
  EXPECT_FALSE(evictor_.EvictOne());
  EXPECT_TRUE(Has("a"));
}

TEST_F(EvictorTest, LruEvictsTheOldestOfAFew) {
  UsePolicy("allkeys-lru");
  for (const char* key : {"a", "b", "c", "d"}) {
    Set(key);
    Sleep(1000);
  }
  EXPECT_TRUE(Get("a"));
  EXPECT_TRUE(evictor_.EvictOne());
  EXPECT_FALSE(Has("b"));
  EXPECT_EQ(store_.keys(), 3u);
  EXPECT_EQ(store_.stats().evicted, 1u);
}

TEST_F(EvictorTest, ACandidateThatWasUsedSinceIsSpared) {
  UsePolicy("allkeys-lru");
  for (const char* key : {"a", "b", "c", "d"}) {
    Set(key);
    Sleep(1000);
  }
  EXPECT_TRUE(evictor_.EvictOne());  // a; the others are in the pool now
  EXPECT_TRUE(Get("b"));
  EXPECT_TRUE(evictor_.EvictOne());
  EXPECT_TRUE(Has("b"));
  EXPECT_FALSE(Has("c"));
}

TEST_F(EvictorTest, LruSurvivesTheWrapOfItsClock) {
  constexpr int64_t kWrapMillis = (int64_t{1} << 24) * StoreContext::kAccessUnitMillis;
  store_.SetNow(kStart / kWrapMillis * kWrapMillis + kWrapMillis - 500);
  UsePolicy("allkeys-lru");
  for (const char* key : {"a", "b", "c", "d"}) {
    Set(key);
    Sleep(300);
  }
  for (const char* key : {"a", "b", "c"}) {
    EXPECT_TRUE(evictor_.EvictOne());
    EXPECT_FALSE(Has(key));
  }
}

TEST_F(EvictorTest, RandomEvictsDownToNothing) {
  UsePolicy("allkeys-random");
  for (int i = 0; i < 2'000; ++i) Set(std::to_string(i));
  for (int i = 0; i < 2'000; ++i) ASSERT_TRUE(evictor_.EvictOne());
  EXPECT_EQ(store_.keys(), 0u);
  EXPECT_FALSE(evictor_.EvictOne());
}

TEST_F(EvictorTest, AllDatabasesGiveWay) {
  UsePolicy("allkeys-lru");
  Set("a", kNoDeadline, 3);
  Set("b", kNoDeadline, 7);
  EXPECT_TRUE(evictor_.EvictOne());
  EXPECT_TRUE(evictor_.EvictOne());
  EXPECT_EQ(store_.keys(), 0u);
}

class VolatilePolicyTest : public EvictorTest, public testing::WithParamInterface<const char*> {};

TEST_P(VolatilePolicyTest, EvictsAllWithADeadlineAndNoOther) {
  UsePolicy(GetParam());
  for (int i = 0; i < 20'000; ++i) Set(std::to_string(i));
  for (int i = 0; i < 100; ++i) Set("v" + std::to_string(i), kStart + 1'000'000 + i);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(evictor_.EvictOne());
  EXPECT_FALSE(evictor_.EvictOne());
  EXPECT_EQ(store_.keys(), 20'000u);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Has("v" + std::to_string(i)));
}

// Records of entries that are gone lead nowhere, and must not hide the one that is left.
TEST_P(VolatilePolicyTest, FindsTheLastOneAmongStaleRecords) {
  UsePolicy(GetParam());
  for (int i = 0; i < 2'000; ++i) Set(std::to_string(i), kStart + 50'000);
  for (int i = 0; i < 2'000; ++i) Set(std::to_string(i));
  Set("last", kStart + 90'000'000);
  EXPECT_TRUE(evictor_.EvictOne());
  EXPECT_FALSE(Has("last"));
  EXPECT_FALSE(evictor_.EvictOne());
}

INSTANTIATE_TEST_SUITE_P(Policies, VolatilePolicyTest,
                         testing::Values("volatile-lru", "volatile-lfu", "volatile-slru",
                                         "volatile-random", "volatile-ttl"));

TEST_F(EvictorTest, TtlEvictsWhatIsDueNext) {
  UsePolicy("volatile-ttl");
  for (int i = 0; i < 1'000; ++i) Set(std::to_string(i), kStart + 100'000 + i * 1'000);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(evictor_.EvictOne());
  for (int i = 200; i < 1'000; ++i) ASSERT_TRUE(Has(std::to_string(i))) << i;
}

TEST_F(EvictorTest, LfuCountsLogarithmicallyAndDecays) {
  LfuAccess lfu(store_.context(), random_);
  const auto count_after = [&](int uses) {
    int64_t sum = 0;
    for (int run = 0; run < 50; ++run) {
      uint32_t access = lfu.Initial();
      for (int i = 0; i < uses; ++i) access = lfu.Touched(access);
      sum += lfu.Frequency(access);
    }
    return static_cast<double>(sum) / 50;
  };
  EXPECT_EQ(count_after(0), 5);
  EXPECT_NEAR(count_after(100), 10, 2);
  EXPECT_NEAR(count_after(1'000), 18, 3);
  EXPECT_NEAR(count_after(10'000), 49, 5);

  uint32_t access = lfu.Initial();
  for (int i = 0; i < 1'000; ++i) access = lfu.Touched(access);
  const int64_t before = lfu.Frequency(access);
  Sleep(3 * 60'000);
  EXPECT_EQ(lfu.Frequency(access), before - 3);
  lfu.set_options({.log_factor = 10, .decay_minutes = 0});
  EXPECT_EQ(lfu.Frequency(access), before);
  lfu.set_options({.log_factor = 0, .decay_minutes = 1});
  access = lfu.Initial();
  for (int i = 0; i < 1'000; ++i) access = lfu.Touched(access);
  EXPECT_EQ(lfu.Frequency(access), 255);
  Sleep(int64_t{300} * 60'000);
  EXPECT_EQ(lfu.Frequency(access), 0);
}

TEST_F(EvictorTest, SwitchingPoliciesTouchesNoEntry) {
  for (int i = 0; i < 1'000; ++i) Set(std::to_string(i));
  for (const char* name : {"allkeys-lfu", "allkeys-slru", "volatile-ttl", "allkeys-lru"}) {
    UsePolicy(name);
    evictor_.EvictOne();
  }
  EXPECT_EQ(store_.keys(), 997u);
}

}  // namespace
}  // namespace kv
