// SortedSet: what its operations cost and how much memory it takes. Members are like "member:123",
// scores random.
//   sorted_set_benchmark [--benchmark_filter=...]
#include "kv/types/sorted_set.h"

#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <string>

#include "kv/base/hash.h"
#include "kv/base/random.h"
#include "kv/base/slab_memory.h"
#include "kv/types/sorted_set_algebra.h"

namespace kv {
namespace {

constexpr HashKey kHashKey = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

std::string Member(uint64_t number) {
  return "member:" + std::to_string(number);
}

// A set in a memory of its own.
class OwnedSet {
 public:
  OwnedSet(uint64_t begin, uint64_t end) {
    Random random(begin + 1);
    for (uint64_t i = begin; i < end; ++i) {
      const std::string member = Member(i);
      payload_ += member.size() + sizeof(double);
      set_->Add(memory_, member, random.NextDouble());
    }
  }
  explicit OwnedSet(uint64_t members) : OwnedSet(0, members) {}
  ~OwnedSet() { SortedSet::Free(memory_, set_); }
  OwnedSet(const OwnedSet&) = delete;
  OwnedSet& operator=(const OwnedSet&) = delete;

  SlabMemory& memory() { return memory_; }
  SortedSet& set() { return *set_; }
  // Bytes a member beyond the member's own and its score.
  double overhead() const {
    return static_cast<double>(memory_.used() - payload_) / static_cast<double>(set_->size());
  }

 private:
  SlabMemory memory_;
  SortedSet* set_ = SortedSet::Create(memory_, kHashKey);
  size_t payload_ = 0;
};

void BM_InsertRandom(benchmark::State& state) {
  for (auto _ : state) {
    OwnedSet owned(static_cast<uint64_t>(state.range(0)));
    state.PauseTiming();
    state.counters["overhead_bytes"] = owned.overhead();
    state.counters["total_bytes"] =
        static_cast<double>(owned.set().memory_bytes()) / static_cast<double>(owned.set().size());
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_UpdateRandom(benchmark::State& state) {
  const auto members = static_cast<uint64_t>(state.range(0));
  OwnedSet owned(members);
  Random random(7);
  for (auto _ : state) {
    owned.set().Add(owned.memory(), Member(random.Uniform(members)), random.NextDouble());
  }
}

void BM_Rank(benchmark::State& state) {
  const auto members = static_cast<uint64_t>(state.range(0));
  OwnedSet owned(members);
  Random random(7);
  for (auto _ : state) {
    benchmark::DoNotOptimize(owned.set().Rank(Member(random.Uniform(members))));
  }
}

void BM_RangeOf100(benchmark::State& state) {
  const auto members = static_cast<uint64_t>(state.range(0));
  OwnedSet owned(members);
  Random random(7);
  for (auto _ : state) {
    size_t bytes = 0;
    const RankRange range = {random.Uniform(members - 100), 100};
    owned.set().ForEach(range, RankOrder::kAscending,
                        [&](std::string_view member, double) { bytes += member.size(); });
    benchmark::DoNotOptimize(bytes);
  }
}

// As a queue: what is popped comes back with another score.
void BM_PopMinAndAdd(benchmark::State& state) {
  OwnedSet owned(static_cast<uint64_t>(state.range(0)));
  Random random(7);
  for (auto _ : state) {
    std::string popped;
    owned.set().Pop(owned.memory(), RankOrder::kAscending, 1,
                    [&](std::string_view member, double) { popped = member; });
    owned.set().Add(owned.memory(), popped, random.NextDouble());
  }
}

void BM_PopMin(benchmark::State& state) {
  OwnedSet owned(static_cast<uint64_t>(state.range(0)));
  for (auto _ : state) {
    owned.set().Pop(owned.memory(), RankOrder::kAscending, 1, [](std::string_view, double) {});
  }
}

// Two sets that have half of their members in common.
template <auto kOperation>
void BM_Combine(benchmark::State& state) {
  const auto members = static_cast<uint64_t>(state.range(0));
  OwnedSet a(0, members);
  OwnedSet b(members / 2, members + members / 2);
  const SortedSetSource source_of_a(a.set());
  const SortedSetSource source_of_b(b.set());
  const std::array<WeightedSource, 2> sources = {WeightedSource{&source_of_a},
                                                 WeightedSource{&source_of_b}};
  SlabMemory memory;
  for (auto _ : state) {
    SortedSet::Free(memory, kOperation(memory, kHashKey, sources, Aggregate::kSum));
  }
}

BENCHMARK(BM_InsertRandom)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_UpdateRandom)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(BM_Rank)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(BM_RangeOf100)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(BM_PopMinAndAdd)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(BM_PopMin)->Arg(1'000'000)->Iterations(900'000);
BENCHMARK(BM_Combine<Union>)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Combine<Intersection>)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kv

BENCHMARK_MAIN();
