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

// What the first byte of a run tells.
struct RunCode {
  uint16_t length;  // without what a second byte adds
  uint8_t rank;
  uint8_t bytes;
};

constexpr auto kRunCodes = [] {
  std::array<RunCode, 256> codes{};
  for (size_t i = 0; i < codes.size(); ++i) {
    const bool has_rank = i >= 0x80;
    const bool is_long = i >> 6 == 1;
    codes[i].rank = static_cast<uint8_t>(has_rank ? (i >> 2 & 31) + 1 : 0);
    codes[i].length = static_cast<uint16_t>(has_rank  ? (i & 3) + 1
                                            : is_long ? ((i & 63) << 8) + 1
                                                      : (i & 63) + 1);
    codes[i].bytes = is_long ? 2 : 1;
  }
  return codes;
}();

}  // namespace

// Four runs take at most eight bytes, which are loaded at once. Which kinds they are of decides no
// branch, and each of the four has counters of its own: increments of one would have to wait for
// each other, and half of the runs are zeros.
std::optional<RankCounts> CountRanks(std::string_view bytes) {
  constexpr size_t kAtOnce = 4;
  std::array<RankCounts, kAtOnce> counts{};
  size_t offset = kHeaderBytes;
  size_t registers = 0;
  while (offset + sizeof(uint64_t) <= bytes.size()) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + offset, sizeof word);
    for (RankCounts& of_place : counts) {
      const RunCode code = kRunCodes[word & 0xff];
      const uint64_t second = word >> 8 & (code.bytes == 2 ? 0xff : 0);
      const size_t length = code.length + second;
      of_place[code.rank] += static_cast<uint32_t>(length);
      registers += length;
      word >>= 8 * code.bytes;
      offset += code.bytes;
    }
  }
  for (Run run; DecodeRun(bytes, offset, &run); offset += run.bytes) {
    counts[0][run.rank] += static_cast<uint32_t>(run.length);
    registers += run.length;
  }
  if (registers != kRegisters || offset != bytes.size()) return std::nullopt;
  for (size_t place = 1; place < kAtOnce; ++place) {
    for (size_t rank = 0; rank <= kMaxSparseRank; ++rank) counts[0][rank] += counts[place][rank];
  }
  return counts[0];
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
