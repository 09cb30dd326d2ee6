// HashTable beside absl::flat_hash_set, over the same entries: 16-byte keys, hashed with SipHash.
//   hash_table_benchmark [--benchmark_filter=...]
#include "kv/ds/hash_table.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <memory>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "kv/base/hash.h"
#include "kv/base/random.h"
#include "kv/base/slab_memory.h"

namespace kv {
namespace {

constexpr HashKey kHashKey = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

struct Entry {
  std::array<char, 16> text;
  std::array<char, 16> value;
  std::string_view key() const { return {text.data(), text.size()}; }
};

class Key {
 public:
  explicit Key(uint64_t number) {
    constexpr std::string_view kPrefix = "key:";
    std::copy(kPrefix.begin(), kPrefix.end(), text_.begin());
    for (size_t i = text_.size(); i-- > kPrefix.size(); number >>= 4) {
      text_[i] = "0123456789abcdef"[number & 15];
    }
  }
  std::string_view view() const { return {text_.data(), text_.size()}; }
  uint64_t hash() const { return Hash(view(), kHashKey); }

 private:
  std::array<char, 16> text_;
};

Entry* NewEntry(SlabMemory& memory, const Key& key) {
  auto* const entry = new (memory.Allocate(sizeof(Entry))) Entry();
  std::memcpy(entry->text.data(), key.view().data(), entry->text.size());
  return entry;
}

// --- The two tables behind one face --------------------------------------------------------------

class Ours {
 public:
  void Insert(const Key& key) { table_.Insert(NewEntry(memory_, key), key.hash()); }
  const Entry* Find(std::string_view key, uint64_t hash) const { return table_.Find(key, hash); }
  size_t table_bytes() const { return table_.memory_bytes(); }

  struct Traits {
    using Element = Entry;
    using Key = std::string_view;
    static constexpr size_t kLookupBytes = 28;
    uint64_t Hash(const Entry& entry) const { return kv::Hash(entry.key(), kHashKey); }
    bool Equal(const Entry& entry, std::string_view key) const { return entry.key() == key; }
  };
  const HashTable<Traits>& table() const { return table_; }

 private:
  SlabMemory memory_;
  HashTable<Traits> table_{memory_};
};

class Flat {
 public:
  void Insert(const Key& key) { table_.insert(NewEntry(memory_, key)); }
  const Entry* Find(std::string_view key, uint64_t) const {
    const auto found = table_.find(key);
    return found == table_.end() ? nullptr : *found;
  }
  size_t table_bytes() const { return table_.capacity() * (sizeof(Entry*) + 1); }

 private:
  struct Hasher {
    using is_transparent = void;
    size_t operator()(std::string_view key) const { return kv::Hash(key, kHashKey); }
    size_t operator()(const Entry* entry) const { return (*this)(entry->key()); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Entry* a, const Entry* b) const { return a == b; }
    bool operator()(const Entry* entry, std::string_view key) const { return entry->key() == key; }
    bool operator()(std::string_view key, const Entry* entry) const { return entry->key() == key; }
  };
  SlabMemory memory_;
  absl::flat_hash_set<Entry*, Hasher, Equal> table_;
};

template <class Table>
std::unique_ptr<Table> Filled(size_t keys) {
  auto table = std::make_unique<Table>();
  for (uint64_t i = 0; i < keys; ++i) table->Insert(Key(i));
  return table;
}

// --- Benchmarks ----------------------------------------------------------------------------------

template <class Table>
void BM_FindHit(benchmark::State& state) {
  const auto keys = static_cast<uint64_t>(state.range(0));
  const auto table = Filled<Table>(keys);
  Random random(1);
  for (auto _ : state) {
    const Key key(random.Uniform(keys));
    benchmark::DoNotOptimize(table->Find(key.view(), key.hash()));
  }
  state.counters["bytes_per_key"] =
      static_cast<double>(table->table_bytes()) / static_cast<double>(keys);
}

template <class Table>
void BM_FindMiss(benchmark::State& state) {
  const auto keys = static_cast<uint64_t>(state.range(0));
  const auto table = Filled<Table>(keys);
  Random random(1);
  for (auto _ : state) {
    const Key key(keys + random.Uniform(keys));
    benchmark::DoNotOptimize(table->Find(key.view(), key.hash()));
  }
}

// What one lookup costs without the table: making and hashing the key.
void BM_MakeKey(benchmark::State& state) {
  Random random(1);
  for (auto _ : state) {
    const Key key(random.Uniform(10'000'000));
    benchmark::DoNotOptimize(key.hash());
  }
}

// Lookups in blocks, as a tick runs them.
void BM_FindHitPrefetched(benchmark::State& state) {
  constexpr size_t kBlock = 32;
  const auto keys = static_cast<uint64_t>(state.range(0));
  const auto ours = Filled<Ours>(keys);
  const auto& table = ours->table();
  Random random(1);
  for (auto _ : state) {
    std::array<uint64_t, kBlock> numbers;
    std::array<uint64_t, kBlock> hashes;
    for (size_t i = 0; i < kBlock; ++i) {
      numbers[i] = random.Uniform(keys);
      hashes[i] = Key(numbers[i]).hash();
      table.PrefetchBucket(hashes[i]);
    }
    for (const uint64_t hash : hashes) table.PrefetchElement(hash);
    for (size_t i = 0; i < kBlock; ++i) {
      benchmark::DoNotOptimize(table.Find(Key(numbers[i]).view(), hashes[i]));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBlock));
}

double CpuMicros() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

// `worst_us` is the longest of 64 insertions in a row, by the thread's CPU time.
template <class Table>
void BM_Insert(benchmark::State& state) {
  constexpr uint64_t kBlock = 64;
  const auto keys = static_cast<uint64_t>(state.range(0));
  double worst = 0;
  for (auto _ : state) {
    Table table;
    for (uint64_t i = 0; i < keys; i += kBlock) {
      const double start = CpuMicros();
      for (uint64_t j = i; j < i + kBlock; ++j) table.Insert(Key(j));
      worst = std::max(worst, CpuMicros() - start);
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["worst_us"] = worst;
}

void BM_SlabChurn(benchmark::State& state) {
  SlabMemory memory;
  std::array<void*, 1024> blocks;
  for (void*& block : blocks) block = memory.Allocate(56);
  Random random(1);
  for (auto _ : state) {
    void*& block = blocks[random.Next() % blocks.size()];
    memory.Free(block, 56);
    block = memory.Allocate(56);
    benchmark::DoNotOptimize(block);
  }
}

BENCHMARK(BM_SlabChurn);
BENCHMARK(BM_MakeKey);
BENCHMARK(BM_FindHit<Ours>)->Arg(10'000)->Arg(1'000'000)->Arg(10'000'000);
BENCHMARK(BM_FindHit<Flat>)->Arg(10'000)->Arg(1'000'000)->Arg(10'000'000);
BENCHMARK(BM_FindMiss<Ours>)->Arg(10'000)->Arg(1'000'000)->Arg(10'000'000);
BENCHMARK(BM_FindMiss<Flat>)->Arg(10'000)->Arg(1'000'000)->Arg(10'000'000);
BENCHMARK(BM_FindHitPrefetched)->Arg(10'000)->Arg(1'000'000)->Arg(10'000'000);
BENCHMARK(BM_Insert<Ours>)->Arg(10'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Insert<Flat>)->Arg(10'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kv

BENCHMARK_MAIN();
