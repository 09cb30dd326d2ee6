#include "kv/types/hyperloglog_runs.h"

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

}  // namespace

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
