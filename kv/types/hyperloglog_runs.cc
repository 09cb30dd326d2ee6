#include "kv/types/hyperloglog_runs.h"

#include <array>
#include <cstring>

#include "kv/types/hyperloglog.h"

namespace kv::hyperloglog {
namespace {

constexpr size_t kMaxZeroLength = 64;
constexpr size_t kMaxValueLength = 4;

char EncodeValue(uint8_t rank, size_t length) {
  return static_cast<char>(0x80 | (rank - 1) << 2 | static_cast<int>(length - 1));
}

// Appends a run; none if `length` is 0. Precondition: the length fits the kind of run.
void AppendRun(std::string* out, uint8_t rank, size_t length) {
  if (length == 0) return;
  if (rank > 0) {
    out->push_back(EncodeValue(rank, length));
  } else if (length <= kMaxZeroLength) {
    out->push_back(static_cast<char>(length - 1));
  } else {
    out->push_back(static_cast<char>(0x40 | (length - 1) >> 8));
    out->push_back(static_cast<char>((length - 1) & 0xff));
  }
}

// Joins neighbours of equal rank among the runs from `offset` on: as many as raising one register
// can have made (three), and one on either side of them.
void JoinRuns(std::string* bytes, size_t offset) {
  Run run;
  Run next;
  for (int looked_at = 0; looked_at < 5 && DecodeRun(*bytes, offset, &run); ++looked_at) {
    const size_t behind = offset + run.bytes;
    if (run.rank > 0 && DecodeRun(*bytes, behind, &next) && next.rank == run.rank &&
        run.length + next.length <= kMaxValueLength) {
      bytes->replace(offset, 2, 1, EncodeValue(run.rank, run.length + next.length));
    } else {
      offset = behind;
    }
  }
}

// --- all registers at once ---

// Two sums side by side, which one instruction raises: of weights, and of lengths. The length of
// runs of zeros counts in the lower half of the second, that of runs of ranks in its upper half.
using Sums [[gnu::vector_size(16)]] = uint64_t;

constexpr uint64_t kZero = 1;
constexpr uint64_t kRanked = uint64_t{1} << 32;

// Both halves hold what any string can say that is short enough to be a sketch.
constexpr size_t kMaxRunBytes = 2 * kRegisters;
static_assert(kMaxRunBytes * ((63 << 8) + 255) < kRanked);

// What a byte adds to the sums. A long run's second byte is to be replaced by 0, which adds the one
// register that the first leaves out, and to be added to the zeros.
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

}  // namespace

// Eight bytes at a time. Where runs begin is a matter of what stands before; it is looked up for
// all eight, so that no branch and no byte has to wait for the byte before it. The technique is
// that of escaped characters in simdjson (Langdale, Lemire: "Parsing gigabytes of JSON per second",
// 2019).
std::optional<RegisterSums> SumRegisters(std::string_view bytes) {
  if (bytes.size() - kHeaderBytes > kMaxRunBytes) return std::nullopt;
  size_t offset = kHeaderBytes;
  uint64_t is_next = 0;
  uint64_t zeros = 0;
  Sums sums{};
  for (; offset + sizeof(uint64_t) <= bytes.size(); offset += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + offset, sizeof word);
    const Seconds& seconds = kSeconds[FirstsOfLongRuns(word) | is_next];
    is_next = seconds.is_next;
    zeros += SumOfBytes(word & seconds.mask);
    word &= ~seconds.mask;
    for (size_t i = 0; i < sizeof word; ++i, word >>= 8) {
      const Addend& addend = kAddends[word & 0xff];
      sums += Sums{addend.weight, addend.lengths};
    }
  }
  zeros += sums[1] % kRanked;
  uint64_t ranked = sums[1] / kRanked;
  uint64_t weight = sums[0];
  if (is_next != 0) {
    if (offset == bytes.size()) return std::nullopt;
    zeros += static_cast<uint8_t>(bytes[offset++]) + 1;
  }
  for (Run run; DecodeRun(bytes, offset, &run); offset += run.bytes) {
    if (run.rank == 0) {
      zeros += run.length;
    } else {
      ranked += run.length;
      weight += uint64_t{run.length} << (kMaxSparseRank - run.rank);
    }
  }
  if (zeros + ranked != kRegisters || offset != bytes.size()) return std::nullopt;
  return RegisterSums{.zeros = zeros, .weight = weight};
}

SetResult RaiseSparse(std::string* bytes, size_t index, uint8_t rank, size_t max_bytes) {
  RunReader reader(*bytes);
  Run run;
  size_t previous = kHeaderBytes;
  do {
    if (run.bytes > 0) previous = run.offset;
    if (!reader.Next(&run)) return SetResult::kCorrupt;
  } while (run.end() <= index);
  if (run.rank >= rank) return SetResult::kUnchanged;
  if (rank > kMaxSparseRank) return SetResult::kMustBeDense;

  std::string replacement;
  AppendRun(&replacement, run.rank, index - run.first);
  AppendRun(&replacement, rank, 1);
  AppendRun(&replacement, run.rank, run.end() - index - 1);
  if (replacement.size() > run.bytes &&
      bytes->size() - run.bytes + replacement.size() > max_bytes) {
    return SetResult::kMustBeDense;
  }
  bytes->replace(run.offset, run.bytes, replacement);
  JoinRuns(bytes, previous);
  return SetResult::kChanged;
}

}  // namespace kv::hyperloglog
