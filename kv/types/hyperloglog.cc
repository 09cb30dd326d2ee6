#include "kv/types/hyperloglog.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "kv/types/hyperloglog_runs.h"
#include "kv/types/hyperloglog_sums.h"

namespace kv::hyperloglog {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "HYLL";
constexpr size_t kEncodingOffset = 4;
constexpr size_t kCardinalityOffset = 8;
constexpr uint64_t kStale = uint64_t{1} << 63;

// --- elements ---

constexpr uint64_t kSeed = 0xadc83b19;

uint64_t LoadWord(const char* from, size_t bytes = sizeof(uint64_t)) {
  uint64_t word = 0;
  std::memcpy(&word, from, bytes);
  return word;
}

// MurmurHash64A of Austin Appleby, which the format prescribes.
uint64_t Murmur64A(std::string_view bytes, uint64_t seed) {
  constexpr uint64_t kMultiplier = 0xc6a4a7935bd1e995;
  constexpr int kShift = 47;
  uint64_t hash = seed ^ bytes.size() * kMultiplier;
  while (bytes.size() >= sizeof(uint64_t)) {
    uint64_t word = LoadWord(bytes.data()) * kMultiplier;
    word ^= word >> kShift;
    hash = (hash ^ word * kMultiplier) * kMultiplier;
    bytes.remove_prefix(sizeof(uint64_t));
  }
  if (!bytes.empty()) hash = (hash ^ LoadWord(bytes.data(), bytes.size())) * kMultiplier;
  hash = (hash ^ hash >> kShift) * kMultiplier;
  return hash ^ hash >> kShift;
}

struct Observation {
  size_t index;
  uint8_t rank;
};

Observation Observe(std::string_view element) {
  constexpr int kIndexBits = std::countr_zero(kRegisters);
  const uint64_t hash = Murmur64A(element, kSeed);
  const uint64_t rest = hash >> kIndexBits | uint64_t{1} << (kMaxRank - 1);
  return {hash % kRegisters, static_cast<uint8_t>(std::countr_zero(rest) + 1)};
}

// --- dense registers ---

// Eight registers, six bytes of a dense sketch, are read and written at a time: as the eight bytes
// of a word, the first register being its lowest byte.
constexpr size_t kGroup = 8;
constexpr size_t kGroupBytes = 6;

constexpr uint64_t Spread(uint64_t packed) {
  packed = (packed & 0xffffff) | (packed & 0xffffff000000) << 8;
  packed = (packed & 0x00000fff00000fff) | (packed & 0x00fff00000fff000) << 4;
  return (packed & 0x003f003f003f003f) | (packed & 0x0fc00fc00fc00fc0) << 2;
}

constexpr uint64_t Pack(uint64_t spread) {
  spread = (spread & 0x003f003f003f003f) | (spread & 0x3f003f003f003f00) >> 2;
  spread = (spread & 0x00000fff00000fff) | (spread & 0x0fff00000fff0000) >> 4;
  return (spread & 0xffffff) | (spread & 0x00ffffff00000000) >> 8;
}

static_assert(Spread(Pack(0x3f01020304050607)) == 0x3f01020304050607);

// The group at `packed`, which something always stands before: reading eight bytes that end with
// the group never leaves the string.
uint64_t LoadGroup(const char* packed) {
  constexpr size_t kBefore = sizeof(uint64_t) - kGroupBytes;
  static_assert(kBefore <= kHeaderBytes);
  return LoadWord(packed - kBefore) >> 8 * kBefore;
}

void UnpackDense(const char* packed, Registers& registers) {
  for (size_t i = 0; i < kRegisters; i += kGroup, packed += kGroupBytes) {
    const uint64_t group = Spread(LoadGroup(packed));
    std::memcpy(&registers[i], &group, kGroup);
  }
}

void PackDense(const Registers& registers, char* packed) {
  for (size_t i = 0; i < kRegisters; i += kGroup, packed += kGroupBytes) {
    uint64_t group;
    std::memcpy(&group, &registers[i], kGroup);
    group = Pack(group);
    std::memcpy(packed, &group, kGroupBytes);
  }
}

bool RaiseDense(char* bytes, size_t index, uint8_t rank) {
  char* const group = bytes + kHeaderBytes + index / kGroup * kGroupBytes;
  const int shift = static_cast<int>(index % kGroup) * 6;
  uint64_t registers = LoadGroup(group);
  const uint64_t old = registers >> shift & 63;
  if (old >= rank) return false;
  registers += (rank - old) << shift;
  std::memcpy(group, &registers, kGroupBytes);
  return true;
}

// Fills in the registers, all of them 0 before; false if the runs are corrupt.
bool UnpackSparse(std::string_view bytes, Registers& registers) {
  RunReader reader(bytes);
  for (Run run; reader.Next(&run);) {
    if (run.rank > 0) std::fill_n(&registers[run.first], run.length, run.rank);
  }
  return reader.complete();
}

// --- the estimator ---

// How many registers have which rank. A corrupt register may hold up to 63.
// Counts pairs of registers, which halves the increments: a pair is 12 bits of a dense sketch.
class HistogramBuilder {
 public:
  // Counts the eight registers of a packed group. Those of an almost empty sketch are all zero, and
  // increments of one counter would have to wait for each other.
  void AddGroup(uint64_t packed) {
    if (packed == 0) {
      ++zero_groups_;
      return;
    }
    for (size_t i = 0; i < kGroup / 2; ++i) ++pairs_[packed >> kPairBits * i & (kPairs - 1)];
  }
  RankCounts Sum() const {
    RankCounts sum{};
    for (size_t second = 0; second < sum.size(); ++second) {
      uint32_t row = 0;
      for (size_t first = 0; first < sum.size(); ++first) {
        const uint32_t count = pairs_[second * sum.size() + first];
        sum[first] += count;
        row += count;
      }
      sum[second] += row;
    }
    sum[0] += zero_groups_ * kGroup;
    return sum;
  }

 private:
  static constexpr int kPairBits = 12;
  static constexpr size_t kPairs = size_t{1} << kPairBits;
  static_assert(kRegisters / 2 <= UINT16_MAX);

  std::array<uint16_t, kPairs> pairs_{};
  uint32_t zero_groups_ = 0;
};

// x + x^2 + 2 x^4 + 4 x^8 + ...
double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double sum = x;
  double before;
  double weight = 1;
  do {
    x *= x;
    before = sum;
    sum += x * weight;
    weight *= 2;
  } while (sum != before);
  return sum;
}

// (1 - x - (1 - x^(1/2))^2 / 2 - (1 - x^(1/4))^2 / 4 - ...) / 3
double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double sum = 1 - x;
  double before;
  double weight = 1;
  do {
    x = std::sqrt(x);
    before = sum;
    weight /= 2;
    sum -= (1 - x) * (1 - x) * weight;
  } while (sum != before);
  return sum / 3;
}

constexpr double kCount = kRegisters;

// `harmonic`: the sum of 2^-rank over the registers that are not 0.
uint64_t EstimateBySums(size_t zeros, double harmonic) {
  constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2)
  const double z = harmonic + kCount * Sigma(static_cast<double>(zeros) / kCount);
  return static_cast<uint64_t>(std::llround(kAlpha * kCount * kCount / z));
}

uint64_t EstimateByCounts(const RankCounts& counts) {
  double harmonic = kCount * Tau((kCount - counts[kMaxRank]) / kCount);
  size_t rank = kMaxRank - 1;
  while (harmonic == 0 && rank >= 1 && counts[rank] == 0) --rank;
  for (; rank >= 1; --rank) harmonic = (harmonic + counts[rank]) / 2;
  return EstimateBySums(counts[0], harmonic);
}

RankCounts CountDense(const char* packed) {
  HistogramBuilder histogram;
  for (size_t i = 0; i < kRegisters; i += kGroup, packed += kGroupBytes) {
    histogram.AddGroup(LoadGroup(packed));
  }
  return histogram.Sum();
}

AddResult Raise(std::string* bytes, size_t index, uint8_t rank, size_t max_sparse_bytes) {
  if (EncodingOf(*bytes) == Encoding::kSparse) {
    switch (RaiseSparse(bytes, index, rank, max_sparse_bytes)) {
      case SetResult::kUnchanged:
        return AddResult::kUnchanged;
      case SetResult::kChanged:
        return AddResult::kChanged;
      case SetResult::kCorrupt:
        return AddResult::kCorrupt;
      case SetResult::kMustBeDense:
        if (!MakeDense(bytes)) return AddResult::kCorrupt;
    }
  }
  return RaiseDense(bytes->data(), index, rank) ? AddResult::kChanged : AddResult::kUnchanged;
}

}  // namespace

std::string Empty() {
  std::string bytes(kHeaderBytes, '\0');
  kMagic.copy(bytes.data(), kMagic.size());
  bytes[kEncodingOffset] = static_cast<char>(Encoding::kSparse);
  return bytes + "\x7f\xff";
}

bool IsSketch(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) return false;
  switch (EncodingOf(bytes)) {
    case Encoding::kDense:
      return bytes.size() == kDenseBytes;
    case Encoding::kSparse:
      return true;
  }
  return false;
}

Encoding EncodingOf(std::string_view bytes) {
  return static_cast<Encoding>(bytes[kEncodingOffset]);
}

std::optional<uint64_t> CachedCardinality(std::string_view bytes) {
  const uint64_t cardinality = LoadWord(bytes.data() + kCardinalityOffset);
  if ((cardinality & kStale) != 0) return std::nullopt;
  return cardinality;
}

void CacheCardinality(char* bytes, uint64_t cardinality) {
  std::memcpy(bytes + kCardinalityOffset, &cardinality, sizeof cardinality);
}

void ForgetCardinality(char* bytes) {
  CacheCardinality(bytes, LoadWord(bytes + kCardinalityOffset) | kStale);
}

AddResult Add(std::string* bytes, std::string_view element, size_t max_sparse_bytes) {
  const Observation seen = Observe(element);
  return Raise(bytes, seen.index, seen.rank, max_sparse_bytes);
}

bool AddDense(char* bytes, std::string_view element) {
  const Observation seen = Observe(element);
  return RaiseDense(bytes, seen.index, seen.rank);
}

bool Union::Add(std::string_view bytes) {
  if (EncodingOf(bytes) == Encoding::kSparse) return AddSparse(bytes);
  AddDense(bytes);
  return true;
}

// Most runs of ranks are one register long. A run of zeros raises its first register to 0: that
// does nothing, and is cheaper than a branch that nobody can predict.
bool Union::AddSparse(std::string_view bytes) {
  RunReader reader(bytes);
  for (Run run; reader.Next(&run);) {
    Raise(run.first, run.rank);
    if (run.rank == 0 || run.length == 1) continue;
    for (size_t i = run.first + 1; i < run.end(); ++i) Raise(i, run.rank);
  }
  return reader.complete();
}

inline void Union::Raise(size_t index, uint8_t rank) {
  const uint8_t before = registers_[index];
  const uint8_t after = std::max(before, rank);
  registers_[index] = after;
  ++left_[before];
  ++reached_[after];
}

void Union::AddDense(std::string_view bytes) {
  Registers others;
  UnpackDense(bytes.data() + kHeaderBytes, others);
  for (size_t i = 0; i < kRegisters; ++i) registers_[i] = std::max(registers_[i], others[i]);
  counted_ = false;
}

uint64_t Union::Estimate() const {
  if (!counted_) return hyperloglog::Estimate(registers_);
  RankCounts counts = {kRegisters};
  for (size_t rank = 0; rank < counts.size(); ++rank) counts[rank] += reached_[rank] - left_[rank];
  return EstimateByCounts(counts);
}

AddResult Merge(std::string* bytes, const Registers& registers, size_t max_sparse_bytes) {
  if (EncodingOf(*bytes) == Encoding::kDense) {
    Registers merged;
    UnpackDense(bytes->data() + kHeaderBytes, merged);
    for (size_t i = 0; i < kRegisters; ++i) merged[i] = std::max(merged[i], registers[i]);
    const std::string before = *bytes;
    PackDense(merged, bytes->data() + kHeaderBytes);
    return *bytes == before ? AddResult::kUnchanged : AddResult::kChanged;
  }
  AddResult result = AddResult::kUnchanged;
  for (size_t i = 0; i < kRegisters; ++i) {
    if (registers[i] == 0) continue;
    const AddResult raised = Raise(bytes, i, registers[i], max_sparse_bytes);
    if (raised == AddResult::kCorrupt) return raised;
    if (raised == AddResult::kChanged) result = raised;
  }
  return result;
}

bool MakeDense(std::string* bytes) {
  if (EncodingOf(*bytes) == Encoding::kDense) return true;
  Registers registers{};
  if (!UnpackSparse(*bytes, registers)) return false;
  bytes->resize(kDenseBytes);
  (*bytes)[kEncodingOffset] = static_cast<char>(Encoding::kDense);
  PackDense(registers, bytes->data() + kHeaderBytes);
  return true;
}

uint64_t Estimate(const Registers& registers) {
  HistogramBuilder histogram;
  for (size_t i = 0; i < kRegisters; i += kGroup) {
    uint64_t group;
    std::memcpy(&group, &registers[i], kGroup);
    histogram.AddGroup(Pack(group));
  }
  return EstimateByCounts(histogram.Sum());
}

std::optional<uint64_t> Estimate(std::string_view bytes) {
  if (EncodingOf(bytes) == Encoding::kDense) {
    return EstimateByCounts(CountDense(bytes.data() + kHeaderBytes));
  }
  const std::optional<RegisterSums> sums = SumRegisters(bytes);
  if (!sums) return std::nullopt;
  return EstimateBySums(sums->zeros,
                        std::ldexp(static_cast<double>(sums->weight), -kMaxSparseRank));
}

std::optional<std::string> DescribeRuns(std::string_view bytes) {
  assert(EncodingOf(bytes) == Encoding::kSparse);
  std::string text;
  RunReader reader(bytes);
  for (Run run; reader.Next(&run);) {
    if (!text.empty()) text += ' ';
    if (run.rank > 0) {
      absl::StrAppend(&text, "v:", static_cast<int>(run.rank), ",", run.length);
    } else {
      absl::StrAppend(&text, run.bytes == 1 ? "z:" : "Z:", run.length);
    }
  }
  if (!reader.complete()) return std::nullopt;
  return text;
}

}  // namespace kv::hyperloglog
