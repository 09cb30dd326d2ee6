#include "kv/types/hyperloglog_sums.h"

#include <array>
#include <bit>
#include <cstring>

#include "kv/types/hyperloglog.h"
#include "kv/types/hyperloglog_runs.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Where runs begin is a matter of what stands before: a byte 01xxxxxx begins a long run, unless it
// is the second byte of one. It is found out for many bytes at once, so that no branch and no byte
// has to wait for the byte before it. The technique is that of escaped characters in simdjson
// (Langdale, Lemire: "Parsing gigabytes of JSON per second", 2019).
//
// A second byte is added to the zeros and replaced by 0, a run of one zero: the one register that
// the first byte's bits leave out.
namespace kv::hyperloglog {
namespace {

// How far the pass has come.
struct Pass {
  std::string_view bytes;
  size_t offset = kHeaderBytes;
  bool second_is_next = false;  // the byte at the offset is the second of a long run
  uint64_t zeros = 0;
  uint64_t ranked = 0;
  uint64_t weight = 0;

  const char* at() const { return bytes.data() + offset; }
  size_t left() const { return bytes.size() - offset; }
};

// No more than can be part of a sketch: sums of 32 bits hold what so many bytes can say.
constexpr size_t kMaxRunBytes = 2 * kRegisters;
static_assert(kMaxRunBytes * ((63 << 8) + 255) <= UINT32_MAX);

// --- eight bytes at a time ---

// Two sums side by side, which one instruction raises: of weights, and of lengths. The length of
// runs of zeros counts in the lower half of the second, that of runs of ranks in its upper half.
using Sums [[gnu::vector_size(16)]] = uint64_t;

constexpr uint64_t kZero = 1;
constexpr uint64_t kRanked = uint64_t{1} << 32;

// What a byte adds to the sums.
struct alignas(16) Addend {
  uint64_t weight;
  uint64_t lengths;
};

constexpr auto kAddends = [] {
  std::array<Addend, 256> addends{};
  for (size_t code = 0; code < addends.size(); ++code) {
    const uint64_t rank = (code >> 2 & 31) + 1;
    const uint64_t length = (code & 3) + 1;
    if (code >= 0x80) {
      addends[code] = {.weight = length << (kMaxSparseRank - rank), .lengths = length * kRanked};
    } else {
      const uint64_t zeros = code & 63;
      addends[code] = {.weight = 0, .lengths = (code >> 6 == 1 ? zeros << 8 : zeros + 1) * kZero};
    }
  }
  return addends;
}();

// Which of eight bytes are the second of a long run.
struct Seconds {
  uint64_t mask = 0;     // 0xff where a byte is one
  uint64_t is_next = 0;  // kSecondIsNext if the byte behind these eight is one
};

// By the bytes that look like the first of a long run, one bit each, and by `is_next` of the eight
// bytes before.
constexpr uint64_t kSecondIsNext = 256;
constexpr auto kSeconds = [] {
  std::array<Seconds, 2 * kSecondIsNext> all{};
  for (size_t index = 0; index < all.size(); ++index) {
    bool is_second = index >= kSecondIsNext;
    for (size_t i = 0; i < sizeof(uint64_t); ++i) {
      if (is_second) all[index].mask |= uint64_t{0xff} << 8 * i;
      is_second = !is_second && (index >> i & 1) != 0;
    }
    all[index].is_next = is_second ? kSecondIsNext : 0;
  }
  return all;
}();

// One bit for each byte of the form 01xxxxxx, the lowest byte's lowest.
uint64_t FirstsOfLongRuns(uint64_t word) {
  const uint64_t firsts = word << 1 & ~word & 0x8080808080808080;
  return (firsts >> 7) * 0x0102040810204080 >> 56;
}

uint64_t SumOfBytes(uint64_t word) {
  const uint64_t pairs = (word & 0x00ff00ff00ff00ff) + (word >> 8 & 0x00ff00ff00ff00ff);
  return pairs * 0x0001000100010001 >> 48;
}

void SumWords(Pass* pass) {
  uint64_t is_next = pass->second_is_next ? kSecondIsNext : 0;
  Sums sums{};
  for (; pass->left() >= sizeof(uint64_t); pass->offset += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, pass->at(), sizeof word);
    const Seconds& seconds = kSeconds[FirstsOfLongRuns(word) | is_next];
    is_next = seconds.is_next;
    pass->zeros += SumOfBytes(word & seconds.mask);
    word &= ~seconds.mask;
    for (size_t i = 0; i < sizeof word; ++i, word >>= 8) {
      const Addend& addend = kAddends[word & 0xff];
      sums += Sums{addend.weight, addend.lengths};
    }
  }
  pass->second_is_next = is_next != 0;
  pass->zeros += sums[1] % kRanked;
  pass->ranked += sums[1] / kRanked;
  pass->weight += sums[0];
}

// --- 64 bytes at a time ---

#if defined(__x86_64__)
#define SOLOKV_AVX2 [[gnu::target("avx2,popcnt")]]

constexpr size_t kBlockBytes = 64;
// Of ranks up to here the weights fit a byte; higher ones, one register of 128, are added singly.
constexpr int kMaxVectorRank = 7;
constexpr int kVectorWeightShift = kMaxSparseRank - kMaxVectorRank;

// Sums of 32 bytes at a time, in lanes that are added up at the end.
struct Lanes {
  __m256i zeros;    // of runs of one byte but for one register each, and of second bytes
  __m256i long_;    // of first bytes: 256 registers each
  __m256i ranked;   // registers
  __m256i weights;  // of the lower ranks, 2^(kMaxVectorRank - rank); lanes of 32 bits
};

// One bit for each byte of the form 01xxxxxx.
SOLOKV_AVX2 inline uint32_t FirstsOf(__m256i bytes) {
  const auto bit6 = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_slli_epi16(bytes, 1)));
  return bit6 & ~static_cast<uint32_t>(_mm256_movemask_epi8(bytes));
}

// A byte of ones for each bit.
SOLOKV_AVX2 inline __m256i Spread(uint32_t bits) {
  const __m256i byte_of_each =
      _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
  const __m256i bit_of_each = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201));
  const __m256i spread =
      _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(bits)), byte_of_each);
  return _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit_of_each), bit_of_each);
}

SOLOKV_AVX2 inline __m256i AddBytes(__m256i sums, __m256i bytes) {
  return _mm256_add_epi64(sums, _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
}

SOLOKV_AVX2 inline uint64_t Total(__m256i sums) {
  return static_cast<uint64_t>(_mm256_extract_epi64(sums, 0) + _mm256_extract_epi64(sums, 1) +
                               _mm256_extract_epi64(sums, 2) + _mm256_extract_epi64(sums, 3));
}

// Adds 32 bytes, of which some are second ones.
SOLOKV_AVX2 inline void AddVector(__m256i bytes, uint32_t seconds, Lanes* lanes, Pass* pass) {
  const __m256i second = Spread(seconds);
  lanes->zeros = AddBytes(lanes->zeros, _mm256_and_si256(bytes, second));
  bytes = _mm256_andnot_si256(second, bytes);

  const __m256i has_rank = _mm256_cmpgt_epi8(_mm256_setzero_si256(), bytes);
  const __m256i is_first = _mm256_cmpeq_epi8(
      _mm256_and_si256(bytes, _mm256_set1_epi8(static_cast<char>(0xc0))), _mm256_set1_epi8(0x40));
  const __m256i is_no_short = _mm256_or_si256(has_rank, is_first);
  const __m256i zeros = _mm256_and_si256(bytes, _mm256_set1_epi8(63));
  lanes->zeros = AddBytes(lanes->zeros, _mm256_andnot_si256(is_no_short, zeros));
  lanes->long_ = AddBytes(lanes->long_, _mm256_and_si256(zeros, is_first));
  const auto no_shorts = static_cast<uint32_t>(_mm256_movemask_epi8(is_no_short));
  pass->zeros += sizeof bytes - static_cast<size_t>(std::popcount(no_shorts));

  // Ranks count from 0 here.
  const __m256i length =
      _mm256_add_epi8(_mm256_and_si256(bytes, _mm256_set1_epi8(3)), _mm256_set1_epi8(1));
  const __m256i rank = _mm256_and_si256(_mm256_srli_epi16(bytes, 2), _mm256_set1_epi8(31));
  const __m256i is_high =
      _mm256_and_si256(has_rank, _mm256_cmpgt_epi8(rank, _mm256_set1_epi8(kMaxVectorRank - 1)));
  const __m256i is_low = _mm256_andnot_si256(is_high, has_rank);
  const __m256i weight_of_each =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(64, 32, 16, 8, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m256i weights = _mm256_and_si256(_mm256_shuffle_epi8(weight_of_each, rank), is_low);
  lanes->ranked = AddBytes(lanes->ranked, _mm256_and_si256(length, has_rank));
  lanes->weights = _mm256_add_epi32(
      lanes->weights,
      _mm256_madd_epi16(_mm256_maddubs_epi16(weights, length), _mm256_set1_epi16(1)));
  for (auto high = static_cast<uint32_t>(_mm256_movemask_epi8(is_high)); high != 0;
       high &= high - 1) {
    pass->weight += kAddends[static_cast<uint8_t>(pass->at()[std::countr_zero(high)])].weight;
  }
  pass->offset += sizeof bytes;
}

// Of 64 bytes those that are the second of a long run, by those that look like the first of one.
// Adding to the odd bits carries through each row of such bytes: it tells rows of even length from
// those of odd length, by where they begin.
inline uint64_t SecondsOf(uint64_t firsts, bool* second_is_next) {
  constexpr uint64_t kOddBits = 0xaaaaaaaaaaaaaaaa;
  const uint64_t carried = *second_is_next ? 1 : 0;
  const uint64_t candidates = firsts & ~carried;
  const uint64_t turns = ((candidates << 1 | kOddBits) - candidates) ^ kOddBits;
  *second_is_next = (turns & firsts) >> 63 != 0;
  return turns ^ (firsts | carried);
}

SOLOKV_AVX2 void SumBlocks(Pass* pass) {
  Lanes lanes{};
  while (pass->left() >= kBlockBytes) {
    const auto* const vectors = reinterpret_cast<const __m256i*>(pass->at());
    const __m256i low = _mm256_loadu_si256(vectors);
    const __m256i high = _mm256_loadu_si256(vectors + 1);
    const uint64_t firsts = FirstsOf(low) | uint64_t{FirstsOf(high)} << 32;
    const uint64_t seconds = SecondsOf(firsts, &pass->second_is_next);
    AddVector(low, static_cast<uint32_t>(seconds), &lanes, pass);
    AddVector(high, static_cast<uint32_t>(seconds >> 32), &lanes, pass);
  }
  // Lanes of 32 bits, by twos.
  const __m256i low_half = _mm256_set1_epi64x(0xffffffff);
  const uint64_t weights = Total(_mm256_and_si256(lanes.weights, low_half)) +
                           Total(_mm256_srli_epi64(lanes.weights, 32));
  pass->zeros += Total(lanes.zeros) + (Total(lanes.long_) << 8);
  pass->ranked += Total(lanes.ranked);
  pass->weight += weights << kVectorWeightShift;
}

void SumBlocksIfPossible(Pass* pass) {
  if (__builtin_cpu_supports("avx2")) SumBlocks(pass);
}
#else
void SumBlocksIfPossible(Pass* /*pass*/) {}
#endif

}  // namespace

std::optional<RegisterSums> SumRegisters(std::string_view bytes) {
  if (bytes.size() - kHeaderBytes > kMaxRunBytes) return std::nullopt;
  Pass pass{.bytes = bytes};
  SumBlocksIfPossible(&pass);
  SumWords(&pass);
  if (pass.second_is_next) {
    if (pass.left() == 0) return std::nullopt;
    pass.zeros += static_cast<uint8_t>(*pass.at()) + 1;
    ++pass.offset;
  }
  for (Run run; DecodeRun(bytes, pass.offset, &run); pass.offset += run.bytes) {
    if (run.rank == 0) {
      pass.zeros += run.length;
    } else {
      pass.ranked += run.length;
      pass.weight += uint64_t{run.length} << (kMaxSparseRank - run.rank);
    }
  }
  if (pass.zeros + pass.ranked != kRegisters || pass.left() != 0) return std::nullopt;
  return RegisterSums{.zeros = pass.zeros, .weight = pass.weight};
}

}  // namespace kv::hyperloglog
